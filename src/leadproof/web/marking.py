"""A message as lines, with marks where something was found. Pure; what comes in is redacted.

Marks are looked for in the redacted text itself, so that they fit whatever a placeholder did to a line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from leadproof.bodies.places import Span, find, json_places, plain_path, xml_places
from leadproof.core import lazy
from leadproof.core.exchange import Headers, format_of_body
from leadproof.core.findings import Finding
from leadproof.core.text import one_line
from leadproof.web.reflow import reflowed

#: Marked lines of a body that are sure to be shown.
MARKED = 50

#: Lines of a body that are shown from its beginning, and lines on both sides of one with a mark behind those.
LINES, AROUND = 300, 3

#: Characters of a line that are shown.
WIDTH = 2_000

#: A body with a longer line is shown with line breaks of its structure.
_LONG = 160

#: Characters that are marked where only the place of a character is known.
_NEAR = 12

_LINE = lazy.pattern(r"\(line (\d+), column (\d+)\)$")
_HEADER = lazy.pattern(r"header:(.+)")

#: First parts of the kinds of findings that are about a member of the body, and about the head.
_OF_MEMBERS = ("schema.", "xml.", "business.", "equivalence.")
_OF_HEAD = ("status.", "media.", "header.", "charset.", "client.")

_PLACES: dict[str, Callable[[str], dict[str, Span]]] = {"json": json_places, "xml": xml_places}


class Mark(NamedTuple):
    """Characters of a text in which something was found."""

    start: int
    end: int
    #: Of the finding, from 1.
    number: int


class MarkedPlace(NamedTuple):
    """What is to be marked for a finding."""

    span: Span
    #: Is it only the nearest parent, because what is missing has no place?
    nearby: bool = False
    #: Is it in the head of the message?
    in_head: bool = False


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A line of a message. Without a number it stands for lines that are not shown, as many as it has in `left_out`."""

    number: int = 0
    #: Pieces of its text, each with the number of the finding that it is marked for, or 0.
    pieces: tuple[tuple[str, int], ...] = ()
    #: Findings whose marks begin in it.
    marks: tuple[int, ...] = ()
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class ShownMessage:
    """A request or a response, redacted."""

    #: Request line or status, and headers.
    head: tuple[ShownLine, ...]
    body: tuple[ShownLine, ...]
    #: Were line breaks added to the body?
    reflowed: bool = False


