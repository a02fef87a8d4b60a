"""The `xml` keyword of two schemas: what it says about the wire, and what of that changed.

Names that are not given are those that OpenAPI gives: the member's own for an element or attribute, the wrapper's for
the items of a list. So a name that is written out and was the same before is no change.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from leadproof.commands.diff.model import Location, UnratedChange, UnratedChanges
from leadproof.commands.diff.shapes import Shape

_Xml = Mapping[str, Any]


def compare_roots(old: _Xml, new: _Xml, place: Location) -> UnratedChanges:
    """The document element. Without a name it has that of the component, which the schema alone does not say."""
    yield from _names(str(old.get("name", "")), str(new.get("name", "")), place)
    yield from _namespaces(old, new, place)


def compare_items(old: _Xml, new: _Xml, place: Location) -> UnratedChanges:
    """The namespace of the items of a list; their name is compared with the list."""
    yield from _namespaces(old, new, place.at("/*"))


def compare_members(name: str, shapes: tuple[Shape, ...], items: tuple[_Xml, ...], place: Location) -> UnratedChanges:
    """One member: element or attribute, its name, its namespace, how a list is written.

    Args:
        name: The member's name in JSON.
        shapes: The member in OLD and NEW.
        items: The `xml` keyword of its items, where it is a list.
        place: Where it stands.
    """
    old, new = (
        _Written.of(name, shape.xml, "array" in shape.types, xml) for shape, xml in zip(shapes, items, strict=True)
    )
    if old.node != new.node:
        yield UnratedChange("xml-node-changed", place, old.node, new.node)
    if old.wrapped is not None and new.wrapped is not None and old.wrapped != new.wrapped:
        words = ("wrapped in an element of its own" if one.wrapped else "not wrapped" for one in (old, new))
        yield UnratedChange("xml-wrapping-changed", place, *words)
    else:
        yield from _names(old.name, new.name, place)
        if old.wrapped and new.wrapped and old.item != new.item:
            yield UnratedChange("xml-item-name-changed", place, old.item, new.item)
    yield from _namespaces(shapes[0].xml, shapes[1].xml, place)


@dataclass(frozen=True, slots=True)
class _Written:
    """How a member is written in XML."""

    #: "attribute" or "element".
    node: str
    #: Of the attribute or element; of a list without wrapper, of each item.
    name: str
    item: str
    #: None for what is no list.
    wrapped: bool | None

    @classmethod
    def of(cls, name: str, xml: _Xml, is_list: bool, items: _Xml) -> _Written:
        kind = xml.get("nodeType")  # OpenAPI 3.2
        node = "attribute" if xml.get("attribute") is True or kind == "attribute" else "element"
        outer = str(xml.get("name") or name)
        item = str(items.get("name") or outer)
        wrapped = (xml.get("wrapped") is True or kind == "element") if is_list and node == "element" else None
        return cls(node, item if wrapped is False else outer, item, wrapped)


def _names(old: str, new: str, place: Location) -> UnratedChanges:
    if old and new and old != new:
        yield UnratedChange("xml-name-changed", place, old, new)


def _namespaces(old: _Xml, new: _Xml, place: Location) -> UnratedChanges:
    before, after = (str(xml.get("namespace") or "none") for xml in (old, new))
    if before != after:
        yield UnratedChange("xml-namespace-changed", place, before, after)
    elif old.get("prefix") != new.get("prefix"):
        yield UnratedChange("xml-prefix-changed", place, *(str(xml.get("prefix") or "none") for xml in (old, new)))
