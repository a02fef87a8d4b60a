"""Start lines and headers on their way through the recorder (RFC 9110, section 7.6; RFC 9112). Pure.

What concerns one connection only stays behind, the host becomes the target's; nothing is added, not even a `Via`,
since some services respond differently when they see one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from http import HTTPStatus

import orjson

from leadproof.http.plan import ConnectionPlan
from leadproof.http.server import Pairs
from leadproof.mock.engine.problems import MEDIA_TYPE

#: Headers that end at the next hop (RFC 9110, section 7.6.1), beside those that Connection names.
HOP = frozenset({b"connection", b"proxy-connection", b"keep-alive", b"te", b"transfer-encoding", b"upgrade"})

#: Headers that frame, route or describe a message. Named in Connection they stay all the same: without them the next
#: hop would read another message than was recorded (RFC 9110, section 7.6.1: they are no connection options).
KEPT = frozenset({
    b"content-encoding", b"content-length", b"content-range", b"content-type", b"expect", b"host", b"location",
    b"trailer",
})  # fmt: skip

#: Scheme and authority of an absolute request target.
_ORIGIN = re.compile(rb"https?://[^/?#]*", re.IGNORECASE)

#: Content codings that can be undone for the judge.
READ_HERE = (b"gzip", b"x-gzip", b"deflate", b"identity", b"*", b"")

#: Titles of the problem documents with which the recorder responds in the target's place.
TITLES: dict[int, str] = {
    400: "The request is no valid HTTP message",
    421: "The request is for another host",
    431: "The request's headers are too large",
    501: "The recorder does not speak this",
    502: "The recorder got no usable response from the target",
    503: "The recording is over",
    504: "The target did not respond in time",
    505: "The HTTP version is not spoken here",
    508: "The recorder is its own target",
}


def end_to_end(pairs: Iterable[tuple[bytes, bytes]]) -> Pairs:
    """The headers that go on to the next hop; a length is written in the one way that everybody reads alike."""
    pairs = list(pairs)
    named = {
        token.strip().lower() for name, value in pairs if name.lower() == b"connection" for token in value.split(b",")
    }
    gone = HOP | (named - KEPT) if named else HOP
    kept = []
    for name, value in pairs:
        lower = name.lower()
        if lower not in gone:
            kept.append((name, b"%d" % int(value)) if lower == b"content-length" else (name, value))
    return kept


def end_to_end_trailers(pairs: Iterable[tuple[bytes, bytes]]) -> Pairs:
    """The trailers that go on: none that would frame or route a message if it were merged into the headers (RFC 9110,
    section 6.5.1).
    """
    return [pair for pair in pairs if pair[0].lower() not in HOP and pair[0].lower() not in KEPT]


def ambiguous(version: str, target: bytes, coding: bytes) -> str:
    """Why two readers might take a request for different ones, though the parser took it; "" for every other.

    Args: the HTTP version such as "1.1", the request target, and Transfer-Encoding, "" for none.
    """
    if not target.startswith(b"/") and target != b"*" and not _ORIGIN.match(target):
        return "the request target is no path and no http or https URL"
    if coding and version == "1.0":  # RFC 9112, section 6.1
        return "HTTP/1.0 has no Transfer-Encoding"
    return ""


def to_target(plan: ConnectionPlan, target: bytes, pairs: Iterable[tuple[bytes, bytes]]) -> tuple[bytes, Pairs]:
    """Request target and headers as the target gets them.

    An absolute request target (RFC 9112, section 3.2.2) loses its origin: there is one target, whatever it names. What
    a gateway in front of it asks for takes the place of what the client sent under that name.
    """
    absolute = _ORIGIN.match(target)
    if absolute:
        target = target[absolute.end() :]
        target = target if target.startswith(b"/") else b"/" + target
    if target != b"*":
        target = plan.prefix.encode() + target
    added = [(name.encode(), value.encode()) for name, value in plan.headers]
    sent: Pairs = [(b"Host", plan.authority.encode()), *added]
    ours = {name.lower() for name, _ in sent}
    for name, value in end_to_end(pairs):
        lower = name.lower()
        if lower in ours:
            continue
        sent.append((name, _codings(value)) if lower == b"accept-encoding" else (name, value))
    return target, sent


def _codings(accepted: bytes) -> bytes:
    """Accept-Encoding without what could not be undone for the judge; without any, `identity`."""
    kept = [one for one in accepted.split(b",") if one.partition(b";")[0].strip().lower() in READ_HERE]
    return accepted if len(kept) == accepted.count(b",") + 1 else b",".join(kept).strip() or b"identity"


def request_head(method: bytes, target: bytes, pairs: Pairs, *, chunked: bool) -> bytes:
    """The head of a request."""
    lines = [b"%b %b HTTP/1.1\r\n" % (method, target), *(b"%b: %b\r\n" % pair for pair in pairs)]
    return b"".join([*lines, b"Transfer-Encoding: chunked\r\n\r\n" if chunked else b"\r\n"])


def response_head(status: int, reason: bytes, pairs: Pairs, *, chunked: bool, connection: bytes = b"") -> bytes:
    """The head of a response; `connection` is what the client is told about its own connection."""
    pairs = end_to_end(pairs)
    if status < 200 or status == 204:  # neither has a body or a length (RFC 9110, section 8.6)
        pairs = [pair for pair in pairs if pair[0].lower() != b"content-length"]
    lines = [b"HTTP/1.1 %d %b\r\n" % (status, reason), *(b"%b: %b\r\n" % pair for pair in pairs)]
    if chunked:
        lines.append(b"Transfer-Encoding: chunked\r\n")
    lines.append(b"Connection: %b\r\n\r\n" % connection if connection else b"\r\n")
    return b"".join(lines)


def chunk(data: bytes) -> bytes:
    """A piece of a body in the chunked transfer coding (RFC 9112, section 7.1)."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def last_chunk(trailers: Pairs) -> bytes:
    """The end of a chunked body."""
    return b"".join([b"0\r\n", *(b"%b: %b\r\n" % pair for pair in end_to_end_trailers(trailers)), b"\r\n"])


def problem(status: int, detail: str, **members: object) -> bytes:
    """A whole response of the recorder's own (RFC 9457), after which the connection is closed."""
    body = problem_body(status, detail, **members)
    pairs = [(b"Content-Type", MEDIA_TYPE.encode()), (b"Content-Length", b"%d" % len(body))]
    return response_head(status, HTTPStatus(status).phrase.encode(), pairs, chunked=False, connection=b"close") + body


def problem_body(status: int, detail: str, **members: object) -> bytes:
    """A problem document that says that it is the recorder's."""
    body = {
        "type": f"urn:leadproof:recorder:{status}",
        "title": TITLES[status],
        "status": status,
        "detail": detail,
        **{name: value for name, value in members.items() if value},
    }
    return orjson.dumps(body)
