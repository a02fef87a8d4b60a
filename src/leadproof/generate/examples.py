"""Generated requests: schemathesis and Hypothesis make values from the OpenAPI schemas and the posting profile.

What comes out is valid by construction: the documented schema, narrowed to the account's numbers and to leads that the
profile takes (`boundaries` makes those). Identities are set afterwards, so that no generated lead is a duplicate of
another. What is wrong on purpose is made in `wrong`.
"""

from __future__ import annotations

import copy
import json
import random
import re
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

from leadproof.contract.specs import Schema, Specification
from leadproof.core.operations import OPERATIONS
from leadproof.generate.boundaries import leads_fields, members
from leadproof.generate.engine import drawing, settings
from leadproof.generate.leads import LeadMaker

#: Tests that an example may be made smaller with, once one has failed.
SHRINKS = 40

#: Members that only an earlier response can fill.
FROM_RESPONSES = ("orderId", "offerIds", "leadUID")


def narrowed(spec: Specification, operation: str, fmt: str, maker: LeadMaker) -> Schema:
    """The schema of a request, narrowed to what the posting profile says.

    Whole sets of fields are one choice each: a choice costs the generator the same whatever is behind it, and a lead
    with twenty fields of its own would cost twenty.
    """
    schema = copy.deepcopy(spec.schema(operation, "request", fmt))
    value, _ = maker.request(operation, (1,))
    source = schema["properties"]["source"]
    choices = members(operation, fmt)
    for name in list(source["properties"]):
        if name in choices:
            source["properties"][name] = {"enum": [one for one in choices[name] if one is not None]}
        elif name in value["source"]:
            source["properties"][name] = {"const": value["source"][name]}
        else:
            del source["properties"][name]  # returnURL has a topic of its own
    source["required"] = [name for name in source["properties"] if name != "sendDelay" or fmt == "json"]
    leads = schema["properties"]["leads"]
    leads["maxItems"] = 3
    lead = leads["items"]
    lead["properties"]["fields"] = {"enum": leads_fields(maker, ping=operation == "ping", fmt=fmt)}
    lead["required"] = sorted({*lead.get("required", ()), "fields", "properties"})
    properties = lead["properties"]["properties"]
    for name in list(properties["properties"]):
        if name in FROM_RESPONSES:
            del properties["properties"][name]
        elif name in choices:
            properties["properties"][name] = {"enum": [one for one in choices[name] if one is not None]}
    properties["required"] = [name for name in properties.get("required", ()) if name not in FROM_RESPONSES]
    return schema


def document(operation: str, fmt: str, schema: Schema) -> dict[str, Any]:
    """An OpenAPI document of one cell: three operations share a path, so each gets a document of its own."""
    row = OPERATIONS[operation]
    body = {"required": True, "content": {f"application/{fmt}": {"schema": plain(schema)}}}
    described = {"operationId": operation, "requestBody": body, "responses": {"200": {"description": "a response"}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "LeadExec lead receiver", "version": "2"},
        "paths": {re.sub(r"[{}]", "", row.path): {row.method.lower(): described}},
    }


def plain(schema: Any) -> Any:
    """A schema without what only our codec reads: schemathesis would take `xml` for a wish."""
    if isinstance(schema, dict):
        return {
            key: plain(sub) for key, sub in schema.items() if key != "xml" and not str(key).startswith("x-leadproof")
        }
    return [plain(sub) for sub in schema] if isinstance(schema, list) else schema


def generators() -> Any:
    """The schemathesis module, which takes half a second to import."""
    import schemathesis

    return schemathesis


def strategy(spec: Specification, operation: str, fmt: str, maker: LeadMaker) -> Any:
    """A Hypothesis strategy of valid request values for one cell."""
    return cases(document(operation, fmt, narrowed(spec, operation, fmt, maker)), negative=False).map(
        lambda case: case.body
    )


