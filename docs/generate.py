"""Writes the pages that are made from the code."""

from pathlib import Path

from entrepot import settings

FOLDER = Path(__file__).parent
INTRODUCTION = """# Settings

Every setting can stand in a TOML file (`entrepot serve --config FILE`, or `ENTREPOT_CONFIG`) or in the environment; the
environment wins. They are read once, at the start; a value that can't be used stops the start with a message that names
it.

| setting | environment | default | meaning |
|---|---|---|---|
"""


def main() -> None:
    """Write `settings.md`."""
    rows = [
        f"| `{name}` | `{variable}` | `{default}` | {meaning} |"
        for name, variable, default, meaning in settings.table()
    ]
    (FOLDER / "settings.md").write_text(INTRODUCTION + "\n".join(rows) + "\n")


if __name__ == "__main__":
    main()
