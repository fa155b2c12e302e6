"""What is found among published pairs, where they lie beside the project."""

from pathlib import Path

import pytest

from evaluator.retrieval import Own, Retriever, retriever_of
from tests.cleaning.real import real_pairs
from tests.evaluator.retrieval.made import id_of, write
from tests.evaluator.retrieval.recall import Find, answered_alike, edited, recall

KEPT, ASKED = 4_000, 400


@pytest.fixture
def kept() -> list[dict[str, str]]:
    return (real_pairs("niniban_kept") + real_pairs("drhast_kept"))[:KEPT]


def finding(retriever: Retriever) -> Find:
    places = {id_of(place): place for place in range(len(retriever.pairs))}
    return lambda question, k: [places[hit.pair.id] for hit in retriever.search(question, k).hits]


@pytest.mark.parametrize("method", ["bm25", "trigram"])
def test_published_questions_are_found_again(
    data_dir: Path, tmp_path: Path, kept: list[dict[str, str]], method: str
) -> None:
    snapshot = write(tmp_path / "snapshot", [(pair["question"], pair["answer"]) for pair in kept])
    find = finding(retriever_of(method, str(snapshot)))
    again = recall(edited(kept, 200), find)
    assert again.at[1] > 0.93
    assert again.at[5] > 0.97
    alike = recall(answered_alike(real_pairs("mf3qa_dev")[:ASKED], kept), find)
    assert alike.queries > 80
    # Ten pairs drawn by chance hold a sought one at 5 % of these questions.
    assert alike.at[10] > 0.35


def test_dev_questions_that_are_kept_too_are_left_out(
    data_dir: Path, tmp_path: Path, kept: list[dict[str, str]]
) -> None:
    snapshot = write(tmp_path / "snapshot", [(pair["question"], pair["answer"]) for pair in kept])
    retriever = retriever_of("bm25", str(snapshot))
    known = {pair["question"] for pair in kept}
    own = [pair["question"] for pair in real_pairs("mf3qa_dev")[:ASKED] if pair["question"] in known]
    assert len(own) > 100
    for question in own:
        hits, left_out = retriever.search(question, 3, Own(question))
        assert left_out
        assert question not in [hit.pair.question for hit in hits]
