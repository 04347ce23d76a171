"""Download a package and print the digest of every file; a second time from the cache, and ranges on the way."""

import hashlib
import json
import sys
import tempfile
from pathlib import Path

from huggingface_hub import HfApi, HfFileSystem, hf_hub_download, snapshot_download
from huggingface_hub.errors import EntryNotFoundError, RepositoryNotFoundError

name = sys.argv[1]
cache = tempfile.mkdtemp()
folder = Path(snapshot_download(name, cache_dir=cache))
assert Path(snapshot_download(name, cache_dir=cache)) == folder
assert Path(snapshot_download(name, cache_dir=cache, revision=folder.name)) == folder
assert HfApi().model_info(name).sha == folder.name

with HfFileSystem().open(f"{name}/large.bin", "rb") as file:
    file.seek(5_000_000)
    middle = file.read(1000)
assert middle == (folder / "large.bin").read_bytes()[5_000_000:5_001_000]

for kind, arguments in ((EntryNotFoundError, (name, "nowhere")), (RepositoryNotFoundError, ("no/thing", "x"))):
    try:
        hf_hub_download(*arguments)
    except kind:
        continue
    raise AssertionError(f"expected {kind.__name__}")

files = (path for path in folder.rglob("*") if path.is_file())
print(
    json.dumps({path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files})
)
