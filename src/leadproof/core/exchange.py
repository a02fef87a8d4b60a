"""Messages as they were sent: `Request`, `Response`, and the `Exchange` that joins them.

Plain frozen data. Headers are pairs in the order sent, bodies are bytes as sent; nothing here decodes.
Named tuples where the mock's hot path builds them, because they cost a third of a frozen dataclass.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

Headers = tuple[tuple[str, str], ...]


class Request(NamedTuple):
    """An HTTP request. `target` is path and query as in the request line, percent-encoding kept."""

    method: str
    target: str
    headers: Headers = ()
    body: bytes = b""

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]


class Response(NamedTuple):
    """An HTTP response, its body with any content encoding removed."""

    status: int
    headers: Headers = ()
    body: bytes = b""


class Part(StrEnum):
    """What a recording may lack of an exchange."""

    METHOD = "the method"
    REQUEST_HEADERS = "the request's headers"
    #: The headers that carry credentials, which exporters take out of all others.
    CREDENTIALS = "the request's credentials"
    REQUEST_BODY = "the request's body"
    STATUS = "the status"
    RESPONSE_HEADERS = "the response's headers"
    RESPONSE_BODY = "the response's body"
    #: When the exchange began and how long it took.
    TIMES = "the times"


#: All of a request, and all of a response.
REQUEST = (Part.METHOD, Part.REQUEST_HEADERS, Part.REQUEST_BODY)
RESPONSE = (Part.STATUS, Part.RESPONSE_HEADERS, Part.RESPONSE_BODY)


class Recorded(StrEnum):
    """How a part of an exchange was recorded."""

    WHOLE = "recorded"
    #: It is known that nothing was sent.
    EMPTY = "empty"
    CUT = "cut off"
    #: It is there in a form from which what was sent cannot be had.
    ENCODED = "encoded"
    LEFT_OUT = "left out"


#: How the parts were recorded that are not known.
Gaps = tuple[tuple[Part, Recorded], ...]


def gaps(*parts: Part, how: Recorded = Recorded.LEFT_OUT) -> Gaps:
    """The parts as not recorded."""
    return tuple((part, how) for part in parts)


#: Of a response's body that stands alone.
BARE_RESPONSE = gaps(*REQUEST, Part.STATUS, Part.RESPONSE_HEADERS)


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and what came of it.

    What was not recorded has an empty value (a status the usual one) and stands in `unknown`: it may have been
    anything. Without method and target, a request was not recorded at all; nor was a response of None without a
    `failure`.
    """

    request: Request
    #: None when no response arrived; `failure` then says why.
    response: Response | None
    #: The id of the operation that the sender meant, where it is known.
    operation: str | None = None
    #: Where the exchange comes from: `capture.har#3`, `certify: ping, accepted, json`.
    origin: str = ""
    #: What the sender aimed at: "accepted", "refused", or "" where nobody knows.
    intent: str = ""
    #: Seconds from the Unix epoch to the first byte of the request.
    started: float = 0.0
    #: Seconds from the first byte of the request to the last byte of the response.
    elapsed: float = 0.0
    #: Why there is no response, as a finding kind such as `transport.timeout`.
    failure: str = ""
    #: The parts that were not recorded as they were; everything else is known, be it empty.
    unknown: Gaps = ()
    #: What is wrong with the bytes of the response, where somebody saw them.
    problems: tuple[WireProblem, ...] = ()

    def __post_init__(self) -> None:
        if not (self.request.method or self.request.target or self.unknown):
            lost = REQUEST[:2] if self.request.body else REQUEST
            object.__setattr__(self, "unknown", gaps(*lost))

    @property
    def garbled(self) -> bool:
        """Did the body not arrive as it was meant, so that what is wrong with it is said already?"""
        return any(row.kind.startswith(_GARBLED) and not row.observed for row in self.problems)

    def knows(self, *parts: Part) -> bool:
        """Were all of these parts recorded?"""
        return not self.unknown or not any(_covers(gap, part) for gap, _ in self.unknown for part in parts)

    def recorded(self, part: Part) -> Recorded:
        """How a part was recorded."""
        for gap, how in self.unknown:
            if _covers(gap, part):
                return how
        message = self.request if part in REQUEST else self.response
        bodies = (Part.REQUEST_BODY, Part.RESPONSE_BODY)
        return Recorded.EMPTY if part in bodies and message is not None and not message.body else Recorded.WHOLE

    def missing(self) -> str:
        """What was not recorded, in words."""
        lost = [part if how is Recorded.LEFT_OUT else f"{part} ({how})" for part, how in self.unknown]
        lost += ["the response"] if self.response is None else []
        return f"not recorded: {', '.join(lost)}" if lost else "it gives no occasion"


#: First parts of the kinds of problems after which a body is not what was meant.
_GARBLED = ("framing.", "encoding.", "charset.")


def _covers(gap: Part, part: Part) -> bool:
    return gap is part or (part is Part.CREDENTIALS and gap is Part.REQUEST_HEADERS)


class WireProblem(NamedTuple):
    """Something wrong with the bytes of a response, as a raw socket or the text of a message shows it.

    `kind` is a key of `findings.KINDS`.
    """

    kind: str
    message: str
    expected: str
    actual: str
    #: Allowed, and yet worth knowing: an observation, no finding.
    observed: bool = False


def header(headers: Headers, name: str) -> str | None:
    """The first value of a header; names are compared without case (RFC 9110, section 5.1)."""
    wanted = name.lower()
    for key, value in headers:
        if key.lower() == wanted:
            return value
    return None


def headers(pairs: Mapping[str, str] | Iterable[tuple[str, str]]) -> Headers:
    """Header pairs from a mapping or from pairs."""
    return tuple(pairs.items() if isinstance(pairs, Mapping) else pairs)


def media_type(content_type: str | None) -> str:
    """The media type without parameters, lower case; empty if there is none (RFC 9110, section 8.3.1)."""
    return (content_type or "").partition(";")[0].strip().lower()


#: Media types that mean a format; the first of each is the one we send.
MEDIA_TYPES: dict[str, tuple[str, ...]] = {
    "json": ("application/json", "text/json"),
    "xml": ("application/xml", "text/xml"),
}

_FORMAT_OF = {name: fmt for fmt, names in MEDIA_TYPES.items() for name in names}


def format_of(content_type: str | None) -> str | None:
    """ "json", "xml" or None for a Content-Type, structured suffixes included (RFC 6839)."""
    name = media_type(content_type)
    if name in _FORMAT_OF:
        return _FORMAT_OF[name]
    if name.endswith("+json"):
        return "json"
    return "xml" if name.endswith("+xml") else None


def format_of_body(headers: Headers, body: bytes) -> str | None:
    """The format of a body: by its Content-Type, or by its first character where there is none."""
    content_type = header(headers, "content-type")
    if content_type:
        return format_of(content_type)
    first = body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    return {b"{": "json", b"[": "json", b"<": "xml"}.get(first)
