"""Hypothesis strategies for bodies: valid values from the specification, and values that break one rule at one place.

Everything is made by construction from the resolved schemas, nothing by filtering, so that examples stay cheap and
shrink well. What a value means for a posting profile is not known here; that is `leads`.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import Any, NamedTuple

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from leadproof.bodies import escape
from leadproof.contract.specs import ANY_OFFSET, DAY_OR_MOMENT, Schema, Specification, load

#: What a mutation may change.
CHANGES = ("presence", "null", "enum", "range", "type", "cardinality", "unknown", "format")

#: The name of a member that no documentation shows.
UNKNOWN = "undocumented"


class Mutation(NamedTuple):
    """A value with one thing changed. It may still be valid: that is for a verdict to say."""

    value: Any
    #: JSON Pointer of the member that was changed, added or taken away.
    pointer: str
    #: One of `CHANGES`.
    change: str
    #: What was done, in a few words.
    detail: str


# ---- scalars ---------------------------------------------------------------------------------------------------------

#: Text that has gone wrong somewhere before: escapes, white space, line ends, several planes of Unicode, other types.
TRICKY = (
    "", " ", "  both ends\t", "<&>\"'", "]]>", "<![CDATA[x]]>", "&amp;lt;", "a\r\nb\rc\n", "\n", "Renée", "e\u0301",
    "日本語", "שלום", "😀\U0010fffd", "\u0085\u2028", "\ufeffmark", "\ufffd", "true", "True", "0", "null", "1e3", "{}",
    "a|b", "~1/~0",
)  # fmt: skip

#: Characters that XML 1.0 has a form for (section 2.2): all but controls, surrogates and two noncharacters.
_CARRIED = st.characters(
    min_codepoint=0x20, exclude_categories=["Cs"], exclude_characters="\ufffe\uffff", include_characters="\t\n\r"
)


def texts(*, min_size: int = 0) -> SearchStrategy[str]:
    """Text that JSON and XML can carry."""
    return st.sampled_from([text for text in TRICKY if len(text) >= min_size]) | st.text(
        _CARRIED, min_size=min_size, max_size=40
    )


def guids() -> SearchStrategy[str]:
    """GUIDs with hyphens, in both cases."""
    return st.uuids().map(str) | st.uuids().map(lambda one: str(one).upper())


def timestamps(*, offset_optional: bool = False) -> SearchStrategy[str]:
    """Date and time as the documentation writes it: seconds, up to seven decimals, an offset."""
    offsets = st.sampled_from(["Z", "Z", "+00:00", "-00:00", "-05:00", "+05:30", "+13:59", "-13:59"])
    return st.builds(
        lambda day, seconds, fraction, offset: (
            f"{day.isoformat()}T{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
            f"{'.' + fraction if fraction else ''}{offset}"
        ),
        st.dates(date(1000, 1, 1), date(2999, 12, 31)) | st.sampled_from([date(2024, 2, 29), date(2000, 2, 29)]),
        st.integers(0, 24 * 3600 - 1) | st.sampled_from([0, 24 * 3600 - 1]),
        st.text("0123456789", max_size=7),
        offsets | st.just("") if offset_optional else offsets,
    )


def urls() -> SearchStrategy[str]:
    """Absolute http and https URLs, and the empty text that stands for none."""
    rest = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=40)
    made = st.builds("{}://{}".format, st.sampled_from(["http", "https", "HTTP", "Https"]), rest)
    return st.sampled_from(["", "https://offers.example/terms?a=1&b=2#c"]) | made


def field_names() -> SearchStrategy[str]:
    """Names of lead fields that are XML names as well, and that no call data element has."""
    rest = st.text(_NAME_START + "-.0123456789·", max_size=12)
    made = st.builds(str.__add__, st.text(_NAME_START, min_size=1, max_size=1), rest)
    # A prefix instead of a filter: names that begin with xml are reserved, and those of call data are taken.
    free = made.map(lambda name: f"F_{name}" if name.lower().startswith("xml") or name in _CALL_DATA else name)
    return st.sampled_from(["FirstName", "LastName", "Email", "Phone", "State", "Zip", "_x", "Größe", "电话"]) | free


_NAME_START = "abcXYZ_éßΩяא日𝒳"
_CALL_DATA = frozenset({"IVRNumber", "CallDuration", "CallResult", "CallDate", "RecordingUrl"})

#: The largest whole number that every JSON reader holds exactly (RFC 8259, section 6).
_EXACT = 2**53 - 1

_AMOUNTS = (
    0, 0.0, -0.0, 1, 0.01, 0.1, 12.0, 12.5, 99.99, 1e-7, 5e-324, 123456789.123, 1e15, 1e22, 1e23, 2**53 + 0.0, _EXACT,
)  # fmt: skip


def _numbers(schema: Schema) -> SearchStrategy[int | float]:
    lowest = schema.get("minimum", -_EXACT)
    amounts = st.sampled_from([one for one in _AMOUNTS if one >= lowest])
    return amounts | st.integers(lowest, _EXACT) | st.floats(float(lowest), allow_nan=False, allow_infinity=False)


def _integers(schema: Schema) -> SearchStrategy[int]:
    lowest, highest = schema.get("minimum", -_EXACT), schema.get("maximum", _EXACT)
    edges = st.sampled_from([lowest, lowest + 1, highest - 1, highest])
    return edges | st.integers(lowest, highest) | st.integers(lowest, lowest + 10_000)


def _strings(schema: Schema) -> SearchStrategy[str]:
    pattern: str = schema.get("pattern", "")
    if schema.get("format") in ("date-time", ANY_OFFSET, DAY_OR_MOMENT):
        return timestamps(offset_optional=schema["format"] == ANY_OFFSET)
    if "[0-9A-Fa-f]{8}" in pattern:
        return guids()
    if "[hH]" in pattern:
        return urls()
    if pattern == "^[^|]+$":
        return texts(min_size=1).map(lambda text: text.replace("|", "/"))
    if pattern:
        return st.from_regex(pattern, fullmatch=True)
    return texts(min_size=schema.get("minLength", 0))


# ---- values ----------------------------------------------------------------------------------------------------------


def values(schema: Schema) -> SearchStrategy[Any]:
    """Valid values of a resolved schema.

    Every type at and near its limits, null where it may stand, optional members present and absent, short lists.
    """
    if "anyOf" in schema:
        return st.one_of(*(values(one) for one in schema["anyOf"]))
    if "enum" in schema:
        made: SearchStrategy[Any] = st.sampled_from(schema["enum"])
        return made
    types = schema.get("type", "string")
    names = [types] if isinstance(types, str) else list(types)
    return st.one_of(*(_typed(name, schema) for name in names))


def _typed(name: str, schema: Schema) -> SearchStrategy[Any]:
    if name == "null":
        return st.none()
    if name == "boolean":
        return st.booleans()
    if name == "integer":
        return _integers(schema)
    if name == "number":
        return _numbers(schema)
    if name == "string":
        return _strings(schema)
    if name == "array":
        least = schema.get("minItems", 0)
        return st.lists(values(schema["items"]), min_size=least, max_size=schema.get("maxItems", least + 2))
    if "properties" not in schema:  # the fields of a lead, which only a posting document names
        return st.dictionaries(field_names(), texts(), max_size=5)
    required = set(schema.get("required", ()))
    members = {key: values(sub) for key, sub in schema["properties"].items()}
    return st.fixed_dictionaries(
        {key: made for key, made in members.items() if key in required},
        optional={key: made for key, made in members.items() if key not in required},
    )


def responses(operation: str, fmt: str | None = None, spec: Specification | None = None) -> SearchStrategy[Any]:
    """Valid responses of an operation.

    Args:
        operation: An operation id.
        fmt: "json" or "xml": with the members that this representation shows. None: with those of both, of which an
            encoder leaves out what the other one alone shows.
        spec: The contract's readings; the taken ones if left out.
    """
    return _made(operation, "response", fmt, spec or load())


def requests(operation: str, fmt: str | None = None, spec: Specification | None = None) -> SearchStrategy[Any]:
    """Valid requests of an operation in canonical form: `properties` are there, even if empty, and fields are text.

    Arguments as of `responses`; an operation without a body has none.

    Raises:
        KeyError: The operation has no request body.
    """
    return _made(operation, "request", fmt, spec or load())


@cache  # strategies are asked for once an example, and cost more to make than to draw from
def _made(operation: str, direction: str, fmt: str | None, spec: Specification) -> SearchStrategy[Any]:
    schema = view(operation, direction, fmt, spec)
    if direction == "request":
        schema = copy.deepcopy(schema)
        lead = schema["properties"]["leads"]["items"]
        lead["required"] = [*dict.fromkeys([*lead["required"], "properties"])]
    return values(schema)


def view(operation: str, direction: str, fmt: str | None = None, spec: Specification | None = None) -> Schema:
    """The schema that values are made from; without `fmt`, with the members of both representations.

    Args:
        operation: An operation id.
        direction: "request" or "response".
        fmt: "json", "xml" or None.
        spec: The contract's readings; the taken ones if left out.
    """
    spec = spec or load()
    if fmt is not None:
        return spec.schema(operation, direction, fmt)
    return _joined(spec.schema(operation, direction, "json"), spec.schema(operation, direction, "xml"))


def _joined(left: Schema, right: Schema) -> Schema:
    if "properties" in left and "properties" in right:
        ours, theirs = left["properties"], right["properties"]
        names = [*theirs, *(name for name in ours if name not in theirs)]
        properties = {
            name: _joined(ours[name], theirs[name]) if name in ours and name in theirs else {**ours, **theirs}[name]
            for name in names
        }
        required = [name for name in names if name in left.get("required", ()) or name in right.get("required", ())]
        return {**left, "properties": properties, "required": required}
    if "items" in left and "items" in right:
        return {**left, "items": _joined(left["items"], right["items"])}
    return left


# ---- mutations -------------------------------------------------------------------------------------------------------

#: What is put in the place of a value of each type, to change the type.
_OTHER_TYPES: dict[str, tuple[Any, ...]] = {
    "string": (7, True, [], {}),
    "integer": ("7", "seven", 7.5, True, []),
    "number": ("7.50", "much", False, {}),
    "boolean": ("true", "True", "yes", 1, 0),
    "array": ({}, "", 0, False),
    "object": ([], "", 0, True),
}

_OTHER_MOMENTS = (
    "", "0", "yesterday", "2024-08-29", "2024-08-29T16:25:12", "2024-08-29 16:25:12Z", "2024-08-29T16:25:12z",
    "2024-08-29T16:25Z", "2024-02-30T16:25:12Z", "2023-02-29T16:25:12Z", "2024-08-29T24:00:00Z", "2024-08-29T16:25:60Z",
    "2024-08-29T16:25:12.12345678Z", "2024-08-29T16:25:12+0000", "2024-08-29T16:25:12+14:00", "0999-08-29T16:25:12Z",
    "2024-08-29T16:25:12Z\n", " 2024-08-29T16:25:12Z", "2024-08-29T16:25:12,5Z", "٢024-08-29T16:25:12Z", "1724948712",
)  # fmt: skip
_OTHER_GUIDS = (
    "", "0", "929f4d31557649b5ae9b606d94a475e2", "{929f4d31-5576-49b5-ae9b-606d94a475e2}",
    "929f4d31-5576-49b5-ae9b-606d94a475e2\n", " 929f4d31-5576-49b5-ae9b-606d94a475e2",
    "929f4d31-5576-49b5-ae9b-606d94a475eg",
)  # fmt: skip
_OTHER_URLS = (
    "/path", "ftp://offers.example/", "https://", "https://a b", "https://offers.example\n", "example",
    "https://ü.example",
)  # fmt: skip


def mutations(schema: Schema, value: Any, changes: tuple[str, ...] = CHANGES) -> Iterator[Mutation]:
    """Every way in which one thing in a value can be changed, member by member.

    Args:
        schema: The resolved schema that `value` fits.
        value: A value; it is not changed itself.
        changes: Those of `CHANGES` that are wanted.
    """
    for new, pointer, change, detail in _changed(schema, value, ""):
        if change in changes:
            yield Mutation(_put(value, pointer, new), pointer, change, detail)


def mutated(schema: Schema, changes: tuple[str, ...] = CHANGES) -> SearchStrategy[Mutation]:
    """Valid values of a schema with one thing changed; those that offer nothing to change come back unchanged."""
    return values(schema).flatmap(
        lambda value: st.sampled_from([*mutations(schema, value, changes)] or [Mutation(value, "", "", "nothing")])
    )


_GONE = object()

Change = tuple[Any, str, str, str]


def _changed(schema: Schema, value: Any, at: str) -> Iterator[Change]:
    if isinstance(value, dict) and "properties" in schema:
        for name in value:
            below = f"{at}/{escape(name)}"
            yield _GONE, below, "presence", "taken away"
            if value[name] is not None:
                yield None, below, "null", "null"
            yield from _changed(schema["properties"].get(name, {}), value[name], below)
        for stranger in ("text", 7, None):
            yield stranger, f"{at}/{UNKNOWN}", "unknown", "added"
    elif isinstance(value, dict):
        for name, one in value.items():
            below = f"{at}/{escape(name)}"
            yield _GONE, below, "presence", "taken away"
            yield None, below, "null", "null"
            yield {}, below, "type", "an object"
            yield f"{one} ", below, "format", "a blank at its end"
    elif isinstance(value, list) and "items" in schema:
        if value:
            yield [], at, "cardinality", "emptied"
            yield value * 2, at, "cardinality", "doubled"
            yield value[1:], at, "cardinality", "one less"
            yield None, f"{at}/0", "null", "null"
        for index, entry in enumerate(value):
            yield from _changed(schema["items"], entry, f"{at}/{index}")
    if schema:
        yield from _scalar_changes(schema, value, at)


def _scalar_changes(schema: Schema, value: Any, at: str) -> Iterator[Change]:
    """What a single member can be instead; objects and lists can have another type, too."""
    for one in schema.get("anyOf", ())[:1]:  # the documented value; what else is there are placeholders
        yield from _scalar_changes(one, value, at)
    types = schema.get("type", "string")
    kind = next((name for name in ([types] if isinstance(types, str) else types) if name != "null"), "string")
    for other in _OTHER_TYPES[kind]:
        yield copy.copy(other), at, "type", f"{type(other).__name__} for {kind}"
    for limit, step in (("minimum", -1), ("maximum", 1)):
        if limit in schema:
            yield schema[limit], at, "range", f"the {limit}"
            yield schema[limit] + step, at, "range", f"beyond the {limit}"
    if kind == "number" and "minimum" in schema:
        yield schema["minimum"] - 0.01, at, "range", "beyond the minimum by a cent"
    if "enum" in schema:
        for one in schema["enum"][:2]:
            if isinstance(one, str) and one:
                yield from ((text, at, "enum", "another spelling") for text in (one.lower(), f"{one} ", f"{one}x"))
        yield "Nonsense", at, "enum", "outside the set"
        yield "", at, "enum", "empty"
    for wrong in _wrong_forms(schema):
        yield wrong, at, "format", "of another form"


def _wrong_forms(schema: Schema) -> tuple[str, ...]:
    pattern = schema.get("pattern", "")
    if schema.get("format") in ("date-time", ANY_OFFSET, DAY_OR_MOMENT):
        return _OTHER_MOMENTS
    if "[0-9A-Fa-f]{8}" in pattern:
        return _OTHER_GUIDS
    if "[hH]" in pattern:
        return _OTHER_URLS
    return ("", "a|b") if pattern == "^[^|]+$" else ()


def _put(value: Any, pointer: str, new: Any) -> Any:
    """A copy of `value` with another value at a pointer; what is off the way is shared."""
    if not pointer:
        return new
    part, _, rest = pointer[1:].partition("/")
    below = f"/{rest}" if "/" in pointer[1:] else ""
    if isinstance(value, list):
        index = int(part)
        return [*value[:index], _put(value[index], below, new), *value[index + 1 :]]
    key = part.replace("~1", "/").replace("~0", "~")
    if new is _GONE and not below:
        return {name: sub for name, sub in value.items() if name != key}
    return {**value, key: _put(value.get(key), below, new)}
