"""A model folder: its identity, and how likely it finds a text after a prompt.

Only safetensors are read and no code from the folder is run. torch and transformers are imported when a model is
loaded, not before.
"""

import math
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evaluator.benchmark import Likelihood, Question
from evaluator.texts import Text, Tokens
from storage.errors import MissingExtra, UsageError, unknown
from storage.runs import fingerprint

if TYPE_CHECKING:
    from evaluator.forward import Network

CONFIG = "config.json"
# By the name we give it, what transformers calls it; "stored" is the precision of the weights' files.
PRECISIONS = {"stored": "auto", "float32": "float32"}


def identity(folder: Path) -> str:
    """The hash of a model, the same that its run is registered with; UsageError when the folder holds no model."""
    check(folder)
    return fingerprint(folder)


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
    """A causal model with its tokenizer; `chat` tells whether prompts go through the tokenizer's chat template."""

    network: "Network"
    tokenizer: Any
    chat: bool

    @cached_property
    def parameters(self) -> int:
        """How many weights it has."""
        return sum(weights.numel() for weights in self.network.module.parameters())

    def likelihoods(self, questions: Sequence[Question]) -> list[dict[str, Likelihood]]:
        """For every question the likelihood of each continuation, computed in batches of like length."""
        groups = self._encoded(questions)
        nats = self.network.weigh([tuple(group.values()) for group in groups])
        return [{label: self._likelihood(text, nats[text]) for label, text in group.items()} for group in groups]

    def _likelihood(self, text: Text, nats: float) -> Likelihood:
        cut = max((window.cut for window in text.windows(self.network.context)), default=0)
        return Likelihood(nats if text.weighed and math.isfinite(nats) else None, text.weighed, cut)

    def _rendered(self, prompt: str) -> str:
        if self.chat:
            messages = [{"role": "user", "content": prompt}]
            return str(self.tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False))
        return prompt if prompt.endswith("\n") else f"{prompt}\n\n"

    def _encoded(self, questions: Sequence[Question]) -> list[dict[str, Text]]:
        """The continuations' tokens, each behind its prompt's; all are tokenised in one call, which takes less time."""
        prefixes = [self._rendered(question.prompt) for question in questions]
        wholes = [
            prefix + text
            for prefix, question in zip(prefixes, questions, strict=True)
            for text in question.continuations.values()
        ]
        found = iter(self._tokens([*prefixes, *wholes]))
        before = list(islice(found, len(prefixes)))
        return [
            {label: _split(tokens, next(found)) for label in question.continuations}
            for tokens, question in zip(before, questions, strict=True)
        ]

    def _tokens(self, texts: Sequence[str]) -> list[Tokens]:
        if not texts:
            return []
        # A template writes its own first token; tokenising it with special tokens would double that.
        found = self.tokenizer(texts, add_special_tokens=not self.chat, verbose=False, return_attention_mask=False)
        return [tuple(tokens) for tokens in found["input_ids"]]


def _split(before: Tokens, whole: Tokens) -> Text:
    """Where the continuation begins: its first letters may merge with the prompt's last token."""
    shared = next((n for n, (a, b) in enumerate(zip(before, whole, strict=False)) if a != b), len(before))
    return Text(whole, max(1, min(shared, len(whole))))


@dataclass
class Parts:
    """A loaded network with its tokenizer; `context` is the longest input it takes."""

    network: Any
    tokenizer: Any
    device: str
    context: int


def load(folder: Path, precision: str = "stored") -> LanguageModel:
    """Load a causal model for inference, on the GPU if there is one, in one of PRECISIONS.

    Raises MissingExtra without torch, UsageError where transformers cannot load the folder.
    """
    loaded = parts(folder, precision, "AutoModelForCausalLM")
    from evaluator.forward import Network

    network = Network(loaded.network, loaded.device, loaded.context)
    return LanguageModel(network, loaded.tokenizer, chat=bool(loaded.tokenizer.chat_template))


def parts(folder: Path, precision: str, kind: str) -> Parts:
    """Load a model by the class of transformers that is called `kind`. Raises as `load` does."""
    check(folder)
    if precision not in PRECISIONS:
        raise unknown("precision", precision, PRECISIONS)
    with _quiet_transformers():
        torch, transformers = _imported()
        try:
            tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
            network = getattr(transformers, kind).from_pretrained(
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
    return Parts(network, tokenizer, device, context)


def _imported() -> tuple[Any, Any]:
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # idle torch threads that spin starve other processes
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
