"""The sites as a crawler walks them: every record is reached by the published links, manners are tested by a trap."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Iterator
from urllib.parse import quote, unquote

import pytest
from parsel import Selector

from infra import replica
from infra.replica.documents import documents
from infra.replica.pages import Asked, Page
from infra.replica.records import FORBIDDEN_RECORD, Records, load
from infra.replica.site import STATIC
from infra.replica.sites.drhast import chords
from infra.replica.sites.niniban import SECTIONS
from tests.infra.replica_visitor import RECORDS, Visitor, many, visiting

CATEGORIES = ("medicine", "psychological-health", "diseases", "mother-and-child", "health", "medical-tests")
LISTED = {
    "darmankade.com": ("article > a", [f"/blog/{category}/" for category in CATEGORIES]),
    "doctoreto.com": ('a[href*="/blog/"]:not(.page-numbers)', ["/blog/all-posts/"]),
    "hamrah-teb.com": ("div.post-content a", ["/blogs"]),
    "seebmagazine.com": ("div.grid_img a", ["/category/medical-articles/"]),
}
MAPPED = {
    "paziresh24.com": ["/blog/post-sitemap1.xml", "/blog/post-sitemap2.xml"],
    "extern.ir": ["/extern_health-sitemap.xml"],
    "majalepezeshki.ir": ["/post-sitemap.xml"],
    "salammag.com": ["/post-sitemap1.xml", "/post-sitemap2.xml"],
    "nabz.site": ["/sitemap_index.xml"],
}
HOSTS = ("www.hidoctor.ir", "niniban.com", "drhast.com", "doctor-yab.ir", "isovisit.com", *LISTED, *MAPPED)


@pytest.fixture(scope="module")
def visitor() -> Iterator[Visitor]:
    with visiting(load(RECORDS)) as made:
        yield made


def numbers(urls: set[str] | list[str]) -> set[str]:
    """The record numbers in record URLs, without the forbidden one."""
    found = [re.search(r"(?:/|/news/)(\d{6,})(?:[_/-]|$)", unquote(url)) for url in urls]
    return {match[1] for match in found if match} - {FORBIDDEN_RECORD}


def hidoctor(visitor: Visitor) -> set[str]:
    found, url = set(), "https://www.hidoctor.ir/page/1/"
    while url:
        found |= set(visitor.links(url, 'article > a[href^="https://www.hidoctor.ir/"]'))
        url = next(iter(visitor.links(url, "a.next.page-numbers")), "")
    return found


def niniban(visitor: Visitor) -> set[str]:
    found: set[str] = set()
    for section in SECTIONS:
        page = 0
        while links := visitor.links(f"https://niniban.com/بخش-{section}?page={(page := page + 1)}", "h3 > a"):
            found |= set(links)
    return found


def drhast(visitor: Visitor) -> set[str]:
    records = 'a[href^="https://drhast.com/q/"]'
    queue, seen = visitor.links("https://drhast.com/q/page-1", records)[:-1], set[str]()
    while queue:
        url = queue.pop()
        if url not in seen and FORBIDDEN_RECORD not in url:
            seen.add(url)
            queue += visitor.links(url, records)
    return seen


def doctor_yab(visitor: Visitor) -> set[str]:
    found, url = set(), "https://doctor-yab.ir/faq/?page=1"
    while url:
        found |= set(visitor.links(url, 'ul.questions li h3 a[href^="/faq/"]'))
        url = next(iter(visitor.links(url, "li.PagedList-skipToNext a")), "")
    return found


def isovisit(visitor: Visitor) -> set[str]:
    robots = visitor.get("https://isovisit.com/robots.txt").text
    return set(addresses(visitor, robots.partition("Sitemap: ")[2].strip()))


def addresses(visitor: Visitor, url: str) -> Iterator[str]:
    content = visitor.get(url).content
    sitemap = Selector(gzip.decompress(content).decode() if url.endswith(".gz") else content.decode(), type="xml")
    sitemap.remove_namespaces()
    yield from sitemap.xpath("/urlset/url/loc/text()").getall()
    for nested in sitemap.xpath("/sitemapindex/sitemap/loc/text()").getall():
        yield from addresses(visitor, nested)


@pytest.mark.parametrize("walk", [hidoctor, niniban, drhast, doctor_yab, isovisit], ids=lambda walk: walk.__name__)
def test_every_record_is_reached_and_no_other(visitor: Visitor, walk: Callable[[Visitor], set[str]]) -> None:
    name = walk.__name__.replace("_", "-")
    served = load(RECORDS)
    expected = {r.record for r in (*served.questions, *served.articles) if r.site == name}
    assert numbers(walk(visitor)) == expected
    assert expected


def listed(visitor: Visitor, host: str) -> set[str]:
    items, starts = LISTED[host]
    queue, found, seen = [f"https://{host}{path}" for path in starts], set[str](), set[str]()
    while queue:
        url = queue.pop()
        if url not in seen:
            seen.add(url)
            found |= set(visitor.links(url, items))
            queue += visitor.links(url, "a.page-numbers")
    return found


def mapped(visitor: Visitor, host: str) -> set[str]:
    return {url for path in MAPPED[host] for url in addresses(visitor, f"https://{host}{path}")}


def articles(urls: set[str]) -> set[str]:
    """The addresses without the closed article's and those of pages beside the articles."""
    return {url for url in urls if FORBIDDEN_RECORD not in url and f"/{url.split('/', 3)[3]}" not in ("/", *STATIC)}


