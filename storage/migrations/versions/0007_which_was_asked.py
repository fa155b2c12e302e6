"""Every schedule that asked for a job, and which version of a benchmark an alarm is of."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# What both models were scored in, asked alike: the newest of the one that lost.
COMPARED = """
UPDATE alarms SET (benchmark_sha256, settings_sha256) = (
    SELECT own.benchmark_sha256, own.settings_sha256 FROM scores own
    JOIN scores its USING (benchmark, benchmark_sha256, settings_sha256)
    WHERE own.benchmark = alarms.benchmark AND own.model_sha256 = alarms.model_sha256
        AND its.model_sha256 = alarms.accepted_sha256
    ORDER BY own.id DESC LIMIT 1
)
"""


def upgrade() -> None:
    op.add_column("jobs", sa.Column("also", postgresql.ARRAY(sa.String()), server_default="{}", nullable=False))
    op.add_column("alarms", sa.Column("benchmark_sha256", sa.String(), nullable=True))
    op.add_column("alarms", sa.Column("settings_sha256", sa.String(), nullable=True))
    op.execute(COMPARED)


def downgrade() -> None:
    op.drop_column("alarms", "settings_sha256")
    op.drop_column("alarms", "benchmark_sha256")
    op.drop_column("jobs", "also")
