"""A dataset, made here, pushed and loaded again: whole, streamed, and from files as people upload them."""

import sys

from datasets import Dataset, DatasetDict, load_dataset
from huggingface_hub import HfApi

name, reader_only = sys.argv[1], len(sys.argv) > 2
if not reader_only:
    train = Dataset.from_dict({"text": [f"line {n}" for n in range(2000)], "label": [n % 2 for n in range(2000)]})
    DatasetDict({"train": train, "test": train.select(range(50))}).push_to_hub(name)
    HfApi().create_repo(f"{name}-csv", repo_type="dataset")
    lines = "a,b\n" + "".join(f"{n},{n * n}\n" for n in range(500))
    HfApi().upload_file(
        path_or_fileobj=lines.encode(), path_in_repo="data/train.csv", repo_id=f"{name}-csv", repo_type="dataset"
    )

loaded = load_dataset(name)
assert loaded["train"].num_rows == 2000 and loaded["test"].num_rows == 50
assert loaded["train"][1999] == {"text": "line 1999", "label": 1}
streamed = list(load_dataset(name, split="train", streaming=True).take(3))
assert [row["text"] for row in streamed] == ["line 0", "line 1", "line 2"]
table = load_dataset(f"{name}-csv", split="train")
assert table[499] == {"a": 499, "b": 499 * 499}
print(loaded["train"].num_rows)
