"""What no rule can decide: places in a copy that a person should look at before it is shared.

Names in prose that stand in no field, texts that nobody can read, and what was left out. Only the place is said and
why, never what stands there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from leadproof.core.names import BUSINESS, COMPANIES, CONTRACT_WORDS, PROTOCOL_HEADERS, TECHNICAL, plain, words
from leadproof.redact import layers
from leadproof.redact.placeholders import MARKER

#: Why a place is named.
NAME, OPAQUE, UNREAD = "words that may be a name", "a long text that cannot be read", "left out, not looked into"

#: Leftovers that are remembered of one copy.
MOST = 1_000

_CAPITALS = re.compile(r"(?<![\w.])[^\W\d_a-z]\w+(?:[ \u00a0][^\W\d_a-z]\w+)+")
_OPAQUE = re.compile(r"[A-Za-z0-9+/_=-]{64,}")
#: Characters of compressed or binary data.
_BINARY = re.compile(r"[\0-\x07\x0e-\x1a\x1c-\x1f]")
_LEFT_OUT = re.compile(r"removed by leadproof redact|redacted: a body in a content encoding")
_ELEMENT = re.compile(r"<(?:[\w.-]+:)?([\w.-]+)[^<>]*>([^<>]*)")
#: Members that say what something is called, and who made a file.
_THINGS = (
    TECHNICAL
    | BUSINESS
    | COMPANIES
    | PROTOCOL_HEADERS
    | words("mimetype version httpversion statustext creator browser pages method encoding reason type state")
)
_COMMON = CONTRACT_WORDS | words(
    "ok not found bad request internal server gateway moved permanently no content the a an i we our your"
    " january february march april may june july august september october november december"
    " monday tuesday wednesday thursday friday saturday sunday"
)


@dataclass(frozen=True, slots=True)
class Leftover:
    """Where a person should look."""

    file: str
    #: Number of the entry or exchange in the file, from 1; None where it has none.
    exchange: int | None
    #: A JSON Pointer (RFC 6901), or `line 12`.
    at: str
    why: str


@dataclass(slots=True)
class Leftovers:
    """The places of a copy, the first `MOST` of them."""

    found: list[Leftover] = field(default_factory=list)
    #: How many there were beyond those.
    more: int = 0

    def add(self, file: str, exchange: int | None, places: Iterable[tuple[str, str]]) -> None:
        """Takes in places of one exchange, or of a file besides its exchanges.

        Args:
            file: The name of the file.
            exchange: Its number, from 1.
            places: Where, and why.
        """
        for at, why in places:
            if len(self.found) < MOST:
                self.found.append(Leftover(file, exchange, at, why))
            else:
                self.more += 1


#: Told of an exchange's number and of its places, which cost nothing unless somebody takes them.
Look = Callable[[int | None, Iterable[tuple[str, str]]], None]


def ignore(exchange: int | None, places: Iterable[tuple[str, str]]) -> None:
    """Nobody wants to know."""


def of_text(text: str, line: int = 1) -> Iterator[tuple[str, str]]:
    """The places of a document or a line: where, and why.

    Args:
        text: Redacted.
        line: The number of its first line.
    """
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if isinstance(value, dict | list):
        yield from ((f"line {line} {at}", why) for at, why in of_value(value))
        return
    for number, row in enumerate(text.splitlines(), line):
        elements = (
            [] if "</" not in row else [found[2] for found in _ELEMENT.finditer(row) if plain(found[1]) in _THINGS]
        )
        for told in elements:
            row = row.replace(told, "", 1) if told else row
        if why := reason(row):
            yield f"line {number}", why


def of_value(value: Any, at: str = "", name: str = "") -> Iterator[tuple[str, str]]:
    """The places in plain data: JSON Pointer, and why; documents within texts are looked through.

    Args:
        value: Redacted.
        at: Its own pointer.
        name: The name of the member that it is.
    """
    if isinstance(value, dict):
        named = value.get("name")
        for key, sub in value.items():
            # Of a header or a parameter its name says what the value is.
            meaning = named if key == "value" and isinstance(named, str) else key
            yield from of_value(sub, f"{at}/{key.replace('~', '~0').replace('/', '~1')}", str(meaning))
    elif isinstance(value, list):
        for index, sub in enumerate(value):
            pair = isinstance(sub, list) and len(sub) == 2 and name == "headers"
            yield from (
                of_value(sub[1], f"{at}/{index}/1", str(sub[0])) if pair else of_value(sub, f"{at}/{index}", name)
            )
    elif isinstance(value, str) and plain(name) not in _THINGS:
        if value.lstrip()[:1] in ("{", "[", "<") and len(value) > 2:
            yield from ((f"{at} {inner}", why) for inner, why in of_text(value))
        elif why := reason(value):
            yield at, why


def reason(text: str) -> str:
    """Why a person should look at a text; "" for no reason."""
    if _LEFT_OUT.search(text):
        return UNREAD
    if _BINARY.search(text):
        return OPAQUE
    bare = MARKER.sub("-", text)
    for found in _CAPITALS.finditer(bare):
        if not any(word.casefold() in _COMMON for word in found[0].split()):
            return NAME
    return OPAQUE if any(not layers.decoded(found[0]) for found in _OPAQUE.finditer(bare)) else ""
