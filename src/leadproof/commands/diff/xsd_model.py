"""XML Schemas as trees of elements: types, groups and includes resolved, so that only what is on the wire is left.

A named type and the same type written in place, a group and its content, one file and the same in three are the same
tree. Facets of a chain of restrictions stand together at the last type, with the built-in type that the chain began at.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

XS = "{http://www.w3.org/2001/XMLSchema}"

#: What declares a type.
_TYPES = (f"{XS}complexType", f"{XS}simpleType")

#: Steps from type to base, or from group to group; more are a circle.
_MOST_STEPS = 40


@dataclass(frozen=True, slots=True)
class Simple:
    """A simple type: the built-in type at its root, and its facets."""

    base: str = "anyType"
    values: tuple[str, ...] | None = None
    #: One for each step of the chain of restrictions; a value has to match all.
    patterns: tuple[str, ...] = ()
    limits: Mapping[str, float] = field(default_factory=dict)
    #: Of a union, what its members are.
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute of an element."""

    required: bool
    value: Simple
    default: str | None = None
    fixed: str | None = None


@dataclass(frozen=True, eq=False)
class Element:
    """One element where it may stand. Its content is worked out when it is asked for: types may hold themselves."""

    #: "{namespace}name", or "*" for any element.
    name: str
    least: int
    #: None for any number.
    most: int | None
    nillable: bool
    default: str | None
    node: Any
    scope: Scope
    #: Which elements a wildcard takes.
    wildcard: str = ""

    def type(self) -> tuple[Any, Scope]:
        """The node of its type, or the name of a built-in one."""
        if self.node.tag in _TYPES:
            return self.node, self.scope
        named = self.node.get("type")
        if named is not None:
            return self.scope.find("Type", named)
        inline = next((child for child in self.node if child.tag in _TYPES), None)
        return ("anyType" if inline is None else inline), self.scope


@dataclass(frozen=True, slots=True)
class Content:
    """What an element holds."""

    #: sequence, choice or all; "" for none.
    model: str
    elements: tuple[Element, ...]
    attributes: Mapping[str, Attribute]
    #: None where there is no text but white space.
    text: Simple | None
    mixed: bool = False


@dataclass(frozen=True, eq=False)
class Scope:
    """A schema document within a set, with its target namespace there: an included one may take it over."""

    path: str
    root: Any
    namespace: str
    files: Mapping[str, Any]
    #: The document that all began with; None for itself.
    entry: Scope | None = None

    @cached_property
    def reachable(self) -> tuple[Scope, ...]:
        """This document and those that it includes or imports, each once."""
        seen, waiting = dict[tuple[str, str], Scope](), [self]
        while waiting:
            scope = waiting.pop(0)
            if (scope.path, scope.namespace) not in seen:
                seen[scope.path, scope.namespace] = scope
                waiting += scope.referred()
        return tuple(seen.values())

    def referred(self) -> Iterator[Scope]:
        """The documents that it includes or imports itself."""
        for child in self.root:
            location = child.get("schemaLocation") if isinstance(child.tag, str) else None
            if location is None or child.tag not in (f"{XS}include", f"{XS}import", f"{XS}redefine"):
                continue
            path = posixpath.normpath(posixpath.join(posixpath.dirname(self.path), location))
            if path in self.files:
                taken_over = self.namespace if child.tag != f"{XS}import" else ""
                namespace = self.files[path].get("targetNamespace", taken_over)
                yield Scope(path, self.files[path], namespace, self.files, self.entry or self)

    def find(self, noun: str, name: str) -> tuple[Any, Scope]:
        """A component by its qualified name: its node and the document it stands in.

        It is looked for in all that the entry reaches: an import without a location relies on what others include.

        Args:
            noun: "Type", "element", "group", "attribute" or "attributeGroup".
            name: As written, with a prefix of this document.
        """
        prefix, colon, local = name.rpartition(":")
        namespace = self.root.nsmap.get(prefix if colon else None, "")
        if namespace == XS[1:-1]:
            return local, self
        if not namespace and not self.root.get("targetNamespace"):
            namespace = self.namespace  # an included document without a namespace of its own
        tags = _TYPES if noun == "Type" else (f"{XS}{noun}",)
        for scope in (self.entry or self).reachable:
            if scope.namespace == namespace:
                for child in scope.root:
                    if child.tag in tags and child.get("name") == local:
                        return child, scope
        return f"unknown {name}", self

    def qualified(self, node: Any, noun: str) -> str:
        """The name of a local element or attribute as it stands in a document."""
        form = node.get("form") or self.root.get(f"{noun}FormDefault") or "unqualified"
        return _named(self.namespace if form == "qualified" else "", node.get("name", ""))


