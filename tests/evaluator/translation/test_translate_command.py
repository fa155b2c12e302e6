"""`evaluator translate` as its users run it, against endpoints that translate well, badly, or die."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from evaluator.items import published_items
from evaluator.published import PLAIN
from evaluator.translation import checks
from storage.benchmarks.files import published
from storage.settings import Settings
from tests.evaluator.endpoint.scripted import Request, Scripted, Sent, error, said
from tests.evaluator.models import make_model
from tests.evaluator.translation import speaking
from tests.evaluator.translation.speaking import (
    PAIRS,
    PROGRAM,
    WORDED,
    exam,
    kinds,
    needs_chrf,
    rows,
    run,
    text_of,
    translate,
    translator,
    written,
)

OUT = "small-exam-fa.jsonl"


def test_a_good_translation_is_written_unflagged_and_read_by_all_who_read_items(
    database: Settings, tmp_path: Path
) -> None:
    path = exam(tmp_path)
    with Scripted(translator()) as server:
        told = translate(server, path, "--no-back", "--json")
        assert told.returncode == 0, told.stderr
        assert len(server.requests) == WORDED == len(rows())
        assert translate(server, path, "--no-back").returncode == 0
        assert len(server.requests) == WORDED
    found = json.loads(told.stdout)
    assert (found["items"], found["written"], found["asked"], found["flagged"]) == (3, 3, WORDED, 0), found
    lines = written(tmp_path / OUT)
    assert lines["d1"]["options"][0] == "انسولین"
    assert lines["b1"]["options"][3] == "2L."
    assert lines["d1"]["original"] == {
        "benchmark": "small-exam",
        **{k: speaking.ITEMS[0][k] for k in ("question", "options", "answer")},
    }
    assert (lines["d1"]["answer"], lines["d1"]["topic"], lines["d1"]["language"]) == ("A", "endocrinology", "fa")
    assert lines["d1"]["checks"]["question"]["script"] > 0.8
    assert [item.options[0] for item in published_items(tmp_path / OUT, PLAIN)] == ["انسولین", "۵ لیتر", "FGFR3"]
    assert [item.id for item in published(tmp_path / OUT)] == ["d1", "b1", "g1"]
    linted = json.loads(run("lint", "--data", tmp_path / OUT, "--original", path, "--alone", "--json").stdout)
    assert [f for f in linted["findings"] if f["severity"] == "error"] == []
    assert run("register", "--data", tmp_path / OUT, "--into", tmp_path / "into").returncode == 0


@needs_chrf
def test_back_translations_are_compared_and_those_unlike_their_source_flagged(
    database: Settings, tmp_path: Path
) -> None:
    path, other = exam(tmp_path), "کدام عامل باعث جهش در کودکان مبتلا می‌شود؟"
    gene = "Which gene is mutated in achondroplasia of children?"

    def change(text: str, told: str) -> str | None:
        if text == gene:
            return other
        return "Why do some children fall ill in spring?" if text == other else None

    with Scripted(translator(change)) as server:
        told = translate(server, path, "--json")
        assert told.returncode == 0, told.stderr
        assert len(server.requests) == 2 * WORDED == len(rows())
    lines = written(tmp_path / OUT)
    assert kinds(lines["g1"]) == {("question", "chrf")}
    assert lines["d1"]["checks"]["question"]["chrf"] == 100.0
    assert lines["d1"]["review"] is None
    assert json.loads(told.stdout)["kinds"] == {"chrf": 1}


def test_a_translator_that_writes_figures_in_circles_loses_no_paid_reply(
    database: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor does one whose reply a check fails on, whatever it is."""
    path = exam(tmp_path)
    with Scripted(translator(lambda text, told: f"❶ {told}" if text == "insulin" else None)) as server:
        assert translate(server, path, "--no-back").returncode == 0
        assert kinds(written(tmp_path / OUT)["d1"]) == {("A", "number_added")}
        monkeypatch.setattr(checks, "_echoed", lambda field: 1 // ("insulin" not in field.source) > 1)
        assert translate(server, path, "--no-back").returncode == 0
        assert len(server.requests) == WORDED
    lines = written(tmp_path / OUT)
    assert kinds(lines["d1"]) == {("question", "unchecked")}
    assert {row["review"] for row in lines.values()} == {"waiting", None}


def test_the_file_that_is_read_is_never_written_over(
    database: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = exam(tmp_path)
    as_default = exam(tmp_path, name="mmlu-en-anatomy-fa")
    (link := tmp_path / "link.jsonl").symlink_to(path)
    before = path.read_bytes()
    with Scripted(translator()) as server:
        told = [
            translate(server, path, "--out", path),
            translate(server, path, "--out", link),
            translate(server, Path("mmlu-en-anatomy"), "--data", path, "--out", path),
            translate(server, Path("mmlu-en-anatomy"), "--data", as_default),
        ]
        assert server.requests == []
    assert [(each.returncode, "is the file to translate" in each.stderr) for each in told] == [(2, True)] * 4
    assert path.read_bytes() == as_default.read_bytes() == before


def broken(text: str, told: str) -> str | None:
    """One fault in each item."""
    if text == "5 litres":
        return "لیتر"
    if text == "a low dose of aspirin":
        return PAIRS["insulin"]
    if text.startswith("Which gene"):
        return "Sure, here is the translation:\n\n" + told
    return None


def test_faults_of_a_translator_are_flagged_and_wait_for_a_person(database: Settings, tmp_path: Path) -> None:
    path = exam(tmp_path)
    with Scripted(translator(broken)) as server:
        told = translate(server, path, "--no-back", "--json")
        assert told.returncode == 0, told.stderr
        lines = written(tmp_path / OUT)
        assert kinds(lines["b1"]) == {("A", "number_lost")}
        assert kinds(lines["d1"]) == {("B", "key_twin")}
        assert kinds(lines["g1"]) == {("question", "prose")}
        assert lines["g1"]["question"] == PAIRS["Which gene is mutated in achondroplasia of children?"]
        assert {row["review"] for row in lines.values()} == {"waiting"}
        waiting = json.loads(run("translations", "small-exam", "--json").stdout)
        assert [row["item"] for row in waiting] == ["d1", "b1", "g1"]
        assert waiting == json.loads(translate(server, path, "--flagged", "--json").stdout)
        numbers = {row["item"]: str(row["number"]) for row in waiting}
        alike = run("decide", numbers["b1"], "edit", "--text", "A=۵ لیتر", "--text", "B=5 L")
        assert (alike.returncode, alike.stderr.count("\n")) == (2, 1)
        assert "item b1 would be wrong so: A and B, «5 litres» and «half a litre», were both" in alike.stderr
        assert run("decide", numbers["b1"], "edit", "--text", "A=۵ لیتر").returncode == 0
        assert run("decide", numbers["g1"], "accept", "--reason", "reads well").returncode == 0
        twin = run("decide", numbers["d1"], "accept", "--reason", "reads well")
        assert (twin.returncode, twin.stderr.count("\n")) == (2, 1)
        assert "item d1 would be wrong so: " in twin.stderr
        assert run("decide", numbers["d1"], "reject").returncode == 0
        told = translate(server, path, "--no-back", "--json")
        assert len(server.requests) == WORDED
    found, lines = json.loads(told.stdout), written(tmp_path / OUT)
    assert list(lines) == ["b1", "g1"]
    assert (lines["b1"]["options"][0], lines["b1"]["flagged"], lines["b1"]["review"]) == ("۵ لیتر", [], "edit")
    assert lines["g1"]["review"] == "approve"
    assert found["left_out"] == {"rejected": 1}
    assert (found["waiting"], found["decided"]) == (0, {"reject": 1, "edit": 1, "approve": 1})
    assert json.loads(run("translations", "--json").stdout) == []
    assert "no translation waits" in run("translations").stdout
    assert len(json.loads(run("translations", "--all", "--json").stdout)) == 3


def test_edits_are_held_to_the_checks_one_after_another(database: Settings, tmp_path: Path) -> None:
    path = exam(tmp_path)
    with Scripted(translator(broken)) as server:
        translate(server, path, "--no-back")
        numbers = {row["item"]: str(row["number"]) for row in json.loads(run("translations", "--json").stdout)}

        def edit(item: str, *texts: str) -> str:
            given = [part for text in texts for part in ("--text", text)]
            done = run("decide", numbers[item], "edit", *given)
            assert (done.returncode, done.stderr.count("\n")) == ((2, 1) if done.stderr else (0, 0))
            return done.stderr

        assert "A has lost 5 (litres): «5 litres» became «چند لیتر»" in edit("b1", "A=چند لیتر")
        assert "A has another unit than 5 (litres)" in edit("b1", "A=۵ گرم")
        assert "A has lost 5 (litres)" in edit("b1", "B=نیم لیتر")  # what was wrong before is wrong still
        assert not edit("b1", "A=۵ لیتر")
        assert "A and B, «5 litres» and «half a litre», were both made «۵ لیتر»" in edit("b1", "B=۵ لیتر")
        assert "A and D, «5 litres» and «2L.», were both made" in edit("b1", "A=۲ لیتر", "D=۲ لیتر")
        assert "would have nothing as B" in edit("b1", "B= ")
        assert not edit("d1", "B=آسپرین")
        assert "question has lost" in edit("d1", f"question={PAIRS[next(iter(PAIRS))].replace('HbA1c', 'قند')}")
        unsaid = run("decide", numbers["g1"], "edit", "--text", "A=ژن رشد")
        assert "A has lost 3: «FGFR3» became «ژن رشد». Give other texts, or say with --reason why" in unsaid.stderr
        said_so = ("--text", "A=ژن رشد", "--reason", "no Latin here")
        assert run("decide", numbers["g1"], "edit", *said_so).returncode == 0
        translate(server, path, "--no-back")
    lines = written(tmp_path / OUT)
    assert (lines["b1"]["options"], lines["b1"]["flagged"]) == (["۵ لیتر", "نیم لیتر", "هیچ‌کدام درست نیست", "2L."], [])
    assert lines["d1"]["options"][1] == "آسپرین"
    assert (lines["g1"]["options"][0], kinds(lines["g1"])) == ("ژن رشد", {("A", "number_lost"), ("A", "letters_lost")})


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        *((("C=" + text,), "C has no translation") for text in ("\u200c", "\u2800", "«.»", ".", "…", "\u200f\u00ad")),
        (("A=پیاز\u200cمغز", "C=پیاز مغز"), "A and C, "),
        (("A=بصل\u200cالنخاع", "C=بصل النخاع"), "A and C, "),
        (("A=هفت روز", "C=۷ روز"), "A and C, "),
    ],
)
def test_no_reason_excuses_an_edit_that_shows_nothing_or_makes_options_equal(
    database: Settings, tmp_path: Path, texts: tuple[str, ...], told: str
) -> None:
    with Scripted(translator(broken)) as server:
        translate(server, exam(tmp_path), "--no-back")
    number = next(str(row["number"]) for row in json.loads(run("translations", "--json").stdout) if row["item"] == "d1")
    given = [part for text in ("B=آسپرین", *texts) for part in ("--text", text)]
    done = run("decide", number, "edit", *given, "--reason", "I am sure")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert told in done.stderr
    assert "--reason" not in done.stderr
    assert len(json.loads(run("translations", "--json").stdout)) == 3


