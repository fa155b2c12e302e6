"""The `evaluator replay` command."""

import json
from pathlib import Path
from typing import Annotated

import typer


def replay(
    files: Annotated[
        list[Path],
        typer.Argument(help="Stored answers: JSON lines, plain or gzip, one system's to one task in a file."),
    ],
    letters: Annotated[
        Path | None, typer.Option(help="Write each row's letter, or null, to this file as JSON lines.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a machine to read.")] = False,
) -> None:
    """Score answers that were stored elsewhere, by letters read from their texts and by those a person read.

    A row has `question`, `options` (texts by letter), `correct` (a letter), `generation` (what the model wrote) and
    `published_choice` (the letter that a person read; anything else means none); `prompt`, if it is there, is looked
    at. The reader never sees the right letter. The task is called after the folder, the system after the file; files
    of one task are compared over the items they share, by McNemar's exact test.

    What is odd is told: rows that other systems have, rows that a file repeats, items in other words, another prompt,
    and every row where the text says something else than the published letter. An answer without a letter, or with
    several, counts as wrong. Input that is not understood ends it with exit 2 and one line that names file and line.

    Example: evaluator replay answers/anatomy/*.jsonl.gz --letters letters.jsonl
    """
    from evaluator.listing import bars
    from evaluator.replay import letters_file, write_letters
    from evaluator.replay import replay as replayed

    place = None if letters is None else letters_file(letters, files)
    with bars() as advance:
        found = replayed(files, advance)
    if place is not None:
        write_letters(found, place)
    told = found.as_json()
    if as_json:
        print(json.dumps(told, ensure_ascii=False, indent=1))
        return
    from evaluator.replay.listing import print_replay

    print_replay(told)
