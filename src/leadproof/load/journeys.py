"""Journeys: what one virtual client does, as generators that yield requests and are sent what came of them.

Pure: a journey knows no socket and no clock but the ones it is given. The engine decides when a step really leaves and
how long it took; a journey decides what comes next, and counts the funnel.
"""

from __future__ import annotations

import random
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Generator
from dataclasses import dataclass, field

import msgspec

from leadproof.load.reconciliation import AcceptedLeads
from leadproof.load.replies import Reply, Result, expiry
from leadproof.load.scenario import Scenario
from leadproof.load.traffic import PreparedLead, Traffic

#: Leads that are remembered as accepted, to notice that one is accepted again.
REMEMBERED = 20_000

#: Seconds that a call to returnURL may take.
CALLBACK_PATIENCE = 20.0

#: Sums of money: paid for leads that were pinged, what the pings had estimated for the same leads, paid for others.
AMOUNTS = ("price", "payout", "direct_price")

#: Seconds before an order's expiry at which a post leaves at the latest.
MARGIN = 1.0


class Step(msgspec.Struct, frozen=True, gc=False):
    """One request of a journey."""

    operation: str
    fmt: str
    #: The request as it goes onto the wire.
    data: bytes
    #: Leads in it; 0 where the number of results says nothing.
    leads: int = 0
    #: Seconds to think before it is sent, from the end of the step before.
    wait: float = 0.0
    #: What it is built for (see `Exchange.intent`).
    intent: str = ""


class JourneyCall(msgspec.Struct, frozen=True, gc=False):
    """Not a request: wait until the service calls back with a key."""

    key: str
    #: Seconds to wait at most.
    patience: float = CALLBACK_PATIENCE


#: What it returns is for a journey that begins with it.
Journey = Generator[Step | JourneyCall, Reply, object]
Plain = Generator[Step | JourneyCall, Reply, None]


@dataclass(slots=True)
class JourneyContext:
    """What journeys of one process share."""

    scenario: Scenario
    traffic: Traffic
    chance: random.Random
    #: Seconds since the Unix epoch.
    clock: Callable[[], float]
    ledger: AcceptedLeads = field(default_factory=AcceptedLeads)
    #: This process takes every `of`-th number, beginning with `share`.
    share: int = 0
    of: int = 1
    #: Base URL of the receiver of callbacks; "" for none.
    callback_url: str = ""
    #: The funnel since the last fold.
    funnel: Counter[str] = field(default_factory=Counter)
    amounts: dict[str, float] = field(default_factory=lambda: dict.fromkeys(AMOUNTS, 0.0))
    _next: int = 0
    _recent: deque[int] = field(default_factory=lambda: deque(maxlen=64))
    _sold: OrderedDict[int, None] = field(default_factory=OrderedDict)

    def number(self) -> int:
        """The number of a lead that nobody else of this run has."""
        self._next += 1
        return (self._next - 1) * self.of + self.share

    def numbers(self) -> list[int]:
        """The numbers of the leads of one request."""
        return [self.number() for _ in range(self.scenario.batch)]

    def fmt(self) -> str:
        """The format of a journey."""
        share = self.scenario.xml_share
        return "xml" if share and self.chance.random() < share else "json"

    def think(self) -> float:
        """Seconds between two steps."""
        least, most = self.scenario.think
        return self.chance.uniform(least, most)

    def ruled_out(self) -> bool:
        """Shall the next lead be one that the profile rules out?"""
        share = self.scenario.refused_share
        return bool(share) and self.chance.random() < share

    def again(self) -> bool:
        """Shall the lead be sent a second time?"""
        share = self.scenario.duplicate_share
        return bool(share) and self.chance.random() < share

    def step(
        self,
        operation: str,
        fmt: str,
        leads: list[PreparedLead],
        *,
        refused: bool = False,
        wait: float = 0.0,
        back: str = "",
    ) -> Step:
        """A step with a body."""
        data = self.traffic.request(operation, fmt, leads, refused=refused, return_url=back)
        # The immediate response to an asynchronous create may come without results.
        return Step(operation, fmt, data, 0 if back else len(leads), wait, "refused" if refused else "")

    def created(self, numbers: list[int], reply: Reply, *, pinged: bool = False) -> list[tuple[int, Result]]:
        """Notes the accepted leads of a create response: number and result of each.

        Args:
            numbers: The leads that were sent.
            reply: The response.
            pinged: Had they been pinged? Then they belong to the funnel.
        """
        if reply.error or reply.response is None:
            return []
        found = []
        for number, result in zip(numbers, reply.response.results, strict=False):
            if not result.isValid or not result.leadId:
                continue
            found.append((number, result))
            self.ledger.add(reply.request_id, result.leadId)
            self.funnel["sold" if pinged else "direct_sold"] += 1
            self.amounts["price" if pinged else "direct_price"] += result.price or 0.0
            if number in self._sold:
                self.ledger.sold_twice += 1
            self._sold[number] = None
            if len(self._sold) > REMEMBERED:
                self._sold.popitem(last=False)
        return found

    def recent(self) -> int:
        """A lead that was sent a moment ago, perhaps without a response yet; a new one at the beginning."""
        return self.chance.choice(self._recent) if self._recent else self.fresh()

    def fresh(self) -> int:
        """A new lead that may be sent again."""
        number = self.number()
        self._recent.append(number)
        return number


