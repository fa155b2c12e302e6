"""The quality score, on decisions whose true probabilities are known."""

import io
import random
from dataclasses import replace

import numpy as np
import pytest

from cleaning.quality import learning, model
from cleaning.quality.features import Item, features, figure_names, groups
from cleaning.quality.learning import Decided, Trained, fit, train
from cleaning.quality.model import Model
from cleaning.quality.queue import RANDOM, drawn, mixed, priorities, spread
from cleaning.steps import registry
from storage.errors import DataDamaged, UsageError
from tests.cleaning.simulated_reviews import Simulated, simulate


@pytest.fixture(scope="module")
def simulated() -> Simulated:
    return simulate(1800, seed=7)


@pytest.fixture(scope="module")
def trained(simulated: Simulated) -> Trained:
    return train(simulated.decided[:800])


def _unseen(simulated: Simulated) -> tuple[list[Item], np.ndarray]:
    rest = simulated.decided[800:]
    return [one.item for one in rest], np.array([one.approved for one in rest], dtype=np.int64)


def test_decisions_it_has_not_seen_are_told_apart_and_its_probabilities_hold(
    simulated: Simulated, trained: Trained
) -> None:
    items, label = _unseen(simulated)
    found = learning.measures(trained.model.score(items).p, label)
    known = learning.measures(simulated.truth[800:], label)
    assert known["auc"] > 0.92  # the noise leaves so much to be learned
    assert found["auc"] > 0.85
    assert found["ece"] < 0.06
    assert found["brier"] < known["brier"] + 0.06


def test_what_training_reports_is_what_new_decisions_show(simulated: Simulated, trained: Trained) -> None:
    items, label = _unseen(simulated)
    found = learning.measures(trained.model.score(items).p, label)
    assert trained.metrics["auc"] == pytest.approx(found["auc"], abs=0.04)
    assert trained.metrics["brier"] == pytest.approx(found["brier"], abs=0.03)
    assert trained.metrics["approved"] + trained.metrics["rejected"] == trained.metrics["decisions"] == 800


def test_noise_alone_is_not_learned() -> None:
    records = simulate(600, seed=3).decided
    draw = random.Random(5)
    shuffled = [one._replace(approved=draw.random() < 0.5) for one in records]
    found = train(shuffled)
    assert abs(found.metrics["auc"] - 0.5) < 0.08
    assert found.model.score([one.item for one in records]).high.max() < 0.8


@pytest.mark.parametrize("certainty", [0.8, 0.9])
def test_beyond_a_stated_certainty_people_agree(simulated: Simulated, trained: Trained, certainty: float) -> None:
    items, label = _unseen(simulated)
    scores = trained.model.score(items)
    passed, dropped = label[scores.high >= certainty], label[scores.low >= certainty]
    assert len(passed) > 100
    assert 1 - passed.mean() <= 1 - certainty
    assert dropped.sum() <= (1 - certainty) * len(dropped)


def test_nothing_is_certain_without_evidence() -> None:
    score, wrong = np.arange(learning.EVIDENCE - 1) / 100, np.zeros(learning.EVIDENCE - 1)
    assert learning.ladder(score, wrong).certainty(np.array([0.0])) == 0
    score, wrong = np.arange(learning.EVIDENCE) / 100, np.zeros(learning.EVIDENCE)
    ladder = learning.ladder(score, wrong)
    assert 0.95 < ladder.certainty(np.array([0.0]))[0] < 0.96  # no error in 60: the bound is 1 - .05 ** (1 / 60)
    assert ladder.certainty(np.array([0.7])) == 0


def test_ladder_bounds_hold_for_all_steps_at_once() -> None:
    """Of 200 samples of wholly known risk, fewer than 5 % break any step's bound."""
    draw = np.random.default_rng(11)
    broken = 0
    for _ in range(200):
        score = draw.random(500)
        ladder = learning.ladder(score, draw.random(500) < score**2)
        true = ladder.score**2 / 3  # the mean of x² up to the step
        broken += bool((ladder.wrong < true).any())
    assert broken <= 16  # .05 × 200, and twice the standard error


