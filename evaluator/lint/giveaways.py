"""What can be right without the question: rules that look at options alone, and what they score.

A rule picks an option or abstains. What it scores over the items it speaks at, against guessing, says whether it gives
anything away in this benchmark (one-sided exact binomial, the guess of each item averaged); only such a rule's hits are
told by item, and those of "all of the above", which is the key in 5 of the 6 MMLU items in Persian that offer it. The
rules are those that item writers are warned of: Haladyna, Downing and Rodriguez 2002, A Review of Multiple-Choice
Item-Writing Guidelines, Applied Measurement in Education 15(3), guidelines 24 to 28.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from string import ascii_uppercase

from evaluator.items import unaskable
from evaluator.lint.finding import Finding, shown
from evaluator.lint.quantities import is_quantity, numbers
from evaluator.lint.words import plain, words
from evaluator.listing import p_is
from evaluator.published import Draft

ALPHA = 0.01
"""The level of a rule: of eleven benchmarks with nine rules each, one rule is told of by chance."""
FEWEST = 12
"""Items at which a rule must speak before its score is told."""
CLEARLY = 1.5
"""Times as long as the next option that the longest must be to stand out."""
SPECIFIC = 4
"""Letters from which on a word says something by itself."""
_ALL = re.compile(
    r"(?:همه|تمام|هر (?:دو|سه|چهار))\S{0,4} ?(?:ی )?(?:موارد|مورد|گزینه|انواع|این|فوق|بالا|آنها)|^هر (?:دو|سه|چهار)|"
    r"موارد (?:فوق|بالا)$|\ball of (?:the above|these|them)\b|\b(?:both|all) (?:of )?(?:the )?above\b",
    re.IGNORECASE,
)
_NOTHING = re.compile(r"^هیچ ?(?:یک|کدام)|^none of (?:the above|these|them)", re.IGNORECASE)
_ABSOLUTE = re.compile(
    r"(?:^| )(?:همیشه|هرگز|هیچ ?گاه|فقط|تنها|همواره|صرفا|هیچ|always|never|only|all|none|must)(?: |$)"
)
_VERB = re.compile(
    r"(?:است|هستند|نیست|نیستند|بود|بودند|شد|شدند|دارد|دارند|ندارد|ندارند|کند|کنند|نکند|شود|شوند|نشود|گردد|گردند|باشد|باشند|"
    r"میباشد|میشود|میشوند|میکند|میکنند|دهد|دهند|یابد|یابند|گیرد|گیرند|رود|روند|آید|آیند|سازد|سازند)$"
)

Rule = Callable[[Draft], int | None]
"""The place of the option it picks, None where it abstains."""


@dataclass(frozen=True)
class Measured:
    """What a rule scores in a benchmark; `hits` are the items at which it is right."""

    rule: str
    spoke: int
    right: int
    guessing: float
    p: float
    hits: tuple[str, ...]

    @property
    def share(self) -> float:
        """Of the items it speaks at, how many it has right."""
        return self.right / self.spoke if self.spoke else 0.0


def longest(item: Draft) -> int | None:
    """The option that is much longer than every other."""
    sizes = [len(plain(option)) for option in item.options]
    first, second = sorted(sizes, reverse=True)[:2]
    return sizes.index(first) if first >= CLEARLY * second and first > SPECIFIC * 2 else None


def shortest(item: Draft) -> int | None:
    """The option that is much shorter than every other."""
    sizes = [len(plain(option)) for option in item.options]
    first, second = sorted(sizes)[:2]
    return sizes.index(first) if first * CLEARLY <= second and second > SPECIFIC * 2 else None


def all_of_them(item: Draft) -> int | None:
    """«All of the above», «همه موارد»."""
    return _only(item, lambda option: bool(_ALL.search(option)) and not _NOTHING.search(option))


def none_of_them(item: Draft) -> int | None:
    """«None of the above», «هیچ کدام»."""
    return _only(item, lambda option: bool(_NOTHING.search(option)))


def middle(item: Draft) -> int | None:
    """The one of the amounts that is neither the least nor the most, of three; of four the upper one of both."""
    if not all(map(is_quantity, item.options)) or any(len(numbers(option)) != 1 for option in item.options):
        return None
    order = sorted(range(len(item.options)), key=lambda place: numbers(item.options[place])[0])
    return order[len(order) // 2] if len(order) > 2 else None


def not_absolute(item: Draft) -> int | None:
    """The only option without a word such as always, never or only."""
    return _only(item, lambda option: not _ABSOLUTE.search(option))


def only_verb(item: Draft) -> int | None:
    """The only option that ends a sentence, or the only one that does not: the others do not go on as the key does."""
    ends = [bool(_VERB.search(plain(option))) for option in item.options]
    for value in (True, False):
        if ends.count(value) == 1 and len(ends) > 2:
            return ends.index(value)
    return None


def most_in_common(item: Draft) -> int | None:
    """The option that shares most words with its siblings: wrong ones are often made from the right one."""
    told = [set(words(option)) for option in item.options]
    shared = [sum(len(mine & other) for other in told) - len(mine) for mine in told]
    first, second = sorted(shared, reverse=True)[:2]
    return shared.index(first) if first > second else None


def echo(item: Draft) -> int | None:
    """The only option that repeats a word of the question which no other option has."""
    asked = {word for word in words(item.question) if len(word) >= SPECIFIC}
    told = [{word for word in words(option) if len(word) >= SPECIFIC} for option in item.options]
    own = [mine & asked - set().union(*(t for t in told if t is not mine)) for mine in told]
    return _one([bool(each) for each in own])


ALWAYS = "all of the above"
RULES: dict[str, Rule] = {
    "the longest option by far": longest,
    "the shortest option by far": shortest,
    ALWAYS: all_of_them,
    "none of the above": none_of_them,
    "the middle amount": middle,
    "the only one without always or never": not_absolute,
    "the only grammatical fit": only_verb,
    "most words in common with the others": most_in_common,
    "the only one with a word of the question": echo,
}


def measured(items: Sequence[Draft]) -> list[Measured]:
    """What every rule scores here."""
    askable = [item for item in items if unaskable(item) is None]
    return [_measured(name, rule, askable) for name, rule in RULES.items()]


def findings(benchmark: str, items: Sequence[Draft], rules: Sequence[Measured] | None = None) -> Iterator[Finding]:
    """Rules that beat guessing here, and the items that each gives away; `rules` where they were measured before."""
    by_id = {item.id: item for item in items}
    for found in measured(items) if rules is None else rules:
        told = found.spoke >= FEWEST and found.p < ALPHA
        if told:
            yield Finding(benchmark, None, "giveaway", "warning", sentence(found))
        for name in found.hits if told or found.rule == ALWAYS else ():
            item = by_id[name]
            evidence = f"«{found.rule}» finds {item.answer}: «{shown(item.lettered[str(item.answer)])}»"
            yield Finding(benchmark, name, "giveaway", "note", evidence)


def sentence(found: Measured) -> str:
    """A rule's score in words."""
    return (
        f"«{found.rule}» is right at {found.right} of the {found.spoke} items it speaks at ({found.share:.1%}), where "
        f"guessing is at {found.guessing:.1%}: {p_is(found.p)}, one of {len(RULES)} rules tried"
    )


def _measured(name: str, rule: Rule, items: Sequence[Draft]) -> Measured:
    from scipy.stats import binom

    picks = [(item, place) for item in items if (place := rule(item)) is not None]
    hits = tuple(item.id for item, place in picks if ascii_uppercase[place] == item.answer)
    guessing = sum(1 / len(item.options) for item, _ in picks) / len(picks) if picks else 0.0
    p = float(binom.sf(len(hits) - 1, len(picks), guessing)) if picks else 1.0
    return Measured(name, len(picks), len(hits), guessing, p, hits)


def _only(item: Draft, fits: Callable[[str], bool]) -> int | None:
    return _one([fits(plain(option)) for option in item.options])


def _one(fitting: Sequence[bool]) -> int | None:
    """The place of the only one that fits."""
    return fitting.index(True) if sum(fitting) == 1 and len(fitting) > 2 else None
