"""Reports in the catalog: one for each content and scanner version, kept also when the bytes are gone."""

import hashlib
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, delete, exists, insert, or_, select

from entrepot.catalog.firewall_tables import found_rules, glimpsed_files, reports
from entrepot.catalog.moments import now
from entrepot.catalog.tables import blobs, files, uploads, upstream_files
from entrepot.domain.content import Blob, File
from entrepot.domain.digest import Digest
from entrepot.domain.report import Report, Verdict
from entrepot.domain.report_text import dump, load

_BLOB = ("digest", "size", "xet", "chunked")
BYTES, PEEK = "sha256:", "peek:"
MAX_RULE = 120
MAX_LABEL = 100
MAX_SUFFIX = 20


@dataclass(frozen=True, slots=True)
class Kept:
    """A report, and when it was made."""

    report: Report
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Outdated:
    """Bytes with a report of an earlier scanner: its number, the name they were looked at under, and the blob."""

    number: int
    name: str
    blob: Blob


@dataclass(frozen=True, slots=True)
class Glimpsed:
    """A file that was looked at where it lies upstream."""

    package_id: int
    path: str
    commit: str


def of_bytes(digest: Digest, name: str) -> str:
    """What a report is about that was made of bytes which were here, under that name.

    The name belongs to it: the same text is looked at as Python or as prose, and who could choose which of both reports
    is believed would choose the harmless one.
    """
    return f"{BYTES}{digest.hex}:{_label(name)}"


def _label(name: str) -> str:
    label = name.rpartition("/")[2].lower()
    if len(label) > MAX_LABEL or not label.isascii():
        suffix = label.rpartition(".")[2]
        label = f"{hashlib.sha256(label.encode('utf-8', 'surrogatepass')).hexdigest()[:40]}.{suffix[:MAX_SUFFIX]}"
    return label


def of_upstream(repository_id: int, file: File) -> str:
    """What a report is about that was made of what one upstream showed of a file."""
    hidden = hashlib.sha256(f"{file.etag}\0{file.size}\0{_label(file.path.text)}".encode()).hexdigest()
    return f"{PEEK}{repository_id}:{hidden}"


def keep(connection: Connection, subject: str, report: Report) -> None:
    """Remember a report, in place of an earlier one of the same scanner version."""
    same = (reports.c.subject == subject) & (reports.c.scanner == report.scanner)
    connection.execute(delete(reports).where(same))
    values = {
        "subject": subject,
        "digest": subject.removeprefix(BYTES).partition(":")[0] if subject.startswith(BYTES) else "",
        "scanner": report.scanner,
        "verdict": report.verdict.value,
        "coverage": report.coverage.value,
        "content": zlib.compress(dump(report)),
        "made_at": now(),
    }
    report_id = connection.execute(insert(reports).values(**values).returning(reports.c.id)).scalar_one()
    counts = Counter(finding.rule[:MAX_RULE] for finding in report.findings)
    severities = {finding.rule[:MAX_RULE]: finding.severity.value for finding in report.findings}
    rows = [
        {"report_id": report_id, "rule": rule, "severity": severities[rule], "count": count}
        for rule, count in sorted(counts.items())
    ]
    if rows:
        connection.execute(insert(found_rules), rows)


def note_glimpse(connection: Connection, subject: str, seen: Glimpsed) -> None:
    """Remember which file a report of what lies upstream is about."""
    here = (glimpsed_files.c.subject == subject) & (glimpsed_files.c.package_id == seen.package_id)
    connection.execute(delete(glimpsed_files).where(here, glimpsed_files.c.path == seen.path))
    values = {"subject": subject, "package_id": seen.package_id, "path": seen.path, "commit_id": seen.commit}
    connection.execute(insert(glimpsed_files).values(**values))


