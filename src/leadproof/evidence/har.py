"""A run's exchanges as a HAR file (HAR 1.2), for browsers' tools and for `leadproof validate`. Redacted as they are.

A piece at a time, so that the length of a recording does not matter. What `leadproof validate` reads out of the file is
judged as the exchanges themselves were.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from leadproof import __version__
from leadproof.exchange import Exchange, Headers, header

#: Failure of an exchange -> what Chromium writes in its place, and others read.
_ERRORS = {
    "": "net::ERR_ABORTED",
    "transport.timeout": "net::ERR_TIMED_OUT",
    "transport.refused": "net::ERR_CONNECTION_REFUSED",
    "transport.tls": "net::ERR_CERT_INVALID",
    "transport.reset": "net::ERR_CONNECTION_RESET",
    "framing.length": "net::ERR_CONTENT_LENGTH_MISMATCH",
    "framing.invalid": "net::ERR_INVALID_HTTP_RESPONSE",
    "encoding.invalid": "net::ERR_CONTENT_DECODING_FAILED",
    "encoding.too-large": "net::ERR_RESPONSE_BODY_TOO_BIG_TO_DRAIN",
}

#: Text in another charset than this would be encoded again by whoever reads the file.
_UTF8 = re.compile(r"utf-?8|us-ascii", re.IGNORECASE)
_CHARSET = re.compile(r"(?:charset|encoding)\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)


def har(exchanges: Iterable[tuple[Exchange, dict[str, Any]]], origin: str) -> Iterator[bytes]:
    """The pieces of a HAR file.

    Args:
        exchanges: Redacted exchanges, each with its row, which says what was cut.
        origin: URL of the service they went to.
    """
    parts = urlsplit(origin)
    base = f"{parts.scheme}://{parts.netloc}"
    creator = json.dumps({"name": "leadproof", "version": __version__})
    yield f'{{"log": {{"version": "1.2", "creator": {creator}, "entries": ['.encode()
    separator = b"\n"
    for exchange, row in exchanges:
        yield separator + json.dumps(entry(exchange, row, base)).encode("ascii")
        separator = b",\n"
    yield b"\n]}}\n"


def entry(exchange: Exchange, row: dict[str, Any], base: str) -> dict[str, Any]:
    """One exchange as an entry of a HAR file."""
    request, response = exchange.request, exchange.response
    started = datetime.fromtimestamp(exchange.started, UTC).isoformat(timespec="microseconds")
    milliseconds = exchange.elapsed * 1000
    sent: dict[str, Any] = {
        "method": request.method,
        "url": base + request.target,
        **_message(request.headers, row["request"], len(request.body)),
        "queryString": _pairs(parse_qsl(request.target.partition("?")[2], keep_blank_values=True)),
    }
    if request.body:
        sent["postData"] = {"params": [], **_content(request.headers, request.body, row["request"])}
    if response is None:
        came: dict[str, Any] = {
            "status": 0, "statusText": "", **_message((), {}, 0), "content": {"size": 0, "mimeType": ""},
            "redirectURL": "", "_error": _ERRORS.get(exchange.failure, _ERRORS["transport.reset"]),
        }  # fmt: skip
    else:
        came = {
            "status": response.status,
            "statusText": _phrase(response.status),
            **_message(response.headers, row["response"], len(response.body)),
            "content": {
                "size": row["response"].get("body_length", len(response.body)),
                **_content(response.headers, response.body, row["response"]),
            },
            "redirectURL": header(response.headers, "location") or "",
        }
    return {
        "startedDateTime": started.replace("+00:00", "Z"),
        "time": milliseconds,
        "request": sent,
        "response": came,
        "cache": {},
        "timings": {"send": 0, "wait": milliseconds, "receive": 0},
    }


def _message(headers: Headers, row: dict[str, Any], length: int) -> dict[str, Any]:
    return {
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _pairs(headers),
        "headersSize": -1,
        "bodySize": row.get("body_length", length),
    }


def _content(headers: Headers, body: bytes, row: dict[str, Any]) -> dict[str, Any]:
    """A body: as text where whoever reads it gets the same bytes back, else in base64; without it where it was cut."""
    kind = {"mimeType": header(headers, "content-type") or ""}
    if "body_cut" in row:
        return {**kind, "comment": f"cut: {row['body_cut']['kept']} of {row['body_cut']['of']} bytes were kept"}
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        text = ""
    charsets = [*_CHARSET.findall(kind["mimeType"]), *_CHARSET.findall(text[:200])]
    if (text or not body) and all(map(_UTF8.fullmatch, charsets)):
        return {**kind, "text": text}
    return {**kind, "text": base64.b64encode(body).decode("ascii"), "encoding": "base64"}


def _pairs(pairs: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in pairs]


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
