"""The split by groups: pairs that have anything in common stand on one side, so dev and test hold nothing trained on.

1. Pairs are one group that share a question, an answer, a cluster of the cleaning's, or a run of LINK words, directly
   or over others.
2. A group of more than LARGEST pairs trains: it hangs together by a greeting or a canned reply, and would swallow a
   split. Of the others each is drawn for dev or test by the hash of its first id, whatever else there is.
3. A drawn group trains after all if a text of it is nearly one that trains, or shares a run of words with an article.
   If that leaves no dev or no test, as where nearly all questions are of one template, more are drawn to choose from.

So no pair is lost to the split, and a pair changes sides only where its group does, or when the pairs have doubled.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from storage import grams
from storage.grams import SIZE, Hashes, Places
from storage.splits.clear import cleared
from storage.splits.grouping import Buckets, Groups
from storage.splits.leakage import HeldOut, Sides
from storage.splits.words import PairWords

TRAIN, DEV, TEST = 0, 1, 2
LINK = 8
"""Words of a run that makes a group: the shortest that Brown et al. 2020 (appendix C) take for no chance. Of 13,091
published pairs 87.2 % are in groups of at most LARGEST then, 90.8 % with 13 words; and whoever counts words otherwise,
a joined one as two, finds no run of 13 either."""
LARGEST = 20
"""Pairs of a group that may be held out: one in a hundred of dev or so."""
SHARE = 0.1
"""Of the groups, for dev and for test each; halved as long as it asks for more than MOST pairs."""
MOST = 4000

Marks = npt.NDArray[np.bool_]
_DRAW = np.uint64(0xA0761D6478BD642F)


class Rows(NamedTuple):
    """All pairs: their words, and hashes of each one's document and of its cluster, 0 for none."""

    words: PairWords
    ids: Hashes
    clusters: Hashes


class Drawn(NamedTuple):
    """A side for each row, what a manifest says of the drawing, and the held rows with SIZE words of an article."""

    sides: Sides
    figures: dict[str, Any]
    in_articles: Places


def draw(rows: Rows, articles: Iterable[str], folder: Path) -> Drawn:
    """The sides of all pairs; `folder` is for files that are gone afterwards."""
    roots, large = _grouped(rows, folder)
    share = share_of(len(rows.ids))
    held, clear, sides, united = _settled(rows, roots, large, share)
    touched, in_articles = held.in_articles(articles, (LINK, SIZE))
    by_article = _containing(united, touched) & (sides != TRAIN)
    kept_in_train = {
        "of_large_groups": int(large.sum()),
        "near_another": int((~clear[held.rows]).sum()),
        "in_an_article": int(by_article.sum()),
    }
    sides = np.where(by_article, TRAIN, sides).astype(np.int8)
    figures = {"share": share, "run": LINK, "largest_group": LARGEST, "kept_in_train": kept_in_train}
    return Drawn(sides, figures, in_articles)


def _settled(rows: Rows, roots: Places, large: Marks, share: float) -> tuple[HeldOut, Marks, Sides, Places]:
    """What was held against train, which rows are clear of it, the sides of all, and the groups with those near."""
    held, clear, united = _cleared(rows, roots, _drawn(_least(rows.ids, roots), roots, large, share))
    sides = _drawn(_least(rows.ids, united), united, ~clear, share)
    wide = min(0.5, MOST / max(len(roots), 1))
    if set(np.unique(sides)) >= {DEV, TEST} or wide <= share:
        return held, clear, sides, united
    # Nearly all is of a template: whatever is none has to be looked for among more than the share.
    held, clear, united = _cleared(rows, roots, _drawn(_least(rows.ids, roots), roots, large, wide))
    return held, clear, _drawn(_least(rows.ids, united), united, ~clear, share), united


def _cleared(rows: Rows, roots: Places, sides: Sides) -> tuple[HeldOut, Marks, Places]:
    """What is drawn, which rows of it are clear of what trains, and all groups with the drawn ones near them."""
    held = HeldOut(rows.words, np.flatnonzero(sides))
    found = cleared(rows.words, held, roots[held.rows], LARGEST)
    clear = np.zeros(len(roots), bool)
    clear[held.rows[found.left]] = True
    return held, clear, _united(roots, np.array(found.joined, np.int64).reshape(-1, 2))


def share_of(pairs: int) -> float:
    """Of the groups of so many pairs, the share to draw for dev, and for test."""
    share = SHARE
    while share * pairs > MOST:
        share /= 2
    return share


def _grouped(rows: Rows, folder: Path) -> tuple[Places, Marks]:
    """The first row of each row's group, and whether the group is large."""
    groups = Groups(len(rows.ids))
    everyone = np.arange(len(rows.ids))
    for keys in (*rows.words.keys().T, rows.clusters):
        groups.join_equal(keys, everyone)
    with Buckets(folder) as buckets:
        for chunk in rows.words.chunks():
            found = grams.runs(chunk.words, chunk.pairs, LINK)
            buckets.add(found.hashes, chunk.first + found.owners)
        buckets.join(groups)
    roots = groups.roots()
    return roots, _sizes(roots) > LARGEST


def _drawn(first_ids: Hashes, roots: Places, large: Marks, share: float) -> Sides:
    """Dev from the one end of the hashes and test from the other; at least one group each where there are three."""
    draws = grams.mixed(first_ids + _DRAW)
    sides = np.zeros(len(draws), np.int8)
    fit = np.unique(draws[~large & (roots == np.arange(len(roots)))])
    if not len(fit):
        return sides
    width = int(share * (1 << 32)) << 32
    least, most = (fit[0], fit[-1]) if len(fit) >= 3 else (np.uint64(0), np.uint64((1 << 64) - 1))
    sides[~large & ((draws < np.uint64(width)) | (draws == least))] = DEV
    sides[~large & ((draws >= np.uint64((1 << 64) - width)) | (draws == most))] = TEST
    return sides


def _united(roots: Places, near: Places) -> Places:
    """Groups of groups: those that hold near texts, all of them held out, are one."""
    groups = Groups(len(roots))
    groups.join(np.arange(len(roots)), roots)
    groups.join(near[:, 0], near[:, 1])
    return groups.roots()


def _containing(roots: Places, rows: Places) -> Marks:
    """Every row of the groups that these rows are in."""
    return np.isin(roots, roots[rows])


def _sizes(roots: Places) -> Places:
    return np.bincount(roots, minlength=len(roots))[roots]


def _least(values: Hashes, roots: Places) -> Hashes:
    """For each row the least value of its group."""
    least = np.full(len(values), np.iinfo(np.uint64).max, np.uint64)
    np.minimum.at(least, roots, values)
    return least[roots]