@dataclass(frozen=True, slots=True)
class MessageText:
    """The redacted text of a message, and where its members stand.

    Args:
        head: Request line or status, and headers; "" where they were not recorded.
        body: As it is shown.
        raw: The body as it was, before redaction.
        format: json, xml or "".
        reflowed: Were line breaks added?
    """

    head: str
    body: str
    raw: str
    format: str
    reflowed: bool
    places: dict[str, Span]

    @classmethod
    def of(cls, first: str, headers: Headers, body: bytes, raw: bytes, findings: Iterable[Finding] = ()) -> MessageText:
        """The text of a message.

        Args:
            first: Its first line; "" where nothing but the body was recorded.
            headers: Redacted.
            body: Redacted.
            raw: The body as it was.
            findings: What was found in the exchange.
        """
        head = "\n".join([first, *(one_line(f"{name}: {value}") for name, value in headers)]) if first else ""
        kind = format_of_body(headers, body) or format_of_body((), body) or ""
        text, found = _text(body), list(findings)
        undecodable = any(_LINE.search(one.message) for one in found)
        laid_out = reflowed(text, kind) if not undecodable and max(map(len, text.split("\n"))) > _LONG else text
        places = _PLACES[kind](laid_out) if kind in _PLACES and found else {}
        return cls(head, laid_out, _text(raw), kind, laid_out != text, places)

    def place(self, finding: Finding, member: str) -> MarkedPlace | None:
        """What to mark for a finding; None where it is about nothing that is shown.

        Args:
            finding: Raw.
            member: Of its clause.
        """
        if at := _LINE.search(finding.message):
            span = self._at(int(at[1]), int(at[2]))
            return MarkedPlace(span) if span is not None else None
        if finding.pointer or finding.kind.startswith(_OF_MEMBERS):
            path = plain_path(finding.xpath) if self.format == "xml" else finding.pointer
            found = find(self.places, path)
            return MarkedPlace(found[0], not found[1]) if found is not None else None
        return self._in_head(finding.kind, member)

    def _in_head(self, kind: str, member: str) -> MarkedPlace | None:
        if not self.head or not kind.startswith(_OF_HEAD):
            return None
        lines, named = self.head.split("\n"), _HEADER.fullmatch(member)
        wanted = named[1].lower() if named else "content-type" if kind.startswith(("media.", "charset.")) else ""
        at = next((at for at, line in enumerate(lines) if at and line.lower().startswith(f"{wanted}:")), 0)
        start = sum(len(line) + 1 for line in lines[:at])
        return MarkedPlace(Span(start, start + len(lines[at])), bool(wanted) and not at, True)

    def _at(self, line: int, column: int) -> Span | None:
        """Line and column of the raw body in the redacted one, as exactly as the redaction lets them be known."""
        shown, raw = self.body.split("\n"), self.raw.split("\n")
        if len(shown) != len(raw) or not 0 < line <= len(raw):
            return None
        start, text = sum(len(one) + 1 for one in shown[: line - 1]), shown[line - 1]
        before, after = raw[line - 1][: column - 1], raw[line - 1][column - 1 :]
        if text.startswith(before):
            at = len(before)
        elif after and text.endswith(after):
            at = len(text) - len(after)
        else:
            return Span(start, start + len(text))
        at = min(at, max(len(text) - 1, 0))
        return Span(start + at, start + min(at + _NEAR, len(text)))

    def line_of(self, at: int) -> int:
        """The line of the body in which a character stands."""
        return self.body.count("\n", 0, at) + 1

    def message(self, head: list[Mark], body: list[Mark]) -> ShownMessage:
        """The message as lines, with marks in its head and in its body."""
        return ShownMessage(
            tuple(_lines(self.head, head)) if self.head else (),
            tuple(_cut(_lines(self.body, body))) if self.body else (),
            self.reflowed,
        )


def _text(body: bytes) -> str:
    return body.decode("utf-8", "replace").replace("\r\n", "\n")


def _lines(text: str, marks: list[Mark]) -> Iterator[ShownLine]:
    """A text as lines; where two marks overlap, the earlier one shows and both are named."""
    at, waiting = 0, sorted(marks)
    for number, line in enumerate(text.split("\n"), 1):
        end = at + len(line)
        here = [mark for mark in waiting if (mark.start <= end and mark.end > at) or mark.start == at]
        begun = tuple(dict.fromkeys(mark.number for mark in here if at <= mark.start <= end))
        yield ShownLine(number, tuple(_pieces(line, at, here)), begun)
        at = end + 1
        if waiting and waiting[0].end <= at:
            waiting = [mark for mark in waiting if mark.end > at]


def _pieces(line: str, at: int, marks: list[Mark]) -> Iterator[tuple[str, int]]:
    done = 0
    for mark in marks:
        start, end = max(mark.start - at, done), min(mark.end - at, len(line))
        if end <= start:
            continue
        if start > done:
            yield _clip(line[done:start]), 0
        yield _clip(line[start:end]), mark.number
        done = end
    if done < len(line) or not line:
        yield _clip(line[done:]), 0


def _clip(text: str) -> str:
    half = WIDTH // 2
    return text if len(text) <= WIDTH else f"{text[:half]} … {text[-half:]}"


def _cut(lines: Iterable[ShownLine]) -> Iterator[ShownLine]:
    """The first lines, and of the others those near a mark."""
    every = list(lines)
    marked = [at for at, line in enumerate(every) if line.marks]
    wanted = set(range(LINES)).union(*(range(at - AROUND, at + AROUND + 1) for at in marked[:MARKED]))
    left_out = 0
    for at, line in enumerate(every):
        if at not in wanted:
            left_out += 1
            continue
        if left_out:
            yield ShownLine(left_out=left_out)
            left_out = 0
        yield line
    if left_out:
        yield ShownLine(left_out=left_out)
