"""Why a record stands where it stands: every step's figures and finding, in the recipe's order."""

from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlalchemy.orm import Session

from cleaning.judge import finding, measure, rule
from cleaning.recipe import Recipe, Step
from cleaning.record import FIELDS, Figures, Finding, Record, Taken, record
from cleaning.steps import Sort
from cleaning.terminal import code_points
from storage import verdicts
from storage.documents import find
from storage.models import Document, Verdict
from storage.review import showing
from storage.verdicts import BEFORE


def explain(session: Session, recipe: Recipe, name: str) -> dict[str, Any]:
    """One document through a recipe: its texts, each step, what it would be alone, the verdict that stands, reviews.

    `name` is a document's id or the beginning of it. The steps are run anew, so nothing has to be cleaned before; what
    the corpus steps found is told by the verdict, None where this recipe has not judged this content.
    Raises UsageError when no document, or more than one, has that name.
    """
    document = find(session, name)
    raw = record(document.kind, {field: getattr(document, field) for field in (*FIELDS[document.kind], "speciality")})
    measured = measure(recipe, raw)
    verdict = verdicts.of(session, recipe.sha256, document)
    return {
        "document": str(document.id),
        "source": document.source,
        "kind": document.kind,
        "url": document.url,
        "state": document.state,
        "recipe": recipe.name,
        "recipe_sha256": recipe.sha256,
        "fields": measured.fields,
        "taken": measured.taken,
        "spans": measured.spans,
        "steps": _steps(recipe, raw, measured.figures, verdict),
        "alone": rule(recipe, measured.figures)._asdict(),
        "verdict": verdict and _verdict(verdict),
        "reviews": _reviews(session, document),
    }


def _steps(recipe: Recipe, raw: Record, figures: dict[str, Figures], verdict: Verdict | None) -> list[dict[str, Any]]:
    """Each step with what it changed or measured, and what it finds."""
    rows, texts = [], dict(raw.fields)
    for step in recipe.steps:
        told = figures.get(step.key)
        if step.kind.sort in (Sort.TRANSFORM, Sort.EXTRACT) and told is None:
            told, texts = _changed(step, texts)
        found = finding(step, told) if told is not None and step.key in figures else None
        if verdict and BEFORE in verdict.measure and verdict.reason == step.corpus_reason:
            told = _without_before(verdict.measure)
            found = Finding(verdict.reason, told)
        rows.append(_row(step, told) | {"finding": found and found._asdict()})
    return rows


def _without_before(measure: dict[str, Any]) -> dict[str, Any]:
    """A verdict's figures but for those of the phase before the corpus."""
    return {name: value for name, value in measure.items() if name != BEFORE}


def _changed(step: Step, texts: dict[str, str]) -> tuple[dict[str, Any] | None, dict[str, str]]:
    """Characters of the fields that the step changes, before and after, and the texts after it."""
    after = dict(texts)
    for name in texts.keys() & step.fields:
        changed = step.kind.function(texts[name], **step.parameters)
        after[name] = changed.text if isinstance(changed, Taken) else changed
    told = {name: [len(texts[name]), len(after[name])] for name in texts if after[name] != texts[name]}
    return told or None, after


def _row(step: Step, figures: dict[str, Any] | None) -> dict[str, Any]:
    own = {"step": step.kind.name, "sort": step.kind.sort.value, "parameters": step.parameters, "source": step.source}
    then = step.then if step.kind.sort in (Sort.DOCUMENT, Sort.CORPUS) else None
    return own | {"then": then, "figures": figures}


def _verdict(verdict: Verdict) -> dict[str, Any]:
    cluster = str(verdict.cluster) if verdict.cluster else None
    return {"outcome": verdict.outcome, "reason": verdict.reason, "measure": verdict.measure, "cluster": cluster}


def _reviews(session: Session, document: Document) -> list[dict[str, Any]]:
    return [
        {
            "by": who,
            "at": review.created_at.isoformat(),
            "decision": review.decision,
            "reason": review.reason,
            "on_present_content": review.content_sha256 == document.content_sha256,
        }
        for review, who in showing.history(session, document.id)
    ]


