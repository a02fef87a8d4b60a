"""Messages as they were sent: `Request`, `Response`, and the `Exchange` that joins them.

Plain frozen data. Headers are pairs in the order sent, bodies are bytes as sent; nothing here decodes.
Named tuples where the mock's hot path builds them, because they cost a third of a frozen dataclass.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and what came of it."""

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


@dataclass(frozen=True, slots=True)
class WireProblem:
    """Something wrong with the bytes of a response, as only a raw socket shows it.

    `kind` is a key of `findings.KINDS`.
    """

    kind: str
    message: str
    expected: str
    actual: str


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
