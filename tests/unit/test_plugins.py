"""Drawers: whatever is wrong in one stops the start."""

import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from entrepot.plugins import BrokenDrawer, collect


def drawer(folder: Path, name: str, monkeypatch: pytest.MonkeyPatch, **modules: str) -> str:
    """A package with these modules."""
    (folder / name).mkdir()
    modules.setdefault("__init__", "")
    for module, text in modules.items():
        (folder / name / f"{module}.py").write_text(text)
    monkeypatch.syspath_prepend(str(folder))
    for loaded in [loaded for loaded in sys.modules if loaded.partition(".")[0] == name]:
        del sys.modules[loaded]
    return name


def test_everything_in_a_drawer_is_found_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = drawer(tmp_path, "drawer_one", monkeypatch, b="WORD = 'two'", a="WORD = 'one'")
    assert collect(name, "WORD", str, lambda word: word) == {"one": "one", "two": "two"}


def test_what_the_alternatives_share_offers_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = drawer(tmp_path, "drawer_two", monkeypatch, __init__="CONTRACT = ('shared',)", shared="", a="WORD = 'one'")
    assert collect(name, "WORD", str, lambda word: word) == {"one": "one"}


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", BrokenDrawer),
        ("WORD = 7", BrokenDrawer),
        ("WORD = 'one'", BrokenDrawer),
        ("import nothing_of_that_name", ImportError),
        ("raise RuntimeError('no')", RuntimeError),
        ("WORD =", SyntaxError),
    ],
)
def test_a_module_that_is_wrong_stops_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, error: type[Exception]
) -> None:
    name = drawer(tmp_path, "drawer_three", monkeypatch, a="WORD = 'one'", b=text)
    with pytest.raises(error):
        collect(name, "WORD", str, lambda word: word)


def test_third_parties_come_in_by_entry_points(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = drawer(tmp_path, "drawer_four", monkeypatch, a="WORD = 'one'")
    (tmp_path / "theirs.py").write_text("WORD = 'theirs'")
    (tmp_path / "theirs-1.0.dist-info").mkdir()
    (tmp_path / "theirs-1.0.dist-info" / "METADATA").write_text("Name: theirs\nVersion: 1.0\n")
    (tmp_path / "theirs-1.0.dist-info" / "entry_points.txt").write_text(f"[{name}]\ntheirs = theirs:WORD\n")
    assert [point.name for point in entry_points(group=name)] == ["theirs"]
    assert collect(name, "WORD", str, lambda word: word) == {"one": "one", "theirs": "theirs"}
