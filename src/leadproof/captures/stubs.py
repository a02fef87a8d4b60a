"""Recordings that became stubs: WireMock's mappings and Hoverfly's simulations.

Both say which requests are met (by patterns) and what is responded. Only what a recording writes is read: patterns that
one request was turned into, and a response with a status and a body. Stubs written by hand did not happen.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from leadproof.captures import values
from leadproof.captures.documents import DocumentFormat, NotRecordedError, RawExchange
from leadproof.captures.model import CaptureSource, FileProblem
from leadproof.captures.shapes import top_names
from leadproof.captures.streams import Stream
from leadproof.core.exchange import Exchange, Headers, Part

#: Headers of requests are in a recording as far as it was told to take them.
_CHOSEN = (Part.REQUEST_HEADERS,)

_BY_HAND = "is a stub written by hand, not the recording of an exchange"


# ---- WireMock --------------------------------------------------------------------------------------------------------

#: Matchers of a body that hold the body as it came.
_WHOLE = ("equalToJson", "equalToXml", "equalTo")


def _mapping(item: dict[str, Any], source: CaptureSource) -> RawExchange:
    sent, came = values.mapping(item.get("request")), values.mapping(item.get("response"))
    url = sent.get("url", sent.get("urlPath"))
    if not isinstance(url, str) or not isinstance(came.get("status"), int):
        raise NotRecordedError(_BY_HAND)
    if "jsonBody" in came or came.get("transformers"):
        raise NotRecordedError("makes its response anew each time: what the service sent is not in it")
    headers = sent.get("headers")
    return RawExchange(
        str(sent.get("method") or ""),
        url,
        _exact(headers) if isinstance(headers, dict) else None,
        _pattern(sent.get("bodyPatterns")),
        came["status"],
        values.pairs(came.get("headers")),
        _body(came, source),
        lost=_CHOSEN,
    )


def _exact(headers: dict[str, Any]) -> Headers:
    pairs = [(name, values.mapping(one).get("equalTo")) for name, one in headers.items()]
    return tuple((name, value) for name, value in pairs if isinstance(value, str))


def _pattern(patterns: Any) -> bytes | None:
    if not patterns:
        return b""
    pattern = values.mapping(patterns[0])
    text = next((pattern[name] for name in _WHOLE if isinstance(pattern.get(name), str)), None)
    if text is None and isinstance(pattern.get("binaryEqualTo"), str):
        return values.from_base64(pattern["binaryEqualTo"])
    return None if text is None else text.encode("utf-8", "surrogatepass")


def _body(came: dict[str, Any], source: CaptureSource) -> bytes | None:
    if isinstance(came.get("bodyFileName"), str):
        return source.attached(f"__files/{came['bodyFileName']}")
    if isinstance(came.get("base64Body"), str):
        return values.from_base64(came["base64Body"])
    body = came.get("body")
    return b"" if body is None else values.encoded(body, values.pairs(came.get("headers")))


def read_wiremock(stream: Stream, source: CaptureSource) -> Iterator[Exchange | FileProblem]:
    """One mapping, or a list of them, which WireMock writes with the last one first."""
    if "mappings" not in top_names(stream.head):
        yield from DocumentFormat("mapping", (None,), _mapping)(stream, source)
        return
    found = list(DocumentFormat("mapping", (("mappings",),), _mapping)(stream, source))
    yield from (one for one in found if isinstance(one, FileProblem))
    yield from (one for one in reversed(found) if isinstance(one, Exchange))


# ---- Hoverfly --------------------------------------------------------------------------------------------------------

#: Matchers that hold what came; the form of the first versions is a member of its own.
_SAME = ("exact", "json", "xml")


def _pair(item: dict[str, Any], source: CaptureSource) -> RawExchange:
    sent, came = item["request"], item["response"]
    if came.get("templated"):
        raise NotRecordedError("makes its response anew each time: what the service sent is not in it")
    path = _value(sent.get("path"))
    if path is None:
        raise NotRecordedError(_BY_HAND)
    query = sent.get("query")
    if isinstance(query, dict):
        query = "&".join(f"{name}={_value(value) or ''}" for name, value in query.items())
    else:
        query = _value(query)
    headers, text = sent.get("headers"), _value(sent.get("body", ""))
    response_headers = values.pairs(came.get("headers"))
    return RawExchange(
        _value(sent.get("method")) or "",
        path + (f"?{query}" if query else ""),
        tuple((name, _value(value) or "") for name, value in headers.items()) if headers else None,
        None if text is None else text.encode("utf-8", "surrogatepass"),
        int(came["status"]),
        response_headers,
        _response(came, response_headers, source),
        lost=_CHOSEN,
    )


def _value(found: Any) -> str | None:
    """What a matcher stands for, in any version of the format; None for a pattern."""
    if isinstance(found, list) and len(found) == 1:
        found = found[0]
    match found:
        case str():
            return found
        case {"matcher": str(kind), "value": str(value)} if kind in _SAME:
            return value
        case {"exactMatch": str(value)} | {"jsonMatch": str(value)} | {"xmlMatch": str(value)}:
            return value
        case _:
            return None


def _response(came: dict[str, Any], headers: Headers, source: CaptureSource) -> bytes | None:
    if isinstance(came.get("bodyFile"), str):
        return source.attached(came["bodyFile"])
    body = str(came.get("body") or "")
    return values.from_base64(body) if came.get("encodedBody") is True else values.encoded(body, headers)


#: The reader of Hoverfly's simulations.
read_hoverfly = DocumentFormat("pair", (("data", "pairs"),), _pair)
