"""Topic: what earlier exchanges promise to later ones: orders, offers, duplicates, status, review, return."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from leadproof.core.operations import OPERATIONS
from leadproof.generate.leads import LeadMaker
from leadproof.judge import Judgement
from leadproof.suite.case import Case
from leadproof.suite.operations import CREATES
from leadproof.suite.story import CaseContext, CaseSkipped, first, offers

STATUS = (
    "status_resolves", "status_agrees", "status_request_id", "status_dates", "status_return_null", "pending_review",
    "presence", "order_expiry_utc",
)  # fmt: skip


def cases() -> Iterator[Case]:
    """The topic's table."""
    for ping in ("json", "xml"):
        for post in ("json", "xml"):
            run = partial(journey, ping, post)
            yield Case(
                f"ping in {ping}, post in {post}, offer, status",
                "inbound_post",
                run,
                ("post_honours_order", "payout_agrees"),
                post,
            )
    for operation in (*CREATES, "inbound_post"):
        for fmt in OPERATIONS[operation].media:
            yield Case(f"status of {operation}, {fmt}", "lead_status", partial(status, operation, fmt), STATUS)
    yield Case("status of four leads", "lead_status", four, ("status_resolves", "status_agrees"))
    yield Case("status of a refused lead", "lead_status", refused_status, ("status_reason", "status_agrees"))
    for verdict in ("approve", "reject"):
        yield Case(
            f"status after review: {verdict}",
            "lead_status",
            partial(reviewed, verdict),
            ("status_reason_qc", "status_pending", "pending_review", "status_current"),
        )
    yield Case(
        "status of two leads, the second decided about",
        "lead_status",
        second_of_two,
        ("status_current", "status_resolves"),
    )
    yield Case(
        "status after a return", "lead_status", returned, ("status_reason_return", "status_dates", "status_current")
    )
    rows: tuple[tuple[str, str, Callable[[str, CaseContext], None], tuple[str, ...]], ...] = (
        ("the same lead again", "create_lead", duplicate, ("duplicate_refused", "refusal_message")),
        ("duplicate check of a known lead", "duplicate_check", known, ("duplicate_agrees", "duplicate_original")),
        ("the same lead by its other keys", "create_lead", other_keys, ("duplicate_refused",)),
        ("the same lead after the window", "create_lead", after_window, ("valid_request_accepted",)),
        ("duplicate check of a new lead", "duplicate_check", unknown, ("duplicate_none",)),
        ("an order used twice", "inbound_post", order_twice, ("post_order_once",)),
        ("an order that nobody gave", "inbound_post", stranger, ("refusal_expected",)),
        ("an order used by another source", "inbound_post", other_source, ("post_order_campaign",)),
        ("an order shortly before it expires", "inbound_post", in_time, ("post_honours_order",)),
        ("an order used for another campaign", "inbound_post", other_campaign, ("post_order_campaign",)),
        ("an order that has expired", "inbound_post", expired, ("post_order_expired",)),
    )
    for fmt in ("json", "xml"):
        for title, operation, situation, checks in rows:
            yield Case(f"{title}, {fmt}", operation, partial(situation, fmt), checks, fmt)
    yield Case("an updated lead is found by its new data", "update_lead", found_again, ("update_same_lead",))
    yield Case("two leads are two records", "update_lead", two_leads, ("update_same_lead", "status_resolves"))
    yield Case("a lead held back is not delivered", "create_lead_sends", held_back, ("sends_withheld",))
    yield Case("a transfer with an order", "create_call_transfer", transfer_with_order, ("client_member",))


def journey(ping: str, post: str, story: CaseContext) -> None:
    """From ping to accepted offer and status."""
    asked, order, number = story.pinged(ping)
    presented = offers(asked)
    posted = story.session.call("inbound_post", post, story.post(number, order, presented[:1]), what="journey")
    lead = first(posted, "leadId")
    for one in (offers(posted) or presented)[:1]:
        if lead:
            story.session.call("accept_offer", parameters={"leadUID": lead, "offerId": one}, what="journey")
    story.ask_status(posted, "journey", "accepted")


def status(operation: str, fmt: str, story: CaseContext) -> None:
    """The status right after a create, asked twice: the two responses agree as well."""
    created = story.created(operation, fmt)
    story.ask_status(created, "right after", "accepted")


def four(story: CaseContext) -> None:
    """Four leads in one request, the second refused: the status lists them all, in the order they were sent in."""
    for fmt in ("json", "xml"):
        value, _ = story.request("create_lead", leads=3)
        ruled_out, _ = story.request("create_lead", refused=True)
        value["leads"].insert(1, ruled_out["leads"][0])
        intent = "mixed:accepted,refused,accepted,accepted"
        story.ask_status(story.session.call("create_lead", fmt, value, intent=intent, what="four leads"), "four leads")