def test_certainties_come_from_the_random_share_where_it_is_large_enough(simulated: Simulated) -> None:
    """Who is shown mostly what was approved learns too sure a model; the random share tells the whole queue's."""
    shared = [one._replace(drawn=place % 4 == 0) for place, one in enumerate(simulated.decided)]
    shown = [place for place, one in enumerate(shared) if one.drawn or one.approved or place % 5 == 0]
    decided, p = [shared[place] for place in shown], simulated.truth[shown]
    label = learning.labels(decided)
    told, (_, high) = learning.certainties(decided, p, label)
    assert (told["random_share"], told["certain_of"]) == (450, "records in the queue")
    alone, (_, too_sure) = learning.certainties([one._replace(drawn=False) for one in decided], p, label)
    assert (alone["random_share"], alone["certain_of"]) == (0, "records that people were shown")
    of_all = learning.labels(simulated.decided)
    assert all(of_all[1 - simulated.truth <= at].mean() >= 1 - wrong for at, wrong in zip(*high, strict=True))
    assert any(of_all[1 - simulated.truth <= at].mean() < 1 - wrong for at, wrong in zip(*too_sure, strict=True))
    few = [one._replace(drawn=place < learning.EVIDENCE - 1) for place, one in enumerate(decided)]
    assert learning.certainties(few, p, label)[0]["certain_of"] == "records that people were shown"


def test_the_penalty_of_a_fold_is_chosen_without_it(simulated: Simulated) -> None:
    """Other decisions in one fold leave the penalty that its scores are made with as it was."""
    decided = simulated.decided[:200]
    items, label = [one.item for one in decided], learning.labels(decided)
    given, fold = features(items, []), learning.folds(groups(items), label)
    scores = learning.HeldOut(given, label, fold)
    turned = np.where(fold == 2, 1 - label, label)
    assert np.array_equal(scores.judged(2), learning.HeldOut(given, turned, fold).judged(2))
    assert not np.array_equal(scores.judged(3), learning.HeldOut(given, turned, fold).judged(3))


def test_a_tenth_of_the_queue_is_judged_by_chance_wherever_one_stops() -> None:
    ids = [f"{number:05}" for number in range(4000)]
    worth = np.array([random.Random(one).random() for one in ids]) ** 3
    chance = np.array([drawn(one) for one in ids])
    assert abs(chance.mean() - 1 / RANDOM) < 0.02
    places = np.argsort(-mixed(worth, ids), kind="stable")
    for stop in (200, 1000, 3000):
        assert abs(chance[places[:stop]].mean() - chance.mean()) < 0.01
    first = chance & (mixed(worth, ids) > np.median(worth))
    assert worth[first].mean() == pytest.approx(worth[chance].mean(), abs=0.06)  # not the ones that teach most
    assert np.array_equal(mixed(worth, ids)[~chance], worth[~chance])
    alone = [one for one in ids if drawn(one)][:3]
    assert len(set(mixed(np.array([0.5, 0.5, 0.5]), alone))) == 3
    assert mixed(np.zeros(0), []).shape == (0,)


def test_too_few_decisions_are_refused_with_their_number(simulated: Simulated) -> None:
    approved = [one for one in simulated.decided if one.approved][:200]
    few = [one for one in simulated.decided if not one.approved][: learning.MINIMUM - 1]
    with pytest.raises(UsageError, match=r"50 approvals and 50 rejections.*200 and 49"):
        train(approved + few)


def test_the_same_decisions_give_the_same_version_and_bytes_in_any_order(simulated: Simulated) -> None:
    decided = simulated.decided[:150]
    mixed = random.Random(1).sample(decided, len(decided))
    one, other = train(decided), train(mixed)
    assert one.version == other.version
    assert model.dump(one.model) == model.dump(other.model)
    turned = [decided[0]._replace(approved=not decided[0].approved), *decided[1:]]
    assert learning.version(turned) != one.version
    reworded = [decided[0]._replace(item=replace(decided[0].item, answer="دیگر")), *decided[1:]]
    assert learning.version(reworded) != one.version


def test_a_stored_model_scores_as_before(simulated: Simulated, trained: Trained) -> None:
    items, _ = _unseen(simulated)
    again = model.load(model.dump(trained.model))
    assert np.allclose(again.score(items).p, trained.model.score(items).p)
    assert np.array_equal(again.score(items).low, trained.model.score(items).low)


def test_pickles_and_broken_files_are_refused() -> None:
    file = io.BytesIO()
    np.savez(file, mean=np.array([object()], dtype=object))
    for data in (file.getvalue(), b"", b"PK\x03\x04", b"no archive"):
        with pytest.raises(DataDamaged):
            model.load(data)


