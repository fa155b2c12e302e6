"""What SQL says of where documents stand is what the row-by-row selection says."""

import uuid

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from storage import db, findings, standings, summaries
from storage.models import Document, Measurement, Page, Review, User, Verdict
from storage.selection import KEPT, Outcomes, selected
from storage.settings import Settings
from tests.storage.rows import add_article, add_pair, add_verdict

RECIPE = "0" * 64


def decide(session: Session, document: uuid.UUID, decision: str, **fields: object) -> None:
    person = session.scalars(select(User)).first() or User(name="داور", password_hash="-")
    session.add(person)
    session.flush()
    content = session.get_one(Document, document).content_sha256
    values: dict[str, object] = {"content_sha256": content} | fields
    session.add(Review(document_id=document, user_id=person.id, decision=decision, **values))
    session.flush()


def fill(session: Session) -> dict[str, uuid.UUID]:
    """One pair for every way to end, of two sources."""
    ids = {name: add_pair(session, ("drhast", "niniban")[n % 2], name) for n, name in enumerate(ENDS)}
    for name, document in ids.items():
        outcome = {"dropped": "dropped", "review": "review", "rejected": "kept", "pending": "pending"}.get(name, "kept")
        if name not in ("new", "new_edited", "new_approved"):
            reason = f"for_{name}" if outcome in ("dropped", "review") else None
            add_verdict(session, document, outcome, reason=reason, cleaned={"question": name, "answer": f"یک {name}"})
    decide(session, ids["approved"], "reject", reason="too-short")
    decide(session, ids["approved"], "approve", text={"question": "approved", "answer": "یک approved"})
    decide(session, ids["edited"], "edit", text={"question": "پرسش", "answer": "یک دو سه چهار"})
    decide(session, ids["rejected"], "reject", reason="wrong-answer", text=None)
    decide(session, ids["other_content"], "reject", reason="too-short", content_sha256="f" * 64)
    decide(session, ids["new_edited"], "edit", text={"question": "پرسش", "answer": "یک دو"})
    decide(session, ids["new_approved"], "approve", text=None)
    verdict_of = Verdict.document_id == ids["stale"]
    session.execute(update(Verdict).where(verdict_of).values(content_sha256="e" * 64))
    page = session.get_one(Document, ids["quarantined"]).page_id
    session.execute(update(Page).where(Page.id == page).values(quarantined=True))
    add_verdict(session, add_article(session, "niniban", "7"), cleaned={"title": "عنوان", "text": "یک دو\nسه"})
    return ids


ENDS = (
    *("kept", "dropped", "review", "pending", "new", "new_edited", "new_approved", "approved", "edited", "rejected"),
    *("stale", "other_content", "quarantined"),
)


def test_outcomes_are_those_of_the_selection(database: Settings) -> None:
    with db.session() as session:
        fill(session)
        counted = Outcomes()
        for item in selected(session, RECIPE):
            counted.add(item)
        assert summaries.outcomes(session, RECIPE) == counted.rows()
        assert len(counted.rows()) > 8


def test_kept_texts_are_those_of_the_selection(database: Settings) -> None:
    with db.session() as session:
        fill(session)
        items = [item for item in selected(session, RECIPE) if item.outcome in KEPT]
        pairs = [item for item in items if item.document.kind == "qa"]
        expected = {(p.document.id, p.document.source, p.text("question"), p.text("answer")) for p in pairs}
        assert {tuple(pair)[:4] for pair in standings.kept_pairs(session, RECIPE)} == expected
        assert len(expected) == 5
        assert list(standings.kept_articles(session, RECIPE)) == ["عنوان\nیک دو\nسه"]
        lengths = summaries.cleaned_answer_lengths(session, RECIPE)
        assert {source: dict(found) for source, found in lengths.items()} == {"drhast": {2: 1, 4: 1}, "niniban": {2: 3}}
        assert [tuple(vars(size).values()) for size in summaries.cleaned_corpus(session, RECIPE)] == [
            ("niniban", 1, len("یک دو\nسه"))
        ]
        assert summaries.cleaned_words(session, RECIPE) == 3


def test_judged(database: Settings) -> None:
    with db.session() as session:
        assert not standings.judged(session, RECIPE)
        document = add_pair(session, "drhast", "1")
        add_verdict(session, document, "pending")
        assert not standings.judged(session, RECIPE)
        add_verdict(session, add_pair(session, "drhast", "2"), "dropped", reason="short_answer")
        assert standings.judged(session, RECIPE)
        assert not standings.judged(session, "1" * 64)


