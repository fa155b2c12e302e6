"""The likelihoods of multiple choice, ours and lm-evaluation-harness' in one process: python -m tests.bench.harness

    pip install lm_eval==0.4.13    (in an environment of its own that sees this project's packages)
    python -m tests.bench.harness [--rounds 5] [--threads 1] [--size wide] [--chat]

Put are the six medical subjects of MMLU in Persian and IBMSEE of September 2023, 1,257 items, where their files lie
beside the project; else the project's own 96. Asked is what `evaluator run` asks: the letters, and each option's own
text; and the letters alone. The model has random weights, in float32, in the shape of the tiny recipe or a wider one;
its tokenizer is trained on the items. Both sides tokenise, compute and read; loading is left out.

lm-evaluation-harness is the `hf` model with its logits cache, which answers all letters from one pass, at the batch
size that costs it least: each is tried once on an eighth of the items, `auto` too, and printed. Then the two take
turns, and the median of the rounds' ratios counts, by the clock and in processor time. Choices must be the same, item
by item, and likelihoods to 1e-3 nats; white space at a prompt's end, which the harness weighs too, is taken off.
"""

import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import torch
import typer
import yaml
from lm_eval.api.instance import Instance
from lm_eval.models.huggingface import HFLM
from transformers import CohereConfig, CohereForCausalLM

from evaluator.benchmark import Question, named
from evaluator.choice import MultipleChoice, OpenedChoice, likeliest
from evaluator.model import LanguageModel, load
from evaluator.run import COMMITTED_AT_ONCE
from trainer.tokenizer import made

DATA = Path(__file__).parents[2] / ".." / "shared" / "data" / "benchmarks"
SUBJECTS = ("anatomy", "clinical-knowledge", "college-biology", "college-medicine", "medical-genetics")
NAMES = (*(f"mmlu-fa-{subject}" for subject in (*SUBJECTS, "professional-medicine")), "ibmsee-2023-09")
RECIPE = Path(__file__).parents[2] / "trainer" / "recipes" / "tiny.yaml"
WIDE = {"hidden_size": 512, "intermediate_size": 1536, "num_hidden_layers": 8, "num_attention_heads": 8}
WIDE |= {"num_key_value_heads": 2, "vocab_size": 32_768}
BATCH_SIZES = (1, 2, 4, 8, 16, 32, 64, "auto")
TRIED = 8  # one item in so many, to find the harness' batch size
WANTED = 1.3
CLOSE = 1e-3

Nats = list[dict[str, float]]
Way = Callable[[], Nats]


@dataclass(frozen=True)
class Took:
    """Seconds by the clock and of processor time."""

    wall: float
    cpu: float


def main(
    rounds: int = 5,
    threads: int = 1,
    size: Annotated[str, typer.Option(help="`tiny` or `wide`.")] = "tiny",
    chat: Annotated[bool, typer.Option("--chat", help="Through aya's chat template.")] = False,
    every: Annotated[int, typer.Option(help="Ask one item in so many.")] = 1,
) -> None:
    """Print a table for letters and texts, and one for letters alone."""
    torch.set_num_threads(threads)
    opened = _opened()
    questions = [question for each in opened for question in each.questions][::every]
    with tempfile.TemporaryDirectory() as folder:
        _make(Path(folder), size, chat, opened)
        model = load(Path(folder))
        weights = sum(p.numel() for p in model.network.module.parameters())
        typer.echo(f"{len(questions):,} items, {weights / 1e6:.1f} M weights, {threads} threads, chat template: {chat}")
        for label, asked in (("letters and texts", questions), ("letters", [_letters(q) for q in questions])):
            _contest(label, asked, model, (Path(folder), rounds))


def _contest(label: str, questions: Sequence[Question], model: LanguageModel, how: tuple[Path, int]) -> None:
    folder, rounds = how
    requests = [
        [
            Instance(request_type="loglikelihood", doc={}, arguments=(model._rendered(q.prompt), text), idx=n)
            for n, text in enumerate(q.continuations.values())
        ]
        for q in questions
    ]
    asked = sum(map(len, requests))
    typer.echo(f"\n{label}: {asked:,} likelihoods")
    harnesses = {size: HFLM(str(folder), device="cpu", dtype="float32", batch_size=size) for size in BATCH_SIZES}
    few = questions[::TRIED], requests[::TRIED]
    tried = {size: _timed(lambda lm=lm: _theirs(lm, *few))[1] for size, lm in harnesses.items()}
    for size, took in tried.items():
        typer.echo(
            f"  lm_eval on an eighth, batch size {size!s:>4}: {took.wall:7.2f} s, {took.cpu:7.2f} s of processor time"
        )
    best = min(tried, key=lambda size: tried[size].cpu)
    mine: Way = lambda: _ours(model, questions)  # noqa: E731
    yours: Way = lambda: _theirs(harnesses[best], questions, requests)  # noqa: E731
    blank = harnesses[best], [model._rendered(q.prompt) for q in questions]
    mine()
    ratios: list[Took] = []
    for turn in range(rounds):
        ways = (mine, yours) if turn % 2 else (yours, mine)
        found = {way: _timed(way) for way in ways}
        (ours, a), (theirs, b) = found[mine], found[yours]
        ratios.append(Took(b.wall / a.wall, b.cpu / a.cpu))
        typer.echo(f"  ours {a.wall:7.2f} s ({a.cpu:.2f}), lm_eval at {best} {b.wall:7.2f} s ({b.cpu:.2f})")
    _same(questions, ours, _without_blank(theirs, *blank))
    wall, cpu = (statistics.median(getattr(ratio, name) for ratio in ratios) for name in ("wall", "cpu"))
    typer.echo(f"  {label}: {wall:.2f} times as fast by the clock, {cpu:.2f} in processor time; {WANTED} is wanted")


