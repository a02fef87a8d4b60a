"""Deviations that are on no list of defects, put in front of the mock by a proxy: noticed, or rightly not.

The proxy is an ordinary HTTP server on loopback that sends every request on and changes the response on its way back.
It knows nothing of the mock's parts, so what is shown here is the suite's sight and not the table's.
"""

from __future__ import annotations

import contextlib
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any

import httpx
import pytest

from leadproof import suite
from leadproof.contract import specs
from leadproof.contract.profile import load
from leadproof.generate.leads import LeadMaker
from leadproof.http.client import Client, Target
from leadproof.judge import Judge
from leadproof.mock import Mock
from leadproof.mock.server import running
from leadproof.redact import Redactor
from leadproof.runs.ledger import Ledger
from leadproof.suite.session import Session

PROFILE, SPEC = load(), specs.load()

#: Path of the request, headers and body of the response -> other headers and body.
Change = Callable[[str, dict[str, str], bytes], tuple[dict[str, str], bytes]]


@contextlib.contextmanager
def proxy(target: str, change: Change) -> Iterator[str]:
    """A proxy in front of a target; its base URL."""
    upstream = httpx.Client(base_url=target, trust_env=False, timeout=10)
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 65536  # head and body in one piece: two small ones would wait for each other

        def pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            sent = [(name, value) for name, value in self.headers.items() if name.lower() not in ("host", "connection")]
            with lock:
                response = upstream.build_request(self.command, self.path, headers=sent, content=body)
                if "accept" not in {name.lower() for name, _ in sent}:
                    del response.headers["accept"]
                got = upstream.send(response)
                headers = {name: value for name, value in got.headers.items() if name != "content-length"}
                headers, content = (
                    change(self.path, headers, got.content) if got.status_code == 200 else (headers, got.content)
                )
            self.send_response_only(got.status_code)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = pass_on  # noqa: N815 - the names are http.server's

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
        upstream.close()


def noticed(change: Change, *operations: str) -> list[str]:
    """What a run through the proxy finds: clause ids."""
    with (
        running(Mock(PROFILE, clock=time.time, token="t")) as mock,
        proxy(mock.url, change) as url,
        Client(Target(url, "api-key", PROFILE.credentials.api_keys[0], timeout=10)) as client,
    ):
        session = Session(client, Ledger(Judge(SPEC, PROFILE), Redactor(PROFILE.personal_fields)))
        controls = suite.Controls(mock.url, "t")
        story = suite.CaseContext(session, LeadMaker(PROFILE), controls)
        topics = ("operations", "sequences", "twins", "rare", "negotiation")
        suite.run(story, suite.select(operations, (), topics))
        controls.close()
        return sorted({one.finding.clause for one in session.ledger.summary.kept()})


def of_json(
    change: Callable[[str, Any], Any], dump: Callable[[Any], bytes] = lambda value: json.dumps(value).encode()
) -> Change:
    """A change of the value of JSON responses."""

    def changed(path: str, headers: dict[str, str], body: bytes) -> tuple[dict[str, str], bytes]:
        if not body.startswith(b"{"):
            return headers, body
        return headers, dump(change(path, json.loads(body)))

    return changed


def of_xml(change: Callable[[str], str]) -> Change:
    """A change of the text of XML responses."""

    def changed(path: str, headers: dict[str, str], body: bytes) -> tuple[dict[str, str], bytes]:
        return headers, change(body.decode()).encode() if body.startswith(b"<") else body

    return changed


def renamed_within(value: Any, was: str, becomes: str) -> Any:
    if isinstance(value, dict):
        return {becomes if name == was else name: renamed_within(sub, was, becomes) for name, sub in value.items()}
    return [renamed_within(sub, was, becomes) for sub in value] if isinstance(value, list) else value


def each_result(change: Callable[[dict[str, Any]], Any]) -> Callable[[str, Any], Any]:
    def changed(path: str, value: Any) -> Any:
        return {**value, "results": [change(one) for one in value["results"]]} if "results" in value else value

    return changed