def test_samples_are_drawn_alike_and_counted_whole(database: Settings) -> None:
    with db.session() as session:
        for n in range(12):
            reason = "short_answer" if n % 3 else "referral_only"
            add_verdict(
                session,
                add_pair(session, "drhast", str(n), answer=f"خام {n}"),
                "review" if n == 11 else "dropped",
                reason=reason,
                measure={"words": n},
                cleaned={"question": f"پرسش {n}", "answer": f"پاک {n}"},
            )
        found = findings.stopped(session, RECIPE, 2, seed=7)
        assert [(f.outcome, f.reason, f.documents, len(f.samples)) for f in found] == [
            ("dropped", "short_answer", 7, 2),
            ("dropped", "referral_only", 4, 2),
            ("review", "short_answer", 1, 1),
        ]
        assert found == findings.stopped(session, RECIPE, 2, seed=7)
        drawn = {seed: findings.stopped(session, RECIPE, 2, seed=seed)[0].samples for seed in range(6)}
        assert len({str(samples) for samples in drawn.values()}) > 1
        for group in found:
            for sample, measure in group.samples:
                assert sample.texts["answer"] == f"پاک {measure['words']}"
                assert sample.lengths["answer"] == len(sample.texts["answer"])
        assert [len(f.samples) for f in findings.stopped(session, RECIPE, 0, seed=7)] == [0, 0, 0]


def test_a_long_text_comes_out_as_its_beginning(database: Settings) -> None:
    with db.session() as session:
        long = "دراز " * 100_000
        document = add_pair(session, "drhast", "1")
        add_verdict(session, document, "dropped", reason="long_pair", cleaned={"question": "؟", "answer": long})
        ((sample, _),) = findings.stopped(session, RECIPE, 5, seed=7)[0].samples
    assert sample.texts["answer"] == long[: findings.BEGINNING]
    assert sample.lengths == {"question": 1, "answer": len(long)}


def test_clusters_are_counted_by_size_and_source(database: Settings) -> None:
    with db.session() as session:
        first, second, third = (add_pair(session, source, "0") for source in ("drhast", "niniban", "isovisit"))
        groups = {first: [("niniban", 3), ("drhast", 1)], second: [("niniban", 1)], third: []}
        for kept, copies in groups.items():
            place = 0
            add_verdict(session, kept, cluster=kept, cleaned={"question": "؟", "answer": f"اصل {kept}"})
            for source, number in copies:
                for _ in range(number):
                    place += 1
                    document = add_pair(session, source, f"{kept}-{place}")
                    add_verdict(session, document, "dropped", reason="near_answer", cluster=kept)
        found = findings.clusters(session, RECIPE, 1)
    assert found.sizes == {2: 1, 5: 1}
    assert found.across == [(("drhast", "niniban"), 1, 5)]
    (largest,) = found.largest
    assert (largest.cluster, largest.documents, largest.outcome) == (first, 5, "kept")
    assert (largest.sources, largest.reasons) == ({"drhast": 2, "niniban": 3}, {"near_answer": 4})
    assert largest.first is not None
    assert largest.first.texts["answer"] == f"اصل {first}"


def test_spans_are_counted_apart_from_what_is_kept(database: Settings) -> None:
    with db.session() as session:
        spans = {"answer": [["phone", 0, 11], ["phone", 20, 31], ["signature", 40, 60]], "question": [["url", 1, 9]]}
        for record, source in (("1", "drhast"), ("2", "drhast"), ("3", "niniban")):
            document = add_pair(session, source, record)
            add_verdict(session, document)
            values = {"spans": spans if record != "2" else {}, "taken": {"answer_signature": "دکتر"}}
            session.execute(update(Measurement).where(Measurement.document_id == document).values(values))
        found = findings.spans(session, RECIPE)
    assert [tuple(row) for row in found] == [
        (source, *rest)
        for source in ("drhast", "niniban")
        for rest in (("phone", False, 2, 1), ("signature", True, 1, 1), ("url", False, 1, 1))
    ]


def test_subjects_are_counted_where_figures_tell_them(database: Settings) -> None:
    with db.session() as session:
        assert findings.measured(session, RECIPE, ("speciality", "drugs")) == set()
        for n, (outcome, figures) in enumerate(
            (
                (
                    "kept",
                    {
                        "speciality": {"name": "skin", "by": "site"},
                        "mentions": {"drugs": {"aspirin": 2, "codeine": 1}},
                    },
                ),
                ("kept", {"speciality": {"name": "skin", "by": "seeds"}, "mentions": {"drugs": {"aspirin": 1}}}),
                ("dropped", {"speciality": {"name": "skin", "by": "site"}, "mentions": {"drugs": {"aspirin": 1}}}),
                ("kept", {"mentions": {"drugs": {}}}),
            )
        ):
            document = add_pair(session, "drhast", str(n))
            add_verdict(session, document, outcome)
            session.execute(update(Measurement).where(Measurement.document_id == document).values(figures=figures))
        assert findings.measured(session, RECIPE, ("speciality", "drugs", "diseases")) == {"speciality", "drugs"}
        assert findings.specialities(session, RECIPE) == [("skin", "site", 2, 1), ("skin", "seeds", 1, 1)]
        assert findings.terms(session, RECIPE, "drugs", 5) == (2, [("aspirin", 2), ("codeine", 1)])
        assert findings.terms(session, RECIPE, "drugs", 1) == (2, [("aspirin", 2)])
        assert findings.terms(session, RECIPE, "diseases", 5) == (0, [])
