"""The splits of what is kept, and what dev and test have in common with train, under either rule."""

from collections import Counter
from typing import Any

from cleaning.report.contents import Contents
from storage.report.data_sections import SPLIT_RULES, by_splits, source_looks, split_parts
from storage.report.section import Section, Table, count, share
from storage.splits import SPLITS
from storage.splits.leakage import ARTICLES

SHARED = {
    "same_question": "same question",
    "same_answer": "same answer",
    "near_question": "near question",
    "near_answer": "near answer",
    "shared_runs": "13 words in a row",
}
RULES = {"paper": "as in the paper", "grouped": "by groups"}


def splits(contents: Contents) -> Section:
    """Which source each split is made of."""
    section = Section("splits", "What each split is made of")
    if not _pairs(contents):
        section.missing = "No pair is kept, so there is nothing to split."
        return section
    section.says = "What is kept now, split by either rule; a snapshot is frozen with one of them: `storage export`."
    looks = source_looks(contents)
    for rule, rows in contents.splits_by.items():
        figures, table = split_parts(_pairs_by_split(rows), looks, f"Split {RULES[rule]}: {SPLIT_RULES[rule]}.")
        section.figures.append(figures)
        section.tables.append(Table(table.head, table.rows, table.numeric, f"Documents, split {RULES[rule]}."))
    return section


def leakage(contents: Contents) -> Section:
    """What held-out pairs share with train, and with the articles, which are trained on too."""
    section = Section("leakage", "What leaks from train")
    if not _pairs(contents):
        section.missing = "No pair is kept, so there is nothing to split."
        return section
    rows = {rule: found["leakage"] for rule, found in contents.divisions.items()}
    section.says = "; ".join(f"split {RULES[rule]}, {_told(found)}" for rule, found in rows.items())
    section.says = f"{section.says[0].upper()}{section.says[1:]}."
    head = ("rule", "split", "against", "pairs", *SHARED.values())
    cells = [_row(RULES[rule], row) for rule, found in rows.items() for row in found]
    caption = "Pairs that have something in common with the other split; near ones include equal ones."
    section.tables = [Table(head, cells, frozenset(range(3, len(head))), caption)]
    section.points = _contamination(contents.contamination)
    return section


def _pairs_by_split(rows: list[dict[str, Any]]) -> dict[str, Counter[str]]:
    found = by_splits(rows)
    return {name: found[name] for name in SPLITS}


def _pairs(contents: Contents) -> int:
    return sum(row["documents"] for rows in contents.splits_by.values() for row in rows)


def _told(rows: list[dict[str, Any]]) -> str:
    to_train = [row for row in rows if row["against"] == "train"]
    to_articles = [row for row in rows if row["against"] == ARTICLES]
    if not any(row.get(what) for row in (*to_train, *to_articles) for what in SHARED):
        held = sum(row["pairs"] for row in to_train)
        return f"none of {count(held)} held-out pairs shares anything with train or 13 words in a row with an article"
    return f"{_shares(to_train)} share 13 words in a row with train, {_shares(to_articles)} with an article"


def _shares(rows: list[dict[str, Any]]) -> str:
    return " and ".join(f"{share(row['shared_runs'], row['pairs'])} of {row['split']}" for row in rows)


def _row(rule: str, row: dict[str, Any]) -> tuple[str, ...]:
    found = (_cell(row.get(what), row["pairs"]) for what in SHARED)
    return (rule, row["split"], row["against"], count(row["pairs"]), *found)


def _cell(pairs: int | None, whole: int) -> str:
    """Articles have no question and no answer to be the same or near."""
    if pairs is None:
        return "–"
    return f"{count(pairs)} ({share(pairs, whole)})" if pairs else "0"


def _contamination(found: dict[str, Any]) -> list[str]:
    """What the newest snapshot's manifest says of the registered benchmarks."""
    benchmarks = found.get("benchmarks")
    if not benchmarks:
        return []
    names = ", ".join(f"{name} {count(n)}" for name, n in found.get("by_benchmark", {}).items())
    said = f"Of the newest snapshot's documents, {count(found.get('documents', 0))} share words with an item of"
    return [f"{said} {count(len(benchmarks))} registered benchmarks{f': {names}' if names else ''}."]
