"""Doctor: is this installation set up the way a careful operator would? A list of checks, each with what to change."""

import os
import stat
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from entrepot.blobs.threads import in_thread
from entrepot.catalog import access, decisions, reports, repositories
from entrepot.catalog.access import TokenRow
from entrepot.catalog.repositories import Kind
from entrepot.domain.actor import EVERY_REPOSITORY, Action, Actor
from entrepot.domain.decision import Effect
from entrepot.domain.errors import EntrepotError
from entrepot.operations.authorize import require_administrator
from entrepot.operations.inspection.contents import BytesContent
from entrepot.operations.inspection.crew import Task
from entrepot.operations.inspection.version import scanner_version
from entrepot.operations.registry import Registry
from entrepot.operations.setup import ADMIN_TOKEN_FILE, KEY_FILE
from entrepot.scan.budget import Limits

PROTECTIONS = {
    "limits": "limits on memory, time and files",
    "network": "no network",
    "privileges": "no way to gain privileges",
    "files": "no files but its own (Landlock)",
    "user": "a user that owns nothing, where the server is root",
    "calls": "no dangerous system calls (seccomp)",
}
IDLE = timedelta(days=90)
LOCAL = ("127.0.0.1", "localhost", "::1")


class Finding(StrEnum):
    """How a check turned out."""

    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Checked:
    """One check: what was looked at, how it is, and what to change."""

    name: str
    finding: Finding
    what: str
    advice: str = ""


Check = Callable[[Registry], Awaitable[list[Checked]]]


async def examine(registry: Registry, actor: Actor) -> list[Checked]:
    """Every check's outcome, in the order of the list; raises `Forbidden` for anybody but administrators."""
    require_administrator(actor)
    return await examine_here(registry)


async def examine_here(registry: Registry) -> list[Checked]:
    """The same for whoever has the data folder in hands anyway."""
    return [one for check in CHECKS for one in await check(registry)]


def _one(name: str, bad: str, advice: str, good: str, finding: Finding = Finding.WARNING) -> list[Checked]:
    """A check that has one answer: what is bad about it, or nothing."""
    return [Checked(name, finding, bad, advice)] if bad else [Checked(name, Finding.GOOD, good)]


async def _address(registry: Registry) -> list[Checked]:
    settings = registry.settings
    is_open = settings.host not in LOCAL
    scheme = urlsplit(settings.public_url).scheme
    bad = "it listens on the network, and no https address is set: tokens may travel in the clear" * (
        is_open and scheme != "https"
    )
    advice = "put a proxy with TLS in front of it and set ENTREPOT_PUBLIC_URL to its https:// address"
    return _one("address", bad, advice, "only this machine reaches it, or clients reach it by https")


async def _anonymous(registry: Registry) -> list[Checked]:
    rows = await registry.database.read(repositories.everything)
    open_to_all = [row.key.text for row in rows if row.anonymous_read]
    bad = f"everybody who reaches the server may read: {', '.join(open_to_all)}" if open_to_all else ""
    advice = "make tokens for those who read, and repositories without --anonymous-read"
    return _one("anonymous reading", bad, advice, "nobody reads without a token; nobody ever writes without one")


async def _upstreams(registry: Registry) -> list[Checked]:
    rows = await registry.database.read(repositories.everything)
    plain = [
        row.key.text
        for row in rows
        if row.kind is Kind.REMOTE
        and urlsplit(row.upstream).scheme == "http"
        and urlsplit(row.upstream).hostname not in LOCAL
    ]
    bad = f"these upstreams are asked without encryption: {', '.join(plain)}" if plain else ""
    return _one("upstreams", bad, "use their https:// addresses", "every upstream is asked by https")


async def _files(registry: Registry) -> list[Checked]:
    folder = registry.settings.data_folder
    found = []
    for name, what in (("", "the data folder"), (KEY_FILE, "the secret key"), (ADMIN_TOKEN_FILE, "the first token")):
        path = folder / name
        mode = await in_thread(_mode, path)
        if mode is not None and mode & (stat.S_IRWXG | stat.S_IRWXO):
            command = f"chmod {'700' if not name else '600'} {path}"
            found.append(Checked("files", Finding.BAD, f"others on this machine may read {what}", command))
    if (await in_thread(_mode, folder / ADMIN_TOKEN_FILE)) is not None:
        what = f"the first administrator's token is still kept in {ADMIN_TOKEN_FILE}"
        advice = "put it into a password safe, or make other tokens and revoke it; then remove the file"
        found.append(Checked("first token", Finding.WARNING, what, advice))
    return found or [Checked("files", Finding.GOOD, "keys and data are readable for the server alone")]


def _mode(path: Path) -> int | None:
    try:
        return path.stat().st_mode
    except OSError:
        return None


