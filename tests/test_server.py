"""The server on real sockets: HTTP as clients speak it, HTTP as nobody should, limits, callbacks, start and stop."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import http.server
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from leadproof.contract import profile
from leadproof.core.errors import ServerError
from leadproof.http.server import MAX_HEAD, Timeouts
from leadproof.mock import Mock, server
from leadproof.mock.server.plays import OutgoingResponse, Proceed, Step

PROFILE = profile.load()
KEY = PROFILE.credentials.api_keys[0]
PING = b'{"source":{"vid":1001,"lid":2001},"leads":[{"fields":{"State":"TX","Zip":"75001"}}]}'
PING_XML = b'<Leads vid="1001" lid="2001"><Lead><State>TX</State><Zip>75001</Zip></Lead></Leads>'
HEAD = (
    f"POST /v2/insert/ping HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\napi-key: {KEY}\r\n".encode()
)


def new(**options: Any) -> Mock:
    return Mock(PROFILE, clock=time.time, **options)


@pytest.fixture(scope="module")
def running() -> Iterator[server.Running]:
    with server.running(new(token="test-token")) as found:
        yield found


@pytest.fixture
def raw(running: server.Running) -> Iterator[Callable[[], socket.socket]]:
    """Open raw connections to the server that all tests share; after the test it must still respond."""
    opened: list[socket.socket] = []
    address = running.url.removeprefix("http://").split(":")

    def connect() -> socket.socket:
        connection = socket.create_connection((address[0], int(address[1])), timeout=60)
        opened.append(connection)
        return connection

    yield connect
    for one in opened:
        one.close()
    assert ping(running).status_code == 200


def ping(running: server.Running, body: bytes = PING, **headers: str) -> httpx.Response:
    sent = {"api-key": KEY, "content-type": "application/json", **headers}
    return httpx.post(running.url + "/v2/insert/ping", content=body, headers=sent, trust_env=False)


def request(body: bytes = PING, *headers: bytes) -> bytes:
    return HEAD + b"".join(one + b"\r\n" for one in headers) + b"Content-Length: %d\r\n\r\n" % len(body) + body


def responses(connection: socket.socket, count: int = 1) -> list[tuple[int, dict[str, str], bytes]]:
    """Read complete responses: status, headers with lower-case names, body."""
    found: list[tuple[int, dict[str, str], bytes]] = []
    reader = connection.makefile("rb")
    while len(found) < count:
        status = int(reader.readline().split()[1])
        headers = {}
        while line := reader.readline().strip():
            name, _, value = line.decode().partition(": ")
            headers[name.lower()] = value
        if status != 100:
            found.append((status, headers, reader.read(int(headers["content-length"]))))
    return found


def ended(connection: socket.socket) -> bool:
    """Has the server closed its side?"""
    connection.settimeout(60)
    try:
        while connection.recv(65536):
            pass
    except ConnectionError:
        pass
    return True


# ---- HTTP as clients speak it --------------------------------------------------------------------------------------


def test_a_ping_gets_a_response(running: server.Running) -> None:
    response = ping(running)

    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    assert response.headers["date"].endswith("GMT")
    assert response.json()["results"][0]["willAccept"] is True


def test_xml_gets_a_response(running: server.Running) -> None:
    response = ping(running, PING_XML, **{"content-type": "application/xml"})

    assert response.text.startswith("<PingReceiverResult")


def test_a_connection_is_kept(running: server.Running) -> None:
    connection = http.client.HTTPConnection(running.url.removeprefix("http://"), timeout=60)
    headers = {"api-key": KEY, "Content-Type": "application/json"}
    order_ids = set()
    for _ in range(50):
        connection.request("POST", "/v2/insert/ping", PING, headers)
        order_ids.add(json.loads(connection.getresponse().read())["results"][0]["orderId"])
    connection.close()

    assert len(order_ids) == 50


def test_pipelined_requests_get_responses_in_order(raw: Callable[[], socket.socket]) -> None:
    connection = raw()
    bodies = [PING, b"{", PING.replace(b"TX", b"AK"), PING, b"", PING]
    connection.sendall(b"".join(map(request, bodies)))

    received = responses(connection, len(bodies))

    assert [status for status, _, _ in received] == [200, 400, 200, 200, 400, 200]
    accepted = [json.loads(body)["results"][0]["willAccept"] for status, _, body in received if status == 200]
    assert accepted == [True, False, True, True]


@pytest.mark.parametrize("size", [1, 7, 64])
def test_a_request_may_come_in_pieces(raw: Callable[[], socket.socket], size: int) -> None:
    connection = raw()
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    data = request() + request() + request(b"{")
    for start in range(0, len(data), size):
        connection.sendall(data[start : start + size])
        if size > 1:
            time.sleep(0.001)

    assert [status for status, _, _ in responses(connection, 3)] == [200, 200, 400]


def test_the_body_may_come_after_the_head(raw: Callable[[], socket.socket]) -> None:
    connection = raw()
    for _ in range(3):
        head, _, body = request().partition(b"\r\n\r\n")
        connection.sendall(head + b"\r\n\r\n")
        time.sleep(0.02)
        connection.sendall(body)
        assert responses(connection)[0][0] == 200


def test_a_client_may_wait_for_100_continue(raw: Callable[[], socket.socket]) -> None:
    connection = raw()
    whole = b"Content-Length: %d\r\n\r\n" % len(PING), PING
    chunked = b"Transfer-Encoding: chunked\r\n\r\n", b"%x\r\n%b\r\n0\r\n\r\n" % (len(PING), PING)
    for framing, body in (whole, chunked, whole):
        connection.sendall(HEAD + b"Expect: 100-continue\r\n" + framing)
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(body)
        assert responses(connection)[0][0] == 200


def test_other_expectations_are_not_met(raw: Callable[[], socket.socket]) -> None:
    connection = raw()
    connection.sendall(request(PING, b"Expect: a miracle"))

    assert responses(connection)[0][0] == 417
    assert ended(connection)


@pytest.mark.parametrize("chunks", [[PING], [PING[:10], PING[10:11], PING[11:]], []])
def test_chunked_bodies_are_read(raw: Callable[[], socket.socket], chunks: list[bytes]) -> None:
    connection = raw()
    coded = b"".join(b"%x;ext=1\r\n%b\r\n" % (len(one), one) for one in chunks) + b"0\r\nX-Trailer: 1\r\n\r\n"
    connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + coded + request())

    (first, _, _), (second, _, _) = responses(connection, 2)

    assert first == (200 if chunks else 400)
    assert second == 200


def test_http_1_0_closes_unless_asked_to_stay(raw: Callable[[], socket.socket]) -> None:
    old = request().replace(b"HTTP/1.1", b"HTTP/1.0").replace(b"Host: 127.0.0.1\r\n", b"")
    connection = raw()
    connection.sendall(old.replace(b"Content-Type", b"Connection: keep-alive\r\nContent-Type") + old)

    (_, first, _), (_, second, _) = responses(connection, 2)

    assert (first["connection"], second["connection"]) == ("keep-alive", "close")
    assert ended(connection)


def test_connection_close_is_honoured(raw: Callable[[], socket.socket]) -> None:
    connection = raw()
    connection.sendall(request(PING, b"Connection: close"))

    assert responses(connection)[0][1]["connection"] == "close"
    assert ended(connection)


def test_an_offer_of_http_2_is_ignored_and_the_body_kept(raw: Callable[[], socket.socket]) -> None:
    offer = (
        b"Connection: Upgrade, HTTP2-Settings",
        b"Upgrade: h2c",
        b"HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA",
    )
    for pieces in (1, 2, 3):
        connection = raw()
        data = request(PING, *offer) + request()
        step = len(data) // pieces + 1
        for start in range(0, len(data), step):
            connection.sendall(data[start : start + step])
            time.sleep(0.02)

        assert [status for status, _, _ in responses(connection, 2)] == [200, 200]


def test_a_body_is_not_taken_for_a_request(raw: Callable[[], socket.socket]) -> None:
    connection, inner = raw(), request()
    connection.sendall(inner)  # its head is known from here on
    first = responses(connection, 1)
    head = b"POST /v2/nothing HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(inner)
    connection.sendall(inner.replace(b"\r\n\r\n", b"\r\nX-New: 1\r\n\r\n", 1) + head)
    time.sleep(0.1)
    connection.sendall(inner)

    assert [status for status, _, _ in first + responses(connection, 2)] == [200, 200, 404]


def test_head_has_no_body(raw: Callable[[], socket.socket]) -> None:
    connection = raw()
    connection.sendall(b"HEAD /v2/insert/ping HTTP/1.1\r\nHost: localhost\r\n\r\n" + request())
    reader = connection.makefile("rb")

    assert b" 405 " in reader.readline()
    while reader.readline().strip():
        pass
    assert reader.readline().startswith(b"HTTP/1.1 200")


def test_a_client_that_does_not_read_is_not_read_from_without_end(
    running: server.Running, raw: Callable[[], socket.socket]
) -> None:
    connection = raw()
    connection.settimeout(0.5)
    data, sent = request() * 20, 0

    with contextlib.suppress(TimeoutError):
        while sent < 60_000_000:
            sent += connection.send(data)

    assert sent < 60_000_000


# ---- HTTP as nobody should -----------------------------------------------------------------------------------------

BAD = {
    "no HTTP": b"hello\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(50),
    "no version": b"GET /\r\n\r\n",
    "HTTP/2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "HTTP/3.7": b"GET / HTTP/3.7\r\nHost: localhost\r\n\r\n",
    "two lengths": HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    "length and chunks": HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "negative length": HEAD + b"Content-Length: -1\r\n\r\n",
    "length that is no number": HEAD + b"Content-Length: ten\r\n\r\n",
    "length beyond all numbers": HEAD + b"Content-Length: 99999999999999999999999\r\n\r\n",
    "bad chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\nhello\r\n0\r\n\r\n",
    "chunk longer than said": HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\nhello\r\n0\r\n\r\n",
    "unknown coding": HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "space in a header's name": b"GET / HTTP/1.1\r\nHost : x\r\n\r\n",
    "folded header": b"GET / HTTP/1.1\r\nHost: localhost\r\nA: b\r\n c\r\n\r\n",
    "NUL in a header": b"GET / HTTP/1.1\r\nHost: localhost\r\nA: b\0c\r\n\r\n",
    "no Host": b"GET / HTTP/1.1\r\n\r\n",
    "two Hosts": b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: y\r\n\r\n",
    "CONNECT": b"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n",
    "huge header": b"GET / HTTP/1.1\r\nHost: localhost\r\nA: " + b"x" * (MAX_HEAD + 1) + b"\r\n\r\n",
    "endless header": b"GET / HTTP/1.1\r\nHost: localhost\r\nA: " + b"x" * (MAX_HEAD * 2),
    "many headers": b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"A: b\r\n" * 20_000 + b"\r\n",
    "long target": b"GET /" + b"x" * 10_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
}  # fmt: skip
STATUSES = {
    "no version": {505},
    "huge header": {431}, "endless header": {431}, "many headers": {431}, "long target": {414}, "HTTP/3.7": {400, 505},
    "HTTP/2 preface": {400, 505}, "CONNECT": {400, 404, 405, 501}, "unknown coding": {400, 501},
    "folded header": {400, 404}, "length beyond all numbers": {400, 413},
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_http_is_refused_by_name_and_the_connection_closed(raw: Callable[[], socket.socket], name: str) -> None:
    connection = raw()
    connection.sendall(BAD[name])

    status, headers, body = responses(connection)[0]

    assert status in STATUSES.get(name, {400}), body
    assert headers["content-type"] == "application/problem+json"
    assert json.loads(body)["detail"]
    if status not in (404, 405):
        assert headers["connection"] == "close"
        assert ended(connection)


def test_half_a_request_is_refused_by_name(raw: Callable[[], socket.socket]) -> None:
    for half in (HEAD, request()[:-10]):
        connection = raw()
        connection.sendall(half)
        connection.shutdown(socket.SHUT_WR)
        status, _, body = responses(connection)[0]
        assert (status, b"before it is complete" in body) == (400, True)


@pytest.mark.parametrize("data", [b"", b"\r\n", b"G"])
def test_a_connection_that_says_nothing_is_no_harm(raw: Callable[[], socket.socket], data: bytes) -> None:
    connection = raw()
    connection.sendall(data)
    connection.close()


def test_a_body_of_50_megabytes_is_refused_by_name(running: server.Running) -> None:
    response = ping(running, b"x" * 50_000_000)

    assert response.status_code == 413
    assert response.json()["kind"] == "encoding.too-large"


def test_50_megabytes_in_chunks_are_refused_by_name(raw: Callable[[], socket.socket]) -> None:
    connection = raw()
    chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    for _ in range(760):
        connection.sendall(chunk)

    assert responses(connection)[0][0] == 413


def test_100_continue_is_not_given_for_what_will_be_refused(raw: Callable[[], socket.socket]) -> None:
    connection = raw()
    connection.sendall(HEAD + b"Expect: 100-continue\r\nContent-Length: 50000000\r\n\r\n")

    assert responses(connection)[0][0] == 413


def test_a_fault_of_the_mock_gets_a_response_and_is_logged(capsys: pytest.CaptureFixture[str]) -> None:
    def broken(operation: str, fmt: str, value: dict[str, Any]) -> dict[str, Any]:
        raise RuntimeError("planted")

    with server.running(new(transform=broken)) as found:
        logged: list[dict[str, Any]] = []
        found.server.loop.set_exception_handler(lambda loop, context: logged.append(context))
        assert [ping(found).status_code for _ in range(2)] == [500, 500]
    assert "planted" in str(logged[0]["exception"])


# ---- time limits ---------------------------------------------------------------------------------------------------


def test_idle_and_slow_connections_are_closed() -> None:
    with server.running(new()) as found:
        found.server.timeouts = Timeouts(idle=0.3, request=0.3)
        port = int(found.url.rpartition(":")[2])
        with (
            socket.create_connection(("127.0.0.1", port)) as idle,
            socket.create_connection(("127.0.0.1", port)) as slow,
        ):
            slow.sendall(HEAD)
            status, _, body = responses(slow)[0]
            assert (status, b"not complete" in body) == (408, True)
            assert ended(idle)
            assert ended(slow)


def test_a_connection_is_not_idle_while_its_response_is_late() -> None:
    def late(response: OutgoingResponse, proceed: Proceed) -> Iterator[Step]:
        yield 1.5
        yield from proceed(response)

    with server.running(new(), fault=late) as found:
        found.server.timeouts = Timeouts(idle=0.3)
        assert [ping(found).status_code for _ in range(2)] == [200, 200]


def test_a_connection_that_was_refused_is_not_held_open() -> None:
    with (
        server.running(new()) as found,
        socket.create_connection(("127.0.0.1", int(found.url.rpartition(":")[2]))) as one,
    ):
        found.server.timeouts = Timeouts(linger=0.2)
        one.sendall(BAD["no HTTP"])
        assert responses(one)[0][0] == 400
        time.sleep(0.5)
        assert not found.server.connections


# ---- callbacks -----------------------------------------------------------------------------------------------------


class Listener(http.server.BaseHTTPRequestHandler):
    """Keeps what it is sent."""

    got: list[tuple[str, dict[str, str], bytes]] = []  # noqa: RUF012 - one list for all requests on purpose

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.got.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def listener() -> Iterator[tuple[str, list[Any]]]:
    Listener.got = []
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Listener) as found:
        threading.Thread(target=found.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{found.server_port}", Listener.got
        found.shutdown()


def create(url: str) -> dict[str, Any]:
    fields = {
        "FirstName": "Avery",
        "LastName": "Fields",
        "Email": f"{time.time_ns()}@leads.example",
        "Phone": "2125550100",
        "Address": "12 Example Street",
        "City": "Springfield",
        "State": "TX",
        "Zip": "75001",
    }
    source = {"vid": 1001, "lid": 2001, "aid": 3002, "sendDelay": 0, "returnURL": url}
    return {"source": source, "leads": [{"fields": fields}]}


def until(condition: Callable[[], object], seconds: float = 120.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def test_the_return_url_is_called_with_the_response(running: server.Running, listener: tuple[str, list[Any]]) -> None:
    url, got = listener
    response = httpx.post(
        f"{running.url}/v2/insert/general", headers={"api-key": KEY}, json=create(f"{url}/done?x=1"), trust_env=False
    )
    until(lambda: got)
    ((path, headers, body),) = got

    assert path == "/done?x=1"
    assert headers["content-type"] == "application/json; charset=utf-8"
    assert response.json()["results"] == []
    assert json.loads(body)["requestId"] == response.json()["requestId"]
    assert json.loads(body)["results"][0]["isValid"] is True


def test_a_return_url_that_cannot_be_called_hurts_nobody(running: server.Running) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        before = running.server.callbacks_failed
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}/"
        httpx.post(f"{running.url}/v2/insert/general", headers={"api-key": KEY}, json=create(url), trust_env=False)
        until(lambda: running.server.callbacks_failed > before)

    assert ping(running).status_code == 200


# ---- start and stop ------------------------------------------------------------------------------------------------


def test_a_running_mock_yields_url_mock_and_token() -> None:
    mock = new()
    with server.running(mock) as found:
        assert found.url.startswith("http://127.0.0.1:")
        assert found.mock is mock
        assert len(found.token) > 20
        state = httpx.get(found.url + "/__mock__/state", headers={"x-mock-token": found.token}, trust_env=False)
        assert state.json()["profile"] == "default"
        assert httpx.get(found.url + "/__mock__/state", trust_env=False).status_code == 403
    with pytest.raises(httpx.ConnectError):
        ping(found)


def test_an_open_connection_does_not_keep_the_server_from_stopping() -> None:
    with server.running(new()) as found:
        half, idle = (socket.create_connection(("127.0.0.1", int(found.url.rpartition(":")[2]))) for _ in range(2))
        half.sendall(HEAD)
        until(lambda: len(found.server.connections) == 2)
    assert ended(half)
    assert ended(idle)
    half.close()
    idle.close()


def test_a_port_in_use_is_named_with_a_hint(running: server.Running) -> None:
    port = int(running.url.rpartition(":")[2])
    with pytest.raises(ServerError, match=str(port)) as caught, server.running(new(), port=port):
        pass

    assert "--port 0" in caught.value.hint


def test_an_address_of_another_machine_is_named() -> None:
    with pytest.raises(ServerError, match=r"192\.0\.2\.1"):
        asyncio.run(server.serve(new(), "192.0.2.1", 0))


def test_the_server_runs_on_the_standard_loop_too() -> None:
    async def main() -> tuple[int, bytes]:
        stop, urls = asyncio.Event(), list[str]()
        task = asyncio.create_task(server.serve(new(), port=0, ready=urls.append, stop=stop))
        while not urls:
            await asyncio.sleep(0.01)
        reader, writer = await asyncio.open_connection("127.0.0.1", int(urls[0].rpartition(":")[2]))
        writer.write(request() * 2)
        line = await reader.readline()
        writer.close()
        stop.set()
        await task
        return int(line.split()[1]), line

    assert asyncio.run(main())[0] == 200


PROGRAM = """
import sys, time
from leadproof.contract import profile
from leadproof.mock import server
from leadproof.mock import Mock
server.run(Mock(profile.load(), clock=time.time), port=0, ready=lambda url: print(url, flush=True))
print("stopped", flush=True)
"""


def test_a_process_stops_on_sigterm() -> None:
    source = Path(server.__file__).resolve().parents[3]
    process = subprocess.Popen(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(source)!r})\n{PROGRAM}"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    url = process.stdout.readline().strip()
    assert httpx.get(url + "/v2", trust_env=False).status_code == 404

    process.terminate()

    assert process.communicate(timeout=120)[0] == "stopped\n"
    assert process.returncode == 0


# ---- as an ASGI application ----------------------------------------------------------------------------------------


def asgi_client(mock: Mock) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=server.asgi(mock))
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", headers={"api-key": KEY})


def test_the_asgi_application_responds_as_the_server_does() -> None:
    async def main() -> list[httpx.Response]:
        async with asgi_client(new(max_body=1000)) as client:
            headers = {"content-type": "application/json"}
            return [
                await client.post("/v2/insert/ping?x=1", content=PING, headers=headers),
                await client.post("/v2/insert/ping", content=b"x" * 1001, headers=headers),
                await client.head("/v2/insert/ping"),
                await client.put("/v2/leads/1/offers/a%2Fb/accept"),
            ]

    accepted, large, head, offer = asyncio.run(main())

    assert accepted.json()["results"][0]["willAccept"] is True
    assert large.status_code == 413
    assert (head.status_code, head.content) == (405, b"")
    assert offer.json()["success"] is False


def test_the_asgi_application_makes_callbacks_and_speaks_lifespan(listener: tuple[str, list[Any]]) -> None:
    url, got = listener
    mock = new()

    async def main() -> list[str]:
        async with asgi_client(mock) as client:
            await client.post("/v2/insert/general", json=create(url))
        events = iter(["lifespan.startup", "lifespan.shutdown"])
        sent: list[str] = []

        async def receive() -> dict[str, Any]:
            return {"type": next(events)}

        async def send(message: Any) -> None:
            sent.append(message["type"])

        await server.asgi(mock)({"type": "lifespan"}, receive, send)
        with pytest.raises(ServerError):
            await server.asgi(mock)({"type": "websocket"}, receive, send)
        return sent

    assert asyncio.run(main()) == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert len(got) == 1
