"""The message to a partner about one exchange: what was sent, what came, what is wrong with it, how to see it again.

Made of what a page shows, which is redacted. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from leadproof.contract.specs import clauses
from leadproof.core.text import count, one_line, visible
from leadproof.runs.formats.parts import Row
from leadproof.web.catalogue import Catalogue
from leadproof.web.marking import ShownLine, ShownMessage
from leadproof.web.showing import ShownExchange, ShownFinding

#: Lines of a body and findings that a message has: it is read in a mail.
LINES, FINDINGS = 60, 10

#: Characters of a line of it.
_WIDTH = 400


def remedy(row: Row, text: Catalogue) -> str:
    """What to do about a finding: by the check of its clause, else by its kind, else by the family of that."""
    clause, kind = clauses().get(str(row.get("clause", ""))), str(row["kind"])
    names = (clause.check if clause else "", kind, kind.partition(".")[0])
    return next((words for name in names if (words := text.texts.get(f"remedy.{name}"))), "")


def message(exchange: ShownExchange, text: Catalogue) -> str:
    """The message, as plain text; "" where nothing was found."""
    return "\n".join(_lines(exchange, text)) + "\n" if exchange.findings else ""


def _lines(exchange: ShownExchange, text: Catalogue) -> Iterator[str]:
    number = len(exchange.findings) + exchange.more
    cell = " ".join(part for part in (exchange.heading, exchange.media.upper()) if part)
    yield text("message.subject", findings=count(number, "finding"), where=cell)
    for words, side in ((text("message.sent"), exchange.request), (text("message.came"), exchange.response)):
        if side is not None:
            yield from ("", words, *(f"    {line}".rstrip() for line in _message(side, text)))
    for finding in exchange.findings[:FINDINGS]:
        yield from ("", *_finding(finding, exchange, text))
    if number > FINDINGS:
        yield from ("", text("message.more", findings=count(number - FINDINGS, "more finding")))
    for name, side in (("request", exchange.request), ("response", exchange.response)):
        if side is not None and side.body and any(_in_body(one) for one in exchange.findings if one.side == name):
            yield from ("", text("message.again", side=text(f"message.of_{name}")))
            yield f"    leadproof validate --operation {exchange.operation} {name}.{exchange.media or 'json'}"
    yield from ("", text("message.redacted"))


def _in_body(finding: ShownFinding) -> bool:
    """Is a finding one of the body, so that it comes back when the body is judged alone?"""
    return bool(finding.line or finding.row["pointer"] or finding.row["xpath"])


def _message(side: ShownMessage, text: Catalogue) -> Iterator[str]:
    lines = [_plain(line) for line in side.body]
    yield from (_plain(line) for line in side.head)
    if side.head and lines:
        yield ""
    yield from lines[:LINES]
    if len(lines) > LINES:
        yield text("message.lines", lines=count(len(lines) - LINES, "more line"))


def _finding(finding: ShownFinding, exchange: ShownExchange, text: Catalogue) -> Iterator[str]:
    row = finding.row
    place = row["pointer"] or text("message.whole")
    rows: Iterable[tuple[str, str]] = (
        ("clause", row["text"]), ("place", row["place"]),
        ("where", f"{place} ({text('message.of_' + finding.side)})"), ("xpath", row["xpath"]),
        ("expected", row["expected"]), ("actual", row["actual"]), ("do", remedy(row, text)),
    )  # fmt: skip
    yield f"{finding.number}. {row['clause']} ({row['level']}, {row['basis']}): {one_line(row['message'], _WIDTH)}"
    yield from (f"   {text('message.' + name)}: {one_line(words, _WIDTH)}" for name, words in rows if words)


def _plain(line: ShownLine) -> str:
    if line.left_out:
        return f"… {count(line.left_out, 'line')}"
    return visible("".join(piece for piece, _ in line.pieces), _WIDTH)
