"""Recipes: YAML files of ordered steps, read whole, refused whole with every error at once.

    about: what the recipe is for
    steps:
      - letters                                  # a step without parameters
      - too_short: {field: answer, words: 8, then: drop, source: where the number comes from}

Beside its own parameters a step takes `then` (filters: drop, review, or pass, which takes back the reviews asked for
before it), `fields` (transforms: which texts, all by default) and `source` (where its numbers come from; a step that is
given any must have one).
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cache, cached_property, lru_cache, partial
from itertools import groupby
from pathlib import Path
from typing import Any

from cleaning.recipe_lines import ALL_FIELDS, nearest, step_line, unknown_key
from cleaning.record import FIELDS, Figures, Finding, Record, Taken
from cleaning.sketch import VERSION as SKETCH_VERSION
from cleaning.spelling import Speller
from cleaning.steps import Sort, StepKind
from storage import strict_yaml
from storage.errors import UsageError, unknown

CODE_VERSION = 9
"""Raise it when the same recipe would judge the same text differently than before."""

FOLDER = Path(__file__).parent / "recipes"
PLACE = {Sort.TRANSFORM: 0, Sort.EXTRACT: 0, Sort.DOCUMENT: 1, Sort.CORPUS: 2}
"""Texts are changed first, then measured, then compared: every figure is of the same text."""
KEYS = ("about", "steps")
SHAPE = "must be a mapping with a list of `steps`; `about` may be left out"
LARGEST = 1_000_000
MOST_VALUES = 10_000


@dataclass(frozen=True)
class Step:
    """One line of a recipe: a step, its checked parameters, and what its finding leads to."""

    kind: StepKind
    parameters: dict[str, Any]
    then: str = "drop"
    fields: tuple[str, ...] = ALL_FIELDS
    source: str | None = None

    @cached_property
    def key(self) -> str:
        """What is measured: the step's name with the parameters that its figures depend on."""
        given = self._given(self.kind.measuring)
        return self.kind.name + (f"({', '.join(f'{name}={value}' for name, value in given.items())})" if given else "")

    @cached_property
    def measure(self) -> Callable[[Record], Figures | None]:
        """A filter's figures of one record."""
        return partial(self.kind.function, **self._measuring)

    def measure_all(self, records: Sequence[Record]) -> Sequence[Figures | None]:
        """The same of many records, quicker for a filter that says how."""
        many = self.kind.many
        return many(records, **self._measuring) if many else [self.measure(record) for record in records]

    @cached_property
    def rule(self) -> Callable[[Figures], Finding | None]:
        """What a filter finds by its figures."""
        return partial(self.kind.rule, **self._ruling)

    @cached_property
    def corpus_reason(self) -> str:
        """The reason that a corpus filter says; of another step there is none."""
        return "_".join(filter(None, (self.kind.reason, self.kind.reason and self.parameters.get("field"))))

    @property
    def deciding(self) -> bool:
        """Whether a filter's rule can find anything, or it only describes: all its thresholds stand as they come.

        One that stops something has no default: recipes state it, with its source.
        """
        thresholds, known = self.kind.ruling - self.kind.measuring, self.kind.parameters.model_fields
        return not thresholds or any(self.parameters[name] != known[name].default for name in thresholds)

    @cached_property
    def _measuring(self) -> dict[str, Any]:
        return self._given(self.kind.measuring)

    @cached_property
    def _ruling(self) -> dict[str, Any]:
        return self._given(self.kind.ruling)

    def _given(self, names: frozenset[str]) -> dict[str, Any]:
        return {name: value for name, value in self.parameters.items() if name in names}


