"""A right client of the lead receiver: ping, post, batch, duplicate check, update, status, callbacks."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

import httpx

from leadproof.suite.client.example.bodies import as_json, as_xml, read, timestamp

#: Seconds: to connect, and between two pieces of a response; and for a whole exchange.
CONNECT, READ, WHOLE = 5.0, 30.0, 60.0

#: How often a ping is sent, and how long a service may ask us to wait.
ATTEMPTS, PATIENCE = 3, 30.0


class Unknown(Exception):
    """What became of a request is not known: it may have been taken."""


class NotTaken(Exception):
    """The service does not take the request."""


class TaskRefused(Exception):
    """The client cannot do such a task."""


@dataclass
class Sale:
    """A lead, and what has become of it."""

    reference: str
    fields: dict[str, str]
    ping_fields: list[str]
    #: True, False, or None while it is not known.
    accepted: bool | None = None
    request_id: str = ""
    lead_id: Any = None


@dataclass
class LeadClient:
    """Sends leads to one receiver."""

    url: str
    api_key: str
    source: dict[str, Any]
    consent_field: str = ""
    media: str = "json"
    #: requestId -> the callback's document, for those that came.
    callbacks: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # Redirects are not followed: the key and the lead would go along.
        self.http = httpx.Client(
            base_url=self.url, timeout=httpx.Timeout(READ, connect=CONNECT), follow_redirects=False, trust_env=False
        )
        self._arrived = threading.Condition()

    # ---- what a seller does ------------------------------------------------------------------------------------------

    def sell(self, sale: Sale, return_url: str = "") -> None:
        """Pings a lead, and posts it if the ping was accepted."""
        result = self.ping(sale)
        if result.get("willAccept") is not True or not self.is_valid_order(result):
            sale.accepted = False
            return
        properties: dict[str, Any] = {"reference": sale.reference, "orderId": result["orderId"]}
        fields = dict(sale.fields)
        self.choose_offers(result, properties, fields)
        self.create([sale], [{"properties": properties, "fields": fields}], return_url, result.get("campaignId"))

    def ping(self, sale: Sale) -> dict[str, Any]:
        """The result of a ping; an empty one if there is none. A ping may be repeated: it sells nothing."""
        body = self.body("ping", [{"fields": {name: sale.fields[name] for name in sale.ping_fields}}])
        for attempt in range(ATTEMPTS):
            try:
                results = self.send("POST", "/v2/insert/ping", body).get("results") or []
                return results[0] if results and isinstance(results[0], dict) else {}
            except Unknown:
                time.sleep(0.2 * (attempt + 1))
        return {}

    def is_valid_order(self, result: Mapping[str, Any]) -> bool:
        """Is there an order, of the campaign that was asked for, that can still be used?"""
        if not result.get("orderId") or result.get("campaignId") not in (None, self.source.get("aid")):
            return False
        ends = timestamp(result.get("orderExpiresOn"))
        return ends is None or datetime.now(UTC) < ends

    def choose_offers(self, result: Mapping[str, Any], properties: dict[str, Any], fields: dict[str, str]) -> None:
        """Chooses the first offer that was shown, with the text that it wants agreed to."""
        for offer in (result.get("offers") or [])[:1]:
            properties["offerIds"] = [offer["offerId"]]
            consent = offer.get("tcpaInformation") or {}
            if consent.get("customTCPATextRequired") is True and self.consent_field:
                fields[self.consent_field] = consent.get("tcpaText") or ""

    def create(
        self, sales: list[Sale], leads: list[dict[str, Any]], return_url: str = "", campaign: Any = None
    ) -> None:
        """Sends leads once. Where it is not known what became of them, it is looked up."""
        try:
            response = self.send("POST", "/v2/insert/general", self.body("create", leads, return_url))
        except NotTaken:
            for sale in sales:
                sale.accepted = False
            return
        except Unknown:
            for sale in sales:
                sale.accepted = True if self.was_taken(sale) else None
            return
        if return_url:
            response = self.wait_for_callback(str(response.get("requestId", "")).lower()) or response
        self.take_results(sales, response)

    def take_results(self, sales: list[Sale], response: Mapping[str, Any]) -> None:
        """One result for each lead, in their order; only isValid true is an acceptance."""
        results = response.get("results") or []
        for index, sale in enumerate(sales):
            result = results[index] if index < len(results) and isinstance(results[index], dict) else {}
            sale.request_id = str(response.get("requestId") or "")
            sale.lead_id = result.get("leadId")
            valid = result.get("isValid")
            if len(results) == len(sales) and isinstance(valid, bool):
                sale.accepted = valid
            else:
                sale.accepted = True if self.was_taken(sale) else None

    def was_taken(self, sale: Sale) -> bool:
        """Does the receiver know the lead? Asked after a create whose response did not come."""
        try:
            return self.is_duplicate(sale)
        except (Unknown, NotTaken):
            return False

    def is_duplicate(self, sale: Sale) -> bool:
        """Does the receiver know the lead?"""
        response = self.send("POST", "/v2/duplicate/check", self.body("check", [{"fields": sale.fields}]))
        results = response.get("results") or [{}]
        return results[0].get("isDuplicate") is True

    def update(self, sale: Sale, changes: Mapping[str, str]) -> None:
        """Changes fields of an accepted lead. The operation is documented in JSON only."""
        source = {name: self.source[name] for name in ("vid", "lid")}
        lead = {"properties": {"leadUID": sale.lead_id}, "fields": dict(changes)}
        self.send("PUT", "/v2/update", as_json({"source": source, "leads": [lead]}), "json")

    def status(self, sale: Sale) -> dict[str, Any]:
        """The status of an accepted lead. The operation is documented in JSON only."""
        return self.send("GET", f"/v2/status/{sale.request_id}", b"", "json")

    # ---- callbacks ---------------------------------------------------------------------------------------------------

    def callback(self, body: bytes, media: str) -> None:
        """Keeps a callback, which may be an early or a repeated one, by its requestId."""
        document = read(body, media)
        with self._arrived:
            self.callbacks.setdefault(str(document.get("requestId", "")).lower(), document)
            self._arrived.notify_all()

    def wait_for_callback(self, request_id: str, patience: float = PATIENCE) -> dict[str, Any] | None:
        """The callback of a request; None if none comes in time."""
        with self._arrived:
            self._arrived.wait_for(lambda: request_id in self.callbacks, patience)
            return self.callbacks.get(request_id)

    # ---- one exchange ------------------------------------------------------------------------------------------------

    def body(self, kind: str, leads: list[dict[str, Any]], return_url: str = "") -> bytes:
        """A request's body in the client's representation."""
        source = dict(self.source)
        if kind in ("ping", "check"):
            source.pop("sendDelay", None)
        if return_url:
            source["returnURL"] = return_url
        value = {"source": source, "leads": leads}
        return as_json(value) if self.media == "json" else as_xml(value)

    def send(self, method: str, path: str, body: bytes, media: str = "") -> dict[str, Any]:
        """One exchange; the response as a JSON value, whatever it came in.

        Raises:
            NotTaken: The service does not take the request, or wants it elsewhere.
            Unknown: It may have taken it.
        """
        media = media or self.media
        headers = {"api-key": self.api_key, "Accept": f"application/{media}"}
        if body:
            headers["Content-Type"] = f"application/{media}; charset=utf-8"
        for _ in range(ATTEMPTS):
            response = self.exchange(method, path, body, headers)
            if response.status_code not in (429, 503):
                break
            time.sleep(min(PATIENCE, retry_after(response)))
        else:
            raise NotTaken(response.status_code)
        if 300 <= response.status_code < 500:
            raise NotTaken(response.status_code)
        if response.status_code != 200:
            raise Unknown(response.status_code)
        try:
            return read(response.content, response.headers.get("content-type", ""))
        except ValueError as error:
            raise Unknown("the response cannot be read") from error

    def exchange(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Received:
        """A request and its response, whole, within a time for all of it."""
        ends = time.monotonic() + WHOLE
        try:
            with self.http.stream(method, path, content=body, headers=headers) as response:
                pieces = []
                for piece in response.iter_bytes():
                    pieces.append(piece)
                    if time.monotonic() > ends:
                        raise Unknown("the response takes too long")
                return Received(response.status_code, response.headers, b"".join(pieces))
        except httpx.ConnectError as error:
            raise NotTaken("no connection") from error
        except httpx.HTTPError as error:
            raise Unknown(type(error).__name__) from error


class Received(NamedTuple):
    """A response that was read to its end."""

    status_code: int
    headers: Mapping[str, str]
    content: bytes


def retry_after(response: Received) -> float:
    """Seconds that a response asks to wait; one where it does not say."""
    try:
        return max(0.0, float(response.headers.get("retry-after", "1")))
    except ValueError:  # a date
        return PATIENCE
