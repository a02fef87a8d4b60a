"""Topic: every operation in every representation, accepted and refused, one lead and several."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from leadproof.core.operations import OPERATIONS, RESPONSE_TYPES
from leadproof.generate.leads import UNKNOWN_LEAD
from leadproof.mock import recipes_for
from leadproof.suite.case import Case
from leadproof.suite.story import CaseContext, CaseSkipped, first, offers

#: The operations that take leads in both representations.
BOTH = tuple(row.id for row in OPERATIONS.values() if len(row.media) == 2)
CREATES = ("create_lead", "create_lead_sends", "create_call_transfer", "create_call_lead")

UNKNOWN_REQUEST = "00000000-0000-4000-8000-000000000000"
UNKNOWN_OFFER = "no-such-offer"

ACCEPTED = (
    "presence", "one_result_per_lead", "valid_iff_no_error", "accepted_lead_id", "lead_ids_unique", "campaign_assigned",
    "offer_ids_unique", "offer_urls", "offer_tcpa_text", "order_when_accepted", "order_expiry_future",
    "order_expiry_utc", "order_ids_unique", "sends_on_accept", "transfer_client", "valid_request_accepted",
    "client_member", "member", "offers_same",
)  # fmt: skip
REFUSED = (
    "refusal_message", "refused_without_price", "readable_refusal", "refusal_expected", "valid_iff_no_error",
    "order_when_refused",
)  # fmt: skip


def cases() -> Iterator[Case]:
    """The topic's table."""
    for operation in BOTH:
        for fmt in OPERATIONS[operation].media:
            yield Case(f"{operation}, {fmt}: accepted", operation, partial(accepted, operation, fmt), ACCEPTED, fmt)
            refuse = no_permission if operation == "duplicate_check" else refused
            yield Case(f"{operation}, {fmt}: refused", operation, partial(refuse, operation, fmt), REFUSED, fmt)
            if operation not in ("duplicate_check", "update_lead"):
                yield Case(
                    f"{operation}, {fmt}: every campaign", operation, partial(campaigns, operation, fmt), ACCEPTED, fmt
                )
            if operation == "inbound_post":
                yield Case(
                    f"{operation}, {fmt}: two leads, each for its order",
                    operation,
                    partial(posts, fmt),
                    ("one_result_per_lead",),
                    fmt,
                )
            if operation in ("duplicate_check", "inbound_post"):
                run = partial(two_checked if operation == "duplicate_check" else two_posted, fmt)
                yield Case(
                    f"{operation}, {fmt}: two leads",
                    operation,
                    run,
                    ("one_result_per_lead", "valid_request_accepted"),
                    fmt,
                )
            else:
                run = partial(several, operation, fmt)
                yield Case(
                    f"{operation}, {fmt}: four leads, the second refused", operation, run, ("one_result_per_lead",), fmt
                )
    for operation in (*CREATES, "inbound_post"):
        run = partial(updated, operation)
        yield Case(f"update_lead: a lead of {operation}", "update_lead", run, (*ACCEPTED, "update_same_lead"))
    yield Case(
        "update_lead: two leads, one of which does not exist", "update_lead", updated_two, ("one_result_per_lead",)
    )
    yield Case("update_lead: a lead under review", "update_lead", updated_under_review, ("update_same_lead",))
    for outcome in ("System_ID_Missing", "Vendor_ID_Missing", "No_Account_Found", "Account_Disabled"):
        run = partial(update_refused, outcome)
        yield Case(f"update_lead: {outcome}", "update_lead", run, ("refusal_expected", "readable_refusal"))
    yield Case("update_lead: a lead that does not exist", "update_lead", unknown_update, REFUSED)
    yield Case("lead_status: a request that does not exist", "lead_status", unknown_status)
    for fmt in ("json", "xml"):
        run = partial(offer, fmt)
        name = f"accept_offer: an offer that was presented in {fmt}"
        yield Case(name, "accept_offer", run, ("offer_accepted", "accept_message", "presence"))
    yield Case("accept_offer: an offer that was never presented", "accept_offer", unknown_offer, ("offer_unknown",))
    yield Case("accept_offer: a lead that does not exist", "accept_offer", unknown_lead, ("offer_unknown",))
    for operation in RECIPES:
        for outcome in RESPONSE_TYPES:
            if operation == "create_lead_sends" and outcome in _BY_SOURCE:
                continue  # without its own source it is a plain create: nothing else tells the two apart
            for fmt in OPERATIONS[operation].media:
                run = partial(recipe, operation, outcome, fmt)
                yield Case(
                    f"{operation}, {fmt}: {outcome}", operation, run, ("refusal_expected", "readable_refusal"), fmt
                )


def accepted(operation: str, fmt: str, story: CaseContext) -> None:
    """A request that should be accepted."""
    if operation == "inbound_post":
        asked, order, number = story.pinged(fmt)
        story.session.call(operation, fmt, story.post(number, order, offers(asked)[:1]), what="accepted")
        return
    value, _ = story.request(operation)
    story.session.call(operation, fmt, value, what="accepted")


