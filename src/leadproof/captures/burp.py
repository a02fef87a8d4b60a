"""What Burp Suite saves of selected items: XML in which each item has its messages as they went over the wire.

Items are cut out of the text and parsed one by one, by the parser that refuses DTDs: the one that Burp writes before
them says nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any

from leadproof.bodies import BodyError, xml
from leadproof.captures import values
from leadproof.captures.model import CaptureSource, FileProblem
from leadproof.captures.problems import again
from leadproof.captures.raw import session
from leadproof.captures.streams import Stream, utf8
from leadproof.captures.trees import ITEM
from leadproof.core import lazy
from leadproof.core.exchange import Exchange

_BEGIN, _END = lazy.pattern(rb"<item(?:\s[^>]*)?>"), b"</item>"
_CHUNK = 1 << 16


def read_burp(stream: Stream, source: CaptureSource) -> Iterator[Exchange | FileProblem]:
    """The exchanges of a file of items."""
    text, _ = utf8(stream)
    number = 0
    for number, item in enumerate(_items(text), 1):
        yield from _exchange(item, number, source)
    if not number:
        yield FileProblem("file.unrecognised", "there is no item in the file", "was anything selected?")


def _items(stream: Stream) -> Iterator[bytes | None]:
    """The text of each item; None for one that is too long or breaks off."""
    buffer = b""
    while True:
        piece = stream.read(_CHUNK)
        buffer += piece
        while begin := _BEGIN.search(buffer):
            end = buffer.find(_END, begin.end())
            if end < 0:
                break
            yield buffer[begin.start() : end + len(_END)]
            buffer = buffer[end + len(_END) :]
        if begin is None:
            buffer = buffer[-_CHUNK:]
        elif not piece or len(buffer) > ITEM:
            yield None
            return
        if not piece:
            return


def _exchange(item: bytes | None, number: int, source: CaptureSource) -> Iterator[Exchange | FileProblem]:
    if item is None:
        what = f"item {number} breaks off, or has more than {ITEM // 1024 // 1024} MB"
        yield FileProblem("file.unreadable", what, again(number - 1, "save the items again"))
        return
    try:
        root = xml.parse(item)
    except BodyError as error:
        yield FileProblem("file.unreadable", f"item {number} is no XML: {error}", "the others were judged")
        return
    sent, came = _message(root.find("request")), _message(root.find("response"))
    if sent is None or came is None:
        yield FileProblem("file.unreadable", f"item {number} has no messages, or no base64", "the others were judged")
        return
    yield from session(BytesIO(sent).read, BytesIO(came).read, source, f"{source.name}#{number}")


def _message(element: Any) -> bytes | None:
    if element is None:
        return None
    text = element.text or ""
    return values.from_base64(text) if element.get("base64") == "true" else text.encode("utf-8")
