"""A right client with requests, in JSON. Usage: python with_requests.py LEAD.json

Where the response to a lead does not come, it asks whether the lead is known, and sends it again if it is not. Exit
status: 0 every lead was accepted; 1 not every one, or nobody knows; 64 it cannot do the task.
"""

import json
import queue
import signal
import sys
import threading
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer

import requests

LONGEST_PAUSE = 20


class NoAnswer(Exception):
    """The service may have taken the request, or not."""


class Receiver:
    def __init__(self, task):
        self.base, self.source, self.consent = task["url"], task["source"], task["consentField"]
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers.update({"api-key": task["apiKey"], "Accept": "application/json"})

    def call(self, method, path, document=None):
        """A document, or None where the request was refused."""
        content = None if document is None else json.dumps(document).encode()
        headers = {} if content is None else {"Content-Type": "application/json"}
        for _ in range(4):
            try:
                response = self.session.request(
                    method, self.base + path, data=content, headers=headers, timeout=(5, 40), allow_redirects=False
                )
            except requests.ConnectTimeout:
                return None
            except requests.RequestException as error:
                raise NoAnswer(type(error).__name__) from error
            if response.status_code not in (429, 503):
                break
            wait = response.headers.get("Retry-After", "2")
            time.sleep(min(LONGEST_PAUSE, int(wait) if wait.isdigit() else LONGEST_PAUSE))
        else:
            return None
        if response.status_code >= 500:
            raise NoAnswer(response.status_code)
        if response.status_code != 200:
            return None
        try:
            found = json.loads(response.content.decode("utf-8-sig"))
        except ValueError as error:
            raise NoAnswer("no JSON") from error
        if not isinstance(found, dict):
            raise NoAnswer("no object")
        return found

    def results(self, method, path, document):
        found = self.call(method, path, document)
        return (found or {}).get("results") or []

    def ping(self, lead):
        fields = {name: lead["fields"][name] for name in lead["pingFields"]}
        source = {name: value for name, value in self.source.items() if name != "sendDelay"}
        try:
            results = self.results("POST", "/v2/insert/ping", {"source": source, "leads": [{"fields": fields}]})
        except NoAnswer:
            return None
        if len(results) != 1 or results[0].get("willAccept") is not True or not results[0].get("orderId"):
            return None
        expires = results[0].get("orderExpiresOn")
        if expires and datetime.fromisoformat(expires.replace("Z", "+00:00")) <= datetime.now(UTC):
            return None
        return results[0]

    def is_known(self, lead):
        source = {name: value for name, value in self.source.items() if name != "sendDelay"}
        results = self.results("POST", "/v2/duplicate/check", {"source": source, "leads": [{"fields": lead["fields"]}]})
        return bool(results) and results[0].get("isDuplicate") is True

    def insert(self, source, leads, number):
        """The response to a post or create, and whether the service is known to have the leads.

        There have to be so many results; none where a callback brings them.
        """
        document = {"source": source, "leads": leads}
        try:
            return self.checked(self.call("POST", "/v2/insert/general", document), number), False
        except NoAnswer:
            pass
        try:
            if all(self.is_known(lead) for lead in leads):
                return None, True
            if any(self.is_known(lead) for lead in leads):  # a part of them: for a person to look at
                return None, False
            return self.checked(self.call("POST", "/v2/insert/general", document), number), False
        except NoAnswer:
            return None, False

    @staticmethod
    def checked(response, number):
        results = (response or {}).get("results")
        if response is not None and number and (not isinstance(results, list) or len(results) != number):
            raise NoAnswer("not one result for each lead")
        return response

    def sell(self, lead, return_url=None, heard=None):
        """The result of the lead with its requestId, or None where it was not accepted."""
        offer = self.ping(lead)
        if offer is None or offer.get("campaignId") not in (None, self.source["aid"]):
            return None
        properties, fields = {"reference": lead["reference"], "orderId": offer["orderId"]}, dict(lead["fields"])
        for shown in (offer.get("offers") or [])[-1:]:
            properties["offerIds"] = [shown["offerId"]]
            wanted = shown.get("tcpaInformation") or {}
            if wanted.get("customTCPATextRequired") is True:
                fields[self.consent] = wanted["tcpaText"]
        source = {**self.source, "returnURL": return_url} if return_url else self.source
        response, known = self.insert(source, [{"properties": properties, "fields": fields}], 0 if return_url else 1)
        if known:
            return {"isValid": True, "requestId": None, "leadId": None}
        if response is None:
            return None
        if heard is not None:
            response = heard.of(response["requestId"]) or {**response, "results": [{}]}
        result = response["results"][0]
        return {**result, "requestId": response["requestId"]} if result.get("isValid") is True else None


