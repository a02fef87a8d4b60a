"""Checks of a body's form: structure, types, presence. The explanation of a verdict, place by place.

The fast verdict (jsonschema-rs, lxml) says whether a body is right; only where it is not does `explain` run, and its
breaches are sorted to the checks that own them by `OWNER`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple

from leadproof import bodies
from leadproof.bodies import BodyProblem, escape, typed
from leadproof.contract.specs import DAY_OR_MOMENT, Specification
from leadproof.core import lazy
from leadproof.core.findings import shape
from leadproof.core.operations import OPERATIONS, Operation
from leadproof.judge.checks.context import Breach, Context

#: Kind of a problem (and its rule, where it has one) -> check that owns it. `member` is for the rest.
OWNER: dict[tuple[str, ...], str] = {
    ("json", "body.malformed"): "json_wellformed",
    ("json", "body.empty"): "json_wellformed",
    ("json", "body.unsafe"): "body_limits",
    ("json", "encoding.too-large"): "body_limits",
    ("json", "body.duplicate-member"): "json_unique_members",
    ("json", "charset.invalid"): "charset",
    ("json", "schema.unknown"): "unknown_members",
    ("json", "schema.missing"): "presence",
    ("xml", "body.malformed"): "xml_wellformed",
    ("xml", "body.empty"): "xml_wellformed",
    ("xml", "body.unsafe"): "body_limits",
    ("xml", "encoding.too-large"): "body_limits",
    ("xml", "charset.invalid"): "charset",
    ("xml", "schema.unknown"): "unknown_members",
    ("xml", "schema.missing"): "presence",
    ("xml", "xml.root"): "xml_root",
    ("xml", "xml.namespace"): "xml_namespaces",
    ("xml", "xml.order"): "xml_order",
    ("xml", "xml.structure"): "xml_structure",
    ("xml", "xml.structure", "repeated"): "xml_repeated",
    ("xml", "xml.structure", "attribute"): "xml_attributes",
    ("xml", "xml.structure", "text"): "xml_text",
    ("xml", "xml.structure", "nil"): "xml_nil",
}


#: Breaches that are explained of one body; see `bodies.problems.MOST`.
MOST = 500

#: Sets of errors of which it is remembered whether the two validators agree.
KINDS = 2_000


def owner(fmt: str, kind: str, rule: str = "") -> str:
    """The check that owns a problem with a body."""
    return OWNER.get((fmt, kind, rule) if rule else (fmt, kind), "member")


def breach(problem: BodyProblem) -> Breach:
    """A problem of the codec as a breach; where nothing could be decoded, the message names line and column."""
    message = problem.message
    if problem.line:
        message = f"{message} (line {problem.line}, column {problem.column})"
    return Breach(problem.kind, message, problem.pointer, problem.xpath, problem.expected, problem.actual, problem.rule)


def explain(spec: Specification, operation: str, direction: str, fmt: str, decoded: bodies.Decoded) -> Iterator[Breach]:
    """Every place in a decoded body that is not as documented; nothing where it is valid.

    Args:
        spec: The contract's readings.
        operation: An operation id.
        direction: "request" or "response".
        fmt: "json" or "xml".
        decoded: The body, read leniently.
    """
    valid = decoded.valid or spec.verdict(operation, direction, fmt).is_valid(decoded.value)
    if decoded.valid or (valid and fmt == "json" and not decoded.problems):
        return
    found = [breach(problem) for problem in decoded.problems if not _tolerated(problem, spec)]
    if any(one.kind == "xml.root" for one in found) and not decoded.value:
        yield from found  # another document altogether: what it lacks besides is no news
        return
    refused = fmt == "xml" and not spec.xsd(operation, direction).validate(decoded.tree)
    # Where a fast validator refuses what the explaining one accepts, the explaining one decides.
    if not valid:
        wrong = _errors(spec, operation, direction, fmt, decoded.value)
        found += islice((one for error in wrong for one in _from_schema(error)), MOST)
    if refused and not found and not decoded.problems:
        refusals = spec.xsd_explainer(operation, direction).iter_errors(decoded.tree)
        found += (_from_xsd(error) for error in islice(refusals, 5))
    yield from dict.fromkeys(found)  # jsonschema repeats `required` and `additionalProperties` for each name


def is_placeholder(spec: Specification, operation: Operation, request: Any, breach: Breach) -> bool:
    """Is a breach of a request what the documentation's own samples do: an empty text in the place of a value?

    Samples also send a member, empty, to an address where only another operation documents it (reading `placeholders`).
    """
    value = value_at(request, breach.pointer)
    if breach.kind != "schema.unknown":
        return bool(value == "")
    others = (row.id for row in OPERATIONS.values() if row.body and row.path == operation.path)
    member = shape(breach.pointer)
    blank = not any(value) if isinstance(value, list) else value == ""
    return blank and any(member in _documented(spec, other) for other in others)


def _documented(spec: Specification, operation: str) -> frozenset[str]:
    """The shapes of the members that an operation's requests may have."""
    key = ("request-members", operation)
    if key not in spec._made:
        spec._made[key] = frozenset(_of_schema(spec.schema(operation, "request", "json"), ""))
    members: frozenset[str] = spec._made[key]
    return members


