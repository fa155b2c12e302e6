"""The annotator's guide: rules with worked examples, versioned, read from `guidelines/`; the page that shows it."""

from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from starlette.requests import Request
from starlette.responses import Response

from infra.admin.accounts import logged_in
from infra.admin.language import look
from infra.admin.pages import page
from storage.review import REASONS
from storage.strict_yaml import read

VERSION = "v1"
MOST_VALUES = 2000  # of a guide's file


class Part(BaseModel):
    """Whatever a guide is made of: nothing that is not known, nothing changed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Said(Part):
    """One text in both languages; `said[language]`."""

    fa: str
    en: str

    def __getitem__(self, language: str) -> str:
        """The text in a language."""
        return self.fa if language == "fa" else self.en


class Example(Part):
    """An invented pair and why it belongs, or does not and what is right `instead`."""

    question: str
    answer: str
    why: Said
    instead: str | None = None


class Rule(Part):
    """When a decision or a reason is right, examples that belong, and one that only seems to."""

    title: Said
    rule: Said
    belongs: Annotated[tuple[Example, ...], Field(min_length=2)]
    against: Annotated[Example, Field(alias="not")]


class Task(Part):
    """A record of the training round with the right decision."""

    id: str
    question: str
    answer: str
    decision: Literal["approve", "reject"]
    reason: str | None = None
    why: Said


class Guide(Part):
    """One version of the guide."""

    version: str
    approve: Rule
    edit: Rule
    reasons: dict[str, Rule]
    training: tuple[Task, ...]

    @model_validator(mode="after")
    def _complete(self) -> "Guide":
        if list(self.reasons) != list(REASONS):
            raise ValueError("the guide's reasons are not those of reviews, in their order")
        if any((task.decision == "reject") != (task.reason in REASONS) for task in self.training):
            raise ValueError("a rejection in the training round needs a reason")
        return self

    @property
    def rules(self) -> dict[str, Rule]:
        """Every rule by the name of its decision or reason."""
        return {"approve": self.approve, "edit": self.edit, **self.reasons}


@cache
def guide() -> Guide:
    """The version in force."""
    text = (Path(__file__).parent / "guidelines" / f"{VERSION}.yaml").read_text("utf-8")
    return Guide.model_validate(read(text, MOST_VALUES))


def titles(language: str) -> dict[str, str]:
    """What each decision and reason is called in a language."""
    return {name: rule.title[language] for name, rule in guide().rules.items()}


@logged_in
async def show(request: Request) -> Response:
    """The whole guide on a page."""
    return page(request, "guide.html", guide=guide(), titles=titles(look(request).language))
