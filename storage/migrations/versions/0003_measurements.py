"""Measurements apart from verdicts, models trained here, the order of the review queue, what was forgotten."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# A verdict of an older version measured nothing that its thresholds could be changed on: its texts move, that is all.
# Its recipe gets another name by hash, so that the recipe itself judges anew.
RENAME = "UPDATE {} SET {} = encode(sha256(convert_to('before 0003 ' || {}, 'UTF8')), 'hex')"
MOVE_TEXTS = """
INSERT INTO measurements (document_id, measures_sha256, content_sha256, cleaned, created_at)
SELECT document_id, recipe_sha256, content_sha256, cleaned, created_at FROM verdicts
"""
POINT_TO_TEXTS = """
UPDATE verdicts SET measurement_id = measurements.id FROM measurements
WHERE measurements.document_id = verdicts.document_id AND measures_sha256 = recipe_sha256
AND measurements.content_sha256 = verdicts.content_sha256
"""
MOVE_BACK = (
    "UPDATE verdicts SET cleaned = measurements.cleaned FROM measurements WHERE measurements.id = measurement_id"
)


def upgrade() -> None:
    op.create_table(
        "measurements",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("measures_sha256", sa.String(), nullable=False),
        sa.Column("content_sha256", sa.String(), nullable=False),
        sa.Column("cleaned", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("taken", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("spans", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("figures", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("sketch", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"], ["documents.id"], name=op.f("fk_measurements_document_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_measurements")),
        sa.UniqueConstraint(
            "document_id",
            "measures_sha256",
            "content_sha256",
            name=op.f("uq_measurements_document_id_measures_sha256_content_sha256"),
        ),
    )
    op.create_table(
        "models",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("blob", sa.String(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("metrics", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("kind IN ('speciality', 'quality')", name=op.f("ck_models_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_models")),
        sa.UniqueConstraint("name", "version", name=op.f("uq_models_name_version")),
    )
    op.create_table(
        "forgotten",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("kind IN ('address', 'document')", name=op.f("ck_forgotten_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forgotten")),
    )
    op.create_table(
        "forgotten_rows",
        sa.Column("snapshot_sha256", sa.String(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("snapshot_sha256", "document_id", name=op.f("pk_forgotten_rows")),
    )
    op.create_table(
        "erasures",
        sa.Column("file", sa.String(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("length", sa.BigInteger(), nullable=True),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("file", "offset", name=op.f("pk_erasures")),
    )
    op.add_column("recipes", sa.Column("measures_sha256", sa.String(), nullable=True))
    op.execute(RENAME.format("recipes", "sha256", "sha256"))
    op.execute(RENAME.format("verdicts", "recipe_sha256", "recipe_sha256"))
    op.execute("UPDATE recipes SET measures_sha256 = sha256")
    op.alter_column("recipes", "measures_sha256", nullable=False)
    op.add_column("recipes", sa.Column("settled_at", postgresql.TIMESTAMP(timezone=True), nullable=True))
    op.add_column("documents", sa.Column("priority", sa.REAL(), server_default="0", nullable=False))
    op.create_index(
        "ix_documents_queue",
        "documents",
        [sa.text("priority DESC"), "created_at", "id"],
        postgresql_where=sa.text("state = 'review'"),
    )
    op.create_index(op.f("ix_addresses_page_id"), "addresses", ["page_id"], unique=False)
    op.execute(MOVE_TEXTS)
    op.add_column("verdicts", sa.Column("measurement_id", sa.BigInteger(), nullable=True))
    op.execute(POINT_TO_TEXTS)
    op.alter_column("verdicts", "measurement_id", nullable=False)
    op.create_foreign_key(
        op.f("fk_verdicts_measurement_id"),
        "verdicts",
        "measurements",
        ["measurement_id"],
        ["id"],
        ondelete="CASCADE",
    )
    op.create_index(op.f("ix_verdicts_measurement_id"), "verdicts", ["measurement_id"])
    op.drop_index(op.f("ix_verdicts_recipe_sha256_outcome"), table_name="verdicts")
    op.create_index(
        "ix_verdicts_pending", "verdicts", ["recipe_sha256"], postgresql_where=sa.text("outcome = 'pending'")
    )
    op.drop_column("verdicts", "cleaned")


def downgrade() -> None:
    if op.get_bind().scalar(sa.text("SELECT count(*) FROM forgotten")):
        raise RuntimeError("records were forgotten: without the list of them a crawl would bring them back")
    op.add_column("verdicts", sa.Column("cleaned", postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    op.execute(MOVE_BACK)
    op.alter_column("verdicts", "cleaned", nullable=False)
    op.drop_index("ix_verdicts_pending", table_name="verdicts")
    op.create_index(op.f("ix_verdicts_recipe_sha256_outcome"), "verdicts", ["recipe_sha256", "outcome"])
    op.drop_index(op.f("ix_verdicts_measurement_id"), table_name="verdicts")
    op.drop_constraint(op.f("fk_verdicts_measurement_id"), "verdicts")
    op.drop_column("verdicts", "measurement_id")
    op.drop_index(op.f("ix_addresses_page_id"), table_name="addresses")
    op.drop_index("ix_documents_queue", table_name="documents")
    op.drop_column("documents", "priority")
    op.drop_column("recipes", "settled_at")
    op.drop_column("recipes", "measures_sha256")
    for table in ("erasures", "forgotten_rows", "forgotten", "models"):
        op.drop_table(table)
    op.drop_table("measurements")
