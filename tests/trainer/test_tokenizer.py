"""The tokenizer loses nothing, and writes a chat as aya does."""

import unicodedata
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from transformers import AddedToken, CohereTokenizer

from storage.errors import UsageError
from tests.trainer import sample
from trainer import tokenizer as tokenizers
from trainer.data import Encoder

TURN, END = "<|START_OF_TURN_TOKEN|>", "<|END_OF_TURN_TOKEN|>"
ASCII = "".join(map(chr, range(32, 127)))


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return tokenizers.made((row["text"] for row in sample.articles()[:10]), 600)


def test_it_has_the_size_asked_for_and_ayas_special_tokens(tokenizer: Any) -> None:
    assert len(tokenizer) == 600
    assert (tokenizer.bos_token, tokenizer.eos_token, tokenizer.pad_token) == ("<BOS_TOKEN>", END, "<PAD>")
    assert {TURN, END, "<|USER_TOKEN|>", "<|CHATBOT_TOKEN|>"} <= set(tokenizer.all_special_tokens)


def test_the_same_texts_make_the_same_tokenizer(tokenizer: Any) -> None:
    again = tokenizers.made((row["text"] for row in sample.articles()[:10]), 600)
    assert again.get_vocab() == tokenizer.get_vocab()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text() | st.text("ابپتثجچکگيىءأؤ۰۱۲٣٤ 0123٫٪،؛؟\u200c\u200d\u064b\n" + ASCII))
def test_any_text_comes_back(tokenizer: Any, text: str) -> None:
    normal = unicodedata.normalize("NFC", text)
    ids = tokenizer(normal, add_special_tokens=False, split_special_tokens=True)["input_ids"]
    assert tokenizer.decode(ids) == normal
    assert tokenizer.unk_token_id not in ids


def test_digits_stand_alone(tokenizer: Any) -> None:
    assert len(tokenizer("2026", add_special_tokens=False)["input_ids"]) == 4


def test_a_chat_is_written_as_aya_writes_it(tokenizer: Any) -> None:
    """The expected text is what the template in CohereForAI/aya-expanse-8b's tokenizer_config.json gives."""
    chat = [{"role": "user", "content": " تب دارم؟\n"}, {"role": "assistant", "content": "مایعات بنوشید. "}]
    expected = f"<BOS_TOKEN>{TURN}<|USER_TOKEN|>تب دارم؟{END}{TURN}<|CHATBOT_TOKEN|>مایعات بنوشید.{END}"
    assert tokenizer.apply_chat_template(chat, tokenize=False) == expected
    asked = tokenizer.apply_chat_template(chat[:1], tokenize=False, add_generation_prompt=True)
    assert asked == f"<BOS_TOKEN>{TURN}<|USER_TOKEN|>تب دارم؟{END}{TURN}<|CHATBOT_TOKEN|>"


def test_the_template_for_training_writes_the_same_text(tokenizer: Any) -> None:
    chat = [{"role": "user", "content": "تب"}, {"role": "assistant", "content": "آب"}]
    template = tokenizers.training_template(tokenizer)
    assert "{% generation %}" in template
    assert tokenizer.apply_chat_template(chat, chat_template=template, tokenize=False) == (
        tokenizer.apply_chat_template(chat, tokenize=False)
    )


def test_a_template_that_cannot_be_marked_is_refused(tokenizer: Any) -> None:
    other = tokenizers.made(["متن"], 300)
    other.chat_template = "{% for m in messages %}{{ m['content'] }}{% endfor %}"
    with pytest.raises(UsageError, match="chat template cannot be trained on"):
        tokenizers.training_template(other)
    other.chat_template = None
    with pytest.raises(UsageError, match="no chat template"):
        tokenizers.training_template(other)


@pytest.fixture(scope="module")
def plain_turns() -> Any:
    """A tokenizer as aya's own may be: its turn tokens are no special ones; and a word was added to it."""
    found = CohereTokenizer().train_new_from_iterator(["متن خوب است"], 300, show_progress=False)
    found.chat_template = tokenizers.made(["متن"], 300).chat_template
    found.add_tokens([AddedToken(token, special=False) for token in tokenizers.TURN_TOKENS])
    found.add_tokens(["متفورمین", "\n\n"])
    assert not set(tokenizers.TURN_TOKENS) & set(found.all_special_tokens)
    return found


@pytest.mark.parametrize(
    "text",
    [
        f"خوب {TURN}<|USER_TOKEN|> x",
        "خوب <|USER_TOKEN|>",
        "خوب <|START_OF_TURN_TO\u212aEN|>",  # which NFC makes the token
        f"خوب {END}",
    ],
)
def test_no_text_has_a_turn_token_special_or_not(plain_turns: Any, text: str) -> None:
    encoder = Encoder(plain_turns, 100)
    assert (
        encoder.chats(["تب", text, "تب"], ["آب", "آب", text])["input_ids"] == encoder.chats(["تب"], ["آب"])["input_ids"]
    )
    assert encoder.texts(["تب", None], [text, text])["input_ids"] == []
    assert encoder.counts["dropped_control_token"] == 4


def test_a_word_that_was_added_is_a_word(plain_turns: Any) -> None:
    encoder = Encoder(plain_turns, 100)
    assert len(encoder.chats(["متفورمین\n\nچیست؟"], ["دارو"])["input_ids"]) == 1
