"""Simulate: what a policy would have done to the requests that were recorded."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from entrepot import licenses
from entrepot.catalog import decisions, dossiers, packages, reports, repositories
from entrepot.catalog.database import Transaction
from entrepot.catalog.decisions import Filter, Line
from entrepot.domain.actor import Actor
from entrepot.domain.content import Package
from entrepot.domain.decision import Decision, decide
from entrepot.domain.digest import Digest
from entrepot.domain.door import Door, Recorded
from entrepot.domain.errors import EntrepotError
from entrepot.domain.names import PackageName, PackageType, RepositoryKey
from entrepot.domain.report import Report
from entrepot.operations import dossier_text
from entrepot.operations.authorize import require_administrator
from entrepot.operations.firewall import Law
from entrepot.operations.inspection.version import scanner_version
from entrepot.operations.judge import properties_of
from entrepot.operations.registry import Registry
from entrepot.policy import Policy, judge, parse
from entrepot.policy.facts import Facts, PackageFacts

MOST_REQUESTS = 50_000
"""How many recorded requests are looked at, the newest first."""
MOST_SHOWN = 1000


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


async def simulate(registry: Registry, text: str, since: datetime, actor: Actor) -> Simulation:
    """What that policy would have done since then, by what is known now; raises `WrongPolicy`. Changes nothing."""
    require_administrator(actor)
    policy = parse(text)
    await registry.firewall.record.write_down(registry.database)
    law = await registry.firewall.law(registry.database)
    lines = await registry.database.read(lambda c: list(_asked(c, since)))
    judged: dict[tuple[str, ...], Decision] = {}
    for line in lines:
        key = _what(line.recorded)
        if key not in judged:
            judged[key] = await registry.database.read(_judge, policy, law, line.recorded)
    return _summed_up(lines, judged)


def _asked(connection: Transaction, since: datetime) -> Iterator[Line]:
    wanted, seen = Filter(since=since), 0
    while seen < MOST_REQUESTS and (page := decisions.page(connection, wanted, decisions.MAX_PAGE)):
        seen += len(page)
        yield from (line for line in page if line.recorded.door is not Door.UPLOAD)
        wanted = replace(wanted, before=page[-1].number)


def _what(recorded: Recorded) -> tuple[str, ...]:
    return (recorded.repository, recorded.package, recorded.commit, recorded.path, recorded.digest)


def _judge(connection: Transaction, policy: Policy, law: Law, recorded: Recorded) -> Decision:
    try:
        kind, _, name = recorded.package.partition("/")
        repository = repositories.find(connection, RepositoryKey(recorded.repository))
        package = packages.find(connection, repository.id, PackageName.parse(PackageType(kind), name))
    except (EntrepotError, ValueError):
        return decide(())  # it is not here any more, and nobody can ask for it again
    about = _package_facts(connection, law, recorded, package)
    whole = Facts(about, recorded.at, is_inspected=about.licensing is not None, waivers=law.waivers)
    steps = list(judge((policy,), whole).trace)
    if recorded.path:
        report = _report(connection, recorded)
        one = replace(
            whole, path=recorded.path, size=recorded.size, digest=recorded.digest, report=report,
            is_inspected=report is not None,
        )  # fmt: skip
        steps += judge((policy,), one).trace
    return decide(steps)


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


def _summed_up(lines: list[Line], judged: dict[tuple[str, ...], Decision]) -> Simulation:
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
    return Simulation(len(lines), refused, warned, len(people), tuple(affected), len(lines) < MOST_REQUESTS)
