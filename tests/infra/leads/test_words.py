"""Both languages of the leads' pages say the same things, with the same gaps to fill."""

import re

from infra.admin.leads.rendering import words


def gaps(code: str) -> dict[tuple[str, str], list[str]]:
    return {
        (section, name): sorted(re.findall(r"\{(\w*)\}", text))
        for section, texts in words(code).items()
        for name, text in texts.items()
    }


def test_the_catalogues_have_the_same_keys_and_gaps() -> None:
    assert gaps("fa") == gaps("en")
    assert len(gaps("fa")) > 250
