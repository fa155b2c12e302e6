"""The accepted model and what another lost against it, over rows of the real database."""

import logging
import math
from dataclasses import replace

import pytest

from evaluator import regression
from evaluator.compare import compare
from evaluator.regression import accept, judge
from evaluator.statistics import holm, mcnemar
from storage import alarms, answers, audit, db
from storage.answers import AnswerFields
from storage.errors import UsageError
from storage.models import Alarm, AuditEvent
from storage.settings import Settings
from tests.evaluator.test_compare import BASE, TUNED, sat, sitting

GOOD, BAD = "+" * 30 + "-" * 10, "-" * 14 + "+" * 16 + "-" * 10


def accepted_model(first: str = GOOD, second: str = GOOD) -> None:
    sat(sitting("old/merged", BASE), first)
    sat(sitting("old/merged", BASE, "second-exam"), second)
    accept("old", "first release")


def new_model(first: str, second: str = GOOD, sha256: str = TUNED) -> None:
    sat(sitting("new/merged", sha256), first)
    sat(sitting("new/merged", sha256, "second-exam"), second)


def standing(model: str | None = None, closed: bool = False) -> list[Alarm]:
    with db.session() as session:
        return regression.standing(session, model, closed)


def weigh(
    model: str, sha256: str, bits: float, items: int = 40, benchmark: str = "dev-pairs", spread: float = 0
) -> None:
    """Texts of 10 bytes, the one model less sure of each by so many bits, or by more and less than these in turns."""
    surprise = [20 + n + bits + (spread if n % 2 else -spread) for n in range(items)]
    fields = [
        AnswerFields(f"{n:03}", "?", {"nats": -math.log(2) * each, "bytes": 10}, None, False)
        for n, each in enumerate(surprise)
    ]
    with db.session() as session:
        answers.save(session, sitting(model, sha256, benchmark), fields)


def test_a_significant_loss_is_an_alarm(database: Settings, caplog: pytest.LogCaptureFixture) -> None:
    accepted_model()
    new_model(BAD)
    with caplog.at_level(logging.WARNING):
        verdict = judge("new/merged", TUNED)
    assert (verdict.accepted, verdict.compared) == ("old/merged", ["first-exam", "second-exam"])
    [alarm] = standing()
    p = mcnemar(14, 0)
    assert (alarm.benchmark, alarm.metric, alarm.items, alarm.p) == ("first-exam", "accuracy", 40, p)
    assert alarm.holm == holm([p, 1.0])[0]
    assert alarm.difference == pytest.approx(-14 / 40)
    own = sitting("new/merged", TUNED)
    assert (alarm.benchmark_sha256, alarm.settings_sha256) == (own.benchmark_sha256, own.settings_sha256)
    assert verdict.raised == [alarm.id]
    told = f"alarm {alarm.id}: new/merged against old/merged in first-exam: accuracy -35.0 points"
    assert told in caplog.text
    assert verdict.as_json()["losses"][0]["benchmark"] == "first-exam"


def test_a_gain_and_what_chance_could_do_are_none(database: Settings) -> None:
    accepted_model()
    new_model("+" * 40, "-" * 4 + "+" * 26 + "-" * 10)
    assert mcnemar(4, 0) > 0.05
    assert judge("new/merged", TUNED).losses == []
    assert standing() == []


def test_a_loss_is_weighed_by_how_many_benchmarks_were_looked_at(database: Settings) -> None:
    accepted_model()
    new_model("-" * 6 + GOOD[6:])
    p = mcnemar(6, 0)
    assert p < 0.05 < holm([p, 1.0])[0]
    assert judge("new/merged", TUNED).losses == []


def test_bits_per_byte_lose_where_their_interval_is_above_zero(database: Settings) -> None:
    accepted_model()
    new_model(GOOD)
    weigh("old/merged", BASE, 0)
    weigh("new/merged", TUNED, 1)
    [loss] = judge("new/merged", TUNED).losses
    assert (loss.benchmark, loss.metric, loss.p, loss.holm) == ("dev-pairs", "bits_per_byte", 0, 0)
    assert loss.difference == pytest.approx(0.1)
    told = regression.sentence(standing()[0])
    assert "bits_per_byte +0.100 (95 %: +0.100 to +0.100), p < 1e-4, after Holm < 1e-4, 40 items" in told


def test_bits_per_byte_are_weighed_by_how_many_benchmarks_were_looked_at_too(database: Settings) -> None:
    accepted_model()
    new_model(GOOD)
    for number in range(6):
        weigh("old/merged", BASE, 0, benchmark=f"pairs-{number}")
        weigh("new/merged", TUNED, 1, benchmark=f"pairs-{number}", spread=2.6)
    assert all(found.low > 0 for found in compare(BASE, TUNED).likelihoods.values()), "sure of each by itself"
    verdict = judge("new/merged", TUNED)
    assert (len(verdict.compared), verdict.losses) == (8, [])
    weigh("new/merged", "c" * 64, 1, benchmark="pairs-0", spread=1.3)
    [loss] = judge("new/merged", "c" * 64).losses
    assert (loss.benchmark, loss.holm) == ("pairs-0", loss.p), "the only one compared"


