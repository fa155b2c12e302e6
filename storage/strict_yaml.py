"""YAML that people write: refused where it says one thing twice, or where a few lines stand for billions of values."""

from typing import Any

import yaml

PREFIX = "tag:yaml.org,2002:"
KNOWN = frozenset(PREFIX + kind for kind in ("null", "bool", "int", "float", "str", "seq", "map", "merge", "timestamp"))
TEXT, MERGE = PREFIX + "str", PREFIX + "merge"
NUMBERS = (PREFIX + "int", PREFIX + "float")
LONGEST_NUMBER = 40  # characters; beyond 4,300 digits Python itself refuses to write one


def read(text: str, most: int) -> Any:
    """The one document in `text`; None where there is none.

    Raises ValueError, in one line, for what is no YAML, a key that stands twice or is no text, a kind of value that
    JSON has not, and for more than `most` values once every alias is written out.
    """
    try:
        loader = yaml.SafeLoader(text)
        try:
            node = loader.get_single_node()
            if node is not None and _weight(node, {}, most) > most:
                raise ValueError(f"it stands for more than {most} values")
            return None if node is None else loader.construct_document(node)
        finally:
            loader.dispose()
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    except UnicodeError:
        raise ValueError("it holds half of a character") from None
    except (yaml.YAMLError, ValueError) as error:
        raise ValueError(" ".join(str(error).split())[:500]) from None


def _weight(node: yaml.Node, known: dict[int, int], most: int) -> int:
    """How many values a checked node stands for; more than `most` where it holds itself."""
    if id(node) not in known:
        known[id(node)] = most + 1
        weight = 1
        for inner in _checked(node):
            weight = min(weight + _weight(inner, known, most), most + 1)
        known[id(node)] = weight
    return known[id(node)]


def _checked(node: yaml.Node) -> list[yaml.Node]:
    """The nodes in this one. Raises ValueError for what the node itself may not be."""
    if node.tag not in KNOWN:
        raise ValueError(f"{node.tag.removeprefix(PREFIX)[:40]} is no kind of value it may hold{node.start_mark}")
    if isinstance(node, yaml.MappingNode):
        _no_key_twice(node)
        return [inner for pair in node.value for inner in pair]
    if isinstance(node, yaml.SequenceNode):
        return list(node.value)
    node.value.encode()
    if node.tag in NUMBERS and len(node.value) > LONGEST_NUMBER:
        raise ValueError(f"a number of {len(node.value)} characters{node.start_mark}")
    return []


def _no_key_twice(node: yaml.MappingNode) -> None:
    """Looked at before merge keys are resolved: what they bring may well be set anew."""
    seen: set[str] = set()
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode) or key.tag not in (TEXT, MERGE):
            raise ValueError(f"a key is no text; quotes make it one{key.start_mark}")
        if key.value in seen:
            raise ValueError(f"{key.value[:60]} stands twice{key.start_mark}")
        seen.add(key.value)