def refused(operation: str, fmt: str, story: CaseContext) -> None:
    """A request that the posting profile rules out."""
    value, outcome = story.request(operation, refused=True)
    if operation == "inbound_post":
        asked, order, _ = story.pinged(fmt)
        value["leads"][0]["properties"] |= {"orderId": order, "offerIds": offers(asked)[:1]}
    story.session.call(operation, fmt, value, intent=f"refused:{outcome}", what="refused")


def no_permission(operation: str, fmt: str, story: CaseContext) -> None:
    """A duplicate check from a source that may not ask."""
    value, _ = story.request(operation)
    lid = story.maker.chosen().lid
    barred = [
        one for one in story.maker.profile.sources if "duplicate_check" not in one.permissions and lid in one.lids
    ]
    if not barred:
        raise CaseSkipped("every source of the profile may check for duplicates")
    value["source"]["vid"] = barred[0].vid
    story.session.call(operation, fmt, value, intent="refused", what="no permission")


def several(operation: str, fmt: str, story: CaseContext) -> None:
    """Four leads in one request, the second of which is refused: results come one for one, in order.

    Neither backwards nor sorted by outcome do they look the same.
    """
    value, _ = story.request(operation, leads=3)
    ruled_out, _ = story.request(operation, refused=True)
    value["leads"].insert(1, ruled_out["leads"][0])
    judgement = story.session.call(
        operation, fmt, value, intent="mixed:accepted,refused,accepted,accepted", what="four leads"
    )
    if operation != "ping":
        story.ask_status(judgement, "four leads")


def campaigns(operation: str, fmt: str, story: CaseContext) -> None:
    """A lead for every campaign that takes leads: with offers and without, reviewed and not, of each lead type."""
    for campaign in story.maker.profile.campaigns:
        maker = story.maker.under(campaign)
        if campaign.disabled or campaign.capped or maker.source(operation) is None:
            continue
        if campaign.order_required and operation not in ("ping", "inbound_post"):
            continue
        if operation == "inbound_post":
            asked, order, number = story.pinged(fmt, maker)
            value, _ = maker.request(operation, (number,))
            value["leads"][0]["properties"] |= {"orderId": order, "offerIds": offers(asked)[:1]}
            value["leads"][0]["fields"] |= maker.consent(offers(asked)[:1])
        else:
            value, _ = maker.request(operation, (next(story.numbers),))
        created = story.session.call(operation, fmt, value, what="for each campaign")
        if operation != "ping":
            story.ask_status(created, "for each campaign")


def posts(fmt: str, story: CaseContext) -> None:
    """Two leads in one post, each with an order of its own."""
    leads = []
    for _ in range(2):
        asked, order, number = story.pinged(fmt)
        value = story.post(number, order, offers(asked)[:1])
        leads += value["leads"]
    judgement = story.session.call("inbound_post", fmt, {**value, "leads": leads}, what="two leads")
    story.ask_status(judgement, "two leads", "accepted")


def two_checked(fmt: str, story: CaseContext) -> None:
    """A duplicate check of two leads, the second of which is known."""
    first_number, second_number = next(story.numbers), next(story.numbers)
    known, _ = story.again("create_lead", second_number)
    story.session.call("create_lead", fmt, known, what="to be looked for")
    value, _ = story.again("duplicate_check", first_number, second_number)
    story.session.call("duplicate_check", fmt, value, what="two leads")


def two_posted(fmt: str, story: CaseContext) -> None:
    """Two posts in one request, each with an order of its own."""
    asked = [story.pinged(fmt) for _ in range(2)]
    value, _ = story.again("inbound_post", *(number for *_, number in asked))
    for lead, (ping, order, _) in zip(value["leads"], asked, strict=True):
        lead["properties"] |= {"orderId": order, "offerIds": offers(ping)[:1]}
        lead["fields"] |= story.maker.consent(offers(ping)[:1])
    posted = story.session.call("inbound_post", fmt, value, what="two leads")
    story.ask_status(posted, "two leads", "accepted")


def updated(operation: str, story: CaseContext) -> None:
    """An update of a lead, and what the status says then."""
    created = story.created(operation, "json")
    value, _ = story.request("update_lead")
    value["leads"][0]["properties"] = {"leadUID": first(created, "leadId"), "processDelivery": False}
    if created.context is not None:  # a lead belongs to the source that sent it
        value["source"]["vid"] = created.context.source.get("vid")
    story.session.call("update_lead", value=value, what="accepted")
    story.ask_status(created, "after the update")


def updated_two(story: CaseContext) -> None:
    """Two updates in one request, the second of a lead that does not exist."""
    created = story.created("create_lead", "json")
    value, _ = story.request("update_lead", leads=2)
    for lead, number in zip(value["leads"], (first(created, "leadId"), UNKNOWN_LEAD), strict=True):
        lead["properties"] = {"leadUID": number}
    story.session.call("update_lead", value=value, intent="mixed:accepted,refused", what="two leads")


