"""Simulate: what a policy would have done to the requests that were recorded."""

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from entrepot import licenses
from entrepot.catalog import decisions, dossiers, packages, reports, repositories
from entrepot.catalog.database import Transaction
from entrepot.catalog.decisions import Filter, Line
from entrepot.catalog.repositories import Kind, RepositoryRow
from entrepot.domain.actor import Actor
from entrepot.domain.content import Package
from entrepot.domain.decision import Decision, decide
from entrepot.domain.digest import Digest
from entrepot.domain.door import Door, Recorded
from entrepot.domain.errors import EntrepotError
from entrepot.domain.names import PackageName, PackageType
from entrepot.domain.report import Report
from entrepot.operations import dossier_text
from entrepot.operations.authorize import require_administrator
from entrepot.operations.firewall import Law
from entrepot.operations.inspection.version import scanner_version
from entrepot.operations.judge import properties_of
from entrepot.operations.registry import Registry
from entrepot.operations.remembered import Remembered
from entrepot.policy import Policy, judge, parse
from entrepot.policy.facts import Facts, PackageFacts

MOST_REQUESTS = 50_000
"""How many recorded requests are looked at, the newest first."""
MOST_SHOWN = 1000
BATCH = 200
MOST_REMEMBERED = 20_000
REMEMBERED_SECONDS = 60.0
"""For how long what was looked up for one simulation is taken for the next."""


@dataclass(frozen=True, slots=True)
class Affected:
    """Something that somebody got, and would not have got, or only with a warning."""

    actor: str
    package: str
    path: str
    decision: Decision
    times: int
    last: datetime


@dataclass(frozen=True, slots=True)
class Simulation:
    """What a policy would have done: how many requests it looked at, and whom and what it would have met."""

    requests: int
    refused: int
    warned: int
    people: int
    affected: tuple[Affected, ...]
    is_complete: bool
    """Whether all requests of the time were looked at."""


async def simulate(
    registry: Registry, text: str, since: datetime, actor: Actor, most: int = MOST_REQUESTS
) -> Simulation:
    """What that policy would have done since then, by what is known now; raises `WrongPolicy`. Changes nothing.

    It looks at the newest requests, up to that many.
    """
    require_administrator(actor)
    policy = parse(text)
    await registry.firewall.record.write_down(registry.database)
    law = await registry.firewall.law(registry.database)
    lines = await registry.database.read(lambda c: list(_asked(c, since, most)))
    # Where nothing is scanned the gate does not know them either.
    with_paths = _asks_for_twins(policy) and not registry.firewall.is_blind
    known = await _known(registry, law, {_what(line.recorded): line.recorded for line in lines}, with_paths)
    judged = {what: _judge(policy, facts) for what, facts in known.items()}
    return _summed_up(lines, judged, is_complete=len(lines) < most)


def _asks_for_twins(policy: Policy) -> bool:
    clauses = (clause for rule in policy.rules for clause in (*rule.conditions, *rule.exceptions))
    return any(clause.condition.name == "safe_twin" for clause in clauses)


def _asked(connection: Transaction, since: datetime, most: int) -> Iterator[Line]:
    wanted, seen = Filter(since=since), 0
    while seen < most and (page := decisions.page(connection, wanted, min(most - seen, decisions.MAX_PAGE))):
        seen += len(page)
        yield from (line for line in page if line.recorded.door is not Door.UPLOAD)
        wanted = replace(wanted, before=page[-1].number)


async def _known(
    registry: Registry, law: Law, asked: Mapping[tuple[str, ...], Recorded], with_paths: bool
) -> Mapping[tuple[str, ...], tuple[Facts, ...]]:
    """The facts of everything that was asked for. Whoever writes a policy tries it again and again on the same ones."""
    key = ("simulated", law.generation, with_paths)
    remembered = registry.overviews.get(key)
    is_fresh = isinstance(remembered, _Facts) and time.monotonic() < remembered.until
    known = dict(remembered.facts) if isinstance(remembered, _Facts) and is_fresh else {}
    missing = [what for what in asked if what not in known]
    for start in range(0, len(missing), BATCH):
        batch = {what: asked[what] for what in missing[start : start + BATCH]}
        known |= await registry.database.read(_gather, law, batch, with_paths)
    if missing and len(known) <= MOST_REMEMBERED:
        registry.overviews.put(key, _Facts(known, time.monotonic() + REMEMBERED_SECONDS))
    return {what: known[what] for what in asked}


