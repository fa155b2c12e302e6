"""One file a site: a spider defined in this folder is registered by being here."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from crawlers.site import Site
from storage.errors import unknown


@cache
def sites() -> dict[str, type[Site]]:
    """Every site by its name, in the order of the names."""
    found: dict[str, type[Site]] = {}
    for module in pkgutil.iter_modules(__path__):
        for value in vars(importlib.import_module(f"{__name__}.{module.name}")).values():
            if isinstance(value, type) and issubclass(value, Site) and value.__module__.startswith(__name__):
                found[value.name] = value
    return dict(sorted(found.items()))


def chosen(name: str) -> list[type[Site]]:
    """The sites that `name` stands for: one by its name or alias, or all of them.

    Raises UsageError listing the names when there is none.
    """
    if name == "all":
        return list(sites().values())
    for site in sites().values():
        if name in (site.name, *site.aliases):
            return [site]
    raise unknown("site", name, ["all", *sites()])
