"""The registry of steps: a file in `transforms/` or `filters/` with a decorated function is a step.

    @transform      text → text                            never drops
    @extract        text → Taken                           cuts or masks pieces, and says where they stood
    @measured       record → figures, .rule → Finding?     never rewrites
    @corpus_filter  sees every survivor, see `cleaning.duplicates`

A filter is cut in two: what it measures, which takes the text, and its rule, which takes the figures and the recipe's
thresholds. Figures are stored, so another threshold is another reading of them and no pass over the texts.

A step's keyword parameters are the keys a recipe may give it; their types, with the names
and ranges these allow, are checked when the recipe is read.
"""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, Concatenate, Generic, ParamSpec, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, Field, create_model

import cleaning.filters
import cleaning.transforms
from cleaning.record import Figures, Finding, Record

Function = TypeVar("Function", bound=Callable[..., Any])
RuleFunction = TypeVar("RuleFunction", bound=Callable[..., Finding | None])
ManyFunction = TypeVar("ManyFunction", bound=Callable[..., Sequence[Figures | None]])
Parameters = ParamSpec("Parameters")


class CorpusFilter(Protocol):
    """What a corpus filter's class says of itself: how its reasons begin; its field ends them."""

    reason: str


CorpusClass = TypeVar("CorpusClass", bound=type[CorpusFilter])

# Types of parameters: a number outside them makes a step that always or never fires.
Count = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)]


class Sort(StrEnum):
    """What a step looks at."""

    TRANSFORM = "transform"
    EXTRACT = "extract"
    DOCUMENT = "filter"
    CORPUS = "corpus filter"


@dataclass(frozen=True)
class StepKind:
    """A registered step: its name in recipes, its function, and for filters the rule over what that measures.

    `spelling` marks the transforms that change how a text is written and never what it says, `private` the extracts
    whose pieces are kept nowhere; `reason` is how the reasons of a corpus filter begin.
    """

    name: str
    sort: Sort
    function: Callable[..., Any]
    spelling: bool = False
    private: bool = False
    reason: str = ""

    @property
    def about(self) -> str:
        """The first line of the step's manual."""
        return self.manual.splitlines()[0]

    @property
    def manual(self) -> str:
        """The step's whole manual."""
        return inspect.getdoc(self.function) or ""

    @property
    def rule(self) -> Callable[..., Finding | None]:
        """Decides by a filter's figures and thresholds."""
        return _rules[self.name]

    @property
    def many(self) -> Callable[..., Sequence[Figures | None]] | None:
        """Measures many records at once, for filters whose `Measured.many` says how."""
        return _many.get(self.name)

    @property
    def measuring(self) -> frozenset[str]:
        """The parameters that what is measured depends on; a filter's others are thresholds."""
        return frozenset(_keywords(self.function))

    @property
    def ruling(self) -> frozenset[str]:
        """The parameters that a filter's rule takes."""
        return frozenset(_keywords(self.rule)) if self.sort == Sort.DOCUMENT else frozenset()

    @property
    def parameters(self) -> type[BaseModel]:
        """A pydantic model of the keyword parameters; nothing else is accepted."""
        return _parameters(self.function, self.rule if self.sort == Sort.DOCUMENT else None)


_registry: dict[str, StepKind] = {}
_rules: dict[str, Callable[..., Finding | None]] = {}
_many: dict[str, Callable[..., Sequence[Figures | None]]] = {}


def transform(*, spelling: bool = False) -> Callable[[Function], Function]:
    """Register a function of a text and keyword parameters that returns a text."""

    def keep(function: Function) -> Function:
        _register(StepKind(function.__name__, Sort.TRANSFORM, function, spelling=spelling))
        return function

    return keep


def extract(*, private: bool) -> Callable[[Function], Function]:
    """Register a function of a text and keyword parameters that returns a `Taken`."""

    def keep(function: Function) -> Function:
        _register(StepKind(function.__name__, Sort.EXTRACT, function, private=private))
        return function

    return keep


class Measured(Generic[Parameters]):
    """A registered filter: call it to measure a record; `rule` registers what decides by the figures."""

    def __init__(self, function: Callable[Concatenate[Record, Parameters], Figures | None]) -> None:
        self.measure = function
        _register(StepKind(function.__name__, Sort.DOCUMENT, function))

    def __call__(self, record: Record, *args: Parameters.args, **keywords: Parameters.kwargs) -> Figures | None:
        """The record's figures; None where there is nothing to measure."""
        return self.measure(record, *args, **keywords)

    def rule(self, function: RuleFunction) -> RuleFunction:
        """Register a function of the figures, measuring parameters and thresholds that returns a `Finding` or None."""
        _rules[self.measure.__name__] = function
        return function

    def many(self, function: ManyFunction) -> ManyFunction:
        """Register a function that measures a sequence of records at once, each as it would be measured alone.

        It may return nothing where each alone is as quick.
        """
        _many[self.measure.__name__] = function
        return function


def measured(function: Callable[Concatenate[Record, Parameters], Figures | None]) -> Measured[Parameters]:
    """Register a function of a `Record` and keyword parameters that measures it; give it a `rule` as well."""
    return Measured(function)


def corpus_filter(made: CorpusClass) -> CorpusClass:
    """Register a class whose keyword parameters make a `cleaning.corpus.CorpusStep`."""
    _register(StepKind(_snake_case(made.__name__), Sort.CORPUS, made, reason=made.reason))
    return made


@cache
def registry() -> dict[str, StepKind]:
    """Every step there is, by name."""
    for package in (cleaning.transforms, cleaning.filters):
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    importlib.import_module("cleaning.duplicates")
    return dict(sorted(_registry.items()))


def _register(kind: StepKind) -> None:
    if kind.name in _registry:
        raise RuntimeError(f"two cleaning steps are named {kind.name}")
    _registry[kind.name] = kind


def _snake_case(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")


def _keywords(function: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    found = inspect.signature(function).parameters.values()
    return {parameter.name: parameter for parameter in found if parameter.kind is parameter.KEYWORD_ONLY}


@cache
def _parameters(*functions: Callable[..., Any] | None) -> type[BaseModel]:
    keywords: dict[str, inspect.Parameter] = {}
    for function in filter(None, functions):
        keywords |= _keywords(function)
    fields: dict[str, Any] = {
        name: (p.annotation, ... if p.default is p.empty else p.default) for name, p in keywords.items()
    }
    return create_model("Parameters", __config__=ConfigDict(extra="forbid", strict=True), **fields)
