"""Upload a folder, download it again, compare every byte; then every other verb of the API. Prints what it uploaded."""

import hashlib
import json
import os
import sys
import tempfile
from pathlib import Path

from huggingface_hub import (
    CommitOperationAdd,
    CommitOperationCopy,
    CommitOperationDelete,
    HfApi,
    hf_hub_download,
    snapshot_download,
)
from huggingface_hub.errors import (
    BadRequestError,
    EntryNotFoundError,
    HfHubHTTPError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

NAME = sys.argv[1]
api = HfApi()


def refused(kind: type[Exception], action, status: int | None = None) -> None:
    try:
        action()
    except kind as error:
        assert status is None or error.response.status_code == status, error
        return
    raise AssertionError(f"expected {kind.__name__}")


def make_folder() -> Path:
    folder = Path(tempfile.mkdtemp())
    card = "---\nlicense: mit\ntags: [round-trip]\npipeline_tag: text-classification\nlanguage: en\n---\n# Round trip\n"
    (folder / "README.md").write_text(card)
    (folder / "config.json").write_text('{"model_type": "bert", "architectures": ["BertForSequenceClassification"]}')
    (folder / "empty.txt").write_bytes(b"")
    (folder / "one.bin").write_bytes(b"\x00")
    (folder / "large.bin").write_bytes(os.urandom(12_000_000))
    (folder / "repeated.bin").write_bytes(os.urandom(1000) * 5000)
    (folder / "unicode – ü.txt").write_text("Ünïcode")
    for number in range(40):
        path = folder / "many" / f"{number % 4}" / f"{number}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"file {number}")
    return folder


def digests(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file() and ".cache" not in path.parts)
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


# Identity.
assert api.whoami()["name"]

# Create; once more is a conflict unless that is fine.
assert str(api.create_repo(NAME)).endswith(NAME)
api.create_repo(NAME, exist_ok=True)
refused(HfHubHTTPError, lambda: api.create_repo(NAME), 409)

# Upload, and get the same bytes back.
folder = make_folder()
commit = api.upload_folder(repo_id=NAME, folder_path=folder, commit_message="All of it")
assert len(commit.oid) == 40, commit
got = Path(snapshot_download(NAME, cache_dir=tempfile.mkdtemp()))
expected = digests(folder)
found = digests(got)
assert {path: found[path] for path in expected} == expected
assert set(found) - set(expected) == {".gitattributes"}

# The same once more changes nothing.
before = api.repo_info(NAME).sha
api.upload_folder(repo_id=NAME, folder_path=folder)
assert api.repo_info(NAME).sha == before

# What the card and the files say.
info = api.model_info(NAME, files_metadata=True)
assert info.sha == before and info.pipeline_tag == "text-classification"
assert {"round-trip", "license:mit", "en", "bert"} <= set(info.tags), info.tags
sizes = {sibling.rfilename: sibling.size for sibling in info.siblings}
assert sizes["large.bin"] == 12_000_000 and sizes["empty.txt"] == 0
assert NAME in [item.id for item in api.list_models(filter="round-trip")]
assert NAME in [item.id for item in api.list_models(search=NAME.split("/")[1], author=NAME.split("/")[0])]

# Trees, paths, existence.
tree = {item.path for item in api.list_repo_tree(NAME, recursive=True)}
assert "many/3/3.txt" in tree and "many" in tree
assert {item.path for item in api.list_repo_tree(NAME, "many/1")} == {
    f"many/1/{n}.txt" for n in range(40) if n % 4 == 1
}
expanded = {item.path: item for item in api.list_repo_tree(NAME, expand=True)}
assert expanded["README.md"].last_commit.title == "All of it"
assert [item.path for item in api.get_paths_info(NAME, ["config.json", "nowhere"])] == ["config.json"]
assert api.file_exists(NAME, "config.json") and not api.file_exists(NAME, "nowhere")

# Errors are the ones that scripts catch.
refused(EntryNotFoundError, lambda: hf_hub_download(NAME, "nowhere"))
refused(RevisionNotFoundError, lambda: hf_hub_download(NAME, "config.json", revision="nowhere"))
refused(RepositoryNotFoundError, lambda: api.model_info("nobody/nothing"))
refused(RepositoryNotFoundError, lambda: hf_hub_download("nobody/nothing", "config.json"))

# Branches, tags, history.
api.create_tag(NAME, tag="v1", tag_message="first")
refused(HfHubHTTPError, lambda: api.create_tag(NAME, tag="v1"), 409)
api.create_branch(NAME, branch="feature/one")
api.upload_file(path_or_fileobj=b"on a branch", path_in_repo="branch.txt", repo_id=NAME, revision="feature/one")
assert Path(hf_hub_download(NAME, "branch.txt", revision="feature/one")).read_bytes() == b"on a branch"
assert not api.file_exists(NAME, "branch.txt")
refs = api.list_repo_refs(NAME)
assert {ref.name for ref in refs.branches} == {"main", "feature/one"} and [ref.name for ref in refs.tags] == ["v1"]
api.delete_branch(NAME, branch="feature/one")
api.delete_tag(NAME, tag="v1")
assert api.list_repo_commits(NAME)[0].title == "All of it"

# One commit that adds, copies and deletes; a stale parent is told so.
api.create_commit(
    NAME,
    operations=[
        CommitOperationAdd("added.txt", b"added"),
        CommitOperationCopy("large.bin", "copied.bin"),
        CommitOperationDelete("one.bin"),
        CommitOperationDelete("many/0/"),
    ],
    commit_message="Three at once",
    parent_commit=before,
)
after = {item.path for item in api.list_repo_tree(NAME, recursive=True)}
assert {"added.txt", "copied.bin"} <= after and "one.bin" not in after and "many/0" not in after
stale = [CommitOperationAdd("stale.txt", b"stale")]
refused(HfHubHTTPError, lambda: api.create_commit(NAME, stale, commit_message="Stale", parent_commit=before), 412)
refused(EntryNotFoundError, lambda: api.delete_file("nowhere", NAME))
refused(BadRequestError, lambda: api.upload_file(path_or_fileobj=b"x", path_in_repo="a/GIT~1/x", repo_id=NAME))

# A file object rather than a path.
with (folder / "large.bin").open("rb") as file:
    api.upload_file(path_or_fileobj=file, path_in_repo="object.bin", repo_id=NAME)
assert api.get_paths_info(NAME, "object.bin")[0].lfs.sha256 == expected["large.bin"]

# A pull request.
opened = api.upload_file(path_or_fileobj=b"proposed", path_in_repo="proposed.txt", repo_id=NAME, create_pr=True)
assert opened.pr_num and not api.file_exists(NAME, "proposed.txt")
assert api.file_exists(NAME, "proposed.txt", revision=opened.pr_revision)
assert api.get_discussion_details(NAME, opened.pr_num).status == "open"
api.merge_pull_request(NAME, opened.pr_num)
assert api.file_exists(NAME, "proposed.txt")

# Move and squash: the old name leads to the new one.
api.move_repo(NAME, f"{NAME}-moved")
assert api.model_info(NAME).id == f"{NAME}-moved"
assert Path(hf_hub_download(NAME, "added.txt", force_download=True)).read_bytes() == b"added"
api.move_repo(f"{NAME}-moved", NAME)
api.super_squash_history(NAME)
assert len(api.list_repo_commits(NAME)) == 1

# Datasets are packages of their own.
api.create_repo(NAME, repo_type="dataset")
api.upload_file(path_or_fileobj=b"a,b\n1,2\n", path_in_repo="data.csv", repo_id=NAME, repo_type="dataset")
assert Path(hf_hub_download(NAME, "data.csv", repo_type="dataset")).read_bytes() == b"a,b\n1,2\n"
assert NAME in [item.id for item in api.list_datasets(author=NAME.split("/")[0])]
api.delete_repo(NAME, repo_type="dataset")
assert not api.repo_exists(NAME, repo_type="dataset") and api.repo_exists(NAME)

final = Path(snapshot_download(NAME, cache_dir=tempfile.mkdtemp()))
print(json.dumps(digests(final)))
