"""How fast a snapshot becomes packs, and in how much memory: python -m tests.bench.preparation [--tokens 3000000]

A snapshot of generated articles and pairs, half of its tokens each, encoded and packed as a stage with packing does it;
in two sizes, each in a process of its own, so that memory that grows with the data shows. Told are the peak of the
process's own memory (RssAnon: what is mapped from files can be taken back at any time) and that of all it has resident.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")  # as `trainer` does, which is imported too late here

from rich.console import Console
from rich.table import Table

from tests.trainer import sample

WHOLE = 90_000_000  # tokens of the paper's corpus
ARTICLE, QUESTION, ANSWER = 450, 30, 60  # words
VOCABULARY = 8_000
PIECES_A_WORD = 1.78  # tokens of this vocabulary, to make as many as asked for


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tokens", type=int, default=3_000_000)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.folder:
        sys.stdout.write(json.dumps(_measure(asked.folder)))
        return
    table = Table("tokens", "packs", "s", "tokens/s", "CPU s", "own memory, MiB", "resident, MiB", "90 M take, min")
    for tokens in (asked.tokens // 4, asked.tokens):
        with tempfile.TemporaryDirectory() as scratch:
            folder = _snapshot(Path(scratch), tokens)
            done = subprocess.run(
                [sys.executable, "-m", "tests.bench.preparation", "--folder", folder], capture_output=True, check=True
            )
            table.add_row(*_row(json.loads(done.stdout.splitlines()[-1])))
    Console(width=110).print(table)


def _row(found: dict[str, Any]) -> list[str]:
    rate = found["tokens"] / found["wall"]
    return [
        f"{found['tokens']:,}",
        f"{found['packs']:,}",
        f"{found['wall']:.1f}",
        f"{rate:,.0f}",
        f"{found['cpu']:.1f}",
        f"{found['before']:.0f} + {found['own'] - found['before']:.0f}",
        f"{found['resident']:.0f}",
        f"{WHOLE / rate / 60:.1f}",
    ]


def _snapshot(folder: Path, tokens: int) -> Path:
    """Words of the sample in random order."""
    rng = random.Random(1)
    words = sorted({word for row in sample.articles() for word in row["text"].split()})

    def text(count: int) -> str:
        return " ".join(rng.choices(words, k=round(count * rng.uniform(0.3, 1.7))))

    half = tokens / 2 / PIECES_A_WORD
    shared = {"source": "drhast", "url": "", "page_sha256": "", "record": ""}
    articles = [
        shared | {"id": str(n), "title": text(5), "text": text(ARTICLE)} for n in range(round(half / (ARTICLE + 5)))
    ]
    pairs = [
        shared | {"id": str(n), "question": text(QUESTION), "answer": text(ANSWER)}
        for n in range(round(half / (QUESTION + ANSWER)))
    ]
    return sample.write(folder, pairs, articles)


def _measure(folder: Path) -> dict[str, float]:
    from trainer import quiet
    from trainer.data import Place, encode
    from trainer.recipe import Stage
    from trainer.source import taken
    from trainer.tokenizer import made

    quiet.hush()
    tokenizer = made((row["text"] for row in sample.articles()), VOCABULARY)
    settings = {"name": "both", "data": ["corpus", "pairs"], "max_length": 1_024}
    stage = Stage.model_validate(settings | {"SFTConfig": {"packing": True}, "TrainingArguments": {}})
    snapshot = taken(str(folder))
    with tempfile.TemporaryDirectory() as scratch, _watched() as peaks:
        before = _status("RssAnon")
        wall, cpu = time.perf_counter(), time.process_time()
        encoded = encode(stage, snapshot, tokenizer, Place(Path(scratch), 1))
        took = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
    counts = {name: encoded.counts[name] for name in ("tokens", "packs")}
    return counts | took | peaks | {"before": before, "resident": _status("VmHWM")}


@contextmanager
def _watched() -> Iterator[dict[str, float]]:
    peaks, over = {"own": 0.0}, threading.Event()

    def watch() -> None:
        while not over.wait(0.02):
            peaks["own"] = max(peaks["own"], _status("RssAnon"))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield peaks
    finally:
        over.set()
        watcher.join()


def _status(name: str) -> float:
    """A figure of this process, in MiB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(name)).split()[1]) / 1_024


if __name__ == "__main__":
    main()
