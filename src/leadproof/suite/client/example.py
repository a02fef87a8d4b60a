"""A right client of the lead receiver, to start from: ping, post, batch, duplicate check, update, status, callbacks.

It needs httpx and nothing else. It speaks JSON, or XML with LEADPROOF_MEDIA=xml, and is a driver for
`leadproof certify-client`: the task is a file, and the exit status says what it believes.

    leadproof certify-client -- python -m leadproof.suite.client.example {task}

Exit status: 0 every lead was accepted; 1 not every one; 3 that is not known of one; 64 it cannot do the task.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

import httpx

#: Seconds: to connect, and between two pieces of a response; and for a whole exchange.
CONNECT, READ, WHOLE = 5.0, 30.0, 60.0

#: How often a ping is sent, and how long a service may ask us to wait.
ATTEMPTS, PATIENCE = 3, 30.0

_INSTANCE = "{http://www.w3.org/2001/XMLSchema-instance}"
#: How the namespaces of the lead receiver begin; elements in others are passed over.
_OURS = "{http://schemas.datacontract.org/2004/07/"


class Unknown(Exception):
    """What became of a request is not known: it may have been taken."""


class Refused(Exception):
    """The service does not take the request."""


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
        ends = moment(result.get("orderExpiresOn"))
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
        except Refused:
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
        except (Unknown, Refused):
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
            Refused: The service does not take the request, or wants it elsewhere.
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
            raise Refused(response.status_code)
        if 300 <= response.status_code < 500:
            raise Refused(response.status_code)
        if response.status_code != 200:
            raise Unknown(response.status_code)
        try:
            return read(response.content, response.headers.get("content-type", ""))
        except ValueError as error:
            raise Unknown("the response cannot be read") from error

    def exchange(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Reply:
        """A request and its response, whole, within a time for all of it."""
        ends = time.monotonic() + WHOLE
        try:
            with self.http.stream(method, path, content=body, headers=headers) as response:
                pieces = []
                for piece in response.iter_bytes():
                    pieces.append(piece)
                    if time.monotonic() > ends:
                        raise Unknown("the response takes too long")
                return Reply(response.status_code, response.headers, b"".join(pieces))
        except httpx.ConnectError as error:
            raise Refused("no connection") from error
        except httpx.HTTPError as error:
            raise Unknown(type(error).__name__) from error


class Reply(NamedTuple):
    """A response that was read to its end."""

    status_code: int
    headers: Mapping[str, str]
    content: bytes


def retry_after(response: Reply) -> float:
    """Seconds that a response asks to wait; one where it does not say."""
    try:
        return max(0.0, float(response.headers.get("retry-after", "1")))
    except ValueError:  # a date
        return PATIENCE


# ---- bodies ----------------------------------------------------------------------------------------------------------


def as_json(value: Any) -> bytes:
    """A value as JSON in UTF-8."""
    return json.dumps(value, ensure_ascii=False).encode()


def as_xml(value: Mapping[str, Any]) -> bytes:
    """A request as the documentation writes it in XML: source and properties as attributes, fields as elements."""
    root = ElementTree.Element("Leads", {name: text(member) for name, member in value["source"].items()})
    for lead in value["leads"]:
        properties = dict(lead.get("properties", {}))
        attributes = {}
        for name, member in properties.items():
            written = {"orderId": "orderID", "offerIds": "offerids"}.get(name, name)
            attributes[written] = "|".join(member) if isinstance(member, list) else text(member)
        element = ElementTree.SubElement(root, "Lead", attributes)
        for name, member in lead["fields"].items():
            ElementTree.SubElement(element, name).text = text(member)
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)


def text(value: Any) -> str:
    """A value as XML has it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def read(content: bytes, media: str) -> dict[str, Any]:
    """A body as a JSON value.

    Raises:
        ValueError: It cannot be read.
    """
    if "xml" in media or content.lstrip(b"\xef\xbb\xbf\xff\xfe \r\n\t")[:1] == b"<":
        try:
            document = members(ElementTree.fromstring(content))
        except ElementTree.ParseError as error:
            raise ValueError(str(error)) from error
    else:
        document = json.loads(content.removeprefix(b"\xef\xbb\xbf"))
    if not isinstance(document, dict) or not ("results" in document or "requestId" in document or "success" in document):
        raise ValueError("it is no response of the lead receiver")
    return document


