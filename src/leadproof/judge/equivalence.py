"""Do a JSON and an XML response say the same? Type-aware comparison of two decoded responses.

Numbers are compared by value, booleans as booleans, timestamps as instants; null (`i:nil`), empty and absent are three
different things. Members that only one representation shows, and those that differ between any two responses (ids,
clocks), are declared in the OpenAPI document and left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from operator import itemgetter
from typing import Any

from leadproof.bodies import escape, typed, xpath_of
from leadproof.contract.specs import ANY_OFFSET, Schema, Specification
from leadproof.judge.checks.context import instant

_ABSENT = object()

#: Stands for a member that the documentation does not show.
UNDOCUMENTED = "(undocumented)"


@dataclass(frozen=True, slots=True)
class Difference:
    """One member about which the two responses disagree."""

    #: JSON Pointer in the JSON response.
    pointer: str
    #: XPath in the XML response.
    xpath: str
    #: What each says, with its type.
    json: str
    xml: str
    #: "equivalence.value" or "equivalence.missing".
    kind: str


def compare(
    operation: str, json_value: Any, xml_value: Any, spec: Specification, *, volatile: bool = False
) -> Iterator[Difference]:
    """Every difference between a JSON and an XML response of one operation, in document order.

    Args:
        operation: An operation id with both representations.
        json_value: The decoded JSON response.
        xml_value: The decoded XML response.
        spec: The contract's readings.
        volatile: Compare ids and clocks as well, which two responses to two requests never share.
    """
    if alike(operation, json_value, xml_value, spec, volatile=volatile) is not None:
        return iter(())
    return (found for _, found in walk(operation, json_value, xml_value, spec, volatile=volatile) if found is not None)


def alike(
    operation: str, json_value: Any, xml_value: Any, spec: Specification, *, volatile: bool = False
) -> Hashable | None:
    """A quick look: something only where `walk` would find no difference, the same for responses of the same form.

    It knows the usual case, every documented member there and written alike; None says nothing about the two.
    """
    key = ("alike", operation, str(volatile))
    if key not in spec._made:
        both = (spec.schema(operation, "response", "json"), spec.schema(operation, "response", "xml"))
        spec._made[key] = _alike(both, volatile)
    form: Hashable | None = spec._made[key](json_value, xml_value)
    return form


def walk(
    operation: str, json_value: Any, xml_value: Any, spec: Specification, *, volatile: bool = False
) -> Iterator[tuple[str, Difference | None]]:
    """Every member that is compared, as the shape of its JSON Pointer, and the difference if there is one.

    A member that the documentation does not show is `UNDOCUMENTED`, whatever the service calls it.
    """
    schemas = (spec.schema(operation, "response", "json"), spec.schema(operation, "response", "xml"))
    for pointer, member, left, right, same in _walk(json_value, xml_value, schemas, "", "", volatile):
        if same:
            yield member, None
            continue
        kind = "equivalence.missing" if _ABSENT in (left, right) else "equivalence.value"
        at = xpath_of(operation, "response", pointer, spec)
        yield member, Difference(pointer, at, _shown(left), _shown(right), kind)


def members(operation: str, spec: Specification) -> dict[str, str]:
    """The documented members of an operation's responses that have a value of their own, and how they are compared:
    "compared", "one-sided" (with the representation in a second word) or "volatile".
    """
    found: dict[str, str] = {}
    for fmt in ("json", "xml"):
        for member, schema in _members(spec.schema(operation, "response", fmt), ""):
            if "properties" in schema or "items" in schema:
                continue
            if "x-leadproof-only" in schema:
                found[member] = f"one-sided {schema['x-leadproof-only']}"
            else:
                found.setdefault(member, "volatile" if schema.get("x-leadproof-volatile") else "compared")
    return found


def left_out(operation: str, spec: Specification) -> list[str]:
    """The members that `compare` leaves out unless told otherwise, with the reason, for people to read."""
    found = []
    for fmt in ("json", "xml"):
        for member, schema in _members(spec.schema(operation, "response", fmt), ""):
            if schema.get("x-leadproof-only") == fmt:
                found.append(f"{member} ({fmt.upper()} only)")
            elif schema.get("x-leadproof-volatile") and fmt == "json":
                found.append(f"{member} (volatile)")
    return found


def _members(schema: Schema, at: str) -> Iterator[tuple[str, Schema]]:
    for name, sub in schema.get("properties", {}).items():
        yield f"{at}/{escape(name)}", sub
        yield from _members(sub, f"{at}/{escape(name)}")
    if "items" in schema:
        yield from _members(schema["items"], f"{at}/*")


def _walk(
    left: Any, right: Any, schemas: tuple[Schema, Schema], at: str, member: str, volatile: bool
) -> Iterator[tuple[str, str, Any, Any, bool]]:
    if isinstance(left, dict) and isinstance(right, dict):
        for name in dict.fromkeys((*left, *right)):
            below = (_property(schemas[0], name), _property(schemas[1], name))
            if _one_sided(below) or (not volatile and any(sub.get("x-leadproof-volatile") for sub in below)):
                continue
            known = any(name in schema.get("properties", {}) for schema in schemas)
            inside = f"{member}/{escape(name) if known else UNDOCUMENTED}"
            sides = left.get(name, _ABSENT), right.get(name, _ABSENT)
            yield from _walk(*sides, below, f"{at}/{escape(name)}", inside, volatile)
    elif isinstance(left, dict) and isinstance(right, list) and len(right) == 1 and _is_object(schemas[0]):
        # An object in JSON, a list of one in XML (reading `transfer-client`).
        yield from _walk(left, right[0], (schemas[0], schemas[1].get("items", {})), at, member, volatile)
    elif isinstance(left, list) and isinstance(right, list):
        items = (schemas[0].get("items", {}), schemas[1].get("items", {}))
        for index in range(max(len(left), len(right))):
            yield from _walk(
                left[index] if index < len(left) else _ABSENT,
                right[index] if index < len(right) else _ABSENT,
                items,
                f"{at}/{index}",
                f"{member}/*",
                volatile,
            )
    else:
        yield at, member, left, right, _same(left, right, schemas)


#: A form of its own for what has no members: a null, and a value that is none of the containers.
_NULL, _LEAF = "null", ""
Alike = Callable[[Any, Any], Hashable | None]


def _alike(schemas: tuple[Schema, Schema], volatile: bool) -> Alike:
    """The quick look at one place, made once for each schema: the form of both values, or None."""
    if all(_is_object(schema) for schema in schemas):
        return _alike_objects(schemas, volatile)
    if all("items" in schema for schema in schemas):
        entry = _alike((schemas[0]["items"], schemas[1]["items"]), volatile)

        def lists(left: Any, right: Any) -> Hashable | None:
            if left.__class__ is not list or right.__class__ is not list:
                return _NULL if left is right is None else None
            if len(left) != len(right):
                return None
            forms = tuple(map(entry, left, right))
            return None if None in forms else forms

        return lists
    return lambda left, right: (
        _LEAF if left.__class__ is right.__class__ and left.__class__ in _PLAIN and left == right else None
    )


#: Lists of types that are told apart; a hostile service may make up new ones without end.
_MOST_TYPES = 256
_PLAIN = frozenset({str, int, float, bool, type(None)})


def _alike_objects(schemas: tuple[Schema, Schema], volatile: bool) -> Alike:
    names = dict.fromkeys((*schemas[0]["properties"], *schemas[1]["properties"]))
    sides = {name: (_property(schemas[0], name), _property(schemas[1], name)) for name in names}
    left_out = [
        name for name, below in sides.items()
        if _one_sided(below) or (not volatile and any(sub.get("x-leadproof-volatile") for sub in below))
    ]  # fmt: skip
    compared = [name for name in names if name not in left_out]
    inner = [name for name in compared if any("items" in one or _is_object(one) for one in sides[name])]
    below = [(name, _alike(sides[name], volatile)) for name in inner]
    leaves = [name for name in compared if name not in inner]
    pick: Callable[[Any], Any] = itemgetter(*leaves) if len(leaves) > 1 else lambda value: tuple(map(value.get, leaves))
    #: Types of the leaves -> where something else than text stands; None where a container stands among them.
    others: dict[tuple[type, ...], list[int] | None] = {}

    def objects(left: Any, right: Any) -> Hashable | None:
        if left.__class__ is not dict or right.__class__ is not dict:
            return _NULL if left is right is None else None
        try:
            ours, theirs = pick(left), pick(right)
            if ours != theirs:
                return None
            types = tuple(map(type, ours))
            if types not in others:
                if len(others) >= _MOST_TYPES:
                    others.clear()
                places = [place for place, one in enumerate(types) if one is not str]
                others[types] = places if _PLAIN.issuperset(types) else None
            found = others[types]
            if found is None:
                return None
            for place in found:  # 1 is equal to true and to 1.0, and is neither
                if theirs[place].__class__ is not types[place]:
                    return None
            forms: list[Hashable] = []
            for name, look in below:
                form = look(left[name], right[name])
                if form is None:
                    return None
                forms.append(form)
        except KeyError:
            return None
        for side in (left, right):
            if len(side) != len(compared) + (sum(map(side.__contains__, left_out)) if left_out else 0):
                return None
        return tuple(forms)

    return objects


def _is_object(schema: Schema) -> bool:
    return "properties" in schema


def _property(schema: Schema, name: str) -> Schema:
    found: Schema = schema.get("properties", {}).get(name, {})
    return found


def _one_sided(schemas: tuple[Schema, Schema]) -> bool:
    return any("x-leadproof-only" in schema for schema in schemas)


_NUMBERS = (int, float, Decimal)


def _same(left: Any, right: Any, schemas: tuple[Schema, Schema]) -> bool:
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, _NUMBERS) and isinstance(right, _NUMBERS):
        return bool(left == right)  # the codec reads both to the last digit, and the same number as the same type
    if isinstance(left, int) and isinstance(right, str) and "enum" in schemas[0]:
        return str(left) == right  # a responseType by number (reading `response-type`): in XML all is text
    if isinstance(left, str) and isinstance(right, str):
        # XML 1.0, section 2.11: line ends are normalised
        if left == right or left.replace("\r\n", "\n").replace("\r", "\n") == right:
            return True
        return any(_is_timestamp(schema) for schema in schemas) and _same_moment(left.strip(), right.strip())
    return left is right


def _same_moment(left: str, right: str) -> bool:
    """Are both the same instant, to the last decimal? (`instant` keeps six of the seven that a service may write.)"""
    timestamp = instant(left)
    return timestamp is not None and timestamp == instant(right) and _fraction(left) == _fraction(right)


_FRACTION = re.compile(r"\.([0-9]+)")


def _fraction(timestamp: str) -> str:
    found = _FRACTION.search(timestamp)
    return found[1].rstrip("0") if found else ""


def _is_timestamp(schema: Schema) -> bool:
    return any(one.get("format") in ("date-time", ANY_OFFSET) for one in (schema, *schema.get("anyOf", ())))


def _shown(value: Any) -> str:
    return "absent" if value is _ABSENT else typed(value)
