"""Preferences into token sequences: a row is the chosen chat and then the rejected one, documents of one pack.

So a batch has no padding, the two never see each other, and logits are asked for where an answer is predicted alone:
of aya's 256,000 figures each, that is what a batch weighs. `trainer inspect` shows the row as what it is.
"""

from collections.abc import Iterator
from typing import Any

Texts = list[str | None]
Sequences = dict[str, list[list[int]]]


def encoded(encoder: Any, questions: Texts, chosen: Texts, rejected: Texts) -> Sequences:
    """Rows of input_ids, labels and seq_lengths, of `data.Encoder`'s chats; it counts what it cuts and drops.

    Both sides are cut at max_length tokens; one that has no answer left, or the same as the other, takes its row away.
    """
    made: Sequences = {"input_ids": [], "labels": [], "seq_lengths": []}
    for texts in zip(questions, chosen, rejected, strict=True):
        sides = list(_sides(encoder, *texts))
        if len(sides) < 2:
            encoder.counts["dropped_preferences"] += 1
        elif sides[0] == sides[1]:
            encoder.counts["dropped_same_in_max_length"] += 1
            _uncount(encoder, sides)
        else:
            for name in ("input_ids", "labels"):
                made[name].append([value for side in sides for value in side[name]])
            made["seq_lengths"].append([len(side["input_ids"]) for side in sides])
    return made


def _sides(encoder: Any, question: str | None, *answers: str | None) -> Iterator[dict[str, list[int]]]:
    sides = [
        {name: column[0] for name, column in chat.items()}
        for chat in (encoder.chats([question], [answer]) for answer in answers)
        if chat["input_ids"]
    ]
    if len(sides) == len(answers):
        yield from sides
    else:
        _uncount(encoder, sides)


def _uncount(encoder: Any, sides: list[dict[str, list[int]]]) -> None:
    """Take back what was counted of a side that goes because of the other."""
    for side in sides:
        encoder.counts["sequences"] -= 1
        encoder.counts["tokens"] -= len(side["input_ids"])
        encoder.counts["trained_tokens"] -= sum(label >= 0 for label in side["labels"][1:])
