"""The estimate of completeness: exact on small graphs, dependable on simulated sites, honest where it cannot tell."""

import math
from collections.abc import Iterable
from itertools import chain, combinations, cycle, islice, product

import numpy as np
import pytest

from crawlers.coverage import Coverage, estimate, limits
from crawlers.linkgraph import Captures, Links, captures
from tests.bench.coverage import held, sites
from tests.bench.simulated import FAMILIES, Site, crawl

Pairs = Iterable[tuple[int, int]]


def known(found: Iterable[int], fetched: Iterable[int], listed: Iterable[int], pairs: Pairs) -> Links:
    edges = list(pairs)
    ids = [[*found], [*fetched], [*listed], [a for a, _ in edges], [b for _, b in edges]]
    return Links(*(np.array(each, dtype=np.uint64) for each in ids))


def finished(listed: Iterable[int], pairs: Pairs) -> Links:
    """What a crawl knows that started at `listed` and read all that `pairs` lead to."""
    pairs, found = list(pairs), set(listed)
    while new := {b for a, b in pairs if a in found} - found:
        found |= new
    return known(found, found, listed, [(a, b) for a, b in pairs if a in found])


def component(record: int, pairs: Pairs) -> set[int]:
    """The records that lead to `record` and that it leads to."""
    forward = set(finished([record], pairs).found.tolist())
    return forward & set(finished([record], [(b, a) for a, b in pairs]).found.tolist())


@pytest.mark.parametrize("seed", range(4))
def test_over_all_samples_of_a_graph_the_estimate_has_no_bias_and_the_error_it_claims(seed: int) -> None:
    draw, records, p = np.random.default_rng(seed), range(7), 0.3
    pairs = [(int(a), int(b)) for a, b in draw.integers(0, 7, (9, 2))]
    sizes, r = [len(component(v, pairs)) for v in records], (1 - p) / p
    bias = square = claimed = true = 0.0
    for listed in chain.from_iterable(combinations(records, k) for k in range(8)):
        chance = p ** len(listed) * (1 - p) ** (7 - len(listed))
        counted = captures(finished(listed, pairs))
        missing = set(records) - set(finished(listed, pairs).found.tolist())
        error = len(missing) - r * counted.alone
        bias, square = bias + chance * error, square + chance * error**2
        claimed += chance * r * counted.alone * (r + counted.cluster)
        true += chance * sum(r + sizes[v] for v in missing)
    assert bias == pytest.approx(0, abs=1e-9)
    assert square == pytest.approx(true) == pytest.approx(claimed)


def counted(found: int, listed: int, alone: int, cluster: float = 1.0) -> Captures:
    return Captures(found, found, listed, alone, alone, cluster, 0, 0, False, False)


@pytest.mark.parametrize(("found", "listed", "alone"), [(100, 20, 3), (50, 10, 0), (30, 12, 11), (500, 25, 12)])
def test_the_limits_are_those_of_fishers_exact_test(found: int, listed: int, alone: int) -> None:
    def chance(hits: Iterable[int], missing: int) -> float:
        ways = (math.comb(alone + missing, k) * math.comb(found - alone, listed - k) for k in hits)
        return sum(ways) / math.comb(found + missing, listed)

    low, high = limits(counted(found, listed, alone), alone)
    assert high is not None
    assert chance(range(alone, listed + 1), low) > 0.025
    assert low == 0 or chance(range(alone, listed + 1), low - 1) <= 0.025
    assert chance(range(alone + 1), high) > 0.025 >= chance(range(alone + 1), high + 1)


def test_records_missing_in_groups_widen_the_interval() -> None:
    alone, grouped = limits(counted(2000, 100, 5), 5), limits(counted(2000, 100, 5, cluster=40), 5)
    assert alone[1] is not None
    assert grouped[1] is not None
    assert grouped[0] < alone[0] < alone[1] < grouped[1]


def test_a_record_is_recaptured_by_what_another_listed_one_leads_to() -> None:
    # 1 → 2 → 3 and back to 1; 4 ↔ 5 is an island; nothing links to 6; 3 links to the listed 7.
    counts = captures(finished([1, 4, 6, 7], [(1, 2), (2, 3), (3, 1), (4, 5), (5, 4), (6, 2), (3, 7)]))
    assert (counts.found, counts.listed) == (7, 4)
    assert counts.alone == 2  # 4 and 6: 6 leads to 1, and 1 to 7
    assert counts.cluster == 1.5  # 4 and 5 hang together
    assert captures(finished([1, 2], [(1, 2)])).apart == 2
    assert captures(finished([1, 2], [(1, 3), (3, 2)])).apart == 1


