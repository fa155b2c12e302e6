"""What `evaluator compare` prints."""

from rich.table import Table as Grid

from evaluator.compare import Comparison
from evaluator.listing import console, probability, sentence
from evaluator.statistics import Compared, Paired, PassMark
from evaluator.whose import Whose, counted, whose

HEAD = ("benchmark", "items", "first", "second", "difference (95 %)", "gained", "lost", "p", "Holm", "shows from")


def print_comparison(comparison: Comparison) -> None:
    """A row for each benchmark and mean, then what the row cannot say."""
    table, out = comparison.table, console()
    values = {(s.benchmark, s.system): s.found.value for s in table.scores}
    values |= {(m.kind, m.system): m.found.value for m in table.means}
    grid = Grid(*HEAD)
    for compared in [*table.pairs, *table.overall]:
        grid.add_row(compared.benchmark, *_row(compared, values))
    said = [f"second: {comparison.second.name}, first: {comparison.first.name}; p is exact"]
    if table.pairs:
        out.print(grid)
        out.print("\n".join([*said, *_notes(comparison)]), soft_wrap=True, highlight=False, markup=False)
    for name, figure in comparison.likelihoods.items():
        words = sentence(figure, comparison.second.name, comparison.first.name)
        out.print(f"{name}: {words}", soft_wrap=True, highlight=False, markup=False)


def _row(compared: Compared, values: dict[tuple[str, str], float]) -> tuple[str, ...]:
    found = compared.found
    shares = [f"{values[compared.benchmark, system]:.1%}" for system in (compared.first, compared.second)]
    points = [f"{100 * x:+.1f}" for x in (found.difference, found.low, found.high)]
    difference = f"{points[0]} ({points[1]} to {points[2]})"
    if found.p is None or found.detectable is None:
        return (_items(found), *shares, difference, "", "", "", "", "")
    counts = (str(found.only_second), str(found.only_first))
    adjusted = "" if compared.holm is None else probability(compared.holm)
    least = f"{100 * found.detectable:.1f}" if found.detectable < 1 else "-"
    tested = (probability(found.p), adjusted, least)
    return (_items(found), *shares, difference, *counts, *tested)


def _items(found: Paired) -> str:
    return str(found.items) if found.clusters in (None, found.items) else f"{found.items} ({found.clusters} different)"


def _notes(comparison: Comparison) -> list[str]:
    table = comparison.table
    notes = [f"Holm: over the {len(table.pairs)} benchmarks compared; a mean stands for itself"]
    repeats = [c.benchmark for c in table.pairs if c.found.clusters != c.found.items]
    if repeats:
        notes.append(f"{', '.join(repeats)}: items that repeat one another are tested and resampled as one")
    for few in (c for c in [*table.pairs, *table.overall] if c.found.few):
        notes.append(f"{few.benchmark}: too few items differ to resample; the interval is by {few.found.method}")
    for name, counts in comparison.unread.items():
        if any(counts):
            notes.append(
                f"{name}: {counts[0]} answers of the first and {counts[1]} of the second are unread, thus wrong"
            )
    notes += [_passing(score.benchmark, score.system, score.passing) for score in table.scores if score.passing]
    for name, asked in comparison.asked.items():
        items = next((c.found.items for c in table.pairs if c.benchmark == name), 0)
        if items and (whose_is := whose(name, asked.benchmark_sha256, items)) is Whose.OTHER:
            notes.append(f"{name}: the file that was asked is {whose_is} ({counted(name, items)})")
    for score in (s for s in table.scores if s.missing):
        notes.append(f"{score.benchmark}: {score.system} has no answer to {score.missing} items that the other has")
    return notes


def _passing(benchmark: str, system: str, found: PassMark) -> str:
    reached = "reaches" if found.reached else "does not reach"
    sure = "its interval lies above" if found.established else "its interval lies below" if found.excluded else "open"
    return (
        f"{benchmark}: {system} {reached} the pass mark of {found.mark:.0%}; the chance that it truly would is "
        f"{found.probability:.1%}, {sure}"
    )
