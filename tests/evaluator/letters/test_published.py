"""The letters a person read from published answers, where those lie beside the project."""

import pytest

from evaluator.letters import reading
from tests.evaluator.replay.published import SYSTEMS, TASKS, published

LEAST = {"gaokerena": 0.98, "aya-expanse-8b": 0.98, "persianmind": 0.98, "qwen2.5": 0.96}
# Of the pipelines' answers, translated forth and back, a person leaves many unread that give a letter or its words.
LEAST |= {"medmobile+parsinlu": 0.94, "medmobile+gemma2b": 0.85}


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_reader_agrees_with_the_person(system: str) -> None:
    answers = [answer for task in TASKS for answer in published(task, system)]
    same = [reading(a.generation, a.options, a.question).letter == a.published for a in answers]
    assert sum(same) / len(same) >= LEAST[system]
