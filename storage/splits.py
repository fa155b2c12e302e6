"""Which split a pair belongs to. A rule takes what is kept; of the texts it asks only which are the same."""

import hashlib
import uuid
from collections.abc import Iterable
from typing import NamedTuple

TRAIN, DEV, TEST = "train", "dev", "test"
SPLITS = (TRAIN, DEV, TEST)

# The paper's design (../paper, section IV B, figure 2): drhast and niniban train, a part of niniban is
# dev, doctor-yab and isovisit test. Its K-QA part of test is a published benchmark, not a crawled source.
TEST_SOURCES = frozenset({"doctor-yab", "isovisit"})
DEV_SOURCE = "niniban"
DEV_MOST = 2000  # dev pairs in the published dataset
DEV_SHARE = 0.37  # 2,000 of the 5,405 niniban pairs the authors kept


class Candidate(NamedTuple):
    """A kept pair by its hashes: `texts` stand for its question and its answer, those that are there."""

    document: uuid.UUID
    source: str
    texts: tuple[bytes, ...]


def candidate(document: uuid.UUID, source: str, question: str | None, answer: str | None) -> Candidate:
    """A pair as `dev_ids` takes it; white space makes no other text, and an empty text is a repeat of nothing."""
    texts = [(part, " ".join((text or "").split())) for part, text in ((b"q", question), (b"a", answer))]
    return Candidate(document, source, tuple(_digest(part, text) for part, text in texts if text))


def dev_ids(kept: Iterable[Candidate]) -> frozenset[uuid.UUID]:
    """The dev pairs among all kept ones: a share of DEV_SOURCE chosen by hash, so that it hardly moves as data grows.

    A pair whose question or answer stands a second time outside the test split trains: a model is not judged by
    what it was trained on. Holds hashes, no texts.
    """
    once, again = set[bytes](), set[bytes]()
    own: list[Candidate] = []
    for pair in kept:
        if pair.source in TEST_SOURCES:
            continue
        again.update(text for text in pair.texts if text in once)
        once.update(pair.texts)
        own += [pair] if pair.source == DEV_SOURCE else []
    alone = sorted(
        (p.document for p in own if again.isdisjoint(p.texts)), key=lambda i: hashlib.sha256(i.bytes).digest()
    )
    return frozenset(alone[: min(DEV_MOST, round(DEV_SHARE * len(own)))])


def split_of(source: str, document: uuid.UUID, dev: frozenset[uuid.UUID]) -> str:
    """The split of one pair."""
    if source in TEST_SOURCES:
        return TEST
    return DEV if document in dev else TRAIN


def _digest(part: bytes, text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16, person=part).digest()
