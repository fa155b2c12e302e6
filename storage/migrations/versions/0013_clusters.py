"""The others of a record's cluster are found at once, for the review room shows them beside it."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        op.f("ix_verdicts_cluster"), "verdicts", ["cluster"], postgresql_where=sa.text("cluster IS NOT NULL")
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_verdicts_cluster"), table_name="verdicts")
