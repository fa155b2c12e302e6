"""Records and decisions made by a hidden rule with noise: what a reviewer does, with the truth known."""

import random
from dataclasses import dataclass

import numpy as np

from cleaning.medical.ngrams import Float
from cleaning.quality.features import Item
from cleaning.quality.learning import Decided
from storage import db, users
from storage.models import Document, Review
from tests.storage.rows import add_pair, add_verdict

SYLLABLES = ("با", "دا", "سی", "مو", "را", "نی", "تا", "کو", "شا", "لی", "پا", "زو", "گا", "چی", "فو", "هی")


@dataclass(frozen=True)
class Simulated:
    """Decisions, and the probability of approval that each was drawn from."""

    decided: list[Decided]
    truth: Float


def simulate(count: int, seed: int, sharpness: float = 1.6) -> Simulated:
    """Reviewers who like long answers, a tenth of all words, and few marks; the rest is chance.

    `sharpness` multiplies the hidden log-odds: the larger, the less noise.
    """
    draw = random.Random(seed)
    words = sorted({"".join(draw.choices(SYLLABLES, k=3)) for _ in range(600)})
    liked, hated = set(words[::10]), set(words[5::10])
    frequency = [1 / (place + 5) for place in range(len(words))]
    draw.shuffle(words)
    decided, truth = [], []
    for number in range(count):
        asked, said = (draw.choices(words, frequency, k=draw.randint(*size)) for size in ((5, 25), (8, 90)))
        marks = draw.random() < 0.3
        taste = sum(word in liked for word in said) - sum(word in hated for word in said)
        odds = sharpness * (0.9 * (np.log(len(said)) - 3.6) * 2 + 0.45 * taste - 1.5 * marks + 0.2)
        p = 1 / (1 + np.exp(-odds))
        figures = {"too_short:answer": {"words": len(said)}, "marks": {"share": float(marks)}}
        item = Item(" ".join(asked), " ".join(said), figures)
        decided.append(Decided(f"{number:06}", item, draw.random() < p))
        truth.append(p)
    return Simulated(decided, np.array(truth))


def reviewed(simulated: Simulated, waiting: int = 40) -> None:
    """Store the records as documents with their decisions; the last so many wait in the queue."""
    with db.session() as session:
        user = users.add(session, "reviewer", "pairs by the thousand", "annotator")
        for number, one in enumerate(simulated.decided):
            cleaned = {"question": one.item.question, "answer": one.item.answer}
            document = add_pair(session, "drhast", str(number + 1), **cleaned)
            add_verdict(session, document, outcome="review", cleaned=cleaned)
            row = session.get_one(Document, document)
            if number >= len(simulated.decided) - waiting:
                row.state = "review"
                continue
            decision = "approve" if one.approved else "reject"
            review = {"document_id": document, "user_id": user.id, "content_sha256": row.content_sha256}
            session.add(Review(decision=decision, text=cleaned if one.approved else None, **review))
