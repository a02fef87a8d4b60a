"""Cassettes of vcrpy (YAML, JSON) and of Ruby's VCR (YAML): one list of interactions.

Both write bodies as text, or in base64 where they are no text; vcrpy's JSON has no form for those. Older cassettes of
httpx name the response's parts otherwise.
"""

from __future__ import annotations

from typing import Any

from leadproof.captures import values
from leadproof.captures.documents import DocumentFormat, RawExchange
from leadproof.captures.model import CaptureSource
from leadproof.core.exchange import Headers, Part
from leadproof.judge.checks.messages import CREDENTIALS


def _recorded(item: dict[str, Any], source: CaptureSource) -> RawExchange:
    sent, came = item["request"], values.mapping(item.get("response"))
    headers, response_headers = _headers(sent), _headers(came)
    status = came.get("status_code", came.get("status"))
    code = int(values.number(status.get("code") if isinstance(status, dict) else status))
    # Who shares a cassette has the recorder take the credentials out, and nothing says so.
    filtered = headers is not None and not any(name.lower() in CREDENTIALS for name, _ in headers)
    lost = ((Part.CREDENTIALS,) if filtered else ()) + ((Part.STATUS,) if came and not code else ())
    return RawExchange(
        str(sent.get("method") or ""),
        sent["uri"],
        headers,
        _bytes(sent, "body", headers or ()),
        code or (200 if came else 0),
        response_headers,
        _bytes(came, "content" if "content" in came else "body", response_headers or ()),
        values.seconds(item.get("recorded_at")),
        lost=lost,
    )


def _headers(message: dict[str, Any]) -> Headers | None:
    return values.pairs(message["headers"]) if "headers" in message else None


def _bytes(message: dict[str, Any], name: str, headers: Headers) -> bytes | None:
    """A body: text, bytes, or an object with one of them. None where it is something else, such as a Python object."""
    if name not in message:
        return None
    body = message[name]
    if isinstance(body, dict):
        if isinstance(body.get("base64_string"), str):
            return values.from_base64(body["base64_string"])
        body = body.get("string")
    if body is None:
        return b""
    if isinstance(body, bytes):
        return body
    return values.encoded(body, headers) if isinstance(body, str) else None


#: The reader.
read_vcr = DocumentFormat(
    "interaction",
    (("interactions",), ("http_interactions",)),
    _recorded,
    closing=frozenset({"version", "recorded_with"}),
)
