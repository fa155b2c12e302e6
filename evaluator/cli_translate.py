"""The commands `evaluator translate`, `evaluator translations` and `evaluator decide`."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print JSON for a machine to read.")]


def translate(
    benchmark: Annotated[str, typer.Argument(help="A benchmark's name, or a file of items.")],
    to: Annotated[str, typer.Option(help="`fa` or `en`.")],
    model: Annotated[Path | None, typer.Option(help="The translator: the folder of a model or an adapter.")] = None,
    back_model: Annotated[
        Path | None, typer.Option(help="The folder of a model for the way back, where --model knows one way only.")
    ] = None,
    precision: Annotated[str, typer.Option(help="`stored`, as the weights lie, or `float32`.")] = "stored",
    at_once: Annotated[int | None, typer.Option(help="Texts translated together at most.")] = None,
    endpoint: Annotated[
        str | None, typer.Option(help="An OpenAI-compatible endpoint, such as http://localhost:8000/v1.")
    ] = None,
    endpoint_model: Annotated[str | None, typer.Option(help="The translator's name there.")] = None,
    key_from: Annotated[str, typer.Option(help="The environment variable that holds its key.")] = "TABIB_ENDPOINT_KEY",
    concurrency: Annotated[int, typer.Option(help="Requests on their way at once.")] = 8,
    requests_per_minute: Annotated[int | None, typer.Option(help="Its limit of requests.")] = None,
    tokens_per_minute: Annotated[int | None, typer.Option(help="Its limit of tokens.")] = None,
    timeout: Annotated[float, typer.Option(help="Seconds that one request may take in all.")] = 300.0,
    max_new_tokens: Annotated[int, typer.Option(help="The longest translation of one text.")] = 1024,
    out: Annotated[Path | None, typer.Option(help="The file to write; BENCHMARK-fa.jsonl if not said.")] = None,
    data: Annotated[Path | None, typer.Option(help="A file to read the benchmark from, for this call alone.")] = None,
    back: Annotated[bool, typer.Option("--back/--no-back", help="Translate back and compare.")] = True,
    sure: Annotated[bool, typer.Option("--sure", help="Leave out items in doubt until they are decided.")] = False,
    max_calls: Annotated[int | None, typer.Option(help="The most calls, failed ones included.")] = None,
    max_tokens: Annotated[int | None, typer.Option(help="The most tokens, read and written.")] = None,
    max_cost: Annotated[float | None, typer.Option(help="The most money, at the prices given.")] = None,
    price_read: Annotated[float, typer.Option(help="Price of a million tokens of prompts.")] = 0.0,
    price_written: Annotated[float, typer.Option(help="Price of a million tokens of replies.")] = 0.0,
    estimate: Annotated[
        bool, typer.Option("--estimate", help="Tell what it would cost at most, and ask nothing.")
    ] = False,
    flagged: Annotated[
        bool, typer.Option("--flagged", help="List its items that wait for a person, and ask nothing.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Translate a benchmark by a model, check every item, and write it as JSON lines.

    The translator is any model folder (one that chats, or an encoder-decoder such as parsinlu's mT5) or an endpoint.
    Every translated text is a row: after a kill, or where an endpoint died half-way (exit 3), the same command goes on
    with what is missing; a spent budget ends with exit 7. What holds no words (12.5, HbA1, 1:4) is taken as it is.

    An item is in doubt where a number, a unit or an abbreviation is lost or added, a text is empty, cut, left as it
    was, of another script or length or holds more than a translation, where options became equal, or where the
    back-translation hardly resembles the source (chrF). It is marked in the file, with the figures of the checks, and
    waits for a person: `evaluator translations` lists, `evaluator decide` decides, and the same command writes the file
    anew with the decisions. Items without a translation are left out until somebody gives one.

    Example: evaluator translate mmlu-en-anatomy --to fa --endpoint http://localhost:8000/v1 --endpoint-model gemma
    """
    from evaluator import given
    from evaluator.asking.budget import Limits, Prices
    from evaluator.asking.command import Asking, budget
    from evaluator.asking.listing import told_of
    from evaluator.endpoint import Manners
    from evaluator.listing import bars
    from evaluator.translation import command, listing, queue
    from evaluator.translation.whom import Whom

    wanted = command.Wanted(benchmark, to, data, out, back, sure)
    if data is not None:
        print(f"evaluator: {given.remark([benchmark], data)}", file=sys.stderr)
    if flagged:
        _print_waiting(queue.listed(wanted.name, to), as_json)
        return
    whom = Whom(model, back_model, endpoint, endpoint_model, key_from, precision, at_once, max_new_tokens)
    purse = budget(Limits(max_calls, max_tokens, max_cost), Prices(price_read, price_written))
    manners = Manners(concurrency, requests_per_minute, tokens_per_minute, timeout)
    if estimate:
        most = command.estimate(wanted, whom, Asking(purse, manners))
        print(json.dumps(vars(most)) if as_json else f"at most {told_of(most)}")
        return
    with bars() as progress:
        found = command.run(wanted, whom, Asking(purse, manners, progress))
    if as_json:
        print(json.dumps(found.as_json(), ensure_ascii=False, indent=1))
    else:
        listing.print_translated(found)


def translations(
    benchmark: Annotated[str | None, typer.Argument(help="Only those of this benchmark.")] = None,
    to: Annotated[str | None, typer.Option(help="Only those into this language.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Those that were decided too.")] = False,
    as_json: Json = False,
) -> None:
    """List the translated items in doubt: sources, translations, and what was found in each.

    Example: evaluator translations mmlu-en-anatomy --json
    """
    from evaluator.translation import queue

    _print_waiting(queue.listed(benchmark, to, every), as_json)


def decide(
    number: Annotated[int, typer.Argument(help="The number of a translation, as `evaluator translations` tells it.")],
    decision: Annotated[str, typer.Argument(help="`accept`, `edit` or `reject`.")],
    text: Annotated[
        list[str] | None, typer.Option(help="PLACE=TEXT, for an edit: `question=…`, `A=…`; may be repeated.")
    ] = None,
    reason: Annotated[str | None, typer.Option(help="Why.")] = None,
) -> None:
    """Decide a translated item: it is good as it stands, gets other texts, or leaves the benchmark.

    An edit is held to the checks that need no judgement, all texts of the item together, those of earlier edits too:
    none may be empty, no two options equal, and numbers, units and abbreviations stay as in the source, unless --reason
    says why not; the file then tells what differs.

    The next `evaluator translate` of that benchmark writes its file so. The decision is about these words: another
    translation of the item waits anew. A later decision replaces an earlier one, and the audit keeps both.

    Example: evaluator decide 12 edit --text 'A=۲ لیتر'
    """
    from evaluator.translation import queue

    row = queue.decide(queue.Decided(number, decision, tuple(text or ()), reason))
    print(f"{row.benchmark} item {row.item}: {row.decision}. Run `evaluator translate` again to write it so")


def _print_waiting(rows: list[dict[str, object]], as_json: bool) -> None:
    from evaluator.translation import listing

    if as_json:
        print(json.dumps(rows, ensure_ascii=False, indent=1))
    else:
        listing.print_waiting(rows)
