"""The project's own sample: pairs.jsonl (a `Question` a line) and articles.jsonl (an `Article` a line)."""

from pathlib import Path

from infra.replica.records import Article, Question, Records, repeated_numbers
from infra.replica.rows import parse, read_lines
from storage.errors import UsageError

PAIRS = "pairs.jsonl"
ARTICLES = "articles.jsonl"


def read_sample(folder: Path) -> Records:
    """Both files, either of which may be missing. Raises UsageError naming file and line."""
    pairs, articles = folder / PAIRS, folder / ARTICLES
    questions = [parse(line, Question) for line in read_lines(pairs)] if pairs.exists() else []
    texts = [parse(line, Article) for line in read_lines(articles)] if articles.exists() else []
    for site, record in repeated_numbers([*questions, *texts]):
        raise UsageError(f"{folder}: two records of {site} have the number {record}")
    if not questions and not texts:
        raise UsageError(f"{folder} holds no record: {PAIRS} and {ARTICLES} are missing or empty")
    return Records(questions=tuple(questions), articles=tuple(texts))
