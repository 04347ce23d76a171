"""Any text may stand in .gitattributes and .gitignore."""

from hypothesis import given
from hypothesis import strategies as st

from entrepot.domain.attributes import Attributes, IgnoreRules, tracked, upload_mode

TEXTS = st.text(st.one_of(st.sampled_from('*?[]!^-\\/:ab.# \n\t"=fl'), st.characters(categories=None)), max_size=200)
PATHS = st.text(st.one_of(st.sampled_from('*?[]!\\/ab. "'), st.characters(categories=None)), min_size=1, max_size=60)
CLEAN_PATHS = st.lists(st.text('ab *?[]!#\\"é', min_size=1, max_size=8), min_size=1, max_size=4).map("/".join)


@given(TEXTS, PATHS, st.binary(max_size=64))
def test_any_text_gives_an_answer_for_any_path(text: str, path: str, sample: bytes) -> None:
    rules = Attributes(text.replace("\n", " filter=lfs\n"))
    assert isinstance(rules.is_lfs(path), bool)
    assert upload_mode(path, len(sample), sample, rules) in ("lfs", "regular")
    assert isinstance(IgnoreRules(text).ignores(path), bool)


@given(CLEAN_PATHS, CLEAN_PATHS)
def test_a_line_that_was_added_for_a_path_selects_that_path_alone(path: str, other: str) -> None:
    rules = Attributes(tracked("", [path]))
    assert rules.is_lfs(path)
    assert rules.is_lfs(other) is (other == path)


@given(TEXTS, PATHS)
def test_a_last_line_that_matches_everything_decides(text: str, path: str) -> None:
    assert Attributes(text + "\n* -filter\n").filter_of(path) == "" or path.endswith("/")
