"""Sitemaps (https://www.sitemaps.org/protocol.html) of a site's records and other pages."""

from __future__ import annotations

from collections.abc import Iterable

from infra.replica.pages import Page, render
from infra.replica.records import Article, Question
from infra.replica.site import Site


def sitemap(site: Site, entries: Iterable[Question | Article | str]) -> Page:
    """A sitemap of records, each with its date, and of paths, which have none."""
    told = [(site.base + entry, None) if isinstance(entry, str) else (site.url(entry), entry.date) for entry in entries]
    return render("sitemap.xml.jinja", tag="url", root="urlset", entries=told)


def sitemap_index(site: Site, paths: Iterable[str]) -> Page:
    """An index of the sitemaps at these paths."""
    told = [(site.base + path, None) for path in paths]
    return render("sitemap.xml.jinja", tag="sitemap", root="sitemapindex", entries=told)
