"""What the pages drawn from what is stored have in common: each one HTML file that needs no script and no network.

data.py → data_sections.py    what was crawled and kept, as sections
section.py                    a part of a page, before it is laid out
charts.py → svg.py            plots
page.py → templates/          sections as a page
"""
