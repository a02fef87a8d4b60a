"""Two sets of XML Schemas: document elements, and below them elements, attributes, their order and their values.

The direction is that of the document element: `Leads` is what clients send, the documented results are what they get;
of others it is the folder (`requests`, `responses`), and where that says nothing both have to hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from leadproof.bodies import xml
from leadproof.commands.diff import limits
from leadproof.commands.diff.model import Direction, Location, UnratedChange, UnratedChanges
from leadproof.commands.diff.xsd_model import Content, Element, Simple, content, roots
from leadproof.core.operations import OPERATIONS
from leadproof.core.text import one_line

#: The document element of every request in XML.
_REQUEST = "Leads"

#: Built-in types -> those that take all that they take.
_WIDER: dict[str, str] = {
    "byte": "short", "short": "int", "int": "long", "long": "integer", "integer": "decimal",
    "unsignedByte": "unsignedShort", "unsignedShort": "unsignedInt", "unsignedInt": "unsignedLong",
    "unsignedLong": "nonNegativeInteger", "positiveInteger": "nonNegativeInteger", "nonNegativeInteger": "integer",
    "negativeInteger": "nonPositiveInteger", "nonPositiveInteger": "integer",
    "decimal": "string", "boolean": "string", "float": "string", "double": "string", "dateTime": "string",
    "date": "string", "time": "string", "anyURI": "string", "base64Binary": "string", "NMTOKEN": "token",
    "NCName": "token",
    "token": "normalizedString", "normalizedString": "string", "string": "anySimpleType", "anySimpleType": "anyType",
}  # fmt: skip


def compare(old: Mapping[str, Any], new: Mapping[str, Any]) -> UnratedChanges:
    """Every difference between two sets of schema documents, each path -> document element."""
    before, after = roots(old), roots(new)
    if len(before) == len(after) == 1:  # two single files may have different names
        path = next(iter(after))
        before = {path: next(iter(before.values()))}
    for path in sorted(before.keys() | after.keys()):
        first, second = before.get(path, {}), after.get(path, {})
        if path not in after and any(first.keys() <= set(other) for other in after.values()):
            continue  # the file is gone, its document elements are not
        if path not in before and any(second.keys() <= set(other) for other in before.values()):
            continue
        yield from _roots(first, second, path)


def _roots(old: Mapping[str, Element], new: Mapping[str, Element], path: str) -> UnratedChanges:
    place = Location(path, "both", "", ("xml",))
    for was, now in _pairs(list(old), list(new)):
        here = replace(place, direction=_direction(xml.local(now or was), path)).at(f"/{_shown(now or was)}")
        if not now:
            yield UnratedChange("member-removed", here)
        elif not was:
            yield UnratedChange("member-added", here)
        else:
            yield from _elements(old[was], new[now], here, frozenset())


def _direction(name: str, path: str) -> Direction:
    if name == _REQUEST or "request" in path.lower():
        return "request"
    if name in {row.root for row in OPERATIONS.values()} or "response" in path.lower() or "Response" in name:
        return "response"
    return "both"


def _shown(name: str) -> str:
    return xml.qualified(name)


def _pairs(old: list[str], new: list[str]) -> list[tuple[str, str]]:
    """Names that belong together: the same one, or one of the same local name in another namespace; "" for none."""
    left, pairs = [name for name in old if name not in new], []
    for name in new:
        was = name if name in old else next((other for other in left if xml.local(other) == xml.local(name)), "")
        if was in left:
            left.remove(was)
        pairs.append((was, name))
    return [*((name, "") for name in left), *pairs]


# ---- elements --------------------------------------------------------------------------------------------------------


#: Types that two elements stand in, so that a type that holds itself ends.
_Above = frozenset[tuple[Any, Any]]


def _elements(old: Element, new: Element, place: Location, above: _Above) -> UnratedChanges:
    """Two declarations of what is the same element, or the same in another namespace."""
    if old.name != new.name:
        words = (xml.namespace(one.name) or "none" for one in (old, new))
        yield UnratedChange("xml-namespace-changed", place, *words)
    if old.nillable != new.nillable:
        yield UnratedChange("null-allowed" if new.nillable else "null-refused", place)
    if old.default != new.default:
        yield from _defaults(old.default, new.default, place)
    types = (old.type()[0], new.type()[0])
    if types in above:
        return
    before, after = content(old), content(new)
    if (before.text is None) != (after.text is None):
        yield UnratedChange("type-changed", place, _kind(before), _kind(after))
        return
    if before.text is not None and after.text is not None:
        yield from _values(before.text, after.text, place)
    if before.mixed != after.mixed:
        mixed = ("", "text between elements") if after.mixed else ("text between elements", "")
        yield UnratedChange("wildcard-added" if after.mixed else "wildcard-removed", place, *mixed)
    yield from _moved(before, after, place)
    yield from _attributes(before, after, place)
    yield from _children(before, after, place, above | {types})


def _moved(old: Content, new: Content, place: Location) -> UnratedChanges:
    """Attributes that became elements, and elements that became attributes."""
    for name in sorted(_crossed(old, new)):
        yield UnratedChange("xml-node-changed", place.at(f"/{name}"), "attribute", "element")
    for name in sorted(_crossed(new, old)):
        yield UnratedChange("xml-node-changed", place.at(f"/@{name}"), "element", "attribute")


def _crossed(one: Content, other: Content) -> set[str]:
    """Local names that are an attribute here and an element there, and not both in either."""
    attributes = [{xml.local(name) for name in side.attributes} for side in (one, other)]
    elements = [{xml.local(element.name) for element in side.elements} for side in (one, other)]
    return (attributes[0] & elements[1]) - attributes[1] - elements[0]


def _kind(one: Content) -> str:
    return (
        f"text ({one.text.base})"
        if one.text
        else "elements"
        if one.elements
        else "any content"
        if one.mixed
        else "empty"
    )


def _children(old: Content, new: Content, place: Location, above: _Above) -> UnratedChanges:
    if old.model != new.model and old.elements and new.elements:
        yield UnratedChange("model-changed", place, old.model, new.model)
    before, after = ({one.name: one for one in reversed(side.elements)} for side in (old, new))
    pairs = _pairs(list(reversed(before)), list(reversed(after)))
    crossed = _crossed(old, new) | _crossed(new, old)
    for was, now in pairs:
        here = place.at(f"/{_shown(now or was)}")
        if xml.local(now or was) in crossed:
            continue
        if "*" in (was, now):
            yield from _wildcards(before.get("*"), after.get("*"), place)
        elif not now:
            yield UnratedChange("required-member-removed" if before[was].least else "member-removed", here)
        elif not was:
            yield UnratedChange("required-member-added" if after[now].least else "member-added", here)
        else:
            yield from _occurrence(before[was], after[now], here)
            yield from _elements(before[was], after[now], here, above)
    if old.model == new.model == "sequence":
        both = [(was, now) for was, now in pairs if was and now and now != "*"]
        first = [xml.local(one.name) for one in old.elements if one.name in {was for was, _ in both}]
        second = [xml.local(one.name) for one in new.elements if one.name in {now for _, now in both}]
        if first != second and sorted(first) == sorted(second):
            moved = [name for name, other in zip(first, second, strict=True) if name != other]
            yield UnratedChange("order-changed", place, ", ".join(moved), ", ".join(n for n in second if n in moved))


def _occurrence(old: Element, new: Element, place: Location) -> UnratedChanges:
    if bool(old.least) != bool(new.least):
        yield UnratedChange("member-required" if new.least else "member-optional", place)
    elif old.least != new.least:
        yield from limits.limit("minOccurs", old.least, new.least, place)
    yield from limits.limit("maxOccurs", old.most, new.most, place)


def _wildcards(old: Element | None, new: Element | None, place: Location) -> UnratedChanges:
    if old is None or new is None:
        kind = "wildcard-removed" if new is None else "wildcard-added"
        yield UnratedChange(kind, place, old.wildcard if old else "", new.wildcard if new else "")
    elif old.wildcard != new.wildcard:
        yield UnratedChange("condition-changed", place, old.wildcard, new.wildcard)


# ---- attributes and values -------------------------------------------------------------------------------------------


def _attributes(before: Content, after: Content, place: Location) -> UnratedChanges:
    crossed = _crossed(before, after) | _crossed(after, before)
    old, new = ({name: one for name, one in side.attributes.items() if xml.local(name) not in crossed}
                for side in (before, after))  # fmt: skip
    for was, now in _pairs(list(old), list(new)):
        here = place.at(f"/@{_shown(now or was)}")
        if not now:
            if was == "*":
                yield UnratedChange("wildcard-removed", place, "attribute", "")
            else:
                yield UnratedChange("required-member-removed" if old[was].required else "member-removed", here)
        elif not was:
            if now == "*":
                yield UnratedChange("wildcard-added", place, "", "attribute")
            else:
                yield UnratedChange("required-member-added" if new[now].required else "member-added", here)
        else:
            first, second = old[was], new[now]
            if was != now:
                yield UnratedChange(
                    "xml-namespace-changed", here, *(xml.namespace(one) or "none" for one in (was, now))
                )
            if first.required != second.required:
                yield UnratedChange("member-required" if second.required else "member-optional", here)
            yield from _defaults(first.default, second.default, here)
            if first.fixed != second.fixed:
                values = [None if one.fixed is None else (one.fixed,) for one in (first, second)]
                yield from _enumerations(values[0], values[1], here)
            yield from _values(first.value, second.value, here)


def _defaults(old: str | None, new: str | None, place: Location) -> UnratedChanges:
    if old != new:
        kind = "default-added" if old is None else "default-removed" if new is None else "default-changed"
        yield UnratedChange(kind, place, old or "", new or "")


def _values(old: Simple, new: Simple, place: Location) -> UnratedChanges:
    if old.base != new.base:
        kind = "widened" if _within(old.base, new.base) else "narrowed" if _within(new.base, old.base) else "changed"
        yield UnratedChange(f"type-{kind}", place, old.base, new.base)
    yield from _enumerations(old.values, new.values, place)
    if old.patterns != new.patterns:
        yield from limits.pattern(" and ".join(old.patterns), " and ".join(new.patterns), place)
    for name in sorted(old.limits.keys() | new.limits.keys()):
        yield from limits.limit(name, old.limits.get(name), new.limits.get(name), place)
    if old.members != new.members:
        gone, fresh = (
            ", ".join(sorted(set(one) - set(two)))
            for one, two in ((old.members, new.members), (new.members, old.members))
        )
        if gone:
            yield UnratedChange("alternative-removed", place, one_line(gone, 160), "")
        if fresh:
            yield UnratedChange("alternative-added", place, "", one_line(fresh, 160))


def _enumerations(old: tuple[str, ...] | None, new: tuple[str, ...] | None, place: Location) -> UnratedChanges:
    if old == new:
        return
    if old is None or new is None:
        yield UnratedChange("values-freed" if new is None else "values-listed", place, _list(old), _list(new))
        return
    gone, fresh = [one for one in old if one not in new], [one for one in new if one not in old]
    if gone and fresh and len(gone) == len(old):
        yield UnratedChange("values-replaced", place, _list(old), _list(new))
        return
    if gone:
        yield UnratedChange("values-removed", place, _list(gone), "")
    if fresh:
        yield UnratedChange("values-added", place, "", _list(fresh))


def _list(values: Any) -> str:
    return one_line(", ".join(values or ()), 160)


def _within(narrow: str, wide: str) -> bool:
    while narrow in _WIDER:
        narrow = _WIDER[narrow]
        if narrow == wide:
            return True
    return False
