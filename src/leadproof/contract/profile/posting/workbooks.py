"""A posting document in XLSX: a table for each sheet, merged cells filled in. Needs openpyxl (the extra `tables`)."""

from __future__ import annotations

import warnings
import zipfile
from datetime import date, datetime
from io import BytesIO
from typing import Any

from leadproof.contract.profile.posting.tables import MOST_CELLS, Row, Table, Unreadable, clean, stem
from leadproof.core import installation

#: Bytes of a workbook, unpacked.
_MOST_BYTES = 50_000_000


def of_xlsx(name: str, data: bytes) -> list[Table]:
    """The sheets of a workbook.

    Raises:
        Unreadable: It is no workbook, or larger than any posting document.
        MissingExtraError: openpyxl is not installed.
    """
    installation.require("tables", f"{name}: XLSX files need openpyxl")
    import openpyxl

    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            size = sum(member.file_size for member in archive.infolist())
    except (zipfile.BadZipFile, OSError, ValueError):
        raise Unreadable("is no XLSX workbook: it cannot be unpacked") from None
    if size > _MOST_BYTES:
        raise Unreadable(f"is no posting document: unpacked it has more than {_MOST_BYTES} bytes")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of parts of a workbook that openpyxl does not know, such as comments
            book = openpyxl.load_workbook(BytesIO(data), data_only=True)
    except Exception as error:  # whatever a broken workbook makes of it
        raise Unreadable(f"is no XLSX workbook: {type(error).__name__}") from None
    tables = [_table(name, sheet) for sheet in book.worksheets if sheet.max_row * sheet.max_column <= MOST_CELLS]
    if len(tables) < len(book.worksheets):
        raise Unreadable(f"is no posting document: a sheet has more than {MOST_CELLS} cells")
    return tables


def _table(name: str, sheet: Any) -> Table:
    merged = {
        (row, column): (area.min_row, area.min_col)
        for area in sheet.merged_cells.ranges
        for row in range(area.min_row, area.max_row + 1)
        for column in range(area.min_col, area.max_col + 1)
    }
    table = Table(f"{stem(name)} {sheet.title}", names=(sheet.title,))
    for number in range(1, sheet.max_row + 1):
        cells, links = [], []
        for column in range(1, sheet.max_column + 1):
            cell = sheet.cell(*merged.get((number, column), (number, column)))
            cells.append(clean(_text(cell.value)))
            link = getattr(cell, "hyperlink", None)
            links.append(str(link.target or f"#{link.location or ''}") if link is not None else "")
        if any(cells):
            table.rows.append(Row(f"{name}, {sheet.title}:{number}", tuple(cells), tuple(links)))
    return table


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime | date):
        return value.isoformat()[:10]
    return str(value)
