"""Table III and IV over rows of the real database; every figure is computed again here."""

import csv
import io
import math
from collections.abc import Mapping
from pathlib import Path

import pytest
from safetensors.torch import load_file

from evaluator.listing import scores
from evaluator.published.place import folder
from evaluator.report.paper import latex, rows
from evaluator.report.paper.contents import Report, report
from evaluator.report.paper.sheets import Sheet
from evaluator.report.paper.systems import Wanted
from evaluator.run import Asked, evaluate
from evaluator.statistics import holm, mcnemar, paired, wilson
from storage import alarms, answers, db
from storage.answers import AnswerFields, Sitting
from storage.errors import TabibError, UsageError
from storage.models import Acceptance
from storage.settings import Settings
from tests.evaluator.models import make_model
from tests.evaluator.replay.published import SYSTEMS, TASKS, published
from tests.evaluator.report.stored import BASICS, WRITTEN, choices, exam, keep, sat, sha_of, take

MMLU = ("mmlu-fa-anatomy", "mmlu-fa-college-biology")


def reported(*systems: str, reference: str | None = None, pipelines: tuple[str, ...] = ()) -> Report:
    with db.session() as session:
        return report(session, Wanted(systems, reference, pipelines), lambda *_: None)


def lines(sheet: Sheet, **wanted: str) -> list[dict[str, str]]:
    found = csv.DictReader(io.StringIO(rows.of_sheet(sheet)))
    return [line for line in found if all(line[name] == value for name, value in wanted.items())]


def test_scores_tests_and_baselines_are_what_the_rows_say(database: Settings) -> None:
    sat("ours", lambda n: n % 2 == 0)
    sat("other", lambda n: n % 3 == 0)
    sat("third", lambda n: n < 60)
    found = reported(reference="ours")
    assert [s.name for s in found.gathered.systems] == ["ours", "other", "third"]
    (sheet,) = found.sheets
    ours, other, third = (lines(sheet, kind="benchmark", system=name)[0] for name in ("ours", "other", "third"))
    assert (ours["right"], other["right"], third["right"], ours["items"]) == ("48", "32", "60", "96")
    assert (float(ours["low"]), float(ours["high"])) == wilson(48, 96)
    assert [line["best"] for line in (ours, other, third)] == ["0", "0", "1"]
    gained = [sum(n % 3 == 0 and n % 2 == 1 for n in range(96)), sum(n < 60 and n % 2 == 1 for n in range(96))]
    lost = [sum(n % 3 != 0 and n % 2 == 0 for n in range(96)), sum(n >= 60 and n % 2 == 0 for n in range(96))]
    ps = [mcnemar(lose, gain) for lose, gain in zip(lost, gained, strict=True)]
    assert [float(line["p"]) for line in (other, third)] == ps
    assert [int(line["only_system"]) for line in (other, third)] == gained
    assert [float(line["p_holm_table"]) for line in (other, third)] == holm(ps)
    assert [float(line["p_holm_benchmarks"]) for line in (other, third)] == ps
    assert float(other["difference"]) == pytest.approx((32 - 48) / 96)
    keys = [item.answer for item in exam().items]
    constant = lines(sheet, kind="rule", system=f"always {max(sorted(set(keys)), key=keys.count)}")[0]
    assert float(constant["value"]) == max(keys.count(letter) for letter in keys) / 96
    assert float(lines(sheet, kind="rule", system="guessing")[0]["value"]) == 0.25
    seconds = lines(sheet, row="seconds", system="ours")[0]
    assert float(seconds["value"]) == pytest.approx(2 + 47.5 / 100)
    assert lines(sheet, row="parameters", system="ours")[0]["value"] == "8028033024"


