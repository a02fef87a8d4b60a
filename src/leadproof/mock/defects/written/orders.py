"""Orders that are good for too much or too little, and offers."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from leadproof.core.exchange import Request, Response
from leadproof.mock.app import Mock
from leadproof.mock.defects.model import Defect, Injection, each_result, each_value
from leadproof.mock.defects.written.rows import each_request, leads, operation_of, properties, row
from leadproof.mock.engine.answers import Value
from leadproof.mock.engine.orders import Order, OrderBook


def rows() -> Iterator[Defect]:
    """The rows of this module."""
    yield from _orders()
    yield from _offers()


def _orders() -> Iterator[Defect]:
    kind = "orders"
    yield row(
        "order-used-twice",
        kind,
        "An order can be used again and again.",
        "post_order_once",
        "inbound_post",
        Injection(rig=_book(_Reusable)),
    )
    yield row(
        "order-of-another-campaign",
        kind,
        "An order is taken for whatever campaign the post names.",
        "post_order_campaign",
        "inbound_post",
        each_request(_campaign_left_out, "inbound_post"),
    )
    yield row(
        "order-of-another-source",
        kind,
        "An order is taken from a source that did not ask for it.",
        "post_order_campaign",
        "inbound_post",
        Injection(rig=_book(_AnySource)),
    )
    yield row(
        "order-refused",
        kind,
        "A post with a live order is refused.",
        "post_honours_order",
        "inbound_post",
        Injection(rig=_book(_Empty)),
    )
    yield row(
        "order-refused-in-xml",
        kind,
        "An order can be used in JSON only.",
        "post_honours_order",
        "inbound_post",
        each_request(_order_garbled, "inbound_post", fmt="xml"),
        fmt="xml",
    )
    yield row(
        "order-refused-with-offers",
        kind,
        "A post that selects an offer is refused.",
        "post_honours_order",
        "inbound_post",
        each_request(_offer_garbled, "inbound_post"),
    )
    yield row(
        "order-that-nobody-gave",
        kind,
        "A post with an orderId that no ping gave is accepted.",
        "refusal_expected",
        "inbound_post",
        each_request(_order_left_out_unless_known, "inbound_post"),
    )
    yield row(
        "order-with-a-refusal",
        kind,
        "A refused ping is given an order.",
        "order_when_refused",
        "ping",
        each_result(
            lambda one: one if one.get("willAccept") else {**one, "orderId": "5ef1a2b4-7c30-4d59-9d11-2b8f0c6d7e93"},
            "ping",
        ),
    )
    yield row(
        "acceptance-without-an-order",
        kind,
        "An accepted ping is given no order.",
        "order_when_accepted",
        "ping",
        each_result(lambda one: {**one, "orderId": ""}, "ping"),
    )


def _book(book: type[OrderBook]) -> Callable[[Mock], None]:
    def rig(mock: Mock) -> None:
        mock.world.orders = book(mock.world.seed, 100_000)

    return rig


class _Reusable(OrderBook):
    __slots__ = ()

    def post(self, order: Order) -> None:
        """An order that stays open."""


class _AnySource(OrderBook):
    """Whoever comes with an order gets the one of the first source."""

    __slots__ = ("_asking",)

    def find(self, order_id: str, now: float) -> Order | None:
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

    def find(self, order_id: str, now: float) -> Order | None:
        return None


def _campaign_left_out(value: Value) -> None:
    if any(properties(lead).get("orderId") for lead in leads(value)):
        value["source"].pop("aid", None)


def _order_garbled(value: Value) -> None:
    for lead in leads(value):
        if properties(lead).get("orderId"):
            properties(lead)["orderId"] = "0"


def _offer_garbled(value: Value) -> None:
    for lead in leads(value):
        if properties(lead).get("offerIds"):
            properties(lead)["offerIds"] = ["0"]


def _order_left_out_unless_known(value: Value) -> None:
    for lead in leads(value):
        if str(properties(lead).get("orderId") or "").startswith("00000000"):
            del properties(lead)["orderId"]


def _offers() -> Iterator[Defect]:
    kind = "offers"
    yield row(
        "offer-refused",
        kind,
        "An offer that was presented cannot be accepted.",
        "offer_accepted",
        "accept_offer",
        each_value(lambda value: {"success": False, "message": "There is no such offer"}, "accept_offer"),
    )
    yield row(
        "offer-of-an-xml-lead-refused",
        kind,
        "Offers of leads that came in XML cannot be accepted.",
        "offer_accepted",
        "accept_offer",
        Injection(around=_json_leads_only),
    )
    yield row(
        "offer-of-a-post-refused",
        kind,
        "Offers of a ping cannot be accepted once the lead is posted.",
        "offer_accepted",
        "inbound_post",
        each_value(lambda value: {"success": False, "message": "There is no such offer"}, "accept_offer"),
        of="accept_offer",
    )
    yield row(
        "offer-unknown-accepted",
        kind,
        "Any offerId can be accepted.",
        "offer_unknown",
        "accept_offer",
        Injection(around=lambda: _whatever_of_known_leads),
    )
    yield row(
        "offer-of-an-unknown-lead-accepted",
        kind,
        "Offers of leads that do not exist can be accepted.",
        "offer_unknown",
        "accept_offer",
        Injection(around=lambda: _whatever_of_unknown_leads),
    )
    yield row(
        "offer-without-a-word",
        kind,
        "The acceptance of an offer has an empty message.",
        "accept_message",
        "accept_offer",
        each_value(lambda value: {**value, "message": " "}, "accept_offer"),
    )
    yield row(
        "offers-not-echoed",
        kind,
        "A post does not show the offers that it selected.",
        "offers_same",
        "inbound_post",
        each_result(lambda one: {**one, "offers": []} if one.get("isValid") else one, "inbound_post"),
    )
    yield row(
        "offers-exchanged",
        kind,
        "In the answer to a post the offers have each other's ids.",
        "offers_same",
        "inbound_post",
        each_result(_exchanged, "inbound_post"),
    )
    yield row(
        "offer-without-its-consent-text",
        kind,
        "An offer that needs a consent text has none.",
        "offer_tcpa_text",
        "create_lead",
        each_result(_without_text, "create_lead"),
    )
    yield row(
        "offer-with-a-relative-url",
        kind,
        "The terms of an offer are at a relative URL.",
        "offer_urls",
        "create_lead",
        each_result(_relative, "create_lead"),
    )


def _json_leads_only() -> Callable[[Mock, Request, Callable[[Request], Response]], Response]:
    from_xml: set[int] = set()

    def around(mock: Mock, request: Request, proceed: Callable[[Request], Response]) -> Response:
        operation = operation_of(request)
        if operation == "accept_offer" and int(request.path.split("/")[3]) in from_xml:
            return proceed(request._replace(target=request.target.replace("/offers/", "/offers/0")))
        before = mock.world.leads.next_id
        response = proceed(request)
        if any("xml" in value for name, value in request.headers if name.lower() == "content-type"):
            from_xml.update(range(before, mock.world.leads.next_id))
        return response

    return around


def _whatever(mock: Mock, request: Request, proceed: Callable[[Request], Response], known: bool) -> Response:
    response = proceed(request)
    if operation_of(request) == "accept_offer" and response.status == 200:
        lead = mock.world.leads.find(int(request.path.split("/")[3]))
        if (lead is not None) is known:
            return response._replace(body=b'{"success":true,"message":"Offer marked as accepted"}')
    return response


def _whatever_of_known_leads(mock: Mock, request: Request, proceed: Callable[[Request], Response]) -> Response:
    return _whatever(mock, request, proceed, True)


def _whatever_of_unknown_leads(mock: Mock, request: Request, proceed: Callable[[Request], Response]) -> Response:
    return _whatever(mock, request, proceed, False)


def _each_offer(one: Value, change: Callable[[Value], Value]) -> Value:
    offers = one.get("offers")
    return {**one, "offers": [change(offer) for offer in offers]} if isinstance(offers, list) else one


def _exchanged(one: Value) -> Value:
    offers = one.get("offers")
    if not isinstance(offers, list):
        return one
    ids = [offer["offerId"] for offer in offers]
    return {
        **one,
        "offers": [{**offer, "offerId": other} for offer, other in zip(offers, ids[1:] + ids[:1], strict=True)],
    }


def _without_text(one: Value) -> Value:
    return _each_offer(
        one,
        lambda offer: {
            **offer,
            "tcpaInformation": {**offer["tcpaInformation"], "customTCPATextRequired": True, "tcpaText": " "},
        },
    )


def _relative(one: Value) -> Value:
    return _each_offer(
        one, lambda offer: {**offer, "tcpaInformation": {**offer["tcpaInformation"], "termsURL": "/terms"}}
    )
