"""The review room: decisions with keys and purposes, what was put aside, gold, training, bulk actions, the queue."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

JSON = postgresql.JSONB(astext_type=sa.Text())
TIME = postgresql.TIMESTAMP(timezone=True)
NOW = sa.text("now()")
OPEN = sa.text("state = 'review' AND assignee_id IS NULL AND NOT disputed AND NOT flagged")
BY_URGENCY = (sa.text("urgency DESC"), sa.text("priority DESC"), "created_at", "id")
LETTERS = sa.text("(coalesce(length(question), 0) + coalesce(length(answer), 0) + coalesce(length(text), 0))")
DECISIONS = "decision IN ('approve', 'reject', 'edit')"


def upgrade() -> None:
    _bulk_actions()
    _reviews()
    _documents()
    _set_aside()
    _gold()
    _of_people()


def downgrade() -> None:
    for table in ("room_settings", "trainings", "gold", "set_aside"):
        op.drop_table(table)
    for index in ("led", "assigned", "length", "age", "queue"):
        op.drop_index(f"ix_documents_{index}", table_name="documents")
    for column in ("recalled", "flagged", "disputed", "blind_by", "assignee_id", "urgency"):
        op.drop_column("documents", column)
    op.create_index(
        "ix_documents_queue",
        "documents",
        [sa.text("priority DESC"), "created_at", "id"],
        postgresql_where=sa.text("state = 'review'"),
    )
    op.drop_index(op.f("ix_claims_user_id"), table_name="claims")
    # Without their columns these would be taken for decisions that count.
    op.execute("DELETE FROM reviews WHERE purpose <> 'decision' OR undone_at IS NOT NULL")
    op.drop_index("ix_reviews_bulk_id", table_name="reviews")
    op.drop_index(op.f("ix_reviews_user_id_id"), table_name="reviews")
    for column in ("seconds", "bulk_id", "undone_at", "purpose", "key"):
        op.drop_column("reviews", column)
    op.create_index(op.f("ix_reviews_user_id"), "reviews", ["user_id"])
    op.drop_table("bulk_actions")


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False)


def _user(name: str = "user_id", nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _to_users(table: str, column: str = "user_id") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], ["users.id"], name=op.f(f"fk_{table}_{column}"))


def _to_documents(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_document_id")
    return sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name=name, ondelete="CASCADE")


def _bulk_actions() -> None:
    op.create_table(
        "bulk_actions",
        _id(),
        _user(),
        sa.Column("filters", JSON, nullable=False),
        sa.Column("decision", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("documents", sa.BigInteger(), nullable=False),
        sa.Column("at", TIME, server_default=NOW, nullable=False),
        sa.Column("undone_at", TIME, nullable=True),
        sa.CheckConstraint(DECISIONS, name=op.f("ck_bulk_actions_decision")),
        _to_users("bulk_actions"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_actions")),
    )


def _reviews() -> None:
    op.add_column("reviews", sa.Column("key", sa.Uuid(), nullable=True))
    op.add_column("reviews", sa.Column("purpose", sa.String(), server_default="decision", nullable=False))
    op.add_column("reviews", sa.Column("undone_at", TIME, nullable=True))
    op.add_column("reviews", sa.Column("bulk_id", sa.BigInteger(), nullable=True))
    op.add_column("reviews", sa.Column("seconds", sa.REAL(), nullable=True))
    op.create_unique_constraint(op.f("uq_reviews_key"), "reviews", ["key"])
    op.create_check_constraint(op.f("ck_reviews_purpose"), "reviews", "purpose IN ('decision', 'blind', 'gold')")
    op.create_foreign_key(op.f("fk_reviews_bulk_id"), "reviews", "bulk_actions", ["bulk_id"], ["id"])
    op.drop_index(op.f("ix_reviews_user_id"), table_name="reviews")
    op.create_index(op.f("ix_reviews_user_id_id"), "reviews", ["user_id", "id"])
    op.create_index("ix_reviews_bulk_id", "reviews", ["bulk_id"], postgresql_where=sa.text("bulk_id IS NOT NULL"))
    op.create_index(op.f("ix_claims_user_id"), "claims", ["user_id"])


def _documents() -> None:
    op.add_column("documents", sa.Column("urgency", sa.SmallInteger(), server_default="0", nullable=False))
    for name in ("assignee_id", "blind_by"):
        op.add_column("documents", _user(name, nullable=True))
        op.create_foreign_key(op.f(f"fk_documents_{name}"), "documents", "users", [name], ["id"])
    for name in ("disputed", "flagged", "recalled"):
        op.add_column("documents", sa.Column(name, sa.Boolean(), server_default="false", nullable=False))
    op.drop_index("ix_documents_queue", table_name="documents")
    op.create_index("ix_documents_queue", "documents", [*BY_URGENCY], postgresql_where=OPEN)
    op.create_index("ix_documents_age", "documents", ["created_at", "id"], postgresql_where=OPEN)
    op.create_index("ix_documents_length", "documents", [LETTERS, "id"], postgresql_where=OPEN)
    assigned = sa.text("state = 'review' AND assignee_id IS NOT NULL")
    op.create_index("ix_documents_assigned", "documents", ["assignee_id", *BY_URGENCY], postgresql_where=assigned)
    led = sa.text("state = 'review' AND (disputed OR flagged)")
    op.create_index("ix_documents_led", "documents", ["id"], postgresql_where=led)


def _set_aside() -> None:
    op.create_table(
        "set_aside",
        _id(),
        _user(),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("key", sa.Uuid(), nullable=False),
        sa.Column("at", TIME, server_default=NOW, nullable=False),
        sa.Column("resolved_at", TIME, nullable=True),
        _user("resolved_by", nullable=True),
        sa.CheckConstraint("kind IN ('skip', 'flag')", name=op.f("ck_set_aside_kind")),
        sa.CheckConstraint("(resolved_at IS NULL) = (resolved_by IS NULL)", name=op.f("ck_set_aside_resolved")),
        _to_users("set_aside"),
        _to_users("set_aside", "resolved_by"),
        _to_documents("set_aside"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_set_aside")),
        sa.UniqueConstraint("key", name=op.f("uq_set_aside_key")),
    )
    op.create_index(op.f("ix_set_aside_document_id_user_id"), "set_aside", ["document_id", "user_id"])
    flagged = sa.text("kind = 'flag' AND resolved_at IS NULL")
    op.create_index("ix_set_aside_flagged", "set_aside", ["id"], postgresql_where=flagged)


def _gold() -> None:
    op.create_table(
        "gold",
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("content_sha256", sa.String(), nullable=False),
        sa.Column("decision", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("explanation_fa", sa.String(), nullable=False),
        sa.Column("explanation_en", sa.String(), nullable=False),
        _user("by"),
        sa.Column("at", TIME, server_default=NOW, nullable=False),
        sa.CheckConstraint(DECISIONS, name=op.f("ck_gold_decision")),
        sa.CheckConstraint("reason IS NULL OR decision = 'reject'", name=op.f("ck_gold_reason")),
        _to_users("gold", "by"),
        _to_documents("gold"),
        sa.PrimaryKeyConstraint("document_id", name=op.f("pk_gold")),
    )


def _of_people() -> None:
    op.create_table(
        "trainings",
        _user(),
        sa.Column("guideline_version", sa.String(), nullable=False),
        sa.Column("answered", JSON, server_default="{}", nullable=False),
        sa.Column("passed_at", TIME, nullable=True),
        _to_users("trainings"),
        sa.PrimaryKeyConstraint("user_id", "guideline_version", name=op.f("pk_trainings")),
    )
    op.create_table(
        "room_settings",
        sa.Column("id", sa.SmallInteger(), server_default="1", autoincrement=False, nullable=False),
        sa.Column("overlap_share", sa.Float(), server_default="0.07", nullable=False),
        sa.Column("gold_every", sa.BigInteger(), server_default="30", nullable=False),
        _user("changed_by", nullable=True),
        sa.Column("changed_at", TIME, server_default=NOW, nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_room_settings_single")),
        sa.CheckConstraint("overlap_share BETWEEN 0 AND 1", name=op.f("ck_room_settings_overlap_share")),
        sa.CheckConstraint("gold_every >= 2", name=op.f("ck_room_settings_gold_every")),
        _to_users("room_settings", "changed_by"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_room_settings")),
    )
