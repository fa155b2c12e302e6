"""Texts folded for searching with an index of their trigrams, and indexes for what leads look at.

May run while the farm works, and be begun anew after an interruption: every step is kept as it is done. Documents that
are there already are folded in batches, each of its own transaction, and the indexes are built without locking anybody
out. A million documents of 500 letters took 6 minutes to fold and 16 to index on two cores that seven
other programs shared; what is done is told.
"""

import sys
import time

from alembic import op
from sqlalchemy import text

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

BATCH = 5_000
# What is not seen: joiners, direction marks, tatweel, soft hyphens, vowel signs.
UNSEEN = r"[\u00ad\u0640\u064b-\u0652\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]"


def _digits(zero: int) -> str:
    """PL/pgSQL that turns ten digits to Latin ones; replace() is faster than translate()."""
    made = "folded"
    for n in range(10):
        made = f"replace({made}, '{chr(zero + n)}', '{n}')"
    return f"IF folded ~ '[{chr(zero)}-{chr(zero + 9)}]' THEN folded := {made}; END IF;"


# No parameter of anybody is in it.
FUNCTIONS = rf"""
CREATE OR REPLACE FUNCTION search_folded(given text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE folded text := lower(regexp_replace(given, '{UNSEEN}', '', 'g'));
BEGIN
    IF folded ~ '[يىكة\u00a0]' THEN folded := translate(folded, 'يىكة' || chr(160), 'ییکه '); END IF;
    {_digits(0x6F0)}
    {_digits(0x660)}
    RETURN folded;
END $$;

CREATE OR REPLACE FUNCTION search_text_of(d documents) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT search_folded(concat_ws(E'\n', d.title, d.question, d.answer, d.text, d.doctor, (
        SELECT string_agg(edited.value, E'\n' ORDER BY r.id) FROM reviews r, jsonb_each_text(
            CASE jsonb_typeof(r.text) WHEN 'object' THEN r.text ELSE '{{}}' END
        ) edited
        WHERE r.document_id = d.id AND r.decision = 'edit' AND r.undone_at IS NULL
    )))
$$;

CREATE OR REPLACE FUNCTION search_document() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO search_texts (document_id, folded) VALUES (NEW.id, search_text_of(NEW))
    ON CONFLICT (document_id) DO UPDATE SET folded = EXCLUDED.folded;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION search_review() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO search_texts (document_id, folded)
    SELECT d.id, search_text_of(d) FROM documents d WHERE d.id = NEW.document_id
    ON CONFLICT (document_id) DO UPDATE SET folded = EXCLUDED.folded;
    RETURN NULL;
END $$;
"""  # noqa: S608
TABLE = """
CREATE TABLE IF NOT EXISTS search_texts (
    document_id UUID NOT NULL,
    folded VARCHAR NOT NULL,
    CONSTRAINT pk_search_texts PRIMARY KEY (document_id),
    CONSTRAINT fk_search_texts_document_id FOREIGN KEY (document_id) REFERENCES documents (id) ON DELETE CASCADE
)
"""
TRIGGERS = (
    "CREATE OR REPLACE TRIGGER search_new AFTER INSERT ON documents FOR EACH ROW EXECUTE FUNCTION search_document()",
    """CREATE OR REPLACE TRIGGER search_changed AFTER UPDATE OF title, question, answer, text, doctor ON documents
    FOR EACH ROW WHEN ((OLD.title, OLD.question, OLD.answer, OLD.text, OLD.doctor)
        IS DISTINCT FROM (NEW.title, NEW.question, NEW.answer, NEW.text, NEW.doctor))
    EXECUTE FUNCTION search_document()""",
    """CREATE OR REPLACE TRIGGER search_edited AFTER INSERT ON reviews
    FOR EACH ROW WHEN (NEW.decision = 'edit') EXECUTE FUNCTION search_review()""",
    """CREATE OR REPLACE TRIGGER search_edit_changed AFTER UPDATE OF text, undone_at ON reviews
    FOR EACH ROW WHEN (NEW.decision = 'edit' AND (OLD.text, OLD.undone_at) IS DISTINCT FROM (NEW.text, NEW.undone_at))
    EXECUTE FUNCTION search_review()""",
)
FILL = """
WITH due AS (SELECT id FROM documents WHERE id > :after ORDER BY id LIMIT :batch),
made AS (
    INSERT INTO search_texts (document_id, folded)
    SELECT d.id, search_text_of(d) FROM due JOIN documents d USING (id)
    WHERE NOT EXISTS (SELECT FROM search_texts s WHERE s.document_id = d.id)
    ORDER BY d.id ON CONFLICT DO NOTHING
)
SELECT count(*), max(id::text)::uuid FROM due
"""
INDEXES = {
    "ix_search_texts_folded": "search_texts USING gin (folded gin_trgm_ops)",
    "ix_audit_events_subject_id": "audit_events (subject, id)",
    "ix_reviews_told": "reviews (created_at) "
    "INCLUDE (document_id, user_id, decision, reason, purpose, undone_at, seconds)",
}


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    op.execute(TABLE)
    op.execute(FUNCTIONS)
    for trigger in TRIGGERS:
        op.execute(trigger)
    with op.get_context().autocommit_block():
        _fill()
        # Locks nobody out, but waits for transactions older than itself, as a snapshot's, for as long as they take.
        before = op.get_bind().scalar(text("SHOW lock_timeout"))
        op.execute("SET lock_timeout = 0")
        op.execute(
            "SET maintenance_work_mem = '512MB'"
        )  # trigrams are sorted in it; 64 MB, the default, takes far longer
        for name, what in INDEXES.items():
            _build(name, what)
        op.execute(f"SET lock_timeout = '{before}'")
        op.execute("RESET maintenance_work_mem")


def downgrade() -> None:
    for name in ("new", "changed"):
        op.execute(f"DROP TRIGGER IF EXISTS search_{name} ON documents")
    for name in ("edited", "edit_changed"):
        op.execute(f"DROP TRIGGER IF EXISTS search_{name} ON reviews")
    op.execute("DROP FUNCTION IF EXISTS search_document(), search_review(), search_text_of(documents)")
    op.execute("DROP TABLE IF EXISTS search_texts")
    op.execute("DROP FUNCTION IF EXISTS search_folded(text)")
    op.execute("DROP INDEX IF EXISTS ix_audit_events_subject_id, ix_reviews_told")
    # The extension stays: it may have been there before, for others.


def _fill() -> None:
    connection, after, done = op.get_bind(), "00000000-0000-0000-0000-000000000000", 0
    whole = connection.scalar(text("SELECT reltuples::bigint FROM pg_class WHERE oid = 'documents'::regclass"))
    began = time.monotonic()
    while True:
        count, last = connection.execute(text(FILL), {"after": after, "batch": BATCH}).one()
        if not count:
            return
        after, done = last, done + count
        if done % (20 * BATCH) == 0:
            _tell(f"{done:,} of about {whole:,} documents folded for searching, {time.monotonic() - began:.0f} s")


def _build(name: str, what: str) -> None:
    began = time.monotonic()
    # One that was interrupted is there, and not valid.
    known = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(:name)"
    valid = op.get_bind().scalar(text(known), {"name": name})
    if valid:
        return
    if valid is not None:
        op.execute(f"DROP INDEX CONCURRENTLY {name}")
    op.execute(f"CREATE INDEX CONCURRENTLY {name} ON {what}")
    if time.monotonic() - began > 1:
        _tell(f"{name} built in {time.monotonic() - began:.0f} s")


def _tell(words: str) -> None:
    sys.stderr.write(f"migration {revision}: {words}\n")