def _named(namespace: str, local: str) -> str:
    return f"{{{namespace}}}{local}" if namespace else local


def roots(files: Mapping[str, Any]) -> dict[str, dict[str, Element]]:
    """The document elements of every file that no other one includes or imports: path -> name -> element."""
    entries = {path: Scope(path, root, root.get("targetNamespace", ""), files) for path, root in files.items()}
    referred = {other.path for scope in entries.values() for other in scope.referred() if other.path != scope.path}
    found = {}
    for path, scope in entries.items():
        if path in referred:
            continue
        # A file that others include may declare types only: then these are what can be compared.
        found[path] = _declared(scope, (f"{XS}element",)) or _declared(scope, _TYPES)
    return found


def _declared(scope: Scope, tags: tuple[str, ...]) -> dict[str, Element]:
    """Global elements or types by their names."""
    elements: dict[str, Element] = {}
    for part in scope.reachable:
        for child in part.root:
            if child.tag in tags:
                name = _named(part.namespace, child.get("name", ""))
                elements.setdefault(name, _element(child, part, name))
    return elements


def content(element: Element) -> Content:
    """What an element holds, one level deep."""
    node, scope = element.type()
    return _content(node, scope, 0)


def _content(node: Any, scope: Scope, steps: int) -> Content:
    if isinstance(node, str) or node.tag == f"{XS}simpleType" or steps > _MOST_STEPS:
        if node == "anyType":
            return Content("", (), {}, None, mixed=True)
        return Content("", (), {}, _simple(node, scope, steps))
    derived = next((child for child in node if child.tag in (f"{XS}complexContent", f"{XS}simpleContent")), None)
    mixed = (node if derived is None else derived).get("mixed", node.get("mixed")) in ("true", "1")
    if derived is None:
        model, elements = _particles(node, scope)
        return Content(model, elements, _attributes(node, scope), None, mixed)
    step = next((child for child in derived if child.tag in (f"{XS}extension", f"{XS}restriction")), None)
    if step is None:
        return Content("", (), {}, None, mixed)
    base, base_scope = scope.find("Type", step.get("base", "anyType"))
    below = _content(base, base_scope, steps + 1)
    model, elements = _particles(step, scope)
    attributes = {**below.attributes, **_attributes(step, scope)}
    if derived.tag == f"{XS}simpleContent":
        text = below.text or Simple()
        return Content("", (), attributes, _restricted(text, step) if step.tag == f"{XS}restriction" else text)
    if step.tag == f"{XS}extension":
        model, elements = below.model or model, (*below.elements, *elements)
    return Content(model, elements, attributes, None, mixed or below.mixed)


# ---- elements --------------------------------------------------------------------------------------------------------


def _particles(node: Any, scope: Scope) -> tuple[str, tuple[Element, ...]]:
    """The model of a type's content, and its elements in their order; nested groups are flattened."""
    for child in node:
        if child.tag in (f"{XS}sequence", f"{XS}choice", f"{XS}all"):
            return child.tag.removeprefix(XS), tuple(_flat(child, scope, 1, 1, 0))
        if child.tag == f"{XS}group":
            group, where = scope.find("group", child.get("ref", ""))
            if not isinstance(group, str):
                return _particles(group, where)
    return "", ()


def _flat(node: Any, scope: Scope, least: int, most: int | None, steps: int) -> Iterator[Element]:
    least, most = _times(node, least, most)
    if node.tag == f"{XS}choice":
        least = 0
    for child in node:
        if child.tag in (f"{XS}sequence", f"{XS}choice"):
            yield from _flat(child, scope, least, most, steps + 1)
        elif child.tag == f"{XS}group" and steps < _MOST_STEPS:
            group, where = scope.find("group", child.get("ref", ""))
            for inner in () if isinstance(group, str) else group:
                if inner.tag in (f"{XS}sequence", f"{XS}choice", f"{XS}all"):
                    yield from _flat(inner, where, *_times(child, least, most), steps + 1)
        elif child.tag == f"{XS}any":
            times = _times(child, least, most)
            takes = f"{child.get('namespace', '##any')} element, {child.get('processContents', 'strict')}"
            yield Element("*", *times, False, None, child, scope, takes)
        elif child.tag == f"{XS}element":
            yield _particle(child, scope, *_times(child, least, most))