def test_a_missing_text_is_left_out_until_a_person_gives_it(database: Settings, tmp_path: Path) -> None:
    path = exam(tmp_path)
    with Scripted(translator(lambda text, _: " " if text == "insulin" else None)) as server:
        assert json.loads(translate(server, path, "--no-back", "--json").stdout)["left_out"] == {"not translated": 1}
        assert list(written(tmp_path / OUT)) == ["b1", "g1"]
        [row] = json.loads(run("translations", "--json").stdout)
        assert row["texts"][1]["flags"] == ["empty: A has no translation: «insulin»"]
        assert "A has no translation" in run("decide", str(row["number"]), "accept").stderr
        refused = run("decide", str(row["number"]), "edit", "--text", "B=آسپرین")
        assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
        assert "would have nothing as A" in refused.stderr
        assert run("decide", str(row["number"]), "edit", "--text", "A=انسولین").returncode == 0
        translate(server, path, "--no-back")
    assert written(tmp_path / OUT)["d1"]["options"][0] == "انسولین"


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (lambda text, _told: text, "echo"),
        (lambda _text, told: told + "\n\nNote: I kept the names.", "prose"),
        (lambda _text, _told: "متأسفم، نمی‌توانم این متن را ترجمه کنم.", "prose"),
        (lambda _text, told: told * 4, "length"),
        (lambda text, _told: text.upper() + " ok", "script"),
    ],
)
def test_a_translator_that_does_something_else_is_flagged_at_every_item(
    database: Settings, tmp_path: Path, change: Any, kind: str
) -> None:
    with Scripted(translator(change)) as server:
        told = translate(server, exam(tmp_path), "--no-back", "--json")
    found = json.loads(told.stdout)
    assert found["kinds"][kind] == 3, found
    assert found["waiting"] == 3