def test_batches_do_not_matter(simulated: Simulated, trained: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    items, _ = _unseen(simulated)
    whole = trained.model.score(items[:50])
    monkeypatch.setattr(model, "BATCH", 7)
    parts = trained.model.score(items[:50])
    assert np.allclose(whole.p, parts.p)
    assert np.allclose(whole.rarity, parts.rarity)


HOSTILE = (
    "",
    " ",
    "\x00",
    "\u200c" * 500,
    "ا" * 100_000,
    "a b " * 50_000,
    "\ud800",
    "1" * 5000,
    "🙂" * 100,
    "؟؟؟",
    "\n" * 99,
)


def test_any_text_has_a_score(trained: Trained) -> None:
    items = [Item(text, other, {"s": {"n": np.nan}, "t": {"words": "x"}}) for text in HOSTILE for other in HOSTILE]
    scores = trained.model.score(items)
    for column in (scores.p, scores.low, scores.high, scores.rarity):
        assert ((column >= 0) & (column <= 1)).all()
    assert trained.model.score([]).p.shape == (0,)


def test_repeated_answers_never_cross_a_fold() -> None:
    answers = [f"answer {number % 40}" for number in range(400)]
    label = np.array([number % 3 == 0 for number in range(400)], dtype=np.int64)
    fold = learning.folds(answers, label)
    assert all(len({f for f, a in zip(fold, answers, strict=True) if a == answer}) == 1 for answer in answers)
    assert sorted(set(fold.tolist())) == list(range(learning.FOLDS))


def test_figures_of_filters_are_used_and_may_be_missing() -> None:
    draw = random.Random(2)
    items = [Item("پرسش", "پاسخ", {"noise": {"share": draw.random()}} if n % 4 else {}) for n in range(400)]
    share = [item.figures.get("noise", {"share": 0.5})["share"] for item in items]
    decided = [Decided(f"{n:04}", item, value < 0.5) for n, (item, value) in enumerate(zip(items, share, strict=True))]
    assert figure_names(items) == ["noise.share"]
    items = [replace(item, answer=f"پاسخ {n}") for n, item in enumerate(items)]
    found = train([one._replace(item=item) for one, item in zip(decided, items, strict=True)])
    scores = found.model.score([Item("پرسش", "پاسخ", {"noise": {"share": value}}) for value in (0.05, 0.95)])
    assert scores.p[0] > 0.8 > 0.2 > scores.p[1]


def _taught(simulated: Simulated, draw: random.Random, judgements: int, *, by_priority: bool) -> float:
    """AUC on unseen decisions after so many judgements, 60 at random and then 40 at a time."""
    pool = list(simulated.decided[:800])
    judged = [pool.pop(draw.randrange(len(pool))) for _ in range(60)]
    while len(judged) < judgements:
        items = [one.item for one in pool]
        order = priorities(_quick(judged), items) if by_priority else np.array([draw.random() for _ in pool])
        chosen = set(np.argsort(-order, kind="stable")[:40].tolist())
        judged += [one for place, one in enumerate(pool) if place in chosen]
        pool = [one for place, one in enumerate(pool) if place not in chosen]
    items, label = _unseen(simulated)
    return learning.measures(_quick(judged).score(items).p, label)["auc"]


def _quick(judged: list[Decided]) -> Model:
    items, label = [one.item for one in judged], np.array([one.approved for one in judged], dtype=np.int64)
    names = figure_names(items)
    return fit(features(items, names), label, names, 10.0)


def test_judging_by_priority_teaches_more_than_judging_at_random() -> None:
    """Where reviewers are consistent: over six pools 220 judgements by priority give more than 260 at random."""
    pools = [simulate(1600, seed=200 + number, sharpness=4.0) for number in range(6)]
    by_priority = [_taught(pool, random.Random(1), 220, by_priority=True) for pool in pools]
    at_random = [_taught(pool, random.Random(1), 260, by_priority=False) for pool in pools]
    assert np.mean(by_priority) > np.mean(at_random)


def test_of_one_kind_the_first_leads() -> None:
    worth = np.array([0.9, 0.8, 0.6, 0.5])
    assert spread(worth, ["a", "a", "a", "b"]).tolist() == pytest.approx([0.9, 0.4, 0.2, 0.5])


def test_the_step_acts_only_at_its_certainty() -> None:
    rule = registry()["quality_score"].rule
    found = {"p": 0.02, "low": 0.96, "high": 0.0, "rarity": 0.1}
    dropped = rule(found, side="low", certainty=0.95)
    assert dropped is not None
    assert dropped.reason == "low_quality"
    assert rule(found, side="low", certainty=0.97) is None
    assert rule(found, side="high", certainty=0.95) is None
