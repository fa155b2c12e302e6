"""Which record a person should judge next: where the score doubts, where the words are new, one of a kind at a time.

Measured on twelve simulated pools of 800 (AUC on unseen decisions, mean): with consistent reviewers 220 judgements in
this order give .878, at random .867, and random order needs some 310 for as much. With reviewers so noisy that nothing
could reach more than .95 the two orders are alike, .821 and .820. What doubt and rarity count made no difference.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence

import numpy as np

from cleaning.medical.ngrams import Float
from cleaning.quality.features import Item, groups
from cleaning.quality.model import Model, Scores

DOUBT = 0.75
"""What doubt counts beside rarity."""
RANDOM = 10
"""One record in so many is judged whatever the model thinks of it, so that what people decide about the whole queue can
be estimated without bias."""


def priorities(model: Model, items: Sequence[Item]) -> Float:
    """From 0 to 1, how much a judgement of each item would teach; of items with one answer the first leads."""
    return spread(worth(model.score(items)), groups(items))


def worth(scores: Scores) -> Float:
    """Doubt is 1 at a probability of one half and 0 at both ends."""
    return DOUBT * 4 * scores.p * (1 - scores.p) + (1 - DOUBT) * scores.rarity


def drawn(id_: str) -> bool:
    """Whether a record is of the random share: by the hash of its id alone, today and after every training."""
    return _hash(id_) % RANDOM == 0


def mixed(worth: Float, ids: Sequence[str]) -> Float:
    """The worth, with records of the random share put evenly through the queue, in the order of their hashes.

    So wherever people stop, what they judged of the share is a random sample of it.
    """
    places = sorted((place for place, one in enumerate(ids) if drawn(one)), key=lambda place: _hash(ids[place]))
    even = 1 - (np.arange(len(places)) + 0.5) / max(len(places), 1)
    others = np.delete(worth, places)
    found = worth.copy()
    found[places] = np.quantile(others, even) if len(others) else even
    return found


def _hash(id_: str) -> int:
    return int.from_bytes(hashlib.sha256(f"random share {id_}".encode("utf-8", "backslashreplace")).digest()[:8])


def spread(worth: Float, group: Sequence[str]) -> Float:
    """The worth of the k-th best of a group divided by k: after one of a kind is judged the rest teach less."""
    met: Counter[str] = Counter()
    divided = worth.copy()
    for place in np.argsort(-worth, kind="stable"):
        met[group[place]] += 1
        divided[place] /= met[group[place]]
    return divided
