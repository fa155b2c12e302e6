"""A model folder: its identity, and how likely it finds a text after a prompt.

Only safetensors are read and no code from the folder is run. torch and transformers are imported here alone, when a
model is loaded.
"""

import hashlib
import math
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaluator.benchmark import Likelihood, Question
from storage.errors import MissingExtra, UsageError, unknown
from storage.snapshots import file_sha256

CONFIG = "config.json"
# What decides a model's answers: weights, configuration, tokenizer and chat template. A model card or a log does not.
DECISIVE = ("*.safetensors", "*.json", "*.jinja", "*.model", "merges.txt", "vocab.txt")
ASIDE = {"run.json", "trainer_state.json", "README.json"}
# By the name we give it, what transformers calls it; "stored" is the precision of the weights' files.
PRECISIONS = {"stored": "auto", "float32": "float32"}
# Padded tokens in one batch: on 2 cores a small model is no faster with more, and a large one stays in memory.
BATCH_TOKENS = {"cpu": 8_192, "cuda": 65_536}
SOFTMAX_VALUES = 1 << 26  # logits normalised in one go: 256 MiB in float32


def identity(folder: Path) -> str:
    """The hash of a model: name and sha256 of every file that decides its answers.

    Raises UsageError when the folder holds no model.
    """
    check(folder)
    files = {path for pattern in DECISIVE for path in folder.glob(pattern) if path.name not in ASIDE}
    lines = (f"{path.name} {file_sha256(path)}\n" for path in sorted(files))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def check(folder: Path) -> None:
    """Raise UsageError, saying what is missing, unless `folder` is a model in safetensors with its configuration."""
    if not (folder / CONFIG).is_file():
        adapter = (folder / "adapter_config.json").is_file()
        found = "holds an adapter only: merge it into its base first" if adapter else f"is no model: it has no {CONFIG}"
        raise UsageError(f"{folder} {found}")
    if not any(folder.glob("*.safetensors")):
        raise UsageError(f"{folder} has no weights in safetensors; other forms can run code when read and are refused")


@dataclass
class LanguageModel:
    """A causal model with its tokenizer. `context` is the longest input it takes, in tokens."""

    network: Any
    tokenizer: Any
    device: str
    context: int
    chat: bool

    def likelihoods(self, questions: Sequence[Question]) -> list[dict[str, Likelihood]]:
        """For every question the likelihood of each continuation, computed in batches of like length."""
        wanted = {
            (number, label): self._encoded(self._rendered(question.prompt), text)
            for number, question in enumerate(questions)
            for label, text in question.continuations.items()
        }
        found = self._weighed(list(wanted.values()))
        by_key = dict(zip(wanted, found, strict=True))
        return [{label: by_key[number, label] for label in q.continuations} for number, q in enumerate(questions)]

    def _rendered(self, prompt: str) -> str:
        if self.chat:
            messages = [{"role": "user", "content": prompt}]
            return str(self.tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False))
        return prompt if prompt.endswith("\n") else f"{prompt}\n\n"

    def _encoded(self, prefix: str, continuation: str) -> "_Text":
        # A template writes its own first token; tokenising it with special tokens would double that.
        special = not self.chat
        before, whole = (
            self.tokenizer(text, add_special_tokens=special, verbose=False)["input_ids"]
            for text in (prefix, prefix + continuation)
        )
        # The last token before the continuation may merge with it, and a tokenizer may close with a special token.
        shared = next((n for n, (a, b) in enumerate(zip(before, whole, strict=False)) if a != b), len(before))
        return _Text(tuple(whole), max(1, min(shared, len(whole))))

    def _weighed(self, texts: Sequence["_Text"]) -> list[Likelihood]:
        """One forward pass for each distinct input: options that differ in their last token alone share theirs."""
        windows = [(number, window) for number, text in enumerate(texts) for window in text.windows(self.context)]
        inputs: dict[tuple[int, ...], list[int]] = {}
        for place, (_, window) in enumerate(windows):
            inputs.setdefault(window.tokens[:-1], []).append(place)
        nats = [0.0] * len(windows)
        for batch in batches(sorted(inputs, key=len, reverse=True), BATCH_TOKENS[self.device]):
            asked = [[windows[place][1] for place in inputs[tokens]] for tokens in batch]
            for tokens, sums in zip(batch, self._forward(batch, asked), strict=True):
                for place, value in zip(inputs[tokens], sums, strict=True):
                    nats[place] = value
        totals, cuts = [0.0] * len(texts), [0] * len(texts)
        for (number, window), value in zip(windows, nats, strict=True):
            totals[number] += value
            cuts[number] = max(cuts[number], window.cut)
        return [
            Likelihood(total if text.scored and math.isfinite(total) else None, text.scored, cut)
            for text, total, cut in zip(texts, totals, cuts, strict=True)
        ]

    def _forward(self, batch: Sequence[tuple[int, ...]], asked: Sequence[list["_Window"]]) -> list[list[float]]:
        """The summed log-probabilities of every window that has one of these inputs."""
        import torch

        width = len(batch[0])
        first = min(window.first for windows in asked for window in windows) - 1
        padded = torch.tensor([[*tokens, *[0] * (width - len(tokens))] for tokens in batch], device=self.device)
        mask = torch.tensor([[1] * len(t) + [0] * (width - len(t)) for t in batch], device=self.device)
        with torch.inference_mode():
            # Only the positions that foretell a wanted token: the vocabulary is wide and a prompt is long.
            kept = self.network(padded, attention_mask=mask, use_cache=False, logits_to_keep=width - first).logits
        places = [
            (row, window.first + n - 1 - first, token)
            for row, windows in enumerate(asked)
            for window in windows
            for n, token in enumerate(window.tokens[window.first :])
        ]
        values = iter(_log_probabilities(kept, places))
        return [[sum(next(values) for _ in w.tokens[w.first :]) for w in windows] for windows in asked]