def find(connection: Connection, subject: str, scanner: str) -> Report | None:
    """What that scanner version says of it; None where it has not looked."""
    query = select(reports.c.content).where(reports.c.subject == subject, reports.c.scanner == scanner)
    content = connection.execute(query).scalar()
    return None if content is None else load(zlib.decompress(content))


def find_many(connection: Connection, subjects: Sequence[str], scanner: str) -> dict[str, Report]:
    """The same for many; those without a report are left out."""
    found: dict[str, Report] = {}
    for start in range(0, len(subjects), 500):
        wanted = reports.c.subject.in_(subjects[start : start + 500])
        query = select(reports.c.subject, reports.c.content).where(wanted, reports.c.scanner == scanner)
        for row in connection.execute(query):
            found[row.subject] = load(zlib.decompress(row.content))
    return found


def latest(connection: Connection, subjects: Iterable[str]) -> dict[str, Kept]:
    """The newest report of each subject that has one, whatever scanner version made it."""
    found: dict[str, Kept] = {}
    wanted = list(dict.fromkeys(subjects))
    for start in range(0, len(wanted), 500):
        query = select(reports).where(reports.c.subject.in_(wanted[start : start + 500])).order_by(reports.c.id)
        for row in connection.execute(query):
            found[row.subject] = Kept(load(zlib.decompress(row.content)), row.made_at)
    return found


def verdicts(connection: Connection, subjects: Iterable[str]) -> dict[str, Verdict]:
    """The verdict of the newest report of each subject that has one, without reading the reports."""
    found: dict[str, Verdict] = {}
    wanted = list(dict.fromkeys(subjects))
    for start in range(0, len(wanted), 500):
        some = reports.c.subject.in_(wanted[start : start + 500])
        query = select(reports.c.subject, reports.c.verdict).where(some).order_by(reports.c.id)
        found |= {row.subject: Verdict(row.verdict) for row in connection.execute(query)}
    return found


def about(connection: Connection, digest: Digest, limit: int) -> list[tuple[str, Kept]]:
    """The newest reports on these bytes, each with the name that they were looked at under."""
    query = select(reports).where(reports.c.digest == digest.hex).order_by(reports.c.id.desc()).limit(limit)
    rows = connection.execute(query)
    return [(row.subject.split(":", 2)[2], Kept(load(zlib.decompress(row.content)), row.made_at)) for row in rows]


def outdated(connection: Connection, scanner: str, after: int, limit: int) -> list[Outdated]:
    """Bytes that another scanner version has looked at and this one has not, by the number of the old report."""
    newer = reports.alias("newer")
    same = and_(newer.c.subject == reports.c.subject, newer.c.scanner == scanner)
    query = (
        select(reports.c.id, reports.c.subject, blobs.c.id.label("blob_id"), *blobs.c[*_BLOB])
        .join(blobs, and_(blobs.c.digest == reports.c.digest, blobs.c.condemned_at.is_(None)))
        .outerjoin(newer, same)
        .where(reports.c.id > after, reports.c.scanner != scanner, newer.c.id.is_(None))
        .order_by(reports.c.id)
        .limit(limit)
    )
    return [
        Outdated(
            row.id, row.subject.split(":", 2)[2], Blob(row.blob_id, Digest(row.digest), row.size, row.xet, row.chunked)
        )
        for row in connection.execute(query)
    ]


def unseen(connection: Connection, after: int, limit: int) -> list[Blob]:
    """Blobs that are files and that nobody has looked at yet, by row id, beginning after one."""
    # Xorbs are blobs, too, and no file by themselves.
    named = [exists().where(table.c.blob_id == blobs.c.id) for table in (files, upstream_files, uploads)]
    seen = exists().where(reports.c.digest == blobs.c.digest)
    query = (
        select(blobs)
        .where(~seen, blobs.c.condemned_at.is_(None), blobs.c.id > after, or_(*named))
        .order_by(blobs.c.id)
        .limit(limit)
    )
    return [Blob(row.id, Digest(row.digest), row.size, row.xet, row.chunked) for row in connection.execute(query)]
