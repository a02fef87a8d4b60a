"""Logs of JSON lines, whoever wrote them: a mapping file says which member is what."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from leadproof.captures import values
from leadproof.captures.mapping import Mapping
from leadproof.captures.model import CaptureSource, FileProblem
from leadproof.captures.streams import LINE, Stream, lines, utf8
from leadproof.core.exchange import Exchange, Headers, Request, Response, header
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
    url, status = mapping.get(row, "url"), mapping.get(row, "status")
    body, response_body = _bytes(mapping.get(row, "request_body")), _bytes(mapping.get(row, "response_body"))
    operation = source.operation or mapping.get(row, "operation")
    operation = operation if isinstance(operation, str) and operation else None
    if not (isinstance(url, str) and url) and not (operation and (body or response_body)):
        return None
    headers = _headers(mapping.get(row, "request_headers"), body)
    target = values.target(url) if isinstance(url, str) and url else ""
    # Without a method, nothing is said about headers that the log does not have.
    method = str(mapping.get(row, "method") or "").upper() if mapping.knows("request_headers") else ""
    response = None
    if values.number(status) > 0 or response_body:
        pairs = _headers(mapping.get(row, "response_headers"), response_body)
        plain, wrong = values.plain(response_body, pairs)
        response = None if wrong or plain is None else Response(int(values.number(status)) or 200, pairs, plain)
        if not response_body and not mapping.knows("response_body"):
            response = None  # the log does not say what the response was
    return Exchange(
        Request(method, target, headers, body), response, operation, origin, "",
        values.seconds(mapping.get(row, "time")), values.duration(mapping.get(row, "elapsed")),
    )  # fmt: skip


def _bytes(value: Any) -> bytes:
    """A body that stands in a log as text, or as the JSON that it was."""
    if value is None:
        return b""
    return value.encode("utf-8", "surrogatepass") if isinstance(value, str) else orjson.dumps(value)


def _headers(value: Any, body: bytes) -> Headers:
    """Headers; where the log has none, the Content-Type that the body shows."""
    found = values.pairs(value)
    if body and not found and header(found, "content-type") is None:
        first = body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
        if first in (b"{", b"[", b"<"):
            return (("content-type", "application/xml" if first == b"<" else "application/json"),)
    return found
