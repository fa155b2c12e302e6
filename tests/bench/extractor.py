"""How many answers a second one core reads the letter of, how that grows, and how often a person read the same.

    python -m tests.bench.extractor [--passes N]

On the published answers where they lie beside the project, each once a pass; else on answers made here, a tenth of
them without a letter. Best of the passes, in processor time; then which hostile texts take most more of it where they
are four times as long: 4 is linear, 16 goes with the square.
"""

import itertools
import random
import time
from collections.abc import Sequence

import typer

from evaluator.letters import read
from tests.evaluator.letters.exams import LISTED, ORGANS
from tests.evaluator.replay.published import DATA, SYSTEMS, TASKS, published

WANTED = 20_000
LENGTH, SHOWN, SHORTEST = 8_000, 8, 0.002
HOSTILE = (
    *("پاسخ صحیح ", "پاسخ:\n", "پاسخ این است که ", "گزینه ", "گزینه [A] ", "گزینه‌های A و ", "بنابراین [A] ", "[A] و "),
    *(
        "[A]: x\n",
        "[B] این گزینه ",
        "**",
        "* ",
        "[",
        "(",
        "A\n",
        "\n",
        " ",
        "\u200c",
        "طحال ",
        "answer is is ",
        "\\boxed{",
    ),
    *(
        "هیچ ",
        "گزینه‌های دیگر [A] ",
        "x (A) و ",
        "C طحال ",
        "نه ",
        "Wait, ",
        "sorry A ",
        "<think>",
        '"answer": "A" ',
        "A: no\n",
        "به جز A ",
        "همه ",
        "if had ",
        "<b>",
        "...",
        "بِ",
        "1",
        "a",
        LISTED,
    ),
)

Answer = tuple[str, dict[str, str], str, str | None]


def main(passes: int = 5) -> None:
    """Print the table of systems, the speed, and the growth."""
    by_system = _published() if DATA.is_dir() else {"made here": _made(2000)}
    everything = [answer for answers in by_system.values() for answer in answers]
    for system, answers in by_system.items():
        same = sum(read(text, options, question) == letter for text, options, question, letter in answers)
        length = sum(len(text) for text, *_ in answers) / len(answers)
        pace = f"{len(answers) / _seconds(answers, passes):8,.0f} answers/s of {length:5.0f} characters"
        typer.echo(f"{system:20} {pace}, {same / len(answers):7.2%} as published")
    every = len(everything) / _seconds(everything, passes)
    typer.echo(f"{'all':20} {every:8,.0f} answers/s on one core; {WANTED:,} are wanted")
    _growth()


def _published() -> dict[str, list[Answer]]:
    return {
        system: [
            (a.generation, dict(a.options), a.question, a.published) for task in TASKS for a in published(task, system)
        ]
        for system in SYSTEMS
    }


def _made(count: int) -> list[Answer]:
    draw = random.Random(1)
    found: list[Answer] = []
    for _ in range(count):
        letter = draw.choice("ABCD")
        reasons = "\n\n".join(
            draw.choices(["این عضو در شکم است و خون را می‌پالاید.", LISTED, "گزینه [D] کامل نیست."], k=4)
        )
        said = f"پاسخ صحیح گزینه [{letter}] است." if draw.random() > 0.1 else "پاسخ صحیح کدام است؟"
        found.append((f"{said}\n\n{reasons}", ORGANS, "زخم در کدام عضو است؟", letter if letter in said else None))
    return found


def _seconds(answers: Sequence[Answer], passes: int) -> float:
    spent = []
    for _ in range(passes):
        began = time.process_time()
        for text, options, question, _letter in answers:
            read(text, options, question)
        spent.append(time.process_time() - began)
    return min(spent)


def _growth() -> None:
    pieces = [*HOSTILE, *(first + second for first, second in itertools.permutations(HOSTILE, 2))]
    suspects = sorted(pieces, key=lambda piece: -_grows(piece, 1)[0])[:SHOWN]
    typer.echo(f"growth over {len(pieces)} hostile texts of {LENGTH:,} characters, the worst, measured again:")
    for piece in suspects:
        factor, nanoseconds = _grows(piece, 5)
        typer.echo(f"  ×{factor:.1f}  {nanoseconds:6.0f} ns a character  {ascii(piece)[:60]}")


def _grows(piece: str, passes: int) -> tuple[float, float]:
    """How many times longer four times the text takes, and nanoseconds a character of that."""
    other = ("", ORGANS, "", None)  # the reader keeps what the last text says: another one comes between
    one, four = (_seconds([(piece * (n * LENGTH // len(piece)), ORGANS, "", None), other], passes) for n in (1, 4))
    return four / max(one, SHORTEST), four * 1e9 / (4 * LENGTH)


if __name__ == "__main__":
    typer.run(main)