def test_a_page_read_for_the_records_own_sake_recaptures_nothing_before_others_would_have_led_there() -> None:
    pairs = [(1, 3), (3, 1), (2, 3), (2, 4)]
    assert captures(known([1, 2, 3, 4], [1, 2, 3, 4], [1, 2], pairs)).alone == 1
    # 4 waits: a queue that has not come past the links of 2 might not have read 3 yet, had 1 not led there.
    assert captures(known([1, 2, 3, 4], [1, 2, 3], [1, 2], pairs)).alone == 2


@pytest.mark.parametrize(("further", "alone"), [([], 3), ([(5, 7)], 2)])
def test_a_page_whose_links_were_all_found_on_shorter_ways_shows_no_progress_of_the_queue(
    further: list[tuple[int, int]], alone: int
) -> None:
    pairs = [(1, 4), (4, 1), (2, 5), (5, 4), (5, 2), (3, 6), *further]
    read = [1, 2, 3, 4, 5, *(b for _, b in further)]
    assert captures(known([*read, 6], read, [1, 2, 3], pairs)).alone == alone


BOUNDS = {("whole", "none"): 0.1, ("whole", "islands"): 0.24, ("part", "none"): 0.3, ("part", "islands"): 0.4}
"""Median widths as shares of all records, a third above those that other seeds gave."""


@pytest.mark.parametrize(("extent", "islands"), BOUNDS)
def test_the_interval_holds_the_truth_in_nine_of_ten_graphs(extent: str, islands: str) -> None:
    reads = (1.0,) if extent == "whole" else (0.6, 0.3, 0.1)
    kinds = (
        ((0.0, "mixed"),)
        if islands == "none"
        else ((0.05, "of 1"), (0.05, "of 2 to 10"), (0.2, "of 50"), (0.2, "mixed"))
    )
    draw = np.random.default_rng(8)
    asked = islice(cycle(product(FAMILIES, kinds, reads)), 200)
    drawn = ((*next(iter(sites(family, *kind, draw))), read) for family, kind, read in asked)
    figures = held((site, crawl(site, listed, read, draw)) for site, listed, read in drawn)
    assert figures.hit >= 0.9
    assert figures.width <= BOUNDS[extent, islands]
    assert figures.open <= 0.05


@pytest.mark.parametrize("share", [0.0, 0.2])
def test_the_newest_of_a_ring_are_doubted_until_the_crawl_has_ended(share: float) -> None:
    begun = crawl(Site("ring", 4000, 30, share), 160, 0.5, np.random.default_rng(1), newest=True)
    told = estimate(begun.links)
    assert (told.missing, told.high) == (None, None)
    assert "link to one another" in told.doubts[0]
    ended = crawl(Site("ring", 4000, 30, share), 160, 1.0, np.random.default_rng(1), newest=True)
    told = estimate(ended.links)
    assert told.high is not None
    assert told.low <= ended.missing <= told.high


def test_newest_records_that_few_link_to_yet_give_no_lower_limit() -> None:
    young = crawl(Site("growing", 4000, 10), 160, 0.3, np.random.default_rng(1), newest=True)
    told = estimate(young.links)
    assert (told.missing, told.low) == (None, 0)
    assert any("may not be linked to yet" in doubt for doubt in told.doubts)


def ring(records: int, *steps: int) -> list[tuple[int, int]]:
    return [(a, (a + step) % records) for a in range(records) for step in steps]


NOTHING: Pairs = ()
DEGENERATE = {
    "nothing": known((), (), (), NOTHING),
    "no listing": known(range(50), range(50), (), ring(50, 1, 3)),
    "one listed record": known([7], [7], [7], NOTHING),
    "one listed record that leads to all": known(range(50), range(50), [7], ring(50, 1, 3)),
    "one listed record, not read": known([7], (), [7], NOTHING),
    "nothing links to anything": known(range(50), range(50), range(50), NOTHING),
    "only the listed are found": known(range(50), range(50), range(50), ring(50, 1, 3)),
    "links only to itself": known([7], [7], [7], [(7, 7)]),
}