def _of_schema(schema: dict[str, Any], at: str) -> Iterator[str]:
    for name, sub in schema.get("properties", {}).items():
        yield f"{at}/{escape(name)}"
        yield from _of_schema(sub, f"{at}/{escape(name)}")
    if isinstance(schema.get("items"), dict):
        yield from _of_schema(schema["items"], f"{at}/*")


def value_at(value: Any, pointer: str) -> Any:
    """What stands at a JSON Pointer (RFC 6901); None where there is nothing."""
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(value, list) and name.isdecimal() and int(name) < len(value):
            value = value[int(name)]
        elif isinstance(value, dict):
            value = value.get(name)
        else:
            return None
    return value


#: Keywords on which the two validators never disagreed; what a text or a fraction may look like is not among them.
_PLAIN = frozenset({"type", "enum", "required", "additionalProperties", "minimum", "maximum", "minItems", "maxItems"})


class _Error(NamedTuple):
    """An error of the fast validator, as the explaining one would write it."""

    absolute_path: tuple[str | int, ...]
    instance: Any
    validator: str
    validator_value: Any
    schema: dict[str, Any]


def _errors(spec: Specification, operation: str, direction: str, fmt: str, value: Any) -> Iterable[Any]:
    """Every error of a value.

    The same errors come again and again. The explaining validator is asked for the first of a kind; if the fast one
    finds the same in the same order, and by plain keywords, it decides the next ones, a hundred times as fast.
    """
    fast = list(islice(spec.verdict(operation, direction, fmt).iter_errors(value), MOST))
    kind = tuple(tuple(one.schema_path) for one in fast)
    trusted: dict[Any, bool] = spec._made.setdefault(("errors", operation, direction, fmt), {})
    if kind not in trusted:
        slow = list(islice(spec.explainer(operation, direction, fmt).iter_errors(value), MOST))
        if len(trusted) < KINDS and len(fast) < MOST:
            same = [(*one.absolute_path, *one.absolute_schema_path) for one in slow]
            alike = same == [(*one.instance_path, *one.schema_path) for one in fast]
            trusted[kind] = alike and all(path and path[-1] in _PLAIN for path in kind)
        return slow
    if not trusted[kind]:
        return islice(spec.explainer(operation, direction, fmt).iter_errors(value), MOST)
    root = spec.schema(operation, direction, fmt)
    return [_error(one, root, value) for one in fast]


def _error(error: Any, root: dict[str, Any], value: Any) -> _Error:
    schema: Any = root
    *path, keyword = error.schema_path
    for part in path:
        schema = schema[part]
    for part in error.instance_path:  # the error's own instance has its members in another order
        value = value[part]
    return _Error(tuple(error.instance_path), value, keyword, schema[keyword], schema)


def _tolerated(problem: BodyProblem, spec: Specification) -> bool:
    if problem.kind == "xml.order":
        return spec.choices["element-order"] == "any"
    return False


def _from_schema(error: Any) -> Iterator[Breach]:
    at = "".join(f"/{escape(str(part))}" for part in error.absolute_path)
    value, keyword = error.instance, error.validator
    if keyword == "required":
        for name in error.validator_value:
            if name not in value:
                yield Breach(
                    "schema.missing", f"{name} is missing", f"{at}/{escape(name)}", "", "the member", "nothing there"
                )
        return
    if keyword == "additionalProperties":
        for name in value:
            if name not in error.schema.get("properties", {}):
                yield Breach(
                    "schema.unknown", f"{name} is not documented here", f"{at}/{escape(name)}", "",
                    "no such member", typed(value[name]),
                )  # fmt: skip
        return
    if keyword == "anyOf":  # a placeholder or the documented value: the documented value is what was expected
        schema = error.validator_value[0]
        yield Breach(_kind("type", value, schema), "neither the documented value nor a placeholder", at, "",
                     expected(schema), typed(value))  # fmt: skip
        return
    yield Breach(_kind(keyword, value, error.schema), _sentence(keyword, error.schema), at, "",
                 expected(error.schema), typed(value))  # fmt: skip


