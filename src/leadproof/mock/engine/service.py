"""`Engine`: a request in, a response out. The pipeline that every request goes through.

Pure but for the memory that it keeps: time comes in as a function, ids and chance from the seed, and nothing is sent
or read. `mock.server` puts it on a socket.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, NamedTuple

from leadproof import bodies
from leadproof.contract.profile import Profile
from leadproof.core.errors import EncodeError
from leadproof.core.exchange import Headers, Request, Response
from leadproof.mock.engine import fast, problems, routing
from leadproof.mock.engine.callbacks import Callback, CallbackQueue
from leadproof.mock.engine.calls import Call
from leadproof.mock.engine.clock import Seconds
from leadproof.mock.engine.handlers import HANDLERS, resolve_operation
from leadproof.mock.engine.negotiation import Representations, negotiate
from leadproof.mock.engine.reading import read
from leadproof.mock.engine.responses import Value
from leadproof.mock.engine.rulebook import Rulebook
from leadproof.mock.engine.world import Limits, World

#: Operation id, format of the response, value -> the value to send instead.
Transform = Callable[[str, str, Value], Value]
#: Operation id ("" where none was reached), response -> the response to send instead.
Finish = Callable[[str, Response], Response]

#: Different heads of requests whose routing is remembered. Clients send the same few again and again.
_PLANS = 512


class Plan(NamedTuple):
    """What the head of a request decides, its body apart."""

    route: routing.Route
    representations: Representations
    headers: Headers
    #: The short way, where there is one.
    short: Callable[[bytes, str], bytes | None] | None


class Engine:
    """The lead receiver, as documented and as the readings have it.

    Not thread-safe: one thread at a time may call it.
    """

    def __init__(
        self,
        profile: Profile,
        *,
        clock: Seconds,
        seed: int = 0,
        limits: Limits | None = None,
        max_body: int = 1_048_576,
        callback_hosts: Collection[str] = (),
        transform: Transform | None = None,
        finish: Finish | None = None,
    ) -> None:
        """Args:

        profile: The posting profile to respond by.
        clock: Seconds from the Unix epoch, such as `time.time`.
        seed: Ids and chance; the same seed, clock and requests give the same responses, byte for byte.
        limits: How much is remembered.
        max_body: Bytes that a request body may have.
        callback_hosts: Hosts besides this machine that a returnURL may name.
        transform: Changes every response's value before it is encoded: where a defect of the contract is planted.
        finish: Changes every response: where a fault of the transport is planted.
        """
        self.profile = profile
        self.max_body = max_body
        self._clock = clock
        self._seed = seed
        self._limits = limits or Limits()
        self._callback_hosts = frozenset(host.lower() for host in callback_hosts)
        self._transform = transform
        self._finish = finish
        self._book = Rulebook(profile)
        self._plans: dict[tuple[str, str, Headers], Plan] = {}
        self.reset()

    def reset(self) -> None:
        """Forget everything: the next responses are those of a new mock."""
        self.world = World(self._book, self._seed, self._clock, self._limits)
        self.callbacks = CallbackQueue(self._limits.callbacks)
        self._plans.clear()
        # With a transform, every value has to be made before it can be changed.
        self._short = {} if self._transform else fast.paths(self.world)

    def handle(self, request: Request) -> Response:
        """The response to a request. Whatever the request is, there is one."""
        plan = self._plans.get(request[:3])
        if plan is not None and plan.short is not None and len(request.body) <= self.max_body:
            body = plan.short(request.body, plan.representations.response)
            if body is not None:
                response = Response(200, plan.headers, body)
                return response if self._finish is None else self._finish("ping", response)
        operation, response = self._respond(request, plan)
        return response if self._finish is None else self._finish(operation, response)

    def due_callbacks(self) -> list[Callback]:
        """The calls to returnURLs that are due, for the edge to make."""
        return self.callbacks.take()

    def _respond(self, request: Request, plan: Plan | None) -> tuple[str, Response]:
        """Operation id ("" where none was reached) and response: the general way."""
        operation = ""
        try:
            if len(request.body) > self.max_body:
                raise problems.Refused(413, f"the body has {len(request.body)} bytes, the cap is {self.max_body}")
            plan = plan or self._plan(request)
            operation = plan.route.operation.id
            return self._process(request, plan)
        except problems.Refused as refused:
            return operation, refused.response

    def _plan(self, request: Request) -> Plan:
        route = routing.route(request.method, request.path)
        routing.authorise(request.headers, self.profile.credentials)
        found = negotiate(route.operation, request.headers)
        utf8 = found.charset in (None, "utf-8")
        short = self._short.get((route.operation.id, found.request)) if utf8 else None
        plan = Plan(route, found, (("content-type", found.content_type),), short)
        if not route.parameters:
            if len(self._plans) >= _PLANS:
                self._plans.clear()
            self._plans[request[:3]] = plan
        return plan

    def _process(self, request: Request, plan: Plan) -> tuple[str, Response]:
        operation, found = plan.route.operation, plan.representations
        value = read(operation.id, found.request, request.body, found.charset) if operation.body else {}
        now = self.world.clock.now()
        call = Call(operation.id, found.request, value, plan.route.parameters, now, self._callback_hosts)
        call = call._replace(operation=resolve_operation(call, self.world))
        self.world.requests[call.operation] += 1
        outcome = HANDLERS[call.operation](self.world, call)
        value = outcome.value
        if outcome.return_url:
            body = self._encode(call.operation, found.response, value)
            self.callbacks.add(Callback(outcome.return_url, plan.headers, body))
            value = {**value, "results": []}
        return call.operation, Response(200, plan.headers, self._encode(call.operation, found.response, value))

    def _encode(self, operation: str, fmt: str, value: dict[str, Any]) -> bytes:
        if self._transform is not None:
            value = self._transform(operation, fmt, value)
        try:
            return bodies.encode_response(operation, fmt, value)
        except EncodeError as error:
            raise problems.Refused(500, error.message, pointer=error.pointer) from None
