"""Upload a folder as a package; print what an error says."""

import sys

from huggingface_hub import HfApi
from huggingface_hub.errors import HfHubHTTPError

name, folder = sys.argv[1:]
api = HfApi()
api.create_repo(name, exist_ok=True)
try:
    api.upload_folder(repo_id=name, folder_path=folder)
except HfHubHTTPError as error:
    print("REFUSED", " ".join(str(error).split()))
print(*api.list_repo_files(name))
