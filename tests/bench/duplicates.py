"""Near duplicates by our engine and by others, on the same texts and one core: speed, what is found, and memory.

    python tests/bench/duplicates.py --documents 20000
    python tests/bench/duplicates.py --curve 400000 --skip-peers

The texts are the published answers and questions where they lie beside the project, else made of a vocabulary; among
them are copies with 5, 10 and 20 % of the words exchanged, left out or put in. Each peer is installed, in the version
named, into an environment of its own that is thrown away; one that cannot be is a row that says so. Recall: copies in
one cluster with what they were made of. Precision: of pairs of a text and its cluster's first, those with at least .72
of their words in common order, the least that ours accepts; only ours verifies. Memory is the process's peak with all
texts in it. The curve draws our engine on texts put together anew from the sentences of the others, a tenth edited.
"""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer
from rapidfuzz.distance import Levenshtein

sys.path.insert(0, str(Path(__file__).parents[2]))  # for when this is run as a file
from cleaning.folding import fold, word_string
from tests.cleaning.real import DATA
from tests.cleaning.test_duplicates import words
from tests.cleaning.test_near_repeats import REAL, edited_so

PEERS = Path(__file__).parent / "peers"
SHARES = (0.05, 0.1, 0.2)
COPIES = 500
ALIKE = 0.72
JUDGED = 5_000
SECONDS = 900


@dataclass(frozen=True)
class Engine:
    """A script in `peers/`, its setting, and what pip installs for it; nothing for what runs in our environment."""

    name: str
    script: str
    setting: str
    packages: list[str] = field(default_factory=list)


DATATROVE = ["datatrove[processing]==0.10.1", "spacy>=3.8,<4"]
TEXT_DEDUP, DATASKETCH, RENSA = ["text-dedup==0.4.0"], ["datasketch==2.0.*"], ["rensa==0.5.0"]
OURS = Engine("ours", "own_duplicates.py", "letters")
ENGINES = [
    OURS,
    Engine("datatrove 0.10, word 5-grams 14x8", "datatrove_minhash.py", "words", DATATROVE),
    Engine("text-dedup 0.4, word 5-grams", "text_dedup_minhash.py", "words", TEXT_DEDUP),
    Engine("datasketch 2.0, word 5-grams 14x8", "datasketch_lsh.py", "words", DATASKETCH),
    Engine("datasketch 2.0, character 5-grams 25x5", "datasketch_lsh.py", "letters", DATASKETCH),
    Engine("rensa 0.5 LSH, words 16x8", "rensa_lsh.py", "words", RENSA),
    Engine("rensa 0.5 LSH, character 5-grams 25x5", "rensa_lsh.py", "letters", RENSA),
]


def texts() -> list[str]:
    """Different texts of ten words or more, in an order that says nothing."""
    found = list(_real()) or [" ".join(words(random.Random(n).randint(10, 150), n)) for n in range(30_000)]
    different = {fold(text): text for text in found}
    kept = [text for folded, text in different.items() if folded.count(" ") >= 9]
    random.Random(0).shuffle(kept)
    return kept


def _real() -> Iterator[str]:
    import gzip

    for name in REAL:
        if (path := DATA / f"{name}.jsonl.gz").is_file():
            with gzip.open(path, "rt", encoding="utf-8") as file:
                for line in file:
                    pair = json.loads(line)
                    yield from (pair["question"], pair["answer"])


def with_copies(originals: list[str]) -> list[str]:
    """The texts and behind them, for each of SHARES, edited copies of the first COPIES."""
    rng = random.Random(1)
    copies = [" ".join(edited_so(text.split(), share, "mixed", rng)) for share in SHARES for text in originals[:COPIES]]
    return originals + copies


def recombined(pool: list[str], count: int) -> Iterator[str]:
    """So many texts of 20 to 100 words put together of the pool's sentences, a tenth of them edited copies."""
    rng = random.Random(2)
    sentences = [s.strip() for text in pool for s in re.split(r"[.؟!\n]+", text) if s.count(" ") >= 3]
    recent: list[str] = []
    for _ in range(count):
        if recent and rng.random() < 0.1:
            yield " ".join(edited_so(rng.choice(recent).split(), rng.choice(SHARES), "mixed", rng))
            continue
        text, least = "", rng.randint(20, 100)
        while text.count(" ") < least:
            text += rng.choice(sentences) + ". "
        recent = [*recent[-999:], text]
        yield text


def python(engine: Engine, folder: Path) -> Path:
    """The interpreter to run it with. Raises CalledProcessError when its packages cannot be installed."""
    if not engine.packages:
        return Path(sys.executable)
    home = folder / engine.packages[0].partition("=")[0].partition("[")[0]
    if not home.exists():
        venv.create(home, with_pip=True)
        command = [home / "bin" / "python", "-m", "pip", "install", "-q", "--disable-pip-version-check"]
        subprocess.run([*command, *engine.packages], check=True, capture_output=True, timeout=SECONDS)
    return home / "bin" / "python"


