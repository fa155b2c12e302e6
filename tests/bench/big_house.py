# ruff: noqa: E501, T201
"""A database as it is after a year of crawling and reviewing, made by PostgreSQL itself: nothing of it is real."""

import time

from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from storage import db, schema

SOURCES = "drhast,niniban,isovisit,hidoctor,doctor_yab,doctoreto,paziresh24,nabz,salammag,extern,darmankade,hamrah_teb"
WORDS = """سلام دکتر من از دیروز سردرد شدید دارم می‌خواهم بدانم چه دارویی باید مصرف کنم لطفا راهنمایی کنید معده درد نفخ
سوزش ادرار عفونت آزمایش خون کبد چرب دیابت فشار قلب تپش استرس خواب بی‌خوابی پوست جوش لک ریزش مو ابرو ناخن زانو کمر دیسک
گردن مهره عمل جراحی بخیه عفونی تب لرز سرفه خشک خلط گلو لوزه گوش وزوز سرگیجه تهوع استفراغ اسهال یبوست بواسیر خونریزی
قاعدگی بارداری هفته سونوگرافی جنین زایمان شیردهی نوزاد کودک رشد قد وزن اشتها ویتامین آهن کلسیم روی قرص شربت آمپول
متخصص داخلی اعصاب روان غدد ارتوپد چشم دندان ایمپلنت عصب‌کشی لثه ۱۲۰ ۸۰ ۵۰۰ ۲۵ روز ماه سال بار نوبت صبح شب"""
STEPS = {
    "sources": "INSERT INTO sources (name, host) SELECT s, s || '.example' FROM unnest(CAST(:sources AS text[])) s",
    "users": """INSERT INTO users (name, password_hash, role)
        SELECT 'person' || i, 'x', CASE WHEN i <= 2 THEN 'lead' ELSE 'annotator' END FROM generate_series(1, 50) i""",
    "pages": """INSERT INTO pages (source, url, status, sha256, headers, fetched_at, seen_at)
        SELECT (CAST(:sources AS text[]))[1 + i % 12], 'https://x.example/' || i, 200, encode(sha256(int4send(i)), 'hex'),
            '{}', now(), now() FROM generate_series(1, 10000) i""",
    "documents": """INSERT INTO documents (id, source, kind, record, ordinal, url, page_id, question, answer, doctor,
            speciality, published_at, tags, categories, content_sha256, state, priority, created_at)
        SELECT gen_random_uuid(), (CAST(:sources AS text[]))[1 + i % 12], 'qa', i::text, 0, 'https://x.example/q/' || i,
            1 + i % 10000, made.question, made.answer || ' واژهٔ' || i % 5000, 'دکتر ' || i % 3000, 'رشتهٔ ' || i % 40,
            DATE '2020-01-01' + i % 2000, '{}', '{}', encode(sha256(int4send(i)), 'hex'),
            (ARRAY['review','review','review','kept','kept','kept','kept','approved','rejected','dropped'])[1 + i % 10],
            random(), now() - random() * interval '200 days'
        FROM generate_series(1, :documents) i CROSS JOIN LATERAL (
            SELECT string_agg(w, ' ') FILTER (WHERE n <= 25) AS question, string_agg(w, ' ') FILTER (WHERE n > 25) AS answer
            FROM (SELECT n, (CAST(:words AS text[]))[1 + floor(random() * :vocabulary + 0 * i)::int] AS w
                FROM generate_series(1, 90) n) drawn
        ) made""",
    "reviews": """INSERT INTO reviews (document_id, user_id, content_sha256, decision, reason, text, key, purpose, blind,
            seconds, created_at, undone_at)
        SELECT id, 1 + (i * 7) % 50, content_sha256,
            CASE WHEN i % 10 < 6 THEN 'approve' WHEN i % 10 < 9 THEN 'reject' ELSE 'edit' END,
            CASE WHEN i % 10 BETWEEN 6 AND 8 THEN (ARRAY['too-short','referral-only','wrong-answer','other'])[1 + i % 4] END,
            CASE WHEN i % 10 < 6 OR i % 10 = 9 THEN jsonb_build_object('question', question, 'answer', answer) END,
            gen_random_uuid(), CASE WHEN i % 15 = 0 THEN 'blind' ELSE 'decision' END, i % 15 = 0, 2 + random() * 20,
            now() - random() * interval '60 days', CASE WHEN i % 97 = 0 THEN now() END
        FROM (SELECT d.*, row_number() OVER () AS i FROM documents d LIMIT :reviews) d""",
    "second opinions": """INSERT INTO reviews (document_id, user_id, content_sha256, decision, reason, purpose, blind,
            created_at)
        SELECT document_id, 1 + user_id % 50, content_sha256, CASE WHEN id % 6 = 0 THEN 'approve' ELSE decision END,
            reason, 'blind', true, created_at + interval '1 hour' FROM reviews WHERE purpose = 'blind'""",
    "flags": """INSERT INTO set_aside (user_id, document_id, kind, note, key)
        SELECT 1 + n % 50, id, CASE WHEN n % 20 = 0 THEN 'flag' ELSE 'skip' END, 'نمی‌دانم', gen_random_uuid()
        FROM (SELECT id, row_number() OVER () AS n FROM documents WHERE state = 'review' LIMIT 2000) d""",
    "addresses": """INSERT INTO addresses (fingerprint, source, url, is_record, state, cause, visited_at)
        SELECT gen_random_uuid(), (CAST(:sources AS text[]))[1 + i % 12], 'https://x.example/a/' || i, true,
            (ARRAY['stored','stored','stored','stored','discovered','failed'])[1 + i % 6],
            CASE WHEN i % 6 = 5 THEN (ARRAY['HTTP 500','timeout','HTTP 404'])[1 + i % 3] END, now()
        FROM generate_series(1, :documents) i""",
}


def build(documents: int, reviews: int) -> None:
    """Fill the configured database, which is empty; texts become searchable by the migration, as on an old farm."""
    schema.downgrade(before_searching())
    values = {"sources": SOURCES.split(","), "words": WORDS.split(), "vocabulary": len(WORDS.split()) - 1}
    values |= {"documents": documents, "reviews": reviews}
    with db.engine().connect() as connection:
        for name, statement in STEPS.items():
            _step(connection, name, statement, values)
    began = time.perf_counter()
    schema.upgrade()
    print(f"migration to searching: {time.perf_counter() - began:.0f} s", flush=True)
    with db.engine().connect() as connection:
        for table in ("documents", "search_texts", "reviews", "addresses", "set_aside", "users"):
            _step(connection.execution_options(isolation_level="AUTOCOMMIT"), "vacuum", f"VACUUM ANALYZE {table}", {})


def before_searching() -> str:
    """The revision before texts were folded for searching."""
    known = ScriptDirectory.from_config(schema.configuration()).walk_revisions()
    return next(str(each.down_revision) for each in known if each.path.endswith("_searching.py"))


def _step(connection: Connection, name: str, statement: str, values: dict[str, object]) -> None:
    began = time.perf_counter()
    used = {key: value for key, value in values.items() if f":{key}" in statement}
    connection.execute(text(statement), used)
    connection.commit()
    print(f"{name}: {time.perf_counter() - began:.0f} s", flush=True)
