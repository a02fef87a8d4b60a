"""Topic: any order of steps in the lives of orders, offers and leads, as a Hypothesis state machine.

The model knows what a partner knows: which orders are live, used or expired, which offers were presented, which leads
were reviewed or returned. Each step sends what the model says should be accepted, or should not, and the judge decides;
a run of steps that breaks a must clause is made as short as it can be. Formats change from step to step.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from leadproof.core.text import count
from leadproof.generate.engine import drawing, settings
from leadproof.generate.examples import SHRINKS, Failed
from leadproof.generate.leads import LeadMaker
from leadproof.judge import Judgement
from leadproof.suite.case import Case
from leadproof.suite.generated import fine
from leadproof.suite.operations import CREATES, UNKNOWN_OFFER
from leadproof.suite.story import CaseContext, first, offers, request_id

#: Steps of one life.
STEPS = 14

ORDERS = (
    "post_honours_order", "post_order_once", "post_order_expired", "post_order_campaign", "order_ids_unique",
    "lead_ids_unique", "payout_agrees",
)  # fmt: skip
LEADS = (
    "status_resolves", "status_agrees", "status_current", "status_pending", "pending_review", "offer_accepted",
    "offer_unknown", "update_same_lead", "duplicate_agrees", "duplicate_refused", "one_result_per_lead",
)  # fmt: skip


def cases() -> Iterator[Case]:
    """The topic's table."""
    yield Case(
        "orders: ping, post, post again, elsewhere or too late",
        "inbound_post",
        partial(run_state_machine, orders=True),
        ORDERS,
    )
    yield Case(
        "leads: offers, updates, duplicates, status, review, return",
        "create_lead",
        partial(run_state_machine, orders=False),
        LEADS,
    )


# Hypothesis describes steps by what they are given, again and again; what is in here is long, and somebody's data.
@dataclass(slots=True, repr=False)
class ModelOrder:
    """What a partner knows of an order."""

    id: str
    #: Number of the lead that was asked about.
    number: int
    offers: list[str]
    #: live, used or expired.
    state: str = "live"


@dataclass(slots=True, repr=False)
class ModelLead:
    """What a partner knows of a lead."""

    created: Judgement
    number: int
    #: The value of the request that created it.
    value: dict[str, Any]
    #: Offers that were presented with it, or with its order.
    offers: list[str]
    #: What people decided about it since: pending, approve, reject, kept or return.
    decided: str = "kept"


@dataclass(slots=True, repr=False)
class Control:
    """Keeps a run within its bounds: no time left, enough shortened, or something that ends the whole run."""

    story: CaseContext
    failures: int = 0
    raised: BaseException | None = None

    def over(self) -> bool:
        """Is there nothing more to do?"""
        return self.raised is not None or self.failures > SHRINKS or self.story.expired()

    def send(self, steps: list[str], *arguments: Any, **options: Any) -> Judgement | None:
        """One exchange of a step; None if nothing may be sent any more.

        Raises:
            Failed: It breaks a clause that decides.
        """
        if self.over():
            return None
        try:
            judgement = self.story.session.call(*arguments, what=" > ".join(steps[-STEPS:]), **options)
        except BaseException as error:
            self.raised = error
            return None
        self.failures += bool(self.failures)
        if not fine(judgement, self.story):
            self.failures += 1
            raise Failed
        return judgement


