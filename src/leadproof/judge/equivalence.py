"""Do a JSON and an XML response say the same? Type-aware comparison of two decoded responses.

Numbers are compared by value, booleans as booleans, timestamps as instants; null (`i:nil`), empty and absent are three
different things. Members that only one representation shows, and those that differ between any two responses (ids,
clocks), are declared in the OpenAPI document and left out.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from leadproof.bodies import escape, typed, xpath_of
from leadproof.contract.specs import ANY_OFFSET, Schema, Specification
from leadproof.core import lazy
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


def equal(operation: str, json_value: Any, xml_value: Any, spec: Specification) -> bool:
    """Are two valid responses equal in all that `alike` compares, if their names are those of two that were alike?

    In a valid response the schema tells truth values from numbers, so that equality means what it says.
    """
    key = ("equal", operation)
    if key not in spec._made:
        both = (spec.schema(operation, "response", "json"), spec.schema(operation, "response", "xml"))
        spec._made[key] = _equal(both)
    found: bool = spec._made[key](json_value, xml_value)
    return found


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
    looks = dict(below)
    #: Names of both -> how objects with these are compared; None where not every documented member is there.
    known: dict[tuple[tuple[str, ...], tuple[str, ...]], Alike | None] = {}

    def objects(left: Any, right: Any) -> Hashable | None:
        if left.__class__ is not dict or right.__class__ is not dict:
            return _NULL if left is right is None else None
        both = tuple(left), tuple(right)
        if both not in known:
            if len(known) >= _MOST:
                known.clear()
            complete = all(set(compared) <= set(side) <= set(compared) | set(left_out) for side in both)
            known[both] = _look(both, leaves, looks) if complete else None
        look = known[both]
        return look(left, right) if look is not None else None

    return objects


#: Lists of names of two objects that are told apart; a hostile service may make up new ones without end.
_MOST = 500


def _look(both: tuple[tuple[str, ...], tuple[str, ...]], leaves: list[str], looks: dict[str, Alike]) -> Alike:
    """Compares two objects with just these names; generated, so that nothing is looked up by name."""
    places = [
        {name: f"{side}{index}" for index, name in enumerate(names)} for side, names in zip("lr", both, strict=True)
    ]
    space: dict[str, Any] = {"plain": _PLAIN.issuperset}
    lines = [f"{''.join(side[name] + ',' for name in names)}={value}.values()"
             for side, names, value in zip(places, both, ("left", "right"), strict=True) if names]  # fmt: skip
    if leaves:
        left, right = (f"({''.join(side[name] + ',' for name in leaves)})" for side in places)
        # 1 is equal to true and to 1.0, and is neither.
        lines += [f"a={left}", f"b={right}", "if a!=b: return None", "c=[*map(type,a)]",
                  "if c!=[*map(type,b)] or not plain(c): return None"]  # fmt: skip
    forms = []
    for index, (name, look) in enumerate(looks.items()):
        space[f"look{index}"] = look
        lines += [f"f{index}=look{index}({places[0][name]},{places[1][name]})", f"if f{index} is None: return None"]
        forms.append(f"f{index},")
    exec("def look(left,right):\n " + "\n ".join([*lines, f"return ({''.join(forms)})"]), space)
    found: Alike = space["look"]
    return found


def _equal(schemas: tuple[Schema, Schema]) -> Callable[[Any, Any], bool]:
    """Compares two values, made once for each schema; what nothing is left out of is compared as a whole."""
    if not any(_left_out(schema) for schema in schemas):
        return lambda left, right: bool(left == right)
    if "items" in schemas[0]:
        entry = _equal((schemas[0]["items"], schemas[1]["items"]))
        return lambda left, right: left == right if None in (left, right) else len(left) == len(right) and all(
            map(entry, left, right)
        )  # fmt: skip
    names = dict.fromkeys((*schemas[0]["properties"], *schemas[1]["properties"]))
    sides = {name: (_property(schemas[0], name), _property(schemas[1], name)) for name in names}
    sides = {
        name: below for name, below in sides.items()
        if not _one_sided(below) and not any(sub.get("x-leadproof-volatile") for sub in below)
    }  # fmt: skip
    whole = [name for name, below in sides.items() if not any(map(_left_out, below))]
    parts = [(name, _equal(below)) for name, below in sides.items() if name not in whole]

    def objects(left: Any, right: Any) -> bool:
        if left is None or right is None:
            return left is right
        if [*map(left.get, whole)] != [*map(right.get, whole)]:
            return False
        return all(look(left.get(name), right.get(name)) for name, look in parts)

    return objects


def _left_out(schema: Schema) -> bool:
    """Is the value, or anything in it, left out of a comparison?"""
    if "x-leadproof-volatile" in schema or "x-leadproof-only" in schema:
        return True
    below = (*schema.get("properties", {}).values(), *([schema["items"]] if "items" in schema else []))
    return any(map(_left_out, below))


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


_FRACTION = lazy.pattern(r"\.([0-9]+)")


def _fraction(timestamp: str) -> str:
    found = _FRACTION.search(timestamp)
    return found[1].rstrip("0") if found else ""


def _is_timestamp(schema: Schema) -> bool:
    return any(one.get("format") in ("date-time", ANY_OFFSET) for one in (schema, *schema.get("anyOf", ())))


def _shown(value: Any) -> str:
    return "absent" if value is _ABSENT else typed(value)
