"""Logs in JSON, whoever wrote them: a mapping file says which member is what.

A record is a line, whatever its collector put before the JSON, or an item of a list in one document.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import orjson

from leadproof.captures import values
from leadproof.captures.mapping import Keys, Mapping
from leadproof.captures.model import CaptureSource, FileProblem
from leadproof.captures.problems import again
from leadproof.captures.recorded import LEFT_OUT, ReadBody, announced, plain, uncut
from leadproof.captures.streams import LINE, Stream, lines, utf8
from leadproof.captures.trees import BrokenTree, Place, items
from leadproof.core import lazy
from leadproof.core.exchange import Exchange, Headers, Part, Recorded, Request, Response, gaps
from leadproof.core.text import count


def read_log(stream: Stream, source: CaptureSource) -> Iterator[Exchange | FileProblem]:
    """The exchanges of a log. Lines without a request (start-up messages and the like) are counted and named once."""
    if source.mapping is None:
        yield FileProblem(
            "file.unrecognised", "the file is a log of JSON lines, and nothing says what in it is what",
            "leadproof mapping suggest FILE writes a first mapping, and --mapping takes it",
        )  # fmt: skip
        return
    mapping, other, first, found = source.mapping, 0, 0, 0
    reason = ""
    for number, row in records(stream, mapping.records):
        if isinstance(row, FileProblem):
            yield row
            continue
        exchange = _exchange(row, mapping, source, f"{source.name}#{number}")
        if exchange is None:
            other, first = other + 1, first or number
            reason = reason or mapping.why_not(row, "url")
        else:
            found += 1
            yield exchange
    if other and not found:
        what = f"no line of {count(other, 'line')} has what the mapping names"
        hint = "compare it with a line; leadproof mapping suggest FILE writes a first one"
        yield FileProblem("file.unrecognised", f"{what}: in line {first}, {reason}" if reason else what, hint)
    elif other:
        yield FileProblem(
            "file.deviation", f"{count(other, 'line is', 'lines are')} no exchange, the first is line {first}", ""
        )


def records(stream: Stream, place: Keys | None = None) -> Iterator[tuple[int, Any]]:
    """The records of a log with their numbers: JSON values of lines, or of a list in a document; problems among them.

    Args:
        stream: The log, from its beginning.
        place: The keys that lead to the list, in a log that is one document.
    """
    text, encoding = utf8(stream)
    if encoding:
        yield 0, FileProblem("file.deviation", f"the log is in {encoding}", "it was read all the same")
    head = text.head.lstrip()
    if place is not None or head[:1] == b"[":
        yield from _items(text, place or ())
    elif _OPEN.match(head):
        yield from _items(text, None)
    else:
        yield from _lines(text)


#: A document over several lines, instead of one a line.
_OPEN = lazy.pattern(rb"\{\s*\n|\{[^\n]*[,{\[]\s*\n")


def _items(text: Stream, place: Place) -> Iterator[tuple[int, Any]]:
    number = 0
    try:
        for number, value in items(text, place):
            yield number, value
    except BrokenTree as error:
        yield number, FileProblem("file.unreadable", f"behind record {number}, {error}", again(number, "save it again"))


#: How `docker compose logs` begins each line, those of other services too.
_CONTAINER = lazy.pattern(rb"[\w.-]+ +\| ")


def _lines(text: Stream) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(lines(text), 1):
        if line is None:
            what = f"line {number} has more than {LINE // 1024 // 1024} MB"
            yield number, FileProblem("file.unreadable", what, "the other lines were judged")
        elif line.strip():
            try:
                yield number, values.json_in(line)
            except ValueError:
                if _CONTAINER.match(line):
                    yield number, None
                    continue
                yield number, FileProblem("file.unreadable", f"line {number} is no JSON", "the other lines were judged")


def _exchange(row: Any, mapping: Mapping, source: CaptureSource, origin: str) -> Exchange | None:
    url, status = mapping.get(row, "url"), values.number(mapping.get(row, "status"))
    sent, came = _text(mapping.get(row, "request_body")), _text(mapping.get(row, "response_body"))
    operation = source.operation or mapping.get(row, "operation")
    operation = operation if isinstance(operation, str) and operation else None
    if not (isinstance(url, str) and url) and not (operation and (sent or came)):
        return None
    unknown = tuple[tuple[Part, Recorded], ...]()
    unknown += gaps(*(part for part, name in _NAMED.items() if mapping.get(row, name) in (None, "")))
    headers = values.pairs(mapping.get(row, "request_headers"))
    body = _body(sent, headers, "request", row, mapping)
    unknown += body.gaps(Part.REQUEST_BODY)
    target = values.target(url) if isinstance(url, str) and url else ""
    method = str(mapping.get(row, "method") or "").upper()
    request, response, failure = Request(method, target, values.labelled(headers, body.data), body.data), None, ""
    if status > 0 or came:
        headers = values.pairs(mapping.get(row, "response_headers"))
        body = _body(came, headers, "response", row, mapping)
        unknown, failure = unknown + body.gaps(Part.RESPONSE_BODY), body.failure
        if not failure:
            response = Response(int(status) or 200, values.labelled(headers, body.data), body.data)
    return Exchange(
        request, response, operation, origin, "", values.seconds(mapping.get(row, "time")),
        values.duration(mapping.get(row, "elapsed")), failure, unknown,
    )  # fmt: skip


#: Parts of an exchange that a line without this member does not tell.
_NAMED = {
    Part.METHOD: "method",
    Part.REQUEST_HEADERS: "request_headers",
    Part.STATUS: "status",
    Part.RESPONSE_HEADERS: "response_headers",
    Part.TIMES: "elapsed",
}

#: How a log marks that it cut a text off.
_MARK = lazy.pattern(r"(?:\.{3}|…|[\[(<{]?\.*(?:truncated|cut off)[^\n]{0,40})\s*$", re.IGNORECASE)


def _text(value: Any) -> str:
    """A body that stands in a log as text, or as the JSON that it was."""
    if value in (None, "-"):  # access logs write a dash where there is nothing to say
        return ""
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _body(text: str, headers: Headers, side: str, row: Any, mapping: Mapping) -> ReadBody:
    """A body as far as the log has it."""
    if not text:
        return ReadBody() if announced(headers) == 0 else LEFT_OUT
    at = mapping.get(row, f"{side}_cut")
    if at is True or str(at).lower() == "true" or (0 < values.number(at) <= len(text)) or _MARK.search(text[-80:]):
        return ReadBody(how=Recorded.CUT)
    data = text.encode("utf-8", "surrogatepass")
    if str(mapping.get(row, f"{side}_encoding")).lower() in ("base64", "true"):
        packed = values.from_base64(text)
        if packed is None:
            return ReadBody(how=Recorded.ENCODED)
        data = packed
    return uncut(plain(data, headers), headers)
