"""waivers name a policy"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Expand; contract comes in a later migration, when no old code runs any more."""
    op.add_column("waivers", sa.Column("policy", sa.String(length=80), server_default="", nullable=False))