@pytest.mark.parametrize(("walk", "host"), [(listed, h) for h in LISTED] + [(mapped, h) for h in MAPPED])
def test_every_article_of_a_further_magazine_is_reached(
    visitor: Visitor, walk: Callable[[Visitor, str], set[str]], host: str
) -> None:
    served = {d["url"] for d in documents(load(RECORDS)) if d["source"] == host.rpartition(".")[0]}
    assert len(served) == 3
    assert articles({quote(unquote(url), safe=":/") for url in walk(visitor, host)}) == served


@pytest.mark.parametrize("path", ["/blog/{}/page/1/", "/blog/{}/"])
def test_the_first_page_of_a_category_has_no_number_and_one_without_articles_is_empty(
    visitor: Visitor, path: str
) -> None:
    for category, count in (("medicine", 2), ("health", 0)):
        response = visitor.get(f"https://darmankade.com{path.format(category)}")
        if "/page/" in path:
            assert (response.status_code, response.headers["location"]) == (301, f"/blog/{category}/")
        else:
            links = visitor.links(f"https://darmankade.com/blog/{category}/", "article > a")
            assert len([link for link in links if FORBIDDEN_RECORD not in link]) == count


def test_a_sitemap_says_when_an_article_was_last_changed(visitor: Visitor) -> None:
    told = visitor.get("https://nabz.site/post-sitemap.xml").text
    assert told.count("<lastmod>2023-03-20T15:30:00+03:30</lastmod>") == 2
    assert told.count("<url>") == 4


def test_the_listed_addresses_are_those_of_the_documents(visitor: Visitor) -> None:
    served = {d["url"] for d in documents(load(RECORDS)) if d["source"] == "niniban"}
    assert {quote(url, safe=":/") for url in niniban(visitor) if FORBIDDEN_RECORD not in url} == served


@pytest.mark.parametrize("host", HOSTS)
def test_robots_disallow_a_page_that_is_linked_and_its_visits_are_counted(visitor: Visitor, host: str) -> None:
    name = host.removeprefix("www.").rpartition(".")[0]
    rules = re.findall(r"^Disallow: (.+)$", visitor.get(f"https://{host}/robots.txt").text, re.MULTILINE)
    start = {"hidoctor": "/page/1/", "drhast": "/q/page-1", "doctor-yab": "/faq/", "isovisit": "/questions"}.get(
        name, "/"
    )
    linked = [url for url in visitor.links(f"https://{host}{start}", "a") if FORBIDDEN_RECORD in url]
    assert len(linked) == 1
    path = linked[0].removeprefix(f"https://{host}")
    assert any(path.startswith(rule) for rule in rules)
    before = visitor.status()[name]["forbidden"]
    assert "robots.txt" in visitor.get(linked[0]).text
    assert visitor.status()[name]["forbidden"] == before + 1


@pytest.mark.parametrize("host", HOSTS)
def test_a_site_answers_with_and_without_www(visitor: Visitor, host: str) -> None:
    bare = host.removeprefix("www.")
    bodies = {visitor.get(f"https://{name}/robots.txt").content for name in (bare, f"www.{bare}", f"{bare.upper()}:80")}
    assert len(bodies) == 1


