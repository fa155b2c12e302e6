"""Personal data out of a text, typed placeholders in its place."""

import json
from collections.abc import Callable, Collection

from cleaning.privacy.finding import find
from cleaning.privacy.kinds import KINDS, PLACEHOLDERS
from cleaning.record import Taken
from storage.errors import UsageError


def mask(text: str, kinds: Collection[str] = KINDS) -> Taken:
    """The text with a placeholder for each span of these kinds, and the spans, by their offsets in the text given."""
    spans = find(text, kinds)
    if not spans:
        return Taken(text)
    parts, last = [], 0
    for kind, start, end in spans:
        parts += [text[last:start], PLACEHOLDERS[kind]]
        last = end
    return Taken("".join([*parts, text[last:]]), tuple(spans))


def masker(kinds: Collection[str] | None = None, *, as_json: bool = False) -> Callable[[str], str]:
    """A function of a text that returns it masked, or as a JSON object on one line.

    Raises UsageError on unknown kinds.
    """
    unknown = sorted(set(kinds or ()) - set(KINDS))
    if unknown:
        raise UsageError(f"no such kind: {', '.join(unknown)}; there are {', '.join(KINDS)}")
    chosen = kinds or KINDS

    def masked(text: str) -> str:
        taken = mask(text, chosen)
        if not as_json:
            return taken.text
        spans = [span._asdict() for span in taken.spans]
        return json.dumps({"text": taken.text, "spans": spans}, ensure_ascii=False)

    return masked