def test_one_that_says_nothing_ends_with_exit_1_and_is_not_asked_again(database: Settings, tmp_path: Path) -> None:
    path = exam(tmp_path)
    with Scripted(lambda _: said("")) as server:
        for _ in range(2):
            told = translate(server, path, "--no-back")
            assert told.returncode == 1
            assert "no item of small-exam is left to write (3 not translated). The replies are kept" in told.stderr
        assert len(server.requests) == WORDED
    assert not (tmp_path / OUT).exists()


def test_an_endpoint_that_dies_half_way_keeps_what_it_said_and_the_file_as_it_was(
    database: Settings, tmp_path: Path
) -> None:
    path, whole = exam(tmp_path), translator()
    (tmp_path / OUT).write_text("as it was", encoding="utf-8")
    faults = {2: Sent(b"{no json"), 3: error(429, "slow", {"retry-after": "0"})}

    def reply(request: Request) -> Sent:
        if request.number in faults:
            return faults[request.number]
        return whole(request) if request.number <= 8 else error(503, "down", {"retry-after": "900"})

    with Scripted(reply) as server:
        told = translate(server, path, "--no-back")
        assert (told.returncode, told.stderr.count("\n")) == (3, 1)
        assert "of 12 items are answered and kept; run the same command again to go on" in told.stderr
        assert (tmp_path / OUT).read_text(encoding="utf-8") == "as it was"
        kept = {row.item for row in rows()}
        server.reply, before = whole, len(server.requests)
        assert translate(server, path, "--no-back").returncode == 0
        assert len(server.requests) - before == WORDED - len(kept)
    assert len(rows()) == WORDED
    assert list(written(tmp_path / OUT)) == ["d1", "b1", "g1"]


