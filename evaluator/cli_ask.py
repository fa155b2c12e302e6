"""The `evaluator ask` command."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer


def ask(
    benchmark: Annotated[list[str], typer.Option(help="A benchmark; may be repeated.")],
    model: Annotated[
        str | None,
        typer.Option(help="A trained run, the folder of a model or an adapter, or retriever:METHOD@SNAPSHOT."),
    ] = None,
    on: Annotated[Path | None, typer.Option(help="An adapter's base, if not the one it names.")] = None,
    base: Annotated[bool, typer.Option("--base/--no-base", help="Ask a run's base too, and compare.")] = True,
    snapshot: Annotated[
        str | None, typer.Option(help="The snapshot to judge by, if not the run's own: name, hash or folder.")
    ] = None,
    precision: Annotated[str, typer.Option(help="`stored`, as the weights lie, or `float32`.")] = "stored",
    at_once: Annotated[int | None, typer.Option(help="Replies written together at most; 1 to measure latency.")] = None,
    endpoint: Annotated[
        str | None, typer.Option(help="An OpenAI-compatible endpoint, such as http://localhost:8000/v1.")
    ] = None,
    endpoint_model: Annotated[str | None, typer.Option(help="The model's name there.")] = None,
    key_from: Annotated[str, typer.Option(help="The environment variable that holds its key.")] = "TABIB_ENDPOINT_KEY",
    concurrency: Annotated[int, typer.Option(help="Requests on their way at once.")] = 8,
    requests_per_minute: Annotated[int | None, typer.Option(help="Its limit of requests.")] = None,
    tokens_per_minute: Annotated[int | None, typer.Option(help="Its limit of tokens.")] = None,
    timeout: Annotated[float, typer.Option(help="Seconds that one request may take in all.")] = 300.0,
    prompt: Annotated[
        str, typer.Option(help="`paper`, `paper-steps` (step by step), `paper-english` or `headed`.")
    ] = "paper",
    shots: Annotated[int, typer.Option(help="Examples before each item.")] = 0,
    examples: Annotated[
        Path | None, typer.Option(help="A file of other items to take them from, in any form that --data takes.")
    ] = None,
    permute: Annotated[bool, typer.Option("--permute", help="Move the options, each item by its seed.")] = False,
    temperature: Annotated[float, typer.Option(help="0 for the likeliest token each time.")] = 0.0,
    top_p: Annotated[float, typer.Option(help="Draw from the likeliest tokens of this share.")] = 1.0,
    max_new_tokens: Annotated[int, typer.Option(help="The longest reply.")] = 1024,
    chains: Annotated[int, typer.Option(help="Replies to each item, which vote.")] = 1,
    seed: Annotated[int, typer.Option(help="What is drawn, and which examples and orders.")] = 0,
    retrieve: Annotated[
        str | None, typer.Option(help="Put similar training pairs before each item: `bm25`, `trigram` or `embedding`.")
    ] = None,
    passages: Annotated[int | None, typer.Option(help="How many of them, 3 if not said.")] = None,
    translator: Annotated[
        Path | None, typer.Option(help="Ask in English: a folder's model translates the items, and the answers back.")
    ] = None,
    translator_back: Annotated[
        Path | None, typer.Option(help="The model of the way back, where --translator knows one way only.")
    ] = None,
    translator_endpoint: Annotated[str | None, typer.Option(help="The translator's endpoint instead.")] = None,
    translator_endpoint_model: Annotated[str | None, typer.Option(help="Its name there.")] = None,
    translator_key_from: Annotated[
        str, typer.Option(help="The environment variable that holds the key.")
    ] = "TABIB_ENDPOINT_KEY",
    max_calls: Annotated[int | None, typer.Option(help="The most calls, failed ones included.")] = None,
    max_tokens: Annotated[int | None, typer.Option(help="The most tokens, read and written.")] = None,
    max_cost: Annotated[float | None, typer.Option(help="The most money, at the prices given.")] = None,
    price_read: Annotated[float, typer.Option(help="Price of a million tokens of prompts.")] = 0.0,
    price_written: Annotated[float, typer.Option(help="Price of a million tokens of replies.")] = 0.0,
    data: Annotated[
        Path | None, typer.Option(help="A file to read the one benchmark from, for this call alone.")
    ] = None,
    estimate: Annotated[
        bool, typer.Option("--estimate", help="Tell what it would cost at most, and ask nothing.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a machine to read.")] = False,
) -> None:
    """Have a model write its answers to every item it has none to yet, read the letter in each, and score them all.

    The model is a run, a folder of weights, an adapter on its base, or whatever answers behind an OpenAI-compatible
    endpoint: a provider, vLLM, llama.cpp, `transformers serve`. Every answer is a row, committed as it comes; after a
    kill, or where an endpoint died half-way (exit 3), the same command goes on with what is missing. Replies that the
    endpoint delays, refuses to give now (429, 5xx) or breaks off are asked for again; one that it takes not at all
    counts as unread. Several --chains are drawn by seeds of their own and vote: the letter most of them gave, of equal
    ones that of the earliest chain. Options moved by --permute are read back to their own letters.

    With --retrieve the pairs of the run's snapshot, or of --snapshot, that are most like an item stand before it in its
    prompt. The model `retriever:METHOD@SNAPSHOT` is the search alone: what a doctor answered to the most similar
    question, or the option that such answers support. Pairs that are the item itself are left out of both and counted.

    With --translator or --translator-endpoint the model is asked in English: item by item is translated, the letter is
    read from its English answer, and the answer is translated back. All three texts are kept; time, tokens and
    parameters are those of all parts. What was translated once serves every model.

    A budget holds for all answers of the command, those of earlier calls too, and for calls that brought none: each is
    noted before it is sent, so one that was on its way at a kill counts with the longest reply it could have had. A
    call is made only if its longest reply fits; if none does any more, it ends with exit 7, and goes on with the same
    command and a larger budget. Tokens that an endpoint does not count are estimates, as many as there may be. A model
    that says nothing readable ends it with exit 1. Likelihoods are `evaluator run`'s.

    Example: evaluator ask --benchmark persian-medical-basics --endpoint http://localhost:8000/v1 --endpoint-model qwen
    """
    from evaluator import given
    from evaluator.asking import command, listing
    from evaluator.asking.budget import Limits, Prices
    from evaluator.asking.writer import Sampling
    from evaluator.endpoint import Manners
    from evaluator.listing import bars
    from evaluator.translation.whom import Whom as Through

    asked = given.chosen(benchmark, data)
    if data is not None:
        print(f"evaluator: {given.remark(benchmark, data)}", file=sys.stderr)
    through = Through(
        translator,
        translator_back,
        translator_endpoint,
        translator_endpoint_model,
        translator_key_from,
        precision,
        at_once,
    )
    whom = command.Whom(model, on, base, snapshot, precision, at_once, endpoint, endpoint_model, key_from, through)
    sampling = Sampling(temperature, top_p, max_new_tokens)
    how = command.How(prompt, shots, examples, permute, sampling, chains, seed, retrieve, passages)
    budget = command.budget(Limits(max_calls, max_tokens, max_cost), Prices(price_read, price_written))
    manners = Manners(concurrency, requests_per_minute, tokens_per_minute, timeout)
    if estimate:
        most = command.estimate(asked, whom, how, command.Asking(budget, manners))
        print(json.dumps(vars(most)) if as_json else f"at most {listing.told_of(most)}")
        return
    with bars() as progress:
        found = command.run(asked, whom, how, command.Asking(budget, manners, progress))
    if as_json:
        print(json.dumps(found.as_json(), ensure_ascii=False, indent=1))
    else:
        listing.print_examination(found)
    for line in listing.warnings(found):
        print(f"evaluator: {line}", file=sys.stderr)
    listing.refuse(found, budget)
