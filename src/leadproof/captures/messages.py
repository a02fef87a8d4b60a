"""One HTTP message of a text, taken apart: where it begins and ends, its head, its body without what is around it.

Editors change line ends and people cut and paste, so a length that does not fit is named, and the body is taken up to
the next message.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from leadproof.bodies import MAX_BODY
from leadproof.captures.streams import Stream
from leadproof.captures.values import target
from leadproof.core import lazy
from leadproof.core.exchange import Headers, Request, header
from leadproof.core.text import count
from leadproof.http.octets import announced

#: Bytes of one message.
MESSAGE = MAX_BODY // 2
_CHUNK = 1 << 16

_METHODS = rb"GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS|CONNECT|TRACE"
#: Where a message begins. A body need not end its line: after `curl -i`, the next status line follows its last brace.
_START = lazy.pattern(
    rb"(?m)(?:^|(?<=[}\]>]))(?:[<>] )?(?:(?:%s) +(?:[a-zA-Z]+://|/|\{\{)\S*(?: +HTTP/[\d.]+)?\r?$"
    rb"|CONNECT +[^\s/]+:\d+ +HTTP/[\d.]+\r?$"
    rb"|HTTP/\d(?:\.\d)? +\d{3}\b[^\r\n]*\r?$)|^###[^\n]*$" % _METHODS
)
_HEADER = lazy.pattern(r"([!#$%&'*+.^_`|~\w-]+)\s*:\s*(.*)")
#: Lines that curl writes around the messages.
_CURL = lazy.pattern(
    rb"(?m)^(?:\* [^\n]*|[{}] \[[^\n]*|  % Total[^\n]*|[^\n]*Dload +Upload[^\n]*|[^\n]*--:--:--[^\n]*|[<>])\r?(?:\n|\Z)"
)
#: What curl says about the connection, behind a body that does not end its line.
_GLUED = lazy.pattern(rb"(?<=[}\]>])\* +(?:Trying|Connect|Closing|Re-using|Found|Host|Uses|Mark)[^\n]*(?:\n|\Z)")
_BEHIND = lazy.pattern(rb"\s*(?:\* |% Total|\Z)")


@dataclass(slots=True)
class Message:
    """A message as text: its first line, headers, and what stands below them."""

    first: str
    headers: Headers
    body: bytes
    #: Is it as curl -v shows it, every line of the head with a mark?
    verbose: bool = False
    #: Did a header go on in the next line?
    folded: bool = False
    notes: list[str] = field(default_factory=list)

    @property
    def is_response(self) -> bool:
        """Is it a response?"""
        return self.first.startswith("HTTP/")

    @property
    def status(self) -> int:
        """The status of a response."""
        return int(self.first.split()[1])


def pieces(stream: Stream) -> Iterator[bytes | None]:
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


def message_of(piece: bytes) -> Message | None:
    """A piece of the text, taken apart; None for a separator."""
    if piece.startswith(b"###"):
        return None
    verbose = piece[:2] if piece[:2] in (b"> ", b"< ") else b""
    head, body = _verbose(piece, verbose) if verbose else (*_BLANK.split(piece, 1), b"")[:2]
    lines = head.decode("latin-1").replace("\r", "").split("\n")
    first, pairs, folded = lines[0].strip(), list[tuple[str, str]](), False
    for before, line in pairwise(lines):
        found = _HEADER.fullmatch(line.strip())
        if line.startswith((" ", "\t")) and line.strip() and pairs and _goes_on(before):
            pairs[-1] = (pairs[-1][0], f"{pairs[-1][1]} {line.strip()}")  # as RFC 9112, section 5.2, asks clients to
            folded = True
        elif found:
            if not line[:1].isspace():
                pairs.append((found[1], found[2]))
        elif line[:1].isspace() and line.strip()[:1] in ("?", "&") and not pairs:
            first = first.partition(" HTTP/")[0] + line.strip()  # a query over several lines
    message = Message(first, tuple(pairs), body, bool(verbose), folded)
    _trim(message)
    return message


def _goes_on(line: str) -> bool:
    """Is it a header, or a line that goes on with one?"""
    return line.startswith((" ", "\t")) or bool(_HEADER.fullmatch(line))


_BLANK = lazy.pattern(rb"\r?\n[ \t]*\r?\n|\r?\n\Z")
_SCRIPT = lazy.pattern(rb"(?ms)^> \{%.*?%\}\s*|^(?:> |<> )[./]?[\w./-]+\s*$")
_ELSEWHERE = lazy.pattern(rb"< *@?\w* *[./\\]*[\w./\\-]+\s*\Z")


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


def _trim(message: Message) -> None:
    """Leaves of the body what was sent: without what curl, an editor or an HTTP client put around it."""
    verbose = message.verbose
    body = _GLUED.sub(b"", _CURL.sub(b"", message.body)) if verbose else message.body
    if not message.is_response:
        body = _SCRIPT.sub(b"", body)
        if _ELSEWHERE.match(body.strip()):
            message.notes.append("its body stands in another file")
            body = b""
    if "chunked" in (header(message.headers, "transfer-encoding") or "").lower() and _SIZE.match(body):
        body = _unchunked(body, message)
    elif (length := announced(message.headers)) is not None:
        if verbose and not message.is_response:
            if length:
                message.notes.append("curl -v does not show the body of a request")
            body = b""
        elif len(body) > length and _BEHIND.match(body, length):
            body = body[:length]
        else:
            body = body if len(body) == length else body.rstrip(b"\r\n")
            if not len(body) <= length <= len(body) + body.count(b"\n") + 2:
                message.notes.append(f"its body has {count(len(body), 'byte')}, Content-Length says {length}")
    else:
        body = body.rstrip(b"\r\n")
    message.body = body


_SIZE = lazy.pattern(rb"([0-9a-fA-F]{1,8})[ \t]*(?:;[^\r\n]*)?\r?\n")


def _unchunked(body: bytes, message: Message) -> bytes:
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


def request_of(message: Message) -> Request:
    """The request that a message is."""
    method, _, rest = message.first.partition(" ")
    url = re.sub(r"^\{\{[^}]*\}\}", "", rest.strip().partition(" HTTP/")[0].strip())
    return Request(method.upper(), url if url.startswith("/") else target(url), message.headers, message.body)
