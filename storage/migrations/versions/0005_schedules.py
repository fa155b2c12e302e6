"""Evaluations that run by themselves, the accepted model, and alarms."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

JSON = postgresql.JSONB(astext_type=sa.Text())
TIME = postgresql.TIMESTAMP(timezone=True)
NOW = sa.text("now()")


def upgrade() -> None:
    op.create_table(
        "schedules",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("cron", sa.String(), nullable=True),
        sa.Column("models", sa.String(), nullable=False),
        sa.Column("benchmarks", postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column("how", JSON, server_default="{}", nullable=False),
        sa.Column("due_at", TIME, nullable=True),
        sa.Column("created_at", TIME, server_default=NOW, nullable=False),
        sa.CheckConstraint("(models = 'new') = (cron IS NULL)", name=op.f("ck_schedules_moment")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_schedules")),
    )
    op.create_table(
        "jobs",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("schedule", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("benchmarks", postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column("how", JSON, server_default="{}", nullable=False),
        sa.Column("state", sa.String(), server_default="waiting", nullable=False),
        sa.Column("cause", sa.String(), nullable=True),
        sa.Column("attempts", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("answered", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("fence", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("worker", sa.String(), nullable=True),
        sa.Column("result", JSON, nullable=True),
        sa.Column("due_at", TIME, server_default=NOW, nullable=False),
        sa.Column("beat_at", TIME, nullable=True),
        sa.Column("finished_at", TIME, nullable=True),
        sa.Column("created_at", TIME, server_default=NOW, nullable=False),
        sa.CheckConstraint("state IN ('waiting', 'working', 'done', 'parked')", name=op.f("ck_jobs_state")),
        sa.CheckConstraint("state <> 'parked' OR cause IS NOT NULL", name=op.f("ck_jobs_explained")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
    )
    op.create_index(
        "ix_jobs_open",
        "jobs",
        ["model", "benchmarks", "how"],
        unique=True,
        postgresql_where=sa.text("state <> 'done'"),
    )
    op.create_index(op.f("ix_jobs_schedule_model"), "jobs", ["schedule", "model"])
    op.create_index(op.f("ix_jobs_state_due_at"), "jobs", ["state", "due_at"])
    op.create_table(
        "acceptances",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("model_sha256", sa.String(), nullable=False),
        sa.Column("run", sa.String(), nullable=True),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("created_at", TIME, server_default=NOW, nullable=False),
        sa.ForeignKeyConstraint(["run"], ["runs.name"], name=op.f("fk_acceptances_run")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acceptances")),
    )
    op.create_table(
        "alarms",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("model_sha256", sa.String(), nullable=False),
        sa.Column("accepted", sa.String(), nullable=False),
        sa.Column("accepted_sha256", sa.String(), nullable=False),
        sa.Column("benchmark", sa.String(), nullable=False),
        sa.Column("metric", sa.String(), nullable=False),
        sa.Column("items", sa.BigInteger(), nullable=False),
        sa.Column("difference", sa.Float(), nullable=False),
        sa.Column("low", sa.Float(), nullable=False),
        sa.Column("high", sa.Float(), nullable=False),
        sa.Column("p", sa.Float(), nullable=True),
        sa.Column("holm", sa.Float(), nullable=True),
        sa.Column("created_at", TIME, server_default=NOW, nullable=False),
        sa.Column("closed_at", TIME, nullable=True),
        sa.Column("closed_because", sa.String(), nullable=True),
        sa.CheckConstraint("(closed_at IS NULL) = (closed_because IS NULL)", name=op.f("ck_alarms_explained")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarms")),
        sa.UniqueConstraint(
            "model_sha256",
            "accepted_sha256",
            "benchmark",
            "metric",
            name=op.f("uq_alarms_model_sha256_accepted_sha256_benchmark_metric"),
        ),
    )
    op.create_index("ix_alarms_standing", "alarms", ["id"], postgresql_where=sa.text("closed_at IS NULL"))


def downgrade() -> None:
    for table in ("alarms", "acceptances", "jobs", "schedules"):
        op.drop_table(table)