def ping_only(context: JourneyContext) -> Journey:
    """Ping, and nothing else."""
    return _pinged(context)


def _pinged(
    context: JourneyContext,
) -> Generator[Step | JourneyCall, Reply, tuple[str, list[tuple[PreparedLead, Result]]]]:
    """Pings; the format, and each accepted lead with its order and its result."""
    fmt, refused = context.fmt(), context.ruled_out()
    leads = [PreparedLead(number) for number in context.numbers()]
    reply = yield context.step("ping", fmt, leads, refused=refused)
    context.funnel["pings"] += len(leads)
    if reply.response is None or reply.error:
        return fmt, []
    accepted = [
        (PreparedLead(lead.number, result.orderId, tuple(result.offer_ids())), result)
        for lead, result in zip(leads, reply.response.results, strict=False)
        if result.willAccept and result.orderId
    ]
    context.funnel["accepted"] += len(accepted)
    return fmt, accepted


def _posted(context: JourneyContext) -> Generator[Step | JourneyCall, Reply, list[tuple[PreparedLead, Result]]]:
    """Pings and posts; each sold lead with its result."""
    fmt, accepted = yield from _pinged(context)
    if not accepted or context.chance.random() >= context.scenario.post_share:
        return []
    expires = min(expiry(result.orderExpiresOn) for _, result in accepted)
    leads = [lead for lead, _ in accepted]
    wait = max(0.0, min(context.think(), expires - context.clock() - MARGIN))
    step = context.step("inbound_post", fmt, leads, wait=wait)
    context.funnel["posted"] += len(leads)
    reply = yield step
    context.funnel["in_time"] += len(leads) if context.clock() <= expires else 0
    sold = context.created([lead.number for lead in leads], reply, pinged=True)
    payouts = {lead.number: result.estimatedPayout or 0.0 for lead, result in accepted}
    context.amounts["payout"] += sum(payouts[number] for number, _ in sold)
    if sold and context.again():
        again = yield msgspec.structs.replace(step, wait=0.0)
        context.created([lead.number for lead in leads], again, pinged=True)
    known = {lead.number: lead for lead in leads}
    return [(known[number], result) for number, result in sold]


def ping_post(context: JourneyContext) -> Journey:
    """Ping; a share of what is accepted is posted with its order, within the order's life."""
    return _posted(context)


def ping_post_offers(context: JourneyContext) -> Plain:
    """Ping, post, and mark an offer as accepted."""
    for lead, result in (yield from _posted(context)):
        offers = [*result.offer_ids(), *lead.offers]
        if offers and result.leadId:
            data = context.traffic.bare("accept_offer", leadUID=result.leadId, offerId=offers[0])
            reply = yield Step("accept_offer", "json", data, 0, context.think())
            context.funnel["offers"] += not reply.error and bool(reply.response and reply.response.success)