@dataclass(frozen=True, slots=True)
class _Facts:
    facts: Mapping[tuple[str, ...], tuple[Facts, ...]]
    until: float


def _what(recorded: Recorded) -> tuple[str, ...]:
    return (recorded.repository, recorded.package, recorded.commit, recorded.path, recorded.digest)


def _gather(
    connection: Transaction, law: Law, asked: Mapping[tuple[str, ...], Recorded], with_paths: bool
) -> dict[tuple[str, ...], tuple[Facts, ...]]:
    """What there is to judge of each: the package as a whole, and the file; nothing of what is not here any more."""
    rows = {row.key.text: row for row in repositories.everything(connection)}
    packages_of: dict[tuple[str, ...], PackageFacts | None] = {}
    found: dict[tuple[str, ...], tuple[Facts, ...]] = {}
    for what, recorded in asked.items():
        place = what[:3]
        if place not in packages_of:
            packages_of[place] = _package(connection, law, recorded, rows.get(recorded.repository), with_paths)
        about = packages_of[place]
        found[what] = _facts(connection, law, recorded, about) if about else ()
    return found


def _package(
    connection: Transaction, law: Law, recorded: Recorded, row: RepositoryRow | None, with_paths: bool
) -> PackageFacts | None:
    if row is None:
        return None
    try:
        kind, _, name = recorded.package.partition("/")
        package = packages.find(connection, row.id, PackageName.parse(PackageType(kind), name))
    except (EntrepotError, ValueError):
        return None  # nobody can ask for it again
    known = Remembered(row, package, recorded.commit)
    return replace(
        _package_facts(connection, law, recorded, package),
        is_local=row.kind is Kind.LOCAL,
        committed_at=known.date(connection),
        paths=known.safe_paths(connection) if with_paths else None,
    )


def _facts(connection: Transaction, law: Law, recorded: Recorded, about: PackageFacts) -> tuple[Facts, ...]:
    whole = Facts(about, recorded.at, is_inspected=True, waivers=law.waivers)
    if not recorded.path:
        return (whole,)
    report = _report(connection, recorded)
    one = replace(
        whole, path=recorded.path, size=recorded.size, digest=recorded.digest, report=report,
        is_inspected=report is not None,
    )  # fmt: skip
    return whole, one


def _judge(policy: Policy, facts: Sequence[Facts]) -> Decision:
    return decide(step for one in facts for step in judge((policy,), one).trace)


def _package_facts(connection: Transaction, law: Law, recorded: Recorded, package: Package) -> PackageFacts:
    content = dossiers.newest(connection, package.id, recorded.commit)
    written = dossier_text.load(content) if content is not None else None
    return PackageFacts(
        repository=recorded.repository,
        within=law.within(recorded.repository),
        name=package.name,
        commit=recorded.commit,
        created_at=package.created_at,
        gated=package.gated,
        downloads=package.downloads,
        licensing=licenses.combine(written.declared, written.inherited) if written else None,
        properties=properties_of(package),
    )


def _report(connection: Transaction, recorded: Recorded) -> Report | None:
    if not recorded.digest:
        return None
    return reports.find(connection, reports.of_bytes(Digest(recorded.digest), recorded.path), scanner_version())


def _summed_up(lines: list[Line], judged: Mapping[tuple[str, ...], Decision], *, is_complete: bool) -> Simulation:
    times: Counter[tuple[str, tuple[str, ...]]] = Counter()
    last: dict[tuple[str, tuple[str, ...]], datetime] = {}
    refused = warned = 0
    for line in lines:
        decision = judged[_what(line.recorded)]
        refused += decision.effect.refuses
        warned += decision.effect.rank == 1
        if decision.effect.rank:
            key = (line.recorded.actor, _what(line.recorded))
            times[key] += 1
            last.setdefault(key, line.recorded.at)
    affected = [
        Affected(actor, what[1], what[3], judged[what], count, last[actor, what])
        for (actor, what), count in times.most_common(MOST_SHOWN)
    ]
    affected.sort(key=lambda one: (-one.decision.effect.rank, -one.times))
    people = {actor for (actor, what) in times if judged[what].effect.refuses}
    return Simulation(len(lines), refused, warned, len(people), tuple(affected), is_complete)
