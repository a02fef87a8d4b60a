"""HAR 1.2 of the evidence: the exchanges of a run, redacted as they are kept, for a browser's or a proxy's tools.

Made of the rows of `exchanges.ndjson`, one at a time, so that its size does not count. What HAR demands and was never
measured is -1, as its specification says.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from leadproof import __version__

Row = Mapping[str, Any]

_CREATOR = {"name": "leadproof", "version": __version__}
_NO_COOKIES: list[Any] = []


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
    elapsed = _number(row.get("elapsed")) * 1000
    entry: dict[str, Any] = {
        "startedDateTime": _moment(row.get("started")),
        "time": round(elapsed, 3),
        "request": _request(row["request"], base),
        "response": _response(row.get("response"), str(row.get("failure") or "")),
        "cache": {},
        "timings": {"send": -1, "wait": round(elapsed, 3), "receive": -1},
        "comment": str(row.get("origin") or ""),
        "_number": row.get("n"),
    }
    judged = row.get("judged")
    if isinstance(judged, Mapping):
        entry["_leadproof"] = {
            "operation": judged.get("operation", ""),
            "outcome": judged.get("outcome", ""),
            "broken": sorted({one for names in judged.get("broken", {}).values() for one in names}),
        }
    return entry


def _request(message: Row, base: str) -> dict[str, Any]:
    headers = _headers(message)
    target = str(message.get("target") or "")
    found: dict[str, Any] = {
        "method": str(message.get("method") or ""),
        "url": target if target.startswith(("http://", "https://")) else base.rstrip("/") + target,
        "httpVersion": "HTTP/1.1",
        "cookies": _NO_COOKIES,
        "headers": headers,
        "queryString": [
            {"name": name, "value": value}
            for name, value in parse_qsl(target.partition("?")[2], keep_blank_values=True, errors="backslashreplace")
        ],
        "headersSize": -1,
        "bodySize": _length(message),
    }
    if message.get("body"):
        found["postData"] = {"mimeType": _type(headers), **_body(message)}
    return found


def _response(message: Row | None, failure: str) -> dict[str, Any]:
    """An answer; where none came the status is 0, as browsers write it, and the reason stands beside it."""
    if message is None:
        content: dict[str, Any] = {"size": 0, "mimeType": ""}
        found: dict[str, Any] = {"status": 0, "statusText": "", "headers": [], "content": content, "bodySize": -1}
        found["_error"] = failure or "no answer was captured"
    else:
        headers, status = _headers(message), int(message.get("status") or 0)
        content = {"size": _length(message), "mimeType": _type(headers), **_body(message)}
        found = {"status": status, "statusText": "", "headers": headers, "content": content}
        found["bodySize"] = _length(message)
    return found | {"httpVersion": "HTTP/1.1", "cookies": _NO_COOKIES, "redirectURL": "", "headersSize": -1}


def _body(message: Row) -> dict[str, Any]:
    body = {"text": str(message.get("body") or "")}
    if message.get("body_encoding") == "base64":
        body["encoding"] = "base64"
    if cut := message.get("body_cut"):
        body["comment"] = f"cut: {cut.get('kept')} of {cut.get('of')} bytes were kept"
    return body


def _headers(message: Row) -> list[dict[str, str]]:
    return [{"name": str(name), "value": str(value)} for name, value in message.get("headers") or ()]


def _type(headers: list[dict[str, str]]) -> str:
    return next((row["value"] for row in headers if row["name"].lower() == "content-type"), "")


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
        moment = datetime.fromtimestamp(0, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else 0.0
