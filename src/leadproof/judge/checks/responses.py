"""Checks of one response by itself: whether its members fit each other and the request."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any, TypeGuard

from leadproof.bodies import typed
from leadproof.core import lazy
from leadproof.judge.checks.context import Breach, Context, instant, later_by, outcome, properties

#: Seconds by which two clocks may differ before a moment counts as past or future.
CLOCK_SKEW = timedelta(seconds=120)

_URL = lazy.pattern(r"https?://[^\s/?#]+[^\s]*", re.IGNORECASE)


# A value of another type than documented is the schema's business; the checks below look at those of the right type.


def _whole(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _positive(value: Any) -> TypeGuard[int]:
    return _whole(value) and value > 0


def _number(value: Any) -> TypeGuard[float]:
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)


def blank(value: Any) -> bool:
    """Does a text say nothing?"""
    return value is None or (isinstance(value, str) and not value.strip())


def one_result_per_lead(context: Context) -> Iterator[Breach]:
    asked, got = len(context.leads), len(context.results)
    if asked != got:
        yield Breach("schema.cardinality", "the number of results is not the number of leads", "/results", "",
                     f"{asked} results", f"{got} results")  # fmt: skip
        return
    kind, _, outcomes = context.exchange.intent.partition(":")
    for wanted, (at, result) in zip(outcomes.split(","), context.results, strict=False):
        if kind == "mixed" and result.get(context.acceptance) is not (wanted == "accepted"):
            yield Breach("schema.cardinality", "the results do not stand in the order of the leads",
                         f"{at}/{context.acceptance}", "", f"the outcome of its lead: {wanted}",
                         typed(result.get(context.acceptance)))  # fmt: skip


def valid_iff_no_error(context: Context) -> Iterator[Breach]:
    for at, result in context.results:
        valid, kind = result.get("isValid"), outcome(result)
        if not isinstance(valid, bool) or not isinstance(kind, str) or not kind:
            continue  # the schema's business
        if valid != (kind == "No_Error"):
            yield Breach("business.contradiction", f"isValid is {str(valid).lower()} and responseType is {kind[:40]}",
                         f"{at}/responseType", "", "No_Error exactly when isValid is true", typed(kind))  # fmt: skip


def refusal_message(context: Context) -> Iterator[Breach]:
    name = "response" if context.operation.id in ("ping", "duplicate_check") else "responseMessage"
    for at, result in context.refused:
        if blank(result.get(name)):
            yield Breach("business.contradiction", "a refused result does not say why", f"{at}/{name}", "",
                         "a reason", typed(result.get(name)))  # fmt: skip


def accepted_lead_id(context: Context) -> Iterator[Breach]:
    for at, result in context.accepted:
        if _whole(result.get("leadId")) and not _positive(result.get("leadId")):
            yield Breach("business.contradiction", "an accepted lead has no identifier", f"{at}/leadId", "",
                         "integer above 0", typed(result.get("leadId")))  # fmt: skip


def refused_without_price(context: Context) -> Iterator[Breach]:
    name = "estimatedPayout" if context.operation.id == "ping" else "price"
    for at, result in context.refused:
        price = result.get(name)
        if _number(price) and price > 0:
            yield Breach("business.contradiction", "a refused result is paid for", f"{at}/{name}", "",
                         "nothing, null or 0", typed(price))  # fmt: skip


def lead_ids_unique(context: Context) -> Iterator[Breach]:
    seen: set[Any] = set()
    for at, result in context.accepted:
        identifier = result.get("leadId")
        if not _positive(identifier):
            continue
        earlier = context.history.leads.get(identifier)
        if identifier in seen or earlier is not None:
            where = "in this response" if identifier in seen else "by an earlier response"
            yield Breach("business.contradiction", f"the leadId was already given {where}", f"{at}/leadId", "",
                         "a leadId of its own", typed(identifier))  # fmt: skip
        seen.add(identifier)


def request_ids_unique(context: Context) -> Iterator[Breach]:
    identifier = context.response_value.get("requestId") if isinstance(context.response_value, dict) else None
    if isinstance(identifier, str) and identifier and identifier.lower() in context.history.request_ids:
        yield Breach(
            "business.contradiction",
            "the requestId was already given by an earlier response",
            "/requestId",
            "",
            "a requestId of its own",
            typed(identifier),
        )


def order_when_accepted(context: Context) -> Iterator[Breach]:
    for at, result in context.accepted:
        if result.get("orderId") is not None and blank(result["orderId"]):
            yield Breach("business.contradiction", "an accepted ping has no order", f"{at}/orderId", "",
                         "an order identifier", typed(result["orderId"]))  # fmt: skip


def order_when_refused(context: Context) -> Iterator[Breach]:
    for at, result in context.refused:
        if not blank(result.get("orderId")):
            yield Breach("business.contradiction", "a refused ping has an order", f"{at}/orderId", "",
                         "nothing, null or empty", typed(result["orderId"]))  # fmt: skip


def order_expiry_future(context: Context) -> Iterator[Breach]:
    for at, result in context.accepted:
        expires = instant(result.get("orderExpiresOn"))
        if expires is not None and context.now is not None and expires <= context.now:
            yield Breach(
                "business.contradiction",
                "the order had expired when it was given",
                f"{at}/orderExpiresOn",
                "",
                f"a timestamp after the response, {context.now.isoformat().replace('+00:00', 'Z')}",
                typed(result["orderExpiresOn"]),
            )


_MOMENTS = lazy.pattern(r"(?:^|/)(?:orderExpiresOn|receivedOn|dateReceived|dateOfReview|dateOfReturn)$")


def order_expiry_utc(context: Context) -> Iterator[Breach]:
    for at, value in _leaves(context.response_value):
        timestamp = instant(value) if _MOMENTS.search(at) else None
        if timestamp is not None and timestamp.utcoffset() != timedelta(0):
            yield Breach(
                "schema.format", "the timestamp is not in UTC", at, "", "suffix Z or offset zero", typed(value)
            )


def _leaves(value: Any, at: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, (dict, list)):
        for key, sub in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _leaves(sub, f"{at}/{key}")
    else:
        yield at, value


def order_ids_unique(context: Context) -> Iterator[Breach]:
    seen: set[Any] = set()
    for at, result in context.accepted:
        identifier = result.get("orderId")
        if not isinstance(identifier, str) or not identifier:
            continue
        if identifier in seen or identifier in context.history.orders:
            yield Breach("business.contradiction", "the orderId was already given", f"{at}/orderId", "",
                         "an orderId of its own", typed(identifier))  # fmt: skip
        seen.add(identifier)


def campaign_assigned(context: Context) -> Iterator[Breach]:
    asked = context.source.get("aid")
    for at, result in context.accepted:
        got = result.get("campaignId")
        if _whole(got) and not _positive(got):
            yield Breach("business.contradiction", "an accepted result names no campaign", f"{at}/campaignId", "",
                         "integer above 0", typed(got))  # fmt: skip
        elif _positive(asked) and _whole(got) and got != asked:
            yield Breach("business.contradiction", "the result is for another campaign than asked for",
                         f"{at}/campaignId", "", typed(asked), typed(got))  # fmt: skip


def _offers(context: Context) -> Iterator[tuple[str, dict[str, Any]]]:
    for at, result in context.results:
        offers = result.get("offers")
        for index, offer in enumerate(offers if isinstance(offers, list) else []):
            if isinstance(offer, dict):
                yield f"{at}/offers/{index}", offer


def offer_ids_unique(context: Context) -> Iterator[Breach]:
    for at, result in context.results:
        seen: set[Any] = set()
        offers = result.get("offers")
        for index, offer in enumerate(offers if isinstance(offers, list) else []):
            identifier = offer.get("offerId") if isinstance(offer, dict) else None
            if isinstance(identifier, str) and (not identifier or identifier in seen):
                yield Breach(
                    "business.contradiction",
                    "the offer has no identifier of its own",
                    f"{at}/offers/{index}/offerId",
                    "",
                    "an offerId of its own",
                    typed(identifier),
                )
            seen.add(identifier if isinstance(identifier, str) else None)


def offer_urls(context: Context) -> Iterator[Breach]:
    for at, offer in _offers(context):
        details = offer.get("tcpaInformation")
        places = [("url", offer.get("url"))]
        if isinstance(details, dict):
            places += [(f"tcpaInformation/{name}", details.get(name)) for name in ("privacyURL", "termsURL")]
        for name, url in places:
            if isinstance(url, str) and url and not _URL.fullmatch(url):
                yield Breach("schema.format", "not an absolute http or https URL", f"{at}/{name}", "",
                             "an absolute URL, or empty", typed(url))  # fmt: skip


def offer_tcpa_text(context: Context) -> Iterator[Breach]:
    for at, offer in _offers(context):
        details = offer.get("tcpaInformation")
        if (
            isinstance(details, dict)
            and details.get("customTCPATextRequired") is True
            and blank(details.get("tcpaText"))
        ):
            yield Breach("business.contradiction", "custom TCPA text is required and there is none",
                         f"{at}/tcpaInformation/tcpaText", "", "the text", typed(details.get("tcpaText")))  # fmt: skip


def sends_on_accept(context: Context) -> Iterator[Breach]:
    for at, result in context.accepted:
        sends = result.get("sends")
        for index, send in enumerate(sends if isinstance(sends, list) else []):
            if not isinstance(send, dict) or send.get("valid") is not True:
                continue
            if _whole(send.get("clientId")) and not _positive(send.get("clientId")):
                yield Breach(
                    "business.contradiction",
                    "a delivery succeeded to no client",
                    f"{at}/sends/{index}/clientId",
                    "",
                    "integer above 0",
                    typed(send.get("clientId")),
                )


def transfer_client(context: Context) -> Iterator[Breach]:
    withheld = {at for at, lead, _ in context.pairs if _withheld(context, lead)}
    for at, result in context.accepted:
        clients = result.get("client")
        entries = clients if isinstance(clients, list) else [clients] if isinstance(clients, dict) else []
        price = result.get("price")
        waits = result.get("isPendingReview") is True  # it has not found a buyer yet
        if not entries and _number(price) and price > 0 and at not in withheld and not waits:
            yield Breach("business.contradiction", "the transfer is paid for and names no client", f"{at}/client", "",
                         "at least one client", typed(clients))  # fmt: skip
        for index, client in enumerate(entries):
            phone = client.get("agentPhone") if isinstance(client, dict) else None
            if context.response_format == "json" and isinstance(phone, str) and not phone.strip():
                yield Breach("business.contradiction", "there is no number to transfer the call to",
                             f"{at}/client/{index}/agentPhone", "", "a phone number", typed(phone))  # fmt: skip


def update_same_lead(context: Context) -> Iterator[Breach]:
    for at, lead, result in context.pairs:
        asked, got = properties(lead).get("leadUID"), result.get("leadId")
        if result.get("isValid") is True and got is not None and got != asked:
            yield Breach("business.contradiction", "the response is about another lead than the one to update",
                         f"{at}/leadId", "", typed(asked), typed(got))  # fmt: skip


def duplicate_original(context: Context) -> Iterator[Breach]:
    for at, result in context.results:
        if result.get("isDuplicate") is not True:
            continue
        original = result.get("duplicateLeadId")
        if original is None or (_whole(original) and not _positive(original)):
            yield Breach("business.contradiction", "a duplicate names no original lead", f"{at}/duplicateLeadId", "",
                         "integer above 0", typed(result.get("duplicateLeadId")))  # fmt: skip
        received = instant(result.get("receivedOn"))
        if result.get("receivedOn") is None:
            yield Breach("business.contradiction", "a duplicate does not say when the original came",
                         f"{at}/receivedOn", "", "a timestamp", "null")  # fmt: skip
        elif received is not None and context.now is not None and later_by(received, context.now) > CLOCK_SKEW:
            yield Breach("business.contradiction", "the original lead is from the future", f"{at}/receivedOn", "",
                         f"not after {context.now.isoformat()}", typed(result["receivedOn"]))  # fmt: skip


def duplicate_none(context: Context) -> Iterator[Breach]:
    for at, result in context.results:
        if result.get("isDuplicate") is False and _positive(result.get("duplicateLeadId")):
            yield Breach(
                "business.contradiction",
                "no duplicate, and yet an original lead",
                f"{at}/duplicateLeadId",
                "",
                "nothing, null or 0",
                typed(result["duplicateLeadId"]),
            )


def accept_message(context: Context) -> Iterator[Breach]:
    if (
        isinstance(context.response_value, dict)
        and "message" in context.response_value
        and blank(context.response_value["message"])
    ):
        yield Breach("business.contradiction", "the message says nothing", "/message", "", "a message",
                     typed(context.response_value["message"]))  # fmt: skip


def readable_refusal(context: Context) -> Iterator[Breach]:
    for at, result in context.refused:
        if "responseType" in result and outcome(result) in (None, "", "No_Error"):
            yield Breach(
                "business.contradiction",
                "a refused result does not say of what type the refusal is",
                f"{at}/responseType",
                "",
                "a responseType other than No_Error",
                typed(result["responseType"]),
            )


def refusal_expected(context: Context) -> Iterator[Breach]:
    """A request built to be refused (intent `refused:TYPE`) is refused, and with that responseType."""
    wanted = context.exchange.intent.partition(":")[2]
    for at, result in context.results:
        got = outcome(result)
        if result.get(context.acceptance) is True:
            yield Breach("business.unexpected", "accepted, though the request was built to be refused",
                         f"{at}/{context.acceptance}", "", f"false {wanted}".rstrip(), "true")  # fmt: skip
        elif wanted and "responseType" in result and got != wanted:
            yield Breach("business.unexpected", "refused for another reason than the request was built for",
                         f"{at}/responseType", "", wanted, typed(got))  # fmt: skip


def _withheld(context: Context, lead: dict[str, Any]) -> bool:
    """Did the request ask to hold the lead back?"""
    delay = context.source.get("sendDelay")
    return (_number(delay) and delay > 0) or properties(lead).get("noSell") is True


def sends_withheld(context: Context) -> Iterator[Breach]:
    for at, lead, result in context.pairs:
        if not _withheld(context, lead):
            continue
        sends = result.get("sends")
        for index, send in enumerate(sends if isinstance(sends, list) else []):
            if isinstance(send, dict) and send.get("valid") is True:
                yield Breach("business.contradiction", "delivered, though the request asked to hold the lead back",
                             f"{at}/sends/{index}/valid", "", "false", "true")  # fmt: skip


def valid_request_accepted(context: Context) -> Iterator[Breach]:
    for at, result in context.refused:
        reason = next((result[name] for name in ("responseMessage", "response", "message") if result.get(name)), "")
        yield Breach(
            "business.unexpected",
            "refused, though the request was built to be accepted",
            f"{at}/{context.acceptance}",
            "",
            "true",
            f"false: {result.get('responseType') or ''} {reason}".rstrip(),
        )
