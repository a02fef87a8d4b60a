"""What each operation does: `HANDLERS`, by operation id. A value and the world in, a response's value out.

Adding an operation is a row here, beside its row in `operations.OPERATIONS` and its entries in `specs/`.
"""

from __future__ import annotations

from leadproof.mock.engine import creating, intake, offers, responses
from leadproof.mock.engine.calls import Call, CallOutcome, Handler, at_least_one, count
from leadproof.mock.engine.clock import timestamp
from leadproof.mock.engine.ids import LARGEST_ID, is_guid
from leadproof.mock.engine.problems import Refused
from leadproof.mock.engine.reading import fields_of, leads_of, source_of
from leadproof.mock.engine.responses import Value
from leadproof.mock.engine.rulebook import Account, Refusal
from leadproof.mock.engine.world import World


def resolve_operation(call: Call, world: World) -> str:
    """Which of the operations that share a path a request means.

    `offerIds` marks an inbound post; a source that may see send information gets it; else it is a create.
    """
    if call.operation != "inbound_post":
        return call.operation
    if any("offerIds" in (lead.get("properties") or {}) for lead in leads_of(call.value)):
        return "inbound_post"
    permissions = world.permissions.get(source_of(call.value).get("vid", 0), frozenset())
    return "create_lead_sends" if "return_sends" in permissions else "create_lead"


def ping(world: World, call: Call) -> CallOutcome:
    """Create Inbound PING: an order for each potential lead that would be accepted."""
    account = world.book.account(source_of(call.value))
    results = [_ping_one(world, account, lead, call) for lead in at_least_one(call.value)]
    return CallOutcome({"requestId": world.request_id(), "results": results})


def _ping_one(world: World, account: Account | Refusal, lead: Value, call: Call) -> Value:
    profile = world.book.profile
    placement = (
        account if isinstance(account, Refusal) else intake.place_ping(world, account, fields_of(lead), call.now)
    )
    if isinstance(placement, Refusal) or isinstance(account, Refusal):
        assert isinstance(placement, Refusal)
        count(world, placement.response_type)
        return responses.ping_refused(world.book.message(placement), profile.rules.refused_members)
    terms = placement.terms
    expires = int(call.now) + profile.rules.order_lifetime
    count(world, "No_Error")
    return responses.ping_accepted(
        world.orders.guids.guid(world.orders.open(terms.position, account.position, expires)),
        timestamp(expires),
        terms.campaign.price,
        terms.campaign.aid,
        profile.messages.coverage,
        terms.offers,
    )


def duplicate_check(world: World, call: Call) -> CallOutcome:
    """Duplicate Check: was a lead with the same data received within the campaign's window?"""
    source = source_of(call.value)
    account = world.book.account(source)
    results = [_check_one(world, account, source, lead, call.now) for lead in at_least_one(call.value)]
    return CallOutcome({"requestId": world.request_id(), "results": results})


def _check_one(world: World, account: Account | Refusal, source: Value, lead: Value, now: float) -> Value:
    messages, members = world.book.profile.messages, world.book.profile.rules.refused_members
    why = ""
    if isinstance(account, Refusal):
        return responses.duplicate_refused(world.book.message(account), members)
    fields = fields_of(lead)
    terms = account.campaigns[0]
    marks = terms.marks(fields)
    if "duplicate_check" not in world.permissions[source["vid"]]:
        return responses.duplicate_refused(messages.not_permitted, members)
    if not account.named:
        why = "aid is missing"
    elif fault := account.kind.fault_of_values(fields, now):
        why = fault
    elif terms.key_sets and not marks:
        why = f"{' or '.join(' and '.join(keys) for keys in terms.campaign.duplicate_keys)} is missing"
    if why:
        return responses.duplicate_refused(world.book.message(Refusal("Data_Errors", why)), members)
    lead_id = world.duplicate(terms, marks, now)
    earlier = world.leads.find(lead_id)
    if earlier is None:
        return responses.no_duplicate(messages.duplicate_none)
    return responses.duplicate(lead_id, earlier.received, messages.duplicate_found)


def lead_status(world: World, call: Call) -> CallOutcome:
    """Lead Request Status: what became of each lead of a create call; nothing for an id that no create call got."""
    request_id = call.parameters["id"]
    if not is_guid(request_id):
        raise Refused(400, "the id in the path is no GUID", pointer="path:id")
    receipt = world.receipt(request_id)
    results: list[Value] = []
    for lead_id, aid, reason in receipt.results if receipt else ():
        lead = world.leads.find(lead_id) if lead_id else None
        if lead is not None:
            results.append(responses.status(lead_id, aid, lead))
        elif not lead_id and receipt:
            results.append(responses.status_of_refusal(aid, reason, receipt.received))
    return CallOutcome({"requestId": request_id, "results": results})


def accept_offer(world: World, call: Call) -> CallOutcome:
    """Mark Offer as Accepted: false for a lead or an offer that does not exist."""
    number = call.parameters["leadUID"]
    if not (number.isascii() and number.isdigit() and len(number) <= 16 and int(number) <= LARGEST_ID):
        raise Refused(400, "the leadUID in the path is no identifier", pointer="path:leadUID")
    messages = world.book.profile.messages
    lead_id = int(number)
    lead = world.leads.find(lead_id)
    if lead is None:
        return CallOutcome({"success": False, "message": messages.offer_unknown})
    position = world.book.terms[lead.campaign].offer_at.get(call.parameters["offerId"])
    if not offers.accept(lead, position):
        return CallOutcome({"success": False, "message": messages.offer_unknown})
    world.leads.save(lead_id, lead)
    return CallOutcome({"success": True, "message": messages.offer_accepted})


HANDLERS: dict[str, Handler] = {
    "create_lead": creating.create,
    "create_lead_sends": creating.create,
    "create_call_transfer": creating.create,
    "create_call_lead": creating.create,
    "update_lead": creating.update,
    "ping": ping,
    "inbound_post": creating.create,
    "duplicate_check": duplicate_check,
    "lead_status": lead_status,
    "accept_offer": accept_offer,
}
