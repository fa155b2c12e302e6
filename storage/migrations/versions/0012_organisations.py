"""Accounts of the admin that an organisation's provider knows."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in ("oidc_subject", "email"):
        op.add_column("users", sa.Column(column, sa.String(), nullable=True))
        op.create_unique_constraint(op.f(f"uq_users_{column}"), "users", [column])


def downgrade() -> None:
    for column in ("email", "oidc_subject"):
        op.drop_column("users", column)
