"""Where the values stand in a body: pieces of the text with the names above them, for JSON, XML and form bodies.

The readers are lenient on purpose: a broken document is read as far as it makes sense and what makes none comes out as
loose text, so that nothing escapes because a bracket is missing. They only locate; what is well-formed is decided in
`bodies`. Nothing but the pieces is ever rewritten, so formatting survives.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote_plus, unquote_plus

from leadproof.core import lazy
from leadproof.redact.layers import unescape_html, unescape_json


class Piece(NamedTuple):
    """One value in a body."""

    start: int
    end: int
    #: Names of the members or elements above it, the nearest last; `*` for an array, `@name` for an attribute.
    names: tuple[str, ...]
    #: The value with the spelling of the format decoded.
    value: str
    #: Writes another value in the spelling of the format.
    write: Callable[[str], str]
    #: "string", "number" (unquoted JSON), "name" (a member's name) or "loose" (no place of its own).
    role: str = "string"


def rewritten(text: str, pieces: Iterable[Piece], clean: Callable[[Piece], str]) -> str:
    """The text with every piece cleaned; what is between them stays, and so does the spelling of what is kept."""
    parts, done = [], 0
    for piece in pieces:
        cleaned = clean(piece)
        if cleaned != piece.value:
            parts += [text[done : piece.start], piece.write(cleaned)]
            done = piece.end
    return "".join([*parts, text[done:]]) if parts else text


def of_json(text: str) -> Iterable[Piece]:
    """The pieces of a JSON document; at once for the last ones, of which a request is often read twice."""
    return _short_json(text) if len(text) <= _LONGEST else json_pieces(text)


def of_xml(text: str) -> Iterable[Piece]:
    """The pieces of an XML document, as above."""
    return _short_xml(text) if len(text) <= _LONGEST else xml_pieces(text)


#: Characters of the longest document whose pieces are kept.
_LONGEST = 50_000


@lru_cache(2)
def _short_json(text: str) -> tuple[Piece, ...]:
    return tuple(json_pieces(text))


@lru_cache(2)
def _short_xml(text: str) -> tuple[Piece, ...]:
    return tuple(xml_pieces(text))


def json_pieces(text: str) -> Iterator[Piece]:
    """Values, member names and stray text of a JSON document, well-formed or not."""
    stack: list[str] = []
    in_object: list[bool] = []
    for match in _JSON.finditer(text):
        last = match.lastgroup
        if last is None:
            token = match[0]
            if token in "{[":
                in_object.append(token == "{")
                stack.append("" if token == "{" else "*")
            elif stack:
                stack.pop()
                in_object.pop()
        elif last == "number":
            yield Piece(*match.span(), tuple(stack), match[0], str, "number")
        elif last == "other":
            if match[0].strip() not in ("true", "false", "null"):
                yield Piece(*match.span(), tuple(stack), match[0], str, "loose")
        else:
            start, end = match.span("string")
            value = unescape_json(text[start:end])
            if last == "colon" and in_object and in_object[-1]:
                stack[-1] = value
                yield Piece(start, end, (), value, _json_string, "name")
            else:
                yield Piece(start, end, tuple(stack), value, _json_string)


_JSON = lazy.pattern(
    r'"(?P<string>[^"\\]*(?:\\.[^"\\]*)*)(?P<close>")?(?P<colon>\s*:)?|[{}\[\]]'
    r"|(?P<number>-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?(?=[\s,\]}]|$))|(?P<other>[^\s\"{}\[\],:][^\"{}\[\],]*)",
    re.DOTALL,
)


def _json_string(value: str) -> str:
    return json.dumps(value)[1:-1]


def xml_pieces(text: str) -> Iterator[Piece]:
    """Texts, attributes, comments and stray text of an XML document, well-formed or not."""
    stack: list[str] = []
    at = 0
    for match in _XML.finditer(text):
        start, end = match.span()
        if start > at and (raw := text[at:start]).strip():
            yield _character_data(at, raw, stack)
        at = end
        last = match.lastgroup
        if last == "cdata":
            yield Piece(*match.span("cdata"), tuple(stack), match["cdata"], str)
        elif last == "close":
            name = match["close"].rpartition(":")[2]
            if name in stack:
                while stack.pop() != name:
                    pass
        elif last == "rest":
            stack.append(match["open"].rpartition(":")[2])
            rest = match["rest"]
            if "=" in rest:
                yield from _attributes(text, *match.span("rest"), stack)
            if rest.endswith("/"):
                stack.pop()
        else:
            yield Piece(start, end, (), match[0], str, "loose")
    if (raw := text[at:]).strip():
        yield _character_data(at, raw, stack)


def _attributes(text: str, start: int, end: int, stack: list[str]) -> Iterator[Piece]:
    for attribute in _ATTRIBUTE.finditer(text, start, end):
        name = attribute["name"]
        if name.startswith("xmlns"):
            continue
        group = "double" if attribute["double"] is not None else "single"
        raw = attribute[group]
        names = (*stack, "@" + name.rpartition(":")[2])
        yield Piece(*attribute.span(group), names, unescape_html(raw), _writer(raw, _xml_attribute))


# Comments, processing instructions and declarations are loose text; a tag that never ends is loose text as well.
_XML = lazy.pattern(
    r"<!\[CDATA\[(?P<cdata>.*?)(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)|<\?.*?(?:\?>|\Z)|<![^>]*>?"
    r"|</(?P<close>[^\s>]*)[^>]*>|<(?P<open>[^\s<>/!?]+)(?P<rest>(?:[^<>\"']|\"[^\"<]*\"|'[^'<]*')*+)>|<[^<]*",
    re.DOTALL,
)
_ATTRIBUTE = lazy.pattern(r"(?P<name>[^\s=\"'/]+)\s*=\s*(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)')")


def _character_data(start: int, raw: str, stack: list[str]) -> Piece:
    return Piece(start, start + len(raw), tuple(stack), unescape_html(raw), _writer(raw, _xml_text))


def _writer(raw: str, write: Callable[[str], str]) -> Callable[[str], str]:
    """How to write what stands in for a text: with its ampersands bare if one of them begins no entity of XML."""
    if "&" not in raw or not _BARE.search(raw):
        return write

    def bare(value: str) -> str:
        written = write(value).replace("&amp;", "&")
        return written if "&" in written else f"&{written}"

    return bare


_BARE = lazy.pattern(r"&(?!#\d{1,7};|#x[0-9A-Fa-f]{1,6};|(?:amp|lt|gt|quot|apos);)")


_TEXT = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_QUOTED = _TEXT | str.maketrans({'"': "&quot;", "'": "&apos;", "\n": "&#10;", "\t": "&#9;", "\r": "&#13;"})


def _xml_text(value: str) -> str:
    return value.translate(_TEXT)


def _xml_attribute(value: str) -> str:
    return value.translate(_QUOTED)


def form_pieces(text: str) -> Iterator[Piece]:
    """Values of a query or a form body (`application/x-www-form-urlencoded`)."""
    at = 0
    for pair in re.split(r"([&;])", text):
        name, equals, value = pair.partition("=")
        if equals and value:
            start = at + len(name) + 1
            yield Piece(start, at + len(pair), (unquote_plus(name),), unquote_plus(value), _form_value)
        elif name and name not in "&;":
            yield Piece(at, at + len(pair), (), name, str, "loose")
        at += len(pair)


def _form_value(value: str) -> str:
    return quote_plus(value, safe=":@!$*()~,|", errors="replace")
