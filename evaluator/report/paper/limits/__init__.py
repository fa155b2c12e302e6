"""What the tables and figures do not show, in sentences that the rows write themselves."""

from collections.abc import Sequence
from itertools import chain

from sqlalchemy.orm import Session

from evaluator.report.paper.exams import Gathered
from evaluator.report.paper.limits import asking, judging, scores, training
from evaluator.report.paper.sheets import Sheet
from evaluator.report.paper.wins import Wins

ALWAYS = "Nothing here may advise a patient: an exam's letters and a judge's liking are no safety."


def limits(session: Session, gathered: Gathered, sheets: Sequence[Sheet], figures: Sequence[Wins]) -> list[str]:
    """A sentence for everything that a reader might take from the tables that they cannot carry."""
    said = chain(
        scores.limits(sheets, gathered.exams),
        asking.limits(gathered, sheets),
        judging.limits(figures),
        training.limits(session, gathered),
    )
    return [*dict.fromkeys(said), ALWAYS]  # the reference stands in two tables
