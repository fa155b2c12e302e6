"""The table of cards and the stated figures: a source beside every value."""

import re

import pytest
import yaml

from storage.errors import UsageError
from trainer.plan import figures, gpus
from trainer.plan.asked import Asked
from trainer.plan.planning import plan

OF_12_GB = ("rtx3060-12gb", "rtx4070", "rtx4080-12gb")
WANTED = {"a100-40gb", "a100-80gb", "h100", "h200", "l40s", "rtx4090", "rtx3090", "rtx4080-16gb", "t4", *OF_12_GB}


def test_every_card_has_every_value_with_its_source() -> None:
    cards = gpus.all_of_them()
    assert set(cards) >= WANTED
    for card in cards.values():
        for figure in (card.bf16_tflops, card.memory_gib, card.watts, card.link_gb_s):
            assert figure.source.strip()
        assert 10e12 < card.peak < 5e15
        assert 8 << 30 < card.memory < 512 << 30
        assert 50 <= card.watts.value <= 1_500


def test_memory_is_somewhat_less_than_the_name_says() -> None:
    """Of the gigabytes on the box, read as GiB, some are not a process's to have; never more than a tenth."""
    for card in gpus.all_of_them().values():
        words = card.name.replace(",", "").split()
        named = float(words[words.index("GB") - 1])
        assert 0.9 * named <= card.memory / 2**30 < named


def test_a_link_each_way_is_half_of_what_its_source_says_of_both() -> None:
    for card in gpus.all_of_them().values():
        (both,) = re.findall(r"(\d+) GB/s both ways", card.link_gb_s.source)
        assert 2 * card.link_gb_s.value == float(both)


@pytest.mark.parametrize("name", OF_12_GB)
def test_the_qlora_recipe_fits_every_card_of_12_gb(name: str) -> None:
    assert plan(Asked("qlora", gpus.named(name)), None)["total"]["fits"]


def test_a_card_is_found_however_it_is_written() -> None:
    assert gpus.named("A100-40GB") == gpus.named("a100_40gb")


def test_an_unknown_card_names_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"no GPU is named 'rtx4091'. Did you mean rtx4090\? There are: a100-40gb, "):
        gpus.named("rtx4091")


def test_every_stated_figure_has_its_source() -> None:
    names = yaml.safe_load(figures.FILE.read_text("utf-8"))
    assert len(names) == 14
    for name in names:
        assert len(figures.figure(name).source) > 10
