"""What breaks on rare but valid input, and what breaks now and then."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from leadproof.core.exchange import Request, Response, header
from leadproof.mock.app import Mock
from leadproof.mock.defects.model import Around, Defect, Injection
from leadproof.mock.defects.written.rows import leads, operation_of, properties, row, value_of
from leadproof.mock.engine.answers import Value

#: What a framework answers where the program behind it fails.
_BROKEN = Response(500, (("content-type", "text/html"),), b"<h1>Server Error in '/' Application.</h1>")


def rows() -> Iterator[Defect]:
    """The rows of this module."""
    kind, check = "500 on valid input", "http_status"

    def fails(identifier: str, words: str, operation: str, test: Callable[[Request], bool], fmt: str = "") -> Defect:
        return row(identifier, kind, f"The service breaks on {words}.", check, operation, _broken(test), fmt=fmt)

    yield fails("fails-on-accents", "letters with accents", "create_lead", lambda request: b"\xc3" in request.body)
    yield fails(
        "fails-beyond-the-first-plane",
        "a sign beyond Unicode's first plane",
        "ping",
        lambda request: b"\xf0\x9f" in request.body or b"&#1284" in request.body,
    )
    yield fails("fails-on-many-leads", "more than twenty leads", "ping", _leads(lambda found: len(found) > 20))
    yield fails(
        "fails-on-a-large-body", "a body of more than 16 kB", "create_lead", lambda request: len(request.body) > 16_384
    )
    yield fails(
        "fails-without-aid", "a request without aid", "create_lead", _source(lambda source: "aid" not in source)
    )
    yield fails(
        "fails-on-an-empty-reference",
        "an empty reference",
        "create_lead",
        _leads(lambda found: any(properties(lead).get("reference") == "" for lead in found)),
    )
    yield fails(
        "fails-on-quotation-marks",
        "quotation marks in a field",
        "create_lead",
        _fields(lambda text: "'" in text or '"' in text),
    )
    yield fails("fails-on-line-breaks", "a line break in a field", "ping", _fields(lambda text: "\n" in text))
    yield fails("fails-on-a-long-field", "a field of 250 letters", "create_lead", _fields(lambda text: len(text) > 250))
    yield fails(
        "fails-on-unknown-fields",
        "a field that the posting document does not name",
        "ping",
        _leads(lambda found: any("Utm" in (lead.get("fields") or {}) for lead in found)),
    )
    yield fails(
        "fails-on-half-an-hour",
        "a delay that is no whole number of hours",
        "create_lead",
        _source(lambda source: source.get("sendDelay") == 0.5),
    )
    yield fails(
        "fails-on-a-charset",
        "a charset in the Content-Type",
        "create_lead",
        lambda request: "charset" in (header(request.headers, "content-type") or ""),
    )
    yield fails(
        "fails-on-text-xml",
        "the media type text/xml",
        "ping",
        lambda request: "text/xml" in (header(request.headers, "content-type") or ""),
        "xml",
    )
    yield fails(
        "fails-on-a-declaration",
        "an XML declaration",
        "create_lead",
        lambda request: request.body.startswith(b"<?xml"),
        "xml",
    )
    yield fails(
        "fails-on-line-breaks-in-json",
        "JSON with white space",
        "ping",
        lambda request: request.body.lstrip()[:2] == b"{\n",
        "json",
    )
    yield fails(
        "fails-on-the-second-lead-type",
        "leads of the second lead type",
        "create_lead",
        _source(lambda source: source.get("lid") == 2002),
    )
    kind = "fails now and then"
    yield row(
        "fails-every-tenth-time",
        kind,
        "Every tenth create fails.",
        check,
        "create_lead",
        Injection(around=lambda: _every(10)),
    )
    yield row(
        "slow-down-429",
        kind,
        "After twenty requests the service asks to slow down.",
        check,
        "create_call_lead",
        Injection(around=lambda: _from(20)),
    )


def _broken(test: Callable[[Request], bool]) -> Injection:
    def around(mock: Mock, request: Request, proceed: Callable[[Request], Response]) -> Response:
        return _BROKEN if test(request) else proceed(request)

    return Injection(around=lambda: around)


def _leads(test: Callable[[list[Value]], bool]) -> Callable[[Request], bool]:
    return lambda request: test(leads(value_of(request) or {}))


def _source(test: Callable[[Value], bool]) -> Callable[[Request], bool]:
    def found(request: Request) -> bool:
        source = (value_of(request) or {}).get("source")
        return isinstance(source, dict) and bool(source) and test(source)

    return found


def _fields(test: Callable[[str], bool]) -> Callable[[Request], bool]:
    return _leads(lambda found: any(test(str(text)) for lead in found for text in (lead.get("fields") or {}).values()))


def _every(number: int) -> Around:
    seen: list[int] = []

    def around(mock: Mock, request: Request, proceed: Callable[[Request], Response]) -> Response:
        seen.append(1)
        return proceed(request) if len(seen) % number else _BROKEN

    return around


def _from(number: int) -> Around:
    seen: list[int] = []

    def around(mock: Mock, request: Request, proceed: Callable[[Request], Response]) -> Response:
        seen.append(1)
        if len(seen) <= number or not operation_of(request):
            return proceed(request)
        return Response(429, (("content-type", "text/plain"), ("retry-after", "1")), b"slow down")

    return around