def print_explanation(found: dict[str, Any]) -> None:
    """The texts, a line a step, the verdict."""
    console = Console()
    console.print(f"{found['document']}  {found['source']}  {found['kind']}  {found['state']}", highlight=False)
    console.print(Text(code_points(found["url"])))
    for name, text in (found["fields"] | found["taken"]).items():
        told = "\n".join(map(code_points, text.split("\n")))
        console.print(Text(f"\n{name}\n", "bold") + Text(told))
    table = Table("step", "parameters", "figures", "finding", title=f"recipe {found['recipe']}", title_justify="left")
    for row in filter(_tells, found["steps"]):
        finding = row["finding"]
        told = f"{row['then']}: {finding['reason']}" if finding else ""
        table.add_row(*map(Text, (row["step"], _pairs(row["parameters"]), _figures(row), told)))
    console.print(table)
    for what, steps in _silent(found).items():
        console.print(Text(f"{what}: {', '.join(steps)}", "dim"))
    alone, verdict = found["alone"], found["verdict"]
    console.print(Text(f"by itself: {_alone(alone)}"))
    if verdict is None:
        console.print("verdict: none yet on this content: cleaning run")
        return
    measure = _pairs(_without_before(verdict["measure"]))
    console.print(Text(f"verdict: {verdict['outcome']} {verdict['reason'] or ''} {measure}"))
    if verdict["cluster"]:
        console.print(f"cluster: member {verdict['cluster']} stands for it", highlight=False)
    for review in found["reviews"]:
        told = f"{review['decision']} {review['reason'] or ''} by {review['by']}, {review['at']}"
        console.print(Text(f"review: {code_points(told)}"))


def _pairs(values: dict[str, Any]) -> str:
    return code_points(", ".join(f"{name} {value}" for name, value in values.items()))


def _tells(row: dict[str, Any]) -> bool:
    return bool(row["figures"] or row["finding"])


def _figures(row: dict[str, Any]) -> str:
    """A step's figures; what one that changes texts tells is how long they were and are."""
    lengths = {name: value for name, value in (row["figures"] or {}).items() if row["sort"] in _CHANGING}
    if not lengths or not all(isinstance(value, list) for value in lengths.values()):
        return _pairs(row["figures"] or {})
    return ", ".join(f"{name}: {before} characters, then {after}" for name, (before, after) in lengths.items())


def _silent(found: dict[str, Any]) -> dict[str, list[str]]:
    """The steps that have nothing to tell of this record, by why."""
    silent: dict[str, dict[str, None]] = {}
    whys = _SILENT | {Sort.CORPUS: _unfound(found)}
    for row in found["steps"]:
        if not _tells(row):
            field = row["parameters"].get("field")
            name = " ".join(filter(None, (row["step"], field)))
            here = field is None or field in FIELDS[found["kind"]] or (field == "pair" and found["kind"] == "qa")
            why = whys[row["sort"]] if here else "for another kind of record"
            silent.setdefault(why, {})[name] = None
    return {why: list(names) for why, names in silent.items()}


_CHANGING = (Sort.TRANSFORM, Sort.EXTRACT)
_SILENT = {
    Sort.TRANSFORM: "changed nothing",
    Sort.EXTRACT: "took nothing out",
    Sort.DOCUMENT: "measured nothing",
}


def _unfound(found: dict[str, Any]) -> str:
    """Why a corpus filter tells nothing."""
    if any(row["sort"] == Sort.CORPUS and row["finding"] for row in found["steps"]):
        return "found nothing among all records, or were not asked any more"
    if found["verdict"] is None:
        return "not held against others yet"
    dropped = found["alone"]["outcome"] == "dropped"
    return "dropped by itself, so not held against others" if dropped else "held against others, found nothing"


def _alone(judged: dict[str, Any]) -> str:
    if judged["outcome"] == "pending":
        return "passes every step"
    return f"{judged['outcome']} {judged['reason']}, {_pairs(judged['measure'])}"
