"""Counts: our words, and tokens as the authors' tokenizer gives them."""

import pytest

from cleaning.wording import word_count
from cleaning.words import hazm_token_count
from tests.cleaning.real import real_pairs


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("… ، . !", 0),
        ("می‌شود کتاب‌ها", 2),
        ("روزی 2.5 میلی‌گرم", 4),
        ("HbA1c برابر ۶٪ است", 4),
        ("non-stop it's", 4),
        ("یک،دو", 2),
    ],
)
def test_words(text: str, count: int) -> None:
    assert word_count(text) == count


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("این جمله (خیلی) پیچیده نیست!!!", 8),
        ("سلام.", 2),
        ("فشار ۱۲/۸ بود", 5),
        ("ساعت 22:30", 2),
        ("خواهد رفت", 1),
        ("رفته است", 1),
        ("گفته شده است", 1),
        ("گفته خواهد شد", 1),
        ("خسته شدید", 1),
        ("خوب است", 2),
        ("دارو\u00a0خورد", 1),
        ("یک\nدو\tسه", 3),
        ("او خواهد", 1),
        ("خواهد", 1),
        ("«تب؟!» دارم", 5),
    ],
)
def test_tokens_as_hazm_counts_them(text: str, count: int) -> None:
    assert hazm_token_count(text) == count


def test_a_verb_of_many_auxiliaries_ends() -> None:
    assert hazm_token_count("خواهد " * 400_000 + "شد") == 1
    assert hazm_token_count("گفته " + "خواهد " * 400_000 + "شد") == 2


def test_the_authors_kept_answers_have_45_tokens() -> None:
    assert min(hazm_token_count(pair["answer"]) for pair in real_pairs("niniban_kept")) >= 45
