"""Every table there is. Blobs are named by row id, never by digest: ids are not used twice."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from entrepot.catalog.columns import Bytes, RowId, UtcTime

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _id() -> Column[int]:
    return Column("id", RowId, primary_key=True, autoincrement=True)


def _to(table: str, name: str, *, gone: str = "CASCADE", key: bool = False, empty: bool = False) -> Column[int]:
    target = ForeignKey(f"{table}.id", ondelete=gone)
    return Column(name, RowId, target, primary_key=key, nullable=empty, autoincrement=False)


instance = Table(
    "instance", metadata, Column("name", String(64), primary_key=True), Column("value", Text, nullable=False)
)
"""Facts of this installation, such as the epoch of its store."""

repositories = Table(
    "repositories",
    metadata,
    _id(),
    Column("key", String(64), nullable=False, unique=True),
    Column("kind", String(16), nullable=False),
    Column("upstream", Text, nullable=False, default=""),
    Column("upstream_token", Text, nullable=False, default=""),  # encrypted, see operations.secrets
    Column("anonymous_read", Boolean, nullable=False, default=False),
    _to("repositories", "deploy_to", gone="SET NULL", empty=True),
    Column("created_at", UtcTime, nullable=False),
    sqlite_autoincrement=True,
)
members = Table(
    "members",
    metadata,
    _to("repositories", "repository_id", key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    _to("repositories", "member_id", gone="RESTRICT"),
)

users = Table(
    "users",
    metadata,
    _id(),
    Column("name", String(96), nullable=False, unique=True),
    Column("fullname", Text, nullable=False, default=""),
    Column("email", Text, nullable=False, default=""),
    # Who vouches for the user, and under which name; empty for those that were created here.
    Column("issuer", Text, nullable=False, default=""),
    Column("subject", Text, nullable=False, default=""),
    Column("disabled_at", UtcTime),
    Column("created_at", UtcTime, nullable=False),
    Index(None, "issuer", "subject"),
)
groups = Table("groups", metadata, _id(), Column("name", String(96), nullable=False, unique=True))
memberships = Table("memberships", metadata, _to("groups", "group_id", key=True), _to("users", "user_id", key=True))
tokens = Table(
    "tokens",
    metadata,
    _id(),
    Column("hash", String(64), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    _to("users", "user_id"),
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime),
    Column("revoked_at", UtcTime),
    Column("last_used_at", UtcTime),
    Column("made_by", Text, nullable=False, default="", server_default=""),
    # The token that it came of, and ends with; none for those that an administrator gave.
    Column("parent_id", RowId),
)
grants = Table(
    "grants",
    metadata,
    _id(),
    # To one of the three; a token can do what its own grants say, within what its user may.
    _to("tokens", "token_id", empty=True),
    _to("users", "user_id", empty=True),
    _to("groups", "group_id", empty=True),
    Column("repository", String(64), nullable=False),
    Column("actions", Text, nullable=False),
    Index(None, "token_id"),
    Index(None, "user_id"),
    Index(None, "group_id"),
)

packages = Table(
    "packages",
    metadata,
    _id(),
    _to("repositories", "repository_id", gone="RESTRICT"),
    Column("type", String(16), nullable=False),
    Column("namespace", String(96)),
    Column("name", String(96), nullable=False),
    Column("folded", String(193), nullable=False),
    Column("private", Boolean, nullable=False, default=False),
    Column("gated", String(8), nullable=False, default=""),
    Column("created_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    Column("downloads", RowId, nullable=False, default=0),
    Column("likes", RowId, nullable=False, default=0),
    Column("facts", JSON, nullable=False, default=dict),
    Column("described", String(40), nullable=False, default=""),  # the commit that the facts were read from
    Column("changes", RowId, nullable=False, default=0),  # counts what moves its refs
    Column("pruned", RowId, nullable=False, default=-1),  # the count at which nothing was left to prune
    UniqueConstraint("repository_id", "type", "folded"),
    # With the row's own number: many packages may come at one moment, and pages of a list need an order.
    Index(None, "repository_id", "type", "updated_at", "id"),
    Index(None, "repository_id", "type", "downloads", "id"),
    sqlite_autoincrement=True,
)
package_tags = Table(
    "package_tags",
    metadata,
    _to("packages", "package_id", key=True),
    Column("tag", String(200), primary_key=True),
    Index(None, "tag", "package_id"),
)
moves = Table(
    "moves",
    metadata,
    _to("repositories", "repository_id", key=True),
    Column("type", String(16), primary_key=True),
    Column("folded", String(193), primary_key=True),
    _to("packages", "package_id"),
    Index(None, "package_id"),
)
revisions = Table(
    "revisions",
    metadata,
    _id(),
    _to("packages", "package_id"),
    Column("commit_id", String(40), nullable=False),
    Column("tree", String(40), nullable=False),
    Column("date", UtcTime, nullable=False),
    Column("data", Bytes, nullable=False),  # the commit object as git has it
    Column("unreachable_since", UtcTime),  # no ref leads here any more
    UniqueConstraint("package_id", "commit_id"),
    Index(None, "commit_id"),  # somebody has a commit and wants to know whose it is
    sqlite_autoincrement=True,
)
refs = Table(
    "refs",
    metadata,
    _to("packages", "package_id", key=True),
    Column("name", String(300), primary_key=True),
    Column("commit_id", String(40), nullable=False),
    Column("message", Text, nullable=False, default=""),
)
trees = Table(
    "trees",
    metadata,
    _to("packages", "package_id", key=True),
    Column("oid", String(40), primary_key=True),
    Column("data", Bytes, nullable=False),  # the tree object as git has it
)
discussions = Table(
    "discussions",
    metadata,
    _to("packages", "package_id", key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("title", Text, nullable=False),
    Column("description", Text, nullable=False, default=""),
    Column("status", String(16), nullable=False),
    Column("author", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("merge_commit", String(40)),
)

blobs = Table(
    "blobs",
    metadata,
    _id(),
    Column("digest", String(64), nullable=False, unique=True),
    Column("size", RowId, nullable=False),
    Column("chunked", Boolean, nullable=False, default=False),  # its bytes are its terms, not a file of its own
    Column("xet", String(64)),
    Column("seen_at", UtcTime, nullable=False),
    Column("condemned_at", UtcTime),
    Index(None, "xet"),
    Index(None, "condemned_at"),
    sqlite_autoincrement=True,
)
files = Table(
    "files",
    metadata,
    _id(),
    _to("packages", "package_id"),
    Column("oid", String(40), nullable=False),
    Column("size", RowId, nullable=False),
    Column("lfs", Boolean, nullable=False),
    _to("blobs", "blob_id", gone="RESTRICT"),
    UniqueConstraint("package_id", "oid"),
    Index(None, "blob_id"),
)
uploads = Table(
    "uploads",
    metadata,
    # Somebody who may write to the repository has sent these bytes; a commit may name them.
    _to("repositories", "repository_id", key=True),
    _to("blobs", "blob_id", gone="RESTRICT", key=True),
    Column("created_at", UtcTime, nullable=False),
    Index(None, "blob_id"),
)
xorbs = Table(
    "xorbs",
    metadata,
    _id(),
    Column("hash", String(64), nullable=False, unique=True),
    _to("blobs", "blob_id", gone="RESTRICT"),
    Column("chunks", Bytes, nullable=False),
    Column("unpacked", RowId, nullable=False),
    Column("seen_at", UtcTime, nullable=False),
    Index(None, "blob_id"),
    sqlite_autoincrement=True,
)
xorb_uploads = Table(
    "xorb_uploads",
    metadata,
    _to("repositories", "repository_id", key=True),
    _to("xorbs", "xorb_id", key=True),
    Index(None, "xorb_id"),
)
terms = Table(
    "terms",
    metadata,
    _to("blobs", "blob_id", key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("offset", RowId, nullable=False),  # where in the blob it begins, so that a range reads few rows
    _to("xorbs", "xorb_id", gone="RESTRICT"),
    Column("chunk_start", Integer, nullable=False),
    Column("chunk_end", Integer, nullable=False),
    Column("length", RowId, nullable=False),
    Index(None, "xorb_id"),
)
dedup_chunks = Table(
    "dedup_chunks",
    metadata,
    Column("chunk", String(64), primary_key=True),
    _to("xorbs", "xorb_id", key=True),
    Index(None, "xorb_id"),
)

upstream_files = Table(
    "upstream_files",
    metadata,
    _to("packages", "package_id", key=True),
    Column("commit_id", String(40), primary_key=True),
    Column("path", Text, primary_key=True),
    Column("size", RowId, nullable=False),
    Column("oid", String(40), nullable=False),
    Column("lfs", String(64)),
    _to("blobs", "blob_id", gone="RESTRICT", empty=True),
    Index(None, "blob_id"),
    Index(None, "oid"),
)
upstream_answers = Table(
    "upstream_answers",
    metadata,
    _to("repositories", "repository_id", key=True),
    Column("question", String(64), primary_key=True),
    Column("status", Integer, nullable=False),
    Column("answer", JSON, nullable=False),
    Column("fetched_at", UtcTime, nullable=False),
)
