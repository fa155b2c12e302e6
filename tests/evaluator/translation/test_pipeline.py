"""Translator, English model, translator: whose letter counts, what is kept, what is asked once, what it costs."""

import json
import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evaluator.asking import Budget, Limits, Sampling
from evaluator.asking.ask import forecast_of
from evaluator.asking.exam import Examination, Sat, Subject, examine
from evaluator.asking.forms import FORMS, Form
from evaluator.asking.local import Local
from evaluator.asking.located import located
from evaluator.asking.paper import ChoicePaper, FreePaper, Manner
from evaluator.asking.pipeline import Pipeline
from evaluator.choice import Item, OpenedChoice
from evaluator.endpoint import Endpoint, Manners, address
from evaluator.pairs import OpenedPairs
from evaluator.translation.encoder_decoder import EncoderDecoder
from evaluator.translation.translator import Translator
from storage.settings import Settings
from tests.evaluator.endpoint.scripted import Request, Scripted, Sent, error, said
from tests.evaluator.models import make_model
from tests.evaluator.translation.seq2seq import make_seq2seq
from tests.evaluator.translation.speaking import PROGRAM, rows, run, text_of

ENGLISH = {"کبد": "liver", "طحال": "spleen", "قلب": "heart", "کلیه": "kidney"}
BASICS = 96
ALL = 8 + 32 + 8 + 4
"""Calls for `paper(8)`: its questions, their options, answers to all, and those four answers translated back."""


def items(count: int) -> tuple[Item, ...]:
    """Questions whose options are organs, the key in turn."""
    return tuple(Item(f"q{n}", f"پرسش شمارهٔ {n} چیست؟", tuple(ENGLISH), "ABCD"[n % 4]) for n in range(count))


def is_translation(request: Request) -> bool:
    return request.asked.startswith("Translate ")


def translated(request: Request) -> str:
    """English for Persian, and Persian without any letter for English."""
    text = text_of(request)
    if text in ENGLISH:
        return ENGLISH[text]
    if "پرسش شمارهٔ" in text:
        return f"What is question number {text.split()[2]}?"
    return "پاسخ این است که عضو مورد نظر درست است."


def answered(request: Request) -> str:
    """The right letter of `items`, by the number that stands in the question; of any other the first."""
    number = request.asked.partition("number ")[2].partition("?")[0]
    return f"Let us think. The answer is [{'ABCD'[int(number or 0) % 4]}]."


def both(change: Callable[[Request], Sent | None] = lambda _: None) -> Callable[[Request], Sent]:
    def reply(request: Request) -> Sent:
        return change(request) or said(translated(request) if is_translation(request) else answered(request))

    return reply


def pipeline(server: Scripted, name: str = "english", at_once: int = 4) -> Pipeline:
    """A model and a translator behind one server."""
    manners = Manners(concurrency=at_once)
    mt = Translator(Endpoint(address(server.url), "mt", manners))
    return Pipeline(Endpoint(address(server.url), name, manners), mt, mt)


def paper(count: int, **keys: Any) -> ChoicePaper:
    return ChoicePaper("exam", OpenedChoice(items(count)), Manner(Form("paper-english"), **keys))


def sat(found: Examination) -> Sat:
    [result] = found.results
    assert isinstance(result, Sat)
    return result


def test_the_letter_is_that_of_the_english_answer_and_all_texts_are_kept(database: Settings) -> None:
    with Scripted(both()) as server:
        writer, budget = pipeline(server), Budget()
        found = examine([Subject(writer)], [paper(8)], budget)
        english = sorted({r.asked for r in server.requests if not is_translation(r)})
        assert len(server.requests) == ALL
        assert examine([Subject(writer)], [paper(8)], Budget()).results[0].asked == 0
        assert len(server.requests) == ALL
    shown = "[A] : liver\n[B] : spleen\n[C] : heart\n[D] : kidney"
    assert english[3] == FORMS["paper-english"].format(question="What is question number 3?", options=shown)
    result = sat(found)
    assert [figure.value for figure in result.scores] == [1.0]
    assert result.translated_back == {"kept": 0, "changed": 0, "lost": 8}
    own = [row for row in rows() if row.benchmark == "exam"]
    assert own[0].output["text"] == "پاسخ این است که عضو مورد نظر درست است."
    assert own[0].output["through"]["answer"] == "Let us think. The answer is [A]."
    assert own[0].output["through"]["options"]["D"] == "kidney"
    assert own[0].prompt.startswith("\nپرسش شمارهٔ 0")
    assert (budget.spent.calls, found.spent.calls) == (ALL, ALL)