@dataclass(frozen=True)
class Recipe:
    """A recipe's name, the text of its file, what it parses to, and its steps in order."""

    name: str
    text: str
    content: dict[str, Any]
    steps: tuple[Step, ...]

    def __reduce__(self) -> tuple[Any, ...]:
        """Its text is what travels to another process, which must make the same of it."""
        return _arrived, (self.name, self.text, self.sha256)

    @cached_property
    def sha256(self) -> str:
        """The recipe's identity: its parsed content, in whatever order, and what its steps measure on this code."""
        canonical = json.dumps([self.measures_sha256, self.content], ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(canonical.encode()).hexdigest()

    @cached_property
    def measures_sha256(self) -> str:
        """Identity of what is measured: recipes that differ in thresholds alone share it, and each other's figures."""
        changing = [(step.key, step.fields) for step in self.of(Sort.TRANSFORM, Sort.EXTRACT)]
        measuring = sorted({step.key for step in self.of(Sort.DOCUMENT)})
        canonical = json.dumps([CODE_VERSION, SKETCH_VERSION, _lists(), changing, measuring], ensure_ascii=False)
        return hashlib.sha256(canonical.encode()).hexdigest()

    def of(self, *sorts: Sort) -> list[Step]:
        """The steps of these sorts, in order."""
        if sorts not in self._sorted:
            self._sorted[sorts] = [step for step in self.steps if step.kind.sort in sorts]
        return self._sorted[sorts]

    def measuring(self, kind: str) -> dict[str, Step]:
        """The filters that have something to measure of such a record, by key; several of one key measure the same."""
        if kind not in self._measuring:
            fields = {*FIELDS[kind], "pair"} if kind == "qa" else FIELDS[kind]
            steps = [s for s in self.of(Sort.DOCUMENT) if s.parameters.get("field", FIELDS[kind][0]) in fields]
            self._measuring[kind] = {step.key: step for step in steps}
        return self._measuring[kind]

    @cached_property
    def _measuring(self) -> dict[str, dict[str, Step]]:
        return {}

    @cached_property
    def deciding(self) -> "Recipe":
        """The same without the filters that only describe: it judges every record alike."""
        return replace(self, steps=tuple(s for s in self.steps if s.kind.sort != Sort.DOCUMENT or s.deciding))

    @cached_property
    def changes(self) -> list[tuple[Step, Callable[[str], str | Taken]]]:
        """What changes texts, in order; spelling transforms of the same fields that follow one another are one."""
        changing = self.of(Sort.TRANSFORM, Sort.EXTRACT)
        together = [list(steps) for _, steps in groupby(changing, lambda step: (step.kind.spelling, step.fields))]
        found: list[tuple[Step, Callable[[str], str | Taken]]] = []
        for steps in together:
            if steps[0].kind.spelling:
                found.append((steps[0], speller(steps)))
            else:
                found += [(step, partial(step.kind.function, **step.parameters)) for step in steps]
        return found

    @cached_property
    def respell(self) -> Callable[[str], str]:
        """The recipe's spelling transforms alone, in one go."""
        return speller([step for step in self.steps if step.kind.spelling])

    @cached_property
    def _sorted(self) -> dict[tuple[Sort, ...], list[Step]]:
        return {}


@cache
def _lists() -> str:
    """The hash of every word list that a step may read."""
    files = sorted(path for path in FOLDER.parent.rglob("*") if path.suffix in (".txt", ".yaml"))
    digest = hashlib.sha256()
    for path in files:
        if path.parent != FOLDER:
            digest.update(path.name.encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def speller(steps: list[Step]) -> Speller:
    """Spelling transforms in one go."""
    return Speller([(step.kind.name, partial(step.kind.function, **step.parameters)) for step in steps])


def names() -> list[str]:
    """The recipes that come with the project."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def load(name_or_path: str) -> Recipe:
    """Read a recipe by its name or the path of its file.

    Raises UsageError when there is none, or naming every error in it with the nearest right name.
    """
    path = _path(name_or_path)
    try:
        if path.stat().st_size > LARGEST:
            raise UsageError(f"{path} is larger than {LARGEST} bytes: that is no recipe")
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"recipe {path} cannot be read: {' '.join(str(error).split())}") from None
    return read(path.stem, text)


def read(name: str, text: str) -> Recipe:
    """The recipe of a YAML text. Raises UsageError naming every error in it."""
    try:
        content = deepcopy(_content(text))
    except ValueError as error:
        raise UsageError(f"recipe {name} cannot be read: {error}") from None
    return _parse(name, text, content)


@lru_cache(maxsize=8)  # a recipe arrives anew with every batch
def _content(text: str) -> object:
    return strict_yaml.read(text, MOST_VALUES)


def _arrived(name: str, text: str, sha256: str) -> Recipe:
    """The recipe of another process. Raises UsageError where it would measure otherwise here."""
    recipe = read(name, text)
    if recipe.sha256 != sha256:
        raise UsageError(
            f"recipe {name} measures otherwise on another machine or since it began: the registered benchmarks, the "
            "models and the version of this package must be the same everywhere"
        )
    return recipe


def _path(name_or_path: str) -> Path:
    if name_or_path in names():
        return FOLDER / f"{name_or_path}.yaml"
    path = Path(name_or_path)
    if "/" not in name_or_path and path.suffix not in (".yaml", ".yml"):
        raise unknown("recipe", name_or_path, names())
    if not path.is_file():
        raise UsageError(f"no recipe file {path}. By name there are: {', '.join(names())}")
    return path


def _parse(name: str, text: str, content: object) -> Recipe:
    if not isinstance(content, dict):
        raise UsageError(f"recipe {name} {SHAPE}")
    errors = [unknown_key("recipe", key, KEYS) for key in content if key not in KEYS]
    if not isinstance(content.get("about", ""), str):
        errors.append("`about` must be a text")
    items = _items(content)
    steps, found = _steps(items)
    errors += found if items else [SHAPE]
    if errors:
        raise UsageError("\n  ".join([f"recipe {name} has {len(errors)} error{'s'[: len(errors) > 1]}:", *errors]))
    return Recipe(name, text, content, tuple(steps))


def _items(content: dict[str, Any]) -> list[Any]:
    """The lines of the steps, whose key may be misspelt: then what is wrong in them can be told as well."""
    key = "steps" if "steps" in content else next((key for key in content if nearest(key, KEYS) == "steps"), "")
    found = content.get(key)
    return found if isinstance(found, list) else []


def _steps(items: list[Any]) -> tuple[list[Step], list[str]]:
    """The steps of the lines that make one, and all that is wrong with the lines."""
    steps, errors = list[Step](), list[str]()
    for number, item in enumerate(items, 1):
        given, found = step_line(item)
        step = Step(**given) if given else None
        errors += [f"step {number}: {error}" for error in found]
        if step and steps and PLACE[step.kind.sort] < PLACE[steps[-1].kind.sort]:
            last = steps[-1].kind.sort.value
            errors.append(f"step {number}: {step.kind.name} is a {step.kind.sort.value} and must stand before a {last}")
        steps += [step] if step else []
    return steps, errors