async def _user(_: Registry) -> list[Checked]:
    bad = "the server runs as root" * (os.geteuid() == 0)
    return _one("user", bad, "run it as a user of its own; it needs no privileges", "the server is not root")


async def _tokens(registry: Registry) -> list[Checked]:
    now = datetime.now(UTC)
    rows = [row for row in await registry.database.read(access.list_tokens) if row.revoked_at is None]
    live = [row for row in rows if row.expires_at is None or row.expires_at > now]
    endless = [row.name for row in live if row.expires_at is None and _administers(row)]
    idle = [row.name for row in live if (row.last_used_at or row.created_at) < now - IDLE]
    bad_endless = f"administrators' tokens without an end: {', '.join(endless[:5])}" if endless else ""
    bad_idle = f"not used for {IDLE.days} days: {', '.join(idle[:5])}" if idle else ""
    return [
        *_one("tokens", bad_endless, "make tokens with --days, and revoke these", "every administrator's token ends"),
        *_one("unused tokens", bad_idle, "revoke what nobody uses", "every token is in use"),
    ]


def _administers(row: TokenRow) -> bool:
    return any(grant.repository == EVERY_REPOSITORY and Action.ADMINISTER in grant.actions for grant in row.grants)


async def _scanning(registry: Registry) -> list[Checked]:
    if registry.firewall.is_blind:
        advice = "set ENTREPOT_SCANNING=on"
        return [Checked("scanning", Finding.BAD, "nothing is scanned", advice)]
    try:
        task = Task("probe.txt", BytesContent(b"a file to look at"), Limits(seconds=20))
        report = await registry.firewall.crew.scan(task)
    except EntrepotError as error:
        return [Checked("scanning", Finding.BAD, f"the scanner can't be started: {error}", "see the server's log")]
    if not report.scanner:
        return [Checked("scanning", Finding.BAD, "the scanner fails on a line of text", "see the server's log")]
    missing = [what for name, what in PROTECTIONS.items() if name not in registry.firewall.crew.protections]
    bad = f"the processes that scan lack: {'; '.join(missing)}" if missing else ""
    advice = "run on Linux 5.13 or later, and let containers use user namespaces, Landlock and seccomp"
    return _one("scanning", bad, advice, f"files are scanned by processes with {'; '.join(PROTECTIONS.values())}")


async def _outdated(registry: Registry) -> list[Checked]:
    rows = await registry.database.read(reports.outdated, scanner_version(), 0, 1000)
    unseen = await registry.database.read(reports.unseen, 0, 1000)
    count = len(rows) + len(unseen)
    bad = f"{count}{'+' if count >= 1000 else ''} stored files were not seen by this version of the scanner"
    return _one("reports", bad * bool(count), "run 'entrepot rescan', or wait for it", "every stored file has a report")


async def _policies(registry: Registry) -> list[Checked]:
    law = await registry.firewall.law(registry.database)
    lawless, toothless = [], []
    for key in sorted(law.holders):
        governing = law.governs(key)
        if not governing:
            lawless.append(key)
        elif not any(rule.effect is Effect.BLOCK and not rule.dry_run for one in governing for rule in one.rules):
            toothless.append(key)
    bad_none = f"no policy holds for: {', '.join(lawless)}" if lawless else ""
    bad_weak = f"no rule blocks anything in: {', '.join(toothless)}" if toothless else ""
    advice = "begin with 'entrepot policy default', check it, and apply it"
    return [
        *_one("policies", bad_none, advice, "a policy holds for every repository", Finding.BAD),
        *_one("blocking", bad_weak, advice, "malicious files are blocked somewhere in every policy"),
    ]


async def _waivers(registry: Registry) -> list[Checked]:
    law = await registry.firewall.law(registry.database)
    wide = [str(waiver.id) for waiver in law.waivers if not (waiver.scope.digest or waiver.scope.commit)]
    bad = f"waivers that hold for whatever a package becomes: {', '.join(wide[:10])}" if wide else ""
    single = "" if registry.settings.two_person_waivers == "on" else "whoever asks for a waiver may grant it, too"
    return [
        *_one("waivers", bad, "grant waivers for a commit or a digest", "every waiver is for bytes that somebody saw"),
        *_one("two people", single, "set ENTREPOT_TWO_PERSON_WAIVERS=on", "a waiver takes two people"),
    ]


async def _record(registry: Registry) -> list[Checked]:
    broken = await registry.database.read(lambda connection: next(decisions.broken(connection), ""))
    advice = "compare with a backup; 'entrepot audit verify' lists every place"
    return _one("record", broken, advice, "the record of decisions is as it was written", Finding.BAD)


CHECKS: tuple[Check, ...] = (
    _address,
    _anonymous,
    _upstreams,
    _files,
    _user,
    _tokens,
    _scanning,
    _outdated,
    _policies,
    _waivers,
    _record,
)
