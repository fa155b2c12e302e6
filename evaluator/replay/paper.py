"""The cells of the paper's tables III and IV, in per cent, to hold stored answers against.

Ghassabi et al., "Leveraging Online Data to Enhance Medical Knowledge in a Small Persian Language Model"; its authors
published the answers, with the letters that a person read.
"""

import re

SYSTEMS = ("gaokerena", "aya-expanse-8b", "qwen2.5", "persianmind", "medmobile+gemma2b", "medmobile+parsinlu")
TABLES = {
    "anatomy": (48.15, 40.74, 41.48, 25.19, 14.07, 25.19),
    "medical genetics": (53.00, 49.00, 52.00, 34.00, 20.00, 35.00),
    "college medicine": (43.93, 44.51, 43.35, 20.23, 19.08, 27.17),
    "clinical knowledge": (55.47, 52.08, 47.92, 25.28, 27.55, 31.70),
    "professional medicine": (47.06, 45.59, 43.01, 23.90, 17.28, 33.82),
    "college biology": (47.22, 45.14, 44.85, 32.64, 18.75, 31.25),
    "ibmsee 2023 09": (38.69, 34.52, 33.33, 19.64, 24.40, 32.74),
}
_HALF = 0.0051  # a cell is rounded to two digits


def cell(task: str, system: str) -> float | None:
    """The paper's figure for a task and a system, by their names; None where it has none."""
    words = f" {' '.join(re.findall('[a-z0-9]+', task.casefold()))} "
    row = next((figures for name, figures in TABLES.items() if f" {name} " in words), None)
    place = next((n for n, name in enumerate(SYSTEMS) if _plain(name) == _plain(system)), None)
    return None if row is None or place is None else row[place]


def reproduced(figure: float, share: float) -> bool:
    """Whether a share is the paper's figure."""
    return abs(100 * share - figure) < _HALF


def _plain(name: str) -> str:
    return re.sub("[^a-z0-9]", "", name.casefold())
