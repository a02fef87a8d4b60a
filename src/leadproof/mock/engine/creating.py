"""Leads that come in and leads that are changed: the four create calls, the inbound post, and the update."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from leadproof.contract.profile import TransferClient
from leadproof.mock.engine import intake, responses
from leadproof.mock.engine.callbacks import fault_of_url
from leadproof.mock.engine.calls import Call, CallOutcome, at_least_one, count
from leadproof.mock.engine.intake import Placement
from leadproof.mock.engine.leads import StoredLead
from leadproof.mock.engine.reading import fields_of, properties_of, source_of
from leadproof.mock.engine.responses import Value
from leadproof.mock.engine.rulebook import Account, Refusal, Terms
from leadproof.mock.engine.world import Receipt, World

_HOUR = 3600.0


def create(world: World, call: Call) -> CallOutcome:
    """The four create calls and the inbound post: a lead for each that is accepted, and a receipt for all."""
    source = source_of(call.value)
    account: Account | Refusal = world.book.account(source)
    return_url = source.get("returnURL", "")
    if not isinstance(account, Refusal):
        fault = intake.fault_of_source(source, call.fmt, world.book.profile.rules.require_send_delay)
        if not fault and return_url and (why := fault_of_url(return_url, call.callback_hosts)):
            fault = f"returnURL {why}"
        if fault:
            account = Refusal("Data_Errors", fault)
    if isinstance(account, Refusal):
        return_url = ""
    delay = float(source.get("sendDelay") or 0) * _HOUR
    outcomes = [_create_one(world, account, lead, delay, call) for lead in at_least_one(call.value)]
    receipt = Receipt(call.now, [entry for _, entry in outcomes])
    return CallOutcome(
        {"requestId": world.keep_receipt(receipt), "results": [result for result, _ in outcomes]}, return_url
    )


def _create_one(
    world: World, account: Account | Refusal, lead: Value, delay: float, call: Call
) -> tuple[Value, tuple[int, int, str]]:
    """The result of one lead, and what its receipt says."""
    profile = world.book.profile
    properties, fields = properties_of(lead), fields_of(lead)
    placement: Placement | Refusal
    if isinstance(account, Refusal):
        placement = account
    elif call.operation == "create_call_lead" and (fault := intake.fault_of_call(properties)):
        placement = Refusal("Data_Errors", fault)
    else:
        placement = intake.place_lead(world, account, properties, fields, call.now)
    if isinstance(placement, Refusal) or isinstance(account, Refusal):
        assert isinstance(placement, Refusal)
        count(world, placement.response_type)
        message = world.book.message(placement)
        result = responses.refused(call.operation, placement.response_type, message, profile.rules.refused_members)
        return result, (0, 0, message)
    terms = placement.terms
    pending = world.sent_to_review(terms)
    record = StoredLead(
        campaign=terms.position,
        source=account.position,
        received=call.now,
        price=terms.campaign.price,
        fields=fields,
        marks=placement.marks,
        no_sell=bool(properties.get("noSell")),
        # A call that is being transferred cannot wait.
        deliver_at=call.now + (0.0 if call.operation == "create_call_transfer" else delay),
        accepted_offers=tuple(sorted(set(placement.offers))),
        reference=properties.get("reference", ""),
        call={name: properties[name] for name in _CALL if name in properties} or None,
    )
    lead_id = world.leads.add(record)
    if pending:
        world.leads.move(lead_id, record, "hold")
    if placement.order is not None:
        world.orders.post(placement.order)
    world.count_lead(account.position, terms, call.now)
    count(world, "No_Error")
    message = profile.messages.under_review if pending else profile.messages.accepted
    extra = _EXTRA[call.operation](terms, record, lead_id, call.now)
    aid, price = terms.campaign.aid, terms.campaign.price
    result = responses.accepted(call.operation, message, lead_id, aid, pending, price, extra)
    return result, (lead_id, aid, "")


_CALL = ("ivrNumber", "callDuration", "callResult", "callDate", "recordingUrl")


def _offers(terms: Terms, lead: StoredLead, lead_id: int, now: float) -> list[Value]:
    return terms.offers


def _sends(terms: Terms, lead: StoredLead, lead_id: int, now: float) -> list[Value]:
    """What every client of the campaign said; nothing while the lead is held back."""
    return [_send(client) for client in terms.clients] if lead.delivery(now) == "delivered" else []


def _send(client: TransferClient) -> Value:
    return {
        "clientId": client.clientId,
        "clientName": client.clientName,
        "redirectURL": client.redirectURL,
        "valid": client.accepts,
        "price": client.price if client.accepts else 0.0,
    }


def _client(terms: Terms, lead: StoredLead, lead_id: int, now: float) -> list[Value]:
    """The one client that takes the call, with the agent whose turn it is; nobody while the lead is held back."""
    able = [client for client in terms.clients if client.accepts and client.agents]
    if not able or lead.delivery(now) != "delivered":
        return []
    agent = able[0].agents[lead_id % len(able[0].agents)]
    return [{**_send(able[0]), "agentName": agent.name, "agentPhone": agent.phone}]


#: The value of the member that tells the operations apart.
_EXTRA: dict[str, Callable[[Terms, StoredLead, int, float], Any]] = {
    "create_lead": _offers,
    "inbound_post": _offers,
    "create_lead_sends": _sends,
    "create_call_transfer": _client,
    "create_call_lead": lambda terms, lead, lead_id, now: None,
}


def update(world: World, call: Call) -> CallOutcome:
    """Update Lead: new values for fields of a lead, and its delivery where that is asked for."""
    account = world.book.account(source_of(call.value))
    results = [_update_one(world, account, lead, call) for lead in at_least_one(call.value)]
    return CallOutcome({"requestId": world.request_id(), "results": results})


def _update_one(world: World, account: Account | Refusal, sent: Value, call: Call) -> Value:
    profile = world.book.profile
    found = _updated(world, account, sent, call.now)
    if isinstance(found, Refusal):
        count(world, found.response_type)
        message = world.book.message(found)
        return responses.refused(call.operation, found.response_type, message, profile.rules.refused_members)
    lead_id, lead, terms = found
    world.leads.save(lead_id, lead)
    count(world, "No_Error")
    pending, aid = lead.state == "pending_review", terms.campaign.aid
    return responses.accepted(call.operation, profile.messages.updated, lead_id, aid, pending, lead.price, None)


def _updated(
    world: World, account: Account | Refusal, sent: Value, now: float
) -> tuple[int, StoredLead, Terms] | Refusal:
    """The lead as the update would have it, not yet kept."""
    if isinstance(account, Refusal):
        return account
    properties = properties_of(sent)
    lead_id = int(properties.get("leadUID") or 0)
    if not lead_id:
        return Refusal("Data_Errors", "leadUID is missing")
    lead = world.leads.find(lead_id)
    if lead is None or lead.source != account.position:
        return Refusal("Data_Errors", "leadUID names no lead of this source")
    terms = world.book.terms[lead.campaign]
    if terms.campaign.lid != account.kind.lead_type.lid:
        return Refusal("Data_Errors", "leadUID names a lead of another lead type")
    if sent.get("fields") is None:
        return Refusal("Data_Errors", "fields is missing")
    lead.fields = {**lead.fields, **fields_of(sent)}
    if fault := account.kind.fault(lead.fields, now, ping=False):
        return Refusal("Data_Errors", fault)
    if not terms.covers(lead.fields, now, ping=False):
        return Refusal("Outside_Criteria")
    lead.marks = terms.marks(lead.fields)
    if world.duplicate(terms, lead.marks, now, besides=lead_id):
        return Refusal("Duplicate_Lead")
    lead.forced = lead.forced or bool(properties.get("processDelivery"))
    return lead_id, lead, terms
