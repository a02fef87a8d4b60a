"""The client: what goes over the wire, and that whatever goes wrong on the way ends as a named failure."""

from __future__ import annotations

import gzip
import ssl
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from leadproof.bodies import MAX_BODY
from leadproof.core.errors import ConfigurationError, TargetError
from leadproof.core.exchange import Exchange, Request, header
from leadproof.core.findings import KINDS
from leadproof.http import client as module
from leadproof.http.client import Client, Target, compose, require_reachable
from leadproof.mock.server import Running

ASK = Request("GET", "/v2/status/1", (("accept", "application/json"),))
BODY = b'{"requestId": "1", "results": []}'
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def whole(body: bytes, *headers: str) -> bytes:
    """A response with the right length."""
    more = "".join(f"{one}\r\n" for one in headers).encode()
    return HEAD + more + f"Content-Length: {len(body)}\r\n\r\n".encode() + body


def ask(url: str, *, timeout: float = 60.0, request: Request = ASK, **target: str) -> Exchange:
    with Client(Target(url, timeout=timeout, **target)) as client:
        return client.send(request, operation="lead_status", origin="here", intent="accepted")


# ---- what is sent ----------------------------------------------------------------------------------------------------


def packed(body: bytes) -> bytes:
    """Compressed without the time of day, which would make the names of the tests differ from process to process."""
    return gzip.compress(body, mtime=0)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"fmt": "json"}, (("accept", "application/json"),)),
        ({"fmt": "xml", "body": b"<x/>"}, (("content-type", "application/xml"), ("accept", "application/xml"))),
        (
            {"fmt": "json", "accept": "xml", "body": b"{}"},
            (("content-type", "application/json"), ("accept", "application/xml")),
        ),
        (
            {"fmt": "json", "credentials": (("api-key", "k"),)},
            (("accept", "application/json"), ("api-key", "k")),
        ),
    ],
)
def test_a_request_is_composed_as_documented(arguments: dict, expected: object) -> None:
    assert compose("POST", "/v2/update", **arguments) == Request(
        "POST", "/v2/update", expected, arguments.get("body", b"")
    )


def test_an_exchange_holds_what_went_over_the_wire(raw_target: Callable) -> None:
    served = raw_target(whole(BODY))

    before = time.time()
    exchange = ask(served.url)

    assert exchange.response.body == BODY
    assert exchange.response.status == 200
    assert (exchange.operation, exchange.origin, exchange.intent, exchange.failure) == (
        "lead_status",
        "here",
        "accepted",
        "",
    )
    assert before <= exchange.started
    assert 0 < exchange.elapsed <= time.time() - before
    lines = served.requests[0].decode().split("\r\n")
    assert lines[0] == "GET /v2/status/1 HTTP/1.1"
    assert {name.lower(): value for name, value in (line.split(": ", 1) for line in lines[1:] if line)} == {
        name.lower(): value for name, value in exchange.request.headers
    }
    assert header(exchange.request.headers, "accept") == "application/json"
    assert header(exchange.request.headers, "user-agent").startswith("leadproof/")


def test_only_codings_that_can_be_undone_are_offered(raw_target: Callable) -> None:
    served = raw_target(whole(BODY))

    ask(served.url)

    assert b"\r\naccept-encoding: gzip, deflate\r\n" in served.requests[0].lower()


def test_a_base_url_may_have_a_path(raw_target: Callable) -> None:
    served = raw_target(whole(BODY))

    exchange = ask(f"{served.url}/partner/api/")

    assert exchange.request.target == "/partner/api/v2/status/1"
    assert served.requests[0].startswith(b"GET /partner/api/v2/status/1 HTTP/1.1\r\n")


def test_ipv6_is_spoken(raw_target: Callable) -> None:
    try:
        served = raw_target(whole(BODY), host="::1")
    except OSError:
        pytest.skip("this machine has no IPv6 loopback")

    assert ask(served.url).response.body == BODY