def _particle(node: Any, scope: Scope, least: int, most: int | None) -> Element:
    if node.get("ref"):
        declared, where = scope.find("element", node.get("ref"))
        if not isinstance(declared, str):
            return _element(declared, where, _named(where.namespace, declared.get("name", "")), least, most)
        return _element(node, scope, str(node.get("ref")), least, most)
    return _element(node, scope, scope.qualified(node, "element"), least, most)


def _element(node: Any, scope: Scope, name: str, least: int = 1, most: int | None = 1) -> Element:
    nillable = node.get("nillable") in ("true", "1")
    return Element(name, least, most, nillable, node.get("default", node.get("fixed")), node, scope)


def _times(node: Any, least: int, most: int | None) -> tuple[int, int | None]:
    """How often something stands there, within something that stands there from `least` to `most` times."""
    own_least = int(node.get("minOccurs", "1"))
    own_most = None if node.get("maxOccurs") == "unbounded" else int(node.get("maxOccurs", "1"))
    return least * own_least, None if most is None or own_most is None else most * own_most


# ---- attributes and simple types -------------------------------------------------------------------------------------


def _attributes(node: Any, scope: Scope, steps: int = 0) -> dict[str, Attribute]:
    attributes: dict[str, Attribute] = {}
    for child in node if steps < _MOST_STEPS else ():
        if child.tag == f"{XS}attributeGroup":
            group, where = scope.find("attributeGroup", child.get("ref", ""))
            attributes |= {} if isinstance(group, str) else _attributes(group, where, steps + 1)
        elif child.tag == f"{XS}anyAttribute":
            attributes["*"] = Attribute(False, Simple("anySimpleType"))
        elif child.tag == f"{XS}attribute":
            declared, where, name = child, scope, scope.qualified(child, "attribute")
            if child.get("ref"):
                target, there = scope.find("attribute", child.get("ref"))
                name = child.get("ref")
                if not isinstance(target, str):
                    declared, where, name = target, there, _named(there.namespace, target.get("name", ""))
            if child.get("use") == "prohibited":
                attributes.pop(name, None)
                continue
            value = _value(declared, where)
            attributes[name] = Attribute(
                child.get("use") == "required", value, child.get("default"), child.get("fixed")
            )
    return attributes


def _value(node: Any, scope: Scope) -> Simple:
    if node.get("type"):
        return _simple(*scope.find("Type", node.get("type")), 0)
    inline = next((child for child in node if child.tag == f"{XS}simpleType"), "anySimpleType")
    return _simple(inline, scope, 0)


def _simple(node: Any, scope: Scope, steps: int) -> Simple:
    if isinstance(node, str):
        return Simple(node)
    if steps > _MOST_STEPS:
        return Simple("circular")
    for child in node:
        if child.tag == f"{XS}restriction":
            inline = next((inner for inner in child if inner.tag == f"{XS}simpleType"), None)
            base = (inline, scope) if inline is not None else scope.find("Type", child.get("base", "anySimpleType"))
            return _restricted(_simple(*base, steps + 1), child)
        if child.tag in (f"{XS}list", f"{XS}union"):
            names = [name for key in ("itemType", "memberTypes") for name in child.get(key, "").split()]
            parts = [_simple(*scope.find("Type", name), steps + 1) for name in names]
            parts += [_simple(inner, scope, steps + 1) for inner in child if inner.tag == f"{XS}simpleType"]
            return Simple(child.tag.removeprefix(XS), members=tuple(sorted(map(_summary, parts))))
    return Simple("anySimpleType")


def _summary(simple: Simple) -> str:
    facets = [*(simple.values or ()), *simple.patterns, *(f"{key}={value:g}" for key, value in simple.limits.items())]
    return f"{simple.base}({', '.join(facets)})" if facets else simple.base


#: Facets with a number -> what they limit; `length` is both.
_LIMITS = ("minInclusive", "maxInclusive", "minExclusive", "maxExclusive", "minLength", "maxLength", "totalDigits",
           "fractionDigits")  # fmt: skip


def _restricted(base: Simple, node: Any) -> Simple:
    facets = [(child.tag.removeprefix(XS), child.get("value", "")) for child in node if isinstance(child.tag, str)]
    values = tuple(value for name, value in facets if name == "enumeration")
    patterns = [value for name, value in facets if name == "pattern"]
    limits = dict(base.limits)
    for name, value in facets:
        for key in ("minLength", "maxLength") if name == "length" else (name,) if name in _LIMITS else ():
            try:
                limits[key] = float(value)
            except ValueError:  # a date as a bound
                patterns.append(f"{name} {value}")
    joined = ("|".join(patterns),) if patterns else ()
    return Simple(base.base, values or base.values, (*base.patterns, *joined), limits, base.members)
