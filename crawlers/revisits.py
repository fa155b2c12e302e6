"""When an address is worth another visit: sooner where its page changed, later each time that it did not.

The rule doubles and halves as Heritrix' adaptive revisiting and Nutch's AdaptiveFetchSchedule do; the bounds are ours.
Cho and Garcia-Molina (2003, "Effective page refresh policies for web crawlers") show why what never changes, and what
changes faster than it can be followed, both deserve few visits.
"""

from __future__ import annotations

DAY = 24 * 3600
RECORD_FIRST, RECORD_LEAST, RECORD_MOST = 7 * DAY, DAY, 180 * DAY
"""Seconds. A magazine's article or an answered question hardly changes: a week, then two, then four."""
LISTING_FIRST, LISTING_LEAST, LISTING_MOST = DAY, DAY // 4, 60 * DAY
"""A listing page "changes" where it names a record that was not known; the first page is seen in every round."""


def next_interval(is_record: bool, changed: bool, interval: int | None) -> int:
    """Seconds until the next visit; `interval` is what the last one set, None at the first.

    >>> next_interval(True, False, RECORD_FIRST) // DAY
    14
    """
    first, least, most = (
        (RECORD_FIRST, RECORD_LEAST, RECORD_MOST) if is_record else (LISTING_FIRST, LISTING_LEAST, LISTING_MOST)
    )
    if interval is None:
        return first
    return max(least, interval // 2) if changed else min(most, interval * 2)
