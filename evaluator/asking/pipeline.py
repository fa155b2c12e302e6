"""A translator, an English model, and the translator back, as one writer: the paper's MedMobile with gemma or parsinlu.

The item is translated text by text and put in English in the paper's form; the letter stands in the English answer,
and what is said to a Persian reader is that answer in Persian. Each of the three steps leaves rows of its own, keyed by
what was asked: what one pipeline translated is not translated again for another, and a kill repeats nothing.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from evaluator.asking.ask import Job, Progress, ask, given
from evaluator.asking.budget import FRAME, Budget, Spent
from evaluator.asking.forms import put_in
from evaluator.asking.paper import FREE
from evaluator.asking.writer import Prompt, Reply, Sampling, Writer, Writing, Written, turn
from evaluator.translation.translator import Given, Translator
from evaluator.translation.wording import Text, Way
from storage.answers import AnswerFields, Sitting
from storage.models import Answer

FORM = "paper-english"
TASK = "pipeline/1"
"""Raised whenever the same parts would answer otherwise."""
THERE, BACK = Way("fa", "en"), Way("en", "fa")
AT_ONCE = 64  # replies that are handed over, and so committed, together


@dataclass(frozen=True)
class Pipeline:
    """`inner` answers in English; `precision` is what it computes in."""

    inner: Writer
    there: Translator
    back: Translator
    precision: str = "stored"
    progress: Progress | None = None

    @property
    def label(self) -> str:
        """All its parts."""
        translators = dict.fromkeys((self.there.writer.label, self.back.writer.label))
        return f"{self.inner.label} through {' and '.join(translators)}"

    @property
    def sha256(self) -> str:
        """The hash of its parts' hashes, and of how the translators are asked."""
        translators = [[each.writer.sha256, each.settings] for each in (self.there, self.back)]
        told = json.dumps([TASK, FORM, self.inner.sha256, translators], ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(told.encode()).hexdigest()

    def write(self, prompts: Sequence[Prompt], sampling: Sampling, budget: Budget) -> Writing:
        """See `evaluator.asking.Writer`. A step begins when the one before it is through all prompts."""
        for step, writer in enumerate((self.there.writer, self.inner, self.back.writer)):
            if not budget.stopped:
                ask(writer, self.jobs(prompts, sampling)[step], budget, self.progress)
        done = list(self._known(prompts, sampling).written())
        for first in range(0, len(done), AT_ONCE):
            yield done[first : first + AT_ONCE]

    def jobs(self, prompts: Sequence[Prompt], sampling: Sampling) -> list[Job]:
        """What its three steps ask, as far as it is known: answers are asked for where all of an item is translated."""
        known = self._known(prompts, sampling)
        return [known.there_job, known.inner_job, known.back_job]

    def unknown(self, prompts: Sequence[Prompt], sampling: Sampling, budget: Budget) -> Spent:
        """The most that is still to come beside those jobs: answers to what is not translated yet, and their ways back.

        Of these nothing is known but the longest they can be.
        """
        known, found = self._known(prompts, sampling), Spent()
        longest = self.there.sampling.max_new_tokens
        for prompt in prompts:
            if prompt.item not in known.english:
                read = longest * len(texts_of(prompt)) + FRAME + len(put_in(FORM, "", {}).encode())
                found += budget.of(1, read, sampling.max_new_tokens)
            if prompt.item not in known.answered:
                asked = self.back.prompt(Text("", "answer"), BACK)
                found += budget.of(
                    1, budget.bound(asked.size) + sampling.max_new_tokens, self.back.sampling.max_new_tokens
                )
        return found

    def _known(self, prompts: Sequence[Prompt], sampling: Sampling) -> "_Known":
        return _Known(self, prompts, sampling)


class _Known:
    """What is stored of the answers to some prompts, step by step."""

    def __init__(self, of: Pipeline, prompts: Sequence[Prompt], sampling: Sampling) -> None:
        self.of, self.prompts = of, prompts
        self.texts = {prompt.item: texts_of(prompt) for prompt in prompts}
        every = [text for texts in self.texts.values() for text in texts.values()]
        self.there_job, self.there = of.there.job(THERE, every), of.there.given(THERE, every)
        self.english = {p.item: self._english(p, sampling) for p in prompts if self._translated(p)}
        self.inner_job = self._job(sampling)
        rows = given(self.inner_job)
        self.answered = {item: rows[put.item] for item, put in self.english.items() if put.item in rows}
        answers = [Text(str(row.output["text"]), "answer") for row in self.answered.values()]
        self.back_job, self.back = of.back.job(BACK, answers), of.back.given(BACK, answers)

    def written(self) -> Iterator[Written]:
        """The replies to all prompts that are through every step."""
        for prompt in self.prompts:
            row = self.answered.get(prompt.item)
            if row is not None and self.back.known(Text(str(row.output["text"]), "answer")):
                yield Written(prompt, self._reply(prompt, row))

    @cached_property
    def _size(self) -> dict[str, int]:
        """The parameters of all models together; nothing where one does not tell them."""
        rows = [*self.there.rows.values(), *self.answered.values(), *self.back.rows.values()]
        sizes = {row.model_sha256: int(row.output.get("parameters", 0)) for row in rows}
        parts = {self.of.inner.sha256, self.of.there.writer.sha256, self.of.back.writer.sha256}
        known = parts == set(sizes) and all(sizes.values())
        return {"parameters": sum(sizes.values())} if known else {}

    def _translated(self, prompt: Prompt) -> bool:
        return all(map(self.there.known, self.texts[prompt.item].values()))

    def _english(self, prompt: Prompt, sampling: Sampling) -> Prompt:
        """The item in English; its own text where the translator gave none."""
        told = self._told(prompt)
        question, options = told.pop("question"), told
        words = put_in(FORM, question, options) if options else question
        seed = prompt.seed if sampling.temperature else 0
        return Prompt(hashlib.sha256(json.dumps([words, seed]).encode()).hexdigest(), turn(words), prompt.seed)

    def _told(self, prompt: Prompt) -> dict[str, str]:
        return {place: self.there.told(t).text or t.text for place, t in self.texts[prompt.item].items()}

    def _job(self, sampling: Sampling) -> Job:
        inner, name = self.of.inner, "pipeline in English"
        settings = {"scoring": FREE, "task": TASK, **sampling.settings, "precision": self.of.precision}
        sitting = Sitting(inner.label, inner.sha256, name, hashlib.sha256(name.encode()).hexdigest(), settings)
        prompts = {prompt.item: prompt for prompt in self.english.values()}
        return Job(sitting, list(prompts.values()), sampling, _row)

    def _reply(self, prompt: Prompt, row: Answer) -> Reply:
        """The Persian text, with the time and tokens of all steps together, and the English beside it."""
        answer = Text(str(row.output["text"]), "answer")
        texts = self.texts[prompt.item]
        steps = [*_rows(self.there, texts.values()), row, *_rows(self.back, [answer])]
        tokens = {name: sum(int(r.output["tokens"][name]) for r in steps) for name in ("read", "written", "calls")}
        told = self._told(prompt)
        through = {"question": told.pop("question"), "options": told, "prompt": row.prompt, "answer": answer.text}
        lacking = [place for place, text in texts.items() if not self.there.told(text).text]
        facts = _facts(steps) | self._size | {"through": through} | ({"untranslated": lacking} if lacking else {})
        seconds = sum(float(r.output["seconds"]) for r in steps)
        return Reply(
            text=self.back.told(answer).text,
            finish=str(row.output["finish"]),
            read=tokens["read"],
            written=tokens["written"],
            seconds=seconds,
            calls=tokens["calls"],
            facts=facts,
        )


def texts_of(prompt: Prompt) -> dict[str, Text]:
    """What a prompt asks, text by text: its question, and its options by the letters that are shown."""
    if prompt.asked is None:
        return {"question": Text(prompt.turns[-1].content)}
    question, options = prompt.asked
    return {"question": Text(question)} | {letter: Text(o, "option", question) for letter, o in options.items()}


def _rows(of: Given, texts: Iterable[Text]) -> list[Answer]:
    found = {row.id: row for text in texts if (row := of.row(text))}
    return list(found.values())


def _facts(steps: Sequence[Answer]) -> dict[str, Any]:
    """The devices, how many replies were written at once at most, and whether one of them warmed its model up.

    Tokens that are an upper bound in one step are one in all.
    """
    outputs = [row.output for row in steps]
    at_once = [int(output["at_once"]) for output in outputs if "at_once" in output]
    devices = dict.fromkeys(str(output["device"]) for output in outputs if output.get("device"))
    found: dict[str, Any] = {"device": " + ".join(devices)} | ({"at_once": max(at_once)} if at_once else {})
    told = {name: output[name] for output in outputs for name in ("warm_up", "tokens_are") if name in output}
    return found | told


def _row(prompt: Prompt, reply: Reply) -> AnswerFields:
    return AnswerFields(prompt.item, prompt.text, reply.output, None, correct=False)