def refused_status(story: CaseContext) -> None:
    """The status of a request whose lead was refused."""
    value, outcome = story.request("create_lead", refused=True)
    refused = story.session.call("create_lead", value=value, intent=f"refused:{outcome}", what="to ask the status of")
    story.ask_status(refused, "refused")


def reviewed(verdict: str, story: CaseContext) -> None:
    """Under review, then reviewed."""
    controls = story.need_controls()
    created = story.created("create_lead", "json", _under_review(story))
    story.ask_status(created, "under review", "status:pending")
    controls.post(f"leads/{first(created, 'leadId')}/review", verdict=verdict, reason="Consent is missing")
    story.ask_status(created, f"review: {verdict}", f"status:{verdict}")


def returned(story: CaseContext) -> None:
    """Returned by the buyer."""
    controls = story.need_controls()
    created = story.created("create_lead", "json")
    story.ask_status(created, "not returned yet", "status:kept")
    controls.post(f"leads/{first(created, 'leadId')}/return", reason="Wrong number")
    for what in ("returned", "returned, asked again", "returned, asked once more"):
        story.ask_status(created, what, "status:return")


def second_of_two(story: CaseContext) -> None:
    """Two leads in one request, of which the second is reviewed or returned: the first stays what it was."""
    controls = story.need_controls()
    value, _ = story.request("create_lead", leads=2)
    created = story.session.call("create_lead", value=value, what="two leads")
    controls.post(f"leads/{_second(created)}/return", reason="Wrong number")
    story.ask_status(created, "the second of two returned", "status:kept,return")
    value, _ = _under_review(story).request("create_lead", (next(story.numbers), next(story.numbers)))
    created = story.session.call("create_lead", value=value, what="two leads under review")
    controls.post(f"leads/{_second(created)}/review", verdict="approve", reason="")
    story.ask_status(created, "the second of two reviewed", "status:pending,approve")


def _second(created: Judgement) -> Any:
    accepted = created.context.accepted if created.context else []
    if len(accepted) < 2 or not accepted[1][1].get("leadId"):
        raise CaseSkipped("of two leads not both were given a leadId")
    return accepted[1][1]["leadId"]


def _under_review(story: CaseContext) -> LeadMaker:
    """A maker of leads that go to review.

    Raises:
        CaseSkipped: The profile has no campaign for them.
    """
    found = [one for one in story.maker.profile.campaigns if one.review_share == 1.0 and not one.disabled]
    if not found:
        raise CaseSkipped("no campaign of the profile sends every lead to review")
    return story.maker.under(found[0])


def duplicate(fmt: str, story: CaseContext) -> None:
    """The same lead a second time, in the same and in the other representation."""
    if not story.maker.chosen().duplicate_keys:
        raise CaseSkipped("the campaign of the profile knows no duplicates")
    number = next(story.numbers)
    value, _ = story.again("create_lead", number)
    story.session.call("create_lead", "json", value, what="to be repeated")
    story.session.call("create_lead", fmt, value, intent="refused:Duplicate_Lead", what="the same lead again")


def other_keys(fmt: str, story: CaseContext) -> None:
    """A lead is known again by each set of the campaign's duplicate keys, one at a time."""
    key_sets = story.maker.chosen().duplicate_keys
    if not key_sets:
        raise CaseSkipped("the campaign of the profile knows no duplicates")
    for keys in key_sets:
        value, _ = story.request("create_lead")
        story.session.call("create_lead", fmt, value, what="to be repeated")
        again, _ = story.request("create_lead")
        again["leads"][0]["fields"] |= {key: value["leads"][0]["fields"][key] for key in keys}
        what = f"another lead with the same {' and '.join(keys)}"
        story.session.call("create_lead", fmt, again, intent="refused:Duplicate_Lead", what=what)


def after_window(fmt: str, story: CaseContext) -> None:
    """What counts as a duplicate within a campaign's window is a new lead after it."""
    controls, campaign = story.need_controls(), story.maker.chosen()
    if not campaign.duplicate_keys:
        raise CaseSkipped("the campaign of the profile knows no duplicates")
    value, _ = story.request("create_lead")
    story.session.call("create_lead", fmt, value, what="to be repeated")
    controls.post("clock/advance", seconds=campaign.duplicate_window + 60)
    story.session.call("create_lead", fmt, value, what="the same lead after the window")


def found_again(story: CaseContext) -> None:
    """A duplicate check finds the updated lead, and not the one before it, by the data that the update gave it."""
    story.created("create_lead", "json")
    created = story.created("create_lead", "json")
    value, _ = story.request("update_lead")
    value["leads"][0]["properties"] = {"leadUID": first(created, "leadId")}
    story.session.call("update_lead", value=value, what="with another identity")
    check, _ = story.request("duplicate_check")
    check["leads"][0]["fields"] = value["leads"][0]["fields"]
    story.session.call("duplicate_check", value=check, what="the updated lead")


