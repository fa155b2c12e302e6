"""The ledger of addresses, the index of the archive, what operators set for a site."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "takedowns",
        sa.Column("pattern", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("pattern", name=op.f("pk_takedowns")),
    )
    op.create_table(
        "addresses",
        sa.Column("fingerprint", sa.Uuid(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("is_record", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(), server_default="discovered", nullable=False),
        sa.Column("cause", sa.String(), nullable=True),
        sa.Column("attempts", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("fence", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("worker", sa.String(), nullable=True),
        sa.Column("page_id", sa.BigInteger(), nullable=True),
        sa.Column("etag", sa.String(), nullable=True),
        sa.Column("last_modified", sa.String(), nullable=True),
        sa.Column("interval", sa.BigInteger(), nullable=True),
        sa.Column("visit_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("visited_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column(
            "discovered_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.CheckConstraint(
            "state IN ('discovered', 'leased', 'stored', 'unchanged', 'excluded', 'failed')",
            name=op.f("ck_addresses_state"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('failed', 'excluded') OR cause IS NOT NULL", name=op.f("ck_addresses_explained")
        ),
        sa.ForeignKeyConstraint(["page_id"], ["pages.id"], name=op.f("fk_addresses_page_id")),
        sa.ForeignKeyConstraint(["source"], ["sources.name"], name=op.f("fk_addresses_source")),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_addresses")),
    )
    op.create_index(op.f("ix_addresses_source_state"), "addresses", ["source", "state"], unique=False)
    op.create_index(op.f("ix_addresses_source_visit_at"), "addresses", ["source", "visit_at"], unique=False)
    op.create_table(
        "captures",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("page_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("file", sa.String(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("length", sa.BigInteger(), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('response', 'revisit')", name=op.f("ck_captures_kind")),
        sa.ForeignKeyConstraint(["page_id"], ["pages.id"], name=op.f("fk_captures_page_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_captures")),
        sa.UniqueConstraint("file", "offset", name=op.f("uq_captures_file_offset")),
    )
    op.create_index(op.f("ix_captures_page_id_kind"), "captures", ["page_id", "kind"], unique=False)
    op.create_table(
        "address_links",
        sa.Column("fingerprint", sa.Uuid(), nullable=False),
        sa.Column("targets", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["fingerprint"], ["addresses.fingerprint"], name=op.f("fk_address_links_fingerprint")),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_address_links")),
    )
    op.add_column("pages", sa.Column("quarantined", sa.Boolean(), server_default="false", nullable=False))
    op.create_index(op.f("ix_pages_sha256"), "pages", ["sha256"], unique=False)
    op.create_index("ix_pages_quarantined", "pages", ["source"], unique=False, postgresql_where=sa.text("quarantined"))
    op.add_column("sources", sa.Column("round_at", postgresql.TIMESTAMP(timezone=True), nullable=True))
    op.add_column("sources", sa.Column("paused", sa.Boolean(), server_default="false", nullable=False))
    op.add_column("sources", sa.Column("delay", sa.Double(), nullable=True))
    op.add_column("sources", sa.Column("hours", sa.String(), nullable=True))
    op.add_column("sources", sa.Column("quarantined_at", postgresql.TIMESTAMP(timezone=True), nullable=True))
    op.add_column("sources", sa.Column("quarantine_cause", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("sources", "quarantine_cause")
    op.drop_column("sources", "quarantined_at")
    op.drop_column("sources", "hours")
    op.drop_column("sources", "delay")
    op.drop_column("sources", "paused")
    op.drop_column("sources", "round_at")
    op.drop_index("ix_pages_quarantined", table_name="pages")
    op.drop_index(op.f("ix_pages_sha256"), table_name="pages")
    op.drop_column("pages", "quarantined")
    op.drop_table("address_links")
    op.drop_index(op.f("ix_captures_page_id_kind"), table_name="captures")
    op.drop_table("captures")
    op.drop_index(op.f("ix_addresses_source_visit_at"), table_name="addresses")
    op.drop_index(op.f("ix_addresses_source_state"), table_name="addresses")
    op.drop_table("addresses")
    op.drop_table("takedowns")