@pytest.mark.parametrize("host", ["example.com", "127.0.0.1", "hidoctor.ir.example.com", "darmankade.ir"])
def test_another_host_is_refused_with_the_names_that_exist(visitor: Visitor, host: str) -> None:
    response = visitor.get(f"https://{host}/")
    assert response.status_code == 421
    assert ", ".join(HOSTS) in response.text


UNKNOWN = (
    "https://www.hidoctor.ir/1_x.html/",
    "https://www.hidoctor.ir/page/3/",
    "https://www.hidoctor.ir/page/0/",
    "https://niniban.com/fa/news/1/x",
    "https://niniban.com/بخش-ناشناخته-1?page=1",
    "https://niniban.com/بخش-زایمان-طبیعی-77?page=x",
    "https://drhast.com/q/1/x",
    "https://drhast.com/q/page-2",
    "https://drhast.com/q/page-0",
    "https://doctor-yab.ir/faq/1/x",
    "https://doctor-yab.ir/faq/?page=-1",
    "https://isovisit.com/questions/1/x",
    "https://isovisit.com/sitemaps/none.xml",
    "https://isovisit.com/%FF%00",
    "https://darmankade.com/blog/medicine/page/3/",
    "https://darmankade.com/blog/cooking/page/1/",
    "https://doctoreto.com/blog/all-posts/page/x/",
    "https://hamrah-teb.com/blogs?page=0",
    "https://hamrah-teb.com/blog/102001",
    "https://seebmagazine.com/عنوان-0/",
    "https://paziresh24.com/blog/post-sitemap3.xml",
    "https://extern.ir/post-sitemap.xml",
    "https://nabz.site/post-sitemap2.xml",
)


@pytest.mark.parametrize("url", UNKNOWN)
def test_what_a_site_does_not_have_is_404(visitor: Visitor, url: str) -> None:
    response = visitor.get(url)
    assert response.status_code == 404
    assert "صفحه پیدا نشد" in response.text
    assert "etag" not in response.headers


def test_only_get_and_head_are_allowed(visitor: Visitor) -> None:
    url, headers = visitor.base + "/page/1/", {"Host": "www.hidoctor.ir"}
    assert visitor.client.post(url, headers=headers).status_code == 405
    head = visitor.client.head(url, headers=headers)
    assert (head.status_code, head.content) == (200, b"")


def test_content_types_are_right(visitor: Visitor) -> None:
    expected = {
        "https://www.hidoctor.ir/page/1/": "text/html; charset=utf-8",
        "https://niniban.com/robots.txt": "text/plain; charset=utf-8",
        "https://isovisit.com/sitemap.xml": "application/xml; charset=utf-8",
        "https://isovisit.com/sitemaps/questions-2.xml.gz": "application/gzip",
        "https://drhast.com/avatars/doctor.svg": "image/svg+xml",
    }
    assert {url: visitor.get(url).headers["content-type"] for url in expected} == expected


@pytest.mark.parametrize(
    "url",
    [
        "https://drhast.com/q/page-1",
        "https://isovisit.com/sitemaps/questions-2.xml.gz",
        "https://doctoreto.com/blog/all-posts/page/2/",
        "https://nabz.site/post-sitemap.xml",
    ],
)
def test_a_page_not_changed_is_304(visitor: Visitor, url: str) -> None:
    first = visitor.get(url)
    etag, modified = first.headers["etag"], first.headers["last-modified"]
    for conditions in ({"If_None_Match": etag}, {"If_None_Match": f'"x", W/{etag}'}, {"If_Modified_Since": modified}):
        again = visitor.get(url, **conditions)
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    for conditions in (
        {"If_None_Match": '"x"', "If_Modified_Since": modified},
        {"If_Modified_Since": "Thu, 01 Jan 1970 00:00:00 GMT"},
        {"If_Modified_Since": "yesterday"},
    ):
        assert visitor.get(url, **conditions).status_code == 200


def test_a_record_says_when_it_was_last_changed(visitor: Visitor) -> None:
    document = next(d for d in documents(load(RECORDS)) if d["record"] == "700001")
    assert visitor.get(document["url"]).headers["last-modified"] == "Fri, 02 Jun 2023 12:00:00 GMT"


