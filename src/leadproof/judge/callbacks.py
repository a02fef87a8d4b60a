"""The call to returnURL against the create that asked for it (reading `return-url`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from leadproof import bodies
from leadproof.bodies import BodyError
from leadproof.contract.specs import Specification
from leadproof.core.exchange import Request, format_of_body, header
from leadproof.judge.checks import Breach, Context
from leadproof.judge.checks import bodies as form


def callback_breaches(
    created: Context, call: Request | None, spec: Specification
) -> Iterator[tuple[str, Breach | None]]:
    """Check and breach for each clause about the call that can be decided; None where it held."""
    response = created.exchange.response
    immediate = created.response_value.get("requestId") if isinstance(created.response_value, dict) else None
    fine = response is not None and response.status == 200 and bool(immediate)
    yield "callback_immediate", None if fine else Breach(
        "callback.different", "the immediate response to an asynchronous create lacks a requestId", "/requestId", "",
        "status 200 and a requestId", f"status {response.status if response else 'none'}",
    )  # fmt: skip
    if call is None:
        yield (
            "callback_arrives",
            Breach(
                "callback.missing", "the call to returnURL did not come", "/source/returnURL", "", "one call", "none"
            ),
        )
        return
    yield "callback_arrives", None
    fmt = format_of_body(call.headers, call.body) or "json"
    try:
        decoded = bodies.read_response(created.operation.id, fmt, call.body, spec)
    except BodyError as error:
        yield "callback_body", form.breach(error.problem)
        return
    yield (
        "callback_body",
        _unlike_a_response(created, call, fmt)
        or next(form.explain(spec, created.operation.id, "response", fmt, decoded), None)
        or _other_number(created, decoded.value),
    )
    said = decoded.value.get("requestId") if isinstance(decoded.value, dict) else None
    agrees = said == immediate and _same_leads(created.response_value, decoded.value)
    yield "callback_agrees", None if agrees else Breach(
        "callback.different", "the call says something else than the immediate response", "/requestId", "",
        bodies.typed(immediate), bodies.typed(said),
    )  # fmt: skip


def _unlike_a_response(created: Context, call: Request, fmt: str) -> Breach | None:
    """What of the message around the body is not as in an ordinary response."""
    label = header(call.headers, "content-type")
    if call.method != "POST":
        return Breach("callback.different", "the call is not a POST", "", "", "POST", call.method)
    if not label:
        return Breach("media.missing", "the call has a body and no Content-Type", "", "", "a Content-Type", "nothing")
    if created.response_format and fmt != created.response_format:
        return Breach("media.unexpected", "the call is in another format than the create asked for", "", "",
                      f"application/{created.response_format}", label)  # fmt: skip
    return None


def _other_number(created: Context, called: Any) -> Breach | None:
    """An ordinary response has a result for each lead."""
    results = called.get("results") if isinstance(called, dict) else None
    if not isinstance(results, list) or len(results) == len(created.leads):
        return None
    return Breach("schema.cardinality", "the number of results is not the number of leads", "/results", "",
                  f"{len(created.leads)} results", f"{len(results)} results")  # fmt: skip


def repeated(created: Context, calls: Sequence[Request]) -> Breach | None:
    """Calls after the first that say something else than it; the same once more does no harm."""
    others = {call.body for call in calls[1:]} - {call.body for call in calls[:1]}
    if not others:
        return None
    return Breach("callback.different", "a second call says something else than the first", "", "",
                  "the same, or no second call", f"{len(calls)} calls")  # fmt: skip


def callback_context(created: Context, call: Request, spec: Specification) -> Context | None:
    """The create as if the call had been its response; None if the call is none that belongs to it."""
    fmt = format_of_body(call.headers, call.body) or "json"
    try:
        value = bodies.read_response(created.operation.id, fmt, call.body, spec).value
    except BodyError:
        return None
    immediate = created.response_value if isinstance(created.response_value, dict) else {}
    if (
        not isinstance(value, dict)
        or not value.get("requestId")
        or value.get("requestId") != immediate.get("requestId")
    ):
        return None
    return replace(created, response_value=value, response_format=fmt)


def _same_leads(immediate: Any, called: Any) -> bool:
    """Do both name the same leads, as far as the immediate response named any?"""

    def leads(response_value: Any) -> list[Any]:
        results = response_value.get("results") if isinstance(response_value, dict) else None
        return [one.get("leadId") for one in results if isinstance(one, dict)] if isinstance(results, list) else []

    return not leads(immediate) or leads(immediate) == leads(called)
