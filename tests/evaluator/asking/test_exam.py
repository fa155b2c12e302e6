"""Answers as rows, on the real database: never asked twice, a kill included, voted, permuted, within a budget."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from string import ascii_uppercase
from typing import Any

import pytest
from sqlalchemy import func, select

from evaluator.asking import Budget, Limits, Prices, Sampling
from evaluator.asking.budget import Spent
from evaluator.asking.calls import noted, unanswered
from evaluator.asking.exam import Examination, Subject, examine
from evaluator.asking.forms import Form
from evaluator.asking.local import Local
from evaluator.asking.located import located
from evaluator.asking.paper import ChoicePaper, Manner
from evaluator.choice import Item, OpenedChoice
from evaluator.endpoint import manners
from storage import answers, db
from storage.answers import Sitting
from storage.errors import ServiceUnavailable, TabibError, UsageError
from storage.models import Answer, Score
from storage.settings import Settings
from tests.evaluator.asking.exams import ORGANS, Nobody, bracketed, exam, items, letter_for, subject
from tests.evaluator.endpoint.scripted import Request, Scripted, Sent, error, said
from tests.evaluator.models import make_model

DRAWN = Sampling(temperature=0.7, max_new_tokens=64)


@pytest.fixture(autouse=True)
def quick(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manners, "SHORTEST", 0.01)
    monkeypatch.chdir(tmp_path)


def answer(request: Request) -> Sent:
    return said(f"پاسخ [{letter_for(request.asked, request.body.get('seed', ''))}]")


def rows(**of: Any) -> list[Answer]:
    with db.session() as session:
        found = session.scalars(select(Answer).order_by(Answer.id)).all()
    return [row for row in found if all(row.settings.get(key) == value for key, value in of.items())]


def test_every_answer_is_a_row_and_is_scored(database: Settings) -> None:
    with Scripted(answer) as server:
        found = examine([subject(server.url)], [exam(20)], Budget())
        again = examine([subject(server.url)], [exam(20)], Budget())
        assert len(server.requests) == 20
    (result,), kept = found.results, rows()
    assert (result.items, result.asked, result.unanswered) == (20, 20, 0)
    assert again.results[0].asked == 0
    assert again.results[0].scores == result.scores
    for row in kept:
        shown = letter_for(row.prompt)
        assert (row.choice, row.correct) == (shown, shown == "ABCD"[int(row.item[1:]) % 4])
        assert row.output["text"] == f"پاسخ [{shown}]"
        assert row.output["tokens"] == {"read": 40, "written": 10, "calls": 1}
        assert row.output["answered_as"] == "tiny-1"
    assert result.scores[0].value == sum(row.correct for row in kept) / 20
    assert kept[0].model == f"127.0.0.1:{server.port}/tiny"
    with db.session() as session:
        assert session.scalars(select(Score.metric)).all() == ["accuracy_generated"]


def test_other_settings_are_other_answers(database: Settings) -> None:
    with Scripted(answer) as server:
        for paper in (exam(4), exam(4, Form("paper-steps")), exam(4, sampling=DRAWN), exam(4, sampling=DRAWN, seed=1)):
            examine([subject(server.url)], [paper], Budget())
        assert len(server.requests) == 16
        examine([subject(server.url)], [exam(4, seed=9)], Budget())  # at temperature 0 a seed changes nothing
        assert len(server.requests) == 16


KILLED = """
import os
from evaluator.asking import Budget, Sampling
from evaluator.asking.exam import Subject, examine
from evaluator.asking.local import Local
from evaluator.asking.located import located
from tests.evaluator.asking.exams import exam, subject
from pathlib import Path
writer = Subject(Local("tiny", located(Path(os.environ["MODEL"])), at_once=4)) if "MODEL" in os.environ else subject(
    os.environ["URL"], concurrency=5)
