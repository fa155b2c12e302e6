"""Answers that lm-evaluation-harness computed, kept as rows beside our own and scored in the same way."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from evaluator.asking.located import located
from evaluator.benchmark import named
from evaluator.choice import MultipleChoice, OpenedChoice
from evaluator.harness.logged import Logged, likelihoods, logged
from storage import answers, db, schema
from storage.answers import Figure, Sitting
from storage.errors import UsageError

SCORING = "lm-evaluation-harness"
# What of its --model_args tells the model or changes an answer. No others are kept: some hold a key.
KEPT = (
    *("base_url", "model", "pretrained", "peft", "revision", "subfolder", "gguf_file", "dtype", "quantization"),
    *("load_in_4bit", "load_in_8bit", "tokenizer", "add_bos_token", "prefix_token_id", "max_length", "max_model_len"),
)


@dataclass(frozen=True)
class Taken:
    """One model at one benchmark; `new` is how many answers were not there before."""

    benchmark: str
    model: str
    model_sha256: str
    settings_sha256: str
    items: int
    new: int
    unanswered: int
    scores: list[Figure]


def take(paths: Sequence[Path], label: str | None = None) -> list[Taken]:
    """Keep and score what `lm_eval` logged of our tasks; `label` names the model, else its folder or its name there.

    A model's folder that is on this machine has its own hash; any other is told by its name, address and revision.
    All is read before anything is kept. Raises UsageError for samples that are broken or not of these items.
    """
    schema.require_head()
    read = [_read(each, label) for each in logged(paths)]
    return [_kept(*each) for each in read]


def _read(each: Logged, label: str | None) -> tuple[Sitting, OpenedChoice, list[answers.AnswerFields]]:
    name, sha256 = each.written_for
    benchmark = named(name)
    if not isinstance(benchmark, MultipleChoice):
        raise UsageError(f"{each.path}: {name} is no multiple choice")
    opened = benchmark.open()
    if opened.sha256 != sha256:
        raise UsageError(f"{each.path} was asked of another version of {name}: write the tasks anew and ask again")
    if each.part("n-shot").get(each.task) != 0:
        raise UsageError(f"{each.path} was asked with examples before each item: ask without --num_fewshot")
    questions = {question.item: (question, opened.by_id[question.item].answer) for question in opened.questions}
    found = likelihoods(each, questions)
    fields = [opened.answer(question, found[item]) for item, (question, _) in questions.items()]
    return _sitting(each, name, sha256, label), opened, fields


def _sitting(each: Logged, benchmark: str, benchmark_sha256: str, label: str | None) -> Sitting:
    given = _arguments(each)
    weights = _weights(given)
    identity = weights or _digest([each.part("config").get("model"), given, each.part("config").get("model_sha")])
    told = given.get("model") or given.get("pretrained") or "model"
    settings = {
        "scoring": SCORING,
        "version": each.results.get("lm_eval_version"),
        "backend": each.part("config").get("model"),
        "arguments": {name: value for name, value in given.items() if not (weights and name in ("pretrained", "peft"))},
        "precision": str(each.part("config").get("model_dtype") or given.get("dtype")).removeprefix("torch."),
        "chat_template_sha256": each.results.get("chat_template_sha"),
        "system_instruction_sha256": each.results.get("system_instruction_sha"),
    }
    return Sitting(label or Path(str(told)).name, identity, benchmark, benchmark_sha256, settings)


def _arguments(each: Logged) -> dict[str, Any]:
    """The kept ones, an address without its login. Raises UsageError where they are not told."""
    given = each.part("config", "model_args")
    if not given:
        raise UsageError(f"{each.path}: its results do not tell the model: start lm_eval with --model_args")
    kept = {name: given[name] for name in KEPT if given.get(name) is not None}
    if isinstance(url := kept.get("base_url"), str):
        parts = urlsplit(url)
        kept["base_url"] = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
    return kept


def _weights(given: dict[str, Any]) -> str | None:
    """The hash of the weights that were asked, where they lie on this machine."""
    folder, adapter = (Path(str(given[name])) if given.get(name) else None for name in ("pretrained", "peft"))
    if folder is None or not folder.is_dir() or (adapter and not adapter.is_dir()):
        return None
    return located(adapter, folder).sha256 if adapter else located(folder).sha256


def _digest(known: object) -> str:
    return hashlib.sha256(json.dumps(known, ensure_ascii=False, sort_keys=True).encode("utf-8", "replace")).hexdigest()


def _kept(sitting: Sitting, opened: OpenedChoice, fields: Sequence[answers.AnswerFields]) -> Taken:
    with answers.alone(sitting), db.session() as session:
        new = answers.save(session, sitting, fields)
        given = answers.of(session, sitting)
        figures = opened.figures(given)
        answers.save_scores(session, sitting, None, figures)
        unanswered = opened.unanswered(given)
    digest = sitting.settings_sha256
    return Taken(sitting.benchmark, sitting.model, sitting.model_sha256, digest, len(given), new, unanswered, figures)
