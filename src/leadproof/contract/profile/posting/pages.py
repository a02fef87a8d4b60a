"""A posting document in HTML: its tables, merged cells filled in, its lists by their anchors, its other text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lxml import etree

from leadproof.contract.profile.posting.tables import MOST_CELLS, Row, Table, Unreadable, clean, decoded, stem

#: Elements whose text is one line of its own, and those in which no text is meant for people.
_BLOCKS = ("p", "h1", "h2", "h3", "h4", "h5", "h6", "li", "dt", "dd", "pre", "blockquote", "caption", "div", "td", "th")
_HIDDEN = ("script", "style", "template", "noscript", "head", "title")
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6", "caption")
#: Cells that one cell may be spread over.
_MOST_SPAN = 1000


def of_html(name: str, data: bytes) -> list[Table]:
    """The tables of a page in their order, and a table of the lines of text that stand outside of them.

    Raises:
        Unreadable: It holds nothing to read.
    """
    parser = etree.HTMLParser(no_network=True, remove_comments=True, remove_pis=True, encoding="utf-8")
    try:
        root = etree.fromstring(decoded(data).encode("utf-8"), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Unreadable(f"is no HTML: {error}") from None
    if root is None:
        raise Unreadable("is no HTML: it holds no elements")
    tables: list[Table] = []
    outside = Table(stem(name))
    heading = ""
    for element in root.iter():
        if not isinstance(element.tag, str) or _inside(element, ("table", *_HIDDEN)):
            continue
        if element.tag == "table":
            caption = " ".join(clean(_text(one)).replace("\n", " ") for one in element.findall("caption"))
            tables.append(_table(name, element, caption or heading))
        elif element.tag in ("ul", "ol", "select") and (names := _names(element)):
            items = [one for one in element.iter("li", "option") if clean(_text(one))]
            rows = [Row(f"{name}:{one.sourceline}", (clean(_text(one)),)) for one in items]
            tables.append(Table(clean(heading), rows, names))
        elif element.tag in _BLOCKS and not _inside(element, ("ul", "ol", "select"), named=True):
            text = clean(_own_text(element)).replace("\n", " ")
            heading = text if element.tag in _HEADINGS else heading
            if text:
                outside.rows.append(Row(f"{name}:{element.sourceline}", (text,)))
    return [outside, *tables]


def _inside(element: Any, tags: tuple[str, ...], *, named: bool = False) -> bool:
    return any(not named or _names(above) for above in element.iterancestors(*tags))


def _names(element: Any) -> tuple[str, ...]:
    return tuple(f"#{value}" for value in (element.get("id"), element.get("name")) if value)


def _table(name: str, element: Any, title: str) -> Table:
    """A table as a grid; a cell that is spread over several stands in each of them."""
    table = Table(f"{stem(name)} {title}".strip(), names=_names(element))
    below: dict[int, tuple[int, str, str]] = {}  # column -> rows to come, text, link of what reaches down
    cells_seen = 0
    for row in element.iter("tr"):
        if next(row.iterancestors("table")) is not element:
            continue
        texts: list[str] = []
        links: list[str] = []
        for text, link, width, height in _cells(row):
            _reach_down(texts, links, below)
            for _ in range(width):
                if height > 1:
                    below[len(texts)] = (height - 1, text, link)
                texts.append(text)
                links.append(link)
        _reach_down(texts, links, below)
        cells_seen += len(texts)
        if cells_seen > MOST_CELLS:
            raise Unreadable(f"is no posting document: a table has more than {MOST_CELLS} cells")
        if any(texts):
            table.rows.append(Row(f"{name}:{row.sourceline}", tuple(texts), tuple(links)))
    return table


def _reach_down(texts: list[str], links: list[str], below: dict[int, tuple[int, str, str]]) -> None:
    """Adds the cells that reach down from rows above into the columns that come next."""
    while (column := len(texts)) in below:
        rows, text, link = below.pop(column)
        texts.append(text)
        links.append(link)
        if rows > 1:
            below[column] = (rows - 1, text, link)


def _cells(row: Any) -> Iterator[tuple[str, str, int, int]]:
    for cell in row.iterchildren("td", "th"):
        link = next((one.get("href") or "" for one in cell.iter("a")), "")
        yield clean(_text(cell)), link, _span(cell.get("colspan")), _span(cell.get("rowspan"))


def _span(text: str | None) -> int:
    return min(int(text), _MOST_SPAN) or 1 if text and text.isascii() and text.isdigit() and len(text) < 6 else 1


def _text(element: Any) -> str:
    """All text of an element; breaks and blocks begin a new line."""
    parts = []
    for event, one in etree.iterwalk(element, events=("start", "end")):
        if not isinstance(one.tag, str) or one.tag in _HIDDEN:
            continue
        if event == "start":
            parts.append("\n" * (one.tag in ("br", "li", "p", "div", "tr", "option")) + (one.text or ""))
        elif one is not element:
            parts.append("\n" * (one.tag in ("li", "p", "div", "tr", "option")) + (one.tail or ""))
    return "".join(parts)


def _own_text(element: Any) -> str:
    """The text of an element, but for what stands in blocks and tables within it."""
    parts = [element.text or ""]
    for child in element:
        if isinstance(child.tag, str) and child.tag not in (*_BLOCKS, *_HIDDEN, "table", "ul", "ol", "select"):
            parts.append(_own_text(child))
        parts.append(child.tail or "")
    return "".join(parts)
