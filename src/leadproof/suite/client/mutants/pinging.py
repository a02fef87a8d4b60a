"""Mistakes about pings, orders and offers, and about callbacks."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from leadproof.suite.client.example import LeadClient, Sale, read
from leadproof.suite.client.mutants.model import mutant


@mutant("ping-declined")
class PostsAnyway(LeadClient):
    """The lead is posted though the ping was declined."""

    def sell(self, sale: Sale, return_url: str = "") -> None:
        result = self.ping(sale)
        properties = {"reference": sale.reference, "orderId": result.get("orderId", "")}
        self.create([sale], [{"properties": properties, "fields": sale.fields}], return_url)


@mutant("ping-declined")
class CreatesAfterDecline(LeadClient):
    """After a ping that was declined, the lead is created without an order."""

    def ping(self, sale: Sale) -> dict[str, Any]:
        result = super().ping(sale)
        if result.get("willAccept") is not True:
            self.create([sale], [{"properties": {"reference": sale.reference}, "fields": sale.fields}])
        return result


@mutant("order-expired")
class ExpiryIgnored(LeadClient):
    """The end of an order is not read."""

    def is_valid_order(self, result: Mapping[str, Any]) -> bool:
        return bool(result.get("orderId"))


@mutant("order-in-time")
class PostsLate(LeadClient):
    """Some seconds pass between ping and post."""

    def is_valid_order(self, result: Mapping[str, Any]) -> bool:
        valid = super().is_valid_order(result)
        time.sleep(3.2)
        return valid


@mutant("order-per-lead")
class OneOrderForAll(LeadClient):
    """The order of the first ping is used for all leads."""

    first = ""

    def ping(self, sale: Sale) -> dict[str, Any]:
        result = super().ping(sale)
        self.first = self.first or str(result.get("orderId") or "")
        return {**result, "orderId": self.first}


@mutant("ping-declined-then-other")
class FirstPingDecides(LeadClient):
    """The response to the first ping is remembered for all."""

    first: dict[str, Any] | None = None

    def ping(self, sale: Sale) -> dict[str, Any]:
        found = super().ping(sale)
        if self.first is None:
            self.first = found
        return {**found, "willAccept": self.first.get("willAccept")}


@mutant("lead-accepted")
class OrderForgotten(LeadClient):
    """The post does not carry the order."""

    def body(self, kind: str, leads: list[dict[str, Any]], return_url: str = "") -> bytes:
        for lead in leads:
            lead.get("properties", {}).pop("orderId", None)
        return super().body(kind, leads, return_url)


@mutant("order-other-campaign")
class CampaignIgnored(LeadClient):
    """The campaign of the order is not compared."""

    def is_valid_order(self, result: Mapping[str, Any]) -> bool:
        return super().is_valid_order({**result, "campaignId": None})


@mutant("offers-none")
class OffersRemembered(LeadClient):
    """Offers of an earlier ping are sent."""

    def choose_offers(self, result: Mapping[str, Any], properties: dict[str, Any], fields: dict[str, str]) -> None:
        properties["offerIds"] = ["a001"]


@mutant("offers-shown")
class ConsentForgotten(LeadClient):
    """The text of consent that an offer asks for is not sent."""

    def choose_offers(self, result: Mapping[str, Any], properties: dict[str, Any], fields: dict[str, str]) -> None:
        super().choose_offers(result, properties, {})


@mutant("ping-without-identity")
class PingTellsAll(LeadClient):
    """The whole lead is sent with the ping."""

    def ping(self, sale: Sale) -> dict[str, Any]:
        return super().ping(Sale(sale.reference, sale.fields, list(sale.fields)))


@mutant("callback-once")
class CallbackRefused(LeadClient):
    """A callback is responded to with status 400."""

    def callback(self, body: bytes, media: str) -> None:
        super().callback(body, media)
        raise ValueError("no")


@mutant("callback-twice")
class ActsOnEach(LeadClient):
    """Every callback is acted on."""

    def callback(self, body: bytes, media: str) -> None:
        document = read(body, media)
        if str(document.get("requestId", "")).lower() in self.callbacks:
            super().status(Sale("", {}, [], request_id=str(document["requestId"])))
        super().callback(body, media)


@mutant("callback-out-of-order")
class CallbacksInOrder(LeadClient):
    """Callbacks are taken in the order in which the leads were sent."""

    def wait_for_callback(self, request_id: str, patience: float = 10.0) -> dict[str, Any] | None:
        with self._arrived:
            self.sent = [*getattr(self, "sent", []), request_id]
            self._arrived.wait_for(lambda: bool(self.callbacks) and self.sent[0] == request_id, patience)
            self.sent.remove(request_id)
            found = self.callbacks.pop(next(iter(self.callbacks), ""), None)
            self._arrived.notify_all()
            return {**found, "requestId": request_id} if found is not None else None


@mutant("callback-early")
class EarlyLost(LeadClient):
    """A callback whose request is not known yet is thrown away."""

    waiting = ""

    def wait_for_callback(self, request_id: str, patience: float = 10.0) -> dict[str, Any] | None:
        self.waiting = request_id
        lost = {"requestId": request_id, "results": [{"isValid": False}]}
        return super().wait_for_callback(request_id, 3.0) or lost

    def callback(self, body: bytes, media: str) -> None:
        if self.waiting:
            super().callback(body, media)


@mutant("callback-late")
class ImpatientForCallback(LeadClient):
    """A lead whose callback does not come within a second is sent again."""

    def wait_for_callback(self, request_id: str, patience: float = 1.0) -> dict[str, Any] | None:
        return super().wait_for_callback(request_id, 1.0)

    def create(
        self, sales: list[Sale], leads: list[dict[str, Any]], return_url: str = "", campaign: Any = None
    ) -> None:
        super().create(sales, leads, return_url, campaign)
        if return_url and not self.callbacks:
            super().create(sales, leads, return_url, campaign)


@mutant("callback-refused")
class CallbackUnread(LeadClient):
    """The callback is kept and not read."""

    def wait_for_callback(self, request_id: str, patience: float = 10.0) -> dict[str, Any] | None:
        super().wait_for_callback(request_id, patience)
        return {"requestId": request_id, "results": [{"isValid": True}]}