def known(fmt: str, story: CaseContext) -> None:
    """A duplicate check of a lead that was just accepted."""
    number = next(story.numbers)
    value, _ = story.again("create_lead", number)
    story.session.call("create_lead", fmt, value, what="to be looked for")
    check, _ = story.again("duplicate_check", number)
    story.session.call("duplicate_check", fmt, check, what="a lead that is known")


def unknown(fmt: str, story: CaseContext) -> None:
    """A duplicate check of a lead that nobody sent."""
    value, _ = story.request("duplicate_check")
    story.session.call("duplicate_check", fmt, value, intent="accepted:new", what="a lead that is new")


def order_twice(fmt: str, story: CaseContext) -> None:
    """An order serves once."""
    _, order, number = story.pinged(fmt)
    story.session.call("inbound_post", fmt, story.post(number, order, []), what="order used once")
    again = story.post(next(story.numbers), order, [])
    story.session.call("inbound_post", fmt, again, intent="refused", what="order used twice")


def stranger(fmt: str, story: CaseContext) -> None:
    """An orderId that no ping gave."""
    number = next(story.numbers)
    post = story.post(number, "00000000-0000-4000-8000-000000000000", [])
    story.session.call("inbound_post", fmt, post, intent="refused", what="order that nobody gave")


def other_source(fmt: str, story: CaseContext) -> None:
    """An order is for the source that asked."""
    _, order, number = story.pinged(fmt)
    post = story.post(number, order, [])
    mine, lid = post["source"]["vid"], post["source"]["lid"]
    able = [
        one for one in story.maker.profile.sources if not one.disabled and one.daily_cap is None and lid in one.lids
    ]
    others = [one for one in able if one.vid != mine]
    if not others:
        raise CaseSkipped("the profile has no second source for the lead type")
    post["source"]["vid"] = others[0].vid
    story.session.call("inbound_post", fmt, post, intent="refused", what="order used by another source")


def in_time(fmt: str, story: CaseContext) -> None:
    """An order lives until the moment that the ping named: a minute before, it is good still."""
    controls, lifetime = story.need_controls(), story.maker.profile.rules.order_lifetime
    _, order, number = story.pinged(fmt)
    controls.post("clock/advance", seconds=max(0, lifetime - 60))
    story.session.call("inbound_post", fmt, story.post(number, order, []), what="order about to expire")


def other_campaign(fmt: str, story: CaseContext) -> None:
    """An order is for its own campaign."""
    others = [one for one in story.other_campaigns() if not one.capped]
    if not others:
        raise CaseSkipped("the profile has no second campaign for the lead type")
    _, order, number = story.pinged(fmt)
    post = story.post(number, order, [])
    post["source"]["aid"] = others[0].aid
    story.session.call("inbound_post", fmt, post, intent="refused", what="order used for another campaign")


def expired(fmt: str, story: CaseContext) -> None:
    """An order lives until the moment that the ping named."""
    controls = story.need_controls()
    _, order, number = story.pinged(fmt)
    controls.post("clock/advance", seconds=story.maker.profile.rules.order_lifetime + 1)
    story.session.call("inbound_post", fmt, story.post(number, order, []), intent="refused", what="order expired")


def two_leads(story: CaseContext) -> None:
    """Two leads, of which the second is updated: the first one's record stays its own."""
    left, right = story.created("create_lead", "json"), story.created("create_lead", "json")
    value, _ = story.request("update_lead")
    value["leads"][0]["properties"] = {"leadUID": first(right, "leadId"), "processDelivery": True}
    story.session.call("update_lead", value=value, what="the second of two")
    story.ask_status(left, "the first of two", "accepted")
    story.ask_status(right, "the second of two", "accepted")


def held_back(story: CaseContext) -> None:
    """noSell, and a delay, keep a lead from being delivered."""
    for fmt in ("json", "xml"):
        value, _ = story.request("create_lead_sends")
        value["leads"][0]["properties"]["noSell"] = True
        story.session.call("create_lead_sends", fmt, value, what="noSell")
        value, _ = story.request("create_lead_sends")
        value["source"]["sendDelay"] = 1.5
        story.session.call("create_lead_sends", fmt, value, what="with a delay")


def transfer_with_order(story: CaseContext) -> None:
    """orderId is a property of the other creates, too."""
    for operation in ("create_call_transfer", "create_call_lead", "create_lead_sends"):
        maker = story.maker
        if maker.source(operation) is None:
            continue
        for fmt in ("json", "xml"):
            number = next(story.numbers)
            ping, _ = maker.request("ping", (number,))
            ping["source"]["vid"] = maker.request(operation, (number,))[0]["source"]["vid"]
            order = first(story.session.call("ping", fmt, ping, what="to create for"), "orderId")
            value, _ = maker.request(operation, (number,))
            if order:
                value["leads"][0]["properties"]["orderId"] = order
                story.session.call(operation, fmt, value, intent="", what="with an order")
