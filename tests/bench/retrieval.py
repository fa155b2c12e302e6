"""How fast similar questions are found, how often the right ones, and whether peers used plainly do better.

    python -m tests.bench.retrieval [--pairs 20000] [--kept 10126] [--embedding 2000] [--folder KEPT]

The published pairs beside the project are searched, repeated up to the number asked with words taken out; without them
there is nothing to measure. Peers: bm25s and rank_bm25 where they are installed, on the same words, and PostgreSQL's
pg_trgm with its two indexes. One thread; seconds are those of this process's processor, but of the server's the
clock's. --embedding is measured among so many of the kept pairs, all methods again beside it; an eighth of a second
each, so that 2,000 take five minutes the first time: the index is kept in --folder. How the options of exams are
answered comes last.
"""

from __future__ import annotations

import gzip
import importlib
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

import psycopg
import typer
from threadpoolctl import threadpool_limits

from evaluator.retrieval import METHODS, Own, Retriever, RetrieverSystem, retriever_of
from evaluator.retrieval.letters import plain
from evaluator.statistics import wilson
from storage.settings import settings
from tests.bench.services import services
from tests.evaluator.retrieval.made import id_of, write
from tests.evaluator.retrieval.recall import Find, Pair, Query, answered_alike, edited, recall, spoilt

DATA = Path(__file__).parents[2] / ".." / "shared" / "data"
KEPT = ("drhast_kept", "niniban_kept")
OTHERS = ("doctor_yab_kept", "isovisit", "mf3qa_dev", "mf3qa_test", "niniban_crawled")
SUBJECTS = ("anatomy", "clinical_knowledge", "college_biology", "college_medicine", "medical_genetics")
EXAMS = ("ibmsee_all", *(f"mmlu_fa_{name}" for name in (*SUBJECTS, "professional_medicine")))
TIMED = 200  # queries


def read(*names: str, under: str = "qa") -> list[dict[str, Any]]:
    """The rows of published files, one after the other."""
    rows = []
    for name in names:
        with gzip.open(DATA / under / f"{name}.jsonl.gz", "rt", encoding="utf-8") as file:
            rows += [json.loads(line) for line in file]
    return rows


def many(count: int) -> list[Pair]:
    """So many pairs: all that are published, then the same with words taken out of their questions."""
    pairs: Sequence[Pair] = read(*KEPT, *OTHERS)
    spoiled = [{**pair, "question": spoilt(pair["question"], n)} for n, pair in enumerate(pairs)]
    return [*pairs, *spoiled][:count]


def searched(folder: Path, pairs: Sequence[Pair], method: str) -> Retriever:
    """A retriever over a snapshot of the pairs."""
    if not folder.is_dir():
        write(folder, [(pair["question"], pair["answer"]) for pair in pairs])
    return retriever_of(method, str(folder))


def finding(retriever: Retriever) -> Find:
    """Places in the snapshot."""
    places = {id_of(place): place for place in range(len(retriever.pairs))}
    return lambda question, k: [places[hit.pair.id] for hit in retriever.search(question, k).hits]


def bm25s(pairs: Sequence[Pair]) -> Find:
    """As its manual has it, over words cut at blanks of the plain text."""
    module = importlib.import_module("bm25s")
    model = module.BM25(k1=1.5, b=0.75)
    model.index([plain(pair["question"]).split() for pair in pairs], show_progress=False)
    known = set(model.vocab_dict)

    def find(question: str, k: int) -> Sequence[int]:
        asked = [word for word in plain(question).split() if word in known]
        return list(model.retrieve([asked], k=k, show_progress=False)[0][0]) if asked else []

    return find


def rank_bm25(pairs: Sequence[Pair]) -> Find:
    """As its manual has it, over the same words."""
    module = importlib.import_module("rank_bm25")
    model = module.BM25Okapi([plain(pair["question"]).split() for pair in pairs])
    places = list(range(len(pairs)))
    return lambda question, k: list(model.get_top_n(plain(question).split(), places, n=k))


PEERS: dict[str, Callable[[Sequence[Pair]], Find]] = {"bm25s": bm25s, "rank_bm25": rank_bm25}


@contextmanager
def pg_trgm(pairs: Sequence[Pair], kind: str, clock: list[float]) -> Iterator[Find]:
    """Its nearest by GiST, or all above its threshold by GIN; `clock` gets the seconds of the index."""
    with services() as running:
        running.fresh()
        address = running.environment["TABIB_DATABASE_URL"].replace("+psycopg", "")
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute("CREATE EXTENSION pg_trgm")
            connection.execute("CREATE TABLE asked (place int, question text)")
            with connection.cursor().copy("COPY asked FROM STDIN") as copy:
                for place, pair in enumerate(pairs):
                    copy.write_row((place, plain(pair["question"])))
            begun = time.perf_counter()
            connection.execute(f"CREATE INDEX ON asked USING {kind} (question {kind}_trgm_ops)".encode())
            clock.append(time.perf_counter() - begun)
            connection.execute("ANALYZE asked")
            where = "WHERE question % %(q)s ORDER BY similarity(question, %(q)s) DESC, place"
            order = "ORDER BY question <-> %(q)s" if kind == "gist" else where.replace("% ", "%% ")
            asked = f"SELECT place FROM asked {order} LIMIT %(k)s".encode()  # noqa: S608
            yield lambda question, k: [row[0] for row in connection.execute(asked, {"q": plain(question), "k": k})]


