"""A model on this machine that writes: like prompts together, each as if it were alone. torch comes when it is loaded.

Greedy or drawn, a reply does not depend on what is written beside it, up to the rounding of the device: prompts are
padded on the left and masked, and each draws from a sequence of its own, by its own seed. So what was asked again
after a kill is what would have been written before it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from jinja2 import TemplateError

from evaluator import model as models
from evaluator.asking.budget import Budget, Spent
from evaluator.asking.located import Located
from evaluator.asking.writer import NO_ROOM, Prompt, Reply, Sampling, Writing, Written
from evaluator.texts import Tokens
from storage.errors import UsageError

if TYPE_CHECKING:
    from evaluator.asking.generation import Generator

AT_ONCE = {"cpu": 8, "cuda": 64}  # replies written together at most; their tokens are bounded too


@dataclass(frozen=True)
class _Ready:
    """A prompt as tokens; `most` are the tokens its reply may have, `claim` what is held for it."""

    prompt: Prompt
    tokens: Tokens
    most: int
    claim: Spent


@dataclass
class Local:
    """A folder of weights as a writer. `at_once` bounds how many replies are written together; 1 for plain latency."""

    label: str
    at: Located
    precision: str = "stored"
    at_once: int | None = None

    @property
    def sha256(self) -> str:
        """See `Located.sha256`."""
        return self.at.sha256

    @cached_property
    def generator(self) -> "Generator":
        """The loaded model. Raises as `evaluator.model.load` does."""
        loaded = models.load(self.at.folder, self.precision)
        from evaluator.asking.generation import Generator, merged

        network = loaded.network
        if self.at.adapter is not None:
            network.module = merged(network.module, self.at.adapter)
        return Generator(network.module, loaded.tokenizer, network.device, network.context)

    def write(self, prompts: Sequence[Prompt], sampling: Sampling, budget: Budget) -> Writing:
        """See `evaluator.asking.Writer`. The longest prompts come first: what has no room in memory is told soon."""
        encoded = [(prompt, self._encoded(prompt)) for prompt in prompts]
        encoded.sort(key=lambda pair: len(pair[1]), reverse=True)
        batch: list[_Ready] = []
        for prompt, tokens in encoded:
            most = min(sampling.max_new_tokens, self._room(tokens))
            if most < 1:
                yield [Written(prompt, Reply("", NO_ROOM, len(tokens), 0, 0.0, 0, self._facts))]
                continue
            if batch and not self._fits(batch, most):
                yield self._written(batch, sampling, budget)
                batch = []
            budget.learn(prompt.size, len(tokens))
            claim = budget.claim(prompt.size, most)
            if claim is None and batch:  # what the batch leaves of its claims may be enough
                yield self._written(batch, sampling, budget)
                batch, claim = [], budget.claim(prompt.size, most)
            if claim is None:
                break
            batch.append(_Ready(prompt, tokens, most, claim))
        if batch:
            yield self._written(batch, sampling, budget)

    def _room(self, tokens: Tokens) -> int:
        """The most tokens that a reply to such a prompt can have."""
        return self.generator.context - len(tokens)

    def _fits(self, batch: list[_Ready], most: int) -> bool:
        """Whether one more prompt, no longer than those in the batch, can be written with them."""
        rows = len(batch) + 1
        at_once = self.at_once or AT_ONCE[self.generator.device]
        # A reply that the context cuts short is cut at its own place, not at that of its neighbours.
        alike = batch[0].most == most
        return alike and rows <= at_once and rows * (len(batch[0].tokens) + most) <= self.generator.most

    def _written(self, batch: list[_Ready], sampling: Sampling, budget: Budget) -> list[Written]:
        seeds = [ready.prompt.seed for ready in batch]
        for ready in batch:
            budget.sent(ready.prompt.item, ready.claim)
        replies = self.generator.write([r.tokens for r in batch], batch[0].most, sampling, seeds)
        for ready, reply in zip(batch, replies, strict=True):
            reply.facts.update(self._facts)
            budget.settle(ready.prompt.item, ready.claim, reply.read, reply.written)
        return [Written(ready.prompt, reply) for ready, reply in zip(batch, replies, strict=True)]

    @property
    def _facts(self) -> dict[str, Any]:
        return {"device": self.generator.about, "parameters": self.generator.parameters}

    def _encoded(self, prompt: Prompt) -> Tokens:
        """The turns through the model's chat template; without one as they stand, each ending in a line's end."""
        tokenizer = self.generator.tokenizer
        turns = [{"role": t.role, "content": self._control.sub(" ", t.content)} for t in prompt.turns]
        if not tokenizer.chat_template:
            texts = [turn["content"] for turn in turns]
            text = "".join(text if text.endswith("\n") else f"{text}\n\n" for text in texts)
            return tuple(tokenizer(text, verbose=False)["input_ids"])
        try:
            text = tokenizer.apply_chat_template(turns, add_generation_prompt=True, tokenize=False)
        except TemplateError as error:
            raise UsageError(f"the chat template of {self.label} does not take these turns: {error}") from None
        return tuple(tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"])

    @cached_property
    def _control(self) -> re.Pattern[str]:
        """The tokens that end a turn or begin one: no text may hold them, or it could speak in another's name."""
        tokenizer = self.generator.tokenizer
        added = (token.content for token in tokenizer.added_tokens_decoder.values() if token.special)
        special = sorted({*tokenizer.all_special_tokens, *added} - {""}, key=len, reverse=True)
        return re.compile("|".join(map(re.escape, special)) or r"(?!)")
