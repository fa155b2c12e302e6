"""Small exams for the tests: items of this project's own, a plain reader of letters, and a killed process."""

import hashlib
import re
from collections.abc import Iterator, Mapping

from evaluator.asking import Written
from evaluator.asking.exam import Subject
from evaluator.asking.forms import Form
from evaluator.asking.paper import ChoicePaper, Manner
from evaluator.asking.writer import Sampling
from evaluator.choice import Item, OpenedChoice
from evaluator.endpoint import Endpoint, Manners, address

ORGANS = ("کبد", "طحال", "قلب", "کلیه")


def items(count: int) -> tuple[Item, ...]:
    """Questions of four options, their keys in turn."""
    return tuple(
        Item(f"q{n:03}", f"پرسش شماره {n} درباره کدام اندام است؟", tuple(f"{o} {n}" for o in ORGANS), "ABCD"[n % 4])
        for n in range(count)
    )


def bracketed(text: str, options: Mapping[str, str], _question: str = "") -> str | None:
    """The one letter in brackets."""
    found = set(re.findall(r"\[([A-Z])\]", text)) & set(options)
    return found.pop() if len(found) == 1 else None


def exam(
    count: int, form: Form | None = None, sampling: Sampling | None = None, chains: int = 1, seed: int = 0
) -> ChoicePaper:
    """A paper of `items`."""
    manner = Manner(form or Form(), sampling or Sampling(max_new_tokens=64), chains, seed)
    return ChoicePaper("exam", OpenedChoice(items(count)), manner, bracketed)


def subject(url: str, **keys: int | float) -> Subject:
    """A model of a scripted endpoint."""
    return Subject(Endpoint(address(url), "tiny", Manners(**keys)))  # type: ignore[arg-type]


class Nobody:
    """A writer that is only named."""

    label, sha256 = "nobody", "0" * 64

    def write(self, *_: object) -> Iterator[list[Written]]:
        """Nothing."""
        yield []


def letter_for(asked: str, draw: object = "") -> str:
    """A letter that hangs on the prompt and the draw alone, as a model's would."""
    return "ABCD"[hashlib.sha256(f"{asked}{draw}".encode()).digest()[0] % 4]