def a_cent_off_now_and_then() -> Change:
    numbers = count(1)

    def changed(one: dict[str, Any]) -> dict[str, Any]:
        if one.get("isValid") and next(numbers) % 3 == 0:
            return {**one, "price": round(one["price"] + 0.01, 2)}
        return one

    return of_json(each_result(changed))


def swapped_between_responses() -> Change:
    """Every other response is given the leads of the one before: what a race between two clients looks like."""
    kept: list[int] = []

    def changed(path: str, value: Any) -> Any:
        if not path.startswith("/v2/insert/general"):
            return value
        accepted = [one for one in value["results"] if one.get("isValid")]
        if len(accepted) != 1:
            return value
        kept.append(accepted[0]["leadId"])
        if len(kept) % 2 == 0:
            accepted[0]["leadId"] = kept[-2]
        return value

    return of_json(changed)


def one_response_late() -> Change:
    """Each status is the one before, as from a cache that is filled after it was asked."""
    kept: list[bytes] = []

    def changed(path: str, headers: dict[str, str], body: bytes) -> tuple[dict[str, str], bytes]:
        if not path.startswith("/v2/status/"):
            return headers, body
        kept.append(body)
        return headers, kept[-2] if len(kept) > 1 else body

    return changed


def offer_ids_in_capitals(path: str, value: Any) -> Any:
    return each_result(
        lambda one: (
            {**one, "offers": [{**offer, "offerId": offer["offerId"].upper()} for offer in one["offers"]]}
            if one.get("offers")
            else one
        )
    )(path, value)


