"""Many texts: read on all cores as by one process."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from evaluator.letters import named_at, reading
from evaluator.letters.many import MANY, read_many
from evaluator.letters.signs import sought
from tests.evaluator.letters.exams import LISTED, ORGANS
from tests.evaluator.replay.files import KEYS, answered, write

PROGRAM = Path(sys.executable).parent / "evaluator"
TEXTS = [
    (text.format(place), ORGANS, "کدام؟")
    for place in range(150)
    for text in ("{} پاسخ صحیح گزینه [B] است.", "{}" + LISTED, "پس از {} روز، طحال.", "C{}", "در {}، ب) درست نیست.")
]
several_cores = pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="there is one core")


@several_cores
def test_all_cores_read_the_same_in_the_same_order_as_one() -> None:
    told: list[int] = []
    spread = read_many(TEXTS, told.append, many=0)
    assert spread == read_many(TEXTS)
    assert [found.reading for found in spread] == [reading(*text) for text in TEXTS]
    assert {found.reading.letter for found in spread} == {"B", "C", None}
    assert [found.place for found in spread[:1]] == [named_at(*TEXTS[0][:2], "B")]
    assert sum(told) == len(TEXTS) > max(told)


@several_cores
def test_ctrl_c_ends_all_of_them_with_one_line(tmp_path: Path) -> None:
    answers = write(tmp_path / "exam" / "ours.jsonl", answered([*KEYS] * (2 * MANY // len(KEYS))))
    told = subprocess.Popen(
        [PROGRAM, "replay", answers], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    begun = psutil.Process(told.pid)
    while told.poll() is None and len(begun.children()) < 2:
        pass
    started = begun.children()
    os.killpg(told.pid, signal.SIGINT)
    printed, blamed = told.communicate(timeout=60)
    assert (told.returncode, printed) == (130, "")
    assert re.fullmatch(r"evaluator: interrupted; .*\n", blamed)
    assert psutil.wait_procs(started, timeout=10)[1] == []


@pytest.mark.parametrize("word", ["بنابراین", "در نتیجه", "لذا", "incorrect", "پ", "ab"])
def test_a_word_is_sought_by_its_rarest_letter(word: str) -> None:
    found = re.fullmatch(rf".*(?:{sought(word)})", word)
    assert found
    assert re.search(sought(word), f"x{word[1:]}") is None
    assert [match.end() for match in re.finditer(sought(word), f"{word} {word}")] == [len(word), 2 * len(word) + 1]