@dataclass(slots=True, repr=False)
class ClientModel:
    """What a partner does, step by step; the state machine chooses the steps."""

    story: CaseContext
    control: Control
    steps: list[str] = field(default_factory=list)
    #: Orders that no time has passed for.
    orders: list[ModelOrder] = field(default_factory=list)

    def _send(self, words: str, *arguments: Any, **options: Any) -> Judgement | None:
        self.steps.append(words)
        return self.control.send(self.steps, *arguments, **options)

    # ---- orders ------------------------------------------------------------------------------------------------------

    def ping(self, fmt: str) -> ModelOrder | None:
        number = next(self.story.numbers)
        value, _ = self.story.maker.request("ping", (number,))
        asked = self._send(f"ping in {fmt}", "ping", fmt, value)
        identifier = first(asked, "orderId") if asked else None
        if asked is None or not isinstance(identifier, str):
            return None
        order = ModelOrder(identifier, number, offers(asked))
        self.orders.append(order)
        return order

    def post(self, order: ModelOrder, fmt: str, selected: int) -> ModelLead | None:
        value = self.story.post(order.number, order.id, order.offers[:selected])
        if order.state == "used":  # the same lead again would be refused as a duplicate
            value = self.story.post(next(self.story.numbers), order.id, order.offers[:selected])
        live = order.state == "live"
        words = {"live": "post", "used": "post again", "expired": "post too late"}[order.state]
        intent = "accepted" if live else "refused"
        posted = self._send(f"{words} in {fmt}", "inbound_post", fmt, value, intent=intent)
        if posted is None or not first(posted, "leadId"):
            return None
        order.state = "used"
        return ModelLead(posted, order.number, value, [*order.offers, *offers(posted)])

    def post_elsewhere(self, order: ModelOrder, fmt: str, aid: int) -> None:
        value = self.story.post(order.number, order.id, [])
        value["source"]["aid"] = aid
        posted = self._send(f"post for another campaign in {fmt}", "inbound_post", fmt, value, intent="refused")
        if posted is not None and first(posted, "leadId"):
            order.state = "used"

    def wait(self, seconds: float) -> None:
        lifetime = self.story.maker.profile.rules.order_lifetime
        self.steps.append("wait until orders expire" if seconds > lifetime else "wait a little")
        if self.control.over():
            return
        self.story.need_controls().post("clock/advance", seconds=seconds)
        for order in self.orders if seconds > lifetime else ():
            order.state = "expired"

    # ---- leads -------------------------------------------------------------------------------------------------------

    def create(self, operation: str, fmt: str, maker: LeadMaker | None = None) -> ModelLead | None:
        number = next(self.story.numbers)
        value, _ = (maker or self.story.maker).request(operation, (number,))
        created = self._send(f"{operation} in {fmt}", operation, fmt, value, intent="accepted")
        if created is None or not first(created, "leadId"):
            return None
        pending = first(created, "isPendingReview") is True
        return ModelLead(created, number, value, offers(created), "pending" if pending else "kept")

    def batch(self, operation: str, fmt: str, accepted: list[bool]) -> None:
        leads = [self.story.request(operation, refused=not one) for one in accepted]
        value = {"source": leads[0][0]["source"], "leads": [one["leads"][0] for one, _ in leads]}
        intent = "mixed:" + ",".join("accepted" if one else "refused" for one in accepted)
        created = self._send(f"{count(len(accepted), 'lead')} in {fmt}", operation, fmt, value, intent=intent)
        if created is not None and request_id(created):
            self._send(
                "their status",
                "lead_status",
                parameters={"id": request_id(created)},
                intent="accepted" if all(accepted) else "",
            )

    def accept(self, lead: ModelLead, known: bool) -> None:
        offer = next(iter(lead.offers), None) if known else UNKNOWN_OFFER
        if offer is None or (known and lead.decided in ("reject", "return")):
            return  # whether an offer outlives its lead is open
        parameters = {"leadUID": first(lead.created, "leadId"), "offerId": offer}
        words = "accept an offer" if known else "accept an offer that was never made"
        self._send(words, "accept_offer", parameters=parameters, intent="accepted" if known else "unknown")

    def update(self, lead: ModelLead, deliver: bool) -> None:
        value, _ = self.story.request("update_lead")
        fields = {**lead.value["leads"][0]["fields"]}
        value["source"]["vid"] = lead.value["source"].get("vid")
        value["leads"] = [
            {"properties": {"leadUID": first(lead.created, "leadId"), "processDelivery": deliver}, "fields": fields}
        ]
        self._send("update", "update_lead", value=value, intent="")

    def look_for(self, lead: ModelLead, fmt: str) -> None:
        value, _ = self.story.request("duplicate_check")
        value["leads"][0]["fields"] = dict(lead.value["leads"][0]["fields"])
        self._send(f"duplicate check in {fmt}", "duplicate_check", fmt, value, intent="accepted")

    def repeat(self, lead: ModelLead, fmt: str) -> None:
        value, _ = self.story.request("create_lead")
        value["leads"][0]["fields"] = dict(lead.value["leads"][0]["fields"])
        self._send(f"the same lead again in {fmt}", "create_lead", fmt, value, intent="")

    def status(self, lead: ModelLead) -> None:
        if request_id(lead.created):
            parameters = {"id": request_id(lead.created)}
            self._send(
                f"status ({lead.decided})", "lead_status", parameters=parameters, intent=f"status:{lead.decided}"
            )

    def decide(self, lead: ModelLead, verdict: str) -> None:
        """Review where it is due, and a return of what is not under review or was rejected."""
        possible = lead.decided == "pending" if verdict != "return" else lead.decided in ("kept", "approve")
        if not possible or self.control.over():
            return
        self.steps.append(verdict)
        path = f"leads/{first(lead.created, 'leadId')}/{'return' if verdict == 'return' else 'review'}"
        more = {} if verdict == "return" else {"verdict": verdict}
        self.story.need_controls().post(path, reason="Consent is missing", **more)
        lead.decided = verdict


