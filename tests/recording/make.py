"""Real recordings of clients that talk to the mock, and the same exchanges as the service saw them.

    python tests/recording/make.py chromium FOLDER      chromium.har, chromium-live.ndjson
    python tests/recording/make.py mitmproxy FOLDER     mitmproxy.har, mitmproxy.flow, mitmproxy-live.ndjson

The mock has defects planted and the client makes mistakes, so that there is something to find. Everything is synthetic
and stays on this machine. `tests/data/recorded` was made with it (Chromium 156 and mitmproxy 11 on Debian 12); it needs
`chromium`, or `mitmdump`, which is looked for in the environment variable MITMDUMP first.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))

from leadproof.bodies import encode_request
from leadproof.contract.profile import load
from leadproof.core.exchange import Exchange, Request, Response
from leadproof.core.operations import OPERATIONS
from leadproof.generate.leads import LeadMaker
from leadproof.mock import Mock
from leadproof.mock.defects import pick, planted
from leadproof.runs.evidence import exchange_row

PROFILE = load()
KEY = PROFILE.credentials.api_keys[0]

#: 31 January 2026, 16:25:12 UTC; the service's clock stands still there.
NOW = 1_769_876_712.0
DATE = "Sat, 31 Jan 2026 16:25:12 GMT"
DEFECTS = ("expiry-in-local-time", "status-of-another-campaign", "refusal-without-reason", "order-used-twice")

#: Seconds until a recording that does not come to its end is given up.
PATIENCE = 60

PAGE = """<!doctype html><title>going</title><script>
(async () => {
  for (const [method, path, headers, body] of await (await fetch("/story.json")).json())
    await fetch(path, {method, headers, body: body || undefined}).then(response => response.text());
  document.title = "done";
})();
</script>"""


def mock() -> Mock:
    made = planted(pick(DEFECTS), PROFILE, clock=lambda: NOW, seed=0)
    assert isinstance(made, Mock)
    return made


def story() -> list[Request]:
    """What the client sends: every operation in what it speaks, and what integrators get wrong. The service's responses
    are the same every time, so that what follows from them is known before.
    """
    rehearsal, maker = mock(), LeadMaker(PROFILE)
    found: list[Request] = []

    def send(operation: str, fmt: str, value: Any = None, path: str = "", *, key: bool = True) -> Any:
        kind = f"application/{fmt}"
        headers = [("accept", kind), *([("api-key", KEY)] if key else [])]
        body = b"" if value is None else encode_request(operation, fmt, value)
        if body:
            headers.append(("content-type", kind))
        row = OPERATIONS[operation]
        found.append(Request(row.method, path or row.path, tuple(headers), body))
        respond = rehearsal.handle(found[-1])
        return json.loads(respond[2]) if fmt == "json" and respond[0] == 200 else None

    number = iter(range(1, 100))
    for operation in ("create_lead", "create_call_transfer", "create_call_lead", "ping", "duplicate_check"):
        for fmt in ("json", "xml"):
            for refused in (False, True):
                send(operation, fmt, maker.request(operation, (next(number),), refused=refused)[0])
    lead = next(number)
    pinged = send("ping", "json", maker.request("ping", (lead,))[0])["results"][0]
    post = maker.request("inbound_post", (lead,))[0]
    post["leads"][0]["properties"] |= {"orderId": pinged["orderId"], "offerIds": ["a001"]}
    posted = send("inbound_post", "json", post)
    send("inbound_post", "json", post)  # an order used twice
    send("lead_status", "json", None, f"/v2/status/{posted['requestId']}")
    uid = posted["results"][0]["leadId"]
    for offer in ("a001", "z999"):  # the second was never offered
        send("accept_offer", "json", None, f"/v2/leads/{uid}/offers/{offer}/accept")
    wrong = maker.request("create_lead", (next(number),))[0]
    wrong["source"]["returnUrl"] = "https://partner.example/done"  # misspelt
    send("create_lead", "json", wrong)
    send("create_lead", "json", maker.request("create_lead", (next(number),))[0], "/processor/insert/general")
    send("ping", "json", maker.request("ping", (next(number),))[0], key=False)
    return found


class Service:
    """The mock on a free port of this machine, with a page that sends the story; notes every exchange it has."""

    def __init__(self) -> None:
        self.live: list[Exchange] = []
        self._mock, self._lock = mock(), threading.Lock()
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def respond(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                status, headers, content = service.respond(self.command, self.path, tuple(self.headers.items()), body)
                self.send_response_only(status)
                for name, value in headers:
                    self.send_header(name, value)
                packed = "gzip" in (self.headers.get("accept-encoding") or "") and len(content) > 200
                if packed:
                    self.send_header("content-encoding", "gzip")
                    content = gzip.compress(content, mtime=0)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PUT = respond  # noqa: N815 - the names are http.server's

            def log_message(self, format: str, *args: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def respond(self, method: str, path: str, headers: tuple[tuple[str, str], ...], body: bytes) -> Response:
        if path in ("/", "/favicon.ico"):
            return Response(200, (("content-type", "text/html; charset=utf-8"),), PAGE.encode())
        if path == "/story.json":
            rows = [(one.method, one.target, dict(one.headers), one.body.decode()) for one in story()]
            return Response(200, (("content-type", "application/json"),), json.dumps(rows).encode())
        request = Request(method, path, headers, body)
        with self._lock:
            status, pairs, content = self._mock.handle(request)
            kept = [(name, value) for name, value in pairs if name.lower() not in ("content-length", "date")]
            response = Response(status, (*kept, ("date", DATE)), content)
            self.live.append(Exchange(request, response, None, f"live#{len(self.live) + 1}", "", time.time()))
        return response

    def save(self, path: Path) -> None:
        rows = [exchange_row(number, one) for number, one in enumerate(self.live, 1)]
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def serving() -> Iterator[Service]:
    service = Service()
    try:
        yield service
    finally:
        service.close()


# ---- Chromium --------------------------------------------------------------------------------------------------------


class Browser:
    """Headless Chromium, spoken to over two pipes (`--remote-debugging-pipe`), so that nothing listens."""

    def __init__(self, profile: Path) -> None:
        to_read, self._write = os.pipe()
        self._read, to_write = os.pipe()
        options = (
            "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking "
            f"--disable-component-update --disable-sync --remote-debugging-pipe --user-data-dir={profile}"
        )
        command = f"exec chromium {options} about:blank 3<&{to_read} 4>&{to_write}"
        self._process = subprocess.Popen(
            ["bash", "-c", command], pass_fds=(to_read, to_write), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        os.close(to_read)
        os.close(to_write)
        self._buffer, self._number = b"", 0
        self.events: list[dict[str, Any]] = []

    def call(self, method: str, session: str | None = None, **params: Any) -> dict[str, Any]:
        self._number += 1
        message = {
            "id": self._number,
            "method": method,
            "params": params,
            **({"sessionId": session} if session else {}),
        }
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while True:
            found = self._next()
            if found.get("id") == self._number:
                if "error" in found:
                    raise RuntimeError(f"{method}: {found['error']['message']}")
                result: dict[str, Any] = found["result"]
                return result
            self.events.append(found)

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            piece = os.read(self._read, 1 << 16)
            if not piece:
                raise RuntimeError("chromium ended early")
            self._buffer += piece
        message, _, self._buffer = self._buffer.partition(b"\0")
        found: dict[str, Any] = json.loads(message)
        return found

    def close(self) -> None:
        try:
            self.call("Browser.close")
        except (RuntimeError, OSError):
            self._process.terminate()
        self._process.wait(20)
        os.close(self._read)
        os.close(self._write)


def chromium(folder: Path) -> None:
    """Opens the page in Chromium and saves what its network panel would export."""
    profile = folder / "profile"
    guard = None
    with serving() as service:
        browser = Browser(profile)
        guard = threading.Timer(PATIENCE, browser._process.kill)
        guard.start()
        try:
            version = browser.call("Browser.getVersion")["product"]
            target = browser.call("Target.createTarget", url="about:blank")["targetId"]
            session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
            browser.call("Network.enable", session, maxTotalBufferSize=1 << 26, maxResourceBufferSize=1 << 24)
            browser.call("Page.enable", session)
            browser.call("Page.navigate", session, url=service.url + "/")
            title = ""
            while title != "done":
                time.sleep(0.05)
                found = browser.call("Runtime.evaluate", session, expression="document.title")
                title = found["result"].get("value", "")
            entries = [_entry(browser, session, row) for row in _requests(browser.events)]
        finally:
            guard.cancel()
            browser.close()
            shutil.rmtree(profile, ignore_errors=True)
        log = {
            "version": "1.2",
            "creator": {"name": "WebInspector", "version": version},
            "pages": [],
            "entries": entries,
        }
        (folder / "chromium.har").write_text(json.dumps({"log": log}, indent=2) + "\n", "utf-8")
        service.save(folder / "chromium-live.ndjson")


def _requests(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The events of each request of the page, merged, in the order sent."""
    rows: dict[str, dict[str, Any]] = {}
    for event in events:
        kind, params = event.get("method", ""), event.get("params", {})
        if kind.startswith("Network.") and "requestId" in params:
            rows.setdefault(params["requestId"], {"id": params["requestId"]})[kind.removeprefix("Network.")] = params
    return [row for row in rows.values() if "requestWillBeSent" in row]


