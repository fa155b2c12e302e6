"""Every saved page, field by field, against what a person wrote down after looking at it."""

import json
from dataclasses import MISSING, asdict, fields
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from crawlers.reading import PageReading
from crawlers.spiders import sites
from storage.documents import DocumentFields

PAGES = Path(__file__).parent / "pages"
CASES = sorted(folder.relative_to(PAGES).as_posix() for folder in PAGES.glob("*/*") if folder.is_dir())
FIELDS = [field.name for field in fields(DocumentFields)]
DEFAULTS = {f.name: f.default for f in fields(DocumentFields) if f.default is not MISSING}


@cache
def expected(case: str) -> dict[str, Any]:
    return dict(json.loads((PAGES / case / "expected.json").read_text(encoding="utf-8")))


@cache
def reading(case: str) -> PageReading:
    body = next((PAGES / case).glob("page.*")).read_bytes()
    page = expected(case)
    return sites()[case.split("/")[0]].read(body, page["url"], page.get("headers"))


def documents_expected(case: str) -> list[dict[str, Any]]:
    return [DEFAULTS | {"url": expected(case)["url"]} | document for document in expected(case)["documents"]]


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("case", CASES)
def test_field_of_every_document(case: str, field: str) -> None:
    found = [json.loads(json.dumps(asdict(document)[field], default=str)) for document in reading(case).documents]
    wanted = [document[field] for document in documents_expected(case)]
    assert found == [list(value) if isinstance(value, tuple) else value for value in wanted]


@pytest.mark.parametrize("case", CASES)
def test_problems_of_every_page(case: str) -> None:
    assert list(reading(case).problems) == expected(case).get("problems", [])


@pytest.mark.parametrize("case", CASES)
def test_unanswered_is_known(case: str) -> None:
    assert reading(case).unanswered is expected(case).get("unanswered", False)


@pytest.mark.parametrize("case", [case for case in CASES if "links" in expected(case)])
def test_links_of_every_page(case: str) -> None:
    assert list(reading(case).links) == expected(case)["links"]


@pytest.mark.parametrize("case", [case for case in CASES if "lastmod" in expected(case)])
def test_what_a_sitemap_says_of_changes(case: str) -> None:
    assert {link: str(at) for link, at in reading(case).lastmod.items()} == expected(case)["lastmod"]


def test_no_spider_without_a_saved_page() -> None:
    assert len(sites()) == 14
    assert {case.split("/")[0] for case in CASES} == set(sites())
    for site in sites():
        assert any(expected(case)["documents"] for case in CASES if case.startswith(f"{site}/")), site
    assert len(CASES) >= 60
