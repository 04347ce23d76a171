"""What .gitattributes and .gitignore say, held against git itself."""

import random
import subprocess
from pathlib import Path

import pytest

from entrepot.domain import attributes, globs
from entrepot.domain.attributes import (
    DATASET_ATTRIBUTES,
    MODEL_ATTRIBUTES,
    Attributes,
    IgnoreRules,
    default_attributes,
    tracked,
    upload_mode,
)
from entrepot.domain.errors import TooLarge

MODEL = Attributes(MODEL_ATTRIBUTES)
NOTHING = Attributes("")
BINARY = b"\x80\x00\x01"


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("*.bin", "x.bin", True),
        ("*.bin", "deep/down/x.bin", True),
        ("*.bin", "x.bin.txt", False),
        ("/*.bin", "deep/x.bin", False),
        ("data/*.bin", "data/x.bin", True),
        ("data/*.bin", "data/deep/x.bin", False),
        ("data/*.bin", "more/data/x.bin", False),
        ("data/**", "data/deep/down/x", True),
        ("data/**", "data", False),
        ("data/", "data/x", False),
        ("**/x", "x", True),
        ("**/x", "a/b/x", True),
        ("a/**/x", "a/x", True),
        ("a/**/x", "a/b/c/x", True),
        ("a/**/x", "ab/x", False),
        ("a**x", "a/x", False),
        ("my[[:space:]]model.bin", "my model.bin", True),
        ('"my model.bin"', "my model.bin", True),
        (r'"caf\303\251.bin"', "café.bin", True),
        ("[a-c]?.bin", "bz.bin", True),
        ("[!a-c]?.bin", "bz.bin", False),
        ("[a", "[a", False),
        ("!x", "!x", False),
        ("\\!x", "!x", True),
    ],
)
def test_a_pattern_selects_the_paths_that_it_selects_in_git(pattern: str, path: str, expected: bool) -> None:
    assert Attributes(f"{pattern} filter=lfs -text").is_lfs(path) is expected


def test_the_last_line_that_matches_counts() -> None:
    text = "*.bin filter=lfs\nsmall/*.bin -filter\nsmall/big.bin filter=lfs\nsmall/none.bin !filter\n*.bin -text\n"
    rules = Attributes(text)
    assert rules.filter_of("x.bin") == "lfs"
    assert rules.filter_of("small/x.bin") == ""
    assert rules.filter_of("small/big.bin") == "lfs"
    assert rules.filter_of("small/none.bin") is None


def test_comments_macros_blank_and_overlong_lines_say_nothing() -> None:
    text = "\ufeff# x filter=lfs\r\n\r\n[attr]big filter=lfs\r\n" + "a" * 3000 + "* filter=lfs\r\nx filter=lfs\r\n"
    rules = Attributes(text)
    assert not rules.is_lfs("#")
    assert not rules.is_lfs("a" * 3000)
    assert rules.is_lfs("x")


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        ("__pycache__/", "a/__pycache__/x.pyc", True),
        ("__pycache__/", "a/__pycache__", False),
        ("*.log\n!keep.log", "keep.log", False),
        ("*.log\n!keep.log", "a/other.log", True),
        ("out/\n!out/keep", "out/keep", True),
        ("out/*\n!out/keep", "out/keep", False),
        ("/out", "a/out", False),
        ("# out", "# out", False),
        ("\\# out", "# out", True),
        ("out ", "out", True),
        ("out\\ ", "out ", True),
        ("", "anything", False),
    ],
)
def test_an_upload_leaves_out_what_git_would_ignore(text: str, path: str, expected: bool) -> None:
    assert IgnoreRules(text).ignores(path) is expected


