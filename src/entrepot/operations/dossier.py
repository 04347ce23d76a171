"""Dossier: what the files say that speak for a whole package: card, license, configuration, code, templates.

They are fetched and inspected when somebody first asks for the package at a commit, and kept in the catalog.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from entrepot import licenses
from entrepot.blobs.threads import in_thread
from entrepot.catalog import dossiers
from entrepot.domain.content import File
from entrepot.domain.digest import Digest
from entrepot.domain.door import Door
from entrepot.domain.errors import EntrepotError, Held
from entrepot.domain.licensing import Declaration
from entrepot.domain.report import Report
from entrepot.operations import dossier_text
from entrepot.operations.case import Case
from entrepot.operations.dossier_text import Dossier, Inspected, Page, Written
from entrepot.operations.ingest import ingest
from entrepot.operations.inspection.inspect import report_on
from entrepot.operations.inspection.version import scanner_version
from entrepot.operations.licensing import Inherited, declared_in, inherited_by
from entrepot.operations.registry import Registry
from entrepot.policy import Policy

CARD = "README.md"
MAX_PAGES = 200
"""How many files speak for a package at most; what is left out is judged when it is asked for."""
MAX_PAGE_BYTES = 2 << 20
MOST_COMPILED = 200
"""How many packages may be under way; making a dossier outlives the request that it was for."""
AT_ONCE = 4
PATIENCE_SECONDS = 8.0
LONG_PATIENCE_SECONDS = 25.0
"""The first question about a package comes from clients that wait for long, and never ask twice."""
_SPEAKING = re.compile(
    r"(?:[^/]*/){0,3}(?:readme(?:\.\w+)?|licen[cs]e[^/]*|copying[^/]*|notice[^/]*|use_policy[^/]*|mlmodel"
    r"|[^/]*config[^/]*\.(?:json|ya?ml|cfg|ini)|model_index\.json|chat_template[^/]*|[^/]*\.(?:py|jinja|j2|ipynb|sh)"
    r"|requirements[^/]*\.txt|dataset_infos\.json)",
    re.IGNORECASE,
)


def speaks(file: File) -> bool:
    """Whether a file is judged with its package: whoever loads the package reads it."""
    return file.size <= MAX_PAGE_BYTES and _SPEAKING.fullmatch(file.path.text) is not None


def _declares(path: str) -> bool:
    """Whether a file of that path is there to say under which license the package stands."""
    return _SPEAKING.fullmatch(path) is not None and (path == CARD or licenses.is_license_file(path))


def _chosen(files: Sequence[File]) -> list[File]:
    """The files that are read: what says the license first, then the rest in their order."""
    return sorted(filter(speaks, files), key=lambda file: not _declares(file.path.text))[:MAX_PAGES]


async def dossier(registry: Registry, case: Case, policies: Sequence[Policy]) -> Dossier | None:
    """The dossier of the case's package; None at doors that give nothing out, where making one takes too long.

    Raises `Held` at the others then, and what asking upstream for the list of files raises.
    """
    if registry.firewall.is_blind:
        return None
    with_bases = _ask_for_license(policies)
    key = (case.revision.package.id, case.revision.commit.hex, with_bases)
    known = registry.firewall.dossiers.get(key) or registry.firewall.unsettled.get(key)
    if known is not None:
        return known
    task = registry.firewall.compiling.get(key)
    if task is None and len(registry.firewall.compiling) >= MOST_COMPILED:
        return _not_yet(case, f"too many packages are being inspected before {case.revision.package.name}")
    if task is None:
        task = registry.firewall.compiling[key] = asyncio.ensure_future(_compile(registry, case, with_bases))
        task.add_done_callback(lambda _: registry.firewall.compiling.pop(key, None))
    waits = LONG_PATIENCE_SECONDS if case.door is Door.PACKAGE else PATIENCE_SECONDS
    done, _ = await asyncio.wait([task], timeout=waits)
    return task.result() if done else _not_yet(case, f"{case.revision.package.name} is being inspected")


def _not_yet(case: Case, reason: str) -> Dossier | None:
    """None at doors that give nothing out; raises `Held` at the others."""
    if case.door not in (Door.PACKAGE, Door.HEAD):
        raise Held(f"{reason}; ask again in 10 seconds", after=10)
    return None


def _ask_for_license(policies: Sequence[Policy]) -> bool:
    """Whether a rule reads licenses: then those of the base models count, and have to be asked for."""
    rules = [rule for policy in policies for rule in policy.rules]
    return any(clause.condition.name == "license" for rule in rules for clause in (*rule.conditions, *rule.exceptions))


async def _compile(registry: Registry, case: Case, with_bases: bool) -> Dossier:
    revision = case.revision
    everything = case.listing if case.listing is not None else await case.repository.listing(revision, None, True)
    files = [item for item in everything if isinstance(item, File)]
    speaking, data = _chosen(files), None
    if speaking:
        data = await registry.database.read(dossiers.find, revision.package.id, revision.commit, scanner_version())
    written = dossier_text.load(data) if data is not None else None
    if written is None or (with_bases and not written.has_bases):
        written = await _written(registry, case, speaking, with_bases)
        # What no file speaks for is put together again as quickly as it is read.
        if written.is_complete and speaking:
            content = dossier_text.dump(written)
            version = scanner_version()
            await registry.database.write(dossiers.keep, revision.package.id, revision.commit, version, content)
    found = await _assembled(registry, case, written, files)
    remembered = registry.firewall.dossiers if found.is_complete else registry.firewall.unsettled
    remembered.put((revision.package.id, revision.commit.hex, with_bases), found)
    return found


async def _written(registry: Registry, case: Case, speaking: Sequence[File], with_bases: bool) -> Written:
    """What these files say; read once for all commits of the package that have the same ones, as a clone asks for."""
    key = (case.revision.package.id, with_bases, *((file.path.text, file.oid.hex) for file in speaking))
    known = registry.firewall.written.get(key)
    if known is None:
        known = await _read_files(registry, case, speaking, with_bases)
        if known.is_complete:
            registry.firewall.written.put(key, known)
    return known


def is_compiled(registry: Registry, case: Case) -> bool:
    """Whether the dossier of the case's package is at hand, or nobody needs one."""
    key = (case.revision.package.id, case.revision.commit.hex)
    known = (registry.firewall.dossiers.get((*key, with_bases)) for with_bases in (True, False))
    return registry.firewall.is_blind or any(found is not None for found in known)