DEVIATIONS: dict[str, tuple[Change, tuple[str, ...]]] = {
    "a member renamed deep inside": (
        of_json(lambda path, value: renamed_within(value, "termsURL", "termsUrl")),
        ("ping",),
    ),
    "a price a cent off in every third response": (
        a_cent_off_now_and_then(),
        ("create_lead", "create_call_lead", "inbound_post"),
    ),
    "leadIds swapped between two clients": (swapped_between_responses(), ("create_lead", "lead_status")),
    "a status from a cache": (one_response_late(), ("lead_status",)),
    "offerIds in capitals": (of_json(offer_ids_in_capitals), ("ping", "inbound_post")),
    "numbers written as text by a gateway": (
        of_json(lambda path, value: json.loads(re.sub(r": (-?\d+(\.\d+)?)", r': "\1"', json.dumps(value)))),
        ("create_call_lead",),
    ),
    "nulls left out by a gateway": (of_json(lambda path, value: _without(value, None)), ("lead_status",)),
    "empty texts left out by a gateway": (of_json(lambda path, value: _without(value, "")), ("ping",)),
    "timestamps without their zone": (
        of_json(lambda path, value: json.loads(re.sub(r"(\d\d:\d\d:\d\d)(\.\d+)?Z", r"\1", json.dumps(value)))),
        ("ping",),
    ),
    "texts cut at twenty letters": (of_json(lambda path, value: _cut(value)), ("ping",)),
    "XML in which empty elements are dropped": (
        of_xml(lambda text: re.sub(r"<(\w+)></\1>|<\w+/>", "", text)),
        ("ping",),
    ),
    "XML with a wrapper around every result": (
        of_xml(
            lambda text: text.replace("<d2p1:PostResponse>", "<d2p1:PostResponse><Result>").replace(
                "</d2p1:PostResponse>", "</Result></d2p1:PostResponse>"
            )
        ),
        ("create_call_lead",),
    ),
    "XML whose prefixes lost their declaration": (
        of_xml(lambda text: re.sub(r' xmlns:d2p1="[^"]*"', "", text)),
        ("create_call_lead",),
    ),
    "XML made from JSON by a converter": (
        of_xml(lambda text: re.sub(r"</?d2p1:\w+>", "", text)),
        ("create_call_lead",),
    ),
    "accepted leads whose id has lost its last digit": (
        of_json(each_result(lambda one: {**one, "leadId": one["leadId"] // 10} if one.get("isValid") else one)),
        ("create_lead", "lead_status"),
    ),
    "the first result for every lead of a batch": (
        of_json(
            lambda path, value: (
                {**value, "results": value["results"][:1] * len(value["results"])} if "results" in value else value
            )
        ),
        ("create_call_lead",),
    ),
    "requestIds that are no GUIDs": (
        of_json(
            lambda path, value: {**value, "requestId": "X" + value["requestId"][1:]} if "requestId" in value else value
        ),
        ("ping",),
    ),
    "a page of the firewall in every tenth response": (
        (
            lambda numbers: (
                lambda path, headers, body: (
                    (headers, b"<html>blocked</html>") if next(numbers) % 10 == 0 else (headers, body)
                )
            )
        )(count(1)),
        ("create_lead",),
    ),
}


def _without(value: Any, nothing: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without(sub, nothing) for name, sub in value.items() if sub is not nothing and sub != nothing}
    return [_without(sub, nothing) for sub in value] if isinstance(value, list) else value


def _cut(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _cut(sub, key) for key, sub in value.items()}
    if isinstance(value, list):
        return [_cut(sub) for sub in value]
    return value[:20] if isinstance(value, str) and name != "requestId" else value


@pytest.mark.parametrize("words", DEVIATIONS)
def test_a_deviation_is_noticed(words: str) -> None:
    change, operations = DEVIATIONS[words]
    assert noticed(change, *operations)


def _backwards(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _backwards(value[name]) for name in reversed(value)}
    return [_backwards(sub) for sub in value] if isinstance(value, list) else value


def _escaped(value: Any) -> bytes:
    """Every letter of every text as an escape: another text of the same value."""
    text = json.dumps(value)
    return re.sub(
        r'"((?:[^"\\]|\\.)*)"(?=\s*[,}\]])',
        lambda found: '"' + "".join(f"\\u{ord(letter):04x}" for letter in json.loads(f'"{found[1]}"')) + '"',
        text,
    ).encode()


SAME: dict[str, Change] = {
    "nothing is changed": lambda path, headers, body: (headers, body),
    "JSON members in another order": of_json(lambda path, value: _backwards(value)),
    "JSON with white space": of_json(
        lambda path, value: value, lambda value: json.dumps(value, indent=4).encode() + b"\n"
    ),
    "JSON with escapes for letters": of_json(lambda path, value: value, _escaped),
    "JSON numbers in another notation": (
        lambda path, headers, body: (headers, body.replace(b":12.5,", b":1.25e1,") if body.startswith(b"{") else body)
    ),
    "names of headers in capitals": lambda path, headers, body: (
        {name.upper(): value for name, value in headers.items()},
        body,
    ),
    "further headers": lambda path, headers, body: ({**headers, "X-Cache": "MISS", "Via": "1.1 gateway"}, body),
    "a media type without charset": (
        lambda path, headers, body: ({**headers, "content-type": headers["content-type"].partition(";")[0]}, body)
    ),
    "a media type in capitals": (
        lambda path, headers, body: ({**headers, "content-type": headers["content-type"].upper()}, body)
    ),
    "XML with a declaration and line breaks": of_xml(
        lambda text: (
            '<?xml version="1.0" encoding="utf-8"?>\n' + text.replace("><", ">\n<").replace(">\n</", "></")
            if "\n" not in text
            else text
        )
    ),
    "XML with other prefixes": of_xml(
        lambda text: (
            text.replace("d2p1:", "q1:")
            .replace("xmlns:d2p1", "xmlns:q1")
            .replace(" xmlns:i=", " xmlns:xsi=")
            .replace(" i:nil", " xsi:nil")
        )
    ),
    "XML with comments": of_xml(lambda text: text.replace("</RequestId>", "</RequestId><!-- node 7 -->", 1)),
    "XML with character references": of_xml(lambda text: text.replace("Covered", "&#67;overed")),
}


@pytest.mark.parametrize("words", SAME)
def test_what_says_the_same_is_not_noticed(words: str) -> None:
    assert noticed(SAME[words], "ping", "create_lead", "lead_status", "duplicate_check") == []
