"""Prompts with what was found put before the question, for any model, as ChatDoctor's were (Li et al. 2023).

ChatDoctor's passages came from an encyclopaedia and a list of diseases; here they are a snapshot's training pairs.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from evaluator.asking.writer import Prompt, Turn
from evaluator.retrieval.guard import Own
from evaluator.retrieval.retriever import Hit, Retriever
from storage.errors import UsageError

HEAD = "آنچه در پی می‌آید پرسش‌هایی شبیه این پرسش و پاسخ پزشکان به آن‌هاست. اگر به پرسش ربطی ندارد، به آن توجه نکن."
PASSAGE = "({number}) پرسش: {question} پاسخ: {answer}"
LONGEST = 1_200
"""Characters of a passage that are shown; 95 % of 10,126 published pairs are no longer."""
PASSAGES, MOST = 3, 50


class Passages(NamedTuple):
    """What is put before a question; `cut` of the passages are only the beginning of their pair."""

    text: str
    hits: list[Hit]
    left_out: int
    cut: int

    @property
    def record(self) -> dict[str, object]:
        """What a row of answers keeps of it."""
        return {"sources": [hit.source for hit in self.hits], "left_out": self.left_out, "passages_cut": self.cut}


@dataclass(frozen=True)
class Augmenting:
    """At most `passages` pairs, each on a line of at most LONGEST characters.

    The same question always gets the same passages. Pairs that are the item's own are left out.
    """

    retriever: Retriever
    passages: int = PASSAGES

    def __post_init__(self) -> None:
        """Raises UsageError for a number that is none, or more than a prompt holds."""
        if not 1 <= self.passages <= MOST:
            raise UsageError(f"--passages {self.passages} is not possible: 1 to {MOST}")

    @property
    def settings(self) -> dict[str, object]:
        """What of it changes an answer; the snapshot is told by what the retriever's hash is made of, not by name."""
        form = hashlib.sha256(f"{HEAD}\n{PASSAGE}\n{LONGEST}".encode()).hexdigest()
        found = {"method": self.retriever.method.name, "retriever_sha256": self.retriever.sha256}
        return found | {"passages": self.passages, "passages_sha256": form}

    def found(self, question: str, said: Sequence[str] = ()) -> Passages:
        """The passages for a question whose item also says `said`; no text where nothing similar was found."""
        hits, left_out = self.retriever.search(question, self.passages, Own(question, said))
        wholes = [_passage(number, hit) for number, hit in enumerate(hits, 1)]
        lines = [whole if len(whole) <= LONGEST else f"{whole[:LONGEST]}…" for whole in wholes]
        text = "\n".join([HEAD, *lines]) if lines else ""
        return Passages(text, hits, left_out, sum(len(whole) > LONGEST for whole in wholes))

    def put(self, prompt: Prompt, passages: Passages) -> Prompt:
        """The prompt with the passages before its last turn's words; as it was where there are none."""
        if not passages.text:
            return prompt
        *before, last = prompt.turns
        return replace(prompt, turns=(*before, Turn(last.role, f"{passages.text}\n\n{last.content}")))


def _passage(number: int, hit: Hit) -> str:
    """On one line, so that no text of a pair can stand as a heading of the prompt."""
    question, answer = (" ".join(text.split()) for text in (hit.pair.question, hit.pair.answer))
    return PASSAGE.format(number=number, question=question, answer=answer)