def test_the_environments_proxies_are_not_used(raw_target: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    served = raw_target(whole(BODY))

    assert ask(served.url).response.status == 200


def test_a_proxy_that_is_configured_is_used(raw_target: Callable) -> None:
    proxy = raw_target(whole(BODY))

    exchange = ask("http://partner.example", proxy=proxy.url)

    assert exchange.response.status == 200
    assert proxy.requests[0].startswith(b"GET http://partner.example/v2/status/1 HTTP/1.1\r\n")


def test_the_mock_responds(served_mock: Running) -> None:
    exchange = ask(served_mock.url)

    assert exchange.response.status == 401


# ---- redirects -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
def test_a_redirect_is_never_followed(raw_target: Callable, status: str) -> None:
    elsewhere = raw_target(whole(BODY))
    served = raw_target(f"HTTP/1.1 {status}\r\nLocation: {elsewhere.url}/\r\nContent-Length: 0\r\n\r\n".encode())
    secret = ("api-key", "s3cret")

    exchange = ask(served.url, request=Request("POST", "/v2/update", (secret,), b"{}"))

    assert exchange.response.status == int(status[:3])
    assert elsewhere.requests == []


# ---- content codings -------------------------------------------------------------------------------------------------


def bare_deflate(data: bytes) -> bytes:
    stream = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return stream.compress(data) + stream.flush()


@pytest.mark.parametrize(
    ("coding", "sent", "expected"),
    [
        ("gzip", packed(BODY), BODY),
        ("x-gzip", packed(BODY), BODY),
        ("GZIP", packed(BODY), BODY),
        ("gzip", packed(BODY[:9]) + packed(BODY[9:]), BODY),
        ("deflate", zlib.compress(BODY), BODY),
        ("deflate", bare_deflate(BODY), BODY),
        ("gzip, deflate", zlib.compress(packed(BODY)), BODY),
        ("identity", BODY, BODY),
        ("utf-8", BODY, BODY),
        ("gzip", b"", b""),
    ],
)
def test_a_coded_body_is_decoded(raw_target: Callable, coding: str, sent: bytes, expected: bytes) -> None:
    exchange = ask(raw_target(whole(sent, f"Content-Encoding: {coding}")).url)

    assert (exchange.failure, exchange.response and exchange.response.body) == ("", expected)


@pytest.mark.parametrize(
    ("coding", "sent"),
    [
        ("gzip", packed(BODY)[:-1]),
        ("gzip", packed(BODY)[:-8]),
        ("gzip", packed(BODY)[:12]),
        ("gzip", packed(BODY) + b"more"),
        ("gzip", packed(BODY)[:-8] + b"\0" * 8),
        ("gzip", BODY),
        ("deflate", zlib.compress(BODY)[:-1]),
        ("deflate", b"\xff\xff\xff\xff"),
        ("br", b"\x0b\x10\x80"),
        ("zstd", b"(\xb5/\xfd"),
        ("gzip, gzip, gzip, gzip", packed(BODY)),
    ],
)
def test_a_coded_body_that_is_not_what_it_says_is_named(raw_target: Callable, coding: str, sent: bytes) -> None:
    exchange = ask(raw_target(whole(sent, f"Content-Encoding: {coding}")).url)

    assert (exchange.response, exchange.failure) == (None, "encoding.invalid")


def bomb(layers: int) -> bytes:
    body = b"\0" * (MAX_BODY + 1)
    for _ in range(layers):
        body = packed(body)
    return body


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_a_bomb_does_not_go_off(raw_target: Callable, layers: int) -> None:
    served = raw_target(whole(bomb(layers), "Content-Encoding: " + ", ".join(["gzip"] * layers)))

    assert ask(served.url).failure == "encoding.too-large"


@pytest.mark.parametrize(("size", "failure"), [(MAX_BODY, ""), (MAX_BODY + 1, "encoding.too-large")])
def test_a_body_is_read_up_to_the_cap(raw_target: Callable, size: int, failure: str) -> None:
    assert ask(raw_target(whole(b" " * size)).url).failure == failure


def test_a_body_without_end_is_left_at_the_cap(raw_target: Callable) -> None:
    endless = (HEAD + b"Connection: close\r\n\r\n", *[b" " * 1_000_000] * 30)

    assert ask(raw_target(*endless).url).failure == "encoding.too-large"


# ---- what goes wrong on the way --------------------------------------------------------------------------------------

BROKEN = {
    "nothing": ((), {}, "transport.reset"),
    "a reset": ((), {"reset": True}, "transport.reset"),
    "a reset within the body": (
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab",),
        {"reset": True},
        "transport.reset",
    ),
    "half a head": ((HEAD,), {}, "transport.reset"),
    "a body that is too short": ((HEAD + b"Content-Length: 99\r\n\r\n" + BODY,), {}, "framing.length"),
    "a missing last chunk": ((HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",), {}, "framing.length"),
    "another protocol": ((b"220 mail.example ESMTP\r\n\r\n",), {}, "framing.invalid"),
    "a wrong chunk size": ((HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",), {}, "framing.invalid"),
    "two lengths": ((HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",), {}, "framing.invalid"),
    "a length that is none": ((HEAD + b"Content-Length: many\r\n\r\nab",), {}, "framing.invalid"),
    "a header without a name": ((HEAD + b": x\r\nContent-Length: 0\r\n\r\n",), {}, "framing.invalid"),
    "a head without end": ((HEAD + b"x: " + b"y" * 300_000,), {}, "framing.invalid"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_response_is_named(raw_target: Callable, case: str) -> None:
    pieces, how, failure = BROKEN[case]

    exchange = ask(raw_target(*pieces, **how).url)

    assert (exchange.response, exchange.failure) == (None, failure)
    assert exchange.failure in KINDS


def test_a_longer_body_than_announced_is_cut(raw_target: Callable) -> None:
    exchange = ask(raw_target(HEAD + b"Content-Length: 2\r\n\r\n{}{}").url)

    assert exchange.response.body == b"{}"


def test_nobody_there() -> None:
    assert ask("http://127.0.0.1:9").failure == "transport.refused"


def test_a_name_that_does_not_exist() -> None:
    assert ask("http://nobody.invalid").failure == "transport.refused"


def test_a_proxy_that_refuses(raw_target: Callable) -> None:
    proxy = raw_target(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")

    assert ask("https://partner.example", proxy=proxy.url).failure == "transport.refused"


@pytest.mark.parametrize(
    "pieces", [(), (HEAD,), (HEAD + b"Content-Length: 9\r\n\r\n",)], ids=["silent", "head", "body"]
)
def test_who_does_not_respond_in_time_is_left(raw_target: Callable, pieces: tuple[bytes, ...]) -> None:
    exchange = ask(raw_target(*pieces, b"", pause=600).url, timeout=0.3)

    assert exchange.failure == "transport.timeout"


def test_a_response_in_drops_has_no_more_time_than_another(raw_target: Callable) -> None:
    """Whoever gives each drop its own time has the whole response in the end."""
    drops = (HEAD + b"Content-Length: 100\r\n\r\n", *[b"x"] * 100)

    exchange = ask(raw_target(*drops, pause=0.1).url, timeout=0.4)

    assert exchange.failure == "transport.timeout"


# ---- TLS -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def tls_target(certificate: Path, http_target: Callable, monkeypatch: pytest.MonkeyPatch) -> str:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    import http.server

    plain = http.server.ThreadingHTTPServer.server_bind

    def bind(self: http.server.ThreadingHTTPServer) -> None:
        plain(self)
        self.socket = context.wrap_socket(self.socket, server_side=True)

    monkeypatch.setattr(http.server.ThreadingHTTPServer, "server_bind", bind)
    return http_target(lambda *_: (200, {"Content-Type": "application/json"}, BODY)).replace("http:", "https:")


def test_a_certificate_that_nobody_vouches_for_is_refused(tls_target: str) -> None:
    assert ask(tls_target).failure == "transport.tls"


def test_a_ca_bundle_of_ones_own_is_trusted(tls_target: str, certificate: Path) -> None:
    exchange = ask(tls_target, ca=str(certificate))

    assert (exchange.failure, exchange.response and exchange.response.body) == ("", BODY)


def test_a_certificate_for_another_name_is_refused(tls_target: str, certificate: Path) -> None:
    assert ask(tls_target.replace("127.0.0.1", "127.0.0.2"), ca=str(certificate)).failure in (
        "transport.tls",
        "transport.refused",  # where only 127.0.0.1 is this machine
    )


def test_https_to_a_plain_server_is_a_failure_of_tls(http_target: Callable) -> None:
    plain = http_target(lambda *_: (200, {}, BODY))

    assert ask(plain.replace("http:", "https:")).failure == "transport.tls"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read: No such file or directory"),
        (b"no certificate", "holds no certificate"),
        (b"", "holds no certificate"),
    ],
)
def test_a_ca_bundle_that_is_none_is_named(tmp_path: Path, content: bytes | None, message: str) -> None:
    bundle = tmp_path / "ca.pem"
    if content is not None:
        bundle.write_bytes(content)

    with pytest.raises(ConfigurationError, match=message) as raised:
        Client(Target("https://127.0.0.1", ca=str(bundle)))

    assert raised.value.hint


@pytest.mark.parametrize(
    "proxy",
    [
        "nonsense",
        "https://user:s3cret@127.0.0.1",
        "socks5://user:s3cret@127.0.0.1",
        "http://user:s3cret@[::1",
        "://",
        "http://",
    ],
)
def test_a_proxy_that_is_none_is_refused_without_showing_its_password(proxy: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        Client(Target("http://127.0.0.1", proxy=proxy))

    assert raised.value.message == "the proxy is no http URL"


# ---- how often -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", [-1.0, float("nan"), float("inf")])
def test_a_rate_has_to_be_one(rate: float) -> None:
    with pytest.raises(ConfigurationError, match="requests per second are not possible"):
        Client(Target("http://127.0.0.1"), per_second=rate)


def test_requests_are_held_to_the_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    now, slept = [100.0], []

    def sleep(seconds: float) -> None:
        slept.append(round(seconds, 6))
        now[0] += seconds

    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(module.time, "sleep", sleep)
    with Client(Target("http://127.0.0.1:9"), per_second=4) as client:
        monkeypatch.setattr(client, "_exchange", lambda _: (None, "transport.refused"))
        for pause in (0.0, 0.0, 0.1, 1.0, 0.0):
            now[0] += pause
            client.send(ASK)

    # After a pause nothing is made up for.
    assert slept == [0.25, 0.15, 0.25]
    assert client.sent == 5


# ---- a target that cannot be reached ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("failure", "message"),
    [
        ("transport.refused", "the target http://127.0.0.1:9 cannot be reached: no connection could be made"),
        ("transport.tls", "the target http://127.0.0.1:9 cannot be reached: the TLS handshake failed"),
        ("transport.timeout", "the target http://127.0.0.1:9 cannot be reached: no response came in time"),
    ],
)
def test_an_unreachable_target_is_said_so(failure: str, message: str) -> None:
    with pytest.raises(TargetError) as raised:
        require_reachable(Exchange(ASK, None, failure=failure), Target("http://127.0.0.1:9"))

    assert raised.value.message == message
    assert raised.value.hint


def test_a_target_that_breaks_off_was_reached() -> None:
    require_reachable(Exchange(ASK, None, failure="transport.reset"), Target("http://127.0.0.1:9"))