SEGMENTS = ["a", "b", "ab", "*", "?", "**", "***", "a*", "*b", "[ab]", "[!a]", "[a-c]", "[]a]", "[a", "\\a", "\\*"]
SEGMENTS += [
    "[[:alpha:]]",
    "[[:x]",
    "[:a]",
    "é",
    "[é]",
    "a?b",
    "*a*b*",
    "**a",
    "x.bin",
    "*.bin",
    "[a-]",
    "[c-a]",
    "a\\",
]
NAMES = ["a", "b", "ab", "abc", "c", "x.bin", "é", "*", "]", "-", "aab", "[a", "a\\"]


class Git:
    """A repository that answers for a file of patterns."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ask("init", "--quiet")

    def _ask(self, *arguments: str, stdin: str = "") -> list[str]:
        environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "GIT_CONFIG_NOSYSTEM": "1", "HOME": "/nonexistent"}
        command = ["git", *arguments]
        done = subprocess.run(
            command, cwd=self._folder, env=environment, input=stdin.encode(), capture_output=True, check=False
        )
        return done.stdout.decode().split("\0")

    def lfs(self, text: str, paths: list[str]) -> set[str]:
        (self._folder / ".git/info/attributes").write_text(text)
        answer = self._ask("check-attr", "-z", "--stdin", "filter", stdin="".join(f"{path}\0" for path in paths))
        return {path for path, value in zip(answer[::3], answer[2::3], strict=False) if value == "lfs"}

    def ignored(self, text: str, paths: list[str]) -> set[str]:
        (self._folder / ".git/info/exclude").write_text(text)
        return set(self._ask("check-ignore", "-z", "--stdin", "--no-index", stdin="".join(f"{p}\0" for p in paths)))


def _pattern(dice: random.Random) -> str:
    path = "/".join(dice.choice(SEGMENTS) for _ in range(dice.choice([1, 1, 2, 2, 3, 4])))
    return dice.choice(["", "", "", "/"]) + path + dice.choice(["", "", "", "/"])


@pytest.mark.parametrize("seed", range(40))
def test_patterns_of_all_kinds_mean_what_they_mean_in_git(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    git = Git(tmp_path)
    paths = sorted({"/".join(dice.choices(NAMES, k=dice.choice([1, 2, 3, 4]))) for _ in range(150)})
    lines = [f"{_pattern(dice)} {dice.choice(['filter=lfs', 'filter=lfs', '-filter', '!filter'])}" for _ in range(3)]
    rules = Attributes("\n".join(lines))
    assert {path for path in paths if rules.is_lfs(path)} == git.lfs("\n".join(lines), paths)
    lines = [dice.choice(["", "", "!"]) + _pattern(dice) for _ in range(3)]
    ignore = IgnoreRules("\n".join(lines))
    assert {path for path in paths if ignore.ignores(path)} == git.ignored("\n".join(lines), paths) - {""}


@pytest.mark.parametrize(
    "pattern",
    ["*a" * 1500 + "b", "**/a/" * 600 + "b", "/**/*" * 600 + "b", "[!b]*" * 600 + "b", "a*/" * 600 + "b"],
)
def test_no_pattern_makes_matching_take_more_than_one_pass(pattern: str) -> None:
    # A matcher that goes back would not come to an end here.
    ignore = IgnoreRules("\n".join([pattern] * 10))
    for path in ("a" * 4000, "a/" * 2000 + "c", "/".join(["aaaaaaaa"] * 400)):
        assert ignore.ignores(path) is False


def test_too_much_pattern_is_refused() -> None:
    with pytest.raises(TooLarge, match="wildcards"):
        IgnoreRules(("*" + "ab" * 1000 + "\n") * (globs.MAX_STATES // 2000 + 1))
    with pytest.raises(TooLarge, match="a pattern is longer"):
        IgnoreRules("*" * (globs.MAX_PATTERN + 1))
    with pytest.raises(TooLarge, match="gitattributes is longer"):
        Attributes("#" * (attributes.MAX_TEXT + 1))


def test_ten_thousand_files_named_one_by_one_are_within_the_limits() -> None:
    text = tracked("", [f"data/part {number:05}.dat" for number in range(1000)])
    text = tracked(text, [f"data/part-{number:05}.dat" for number in range(10_000)])
    rules = Attributes(text)
    assert rules.is_lfs("data/part-09999.dat")
    assert rules.is_lfs("data/part 00999.dat")
    assert not rules.is_lfs("data/part-10000.dat")


@pytest.mark.parametrize(
    "path", ["model.safetensors", "a/b/model.gguf", "saved_model/1/variables", "runs/events.tfevents.7"]
)
def test_weights_go_to_lfs_in_a_new_model(path: str) -> None:
    assert upload_mode(path, 100, b"text", MODEL) == "lfs"


def test_media_go_to_lfs_by_name_only_in_a_new_dataset() -> None:
    assert default_attributes("model") == MODEL_ATTRIBUTES
    assert default_attributes("dataset") == DATASET_ATTRIBUTES
    assert Attributes(DATASET_ATTRIBUTES).is_lfs("train/0001.wav")
    assert not MODEL.is_lfs("samples/0001.wav")


@pytest.mark.parametrize(
    ("path", "size", "sample", "expected"),
    [
        ("config.json", 300, b'{"a": 1}', "regular"),
        ("config.json", 10_000_000, b'{"a": 1}', "regular"),
        ("config.json", 10_000_001, b'{"a": 1}', "lfs"),
        ("vocab", 512, "é".encode() * 255 + b"\xc3", "regular"),
        ("vocab", 512, "模".encode()[:2], "regular"),
        ("vocab", 4, b"caf\xe9", "regular"),
        ("vocab", 5, b"\xe9caf", "lfs"),
        ("picture", 300, b"\x89PNG\r\n\x1a\n\0", "lfs"),
        ("empty.bin", 0, b"", "regular"),
        (".gitattributes", 300, BINARY, "regular"),
        ("sub/.gitattributes", 20_000_000, BINARY, "regular"),
        ("README.md", 300, BINARY, "regular"),
        ("README.md", 20_000_000, b"#", "lfs"),
        ("LICENSE", 300, BINARY, "regular"),
    ],
)
def test_what_no_pattern_names_goes_by_size_and_then_by_its_first_bytes(
    path: str, size: int, sample: bytes, expected: str
) -> None:
    assert (
        upload_mode(path, size, sample, NOTHING if path == "empty.bin" else Attributes("*.zip filter=lfs")) == expected
    )


def test_a_pattern_can_keep_a_binary_file_in_git_unless_it_is_too_large() -> None:
    rules = Attributes("*.bin filter=lfs\ntiny.bin -filter\n.gitattributes filter=lfs\n")
    assert upload_mode("tiny.bin", 300, BINARY, rules) == "regular"
    assert upload_mode("tiny.bin", 20_000_000, BINARY, rules) == "lfs"
    assert upload_mode(".gitattributes", 300, b"x", rules) == "regular"


ODD_PATHS = ["a b.dat", "#x", "!x", '"x"', "a*b", "[x]", "back\\slash", "deep/x?", "tab\tx", "é/模.dat", "plain"]


def test_a_line_is_added_for_what_is_not_kept_by_a_pattern_and_git_understands_it(tmp_path: Path) -> None:
    text = tracked("*.bin filter=lfs", [*ODD_PATHS, "x.bin"])
    assert text.startswith("*.bin filter=lfs\n/")
    assert "x.bin" not in text
    assert tracked(text, ODD_PATHS) == text
    assert Git(tmp_path).lfs(text, [*ODD_PATHS, "sub/plain", "aXb"]) == set(ODD_PATHS)


def test_a_text_that_needs_no_line_stays_as_it_is() -> None:
    assert tracked("*.bin filter=lfs", ["x.bin"]) == "*.bin filter=lfs"
    assert tracked("", []) == ""
