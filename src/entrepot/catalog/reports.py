"""Reports in the catalog: one for each content and scanner version, kept also when the bytes are gone."""

import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, delete, exists, insert, or_, select

from entrepot.catalog.firewall_tables import found_rules, reports
from entrepot.catalog.moments import now
from entrepot.catalog.tables import blobs, files, uploads, upstream_files
from entrepot.domain.content import Blob, File
from entrepot.domain.digest import Digest
from entrepot.domain.report import Report
from entrepot.domain.report_text import dump, load

MAX_RULE = 120


@dataclass(frozen=True, slots=True)
class Kept:
    """A report, and when it was made."""

    report: Report
    made_at: datetime


def of_bytes(digest: Digest) -> str:
    """What a report is about that was made of bytes which were here."""
    return f"sha256:{digest.hex}"


def of_upstream(repository_id: int, file: File) -> str:
    """What a report is about that was made of what one upstream showed of a file."""
    return f"peek:{repository_id}:{file.etag}:{file.size}"


def keep(connection: Connection, subject: str, report: Report) -> None:
    """Remember a report, in place of an earlier one of the same scanner version."""
    same = (reports.c.subject == subject) & (reports.c.scanner == report.scanner)
    connection.execute(delete(reports).where(same))
    values = {
        "subject": subject,
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


def without(connection: Connection, scanner: str, after: int, limit: int) -> list[Blob]:
    """Blobs that this scanner version has not looked at and that a file is, by row id, beginning after one."""
    subject = "sha256:" + blobs.c.digest
    known = and_(reports.c.subject == subject, reports.c.scanner == scanner)
    # Xorbs are blobs, too, and no file by themselves.
    named = [exists().where(table.c.blob_id == blobs.c.id) for table in (files, upstream_files, uploads)]
    query = (
        select(blobs)
        .outerjoin(reports, known)
        .where(reports.c.id.is_(None), blobs.c.condemned_at.is_(None), blobs.c.id > after, or_(*named))
        .order_by(blobs.c.id)
        .limit(limit)
    )
    return [Blob(row.id, Digest(row.digest), row.size, row.xet, row.chunked) for row in connection.execute(query)]
