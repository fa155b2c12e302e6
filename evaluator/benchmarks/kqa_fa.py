"""K-QA in Persian: patients' questions, each with what an answer must say and what it may."""

from evaluator.freeform import Answers, FreeForm
from evaluator.publishers import GAOKERENA_LICENCE, gaokerena

BENCHMARK = FreeForm(
    name="kqa-fa",
    about="K-QA's 201 patients' questions in Persian, with doctors' answers and statements",
    caveat="its questions come from the United States, and the doctors' answers are a translation.",
    licence=GAOKERENA_LICENCE,
    published=gaokerena(
        "KQA_fa/questions_w_answers%D9%80fa.jsonl",
        201,
        "6400df12654b688bb948995b7771f4050e62506d994dc27e94981db217a54d7f",
    ),
    layout=Answers(answer="free form answer", source="sources", must="must have", nice="nice to have"),
    original="kqa-en",
)
