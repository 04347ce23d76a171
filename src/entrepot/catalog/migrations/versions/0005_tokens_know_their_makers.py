"""tokens know their makers"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Expand; contract comes in a later migration, when no old code runs any more."""
    op.add_column("tokens", sa.Column("made_by", sa.Text(), server_default="", nullable=False))
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.add_column("tokens", sa.Column("parent_id", number, nullable=True))