def _ours(model: LanguageModel, questions: Sequence[Question]) -> Nats:
    """As `evaluator run` does: the longest first, so many at a time as it commits together."""
    order = sorted(range(len(questions)), key=lambda n: len(questions[n].prompt), reverse=True)
    found: list[dict[str, float]] = [{} for _ in questions]
    for start in range(0, len(order), COMMITTED_AT_ONCE):
        part = order[start : start + COMMITTED_AT_ONCE]
        for n, weighed in zip(part, model.likelihoods([questions[n] for n in part]), strict=True):
            found[n] = {label: float(likelihood.nats or 0.0) for label, likelihood in weighed.items()}
    return found


def _theirs(lm: Any, questions: Sequence[Question], requests: Sequence[Sequence[Instance]]) -> Nats:
    found = iter(lm.loglikelihood([each for group in requests for each in group], disable_tqdm=True))
    return [{label: next(found)[0] for label in q.continuations} for q in questions]


def _without_blank(found: Nats, lm: Any, prefixes: Sequence[str]) -> Nats:
    """Take off what the white space at a prompt's end weighs: it is read as the beginning of every continuation."""
    ending = [n for n, prefix in enumerate(prefixes) if prefix[-1:].isspace()]
    blanks = [Instance(request_type="loglikelihood", doc={}, arguments=(prefixes[n], ""), idx=0) for n in ending]
    weighed = dict(zip(ending, lm.loglikelihood(blanks, disable_tqdm=True) if blanks else (), strict=True))
    return [{label: value - weighed.get(n, (0.0,))[0] for label, value in nats.items()} for n, nats in enumerate(found)]


def _same(questions: Sequence[Question], ours: Nats, theirs: Nats) -> None:
    """The same letters and texts chosen, from the same likelihoods."""
    apart = max(abs(a[label] - b[label]) for a, b in zip(ours, theirs, strict=True) for label in a)
    chosen = [[_choices(q, nats) for q, nats in zip(questions, side, strict=True)] for side in (ours, theirs)]
    different = sum(a != b for a, b in zip(*chosen, strict=True))
    typer.echo(f"  choices that differ: {different} of {len(questions):,}; likelihoods at most {apart:.1e} nats apart")
    assert different == 0
    assert apart < CLOSE


def _choices(question: Question, nats: dict[str, float]) -> tuple[str | None, str | None]:
    letters = {label: value for label, value in nats.items() if label.startswith("letter ")}
    texts = {
        label: value / len(question.continuations[label].encode())
        for label, value in nats.items()
        if label.startswith("text ")
    }
    return likeliest(dict(letters)), likeliest(dict(texts)) if texts else None


def _timed(way: Way) -> tuple[Nats, Took]:
    wall, cpu = time.perf_counter(), time.process_time()
    found = way()
    return found, Took(time.perf_counter() - wall, time.process_time() - cpu)


def _letters(question: Question) -> Question:
    kept = {label: text for label, text in question.continuations.items() if label.startswith("letter ")}
    return replace(question, continuations=kept)


def _opened() -> list[OpenedChoice]:
    if not DATA.is_dir():
        own = named("persian-medical-basics")
        assert isinstance(own, MultipleChoice)
        return [own.open()]
    chosen = [(name, named(name)) for name in NAMES]
    return [
        OpenedChoice(benchmark.read(DATA / f"{name.replace('-', '_')}.jsonl.gz"))
        for name, benchmark in chosen
        if isinstance(benchmark, MultipleChoice)
    ]


def _make(folder: Path, size: str, chat: bool, opened: Sequence[OpenedChoice]) -> None:
    given = yaml.safe_load(RECIPE.read_text(encoding="utf-8"))["base"]["make"]
    shape = given["CohereConfig"] | {"vocab_size": given["vocab_size"]} | (WIDE if size == "wide" else {})
    shape |= {"max_position_embeddings": 4096}  # no prompt is cut
    tokenizer = made((q.prompt for each in opened for q in each.questions), shape["vocab_size"])
    if not chat:
        tokenizer.chat_template = None
    torch.manual_seed(1)
    network = CohereForCausalLM(CohereConfig(**shape, pad_token_id=tokenizer.pad_token_id))
    network.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    assert json.loads((folder / "config.json").read_text(encoding="utf-8"))["vocab_size"] >= len(tokenizer)


if __name__ == "__main__":
    typer.run(main)
