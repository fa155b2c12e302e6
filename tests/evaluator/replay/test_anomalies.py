"""What is odd about files of answers, found without their names."""

import random
from collections.abc import Sequence
from itertools import cycle, pairwise
from pathlib import Path
from typing import Any

import pytest
from rapidfuzz.distance import Indel

from evaluator.replay import replay
from evaluator.replay.grouping import SAME_KEYS
from evaluator.replay.roster import align
from evaluator.replay.rows import telling
from evaluator.replay.stored import read
from tests.evaluator.replay.files import KEYS, answered, write
from tests.evaluator.replay.published import SYSTEMS, TASKS, path_of

Rows = list[dict[str, Any]]
ROWS = answered(list(KEYS))
STEPS = "برای پاسخ باید بند را سنجید. نخست پوست دیده می‌شود، سپس آنچه زیر آن است، و در پایان بند. "


def odd(folder: Path, kind: str, **files: Rows) -> list[dict[str, Any]]:
    given = [write(folder / "exam" / f"{name}.jsonl", rows) for name, rows in files.items()]
    return [anomaly for anomaly in replay(given).as_json()["anomalies"] if anomaly["kind"] == kind]


def changed(rows: Rows, **changes: Any) -> Rows:
    return [row | {column: change(row[column]) for column, change in changes.items()} for row in rows]


def test_nothing_is_odd_where_nothing_is(tmp_path: Path) -> None:
    files = [write(tmp_path / "exam" / f"{name}.jsonl", ROWS) for name in "abc"]
    assert replay(files).as_json()["anomalies"] == []


def test_rows_that_others_have(tmp_path: Path) -> None:
    fewer = [row for n, row in enumerate(ROWS, 1) if n not in (3, 4, 9)]
    found = odd(tmp_path, "missing rows", ours=fewer, theirs=ROWS, last=ROWS[:-1])
    assert [(a["system"], a["items"], a["of"]) for a in found] == [("ours", [3, 4, 9], 12), ("last", [12], 12)]


def test_rows_that_only_one_file_has_are_missing_in_the_others(tmp_path: Path) -> None:
    found = odd(tmp_path, "missing rows", ours=ROWS[:10], theirs=[*ROWS[1:8], *ROWS[10:]])
    assert [(a["system"], a["items"]) for a in found] == [("ours", [11, 12]), ("theirs", [1, 9, 10])]


def test_an_item_in_other_words(tmp_path: Path) -> None:
    rows = list(ROWS)
    rows[4] = changed([ROWS[4]], question=lambda text: text.replace("نخست", "نخستین‌بار"))[0]
    rows[6] = changed([ROWS[6]], options=lambda options: options | {"B": "هیچ‌کدام"})[0]
    spelt = changed(ROWS, question=lambda text: text.replace("ی", "ي"))
    (found,) = odd(tmp_path, "wording", ours=ROWS, theirs=rows, other=spelt)
    assert [(i["item"], i["differs"], i["systems"]) for i in found["items"]] == [
        (5, ["question"], [["ours", "other"], ["theirs"]]),
        (7, ["options"], [["ours", "other"], ["theirs"]]),
    ]


def test_another_translation_even_with_rows_missing(tmp_path: Path) -> None:
    def said_anew(options: dict[str, str]) -> dict[str, str]:
        return {letter: f"عضو {text} بدن" for letter, text in options.items()}

    anew = changed(ROWS, question=lambda text: f"بگویید {text}", options=said_anew)
    (found,) = odd(tmp_path, "another translation", ours=ROWS, theirs=anew, other=ROWS)
    assert (found["system"], found["items"], found["than"]) == ("theirs", 12, ["ours", "other"])
    missing = odd(tmp_path, "missing rows", ours=ROWS, theirs=[*anew[:3], *anew[5:]])
    assert [(a["system"], a["of"], len(a["items"])) for a in missing] == [("theirs", 12, 2)]


def test_another_language(tmp_path: Path) -> None:
    english = changed(ROWS, question=lambda text: f"Which one is seen first? ({text[:6]})")
    found = odd(tmp_path, "another language", pipeline=english, ours=ROWS, theirs=ROWS)
    assert [(a["system"], a["items"], a["than"]) for a in found] == [("pipeline", 12, ["ours", "theirs"])]
    assert odd(tmp_path, "wording", pipeline=english, ours=ROWS, theirs=ROWS) == []


