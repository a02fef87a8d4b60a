"""A posting document as tables of text: rows with their place, merged cells filled in.

What kind of file it is shows from its first bytes and its name. Text outside of tables becomes rows of one cell.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from io import StringIO
from typing import NamedTuple

#: Cells of a whole document, and characters of one cell; more is no posting document.
MOST_CELLS, LONGEST_CELL = 200_000, 20_000


class Unreadable(Exception):
    """A file is no posting document; the message says why, as the end of a sentence that begins with its name."""


class Row(NamedTuple):
    """One row of a table."""

    #: Where it stands, for people: "posting.csv:3".
    place: str
    cells: tuple[str, ...]
    #: Targets of the links in each cell, where the file has links.
    links: tuple[str, ...] = ()


@dataclass(slots=True)
class Table:
    """Rows that belong together."""

    #: Name of the sheet, caption or heading, and of the file: what tells ping from post.
    title: str
    rows: list[Row] = field(default_factory=list)
    #: Names by which cells elsewhere refer to it: a sheet's, an anchor's.
    names: tuple[str, ...] = ()


def of_csv(name: str, data: bytes) -> list[Table]:
    """The one table of a CSV file: separated by comma, semicolon or tab, in UTF-8, UTF-16 or Windows-1252.

    Raises:
        Unreadable: It holds no text.
    """
    text = decoded(data)
    lines = text.splitlines()
    delimiter = max(",;\t|", key=lambda sign: (_steady(lines, sign), -",;\t|".index(sign)))
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter)
    table, before = Table(stem(name)), 0
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                table.rows.append(Row(f"{name}:{before + 1}", tuple(clean(cell) for cell in cells)))
            before = reader.line_num
    except csv.Error as error:
        raise Unreadable(f"is no CSV: line {reader.line_num}: {error}") from None
    return [table]


def _steady(lines: list[str], sign: str) -> int:
    """In how many lines a separator stands: the right one stands in nearly all."""
    return sum(sign in line for line in lines)


def decoded(data: bytes) -> str:
    """Text in the encoding that its first bytes tell, else UTF-8, else Windows-1252, as spreadsheets write it.

    Raises:
        Unreadable: It is no text.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return data.decode("utf-16")
        except UnicodeDecodeError:
            raise Unreadable("is no text: it begins like UTF-16 and is none") from None
    if b"\0" in data:
        raise Unreadable("is no text: it holds zero bytes")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def clean(text: str) -> str:
    """A cell's text: blanks around and between words made plain, line ends kept."""
    if len(text) > LONGEST_CELL:
        raise Unreadable(f"is no posting document: a cell has more than {LONGEST_CELL} characters")
    shown = "".join(sign if sign.isprintable() or sign in "\r\n" else " " for sign in text.replace("\u200b", ""))
    lines = (" ".join(line.split()) for line in shown.splitlines())
    return "\n".join(line for line in lines if line)


def stem(name: str) -> str:
    """A file's name without folder and ending."""
    return name.replace("\\", "/").rpartition("/")[2].rpartition(".")[0] or name