@dataclass(frozen=True)
class _Window:
    """Tokens of which those from `first` on are weighed; `cut` tokens before them had no room."""

    tokens: tuple[int, ...]
    first: int
    cut: int


@dataclass(frozen=True)
class _Text:
    """A prompt and its continuation as tokens; the continuation begins at `start`."""

    tokens: tuple[int, ...]
    start: int

    @property
    def scored(self) -> int:
        return len(self.tokens) - self.start

    def windows(self, context: int) -> Iterator[_Window]:
        """Cover the continuation with inputs of at most `context` tokens, each weighed token once.

        A text that fits is one window. In a longer one every further window has at least half its room for what
        came before.
        """
        done, room = self.start, context + 1  # the last token is foretold, never read
        while done < len(self.tokens):
            end = min(len(self.tokens), max(done + room // 2, room))
            begin = max(0, end - room)
            yield _Window(self.tokens[begin:end], done - begin, begin if done == self.start else 0)
            done = end


def batches(inputs: Sequence[tuple[int, ...]], most: int) -> Iterator[list[tuple[int, ...]]]:
    """Split inputs, the longest first, so that a batch padded to its longest has at most `most` tokens."""
    batch: list[tuple[int, ...]] = []
    for tokens in inputs:
        if batch and (len(batch) + 1) * len(batch[0]) > most:
            yield batch
            batch = []
        batch.append(tokens)
    if batch:
        yield batch


def load(folder: Path, precision: str = "stored") -> LanguageModel:
    """Load a model for inference, on the GPU if there is one, in one of PRECISIONS.

    Raises MissingExtra without torch, UsageError where transformers cannot load the folder.
    """
    check(folder)
    if precision not in PRECISIONS:
        raise unknown("precision", precision, PRECISIONS)
    with _quiet_transformers():
        torch, transformers = _imported()
        try:
            tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
            network = transformers.AutoModelForCausalLM.from_pretrained(
                folder, local_files_only=True, use_safetensors=True, dtype=PRECISIONS[precision]
            )
        except Exception as error:
            first = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise UsageError(f"transformers cannot load {folder}: {first[:200]}") from error
    device = "cuda" if torch.cuda.is_available() else "cpu"
    network.to(device).eval()
    context = min(
        getattr(network.config, "max_position_embeddings", None) or 1 << 30,
        getattr(tokenizer, "model_max_length", None) or 1 << 30,
    )
    return LanguageModel(network, tokenizer, device, context, chat=bool(tokenizer.chat_template))


def _imported() -> tuple[Any, Any]:
    os.environ["HF_HUB_OFFLINE"] = "1"  # transformers asks the hub about some tokenizers even when given a folder
    try:
        import torch
        import transformers
    except ImportError as error:
        raise MissingExtra(f"evaluating needs {error.name}: pip install 'tabib[train]'") from None
    return torch, transformers


@contextmanager
def _quiet_transformers() -> Iterator[None]:
    """Without transformers' own bars and warnings: what matters of them is raised or told by us."""
    _, transformers = _imported()
    logging = transformers.utils.logging
    level = logging.get_verbosity()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        logging.enable_progress_bar()


def _log_probabilities(logits: Any, places: Sequence[tuple[int, int, int]]) -> list[float]:
    """The log-probability of each (row, position, token), a bounded part of the vocabulary's width at a time."""
    import torch

    at_once = max(1, SOFTMAX_VALUES // logits.shape[-1])
    found: list[float] = []
    for start in range(0, len(places), at_once):
        rows, positions, tokens = torch.tensor(places[start : start + at_once], device=logits.device).T
        chosen = logits[rows, positions].float()
        found += (chosen.gather(1, tokens[:, None])[:, 0] - chosen.logsumexp(dim=-1)).tolist()
    return found
