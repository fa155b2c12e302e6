"""Which of two answers to a question people preferred, as their decisions say: what a snapshot's preferences hold.

An edited answer is preferred over the cleaned answer that it was edited from, with the reason `edited`; an approved or
edited one over a rejected one of the same question, with the reason of the rejection. The preferred side is the very
text of `pairs/train.parquet`. The other is the text as this recipe cleaned and masked it; where the recipe never saw
it, where a person rejected or edited it for personal data, masked some in it by hand or only cut words out, it is left
out: masking may have missed something there. So is what is nearly a text of dev or test, or shares as many words in a
row with a pair of them as the rule lets no pair share.
"""

import re
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import product
from typing import Any, NamedTuple

from sqlalchemy import ARRAY, ColumnElement, Uuid, and_, any_, literal, select
from sqlalchemy.orm import Session

from storage import grams
from storage.grams import SIZE
from storage.models import Decision, Document, Kind, Review, State
from storage.review.counting import counts, of_present_content
from storage.selection import Selected, selected
from storage.slugs import public_record
from storage.splits import TEST_SOURCES, TRAIN, Division, Rule
from storage.splits.grouped import LINK
from storage.splits.outside import leaking

FILE = "preferences/train.parquet"
COLUMNS = ("id", "source", "question", "chosen", "rejected", "reason", "record")
# What a record is found by when it is to be forgotten; the chosen answer's stand under the names of the other files.
REJECTED = ("rejected_id", "rejected_source", "rejected_record")
EDITED = "edited"
PERSONAL = "personal-data"  # of storage.review.REASONS
MOST_OF_A_QUESTION = 16  # approved over rejected: each with each would be their product
_PLACEHOLDER = re.compile(r"\[[^\[\]\n]{1,40}\]")


class Answer(NamedTuple):
    """An answer's text and the document it is from."""

    document: uuid.UUID
    source: str
    record: str
    text: str


class Preference(NamedTuple):
    """One answer preferred over another."""

    question: str
    chosen: Answer
    rejected: Answer
    reason: str

    def row(self) -> dict[str, str]:
        """What the file says of it: COLUMNS and REJECTED."""
        chosen, rejected = self.chosen, self.rejected
        texts = (self.question, chosen.text, rejected.text)
        values = (chosen.document, chosen.source, *texts, self.reason, public_record(chosen.record))
        other = (rejected.document, rejected.source, public_record(rejected.record))
        return dict(zip((*COLUMNS, *REJECTED), map(str, (*values, *other)), strict=True))


@dataclass
class Preferences:
    """What was found, in the order of the exports, and how many are left out for which reason."""

    rows: list[Preference] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)

    def figures(self) -> dict[str, Any]:
        """What the manifest says of them; empty where no decision prefers anything, so that nothing else is said."""
        if not self.rows and not self.left_out:
            return {}
        reasons = Counter(row.reason for row in self.rows)
        return {"by_reason": dict(sorted(reasons.items())), "left_out": dict(sorted(self.left_out.items()))}


def found(session: Session, recipe_sha256: str, rule: Rule, division: Division) -> Preferences:
    """All preferences whose chosen answer trains. In memory stand the texts that people decided about, no others."""
    made = Preferences()
    approved = [item for item in _reviewed(session, recipe_sha256, rejected=False) if _trains(item, division)]
    rejections = _by_question(_reviewed(session, recipe_sha256, rejected=True), rule, made.left_out)
    edited = set(session.scalars(select(Document.id).where(_decided(Decision.EDIT))))
    candidates = [*_edits(approved, edited, made.left_out), *_over_rejected(approved, rejections, made.left_out)]
    rows = list(_distinct(candidates, made.left_out))
    texts, run = [row.rejected.text for row in rows], LINK if rule is Rule.GROUPED else SIZE
    leaks = leaking(texts, _held_out(session, recipe_sha256, division), run) if rows else set()
    made.left_out["near_held_out"] += len(leaks)
    made.rows = [row for place, row in enumerate(rows) if place not in leaks]
    made.left_out = +made.left_out
    return made


def _reviewed(session: Session, recipe_sha256: str, *, rejected: bool) -> Iterator[Selected]:
    """The pairs whose newest decision is so. What was ever decided about for personal data is none of them."""
    wanted = (Decision.REJECT,) if rejected else (Decision.APPROVE, Decision.EDIT)
    filters = (Document.kind == Kind.QA.value, _decided(*wanted), ~_for_personal_data())
    outcome = (State.REJECTED if rejected else State.APPROVED).value
    return (item for item in selected(session, recipe_sha256, *filters) if item.outcome == outcome)