class Heard:
    """Callbacks, by their requestId."""

    def __init__(self):
        self.documents, self.changed = {}, threading.Condition()

    def put(self, document):
        with self.changed:
            self.documents.setdefault(document["requestId"].lower(), document)
            self.changed.notify_all()

    def of(self, request_id):
        with self.changed:
            self.changed.wait_for(lambda: request_id.lower() in self.documents, timeout=25)
            return self.documents.get(request_id.lower())


def listen(heard):
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            try:
                heard.put(json.loads(self.rfile.read(int(self.headers["Content-Length"])).decode("utf-8-sig")))
                self.send_response_only(204)
            except (ValueError, KeyError, AttributeError):
                self.send_response_only(400)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def sell_with_callbacks(receiver, leads):
    heard, sold = Heard(), queue.SimpleQueue()
    server = listen(heard)
    url = f"http://127.0.0.1:{server.server_port}/leads"
    threads = []
    for lead in leads:
        one = threading.Thread(target=lambda lead=lead: sold.put(receiver.sell(lead, url, heard)))
        one.start()
        threads.append(one)
        time.sleep(0.3)
    for one in threads:
        one.join()
    results = [sold.get() for _ in leads]
    for result in results:
        if result is not None and result["requestId"]:
            receiver.call("GET", f"/v2/status/{result['requestId']}")
    time.sleep(1.5)  # a callback may come again
    server.shutdown()
    return all(result is not None for result in results)


def do(task):
    receiver, leads, name = Receiver(task), task["leads"], task["task"]
    if name == "sell-with-callback":
        return sell_with_callbacks(receiver, leads)
    if name == "sell-together":
        batch = [{"properties": {"reference": lead["reference"]}, "fields": lead["fields"]} for lead in leads]
        response, known = receiver.insert(receiver.source, batch, len(batch))
        return known or all(result.get("isValid") is True for result in (response or {}).get("results", [{}]))
    accepted = []
    for lead in leads:
        if name == "sell-unless-duplicate" and receiver.is_known(lead):
            accepted.append(False)
            continue
        result = receiver.sell(lead)
        accepted.append(result is not None)
        if name == "sell-and-update" and result and result["leadId"]:
            source = {"vid": receiver.source["vid"], "lid": receiver.source["lid"]}
            change = {"properties": {"leadUID": int(result["leadId"])}, "fields": task["changes"]}
            receiver.call("PUT", "/v2/update", {"source": source, "leads": [change]})
        if name == "sell-and-status" and result and result["requestId"]:
            receiver.call("GET", f"/v2/status/{result['requestId']}")
    return all(accepted)


KNOWN = {
    "sell", "sell-each", "sell-together", "sell-unless-duplicate", "sell-and-update", "sell-and-status",
    "sell-with-callback",
}  # fmt: skip

if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with open(sys.argv[1], encoding="utf-8") as file:
        work = json.load(file)
    if work["task"] not in KNOWN:
        sys.exit(64)
    try:
        sys.exit(0 if do(work) else 1)
    except NoAnswer as error:
        sys.exit(f"nobody knows: {error}")
