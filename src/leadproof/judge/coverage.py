"""What a run has exercised, of everything that the specification gives occasion for; pure.

Items are texts that a person can read: `ping xml response /results/*/orderId: null`. A run collects the items that it
saw; the specification says which there are; the difference is what stayed dark. `EXEMPT` says which items cannot be had
from outside, and why: they are listed apart and never asked for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

from leadproof.contract.specs import Schema, Specification
from leadproof.core.exchange import format_of, header
from leadproof.core.operations import CELLS, OPERATIONS, RESPONSE_TYPES
from leadproof.judge.checks import Context
from leadproof.judge.checks.context import properties

#: Dimension -> what an item of it is.
DIMENSIONS: dict[str, str] = {
    "directions": "each representation of each operation, sent and received",
    "outcomes": "each status and responseType (or acceptance) that a response can have",
    "members": "each documented member of requests and responses, with a value",
    "values": "each value of each enumeration and boolean",
    "edges": "each constraint at its edge: smallest number, empty text, null, one entry and several, a member left out",
    "links": "each link of the OpenAPI document that was followed with an id from an earlier response",
}

_PLAIN = "without its source it is a plain create: nothing else tells the two apart"

#: Pattern of items -> why they cannot be had, or not from everybody.
EXEMPT: dict[str, str] = {
    "update_lead * Duplicate_Lead": "an update changes a lead that exists",
    "update_lead * Outside_Criteria": "an update changes a lead that has been placed",
    "update_lead * Post_Over_Max": "an update delivers no further lead",
    "update_lead * LeadType_ID_Missing": "whether an update needs a lead type is open",
    "create_lead_sends * System_ID_Missing": _PLAIN,
    "create_lead_sends * LeadType_ID_Missing": _PLAIN,
    "create_lead_sends * Vendor_ID_Missing": _PLAIN,
    "create_lead_sends * No_Account_Found": _PLAIN,
    "create_lead_sends * Account_Disabled": _PLAIN,
    "create_lead_sends * Post_Over_Max": "needs a source with the permission and a cap of its own",
    "* response *: null": "a service may write a value, null or nothing where it has nothing to say",
    "* response /results/[*]/offers: *": "how many there are is the campaign's affair",
    "* response /results/[*]/sends: *": "how many there are is the campaign's affair",
    "* response /results/[*]/client: *": "a call goes to one client; how many are shown is open",
    "* response /results/[*]/client/[*]/valid: false": "a client that does not take the call need not be shown",
}


@dataclass(slots=True)
class Coverage:
    """What a run has exercised."""

    seen: dict[str, set[str]] = field(default_factory=lambda: {name: set() for name in DIMENSIONS})
    #: Operation and representation -> requests that were built to be accepted, and those of which a lead was.
    intended: Counter[tuple[str, str]] = field(default_factory=Counter)
    accepted: Counter[tuple[str, str]] = field(default_factory=Counter)
    #: What the run itself has to say: phases, their time and their exchanges, cases that were not run.
    suite: dict[str, Any] = field(default_factory=dict)

    def unseen(self, context: Context) -> tuple[tuple[str, str], ...]:
        """Dimension and item of what an exchange exercises and none has exercised before."""
        there = universe(context.spec)  # a target may write anything: only what is documented is an item
        found = (pair for pair in items(context) if pair[1] in there[pair[0]] and pair[1] not in self.seen[pair[0]])
        return tuple(dict.fromkeys(found))

    def add(self, exercised: Iterable[tuple[str, str]]) -> None:
        """Takes in items, by their dimension."""
        for dimension, item in exercised:
            self.seen[dimension].add(item)

    def merge(self, other: Coverage) -> None:
        """Adds what another part of the run has exercised."""
        for dimension, found in other.seen.items():
            self.seen[dimension] |= found
        self.intended.update(other.intended)
        self.accepted.update(other.accepted)
        self.suite |= other.suite

    # ---- what it comes to --------------------------------------------------------------------------------------------

    def report(self, spec: Specification, clauses: Mapping[str, str]) -> dict[str, Any]:
        """For each dimension how much there is, how much was seen, what is missing, and what is exempt.

        Args:
            spec: The contract.
            clauses: Clause id -> result, of those that a check decides.
        """
        found: dict[str, Any] = {}
        for dimension, there in universe(spec).items():
            seen = self.seen[dimension]
            missing = [item for item in there if item not in seen]
            exempt = [item for item in missing if exemption(item)]
            found[dimension] = {
                "covered": len(there) - len(missing),
                "total": len(there) - len(exempt),
                "missing": [item for item in missing if not exemption(item)],
                "exempt": {item: exemption(item) for item in exempt},
            }
        dark = [name for name, result in clauses.items() if result == "untested"]
        found["clauses"] = {"covered": len(clauses) - len(dark), "total": len(clauses), "missing": dark, "exempt": {}}
        return found


def exemption(item: str) -> str:
    """Why an item cannot be asked for; "" if it can."""
    return next((reason for pattern, reason in EXEMPT.items() if fnmatchcase(item, pattern)), "")


def gaps(coverage: Coverage) -> list[str]:
    """Cells that were to be tested and never really were: nothing that was built to be accepted was, in words."""
    return [
        f"{operation} in {media}: of {number} built to be accepted, no request was"
        for (operation, media), number in coverage.intended.items()
        if not coverage.accepted[(operation, media)]
    ]


# ---- what there is ---------------------------------------------------------------------------------------------------


def universe(spec: Specification) -> dict[str, dict[str, None]]:
    """Every item of every dimension, in the order of the operations."""
    return _universe(tuple(sorted(spec.choices.items())), spec)


_KEPT: dict[tuple[tuple[str, str], ...], dict[str, dict[str, None]]] = {}


def _universe(key: tuple[tuple[str, str], ...], spec: Specification) -> dict[str, dict[str, None]]:
    if key in _KEPT:
        return _KEPT[key]
    found: dict[str, dict[str, None]] = {name: {} for name in DIMENSIONS}
    for operation, fmt in CELLS:
        for direction in ("request", "response"):
            try:
                schema = spec.schema(operation, direction, fmt)
            except KeyError:
                continue
            found["directions"][f"{operation} {fmt} {direction}"] = None
            for dimension, item in _all(schema, ""):
                if fmt == "xml" and item == "/leads/*/properties: left out":
                    continue  # its members are attributes in XML: there is nothing that could be left out
                found[dimension][f"{operation} {fmt} {direction} {item}"] = None
        types = RESPONSE_TYPES if _has_type(spec, operation, fmt) else ("accepted", "refused")
        found["outcomes"] |= dict.fromkeys(f"{operation} {fmt} 200 {one}" for one in types)
        if OPERATIONS[operation].body:
            found["outcomes"][f"{operation} {fmt} 4xx unreadable"] = None
        found["outcomes"][f"{operation} {fmt} without credentials"] = None
    found["links"] = dict.fromkeys(_all_links(spec))
    _KEPT[key] = found
    return found


def _has_type(spec: Specification, operation: str, fmt: str) -> bool:
    results = spec.schema(operation, "response", fmt)["properties"].get("results")
    return bool(results) and "responseType" in results["items"]["properties"]


@cache
def _operations_at(path: str) -> tuple[str, ...]:
    return tuple(row.id for row in OPERATIONS.values() if row.path == path)


def _all_links(spec: Specification) -> Iterator[str]:
    for path, item in spec.paths.items():
        for call in item.values():
            links = call.get("responses", {}).get("200", {}).get("links", {}) if isinstance(call, dict) else {}
            for operation in _operations_at(path):
                yield from (
                    f"{operation} -> {name}"
                    for name in links
                    if not (operation == "create_lead_sends" and name == "accept")
                )


def _types(schema: Schema) -> list[str]:
    types = schema.get("type", [])
    return [types] if isinstance(types, str) else list(types)


def _all(schema: Schema, at: str) -> Iterator[tuple[str, str]]:
    """Every item of a schema: dimension and text."""
    schema = schema["anyOf"][0] if "anyOf" in schema else schema
    types = _types(schema)
    if "null" in types:
        yield "edges", f"{at}: null"
    if "boolean" in types:
        yield from (("values", f"{at}: {word}") for word in ("true", "false"))
    if "enum" in schema and not at.endswith("/responseType"):  # those are outcomes
        yield from (("values", f"{at}: {one}") for one in schema["enum"])
    if "minimum" in schema and at not in _GIVEN and not at.endswith(("Id", "price", "estimatedPayout")):
        yield "edges", f"{at}: the minimum"
    if "array" in types:
        yield from (("edges", f"{at}: {word}") for word in ("one entry", "several"))
        yield from _all(schema["items"], f"{at}/*")
    if (
        "string" in types
        and "enum" not in schema
        and "pattern" not in schema
        and at in ("/leads/*/properties/reference",)
    ):
        yield "edges", f"{at}: empty"
    required = schema.get("required", ())
    for name, sub in schema.get("properties", {}).items():
        below = f"{at}/{name}"
        yield "members", below
        if name not in required and at.startswith(("/source", "/leads")):
            yield "edges", f"{below}: left out"
        yield from _all(sub, below)


#: Numbers that the account is given: nobody can choose the smallest.
_GIVEN = ("/source/vid", "/source/lid", "/source/aid", "/leads/*/properties/leadUID", "/leads/*/properties/ivrNumber")


# ---- what was seen ---------------------------------------------------------------------------------------------------


def items(context: Context) -> Iterator[tuple[str, str]]:
    """Dimension and item of everything that an exchange exercises."""
    operation, sent = context.operation.id, _sent(context)
    if context.exchange.response is None:
        return
    if context.request is not None:
        yield "directions", f"{operation} {sent} request"
        yield from _value(operation, sent, "request", context.request, context.spec)
    yield from (("outcomes", item) for item in _outcomes(context))
    if context.response_value is not None:
        yield "directions", f"{operation} {context.response_format} response"
        yield from _value(operation, context.response_format, "response", context.response_value, context.spec)
        yield from (("links", link) for link in _links(context))


def _value(operation: str, fmt: str, direction: str, value: Any, spec: Specification) -> Iterator[tuple[str, str]]:
    try:
        schema = spec.schema(operation, direction, fmt)
    except KeyError:
        return
    at = f"{operation} {fmt} {direction} "
    yield from ((dimension, at + item) for dimension, item in _walk(schema, value, ""))


def _sent(context: Context) -> str:
    return context.request_format or format_of(header(context.exchange.request.headers, "content-type")) or "json"


def _outcomes(context: Context) -> Iterator[str]:
    response, operation = context.exchange.response, context.operation.id
    if response is None:
        return
    intent = context.exchange.intent.partition(":")[0]
    if intent == "unreadable" and 400 <= response.status < 500:
        yield f"{operation} {_sent(context)} 4xx unreadable"
    if intent == "unauthorised" and not context.accepted:
        yield f"{operation} {_sent(context)} without credentials"
    for _, result in context.results:
        word = result.get("responseType", "accepted" if result.get(context.acceptance) is True else "refused")
        yield f"{operation} {context.response_format} {response.status} {word}"


def _walk(schema: Schema, value: Any, at: str) -> Iterator[tuple[str, str]]:
    """The items of a schema that a value has."""
    schema = schema["anyOf"][0] if "anyOf" in schema else schema
    if value is None:
        yield "edges", f"{at}: null"
    elif isinstance(value, bool):
        yield "values", f"{at}: {str(value).lower()}"
    elif isinstance(value, str):
        if "enum" in schema:
            yield "values", f"{at}: {value}"
        elif not value:
            yield "edges", f"{at}: empty"
    elif isinstance(value, (int, float)):
        if value == schema.get("minimum"):
            yield "edges", f"{at}: the minimum"
    elif isinstance(value, list):
        yield "edges", f"{at}: {'several' if len(value) > 1 else 'one entry' if value else 'empty'}"
        for entry in value:
            yield from _walk(schema.get("items", {}), entry, f"{at}/*")
    elif isinstance(value, dict):
        for name, sub in schema.get("properties", {}).items():
            if name in value:
                if value[name] is not None:
                    yield "members", f"{at}/{name}"
                yield from _walk(sub, value[name], f"{at}/{name}")
            else:
                yield "edges", f"{at}/{name}: left out"


def _links(context: Context) -> Iterator[str]:
    """Links of the OpenAPI document that the request followed: its ids come from earlier responses of this run."""
    history, operation = context.history, context.operation.id
    parts = [part for part in context.exchange.request.path.split("/") if part]
    if operation == "lead_status" and parts:
        source = history.request_ids.get(parts[-1].lower())
        if source:
            yield f"{source} -> status"
    if operation == "accept_offer" and len(parts) >= 4:
        seen = history.leads.get(int(parts[-4])) if parts[-4].isascii() and parts[-4].isdigit() else None
        if seen is not None:
            yield f"{seen.operation} -> accept"
    for lead in context.leads:
        if operation == "update_lead":
            identifier = properties(lead).get("leadUID")
            seen = history.leads.get(identifier) if isinstance(identifier, int) else None
            if seen is not None:
                yield f"{seen.operation} -> update"
        if operation == "inbound_post" and properties(lead).get("orderId") in history.orders:
            yield "ping -> post"
