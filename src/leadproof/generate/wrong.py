"""Generated requests that are wrong: schemathesis in negative mode for JSON, changed documents for XML.

Each is repaired until only what is wrong on purpose is wrong (a refusal would prove nothing otherwise), and is asked of
the oracle before it counts: what schemathesis calls negative may be a valid body once it is written down.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from leadproof import bodies
from leadproof.contract.specs import Schema, Specification
from leadproof.core.errors import EncodeError
from leadproof.core.findings import shape
from leadproof.generate.examples import cases, document, plain
from leadproof.generate.oracle import wrong


class Negative(NamedTuple):
    """A request body that is wrong."""

    body: bytes
    #: What was changed, in words.
    changed: str
    #: What the oracle says is wrong with it.
    fault: str
    #: unreadable: no JSON text, no XML document. invalid: no service can make sense of it. open: wrong, and a service
    #: may well overlook it.
    weight: str


#: Members without which, or with another type of which, there is no request.
_GRAVE = ("type", "required", "minimum", "maximum", "minItems")
_ESSENTIAL = ("/", "/source", "/source/vid", "/source/lid", "/leads", "/leads/*", "/leads/*/fields")


def weight(faults: tuple[str, ...], readable: bool = True) -> str:
    """How bad is it? By the oracle's faults: `type /source/vid`."""
    if not readable:
        return "unreadable"
    for fault in faults:
        keyword, _, at = fault.partition(" ")
        if keyword in _GRAVE and (shape(at).rstrip("/") or "/") in _ESSENTIAL:
            return "invalid"
    return "open"


# ---- JSON ------------------------------------------------------------------------------------------------------------


class Raw(NamedTuple):
    """What schemathesis made, before it is repaired."""

    #: A value, or bytes that are no JSON text.
    body: Any
    changed: str


def json_negatives(spec: Specification, operation: str) -> Any:
    """A Hypothesis strategy of `Raw` bodies that are wrong in one or two places; `repaired` makes requests of them."""
    described = document(operation, "json", _bounded(spec.schema(operation, "request", "json")))
    return cases(described, negative=True).map(lambda case: Raw(case.body, _words(case)))


def repaired(spec: Specification, operation: str, raw: Raw, template: Mapping[str, Any]) -> Negative | None:
    """The request body of a `Raw`: wrong in nothing but what was changed. None if nothing is wrong with it after all.

    Args:
        spec: The contract.
        operation: The operation that it was made for.
        raw: What schemathesis made.
        template: The value of a request that would be accepted.
    """
    if isinstance(raw.body, bytes):
        data = raw.body
    else:
        schema = _bounded(spec.schema(operation, "request", "json"))
        data = _dumped(_repaired(raw.body, template, schema, spec.explainer(operation, "request", "json")))
    fault = wrong(spec, operation, "json", data)
    return Negative(data, raw.changed, str(fault), weight(fault.faults, fault.readable)) if fault else None


def _dumped(value: Any) -> bytes:
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=True).encode("utf-8")
    except UnicodeEncodeError:  # half of a pair of surrogates
        return json.dumps(value).encode("ascii")


def _words(case: Any) -> str:
    """What schemathesis says it did, without the values: they may be somebody's data."""
    done = getattr(getattr(getattr(case, "meta", None), "phase", None), "data", None)
    changes = [
        f"{one.operator.value.replace('_', ' ')} {'/'.join(map(str, ('', *one.path)))} {' '.join(one.keywords)}".strip()
        for one in getattr(done, "mutations", ())
    ]
    return "; ".join(changes)[:200] or "changed"


def _bounded(schema: Schema) -> Schema:
    """The schema with small lists and without free names: what is wrong shall be what the documentation speaks of."""
    schema = copy.deepcopy(schema)
    schema["properties"]["leads"]["maxItems"] = 1  # a second lead that is right would be accepted, and rightly
    lead = schema["properties"]["leads"]["items"]
    lead["properties"]["fields"] = {"type": "object", "maxProperties": 0}
    made: Schema = plain(schema)
    return made


def _repaired(value: Any, template: Mapping[str, Any], schema: Schema, checks: Any) -> Any:
    """The value with everything that is right replaced by what an acceptable request has there."""
    if not isinstance(value, dict):
        return value

    def right(sub: Any, at: Schema) -> bool:
        return not any(True for _ in checks.evolve(schema=at).iter_errors(sub))

    top = schema["properties"]
    made = dict(value)
    if isinstance(made.get("source"), dict):
        source = dict(made["source"])
        for name, good in template["source"].items():
            if (
                name in source
                and name in top["source"]["properties"]
                and right(source[name], top["source"]["properties"][name])
            ):
                source[name] = good
        if "returnURL" in source and right(source["returnURL"], top["source"]["properties"].get("returnURL", {})):
            del source["returnURL"]
        made["source"] = source
    good_lead, lead_schema = template["leads"][0], top["leads"]["items"]
    if isinstance(made.get("leads"), list):
        made["leads"] = [_lead(one, good_lead, lead_schema, right) for one in made["leads"][:1]]
    return made


def _lead(value: Any, good: Mapping[str, Any], schema: Schema, right: Callable[[Any, Schema], bool]) -> Any:
    if not isinstance(value, dict):
        return value
    lead = dict(value)
    if "fields" in lead and right(lead["fields"], schema["properties"]["fields"]):
        lead["fields"] = dict(good["fields"])
    if isinstance(lead.get("properties"), dict):
        known = schema["properties"]["properties"]["properties"]
        lead["properties"] = {
            name: good["properties"].get(name, member) if name in known and right(member, known[name]) else member
            for name, member in lead["properties"].items()
        }
        for name in ("orderId", "offerIds"):  # an order that does not exist is refused for that
            if name in lead["properties"] and name in known and right(lead["properties"][name], known[name]):
                del lead["properties"][name]
    return lead


# ---- XML -------------------------------------------------------------------------------------------------------------

Change = Callable[[bytes], bytes]


def xml_negatives(spec: Specification, operation: str, values: Any, changes: Mapping[str, Change]) -> Any:
    """A Hypothesis strategy of XML documents that are wrong in one place.

    Args:
        spec: The contract.
        operation: An operation that speaks XML.
        values: A strategy of valid request values.
        changes: Words -> what is done to the bytes of a valid document.
    """
    from hypothesis import strategies as st

    def written(pair: tuple[Any, str]) -> Negative | None:
        value, words = pair
        try:
            body = changes[words](bodies.encode_request(operation, "xml", value))
        except EncodeError:
            return None
        fault = wrong(spec, operation, "xml", body)
        return Negative(body, words, str(fault), weight(fault.faults, fault.readable)) if fault else None

    return st.tuples(values, st.sampled_from(list(changes))).map(written).filter(lambda one: one is not None)
