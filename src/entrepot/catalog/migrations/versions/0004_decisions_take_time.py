"""decisions take time"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Expand; contract comes in a later migration, when no old code runs any more."""
    op.add_column("decisions", sa.Column("milliseconds", sa.Integer(), nullable=True))
