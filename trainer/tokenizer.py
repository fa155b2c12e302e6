"""Tokenizers: a small one trained on a snapshot with aya's pipeline, and the turns of a chat as aya writes them."""

import re
import string
from collections.abc import Iterable
from importlib.resources import files
from typing import Any

from transformers import CohereTokenizer
from trl.chat_template_utils import get_training_chat_template

from storage.errors import UsageError

# The turn tokens of CohereForAI/aya-expanse-8b's tokenizer; the others (<PAD>, <BOS_TOKEN>, …) are CohereTokenizer's.
TURN_TOKENS = ("<|START_OF_TURN_TOKEN|>", "<|USER_TOKEN|>", "<|CHATBOT_TOKEN|>", "<|SYSTEM_TOKEN|>")
MARKS = frozenset(string.punctuation)


def made(texts: Iterable[str], vocab_size: int) -> Any:
    """A byte-level BPE tokenizer of at most `vocab_size` entries, trained on `texts`; it loses nothing of any text.

    NFC, single digits and special tokens are aya's, and so is the chat template (TRL ships it).
    """
    blank = CohereTokenizer(extra_special_tokens=list(TURN_TOKENS))
    tokenizer = blank.train_new_from_iterator(texts, vocab_size, show_progress=False)
    tokenizer.chat_template = (files("trl") / "chat_templates" / "cohere.jinja").read_text(encoding="utf-8")
    return tokenizer


def training_template(tokenizer: Any) -> str:
    """The tokenizer's chat template with its answers marked, end of turn included, as what is trained on.

    Raises UsageError when there is no template, or one that TRL cannot mark.
    """
    if not tokenizer.chat_template:
        raise UsageError("the model's tokenizer has no chat template: train from a model that has one")
    try:
        return str(get_training_chat_template(processing_class=tokenizer) or tokenizer.chat_template)
    except ValueError as error:
        raise UsageError(f"the model's chat template cannot be trained on: {error}") from None


def control_tokens(tokenizer: Any) -> re.Pattern[str]:
    """What no text from the web may contain: it would end a turn, or begin one in another's name.

    Tokens that were added and not said to be special are found in texts as well; a word or white space among them
    stands for itself. In either case of letters: NFC makes a K of the sign for kelvin, before such tokens are found.
    """
    added = {token for token in tokenizer.get_added_vocab() if not MARKS.isdisjoint(token)}
    tokens = sorted({*tokenizer.all_special_tokens, *added} - {""})
    return re.compile("|".join(map(re.escape, tokens)), re.IGNORECASE)
