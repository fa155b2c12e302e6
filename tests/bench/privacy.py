"""How fast personal data is found, beside fa-redact alone, and how much of the cases each finds. CPU time of one core.

    python -m tests.bench.privacy

The texts are the real questions and answers where they lie beside the project, else made-up ones. fa-redact runs with
all its detectors that need no model: mobile, national id, sheba, card, e-mail.
"""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from collections.abc import Callable
from typing import Annotated

import typer
from _pytest.outcomes import Skipped
from fa_redact import (
    BankCardDetector,
    EmailDetector,
    IranianIBANDetector,
    IranianMobileNumberDetector,
    IranianNationalIDDetector,
    detect,
)

from cleaning.privacy import STRUCTURED, find
from tests.cleaning.test_privacy import CASES, real_texts

DETECTORS = (
    IranianMobileNumberDetector(),
    IranianNationalIDDetector(),
    IranianIBANDetector(),
    BankCardDetector(),
    EmailDetector(),
)
MADE = "سلام من ۲۸ ساله هستم و دکتر گفت فشار 120/80 طبیعی است لطفا راهنمایی کنید قرص ۵۰۰ میلی‌گرم هر 8 ساعت"

HOSTILE = ("1", "0 9 ", "@", ".", "a.", "a@", "www.", "دکتر ", "مریم رضایی ", "تلفن 1 ", "آدرس ا، ", "09123456789 ")
Spans = list[tuple[int, int]]


def ours(text: str) -> Spans:
    return [(span.start, span.end) for span in find(text)]


def theirs(text: str) -> Spans:
    return [(found.start, found.end) for found in detect(text, detectors=DETECTORS)]


def texts() -> list[str]:
    try:
        return sorted(real_texts())
    except Skipped:
        dice = random.Random(1)
        return [" ".join(dice.choices(MADE.split(), k=60)) for _ in range(20_000)]


def rate(search: Callable[[str], Spans], sample: list[str], rounds: int) -> float:
    """Texts a second, the best of some rounds."""
    best = float("inf")
    for _ in range(rounds):
        began = time.process_time()
        for text in sample:
            search(text)
        best = min(best, time.process_time() - began)
    return len(sample) / best


def recall(search: Callable[[str], Spans]) -> dict[str, str]:
    """By kind, how many of the marked spans are found, offsets exact, and of how many."""
    there: Counter[str] = Counter()
    found: Counter[str] = Counter()
    for text, spans in CASES:
        hits = set(search(text))
        for kind, start, end in spans:
            there[kind] += 1
            found[kind] += (start, end) in hits
    return {kind: f"{found[kind]}/{there[kind]}" for kind in there}


def false_hits(search: Callable[[str], Spans]) -> int:
    """Hits in the texts that hold nothing personal."""
    return sum(len(search(text)) for text, spans in CASES if not spans)


def growth(unit: str) -> float:
    """How many times as long a million characters take as a quarter of them: 4 where the cost is linear."""
    seconds = []
    for characters in (250_000, 1_000_000):
        text = unit * (characters // len(unit))
        began = time.process_time()
        find(text)
        seconds.append(time.process_time() - began)
    return round(seconds[1] / max(seconds[0], 0.001), 1)


def main(rounds: Annotated[int, typer.Option(min=1)] = 3) -> None:
    sample = texts()
    report = {
        name: {
            "texts_per_second": round(rate(search, sample, rounds)),
            "found": recall(search),
            "false_hits": false_hits(search),
        }
        for name, search in (("ours", ours), ("fa-redact", theirs))
    }
    size = {"texts": len(sample), "characters": sum(map(len, sample)), "structured_kinds": len(STRUCTURED)}
    hostile = {"four_times_the_text": {unit: growth(unit) for unit in HOSTILE}}
    typer.echo(json.dumps(size | report | hostile, ensure_ascii=False, indent=2))


if __name__ == "__main__":
    typer.run(main)