def run(engine: Engine, source: Path, interpreter: Path) -> dict[str, Any]:
    """Seconds, peak memory in MiB, and the clusters' labels. Raises RuntimeError when it fails or lasts too long."""
    target = source.with_name("labels.json")
    command = ["taskset", "-c", "0", str(interpreter), str(PEERS / engine.script), str(source), str(target)]
    single = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS"), "1")
    out, errors = source.with_name("out"), source.with_name("errors")
    with out.open("wb") as told, errors.open("wb") as failed:
        process = subprocess.Popen([*command, engine.setting], stdout=told, stderr=failed, env=os.environ | single)
        ended, status, usage = _waited(process.pid)
    process.returncode = status
    if not ended or status:
        raise RuntimeError((errors.read_text().strip().splitlines() or ["took too long"])[-1][:200])
    seconds = json.loads(out.read_text().splitlines()[-1])
    return seconds | {"mib": round(usage / 1024), "labels": json.loads(target.read_text())}


def _waited(pid: int) -> tuple[bool, int, int]:
    """Whether the process ended in time, its status, and its peak resident KiB."""
    until = time.monotonic() + SECONDS
    while True:
        ended, status, usage = os.wait4(pid, os.WNOHANG)
        if ended:
            return time.monotonic() < until, status, usage.ru_maxrss
        if time.monotonic() > until:
            os.kill(pid, 9)
            until = float("-inf")
        time.sleep(0.05)


def judged(found: dict[str, Any], documents: list[str]) -> dict[str, Any]:
    """The row of a table."""
    labels, originals = found.pop("labels"), len(documents) - COPIES * len(SHARES)
    row = {"documents/s": round(len(documents) / found["cpu"]), "cpu s": round(found["cpu"], 1)}
    row |= {"wall s": round(found["wall"], 1), "MiB": found["mib"]}
    for number, share in enumerate(SHARES):
        first = originals + number * COPIES
        row[f"recall {share:.0%}"] = sum(labels[n] == labels[first + n] for n in range(COPIES)) / COPIES
    pairs = [(place, label) for place, label in enumerate(labels) if label != place]
    pairs = random.Random(3).sample(pairs, min(JUDGED, len(pairs)))
    alike = [_likeness(documents[one], documents[other]) >= ALIKE for one, other in pairs]
    return row | {"precision": round(sum(alike) / max(1, len(alike)), 3)}


def _likeness(one: str, other: str) -> float:
    return Levenshtein.normalized_similarity(word_string(fold(one)), word_string(fold(other)))


def contest(documents: list[str], folder: Path, engines: list[Engine]) -> Iterator[dict[str, Any]]:
    """A row for each engine."""
    source = write(documents, folder / "texts.jsonl")
    for engine in engines:
        try:
            yield {"engine": engine.name} | judged(run(engine, source, python(engine, folder)), documents)
        except (RuntimeError, subprocess.SubprocessError, OSError) as error:
            yield {"engine": engine.name, "failed": str(error)[:200]}


def curve(pool: list[str], most: int, folder: Path) -> Iterator[dict[str, Any]]:
    """Our engine on an eighth, a quarter, a half and all of so many texts."""
    for count in (most // 8, most // 4, most // 2, most):
        source = write(recombined(pool, count), folder / "texts.jsonl")
        found = run(OURS, source, Path(sys.executable))
        dropped = sum(label != place for place, label in enumerate(found["labels"]))
        row = {"documents": count, "cpu s": round(found["cpu"], 1), "documents/s": round(count / found["cpu"])}
        yield row | {"MiB": found["mib"], "repeats": dropped}


def write(documents: list[str] | Iterator[str], path: Path) -> Path:
    """JSON lines."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps({"text": text}, ensure_ascii=False) + "\n" for text in documents)
    return path


def main(
    documents: Annotated[int, typer.Option(min=1_000, help="Texts besides the edited copies, at most.")] = 20_000,
    most: Annotated[int, typer.Option("--curve", min=0, help="Texts at the curve's end; 0: none.")] = 400_000,
    skip_peers: Annotated[bool, typer.Option(help="Only ours.")] = False,
) -> None:
    """Print a row of JSON for each engine and each point of the curve, and the machine's load."""
    originals = texts()
    with tempfile.TemporaryDirectory() as name:
        folder, engines = Path(name), [OURS] if skip_peers else ENGINES
        for row in contest(with_copies(originals[:documents]), folder, engines):
            sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")
            sys.stdout.flush()
        for row in curve(originals, most, folder) if most else ():
            sys.stdout.write(json.dumps(row) + "\n")
            sys.stdout.flush()
    sys.stdout.write(json.dumps({"load": os.getloadavg()}) + "\n")


if __name__ == "__main__":
    typer.run(main)
