"""Rules of splitting: what stands in dev or test has nothing in common with what trains, under every planted leak."""

import random
import uuid
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import Levenshtein

from storage import db, grams, snapshots
from storage.errors import UsageError
from storage.settings import Settings
from storage.splits import DEV, SPLITS, TEST, TRAIN, Division, Pair, Rule, clear, divide, grouped, near, rule_named
from storage.splits.near import NearIndex
from tests.cleaning.real import real_pairs
from tests.storage.rows import add_article, add_pair, add_verdict

SOURCES = ("drhast", "niniban", "doctor-yab", "elsewhere")
TEXTS = ("تب", "سرفه", " سرفه\n", "درد  پا", "درد پا", "", "خواب", "تهوع", "سرگیجه", "بی\u200cخوابی")


def words(count: int, seed: object) -> list[str]:
    rng = random.Random(str(seed))
    return ["".join(rng.choices("ابپتسشکگلمنهوی", k=rng.randint(2, 7))) for _ in range(count)]


def pair(number: int, question: str, answer: str | None, source: str = "drhast") -> Pair:
    return Pair(uuid.uuid5(uuid.NAMESPACE_OID, str(number)), source, question, answer)


def unlike(count: int, first: int = 0) -> list[Pair]:
    return [pair(n, " ".join(words(12, f"q{n}")), " ".join(words(40, f"a{n}"))) for n in range(first, first + count)]


def shared(one: Pair, other: Pair) -> set[str]:
    """By whole texts, edit distances and sets: no code of the rule's."""
    found = set()
    for name in ("question", "answer"):
        texts = [(getattr(p, name) or "").split() for p in (one, other)]
        if texts[0] and texts[0] == texts[1]:
            found.add("same")
        elif all(texts) and Levenshtein.normalized_similarity(*texts) >= 0.8:
            found.add("near")
    runs = [
        {tuple(w[i : i + 13]) for i in range(len(w) - 12)}
        for p in (one, other)
        for w in [f"{p.question} {p.answer}".split()]
    ]
    return found | ({"run"} if runs[0] & runs[1] else set())


def leaks(pairs: Sequence[Pair], division: Division) -> Counter[str]:
    sides = {split: [p for p in pairs if division.split_of(p.document) == split] for split in SPLITS}
    return Counter(
        kind
        for one, other in ((DEV, TRAIN), (TEST, TRAIN), (TEST, DEV))
        for a in sides[one]
        for b in sides[other]
        for kind in shared(a, b)
    )


def edited(text: str, places: Sequence[int]) -> str:
    copy = text.split()
    for place in places:
        copy[place] = words(1, f"{place}{text}")[0] + "ژ"
    return " ".join(copy)


def planted(kind: str, pairs: list[Pair]) -> list[Pair]:
    """For every pair another, new in all but one thing."""
    copies = []
    for number, (old, new) in enumerate(zip(pairs, unlike(len(pairs), 10_000), strict=True)):
        answer = (old.answer or "").split()
        question, changed = {
            "same question": (old.question, new.answer),
            "same answer": (new.question, old.answer),
            "near answer": (new.question, edited(old.answer or "", range(2, 40, 5))),
            "near question": (edited(old.question or "", (3, 9)), new.answer),
            "a run of 13": (new.question, " ".join([*words(9, f"x{number}"), *answer[20:33], *words(9, f"y{number}")])),
            "a run over both": (" ".join([*words(3, f"x{number}"), *(old.question or "").split()[-6:]]), ""),
            "another spelling": (new.question, (old.answer or "").replace("ی", "ي").replace("ک", "ك") + " !؟"),
        }[kind]
        if kind == "a run over both":
            changed = " ".join([*answer[:7], *words(20, f"z{number}")])
        copies.append(pair(20_000 + number, question or "", changed))
    return copies


