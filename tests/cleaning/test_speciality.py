"""Specialities: by the site's word, by seed words, by a model of what sites say; and how often each is right."""

import hashlib
import io
import json
import random
from pathlib import Path

import numpy as np
import pytest

from cleaning.folding import fold
from cleaning.medical import learning, seeds, speciality, training
from cleaning.medical.ngrams import columns, sums
from cleaning.medical.speciality import Asked, Classifier, classifier_of, of_title
from cleaning.medical.terms import Terms
from cleaning.medical.training import Labelled, Trained, train, train_from_sites
from storage import db, trained
from storage.errors import DataDamaged, UsageError
from storage.settings import Settings
from tests.cleaning.real import real_pairs
from tests.storage.rows import add_pair

LABELS = Path(__file__).with_name("speciality_labels.txt")
SAMPLE = Path(__file__).parents[2] / "infra" / "replica" / "sample" / "pairs.jsonl"
FILES = ("drhast_kept", "doctor_yab_kept", "niniban_crawled", "isovisit", "mf3qa_test")


def _sample() -> list[Labelled]:
    """The project's own pairs whose made-up doctor has a speciality."""
    rows = [json.loads(line) for line in SAMPLE.read_text(encoding="utf-8").splitlines()]
    return [
        Labelled(fold(row["question"]), fold(answer["text"]), name)
        for row in rows
        for answer in row["answers"]
        if (name := of_title(answer.get("speciality")))
    ]


@pytest.fixture(scope="module")
def from_sample() -> Trained:
    return train(_sample())


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("متخصص زنان و زایمان", "gynaecology"),
        ("جراح و متخصص زنان، زایمان و نازایی", "gynaecology"),
        ("فلوشیپ ناباروری", "gynaecology"),
        ("متخصص روان‌پزشکی", "psychiatry"),
        ("روان‌شناس بالینی", "psychiatry"),
        ("متخصص مغز و اعصاب", "neurology"),
        ("متخصص اعصاب و روان", "psychiatry"),
        ("فوق تخصص غدد و متابولیسم", "endocrinology"),
        ("دندان‌پزشک", "dentistry"),
        ("متخصص چشم‌پزشکی", "ophthalmology"),
        ("متخصص گوش، حلق و بینی", "ent"),
        ("متخصص كودكان و نوزادان", "paediatrics"),  # Arabic kaf
        ("متخصص کلیه و مجاری ادراری", "urology"),
        ("فوق تخصص نفرولوژی", "nephrology"),
        ("پزشک عمومی", "general"),
        ("جراح پلاستیک و زیبایی", "plastic_surgery"),
        ("دکتر", None),
        ("", None),
        (None, None),
        ("ا" * 100_000, None),
    ],
)
def test_titles_that_sites_print(title: str | None, name: str | None) -> None:
    assert of_title(title) == name


def test_the_site_comes_first_and_who_spoke_is_told() -> None:
    said = Asked("دندانم درد می‌کند", "باید عصب‌کشی شود", "متخصص پوست و مو")
    guessed = Asked("دندانم درد می‌کند", "باید عصب‌کشی شود", "کاربر")
    one, other = Classifier().describe([said, guessed])
    assert (one.name, one.by) == ("dermatology", "site")
    assert (other.name, other.by, other.version) == ("dentistry", "seeds", seeds.version())
    assert 0.8 < other.p <= 1


def test_evidence_is_what_each_word_says_once_a_text() -> None:
    """Held against the sums as they are defined, term by term, to the last digit."""
    pairs = [(fold(row["question"]), fold(row["answer"])) for row in real_pairs("isovisit")[:150]]
    pairs += [("", ""), ("سردرد و سردرد", ""), ("", "سردرد و بارداری 2ماهه")]
    terms = Terms((term, term) for term in seeds._strengths())
    texts = tuple(text for pair in pairs for text in pair)
    wanted = np.zeros((len(texts), len(seeds.specialities())))
    for row, text in zip(wanted, texts, strict=True):
        for term in terms.count(text):
            for index, strength in seeds._strengths()[term]:
                row[index] += strength
    assert (seeds.evidence(texts) == wanted).all()
    assert seeds.shares([]).shape == (0, len(seeds.specialities()))


