"""The recorder on real sockets: what goes through unchanged, what is kept of it, what is said when nothing comes."""

from __future__ import annotations

import asyncio
import gzip
import socket
import ssl
import struct
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from namespaces import free_port
from recorders import Recorder, Shelf, running, wait_for

from leadproof.contract.profile import load
from leadproof.core.exchange import Exchange, Part, Request, Response, header
from leadproof.core.target import Target
from leadproof.http.plan import plan_of
from leadproof.recorder import heads
from leadproof.recorder.frames import Counts, FrameKind, Reader, frame
from leadproof.recorder.keeper import EvidenceWriter, RecordingJob, plain
from leadproof.recorder.keeping import PATIENCE, WriterClient
from leadproof.recorder.outbound import Outbound
from leadproof.redact import Redactor
from leadproof.runs.evidence import read_exchanges

# ---- a recorder without its keeper -----------------------------------------------------------------------------------


@pytest.fixture
def recorder() -> Iterator[Callable[..., Recorder]]:
    """Starts recorders: `recorder(target URL, timeout=…, shelf=…, deciding=…, most=…, ca=…)`."""
    with ExitStack() as stack:

        def start(url: str, **options: Any) -> Recorder:
            return stack.enter_context(running(url, **options))

        yield start


def raw_response(body: bytes = b"{}", status: str = "200 OK", *lines: str) -> bytes:
    head = "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *lines, "", ""])
    return head.encode() + body


GET = b"GET /v2/status/7 HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n"


# ---- what passes -----------------------------------------------------------------------------------------------------


def test_a_request_goes_on_as_it_came_but_for_its_host_and_what_ends_at_the_next_hop(recorder, raw_target) -> None:
    target = raw_target(raw_response())
    proxy = recorder(f"{target.url}/base")
    sent = (
        b"POST /v2/insert/ping?a=%20b HTTP/1.1\r\nHost: here:1\r\nX-One: 1\r\nx-one: 2\r\nApi-Key:  k \r\n"
        b"Connection: close, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nTE: trailers\r\nProxy-Connection: close\r\n"
        b"Accept-Encoding: gzip;q=1, br, zstd, *\r\nContent-Length: 2\r\n\r\n{}"
    )

    proxy.talk(sent)

    host = target.url.removeprefix("http://")
    assert target.requests[0].decode() == (
        f"POST /base/v2/insert/ping?a=%20b HTTP/1.1\r\nHost: {host}\r\nX-One: 1\r\nx-one: 2\r\nApi-Key: k \r\n"
        "Accept-Encoding: gzip;q=1, *\r\nContent-Length: 2\r\n\r\n{}"
    )
    [kept] = proxy.kept()
    assert (kept.request.method, kept.request.target, kept.request.body) == (
        "POST",
        "/base/v2/insert/ping?a=%20b",
        b"{}",
    )
    assert (header(kept.request.headers, "host"), header(kept.request.headers, "api-key")) == (host, "k")


def test_a_response_comes_back_as_it_was_but_for_what_ends_at_the_next_hop(recorder, raw_target) -> None:
    lines = (
        "Set-Cookie: a=1",
        "Set-Cookie: b=2",
        "Connection: close, X-Hop",
        "X-Hop: 1",
        "Keep-Alive: x",
        "Upgrade: h2c",
    )
    proxy = recorder(raw_target(raw_response(b"abc", "299 Strange Words", *lines)).url)

    got = proxy.talk(GET)

    assert got == (
        b"HTTP/1.1 299 Strange Words\r\nContent-Length: 3\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n"
        b"Connection: close\r\n\r\nabc"
    )
    [kept] = proxy.kept()
    assert (kept.response.status, kept.response.body, header(kept.response.headers, "x-hop")) == (299, b"abc", "1")


def test_a_redirect_is_passed_on_and_not_followed(recorder, raw_target) -> None:
    target = raw_target(raw_response(b"", "307 Temporary Redirect", "Location: http://elsewhere.example/v2"))
    proxy = recorder(target.url)

    got = proxy.talk(GET)

    assert b"307 Temporary Redirect" in got
    assert b"Location: http://elsewhere.example/v2\r\n" in got
    assert len(target.requests) == 1


def test_an_absolute_request_target_does_not_choose_the_host(recorder, raw_target) -> None:
    target = raw_target(raw_response())
    proxy = recorder(target.url)

    proxy.talk(GET.replace(b"GET /v2", b"GET http://localhost:81/v2"))

    assert target.requests[0].startswith(b"GET /v2/status/7 HTTP/1.1\r\nHost: 127.0.0.1:")