@dataclass(frozen=True, slots=True)
class _Read:
    """A page, what it declares, and its text where that is the card's: all texts together would fill the memory."""

    page: Page
    declared: tuple[Declaration, ...]
    card: str = ""


async def _read(registry: Registry, case: Case, file: File) -> _Read | None:
    """What a file says; None where upstream does not give it, or gives something else: nobody knows then."""
    try:
        got = await ingest(registry, case.of(file), patient=True)
        data = b"".join([piece async for piece in got.source.read(0, got.file.size)])
    except EntrepotError:
        return None
    digest = got.file.blob.digest.hex if got.file.blob else ""
    path, text = file.path.text, data.decode("utf-8", "replace")
    # A text can be made to take long, and others wait for this thread.
    declared = await in_thread(declared_in, {path: text})
    return _Read(Page(path, got.file.size, digest), declared, text if path == CARD else "")


async def _read_files(registry: Registry, case: Case, files: Sequence[File], with_bases: bool) -> Written:
    turns = asyncio.Semaphore(AT_ONCE)

    async def read(file: File) -> _Read | None:
        async with turns:
            return await _read(registry, case, file)

    gathered = await asyncio.gather(*(read(file) for file in files))
    found = [one for one in gathered if one is not None]
    missing = tuple(file.path.text for file, one in zip(files, gathered, strict=True) if one is None)
    card = "".join(one.card for one in found)
    bases = await inherited_by(registry, case.repository, card) if with_bases else Inherited((), True)
    return Written(
        pages=tuple(one.page for one in found),
        declared=tuple(declared for one in found for declared in one.declared),
        inherited=bases.declarations,
        has_bases=with_bases,
        is_complete=not missing and bases.is_complete,
        missing=missing,
        lacks_bases=not bases.is_complete,
    )


async def _assembled(registry: Registry, case: Case, written: Written, files: Sequence[File]) -> Dossier:
    named = {file.path.text: file for file in files}
    sizes = {path: file.size for path, file in named.items()}
    pages = [
        Inspected(page.path, page.size, page.digest, await _report(registry, case, page, named))
        for page in written.pages
    ]
    pages += [Inspected(path, sizes[path], "", None) for path in written.missing if path in sizes]
    # What could not be had, is too long, or is one of too many: it may say anything.
    was_read = {page.path for page in written.pages}
    lacks_words = any(_declares(path) for path in sizes.keys() - was_read)
    is_unknown = lacks_words or written.lacks_bases
    licensing = None if is_unknown else licenses.combine(written.declared, written.inherited)
    is_complete = written.is_complete and all(page.report is not None for page in pages)
    return Dossier(frozenset(sizes), licensing, tuple(pages), is_complete)


async def _report(registry: Registry, case: Case, page: Page, files: Mapping[str, File]) -> Report | None:
    """What the scanner says of a page; where it failed before it is given another try, now and then."""
    known = await report_on(registry, Digest(page.digest), page.path)
    if known is not None or page.path not in files:
        return known
    try:
        report = (await ingest(registry, case.of(files[page.path]), patient=True)).report
    except EntrepotError:
        return None
    return report if report.scanner else None