def told(name: str, built: float, seconds: Sequence[float]) -> None:
    """A line of how long it took."""
    ordered = sorted(seconds)
    median, last = statistics.median(ordered) * 1e3, ordered[len(ordered) * 95 // 100] * 1e3
    rate = len(ordered) / sum(ordered)
    typer.echo(
        f"  {name:23} built in {built:7.2f} s   {rate:7.1f} queries/s: median {median:.2f} ms, 95 % {last:.2f} ms"
    )


def timed(queries: Sequence[str], find: Callable[[str], object], clock: Callable[[], float]) -> list[float]:
    """Seconds of each query."""
    found = []
    for query in queries:
        begun = clock()
        find(query)
        found.append(clock() - begun)
    return found


def speed(folder: Path, count: int) -> None:
    """Building and searching, ours and theirs."""
    pairs = many(count)
    queries = [pair["question"] for pair in read("mf3qa_dev")[:TIMED]]
    typer.echo(f"{len(pairs)} pairs, {len(queries)} published questions asked:")
    for method in ("bm25", "trigram"):
        retriever = searched(folder / f"speed-{count}", pairs, method)
        begun = time.process_time()
        retriever.search(queries[0])
        built = time.process_time() - begun
        told(method, built, timed(queries, retriever.search, time.process_time))
        guarded = timed(queries, lambda text, of=retriever: of.search(text, 5, Own(text)), time.process_time)  # type: ignore[misc]
        told(f"{method}, guarded", built, guarded)
    for name in filter(find_spec, PEERS):
        begun = time.process_time()
        peer = PEERS[name](pairs)
        built = time.process_time() - begun
        told(name, built, timed(queries, lambda text, of=peer: of(text, 5), time.process_time))  # type: ignore[misc]
    for kind in ("gist", "gin"):
        clock: list[float] = []
        with pg_trgm(pairs, kind, clock) as theirs:
            took = timed(queries[:50], lambda text, of=theirs: of(text, 5), time.perf_counter)  # type: ignore[misc]
        told(f"pg_trgm by {kind}", clock[0], took)


def meant(retriever: Retriever) -> None:
    """How fast it is by meaning; an index that was kept is opened, not built."""
    begun = time.process_time()
    retriever.open()
    built = time.process_time() - begun
    queries = [pair["question"] for pair in read("mf3qa_dev")[:TIMED]]
    told(f"embedding, {len(retriever.pairs)} pairs", built, timed(queries, retriever.search, time.process_time))


def found(folder: Path, count: int, methods: Sequence[str]) -> None:
    """Recall among so many kept pairs, every site its share, ours and the peers'."""
    pairs: Sequence[Pair] = read(*KEPT)
    pairs = pairs[:: max(1, len(pairs) // count)][:count]
    sets: dict[str, list[Query]] = {
        "edited": edited(pairs),
        "answered alike": answered_alike(read("mf3qa_dev"), pairs),
    }
    finders = {name: finding(searched(folder / f"kept-{len(pairs)}", pairs, name)) for name in methods}
    finders |= {name: PEERS[name](pairs) for name in filter(find_spec, PEERS)}
    if "embedding" in methods:
        meant(searched(folder / f"kept-{len(pairs)}", pairs, "embedding"))
    for label, queries in sets.items():
        typer.echo(f"{label}, among {len(pairs)} kept pairs:")
        for name, find in finders.items():
            typer.echo(f"  {name:12} {recall(queries, find)}")
    for name in methods:
        if name == "embedding":
            continue
        retriever = searched(folder / f"kept-{len(pairs)}", pairs, name)
        left = [retriever.search(pair["question"], 5, Own(pair["question"])).left_out for pair in read("mf3qa_dev")]
        typer.echo(
            f"  {name}: {sum(map(bool, left))} of {len(left)} dev questions had {sum(left)} pairs of their own left out"
        )


def exams(folder: Path, methods: Sequence[str]) -> None:
    """How many options are right, by chance a quarter."""
    pairs: Sequence[Pair] = read(*KEPT, *OTHERS[:2])
    for name in methods:
        answering = RetrieverSystem(searched(folder / "exams", pairs, name))
        for exam in EXAMS:
            rows = read(exam, under="benchmarks")
            letters = [answering.answer(row["question"], row["options"]).letter for row in rows]
            right = sum(letter == "ABCDEF"[int(row["answer"]) - 1] for letter, row in zip(letters, rows, strict=True))
            low, high = wilson(right, len(rows))
            none = letters.count(None)
            share = f"{right / len(rows):.1%} [{low:.1%}, {high:.1%}]"
            typer.echo(f"  {name:10} {exam:32} {share}  without a letter {none} of {len(rows)}")


def main(
    pairs: Annotated[int, typer.Option(help="How many pairs the speed is measured with.")] = 20_000,
    kept: Annotated[int, typer.Option(help="How many kept pairs the recall is measured among, at most.")] = 10_126,
    embedding: Annotated[int, typer.Option(help="Among how many of them embeddings are measured too.")] = 0,
    folder: Annotated[Path | None, typer.Option(help="Where snapshots and indexes are kept; else nowhere.")] = None,
) -> None:
    """Print everything."""
    if not DATA.is_dir():
        raise SystemExit("the published data is not beside the project: nothing to measure")
    methods = [name for name in METHODS if name != "embedding"]
    with tempfile.TemporaryDirectory(prefix="tabib-bench-") as own, threadpool_limits(1):
        place = (folder or Path(own)).absolute()
        place.mkdir(parents=True, exist_ok=True)
        os.environ["TABIB_DATA_DIR"] = str(place)
        os.environ["OMP_NUM_THREADS"] = "1"  # of the embeddings' engine, which is loaded later
        settings.cache_clear()
        speed(place, pairs)
        found(place, kept, methods)
        if embedding:
            found(place, embedding, list(METHODS))
        exams(place, methods)


if __name__ == "__main__":
    typer.run(main)