def test_the_papers_cells_come_out_of_its_published_answers(database: Settings) -> None:
    """With the letters that people read, stored as rows: 18 cells, and the test that the paper did not make."""
    names = dict(zip(TASKS, ("mmlu-fa-anatomy", "mmlu-fa-medical-genetics", "ibmsee-2023-09"), strict=True))
    for task, benchmark in names.items():
        for system in SYSTEMS:
            given = published(task, system)
            sitting = Sitting(system, sha_of(system), benchmark, sha_of(task), WRITTEN)
            fields = [
                AnswerFields(f"{n:03}", a.question, {}, a.published, a.published == a.correct)
                for n, a in enumerate(given)
            ]
            keep(sitting, fields)
    general, other = reported(reference="gaokerena", pipelines=SYSTEMS[4:]).sheets
    cells = {(r.name, s): round(100 * c.found.value, 2) for r in general.benchmarks for s, c in r.cells.items()}
    assert [cells["mmlu-fa-anatomy", s] for s in SYSTEMS[:4]] == [48.15, 40.74, 41.48, 25.19]
    assert [cells["mmlu-fa-medical-genetics", s] for s in SYSTEMS[:4]] == [53.0, 49.0, 52.0, 34.0]
    assert [cells["ibmsee-2023-09", s] for s in SYSTEMS[:4]] == [38.69, 34.52, 33.33, 19.64]
    cells = {(r.name, s): round(100 * c.found.value, 2) for r in other.benchmarks for s, c in r.cells.items()}
    assert [cells["mmlu-fa-anatomy", s] for s in ("gaokerena", *SYSTEMS[4:])] == [48.15, 14.07, 25.19]
    assert [cells["ibmsee-2023-09", s] for s in SYSTEMS[4:]] == [24.4, 32.74]
    test = general.rows[0].cells["aya-expanse-8b"].test
    assert test is not None
    assert round(test.found.p or 0, 3) == 0.041
    passing = next(r for r in general.rows if r.name == "ibmsee-2023-09").cells["gaokerena"].passing
    assert passing is not None
    assert (passing.reached, passing.established) == (True, False)


def test_means_are_named_and_only_of_systems_with_all_benchmarks(database: Settings, tmp_path: Path) -> None:
    for n, (name, size) in enumerate(zip(MMLU, (30, 60), strict=True)):
        take(name, tmp_path, choices(size, lambda item, n=n: f"پرسش {n} {item}"))
        sat("ours", lambda item: item % 2 == 0, name)
        sat("other", lambda item, n=n: item % 3 == n, name)
    sat("half", lambda item: item % 5 == 0, MMLU[0])
    sat("ours", lambda item: item < 24)
    (sheet,) = reported(reference="ours").sheets
    assert [(row.name, row.kind) for row in sheet.rows] == [
        *((name, "benchmark") for name in MMLU),
        *(("MMLU(fa)", kind) for kind in ("micro", "macro")),
        (BASICS, "benchmark"),
        *(("all", kind) for kind in ("micro", "macro")),
    ]
    micro, macro = sheet.rows[2:4]
    assert set(micro.cells) == {"ours", "other"}
    assert micro.cells["other"].found.value == pytest.approx((10 + 20) / 90)
    assert macro.cells["other"].found.value == pytest.approx((10 / 30 + 20 / 60) / 2)
    assert set(sheet.rows[-1].cells) == {"ours"}
    assert micro.cells["other"].test is not None
    assert any("half lack a benchmark of it" in said for said in reported(reference="ours").limits)


def test_another_file_under_a_benchmarks_name_is_marked_and_in_no_mean(database: Settings, tmp_path: Path) -> None:
    for name in MMLU:
        take(name, tmp_path, choices(140, lambda item, name=name: f"پرسش {name} {item}"))
        sat("ours", lambda item: item % 2 == 0, name)
    pin = folder() / f"{MMLU[0]}.pin"
    pin.unlink()
    sheet, *_ = reported(reference="ours").sheets
    assert [row.kind for row in sheet.rows] == ["benchmark", "benchmark"]
    assert sheet.rows[0].title == "MMLU-anatomy(fa), not the publisher's"
    (said,) = [s for s in reported(reference="ours").limits if "in no mean" in s]
    assert "140 items, and its publisher tells of 135" in said
    assert {row["file"] for row in scores()} <= {"the publisher's"}


