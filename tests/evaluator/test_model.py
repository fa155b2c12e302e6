"""The batched likelihood against the plainest computation there is, on a real model."""

from pathlib import Path

import pytest

from evaluator.benchmark import Question
from evaluator.choice import MultipleChoice
from evaluator.model import check, identity, load
from evaluator.texts import Fork, Text, batches, fork_batches
from storage.errors import UsageError
from tests.evaluator.models import CONTEXT, make_model


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_model(tmp_path_factory.mktemp("model"))


CHAT = "<bos><|user|>{}<|assistant|>"


def naive(folder: Path, prompt: str, continuation: str, frame: str = CHAT) -> float:
    """One text, one forward pass, every position's whole vocabulary, no padding."""
    tokens, start = tokenised(folder, frame.format(prompt), continuation)
    return surprise(folder, tokens, start)


def tokenised(folder: Path, prefix: str, continuation: str) -> tuple[list[int], int]:
    """The whole text's tokens, and the first of them that holds a letter of the continuation."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    encoded = tokenizer(prefix + continuation, add_special_tokens=False, return_offsets_mapping=True)
    return encoded["input_ids"], next(n for n, (_, end) in enumerate(encoded["offset_mapping"]) if end > len(prefix))


def surprise(folder: Path, tokens: list[int], start: int) -> float:
    import torch
    from transformers import AutoModelForCausalLM

    network = AutoModelForCausalLM.from_pretrained(folder)
    with torch.inference_mode():
        logs = torch.log_softmax(network(torch.tensor([tokens])).logits[0].double(), dim=-1)
    return sum(float(logs[n - 1, tokens[n]]) for n in range(start, len(tokens)))


def test_batched_likelihoods_equal_the_naive_ones(folder: Path) -> None:
    questions = MultipleChoice("x", "", "", "", "persian_medical_basics.jsonl").open().questions[:6]
    found = load(folder).likelihoods(questions)
    for question, weighed in zip(questions, found, strict=True):
        assert weighed.keys() == question.continuations.keys()
        for label, text in question.continuations.items():
            assert weighed[label].nats == pytest.approx(naive(folder, question.prompt, text), abs=1e-4)
            assert weighed[label].cut == 0


def test_a_model_without_a_chat_template_gets_the_bare_prompt(tmp_path: Path) -> None:
    folder = make_model(tmp_path / "plain", chat=False)
    found = load(folder).likelihoods([Question("x", "## پاسخ\n", {"a": "کبد"}), Question("y", "سلام", {"a": "کبد"})])
    assert found[0]["a"].nats == pytest.approx(naive(folder, "## پاسخ\n", "کبد", frame="{}"), abs=1e-4)
    assert found[1]["a"].nats == pytest.approx(naive(folder, "سلام\n\n", "کبد", frame="{}"), abs=1e-4)


def test_letters_share_one_forward_pass(folder: Path) -> None:
    model = load(folder)
    rows: list[int] = []
    model.network.module.register_forward_pre_hook(lambda _, given: rows.append(len(given[0])))
    model.likelihoods([Question("x", "کدام؟", {letter: letter for letter in "ABCD"})])
    assert rows == [1]


def test_a_prompt_is_read_once_for_all_its_options(folder: Path) -> None:
    model = load(folder)
    sizes: list[int] = []
    model.network.module.register_forward_pre_hook(lambda _, given: sizes.append(given[0].numel()))
    prompt = "تب " * 60
    model.likelihoods([Question("x", prompt, {"a": "دارو بخورید", "b": "استراحت کنید", "c": "A", "d": "B"})])
    assert len(sizes) == 2
    assert sum(sizes) < 1.5 * sizes[0]


def test_without_copies_of_its_state_the_sums_are_the_same(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import evaluator.forward

    questions = MultipleChoice("x", "", "", "", "persian_medical_basics.jsonl").open().questions[:6]
    model = load(folder)
    forked = model.likelihoods(questions)
    monkeypatch.setattr(evaluator.forward, "_copies_rows", lambda _: False)
    for one, other in zip(forked, model.likelihoods(questions), strict=True):
        for label in one:
            assert one[label].nats == pytest.approx(other[label].nats, abs=1e-4)


@pytest.mark.parametrize("most", [1, 700, 100_000])
def test_the_size_of_a_batch_moves_no_sum(folder: Path, most: int) -> None:
    questions = [
        *MultipleChoice("x", "", "", "", "persian_medical_basics.jsonl").open().questions[:5],
        Question("letters", "کدام؟", {letter: letter for letter in "ABCD"}),
        Question("long", "تب " * 400, {"a": "A", "b": "پزشک"}),
    ]
    model = load(folder)
    usual = model.likelihoods(questions)
    model.network.most = most
    for one, other in zip(usual, model.likelihoods(questions), strict=True):
        for label in one:
            assert one[label].nats == pytest.approx(other[label].nats, abs=1e-4)


def test_no_questions_and_no_continuations_weigh_nothing(folder: Path) -> None:
    model = load(folder)
    assert model.likelihoods([]) == []
    assert model.likelihoods([Question("x", "کدام؟", {})]) == [{}]


def test_a_long_prompt_is_cut_from_its_start_and_said_so(folder: Path) -> None:
    found = load(folder).likelihoods([Question("x", "تب " * 400, {"a": "A"})])[0]["a"]
    assert found.nats is not None
    assert found.nats < 0
    assert found.cut > 0


def test_a_long_answer_is_weighed_whole(folder: Path) -> None:
    answer = "دو روز است که تب دارم. " * 90
    found = load(folder).likelihoods([Question("x", "سلام", {"a": answer})])[0]["a"]
    assert found.tokens > 2 * CONTEXT
    assert found.nats is not None
    assert found.cut == 0
    tokens, start = tokenised(folder, CHAT.format("سلام"), answer)
    # The first window foretells as much as it can hold, each later one half of that from the half before.
    ends = [*range(CONTEXT + 1, len(tokens), (CONTEXT + 1) // 2), len(tokens)]
    windowed = 0.0
    for first, end in zip([start, *ends], ends, strict=False):
        begin = max(0, end - CONTEXT - 1)
        windowed += surprise(folder, tokens[begin:end], first - begin)
    assert found.nats == pytest.approx(windowed, rel=1e-6)
    assert abs(windowed - naive(folder, "سلام", answer)) > 1e-4 * abs(windowed)


def test_a_letter_that_merges_with_the_prompts_end_is_weighed(tmp_path: Path) -> None:
    from transformers import AutoTokenizer

    folder = make_model(tmp_path / "spaced")
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.chat_template = "{{ messages[0]['content'] }} پاسخ: "
    tokenizer.save_pretrained(folder)
    frame, options = "{} پاسخ: ", {"a": "پزشک", "b": "تب", "c": "A"}
    before = tokenizer(frame.format("کدام؟"), add_special_tokens=False)["input_ids"]
    starts = {label: tokenised(folder, frame.format("کدام؟"), text)[1] for label, text in options.items()}
    assert min(starts.values()) == len(before) - 1
    found = load(folder).likelihoods([Question("x", "کدام؟", options)])[0]
    for label, text in options.items():
        assert found[label].nats == pytest.approx(naive(folder, "کدام؟", text, frame), abs=1e-4)


@pytest.mark.parametrize(("length", "start"), [(5, 3), (12, 11), (40, 3), (41, 25), (100, 1), (9, 8)])
def test_windows_weigh_every_token_once_with_context(length: int, start: int) -> None:
    context = 8
    text = Text(tuple(range(length)), start)
    weighed = []
    for window in text.windows(context):
        assert len(window.tokens) - 1 <= context
        assert window.first >= 1
        weighed += window.tokens[window.first :]
        if window.tokens[0] > 0 and window.cut == 0:
            assert window.first >= (context + 1) // 2
    assert weighed == list(range(start, length))


def test_batches_keep_to_the_padded_size() -> None:
    inputs = [tuple(range(n)) for n in (9, 7, 7, 4, 2, 1)]
    found = list(batches(inputs, most=14))
    assert [len(batch) for batch in found] == [1, 2, 3]
    assert [tokens for batch in found for tokens in batch] == inputs
    assert list(batches(inputs[:1], most=3)) == [[inputs[0]]]


def test_forks_share_what_they_begin_with() -> None:
    fork = Fork((Text((1, 2, 3, 9), 3), Text((1, 2, 3, 4, 5), 3), Text((1, 2, 3, 4, 6), 3), Text((1, 2, 3), 2)))
    assert (fork.head, fork.tails) == ((1, 2), [(3,), (3, 4)])
    assert fork.pays(context=4)
    assert not fork.pays(context=3)
    assert not Fork((Text((1, 2, 3), 2), Text((1, 2, 4), 2))).pays(context=9)
    assert [len(batch) for batch in fork_batches([fork] * 5, most=2 * fork.size)] == [2, 2, 1]
    assert [len(batch) for batch in fork_batches([fork] * 2, most=1)] == [1, 1]


def test_identity_covers_weights_config_and_tokenizer_only(tmp_path: Path) -> None:
    folder = make_model(tmp_path / "m")
    before = identity(folder)
    (folder / "README.md").write_text("a card", encoding="utf-8")
    assert identity(folder) == before
    assert identity(make_model(tmp_path / "same")) == before
    assert identity(make_model(tmp_path / "other", seed=1)) != before
    assert identity(make_model(tmp_path / "plain", chat=False)) != before


def test_a_folder_that_is_no_model_is_refused(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(UsageError, match=r"is no model: it has no config\.json"):
        check(tmp_path)
    (tmp_path / "adapter_config.json").write_text("{}", encoding="utf-8")
    with pytest.raises(UsageError, match="holds an adapter only"):
        check(tmp_path)
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    with pytest.raises(UsageError, match="no weights in safetensors"):
        check(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"garbage")
    with pytest.raises(UsageError, match="transformers cannot load"):
        load(tmp_path)
    with pytest.raises(UsageError, match=r"no precision is named 'int3'.*float32, stored"):
        load(folder, "int3")
