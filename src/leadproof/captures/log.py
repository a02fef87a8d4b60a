"""Logs of JSON lines, whoever wrote them: a mapping file says which member is what."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import orjson

from leadproof.captures import values
from leadproof.captures.mapping import Mapping
from leadproof.captures.model import CaptureSource, FileProblem
from leadproof.captures.recorded import LEFT_OUT, ReadBody, announced, plain, uncut
from leadproof.captures.streams import LINE, Stream, lines, utf8
from leadproof.core.exchange import Exchange, Headers, Part, Recorded, Request, Response, gaps
from leadproof.core.text import count


def read_log(stream: Stream, source: CaptureSource) -> Iterator[Exchange | FileProblem]:
    """The exchanges of a log. Lines without a request (start-up messages and the like) are counted and named once."""
    if source.mapping is None:
        yield FileProblem(
            "file.unrecognised", "the file is a log of JSON lines, and nothing says what in it is what",
            "name a mapping with --mapping FILE; leadproof validate --help shows one",
        )  # fmt: skip
        return
    text, encoding = utf8(stream)
    if encoding:
        yield FileProblem("file.deviation", f"the log is in {encoding}", "it was read all the same")
    other, first, found = 0, 0, 0
    for number, line in enumerate(lines(text), 1):
        if line is None:
            what = f"line {number} has more than {LINE // 1024 // 1024} MB"
            yield FileProblem("file.unreadable", what, "the other lines were judged")
            continue
        if not line.strip():
            continue
        try:
            row = orjson.loads(line)
        except orjson.JSONDecodeError:
            yield FileProblem("file.unreadable", f"line {number} is no JSON", "the other lines were judged")
            continue
        exchange = _exchange(row, source.mapping, source, f"{source.name}#{number}")
        if exchange is None:
            other, first = other + 1, first or number
        else:
            found += 1
            yield exchange
    if other and not found:
        yield FileProblem(
            "file.unrecognised",
            f"no line of {count(other, 'line')} has what the mapping names",
            "compare it with a line",
        )
    elif other:
        yield FileProblem(
            "file.deviation", f"{count(other, 'line is', 'lines are')} no exchange, the first is line {first}", ""
        )


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
    request, response, failure = Request(method, target, _labelled(headers, body.data), body.data), None, ""
    if status > 0 or came:
        headers = values.pairs(mapping.get(row, "response_headers"))
        body = _body(came, headers, "response", row, mapping)
        unknown, failure = unknown + body.gaps(Part.RESPONSE_BODY), body.failure
        if not failure:
            response = Response(int(status) or 200, _labelled(headers, body.data), body.data)
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
_MARK = re.compile(r"(?:\.{3}|…|[\[(<{]?\.*(?:truncated|cut off)[^\n]{0,40})\s*$", re.IGNORECASE)


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


def _labelled(found: Headers, body: bytes) -> Headers:
    """Headers; where the log has none, the Content-Type that the body shows."""
    first = body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if found or first not in (b"{", b"[", b"<"):
        return found
    return (("content-type", "application/xml" if first == b"<" else "application/json"),)
