"""Which decisions were made blindly, the second of two as well; and the index of what leads look at tells bulk ones.

One transaction, so that it may be begun anew after an interruption.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

VOTES = "UPDATE reviews SET blind = true WHERE purpose = 'blind' AND undone_at IS NULL"
# Of what went before only what settled a first vote is known: agreeing, and neither a lead's answer to a flag nor of a
# file. Second votes that were sent back are not told from first ones any more.
SECOND = """
UPDATE reviews SET blind = true WHERE id IN (
    SELECT DISTINCT ON (made.document_id, made.content_sha256) made.id
    FROM reviews vote JOIN reviews made ON made.document_id = vote.document_id
        AND made.content_sha256 = vote.content_sha256 AND made.user_id <> vote.user_id AND made.id > vote.id
    WHERE vote.blind AND vote.purpose = 'blind'
        AND made.purpose = 'decision' AND made.undone_at IS NULL AND made.bulk_id IS NULL
        AND made.decision = vote.decision AND (made.decision <> 'edit' OR made.text = vote.text)
        AND NOT EXISTS (SELECT FROM reviews other WHERE other.document_id = vote.document_id
            AND other.content_sha256 = vote.content_sha256 AND other.id <> vote.id AND other.id < made.id
            AND other.purpose <> 'gold' AND other.undone_at IS NULL)
        AND NOT EXISTS (SELECT FROM set_aside flag WHERE flag.document_id = made.document_id
            AND flag.kind = 'flag' AND flag.resolved_at = made.created_at)
        AND NOT EXISTS (SELECT FROM audit_events note WHERE note.subject = made.document_id::text
            AND note.action = 'decision brought in')
    ORDER BY made.document_id, made.content_sha256, made.id
)
"""
# What holds until a lead changes it, so that there is a row to change.
SETTINGS = "INSERT INTO room_settings (id) VALUES (1) ON CONFLICT DO NOTHING"
TOLD = ["document_id", "user_id", "decision", "reason", "purpose", "undone_at", "seconds"]


def upgrade() -> None:
    op.add_column("reviews", sa.Column("blind", sa.Boolean(), server_default="false", nullable=False))
    op.execute(VOTES)
    op.execute(SECOND)
    op.create_index("ix_reviews_blind", "reviews", ["document_id"], postgresql_where=sa.text("blind"))
    _tell([*TOLD, "bulk_id"])
    op.execute(SETTINGS)


def downgrade() -> None:
    _tell(TOLD)
    op.drop_index("ix_reviews_blind", table_name="reviews")
    op.drop_column("reviews", "blind")


def _tell(columns: list[str]) -> None:
    op.drop_index("ix_reviews_told", table_name="reviews")
    op.create_index("ix_reviews_told", "reviews", ["created_at"], postgresql_include=columns)
