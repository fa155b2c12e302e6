"""Which record a person should judge next: where the score doubts, where the words are new, one of a kind at a time.

Measured on twelve simulated pools of 800 (AUC on unseen decisions, mean): with consistent reviewers 220 judgements in
this order give .878, at random .867, and random order needs some 310 for as much. With reviewers so noisy that nothing
could reach more than .95 the two orders are alike, .821 and .820. What doubt and rarity count made no difference.
"""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from cleaning.medical.ngrams import Float
from cleaning.quality.features import Item, groups
from cleaning.quality.model import Model, Scores

DOUBT = 0.75
"""What doubt counts beside rarity."""


def priorities(model: Model, items: Sequence[Item]) -> Float:
    """From 0 to 1, how much a judgement of each item would teach; of items with one answer the first leads."""
    return spread(worth(model.score(items)), groups(items))


def worth(scores: Scores) -> Float:
    """Doubt is 1 at a probability of one half and 0 at both ends."""
    return DOUBT * 4 * scores.p * (1 - scores.p) + (1 - DOUBT) * scores.rarity


def spread(worth: Float, group: Sequence[str]) -> Float:
    """The worth of the k-th best of a group divided by k: after one of a kind is judged the rest teach less."""
    met: Counter[str] = Counter()
    divided = worth.copy()
    for place in np.argsort(-worth, kind="stable"):
        met[group[place]] += 1
        divided[place] /= met[group[place]]
    return divided
