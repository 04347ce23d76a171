"""The tables of what is judged and decided: reports, dossiers, policies, waivers, decisions, sessions."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from entrepot.catalog.columns import Bytes, RowId, UtcTime
from entrepot.catalog.tables import metadata


def _id() -> Column[int]:
    return Column("id", RowId, primary_key=True, autoincrement=True)


reports = Table(
    "reports",
    metadata,
    _id(),
    # "sha256:", a digest and a name, for bytes that were here; they may be gone. "peek:", a repository's row and an
    # etag, for what was looked at where it lies upstream: another upstream may have other bytes under that etag.
    Column("subject", String(200), nullable=False),
    Column("digest", String(64), nullable=False, default=""),
    Column("scanner", String(80), nullable=False),
    Column("verdict", String(16), nullable=False),
    Column("coverage", String(16), nullable=False),
    Column("content", Bytes, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    UniqueConstraint("subject", "scanner"),
    Index(None, "digest"),
    Index(None, "verdict"),
    sqlite_autoincrement=True,
)
found_rules = Table(
    "found_rules",
    metadata,
    # Which rules a report has findings of, so that all findings of a rule are one query.
    Column("report_id", RowId, ForeignKey("reports.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("rule", String(120), primary_key=True),
    Column("severity", String(16), nullable=False),
    Column("count", Integer, nullable=False),
    Index(None, "rule"),
)
glimpsed_files = Table(
    "glimpsed_files",
    metadata,
    # Which file a report is about that was made where the file lies upstream: no digest leads from one to the other.
    Column("subject", String(200), primary_key=True),
    Column("package_id", RowId, ForeignKey("packages.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("path", Text, primary_key=True),
    Column("commit_id", String(40), nullable=False),
    Index(None, "package_id"),
)
dossiers = Table(
    "dossiers",
    metadata,
    # What is known of a package at a commit from the files that speak for the whole of it.
    Column("package_id", RowId, ForeignKey("packages.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("commit_id", String(40), primary_key=True),
    Column("scanner", String(80), nullable=False),
    Column("content", Bytes, nullable=False),
    Column("made_at", UtcTime, nullable=False),
)
policies = Table(
    "policies",
    metadata,
    _id(),
    Column("name", String(80), nullable=False),
    Column("version", Integer, nullable=False),
    Column("text", Text, nullable=False),  # empty: from this version on there is no such policy
    Column("note", Text, nullable=False, default=""),
    Column("applied_by", Text, nullable=False),
    Column("applied_at", UtcTime, nullable=False),
    UniqueConstraint("name", "version"),
    sqlite_autoincrement=True,
)
waivers = Table(
    "waivers",
    metadata,
    _id(),
    Column("rule", String(120), nullable=False, default=""),
    Column("repository", String(64), nullable=False, default=""),
    Column("package", String(220), nullable=False, default=""),
    Column("commit_id", String(40), nullable=False, default=""),
    Column("digest", String(64), nullable=False, default=""),
    Column("reason", Text, nullable=False),
    Column("standing", String(16), nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("asked_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("decided_by", Text, nullable=False, default=""),
    Column("decided_at", UtcTime),
    Column("answer", Text, nullable=False, default=""),
    Column("decision", String(32), nullable=False, default=""),  # the decision that it was asked for because of
    # The policy of the rule; empty: of any. The database fills it in for servers that don't know of it yet.
    Column("policy", String(80), nullable=False, default="", server_default=""),
    Index(None, "standing", "expires_at"),
    sqlite_autoincrement=True,
)
traces = Table(
    "traces",
    metadata,
    # Which rule read which value; many decisions share one, so it is named by the SHA-256 of its content.
    Column("hash", String(64), primary_key=True),
    Column("content", Bytes, nullable=False),
)
decisions = Table(
    "decisions",
    metadata,
    _id(),
    Column("uid", String(32), nullable=False, unique=True),
    Column("at", UtcTime, nullable=False),
    Column("actor", Text, nullable=False),
    Column("token_id", RowId),
    Column("token_name", Text, nullable=False, default=""),
    Column("address", Text, nullable=False, default=""),
    Column("client", Text, nullable=False, default=""),
    Column("door", String(24), nullable=False),
    Column("repository", String(64), nullable=False),
    Column("package", String(220), nullable=False),
    Column("commit_id", String(40), nullable=False, default=""),
    Column("path", Text, nullable=False, default=""),
    Column("size", RowId),
    Column("digest", String(64), nullable=False, default=""),
    Column("effect", String(8), nullable=False),
    Column("gives", Boolean, nullable=False, default=False),  # whether bytes left because of it
    Column("rule", String(120), nullable=False, default=""),
    Column("policy", String(120), nullable=False, default=""),
    Column("reason", Text, nullable=False, default=""),
    Column("trace", String(64), nullable=False, default=""),
    Column("hash", String(64), nullable=False),  # of this row and the hash of the row before it
    Column("milliseconds", Integer),  # until it was decided
    Index(None, "at"),
    Index(None, "actor", "at"),
    Index(None, "digest"),
    Index(None, "package", "at"),
    Index(None, "effect", "at"),
    Index(None, "rule"),
    sqlite_autoincrement=True,
)
passwords = Table(
    "passwords",
    metadata,
    Column("user_id", RowId, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("hash", Text, nullable=False),  # scrypt, with its parameters and salt
    Column("changed_at", UtcTime, nullable=False),
)
sessions = Table(
    "sessions",
    metadata,
    Column("hash", String(64), primary_key=True),  # of the secret in the cookie
    Column("token_id", RowId, ForeignKey("tokens.id", ondelete="CASCADE"), nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Index(None, "expires_at"),
    Index(None, "token_id"),
)