def _entry(browser: Browser, session: str, row: dict[str, Any]) -> dict[str, Any]:
    """An entry as Chromium's exporter writes it, of what Chromium says of a request."""
    sent, came = row["requestWillBeSent"], row["responseReceived"]["response"]
    body = browser.call("Network.getResponseBody", session, requestId=row["id"])
    request = sent["request"]
    asked = row.get("requestWillBeSentExtraInfo", {}).get("headers") or request["headers"]
    response_headers = row.get("responseReceivedExtraInfo", {}).get("headers") or came["headers"]
    content = {"size": len(body["body"]), "mimeType": came["mimeType"], "text": body["body"]}
    if body["base64Encoded"]:
        content["encoding"] = "base64"
    entry: dict[str, Any] = {
        "_initiator": {"type": sent["initiator"]["type"]},
        "_priority": request["initialPriority"],
        "_resourceType": sent["type"].lower(),
        "cache": {},
        "connection": str(came["connectionId"]),
        "request": {
            "method": request["method"], "url": request["url"], "httpVersion": came.get("protocol", ""),
            "headers": [{"name": name, "value": value} for name, value in asked.items()],
            "queryString": [], "cookies": [], "headersSize": -1, "bodySize": len(request.get("postData", "")),
        },
        "response": {
            "status": came["status"], "statusText": came["statusText"], "httpVersion": came.get("protocol", ""),
            "headers": [
                {"name": name, "value": line} for name, value in response_headers.items() for line in value.split("\n")
            ],
            "cookies": [], "content": content, "redirectURL": "", "headersSize": -1, "bodySize": -1,
            "_transferSize": row.get("loadingFinished", {}).get("encodedDataLength", 0), "_error": None,
        },
        "serverIPAddress": came.get("remoteIPAddress", ""),
        "startedDateTime": time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(sent["wallTime"])),
        "time": 1.5,
        "timings": {"send": 0.1, "wait": 1.2, "receive": 0.2},
    }  # fmt: skip
    if "postData" in request:
        kind = next((value for name, value in asked.items() if name.lower() == "content-type"), "")
        entry["request"]["postData"] = {"mimeType": kind, "text": request["postData"]}
    return entry


