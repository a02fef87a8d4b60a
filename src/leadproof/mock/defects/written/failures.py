"""What breaks on rare but valid input, and what breaks now and then."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

from leadproof.core.exchange import Request, Response
from leadproof.mock.app import Mock
from leadproof.mock.defects.model import Around, Injection
from leadproof.mock.defects.written.inbound import (
    Proceed,
    instead,
    leads,
    media_of,
    operation_of,
    properties,
    source,
    value_of,
)
from leadproof.mock.defects.written.rows import D, Table
from leadproof.mock.engine.responses import Value

#: What a framework sends where the program behind it fails.
_BROKEN = Response(500, (("content-type", "text/html"),), b"<h1>Server Error in '/' Application.</h1>")
_BUSY = Response(429, (("content-type", "text/plain"), ("retry-after", "1")), b"slow down")

Test = Callable[[Request], Any]


def _breaks(identifier: str, operation: str, test: Test, words: str, media: str = "") -> D:
    """A row of a service that breaks on some requests."""

    def around(mock: Mock, request: Request, proceed: Proceed) -> Response:
        return _BROKEN if test(request) else proceed(request)

    return D(identifier, operation, "http_status", instead(around), f"The service breaks on {words}.", media)


def _leads(test: Callable[[list[Value]], bool]) -> Test:
    return lambda request: test(leads(value_of(request) or {}))


def _source(test: Callable[[Value], bool]) -> Test:
    def found(request: Request) -> bool:
        sent = source(value_of(request) or {})
        return bool(sent) and test(sent)

    return found


def _sent(lead: Value) -> Value:
    return lead.get("fields") or {}


def _fields(test: Callable[[str], bool]) -> Test:
    return _leads(lambda found: any(test(str(text)) for lead in found for text in _sent(lead).values()))


def _now_and_then(response: Response, test: Callable[[int, Request], Any]) -> Injection:
    """Another response to some requests, told by their number."""

    def begin() -> Around:
        numbers = count(1)

        def around(mock: Mock, request: Request, proceed: Proceed) -> Response:
            return response if test(next(numbers), request) else proceed(request)

        return around

    return Injection(around=begin)


TABLE: Table = {
    "500 on valid input": (
        _breaks("fails-on-accents", "create_lead", lambda request: b"\xc3" in request.body,
                "letters with accents"),
        _breaks("fails-beyond-the-first-plane", "ping",
                lambda request: b"\xf0\x9f" in request.body or b"&#1284" in request.body,
                "a sign beyond Unicode's first plane"),
        _breaks("fails-on-many-leads", "ping", _leads(lambda found: len(found) > 20),
                "more than twenty leads"),
        _breaks("fails-on-a-large-body", "create_lead", lambda request: len(request.body) > 16_384,
                "a body of more than 16 kB"),
        _breaks("fails-without-aid", "create_lead", _source(lambda source: "aid" not in source),
                "a request without aid"),
        _breaks("fails-on-an-empty-reference", "create_lead",
                _leads(lambda found: any(properties(lead).get("reference") == "" for lead in found)),
                "an empty reference"),
        _breaks("fails-on-quotation-marks", "create_lead", _fields(lambda text: "'" in text or '"' in text),
                "quotation marks in a field"),
        _breaks("fails-on-line-breaks", "ping", _fields(lambda text: "\n" in text),
                "a line break in a field"),
        _breaks("fails-on-a-long-field", "create_lead", _fields(lambda text: len(text) > 250),
                "a field of 250 letters"),
        _breaks("fails-on-unknown-fields", "ping", _leads(lambda found: any("Utm" in _sent(lead) for lead in found)),
                "a field that the posting document does not name"),
        _breaks("fails-on-half-an-hour", "create_lead", _source(lambda source: source.get("sendDelay") == 0.5),
                "a delay that is no whole number of hours"),
        _breaks("fails-on-a-charset", "create_lead", lambda request: "charset" in media_of(request),
                "a charset in the Content-Type"),
        _breaks("fails-on-text-xml", "ping", lambda request: "text/xml" in media_of(request),
                "the media type text/xml", "xml"),
        _breaks("fails-on-a-declaration", "create_lead", lambda request: request.body.startswith(b"<?xml"),
                "an XML declaration", "xml"),
        _breaks("fails-on-line-breaks-in-json", "ping", lambda request: request.body.lstrip()[:2] == b"{\n",
                "JSON with white space", "json"),
        _breaks("fails-on-the-second-lead-type", "create_lead", _source(lambda source: source.get("lid") == 2002),
                "leads of the second lead type"),
    ),
    "fails now and then": (
        D("fails-every-tenth-time", "create_lead", "http_status",
          _now_and_then(_BROKEN, lambda number, request: number % 10 == 0),
          "Every tenth create fails."),
        D("slow-down-429", "create_call_lead", "http_status",
          _now_and_then(_BUSY, lambda number, request: number > 20 and operation_of(request)),
          "After twenty requests the service asks to slow down."),
    ),
}  # fmt: skip
