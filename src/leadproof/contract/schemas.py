"""JSON Schemas made from the OpenAPI document: references resolved, as one representation has them, under the readings
that were chosen; and the validator that explains them. Pure functions; `specs` keeps what they make.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from datetime import date
from typing import Any

from leadproof.core import lazy
from leadproof.core.operations import RESPONSE_TYPES

Schema = dict[str, Any]


def resolve(schema: Any, document: dict[str, Any]) -> Any:
    """References replaced by what they mean, and the parts of `allOf` by one schema; members beside either win
    (OpenAPI 3.1, JSON Schema 2020-12).
    """
    if isinstance(schema, list):
        return [resolve(item, document) for item in schema]
    if not isinstance(schema, dict):
        return schema
    resolved = {key: resolve(value, document) for key, value in schema.items() if key not in ("$ref", "allOf")}
    if "$ref" in schema:
        target: Any = document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        resolved = {**resolve(target, document), **resolved}
    for part in reversed(schema.get("allOf", ())):
        resolved = _joined(resolve(part, document), resolved)
    return resolved


def _joined(base: Schema, schema: Schema) -> Schema:
    """A schema that asks for what both ask: the members of the base first."""
    joined = {**base, **schema}
    if "properties" in base:
        joined["properties"] = {**base["properties"], **schema.get("properties", {})}
    if "required" in base:
        joined["required"] = [*dict.fromkeys([*base["required"], *schema.get("required", ())])]
    return joined


#: What is for readers and for other tools: nothing is decided by it.
_FOR_READERS = frozenset({"description", "examples", "title", "x-leadproof-in-xml", "x-leadproof-required"})


def view(schema: Schema, fmt: str) -> Schema:
    """The schema as leadproof judges one media type, which may be narrower than what is published.

    A format other than date-time gives way to the pattern that is asked for; an object that names its members has no
    others; and members may be required that only some of the readings let a response leave out.
    """
    if fmt == "xml":
        schema = {**schema, **schema.get("x-leadproof-in-xml", {})}
    made: Schema = {}
    for key, value in schema.items():
        if key == "x-leadproof-pattern":
            made["pattern"] = value
        elif key not in _FOR_READERS and (key != "format" or value == "date-time"):
            made[key] = value
    if "properties" in schema:
        made["required"] = [*schema.get("required", ()), *schema.get("x-leadproof-required", ())]
        made["properties"] = {name: view(sub, fmt) for name, sub in schema["properties"].items()}
        return {"type": made["type"], "additionalProperties": False, "required": [], **made}
    if "items" in schema:
        made["items"] = view(schema["items"], fmt)
    return made


def under_readings(schema: Schema, choices: Mapping[str, str], *, response: bool, fmt: str) -> Schema:
    """The schema with the chosen readings applied."""
    schema = copy.deepcopy(schema)
    if not response:
        return _with_days(schema) if choices["call-date"] == "either" else schema
    for sub in list(_walk(schema)):
        if choices["response-type"] != "names" and sub.get("enum") == list(RESPONSE_TYPES):
            numbers: list[Any] = [*range(10)] if fmt == "json" else [str(number) for number in range(10)]
            names = list(RESPONSE_TYPES) if choices["response-type"] == "either" else []
            sub.pop("type")
            sub["enum"] = names + numbers
        if choices["timestamps"] == "offset-optional" and sub.get("format") == "date-time":
            sub["format"] = ANY_OFFSET  # without an offset it is no RFC 3339 date-time any more
            sub["pattern"] = sub["pattern"].replace(_OFFSET_JSON, _OFFSET_JSON + "?")
        client = sub.get("properties", {}).get("client") if isinstance(sub.get("properties"), dict) else None
        if choices["transfer-client"] == "object" and fmt == "json" and client and "items" in client:
            sub["properties"]["client"] = {**client["items"], "type": ["object", "null"]}
    return _with_placeholders(schema) if choices["placeholders"] == "as-documented" else schema


def _with_days(schema: Schema) -> Schema:
    """A request in which a day may stand where a date and time is meant: callDate alone (reading `call-date`)."""
    for sub in _walk(schema):
        if sub.get("format") == "date-time":
            day, _, time = sub["pattern"].removesuffix("$").partition("T")
            sub.update(format=DAY_OR_MOMENT, pattern=f"{day}(T{time})?$")
    return schema


#: Our names for a date-time that may lack its offset (reading `timestamps`), and for one that may be a day alone.
ANY_OFFSET = "leadproof-moment"
DAY_OR_MOMENT = "leadproof-day"

_DAY = lazy.pattern(r"([0-9]{4})-([0-9]{2})-([0-9]{2})T")


def is_moment(value: Any) -> bool:
    """Is the day of a timestamp in the calendar? Its form is the pattern's business (RFC 3339, section 5.7)."""
    found = _DAY.match(value) if isinstance(value, str) else None
    if found is None:
        return not isinstance(value, str)  # formats speak about strings only
    try:
        date(*(int(part) for part in found.groups()))
    except ValueError:
        return False
    return True


def is_day_or_moment(value: Any) -> bool:
    """The same of a day alone or of a timestamp (reading `call-date`)."""
    return is_moment(f"{value}T" if isinstance(value, str) and "T" not in value else value)


#: Our own formats, and what decides them.
CUSTOM_FORMATS = {ANY_OFFSET: is_moment, DAY_OR_MOMENT: is_day_or_moment}

_OFFSET_JSON = "(Z|[+-](0[0-9]|1[0-3]):[0-5][0-9])"
_OFFSET_XSD = r"(Z|[+\-](0[0-9]|1[0-3]):[0-5][0-9])"


def _walk(schema: Schema) -> Any:
    yield schema
    for sub in (schema.get("properties") or {}).values():
        yield from _walk(sub)
    if isinstance(schema.get("items"), dict):
        yield from _walk(schema["items"])


def _with_placeholders(schema: Schema) -> Schema:
    """Every scalar accepts what the samples print in its place (the same values as simple-as-documented.xsd)."""
    if "properties" in schema:
        return {**schema, "properties": {name: _with_placeholders(sub) for name, sub in schema["properties"].items()}}
    if "items" in schema:
        return {**schema, "items": _with_placeholders(schema["items"])}
    types = schema.get("type", [])  # a set of names and numbers (reading `response-type`) has none
    placeholders = [""]
    if "boolean" in types:
        placeholders += ["True", "False"]
    if schema.get("format") in ("date-time", ANY_OFFSET):
        placeholders += ["0"]
    kept = {key: value for key, value in schema.items() if key.startswith("x")}
    if types:
        kept["type"] = _with_string(types)
    return {**kept, "anyOf": [schema, {"enum": placeholders}]}


def _with_string(types: str | list[str]) -> list[str]:
    return list(dict.fromkeys([*([types] if isinstance(types, str) else types), "string"]))


def xsd_patches(choices: Mapping[str, str]) -> list[tuple[str, str]]:
    """Replacements in the simple types for readings that are not the taken ones."""
    patches = []
    if choices["timestamps"] == "offset-optional":
        patches.append((_OFFSET_XSD, _OFFSET_XSD + "?"))
    if choices["response-type"] != "names":
        names = [f'<xs:enumeration value="{name}"/>' for name in RESPONSE_TYPES]
        numbers = "".join(f'<xs:enumeration value="{number}"/>' for number in range(10))
        patches.append((names[0], numbers + (names[0] if choices["response-type"] == "either" else "")))
        if choices["response-type"] == "numbers":
            patches += [(name, "") for name in names[1:]]
    return patches
