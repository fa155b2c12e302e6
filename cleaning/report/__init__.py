"""What a recipe did to what is stored: its funnel as a table on the screen, and everything on one page.

contents.py    every figure, read once
ends.py, reading.py, repeats.py, held_out.py, private.py, subjects.py, compared.py    sections from these
page.py        the sections as one HTML file
"""

from cleaning.report.table import funnel, print_funnel

__all__ = ["funnel", "print_funnel"]
