"""Conditions about how long ago something happened."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from entrepot.policy.conditions import Answer, Test, WrongValue
from entrepot.policy.facts import Facts, PackageFacts
from entrepot.policy.wanted import duration, part, table


def reader(moment: Callable[[PackageFacts], datetime | None]) -> Callable[[object], Test]:
    """How `below` and `above` are read for the moment that this finds in a package; one in the future is new."""

    def read(wanted: object) -> Test:
        parts = table(wanted, ("below", "above"))
        below = part(parts, "below", duration) if "below" in parts else timedelta.max
        above = part(parts, "above", duration) if "above" in parts else timedelta.min
        if below <= above:
            raise WrongValue("its below is not greater than its above, so that nothing could ever fit", "above")

        def test(facts: Facts, _: str) -> Answer:
            if facts.package.is_local:
                return False, "made here"
            began = moment(facts.package)
            if began is None:
                return None, "unknown"
            age = _aware(facts.now) - _aware(began)
            return above < age < below, f"{max(0, age.days)} days" if age.days else f"{age.seconds // 3600} hours"

        return test

    return read


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
