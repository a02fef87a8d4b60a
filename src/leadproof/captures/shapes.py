"""What stands at the top level of a text: the names of a JSON object, the root of an XML document.

Texts are read as far as they go, so that a body which breaks off is known by its beginning.
"""

from __future__ import annotations

import re
from functools import cache

from leadproof.contract import specs
from leadproof.core import lazy
from leadproof.core.operations import OPERATIONS

#: Bytes in which the shape of a text shows.
SHAPE = 64 * 1024

_JSON_TOKEN = lazy.pattern(rb'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+|"')
_XML_PROLOG = lazy.pattern(
    rb"(?:\s+|<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>\[]*(?:\[.*?\]\s*)?>)*", re.DOTALL | re.IGNORECASE
)
_XML_NAME = lazy.pattern(rb"<(?:[\w.-]+:)?([\w.-]+)")
_BLANK = b"\xef\xbb\xbf \t\r\n"


def top_names(text: bytes) -> tuple[str, ...]:
    """The names of the members of a JSON object, in order, as far as the text goes; none for what is no object."""
    text = text[:SHAPE].lstrip(_BLANK)
    if not text.startswith(b"{"):
        return ()
    names: list[str] = []
    depth, before = 0, b""
    for found in _JSON_TOKEN.finditer(text):
        token = found[0]
        if token in (b"{", b"["):
            depth += 1
        elif token in (b"}", b"]"):
            depth -= 1
            if not depth:
                break
        elif token == b":" and depth == 1 and before.startswith(b'"'):
            names.append(before[1:-1].decode("utf-8", "replace"))
        before = token
    return tuple(names)


def root_name(text: bytes) -> str:
    """The name of the root of an XML document, without its prefix; "" for what is none."""
    text = text[:SHAPE].lstrip(_BLANK)
    prolog = _XML_PROLOG.match(text)
    found = _XML_NAME.match(text, prolog.end() if prolog else 0)
    return found[1].decode("utf-8", "replace") if found else ""


@cache
def _documented() -> tuple[frozenset[str], frozenset[str]]:
    """The members at the top of documented bodies, and the roots, in lower case."""
    spec = specs.load()
    schemas = [
        spec.schema(operation, direction, "json")
        for operation in OPERATIONS for direction in ("request", "response") if spec.schema_name(operation, direction)
    ]  # fmt: skip
    names = frozenset(name.lower() for schema in schemas for name in schema.get("properties", {}))
    return names, frozenset({"leads", *(row.root.lower() for row in OPERATIONS.values() if row.root)})


def is_documented(text: bytes) -> bool:
    """Is the top level of a body one that the API has? A service may add members, but no more than are documented."""
    members, roots = _documented()
    names = [name.lower() for name in top_names(text)]
    known = [name for name in names if name in members]
    # A message alone has every gateway, and every log.
    return (2 * len(known) >= len(names) and bool({*known} - {"message"})) or root_name(text).lower() in roots


def is_request(text: bytes) -> bool:
    """Is a documented body that of a request?"""
    names = top_names(text)
    return root_name(text) == "Leads" or ("leads" in names and "results" not in names)
