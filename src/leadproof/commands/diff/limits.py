"""Limits, formats, patterns, defaults and conditions of two schemas: everything that stands at a value by a keyword.

A limit is tighter or looser; of a condition (`not`, `if`, `dependentRequired` …) only that it came, went or changed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from leadproof.commands.diff.model import Location, UnratedChange, UnratedChanges
from leadproof.core.text import one_line

#: Limits from below: a larger number is tighter. The others are limits from above.
_LOWER = (
    "minimum",
    "exclusiveMinimum",
    "minLength",
    "minItems",
    "minProperties",
    "minContains",
    "minOccurs",
    "minInclusive",
    "minExclusive",
)
_UPPER = (
    "maximum",
    "exclusiveMaximum",
    "maxLength",
    "maxItems",
    "maxProperties",
    "maxContains",
    "maxOccurs",
    "maxInclusive",
    "maxExclusive",
    "totalDigits",
    "fractionDigits",
)

#: Limits that mean nothing at this value: they are as good as not there.
_IDLE = {"minLength": 0, "minItems": 0, "minProperties": 0, "minContains": 1}

#: Formats that take everything which another one takes: narrower -> wider.
_WIDER = {("int32", "int64"), ("float", "double"), ("uri", "uri-reference"), ("uri", "iri"), ("email", "idn-email"),
          ("hostname", "idn-hostname")}  # fmt: skip

#: Formats of numbers that say how a reader keeps them, and refuse nothing that is met.
_USUAL = ("int64", "double")

#: Patterns that every text matches.
_ALL = ("", ".*", "^.*$", "^.*", ".*$", "^", "$")

#: Keywords with a comparison of their own.
_OWN = frozenset(
    (*_LOWER, *_UPPER, "format", "pattern", "default", "multipleOf", "uniqueItems", "deprecated", "discriminator")
)


def compare(old: Mapping[str, Any], new: Mapping[str, Any], place: Location) -> UnratedChanges:
    """What differs between the keywords of two schemas."""
    for key in (*_LOWER, *_UPPER):
        yield from limit(key, old.get(key), new.get(key), place)
    yield from _format(old.get("format"), new.get("format"), place)
    yield from pattern(old.get("pattern"), new.get("pattern"), place)
    yield from _default(old, new, place)
    yield from _multiple(old.get("multipleOf"), new.get("multipleOf"), place)
    if bool(old.get("uniqueItems")) != bool(new.get("uniqueItems")):
        kind, *words = ("limit-tightened", "items may repeat", "no item twice") if new.get("uniqueItems") else (
            "limit-loosened", "no item twice", "items may repeat")  # fmt: skip
        yield UnratedChange(kind, place, *words)
    if old.get("discriminator") != new.get("discriminator"):
        words = [_text(one.get("discriminator", "nothing")) for one in (old, new)]
        yield UnratedChange("discriminator-changed", place, *words)
    for key in sorted((old.keys() | new.keys()) - _OWN):
        yield from condition(key, old.get(key), new.get(key), place)


def limit(key: str, old: Any, new: Any, place: Location) -> UnratedChanges:
    """A number that bounds something: tighter or looser. None stands for no limit."""
    old, new = (None if key in _IDLE and value == _IDLE[key] else value for value in (old, new))
    if old == new or not all(value is None or isinstance(value, int | float) for value in (old, new)):
        return
    tighter = new is not None and (old is None or (new > old) == (key in _LOWER))
    words = ("no limit" if value is None else f"{key} {_number(value)}" for value in (old, new))
    yield UnratedChange("limit-tightened" if tighter else "limit-loosened", place, *words)


def pattern(old: Any, new: Any, place: Location) -> UnratedChanges:
    """A regular expression; whether one takes what another takes is not decided."""
    old, new = (None if isinstance(value, str) and value in _ALL else value for value in (old, new))
    if old == new:
        return
    kind = "pattern-added" if old is None else "pattern-removed" if new is None else "pattern-changed"
    yield UnratedChange(kind, place, *("" if value is None else _text(value) for value in (old, new)))


def condition(key: str, old: Any, new: Any, place: Location) -> UnratedChanges:
    """A keyword of which only its presence is compared."""
    if old == new:
        return
    kind = "condition-added" if old is None else "condition-removed" if new is None else "condition-changed"
    words = ("" if value is None else _text(f"{key} {_text(value)}") for value in (old, new))
    yield UnratedChange(kind, place, *words)


def _format(old: Any, new: Any, place: Location) -> UnratedChanges:
    if old == new:
        return
    words = tuple("" if value is None else _text(value) for value in (old, new))
    if set(words) <= {"", *_USUAL}:
        yield UnratedChange("description-changed", place)
    elif old is None or new is None:
        yield UnratedChange("format-added" if old is None else "format-removed", place, *words)
    else:
        narrower = words[::-1] in _WIDER
        kind = "type-widened" if words in _WIDER else "type-narrowed" if narrower else "format-changed"
        yield UnratedChange(kind, place, *words)


def _default(old: Mapping[str, Any], new: Mapping[str, Any], place: Location) -> UnratedChanges:
    if ("default" in old) != ("default" in new):
        kind = "default-added" if "default" in new else "default-removed"
        yield UnratedChange(kind, place, _text(old.get("default", "")), _text(new.get("default", "")))
    elif old.get("default") != new.get("default"):
        yield UnratedChange("default-changed", place, _text(old["default"]), _text(new["default"]))


def _multiple(old: Any, new: Any, place: Location) -> UnratedChanges:
    if old == new:
        return
    words = ("no limit" if value is None else f"multipleOf {_number(value)}" for value in (old, new))
    if old is None or (isinstance(new, int) and isinstance(old, int) and old and new % old == 0):
        yield UnratedChange("limit-tightened", place, *words)
    elif new is None or (isinstance(new, int) and isinstance(old, int) and new and old % new == 0):
        yield UnratedChange("limit-loosened", place, *words)
    else:
        yield UnratedChange("multiple-changed", place, _number(old), _number(new))


def _number(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) and abs(value) < 1e15 else str(value)


def _text(value: Any) -> str:
    return one_line(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str), 160)
