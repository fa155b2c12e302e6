"""A translator with a dictionary behind a scripted endpoint, an exam of this project's own, and the command."""

import json
import re
import sys
from collections.abc import Callable
from contextlib import chdir, redirect_stderr, redirect_stdout
from importlib.util import find_spec
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from sqlalchemy import select

from evaluator.cli import main
from storage import db
from storage.models import Answer
from tests.evaluator.endpoint.scripted import Request, Scripted, Sent, said

PROGRAM = Path(sys.executable).parent / "evaluator"
needs_chrf = pytest.mark.skipif(
    find_spec("sacrebleu") is None, reason="sacrebleu is not installed: pip install 'tabib[translate]'"
)
PAIRS = {
    "A patient with diabetes type II has an HbA1c of 9.5 % and takes 500 mg of metformin. What is next?": (
        "بیماری با دیابت نوع ۲ دارای HbA1c برابر ۹٫۵٪ است و ۵۰۰ میلی‌گرم متفورمین مصرف می‌کند. گام بعدی چیست؟"
    ),
    "insulin": "انسولین",
    "a low dose of aspirin": "دوز پایین آسپرین",
    "two hours of rest": "دو ساعت استراحت",
    "no change of treatment": "بدون تغییر در درمان",
    "How much blood does an adult of 70 kg have, about?": "یک بزرگسال ۷۰ کیلوگرمی تقریبا چقدر خون دارد؟",
    "5 litres": "۵ لیتر",
    "half a litre": "نیم لیتر",
    "none of them is right": "هیچ‌کدام درست نیست",
    "Which gene is mutated in achondroplasia of children?": "در آکندروپلازی کودکان کدام ژن جهش یافته است؟",
    "the dystrophin gene": "ژن دیستروفین",
    "a gene of collagen": "یکی از ژن‌های کلاژن",
}
ITEMS: list[dict[str, Any]] = [
    {
        "id": "d1",
        "question": next(iter(PAIRS)),
        "options": ["insulin", "a low dose of aspirin", "two hours of rest", "no change of treatment"],
        "answer": "A",
        "topic": "endocrinology",
    },
    {
        "id": "b1",
        "question": "How much blood does an adult of 70 kg have, about?",
        "options": ["5 litres", "half a litre", "none of them is right", "2L."],
        "answer": "A",
    },
    {
        "id": "g1",
        "question": "Which gene is mutated in achondroplasia of children?",
        "options": ["FGFR3", "the dystrophin gene", "a gene of collagen"],
        "answer": "A",
    },
]
WORDED = 12
"""Texts of ITEMS that hold words; 2L. and FGFR3 hold none."""
BACK = {persian: english for english, persian in PAIRS.items()}


def text_of(request: Request) -> str:
    """The text that a request wants translated."""
    return request.asked.rpartition("TEXT:\n")[2]


def spoken(text: str) -> str:
    """The dictionary's translation, in either direction."""
    return PAIRS.get(text) or BACK[text]


def translator(change: Callable[[str, str], str | None] = lambda _text, _told: None) -> Callable[[Request], Sent]:
    """Replies out of the dictionary; `change` may say something else."""

    def reply(request: Request) -> Sent:
        text = text_of(request)
        other = change(text, spoken(text) if text in PAIRS or text in BACK else "")
        return said(spoken(text) if other is None else other)

    return reply


def exam(folder: Path, items: list[dict[str, Any]] | None = None, name: str = "small_exam") -> Path:
    """Its file."""
    path = folder / f"{name}.jsonl"
    lines = [json.dumps(item, ensure_ascii=False) for item in (ITEMS if items is None else items)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


class Done(NamedTuple):
    """How a command ended and what it said."""

    returncode: int
    stdout: str
    stderr: str


def run(*arguments: str | Path, cwd: Path | None = None) -> Done:
    """One call of `evaluator`, in this process: a new one takes seconds to begin."""
    out, err, given = StringIO(), StringIO(), sys.argv
    sys.argv = ["evaluator", *map(str, arguments)]
    code = 0
    try:
        with redirect_stdout(out), redirect_stderr(err), chdir(cwd or Path.cwd()):
            main()
    except SystemExit as ended:
        code = int(ended.code or 0)
    finally:
        sys.argv = given
    return Done(code, out.getvalue(), err.getvalue())


def translate(server: Scripted, path: Path, *more: str | Path) -> Done:
    """`evaluator translate` into Persian through a scripted endpoint."""
    where = ("--endpoint", server.url, "--endpoint-model", "tiny", "--concurrency", "4")
    return run("translate", path, "--to", "fa", *where, *more, cwd=path.parent)


def written(path: Path) -> dict[str, dict[str, Any]]:
    """The lines of a file, by id."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return {row["id"]: row for row in rows}


def rows() -> list[Answer]:
    """Every answer there is."""
    with db.session() as session:
        return list(session.scalars(select(Answer).order_by(Answer.id)))


def kinds(row: dict[str, Any]) -> set[tuple[str, str]]:
    """What a written line is flagged with, by place."""
    return {(flag["place"], flag["kind"]) for flag in row["flagged"]}


def digits(text: str) -> str:
    """Without its figures."""
    return re.sub(r"[\d۰-۹]+[٫.]?[\d۰-۹]*", "", text)
