"""Keys that favour a letter, and answers that are found without the question."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from evaluator.benchmark import Likelihood, Question
from evaluator.lint import Subject, blind, giveaways, keys, lint
from evaluator.model import LanguageModel, load
from evaluator.published import Draft
from tests.evaluator.lint.items import draft, sound
from tests.evaluator.models import make_model


def long_key(item: Draft) -> Draft:
    """The same item with a key that says much more than the others."""
    place = "ABCD".index(str(item.answer))
    told = [f"{text} در حالی که همه آزمایش‌ها سالم بودند" if n == place else text for n, text in enumerate(item.options)]
    return replace(item, options=tuple(told))


def test_a_letter_that_is_the_key_too_often_is_told_and_chance_is_not() -> None:
    favoured = [replace(item, answer="D" if n % 4 else "A") for n, item in enumerate(sound(100))]
    (found,) = keys.imbalance("exam", favoured)
    assert (found.item, found.kind) == (None, "key_imbalance")
    assert "answering always D scores 75.0% (75 of 100)" in found.evidence
    assert list(keys.imbalance("exam", sound(100))) == []
    assert list(keys.imbalance("exam", favoured[:19])) == []
    told = 0
    for seed in range(200):
        drawn = np.random.default_rng(seed).choice(list("ABCD"), 150)
        told += len(
            list(keys.imbalance("exam", [replace(i, answer=str(k)) for i, k in zip(sound(150), drawn, strict=True)]))
        )
    assert told <= 8  # at a level of 1 % of each of two tests, 4 of 200 are expected at most, 8 with one chance in 20


def test_rules_pick_what_they_say() -> None:
    assert giveaways.longest(draft("کوتاه", "کمی", "بسیار بلندتر از همه گزینه‌های دیگر", "کم")) == 2
    assert giveaways.longest(draft("کوتاه تر", "کوتاه تر", "کوتاه‌ ترین", "کوتاه")) is None
    assert giveaways.shortest(draft("متنی به درازای بیست", "متنی به درازای سی‌تا", "کوتاه", "متنی به درازای چهل")) == 2
    assert giveaways.all_of_them(draft("کبد", "طحال", "همه موارد فوق", "ریه")) == 2
    assert giveaways.all_of_them(draft("کبد", "طحال", "هیچ یک از موارد فوق", "ریه")) is None
    assert giveaways.none_of_them(draft("liver", "spleen", "lung", "none of the above")) == 3
    assert giveaways.middle(draft("10 mg", "40 mg", "20 mg")) == 2
    assert giveaways.middle(draft("10 mg", "کبد", "20 mg")) is None
    assert giveaways.not_absolute(draft("همیشه کشنده است", "فقط در زنان", "گاهی دردناک است", "هرگز نیست")) == 2
    assert giveaways.only_verb(draft("کبد چرب", "در کبد ساخته می‌شود", "طحال", "ریه")) == 1
    assert giveaways.echo(draft("التهاب کلیه", "سرفه", "لرز", "تب", question="سرفه با آسیب کلیه چیست؟")) is None
    assert giveaways.echo(draft("التهاب کلیه", "سرفه", "تب", "لرز", question="بیماری با آسیب کلیه چیست؟")) == 0


def test_a_rule_that_works_is_told_with_the_items_it_gives_away() -> None:
    items = [long_key(item) if n % 2 else item for n, item in enumerate(sound(80))]
    found = list(giveaways.findings("exam", items))
    told = [f for f in found if f.item is None]
    assert any("«the longest option by far» is right at 40 of the 40 items" in f.evidence for f in told)
    assert {f.item for f in found if "longest" in f.evidence and f.item} == {i.id for i in items[1::2]}
    assert list(giveaways.findings("exam", sound(80))) == []


def test_a_reader_of_options_learns_only_what_there_is() -> None:
    leaking = blind.learnt([long_key(item) for item in sound(80)])
    assert leaking is not None
    assert leaking.right == 80
    assert leaking.p < 1e-6
    nothing = blind.learnt(sound(200))
    assert nothing is not None
    assert nothing.p > 0.01
    assert nothing.low < 0.25 < nothing.high
    assert blind.learnt(sound(20)) is None


class Liking(LanguageModel):
    """A model that likes one letter and knows some options by heart."""

    def __init__(self, letter: str, known: set[str]) -> None:
        self.letter, self.known = letter, known

    def likelihoods(self, questions: list[Question]) -> list[dict[str, Likelihood]]:  # type: ignore[override]
        return [self._of(question) for question in questions]

    def _of(self, question: Question) -> dict[str, Likelihood]:
        lines = dict(line[1:].split("] : ", 1) for line in question.prompt.splitlines() if line.startswith("["))
        assert "پرسش" not in question.prompt
        nats = {letter: -9.0 + 5 * (letter == self.letter) + (lines[letter] in self.known) for letter in lines}
        return {letter: Likelihood(value, 1, 0) for letter, value in nats.items()}


def test_a_model_is_shown_no_question_and_gains_nothing_by_a_letter_it_likes() -> None:
    items = sound(16)
    keys_known = {item.lettered[str(item.answer)] for item in items[:6]}
    found, right = blind.asked(Liking("A", keys_known), items, "fa")
    assert found is not None
    assert set(right) >= {item.id for item in items[:6]}
    first = [item.id for item in items if item.answer == "A"]
    for liked in "ABCD":  # it knows nothing, so the first of equals is taken, not the letter it likes
        assert blind.asked(Liking(liked, set()), items, "fa")[1] == first


def test_a_real_model_reads_the_options_alone(tmp_path: Path) -> None:
    model = load(make_model(tmp_path / "model"))
    report = lint([Subject("exam", tuple(sound(12)), True, "fa")], model=model)
    (reader,) = report.linted[0].readers
    assert (reader.reader, reader.items) == ("the model", 12)
    only = [f for f in report.linted[0].findings if f.kind == "answer_only"]
    assert len(only) == reader.right


def test_copies_are_one_observation() -> None:
    once = [replace(item, answer="A" if n % 8 else "D") for n, item in enumerate(sound(16))]
    copies = [replace(item, id=f"{item.id}/{n}") for item in once for n in range(20)]
    (found,) = lint([Subject("exam", tuple(copies), True, "fa")]).linted
    assert "304 items repeat another word for word, and are in no test of keys and giveaways" in found.said
    assert not {"key_imbalance", "giveaway", "without_question"} & set(found.counts)
    assert max(rule.spoke for rule in found.rules) <= 16


def test_a_reader_of_options_learns_nothing_from_the_place_of_the_key() -> None:
    alike = [replace(item, options=("باد", "ماه", "کوه", "دشت"), answer="A") for item in sound(200)]
    apart = [replace(item, question=f"{item.question} {n}") for n, item in enumerate(alike)]
    found = blind.learnt(apart)
    assert found is not None
    assert found.p > 0.01


def test_two_items_with_one_id_are_two_to_a_model(tmp_path: Path) -> None:
    items = [draft("کبد", "طحال", "ریه", "قلب", name="1"), draft("مغز", "خون", name="1")]
    found, right = blind.asked(load(make_model(tmp_path)), items, "fa")
    assert found is not None
    assert (found.items, found.right) == (2, len(right))