def test_a_killed_call_goes_on_and_asks_nothing_twice(database: Settings, tmp_path: Path) -> None:
    path, whole = exam(tmp_path), translator()
    with Scripted(lambda r: whole(r) if r.number <= 5 else Sent(b"", wait=600)) as server:
        command = [PROGRAM, "translate", path, "--to", "fa", "--no-back", "--endpoint", server.url]
        with subprocess.Popen([*command, "--endpoint-model", "tiny"], cwd=tmp_path, env=os.environ) as process:
            deadline = time.monotonic() + 60
            while len(rows()) < 5 and time.monotonic() < deadline:
                time.sleep(0.05)
            process.send_signal(signal.SIGKILL)
        first = {text_of(r) for r in server.requests[:5]}
        begun = len(server.requests)
        server.reply = whole
        assert translate(server, path, "--no-back").returncode == 0
        asked = [text_of(r) for r in server.requests[begun:]]
    assert len(asked) == WORDED - 5
    assert not first & set(asked)
    assert len(rows()) == len({row.item for row in rows()}) == WORDED


def test_budgets_stop_cleanly_and_the_estimate_bounds_what_is_spent(database: Settings, tmp_path: Path) -> None:
    path = exam(tmp_path)
    prices = ("--price-read", "2", "--price-written", "8")
    with Scripted(translator()) as server:
        most = json.loads(translate(server, path, "--no-back", "--estimate", "--json", *prices).stdout)
        assert (most["calls"], server.requests) == (WORDED, [])
        told = translate(server, path, "--no-back", "--max-calls", "7")
        assert (told.returncode, len(server.requests), told.stderr.count("\n")) == (7, 7, 1)
        assert "9 of 14 texts are translated and kept" in told.stderr
        told = translate(server, path, "--no-back", "--json", "--max-cost", "9", *prices)
        spent = json.loads(told.stdout)["spent"]
    assert spent["calls"] == WORDED
    assert 0 < spent["cost"] <= most["cost"]


@needs_chrf
def test_the_estimate_counts_the_way_back_before_it_is_known(database: Settings, tmp_path: Path) -> None:
    path = exam(tmp_path)
    with Scripted(translator()) as server:
        most = json.loads(translate(server, path, "--estimate", "--json").stdout)
        assert translate(server, path, "--max-calls", "15").returncode == 7
        spent = json.loads(translate(server, path, "--json").stdout)["spent"]
        assert json.loads(translate(server, path, "--estimate", "--json").stdout)["calls"] == 0
    assert spent["calls"] == 2 * WORDED <= most["calls"]
    assert spent["read"] + spent["written"] <= most["read"] + most["written"]


