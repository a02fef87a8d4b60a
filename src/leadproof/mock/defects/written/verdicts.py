"""Verdicts that contradict themselves or the profile, and deliveries that should not or should have been."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from leadproof.contract.profile import Profile
from leadproof.mock.defects.model import Defect, Injection, each_result
from leadproof.mock.defects.written.duplicates import campaigns
from leadproof.mock.defects.written.rows import CREATES, each_request, leads, properties, row
from leadproof.mock.engine import answers
from leadproof.mock.engine.answers import Value
from leadproof.mock.engine.service import Transform


def rows() -> Iterator[Defect]:
    """The rows of this module."""
    yield from _contradictions()
    yield from _reasons()
    yield from _deliveries()


def _if_valid(**members: object) -> Callable[[Value], Value]:
    return lambda one: {**one, **members} if one.get("isValid") or one.get("willAccept") else one


def _unless_valid(**members: object) -> Callable[[Value], Value]:
    return lambda one: one if one.get("isValid") or one.get("willAccept") else {**one, **members}


def _contradictions() -> Iterator[Defect]:
    kind = "contradictions"
    yield row(
        "valid-with-a-reason",
        kind,
        "A valid lead has the responseType of a refusal.",
        "valid_iff_no_error",
        "create_lead",
        each_result(_if_valid(responseType="Data_Errors"), "create_lead"),
    )
    yield row(
        "refused-as-no-error",
        kind,
        "A refused lead has the responseType No_Error.",
        "valid_iff_no_error",
        "inbound_post",
        each_result(_unless_valid(responseType="No_Error"), "inbound_post"),
    )
    yield row(
        "refused-without-a-word",
        kind,
        "A refused lead has an empty responseMessage.",
        "refusal_message",
        "create_lead",
        each_result(_unless_valid(responseMessage=""), "create_lead"),
    )
    yield row(
        "ping-refused-without-a-word",
        kind,
        "A refused ping has no response.",
        "refusal_message",
        "ping",
        each_result(_unless_valid(response=None), "ping"),
    )
    yield row(
        "refused-and-paid",
        kind,
        "A refused lead has a price.",
        "refused_without_price",
        "create_call_lead",
        each_result(_unless_valid(price=12.5), "create_call_lead"),
    )
    yield row(
        "ping-refused-and-paid",
        kind,
        "A refused ping has an estimate.",
        "refused_without_price",
        "ping",
        each_result(_unless_valid(estimatedPayout=12.5), "ping"),
    )
    yield row(
        "accepted-without-a-lead",
        kind,
        "An accepted lead has no leadId.",
        "presence",
        "create_lead",
        each_result(_if_valid(leadId=None), "create_lead"),
    )
    yield row(
        "accepted-as-lead-zero",
        kind,
        "An accepted lead has the leadId 0.",
        "accepted_lead_id",
        "create_lead_sends",
        each_result(_if_valid(leadId=0), "create_lead_sends"),
    )
    yield row(
        "accepted-for-no-campaign",
        kind,
        "An accepted lead is for campaign 0.",
        "campaign_assigned",
        "create_call_lead",
        each_result(_if_valid(campaignId=0), "create_call_lead"),
    )
    yield row(
        "accepted-for-another-campaign",
        kind,
        "A lead goes to another campaign than asked for.",
        "campaign_assigned",
        "ping",
        each_result(_if_valid(campaignId=3101), "ping"),
    )
    yield row(
        "accepted-in-part",
        kind,
        "Accepted leads lack the members that are zero or false.",
        "presence",
        "create_call_lead",
        each_result(
            lambda one: {name: value for name, value in one.items() if value or not one["isValid"]}, "create_call_lead"
        ),
    )


def _reasons() -> Iterator[Defect]:
    kind, check = "wrong reason", "refusal_expected"
    yield row(
        "vendor-and-lead-type-exchanged",
        kind,
        "A missing vid is reported as a missing lid and the other way.",
        check,
        "create_lead",
        each_result(_exchanged("Vendor_ID_Missing", "LeadType_ID_Missing"), *CREATES),
    )
    yield row(
        "criteria-are-data-errors",
        kind,
        "A lead outside the criteria is reported as one with errors.",
        check,
        "inbound_post",
        each_result(_renamed("Outside_Criteria", "Data_Errors"), *CREATES),
    )
    yield row(
        "duplicates-are-data-errors",
        kind,
        "A duplicate is reported as a lead with errors.",
        check,
        "create_lead",
        each_result(_renamed("Duplicate_Lead", "Data_Errors"), *CREATES),
    )
    yield row(
        "disabled-is-unknown",
        kind,
        "A disabled account is reported as one that does not exist.",
        check,
        "create_lead",
        each_result(_renamed("Account_Disabled", "No_Account_Found"), *CREATES),
    )
    kind = "accepts too much"
    yield row(
        "criteria-ignored",
        kind,
        "Leads outside the criteria are accepted.",
        check,
        "create_lead",
        Injection(profile=campaigns(criteria=())),
    )
    yield row(
        "criteria-ignored-in-pings",
        kind,
        "Pings outside the criteria are accepted.",
        check,
        "ping",
        Injection(profile=campaigns(criteria=())),
    )
    yield row(
        "caps-ignored", kind, "Leads beyond the cap are accepted.", check, "create_lead", Injection(profile=_uncapped)
    )
    yield row(
        "disabled-accounts-served",
        kind,
        "Leads of a disabled source are accepted.",
        check,
        "create_lead",
        Injection(profile=_enabled),
    )
    yield row(
        "required-fields-ignored",
        kind,
        "Leads without a required field are accepted.",
        check,
        "create_lead",
        Injection(profile=_nothing_required),
    )
    kind = "refuses too much"
    yield row(
        "every-third-refused",
        kind,
        "Every third good call lead is refused.",
        "valid_request_accepted",
        "create_call_lead",
        Injection(transform=_now_and_then),
    )
    yield row(
        "xml-pings-refused",
        kind,
        "Good pings are refused in XML.",
        "valid_request_accepted",
        "ping",
        each_result(lambda one: answers.ping_refused("Not covered", "zero"), "ping", fmt="xml"),
        fmt="xml",
    )


def _renamed(was: str, becomes: str) -> Callable[[Value], Value]:
    return lambda one: {**one, "responseType": becomes} if one.get("responseType") == was else one


def _exchanged(left: str, right: str) -> Callable[[Value], Value]:
    other = {left: right, right: left}
    return lambda one: {**one, "responseType": other.get(one["responseType"], one["responseType"])}


def _uncapped(profile: Profile) -> Profile:
    return replace(
        profile,
        sources=tuple(replace(one, daily_cap=None) for one in profile.sources),
        campaigns=tuple(replace(one, cap=None) for one in profile.campaigns),
    )


def _enabled(profile: Profile) -> Profile:
    return replace(profile, sources=tuple(replace(one, disabled=False) for one in profile.sources))


def _nothing_required(profile: Profile) -> Profile:
    return replace(
        profile,
        lead_types=tuple(
            replace(
                kind,
                fields=tuple(replace(one, required_in_ping=False, required_in_post=False) for one in kind.fields),
            )
            for kind in profile.lead_types
        ),
        campaigns=tuple(replace(one, criteria=()) for one in profile.campaigns),
    )


def _now_and_then() -> Transform:
    seen: list[int] = []

    def transform(operation: str, fmt: str, value: Value) -> Value:
        results = value.get("results")
        if operation != "create_call_lead" or not results or not results[0]["isValid"]:
            return value
        seen.append(1)
        refused = answers.refused(operation, "Outside_Criteria", "The lead is outside the criteria", "zero")
        return value if len(seen) % 3 else {**value, "results": [refused, *results[1:]]}

    return transform


def _deliveries() -> Iterator[Defect]:
    kind = "deliveries"
    yield row(
        "no-sell-ignored",
        kind,
        "A lead with noSell is delivered.",
        "sends_withheld",
        "create_lead_sends",
        each_request(_sold, "inbound_post"),
    )
    yield row(
        "delay-ignored",
        kind,
        "A lead with a delay is delivered at once.",
        "sends_withheld",
        "create_lead_sends",
        each_request(_at_once, "inbound_post"),
    )
    yield row(
        "delivered-to-nobody",
        kind,
        "A delivery succeeded to client 0.",
        "sends_on_accept",
        "create_lead_sends",
        each_result(_list("sends", clientId=0), "create_lead_sends"),
    )
    yield row(
        "transferred-to-nobody",
        kind,
        "A transfer is paid for and names no client.",
        "transfer_client",
        "create_call_transfer",
        each_result(_if_valid(client=[]), "create_call_transfer"),
    )
    yield row(
        "transfer-without-an-agent",
        kind,
        "A transfer names no number to call.",
        "transfer_client",
        "create_call_transfer",
        each_result(_list("client", agentName="", agentPhone=" "), "create_call_transfer"),
        fmt="json",
    )


def _sold(value: Value) -> None:
    for lead in leads(value):
        if properties(lead).get("noSell"):
            properties(lead)["noSell"] = False


def _at_once(value: Value) -> None:
    source = value.get("source")
    if isinstance(source, dict) and source.get("sendDelay"):
        source["sendDelay"] = 0


def _list(name: str, **members: object) -> Callable[[Value], Value]:
    def change(one: Value) -> Value:
        entries = one.get(name)
        return {**one, name: [{**entry, **members} for entry in entries]} if isinstance(entries, list) else one

    return change
