"""Raw HTTP messages in text: `*.http` files, what `curl -i` and `curl -v` print, messages as they went over a wire.

Several may stand in one file; a request is paired with the answer that follows it. Editors change line ends and
people cut and paste, so a length that does not fit is named and the body is taken up to the next message.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from leadproof.bodies import MAX_BODY
from leadproof.captures.model import Problem, Source
from leadproof.captures.streams import Stream, utf8
from leadproof.captures.values import plain, target
from leadproof.exchange import Exchange, Headers, Request, Response, header

#: Bytes of one message.
MESSAGE = MAX_BODY // 2
_CHUNK = 1 << 16

_METHODS = rb"GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS|CONNECT|TRACE"
#: Where a message begins. A body need not end its line: after `curl -i`, the next status line follows its last brace.
_START = re.compile(
    rb"(?m)(?:^|(?<=[}\]>]))(?:[<>] )?(?:(?:%s) +(?:[a-zA-Z]+://|/|\{\{)\S*(?: +HTTP/[\d.]+)?\r?$"
    rb"|HTTP/\d(?:\.\d)? +\d{3}\b[^\r\n]*\r?$)|^###[^\n]*$" % _METHODS
)
_HEADER = re.compile(r"([!#$%&'*+.^_`|~\w-]+)\s*:\s*(.*)")
#: Lines that curl writes around the messages.
_CURL = re.compile(
    rb"(?m)^(?:\* [^\n]*|[{}] \[[^\n]*|  % Total[^\n]*|[^\n]*Dload +Upload[^\n]*|[^\n]*--:--:--[^\n]*|[<>])\r?(?:\n|\Z)"
)
_LEFT = re.compile(rb"\* (?:Connection #\d+|Closing connection|Curl_)[^\n]*\s*\Z")


@dataclass(slots=True)
class _Message:
    """A message as text: its first line, headers, and what stands below them."""

    first: str
    headers: Headers
    body: bytes
    number: int
    notes: list[str] = field(default_factory=list)

    @property
    def answer(self) -> bool:
        return self.first.startswith("HTTP/")


def read_raw(stream: Stream, source: Source) -> Iterator[Exchange | Problem]:
    """The exchanges of a text with HTTP messages."""
    text, _ = utf8(stream)
    waiting: Request | None = None
    number = found = 0
    for piece in _pieces(text):
        if piece is None:
            number += 1
            hint = "the other messages were judged"
            yield Problem("file.unreadable", f"message {number} has more than {MESSAGE // 1024 // 1024} MB", hint)
            waiting = None
            continue
        message = _message(piece, number + 1)
        if message is None:
            continue
        number += 1
        for note in message.notes:
            yield Problem("file.deviation", f"message {number}: {note}", "what could be read was judged")
        if not message.answer:
            if waiting is not None:
                found += 1
                yield Exchange(waiting, None, source.operation, f"{source.name}#{found}")
            waiting = _request(message)
            continue
        status = int(message.first.split()[1])
        if status < 200 or (waiting is not None and waiting.method == "CONNECT"):
            waiting = None if status >= 200 else waiting
            continue  # an interim answer; the way through a proxy
        found += 1
        body, wrong = plain(message.body, message.headers)
        if wrong:
            yield Problem("file.deviation", f"the body of message {number} {wrong}", "it was left out of judgement")
        response = None if body is None else Response(status, message.headers, body)
        request = waiting or Request("", "")
        yield Exchange(request, response, source.operation, f"{source.name}#{found}")
        waiting = None
    if waiting is not None:
        found += 1
        yield Exchange(waiting, None, source.operation, f"{source.name}#{found}")
    if not number:
        hint = "a message begins with a line such as POST /v2/insert/ping HTTP/1.1, or HTTP/1.1 200 OK"
        yield Problem("file.unrecognised", "there is no HTTP message in the file", hint)


def _pieces(stream: Stream) -> Iterator[bytes | None]:
    """The text from the beginning of each message to that of the next; None for one that is too long."""
    buffer, begun, ended = b"", False, False
    scan = 0  # up to here, no message begins
    while not ended:
        piece = stream.read(_CHUNK)
        ended = not piece
        buffer += piece
        at = 0
        for place in _START.finditer(buffer, scan):
            if place.end() == len(buffer) and not ended:
                break  # perhaps its line goes on
            if begun:
                yield buffer[at : place.start()]
            at, begun, scan = place.start(), True, place.end()
        buffer = buffer[at:]
        scan = max(scan - at, len(buffer) - 4096, 0)
        if len(buffer) > MESSAGE:
            if begun:
                yield None
            buffer, begun, scan = buffer[-1024:], False, 0
    if begun:
        yield buffer


def _message(piece: bytes, number: int) -> _Message | None:
    """A piece of the text, taken apart; None for a separator."""
    if piece.startswith(b"###"):
        return None
    verbose = piece[:2] if piece[:2] in (b"> ", b"< ") else b""
    head, body = _verbose(piece, verbose) if verbose else (*_BLANK.split(piece, 1), b"")[:2]
    lines = head.decode("latin-1").replace("\r", "").split("\n")
    first, pairs = lines[0].strip(), []
    for line in lines[1:]:
        if found := _HEADER.fullmatch(line.strip()):
            if not line[:1].isspace():
                pairs.append((found[1], found[2]))
        elif line[:1].isspace() and line.strip()[:1] in ("?", "&") and not pairs:
            first = first.partition(" HTTP/")[0] + line.strip()  # a query over several lines
    message = _Message(first, tuple(pairs), body, number)
    _trim(message, verbose=bool(verbose))
    return message


_BLANK = re.compile(rb"\r?\n[ \t]*\r?\n|\r?\n\Z")
_SCRIPT = re.compile(rb"(?ms)^> \{%.*?%\}\s*|^(?:> |<> )[./]?[\w./-]+\s*$")
_ELSEWHERE = re.compile(rb"< *@?\w* *[./\\]*[\w./\\-]+\s*\Z")


def _verbose(piece: bytes, mark: bytes) -> tuple[bytes, bytes]:
    """Head and body of a message as curl -v shows it: its own lines bear a mark, those about the connection a star."""
    head, at = [], 0
    for line in piece.splitlines(keepends=True):
        if line.startswith((mark, b"* ")):
            at += len(line)
            if line.startswith(mark):
                head.append(line[2:])
                if not line[2:].strip():
                    break
        else:
            at += len(line) if line.strip() == mark.strip() else 0
            break
    return b"".join(head).rstrip(), piece[at:]


def _trim(message: _Message, *, verbose: bool) -> None:
    """Leaves of the body what was sent: without what curl, an editor or an HTTP client put around it."""
    body = _LEFT.sub(b"", message.body)
    if verbose:
        body = _CURL.sub(b"", body)
    if not message.answer:
        body = _SCRIPT.sub(b"", body)
        if _ELSEWHERE.match(body.strip()):
            message.notes.append("its body stands in another file")
            body = b""
    said = (header(message.headers, "content-length") or "").strip()
    if "chunked" in (header(message.headers, "transfer-encoding") or "").lower() and _SIZE.match(body):
        body = _unchunked(body, message)
    elif said.isdigit() and len(said) < 12:
        length = int(said)
        if verbose and not message.answer:
            if length:
                message.notes.append("curl -v does not show the body of a request")
            body = b""
        elif len(body) > length and not body[length:].strip():
            body = body[:length]
        else:
            body = body if len(body) == length else body.rstrip(b"\r\n")
            if not len(body) <= length <= len(body) + body.count(b"\n") + 2:
                message.notes.append(f"its body has {len(body)} bytes, Content-Length says {length}")
    else:
        body = body.rstrip(b"\r\n")
    message.body = body


_SIZE = re.compile(rb"([0-9a-fA-F]{1,8})[ \t]*(?:;[^\r\n]*)?\r?\n")


def _unchunked(body: bytes, message: _Message) -> bytes:
    """The chunks put together (RFC 9112, section 7.1)."""
    found: list[bytes] = []
    at = 0
    while size := _SIZE.match(body, at):
        length = int(size[1], 16)
        if not length:
            return b"".join(found)
        found.append(body[size.end() : size.end() + length])
        at = size.end() + length
        at += 2 if body[at : at + 2] == b"\r\n" else body[at : at + 1] == b"\n"
    message.notes.append("its last chunk is missing")
    return b"".join(found)


def _request(message: _Message) -> Request:
    method, _, rest = message.first.partition(" ")
    url = re.sub(r"^\{\{[^}]*\}\}", "", rest.strip().partition(" HTTP/")[0].strip())
    return Request(method.upper(), url if url.startswith("/") else target(url), message.headers, message.body)
