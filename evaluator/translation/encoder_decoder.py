"""A model that does nothing but translate, encoder and decoder: parsinlu's mT5, T5, Marian. It takes the text alone.

Such a model mostly knows one direction. Those that must be told their languages (NLLB, M2M100, mBART) are refused.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evaluator import model as models
from evaluator.asking.local import Local
from evaluator.asking.writer import Prompt
from evaluator.texts import Tokens
from storage.errors import UsageError

if TYPE_CHECKING:
    from evaluator.asking.generation import Generator

TOLD = ("m2m_100", "mbart", "nllb", "nllb-moe", "plbart", "seamless_m4t")
"""Kinds of models that translate into whatever language their first token names."""
KEPT = ("decoder_start_token_id", "forced_bos_token_id", "forced_eos_token_id", "bad_words_ids", "bos_token_id")
"""What of a model's own settings belongs to its decoder; the rest changes how it is asked."""


def is_one(folder: Path) -> bool:
    """Whether the folder's configuration is that of an encoder-decoder. Raises UsageError for one of TOLD."""
    try:
        found = json.loads((folder / models.CONFIG).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    if not isinstance(found, dict) or not found.get("is_encoder_decoder"):
        return False
    if found.get("model_type") in TOLD:
        raise UsageError(f"{folder} is a {found['model_type']}, which must be told its languages: not supported")
    return True


@dataclass
class EncoderDecoder(Local):
    """Its folder as a writer; the last turn of a prompt is what it reads."""

    @cached_property
    def generator(self) -> "Generator":
        """The loaded model. Raises as `evaluator.model.load` does."""
        return _generator(models.parts(self.at.folder, self.precision, "AutoModelForSeq2SeqLM"))

    def _room(self, tokens: Tokens) -> int:
        context = self.generator.context
        return context if len(tokens) <= context else 0  # its reply has a context of its own

    def _encoded(self, prompt: Prompt) -> Tokens:
        return tuple(self.generator.tokenizer(prompt.turns[-1].content, verbose=False)["input_ids"])


def _generator(loaded: models.Parts) -> "Generator":
    from transformers import GenerationConfig

    from evaluator.asking.generation import Generator

    own = loaded.network.generation_config
    kept = {name: value for name in KEPT if (value := getattr(own, name, None)) is not None}
    if "decoder_start_token_id" not in kept:
        raise UsageError("its configuration names no token that a reply begins with (decoder_start_token_id)")

    class Translating(Generator):
        """A generator whose replies begin anew, and not where the prompt ends."""

        def _padded(self, prompts: Sequence[Tokens], pad: int) -> tuple[Any, Any]:
            """On the right: an encoder may count its places from the left."""
            ids, mask = super()._padded([tokens[::-1] for tokens in prompts], pad)
            return ids.flip(1), mask.flip(1)

        def _begun(self, width: int) -> int:  # noqa: ARG002  the prompt is not repeated
            return 1

        def _asked(self, most: int, pad: int) -> Any:
            ends: Sequence[int] | None = self.ends or None
            return GenerationConfig(max_new_tokens=most, do_sample=False, eos_token_id=ends, pad_token_id=pad, **kept)

    return Translating(loaded.network, loaded.tokenizer, loaded.device, loaded.context)
