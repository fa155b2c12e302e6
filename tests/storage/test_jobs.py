"""The queue of evaluations on the real database: leases, fences, attempts, and never one model twice at once."""

import datetime as dt
import threading

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from storage import db, jobs, schedules
from storage.errors import UsageError
from storage.jobs import LEASE, MOST_ATTEMPTS, Claim
from storage.models import Job, Schedule
from storage.settings import Settings

NIGHTLY = Schedule(name="nightly", cron="30 22 * * *", models="every", benchmarks=["all"], how={"base": True})


def ask(*models: str, schedule: Schedule = NIGHTLY) -> list[int]:
    with db.session() as session:
        return schedules.ask(session, schedule, models)


def take(worker: str = "one") -> Claim | None:
    with db.session() as session:
        return jobs.claim(session, worker)


def taken(worker: str = "one") -> Claim:
    claim = take(worker)
    assert claim is not None
    return claim


def row(number: int) -> Job:
    with db.session() as session:
        return session.get_one(Job, number)


def later(by: dt.timedelta) -> None:
    """As if so much time had passed."""
    with db.session() as session:
        session.execute(update(Job).values(beat_at=Job.beat_at - by, due_at=Job.due_at - by))


def test_jobs_are_taken_in_order_and_done(database: Settings) -> None:
    first, second = ask("a", "b")
    claim = taken()
    assert (claim.id, claim.model, claim.benchmarks, claim.how) == (first, "a", ("all",), {"base": True})
    with db.session() as session:
        assert jobs.finish(session, claim, {"value": float("nan"), "text": "سلام"})
    assert (row(first).state, row(first).result) == ("done", {"value": None, "text": "سلام"})
    assert taken().id == second
    assert take() is None


def test_what_is_open_is_not_asked_for_twice_and_what_is_done_is(database: Settings) -> None:
    [number] = ask("a")
    assert ask("a") == []
    other = Schedule(name="arrivals", cron=None, models="new", benchmarks=["all"], how={"base": True})
    assert ask("a", schedule=other) == []
    claim = taken()
    assert ask("a") == []
    with db.session() as session:
        jobs.finish(session, claim, {})
    assert ask("a") != [number]


def test_a_machine_has_one_job_and_a_model_one_machine(database: Settings) -> None:
    ask("a", "b")
    narrow = Schedule(name="narrow", cron=None, models="new", benchmarks=["dev-pairs"], how={})
    ask("a", schedule=narrow)
    assert taken("one").model == "a"
    assert take("one") is None
    assert taken("two").model == "b"
    assert take("three") is None, "a is being asked already"


def test_a_lost_worker_loses_its_job_and_can_write_nothing_into_it(database: Settings) -> None:
    [number] = ask("a")
    lost = taken("one")
    later(LEASE - dt.timedelta(seconds=5))
    assert take("two") is None
    with db.session() as session:
        assert jobs.beat(session, lost, 3)
    later(LEASE - dt.timedelta(seconds=5))
    assert take("two") is None, "it was renewed"
    later(dt.timedelta(seconds=10))
    claim = taken("two")
    assert (claim.id, claim.fence) == (number, lost.fence + 1)
    with db.session() as session:
        assert not jobs.beat(session, lost, 1)
        assert not jobs.finish(session, lost, {"of": "the dead"})
        assert not jobs.fail(session, lost, "x")
        assert not jobs.give_back(session, lost)
    assert (row(number).state, row(number).answered, row(number).worker) == ("working", 3, "two")


def test_a_job_whose_workers_die_without_an_answer_is_parked(database: Settings) -> None:
    [number] = ask("a")
    for _ in range(MOST_ATTEMPTS):
        taken()
        later(LEASE * 2)
    assert take() is None
    assert (row(number).state, row(number).cause) == (
        "parked",
        "its worker was lost 3 times without an answer stored, at last one",
    )


def test_one_that_gets_on_may_be_killed_any_number_of_times(database: Settings) -> None:
    [number] = ask("a")
    for _ in range(3 * MOST_ATTEMPTS):
        claim = taken()
        with db.session() as session:
            jobs.beat(session, claim, 16)
        later(LEASE * 2)
    assert (row(number).answered, row(number).attempts) == (16 * 3 * MOST_ATTEMPTS, 1)


