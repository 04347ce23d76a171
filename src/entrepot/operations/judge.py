"""Judge: what the policies in force say of a package, or of one file of it, with all that is known."""

from dataclasses import replace
from datetime import UTC, datetime

from entrepot.catalog.repositories import Kind
from entrepot.domain.actor import Action
from entrepot.domain.content import Json, Package
from entrepot.domain.decision import ALLOWED, Decision, Effect, Outcome, Step, decide
from entrepot.domain.report import Report
from entrepot.operations.case import Case
from entrepot.operations.dossier import dossier
from entrepot.operations.dossier_text import Dossier
from entrepot.operations.firewall import Law
from entrepot.operations.registry import Registry
from entrepot.policy import Policy, judge
from entrepot.policy.facts import Facts, PackageFacts
from entrepot.policy.reasons import sentence


async def is_indifferent(registry: Registry, case: Case) -> bool:
    """Whether nothing depends on what is in files: nothing is scanned, or no policy holds for the repository."""
    law = await registry.firewall.law(registry.database)
    return registry.firewall.is_blind or not law.governs(case.repository.row.key.text)


async def judge_package(registry: Registry, case: Case) -> Decision:
    """What is decided of the package: by what it is, and by the files that speak for the whole of it.

    Raises `Held` where those are still being looked at, at doors whose clients come back.
    """
    law = await registry.firewall.law(registry.database)
    policies = law.governs(case.repository.row.key.text)
    if not policies:
        return ALLOWED
    decision = await _of_package(registry, case, law, policies)
    return _for_reviewers(case, decision, policies)


async def judge_file(registry: Registry, case: Case, report: Report | None, *, is_final: bool) -> Decision:
    """What is decided of the case's file and its package together.

    `is_final`: nothing more will be known of it; what a rule can't tell then, it refuses.
    """
    law = await registry.firewall.law(registry.database)
    policies = law.governs(case.repository.row.key.text)
    if not policies:
        return ALLOWED
    package = await _of_package(registry, case, law, policies)
    about = await package_facts(registry, case, law, await dossier(registry, case, policies))
    decision = judge(policies, file_facts(case, about, law, report, is_final=is_final))
    return _for_reviewers(case, decide((*package.trace, *decision.trace)), policies)


async def _of_package(registry: Registry, case: Case, law: Law, policies: tuple[Policy, ...]) -> Decision:
    package = case.revision.package
    within = law.within(case.repository.row.key.text)
    key = (law.generation, within, package.id, package.updated_at, package.gated, case.revision.commit)
    known = registry.firewall.decisions.get(key)
    if known is None:
        about = await dossier(registry, case, policies)
        known = decide(await _steps(registry, case, law, policies, about))
        if about is not None:
            registry.firewall.decisions.put(key, known)
    return known


async def _steps(
    registry: Registry, case: Case, law: Law, policies: tuple[Policy, ...], about: Dossier | None
) -> list[Step]:
    facts = await package_facts(registry, case, law, about)
    # Where nothing is looked at, nothing more will be known: what a rule can't tell, it refuses.
    is_inspected = about is not None or registry.firewall.is_blind
    whole = Facts(facts, datetime.now(UTC), is_inspected=is_inspected, waivers=law.waivers)
    steps = list(judge(policies, whole).trace)
    for page in about.pages if about else ():
        one = replace(whole, path=page.path, size=page.size, digest=page.digest, report=page.report, is_inspected=True)
        # A warning about a README is for those who ask for the README.
        counting = [step for step in judge(policies, one).trace if step.counts and step.effect.refuses]
        steps += counting if page.digest else [_postponed(step, page.path) for step in counting]
    return steps


def _postponed(step: Step, path: str) -> Step:
    """The step of a rule that can't be answered since the file could not be had: it may be had in a while."""
    if step.outcome is not Outcome.UNANSWERED:
        return step
    said = "speaks for the whole package and could not be fetched: nobody has looked into it yet"
    return replace(step, effect=Effect.HOLD, reason=sentence(f"{path} {said}", step.rule))


async def package_facts(registry: Registry, case: Case, law: Law, about: Dossier | None) -> PackageFacts:
    """What rules may ask about a package; without what its files say where nobody has looked yet."""
    package, key = case.revision.package, case.repository.row.key.text
    return PackageFacts(
        repository=key,
        within=law.within(key),
        name=package.name,
        commit=case.revision.commit.hex,
        created_at=package.created_at,
        committed_at=case.revision.date,
        gated=package.gated,
        downloads=package.downloads,
        is_local=case.repository.row.kind is Kind.LOCAL,
        licensing=about.licensing if about else None,
        paths=about.paths if about else None,
        properties=properties_of(package),
    )


def properties_of(package: Package) -> dict[str, Json]:
    """What a package says of itself, its card's fields among them."""
    card = package.facts.get("cardData")
    return {**(card if isinstance(card, dict) else {}), **package.facts}


def file_facts(case: Case, about: PackageFacts, law: Law, report: Report | None, *, is_final: bool) -> Facts:
    """What rules may ask about the case's file."""
    file = case.file
    if file is None:
        raise AssertionError("the case is about no file")
    digest = file.blob.digest.hex if file.blob else file.lfs.hex if file.lfs else ""
    return Facts(
        about,
        datetime.now(UTC),
        path=file.path.text,
        size=file.size,
        digest=digest,
        # What nobody has looked at has no report: a scanner that failed signs none.
        report=report if report is not None and report.scanner else None,
        is_inspected=is_final,
        waivers=law.waivers,
    )


def _for_reviewers(case: Case, decision: Decision, policies: tuple[Policy, ...]) -> Decision:
    """The decision for somebody who may write to a local repository, where its policy says quarantine: a warning."""
    if not decision.effect.refuses or case.repository.row.kind is not Kind.LOCAL:
        return decision
    lenient = {policy.label for policy in policies if policy.uploads == "quarantine"}
    refusing = {step.policy for step in decision.trace if step.counts and step.effect.refuses}
    if not refusing <= lenient or not case.actor.may(Action.WRITE, case.repository.row.key):
        return decision
    reasons = tuple(f"in quarantine, for its authors and reviewers only: {reason}" for reason in decision.reasons)
    return Decision(Effect.WARN, reasons, decision.rule, decision.policy, decision.trace)
