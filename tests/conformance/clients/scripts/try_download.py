"""Try to download, in the style of scripts that people have; print what came, or what the error says."""

import hashlib
import sys
from pathlib import Path

from huggingface_hub import hf_hub_download, snapshot_download

try:
    from huggingface_hub.errors import HfHubHTTPError
except ImportError:
    from huggingface_hub.utils import HfHubHTTPError

name, paths = sys.argv[1], sys.argv[2:]
try:
    got = [hf_hub_download(name, path) for path in paths] if paths else [snapshot_download(name)]
except HfHubHTTPError as error:
    print("REFUSED", " ".join(str(error).split()))
else:
    files = [file for root in map(Path, got) for file in ([root] if root.is_file() else sorted(root.rglob("*")))]
    for file in files:
        if file.is_file():
            print("GOT", file.name, hashlib.sha256(file.read_bytes()).hexdigest())