def test_pairs_together_are_told_as_each_alone() -> None:
    asked = [
        Asked("دندانم درد می‌کند", "باید عصب‌کشی شود"),
        Asked("", ""),
        Asked("دندانم", "", "متخصص پوست و مو"),
        Asked("بارداری", "سونوگرافی در بارداری"),
        Asked("\ud800", "قلب"),
    ]
    together = Classifier().describe(asked)
    assert together == [Classifier().describe([one])[0] for one in asked]
    assert len({one.name for one in together}) > 3


def test_a_text_without_a_word_of_any_speciality_is_general() -> None:
    for text in ("", "متشکرم از شما", "12345", "\x00", "🙂"):
        [found] = Classifier().describe([Asked(text, "")])
        assert found.name == "general"


@pytest.mark.parametrize("text", ["ا" * 200_000, "بارداری " * 50_000, "\u200c" * 1000, "\ud800", "\n" * 1000])
def test_any_text_has_a_speciality(text: str) -> None:
    [found] = Classifier().describe([Asked(text, text)])
    assert found.name in speciality.names()
    assert 0 < found.p <= 1


def _judged(split: str) -> list[tuple[str, str, list[str]]]:
    labels = {}
    for line in LABELS.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            kind, key, named = line.split(" ")
            labels[key] = (kind, named.split("/"))
    found = {}
    for file in FILES:
        for pair in real_pairs(file):
            key = hashlib.sha256(f"{pair['question']}\n{pair['answer']}".encode()).hexdigest()[:16]
            if key in labels and labels[key][0] == split:
                found[key] = (pair["question"], pair["answer"], labels[key][1])
    return list(found.values())


@pytest.mark.parametrize(
    ("split", "pairs", "first", "any_of"),
    [
        ("seen", 329, 0.88, 0.94),  # read before the words were written
        ("held", 150, 0.80, 0.86),  # read after
    ],
)
def test_seed_words_on_judged_real_pairs(split: str, pairs: int, first: float, any_of: float) -> None:
    """Held: the first judged speciality in .82 of 150, one of those judged fitting in .87; calibration error .06."""
    judged = _judged(split)
    assert len(judged) >= pairs - 5
    found = Classifier().describe([Asked(question, answer) for question, answer, _ in judged])
    names = [one.name for one in found]
    assert np.mean([name == wanted[0] for name, (*_, wanted) in zip(names, judged, strict=True)]) >= first
    assert np.mean([name in wanted for name, (*_, wanted) in zip(names, judged, strict=True)]) >= any_of
    assert abs(np.mean([one.p for one in found]) - first) < 0.1


def test_learning_from_sites_beats_the_seed_words(from_sample: Trained) -> None:
    assert from_sample.metrics["pairs"] > 350
    assert from_sample.metrics["accuracy"] > from_sample.metrics["accuracy_of_seeds"] + 0.02
    assert from_sample.metrics["ece"] < 0.12


def test_the_same_pairs_in_any_order_give_the_same_model() -> None:
    pairs = _sample()[: training.MINIMUM + 5]
    one, again = train(pairs), train(random.Random(3).sample(pairs, len(pairs)))
    assert again.version == one.version
    assert speciality.dump(again.fitted) == speciality.dump(one.fitted)
    assert training.version(pairs[1:]) != one.version


