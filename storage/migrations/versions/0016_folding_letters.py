"""Searching takes letters for each other that are typed for each other: hamzas, letters with marks, forms of print.

May run while the farm works, and be begun anew after an interruption: documents are folded anew in batches, each of its
own transaction. Until it is done, what is searched for is folded already and some texts are not yet.
"""

import sys
import time

from alembic import op
from sqlalchemy import text

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

BATCH = 1_000
BEFORE = r"[\u00ad\u0640\u064b-\u0652\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]"
# And hamza above and below, the dagger alef, which stand alone where no letter has them.
UNSEEN = r"[\u00ad\u0640\u064b-\u0652\u0654\u0655\u0670\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]"
LETTERS_BEFORE, LETTERS = ("يىكة", "ییکه"), ("يىكةأإآٱؤئۀ", "ییکهااااویه")


def _digits(zero: int) -> str:
    made = "folded"
    for n in range(10):
        made = f"replace({made}, '{chr(zero + n)}', '{n}')"
    return f"IF folded ~ '[{chr(zero)}-{chr(zero + 9)}]' THEN folded := {made}; END IF;"


def _function(begin: str, letters: tuple[str, str]) -> str:
    """`search_folded`, the one place that says what is the same letter. No parameter of anybody is in it."""
    these, those = letters
    return rf"""
CREATE OR REPLACE FUNCTION search_folded(given text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE folded text := {begin};
BEGIN
    IF folded ~ '[{these}\u00a0]' THEN folded := translate(folded, '{these}' || chr(160), '{those} '); END IF;
    {_digits(0x6F0)}
    {_digits(0x660)}
    RETURN folded;
END $$
"""


# مسؤول and مسئول are one word, as شؤون and شئون: the first of two waws is what the second spelling has as a yeh.
NOW = _function(
    f"replace(lower(regexp_replace(normalize(given, NFKC), '{UNSEEN}', '', 'g')), 'ؤو', 'یو')",
    LETTERS,
)
THEN = _function(f"lower(regexp_replace(given, '{BEFORE}', '', 'g'))", LETTERS_BEFORE)
# The documents are locked by a statement of its own: the next one sees what whoever held them has written.
REFOLD = """
CREATE OR REPLACE FUNCTION search_refold(after uuid, batch int) RETURNS uuid[] LANGUAGE plpgsql AS $$
DECLARE due uuid[];
BEGIN
    due := ARRAY(SELECT id FROM documents WHERE id > after ORDER BY id LIMIT batch FOR UPDATE);
    UPDATE search_texts s SET folded = search_text_of(d) FROM documents d
    WHERE d.id = ANY (due) AND s.document_id = d.id AND s.folded <> search_text_of(d);
    RETURN due;
END $$
"""


def upgrade() -> None:
    _fold(NOW)


def downgrade() -> None:
    _fold(THEN)


def _fold(function: str) -> None:
    with op.get_context().autocommit_block():
        op.execute(function)
        op.execute(REFOLD)
        _refold()
        op.execute("DROP FUNCTION search_refold(uuid, int)")


def _refold() -> None:
    connection, after, done = op.get_bind(), "00000000-0000-0000-0000-000000000000", 0
    began = time.monotonic()
    query = text("SELECT search_refold(CAST(:after AS uuid), :batch)")
    while due := connection.scalar(query, {"after": after, "batch": BATCH}):
        after, done = due[-1], done + len(due)
        if done % (100 * BATCH) == 0:
            told = f"{done:,} documents folded anew for searching, {time.monotonic() - began:.0f} s"
            sys.stderr.write(f"migration {revision}: {told}\n")