@pytest.mark.parametrize(
    "kind",
    [
        *("same question", "same answer", "near question", "near answer"),
        *("a run of 13", "a run over both", "another spelling"),
    ],
)
def test_a_planted_leak_stays_on_one_side(kind: str) -> None:
    pairs = unlike(150)
    copies = planted(kind, pairs)
    assert all(shared(*both) for both in zip(pairs, copies, strict=True)) or kind == "another spelling"
    division = divide(Rule.GROUPED, pairs + copies)
    together = {
        (division.split_of(a.document), division.split_of(b.document)) for a, b in zip(pairs, copies, strict=True)
    }
    assert together <= {(split, split) for split in SPLITS}
    assert not leaks(pairs + copies, division)
    assert {split for split, _ in together} == set(SPLITS) or kind.startswith("near")


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(SOURCES), st.sampled_from(TEXTS), st.sampled_from(TEXTS)), max_size=40))
def test_nothing_stands_on_both_sides(rows: list[tuple[str, str, str]]) -> None:
    pairs = [Pair(uuid.UUID(int=n + 1), *row) for n, row in enumerate(rows)]
    assert not leaks(pairs, divide(Rule.GROUPED, pairs))
    by_paper = divide(Rule.PAPER, pairs)
    found = {(row["split"], row["against"]): row for row in by_paper.figures["leakage"]}
    assert (found[DEV, TRAIN]["same_question"], found[DEV, TRAIN]["same_answer"]) == (0, 0)


def test_a_greeting_or_a_canned_reply_swallows_nothing() -> None:
    greeting = " ".join(words(20, "greeting"))
    pairs = unlike(600)
    greeted = [p._replace(answer=f"{greeting} {p.answer}") for p in pairs[:300]]
    canned = [p._replace(answer="به پزشک مراجعه کنید") for p in pairs[300:400]]
    division = divide(Rule.GROUPED, greeted + canned + pairs[400:])
    assert {division.split_of(p.document) for p in greeted + canned} == {TRAIN}
    sides = Counter(division.split_of(p.document) for p in pairs[400:])
    assert 10 <= sides[DEV] <= 30
    assert 10 <= sides[TEST] <= 30
    assert division.figures["kept_in_train"]["of_large_groups"] == 400


def templates(count: int, first: int = 0) -> list[Pair]:
    """Questions of seven words that differ in one, each with an answer of its own."""
    slots = ("".join("ابپتسشکگلم"[int(digit)] for digit in str(n)) for n in range(first, first + count))
    answers = (" ".join(words(30, f"t{n}")) for n in range(first, first + count))
    both = enumerate(zip(slots, answers, strict=True), 50_000 + first)
    return [pair(number, f"تب کودک من {slot} درجه است چرا", answer) for number, (slot, answer) in both]


def verified(monkeypatch: pytest.MonkeyPatch, pairs: Sequence[Pair]) -> tuple[Division, int]:
    """The division, and how many edit distances it took."""
    compared, distance = 0, near._near

    def counting(text: str, other: str, edits: int) -> bool:
        nonlocal compared
        compared += 1
        return distance(text, other, edits)

    monkeypatch.setattr(near, "_near", counting)
    return divide(Rule.GROUPED, pairs), compared


def test_questions_of_one_template_cost_no_square_and_swallow_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = unlike(100) + templates(1500)
    division, compared = verified(monkeypatch, pairs)
    assert not leaks(pairs[:200], division)
    assert {division.split_of(p.document) for p in pairs[100:]} == {TRAIN}
    assert {division.split_of(p.document) for p in pairs[:100]} == set(SPLITS)
    assert compared < 20 * len(pairs)


def test_many_that_look_near_and_are_not_cost_no_square(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clear, "MOST_TRIED", 20)
    rng = random.Random(1)
    few = words(12, "slots")
    texts = [
        " ".join(f"{word} {rng.choice(few)}ق{place}" for place, word in enumerate(words(8, "template")))
        for _ in range(1000)
    ]
    pairs = unlike(50) + [pair(60_000 + n, text, " ".join(words(30, f"s{n}"))) for n, text in enumerate(texts)]
    division, compared = verified(monkeypatch, pairs)
    assert set(division.held_out.values()) == {DEV, TEST}
    assert compared < 50 * len(pairs)
    assert not leaks(pairs[:300], division)


def test_what_is_no_template_is_held_out_however_little_it_is() -> None:
    pairs = templates(300) + unlike(3)
    division = divide(Rule.GROUPED, pairs)
    assert set(division.held_out.values()) == {DEV, TEST}
    assert division.held_out.keys() <= {p.document for p in pairs[300:]}
    assert not leaks(pairs, division)


