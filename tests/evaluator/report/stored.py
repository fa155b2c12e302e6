"""Rows as `evaluator run`, `ask` and `judge` leave them: several systems at exams, and a judge's verdicts."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from evaluator import catalogue
from evaluator.asking.paper import FREE, LETTERED
from evaluator.benchmark import named
from evaluator.choice import OpenedChoice
from evaluator.judge.forms import FORMS
from evaluator.judge.given import Pair
from evaluator.judge.judging import Judge
from evaluator.judge.stored import paired
from evaluator.report.paper.wins import _Known
from storage import answers, db
from storage.answers import AnswerFields, Sitting

BASICS = "persian-medical-basics"
ASKED = "mf3qa-test"
WRITTEN = {"scoring": LETTERED, "prompt": "paper", "permuted": False, "chain": 0}
DEVICE = {"device": "GPU A", "parameters": 8_028_033_024, "at_once": 1}
HOSTILE = "=cmd|' /C calc'!A0 <script>alert(1)</script> \\input{x} $x_1^2$ & 5 % # ~ {"


def sha_of(model: str) -> str:
    return model.encode().hex().ljust(64, "0")[:64]


def exam(benchmark: str = BASICS) -> OpenedChoice:
    found = named(benchmark).open(None)
    assert isinstance(found, OpenedChoice)
    return found


def sat(model: str, right: Callable[[int], bool | None], benchmark: str = BASICS, **keys: Any) -> Sitting:
    """Write an answer to each item: `right` says by its place whether it is; None for an item without a row.

    `facts` are kept with each answer, other keys are settings.
    """
    facts = DEVICE | keys.pop("facts", {})
    opened = exam(benchmark)
    sitting = Sitting(model, sha_of(model), benchmark, opened.sha256, WRITTEN | keys)
    rows = []
    for n, item in enumerate(opened.items):
        if (correct := right(n)) is None:
            continue
        letter = item.answer if correct else next(other for other in item.lettered if other != item.answer)
        output = {"text": f"گزینه {letter} درست است، زیرا {model}", "finish": "stop", "seconds": 2 + n / 100, **facts}
        output["tokens"] = {"read": 50, "written": 20, "calls": 1}
        rows.append(AnswerFields(item.id, f"پرسش {item.question}", output, letter, correct))
    keep(sitting, rows)
    return sitting


def keep(sitting: Sitting, rows: Sequence[AnswerFields]) -> None:
    with db.session() as session:
        answers.save(session, sitting, rows)


def take(benchmark: str, folder: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Have a benchmark at hand from rows of the test's own."""
    file = folder / f"{benchmark}.jsonl"
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    catalogue.fetched(benchmark, file)


def choices(count: int, questions: Callable[[int], str]) -> list[dict[str, Any]]:
    """Items of four options, the key always the second in every third and else the first."""
    return [
        {
            "id": f"q{n:03}",
            "question": questions(n),
            "options": [f"{word} {questions(n)}" for word in ("یک", "دو", "سه", "چهار")],
            "answer": "B" if n % 3 == 0 else "A",
        }
        for n in range(count)
    ]


def free(folder: Path, models: Sequence[str], count: int = 40) -> None:
    """A free-form benchmark of two sources, and what models wrote to it: the longer the later they are named."""
    rows = [{"question": f"پرسش {n}", "answer": f"پاسخ {n}", "source": "ab"[n % 2]} for n in range(count)]
    take(ASKED, folder, rows)
    opened = named(ASKED).open(None)
    for place, model in enumerate(models):
        sitting = Sitting(model, sha_of(model), ASKED, opened.sha256, {"scoring": FREE, "chain": 0})
        texts = {q.item: f"{model} می‌گوید {q.item}{' و بس' * place}" for q in opened.questions}
        keep(sitting, [AnswerFields(item, item, {"text": text}, None, False) for item, text in texts.items()])


def judged(
    ours: str, other: str, verdict: Callable[[int, bool], str], orders: Sequence[bool] = (True, False), **keys: int
) -> list[Pair]:
    """A judge's verdicts as rows: `verdict` tells by a pair's place, and whether ours stood first, what it said.

    `most` pairs are judged, all if it is not given; `longest` tokens a verdict may have.
    """
    most, longest = keys.get("most", 99), keys.get("longest", 64)
    pairs, form = paired(ours, other, ASKED), FORMS["ours"]
    judge = Judge(_Known("judge-1", sha_of("judge-1")), form, sampling(longest))
    said = {}
    for n, pair in enumerate(pairs[:most]):
        for ours_first in orders:
            put = form.put(pair.two(ours_first))
            better = verdict(n, ours_first)
            said[put.prompt] = f'{{"mark": "{put.mark}", "reason": "…", "better": "{better}"}}'
    job = judge.job([form.put(pair.two(first)) for pair in pairs for first in (True, False)])
    rows = [
        AnswerFields(prompt.item, prompt.text, {"text": said[prompt.text]}, None, False)
        for prompt in job.prompts
        if prompt.text in said
    ]
    keep(job.sitting, rows)
    return pairs


def sampling(longest: int) -> Any:
    from evaluator.asking import Sampling

    return Sampling(max_new_tokens=longest)