def test_another_prompt_is_told_from_stored_prompts(tmp_path: Path) -> None:
    def prompted(form: str) -> Rows:
        return [row | {"prompt": form.format(row["question"], *row["options"].values())} for row in ROWS]

    plain, steps = prompted("پرسش: {}\n{} | {} | {} | {}"), prompted("قدم به قدم. پرسش: {}\n{} | {} | {} | {}")
    found = odd(tmp_path, "another prompt", a=plain, b=[*plain[:9], *steps[9:]], c=steps)
    assert [(a["system"], a["evidence"][0]["rows"]) for a in found] == [("b", 3), ("c", 12)]


def test_another_prompt_is_told_from_where_the_letters_stand(tmp_path: Path) -> None:
    late = changed(ROWS, generation=lambda text: STEPS + text)
    found = odd(tmp_path, "another prompt", a=ROWS, b=late, c=ROWS)
    assert [(a["system"], a["evidence"][0]["letter_first"]) for a in found] == [("b", 0.0)]
    files = [write(tmp_path / task / "a.jsonl", rows) for task, rows in (("x", ROWS), ("y", ROWS), ("z", late))]
    found = [a for a in replay(files).as_json()["anomalies"] if a["kind"] == "another prompt"]
    assert [(a["task"], a["evidence"][0]["in"]) for a in found] == [("x + y + z", "the same system's other files")]


def test_keys_that_are_none_or_several(tmp_path: Path) -> None:
    other = [ROWS[0] | {"correct": "D"}, ROWS[1] | {"correct": ""}, *ROWS[2:]]
    assert [(a["item"], a["keys"]) for a in odd(tmp_path, "another key", ours=ROWS, theirs=other)] == [
        (1, {"ours": "B", "theirs": "D"}),
        (2, {"ours": "A", "theirs": None}),
    ]
    assert [(a["system"], a["rows"]) for a in odd(tmp_path, "no key", ours=ROWS, theirs=other)] == [("theirs", [2])]


def test_moved_rows_are_found_by_what_they_hold(tmp_path: Path) -> None:
    ours, theirs = (read(write(tmp_path / f"{n}.jsonl", rows)) for n, rows in enumerate((ROWS, ROWS[::-1])))
    assert align(ours, theirs) == list(range(12))[::-1]


