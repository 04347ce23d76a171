"""lists in order"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Old code finds the new indexes as useful as the ones that go."""
    for order in ("updated_at", "downloads"):
        columns = ["repository_id", "type", order]
        op.create_index(op.f(f"ix_packages_{'_'.join(columns)}_id"), "packages", [*columns, "id"])
        op.drop_index(op.f(f"ix_packages_{'_'.join(columns)}"), "packages")
