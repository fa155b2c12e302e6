"""The same words in doubt wait in each benchmark that they stand in."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# Rows of the same words are decided together, so that any of them says what all do; one that was put while another was
# decided may wait still.
ALL_BUT_ONE = """
DELETE FROM translations own USING translations other
WHERE own.sha256 = other.sha256 AND (own.decision IS NULL, own.id) > (other.decision IS NULL, other.id)
"""


def upgrade() -> None:
    op.drop_constraint(op.f("uq_translations_sha256"), "translations", type_="unique")
    op.create_unique_constraint(op.f("uq_translations_sha256_benchmark"), "translations", ["sha256", "benchmark"])


def downgrade() -> None:
    op.execute(ALL_BUT_ONE)
    op.drop_constraint(op.f("uq_translations_sha256_benchmark"), "translations", type_="unique")
    op.create_unique_constraint(op.f("uq_translations_sha256"), "translations", ["sha256"])
