"""Whether what was asked under a benchmark's name is its publisher's: a file of any other makes figures of its own."""

from enum import StrEnum

from evaluator.benchmark import Opened, named, names
from evaluator.choice import MultipleChoice, OpenedChoice
from evaluator.freeform import FreeForm
from evaluator.published import is_own, pin_of
from storage.errors import TabibError


class Whose(StrEnum):
    """Of a version that answers are stored of."""

    OWN = "the publisher's"
    UNSEEN = "not held against the publisher's"
    OTHER = "not the publisher's"


def whose(name: str, version: str, items: int) -> Whose:
    """Whose file a version of a benchmark was read from, of which so many items were answered.

    It is told by the publisher's file where that is at hand, in whatever form its items were put; where it is not, by
    there being more items than its publisher tells of, for of fewer nobody knows whether all were asked. What was taken
    for the benchmark from a file, with `evaluator fetch NAME --data FILE`, is what the user wants it to be. A benchmark
    without a publisher comes with the project, or is made from a snapshot.
    """
    benchmark = named(name) if name in names() else None
    if not isinstance(benchmark, MultipleChoice | FreeForm) or benchmark.published is None:
        return Whose.OWN
    try:
        pin = pin_of(name)
        here = _versions(benchmark.open(None)) if pin else frozenset[str]()
    except TabibError:
        pin, here = None, frozenset[str]()
    own = pin is not None and is_own(benchmark.published, pin)
    if version in here:
        return Whose.OWN if own else Whose.UNSEEN
    return Whose.OTHER if own or items > (benchmark.published.items or items) else Whose.UNSEEN


def _versions(opened: Opened) -> frozenset[str]:
    return opened.versions if isinstance(opened, OpenedChoice) else frozenset({opened.sha256})


def counted(name: str, items: int) -> str:
    """How many items there are, and how many its publisher tells of."""
    declared = getattr(getattr(named(name), "published", None), "items", None)
    told = f", and its publisher tells of {declared}" if declared not in (None, items) else ""
    return f"{items} items{told}"