def test_time_tokens_and_calls_are_those_of_all_parts(database: Settings) -> None:
    with Scripted(both()) as server:
        examine([Subject(pipeline(server))], [paper(3)], Budget())
    kept = rows()
    [own, *_] = [row for row in kept if row.item == "q1"]
    prompts = own.output["through"]["prompt"]
    parts = [row for row in kept if row.prompt == prompts or ("شمارهٔ 1 " in row.prompt and row is not own)]
    parts += [row for row in kept if row.prompt.endswith(own.output["through"]["answer"])]
    assert len(parts) == 7
    assert own.output["seconds"] == pytest.approx(sum(row.output["seconds"] for row in parts), abs=0.01)
    assert own.output["tokens"] == dict(sum((Counter(row.output["tokens"]) for row in parts), Counter()))


def test_what_one_pipeline_translated_serves_the_next(database: Settings) -> None:
    with Scripted(both()) as server:
        one, other, budget = pipeline(server), pipeline(server, "another"), Budget()
        examine([Subject(one)], [paper(4)], Budget())
        begun = len(server.requests)
        found = examine([Subject(one), Subject(other)], [paper(4)], budget)
        asked = server.requests[begun:]
        assert len({one.sha256, other.sha256, one.inner.sha256, pipeline(server).sha256}) == 3
    assert [is_translation(request) for request in asked] == [False] * 4
    assert budget.spent.calls == len(server.requests)
    assert len(found.comparisons) == 1


def test_moved_options_and_several_chains_are_read_back_to_their_own_letters(database: Settings) -> None:
    def by_organ(request: Request) -> Sent | None:
        if is_translation(request):
            return None
        line = next(line for line in request.asked.splitlines() if line.endswith("heart"))
        return said(f"The answer is {line[:3]}.")

    manner = Manner(Form("paper-english", permuted=True), Sampling(temperature=0.5), chains=3)
    with Scripted(both(by_organ)) as server:
        found = examine([Subject(pipeline(server))], [ChoicePaper("exam", OpenedChoice(items(4)), manner)], Budget())
    assert sat(found).scores[0].value == 0.25
    assert {row.choice for row in rows() if row.benchmark == "exam"} == {"C"}


def test_a_question_that_the_translator_leaves_out_stands_in_persian_and_is_told(database: Settings) -> None:
    def change(request: Request) -> Sent | None:
        return said("") if is_translation(request) and text_of(request) == "قلب" else None

    with Scripted(both(change)) as server:
        examine([Subject(pipeline(server))], [paper(2)], Budget())
    own = [row for row in rows() if row.benchmark == "exam"]
    assert {tuple(row.output["untranslated"]) for row in own} == {("C",)}
    assert own[0].output["through"]["options"]["C"] == "قلب"


def test_free_questions_end_in_persian_for_the_judge(database: Settings) -> None:
    opened = OpenedPairs((("k1", "پرسش شمارهٔ 7 چیست؟", "استراحت"),))
    with Scripted(both()) as server:
        examine([Subject(pipeline(server))], [FreePaper("free", opened, Manner())], Budget())
        assert [r.asked for r in server.requests if not is_translation(r)] == ["What is question number 7?"]
    [own] = [row for row in rows() if row.benchmark == "free"]
    assert own.output["text"].startswith("پاسخ")
    assert own.output["through"]["answer"].endswith("[D].")


@pytest.mark.parametrize("most", [3, 22, 30, 41])
def test_a_budget_ends_it_anywhere_and_a_larger_one_goes_on(database: Settings, most: int) -> None:
    with Scripted(both()) as server:
        writer = pipeline(server)
        first = examine([Subject(writer)], [paper(8)], Budget(Limits(calls=most)))
        assert (len(server.requests), first.spent.calls) == (most, most)
        assert first.stopped
        assert not first.results
        last = examine([Subject(writer)], [paper(8)], Budget(Limits(calls=ALL)))
        assert (len(server.requests), last.spent.calls, last.stopped) == (ALL, ALL, None)
    assert len({r.asked for r in server.requests}) == ALL
    assert sat(last).scores[0].value == 1.0


def test_the_estimate_bounds_what_is_spent(database: Settings) -> None:
    with Scripted(both()) as server:
        writer, job = pipeline(server), paper(5).jobs(pipeline(server))[0]
        most = forecast_of([(writer, job)], Budget())
        assert not server.requests
        spent = examine([Subject(writer)], [paper(5)], Budget()).spent
        assert forecast_of([(writer, job)], Budget()).calls == 0
    assert most.calls == 5 * (1 + 4 + 2)
    assert spent.calls <= most.calls
    assert spent.read <= most.read
    assert spent.written <= most.written