def varied(spec: Specification, operation: str, fmt: str, maker: LeadMaker) -> Any:
    """A Hypothesis strategy like `strategy`, for thousands of values: it is drawn from in a third of the time, and any
    value of a field comes with any of another, where `strategy` knows some twenty sets of fields.
    """
    from hypothesis import strategies as st

    from leadproof.generate.strategies import values

    schema = _listed(narrowed(spec, operation, fmt, maker))
    sets = leads_fields(maker, ping=operation == "ping", fmt=fmt)
    return st.builds(partial(_mixed, sets), values(schema), st.integers(0, 2**32 - 1))


def _listed(schema: Any) -> Any:
    """A schema in which a single value is a set of one."""
    if isinstance(schema, dict):
        if "const" in schema:
            return {"enum": [schema["const"]]}
        return {key: _listed(sub) for key, sub in schema.items()}
    return [_listed(sub) for sub in schema] if isinstance(schema, list) else schema


def _mixed(sets: list[dict[str, Any]], value: dict[str, Any], number: int) -> dict[str, Any]:
    """A value whose leads have each field from any of the sets; with 0 as it is, so that it can be made small."""
    if not number:
        return value
    chance = random.Random(number)
    names = list(dict.fromkeys(name for one in sets for name in one))
    leads = []
    for lead in value["leads"]:
        chosen = {name: chance.choice(sets) for name in names}
        # What a set leaves out is not needed: the smallest one has all that is.
        leads.append({**lead, "fields": {name: one[name] for name, one in chosen.items() if name in one}})
    return {**value, "leads": leads}


def cases(described: dict[str, Any], *, negative: bool) -> Any:
    """A Hypothesis strategy of schemathesis cases for the one operation of a document."""
    generators()
    return _cases(json.dumps(described), negative)


@lru_cache(maxsize=128)
def _cases(text: str, negative: bool) -> Any:
    # By its text, because reading a document costs some fifty examples, and every run wants the same ones.
    schemathesis = generators()
    described = json.loads(text)
    path, item = next(iter(described["paths"].items()))
    mode = schemathesis.GenerationMode.NEGATIVE if negative else schemathesis.GenerationMode.POSITIVE
    loaded = schemathesis.openapi.from_dict(described)
    return loaded[path][next(iter(item)).upper()].as_strategy(generation_mode=mode)


def explore(
    strategy: Any,
    test: Callable[[Any], bool],
    *,
    seed: int,
    examples: int,
    expired: Callable[[], bool] = lambda: False,
) -> Any | None:
    """Runs a test over generated values; the smallest value that was seen to fail, or None if none did.

    Args:
        strategy: A Hypothesis strategy.
        test: Did the value hold?
        seed: The same seed gives the same values.
        examples: Values to try.
        expired: Is the time for it over? What is left is not tried then.

    Raises:
        Exception: What the test raised, at once: nothing is made smaller for it.
    """
    import hypothesis

    failing: list[Any] = []
    raised: list[BaseException] = []
    tries = [0]

    @hypothesis.seed(seed)
    @settings(examples)  # type: ignore[untyped-decorator]  # Any: hypothesis is an extra
    @hypothesis.given(strategy)
    def holds(value: Any) -> None:
        if raised or expired() or tries[0] >= SHRINKS:
            return
        tries[0] += bool(failing)
        try:
            held = test(value)
        except BaseException as error:
            raised.append(error)
            return
        if not held:
            failing.append(value)
            raise Failed

    try:
        with drawing():
            holds()
    except (Failed, hypothesis.errors.HypothesisException, BaseExceptionGroup) as error:
        # A service that remembers may respond to the same request differently the next time, which Hypothesis calls
        # flaky. What it was seen to do it has done.
        if not failing and not raised:
            raise _unusable(error) from None
    if raised:
        raise raised[0]
    return failing[-1] if failing else None


def _unusable(error: BaseException) -> Exception:
    return RuntimeError(f"nothing can be generated: {type(error).__name__}")


class Failed(Exception):
    """A generated value did not hold."""
