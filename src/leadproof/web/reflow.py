"""Line breaks for a body that has none: JSON and XML laid out by their structure, every token as it was. Pure."""

from __future__ import annotations

import re

from leadproof.core import lazy

#: Levels that are indented; a body may be nested a hundred thousand times.
DEEPEST = 20

#: Characters of a body that are laid out.
MOST = 1 << 20

_JSON = lazy.pattern(r'"(?:[^"\\]|\\.)*"?|[{}\[\],:]|[^\s"{}\[\],:]+', re.DOTALL)
_XML = lazy.pattern(
    r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)|<\?.*?(?:\?>|\Z)|</[^>]*>|<(?:[^<>\"']|\"[^\"<]*\"|'[^'<]*')*+>|[^<]+|<",
    re.DOTALL,
)


def reflowed(text: str, kind: str) -> str:
    """A text with line breaks between its members or elements; as it is where nobody knows its form.

    Args:
        text: Of a body.
        kind: "json" or "xml".
    """
    if len(text) > MOST:
        return text
    return _json(text) if kind == "json" else _xml(text) if kind == "xml" else text


def _json(text: str) -> str:
    parts: list[str] = []
    depth, before = 0, ""
    for match in _JSON.finditer(text):
        token = match[0]
        if token in "}]":
            depth = max(depth - 1, 0)
            if before not in ("{", "["):
                parts.append(_line(depth))
        elif before in ("{", "[", ","):
            parts.append(_line(depth))
        elif before and (before == ":" or token not in ",:"):
            parts.append(" ")
        parts.append(token)
        depth += token in ("{", "[")
        before = token
    return "".join(parts)


def _xml(text: str) -> str:
    parts: list[str] = []
    depth, before = 0, ""
    for match in _XML.finditer(text):
        token = match[0]
        if not token.strip():
            if before in ("", "text") or (before == "open" and text.startswith("</", match.end())):
                parts.append(token)
            continue
        if not token.startswith("<") or token == "<" or token.startswith("<![CDATA["):
            parts.append(token)
            before = "text"
            continue
        kind = "close" if token.startswith("</") else "open" if token[1] not in "!?" and token[-2] != "/" else "alone"
        depth = max(depth - 1, 0) if kind == "close" else depth
        if before not in ("", "text") and not (kind == "close" and before == "open"):
            parts.append(_line(depth))
        parts.append(token)
        depth += kind == "open"
        before = kind
    return "".join(parts)


def _line(depth: int) -> str:
    return "\n" + "  " * min(depth, DEEPEST)
