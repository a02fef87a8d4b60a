"""Cassettes of vcrpy (YAML, JSON) and of Ruby's VCR (YAML): one list of interactions.

Both write bodies as text, or in base64 where they are no text; vcrpy's JSON has no form for those. Older cassettes of
httpx name the response's parts otherwise.
"""

from __future__ import annotations

from typing import Any

from leadproof.captures import values
from leadproof.captures.documents import DocumentFormat, RawExchange
from leadproof.captures.model import CaptureSource
from leadproof.core.exchange import Headers


def _recorded(item: dict[str, Any], source: CaptureSource) -> RawExchange:
    sent, came = item["request"], values.mapping(item.get("response"))
    headers, response_headers = values.pairs(sent.get("headers")), values.pairs(came.get("headers"))
    status = came.get("status_code", came.get("status"))
    return RawExchange(
        sent["method"],
        sent["uri"],
        headers,
        _bytes(sent.get("body"), headers),
        int(values.number(status.get("code") if isinstance(status, dict) else status)),
        response_headers,
        _bytes(came.get("content", came.get("body")), response_headers),
        values.seconds(item.get("recorded_at")),
    )


def _bytes(body: Any, headers: Headers) -> bytes | None:
    """A body: text, bytes, or an object with one of them. None where it is something else, such as a Python object."""
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