examine([writer], [exam(int(os.environ["ITEMS"]), sampling=Sampling(0.7, 1.0, 12), chains=2)], Budget())
"""
ROOT = Path(__file__).parents[3]


def killed_after(answered: int, **environment: str) -> set[tuple[str, int]]:
    """Run the exam in a process, kill it -9 once so many answers are rows, and return those."""
    process = subprocess.Popen([sys.executable, "-c", KILLED], env=os.environ | environment, cwd=ROOT)
    deadline = time.monotonic() + 60
    while len(rows()) < answered and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    time.sleep(0.2)  # until PostgreSQL is done with what was sent to it
    return {(row.item, row.settings["chain"]) for row in rows()}


def test_an_endpoints_answers_outlive_a_kill(database: Settings) -> None:
    def slow(request: Request) -> Sent:
        return Sent(answer(request).body, wait=0.03)

    chains = exam(40, sampling=Sampling(0.7, 1.0, 12), chains=2)
    seeds = {prompt.seed: (prompt.item, n) for n, job in enumerate(chains.jobs(Nobody())) for prompt in job.prompts}
    kept: set[tuple[str, int]] = set()
    with Scripted(slow) as server:
        for done in (11, 47, 80):
            begun = len(server.requests)
            if done < 80:
                after = killed_after(done, URL=server.url, ITEMS="40")
                assert done <= len(after) < 80
            else:
                result = examine([subject(server.url)], [chains], Budget()).results[0]
            asked = [seeds[request.body["seed"]] for request in server.requests[begun:]]
            assert len(asked) == len(set(asked))
            assert not kept & set(asked)
            kept = after
    assert (result.items, len(rows(vote="majority/1"))) == (40, 40)
    answered = [(row.item, row.settings["chain"]) for row in rows() if "chain" in row.settings]
    assert sorted(answered) == sorted(seeds.values())


def test_a_models_answers_outlive_a_kill_and_are_what_they_would_have_been(database: Settings, tmp_path: Path) -> None:
    folder = make_model(tmp_path / "tiny")
    before = killed_after(9, MODEL=str(folder), ITEMS="24")
    assert 9 <= len(before) < 48
    ids = {row.id for row in rows()}
    chains = exam(24, sampling=Sampling(0.7, 1.0, 12), chains=2)
    result = examine([Subject(Local("tiny", located(folder), at_once=4))], [chains], Budget()).results[0]
    assert result.asked == 48 - len(before)
    kept = {(row.item, row.settings["chain"]): row for row in rows() if "chain" in row.settings}
    assert len(kept) == 48
    assert ids <= {row.id for row in kept.values()}
    writer = Local("tiny", located(folder), at_once=7)
    for chain, job in enumerate(chains.jobs(writer)):
        whole = [w for chunk in writer.write(job.prompts, job.sampling, Budget()) for w in chunk]
        assert {w.prompt.item: w.reply.text for w in whole} == {
            item: row.output["text"] for (item, n), row in kept.items() if n == chain
        }


def test_calls_on_their_way_at_a_kill_count_to_the_budget(database: Settings) -> None:
    def hanging(request: Request) -> Sent:
        return Sent(answer(request).body, wait=0.0 if request.number <= 11 else 600)

    def within(calls: int) -> Examination:
        limits = Limits(calls=calls)
        return examine([subject(server.url)], [exam(20, sampling=Sampling(0.7, 1.0, 12), chains=2)], Budget(limits))

    with Scripted(hanging) as server:
        assert len(killed_after(11, URL=server.url, ITEMS="20")) == 11
        assert len(server.requests) == 11 + 5
        server.reply = answer
        assert (within(16).spent.calls, len(server.requests)) == (16, 16)
        found = within(20)
        assert (found.spent.calls, len(server.requests)) == (20, 20)
        assert found.spent.written == 15 * 10 + 5 * 12  # of those that were lost, the longest there might have been
        done = within(45)
        assert (done.spent.calls, len(server.requests), done.stopped) == (45, 45, None)
        assert within(45).spent == done.spent
    assert done.spent.read >= 45 * 40
    lost = [row.output["beside"] for row in rows(vote=None) if "beside" in row.output]
    assert len(lost) == 5
    assert {(each["calls"], each["written"]) for each in lost} == {(1, 12)}
    assert not list((database.home / "calls").iterdir())


def test_calls_of_prompts_that_were_given_up_count_to_the_budget(database: Settings) -> None:
    def faulty(request: Request) -> Sent:
        return error(500) if "شماره 5 " in request.asked else answer(request)

    with Scripted(faulty) as server:
        with pytest.raises(ServiceUnavailable, match="gave no reply to 1 prompts"):
            examine([subject(server.url, attempts=3)], [exam(10)], Budget())
        assert len(server.requests) == 12
        found = examine([subject(server.url, attempts=3)], [exam(10)], Budget(Limits(calls=12)))
        assert (found.spent.calls, found.spent.written, len(server.requests)) == (12, 90, 12)
        server.reply = answer
        found = examine([subject(server.url)], [exam(10)], Budget())
        assert (found.spent.calls, found.spent.written, len(server.requests)) == (13, 100, 13)
        assert examine([subject(server.url)], [exam(10)], Budget()).spent == found.spent


def test_a_models_replies_that_a_kill_cut_short_count_too(database: Settings, tmp_path: Path) -> None:
    folder = make_model(tmp_path / "tiny")
    before = len(killed_after(9, MODEL=str(folder), ITEMS="24"))
    chains = exam(24, sampling=Sampling(0.7, 1.0, 12), chains=2)
    found = examine([Subject(Local("tiny", located(folder), at_once=4))], [chains], Budget())
    assert before % 4 == 0
    assert 48 <= found.spent.calls <= 48 + 4


def test_notes_that_are_damaged_are_passed_over(database: Settings) -> None:
    with Scripted(lambda r: error(500) if "شماره 5 " in r.asked else answer(r)) as server:
        with pytest.raises(ServiceUnavailable):
            examine([subject(server.url, attempts=2)], [exam(10)], Budget())
        (noted,) = (database.home / "calls").iterdir()
        with noted.open("ab") as file:
            file.write(b'["x", null]\n[]\n{"a": 1}\n7\n[[1], 2, 3, 4]\n["y", 1, 2, 3, 4, 5, 6]\n\xff\n["cut", 1')
        server.reply = answer
        found = examine([subject(server.url)], [exam(10)], Budget())
    assert (found.results[0].items, found.spent.calls) == (10, 12)


def test_a_folder_where_no_calls_can_be_noted_is_told_before_any_is_sent(database: Settings) -> None:
    database.home.mkdir(parents=True, exist_ok=True)
    (database.home / "calls").write_text("", encoding="utf-8")
    with Scripted(answer) as server:
        with pytest.raises(UsageError, match=r"calls/.* cannot be written"):
            examine([subject(server.url)], [exam(3)], Budget())
        assert not server.requests


def test_two_processes_do_not_ask_the_same(database: Settings) -> None:
    paper = exam(3)
    with Scripted(answer) as server:
        job = paper.jobs(subject(server.url).writer)[0]
        with answers.alone(job.sitting), pytest.raises(TabibError, match="another process is asking 127"):
            examine([subject(server.url)], [paper], Budget())
        assert not server.requests
        assert examine([subject(server.url)], [paper], Budget()).results[0].asked == 3


def test_an_endpoint_that_dies_half_way_leaves_what_it_answered(database: Settings) -> None:
    def dying(request: Request) -> Sent:
        if request.number > 13:
            raise ConnectionResetError
        return answer(request)

    with Scripted(dying) as server:
        told = f"stopped answering .* 127.0.0.1:{server.port}/tiny · exam: 13 of 30 items are answered and kept; run"
        with pytest.raises(ServiceUnavailable, match=told):
            examine([subject(server.url, concurrency=3, attempts=2)], [exam(30)], Budget())
        assert len(rows()) == 13
        server.reply = answer
        result = examine([subject(server.url)], [exam(30)], Budget()).results[0]
    assert (result.items, result.asked) == (30, 17)


def test_chains_vote_and_more_of_them_go_on_from_those_there_are(database: Settings) -> None:
    with Scripted(answer) as server:
        three = examine([subject(server.url)], [exam(12, sampling=DRAWN, chains=3)], Budget()).results[0]
        five = examine([subject(server.url)], [exam(12, sampling=DRAWN, chains=5)], Budget()).results[0]
        assert len(server.requests) == 60
    assert (three.asked, five.asked) == (36, 24)
    for voted in rows(chains=5):
        letters = [row.choice for n in range(5) for row in rows(chain=n) if row.item == voted.item]
        assert voted.output["letters"] == letters
        counted = Counter(letters)
        most = [letter for letter in letters if counted[letter] == max(counted.values())]
        assert voted.choice == most[0]
        assert voted.output["tie"] == (len(set(most)) > 1)
    assert five.scores[0].metric == "accuracy_voted"
    assert any(row.output["tie"] for row in rows(chains=5))


def test_moved_options_are_read_back_to_their_own_letters(database: Settings) -> None:
    """A model that finds the right option by its text, wherever it stands."""
    keys = {item.question: item.lettered[item.answer] for item in items(24)}

    def knows(request: Request) -> Sent:
        text = next(right for question, right in keys.items() if question in request.asked)
        line = next(line for line in request.asked.splitlines() if line.rstrip().endswith(f": {text}"))
        return said(f"گزینه {line[:3]}")

    with Scripted(knows) as server:
        moved = examine([subject(server.url)], [exam(24, Form(permuted=True))], Budget()).results[0]
        plain = examine([subject(server.url)], [exam(24)], Budget()).results[0]
    assert moved.scores[0].value == plain.scores[0].value == 1.0
    orders = Counter(row.output["order"] for row in rows(permuted=True))
    assert len(orders) > 8
    for row in rows(permuted=True):
        shown = bracketed(row.output["text"], dict.fromkeys("ABCD", ""))
        assert shown is not None
        assert row.choice == row.output["order"][ascii_uppercase.index(shown)]


def test_a_budget_ends_it_cleanly_and_a_larger_one_goes_on(database: Settings) -> None:
    with Scripted(answer) as server:

        def within(limits: Limits) -> Examination:
            return examine([subject(server.url)], [exam(20)], Budget(limits, Prices(1.0, 2.0)))

        first = within(Limits(calls=7))
        assert (len(server.requests), first.spent.calls, first.results) == (7, 7, [])
        assert first.unfinished == {f"127.0.0.1:{server.port}/tiny · exam": "7 of 20 answers"}
        assert within(Limits(calls=7)).spent.calls == len(server.requests) == 7
        cost = within(Limits(cost=0.001))
        assert 0.0005 < cost.spent.cost <= 0.001
        assert cost.spent.cost == pytest.approx(len(server.requests) * (40 * 1.0 + 10 * 2.0) / 1e6)
        assert 7 < len(server.requests) < 20
        done = within(Limits(calls=20, tokens=10_000, cost=1.0))
        assert (done.stopped, done.results[0].items, len(server.requests)) == (None, 20, 20)
        assert done.spent.tokens == 1_000


def test_a_refused_item_counts_as_wrong_and_is_not_asked_again(database: Settings) -> None:
    def reply(request: Request) -> Sent:
        return error(400, "content filter") if "شماره 5 " in request.asked else answer(request)

    with Scripted(reply) as server:
        result = examine([subject(server.url)], [exam(10)], Budget()).results[0]
        examine([subject(server.url)], [exam(10)], Budget())
        assert len(server.requests) == 10
    assert (result.items, result.unanswered) == (10, 1)
    (row,) = [row for row in rows() if row.choice is None]
    assert (row.item, row.correct, row.output["refused"]) == ("q005", False, "400: content filter")


def test_letters_are_read_anew_when_the_reader_got_better(database: Settings) -> None:
    with Scripted(lambda _: said("B")) as server:
        blind = examine([subject(server.url)], [exam(8, sampling=DRAWN, chains=2)], Budget()).results[0]
        assert blind.unanswered == 8
        paper = exam(8, sampling=DRAWN, chains=2)
        paper.read = lambda text, *_: text
        seeing = examine([subject(server.url)], [paper], Budget()).results[0]
        assert (len(server.requests), seeing.asked, seeing.unanswered) == (16, 0, 0)
    assert seeing.scores[0].value == 0.25
    assert {row.choice for row in rows()} == {"B"}
    with db.session() as session:
        assert session.scalars(select(Score.value)).all() == [0.25]


def test_letters_are_read_by_the_projects_reader_with_the_question() -> None:
    asked = (Item("q1", "کدام گزینه نادرست است؟", ORGANS, "B"), Item("q2", "کدام گزینه درست است؟", ORGANS, "B"))
    stored = [Answer(item=item.id, output={"text": "گزینه ب نادرست است."}) for item in asked]
    ChoicePaper("exam", OpenedChoice(asked), Manner()).reread(0, stored)
    assert [(row.choice, row.correct) for row in stored] == [("B", True), (None, False)]


def test_a_prompt_that_changed_under_its_name_is_told(database: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with Scripted(answer) as server:
        examine([subject(server.url)], [exam(3)], Budget())
        with db.session() as session:
            session.scalars(select(Answer)).first().prompt = "other"  # type: ignore[union-attr]
        with pytest.raises(TabibError, match="was asked in other words under the same settings"):
            examine([subject(server.url)], [exam(3)], Budget())


def test_latency_leaves_out_what_warmed_it_up(database: Settings, tmp_path: Path) -> None:
    def reply(request: Request) -> Sent:
        return Sent(answer(request).body, wait=0.6 if request.number == 1 else 0.05)

    with Scripted(reply) as server:
        (speed,) = examine([subject(server.url)], [exam(9)], Budget()).results[0].speed  # type: ignore[attr-defined]
    assert (speed.device, speed.answers, speed.throughput, speed.estimated) == ("endpoint", 8, None, 0)
    assert 1 < int(speed.at_once or 0) <= 8
    assert 0.05 <= speed.median_latency <= speed.p95_latency < 0.6
    assert speed.tokens_per_second == pytest.approx(10 / speed.median_latency, rel=0.3)
    local = Local("tiny", located(make_model(tmp_path / "tiny")), at_once=3)
    (speed,) = examine([Subject(local)], [exam(7)], Budget()).results[0].speed  # type: ignore[attr-defined]
    assert (speed.answers, speed.at_once, speed.parameters) == (7, 3, local.generator.parameters)
    assert speed.throughput > speed.tokens_per_second > 0
    assert "torch" in speed.device


def test_a_model_that_changes_on_the_way_is_seen(database: Settings) -> None:
    with Scripted(lambda r: said("[A]", model="old" if r.number < 4 else "new")) as server:
        result = examine([subject(server.url, concurrency=1)], [exam(6)], Budget()).results[0]
    assert result.answered_as == {"old": 3, "new": 3}  # type: ignore[attr-defined]


def test_chains_that_would_all_be_one_are_refused() -> None:
    with pytest.raises(UsageError, match="3 chains at temperature 0 are one"):
        exam(3, chains=3)
    with pytest.raises(UsageError, match="--chains 0 is no number"):
        exam(3, chains=0)
    assert len(exam(3, Form(permuted=True), chains=3).jobs(Nobody())) == 3


def test_nothing_is_left_in_the_tables_of_an_exam_that_never_began(database: Settings) -> None:
    with Scripted(lambda _: error(400)) as server, pytest.raises(UsageError):
        examine([subject(server.url)], [exam(5)], Budget())
    with db.session() as session:
        assert session.scalar(select(func.count()).select_from(Answer)) == 0


def test_credit_that_ends_half_way_leaves_what_was_answered(database: Settings) -> None:
    with Scripted(lambda r: answer(r) if r.number <= 9 else error(402, "no credit")) as server:
        with pytest.raises(UsageError, match=r"402: no credit\. .*: 9 of 30 items are answered and kept"):
            examine([subject(server.url, concurrency=1)], [exam(30)], Budget())
        assert len(rows()) == 9


def test_a_database_that_fails_ends_the_asking(database: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> int:
        raise ServiceUnavailable("PostgreSQL failed")

    with Scripted(lambda r: Sent(answer(r).body, wait=0.02)) as server:
        monkeypatch.setattr(answers, "save", fails)
        with pytest.raises(ServiceUnavailable, match=r"^PostgreSQL failed$"):
            examine([subject(server.url, concurrency=2)], [exam(200)], Budget())
        time.sleep(0.1)  # what was on its way arrives
        asked = len(server.requests)
        time.sleep(0.2)
        assert len(server.requests) == asked < 10


def test_a_call_noted_after_a_line_that_a_kill_cut_short_is_kept(database: Settings) -> None:
    sitting = Sitting("m", "1" * 64, "exam", "2" * 64, {"scoring": "generated"})
    with noted(sitting, ()) as killed:
        killed.note("a", Spent(1, 10, 10))
        with killed.path.open("a") as file:
            file.write('["cut')
        with noted(sitting, ()) as again:
            again.note("b", Spent(1, 99, 99))
            assert unanswered(sitting, ["a", "b"]) == {"a": Spent(1, 10, 10), "b": Spent(1, 99, 99)}