def updated_under_review(story: CaseContext) -> None:
    """An update of a lead that waits for people."""
    under_review = [one for one in story.maker.profile.campaigns if one.review_share == 1.0 and not one.disabled]
    if not under_review:
        raise CaseSkipped("no campaign of the profile sends every lead to review")
    created = story.created("create_lead", "json", story.maker.under(under_review[0]))
    value, _ = story.request("update_lead")
    value["leads"][0]["properties"] = {"leadUID": first(created, "leadId")}
    story.session.call("update_lead", value=value, what="under review")


def update_refused(outcome: str, story: CaseContext) -> None:
    """An update from a source that is missing, unknown or disabled. Only on the mock, as with recipes."""
    if story.controls is None:
        raise CaseSkipped(f"an account that responds with {outcome} has to be set up for it; the built-in mock is")
    found = next((one for one in recipes_for(story.maker.profile) if one.response_type == outcome), None)
    if found is None:
        raise CaseSkipped(f"the profile has no recipe for {outcome}")
    created = story.created("create_lead", "json")
    value, _ = story.request("update_lead")
    value["leads"][0]["properties"] = {"leadUID": first(created, "leadId")}
    value["source"] = {name: member for name, member in found.source.items() if name != "aid"}
    if not value["source"]:
        del value["source"]
    story.session.call("update_lead", value=value, intent=f"refused:{outcome}", what=f"recipe {outcome}")


def unknown_update(story: CaseContext) -> None:
    """An update of a lead that does not exist."""
    value, _ = story.request("update_lead")
    value["leads"][0]["properties"] = {"leadUID": UNKNOWN_LEAD}
    story.session.call("update_lead", value=value, intent="refused", what="unknown lead")


def unknown_status(story: CaseContext) -> None:
    """The status of a request that does not exist: what it gets is open."""
    story.session.call("lead_status", parameters={"id": UNKNOWN_REQUEST}, intent="unknown", what="unknown request")


def offer(fmt: str, story: CaseContext) -> None:
    """An offer of a created lead is accepted."""
    created = story.created("create_lead", fmt)
    presented = offers(created)
    if not presented:
        raise CaseSkipped("no accepted lead came with an offer")
    story.session.call(
        "accept_offer", parameters={"leadUID": first(created, "leadId"), "offerId": presented[0]}, what="presented"
    )


def unknown_offer(story: CaseContext) -> None:
    """An offer that was never presented."""
    created = story.created("create_lead", "json")
    parameters = {"leadUID": first(created, "leadId"), "offerId": UNKNOWN_OFFER}
    story.session.call("accept_offer", parameters=parameters, intent="unknown", what="unknown offer")


def unknown_lead(story: CaseContext) -> None:
    """An offer of a lead that does not exist."""
    parameters = {"leadUID": UNKNOWN_LEAD, "offerId": UNKNOWN_OFFER}
    story.session.call("accept_offer", parameters=parameters, intent="unknown", what="unknown lead")


#: Operations whose results have a responseType, and that take a lead that nobody has sent before.
RECIPES = (*CREATES, "inbound_post")

#: Outcomes that come from who sends: those recipes change the source.
_BY_SOURCE = (
    "System_ID_Missing", "Vendor_ID_Missing", "LeadType_ID_Missing", "No_Account_Found", "Account_Disabled",
    "Post_Over_Max",
)  # fmt: skip


def recipe(operation: str, outcome: str, fmt: str, story: CaseContext) -> None:
    """A responseType by its recipe. Only on the mock: elsewhere the account would have to be set up for it."""
    if story.controls is None:
        raise CaseSkipped(f"an account that responds with {outcome} has to be set up for it; the built-in mock is")
    found = next((one for one in recipes_for(story.maker.profile) if one.response_type == outcome), None)
    if found is None:
        raise CaseSkipped(f"the profile has no recipe for {outcome}")
    base, _ = story.request(operation)
    source = dict(found.source)
    if operation == "create_lead_sends":
        source["vid"] = base["source"]["vid"]
    if source or fmt == "json":
        source["sendDelay"] = 0
    lid = found.source.get("lid")
    fields = {**found.fields, **story.maker.identity(next(story.numbers), lid)}
    missing = set(story.maker.fields(1)) - set(found.fields)
    if outcome == "Data_Errors":
        fields = {name: value for name, value in fields.items() if name not in missing}
    properties = {**base["leads"][0]["properties"], "reference": f"recipe {outcome}"}
    value = {"source": source, "leads": [{"properties": properties, "fields": fields}]}
    if not found.source and fmt == "json":
        del value["source"]
    for turn in range(found.times):
        if turn == found.times - 1:
            intent = "accepted" if outcome == "No_Error" else f"refused:{outcome}"
            story.session.call(operation, fmt, value, intent=intent, what=f"recipe {outcome}")
        else:
            story.session.call(operation, fmt, value, intent="", what=f"towards {outcome}")
            if outcome == "Post_Over_Max":
                lead = {
                    "properties": properties,
                    "fields": {**fields, **story.maker.identity(next(story.numbers), lid)},
                }
                value = {**value, "leads": [lead]}