def test_thousands_of_rows_that_repeat_are_aligned_in_a_moment(tmp_path: Path) -> None:
    """The longest run of equal rows, again and again, would take hours: https://docs.python.org/3/library/difflib.html"""
    rows = [row | {"question": "؟", "options": {"A": "x", "B": "y"}} for row in (ROWS * 300)]
    first = [row | {"correct": "AB"[n % 2]} for n, row in enumerate(rows)]
    second = [row | {"correct": "BA"[n // 2 % 2]} for n, row in enumerate(rows)]
    ours, theirs = (read(write(tmp_path / f"{n}.jsonl", given)) for n, given in enumerate((first, second)))
    items = align(ours, theirs)
    assert sorted(item for item in items if item is not None) == list(range(len(rows)))


def test_the_published_files_are_odd_as_known() -> None:
    given = [path_of(task, system) for task in TASKS for system in SYSTEMS]
    found = replay(given).as_json()["anomalies"]
    told = {
        kind: [(a["task"], a.get("system")) for a in found if a["kind"] == kind] for kind in {a["kind"] for a in found}
    }
    pipelines = [(task, system) for task in TASKS for system in SYSTEMS if system.startswith("medmobile")]
    assert sorted(told["another language"]) == sorted(pipelines)
    assert ("mmlu_fa_medical_genetics", "gaokerena") in told["another prompt"]
    assert {system for _, system in told["another prompt"]} <= {"gaokerena", "medmobile+parsinlu", "medmobile+gemma2b"}
    assert "missing rows" not in told
    (wording,) = (a for a in found if a["kind"] == "wording")
    assert [item["item"] for item in wording["items"]] == [150]


def test_two_files_of_one_name_are_told_apart(tmp_path: Path) -> None:
    other = [ROWS[0] | {"correct": "D"}, *ROWS[1:]]
    files = [write(tmp_path / run / "exam" / "ours.jsonl", rows) for run, rows in (("first", ROWS), ("second", other))]
    found = replay(files).as_json()
    assert [list(a["keys"].values()) for a in found["anomalies"] if a["kind"] == "another key"] == [["B", "D"]]
    (task,) = found["tasks"]
    assert len(set(task["systems"])) == 2
    assert {task["pairs"][0]["first"], task["pairs"][0]["second"]} == set(task["systems"])


def again(found: list[dict[str, Any]]) -> list[tuple[str, list[tuple[int, int]]]]:
    return [(a["system"], [(row["row"], row["of"]) for row in a["rows"]]) for a in found]


def test_a_file_that_repeats_rows_is_told_and_no_other_is_blamed(tmp_path: Path) -> None:
    twice = [*ROWS[:7], *ROWS[2:5], *ROWS[7:]]
    files = [write(tmp_path / "exam" / f"{name}.jsonl", rows) for name, rows in (("twice", twice), ("whole", ROWS))]
    told = replay(files).as_json()
    assert [a["kind"] for a in told["anomalies"]] == ["repeated rows"]
    assert again(told["anomalies"]) == [("twice", [(8, 3), (9, 4), (10, 5)])]
    (task,) = told["tasks"]
    assert (task["items"], task["pairs"][0]["items"], told["files"][0]["rows"]) == (12, 12, 15)


def test_repeated_rows_do_not_hide_rows_that_are_missing(tmp_path: Path) -> None:
    half = [*ROWS[:5], *ROWS[6:], ROWS[3]]
    found = odd(tmp_path, "missing rows", half=half, whole=ROWS)
    assert [(a["system"], a["items"], a["of"]) for a in found] == [("half", [6], 12)]
    assert again(odd(tmp_path, "repeated rows", half=half, whole=ROWS)) == [("half", [(12, 4)])]


def test_a_file_that_is_in_there_twice(tmp_path: Path) -> None:
    assert again(odd(tmp_path, "repeated rows", ours=ROWS * 2, theirs=ROWS)) == [
        ("ours", [(13 + n, 1 + n) for n in range(12)])
    ]
    assert odd(tmp_path, "missing rows", ours=ROWS * 2, theirs=ROWS) == []


def test_an_item_that_the_task_repeats_is_no_repeated_row(tmp_path: Path) -> None:
    twin = [*ROWS, ROWS[0]]
    assert odd(tmp_path, "repeated rows", a=twin, b=twin, c=ROWS) == []
    found = odd(tmp_path, "missing rows", a=twin, b=twin, c=ROWS)
    assert [(a["system"], a["items"]) for a in found] == [("c", [13])]


def test_a_file_alone_tells_of_its_repeated_rows(tmp_path: Path) -> None:
    assert again(odd(tmp_path, "repeated rows", ours=[*ROWS, ROWS[4]])) == [("ours", [(13, 5)])]


def test_repeated_rows_in_words_that_no_other_file_has(tmp_path: Path) -> None:
    def english(rows: Rows) -> Rows:
        return changed(rows, question=lambda text: f"Which one is seen first? {text[6:9]}")

    twice = english([*ROWS[:7], *ROWS[2:5], *ROWS[7:]])
    for given in (twice, [row for n, row in enumerate(twice) if n not in (0, 11, 12)]):
        assert [system for system, _ in again(odd(tmp_path, "repeated rows", ours=ROWS, english=given))] == ["english"]
        assert "ours" not in [a["system"] for a in odd(tmp_path, "missing rows", ours=ROWS, english=given)]
    twin = [*ROWS[:7], *ROWS[2:5], *ROWS[7:]]
    assert odd(tmp_path, "repeated rows", ours=twin, theirs=twin, english=english(twin)) == []


@pytest.mark.parametrize("keys", ["A", None, "AAAAAAAB", ["C", None]])
def test_exams_with_one_key_for_nearly_all_are_not_of_one_task(
    tmp_path: Path, keys: Sequence[str | None] | None
) -> None:
    def exam(topic: str) -> Rows:
        rows = answered(["A", "B", "C"] * 20)
        return [
            row | {"question": f"{topic}{n}", "options": {k: f"{topic}{n}{k}" for k in "ABCD"}, "correct": key}
            for n, (row, key) in enumerate(zip(rows, cycle(keys or [None]), strict=False))
        ]

    files = [write(tmp_path / "exams" / f"{topic}.jsonl", exam(topic)) for topic in ("bone", "court")]
    assert [(task["systems"], task["items"]) for task in replay(files).as_json()["tasks"]] == [
        (["bone"], 60),
        (["court"], 60),
    ]
    mixed = [exam("bone"), [*exam("bone")[:45], *exam("court")[45:]]]
    files = [write(tmp_path / "mixed" / f"{n}.jsonl", rows) for n, rows in enumerate(mixed)]
    assert [task["items"] for task in replay(files).as_json()["tasks"]] == [75]


def test_orders_of_letters_that_tell_a_task_are_not_alike_by_chance() -> None:
    chance = random.Random(1)
    drawn = ["".join(chance.choices("ABCD", (60, 40, 0, 0), k=100)) for _ in range(400)]
    told = [letters for letters in drawn if telling(letters)]
    assert len(told) > 150
    assert max(Indel.normalized_similarity(one, other) for one, other in pairwise(told)) < SAME_KEYS