def test_what_fails_waits_longer_each_time_and_is_parked_with_its_cause(database: Settings) -> None:
    [number] = ask("a")
    for attempt in range(MOST_ATTEMPTS):
        claim = taken()
        with db.session() as session:
            jobs.fail(session, claim, "no room")
        wait = row(number).due_at - dt.datetime.now(dt.UTC)
        assert dt.timedelta(minutes=2 * 2**attempt - 1) < wait <= dt.timedelta(minutes=2 * 2**attempt)
        assert take() is None
        later(wait)
    assert (row(number).state, row(number).cause, row(number).attempts) == ("parked", "no room", 3)
    assert ask("a") == [], "a parked job is no reason for another"
    with db.session() as session:
        assert jobs.retry(session, number).state == "waiting"
    assert taken().id == number
    with db.session() as session, pytest.raises(UsageError, match=f"job {number} is working"):
        jobs.retry(session, number)


def test_what_is_wrong_for_good_is_parked_at_once_and_what_is_given_back_counts_nothing(database: Settings) -> None:
    [number] = ask("a")
    for _ in range(5):
        claim = taken()
        with db.session() as session:
            assert jobs.give_back(session, claim)
    assert row(number).attempts == 0
    claim = taken()
    with db.session() as session:
        jobs.fail(session, claim, "no such model", for_good=True)
    assert row(number).state == "parked"


def test_many_workers_at_once_take_each_job_once(database: Settings) -> None:
    numbers = ask(*(f"model {n}" for n in range(8)))
    found: list[int] = []
    start = threading.Barrier(12)

    def work(name: str) -> None:
        start.wait()
        if claim := take(name):
            found.append(claim.id)

    threads = [threading.Thread(target=work, args=[f"worker {n}"]) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == numbers


def test_many_at_once_on_one_machine_take_one(database: Settings) -> None:
    ask(*(f"model {n}" for n in range(4)))
    found: list[Claim | None] = []
    threads = [threading.Thread(target=lambda: found.append(take("one"))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([claim for claim in found if claim]) == 1


def test_a_parked_job_without_a_cause_is_refused(database: Settings) -> None:
    ask("a")
    with pytest.raises(IntegrityError), db.engine().begin() as connection:
        connection.execute(update(Job).values(state="parked"))


def test_a_schedule_goes_with_what_nobody_works_on(database: Settings) -> None:
    with db.session() as session:
        schedules.add(session, NIGHTLY)
    ask("a", "b")
    taken()
    with db.session() as session:
        assert schedules.remove(session, "nightly") == 1
    with db.session() as session:
        assert [job.model for job in session.scalars(select(Job))] == ["a"]
        assert schedules.listed(session) == []
    with db.session() as session, pytest.raises(UsageError, match="no schedule is named 'nightly'"):
        schedules.remove(session, "nightly")


def test_a_job_that_several_asked_for_goes_with_the_last_of_them(database: Settings) -> None:
    how = {"benchmarks": ["all"], "how": {"base": True}}
    others = [Schedule(name=name, cron="0 0 * * *", models="newest", **how) for name in ("weekly", "monthly")]
    narrow = Schedule(name="narrow", cron="0 0 * * *", models="newest", benchmarks=["dev-pairs"], how={})
    with db.session() as session:
        for each in (NIGHTLY, *others, narrow):
            schedules.add(session, each)
    [number, alone] = ask("a", "b")
    assert [ask("a", schedule=each) for each in (*others, *others)] == [[], [], [], []]
    assert len(ask("a", schedule=narrow)) == 1
    assert (row(number).schedule, row(number).also, row(alone).also) == ("nightly", ["weekly", "monthly"], [])
    gone = {}
    for name in ("nightly", "monthly", "weekly"):
        with db.session() as session:
            gone[name] = schedules.remove(session, name)
            left = session.scalars(select(Job).order_by(Job.id)).all()
            gone[f"after {name}"] = [(job.model, job.schedule, job.also) for job in left]
    assert gone == {
        "nightly": 1,
        "after nightly": [("a", "weekly", ["monthly"]), ("a", "narrow", [])],
        "monthly": 0,
        "after monthly": [("a", "weekly", []), ("a", "narrow", [])],
        "weekly": 1,
        "after weekly": [("a", "narrow", [])],
    }


def test_a_job_in_hand_is_the_other_schedules_when_its_own_goes(database: Settings) -> None:
    other = Schedule(name="weekly", cron="0 0 * * *", models="every", benchmarks=["all"], how={"base": True})
    with db.session() as session:
        schedules.add(session, NIGHTLY)
    [number] = ask("a")
    ask("a", schedule=other)
    claim = taken()
    with db.session() as session:
        assert schedules.remove(session, "nightly") == 0
        assert jobs.give_back(session, claim)
    assert (row(number).schedule, row(number).state) == ("weekly", "waiting")
