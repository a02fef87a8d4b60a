"""A schema of an OpenAPI document as one direction and one media type have it, in one form however it was written.

References are followed one step at a time, `allOf` is merged where it can be, the words of OpenAPI 3.0 (`nullable`,
boolean `exclusiveMinimum`) become those of 3.1, `const` becomes an `enum` of one, and a type or form `null` becomes a
flag. So a document with references and one without, or a 3.0 and a 3.1 document, compare as equal if they say the same.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

Json = Mapping[str, Any]

#: Keywords that say nothing about values.
ANNOTATIONS = ("title", "description", "example", "examples", "externalDocs", "$comment", "summary")

#: A form that refuses every value: the schema `false`.
_NEVER: Json = {"not": {}}

#: References that lead to references; more are a circle.
_MOST_STEPS = 50


@dataclass(frozen=True)
class Dialect:
    """By what a schema is read: its document, the direction, and the media type ("json", "xml", …)."""

    document: Json
    #: "request" or "response": members that are readOnly are no part of requests, writeOnly of responses.
    direction: str
    media: str
    #: Digests by the id of a node; the node is kept with it, so that its id is not given away.
    memo: dict[tuple[int, bool], tuple[Any, str]] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True)
class Shape:
    """A schema, one level deep; what lies below is still as written."""

    types: frozenset[str] = frozenset()
    nullable: bool = False
    #: None for any value.
    values: tuple[Any, ...] | None = None
    properties: Json = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    #: False, True, or the schema of other members.
    others: Any = True
    items: Any = None
    #: oneOf or anyOf, with its forms; ("", ()) where there is none.
    union: str = ""
    forms: tuple[Any, ...] = ()
    xml: Json = field(default_factory=dict)
    #: Everything else that says something about values, by keyword.
    rest: Json = field(default_factory=dict)
    notes: Json = field(default_factory=dict)


def follow(node: Any, document: Json) -> Json:
    """What a reference means, with what stands beside it; a schema that is true or false as an object.

    A reference that leads nowhere, or in a circle, means any value: `reading` has said so before.
    """
    steps = 0
    beside: dict[str, Any] = {}
    while isinstance(node, Mapping) and isinstance(node.get("$ref"), str):
        beside = {**{key: value for key, value in node.items() if key != "$ref"}, **beside}
        node = target(node["$ref"], document)
        steps += 1
        if steps > _MOST_STEPS:
            return beside
    if node is False:
        return {**_NEVER, **beside}
    return {**(node if isinstance(node, Mapping) else {}), **beside}


def target(reference: str, document: Json) -> Any:
    """What a reference into the same document leads to; None if it leads nowhere."""
    if not reference.startswith("#"):
        return None
    node: Any = document
    for part in reference[1:].split("/")[1:]:
        name = unquote(part).replace("~1", "/").replace("~0", "~")  # RFC 6901, section 6
        if isinstance(node, Mapping) and name in node:
            node = node[name]
        elif isinstance(node, list) and name.isdecimal() and int(name) < len(node):
            node = node[int(name)]
        else:
            return None
    return node


def shape(node: Any, dialect: Dialect, depth: int = 0) -> Shape:
    """A schema in the one form.

    Args:
        node: The schema as written.
        dialect: How it is read.
        depth: How many `allOf` it stands in; a circle of them ends somewhere.
    """
    schema = dict(follow(node, dialect.document))
    if depth < _MOST_STEPS:
        schema = _merged(schema, dialect, depth)
    values = _values(schema)
    types, nullable = _types(schema, values)
    if values is not None:
        values = tuple(value for value in values if value is not None)
    union, forms, null_form = _forms(schema, dialect)
    if union and len(forms) == 1:  # one form and null: the form itself
        only = shape(forms[0], dialect, depth + 1)
        beside = {
            key: value for key, value in schema.items() if key not in ("oneOf", "anyOf", "nullable", "discriminator")
        }
        merged = shape({"allOf": [forms[0]], **beside}, dialect, depth + 1) if beside else only
        return _with(merged, nullable=merged.nullable or null_form)
    properties = _properties(schema, dialect)
    required = schema.get("required")
    return Shape(
        types=types,
        nullable=nullable or null_form,
        values=values,
        properties=properties,
        required=frozenset(
            name
            for name in (required if isinstance(required, list) else ())
            if isinstance(name, str)
            if name in properties or name not in _mapping(schema.get("properties"))
            if not _optional_here(properties.get(name), dialect)
        ),
        others=schema.get("additionalProperties", schema.get("unevaluatedProperties", True)),
        items=schema.get("items"),
        union=union,
        forms=forms,
        xml=_mapping(schema.get("xml")),
        rest=_rest(schema),
        notes={key: schema[key] for key in ANNOTATIONS if key in schema},
    )


def digest(
    node: Any, dialect: Dialect, *, words: bool = False, names: bool = False, above: tuple[int, ...] = ()
) -> str:
    """A text that is the same for schemas that say the same about values.

    Args:
        node: The schema as written.
        dialect: How it is read.
        words: Must they say it in the same words, too?
        names: Is it a map of members, whose keys are names and no keywords?
        above: Ids of the nodes that it stands in, so that a circle ends.
    """
    if not isinstance(node, Mapping | list):
        return json.dumps(node, sort_keys=True, default=str)
    key = (id(node), words)
    if key in dialect.memo:
        return dialect.memo[key][1]
    if id(node) in above or len(above) > _MOST_STEPS:
        return "…"
    below = (*above, id(node))
    if isinstance(node, list):
        parts = [digest(item, dialect, words=words, above=below) for item in node]
    else:
        plain = node if names else follow(node, dialect.document)
        parts = [
            f"{name}:{digest(plain[name], dialect, words=words, names=name in _NAMES and not names, above=below)}"
            # In XML the order of members may be that of the elements.
            for name in (plain if names and dialect.media == "xml" else sorted(plain, key=str))
            if words or names or name not in ANNOTATIONS
        ]
    text = hashlib.sha256("\n".join([type(node).__name__, *parts]).encode("utf-8", "replace")).hexdigest()
    dialect.memo[key] = (node, text)
    return text


#: Keywords whose value is a map from names to schemas.
_NAMES = ("properties", "patternProperties", "dependentSchemas", "$defs", "definitions")


def _with(given: Shape, *, nullable: bool) -> Shape:
    return Shape(**{**given.__dict__, "nullable": nullable})


def _mapping(value: Any) -> Json:
    return value if isinstance(value, Mapping) else {}


# ---- allOf -----------------------------------------------------------------------------------------------------------


def _merged(schema: dict[str, Any], dialect: Dialect, depth: int) -> dict[str, Any]:
    """The schema with the parts of `allOf` put into it; a part that contradicts stays in `allOf`."""
    parts = schema.get("allOf")
    if not isinstance(parts, list):
        return schema
    whole: dict[str, Any] = {key: value for key, value in schema.items() if key != "allOf"}
    stays = []
    for part in parts:
        plain = dict(follow(part, dialect.document))
        if depth < _MOST_STEPS:
            plain = _merged(plain, dialect, depth + 1)
        joined = _joined(whole, plain)
        if joined is None:
            stays.append(part)
        else:
            whole = joined
    return {**whole, "allOf": stays} if stays else whole


def _joined(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any] | None:
    """Two schemas as one that takes what both take; None if that cannot be written simply."""
    whole = dict(first)
    for key, value in second.items():
        if key not in whole or whole[key] == value or key in ANNOTATIONS:
            whole.setdefault(key, value)
        elif key == "properties" and isinstance(value, Mapping) and isinstance(whole[key], Mapping):
            shared = {name: {"allOf": [whole[key][name], value[name]]} for name in whole[key].keys() & value.keys()
                      if whole[key][name] != value[name]}  # fmt: skip
            whole[key] = {**whole[key], **value, **shared}
        elif key == "required" and isinstance(value, list) and isinstance(whole[key], list):
            whole[key] = [*whole[key], *(name for name in value if name not in whole[key])]
        elif key in _TIGHTEST:
            try:
                whole[key] = _TIGHTEST[key](whole[key], value)
            except TypeError:
                return None
        elif key == "xml":
            whole[key] = {**_mapping(value), **_mapping(whole[key])}
        else:
            return None
    return whole


_TIGHTEST: dict[str, Any] = {
    **dict.fromkeys(("minimum", "minLength", "minItems", "minProperties"), max),
    **dict.fromkeys(("maximum", "maxLength", "maxItems", "maxProperties"), min),
}


# ---- types, values, forms, members -----------------------------------------------------------------------------------


def _values(schema: Json) -> tuple[Any, ...] | None:
    if "const" in schema:
        return (schema["const"],)
    values = schema.get("enum")
    return tuple(values) if isinstance(values, list) else None


def _types(schema: Json, values: tuple[Any, ...] | None) -> tuple[frozenset[str], bool]:
    """The types but null, and whether it can be null."""
    named = schema.get("type")
    listed = [named] if isinstance(named, str) else named if isinstance(named, list) else []
    types = {name for name in listed if isinstance(name, str)}
    nullable = "null" in types or (schema.get("nullable") is True and bool(types))
    if values is not None:
        nullable = None in values and (nullable or not types)
        types = types or {_type_of(value) for value in values if value is not None}
    if not types and "properties" in schema:
        types = {"object"}
    if "number" in types:
        types.discard("integer")
    return frozenset(types - {"null"}), nullable


def _type_of(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    names = ((int, "integer"), (float, "number"), (list, "array"), (Mapping, "object"))
    return next((name for kind, name in names if isinstance(value, kind)), "string")


def _forms(schema: Json, dialect: Dialect) -> tuple[str, tuple[Any, ...], bool]:
    """oneOf or anyOf, its forms but null, and whether null is one."""
    for word in ("oneOf", "anyOf"):
        forms = schema.get(word)
        if isinstance(forms, list) and forms:
            kept = tuple(form for form in forms if follow(form, dialect.document).get("type") != "null")
            return word, kept, len(kept) < len(forms)
    return "", (), False


def _properties(schema: Json, dialect: Dialect) -> Json:
    hidden = "readOnly" if dialect.direction == "request" else "writeOnly"
    members = {}
    for name, node in _mapping(schema.get("properties")).items():
        plain = follow(node, dialect.document)
        if plain.get(hidden) is True or plain.get("x-leadproof-only", dialect.media) != dialect.media:
            continue
        members[str(name)] = node
    return members


def _optional_here(node: Any, dialect: Dialect) -> bool:
    return isinstance(node, Mapping) and node.get("x-leadproof-optional-in") == dialect.media


#: Keywords that `Shape` has a place of its own for, or that say nothing about values.
_ELSEWHERE = frozenset(
    ("type", "nullable", "enum", "const", "properties", "required", "additionalProperties", "unevaluatedProperties",
     "items", "oneOf", "anyOf", "xml", "readOnly", "writeOnly", "$defs", "definitions", "$schema", "$id", "$anchor",
     *ANNOTATIONS)
)  # fmt: skip


def _rest(schema: Json) -> Json:
    rest = {key: value for key, value in schema.items() if key not in _ELSEWHERE and not str(key).startswith("x-")}
    for exclusive, plain in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if rest.get(exclusive) is True and plain in rest:  # as OpenAPI 3.0 has it
            rest[exclusive] = rest.pop(plain)
        elif isinstance(rest.get(exclusive), bool):
            del rest[exclusive]
    if rest.get("uniqueItems") is False:
        del rest["uniqueItems"]
    if rest.get("deprecated") is False:
        del rest["deprecated"]
    return rest
