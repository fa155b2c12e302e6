"""Forward passes of a causal model: the log-probability of continuations, in nats.

Texts that share their prompt are computed from its cached state; all others as they stand, right-padded, where
causality keeps the padding out. A padded batch holds inputs of like length.
"""

from collections.abc import Sequence
from typing import Any

import torch

from evaluator.texts import Fork, Text, Tokens, Window, batches, fork_batches

# Padded tokens in one batch, or one fork. On a core a pass then stays in the cache: with 8,192 a model of 2 M weights
# took 1.7 times as long for letters and 1.1 times for texts, one of 41 M twice and 1.1 times.
BATCH_TOKENS = {"cpu": 1_024, "cuda": 65_536}
SOFTMAX_VALUES = 1 << 26  # logits normalised in one go: 256 MiB in float32

Place = tuple[int, int, int]  # row, position and token of a wanted log-probability


class Network:
    """A loaded causal model on its device; `context` is the longest input it takes."""

    def __init__(self, module: Any, device: str, context: int) -> None:
        self.module, self.device, self.context = module, device, context
        self.most = BATCH_TOKENS[device]

    @torch.inference_mode()
    def weigh(self, groups: Sequence[tuple[Text, ...]]) -> dict[Text, float]:
        """The summed log-probability of every text's continuation; the texts of a group share their prompt."""
        forks = [fork for texts in groups if (fork := Fork(texts)).pays(self.context)]
        found: dict[Text, float] = {}
        for batch in fork_batches(forks, self.most):
            found |= self._forked(batch)
        left = [text for texts in groups for text in texts if text not in found]
        return found | self._windowed(left)

    def _windowed(self, texts: Sequence[Text]) -> dict[Text, float]:
        """One pass for each distinct input: texts that differ in their last token alone share theirs."""
        inputs: dict[Tokens, list[tuple[Text, Window]]] = {}
        for text in dict.fromkeys(texts):
            for window in text.windows(self.context):
                inputs.setdefault(window.tokens[:-1], []).append((text, window))
        found = dict.fromkeys(texts, 0.0)
        for batch in batches(sorted(inputs, key=len, reverse=True), self.most):
            asked = [(row, *pair) for row, tokens in enumerate(batch) for pair in inputs[tokens]]
            first = min(window.first for _, _, window in asked) - 1
            # Only the positions that foretell a wanted token: the vocabulary is wide and a prompt is long. No mask:
            # what is padded stands after all that is wanted, and without one attention takes its quicker way.
            ids, _ = self._padded(batch)
            logits = self._pass(ids, None, use_cache=False, logits_to_keep=len(batch[0]) - first).logits
            sums = _summed(logits, [_places(row, w.tokens, w.first, first) for row, _, w in asked])
            for (_, text, _), value in zip(asked, sums, strict=True):
                found[text] += value
        return found

    def _forked(self, batch: Sequence[Fork]) -> dict[Text, float]:
        """Each head once, its last position foretelling the first tokens; then every tail after a copy of its state.

        Empty where the model keeps a state that cannot be copied by row; `weigh` then goes the plain way.
        """
        heads = [fork.head for fork in batch]
        ids, mask = self._padded(heads, left=True)
        positions = (mask.cumsum(dim=1) - 1).clamp(min=0)
        out = self._pass(ids, mask, position_ids=positions, use_cache=True, logits_to_keep=1)
        tails = [(row, tail) for row, fork in enumerate(batch) for tail in fork.tails]
        if tails and not _copies_rows(out.past_key_values):
            return {}
        texts = [(row, len(fork.head), text) for row, fork in enumerate(batch) for text in fork.texts]
        found = _summed(out.logits, [[(row, 0, t.tokens[head])] if t.start == head else [] for row, head, t in texts])
        if tails:
            after = self._tails(tails, heads, mask, out.past_key_values)
            places = _after_heads(texts, {tail: row for row, tail in enumerate(tails)})
            found = [a + b for a, b in zip(found, _summed(after, places), strict=True)]
        return {text: value for (_, _, text), value in zip(texts, found, strict=True)}

    def _tails(self, tails: Sequence[tuple[int, Tokens]], heads: Sequence[Tokens], mask: Any, cache: Any) -> Any:
        rows = torch.tensor([row for row, _ in tails], device=self.device)
        cache.batch_select_indices(rows)
        ids, tail_mask = self._padded([tail for _, tail in tails])
        lengths = torch.tensor([len(heads[row]) for row, _ in tails], device=self.device)
        positions = lengths[:, None] + torch.arange(ids.shape[1], device=self.device)
        whole_mask = torch.cat([mask[rows], tail_mask], dim=1)
        return self._pass(ids, whole_mask, position_ids=positions, past_key_values=cache, use_cache=True).logits

    def _pass(self, ids: Any, mask: Any, **options: Any) -> Any:
        return self.module(ids, attention_mask=mask, **options)

    def _padded(self, inputs: Sequence[Tokens], left: bool = False) -> tuple[Any, Any]:
        """Ids and mask as wide as the longest input, the padding at one side."""
        width = max(map(len, inputs))
        ids = torch.zeros(len(inputs), width, dtype=torch.long)
        mask = torch.zeros_like(ids)
        for row, tokens in enumerate(inputs):
            own = slice(width - len(tokens), width) if left else slice(len(tokens))
            ids[row, own], mask[row, own] = torch.tensor(tokens), 1
        return ids.to(self.device), mask.to(self.device)


