"""Who publishes it: the first part of `org/name`."""

from collections.abc import Mapping

from entrepot.policy.conditions import About, Answer, Condition, Test
from entrepot.policy.facts import Facts
from entrepot.policy.look_alike import LookAlikes
from entrepot.policy.patterns import Patterns
from entrepot.policy.wanted import part, refuse_both, table, texts

_PARTS = ("allow", "deny", "look_alike_of")


def _read(wanted: object) -> Test:
    parts: Mapping[str, object] = table(wanted, _PARTS) if isinstance(wanted, Mapping) else {"deny": wanted}
    allowed = Patterns(part(parts, "allow", texts)) if "allow" in parts else None
    denied = Patterns(part(parts, "deny", texts) if "deny" in parts else ())
    known = LookAlikes(part(parts, "look_alike_of", texts)) if "look_alike_of" in parts else None
    refuse_both(parts, "publisher")

    def test(facts: Facts, _: str) -> Answer:
        if facts.package.is_local:
            return False, "made here"
        publisher = facts.package.name.namespace or ""
        like = known.of(publisher) if known and not (allowed and allowed.match(publisher)) else None
        value = f"{publisher or 'nobody in particular'}{f', which looks like {like}' if like else ''}"
        is_unlisted = allowed is not None and not allowed.match(publisher)
        return is_unlisted or denied.match(publisher) or like is not None, value

    return test


CONDITION = Condition(
    "publisher",
    About.PACKAGE,
    _read,
    "the organization or user of `org/name`; patterns. `publisher.allow`: it is none of these; `publisher.deny`: it is "
    "one of these (a bare list means the same); `publisher.look_alike_of`: it can be taken for one of these, and is "
    "none of them. Several parts: one that fits is enough. Never fits what was made here",
    'publisher.allow = ["google", "meta-llama"]\npublisher.look_alike_of = ["google", "meta-llama"]',
    never_excepts={"allow": "", "deny": "", "look_alike_of": ""},
    says="the publisher of {package} is {value}",
)