def test_tests_against_rules_are_one_family_over_the_table(database: Settings, tmp_path: Path) -> None:
    for n, name in enumerate(MMLU):
        take(name, tmp_path, choices(60, lambda item, n=n: f"پرسش {n} {item}"))
        for place in range(3):
            sat(f"s{place}", lambda item, place=place: item % (place + 2) == 0, name)
    (sheet,) = reported(reference="s0").sheets
    tested = [c for row in sheet.benchmarks for cell in row.cells.values() for c in cell.against]
    assert len(tested) == 2 * 3 * 2
    assert [c.holm for c in tested] == holm([c.found.p or 0.0 for c in tested])


def test_items_that_repeat_one_another_are_one_observation(database: Settings, tmp_path: Path) -> None:
    for name in MMLU:
        rows_ = choices(40, lambda item: f"پرسش {item}")
        take(name, tmp_path, [row | {"id": f"{name}-{row['id']}"} for row in rows_])
        sat("ours", lambda item: item % 2 == 0, name)
        sat("other", lambda item: item % 5 == 0, name)
    (sheet,) = reported(reference="ours").sheets
    alone = paired("x", [n % 2 == 0 for n in range(40)], [n % 5 == 0 for n in range(40)])
    micro = next(row for row in sheet.rows if row.kind == "micro").cells["other"].test
    assert micro is not None
    assert (micro.found.items, micro.found.clusters) == (80, 40)
    assert micro.found.p == pytest.approx(alone.p)
    said = [s for s in reported(reference="ours").limits if "stand in another benchmark" in s]
    assert [s.partition(":")[0] for s in said] == ["MMLU-anatomy(fa)", "MMLU-college-biology(fa)"]
    assert "of 40 items 40 stand" in said[0]


def test_systems_with_other_items_are_compared_over_what_they_share(database: Settings) -> None:
    sat("ours", lambda n: n % 2 == 0 if n < 60 else None)
    sat("other", lambda n: n % 3 == 0 if n >= 40 else None)
    sat("nothing-in-common", lambda n: n % 3 == 0 if n >= 60 else None)
    (sheet,) = reported(reference="ours").sheets
    cells = sheet.rows[0].cells
    assert [cells[name].missing for name in ("ours", "other", "nothing-in-common")] == [36, 40, 60]
    assert cells["other"].test is not None
    assert cells["other"].test.found.items == 20
    assert cells["nothing-in-common"].test is None
    assert any("other has no answer to 40 of 96 items" in said for said in reported(reference="ours").limits)


def test_one_system_stands_alone(database: Settings) -> None:
    sat("ours", lambda n: n % 2 == 0)
    (sheet,) = reported().sheets
    assert sheet.tests == []
    assert not sheet.rows[0].cells["ours"].best


def test_no_answers_are_one_line(database: Settings) -> None:
    with pytest.raises(TabibError, match="no system has answers yet: `evaluator run"):
        reported()
    sat("ours", lambda n: n % 2 == 0)
    with pytest.raises(UsageError, match=r"no model with answers is named 'oars'\. Did you mean ours\?"):
        reported("oars")


def test_the_way_that_most_were_asked_in_is_shown(database: Settings) -> None:
    for model in ("ours", "other", "third"):
        sat(model, lambda n: n % 2 == 0)
    steps = sat("ours", lambda n: n % 3 == 0, prompt="paper-steps")
    (sheet,) = reported(reference="ours").sheets
    assert sheet.rows[0].cells["ours"].right == 48
    chosen = reported("other", "third", reference=f"ours@{steps.settings_sha256[:8]}")
    assert chosen.sheets[0].rows[0].cells[chosen.reference].right == 32
    assert any("not asked alike" in said and "prompt: paper-steps" in said for said in chosen.limits)
    assert any("1 further ways of asking" in said for said in reported(reference="ours").limits)


