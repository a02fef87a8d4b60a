"""What a check is given and what it yields: `Context`, `Breach`, `Check`.

A check is a pair of functions over a `Context`: `when` says whether there is anything to decide, `find` yields a
`Breach` for each place that is not as the clause asks. Neither raises for what the service did.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, NamedTuple, TypeVar

from leadproof.bodies import BodyProblem
from leadproof.contract.profile import Campaign, Profile
from leadproof.contract.specs import Specification
from leadproof.core.exchange import Exchange, Part
from leadproof.core.operations import RESPONSE_TYPES, Operation
from leadproof.judge.checks.history import History, OrderSeen

V = TypeVar("V")

#: The member that says whether a result is an acceptance, by operation.
ACCEPTANCE = {"ping": "willAccept", "duplicate_check": "success", "accept_offer": "success"}

CREATES = ("create_lead", "create_lead_sends", "create_call_transfer", "create_call_lead", "inbound_post")


class Breach(NamedTuple):
    """One place that is not as a clause asks; `findings.Finding` without the clause and the exchange."""

    kind: str
    message: str
    pointer: str = ""
    xpath: str = ""
    expected: str = ""
    actual: str = ""
    #: `bodies.BodyProblem.rule`.
    rule: str = ""


class Once(Generic[V]):
    """An attribute that is computed when it is first asked for: `functools.cached_property` of Python 3.12, which takes
    no lock. In 3.11 the lock costs more than most of what is computed here.
    """

    def __init__(self, compute: Callable[[Any], V]) -> None:
        self._compute = compute
        self.__doc__ = compute.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, context: Any, owner: type | None = None) -> V:
        found = context.__dict__[self._name] = self._compute(context)
        return found


@dataclass(eq=False)
class Context:
    """One exchange, decoded, with everything that a check may ask.

    Nobody changes one. It is not frozen, because that takes as long as to read a request, and has no slots, because
    what checks share is kept in it (`Once`).
    """

    exchange: Exchange
    operation: Operation
    spec: Specification
    profile: Profile | None
    history: History
    #: The request's body as a value; None if it has none or cannot be decoded.
    request: dict[str, Any] | None = None
    request_format: str = ""
    #: The response's body as a value; None if there is none that can be judged.
    response_value: Any = None
    response_format: str = ""
    #: Structural problems of the response's body.
    problems: tuple[BodyProblem, ...] = ()
    #: The moment of the response by the service's own clock (its Date header), else by ours; None for a bare body.
    now: datetime | None = None

    def knows(self, *parts: Part) -> bool:
        """Were all of these parts of the exchange recorded?"""
        return self.exchange.knows(*parts)

    @Once
    def results(self) -> list[tuple[str, dict[str, Any]]]:
        """Pointer and result of every lead; the whole response where the operation has no list of them."""
        if self.operation.id == "accept_offer":
            return [("", self.response_value)] if isinstance(self.response_value, dict) else []
        found = self.response_value.get("results") if isinstance(self.response_value, dict) else None
        entries = found if isinstance(found, list) else []
        return [(f"/results/{index}", entry) for index, entry in enumerate(entries) if isinstance(entry, dict)]

    @Once
    def without_results(self) -> bool:
        """Is it a response without a result, of which nobody knows how many it should have?"""
        value = self.response_value
        if self.request is not None or (self.exchange.request.target and not self.operation.body):
            return False
        return isinstance(value, dict) and value.get("results", [] if self.may_be_immediate else None) == []

    @Once
    def may_be_immediate(self) -> bool:
        """May it be the immediate response of an asynchronous create, which has no results?"""
        return bool(self.source.get("returnURL")) or (
            self.operation.id in CREATES and not self.knows(Part.REQUEST_BODY)
        )

    @Once
    def accepted(self) -> list[tuple[str, dict[str, Any]]]:
        """The results that are an acceptance."""
        return [(at, result) for at, result in self.results if result.get(self.acceptance) is True]

    @Once
    def refused(self) -> list[tuple[str, dict[str, Any]]]:
        """The results that are a refusal."""
        return [(at, result) for at, result in self.results if result.get(self.acceptance) is False]

    @Once
    def acceptance(self) -> str:
        """The name of the member that says whether a result is an acceptance."""
        return ACCEPTANCE.get(self.operation.id, "isValid")

    @Once
    def leads(self) -> list[dict[str, Any]]:
        """The leads of the request."""
        found = self.request.get("leads") if isinstance(self.request, dict) else None
        return [lead for lead in found if isinstance(lead, dict)] if isinstance(found, list) else []

    @Once
    def source(self) -> dict[str, Any]:
        """The source of the request."""
        found = self.request.get("source") if isinstance(self.request, dict) else None
        return found if isinstance(found, dict) else {}

    @Once
    def pairs(self) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
        """Pointer, lead and result, where there are as many results as leads."""
        if len(self.leads) != len(self.results):
            return []
        return [(at, lead, result) for lead, (at, result) in zip(self.leads, self.results, strict=True)]

    @Once
    def orders(self) -> list[tuple[str, dict[str, Any], dict[str, Any], OrderSeen]]:
        """The pairs that use an order which a ping of this run promised, with the order as it was before."""
        known = self.history.orders
        if not known:
            return []
        found = ((*pair, known.get(str(properties(pair[1]).get("orderId") or ""))) for pair in self.pairs)
        return [(at, lead, result, order) for at, lead, result, order in found if order is not None]

    @Once
    def offers(self) -> list[tuple[str, str, tuple[Any, Any]]]:
        """Pointer, id, and company and name of every offer in the response."""
        found = []
        for at, result in self.results:
            offers = result.get("offers")
            for index, offer in enumerate(offers if isinstance(offers, list) else ()):
                if isinstance(offer, dict) and isinstance(offer.get("offerId"), str):
                    row = offer["offerId"], (offer.get("companyName"), offer.get("name"))
                    found.append((f"{at}/offers/{index}", *row))
        return found

    @Once
    def keys(self) -> list[list[DuplicateKey]]:
        """Of each lead, what makes it the same as another one of a campaign that the request may go to."""
        return [[key for campaign in self.campaigns for key in duplicate_keys(campaign, lead)] for lead in self.leads]

    @Once
    def campaigns(self) -> tuple[Campaign, ...]:
        """The campaigns that the request may go to: the one it names, or all of its lead type."""
        if self.profile is None:
            return ()
        return self.profile.campaigns_of(self.source.get("lid"), self.source.get("aid"))


class Check(NamedTuple):
    """One row of `CHECKS`."""

    #: Is there anything to decide?
    when: Callable[[Context], bool]
    find: Callable[[Context], Iterator[Breach]]
    #: Does it ask what earlier exchanges established (`Context.history`)?
    follows: bool = False
    #: Without these it decides nothing. A body that is not known has no value, so what asks for one need not say so.
    needs: tuple[Part, ...] = ()

    def has_occasion(self, context: Context) -> bool:
        """Is there anything to decide, and was recorded what it takes?"""
        return (not self.needs or context.knows(*self.needs)) and self.when(context)


class DuplicateKey(NamedTuple):
    """A set of fields by which a campaign tells duplicates."""

    campaign: Campaign
    names: tuple[str, ...]
    #: Of the lead, without case.
    values: tuple[str, ...]
    #: Of all of them; the same within one process.
    hashed: int


def duplicate_keys(campaign: Campaign, lead: dict[str, Any]) -> Iterator[DuplicateKey]:
    """What makes two leads of a campaign the same one: the values decide, the hash is where to look for them."""
    values = fields(lead)
    for names in campaign.duplicate_keys:
        key = key_values(names, values)
        if key is not None:
            yield DuplicateKey(campaign, names, key, hash((campaign.aid, names, key)))


def key_values(names: tuple[str, ...], values: dict[str, Any]) -> tuple[str, ...] | None:
    """The values of key fields without case; None where one is missing, empty or no text."""
    found = []
    for name in names:
        value = values.get(name)
        if not value or not isinstance(value, str):
            return None
        found.append(value.casefold())
    return tuple(found)


def properties(lead: dict[str, Any]) -> dict[str, Any]:
    """The properties of a lead; empty where they are missing or no object."""
    found = lead.get("properties")
    return found if isinstance(found, dict) else {}


def fields(lead: dict[str, Any]) -> dict[str, Any]:
    """The fields of a lead; empty where they are missing or no object."""
    found = lead.get("fields")
    return found if isinstance(found, dict) else {}


def outcome(result: dict[str, Any]) -> Any:
    """The responseType of a result by its name, where it is written as a number too (reading `response-type`)."""
    found = result.get("responseType")
    number = int(found) if isinstance(found, str) and found in _NUMBERS else found
    if isinstance(number, int) and not isinstance(number, bool) and 0 <= number < len(RESPONSE_TYPES):
        return RESPONSE_TYPES[number]
    return found


_NUMBERS = frozenset(str(number) for number in range(len(RESPONSE_TYPES)))


def later_by(timestamp: datetime, than: datetime) -> timedelta:
    """How much later one moment is than another. Never adds: the last moment of year 9999 has none after it."""
    return timestamp - than


def instant(value: Any) -> datetime | None:
    """The moment of a timestamp with offset; None for anything else (RFC 3339, section 5.6)."""
    if not isinstance(value, str):
        return None
    head, dot, rest = value.partition(".")
    if dot:  # Python reads six decimals, the serializer of the service writes up to seven
        digits = len(rest) - len(rest.lstrip("0123456789"))
        value = f"{head}.{rest[:digits][:6].ljust(6, '0')}{rest[digits:]}"
    try:
        timestamp = datetime.fromisoformat(value)
    except ValueError:
        return None
    return timestamp if timestamp.tzinfo else None