def run_state_machine(story: CaseContext, *, orders: bool) -> None:
    """Many lives, each a random row of steps."""
    story.need_source("create_lead")
    from hypothesis import seed
    from hypothesis.errors import HypothesisException
    from hypothesis.stateful import run_state_machine_as_test

    control = Control(story)
    made = (_orders if orders else _leads)(story, control)
    try:
        with drawing():
            run_state_machine_as_test(seed(story.seed)(made), settings=settings(story.examples, STEPS))
    except (Failed, HypothesisException, BaseExceptionGroup):
        if not control.failures and control.raised is None:
            raise
    if control.raised is not None:
        raise control.raised


def _orders(story: CaseContext, control: Control) -> type[Any]:
    from hypothesis import strategies as st
    from hypothesis.stateful import Bundle, RuleBasedStateMachine, multiple, precondition, rule

    formats = st.sampled_from(["json", "xml"])
    others = [one.aid for one in story.other_campaigns() if not one.capped]

    class Orders(RuleBasedStateMachine):
        """The lives of orders."""

        orders = Bundle("orders")
        leads = Bundle("leads")

        def __init__(self) -> None:
            super().__init__()
            self.partner = ClientModel(story, control)

        @rule(target=orders, fmt=formats)
        def ping(self, fmt: str) -> Any:
            order = self.partner.ping(fmt)
            return multiple() if order is None else order

        @rule(target=leads, order=orders, fmt=formats, selected=st.integers(0, 2))
        def post(self, order: ModelOrder, fmt: str, selected: int) -> Any:
            lead = self.partner.post(order, fmt, selected)
            return multiple() if lead is None else lead

        @precondition(lambda self: bool(others))
        @rule(order=orders, fmt=formats)
        def post_elsewhere(self, order: ModelOrder, fmt: str) -> None:
            self.partner.post_elsewhere(order, fmt, others[0])

        @precondition(lambda self: story.controls is not None)
        @rule(seconds=st.sampled_from([1.0, story.maker.profile.rules.order_lifetime + 1.0]))
        def wait(self, seconds: float) -> None:
            self.partner.wait(seconds)

        @rule(lead=leads)
        def status(self, lead: ModelLead) -> None:
            self.partner.status(lead)

        @rule(lead=leads)
        def accept(self, lead: ModelLead) -> None:
            self.partner.accept(lead, known=True)

    return Orders


def _leads(story: CaseContext, control: Control) -> type[Any]:
    from hypothesis import strategies as st
    from hypothesis.stateful import Bundle, RuleBasedStateMachine, multiple, precondition, rule

    formats = st.sampled_from(["json", "xml"])
    usable = [operation for operation in CREATES if story.maker.source(operation) is not None]
    reviewed = [one for one in story.other_campaigns() if one.review_share == 1.0]

    class Leads(RuleBasedStateMachine):
        """The lives of leads."""

        leads = Bundle("leads")

        def __init__(self) -> None:
            super().__init__()
            self.partner = ClientModel(story, control)

        @rule(target=leads, operation=st.sampled_from(usable), fmt=formats)
        def create(self, operation: str, fmt: str) -> Any:
            lead = self.partner.create(operation, fmt)
            return multiple() if lead is None else lead

        @precondition(lambda self: bool(reviewed))
        @rule(target=leads, fmt=formats)
        def create_for_review(self, fmt: str) -> Any:
            lead = self.partner.create("create_lead", fmt, story.maker.under(reviewed[0]))
            return multiple() if lead is None else lead

        @rule(operation=st.sampled_from(usable), fmt=formats, accepted=st.lists(st.booleans(), min_size=2, max_size=4))
        def batch(self, operation: str, fmt: str, accepted: list[bool]) -> None:
            self.partner.batch(operation, fmt, accepted)

        @rule(lead=leads, known=st.booleans())
        def accept(self, lead: ModelLead, known: bool) -> None:
            self.partner.accept(lead, known)

        @rule(lead=leads, deliver=st.booleans())
        def update(self, lead: ModelLead, deliver: bool) -> None:
            self.partner.update(lead, deliver)

        @rule(lead=leads, fmt=formats)
        def look_for(self, lead: ModelLead, fmt: str) -> None:
            self.partner.look_for(lead, fmt)

        @rule(lead=leads, fmt=formats)
        def repeat(self, lead: ModelLead, fmt: str) -> None:
            self.partner.repeat(lead, fmt)

        @rule(lead=leads)
        def status(self, lead: ModelLead) -> None:
            self.partner.status(lead)

        @precondition(lambda self: story.controls is not None)
        @rule(lead=leads, verdict=st.sampled_from(["approve", "reject", "return"]))
        def decide(self, lead: ModelLead, verdict: str) -> None:
            self.partner.decide(lead, verdict)

    return Leads
