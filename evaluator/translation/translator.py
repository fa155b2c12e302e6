"""A writer as a translator. A text that was translated once, from any command, is a row and never asked again."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from evaluator.asking.ask import Job, given
from evaluator.asking.paper import FREE
from evaluator.asking.writer import Prompt, Reply, Sampling, Writer, storable, turn
from evaluator.translation import wording
from evaluator.translation.wording import Text, Way
from storage.answers import AnswerFields, Sitting
from storage.models import Answer

FORM = "translation/1"
"""Raised whenever the same model would translate otherwise under the same settings."""
LONGEST = 1024
"""Tokens of one translation, by default."""


@dataclass(frozen=True)
class Translator:
    """`bare` writers take the text alone, as models that do nothing but translate; others are told what to do."""

    writer: Writer
    bare: bool = False
    sampling: Sampling = field(default_factory=lambda: Sampling(max_new_tokens=LONGEST))
    precision: str = "stored"

    @property
    def settings(self) -> dict[str, object]:
        """What changes a translation, beside model, direction and text."""
        words = json.dumps([wording.PROMPT, wording.ABOUT, wording.KINDS, wording.LANGUAGES, wording.CONTEXT])
        form = "bare" if self.bare else hashlib.sha256(words.encode()).hexdigest()
        said = {"scoring": FREE, "task": FORM, "wording": form}
        return {**said, **self.sampling.settings, "precision": self.precision}

    def sitting(self, way: Way) -> Sitting:
        """All translations of one direction: what is translated stands in each row's prompt."""
        name = f"translation {way}"
        return Sitting(
            self.writer.label, self.writer.sha256, name, hashlib.sha256(name.encode()).hexdigest(), self.settings
        )

    def prompt(self, text: Text, way: Way) -> Prompt:
        """The text as it is put; the item is the hash of that, so equal ones are one."""
        words = storable(text.text if self.bare else wording.prompt(text, way))
        return Prompt(hashlib.sha256(words.encode()).hexdigest(), turn(words))

    def job(self, way: Way, texts: Iterable[Text]) -> Job:
        """All that must be asked for these texts to be translated; what has no words is not."""
        wanted = [
            self.prompt(text, way) for text in texts if text.text.strip() and wording.kept(text.text, way) is None
        ]
        prompts = {prompt.item: prompt for prompt in wanted}
        return Job(self.sitting(way), list(prompts.values()), self.sampling, _row)

    def given(self, way: Way, texts: Sequence[Text]) -> "Given":
        """What these texts were translated to so far."""
        return Given(self, way, given(self.job(way, texts)))


@dataclass(frozen=True)
class Given:
    """The stored translations of some texts."""

    translator: Translator
    way: Way
    rows: Mapping[str, Answer]

    def row(self, text: Text) -> Answer | None:
        """The row of a text; None where it has none, or needs none."""
        return self.rows.get(self.translator.prompt(text, self.way).item)

    def known(self, text: Text) -> bool:
        """Whether nothing is left to ask of it."""
        return not text.text.strip() or wording.kept(text.text, self.way) is not None or self.row(text) is not None

    def told(self, text: Text) -> wording.Told:
        """The translation; nothing where there is none."""
        if (same := wording.kept(text.text, self.way)) is not None:
            return wording.Told(same, prose=False)
        row = self.row(text)
        return wording.told(str(row.output["text"]), text.text) if row else wording.Told("", prose=False)

    def finish(self, text: Text) -> str:
        """How the reply ended."""
        row = self.row(text)
        return str(row.output.get("finish", "stop")) if row else "stop"


def _row(prompt: Prompt, reply: Reply) -> AnswerFields:
    return AnswerFields(prompt.item, prompt.text, reply.output, None, correct=False)
