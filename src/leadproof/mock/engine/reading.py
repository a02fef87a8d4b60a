"""From bytes to a request value whose members have the documented types, or to a problem document that names the place.

What is missing is no matter of this module: it is read, and refused with its `responseType` later.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from leadproof import bodies
from leadproof.contract import specs
from leadproof.mock.engine.problems import Refused, status_of

_TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "number": (int, float, Decimal),
    "null": type(None),
}


def read(operation: str, fmt: str, body: bytes, charset: str | None = None) -> dict[str, Any]:
    """The value of a request.

    Raises:
        Refused: The body cannot be decoded, or a member has another JSON type than documented.
    """
    try:
        decoded = bodies.read_request(operation, fmt, body, charset=charset)
    except bodies.BodyError as error:
        raise _refused(error.problem) from None
    if decoded.problems:
        raise _refused(decoded.problems[0])
    value = decoded.value
    if value is None:  # a member that is null counts as missing; a body that is null is no request
        raise Refused(
            status_of("schema.type"), "the body is documented as object, not null", kind="schema.type", pointer=""
        )
    for pointer, expected, actual in wrong_types(specs.load().schema(operation, "request", fmt), value, fmt == "xml"):
        xpath = bodies.xpath_of(operation, "request", pointer) if fmt == "xml" else ""
        raise Refused(
            status_of("schema.type"),
            f"{pointer or 'the body'} is documented as {expected}, not {actual}",
            kind="schema.type", pointer=pointer, xpath=xpath,
        )  # fmt: skip
    return value if isinstance(value, dict) else {}


def wrong_types(
    schema: Mapping[str, Any], value: Any, text_only: bool, pointer: str = ""
) -> Iterator[tuple[str, str, str]]:
    """Pointer, documented type and actual value of each member with another type than the schema's.

    A null counts as missing. So does empty text in a format that knows text only: `vid=""`.
    """
    if value is None or (text_only and value == ""):
        return
    types = schema.get("type", [])
    types = [types] if isinstance(types, str) else types
    if types and not any(_is(value, one) for one in types):
        yield pointer, " or ".join(one for one in types if one != "null"), bodies.typed(value)
    elif isinstance(value, dict):
        properties, others = schema.get("properties", {}), schema.get("additionalProperties")
        for name, sub in value.items():
            known = properties.get(name, others)
            if isinstance(known, dict):
                yield from wrong_types(known, sub, text_only, f"{pointer}/{bodies.escape(name)}")
    elif isinstance(value, list) and "items" in schema:
        for index, sub in enumerate(value):
            yield from wrong_types(schema["items"], sub, text_only, f"{pointer}/{index}")


def _is(value: Any, type_name: str) -> bool:
    if type_name == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if isinstance(value, bool):
        return type_name == "boolean"
    return isinstance(value, _TYPES[type_name])


def _refused(problem: bodies.BodyProblem) -> Refused:
    return Refused(
        status_of(problem.kind),
        problem.message,
        kind=problem.kind, pointer=problem.pointer, xpath=problem.xpath, line=problem.line, column=problem.column,
    )  # fmt: skip


# ---- what handlers ask a value -------------------------------------------------------------------------------------


def source_of(value: Mapping[str, Any]) -> dict[str, Any]:
    """`source` without the members that are not given: null, and "" where XML had nothing to say."""
    source = value.get("source") or {}
    return {name: member for name, member in source.items() if member not in (None, "")}


def leads_of(value: Mapping[str, Any]) -> list[dict[str, Any]]:
    """`leads`; a null entry is an empty lead."""
    return [lead or {} for lead in value.get("leads") or []]


def properties_of(lead: Mapping[str, Any]) -> dict[str, Any]:
    """`properties` without null members."""
    properties = lead.get("properties") or {}
    return {name: member for name, member in properties.items() if member is not None}


def fields_of(lead: Mapping[str, Any]) -> dict[str, str]:
    """`fields` as text, without null members: numbers and booleans as JSON writes them."""
    return {name: _text(member) for name, member in (lead.get("fields") or {}).items() if member is not None}


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return str(value).lower() if isinstance(value, bool) else str(value)