def test_a_free_form_file_keeps_its_columns_and_sure_leaves_out_what_is_in_doubt(
    database: Settings, tmp_path: Path
) -> None:
    items = [
        {
            "id": f"k{n}",
            "question": "How much blood does an adult of 70 kg have, about?",
            "Free_form_answer": "5 litres",
            "Must_have": ["half a litre", "insulin"] if n else ["insulin"],
            "Nice_to_have": [],
            "Sources": "of our own",
        }
        for n in range(2)
    ]
    path = exam(tmp_path, items, "kqa")
    with Scripted(translator(lambda text, _: text if text == "half a litre" else None)) as server:
        told = translate(server, path, "--no-back", "--sure", "--json", "--out", tmp_path / "out.jsonl")
    assert told.returncode == 0, told.stderr
    assert len(rows()) == 4
    [row] = written(tmp_path / "out.jsonl").values()
    assert (row["free_form_answer"], row["must_have"], row["nice_to_have"]) == ("۵ لیتر", ["انسولین"], [])
    assert (row["id"], row["source"]) == ("k0", "of our own")
    assert json.loads(told.stdout)["left_out"] == {"in doubt": 1}


def test_a_folder_translates_on_this_machine(database: Settings, tmp_path: Path) -> None:
    folder, path = make_model(tmp_path / "mt"), exam(tmp_path)
    told = run("translate", path, "--to", "fa", "--model", folder, "--no-back", "--max-new-tokens", "4", cwd=tmp_path)
    assert told.returncode in (0, 1), told.stderr
    assert len(rows()) == WORDED
    assert {row.model for row in rows()} == {"mt"}


WRONG: list[tuple[tuple[str, ...], str]] = [
    ((), "name one translator"),
    (("--model", "nowhere"), "no model folder is nowhere"),
    (("--endpoint", "http://x/v1"), "give the translating model's name too"),
    (("--model", ".", "--endpoint-model", "y"), "is an endpoint's: give its URL too"),
    (("--endpoint", "http://x/v1", "--endpoint-model", "y", "--to", "de"), "no language is named 'de'"),
    (("--endpoint", "http://x/v1", "--endpoint-model", "y", "--to", "en"), "small-exam is in English already"),
    (("--endpoint", "http://x/v1", "--endpoint-model", "y", "--out", "/nowhere/x"), "/nowhere"),
    (("--model", "x", "--max-calls", "0"), "--max-calls 0 allows nothing"),
]


@pytest.mark.parametrize(("arguments", "told"), WRONG)
def test_wrong_usage_exits_2_in_one_line(
    database: Settings, tmp_path: Path, arguments: tuple[str, ...], told: str
) -> None:
    done = run("translate", exam(tmp_path), "--to", "fa", "--no-back", *arguments, cwd=tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert told in done.stderr


@pytest.mark.parametrize(
    ("items", "told"),
    [
        ([{"id": "1", "question": "Q?", "options": ["a", ""], "answer": "A"}], "item 1 has 1 options"),
        ([{"id": "1", "question": "Q?", "options": ["a", "b"], "answer": "X"}], "item 1 has the key 'X'"),
        ([{"id": "1", "frage": "Q?"}], "has no column question"),
        ([dict(speaking.ITEMS[0]), dict(speaking.ITEMS[0])], "item d1 stands there twice"),
    ],
)
def test_a_broken_file_is_told_before_anybody_is_asked(
    database: Settings, tmp_path: Path, items: list[dict[str, Any]], told: str
) -> None:
    with Scripted(translator()) as server:
        done = translate(server, exam(tmp_path, items), "--no-back")
        assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
        assert told in done.stderr
        assert not server.requests


def test_a_benchmark_by_name_is_translated_and_one_that_is_none_told(database: Settings, tmp_path: Path) -> None:
    with Scripted(lambda _: said("word")) as server:
        where = ("--endpoint", server.url, "--endpoint-model", "tiny", "--no-back")
        told = run("translate", "persian-medical-basics", "--to", "en", *where, "--estimate", cwd=tmp_path)
        assert told.stdout.startswith("at most ")
        assert "no benchmark is named 'nothing'" in run("translate", "nothing", "--to", "en", *where).stderr
        pairs = run("translate", "dev-pairs", "--to", "en", *where)
    assert (pairs.returncode, pairs.stderr.count("\n")) == (2, 1)
    assert "dev-pairs has no items of its own" in pairs.stderr