@pytest.mark.parametrize("rule", list(Rule))
def test_what_articles_share_is_counted_under_either_rule(rule: Rule) -> None:
    pairs = [p._replace(source="isovisit") for p in unlike(200)]
    without = divide(rule, pairs)
    held = [p for p in pairs if without.split_of(p.document) == TEST]
    article = " ".join([*words(50, "before"), *(held[0].answer or "").split()[5:18], *words(50, "after")])
    found = {(row["split"], row["against"]): row for row in divide(rule, pairs, iter([article])).figures["leakage"]}
    shared_runs = 1 if rule is Rule.PAPER else 0  # by groups that pair trains
    assert found[TEST, "articles"]["pairs"] == len(held) - 1 + shared_runs
    assert found[TEST, "articles"]["shared_runs"] == shared_runs
    assert found[DEV, "articles"]["shared_runs"] == 0


def test_the_cleanings_clusters_are_groups() -> None:
    pairs = [p._replace(cluster=uuid.UUID(int=n // 2 + 1)) for n, p in enumerate(unlike(300))]
    division = divide(Rule.GROUPED, pairs)
    sides = [division.split_of(p.document) for p in pairs]
    assert sides[::2] == sides[1::2]
    assert set(sides) == set(SPLITS)


def test_an_article_is_trained_on_too() -> None:
    pairs = unlike(200)
    without = divide(Rule.GROUPED, pairs)
    held = [p for p in pairs if without.split_of(p.document) == DEV]
    article = " ".join([*words(50, "before"), *(held[0].answer or "").split()[5:18], *words(50, "after")])
    division = divide(Rule.GROUPED, pairs, [article])
    assert division.split_of(held[0].document) == TRAIN
    assert {division.split_of(p.document) for p in held[1:]} == {DEV}
    assert division.figures["kept_in_train"]["in_an_article"] == 1


def test_sides_hardly_move_as_data_grows_and_never_with_the_order() -> None:
    pairs = unlike(2000)
    before, after = divide(Rule.GROUPED, pairs[:1000]), divide(Rule.GROUPED, pairs[::-1])
    assert all(before.split_of(p.document) == after.split_of(p.document) for p in pairs[:1000])
    assert 60 <= sum(split == DEV for split in before.held_out.values()) <= 140


def test_the_share_is_halved_and_what_stays_held_out_was_so_before() -> None:
    assert [grouped.share_of(pairs) for pairs in (0, 40_000, 40_001, 80_001, 180_000)] == [
        0.1,
        0.1,
        0.05,
        0.025,
        0.0125,
    ]
    first_ids = grams.mixed(np.arange(1, 5001, dtype=np.uint64))
    alone, small = np.arange(5000), np.zeros(5000, bool)
    whole, half = (grouped._drawn(first_ids, alone, small, share) for share in (0.1, 0.05))
    assert ((half == 0) | (half == whole)).all()
    assert 0.4 < (half != 0).sum() / (whole != 0).sum() < 0.6


def test_three_pairs_are_enough_for_three_splits() -> None:
    assert Counter(divide(Rule.GROUPED, unlike(3)).held_out.values()) == {DEV: 1, TEST: 1}
    assert divide(Rule.GROUPED, unlike(2)).held_out.keys() <= {p.document for p in unlike(2)}
    assert divide(Rule.GROUPED, []).held_out == {}


def changed(text: str, rng: random.Random) -> str:
    copy = text.split()
    for _ in range(rng.randint(0, max(1, len(copy) // 4))):
        place = rng.randrange(len(copy) + 1)
        copy[place : place + rng.randint(0, 1)] = words(rng.randint(0, 1), rng.random())
    return " ".join(copy)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_near_texts_are_found_without_fail(seed: int) -> None:
    rng = random.Random(seed)
    few = words(40, "few")
    texts = [" ".join(rng.choices(few, k=rng.randint(0, 30))) for _ in range(150)]
    texts += [changed(text, rng) for text in texts]
    texts += ["آه " * count for count in (3, 4, 5, 6, 30, 36, 40)]
    found = grams.batch(texts)
    index = NearIndex(found.words, found.bounds)
    strings = [text.split() for text in texts]
    wanted = {
        (a, b)
        for a, one in enumerate(strings)
        for b, other in enumerate(strings)
        if min(len(one), len(other)) >= 4 and Levenshtein.normalized_similarity(one, other) >= 0.8
    }
    assert set(index.matches(found.words, found.bounds)) == wanted
    assert len(wanted) > len(texts) + 100


def test_the_paper_holds_out_by_source() -> None:
    own = [Pair(uuid.UUID(int=n), "niniban", f"پرسش {n}", f"پاسخ {n}") for n in range(100)]
    held = divide(Rule.PAPER, own).held_out
    assert Counter(held.values()) == {DEV: 37}
    assert held == divide(Rule.PAPER, own[::-1]).held_out
    repeated = [Pair(uuid.UUID(int=100 + n), "drhast", "دیگر", f" پاسخ\t{n} ") for n in range(50)]
    left = divide(Rule.PAPER, own + repeated).held_out
    assert len(left) == 37
    assert all(document.int >= 50 for document in left)
    assert {d for d in held if d.int >= 50} <= left.keys()
    tests = [Pair(uuid.UUID(int=200 + n), "isovisit", f"پرسش {n}", "") for n in range(10)]
    assert Counter(divide(Rule.PAPER, own + tests).held_out.values()) == {DEV: 37, TEST: 10}


def test_what_the_papers_split_leaks_is_counted() -> None:
    own = [p._replace(source="niniban") for p in unlike(40)]
    dev = [p for p in own if p.document in divide(Rule.PAPER, own).held_out]
    other = [pair(900 + n, "دیگر", edited(p.answer or "", range(2, 40, 5))) for n, p in enumerate(dev[:3])]
    run = pair(990, "دیگر است", " ".join([*words(30, 1), *(dev[4].answer or "").split()[:13]]))
    [row, *_] = divide(Rule.PAPER, [*own, *other, run]).figures["leakage"]
    assert (row["split"], row["against"], row["pairs"]) == (DEV, TRAIN, len(dev))
    assert [row[name] for name in ("same_answer", "near_answer", "shared_runs")] == [0, 3, 1]


def test_a_snapshot_is_split_by_cleaned_texts_and_says_how(database: Settings) -> None:
    with db.session() as session:
        pairs = unlike(60)
        for number, one in enumerate(pairs):
            document = add_pair(session, "drhast", str(number), question=f"خام {number}", answer=f"خام {number}")
            cleaned = {"question": one.question or "", "answer": pairs[number % 30].answer or ""}
            add_verdict(session, document, cleaned=cleaned)
        add_verdict(session, add_article(session, "hidoctor", "1"))
        made = snapshots.freeze(session, "own", "0" * 64)
        as_in_paper = snapshots.freeze(session, "paper", "0" * 64, Rule.PAPER)
    records = {
        split: {
            int(row["record"]) % 30
            for row in pq.read_table(snapshots.folder(made) / f"pairs/{split}.parquet").to_pylist()
        }
        for split in SPLITS
    }
    assert not records[DEV] & records[TRAIN]
    assert not records[TEST] & (records[TRAIN] | records[DEV])
    assert records[DEV]
    assert made.manifest["split"]["rule"] == "grouped"
    assert {row["shared_runs"] for row in made.manifest["split"]["leakage"]} == {0}
    assert as_in_paper.manifest["split"]["rule"] == "paper"
    assert made.sha256 != as_in_paper.sha256
    card = (snapshots.folder(made) / "README.md").read_text(encoding="utf-8")
    assert "rule `grouped`" in card
    assert f"| dev | train | {made.manifest['files']['pairs/dev.parquet']['rows']} | 0 | 0 | 0 | 0 | 0 |" in card


def test_a_rule_that_is_none_is_told() -> None:
    with pytest.raises(UsageError, match="Did you mean grouped"):
        rule_named("groupd")


def test_published_pairs_leak_and_the_groups_do_not() -> None:
    rows = {(r["question"], r["answer"]): r for name in ("mf3qa_dev", "niniban_kept") for r in real_pairs(name)}
    pairs = [Pair(uuid.uuid5(uuid.NAMESPACE_OID, "\n".join(key)), "niniban", *key) for key in rows]
    division = divide(Rule.GROUPED, pairs)
    assert len(division.held_out) > 0.1 * len(pairs)
    for row in division.figures["leakage"]:
        assert not any(count for name, count in row.items() if name.startswith(("same", "near", "shared")))
    by_paper = divide(Rule.PAPER, pairs).figures["leakage"][0]
    assert by_paper["shared_runs"] > 0.2 * by_paper["pairs"]
