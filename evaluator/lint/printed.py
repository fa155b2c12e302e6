"""What `evaluator lint` prints."""

from collections import Counter
from collections.abc import Iterator

from rich.table import Table

from evaluator.lint.finding import SEVERITIES, Finding
from evaluator.lint.report import Linted, Report
from evaluator.listing import console

MOST = 12
"""Findings of one kind in one benchmark that are printed; all of them stand in --json."""


def print_report(report: Report) -> None:
    """A table of kinds, the counts of repeats, then the findings, the worst first."""
    out = console()
    table = Table("benchmark", "items", *(f"{severity}s" for severity in SEVERITIES), "kinds")
    for each in report.linted:
        severe = Counter(finding.severity for finding in each.findings)
        kinds = ", ".join(f"{kind} {count}" for kind, count in each.counts.items())
        table.add_row(each.name, str(each.items), *(str(severe[s]) for s in SEVERITIES), kinds or "none found")
    out.print(table)
    for line in _lines(report):
        out.print(line, soft_wrap=True, highlight=False, markup=False)


def _lines(report: Report) -> Iterator[str]:
    sizes = {each.name: each.items for each in report.linted}
    for (one, other), count in report.repeats.items():
        where = "each other" if one == other else f"items of {other}"
        yield f"{one}: {count} of {sizes[one]} items repeat {where}"
    for each in report.linted:
        yield from (f"{each.name}: {said}" for said in (*each.said, *(reader.said for reader in each.readers)))
        yield from _findings(each)


def _findings(each: Linted) -> Iterator[str]:
    left: Counter[str] = Counter()
    for finding in each.findings:
        left[finding.kind] += 1
        if left[finding.kind] <= MOST:
            yield _line(finding)
    for kind, count in left.items():
        if count > MOST:
            yield f"{each.name}: {count - MOST} more of {kind}: see --json"


def _line(finding: Finding) -> str:
    item = f" item {finding.item}" if finding.item is not None else ""
    return f"{finding.severity}: {finding.benchmark}{item}: {finding.kind}: {finding.evidence}"
