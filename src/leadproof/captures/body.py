"""A file that holds one body and nothing else: a response or a request, with or without a word about its operation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from leadproof.bodies import MAX_BODY
from leadproof.captures.model import CaptureSource, FileProblem
from leadproof.captures.recorded import ReadBody, uncut
from leadproof.captures.streams import Stream
from leadproof.core.exchange import BARE_RESPONSE, Exchange, Part, Recorded, Request, Response
from leadproof.judge.recognition import recognise

_HEAD = 4096


def read_body(stream: Stream, source: CaptureSource) -> Iterator[Exchange | FileProblem]:
    """One body. Without an operation it is recognised by its shape; where that fits several, all are named."""
    data = stream.read(MAX_BODY + 1)
    while len(data) <= MAX_BODY and (more := stream.read(MAX_BODY + 1 - len(data))):
        data += more
    if len(data) > MAX_BODY:
        hint = "is it one body? of recordings, known formats are HAR, NDJSON, mitmproxy flows and HTTP messages"
        yield FileProblem("file.unreadable", f"the body has more than {MAX_BODY} bytes", hint)
        return
    if not data and source.operation is None:
        piped = source.name == "standard input"
        hint = "did the command before the pipe fail?" if piped else "was it saved whole?"
        yield FileProblem("file.unrecognised", "nothing arrived" if piped else "the file is empty", hint)
        return
    first = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    fmt = "xml" if first == b"<" or (source.name.lower().endswith(".xml") and first not in (b"{", b"[")) else "json"
    kind = (("content-type", f"application/{fmt}"),)
    if _is_request(data, fmt):
        exchange = Exchange(Request("", "", kind, data), None, source.operation, source.name)
    else:
        response = Response(200, kind, data)
        exchange = Exchange(Request("", ""), response, source.operation, source.name, unknown=BARE_RESPONSE)
    body = uncut(ReadBody(data), ())
    if source.operation is None and not (found := recognise(exchange)).candidates:
        yield FileProblem(
            found.kind, f"the file is no known recording, and as a bare body {found.reason}",
            "name it with --operation, such as --operation create_lead",
        )  # fmt: skip
        return
    if body.how is not Recorded.WHOLE:
        yield FileProblem("file.deviation", f"the body {body.words}", "save it whole")
        exchange = _without_body(exchange, body)
    yield exchange


def _without_body(exchange: Exchange, body: ReadBody) -> Exchange:
    operation = exchange.operation or recognise(exchange).candidates[0]
    if exchange.response is None:
        unknown = (*exchange.unknown, *body.gaps(Part.REQUEST_BODY))
        return replace(exchange, operation=operation, unknown=unknown, request=exchange.request._replace(body=b""))
    unknown = (*exchange.unknown, *body.gaps(Part.RESPONSE_BODY))
    return replace(exchange, operation=operation, unknown=unknown, response=exchange.response._replace(body=b""))


def _is_request(data: bytes, fmt: str) -> bool:
    head = data[:_HEAD]
    return b"<Leads" in head if fmt == "xml" else b'"leads"' in data and b'"results"' not in head