# ---- mitmproxy -------------------------------------------------------------------------------------------------------


def mitmproxy(folder: Path) -> None:
    """Sends the story through mitmproxy as a reverse proxy, which saves it in both of its formats."""
    command = os.environ.get("MITMDUMP") or "mitmdump"
    with serving() as service:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        har, flow = folder / "mitmproxy.har", folder / "mitmproxy.flow"
        flow.unlink(missing_ok=True)
        options = ["--mode", f"reverse:{service.url}", "--listen-host", "127.0.0.1", "-p", str(port), "-q"]
        options += ["-w", str(flow), "--set", f"hardump={har}", "--set", f"confdir={folder / 'profile'}"]
        proxy = subprocess.Popen([command, *options])
        try:
            deadline = time.monotonic() + PATIENCE
            while socket.socket().connect_ex(("127.0.0.1", port)) and time.monotonic() < deadline:
                time.sleep(0.1)
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
                for one in story():
                    client.request(one.method, one.target, headers=list(one.headers), content=one.body or None)
        finally:
            proxy.terminate()
            proxy.wait(20)
            shutil.rmtree(folder / "profile", ignore_errors=True)
        service.save(folder / "mitmproxy-live.ndjson")


RECORDERS = {"chromium": chromium, "mitmproxy": mitmproxy}


def main() -> None:
    if len(sys.argv) != 3 or sys.argv[1] not in RECORDERS:
        sys.exit(f"usage: python {sys.argv[0]} {'|'.join(RECORDERS)} FOLDER")
    folder = Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    RECORDERS[sys.argv[1]](folder)


if __name__ == "__main__":
    main()