_KINDS = {
    "type": "schema.type",
    "enum": "schema.enum",
    "minimum": "schema.range",
    "maximum": "schema.range",
    "pattern": "schema.format",
    "format": "schema.format",
    "minLength": "schema.format",
    "minItems": "schema.cardinality",
    "maxItems": "schema.cardinality",
}


def _kind(keyword: str, value: Any, schema: dict[str, Any]) -> str:
    if value is None:
        return "schema.null"
    return _KINDS.get(keyword, "schema.type")


_SENTENCES = {
    "type": "has another type than documented",
    "enum": "is not one of the documented values",
    "minimum": "is smaller than its meaning allows",
    "maximum": "is larger than any reader can hold exactly",
    "pattern": "does not have the documented form",
    "format": "does not have the documented form",
    "minLength": "is empty",
    "minItems": "has too few entries",
    "maxItems": "has too many entries",
}


def _sentence(keyword: str, schema: dict[str, Any]) -> str:
    return _SENTENCES.get(keyword, f"breaks the rule {keyword!r}")


def expected(schema: dict[str, Any]) -> str:
    """What a scalar schema asks for, in words with its type."""
    if "enum" in schema:
        return "one of " + ", ".join(str(one) for one in schema["enum"])
    types = schema.get("type", "any value")
    words = " or ".join(types) if isinstance(types, list) else str(types)
    if schema.get("format") == DAY_OR_MOMENT:
        return f"{words}: a day or a timestamp, such as 2024-08-29 or 2024-08-29T16:25:12Z"
    if schema.get("format") == "date-time" or "T([01]" in schema.get("pattern", ""):
        return f"{words}: a timestamp such as 2024-08-29T16:25:12Z"
    if "[0-9A-Fa-f]{8}" in schema.get("pattern", ""):
        return f"{words}: a GUID"
    if "[hH]" in schema.get("pattern", ""):
        return f"{words}: an absolute http or https URL"
    if "minimum" in schema:
        words += f", at least {schema['minimum']}"
    if "maximum" in schema:
        words += f", at most {schema['maximum']}"
    if "minItems" in schema:
        words += f", at least {schema['minItems']} entry"
    return words


_STEP = lazy.pattern(r"/(?:[\w]+:)?(\w+)(\[\d+\])?")


def _from_xsd(error: Any) -> Breach:
    """What only the XSD sees; the place as xmlschema names it."""
    return Breach("xml.structure", str(error.reason), "", str(error.path or ""), "a document that the XSD accepts", "")


def missing(context: Context) -> Iterator[Breach]:
    """Members that the documentation shows and an accepted result lacks or has as null."""
    required = _shown(context)
    for at, result in context.accepted:
        for name, nullable in required:
            if name not in result:
                yield Breach("schema.missing", f"{name} is missing from an accepted result", f"{at}/{name}", "",
                             "the member", "nothing there")  # fmt: skip
            elif result[name] is None and not nullable:
                yield Breach(
                    "schema.null", f"{name} is null in an accepted result", f"{at}/{name}", "", "a value", "null"
                )


#: Members that may be null in an accepted result, because the documentation shows it or they have nothing to say.
_MAY_BE_NULL = {
    "duplicate_check": {"duplicateLeadId", "receivedOn"},
    "lead_status": {"rejectionReason"},
}


def _shown(context: Context) -> list[tuple[str, bool]]:
    schema = context.spec.schema(context.operation.id, "response", context.response_format)
    if context.operation.id != "accept_offer":
        schema = schema["properties"]["results"]["items"]
    nullable = _MAY_BE_NULL.get(context.operation.id, set())
    return [(name, name in nullable) for name in schema["properties"]]


def shapes(value: Any) -> frozenset[str]:
    """The shape of every member in a value: `/results`, `/results/*/price`, …"""
    return _shapes(_structure(value))


def _structure(value: Any) -> Any:
    """The names in a value without what they hold; equal for most responses of an operation, and so worth a cache."""
    if isinstance(value, dict):
        return tuple((name, _structure(sub)) for name, sub in value.items())
    return frozenset(_structure(entry) for entry in value) if isinstance(value, list) else None


@lru_cache(4096)
def _shapes(structure: Any) -> frozenset[str]:
    return frozenset(_members(structure, ""))


def _members(structure: Any, at: str) -> Iterator[str]:
    for one in structure or ():
        if isinstance(structure, frozenset):
            yield from _members(one, f"{at}/*")
        else:
            below = f"{at}/{escape(one[0])}"
            yield shape(below)
            yield from _members(one[1], below)