def test_words_that_no_list_has_are_learned() -> None:
    """Two made-up vocabularies: the seeds know neither, the model tells them apart and keeps what the seeds know."""
    draw = random.Random(9)
    vocabulary = {"urology": ["زمبا", "کلوا", "پیتا"], "ent": ["شوما", "نیگا", "بودا"]}
    filler = ["این", "است", "که", "من", "از", "را", "چند", "روز"]

    def made(name: str) -> Labelled:
        words = draw.choices(vocabulary[name], k=3) + draw.choices(filler, k=12)
        draw.shuffle(words)
        return Labelled(" ".join(words[:8]), f"{' '.join(words[8:])} {draw.random()}", name)

    found = train([made(name) for name in vocabulary for _ in range(150)])
    classifier = Classifier(found.fitted, found.version)
    unseen = [made(name) for name in vocabulary for _ in range(40)]
    told = classifier.describe([Asked(one.question, one.answer) for one in unseen])
    assert np.mean([one.name == wanted.name for one, wanted in zip(told, unseen, strict=True)]) > 0.95
    [tooth] = classifier.describe([Asked("دندان عقلم را کشیدم و لثه ام خونریزی دارد", "دندانپزشک ببیند")])
    assert tooth.name == "dentistry"


def test_a_stored_model_tells_the_same(from_sample: Trained) -> None:
    asked = [Asked(one.question, one.answer) for one in _sample()[:60]]
    kept = speciality.load(speciality.dump(from_sample.fitted), from_sample.version)
    before = Classifier(from_sample.fitted, from_sample.version)
    assert kept.describe(asked) == before.describe(asked)
    assert {one.by for one in kept.describe(asked)} == {"model"}


def test_broken_and_foreign_models_are_refused(from_sample: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    file = io.BytesIO()
    np.savez(file, column=np.array([{}], dtype=object))
    for data in (b"", b"no archive", file.getvalue()):
        with pytest.raises(DataDamaged):
            speciality.load(data, "x")
    kept = speciality.dump(from_sample.fitted)
    monkeypatch.setattr(seeds, "version", lambda: "other lists")
    with pytest.raises(DataDamaged, match="other word lists"):
        speciality.load(kept, "x")


def test_training_on_a_database(database: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with db.session() as session:
        for number, one in enumerate(_sample()[:40]):
            title = seeds.specialities()[one.name].titles[0]
            texts = {"question": one.question, "answer": f"{one.answer} {number}"}
            add_pair(session, "doctor-yab", str(number), speciality=title, **texts)
        add_pair(session, "doctor-yab", "999", speciality="کاربر")
    with pytest.raises(UsageError, match=r"needs 200 pairs.*there are 40"):
        train_from_sites()
    monkeypatch.setattr(training, "MINIMUM", 30)
    row = train_from_sites()
    assert (row.name, row.kind, row.metrics["pairs"]) == ("speciality", "speciality", 40)
    assert train_from_sites().id == row.id
    assert classifier_of(row.blob).by == "model"
    with db.session() as session:
        assert [one.version for one in trained.listed(session)] == [row.version]


def test_word_hashes_do_not_depend_on_the_batch() -> None:
    texts = ["درد معده دارم", "", "یک", "درد معده دارم و درد معده", "ا" * 1000 + " ب"]
    together = columns(texts, bits=16)
    for place, text in enumerate(texts):
        alone = columns([text], bits=16)
        assert together.column[together.start[place] : together.start[place + 1]].tolist() == alone.column.tolist()
    assert np.diff(together.start).tolist() == [5, 0, 1, 11, 3]
    assert len(set(columns(["درد معده"], bits=16).column) & set(columns(["درد معده"], bits=16, salt=1).column)) == 0
    table = np.ones(1 << 16)
    assert sums(table, together).tolist() == pytest.approx([5**0.5, 0, 1, 11**0.5, 3**0.5])


def test_terms_prefer_the_longest_from_the_left() -> None:
    terms = Terms([("درد", "pain"), ("درد معده", "stomach"), ("معده", "organ")])
    assert terms.count(fold("درد معده و معده و دردمعده")) == {"stomach": 2, "organ": 1}
    assert terms.count("") == {}
    assert learning.TEMPERATURES[0] < 1 < learning.TEMPERATURES[-1]