@pytest.mark.parametrize("links", DEGENERATE.values(), ids=DEGENERATE)
def test_where_the_links_cannot_tell_the_interval_is_open(links: Links) -> None:
    told = estimate(links)
    assert (told.missing, told.low, told.high) == (None, 0, None)
    assert told.doubts
    assert told.sentences()[0].startswith("It cannot be told how many")


def test_two_listed_records_that_lead_to_each_other_bound_little() -> None:
    told = estimate(known(range(50), range(50), [0, 9], ring(50, 1, 3)))
    assert told.missing is None
    assert told.high is not None
    assert told.low == 0
    ways = [math.comb(50 + missing, 2) for missing in (told.high, told.high + 1)]
    assert math.comb(50, 2) / ways[0] > 0.025 >= math.comb(50, 2) / ways[1]


def told_of(records: int, unlinked: int) -> Coverage:
    """A ring, each tenth record of it listed, and as many listed records that nothing links to."""
    return estimate(finished([*range(0, records, 10), *range(records, records + unlinked)], ring(records, 1, 7, 30)))


def test_a_crawl_that_has_ended_says_so_and_counts_what_is_on_islands() -> None:
    told = told_of(1000, 5)
    assert (told.found, told.listed, told.alone) == (1005, 105, 5)
    assert told.missing == pytest.approx(5 * 900 / 100)
    assert (told.reachable, told.unreachable) == (0, told.missing)
    assert told.high is not None
    assert told.low < 45 < told.high
    said = " ".join(told.sentences())
    assert said.startswith(
        f"About 45 records exist beyond the 1,005 found; 95 % interval: {told.low:,} to {told.high:,}."
    )
    assert "5 of the 105 listed records would not have been found by links" in said
    assert "fair sample" in said
    assert "No found record waits" in said


def test_a_crawl_under_way_tells_what_its_waiting_records_should_link_to() -> None:
    begun = crawl(Site("uniform", 5000, 10, 0.05, "of 1"), 250, 0.2, np.random.default_rng(5))
    told = estimate(begun.links)
    assert told.reachable is not None
    assert told.missing is not None
    assert told.unreachable == told.missing - told.reachable
    assert told.reachable == pytest.approx(begun.reachable, rel=0.3)
    assert f"{told.found - told.fetched:,} found records wait to be read: they should link to" in told.sentences()[-1]


def test_order_repeats_and_links_to_itself_change_nothing() -> None:
    links = crawl(Site("topics", 800, 8, 0.1), 60, 0.5, np.random.default_rng(3)).links
    draw = np.random.default_rng(4)
    order = draw.permutation(np.tile(np.arange(len(links.sources)), 2))
    own = links.fetched[:50]
    shuffled = Links(
        *(draw.permutation(np.tile(ids, 3)) for ids in (links.found, links.fetched, links.listed)),
        sources=np.concatenate([links.sources[order], own]),
        targets=np.concatenate([links.targets[order], own]),
    )
    assert estimate(shuffled) == estimate(links)


def test_a_long_chain_is_followed_to_its_end() -> None:
    last = 20_000
    chain_of = known(range(last + 1), range(last + 1), [0, last], ((a, a + 1) for a in range(last)))
    assert captures(chain_of).alone == 1


@pytest.mark.parametrize("name", ["fetched", "listed", "linking", "linked"])
def test_an_id_that_is_not_found_is_named_by_its_place(name: str) -> None:
    wrong = {"fetched": ([9], [1], []), "listed": ([1], [9], []), "linking": ([1], [1], [(9, 1)])}
    fetched, listed, pairs = wrong.get(name, ([1], [1], [(1, 9)]))
    with pytest.raises(ValueError, match=f"1 of the {name} records are not among the found"):
        estimate(known([1, 2], fetched, listed, pairs))


def test_ids_of_another_type_and_links_without_an_end_are_refused() -> None:
    none, one = np.array([], dtype=np.uint64), np.array([1], dtype=np.uint64)
    with pytest.raises(ValueError, match="listed records are int64, not uint64"):
        Links(one, one, np.array([1]), none, none)
    with pytest.raises(ValueError, match="1 sources cannot link to 0 targets"):
        Links(one, one, one, one, none)