def _create(
    context: JourneyContext, operation: str
) -> Generator[Step | JourneyCall, Reply, tuple[list[tuple[int, Result]], Reply]]:
    numbers, fmt, refused = context.numbers(), context.fmt(), context.ruled_out()
    step = context.step(operation, fmt, [PreparedLead(number) for number in numbers], refused=refused)
    context.funnel["direct"] += len(numbers)
    reply = yield step
    sold = context.created(numbers, reply)
    if sold and context.again():
        again = yield step
        context.created(numbers, again)
    return sold, reply


def direct_post(context: JourneyContext) -> Journey:
    """Create a lead without a ping."""
    return _create(context, "create_lead")


def call_transfer(context: JourneyContext) -> Journey:
    """Create a call transfer lead."""
    return _create(context, "create_call_transfer")


def call_data(context: JourneyContext) -> Journey:
    """Create a lead with the data of a call."""
    return _create(context, "create_call_lead")


def duplicates(context: JourneyContext) -> Plain:
    """A storm of duplicates: the same lead again while the first is perhaps still on its way, and a duplicate check."""
    number = context.recent() if context.again() else context.fresh()
    fmt = context.fmt()
    context.funnel["direct"] += 1
    reply = yield context.step("create_lead", fmt, [PreparedLead(number)])
    context.created([number], reply)
    if context.traffic.maker.source("duplicate_check") is not None:
        yield context.step("duplicate_check", fmt, [PreparedLead(number)], wait=context.think())


def update(context: JourneyContext) -> Plain:
    """Create a lead and update it."""
    sold, _ = yield from _create(context, "create_lead")
    for number, result in sold:
        yield context.step("update_lead", "json", [PreparedLead(number, uid=result.leadId or 0)], wait=context.think())


def status(context: JourneyContext) -> Plain:
    """Create a lead and poll its status."""
    sold, reply = yield from _create(context, "create_lead")
    for _ in range(context.scenario.polls if sold else 0):
        data = context.traffic.bare("lead_status", id=reply.request_id)
        yield Step("lead_status", "json", data, context.scenario.batch, context.think())


def callbacks(context: JourneyContext) -> Plain:
    """Create a lead with a returnURL, and wait for the call to it."""
    number, fmt = context.number(), context.fmt()
    key = f"/{number}"
    context.funnel["direct"] += 1
    yield context.step("create_lead", fmt, [PreparedLead(number)], back=context.callback_url + key)
    reply = yield JourneyCall(key)
    context.created([number], reply)


#: Name -> journey.
JOURNEYS: dict[str, Callable[[JourneyContext], Journey]] = {
    "ping_only": ping_only,
    "direct_post": direct_post,
    "ping_post": ping_post,
    "ping_post_offers": ping_post_offers,
    "call_transfer": call_transfer,
    "call_data": call_data,
    "duplicates": duplicates,
    "update": update,
    "status": status,
    "callbacks": callbacks,
}

#: Journey -> the operations with a body that it sends, so that they can be made ahead.
OPERATIONS_OF: dict[str, tuple[str, ...]] = {
    "ping_only": ("ping",),
    "direct_post": ("create_lead",),
    "ping_post": ("ping", "inbound_post"),
    "ping_post_offers": ("ping", "inbound_post"),
    "call_transfer": ("create_call_transfer",),
    "call_data": ("create_call_lead",),
    "duplicates": ("create_lead", "duplicate_check"),
    "update": ("create_lead", "update_lead"),
    "status": ("create_lead",),
    "callbacks": ("create_lead",),
}


def chooser(scenario: Scenario, chance: random.Random) -> Callable[[], Callable[[JourneyContext], Journey]]:
    """A function that picks the next journey by weight."""
    chosen = [(JOURNEYS[name], weight) for name, weight in scenario.journeys.items() if weight]
    if len(chosen) == 1:
        only = chosen[0][0]
        return lambda: only
    made, weights = [one for one, _ in chosen], [weight for _, weight in chosen]
    return lambda: chance.choices(made, weights)[0]
