"""Connecting by a plan: addresses in turn, tunnels, TLS with a client certificate; every way in alike."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from networks import Front, answering, forward_proxy, listening, tls_front

from leadproof.core.errors import ConfigurationError
from leadproof.core.target import Target
from leadproof.http.connecting import ConnectionFailed, connect, connect_async, tls_of
from leadproof.http.plan import plan_of

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
GET = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


@pytest.fixture
def service() -> Iterator[Front]:
    with answering(OK) as front:
        yield front


def in_a_thread(target: Target) -> bytes:
    with connect(plan_of(target), tls_of(target), time.monotonic() + target.timeout) as sock:
        sock.sendall(GET)
        return b"".join(iter(lambda: sock.recv(65536), b""))


def in_a_loop(target: Target) -> bytes:
    class Reading(asyncio.Protocol):
        def __init__(self) -> None:
            self.data, self.over = b"", asyncio.Event()

        def connection_made(self, transport: Any) -> None:
            transport.write(GET)

        def data_received(self, data: bytes) -> None:
            self.data += data

        def connection_lost(self, exc: Exception | None) -> None:
            self.over.set()

    async def talk() -> bytes:
        reading = await connect_async(plan_of(target), tls_of(target), Reading)
        await asyncio.wait_for(reading.over.wait(), 60)
        return reading.data

    return asyncio.run(talk())


WAYS = [in_a_thread, in_a_loop]
Way = Callable[[Target], bytes]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_localhost_is_both_addresses(way: Way, host: str) -> None:
    try:
        with answering_on(host) as front:
            assert way(Target(f"http://localhost:{front.port}")) == OK
    except OSError:
        pytest.skip("this machine has no IPv6 loopback")


def answering_on(host: str) -> Any:
    def serve(client: socket.socket, front: Front) -> None:
        client.recv(65536)
        client.sendall(OK)

    return listening(serve, host=host)


@pytest.mark.parametrize("way", WAYS)
def test_a_tunnel_leads_to_the_target_and_nothing_goes_past_it(way: Way, service: Front, certificates: Path) -> None:
    with tls_front(service.port, certificates) as front, forward_proxy(front.port) as proxy:
        target = Target("https://leads.example", ca=str(certificates / "ca.pem"), proxy=proxy.url,
                        cert=str(certificates / "client.pem"), key=str(certificates / "client.key"))  # fmt: skip

        assert way(target) == OK
    assert proxy.heads[0].startswith(b"CONNECT leads.example:443 HTTP/1.1\r\n")
    assert set(front.peers) == proxy.own


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({}, "transport.refused"),
        ({"proxy": "closed"}, "transport.refused"),
        ({"proxy": "asking"}, "transport.refused"),
        ({"proxy": "no proxy"}, "transport.refused"),
        ({"proxy": "silent"}, "transport.timeout"),
        ({"proxy": "hanging up"}, "transport.refused"),
    ],
)
def test_no_connection_has_a_kind(way: Way, given: dict[str, str], kind: str, service: Front) -> None:
    def hang_up(client: socket.socket, front: Front) -> None:
        client.recv(65536)

    def be_silent(client: socket.socket, front: Front) -> None:
        client.recv(65536)
        client.recv(65536)

    def be_none(client: socket.socket, front: Front) -> None:
        client.sendall(b"220 mail.example ESMTP\r\n\r\n")
        client.recv(65536)

    timeout = 0.5 if given.get("proxy") == "silent" else 30.0
    with (
        forward_proxy(service.port, password="other") as asking,
        listening(hang_up) as hanging, listening(be_silent) as silent, listening(be_none) as none,
    ):  # fmt: skip
        urls = {"closed": "http://127.0.0.1:9", "asking": asking.url, "hanging up": hanging.url, "silent": silent.url,
                "no proxy": none.url, "": ""}  # fmt: skip
        with pytest.raises(ConnectionFailed) as raised:
            way(Target("https://127.0.0.1:9", proxy=urls[given.get("proxy", "")], timeout=timeout))

    assert raised.value.kind == kind
    assert not service.peers


@pytest.mark.parametrize("way", WAYS)
def test_a_name_without_an_address_is_no_connection(way: Way) -> None:
    with pytest.raises(ConnectionFailed) as raised:
        way(Target("http://nobody.invalid"))

    assert raised.value.kind == "transport.refused"


@pytest.mark.parametrize("way", WAYS)
def test_a_certificate_that_nobody_vouches_for_is_refused_unless_any_is_taken(
    way: Way, service: Front, certificates: Path
) -> None:
    with tls_front(service.port, certificates, asks=False) as front:
        with pytest.raises(ConnectionFailed) as raised:
            way(Target(front.url))
        assert raised.value.kind == "transport.tls"
        assert way(Target(front.url, ca=str(certificates / "ca.pem"))) == OK
        assert way(Target(front.url.replace("127.0.0.1", "localhost"), verify=False)) == OK


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_who_has_no_client_certificate_gets_no_byte_of_the_service(
    service: Front, certificates: Path, host: str
) -> None:
    with tls_front(service.port, certificates, host=host) as front:
        target = Target(front.url, ca=str(certificates / "ca.pem"))
        with pytest.raises((ConnectionFailed, ssl.SSLError, ConnectionError)):  # TLS 1.3 says it with the first read
            assert in_a_thread(target) != b""
        assert service.heads == []
        both = certificates / "both.pem"
        both.write_bytes((certificates / "client.key").read_bytes() + (certificates / "client.pem").read_bytes())
        assert in_a_thread(Target(front.url, ca=target.ca, cert=str(both))) == OK


@pytest.mark.parametrize(
    ("cert", "key", "message"),
    [
        ("none.pem", "", r"the client certificate \S+none\.pem cannot be read: No such file or directory"),
        ("client.pem", "none.key", r"the key \S+none\.key cannot be read: No such file or directory"),
        ("", "client.key", r"the client certificate \S+ cannot be read: Is a directory"),
        ("client.pem", "", r"no key is in \S+client\.pem$"),
        ("client.pem", "server.key", r"the key \S+server\.key of the client certificate does not belong to it"),
        ("client.pem", "locked.key", r"the key \S+locked\.key of the client certificate has a password"),
        ("client.pem", "client.csr", r"the key \S+client\.csr of the client certificate is none in PEM form"),
        ("client.csr", "client.key", r"the client certificate \S+client\.csr is none in PEM form"),
        ("client.key", "client.pem", r"the client certificate \S+client\.key is none in PEM form"),
        ("client.der", "client.key", r"the client certificate \S+client\.der is none in PEM form"),
        ("cut.pem", "client.key", r"the client certificate \S+cut\.pem or its key cannot be used: "),
    ],
)
def test_a_client_certificate_that_is_none_is_named(certificates: Path, cert: str, key: str, message: str) -> None:
    pem = (certificates / "client.pem").read_text()
    (certificates / "client.der").write_bytes(ssl.PEM_cert_to_DER_cert(pem[pem.index("-----BEGIN") :]))
    (certificates / "cut.pem").write_text(pem[: len(pem) // 2])
    target = Target("https://a.example", cert=str(certificates / cert), key=key and str(certificates / key))

    with pytest.raises(ConfigurationError, match=message) as raised:
        tls_of(target)

    assert raised.value.hint