@pytest.mark.parametrize(("bits", "items"), [(-1, 40), (0, 40), (1, 29)])
def test_bits_per_byte_that_fell_or_are_few_are_no_loss(database: Settings, bits: float, items: int) -> None:
    accepted_model()
    new_model(GOOD)
    weigh("old/merged", BASE, 0, items)
    weigh("new/merged", TUNED, bits, items)
    assert judge("new/merged", TUNED).losses == []


def test_to_know_less_of_the_training_by_heart_is_no_loss(database: Settings) -> None:
    accepted_model()
    new_model(GOOD)
    weigh("old/merged", BASE, 0, benchmark="train-pairs")
    weigh("new/merged", TUNED, 1, benchmark="train-pairs")
    verdict = judge("new/merged", TUNED)
    assert (verdict.losses, "train-pairs" in verdict.compared) == ([], True)


def test_judged_again_nothing_is_told_twice(database: Settings) -> None:
    accepted_model()
    new_model(BAD)
    first = judge("new/merged", TUNED)
    again = judge("new/merged", TUNED)
    assert (len(first.raised), again.raised, again.losses) == (1, [], first.losses)
    assert len(standing()) == 1


def test_a_closed_alarm_stays_closed_until_its_figures_change(database: Settings) -> None:
    accepted_model()
    new_model(BAD)
    [number] = judge("new/merged", TUNED).raised
    with db.session() as session:
        alarms.close(session, number, "maryam", "known")
    judge("new/merged", TUNED)
    assert standing() == []
    [closed] = standing(closed=True)
    assert closed.closed_because == "closed by maryam: known"
    with db.session() as session, pytest.raises(UsageError, match=f"no alarm {number} stands. There are: none"):
        alarms.close(session, number, "maryam", "again")
    newer = "d" * 64
    for model, sha256, signs in (("old/merged", BASE, GOOD + "+"), ("new/merged", TUNED, BAD + "-")):
        sat(replace(sitting(model, sha256), benchmark_sha256=newer), signs)
    judge("new/merged", TUNED)
    assert [alarm.id for alarm in standing()] == [number]


def test_what_is_no_loss_any_more_closes_its_alarm(database: Settings) -> None:
    accepted_model()
    new_model(BAD)
    judge("new/merged", TUNED)
    newer = "d" * 64
    for model, sha256 in (("old/merged", BASE), ("new/merged", TUNED)):
        sat(replace(sitting(model, sha256), benchmark_sha256=newer), GOOD)
    judge("new/merged", TUNED)
    assert standing() == []
    assert standing(closed=True)[0].closed_because == "no significant loss any more"


def test_the_model_that_is_accepted_loses_its_alarms_and_is_the_measure(database: Settings) -> None:
    accepted_model()
    new_model(BAD)
    judge("new/merged", TUNED)
    assert judge("old/merged", BASE) == regression.Verdict("old/merged")
    accept("new", "smaller")
    assert standing() == []
    assert standing(closed=True)[0].closed_because == f"accepted by {audit.who()}: smaller"
    assert judge("old/merged", BASE).losses == []
    with db.session() as session:
        assert [e.subject for e in session.query(AuditEvent).order_by(AuditEvent.id)] == ["old/merged", "new/merged"]


def test_alarms_are_told_of_one_model(database: Settings) -> None:
    accepted_model()
    new_model(BAD)
    sat(sitting("other/merged", "c" * 64), BAD)
    sat(sitting("fine/merged", "d" * 64), GOOD)
    for model, sha256 in (("new/merged", TUNED), ("other/merged", "c" * 64), ("fine/merged", "d" * 64)):
        judge(model, sha256)
    assert [alarm.model for alarm in standing()] == ["other/merged", "new/merged"]
    assert [alarm.model for alarm in standing("other")] == ["other/merged"]
    assert standing("fine") == []
    with pytest.raises(UsageError, match=r"named 'fin'\. There are: fine"):
        standing("fin")


def test_without_an_accepted_model_or_anything_in_common_it_says_so(database: Settings) -> None:
    new_model(BAD)
    assert judge("new/merged", TUNED) == regression.Verdict()
    sat(replace(sitting("old/merged", BASE), benchmark_sha256="f" * 64), GOOD)
    accept(BASE[:8], "x")
    verdict = judge("new/merged", TUNED)
    assert verdict.accepted == "old/merged"
    assert "asked in different versions" in verdict.untested["all"]


def test_only_a_model_with_answers_is_accepted(database: Settings) -> None:
    with pytest.raises(UsageError, match="no model with answers is named 'old'"):
        accept("old", "x")
    sat(sitting("old/merged", BASE), GOOD)
    with pytest.raises(UsageError, match="leave @01 out"):
        accept("old@01", "x")