#: Local name of an element -> name of the member, where it is not the same but for the first letter.
_NAMES = {
    "LeadIdentifier": "leadId", "CampaignIdentifier": "campaignId", "CampaignID": "campaignId", "OrderID": "orderId",
    "Id": "offerId", "TCPAInformation": "tcpaInformation", "TCPAText": "tcpaText",
}
#: Elements whose children are a list.
_LISTS = ("Results", "Offers")
_BOOLEANS = ("IsValid", "WillAccept", "IsDuplicate", "Success", "IsPendingReview", "CustomTCPATextRequired")


def members(element: ElementTree.Element) -> Any:
    """An element as a JSON value; namespaces that nobody documents are passed over."""
    name = local(element)
    if element.get(f"{_INSTANCE}nil") == "true":
        return [] if name in _LISTS else None
    children = [child for child in element if isinstance(child.tag, str) and child.tag.startswith(_OURS)]
    if name in _LISTS:
        return [members(child) for child in children]
    if children:
        return {member(child): members(child) for child in children}
    # Comments do not end a text.
    content = "".join(element.itertext()).strip()
    if name in _BOOLEANS:
        return {"true": True, "1": True, "false": False, "0": False}.get(content.lower())
    if name in ("LeadIdentifier", "CampaignIdentifier", "CampaignID"):
        return int(float(content)) if content else None
    return content


def local(element: ElementTree.Element) -> str:
    """The name of an element without its namespace."""
    return str(element.tag).rpartition("}")[2]


def member(element: ElementTree.Element) -> str:
    """The name of an element as a member in JSON."""
    name = local(element)
    return _NAMES.get(name, name[:1].lower() + name[1:])


def moment(value: Any) -> datetime | None:
    """A timestamp, in UTC; None if there is none."""
    try:
        found = datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


# ---- as a driver -----------------------------------------------------------------------------------------------------


class Listener:
    """Listens for callbacks on this machine; a context manager that gives the returnURL."""

    def __init__(self, client: LeadClient) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                try:
                    client.callback(body, self.headers.get("Content-Type", ""))
                    status = 200
                except ValueError:
                    status = 400
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Prints nothing: what arrives is personal data."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> str:
        self.thread.start()
        return f"http://127.0.0.1:{self.server.server_address[1]}/done"

    def __exit__(self, *error: object) -> None:
        self.server.shutdown()
        self.server.server_close()


def do(task: Mapping[str, Any], client: LeadClient) -> list[Sale]:
    """Does a task; what became of each lead."""
    sales = [Sale(one["reference"], one["fields"], one["pingFields"]) for one in task["leads"]]
    name = task["task"]
    if name == "sell-together":
        leads = [{"properties": {"reference": sale.reference}, "fields": sale.fields} for sale in sales]
        client.create(sales, leads)
    elif name == "sell-unless-duplicate":
        for sale in sales:
            if client.is_duplicate(sale):
                sale.accepted = False
            else:
                client.sell(sale)
    elif name == "sell-with-callback":
        with Listener(client) as return_url:
            threads = [threading.Thread(target=client.sell, args=(sale, return_url), daemon=True) for sale in sales]
            for thread in threads:
                thread.start()
                time.sleep(0.1)
            for thread in threads:
                thread.join()
            for sale in sales:
                if sale.accepted:
                    client.status(sale)
            time.sleep(1.0)  # for a callback that comes again
    elif name in ("sell", "sell-each", "sell-and-update", "sell-and-status"):
        for sale in sales:
            client.sell(sale)
            if sale.accepted and name == "sell-and-update":
                client.update(sale, task["changes"])
            if sale.accepted and name == "sell-and-status":
                client.status(sale)
    else:
        raise NotImplementedError(name)
    return sales


def client_of(task: Mapping[str, Any], media: str = "json", kind: type[LeadClient] = LeadClient) -> LeadClient:
    """A client for a task."""
    return kind(task["url"], task["apiKey"], task["source"], task.get("consentField", ""), media)


def believes(sales: Iterable[Sale]) -> bool | None:
    """Were all leads accepted? None where that is not known of one."""
    states = [sale.accepted for sale in sales]
    return None if None in states and False not in states else all(states)


def main(arguments: list[str]) -> int:
    """Does the task of a file."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(3))
    task = json.loads(Path(arguments[0]).read_bytes())
    try:
        return {True: 0, False: 1, None: 3}[believes(do(task, client_of(task, os.environ.get("LEADPROOF_MEDIA", "json"))))]
    except NotImplementedError:
        return 64
    except (Refused, Unknown):
        return 3


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
