"""Which representation a request is in, and which one its response shall be in: Content-Type and Accept.

RFC 9110, sections 8.3 and 12.5.1. Formats are "json" and "xml"; a response keeps the very media type that was asked
for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from leadproof.core.exchange import MEDIA_TYPES, Headers, format_of, header
from leadproof.core.operations import Operation
from leadproof.mock.engine.problems import Refused

_CHARSET = re.compile(r"charset\s*=\s*\"?([^\s\";,]+)", re.IGNORECASE)


class Representations(NamedTuple):
    """Representation of a request and of its response."""

    #: "json" or "xml"; "json" where a request has no body.
    request: str
    #: Encoding that the Content-Type names, lower case, or None.
    charset: str | None
    response: str
    #: The response's Content-Type.
    content_type: str


def negotiate(operation: Operation, headers: Headers) -> Representations:
    """The representations of a request to an operation and of its response.

    Raises:
        Refused: 415 for a Content-Type or Content-Encoding that is missing or not read, 406 for an Accept that
            nothing fits.
    """
    request, charset = "json", None
    if operation.body:
        content_type = header(headers, "content-type")
        found = format_of(content_type)
        if found is None or found not in operation.media:
            said = f"not {content_type.strip()[:100]}" if content_type and content_type.strip() else "none was named"
            raise Refused(
                415,
                f"{operation.heading} takes {' or '.join(_first(one) for one in operation.media)}; {said}",
                (("accept", ", ".join(_first(one) for one in operation.media)),),
            )
        coding = (header(headers, "content-encoding") or "identity").strip().lower()
        if coding != "identity":
            raise Refused(415, f"the content coding {coding[:40]} is not read", (("accept-encoding", "identity"),))
        match = _CHARSET.search(content_type or "")
        request, charset = found, match[1].lower() if match else None
    accept = ", ".join(value for name, value in headers if name.lower() == "accept")
    media_type = _preferred(accept, _offered(operation, request))
    if media_type is None:
        offered = " or ".join(_first(one) for one in operation.media)
        raise Refused(406, f"{operation.heading} responds in {offered}; Accept names neither: {accept[:100]}")
    response = format_of(media_type) or request
    return Representations(request, charset, response, f"{media_type}; charset=utf-8")


def _first(fmt: str) -> str:
    return MEDIA_TYPES[fmt][0]


def _offered(operation: Operation, request: str) -> list[str]:
    """Media types of the response, the request's own format first: it wins where the client does not care."""
    formats = sorted(operation.media, key=lambda fmt: fmt != request)
    return [name for fmt in formats for name in MEDIA_TYPES[fmt]]


def _preferred(accept: str, offered: Iterable[str]) -> str | None:
    ranges = list(_ranges(accept)) or [("*/*", 1.0)]
    best, best_weight = None, 0.0
    for name in offered:
        weight = _weight(name, ranges)
        if weight > best_weight:
            best, best_weight = name, weight
    return best


def _ranges(accept: str) -> Iterable[tuple[str, float]]:
    for part in accept.split(","):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        if name:
            weight = 1.0
            for parameter in parameters:
                key, _, text = parameter.partition("=")
                if key.strip() == "q":
                    weight = _number(text)
            # Java's HttpURLConnection sends a bare "*", which older clients mean as */*.
            yield ("*/*" if name == "*" else name), weight


def _number(text: str) -> float:
    try:
        weight = float(text)
    except ValueError:
        return 0.0
    return weight if 0 <= weight <= 1 else 0.0


def _weight(name: str, ranges: list[tuple[str, float]]) -> float:
    """The weight of the most specific range that matches."""
    by_range = dict(ranges)
    for candidate in (name, f"{name.partition('/')[0]}/*", "*/*"):
        if candidate in by_range:
            return by_range[candidate]
    return 0.0
