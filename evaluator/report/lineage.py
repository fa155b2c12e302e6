"""The section that leads from a score back to the raw bytes, each link by its hash."""

from collections.abc import Iterator
from typing import Any

from evaluator.report.contents import Contents, Sat
from storage.models import Run, Snapshot
from storage.report.section import Link, Section, count


def lineage(contents: Contents) -> Section:
    """The chain: answers, run, snapshot, documents, pages, what was crawled."""
    section = Section("lineage", "From a score back to its pages")
    section.says = "Every link names the next one by hash, so a figure above can be followed to the bytes a site sent."
    parts = dict.fromkeys(sat.part for sat in contents.sat)
    section.chain = [_answers([sat for sat in contents.sat if sat.part == part]) for part in parts]
    if contents.run:
        section.chain.append(_run(contents.run))
    if contents.snapshot:
        section.chain += _snapshot(contents.snapshot)
    section.chain += _pages(contents)
    return section


def _answers(sat: list[Sat]) -> Link:
    answers = count(sum(len(s.given) for s in sat))
    detail = f"to {' and '.join(s.sitting.benchmark for s in sat)}; the hash is of weights, configuration and tokenizer"
    return Link(f"{sat[0].part} model", f"{answers} answers", detail, sat[0].sitting.model_sha256)


def _run(run: Run) -> Link:
    detail = f"recipe {run.recipe_name}, seed {run.seed}, {_versions(run.versions)}; the hash is of its weights"
    return Link("run", run.name, detail, run.model_sha256 or "")


def _snapshot(snapshot: Snapshot) -> Iterator[Link]:
    files = snapshot.manifest["files"]
    yield Link("snapshot", snapshot.name, f"{len(files)} files, each with its hash in the manifest", snapshot.sha256)
    rows = sum(file["rows"] for file in files.values())
    yield Link("documents", count(rows), f"kept under the cleaning recipe {snapshot.recipe}", snapshot.recipe_sha256)


def _pages(contents: Contents) -> Iterator[Link]:
    if pages := contents.pages:
        gone = pages.distinct - pages.stored
        found = f"{count(gone)} of them are no longer in this database" if gone else "all are in this database"
        yield Link("their pages", count(pages.distinct), f"each row carries its page's hash; {found}")
    totals = contents.totals
    read = f"{count(totals.articles)} articles and {count(totals.pairs)} pairs of {count(totals.sources)} sources"
    yield Link("crawled", f"{count(totals.pages)} pages", f"{read}; the raw bytes are kept")


def _versions(versions: dict[str, Any]) -> str:
    known = [f"{name} {versions[name]}" for name in ("torch", "transformers", "peft", "trl") if name in versions]
    return ", ".join(known) or f"{len(versions)} package versions"
