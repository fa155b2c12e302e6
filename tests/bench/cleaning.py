"""What a corpus costs to clean, end to end: seconds, processor seconds, memory, and the curve over sizes.

    python tests/bench/cleaning.py --pairs 180000 --articles 100000

Bars, on two cores: 180,000 pairs in 60 s and 1 GB, 100,000 articles (90 million words) in 480 s. `stored` runs
`cleaning run` over PostgreSQL, whose seconds count; `file` runs `cleaning apply` over a file. `again` adds a
hundredth to what is stored, `threshold` changes one number of the recipe.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import psutil
import typer

sys.path.insert(0, str(Path(__file__).parents[2]))  # for when this is run as a file
from cleaning.recipe import FOLDER
from storage import db
from storage.documents import DocumentFields, save_documents
from storage.settings import settings
from tests.bench import corpora
from tests.bench.services import Services, services
from tests.storage.rows import add_page

CLEANING = Path(sys.executable).with_name("cleaning")
POLL_SECONDS = 0.2
AT_ONCE = 2000


def measured(command: list[str], own: Services) -> dict[str, float]:
    """Run a command of `cleaning`: wall seconds, its processor seconds and PostgreSQL's, its peak memory in MiB."""
    before = own.counters()
    began, cpu = time.monotonic(), os.times()
    process = subprocess.Popen([CLEANING, *command], env=os.environ | own.environment, stdout=subprocess.DEVNULL)
    peak = [0]
    watcher = threading.Thread(target=_watch, args=(process.pid, peak))
    watcher.start()
    if process.wait():
        raise SystemExit(f"cleaning {' '.join(command)} ended with {process.returncode}")
    watcher.join()
    wall, after, spent = time.monotonic() - began, os.times(), own.counters() - before
    seconds = after.children_user + after.children_system - cpu.children_user - cpu.children_system
    return {
        "seconds": round(wall, 1),
        "cpu": round(seconds, 1),
        "postgres_cpu": round(spent.postgres_seconds, 1),
        "peak_mib": round(peak[0] / 2**20),
        "load": round(os.getloadavg()[0], 1),
    }


def _watch(pid: int, peak: list[int]) -> None:
    """The largest sum of proportional set sizes of a process and its children: shared pages count once."""
    while psutil.pid_exists(pid):
        try:
            tree = psutil.Process(pid)
            peak[0] = max(peak[0], sum(p.memory_full_info().pss for p in [tree, *tree.children(recursive=True)]))
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            pass
        time.sleep(POLL_SECONDS)


def fill(own: Services, documents: Iterator[DocumentFields]) -> None:
    """Put documents into the run's database."""
    os.environ |= own.environment
    settings.cache_clear()
    while batch := list(islice(documents, AT_ONCE)):
        with db.session() as session:
            page = add_page(session, "drhast", f"https://drhast.com/{batch[0].record}", batch[0].record.encode())
            save_documents(session, "drhast", [(page.id, document) for document in batch])
    db.engine().dispose()


def as_pairs(count: int, first: int = 0) -> Iterator[DocumentFields]:
    for number, (question, answer) in enumerate(corpora.pairs(count, seed=first + 1), first):
        yield DocumentFields("qa", str(number), f"https://drhast.com/{number}", question=question, answer=answer)


def as_articles(count: int) -> Iterator[DocumentFields]:
    for number, text in enumerate(corpora.articles(count)):
        yield DocumentFields("article", str(number), f"https://drhast.com/a/{number}", title="مقاله", text=text)


def stored(own: Services, size: int) -> dict[str, Any]:
    """Pairs in PostgreSQL: all of them, a hundredth more, another threshold."""
    own.fresh()
    fill(own, as_pairs(size))
    found: dict[str, Any] = {"documents": size, "run": measured(["run", "--json"], own)}
    fill(own, as_pairs(size // 100, first=size))
    found["again"] = measured(["run", "--json"], own)
    other = own.folder / "other.yaml"
    text = (FOLDER / "default.yaml").read_text(encoding="utf-8")
    other.write_text(text.replace("words: 15", "words: 16"), encoding="utf-8")
    found["threshold"] = measured(["run", "--json", "--recipe", str(other)], own)
    return found


def in_file(own: Services, documents: Iterator[DocumentFields]) -> dict[str, Any]:
    """The same from a file, without a database."""
    own.fresh()
    source, count = own.folder / "in.jsonl", 0
    with source.open("w", encoding="utf-8") as out:
        for document in documents:
            fields = {name: getattr(document, name) for name in ("question", "answer", "title", "text")}
            given = {name: text for name, text in fields.items() if text}
            out.write(json.dumps(given, ensure_ascii=False) + "\n")
            count += 1
    size = source.stat().st_size
    found = measured(["apply", "--in", str(source), "--out", str(own.folder / "out.jsonl")], own)
    return {"documents": count, "mib": round(size / 2**20), **found}


def exponent(curve: list[dict[str, Any]]) -> float:
    """The slope of processor seconds over size, both as logarithms, between the smallest and the largest."""
    first, last = curve[0], curve[-1]
    return round(math.log(last["cpu"] / first["cpu"]) / math.log(last["documents"] / first["documents"]), 3)


def main(
    pairs: Annotated[int, typer.Option(min=100, help="Pairs of the whole corpus.")] = 180_000,
    articles: Annotated[int, typer.Option(min=0, help="Articles; 0 for none.")] = 0,
    parts: Annotated[str, typer.Option(help="Which of stored,file,curve.")] = "stored,file,curve",
) -> None:
    """Measure and print JSON."""
    found: dict[str, Any] = {}
    with services() as own:
        if "stored" in parts:
            found["stored"] = stored(own, pairs)
        if "file" in parts:
            found["file"] = in_file(own, as_pairs(pairs))
        if articles:
            found["articles"] = in_file(own, as_articles(articles))
        if "curve" in parts:
            curve = [in_file(own, as_pairs(pairs // part)) for part in (8, 4, 2, 1)]
            found["curve"] = {"sizes": curve, "exponent": exponent(curve)}
    sys.stdout.write(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    typer.run(main)
