"""What newman, the command line of Postman, writes with `--reporters json`: a list of executions.

A response's body is a list of the numbers of its bytes; what failed has an error in its place.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from leadproof.captures import values
from leadproof.captures.documents import DocumentFormat, NotRecordedError, RawExchange
from leadproof.captures.model import CaptureSource

#: What newman says of a request without a response -> what became of it.
_FAILURES = {
    "ETIMEDOUT": "transport.timeout", "ESOCKETTIMEDOUT": "transport.timeout", "ECONNREFUSED": "transport.refused",
    "ENOTFOUND": "transport.refused", "EAI_AGAIN": "transport.refused", "CERT": "transport.tls",
    "EPROTO": "transport.tls", "ECONNRESET": "transport.reset",
}  # fmt: skip


def _recorded(item: dict[str, Any], source: CaptureSource) -> RawExchange:
    if not isinstance(item.get("request"), dict):
        raise NotRecordedError("was not sent")
    sent, came = item["request"], values.mapping(item.get("response"))
    error = str(values.mapping(item.get("requestError")).get("code") or "").upper()
    return RawExchange(
        str(sent.get("method") or "GET"),
        _url(sent["url"]),
        _enabled(sent.get("header")),
        _sent(sent.get("body")),
        int(values.number(came.get("code"))),
        values.pairs(came.get("header")),
        _came(came),
        elapsed=values.duration(came.get("responseTime")),
        failure="" if came else next((kind for word, kind in _FAILURES.items() if word in error), ""),
    )


def _enabled(rows: Any) -> tuple[tuple[str, str], ...]:
    rows = rows if isinstance(rows, list) else []
    return values.pairs([one for one in rows if not values.mapping(one).get("disabled")])


def _url(url: Any) -> str:
    if isinstance(url, str):
        return url
    path = url.get("path") or []
    query = "&".join(f"{name}={value}" for name, value in _enabled(url.get("query")))
    return "/" + (path if isinstance(path, str) else "/".join(path)).lstrip("/") + (f"?{query}" if query else "")


def _sent(body: Any) -> bytes | None:
    match values.mapping(body):
        case {"mode": "raw", "raw": str(text)}:
            return text.encode("utf-8", "surrogatepass")
        case {"mode": "urlencoded", "urlencoded": list(rows)}:
            return urlencode(_enabled(rows)).encode()
        case {"mode": str()}:
            return None  # files and forms of several parts are named, not written
        case _:
            return b""


def _came(came: dict[str, Any]) -> bytes | None:
    stream = came.get("stream", came.get("body"))
    if isinstance(stream, dict):
        stream = stream.get("data")
    if isinstance(stream, str):
        return stream.encode("utf-8", "surrogatepass")
    return bytes(stream) if isinstance(stream, list) else b"" if stream is None else None


#: The reader.
read_newman = DocumentFormat("execution", (("run", "executions"),), _recorded)