def test_votes_stand_for_their_chains(database: Settings) -> None:
    for chain in range(3):
        sat("ours", lambda n: n % 2 == 0, temperature=0.7, chain=chain)
    voted = {key: value for key, value in WRITTEN.items() if key != "chain"} | {"chains": 3, "vote": "majority/1"}
    sitting = Sitting("ours", sha_of("ours"), BASICS, exam().sha256, voted)
    keep(sitting, [AnswerFields(i.id, "p", {"votes": {"A": 3}}, "A", i.answer == "A") for i in exam().items])
    found = reported()
    assert found.gathered.reference.sat[BASICS] == sitting
    assert found.gathered.reference.ways == {BASICS: 2}
    assert found.gathered.speeds["ours"][0].parameters == 8_028_033_024


def test_the_accepted_model_is_the_reference(database: Settings) -> None:
    sat("a", lambda n: n % 2 == 0)
    sat("z", lambda n: n % 3 == 0)
    assert reported().reference == "a"
    with db.session() as session:
        alarms.accept(session, Acceptance(model="z", model_sha256=sha_of("z"), by="t", reason="best"))
    assert reported().reference == "z"
    assert reported("a").reference == "a"


def test_models_of_one_name_are_told_apart(database: Settings) -> None:
    sitting = sat("same", lambda n: n % 2 == 0)
    rows_ = [AnswerFields(i.id, "p", {}, "A", i.answer == "A") for i in exam().items]
    keep(Sitting("same", "f" * 64, BASICS, sitting.benchmark_sha256, WRITTEN), rows_)
    assert {s.name for s in reported().gathered.systems} == {f"same ({sha_of('same')[:8]})", "same (ffffffff)"}


def test_a_benchmark_that_is_not_at_hand_has_scores_and_no_baselines(database: Settings) -> None:
    rows_ = [AnswerFields(str(n), f"پرسش {n}", {}, "A", n % 2 == 0) for n in range(20)]
    for model in ("ours", "other"):
        keep(Sitting(model, sha_of(model), "mmlu-fa-anatomy", "a" * 64, WRITTEN), rows_)
        keep(Sitting(model, sha_of(model), "no-more", "b" * 64, WRITTEN), rows_)
    found = reported()
    (sheet,) = found.sheets
    assert [row.name for row in sheet.benchmarks] == ["mmlu-fa-anatomy", "no-more"]
    assert sheet.rows[0].rules == {}
    assert sum("the version that was asked is not on this machine" in said for said in found.limits) == 2


def test_every_number_of_the_csv_is_a_number(database: Settings) -> None:
    sat("ours", lambda n: n % 2 == 0)
    sat("other", lambda n: n < 0)
    numbers = ("value", "low", "high", "difference", "difference_low", "p", "p_holm_table", "detectable")
    found: list[Mapping[str, str]] = [line for sheet in reported(reference="ours").sheets for line in lines(sheet)]
    values = [float(line[name]) for line in found for name in numbers if line[name]]
    assert len(values) > 20
    assert all(map(math.isfinite, values))
    assert any(value < 0 for value in values)


def test_a_benchmark_that_the_reference_lacks_takes_no_test_from_the_others(database: Settings, tmp_path: Path) -> None:
    take(MMLU[0], tmp_path, choices(30, lambda item: f"پرسش {item}"))
    sat("ours", lambda n: n % 2 == 0)
    sat("other", lambda n: n % 3 == 0, MMLU[0])
    sat("other", lambda n: n % 3 == 0)
    (sheet,) = reported(reference="ours").sheets
    assert [(row.name, name) for row, name, _ in sheet.tests] == [(BASICS, "other")]


def test_of_two_ways_that_as_many_were_asked_in_all_are_shown_in_the_same(database: Settings) -> None:
    for model, ways in (("ours", ("paper", "paper-steps")), ("other", ("paper-steps", "paper"))):
        for way in ways:
            sat(model, lambda n: n % 2 == 0, prompt=way)
    found = reported(reference="ours")
    assert len({s.sat[BASICS].settings["prompt"] for s in found.gathered.systems}) == 1
    assert not any("not asked alike" in said for said in found.limits)


