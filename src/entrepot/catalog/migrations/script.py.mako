"""${message}"""

import sqlalchemy as sa
from alembic import op

import entrepot.catalog.columns

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Expand; contract comes in a later migration, when no old code runs any more."""
    ${upgrades if upgrades else "pass"}
