"""The registry of steps: a file in `transforms/` or `filters/` with a decorated function is a step.

    @transform          text → text          never drops
    @document_filter    record → Finding?    never rewrites
    @corpus_filter      sees every survivor, see `cleaning.duplicates`

A step's keyword parameters are the keys a recipe may give it; their types, with the names
and ranges these allow, are checked when the recipe is read.
"""

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, create_model

import cleaning.filters
import cleaning.transforms

Function = TypeVar("Function", bound=Callable[..., Any])

# Types of parameters: a number outside them makes a step that always or never fires.
Count = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)]


class Sort(StrEnum):
    """What a step looks at."""

    TRANSFORM = "transform"
    DOCUMENT = "filter"
    CORPUS = "corpus filter"


@dataclass(frozen=True)
class StepKind:
    """A registered step: its name in recipes, its function, and the model that checks its parameters.

    `spelling` marks the transforms that change how a text is written and never what it says.
    """

    name: str
    sort: Sort
    function: Callable[..., Any]
    spelling: bool = False

    @property
    def about(self) -> str:
        """The first line of the step's manual."""
        return (inspect.getdoc(self.function) or "").splitlines()[0]

    @property
    def parameters(self) -> type[BaseModel]:
        """A pydantic model of the keyword parameters; nothing else is accepted."""
        return _parameters(self.function)


_registry: dict[str, StepKind] = {}


def transform(*, spelling: bool = False) -> Callable[[Function], Function]:
    """Register a function of a text and keyword parameters that returns a text."""
    return _register(Sort.TRANSFORM, spelling)


def document_filter(function: Function) -> Function:
    """Register a function of a `Record` and keyword parameters that returns a `Finding` or None."""
    return _register(Sort.DOCUMENT)(function)


def corpus_filter(function: Function) -> Function:
    """Register a class whose keyword parameters make a `cleaning.corpus.CorpusStep`."""
    return _register(Sort.CORPUS)(function)


@cache
def registry() -> dict[str, StepKind]:
    """Every step there is, by name."""
    for package in (cleaning.transforms, cleaning.filters):
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    importlib.import_module("cleaning.duplicates")
    return dict(sorted(_registry.items()))


def _register(sort: Sort, spelling: bool = False) -> Callable[[Function], Function]:
    def keep(function: Function) -> Function:
        name = _snake_case(function.__name__)
        if name in _registry:
            raise RuntimeError(f"two cleaning steps are named {name}")
        _registry[name] = StepKind(name, sort, function, spelling)
        return function

    return keep


def _snake_case(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")


@cache
def _parameters(function: Callable[..., Any]) -> type[BaseModel]:
    keywords = [p for p in inspect.signature(function).parameters.values() if p.kind is p.KEYWORD_ONLY]
    fields: dict[str, Any] = {p.name: (p.annotation, ... if p.default is p.empty else p.default) for p in keywords}
    return create_model("Parameters", __config__=ConfigDict(extra="forbid", strict=True), **fields)
