"""Under which license the package and its base models stand."""

from collections.abc import Callable, Mapping

from entrepot.domain.licensing import WITH, Family, Licensing, Standing
from entrepot.policy.conditions import About, Answer, Condition, Test, WrongValue
from entrepot.policy.facts import Facts
from entrepot.policy.patterns import Patterns
from entrepot.policy.showing import shown, shown_value
from entrepot.policy.wanted import choice, choices, flag, hint, part, refuse_both, table, texts

_PARTS = ("allow", "deny", "only", "standing", "conflict", "commercial")
_FAMILY = "family:"
_STANDINGS = frozenset(Standing) - {Standing.KNOWN}
_ALIASES = {"rail": Family.RESPONSIBLE_USE}


class _Licenses:
    """A list of licenses as a policy writes it: ids with patterns, and families."""

    def __init__(self, wanted: object) -> None:
        words = texts(wanted)
        self._ids = Patterns(word for word in words if not word.startswith(_FAMILY))
        self._families = frozenset(_family(word) for word in words if word.startswith(_FAMILY))

    def permit(self, licensing: Licensing) -> bool:
        """Whether all that is declared can be complied with by these."""
        named = self._named(licensing)
        if licensing.permitted(named):
            return True
        # A family does not vouch for terms of their own, nor for what nobody could read.
        declared = (*licensing.declarations, *licensing.inherited)
        if licensing.standing is not Standing.KNOWN or any(one.standing is not Standing.KNOWN for one in declared):
            return False
        families = _families_of(licensing)
        return licensing.permitted(named | {one for one, its in families.items() if its <= self._families})

    def touch(self, licensing: Licensing) -> bool:
        """Whether one of these can't be avoided."""
        families = _families_of(licensing)
        kin = {one for one, its in families.items() if not its.isdisjoint(self._families)}
        return licensing.touched(self._named(licensing) | kin)

    def _named(self, licensing: Licensing) -> set[str]:
        declared = (*licensing.declarations, *licensing.inherited)
        named = {name for one in declared for ids in one.alternatives for name in ids}
        named |= {name.partition(WITH)[0] for name in named}
        return {name for name in named if self._ids.match(name)}


def _families_of(licensing: Licensing) -> dict[str, set[Family]]:
    """The families of each license, by its id."""
    found: dict[str, set[Family]] = {}
    for license_id, family in licensing.kinds:
        found.setdefault(license_id, set()).add(family)
    return found


def _family(word: str) -> Family:
    name = word.removeprefix(_FAMILY).strip().lower()
    if name in _ALIASES:
        return _ALIASES[name]
    return choice(name, Family)


_Part = Callable[[Licensing], bool]


def _read(wanted: object) -> Test:
    holds = _table(wanted) if isinstance(wanted, Mapping) else _short(wanted)

    def test(facts: Facts, _: str) -> Answer:
        licensing = facts.package.licensing
        if licensing is None:
            return None, "not looked for yet"
        return any(hold(licensing) for hold in holds), _value(licensing)

    return test


def _short(wanted: object) -> list[_Part]:
    words = texts(wanted)
    standings = frozenset(Standing(word) for word in words if word in _STANDINGS)
    rest = [word for word in words if word not in _STANDINGS]
    holds: list[_Part] = [lambda licensing: licensing.standing in standings]
    return [*holds, _Licenses(rest).touch] if rest else holds


def _table(wanted: object) -> list[_Part]:
    parts = table(wanted, _PARTS)
    refuse_both(parts, "license")
    holds: list[_Part] = []
    if "allow" in parts:
        allowed = _list(parts, "allow")
        holds.append(lambda licensing: not allowed.permit(licensing))
    if "deny" in parts:
        holds.append(_list(parts, "deny").touch)
    if "only" in parts:
        holds.append(_list(parts, "only").permit)
    if "standing" in parts:
        standings = part(parts, "standing", lambda wanted: choices(wanted, Standing))
        holds.append(lambda licensing: licensing.standing in standings)
    if "conflict" in parts:
        conflict = part(parts, "conflict", flag)
        holds.append(lambda licensing: bool(licensing.conflicts) is conflict)
    if "commercial" in parts:
        commercial = part(parts, "commercial", flag)
        holds.append(lambda licensing: licensing.commercial is commercial)
    return holds


def _list(parts: Mapping[str, object], name: str) -> _Licenses:
    words = part(parts, name, texts)
    for word in words:
        if word in _STANDINGS:
            raise WrongValue(f"{word!r} is no license but says that none is known; put it in license.standing", name)
        if ":" in word and not word.startswith(_FAMILY):
            raise WrongValue(f"{shown_value(word)!r} is no license{hint(word, [_FAMILY])}", name)
    return part(parts, name, _Licenses)


def _value(licensing: Licensing) -> str:
    if licensing.standing is Standing.MISSING:
        base = ", ".join(f"{one.place}: {one.expression or one.text}" for one in licensing.inherited[:2])
        return shown(f"no license (missing{'; its base model has ' + base if base else ''})")
    declared = ", ".join(licensing.judged[:5]) or next((one.text for one in licensing.declarations if one.text), "")
    unclear = "" if licensing.standing is Standing.KNOWN else f" ({licensing.standing})"
    conflict = f"; conflict: {licensing.conflicts[0]}" if licensing.conflicts else ""
    return shown(f"the license {declared or 'without a name'}{unclear}{conflict}")


CONDITION = Condition(
    "license",
    About.PACKAGE,
    _read,
    "the license: ids as SPDX or the Hub spells them, patterns (`llama*`), families (`family:non-commercial`). "
    "`license.allow`: not everything that is declared can be complied with by these; `license.deny`: one of these "
    "can't be avoided (a bare list means the same, and may have missing, unknown and other in it); `license.only`: "
    "these are enough, for exceptions; `license.standing`: known, other (its own terms), unknown (nobody can read it), "
    "missing; `license.conflict`; `license.commercial = false`. What base models declare counts as well. Of several "
    "parts, one that fits is enough",
    'license.allow = ["Apache-2.0", "MIT", "bsd*", "llama3.1"]\nlicense.standing = ["missing", "unknown"]',
    never_excepts={"": "only", "allow": "only", "deny": "only"},
    says="{package} has {value}, which the policy does not approve: not approved license",
)
