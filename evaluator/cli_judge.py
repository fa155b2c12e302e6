"""The `evaluator judge` and `evaluator statements` commands."""

from pathlib import Path
from typing import Annotated

import typer

Ours = Annotated[
    str,
    typer.Argument(
        help="Our answers: JSON lines with question, answer, id, reference, source; with --benchmark a model."
    ),
]
Benchmark = Annotated[
    str | None, typer.Option(help="Take what `evaluator ask` kept of models for this free-form benchmark.")
]
Url = Annotated[str, typer.Option(help="The judge: an OpenAI-compatible endpoint, such as https://api.openai.com/v1.")]
Name = Annotated[str, typer.Option(help="The judge's name there.")]
Key = Annotated[str, typer.Option(help="The environment variable that holds its key.")]
AtOnce = Annotated[int, typer.Option(help="Requests on their way at once.")]
PerMinute = Annotated[int | None, typer.Option(help="Its limit a minute.")]
Longest = Annotated[int, typer.Option(help="The longest verdict, in tokens.")]
Most = Annotated[int | None, typer.Option(help="The most of it, those of earlier calls included.")]
Money = Annotated[float | None, typer.Option(help="The most money, at the prices given.")]
Price = Annotated[float, typer.Option(help="Price of a million tokens.")]
Estimate = Annotated[bool, typer.Option("--estimate", help="Tell what it would cost at most, and ask nothing.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for a machine to read.")]
KEY = "TABIB_ENDPOINT_KEY"


def judge(
    ours: Ours,
    other: Annotated[str | None, typer.Argument(help="The other system's answers, by the same ids.")] = None,
    benchmark: Benchmark = None,
    endpoint: Url = "",
    endpoint_model: Name = "",
    key_from: Key = KEY,
    form: Annotated[str, typer.Option(help="`ours`, or `paper` for its prompt to the letter.")] = "ours",
    order: Annotated[str, typer.Option(help="`both`, or `second`: ours second only, as the paper did.")] = "both",
    people: Annotated[
        bool, typer.Option("--people", help="OURS is a snapshot: judge what its reviewers preferred over what.")
    ] = False,
    concurrency: AtOnce = 8,
    requests_per_minute: PerMinute = None,
    tokens_per_minute: PerMinute = None,
    max_new_tokens: Longest = 256,
    max_calls: Most = None,
    max_tokens: Most = None,
    max_cost: Money = None,
    price_read: Price = 0.0,
    price_written: Price = 0.0,
    estimate: Estimate = False,
    as_json: Json = False,
) -> None:
    """Have a model judge two systems' answers to the same questions, with a doctor's answer as reference.

    The answers are two files, or with --benchmark those that two models wrote to it (`evaluator ask`). Every pair is
    judged in both orders: verdicts that contradict each other are `inconsistent` and count as half a point, as a tie
    does; replies that hold no verdict are `unread` and count for nobody. The win rate stands beside the one at equal
    length, by source too; no interval is closed because few pairs are all alike. With --people the rate is how often
    the judge agrees with reviewers.

    Passages of an answer that speak to the judge (orders, claims about the comparison, forms of a verdict; also coded,
    spaced or with letters changed) are taken out and counted, and so is what is in another language than Persian and
    English. A verdict counts only under a mark that no answer can hold. Not every order is found: of
    30 written to get past it 10 stayed in, new wordings in Persian and English, and so can three words of another
    language in Latin letters. --form paper takes nothing out.

    Every verdict is a row: nothing is paid for twice, a killed call goes on. What all of it costs at most is told
    before the first call; --estimate tells no more, and needs no endpoint that answers. A spent budget ends it with
    exit 7, a judge that is gone with 3.

    Example: evaluator judge ours.jsonl aya.jsonl --endpoint http://localhost:8000/v1 --endpoint-model qwen3-32b
    """
    from evaluator.judge import command

    asked = command.Asked(endpoint, endpoint_model, key_from, max_new_tokens)
    pace = command.Pace(concurrency, requests_per_minute, tokens_per_minute)
    purse = command.Purse(max_calls, max_tokens, max_cost, price_read, price_written, estimate)
    command.judge(
        command.pairs(ours, other, benchmark, people), command.Manner(form, order), (asked, pace, purse), as_json
    )


def statements(
    answers: Ours,
    doctors: Annotated[
        Path | None, typer.Option(help="K-QA's file: question, must_have, nice_to_have; for answers in a file.")
    ] = None,
    benchmark: Benchmark = None,
    endpoint: Url = "",
    endpoint_model: Name = "",
    key_from: Key = KEY,
    concurrency: AtOnce = 8,
    requests_per_minute: PerMinute = None,
    tokens_per_minute: PerMinute = None,
    max_new_tokens: Longest = 64,
    max_calls: Most = None,
    max_tokens: Most = None,
    max_cost: Money = None,
    price_read: Price = 0.0,
    price_written: Price = 0.0,
    estimate: Estimate = False,
    as_json: Json = False,
) -> None:
    """Have a model tell which of a doctor's statements an answer holds, and which it contradicts, as K-QA measures.

    Recall is the mean share of must-have statements that an answer entails; contradictions are the mean number of
    statements that it contradicts. Questions with no counterpart in the other file are told and count for nothing.
    Rows, budget and exit codes are those of `evaluator judge`.

    Example: evaluator statements ours.jsonl --doctors kqa.jsonl --endpoint http://localhost:8000/v1 --endpoint-model q1
    """
    from evaluator.judge import command

    asked = command.Asked(endpoint, endpoint_model, key_from, max_new_tokens)
    pace = command.Pace(concurrency, requests_per_minute, tokens_per_minute)
    purse = command.Purse(max_calls, max_tokens, max_cost, price_read, price_written, estimate)
    wanted = command.held_against(answers, doctors, benchmark)
    command.statements(wanted, (asked, pace, purse), as_json)