def _places(row: int, tokens: Tokens, first: int, offset: int) -> list[Place]:
    """Where logits that begin at position `offset` foretell the tokens from `first` on: one position before each."""
    return [(row, n - 1 - offset, tokens[n]) for n in range(first, len(tokens))]


def _after_heads(texts: Sequence[tuple[int, int, Text]], tails: dict[tuple[int, Tokens], int]) -> list[list[Place]]:
    """Where in the tails' logits stand the tokens of each text that come after the first one behind its head."""
    found = list[list[Place]]()
    for row, head, text in texts:
        tail = text.tokens[head:-1]
        found.append(_places(tails[row, tail], text.tokens, max(text.start, head + 1), head) if tail else [])
    return found


def _summed(logits: Any, groups: Sequence[Sequence[Place]]) -> list[float]:
    """The summed log-probability of each group of places."""
    values = iter(_log_probabilities(logits, [place for group in groups for place in group]))
    return [sum(next(values) for _ in group) for group in groups]


def _log_probabilities(logits: Any, places: Sequence[Place]) -> list[float]:
    """The log-probability at each place, a bounded part of the vocabulary's width at a time.

    A position's logits are normalised once for all the tokens wanted of it: the letters of one question share theirs.
    """
    tokens: dict[tuple[int, int], list[int]] = {}
    for row, position, token in places:
        tokens.setdefault((row, position), []).append(token)
    at_once = max(1, SOFTMAX_VALUES // logits.shape[-1])
    found: dict[Place, float] = {}
    distinct = list(tokens)
    for start in range(0, len(distinct), at_once):
        part = distinct[start : start + at_once]
        wanted = [(n, *place, token) for n, place in enumerate(part) for token in tokens[place]]
        rows, positions = torch.tensor(part, device=logits.device).unbind(dim=1)
        chosen = logits[rows, positions].float()
        at, *_, which = torch.tensor(wanted, device=logits.device).unbind(dim=1)
        values = (chosen[at, which] - chosen.logsumexp(dim=-1)[at]).tolist()
        for (_, row, position, token), value in zip(wanted, values, strict=True):
            found[row, position, token] = value
    return [found[place] for place in places]


def _copies_rows(cache: Any) -> bool:
    """Whether every layer keeps keys and values a row, which can be repeated for each of its continuations."""
    layers = getattr(cache, "layers", None) or []
    return len(layers) > 0 and all(
        hasattr(layer, "keys") and not getattr(layer, "is_linear", False) for layer in layers
    )
