"""HAR 1.2 of the evidence: the exchanges of a run, redacted as they are kept, for a browser's or a proxy's tools.

Made of the rows of `exchanges.ndjson`, one at a time, so that its size does not count. What HAR demands and was never
measured is -1, as its specification says. Whoever reads it gets the bytes of the bodies back, and judges them the same.
"""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from leadproof import __version__
from leadproof.core import lazy

Row = Mapping[str, Any]

_CREATOR = {"name": "leadproof", "version": __version__}
_NO_COOKIES: list[Any] = []

#: What stands where nobody knows the time, and where nobody knows why no response came.
NO_TIME, NO_RESPONSE = "1970-01-01T00:00:00.000000Z", "no response was captured"

#: The member that says what of an entry was not recorded; HAR has no words for it.
UNKNOWN = "_unknown"

#: Where a body says in what it is encoded, and what it may say if its text is to stand in a HAR as text.
_CHARSET = lazy.pattern(r"(?:charset|encoding)\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_UTF8 = lazy.pattern(r"utf-?8|us-ascii", re.IGNORECASE)


def render(exchanges: Iterable[Row], base: str = "") -> Iterator[str]:
    """The pieces of a HAR, in ASCII.

    Args:
        exchanges: Rows of `exchanges.ndjson`.
        base: Base URL of the target; HAR has absolute URLs only.
    """
    head = {"version": "1.2", "creator": _CREATOR, "pages": []}
    yield '{"log": ' + json.dumps(head)[:-1] + ', "entries": ['
    for number, row in enumerate(exchanges):
        yield ("," if number else "") + "\n" + json.dumps(_entry(row, base))
    yield "\n]}}\n"


def _entry(row: Row, base: str) -> dict[str, Any]:
    elapsed, unknown = _number(row.get("elapsed")) * 1000, row.get("unknown") or {}
    entry: dict[str, Any] = {
        "startedDateTime": _moment(row.get("started")),
        "time": elapsed,
        "request": _request(row["request"], base, known="request_body" not in unknown),
        "response": _response(row.get("response"), str(row.get("failure") or ""), known="response_body" not in unknown),
        "cache": {},
        "timings": {"send": -1, "wait": elapsed, "receive": -1},
        "comment": str(row.get("origin") or ""),
        "_number": row.get("n"),
    }
    if unknown:
        entry[UNKNOWN] = unknown
    judged = row.get("judged")
    if isinstance(judged, Mapping):
        entry["_leadproof"] = {
            "operation": judged.get("operation", ""),
            "outcome": judged.get("outcome", ""),
            "broken": sorted({one for names in judged.get("broken", {}).values() for one in names}),
        }
    return entry


def _request(message: Row, base: str, *, known: bool) -> dict[str, Any]:
    headers = _headers(message)
    target = str(message.get("target") or "")
    found: dict[str, Any] = {
        "method": str(message.get("method") or ""),
        "url": target if target.startswith(("http://", "https://")) else _url(base, target),
        "httpVersion": "HTTP/1.1",
        "cookies": _NO_COOKIES,
        "headers": headers,
        "queryString": [
            {"name": name, "value": value}
            for name, value in parse_qsl(target.partition("?")[2], keep_blank_values=True, errors="backslashreplace")
        ],
        "headersSize": -1,
        "bodySize": _length(message) if known else -1,
    }
    if message.get("body"):
        found["postData"] = {"mimeType": _type(headers), **_body(message)}
    return found


def _response(message: Row | None, failure: str, *, known: bool) -> dict[str, Any]:
    """A response; where none came the status is 0, as browsers write it, and the reason stands beside it."""
    if message is None:
        content: dict[str, Any] = {"size": 0, "mimeType": ""}
        found: dict[str, Any] = {"status": 0, "statusText": "", "headers": [], "content": content, "bodySize": -1}
        found["_error"] = failure or NO_RESPONSE
    else:
        headers, status = _headers(message), int(message.get("status") or 0)
        content = {"size": -1, "mimeType": _type(headers)}
        if known:
            content |= {"size": _length(message), **_body(message)}
        found = {"status": status, "statusText": "", "headers": headers, "content": content}
        found["bodySize"] = content["size"]
        found["redirectURL"] = _value(headers, "location")
    return {"httpVersion": "HTTP/1.1", "cookies": _NO_COOKIES, "redirectURL": "", "headersSize": -1} | found


def _url(base: str, target: str) -> str:
    """The URL of a request target, which may hold the path of the base URL already."""
    parts = urlsplit(base)
    path = parts.path.rstrip("/")
    return f"{parts.scheme}://{parts.netloc}{target}" if path and target.startswith(path) else base.rstrip("/") + target


def _body(message: Row) -> dict[str, Any]:
    """A body: left out where it was cut, since half of one is none; in base64 where text would be encoded again."""
    if cut := message.get("body_cut"):
        return {"comment": f"cut: {cut.get('kept')} of {cut.get('of')} bytes were kept"}
    text = str(message.get("body") or "")
    if message.get("body_encoding") == "base64":
        return {"text": text, "encoding": "base64"}
    charsets = _CHARSET.findall(_type(_headers(message))), _CHARSET.findall(text[:200])
    if all(_UTF8.fullmatch(one) for found in charsets for one in found):
        return {"text": text}
    return {"text": base64.b64encode(text.encode("utf-8", "surrogatepass")).decode("ascii"), "encoding": "base64"}


def _headers(message: Row) -> list[dict[str, str]]:
    return [{"name": str(name), "value": str(value)} for name, value in message.get("headers") or ()]


def _type(headers: list[dict[str, str]]) -> str:
    return _value(headers, "content-type")


def _value(headers: list[dict[str, str]], name: str) -> str:
    return next((row["value"] for row in headers if row["name"].lower() == name), "")


def _length(message: Row) -> int:
    length = message.get("body_length")
    if isinstance(length, int):
        return length
    text = str(message.get("body") or "")
    return len(text) * 3 // 4 if message.get("body_encoding") == "base64" else len(text.encode("utf-8", "replace"))


def _moment(seconds: Any) -> str:
    try:
        moment = datetime.fromtimestamp(_number(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return NO_TIME
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else 0.0
