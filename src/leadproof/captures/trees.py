"""The items of a JSON or YAML document, one at a time and under caps: what tools write that keep exchanges in a list.

Both languages become the same events (those of ijson), and items are put together of these. Of YAML no tag makes
anything but text and bytes, so that a file cannot choose what is built; an alias counts as often as it is used.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import ijson

from leadproof.captures.streams import Stream
from leadproof.captures.values import from_base64

#: Bytes that may be read between two items, as in `entries.ENTRY`: an exchange of a lead is far smaller.
ITEM = 4 * 1024 * 1024

#: Nodes that the anchors and aliases of a document may add to it.
_ALIASED = 200_000

#: Containers within containers; the deepest recording known to us has eleven.
_DEEPEST = 100

#: An event of ijson's `basic_parse`: what it is, and the key or value.
Event = tuple[str, Any]

#: The keys that lead to a list of items, or None: the document is the only item.
Place = tuple[str, ...] | None


class BrokenTree(Exception):
    """The document cannot be read further; says why."""


def items(stream: Stream, *places: Place, seen: set[str] | None = None) -> Iterator[tuple[int, Any]]:
    """The items of a document with their numbers, from 1.

    Args:
        stream: The document, from its beginning, in UTF-8.
        places: Where items may stand.
        seen: Takes in the names at the top of the document as they are met.

    Raises:
        BrokenTree: At the place where it cannot be read further; the items before it were given.
    """
    meter = _Meter(stream)
    events = _json(meter) if stream.head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[") else _yaml(meter)
    for number, event in enumerate(_at(events, places, set() if seen is None else seen), 1):
        yield number, _whole(event, events)
        meter.start()


class _Meter:
    """A stream of which only so much may be read between two items."""

    def __init__(self, stream: Stream) -> None:
        self._stream, self._read = stream, 0

    def start(self) -> None:
        self._read = 0

    def read(self, size: int = 1 << 16) -> bytes:
        piece = self._stream.read(min(size, 1 << 16)) if size else b""
        self._read += len(piece)
        if self._read > ITEM:
            raise BrokenTree(f"more than {ITEM // 1024 // 1024} MB belong to one item")
        return piece


def _at(events: Iterator[Event], places: tuple[Place, ...], seen: set[str]) -> Iterator[Event]:
    """The first event of each item; the others of it are taken from the same `events` by whoever has the first."""
    keys: list[str] = []  # of each open container, the key that leads to it
    key = ""
    for kind, value in events:
        if kind == "map_key":
            key = value
            if len(keys) == 1:
                seen.add(key)
        elif kind in _STARTS:
            here = (*keys[1:], key) if keys else ()
            if kind == "start_array" and here in places:
                for event in events:
                    if event[0] == "end_array":
                        break
                    yield event
            elif not keys and kind == "start_map" and None in places:
                yield kind, value
            else:
                if len(keys) > _DEEPEST:
                    raise BrokenTree(_TOO_DEEP)
                keys.append(key)
            key = ""
        elif kind in _ENDS:
            keys.pop()


def _whole(event: Event, events: Iterator[Event]) -> Any:
    """The value that begins with an event."""
    kind, value = event
    if kind not in _STARTS:
        return value
    root: Any = {} if kind == "start_map" else []
    open_, keys = [root], [""]
    for kind, value in events:
        if kind == "map_key":
            keys[-1] = value
            continue
        if kind in _ENDS:
            open_.pop()
            keys.pop()
            if not open_:
                return root
            continue
        made: Any = {} if kind == "start_map" else [] if kind == "start_array" else value
        if isinstance(open_[-1], dict):
            open_[-1][keys[-1]] = made
        else:
            open_[-1].append(made)
        if kind in _STARTS:
            if len(open_) > _DEEPEST:
                raise BrokenTree(_TOO_DEEP)
            open_.append(made)
            keys.append("")
    raise BrokenTree("it breaks off")


_STARTS, _ENDS = ("start_map", "start_array"), ("end_map", "end_array")
_TOO_DEEP = f"it is nested more than {_DEEPEST} levels deep"


# ---- JSON ------------------------------------------------------------------------------------------------------------


def _json(source: _Meter) -> Iterator[Event]:
    try:
        yield from ijson.basic_parse(source, use_float=True, multiple_values=True)
    except (ijson.JSONError, ValueError) as error:
        said = error.args[0] if error.args and not isinstance(error, UnicodeError) else "it is no UTF-8"
        text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
        raise BrokenTree(f"it is no JSON: {text.partition(chr(10))[0][:120]}") from None


# ---- YAML ------------------------------------------------------------------------------------------------------------

_BINARY = ("!binary", "tag:yaml.org,2002:binary")
_NULL = ("", "~", "null", "Null", "NULL")


def _yaml(source: _Meter) -> Iterator[Event]:
    """Events of ijson; mappings of YAML have their keys among their values."""
    import yaml  # most documents are in JSON

    next_is_key: list[bool | None] = []  # of each open container; None in a list
    try:
        for kind, value in _nodes(source):
            if kind == "end":
                yield ("end_array" if next_is_key.pop() is None else "end_map"), None
                continue
            if next_is_key and next_is_key[-1]:
                if kind != "scalar":
                    raise BrokenTree("a key is no text")
                next_is_key[-1] = False
                yield "map_key", str(value)
                continue
            if next_is_key and next_is_key[-1] is False:
                next_is_key[-1] = True
            if kind != "scalar":
                next_is_key.append(True if kind == "start_map" else None)
            yield kind, value
    except yaml.YAMLError as error:
        mark, problem = getattr(error, "problem_mark", None), str(getattr(error, "problem", None) or error)
        place = f"line {mark.line + 1}: " if mark else ""
        raise BrokenTree(f"it is no YAML: {place}{problem.partition(chr(10))[0][:120]}") from None
    except UnicodeError:
        raise BrokenTree("it is no YAML: a byte sequence is not UTF-8") from None


def _nodes(source: _Meter) -> Iterator[Event]:
    """The nodes of a document, aliases replaced by what they stand for."""
    import yaml

    anchors: dict[str, list[Event]] = {}
    recording: list[tuple[int, str, list[Event]]] = []
    depth = added = 0
    for event in yaml.parse(source, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
        if isinstance(event, yaml.AliasEvent):
            found = anchors.get(str(event.anchor), [])
            if not found:
                raise BrokenTree(f"alias {str(event.anchor)[:40]!r} stands for nothing")
            added += len(found)
        elif isinstance(event, yaml.ScalarEvent):
            found = [("scalar", _scalar(event))]
        elif isinstance(event, yaml.CollectionStartEvent):
            found = [("start_map" if isinstance(event, yaml.MappingStartEvent) else "start_array", None)]
        elif isinstance(event, yaml.CollectionEndEvent):
            found = [("end", None)]
        else:
            continue
        for _, _, kept in recording:
            kept += found
        added += len(found) * len(recording)
        if added > _ALIASED:
            raise BrokenTree("its anchors and aliases make too much of it")
        if isinstance(event, yaml.NodeEvent) and event.anchor and not isinstance(event, yaml.AliasEvent):
            if isinstance(event, yaml.ScalarEvent):
                anchors[event.anchor] = found
            else:
                recording.append((depth, event.anchor, [*found]))
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if isinstance(event, yaml.CollectionEndEvent) and recording and recording[-1][0] == depth:
            _, anchor, anchors[anchor] = recording.pop()
        yield from found


def _scalar(event: Any) -> Any:
    """Text, bytes or None: what a number or a date would be is left to who reads it."""
    if event.tag in _BINARY:
        if (found := from_base64(event.value)) is None:
            raise BrokenTree("a binary value is no base64")
        return found
    return None if event.implicit[0] and event.value in _NULL else event.value