def _decided(*decisions: Decision) -> ColumnElement[bool]:
    return _of_content(and_(counts(), Review.decision.in_([decision.value for decision in decisions])))


def _for_personal_data() -> ColumnElement[bool]:
    """Also in a decision that does not count: what one of two people saw must not train."""
    return _of_content(and_(Review.reason == PERSONAL, Review.undone_at.is_(None)))


def _of_content(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return select(Review.id).where(of_present_content(), condition).correlate(Document).exists()


def _trains(item: Selected, division: Division) -> bool:
    return division.split_of(item.document.id) == TRAIN


def _by_question(items: Iterable[Selected], rule: Rule, left_out: Counter[str]) -> dict[int, list[tuple[Answer, str]]]:
    """The rejected answers and why, by the words of their questions; the paper's test sources never train."""
    answers = defaultdict[int, list[tuple[Answer, str]]](list)
    for item in items:
        if rule is Rule.PAPER and item.document.source in TEST_SOURCES:
            left_out["of_a_test_source"] += 1
        elif "answer" not in item.cleaned:
            left_out["not_cleaned_by_this_recipe"] += 1
        elif key := _key(item.text("question")):
            answers[key].append((_answer(item, item.cleaned["answer"]), item.reason or ""))
    return answers


def _edits(approved: list[Selected], edited: set[uuid.UUID], left_out: Counter[str]) -> Iterator[Preference]:
    for item in approved:
        question, answer, original = item.text("question"), item.text("answer"), item.cleaned.get("answer")
        if item.document.id not in edited or not question or not answer:
            continue
        if original is None:
            left_out["not_cleaned_by_this_recipe"] += 1
        elif Counter(_PLACEHOLDER.findall(answer)) - Counter(_PLACEHOLDER.findall(original)):
            left_out["masked_by_hand"] += 1
        elif _only_cut(original, answer):
            left_out["only_cut"] += 1
        else:
            yield Preference(question, _answer(item, answer), _answer(item, original), EDITED)


def _over_rejected(
    approved: list[Selected], rejections: dict[int, list[tuple[Answer, str]]], left_out: Counter[str]
) -> Iterator[Preference]:
    chosen = defaultdict[int, list[Selected]](list)
    for item in approved:
        if (key := _key(item.text("question"))) in rejections and item.text("answer"):
            chosen[key].append(item)
    for key, items in chosen.items():
        left_out["beyond_most_of_a_question"] += max(0, len(items) * len(rejections[key]) - MOST_OF_A_QUESTION)
        for _, (item, (other, reason)) in zip(range(MOST_OF_A_QUESTION), product(items, rejections[key]), strict=False):
            yield Preference(item.text("question") or "", _answer(item, item.text("answer") or ""), other, reason)


def _distinct(candidates: Iterable[Preference], left_out: Counter[str]) -> Iterator[Preference]:
    """Each once, and none that prefers a spelling: two answers of the same words say the same."""
    seen = set[tuple[int, int, int]]()
    for one in candidates:
        keys = (_key(one.question), _key(one.chosen.text), _key(one.rejected.text))
        if keys[1] == keys[2] or not all(keys):
            left_out["same_words"] += 1
        elif keys in seen:
            left_out["repeated"] += 1
        else:
            seen.add(keys)
            yield one


def _held_out(session: Session, recipe_sha256: str, division: Division) -> Iterator[tuple[str | None, str | None]]:
    """The questions and answers of dev and test."""
    among = any_(literal(list(division.held_out), ARRAY(Uuid)))
    for item in selected(session, recipe_sha256, Document.id == among):
        yield item.text("question"), item.text("answer")


def _answer(item: Selected, text: str) -> Answer:
    document = item.document
    return Answer(document.id, document.source, document.record, text)


def _only_cut(original: str, answer: str) -> bool:
    """Whether words were taken out and none put in, as where a name was left that masking missed."""
    before, after = grams.words(original).tolist(), grams.words(answer).tolist()
    left = iter(before)
    return len(after) < len(before) and all(word in left for word in after)


def _key(text: str | None) -> int:
    """Equal for texts of equal words; 0 for one without any."""
    found = grams.batch([text or ""])
    return int(grams.wholes(found.words, found.bounds)[0])
