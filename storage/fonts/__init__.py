"""Vazirmatn, the Persian typeface of every page the project shows (OFL.txt: its licence).

Two subsets: Arabic script, and Latin, which holds the ASCII digits and «» that the Arabic subset lacks.
Files from the npm package @fontsource-variable/vazirmatn 5.3.0; one variable file covers weights 100-900.
"""

from base64 import b64encode
from pathlib import Path

FAMILY = "Vazirmatn"
FOLDER = Path(__file__).parent
# The ranges the package's own style sheet gives each subset (its wght.css).
SUBSETS = {
    "vazirmatn-arabic-wght-normal.woff2": (
        "U+0600-06FF,U+0750-077F,U+0870-088E,U+0890-0891,U+0897-08E1,U+08E3-08FF,U+200C-200E,U+2010-2011,U+204F,"
        "U+2E41,U+FB50-FDFF,U+FE70-FE74,U+FE76-FEFC"
    ),
    "vazirmatn-latin-wght-normal.woff2": (
        "U+0000-00FF,U+0131,U+0152-0153,U+02BB-02BC,U+02C6,U+02DA,U+02DC,U+0304,U+0308,U+0329,U+2000-206F,U+20AC,"
        "U+2122,U+2191,U+2193,U+2212,U+2215,U+FEFF,U+FFFD"
    ),
}


def face_css() -> str:
    """The `@font-face` rules with the files in the text itself, as data URIs (about 110 kB)."""
    return "\n".join(_face(name, ranges) for name, ranges in SUBSETS.items())


def _face(name: str, ranges: str) -> str:
    data = b64encode((FOLDER / name).read_bytes()).decode("ascii")
    return (
        f"@font-face{{font-family:{FAMILY};font-style:normal;font-weight:100 900;font-display:block;"
        f'src:url("data:font/woff2;base64,{data}") format("woff2");unicode-range:{ranges}}}'
    )
