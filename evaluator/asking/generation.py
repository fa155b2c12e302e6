"""Writing tokens with a causal model: a batch padded on the left, each row as if it were alone."""

import random
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import GenerationConfig, LogitsProcessor, LogitsProcessorList, StoppingCriteria, TopPLogitsWarper
from transformers.generation import TemperatureLogitsWarper

from evaluator.asking.device import described
from evaluator.asking.writer import Reply, Sampling
from evaluator.forward import BATCH_TOKENS
from evaluator.texts import Tokens
from storage.errors import MissingExtra, UsageError

WARM_UP = 4  # tokens


class Generator:
    """A loaded model and its tokenizer; `most` bounds the tokens of a batch, `context` those of prompt and reply.

    Whatever the folder's own generation_config asks for (penalties, a temperature) is left aside, but for the tokens
    that end a reply: every model is asked in the same way.
    """

    def __init__(self, module: Any, tokenizer: Any, device: str, context: int) -> None:
        self.module, self.tokenizer, self.device, self.context = module, tokenizer, device, context
        self.most = BATCH_TOKENS[device]
        self.about = described(device)
        self.parameters = sum(p.numel() for p in module.parameters())
        ends = module.generation_config.eos_token_id
        self.ends = sorted({*(ends if isinstance(ends, list) else [ends]), tokenizer.eos_token_id} - {None})
        module.generation_config = GenerationConfig()
        self._warm = False

    def write(self, prompts: Sequence[Tokens], most: int, sampling: Sampling, seeds: Sequence[int]) -> list[Reply]:
        """A reply to each prompt, of at most `most` tokens; halves the batch where memory has no room for it."""
        if not self._warm:
            self._batch(prompts[:1], min(WARM_UP, most), sampling, seeds[:1])
            self._warm = True
        try:
            replies: list[Reply] = self._batch(prompts, most, sampling, seeds)
            return replies
        except torch.OutOfMemoryError:
            if len(prompts) == 1:
                raise UsageError(f"{len(prompts[0])} tokens and a reply have no room on {self.about}") from None
        torch.cuda.empty_cache()
        half = len(prompts) // 2
        return [
            *self.write(prompts[:half], most, sampling, seeds[:half]),
            *self.write(prompts[half:], most, sampling, seeds[half:]),
        ]

    @torch.inference_mode()
    def _batch(self, prompts: Sequence[Tokens], most: int, sampling: Sampling, seeds: Sequence[int]) -> list[Reply]:
        width = max(map(len, prompts))
        pad = self.tokenizer.pad_token_id if self.tokenizer.pad_token_id is not None else (self.ends or [0])[0]
        ids, mask = self._padded(prompts, pad)
        watch = _Watch(self.ends, len(prompts))
        written = self.module.generate(
            input_ids=ids.to(self.device),
            attention_mask=mask.to(self.device),
            generation_config=self._asked(most, pad),
            logits_processor=_drawing(sampling, seeds),
            stopping_criteria=[watch],
        )
        rows = written[:, self._begun(width) :].tolist()
        took = watch.elapsed()
        facts = {"at_once": len(prompts), "batch_seconds": round(took, 4)}
        return [
            self._reply(tokens, row, watch.seconds[n] or took, dict(facts))
            for n, (tokens, row) in enumerate(zip(prompts, rows, strict=True))
        ]

    def _padded(self, prompts: Sequence[Tokens], pad: int) -> tuple[Any, Any]:
        """The tokens and which of them count, padded on the left: a reply goes on where its prompt ends."""
        width = max(map(len, prompts))
        ids = torch.full((len(prompts), width), pad)
        mask = torch.zeros_like(ids)
        for row, tokens in enumerate(prompts):
            ids[row, width - len(tokens) :], mask[row, width - len(tokens) :] = torch.tensor(tokens), 1
        return ids, mask

    def _asked(self, most: int, pad: int) -> Any:
        """How it writes: the likeliest token each time, or what the draw leaves."""
        return GenerationConfig(max_new_tokens=most, do_sample=False, eos_token_id=self.ends or None, pad_token_id=pad)

    def _begun(self, width: int) -> int:
        """Where replies begin in what it wrote to prompts of that width."""
        return width

    def _reply(self, prompt: Tokens, row: list[int], seconds: float, facts: dict[str, Any]) -> Reply:
        end = next((n for n, token in enumerate(row) if token in self.ends), None)
        own = row if end is None else row[: end + 1]
        text = self.tokenizer.decode(own, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        finish = "length" if end is None else "stop"
        return Reply(text, finish, len(prompt), len(own), seconds, 1, facts)


class _Watch(StoppingCriteria):
    """Stops nothing: notes when each row had its last token."""

    def __init__(self, ends: Sequence[int], rows: int) -> None:
        self.ends, self.seconds = set(ends), [0.0] * rows
        self._begun = time.monotonic()

    def elapsed(self) -> float:
        """Seconds since the writing began."""
        return time.monotonic() - self._begun

    def __call__(self, input_ids: Any, *_: Any, **__: Any) -> Any:
        for row, token in enumerate(input_ids[:, -1].tolist()):
            if token in self.ends and not self.seconds[row]:
                self.seconds[row] = self.elapsed()
        return torch.zeros(input_ids.shape[0], dtype=torch.bool, device=input_ids.device)


class _Draw(LogitsProcessor):
    """Draws each row's token by a sequence of its own, and leaves only that one to be chosen."""

    def __init__(self, seeds: Sequence[int]) -> None:
        self._sequences = [random.Random(seed) for seed in seeds]  # noqa: S311  no secret hangs on it

    def __call__(self, input_ids: Any, scores: Any) -> Any:  # noqa: ARG002
        points = torch.tensor([[each.random()] for each in self._sequences], dtype=torch.float64, device=scores.device)
        below = scores.double().softmax(dim=-1).cumsum(dim=-1)
        # What is summed may end a little under 1: the point is held under the sum, and past it the last token is taken.
        chosen = torch.searchsorted(below, points * below[:, -1:], right=True).clamp(max=scores.shape[-1] - 1)
        return torch.full_like(scores, float("-inf")).scatter(1, chosen, 0.0)


def _drawing(sampling: Sampling, seeds: Sequence[int]) -> Any:
    """At temperature 0 nothing: the likeliest token is taken."""
    if not sampling.temperature:
        return LogitsProcessorList()
    narrowed = [TopPLogitsWarper(sampling.top_p)] if sampling.top_p < 1 else []
    return LogitsProcessorList([TemperatureLogitsWarper(sampling.temperature), *narrowed, _Draw(seeds)])


def merged(module: Any, adapter: Path) -> Any:
    """The model with an adapter's weights added to its own, as the paper's was evaluated.

    Raises UsageError where the adapter is of another model, MissingExtra without peft.
    """
    try:
        from peft import PeftModel
    except ImportError:
        raise MissingExtra("an adapter needs peft: pip install 'tabib[train]'") from None
    try:
        with warnings.catch_warnings():
            # peft asks transformers for something by its old name; nobody here can change that.
            warnings.filterwarnings("ignore", "`is_gradient_checkpointing` is deprecated", FutureWarning)
            return PeftModel.from_pretrained(module, adapter, local_files_only=True).merge_and_unload().eval()
    except (OSError, ValueError, KeyError, RuntimeError, TypeError) as error:
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise UsageError(f"the adapter in {adapter} does not fit its base: {first[:200]}") from None
