"""A file that holds one body and nothing else: a response or a request, with or without a word about its operation.

A body is one as a whole: it begins with the first character of a JSON or XML document, ends with its last, and its top
level is one that the API has. What is wrapped in something else is not what the service sent.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace

import orjson

from leadproof.bodies import MAX_BODY
from leadproof.captures.model import CaptureSource, FileProblem
from leadproof.captures.recorded import ReadBody, uncut
from leadproof.captures.shapes import is_documented, is_request, root_name, top_names
from leadproof.captures.strangers import stranger
from leadproof.captures.streams import Stream
from leadproof.core.exchange import BARE_RESPONSE, Exchange, Part, Recorded, Request, Response
from leadproof.judge.recognition import recognise

_BLANK = b"\xef\xbb\xbf \t\r\n"
_WHAT = "name a recording of a tool, or a body alone: leadproof validate --help says which are read"
_NAME_IT = "name it with --operation, such as --operation create_lead"


def read_body(stream: Stream, source: CaptureSource) -> Iterator[Exchange | FileProblem]:
    """One body. Without an operation it is recognised by its shape; where that fits several, all are named."""
    data = stream.read(MAX_BODY + 1)
    while len(data) <= MAX_BODY and (more := stream.read(MAX_BODY + 1 - len(data))):
        data += more
    if len(data) > MAX_BODY:
        hint = "is it one body? the formats that are read are in leadproof validate --help"
        yield FileProblem("file.unreadable", f"the body has more than {MAX_BODY} bytes", hint)
        return
    if not data and source.operation is None:
        piped = source.name == "standard input"
        hint = "did the command before the pipe fail?" if piped else "was it saved whole?"
        yield FileProblem("file.unrecognised", "nothing arrived" if piped else "the file is empty", hint)
        return
    if problem := _other(data, source):
        yield problem
        return
    first = data.lstrip(_BLANK)[:1]
    fmt = "xml" if first == b"<" or (source.name.lower().endswith(".xml") and first not in (b"{", b"[")) else "json"
    kind = (("content-type", f"application/{fmt}"),)
    if is_request(data):
        exchange = Exchange(Request("", "", kind, data), None, source.operation, source.name)
    else:
        response = Response(200, kind, data)
        exchange = Exchange(Request("", ""), response, source.operation, source.name, unknown=BARE_RESPONSE)
    body = uncut(ReadBody(data), ())
    if source.operation is None and not (found := recognise(exchange)).candidates:
        yield FileProblem(found.kind, f"the file is no known recording, and as a bare body {found.reason}", _NAME_IT)
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


def _other(data: bytes, source: CaptureSource) -> FileProblem | None:
    """Why a file is no bare body. Where its operation was named, only what is known to be something else is refused."""
    documented = is_documented(data)
    if not documented and (known := stranger(data[:4096])) and not (source.operation and known.body):
        return FileProblem("file.unrecognised", f"it is {known.what}", known.hint)
    if source.operation is not None:
        return None
    if data.lstrip(_BLANK)[:1] not in (b"{", b"[", b"<"):
        if b"\0" in data and data[:2] not in (b"\xfe\xff", b"\xff\xfe"):
            return FileProblem("file.unrecognised", "it is no text", _WHAT)
        place = re.search(rb"[{<]", data)
        hint = "save the body alone, from its first { or < to its last } or >" if place else _WHAT
        return FileProblem("file.unrecognised", "it is text, and no document in JSON or XML", hint)
    if not documented:
        what = "the file is no known recording, and as a bare body its shape is that of no documented operation"
        log = "if it is a log, leadproof mapping suggest FILE writes what --mapping needs"
        return FileProblem("file.unrecognised", what, f"{_NAME_IT}; {log}" if top_names(data) else _NAME_IT)
    if _goes_on(data):
        hint = "save the body alone; if the service sent it so, name the --operation"
        return FileProblem("file.unrecognised", "there is text behind the document in it", hint)
    return None


def _goes_on(data: bytes) -> bool:
    """Does something stand behind the document?"""
    text = data.strip(_BLANK)
    if text.startswith(b"<"):
        ends = [*re.finditer(rb"</(?:[\w.-]+:)?%b\s*>" % re.escape(root_name(text).encode()), text)]
        return bool(ends) and bool(re.sub(rb"(?s)<!--.*?-->|<\?.*?\?>", b"", text[ends[-1].end() :]).strip())
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        decoded = text.decode("utf-8", "replace")
        try:
            return json.JSONDecoder(strict=False).raw_decode(decoded)[1] < len(decoded)
        except (ValueError, RecursionError):
            return False
    return False