def test_the_estimate_counts_once_what_chains_and_models_share(database: Settings) -> None:
    drawn = paper(5, sampling=Sampling(temperature=0.5), chains=3)
    with Scripted(both()) as server:
        writers = [pipeline(server), pipeline(server, "another")]
        asked = [(writer, job) for writer in writers for job in drawn.jobs(writer)]
        most = forecast_of(asked, Budget())
        spent = examine([Subject(writer) for writer in writers], [drawn], Budget()).spent
        assert forecast_of(asked, Budget()).calls == 0
    assert most.calls == 5 * (1 + 4) + 2 * 3 * 5 * 2  # answers and their ways back are each chain's own
    assert spent.calls <= most.calls


def test_models_of_this_machine_are_counted_together(database: Settings, tmp_path: Path) -> None:
    inner = Local("inner", located(make_model(tmp_path / "inner")))
    there = EncoderDecoder("fa-en", located(make_seq2seq(tmp_path / "fa-en")))
    back = EncoderDecoder("en-fa", located(make_seq2seq(tmp_path / "en-fa", seed=1)))
    short = Sampling(max_new_tokens=6)
    writer = Pipeline(inner, Translator(there, True, short), Translator(back, True, short))
    drawn = Sampling(temperature=1.0, max_new_tokens=12)
    found = examine([Subject(writer)], [paper(2, sampling=drawn)], Budget())
    [speed] = sat(found).speed
    sizes = [part.generator.parameters for part in (inner, there, back)]
    assert speed.parameters == sum(sizes)
    assert writer.label == "inner through fa-en and en-fa"


def ask(server: Scripted, *more: str) -> list[str | Path]:
    where = ["--endpoint", server.url, "--endpoint-model", "english"]
    mt = ["--translator-endpoint", server.url, "--translator-endpoint-model", "mt"]
    return ["ask", "--benchmark", "persian-medical-basics", *where, *mt, "--concurrency", "16", *more]


def test_a_killed_command_goes_on_and_asks_nothing_twice(database: Settings) -> None:
    hanging = both(lambda r: Sent(b"", wait=600) if r.number > 120 else None)
    with Scripted(hanging) as server:
        with subprocess.Popen([PROGRAM, *ask(server)], env=os.environ) as process:
            deadline = time.monotonic() + 60
            while len(rows()) < 120 and time.monotonic() < deadline:
                time.sleep(0.05)
            process.send_signal(signal.SIGKILL)
        first, begun = {r.asked for r in server.requests[:120]}, len(server.requests)
        server.reply = both()
        told = run(*ask(server, "--json"))
        assert told.returncode == 0, told.stderr
        again = [r.asked for r in server.requests[begun:]]
    assert len(again) == len(set(again))
    assert not first & set(again)
    found = json.loads(told.stdout)
    assert found["results"][0]["items"] == BASICS
    assert len(rows()) - BASICS == 120 + len(again)
    assert found["spent"]["calls"] == len(server.requests) == begun + len(again)  # those that hung when it was killed


def test_a_translator_that_is_gone_ends_with_exit_3_and_what_was_said_is_kept(database: Settings) -> None:
    gone = both(lambda r: error(503, "down", {"retry-after": "900"}) if r.number > 50 else None)
    with Scripted(gone) as server:
        told = run(*ask(server))
        assert (told.returncode, told.stderr.count("\n")) == (3, 1)
        assert "translation fa-en: 50 of " in told.stderr
        assert len(rows()) == 50


WRONG: list[tuple[tuple[str, ...], str]] = [
    (("--translator", "nowhere"), "no model folder is nowhere"),
    (("--translator-endpoint", "http://x/v1"), "give the translating model's name too"),
    (("--translator-back", "x"), "name one translator"),
    (("--translator", "x", "--prompt", "headed"), "through a translator the prompt is paper-english, not headed"),
    (("--translator", "x", "--retrieve", "bm25"), "examples and passages are not translated"),
]


@pytest.mark.parametrize(("arguments", "told"), WRONG)
def test_wrong_usage_exits_2_in_one_line(database: Settings, arguments: tuple[str, ...], told: str) -> None:
    model = ("--endpoint", "http://127.0.0.1:9/v1", "--endpoint-model", "y")
    done = run("ask", "--benchmark", "persian-medical-basics", *model, *arguments)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert told in done.stderr
