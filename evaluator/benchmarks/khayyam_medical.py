"""The part of the Khayyam Challenge (Ghahroodi et al. 2024) that is nearest to medicine: biology of the upper school.

None of its 38 subjects is medicine itself. Rows without a text in a choice, which are pictures, are left out.
"""

from evaluator.choice import MultipleChoice
from evaluator.published import Choices
from evaluator.publishers import hub_parquet

BENCHMARK = MultipleChoice(
    name="khayyam-medical",
    about="Khayyam Challenge (PersianMMLU), upper secondary school's biology: it has no medicine",
    caveat="it is school biology, given for academic research; its file was never seen here, only code that reads it.",
    licence="CC BY-ND, on request",
    published=hub_parquet("raia-center/khayyam-challenge", "train", None),
    layout=Choices(
        question="question body",
        options=("choice 1", "choice 2", "choice 3", "choice 4"),
        answer="key",
        topic="final category fa",
        source=None,
        only={"final category fa": ("زیست شناسی دوره دوم متوسطه", "زیست‌شناسی دوره دوم متوسطه")},
        whole=True,
    ),
)
