"""Orders that are good for too much or too little, and offers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from leadproof.core.exchange import Request, Response
from leadproof.mock.app import Mock
from leadproof.mock.defects.model import Around, Injection
from leadproof.mock.defects.written.inbound import (
    Proceed,
    each_lead,
    instead,
    leads,
    media_of,
    operation_of,
    properties,
    rewritten,
)
from leadproof.mock.defects.written.rows import D, Table, accepts, each, edit, put, refuses, result, values, when
from leadproof.mock.engine.orders import OpenOrder, OrderBook
from leadproof.mock.engine.responses import Value


def book(kind: type[OrderBook]) -> Injection:
    """Another memory for orders."""

    def patch(mock: Mock) -> None:
        mock.world.orders = kind(mock.world.seed, 100_000)

    return Injection(patch=patch)


class _Reusable(OrderBook):
    __slots__ = ()

    def post(self, order: OpenOrder) -> None:
        """An order that stays open."""


class _AnySource(OrderBook):
    """Whoever comes with an order gets the one of the first source."""

    __slots__ = ("_asking",)

    def find(self, order_id: str, now: float) -> OpenOrder | None:
        found = super().find(order_id, now)
        return None if found is None else found._replace(source=_Whoever(found.source))


class _Whoever(int):
    """A position in the profile that equals every other."""

    def __eq__(self, other: object) -> bool:
        return True

    def __ne__(self, other: object) -> bool:
        return False

    __hash__ = int.__hash__


class _Empty(OrderBook):
    __slots__ = ()

    def find(self, order_id: str, now: float) -> OpenOrder | None:
        return None


def _campaign_left_out(value: Value) -> None:
    if any(properties(lead).get("orderId") for lead in leads(value)):
        value["source"].pop("aid", None)


def _garbled(name: str, new: Any) -> Callable[[Value], None]:
    def change(lead: Value) -> None:
        if properties(lead).get(name):
            properties(lead)[name] = new

    return each_lead(change)


def _unknown_order_left_out(lead: Value) -> None:
    if str(properties(lead).get("orderId") or "").startswith("00000000"):
        del properties(lead)["orderId"]


def _lead_of(request: Request) -> int:
    """The lead that the acceptance of an offer names in its path."""
    return int(request.path.split("/")[3])


def _json_leads_only() -> Around:
    from_xml: set[int] = set()

    def around(mock: Mock, request: Request, proceed: Proceed) -> Response:
        if operation_of(request) == "accept_offer" and _lead_of(request) in from_xml:
            return proceed(request._replace(target=request.target.replace("/offers/", "/offers/0")))
        before = mock.world.leads.next_id
        response = proceed(request)
        if "xml" in media_of(request):
            from_xml.update(range(before, mock.world.leads.next_id))
        return response

    return around


def _whatever(*, known: bool) -> Injection:
    """Every offer of leads that are known, or of those that are not, is accepted."""

    def around(mock: Mock, request: Request, proceed: Proceed) -> Response:
        response = proceed(request)
        if operation_of(request) == "accept_offer" and response.status == 200:
            lead = mock.world.leads.find(_lead_of(request))
            if (lead is not None) is known:
                return response._replace(body=b'{"success":true,"message":"Offer marked as accepted"}')
        return response

    return instead(around)


def _exchanged(offers: list[Value]) -> list[Value]:
    ids = [offer["offerId"] for offer in offers]
    return [{**offer, "offerId": other} for offer, other in zip(offers, ids[1:] + ids[:1], strict=True)]


def _consent(**members: Any) -> Callable[[Value], Value]:
    return each("offers", edit(put(**members), "tcpaInformation"))


_NO_SUCH_OFFER = values(lambda value: {"success": False, "message": "There is no such offer"}, "accept_offer")

TABLE: Table = {
    "orders": (
        D("order-used-twice", "inbound_post", "post_order_once", book(_Reusable),
          "An order can be used again and again."),
        D("order-of-another-campaign", "inbound_post", "post_order_campaign",
          rewritten(_campaign_left_out, "inbound_post"),
          "An order is taken for whatever campaign the post names."),
        D("order-of-another-source", "inbound_post", "post_order_campaign", book(_AnySource),
          "An order is taken from a source that did not ask for it."),
        D("order-refused", "inbound_post", "post_honours_order", book(_Empty),
          "A post with a live order is refused."),
        D("order-refused-in-xml", "inbound_post", "post_honours_order",
          rewritten(_garbled("orderId", "0"), "inbound_post", fmt="xml"),
          "An order can be used in JSON only.", media="xml"),
        D("order-refused-with-offers", "inbound_post", "post_honours_order",
          rewritten(_garbled("offerIds", ["0"]), "inbound_post"),
          "A post that selects an offer is refused."),
        D("order-that-nobody-gave", "inbound_post", "refusal_expected",
          rewritten(each_lead(_unknown_order_left_out), "inbound_post"),
          "A post with an orderId that no ping gave is accepted."),
        D("order-with-a-refusal", "ping", "order_when_refused",
          result(when(refuses, put(orderId="5ef1a2b4-7c30-4d59-9d11-2b8f0c6d7e93"))),
          "A refused ping is given an order."),
        D("acceptance-without-an-order", "ping", "order_when_accepted", result(put(orderId="")),
          "An accepted ping is given no order."),
    ),
    "offers": (
        D("offer-refused", "accept_offer", "offer_accepted", _NO_SUCH_OFFER,
          "An offer that was presented cannot be accepted."),
        D("offer-of-an-xml-lead-refused", "accept_offer", "offer_accepted", Injection(around=_json_leads_only),
          "Offers of leads that came in XML cannot be accepted."),
        D("offer-of-a-post-refused", "inbound_post", "offer_accepted", _NO_SUCH_OFFER,
          "Offers of a ping cannot be accepted once the lead is posted.", of="accept_offer"),
        D("offer-unknown-accepted", "accept_offer", "offer_unknown", _whatever(known=True),
          "Any offerId can be accepted."),
        D("offer-of-an-unknown-lead-accepted", "accept_offer", "offer_unknown", _whatever(known=False),
          "Offers of leads that do not exist can be accepted."),
        D("offer-without-a-word", "accept_offer", "accept_message", values(put(message=" ")),
          "The acceptance of an offer has an empty message."),
        D("offers-not-echoed", "inbound_post", "offers_same", result(when(accepts, put(offers=[]))),
          "A post does not show the offers that it selected."),
        D("offers-exchanged", "inbound_post", "offers_same", result(edit(_exchanged, "offers")),
          "In the response to a post the offers have each other's ids."),
        D("offer-without-its-consent-text", "create_lead", "offer_tcpa_text",
          result(_consent(customTCPATextRequired=True, tcpaText=" ")),
          "An offer that needs a consent text has none."),
        D("offer-with-a-relative-url", "create_lead", "offer_urls", result(_consent(termsURL="/terms")),
          "The terms of an offer are at a relative URL."),
    ),
}  # fmt: skip
