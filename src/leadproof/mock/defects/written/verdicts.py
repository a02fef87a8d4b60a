"""Verdicts that contradict themselves or the profile, and deliveries that should not or should have been."""

from __future__ import annotations

from typing import Any

from leadproof.mock.defects.model import Injection
from leadproof.mock.defects.written.inbound import each_lead, properties, rewritten, source
from leadproof.mock.defects.written.profiles import campaigns, parts, profile, sources, those
from leadproof.mock.defects.written.rows import (
    CREATES,
    Change,
    D,
    InjectionOf,
    Table,
    accepts,
    each,
    edit,
    has,
    put,
    refuses,
    result,
    values,
    when,
)
from leadproof.mock.engine import responses
from leadproof.mock.engine.responses import Value


def _accepted(**members: Any) -> InjectionOf:
    """Acceptances with other members."""
    return result(when(accepts, put(**members)))


def _refused(**members: Any) -> InjectionOf:
    """Refusals with other members."""
    return result(when(refuses, put(**members)))


def refusing(kind: str, message: str, every: int) -> InjectionOf:
    """Every so-manyth lead that is accepted, the first of its request, is refused."""

    def injection(operation: str) -> Injection:
        refused = responses.refused(operation, kind, message, "zero")
        good = values(
            lambda value: {**value, "results": [refused, *value["results"][1:]]},
            every=every,
            where=lambda value: value.get("results") and accepts(value["results"][0]),
        )
        return good(operation)

    return injection


def _renamed(was: str, becomes: str) -> Change:
    return when(has("responseType", was), put(responseType=becomes))


def _exchanged(left: str, right: str) -> Change:
    other = {left: right, right: left}
    return edit(lambda kind: other.get(kind, kind), "responseType")


def _sold(lead: Value) -> None:
    if properties(lead).get("noSell"):
        properties(lead)["noSell"] = False


def _at_once(value: Value) -> None:
    if source(value).get("sendDelay"):
        source(value)["sendDelay"] = 0


_OPTIONAL = parts("lead_types", parts("fields", those(required_in_ping=False, required_in_post=False, required_if=())))

TABLE: Table = {
    "contradictions": (
        D("valid-with-a-reason", "create_lead", "valid_iff_no_error", _accepted(responseType="Data_Errors"),
          "A valid lead has the responseType of a refusal."),
        D("refused-as-no-error", "inbound_post", "valid_iff_no_error", _refused(responseType="No_Error"),
          "A refused lead has the responseType No_Error."),
        D("refused-without-a-word", "create_lead", "refusal_message", _refused(responseMessage=""),
          "A refused lead has an empty responseMessage."),
        D("ping-refused-without-a-word", "ping", "refusal_message", _refused(response=None),
          "A refused ping has no response."),
        D("refused-and-paid", "create_call_lead", "refused_without_price", _refused(price=12.5),
          "A refused lead has a price."),
        D("ping-refused-and-paid", "ping", "refused_without_price", _refused(estimatedPayout=12.5),
          "A refused ping has an estimate."),
        D("accepted-without-a-lead", "create_lead", "presence", _accepted(leadId=None),
          "An accepted lead has no leadId."),
        D("accepted-as-lead-zero", "create_lead_sends", "accepted_lead_id", _accepted(leadId=0),
          "An accepted lead has the leadId 0."),
        D("accepted-for-no-campaign", "create_call_lead", "campaign_assigned", _accepted(campaignId=0),
          "An accepted lead is for campaign 0."),
        D("accepted-for-another-campaign", "ping", "campaign_assigned", _accepted(campaignId=3101),
          "A lead goes to another campaign than asked for."),
        D("accepted-in-part", "create_call_lead", "presence",
          result(when(accepts, lambda one: {name: value for name, value in one.items() if value})),
          "Accepted leads lack the members that are zero or false."),
    ),
    "wrong reason": (
        D("vendor-and-lead-type-exchanged", "create_lead", "refusal_expected",
          result(_exchanged("Vendor_ID_Missing", "LeadType_ID_Missing"), *CREATES),
          "A missing vid is reported as a missing lid and the other way.", needs="source"),
        D("criteria-are-data-errors", "inbound_post", "refusal_expected",
          result(_renamed("Outside_Criteria", "Data_Errors"), *CREATES),
          "A lead outside the criteria is reported as one with errors."),
        D("duplicates-are-data-errors", "create_lead", "refusal_expected",
          result(_renamed("Duplicate_Lead", "Data_Errors"), *CREATES),
          "A duplicate is reported as a lead with errors."),
        D("disabled-is-unknown", "create_lead", "refusal_expected",
          result(_renamed("Account_Disabled", "No_Account_Found"), *CREATES),
          "A disabled account is reported as one that does not exist.", needs="source"),
    ),
    "accepts too much": (
        D("criteria-ignored", "create_lead", "refusal_expected", profile(campaigns(criteria=())),
          "Leads outside the criteria are accepted."),
        D("criteria-ignored-in-pings", "ping", "refusal_expected", profile(campaigns(criteria=())),
          "Pings outside the criteria are accepted."),
        D("caps-ignored", "create_lead", "refusal_expected",
          profile(sources(daily_cap=None), campaigns(cap=None, caps=())),
          "Leads beyond the cap are accepted.", needs="source"),
        D("disabled-accounts-served", "create_lead", "refusal_expected", profile(sources(disabled=False)),
          "Leads of a disabled source are accepted.", needs="source"),
        D("required-fields-ignored", "create_lead", "refusal_expected", profile(_OPTIONAL, campaigns(criteria=())),
          "Leads without a required field are accepted."),
    ),
    "refuses too much": (
        D("every-third-refused", "create_call_lead", "valid_request_accepted",
          refusing("Outside_Criteria", "The lead is outside the criteria", every=3),
          "Every third good call lead is refused."),
        D("xml-pings-refused", "ping", "valid_request_accepted",
          result(lambda one: responses.ping_refused("Not covered", "zero"), fmt="xml"),
          "Good pings are refused in XML.", media="xml"),
    ),
    "deliveries": (
        D("no-sell-ignored", "create_lead_sends", "sends_withheld", rewritten(each_lead(_sold), "inbound_post"),
          "A lead with noSell is delivered."),
        D("delay-ignored", "create_lead_sends", "sends_withheld", rewritten(_at_once, "inbound_post"),
          "A lead with a delay is delivered at once."),
        D("delivered-to-nobody", "create_lead_sends", "sends_on_accept", result(each("sends", put(clientId=0))),
          "A delivery succeeded to client 0."),
        D("transferred-to-nobody", "create_call_transfer", "transfer_client", _accepted(client=[]),
          "A transfer is paid for and names no client."),
        D("transfer-without-an-agent", "create_call_transfer", "transfer_client",
          result(each("client", put(agentName="", agentPhone=" "))),
          "A transfer names no number to call.", media="json"),
    ),
}  # fmt: skip