def test_the_same_records_give_the_same_bytes() -> None:
    def every_page() -> dict[tuple[str, str], bytes]:
        sites = replica.app(load(RECORDS)).state.sites
        paths = {name: [site.path(r) for r in site.records] + ["/", "/robots.txt"] for name, site in sites.items()}
        paths["isovisit"] += ["/questions", "/sitemaps/questions-2.xml.gz"]
        found = {(n, p): sites[n].respond(Asked(p, {})) for n in sites for p in paths[n]}
        return {key: page.body for key, page in found.items() if isinstance(page, Page)}

    first = every_page()
    assert len(first) == 15 + 5 + 3 + 3 + 3 + 10 + 2 - 1 + 9 * (3 + 2)  # doctor-yab's "/" leads to its listing
    assert first == every_page()


def test_either_form_of_a_niniban_address_leads_to_the_record(visitor: Visitor) -> None:
    old = "https://niniban.com/fa/news/300002"
    assert visitor.get(old).status_code == 301
    assert unquote(visitor.get(old).headers["location"]).startswith("/بخش-")
    new = "https://niniban.com/بخش-سلامت-20/300003-x"
    assert unquote(visitor.get(new).headers["location"]).startswith("/fa/news/300003/")


def test_a_section_of_niniban_is_empty_past_its_last_page(visitor: Visitor) -> None:
    assert visitor.links("https://niniban.com/بخش-زایمان-طبیعی-77?page=1", "h3 > a")
    assert visitor.links("https://niniban.com/بخش-زایمان-طبیعی-77?page=2", "h3 > a") == []


def test_drhast_lists_the_newest_fifth_a_hundred_a_page_and_one_link_more() -> None:
    with visiting(many("drhast", 600)) as visitor:
        pages = [visitor.links(f"https://drhast.com/q/page-{n}", 'a[href^="https://drhast.com/q/"]') for n in (1, 2)]
        assert [len(page) for page in pages] == [101, 21]
        assert [page[-1] for page in pages] == ["https://drhast.com/q/page-2", "https://drhast.com/q/page-1"]
        assert numbers(pages[0] + pages[1]) == {str(600_000 + n) for n in range(480, 600)}
        assert visitor.get("https://drhast.com/q/page-3").status_code == 404


def test_drhast_never_lists_more_than_two_thousand() -> None:
    site = replica.app(many("drhast", 10_100)).state.sites["drhast"]
    assert len(site.listed) == 2000


@pytest.mark.parametrize("count", [1, 2, 50, 101, 102, 121, 600, 7383])
def test_drhast_relates_about_a_hundred_and_reaches_all(count: int) -> None:
    steps = chords(count)
    assert len(steps) == min(count - 1, 100) or (count in range(102, 121 + 1) and len(steps) > 90)
    assert all(0 < step < count for step in steps)
    assert count == 1 or steps[0] == 1


def test_doctor_yab_marks_the_answered_and_has_seven_side_links() -> None:
    with visiting(many("doctor-yab", 45)) as visitor:
        for number, listed in ((1, 20), (2, 20), (3, 5), (4, 0)):
            page = visitor.page(f"https://doctor-yab.ir/faq/?page={number}")
            assert len(page.css("ul.questions li h3 a")) == listed + 1  # and the forbidden one
            assert len(page.css('.col-side a[href^="/faq/"]')) == 7
            assert bool(page.css("li.PagedList-skipToNext a")) == (number < 3)


def test_doctor_yab_checks_only_the_answered(visitor: Visitor) -> None:
    items = visitor.page("https://doctor-yab.ir/faq/").css("ul.questions li")
    checked = numbers([i.css("a::attr(href)").get("") for i in items if i.css("i.fa-check")])
    assert checked == {"800001", "800003"}


def test_isovisit_lists_the_newest_half_only() -> None:
    with visiting(many("isovisit", 50)) as visitor:
        listed: set[str] = set()
        for page in (1, 2, 3):
            listed |= numbers(visitor.links(f"https://isovisit.com/questions?page={page}", "h3 a"))
        assert listed == {str(600_000 + n) for n in range(25, 50)}
        assert len(numbers(isovisit(visitor))) == 50


def test_no_records_make_empty_sites() -> None:
    with visiting(Records()) as visitor:
        assert [len(walk(visitor)) for walk in (hidoctor, niniban, drhast)] == [0, 0, 0]
        assert numbers(doctor_yab(visitor) | isovisit(visitor)) == set()
        assert {url for host in LISTED for url in listed(visitor, host)} == set()
        assert articles({url for host in MAPPED for url in mapped(visitor, host)}) == set()
        assert {site["records"] for site in visitor.status().values()} == {0}
