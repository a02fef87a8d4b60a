"""What was seen of a client in one situation: plain data, and what rules ask of it again and again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from leadproof.core.exchange import Exchange, Request
from leadproof.core.findings import Observation
from leadproof.judge import recognise
from leadproof.judge.checks.context import CREATES, Context, fields, properties
from leadproof.suite.client.tasks import Task


class Aim(StrEnum):
    """What a request is about."""

    PING = "ping"
    #: A post, or a create of any kind.
    CREATE = "create"
    STATUS = "status"
    UPDATE = "update"
    DUPLICATE = "duplicate check"
    OFFER = "offer"
    OTHER = "other"


_STEPS = {
    "ping": Aim.PING, "lead_status": Aim.STATUS, "update_lead": Aim.UPDATE, "duplicate_check": Aim.DUPLICATE,
    "accept_offer": Aim.OFFER, **dict.fromkeys(CREATES, Aim.CREATE),
}  # fmt: skip


def step_of(request: Request) -> Aim:
    """What a request is about, told by its method and path."""
    candidates = recognise(Exchange(request, None)).candidates
    return _STEPS[candidates[0]] if candidates else Aim.OTHER


class ClientCall(NamedTuple):
    """A request of the client, and what came of it."""

    step: Aim
    #: As the client saw it: without a response where none reached it whole.
    exchange: Exchange
    #: Decoded; None where it is no documented operation.
    context: Context | None
    #: Seconds from the beginning of the situation to the end of the request, and to the end of the response: whole, or
    #: as far as it came.
    at: float
    over: float
    #: Did the receiver take the lead, or open the order?
    taken: bool = False
    #: Did the client go away before the response was complete, without the receiver's doing?
    abandoned: bool = False

    @property
    def leads(self) -> list[dict[str, Any]]:
        """The leads of the request."""
        return self.context.leads if self.context is not None else []

    @property
    def results(self) -> list[dict[str, Any]]:
        """The results of the response, as far as it reached the client."""
        return [result for _, result in self.context.results] if self.context is not None else []

    @property
    def media(self) -> str:
        """Representation of the request: "json", "xml" or ""."""
        return self.context.request_format if self.context is not None else ""

    @property
    def source(self) -> Mapping[str, Any]:
        """The source of the request."""
        return self.context.source if self.context is not None else {}


class CallbackMade(NamedTuple):
    """A call to the client's returnURL."""

    at: float
    #: Of the client's response; 0 where none came.
    status: int
    #: Why there was none.
    failure: str = ""
    #: What it was about, and whether it said that the lead was accepted.
    request_id: str = ""
    accepted: bool = False


class Ended(StrEnum):
    """How a client ended."""

    EXITED = "it ended by itself"
    #: It was told to, as it is where it may not know when the last callback has come.
    TOLD = "it was told to end"
    KILLED = "it did not end, and was ended after its deadline"
    CRASHED = "it crashed: a signal ended it"
    #: It runs on: nobody started it.
    RUNNING = "it runs on"


@dataclass(frozen=True, slots=True)
class Played:
    """What was seen of a client in one situation."""

    task: Task
    calls: tuple[ClientCall, ...]
    #: Requests to the other origin that a redirect named.
    elsewhere: tuple[Request, ...] = ()
    callbacks: tuple[CallbackMade, ...] = ()
    ended: Ended = Ended.RUNNING
    #: Does the client believe that every lead was accepted? None where nobody asked it.
    believed: bool | None = None
    #: Did it say that it cannot do such a task?
    unable: bool = False
    #: The last lines that the client printed.
    printed: str = ""
    #: What is seen in captured traffic as well, by the same functions.
    observations: tuple[Observation, ...] = ()

    def of(self, *steps: Aim) -> list[ClientCall]:
        """The calls of some steps, in order."""
        return [call for call in self.calls if call.step in steps]

    @property
    def pings(self) -> list[ClientCall]:
        """The pings."""
        return self.of(Aim.PING)

    @property
    def creates(self) -> list[ClientCall]:
        """Posts and creates of any kind."""
        return self.of(Aim.CREATE)

    def sent(self, call: ClientCall) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Of each lead of a request: its reference where that tells which it is, its pointer, and its fields."""
        for index, lead in enumerate(call.leads):
            yield self.reference(lead, index), f"/leads/{index}/fields", fields(lead)

    def reference(self, lead: dict[str, Any], index: int = 0) -> str:
        """Which lead of the task is it? By its reference, else by a field that no two of them share."""
        known = {one.reference: one for one in self.task.leads}
        named = str(properties(lead).get("reference", ""))
        if named in known:
            return named
        sent = fields(lead)
        if not self.task.leads:  # those of a client that has its own
            return named or repr(sorted(sent.items(), key=str))
        for one in self.task.leads:
            if any(sent.get(name) == value for name, value in one.identifying().items()):
                return one.reference
        return self.task.leads[0].reference if len(self.task.leads) == 1 else ""
