"""The paper's tables III and IV and figures 3 and 4 in form, filled from the rows that are stored; nothing is asked.

systems.py → exams.py          which systems, asked in which way; what each has right in which benchmark
sheets.py → scores.py          a table with intervals and tests, as data
wins.py                        a figure: what stored verdicts say of our answers against each other system's
limits/                        what all of it does not show
page.py, items.py              HTML: one page of everything, and pages of items with all answers side by side
latex.py, rows.py, drawing.py  the same for a paper, for a machine, and as pictures
folder.py                      where the files go
"""

from evaluator.report.paper.folder import write
from evaluator.report.paper.systems import Wanted

__all__ = ["Wanted", "write"]
