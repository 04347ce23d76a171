"""Makes a model with a history of four commits, a tag and a branch; prints the commits, the oldest first."""

import json
import sys

from huggingface_hub import CommitOperationAdd, HfApi

SMALL = b"---\nlicense: mit\n---\n# A model\n"
LARGE = bytes(range(256)) * 4096

api, name = HfApi(), sys.argv[1]


def commit(files: dict[str, bytes]) -> str:
    operations = [CommitOperationAdd(path, data) for path, data in files.items()]
    return api.create_commit(name, operations, commit_message=", ".join(files)).oid


if len(sys.argv) > 2:
    print(json.dumps([commit({sys.argv[2]: sys.argv[2].encode()})]))
    sys.exit()
api.create_repo(name)
commits = [api.list_repo_commits(name)[0].commit_id, commit({"README.md": SMALL, "weights/model.bin": LARGE})]
api.create_tag(name, tag="v1")
commits.append(commit({"deep/er/notes.txt": b"two\n", "empty.txt": b""}))
api.create_branch(name, branch="side", revision="v1")
commits.append(commit({"README.md": SMALL + b"more\n"}))
print(json.dumps(commits))