def test_chunks_pass_in_both_directions_with_their_trailers(recorder, raw_target) -> None:
    came = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nX-Sum: 5\r\n\r\n"
    target = raw_target(came)
    proxy = recorder(target.url)

    got = proxy.talk(
        b"POST /v2/insert/ping HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
        b"1;x=y\r\n{\r\n1\r\n}\r\n0\r\nX-Sum: 2\r\n\r\n"
    )

    assert target.requests[0].endswith(b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\nX-Sum: 2\r\n\r\n")
    assert got == came.replace(b"chunked\r\n\r\n", b"chunked\r\nConnection: close\r\n\r\n")
    assert (proxy.kept()[0].request.body, proxy.kept()[0].response.body) == (b"{}", b"abcde")


def test_a_client_of_http_1_0_gets_no_chunks(recorder, raw_target) -> None:
    proxy = recorder(raw_target(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n").url)

    assert proxy.talk(b"GET / HTTP/1.0\r\n\r\n") == b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nabc"


def test_a_body_that_ends_with_the_connection_is_whole(recorder, raw_target) -> None:
    proxy = recorder(raw_target(b"HTTP/1.0 200 OK\r\n\r\n", b"abc", b"def").url)

    assert proxy.talk(GET.replace(b"Connection: close\r\n", b"")) == (
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nabcdef"
    )
    assert proxy.kept()[0].response.body == b"abcdef"


def test_pieces_of_a_response_pass_before_its_end(recorder, raw_target) -> None:
    target = raw_target(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc", b"def", pause=0.3)
    proxy = recorder(target.url)

    with socket.create_connection(("127.0.0.1", proxy.port), 5) as connection:
        connection.sendall(GET)
        first = connection.recv(65536)
        assert proxy.shelf.exchanges == []
        second = connection.recv(65536)

    assert (first[-3:], second) == (b"abc", b"def")


def test_expect_100_continue_is_settled_by_the_target(recorder, raw_target) -> None:
    proxy = recorder(raw_target(b"HTTP/1.1 100 Continue\r\n\r\n", raw_response(b"done"), pause=0.2).url)

    with socket.create_connection(("127.0.0.1", proxy.port), 5) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        assert connection.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"{}")
        assert connection.recv(65536).endswith(b"\r\n\r\ndone")

    assert proxy.kept()[0].request.body == b"{}"
    assert proxy.kept()[0].response.status == 200


def test_a_response_before_the_end_of_the_request_passes_and_ends_the_connection(recorder, raw_target) -> None:
    proxy = recorder(raw_target(raw_response(b"no", "401 Unauthorized")).url)

    got = proxy.talk(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{", close=False)

    assert got == b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno"
    assert proxy.kept()[0].response.status == 401


def test_the_response_to_head_has_no_body_whatever_it_announces(recorder, served_mock) -> None:
    proxy = recorder(served_mock.url)
    head = b"HEAD /v2/status/1 HTTP/1.1\r\nHost: x\r\n\r\n"

    got = proxy.talk(head + head + GET)

    assert got.count(b"HTTP/1.1 405 Method Not Allowed\r\n") == 2
    assert [one.request.method for one in proxy.kept(3)] == ["HEAD", "HEAD", "GET"]


def test_requests_ahead_of_their_responses_get_them_in_order(recorder, http_target) -> None:
    proxy = recorder(http_target(lambda method, path, headers, body: (200, {}, path.encode() + body)))
    asked = b"".join(
        b"POST /%d HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n%d" % (number, number) for number in range(5)
    )

    got = proxy.talk(asked + GET)

    bodies = [part.rpartition(b"\r\n\r\n")[2] for part in got.split(b"HTTP/1.1 ")[1:]]
    assert bodies == [b"/00", b"/11", b"/22", b"/33", b"/44", b"/v2/status/7"]
    assert [one.request.target for one in proxy.kept(6)] == ["/0", "/1", "/2", "/3", "/4", "/v2/status/7"]


def test_an_offer_of_another_protocol_is_ignored_and_the_body_kept(recorder, raw_target) -> None:
    target = raw_target(raw_response())
    proxy = recorder(target.url)

    proxy.talk(
        b"POST / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
        b"HTTP2-Settings: AAMAAABkAAQBAAAAAAIAAAAA\r\nContent-Length: 2\r\n\r\n{}"
    )

    assert target.requests[0].endswith(b"Content-Length: 2\r\n\r\n{}")
    assert b"pgrade" not in target.requests[0]
    assert proxy.kept()[0].request.body == b"{}"


@pytest.mark.parametrize("size", [3_000_000])
def test_a_large_body_flows_in_both_directions(recorder, http_target, size: int) -> None:
    proxy = recorder(http_target(lambda method, path, headers, body: (200, {}, body[::-1])))
    body = bytes(range(256)) * (size // 256)

    got = httpx.post(f"{proxy.url}/v2/insert/ping", content=body, trust_env=False)

    assert got.content == body[::-1]
    assert proxy.kept()[0].response.body == body[::-1]


def test_what_is_larger_than_the_cap_flows_and_is_kept_in_part(recorder, http_target, monkeypatch) -> None:
    monkeypatch.setattr("leadproof.recorder.proxied_exchange.KEPT", 1000)
    proxy = recorder(http_target(lambda method, path, headers, body: (200, {}, b"x" * 100_000)))

    got = httpx.get(f"{proxy.url}/v2/status/1", trust_env=False)

    assert len(got.content) == 100_000
    assert len(proxy.kept()[0].response.body) == 1000
    assert proxy.shelf.kinds == [FrameKind.UNJUDGED]


def test_a_client_that_keeps_its_connection_gets_one_to_the_target(recorder, http_target, monkeypatch) -> None:
    made: list[Outbound] = []
    monkeypatch.setattr(Outbound, "connection_lost", lambda self, exc: made.append(self))
    proxy = recorder(http_target(lambda method, path, headers, body: (200, {}, b"{}")))
    with httpx.Client(trust_env=False) as client:
        for _ in range(5):
            assert client.get(f"{proxy.url}/v2/status/1").status_code == 200

    assert len(proxy.kept(5)) == 5
    wait_for(lambda: len(made) == 1)


@pytest.mark.parametrize("size", [1, 7, 40, 90, 1000])
def test_requests_with_the_same_head_keep_their_own_bodies_in_whatever_pieces_they_come(
    recorder, http_target, size: int
) -> None:
    proxy = recorder(http_target(lambda method, path, headers, body: (200, {}, body)))
    asked = b"".join(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n%04d" % number for number in range(20))
    with socket.create_connection(("127.0.0.1", proxy.port), 5) as connection:
        for start in range(0, len(asked), size):
            connection.sendall(asked[start : start + size])
        found = b""
        while found.count(b"\r\n\r\n") < 20 or not found.endswith(b"0019"):
            found += connection.recv(65536)

    bodies = [part.rpartition(b"\r\n\r\n")[2] for part in found.split(b"HTTP/1.1 ")[1:]]
    assert bodies == [b"%04d" % number for number in range(20)]
    assert [(one.request.body, one.response.body) for one in proxy.kept(20)] == [(body, body) for body in bodies]


# ---- what does not pass ----------------------------------------------------------------------------------------------


def closed_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def problem(got: bytes) -> dict[str, Any]:
    head, _, body = got.partition(b"\r\n\r\n")
    assert b"application/problem+json" in head
    return msgspec.json.decode(body)


def test_a_target_that_is_not_there_is_said_to_be(recorder) -> None:
    url = f"http://127.0.0.1:{closed_port()}"
    proxy = recorder(url)

    said = problem(proxy.talk(GET))

    assert (said["status"], said["kind"], said["type"]) == (502, "transport.refused", "urn:leadproof:recorder:502")
    assert said["detail"].startswith(f"{url}: no connection could be made")
    [kept] = proxy.kept()
    assert (kept.response, kept.failure) == (None, "transport.refused")


@pytest.mark.parametrize(
    ("pieces", "status", "failure"),
    [
        ((b"",), 502, "transport.reset"),
        ((b"HTTP/1.1 200 OK\r\nContent-Le",), 502, "transport.reset"),
        ((b"nonsense\r\n\r\n",), 502, "framing.invalid"),
        ((b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",), 502, "framing.invalid"),
        ((b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",), 502, "framing.invalid"),
        ((b"HTTP/1.1 101 Other\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n...",), 502, "framing.invalid"),
        ((b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000,), 502, "framing.invalid"),
        ((b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel",), 200, "framing.length"),
        ((b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",), 200, "framing.length"),
        ((b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n",), 200, "framing.invalid"),
    ],
    ids=["nothing", "half a head", "nonsense", "two lengths", "other coding", "other protocol", "endless head",
         "short", "no last chunk", "no chunk"],
)  # fmt: skip
def test_a_response_that_is_none_is_named(recorder, raw_target, pieces, status: int, failure: str) -> None:
    proxy = recorder(raw_target(*pieces, pause=0.05).url)

    got = proxy.talk(GET)

    assert got.startswith(b"HTTP/1.1 %d " % status)
    if status == 502:
        assert problem(got)["kind"] == failure
    [kept] = proxy.kept()
    assert (kept.response, kept.failure) == (None, failure)


@pytest.mark.parametrize(
    "pieces", [(b"",), (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel",)], ids=["none", "half"]
)
def test_a_response_that_does_not_come_in_time_is_given_up(recorder, raw_target, pieces) -> None:
    proxy = recorder(raw_target(*pieces, pause=1.0).url, timeout=0.3)

    got = proxy.talk(GET)

    if pieces == (b"",):
        assert (problem(got)["status"], problem(got)["kind"]) == (504, "transport.timeout")
    else:
        assert got.endswith(b"\r\n\r\nhel")
    assert proxy.kept()[0].failure == "transport.timeout"


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
        (b"CONNECT elsewhere.example:443 HTTP/1.1\r\nHost: x\r\n\r\n", 501),
        (b"GET / HTTP/1.1\r\nX: " + b"y" * 70_000 + b"\r\n\r\n", 431),
    ],
    ids=["nonsense", "two framings", "other coding", "connect", "endless head"],
)
def test_a_request_that_cannot_be_passed_on_is_refused_by_the_recorder(
    recorder, raw_target, request_: bytes, status: int
) -> None:
    target = raw_target(raw_response())
    proxy = recorder(target.url)

    said = problem(proxy.talk(request_, close=False))

    assert (said["status"], said["type"]) == (status, f"urn:leadproof:recorder:{status}")
    assert (target.requests, proxy.shelf.exchanges) == ([], [])


def test_what_comes_back_to_the_recorder_goes_round_no_second_time(recorder) -> None:
    port = free_port()
    proxy = recorder(f"http://127.0.0.1:{port}", port=port)

    said = [problem(proxy.talk(GET)) for _ in range(2)]

    assert [(one["status"], one["title"]) for one in said] == [(508, "The recorder is its own target")] * 2
    assert [exchange.response.status for exchange in proxy.kept(2)] == [508, 508]


def test_a_client_that_gives_up_is_recorded_without_a_response(recorder, raw_target) -> None:
    target = raw_target(b"", pause=3.0)
    proxy = recorder(target.url)

    with socket.create_connection(("127.0.0.1", proxy.port), 5) as connection:
        connection.sendall(GET)
        wait_for(lambda: target.requests)
        reset(connection)
    [kept] = proxy.kept()
    assert (kept.response, kept.failure, kept.request.target) == (None, "", "/v2/status/7")


def test_the_response_to_a_client_that_only_listens_is_passed_on(recorder, raw_target) -> None:
    proxy = recorder(raw_target(b"", raw_response(b"late"), pause=0.2).url)

    assert proxy.talk(GET, close=True).endswith(b"\r\n\r\nlate")


def test_a_response_with_an_open_end_that_breaks_off_does_not_look_whole(recorder, raw_target) -> None:
    proxy = recorder(raw_target(b"HTTP/1.1 200 OK\r\n\r\nabc", pause=0.1, reset=True).url)

    with pytest.raises(ConnectionResetError):
        proxy.talk(GET)
    assert (proxy.kept()[0].response, proxy.kept()[0].failure) == (None, "framing.length")


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


# ---- TLS -------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tls")
    key, cert = folder / "key.pem", folder / "cert.pem"
    subject = "-days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
    command = f"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes {subject}".split()
    try:
        subprocess.run([*command, "-keyout", key, "-out", cert], check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("openssl makes the certificate, and is not here")
    return key, cert


@pytest.fixture
def tls_target(certificate: tuple[Path, Path]) -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate[1], certificate[0])
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            try:
                with context.wrap_socket(connection, server_side=True) as tls:
                    tls.recv(65536)
                    tls.sendall(raw_response(b"secret"))
            except OSError:
                connection.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"https://localhost:{listener.getsockname()[1]}"
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(2)


def test_a_target_with_a_certificate_of_the_bundle_is_reached(recorder, tls_target, certificate) -> None:
    proxy = recorder(tls_target, ca=str(certificate[1]))

    assert proxy.talk(GET).endswith(b"\r\n\r\nsecret")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"], ids=["unknown authority", "other name"])
def test_a_certificate_that_cannot_be_trusted_ends_the_exchange(recorder, tls_target, certificate, host: str) -> None:
    ca = "" if host == "localhost" else str(certificate[1])
    proxy = recorder(tls_target.replace("localhost", host), ca=ca)

    said = problem(proxy.talk(GET))

    assert (said["status"], said["kind"]) == (502, "transport.tls")
    assert proxy.kept()[0].failure == "transport.tls"


# ---- the record ------------------------------------------------------------------------------------------------------


def test_a_response_waits_until_all_exchanges_before_it_are_written_and_not_for_its_own(recorder, raw_target) -> None:
    shelf = Shelf(slow=True)
    proxy = recorder(raw_target(raw_response()).url, shelf=shelf)
    first, second = (socket.create_connection(("127.0.0.1", proxy.port), 5) for _ in range(2))
    with first, second:
        first.sendall(GET)
        assert first.recv(65536).endswith(b"{}")
        second.sendall(GET)
        wait_for(lambda: len(shelf.exchanges) == 2)
        second.settimeout(0.2)
        with pytest.raises(TimeoutError):
            second.recv(65536)

        proxy.loop.call_soon_threadsafe(shelf.write)

        second.settimeout(5)
        assert second.recv(65536).endswith(b"{}")
    assert shelf.written == 1


def test_a_response_does_not_wait_for_ever_for_the_record() -> None:
    async def wait() -> float:
        loop = asyncio.get_running_loop()
        keeping, released, started = WriterClient(loop), loop.create_future(), loop.time()
        keeping.handed = 2
        keeping.when_written(1, lambda: released.set_result(loop.time() - started))
        return await released

    assert PATIENCE / 2 < asyncio.run(wait()) < PATIENCE * 4


def test_a_response_that_is_decided_about_is_kept_back_with_what_is_wrong(recorder, raw_target) -> None:
    finding = {"clause": "LE2-PING-RES-05", "kind": "schema.type", "pointer": "/results/0/price"}
    proxy = recorder(raw_target(raw_response(b'{"secret": 1}')).url, deciding=True, shelf=Shelf(findings=[finding]))

    said = problem(proxy.talk(GET))

    assert (said["status"], said["findings"]) == (502, [finding])
    assert proxy.shelf.kinds == [FrameKind.DECIDE]
    assert proxy.kept()[0].response.body == b'{"secret": 1}'


def test_a_response_that_is_decided_about_and_right_passes_unchanged(recorder, raw_target) -> None:
    proxy = recorder(raw_target(raw_response(b"abc"), pause=0.1).url, deciding=True)

    assert proxy.talk(GET) == b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc"


def test_nothing_passes_undecided_because_it_is_too_large(recorder, http_target, monkeypatch) -> None:
    monkeypatch.setattr("leadproof.recorder.proxied_exchange.KEPT", 1000)
    proxy = recorder(http_target(lambda method, path, headers, body: (200, {}, b"x" * 100_000)), deciding=True)

    got = httpx.get(f"{proxy.url}/v2/status/1", trust_env=False)

    assert (got.status_code, got.json()["findings"][0]["kind"]) == (502, "encoding.too-large")


def test_as_many_exchanges_as_wanted_are_taken_and_no_more(recorder, http_target) -> None:
    proxy = recorder(http_target(lambda method, path, headers, body: (200, {}, b"{}")), most=2)

    statuses = [httpx.get(f"{proxy.url}/v2/status/1", trust_env=False).status_code for _ in range(3)]

    assert statuses == [200, 200, 503]
    assert proxy.full.is_set()
    assert len(proxy.kept(2)) == 2


@pytest.mark.parametrize(
    ("body", "coding", "response", "failure"),
    [
        (gzip.compress(b"{}"), "gzip", b"{}", ""),
        (b"{}", "gzip", None, "encoding.invalid"),
        (gzip.compress(b"{}")[:-3], "gzip", None, "encoding.invalid"),
        (gzip.compress(bytes(20_000_000)), "gzip", None, "encoding.too-large"),
        (b"whatever", "br", b"", ""),
    ],
    ids=["whole", "none", "cut off", "a bomb", "not read here"],
)
def test_the_judge_gets_bodies_without_their_coding(
    body: bytes, coding: str, response: bytes | None, failure: str
) -> None:
    raw = Exchange(Request("GET", "/"), Response(200, (("Content-Encoding", coding),), body))

    got = plain(raw)

    assert (got.response and got.response.body, got.failure) == (response, failure)
    assert got.knows(Part.RESPONSE_BODY) == (coding != "br")


# ---- the keeper ------------------------------------------------------------------------------------------------------


@pytest.fixture
def keeper(tmp_path: Path) -> Iterator[Callable[..., EvidenceWriter]]:
    with ExitStack() as stack:

        def make(target: str = "http://127.0.0.1:8080", **options: Any) -> EvidenceWriter:
            redactor = Redactor(secrets=["k3y-canary-0123456789"])
            made = EvidenceWriter(RecordingJob({}, load(), redactor, "must", str(tmp_path), target, **options))
            stack.callback(made.run.close)
            return made

        yield make


def status(number: int = 1, location: str = "") -> Exchange:
    pairs = (("content-type", "application/json"), *([("location", location)] if location else []))
    response = Response(307 if location else 404, pairs, b"{}")
    return Exchange(Request("GET", f"/v2/status/{number}", (("api-key", "k3y-canary-0123456789"),)), response)


def report(keeper: EvidenceWriter) -> dict[str, Any]:
    return msgspec.json.decode((keeper.end() / "report.json").read_bytes())


def test_what_is_written_is_redacted_and_judged_later(keeper: Callable[..., EvidenceWriter]) -> None:
    one = keeper()
    one.write(status(1))
    one.write(status(2))

    assert (one.counts, one.behind) == (Counts(2, 0, 0), True)
    text = (one.run.path / "exchanges.ndjson").read_text()
    assert (text.count("\n"), "k3y-canary" in text) == (2, False)
    one.judge_next()
    assert (one.counts.judged, one.behind) == (1, True)
    assert report(one)["counts"]["exchanges"] == 2


def test_what_the_judge_cannot_take_is_written_and_counted_and_said(
    keeper: Callable[..., EvidenceWriter], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("leadproof.recorder.keeper.MOST_UNJUDGED", 2)
    one = keeper()
    for number in range(5):
        one.write(status(number))

    found = report(one)

    assert len(list(read_exchanges(one.run.path))) == 5
    assert (found["counts"]["exchanges"], found["counts"]["judged"]) == (5, 0)
    assert found["exit_code"] in (1, 4)
    assert [row["message"] for row in found["observations"] if row["kind"] == "file.deviation"] == [
        "3 exchanges were recorded and not judged: more came than the judge could take, or it was too large"
    ]


@pytest.mark.parametrize(
    ("location", "said"),
    [("http://127.0.0.1:8080/v3", True), ("http://elsewhere.example/", False), ("/v3", False), ("", False)],
)
def test_a_redirect_that_leads_past_the_recorder_is_observed(
    keeper: Callable[..., EvidenceWriter], location: str, said: bool
) -> None:
    one = keeper()
    one.write(status(1, location))

    messages = [row["message"] for row in report(one)["observations"]]

    words = "the response redirects to the service itself: what follows it goes past the recorder"
    assert (words in messages) is said


def test_a_response_that_is_decided_about_is_judged_after_those_before_it(
    keeper: Callable[..., EvidenceWriter],
) -> None:
    one = keeper()
    one.write(status(1))

    found = one.decide(status(2))

    assert one.counts[:2] == (2, 2)
    assert {row["origin"] for row in found} == {"traffic.har#2"}


# ---- heads and frames ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accepted", "kept"),
    [
        (b"gzip, deflate", b"gzip, deflate"),
        (b"gzip, deflate, br, zstd", b"gzip, deflate"),
        (b"br", b"identity"),
        (b"br;q=1.0, gzip;q=0.8, *;q=0.1", b"gzip;q=0.8, *;q=0.1"),
        (b"", b""),
    ],
)
def test_only_codings_that_can_be_undone_are_asked_for(accepted: bytes, kept: bytes) -> None:
    plan = plan_of(Target("http://127.0.0.1:1"))

    _, pairs = heads.to_target(plan, b"/", [(b"accept-encoding", accepted)])

    assert dict(pairs)[b"accept-encoding"] == kept


def test_frames_are_read_in_whatever_pieces_they_come() -> None:
    frames = [(FrameKind.COUNTS, Counts(1, 2, 3).pack()), (FrameKind.END, b""), (FrameKind.EXCHANGE, bytes(1000))]
    data = b"".join(frame(*one) for one in frames)

    for size in (1, 3, 7, 1000, len(data)):
        reader = Reader()
        pieces = [data[start : start + size] for start in range(0, len(data), size)]
        assert [got for piece in pieces for got in reader.feed(piece)] == frames
