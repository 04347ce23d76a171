"""Judge what somebody sends: every file of a commit is inspected before anything names it."""

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from entrepot import licenses
from entrepot.catalog import blobs
from entrepot.domain.actor import Actor
from entrepot.domain.changes import Change, CopyFile, PutFile
from entrepot.domain.content import Blob, File, Package, Revision
from entrepot.domain.decision import Decision, Effect, Step, decide
from entrepot.domain.digest import GitOid
from entrepot.domain.door import Door
from entrepot.domain.errors import NotFound, Refused
from entrepot.domain.names import FilePath, RefName
from entrepot.domain.report import UNREAD, Report
from entrepot.operations.case import Case
from entrepot.operations.firewall import Law
from entrepot.operations.inspection.inspect import inspect
from entrepot.operations.judge import file_facts, package_facts
from entrepot.operations.registry import Registry
from entrepot.policy import Policy, judge
from entrepot.repositories import Repository

AT_ONCE = 4
NO_COMMIT = GitOid("0" * 40)
MOST_REASONS = 5
"""A commit of a thousand bad files is refused for these; the others are found when these are gone."""


@dataclass(frozen=True, slots=True)
class Upload:
    """What somebody wants to commit to a package, with the bytes of each file stored and nothing naming them."""

    package: Package
    branch: RefName
    actor: Actor
    changes: tuple[Change, ...]


async def judge_upload(registry: Registry, repository: Repository, upload: Upload) -> None:
    """Go on, or raise `Refused`: a file of it is one that the repository's policies don't let in.

    Rules about the package as a whole are for those who download it; so is what a policy keeps in quarantine.
    """
    law = await registry.firewall.law(registry.database)
    policies = law.governs(repository.row.key.text)
    if not policies:
        return
    nowhere = Revision(upload.package, NO_COMMIT, datetime.now(UTC))
    case = Case(repository, nowhere, upload.actor, Door.UPLOAD)
    files = await _placed(registry, repository, upload)
    paths = frozenset(file.path.text for file in files)
    turns = asyncio.Semaphore(AT_ONCE)

    async def look(file: File) -> tuple[Case, Decision]:
        async with turns:
            report = await _inspected(registry, file)
        one = case.of(file)
        return one, await _judge(registry, one, law, policies, (report, paths))

    refused = []
    for one, decision in await asyncio.gather(*(look(file) for file in files)):
        if decision.effect.refuses:
            uid = registry.firewall.record.note(one, decision, gives=False)
            refused.append((one, decision, uid))
    if refused:
        raise Refused(_sentence([(one, decision) for one, decision, _ in refused]), refused[0][2])


async def _placed(registry: Registry, repository: Repository, upload: Upload) -> list[File]:
    """Every file that the commit puts or copies somewhere, as it will stand there."""
    found = await registry.database.read(
        blobs.by_ids, [change.blob_id for change in upload.changes if isinstance(change, PutFile)]
    )
    placed: list[File] = []
    latest: dict[FilePath, File] = {}
    for change in upload.changes:
        file: File | None = None
        if isinstance(change, PutFile):
            file = _file(change, found[change.blob_id])
        elif isinstance(change, CopyFile):
            here = latest.get(change.source) if not change.revision else None
            file = here or await _source(repository, upload, change)
        if file is not None:
            latest[change.path] = replace(file, path=change.path)
            placed.append(latest[change.path])
    return placed


async def _source(repository: Repository, upload: Upload, change: CopyFile) -> File | None:
    """The file that is copied; None where there is none, which whoever makes the commit says."""
    try:
        revision = await repository.revision(upload.package.name, change.revision or upload.branch.text)
        return await repository.file(revision, change.source)
    except NotFound:
        return None


def _file(change: PutFile, blob: Blob) -> File:
    return File(change.path, change.size, change.oid, blob.digest if change.lfs else None, blob)


async def _inspected(registry: Registry, file: File) -> Report:
    return await inspect(registry, file.blob, file.path.text, patient=True) if file.blob else UNREAD


async def _judge(
    registry: Registry, case: Case, law: Law, policies: tuple[Policy, ...], seen: tuple[Report, frozenset[str]]
) -> Decision:
    report, paths = seen
    about = await package_facts(registry, case, law, None)
    card = case.revision.package.facts.get("cardData")
    licensing = licenses.combine(licenses.of_card(card if isinstance(card, dict) else {}))
    about = replace(about, paths=paths, licensing=licensing)
    # Also where nothing is scanned: nothing more will be known, and what a rule can't tell it refuses at each door.
    decision = judge(policies, file_facts(case, about, law, report, is_final=True))
    lenient = {policy.label for policy in policies if policy.uploads == "quarantine"}
    return decide(_set_aside(step) if step.policy in lenient else step for step in decision.trace)


def _set_aside(step: Step) -> Step:
    """The step where a policy keeps what it refuses in quarantine: it comes in, and the gate keeps it there."""
    return replace(step, effect=Effect.WARN) if step.effect.refuses else step


def _sentence(refused: list[tuple[Case, Decision]]) -> str:
    said = [
        f"{case.file.path if case.file else ''}, by policy {decision.policy}: {'; '.join(decision.reasons)}"
        for case, decision in refused[:MOST_REASONS]
    ]
    more = f" and {len(refused) - MOST_REASONS} more files" if len(refused) > MOST_REASONS else ""
    return f"nothing of this commit was kept: {'; '.join(said)}{more}"