def test_a_share_of_other_items_is_not_the_best_of_a_row(database: Settings) -> None:
    sat("ours", lambda n: n % 2 == 0)
    sat("other", lambda n: n % 3 == 0)
    sat("half", lambda n: True if n < 20 else None)
    (sheet,) = reported(reference="ours").sheets
    assert [name for name, cell in sheet.rows[0].cells.items() if cell.best] == ["ours"]


def test_a_mean_over_benchmarks_that_were_asked_in_several_ways_is_told(database: Settings, tmp_path: Path) -> None:
    for n, name in enumerate(MMLU):
        take(name, tmp_path, choices(30, lambda item, n=n: f"پرسش {n} {item}"))
        for model in ("ours", "other"):
            sat(model, lambda item: item % 2 == 0, name, prompt=("paper", "paper-steps")[n])
    said = reported(reference="ours").limits
    assert any("MMLU(fa)" in s and "prompt: paper" in s and "paper-steps" in s for s in said)
    assert not any("not asked alike" in s for s in said)


def test_a_table_by_itself_says_what_its_daggers_and_times_are(database: Settings, tmp_path: Path) -> None:
    for n, name in enumerate(MMLU):
        take(name, tmp_path, choices(60, lambda item, n=n: f"پرسش {n} {item}"))
        sat("ours", lambda item: item % 2 == 0, name)
        sat("other", lambda item: item % 7 == 0, name, facts={"device": "GPU B", "at_once": 8})
    (sheet,) = reported(reference="ours").sheets
    caption = next(line for line in latex.latex(sheet).splitlines() if line.startswith(r"\caption"))
    assert "over all tests of the table (2), of a mean over the systems." in caption
    assert "the median of one reply (GPU A, 1 at once; GPU B, 8 at once): such times do not compare." in caption
    assert "in bold the highest of a row, of the systems that answered all of it." in caption


def test_the_size_of_a_model_is_in_whatever_answers_it_gave(database: Settings, tmp_path: Path) -> None:
    """Those of `evaluator run` tell no time."""
    folder = make_model(tmp_path / "small")
    evaluate(Asked([BASICS], str(folder)))
    sat("ours", lambda n: n % 2 == 0)
    (sheet,) = reported(reference="ours").sheets
    weights = sum(t.numel() for file in folder.glob("*.safetensors") for t in load_file(file).values())
    assert sheet.parameters == {"ours": 8_028_033_024, "small": weights}
    assert "small" not in sheet.speeds


def test_answers_with_passages_are_told_by_name(database: Settings) -> None:
    sat("ours", lambda n: n % 2 == 0)
    own = sat("theirs", lambda n: n % 3 == 0, augmented={"method": "bm25", "passages": 3, "retriever_sha256": "0" * 64})
    found = reported(reference="ours")
    assert [system.heading for system in found.sheets[0].systems] == ["ours", "theirs + bm25"]
    assert "theirs + bm25" in latex.latex(found.sheets[0]).replace("{-}", "-")
    assert any("theirs was shown pairs of a snapshot, found by bm25, before each item" in s for s in found.limits)
    assert any("augmented: – (ours), bm25, passages 3 (theirs)" in s for s in found.limits)
    assert answers.how(own.settings).startswith("augmented (bm25, passages 3), chain 0")


def test_what_models_thought_and_wrote_is_not_held(database: Settings) -> None:
    long = "ف" * 10_000
    sat("ours", lambda n: n % 2 == 0, facts={"reasoning": long, "through": {"answer": long}, "whatever": long})
    (exam_,) = reported().gathered.exams
    assert max(len(str(row.output)) for row in exam_.given["ours"]) < 500
    assert exam_.given["ours"][0].output["tokens"] == {"read": 50, "written": 20, "calls": 1}
