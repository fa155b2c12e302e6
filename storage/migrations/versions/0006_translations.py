"""Translated benchmark items that wait for a person, and what was decided of them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

JSON = postgresql.JSONB(astext_type=sa.Text())
TIME = postgresql.TIMESTAMP(timezone=True)


def upgrade() -> None:
    op.create_table(
        "translations",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("benchmark", sa.String(), nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("model_sha256", sa.String(), nullable=False),
        sa.Column("settings_sha256", sa.String(), nullable=False),
        sa.Column("source", JSON, nullable=False),
        sa.Column("translated", JSON, nullable=False),
        sa.Column("flags", JSON, nullable=False),
        sa.Column("edited", JSON, nullable=True),
        sa.Column("decision", sa.String(), nullable=True),
        sa.Column("by", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("created_at", TIME, server_default=sa.text("now()"), nullable=False),
        sa.Column("decided_at", TIME, nullable=True),
        sa.CheckConstraint("decision IN ('approve', 'reject', 'edit')", name=op.f("ck_translations_decision")),
        sa.CheckConstraint("(decision IS NULL) = (decided_at IS NULL)", name=op.f("ck_translations_dated")),
        sa.CheckConstraint(
            "(decision IS NOT DISTINCT FROM 'edit') = (edited IS NOT NULL)", name=op.f("ck_translations_edited")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_translations")),
        sa.UniqueConstraint("sha256", name=op.f("uq_translations_sha256")),
    )
    op.create_index(
        "ix_translations_waiting",
        "translations",
        ["benchmark", "id"],
        postgresql_where=sa.text("decision IS NULL"),
    )


def downgrade() -> None:
    op.drop_table("translations")
