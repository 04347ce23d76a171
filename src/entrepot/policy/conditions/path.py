"""Where the file stands in its package."""

from entrepot.domain.errors import TooLarge
from entrepot.domain.globs import Glob, GlobSet
from entrepot.policy.conditions import About, Answer, Condition, Test, WrongValue
from entrepot.policy.facts import Facts
from entrepot.policy.showing import shown, shown_value
from entrepot.policy.wanted import texts


def _read(wanted: object) -> Test:
    try:
        globs = GlobSet([_glob(pattern) for pattern in texts(wanted)])
    except TooLarge as error:
        raise WrongValue(error.message) from None

    def test(facts: Facts, _: str) -> Answer:
        return any(match >= 0 for match in globs.matches(facts.path)), shown(facts.path)

    return test


def _glob(pattern: str) -> Glob:
    glob = Glob.parse(pattern)
    if glob is None:
        raise WrongValue(f"{shown_value(pattern)!r} is a pattern that nothing fits")
    return glob


CONDITION = Condition(
    "path",
    About.FILE,
    _read,
    "the file's path fits one of these patterns, read as in `.gitignore`: `*.py`, `original/`, `/config.json`",
    'path = ["*.py", "original/"]',
    says="the path {value}",
)
