"""All of the report, as data."""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy.orm import Session

from evaluator.report.paper.exams import Gathered, gather
from evaluator.report.paper.limits import limits
from evaluator.report.paper.sheets import Sheet, sheet
from evaluator.report.paper.systems import System, Wanted, chosen
from evaluator.report.paper.wins import Progress, Win, Wins, figure, wins

GENERAL, PIPELINES = "general purpose language models", "pipeline alternatives"


@dataclass(frozen=True)
class Report:
    """Tables III and IV, figures 3 and 4, and in sentences what they do not show."""

    made_at: dt.datetime
    gathered: Gathered
    sheets: list[Sheet]
    figures: list[Wins]
    limits: list[str]

    @property
    def reference(self) -> str:
        """The name of the system that the others are held against."""
        return self.gathered.reference.name


def report(session: Session, wanted: Wanted, progress: Progress) -> Report:
    """Everything, from the rows there are. Raises as `systems.chosen`."""
    gathered = gather(session, chosen(session, wanted))
    reference, *others = gathered.systems
    won = wins(session, gathered, progress)
    sheets, figures = list[Sheet](), list[Wins]()
    for place, (against, pipelines) in enumerate(((GENERAL, False), (PIPELINES, True))):
        own: list[System] = [system for system in others if system.pipeline == pipelines]
        if own or not pipelines:
            caption = f"{reference.name} in comparison with {against}"
            sheets.append(sheet(f"table{place + 3}", caption, gathered, [reference, *own]))
        if bars := _bars(won, own):
            caption = f"How often {reference.name} was preferred to {against}"
            figures.append(figure(f"figure{place + 3}", caption, reference.name, bars))
    return Report(dt.datetime.now(dt.UTC), gathered, sheets, figures, limits(session, gathered, sheets, figures))


def _bars(won: list[Win], systems: list[System]) -> list[Win]:
    names = {system.name for system in systems}
    return [win for win in won if win.other in names]
