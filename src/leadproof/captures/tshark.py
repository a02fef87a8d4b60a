"""HTTP that was captured as packets, as tshark prints it (`-T json`, with the fields that docs/captures.md names).

A row is one message. A request is paired with the next response of its connection; tshark has put the chunks of a body
together and taken its content encoding off.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from leadproof.captures import values
from leadproof.captures.documents import RawExchange, settled
from leadproof.captures.model import CaptureSource, FileProblem
from leadproof.captures.problems import again
from leadproof.captures.streams import Stream, utf8
from leadproof.captures.trees import BrokenTree, items
from leadproof.core import lazy
from leadproof.core.exchange import Exchange, Headers, header

#: Requests that wait for their response; more are of connections that were cut off.
_WAITING = 1_000

_HEX = lazy.pattern(r"(?:[0-9a-f]{2}:?)+")


def read_tshark(stream: Stream, source: CaptureSource) -> Iterator[Exchange | FileProblem]:
    """The exchanges of a capture of packets."""
    text, _ = utf8(stream)
    waiting: dict[str, RawExchange] = {}
    number = rows = 0
    try:
        for rows, row in items(text, ()):
            layers = values.mapping(values.mapping(values.mapping(row).get("_source")).get("layers"))
            connection = _first(layers, "tcp.stream")
            if method := _first(layers, "http.request.method"):
                if len(layers["http.request.method"]) > 1:
                    what = f"row {rows} has several requests in one packet"
                    yield FileProblem("file.deviation", what, "they were left out")
                    continue
                if earlier := waiting.pop(connection, None):
                    number += 1
                    yield from settled(earlier, f"exchange {number}", source, f"{source.name}#{number}")
                headers = _headers(layers, "http.request.line")
                uri = _first(layers, "http.request.uri")
                started = values.seconds(values.number(_first(layers, "frame.time_epoch")))
                waiting[connection] = RawExchange(method, uri, headers, _body(layers, headers), started=started)
            elif (status := int(values.number(_first(layers, "http.response.code")))) >= 200:
                number += 1
                sent = waiting.pop(connection, RawExchange("", "", None, b""))
                headers = _headers(layers, "http.response.line")
                ended = values.number(_first(layers, "frame.time_epoch"))
                found = sent._replace(
                    status=status, response_headers=headers, response_body=_body(layers, headers),
                    elapsed=values.duration((ended - sent.started) * 1000) if sent.started else 0.0,
                )  # fmt: skip
                yield from settled(found, f"exchange {number}", source, f"{source.name}#{number}")
            if len(waiting) > _WAITING:
                waiting.pop(next(iter(waiting)))
    except BrokenTree as error:
        yield FileProblem("file.unreadable", f"behind row {rows}, {error}", again(rows, "print it again"))
    for sent in waiting.values():
        number += 1
        yield from settled(sent, f"exchange {number}", source, f"{source.name}#{number}")
    if not number:
        hint = "docs/captures.md has the line; TLS needs -o tls.keylog_file:FILE"
        yield FileProblem("file.unrecognised", "no row has an HTTP message", hint)


def _first(layers: dict[str, Any], name: str) -> str:
    found = layers.get(name)
    return str(found[0]) if isinstance(found, list) and found else ""


def _headers(layers: dict[str, Any], name: str) -> Headers:
    lines = layers.get(name)
    return values.pairs("\n".join(str(one).strip() for one in lines) if isinstance(lines, list) else "")


def _body(layers: dict[str, Any], headers: Headers) -> bytes | None:
    """A body, which tshark prints as text before version 4.2 and in hexadecimal digits from then on."""
    said = header(headers, "content-length") or ""
    text = _first(layers, "http.file_data")
    if not text:
        return b"" if said in ("", "0") and "http.file_data" not in layers else None
    body = bytes.fromhex(text.replace(":", "")) if _HEX.fullmatch(text) else text.encode("utf-8", "surrogatepass")
    cut = said.isdigit() and len(said) < 12 and len(body) < int(said) and not header(headers, "content-encoding")
    return None if cut else body
