"""Files of stored answers that the tests write: invented items, and what systems are made to say of them."""

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

PARTS = ("ناخن", "مژه", "زانو", "آرنج", "پاشنه", "چانه", "گونه", "ابرو", "شست", "کف دست", "مچ پا", "لاله گوش")
KEYS = "BADCCABDBCDA"


def item(number: int) -> dict[str, Any]:
    """An item with its right letter, as a row has it."""
    place = number % len(PARTS)
    options = {
        letter: f"{PARTS[place]} {word}" for letter, word in zip("ABCD", ("چپ", "راست", "کوچک", "بزرگ"), strict=True)
    }
    question = f"در بند {number} کدام یک نخست دیده می‌شود، اگر {PARTS[place]} پوشیده نباشد؟"
    return {"question": question, "options": options, "correct": KEYS[place]}


def answered(letters: Sequence[str | None], published: Sequence[str] | None = None) -> list[dict[str, Any]]:
    """A row for each letter, which the text declares and a person read, unless said otherwise; None says nothing."""
    rows = []
    for number, letter in enumerate(letters):
        text = "پاسخ صحیح کدام است؟" if letter is None else f"پاسخ صحیح گزینه [{letter}] است."
        read = (letter or "invalid") if published is None else published[number]
        rows.append(item(number) | {"generation": text, "published_choice": read})
    return rows


def write(path: Path, rows: Sequence[dict[str, Any]]) -> Path:
    """A file of these rows, packed where its name says so."""
    path.parent.mkdir(parents=True, exist_ok=True)
    data = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path
