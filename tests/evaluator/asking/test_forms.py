"""The words an item is put in, to the byte; examples, orders, seeds, votes."""

import gzip
import hashlib
import json
from collections import Counter

import pytest

from evaluator.asking import Prompt, Sampling, Turn, seed_of, turn
from evaluator.asking.budget import Budget, Limits, Prices, Spent
from evaluator.asking.forms import FORMS, Form, examples
from evaluator.asking.vote import record, vote
from evaluator.choice import Item
from storage.errors import UsageError
from tests.cleaning.real import DATA as PAIRS
from tests.evaluator.asking.exams import items

GENERATIONS = PAIRS.parent / "generations"
ITEM = Item("x", "کدام {عضو}؟", ("کبد", "قلب"), "B")
# SHA-256 over the prompts of a result file of the authors, joined by NUL: our own prompts of its items are to be these.
PUBLISHED = {
    ("mmlu_fa_anatomy/aya-expanse-8b", "paper"): "06c1b68abb0558a65c7cb1be37056e2ae0aa7cf1240f2a8c91137fbe8bbd7bec",
    ("mmlu_fa_medical_genetics/aya-expanse-8b", "paper"): (
        "05b2842f0f463bb374972fb586455fb168eebdb6a17da8d861ad807bc120bd0a"
    ),
    ("mmlu_fa_medical_genetics/gaokerena", "paper-steps"): (
        "985912a3edfd986ed6ace0db71bf50da2f5393e89dedf25a21700dff68733a17"
    ),
    ("ibmsee_2023_09/aya-expanse-8b", "paper"): "fe9a5b27e00c76ba801e45b5fa5164c4a35314fb1766e0e2509dd33f2ca86234",
    ("ibmsee_2023_09/qwen2.5", "paper"): "8a2532aa8378808fc5463829bf3a5448605ca3a7a77e0c9984d004fe7d546ab2",
}


def shown(form: Form, item: Item = ITEM, seed: int = 0) -> str:
    return form.put(item, seed).prompt.text


def test_the_papers_prompt_is_as_it_was_published() -> None:
    told = "به پرسش زیر به پاسخ بدهید و تنها از زبان فارسی استفاده کنید!"
    body = "## پرسش\nکدام {عضو}؟ \n\n\n## گزینه ها\n[A] : کبد\n[B] : قلب \n\n\n\n\n"
    assert shown(Form()) == f"\n{told}\n{body}"
    assert shown(Form("paper-steps")) == f"\nبه پرسش زیر قدم به قدم فکر کرده و پاسخ بدهید!\n{body}"
    assert shown(Form("paper-english")) == "\nکدام {عضو}؟ \n\n[A] : کبد\n[B] : قلب\n"
    assert shown(Form("headed")) == "## پرسش\nکدام {عضو}؟\n\n## گزینه ها\n[A] : کبد\n[B] : قلب\n\n## پاسخ\n"


