"""Where the members of a body stand in its text: JSON Pointer or XPath -> characters. For showing, not for deciding.

A document that is broken is read as far as it makes sense.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import NamedTuple

from leadproof.bodies.problems import escape
from leadproof.core import lazy

#: Levels of nesting of which places are told: no more are read, and the path of a place grows with each.
DEEPEST = 260


class Span(NamedTuple):
    """A piece of a text: a member with its name, of an object, an array or an element only how it begins."""

    start: int
    end: int


_JSON = lazy.pattern(r'"(?:[^"\\]|\\.)*"?|[{}\[\],:]|[^\s"{}\[\],:]+', re.DOTALL)
_XML = lazy.pattern(
    r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)|<\?.*?(?:\?>|\Z)|<![^>]*>?"
    r"|</(?P<close>[^\s>]*)[^>]*>|<(?P<open>[^\s<>/!?]+)(?P<rest>(?:[^<>\"']|\"[^\"<]*\"|'[^'<]*')*+)>|<[^<]*",
    re.DOTALL,
)
_ATTRIBUTE = lazy.pattern(r"(?P<name>[^\s=\"'/]+)\s*=\s*(?:\"[^\"<]*\"|'[^'<]*')")
_STEP = lazy.pattern(r"(@?)(?:[^/\[\]:@]*:)?([^/\[\]]+)(?:\[(\d+)\])?")


def find(places: Mapping[str, Span], place: str) -> tuple[Span, bool] | None:
    """Where a place is, or else its nearest parent; and is it the place itself?

    Args:
        places: Of `json_places` or `xml_places`.
        place: A JSON Pointer; of XML what `plain_path` makes of an XPath.
    """
    asked = place
    while place not in places:
        if not place:
            return None
        place = place.rpartition("/")[0]
    return places[place], place == asked


def json_places(text: str) -> dict[str, Span]:
    """JSON Pointer -> where the member is; of two members with the same name it is the first."""
    found: dict[str, Span] = {}
    stack: list[_Container] = []
    name: tuple[str, int] | None = None
    waiting: tuple[str, int] | None = None
    for match in _JSON.finditer(text):
        token, start, end = match[0], match.start(), match.end()
        if token == ":":
            name, waiting = waiting, None
        elif token in "}]":
            if stack:
                stack.pop()
            name = waiting = None
        elif token == ",":
            if stack:
                stack[-1].index += 1
            name = waiting = None
        elif token.startswith('"') and stack and stack[-1].names and name is None:
            waiting = _text(token), start
        else:
            path = _path(stack, name) if len(stack) < DEEPEST else stack[-1].path
            found.setdefault(path, Span(name[1] if name else start, end))
            if token in "{[":
                stack.append(_Container(path, token == "{"))
            name = None
    return found


class _Container:
    """An object or an array that is open."""

    __slots__ = ("index", "names", "path")

    def __init__(self, path: str, names: bool) -> None:
        self.path, self.names, self.index = path, names, 0


def _path(stack: list[_Container], name: tuple[str, int] | None) -> str:
    if not stack:
        return ""
    part = name[0] if name is not None else str(stack[-1].index)
    return f"{stack[-1].path}/{escape(part)}"


def _text(token: str) -> str:
    try:
        value = json.loads(token)
    except ValueError:
        return token.strip('"')
    return str(value)


def xml_places(text: str) -> dict[str, Span]:
    """Path in the form of `plain_path` -> where the element or the attribute is, and "" for the document element."""
    found: dict[str, Span] = {}
    stack: list[tuple[str, str, dict[str, int]]] = []
    top: dict[str, int] = {}
    for match in _XML.finditer(text):
        if match.lastgroup == "close":
            name = match["close"].rpartition(":")[2]
            if any(name == opened for opened, _, _ in stack):
                while stack.pop()[0] != name:
                    pass
        elif match.lastgroup == "rest":
            name = match["open"].rpartition(":")[2]
            above, counts = (stack[-1][1], stack[-1][2]) if stack else ("", top)
            counts[name] = counts.get(name, 0) + 1
            path = f"{above}/{name}[{counts[name]}]" if len(stack) < DEEPEST else above
            found.setdefault(path, _element(text, match))
            found.setdefault("", found[path])
            for attribute in _ATTRIBUTE.finditer(text, *match.span("rest")):
                found.setdefault(f"{path}/@{attribute['name'].rpartition(':')[2]}", Span(*attribute.span()))
            if not match["rest"].endswith("/"):
                stack.append((name, path, {}))
    return found


def _element(text: str, match: re.Match[str]) -> Span:
    """The start tag; the whole element where nothing but text is in it."""
    end = match.end()
    close = text.find("<", end)
    name = match["open"]
    if not match["rest"].endswith("/") and close >= 0 and text.startswith(f"</{name}>", close):
        end = close + len(name) + 3
    return Span(match.start(), end)


def plain_path(xpath: str) -> str:
    """An XPath of a finding without prefixes, every step with its position: `/Leads[1]/Lead[2]/@orderID`."""
    steps = [_STEP.fullmatch(step) for step in xpath.split("/")[1:]]
    parts = [(step[1], step[2], step[3]) for step in steps if step is not None]
    return "".join(f"/{mark}{name}" + ("" if mark else f"[{number or 1}]") for mark, name, number in parts)
