"""Excel files as small as they can be, and the stand-in of a publisher."""

import threading
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from xml.sax.saxutils import escape

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
LINKS = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
BOOK = {
    "xl/workbook.xml": (
        f'<workbook {MAIN} {LINKS}><sheets><sheet name="Sheet1" sheetId="1" r:id="rId3"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": (
        '<Relationships><Relationship Id="rId3" Target="worksheets/sheet1.xml"/></Relationships>'
    ),
    "xl/styles.xml": (
        f'<styleSheet {MAIN}><numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/></numFmts>'
        '<cellXfs><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="9"/><xf numFmtId="20"/></cellXfs></styleSheet>'
    ),
}


def sheet(path: Path, rows: str, strings: Sequence[str] = (), **members: str) -> Path:
    """An Excel file of one sheet, its rows as XML."""
    shared = "".join(f"<si><t>{escape(text)}</t></si>" for text in strings)
    parts = BOOK | {
        "xl/worksheets/sheet1.xml": f"<worksheet {MAIN}><sheetData>{rows}</sheetData></worksheet>",
        "xl/sharedStrings.xml": f"<sst {MAIN}>{shared}</sst>",
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in (parts | members).items():
            if content:
                file.writestr(name, content)
    return path


def table(path: Path, *rows: Sequence[str | int | float]) -> Path:
    """An Excel file of these rows: texts as shared strings, numbers as numbers."""
    strings: list[str] = []
    written = []
    for number, row in enumerate(rows, 1):
        cells = []
        for place, value in enumerate(row):
            where = f'r="{chr(65 + place)}{number}"'
            if isinstance(value, str):
                strings.append(value)
                cells.append(f'<c {where} t="s"><v>{len(strings) - 1}</v></c>')
            else:
                cells.append(f"<c {where}><v>{value}</v></c>")
        written.append(f'<row r="{number}">{"".join(cells)}</row>')
    return sheet(path, "".join(written), strings)


@dataclass
class Publisher:
    """What a publisher's server gives, and what it was asked."""

    content: bytes
    url: str = ""
    etag: str = '"one"'
    breaks_after: list[int] = field(default_factory=list)  # bytes that the next answers send before they break off
    statuses: list[int] = field(default_factory=list)  # what the next answers are instead
    parts_from: list[int] = field(default_factory=list)  # where the next parts begin, whatever was asked for
    ranges: list[str | None] = field(default_factory=list)
    tokens: list[str | None] = field(default_factory=list)


@contextmanager
def publisher(content: bytes) -> Iterator[Publisher]:
    """A server on loopback that knows ranges, and breaks off where it is told to."""
    told = Publisher(content)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            told.ranges.append(self.headers.get("Range"))
            told.tokens.append(self.headers.get("Authorization"))
            if told.statuses:
                self.send_response(told.statuses.pop(0))
                self.send_header("Location", self.path)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            first = 0
            if (wanted := self.headers.get("Range")) and self.headers.get("If-Range") == told.etag:
                first = int(wanted.removeprefix("bytes=").rstrip("-"))
                first = told.parts_from.pop(0) if told.parts_from else first
            body = told.content[first:]
            self.send_response(206 if first else 200)
            if first:
                self.send_header("Content-Range", f"bytes {first}-{len(told.content) - 1}/{len(told.content)}")
            self.send_header("ETag", told.etag)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if told.breaks_after:
                self.wfile.write(body[: told.breaks_after.pop(0)])
                self.close_connection = True
                return
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    told.url = f"http://127.0.0.1:{server.server_address[1]}/file.jsonl"
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