@pytest.mark.skipif(not GENERATIONS.is_dir(), reason="the authors' published answers are not here")
@pytest.mark.parametrize(("file", "form"), PUBLISHED)
def test_every_prompt_of_the_paper_is_ours_to_the_byte(file: str, form: str) -> None:
    with gzip.open(GENERATIONS / f"{file}.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    asked = [Item(str(n), r["question"], tuple(r["options"].values()), r["correct"]) for n, r in enumerate(rows)]
    joined = "\0".join(shown(Form(form), item) for item in asked)
    assert hashlib.sha256(joined.encode()).hexdigest() == PUBLISHED[file, form]


def test_a_wrong_name_lists_the_forms() -> None:
    with pytest.raises(UsageError, match=r"no prompt is named 'papers'. Did you mean paper\?"):
        Form("papers")


def test_examples_are_the_same_ones_whoever_asks_and_none_that_is_asked() -> None:
    pool = items(30)
    asked = items(10)
    chosen = examples(pool, 5, asked, seed=0)
    assert chosen == examples(tuple(reversed(pool)), 5, asked, seed=0)
    assert len({e.id for e in chosen}) == 5
    assert not {e.question for e in chosen} & {i.question for i in asked}
    assert chosen[:3] == examples(pool, 3, asked, seed=0)
    assert chosen != examples(pool, 5, asked, seed=1)
    assert examples(pool, 0, asked, seed=0) == ()
    with pytest.raises(
        UsageError, match=r"--shots 21 wants more examples than the 20 .*; 10 more of its items are asked"
    ):
        examples(pool, 21, asked, seed=0)
    with pytest.raises(
        UsageError, match=r"more examples than the 0 .*; 10 more of its items are asked here themselves"
    ):
        examples(asked, 1, asked, seed=0)
    with pytest.raises(UsageError, match="--shots -1 is no number"):
        examples(pool, -1, asked, seed=0)


def test_examples_stand_before_the_item_as_turns_with_their_answers() -> None:
    shots = items(2)
    form = Form(examples=shots)
    turns = form.put(ITEM, 0).prompt.turns
    assert [t.role for t in turns] == ["user", "assistant", "user", "assistant", "user"]
    assert turns[0].content == shown(Form(), shots[0])
    assert turns[1].content == "[A] : کبد 0"
    assert turns[3].content == "[B] : طحال 1"
    assert turns[4].content == shown(Form())
    assert json.loads(form.put(ITEM, 0).prompt.text)[1] == {"role": "assistant", "content": "[A] : کبد 0"}


def test_settings_tell_forms_and_examples_apart() -> None:
    forms = [Form(), Form("paper-steps"), Form(permuted=True), Form(examples=items(1)), Form(examples=items(2)[1:])]
    assert len({json.dumps(form.settings, sort_keys=True) for form in forms}) == len(forms)
    assert set(FORMS) == {"paper", "paper-steps", "paper-english", "headed"}


def test_orders_are_lasting_even_and_read_back() -> None:
    item = items(1)[0]
    put = [Form(permuted=True).put(item, seed_of("x", n)) for n in range(2400)]
    assert put[:50] == [Form(permuted=True).put(item, seed_of("x", n)) for n in range(50)]
    orders = Counter(p.letters for p in put)
    assert len(orders) == 24
    assert all(60 <= count <= 140 for count in orders.values())
    for p in put[:50]:
        assert all(item.lettered[p.letter(shown) or ""] == text for shown, text in p.options.items())
    assert put[0].letter(None) is put[0].letter("E") is put[0].letter("الف") is None
    assert Form().put(item, 7).letters == "ABCD"


def test_seeds_are_lasting_and_differ() -> None:
    assert seed_of(0, "benchmark", "item", 1) == 2080089709  # another would draw other answers
    assert len({seed_of(0, "b", f"i{n}", chain) for n in range(100) for chain in range(10)}) == 1000
    assert all(0 <= seed_of(n) < 2**31 for n in range(100))


@pytest.mark.parametrize(
    ("letters", "choice", "tie"),
    [
        (["A", "B", "B"], "B", False),
        (["C", "B", "B", "C"], "C", True),
        (["B", "C", "C", "B"], "B", True),
        ([None, "D", "A", None], "D", True),
        ([None, None, "A"], "A", False),
        ([None, None], None, False),
        ([], None, False),
    ],
)
def test_the_most_frequent_letter_is_voted_and_of_equals_the_earliest(
    letters: list[str | None], choice: str | None, tie: bool
) -> None:
    assert vote(letters) == choice
    assert record(letters)["tie"] is tie
    assert record(letters)["unread"] == letters.count(None)


def test_what_no_row_can_keep_is_replaced_before_it_is_asked() -> None:
    assert Prompt("x", turn("a\0b\ud800")).text == "a\ufffdb\ufffd"
    assert Prompt("x", (Turn("user", "سلام"), Turn("assistant", "b"))).size == 9


@pytest.mark.parametrize(
    "keys", [{"temperature": -1}, {"temperature": float("nan")}, {"top_p": 0}, {"max_new_tokens": 0}]
)
def test_sampling_that_is_none_is_refused(keys: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        Sampling(**keys)  # type: ignore[arg-type]


def test_a_budget_holds_what_is_on_its_way() -> None:
    budget = Budget(Limits(tokens=1_000, cost=1.0), Prices(read=100.0, written=1_000.0))
    first = budget.claim(100, 300)
    assert first == Spent(1, 116, 300, (116 * 100 + 300 * 1_000) / 1e6)
    assert budget.claim(100, 300) is not None
    assert budget.claim(100, 300) is None
    assert budget.stopped is None  # there may be room when those on their way are done
    budget.settle("q1", first, 30, 20)
    assert budget.spent.tokens == 50
    assert budget.claim(100, 300) is not None
    budget.learn(100, 66)
    assert budget.bound(1_000) == 616
    tight = Budget(Limits(cost=0.01), Prices(read=100.0, written=1_000.0), Spent(cost=0.0095))
    assert tight.claim(10, 10) is None
    assert str(tight.stopped).startswith("a cost of 0.01 has no room")
