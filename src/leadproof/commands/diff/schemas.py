"""Two schemas of OpenAPI documents, member by member: what a client may send or can meet, before and after.

What one level of a schema says is in `shapes`; what the `xml` keyword means for the wire is in `xml_keyword`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from leadproof import bodies
from leadproof.commands.diff import limits, xml_keyword
from leadproof.commands.diff.model import Location, UnratedChange, UnratedChanges
from leadproof.commands.diff.shapes import Dialect, Shape, digest, follow, shape
from leadproof.core.text import one_line

#: Levels of nesting that are compared; a schema that holds itself is compared until it repeats.
_DEEPEST = 60

#: Characters of a value that a message shows.
_LONGEST = 160

#: What lies between two schemas: those that are being compared above.
_Above = frozenset[tuple[str, str]]


def shown(value: Any) -> str:
    """A value as a message shows it."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return one_line(text, _LONGEST) if text else "nothing"


def compare(
    old: Any,
    new: Any,
    dialects: tuple[Dialect, Dialect],
    place: Location,
    above: _Above = frozenset(),
    root: bool = True,
) -> UnratedChanges:
    """Every difference between two schemas.

    Args:
        old: The schema in OLD, as written.
        new: The schema in NEW.
        dialects: How each is read.
        place: Where they stand.
        above: Texts of the schemas that these stand in, so that a circle ends.
        root: Are they the whole body? Then their name in XML is that of the document element.
    """
    texts = (digest(old, dialects[0]), digest(new, dialects[1]))
    words = (digest(old, dialects[0], words=True), digest(new, dialects[1], words=True))
    if texts in above or len(above) > _DEEPEST or words[0] == words[1]:
        return
    below = above | {texts}
    first, second = shape(old, dialects[0]), shape(new, dialects[1])
    if root and "xml" in place.media:
        yield from xml_keyword.compare_roots(first.xml, second.xml, place)
    if first.union or second.union:
        yield from _unions(first, second, (old, new), dialects, place, below)
        return
    yield from _types(first, second, place)
    yield from _values(first, second, place)
    yield from limits.compare(first.rest, second.rest, place)
    yield from _annotations(first, second, place)
    if "object" in first.types | second.types or first.properties or second.properties:
        yield from _objects(first, second, dialects, place, below)
    if first.items is not None and second.items is not None:
        if "xml" in place.media:
            yield from xml_keyword.compare_items(_xml(first.items, dialects[0]), _xml(second.items, dialects[1]), place)
        yield from compare(first.items, second.items, dialects, place.at("/*"), below, root=False)
    elif (first.items is None) != (second.items is None) and "array" in first.types & second.types:
        items = f"items {shown(first.items or second.items)}"
        kind = "condition-added" if first.items is None else "condition-removed"
        yield UnratedChange(kind, place, *(("", items) if first.items is None else (items, "")))


def _xml(node: Any, dialect: Dialect) -> Mapping[str, Any]:
    return shape(node, dialect).xml


def _types(first: Shape, second: Shape, place: Location) -> UnratedChanges:
    if first.nullable != second.nullable and (first.types or second.types):
        yield UnratedChange("null-allowed" if second.nullable else "null-refused", place)
    old, new = (_names(one, place) for one in (first, second))
    if old == new:
        return
    words = (_listed(first.types), _listed(second.types))
    if not new or (old and _within(old, new)):
        yield UnratedChange("type-widened", place, *words)
    elif not old or _within(new, old):
        yield UnratedChange("type-narrowed", place, *words)
    else:
        yield UnratedChange("type-changed", place, *words)


def _names(one: Shape, place: Location) -> frozenset[str]:
    """The types as the media type has them: in XML every scalar is text."""
    if place.media == ("xml",) and "string" in one.types:
        return one.types | {"integer", "number", "boolean"}
    return one.types | {"integer"} if "number" in one.types else one.types


def _within(few: frozenset[str], many: frozenset[str]) -> bool:
    return few < many


def _listed(types: frozenset[str]) -> str:
    return " or ".join(sorted(types)) or "any type"


def _values(first: Shape, second: Shape, place: Location) -> UnratedChanges:
    old, new = first.values, second.values
    if old is None and new is None:
        return
    if old is None or new is None:
        kind = "values-listed" if old is None else "values-freed"
        yield UnratedChange(kind, place, _joined(old or ()), _joined(new or ()))
        return
    gone = [value for value in old if not _in(value, new)]
    fresh = [value for value in new if not _in(value, old)]
    if gone and fresh and len(gone) == len(old):
        yield UnratedChange("values-replaced", place, _joined(old), _joined(new))
        return
    if gone:
        yield UnratedChange("values-removed", place, _joined(gone), "")
    if fresh:
        yield UnratedChange("values-added", place, "", _joined(fresh))


def _in(value: Any, values: tuple[Any, ...]) -> bool:
    return any(value == other and isinstance(value, bool) == isinstance(other, bool) for other in values)


def _joined(values: Any) -> str:
    return ", ".join(shown(value) for value in values)


def _annotations(first: Shape, second: Shape, place: Location) -> UnratedChanges:
    if first.rest.get("deprecated") != second.rest.get("deprecated"):
        yield UnratedChange("deprecated" if second.rest.get("deprecated") else "undeprecated", place)
    if first.notes != second.notes:
        yield UnratedChange("description-changed", place)


