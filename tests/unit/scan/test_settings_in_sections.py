"""Settings in sections: headings, values over several lines, comments, and lines that are none of it."""

from entrepot.scan.budget import Budget
from entrepot.scan.ini import settings

TEXT = """first = 1
[a.b]
# a comment
; another
name = value = with a sign
long = {
  "x": 1,
\ty: 2
}
bare
[domains]
0: 3 d000.txt
   gone on
"""


def test_every_setting_has_its_section_its_line_and_what_goes_on_below_it() -> None:
    found = [(one.path, one.value, one.line) for one in settings(TEXT, Budget())]
    assert found == [
        ("first", "1", 1),
        ("a.b.name", "value = with a sign", 5),
        ("a.b.long", '{\n"x": 1,\ny: 2', 6),
        ("a.b.}", "", 9),
        ("a.b.bare", "", 10),
        ("domains.0", "3 d000.txt\ngone on", 12),
    ]


def test_only_the_separators_asked_for_separate() -> None:
    assert [one.name for one in settings("a: b = c", Budget(), separators="=")] == ["a: b"]
