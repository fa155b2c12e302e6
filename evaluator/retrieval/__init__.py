"""Baselines that retrieve: training questions similar to one asked, and what can be made of their answers.

    letters → features → postings      texts in one script, what they are compared by, and which texts hold that
    lexical, embedding                 three methods: BM25, trigrams, a model's embeddings
    saved, snapshot, guard → retriever an index built once for a snapshot, its pairs, and the asked item's own left out
    support → extractive → writer      a system under test: the answer of the most similar question, or an option
    augmented → paper                  any model, asked with what was found before its prompt

`system("retriever:bm25@SNAPSHOT")` is one that answers, `RetrieverWriter(system)` the same where `evaluator.asking`
asks a model, and `AugmentedPaper(paper, Augmenting(retriever))` a benchmark whose prompts hold what was found.
"""

from evaluator.retrieval.augmented import Augmenting, Passages
from evaluator.retrieval.extractive import METHODS, Answered, RetrieverSystem, is_system, retriever_of, system
from evaluator.retrieval.guard import Own
from evaluator.retrieval.paper import AugmentedPaper
from evaluator.retrieval.retriever import Hit, Hits, Retriever
from evaluator.retrieval.snapshot import taken
from evaluator.retrieval.writer import RetrieverWriter

__all__ = [
    "METHODS",
    "Answered",
    "AugmentedPaper",
    "Augmenting",
    "Hit",
    "Hits",
    "Own",
    "Passages",
    "Retriever",
    "RetrieverSystem",
    "RetrieverWriter",
    "is_system",
    "retriever_of",
    "system",
    "taken",
]
