"""What a handler is given and what it gives back, and the two things that every handler does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from leadproof.mock.engine.reading import leads_of
from leadproof.mock.engine.responses import Value
from leadproof.mock.engine.world import World


class Call(NamedTuple):
    """One request, decoded."""

    operation: str
    #: "json" or "xml", of the request.
    fmt: str
    #: The body's value; empty where the operation has none.
    value: Mapping[str, Any]
    #: Path parameters.
    parameters: Mapping[str, str]
    #: Seconds from the Unix epoch.
    now: float
    #: Hosts besides this machine that a returnURL may name.
    callback_hosts: frozenset[str] = frozenset()


class CallOutcome(NamedTuple):
    """What an operation came to."""

    value: Value
    #: Where to send the response once processing is done; "" where the caller waits for it.
    return_url: str = ""


Handler = Callable[[World, Call], CallOutcome]


def at_least_one(value: Mapping[str, Any]) -> list[Value]:
    """The leads of a request. Without any there is still one result, which says what is missing."""
    return leads_of(value) or [{}]


def count(world: World, response_type: str) -> None:
    """Count a result by its responseType."""
    world.results[response_type] += 1
