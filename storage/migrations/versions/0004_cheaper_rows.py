"""Rows of measurements and verdicts that cost less to write.

What is stored already stays as it lies until it is written again, or `VACUUM FULL` rewrites the two tables.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_verdicts_pending", table_name="verdicts")
    op.execute("ALTER TABLE verdicts SET (fillfactor = 50)")
    op.execute("ALTER TABLE measurements SET (toast_tuple_target = 8160)")


def downgrade() -> None:
    op.execute("ALTER TABLE measurements RESET (toast_tuple_target)")
    op.execute("ALTER TABLE verdicts RESET (fillfactor)")
    op.create_index(
        "ix_verdicts_pending", "verdicts", ["recipe_sha256"], postgresql_where=sa.text("outcome = 'pending'")
    )
