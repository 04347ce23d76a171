"""How often it has been downloaded elsewhere."""

from entrepot.policy.conditions import About, Answer, Condition, Test, WrongValue
from entrepot.policy.facts import Facts
from entrepot.policy.wanted import count, part, table


def _read(wanted: object) -> Test:
    parts = table(wanted, ("below", "above"))
    below = part(parts, "below", count) if "below" in parts else 1 << 62
    above = part(parts, "above", count) if "above" in parts else -1
    if below <= above + 1:
        raise WrongValue("no number is below the one and above the other", "below")

    def test(facts: Facts, _: str) -> Answer:
        downloads = facts.package.downloads
        if downloads is None:
            return None, "unknown"
        return above < downloads < below, str(downloads)

    return test


CONDITION = Condition(
    "downloads",
    About.PACKAGE,
    _read,
    "how often it was downloaded, as its upstream counts: `downloads.below`, `downloads.above`",
    "downloads.below = 100",
    says="{package} has {value} downloads",
)