# ---- objects ---------------------------------------------------------------------------------------------------------


def _objects(
    first: Shape, second: Shape, dialects: tuple[Dialect, Dialect], place: Location, below: _Above
) -> UnratedChanges:
    for name in first.properties:
        if name not in second.properties:
            kind = "required-member-removed" if name in first.required else "member-removed"
            yield UnratedChange(kind, _member(place, name))
    for name, node in second.properties.items():
        here = _member(place, name)
        if name not in first.properties:
            kind = "required-member-added" if name in second.required else "member-added"
            yield UnratedChange(kind, here)
            continue
        if (name in first.required) != (name in second.required):
            yield UnratedChange("member-required" if name in second.required else "member-optional", here)
        before = first.properties[name]
        if "xml" in place.media:
            shapes = (shape(before, dialects[0]), shape(node, dialects[1]))
            items = tuple(_xml(one.items, dialect) for one, dialect in zip(shapes, dialects, strict=True))
            yield from xml_keyword.compare_members(name, shapes, items, here)
        yield from compare(before, node, dialects, here, below, root=False)
    named = first.properties.keys() | second.properties.keys()
    for name in sorted((first.required ^ second.required) - named):
        yield UnratedChange("member-required" if name in second.required else "member-optional", _member(place, name))
    if "xml" in place.media:
        yield from _order(first, second, place)
    yield from _others(first, second, dialects, place, below)


def _member(place: Location, name: str) -> Location:
    return place.at(f"/{bodies.escape(name)}")


def _order(first: Shape, second: Shape, place: Location) -> UnratedChanges:
    common = first.properties.keys() & second.properties.keys()
    old, new = ([name for name in one.properties if name in common] for one in (first, second))
    if old != new:
        moved = [name for name, other in zip(old, new, strict=True) if name != other]
        now = [name for name in new if name in moved]
        yield UnratedChange("xml-order-mentioned", place, ", ".join(moved), ", ".join(now))


def _others(
    first: Shape, second: Shape, dialects: tuple[Dialect, Dialect], place: Location, below: _Above
) -> UnratedChanges:
    """Members that the schema does not name."""
    old, new = first.others, second.others
    if (old is False) != (new is False):
        yield UnratedChange("object-opened" if old is False else "object-closed", place)
    elif old is not False and (isinstance(old, Mapping) or isinstance(new, Mapping)):
        yield from compare(old, new, dialects, place.at("/{name}"), below, root=False)


# ---- forms -----------------------------------------------------------------------------------------------------------


def _unions(
    first: Shape,
    second: Shape,
    nodes: tuple[Any, Any],
    dialects: tuple[Dialect, Dialect],
    place: Location,
    below: _Above,
) -> UnratedChanges:
    """Forms that are the same are set aside, those that are alike are compared, the others are gone or new."""
    old = list(first.forms) if first.union else [nodes[0]]
    new = list(second.forms) if second.union else [nodes[1]]
    before = {id(form): digest(form, dialects[0]) for form in old}
    after = {id(form): digest(form, dialects[1]) for form in new}
    for form in list(old):
        same = next((other for other in new if after[id(other)] == before[id(form)]), None)
        if same is not None:
            old.remove(form)
            new.remove(same)
            yield from compare(form, same, dialects, place, below, root=False)
    for form in list(old):
        best = max(new, key=lambda other: _likeness(form, other, dialects), default=None)
        if best is not None and _likeness(form, best, dialects) > 0:
            old.remove(form)
            new.remove(best)
            yield from compare(form, best, dialects, place, below, root="xml" in place.media and not place.member)
    for form in old:
        yield UnratedChange("alternative-removed", place, _summary(form, dialects[0]), "")
    for form in new:
        yield UnratedChange("alternative-added", place, "", _summary(form, dialects[1]))
    if first.nullable != second.nullable:
        yield UnratedChange("null-allowed" if second.nullable else "null-refused", place)
    if first.union and second.union and first.union != second.union:
        kind = "alternatives-exclusive" if second.union == "oneOf" else "alternatives-overlapping"
        yield UnratedChange(kind, place)
    yield from limits.compare(first.rest, second.rest, place)
    yield from _annotations(first, second, place)


def _likeness(old: Any, new: Any, dialects: tuple[Dialect, Dialect]) -> int:
    """How much two forms have in common: members, and the name in XML; 0 for nothing."""
    first, second = shape(old, dialects[0]), shape(new, dialects[1])
    if first.union or second.union or not first.types & second.types:
        return 0
    shared = len(first.properties.keys() & second.properties.keys())
    apart = len(first.properties.keys() ^ second.properties.keys())
    if first.properties and second.properties:
        return max(0, 2 * shared - apart) + (first.xml.get("name") == second.xml.get("name"))
    return 1 if not first.properties and not second.properties else 0


def _summary(node: Any, dialect: Dialect) -> str:
    one = shape(node, dialect)
    if one.properties:
        return f"object with {', '.join(list(one.properties)[:6])}"
    return shown({key: value for key, value in follow(node, dialect.document).items() if key != "description"})
