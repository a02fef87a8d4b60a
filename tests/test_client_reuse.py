"""What a connection that is used again may bring: nothing of an earlier response, and no fault of the service's."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from networks import Front, answering, listening, message

from leadproof.core.exchange import Exchange, Request, header
from leadproof.core.target import Target
from leadproof.http.client import CLOSED_ON_REUSE, Client, compose

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
GET = compose("GET", "/v2/status/1", fmt="json")
POST = compose("POST", "/v2/insert/general", fmt="json", body=b"{}")

#: What the server does as a request comes in on a connection that it has answered before.
Fault = Callable[[socket.socket], None]


def close(connection: socket.socket) -> None:
    """As after an idle time that is over."""
    connection.shutdown(socket.SHUT_RDWR)


def reset(connection: socket.socket) -> None:
    """As a load balancer that has forgotten the connection."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def half_a_line(connection: socket.socket) -> None:
    """The service began to respond: it has seen the request."""
    connection.sendall(b"HTTP/1.1 2")
    connection.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def faulty(fault: Fault, *, after: int = 1, fresh: bool = False, tls: ssl.SSLContext | None = None) -> Iterator[Front]:
    """Responds `after` times on a connection, and then breaks; on all but the first connection at once, if `fresh`."""

    def serve(client: socket.socket, front: Front) -> None:
        file = client.makefile("rb")
        number = 0
        while True:
            head, _ = message(file)
            if not head:
                return
            front.heads.append(head)
            number += 1
            if number > after or (fresh and len(front.peers) > 1):
                fault(client)
                return
            client.sendall(OK)

    with listening(serve, scheme="http" if tls is None else "https", tls=tls) as front:
        yield front


def send(front: Front, *requests: Request, **target: str) -> tuple[list[Exchange], int]:
    """What becomes of requests one after the other, and how many were sent once more."""
    with Client(Target(front.url, timeout=60, **target)) as client:
        return [client.send(request, intent="accepted") for request in requests], client.resent


@pytest.mark.parametrize("request_again", [GET, POST], ids=["GET", "POST"])
@pytest.mark.parametrize("fault", [close, reset])
def test_a_request_that_nobody_may_have_seen_is_sent_once_more(fault: Fault, request_again: Request) -> None:
    with faulty(fault) as front:
        exchanges, resent = send(front, POST, request_again)

    assert [exchange.response and exchange.response.status for exchange in exchanges] == [200, 200]
    assert (resent, len(front.heads), len(front.peers)) == (1, 3, 2)
    assert [exchange.intent for exchange in exchanges] == ["accepted", ""]  # a lead may have come twice


def test_with_tls_as_well(certificate: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with faulty(close, tls=context) as front:
        exchanges, resent = send(front, POST, POST, POST, ca=str(certificate))

    assert ([exchange.failure for exchange in exchanges], resent) == (["", "", ""], 2)


@pytest.mark.parametrize("fault", [close, reset])
def test_once_more_and_no_oftener(fault: Fault) -> None:
    with faulty(fault, fresh=True) as front:
        exchanges, resent = send(front, POST, POST)

    # On a connection of its own it is the service's fault.
    assert ([exchange.failure for exchange in exchanges], resent) == (["", "transport.reset"], 1)
    assert len(front.heads) == 3


@pytest.mark.parametrize("fault", [close, reset])
def test_on_a_new_connection_it_is_the_services_fault(fault: Fault) -> None:
    with faulty(fault, after=0) as front:
        exchanges, resent = send(front, POST)

    assert ([exchange.failure for exchange in exchanges], resent, len(front.heads)) == (["transport.reset"], 0, 1)


def test_who_has_begun_to_respond_has_seen_the_request() -> None:
    with faulty(half_a_line) as front:
        exchanges, resent = send(front, POST, POST)

    assert (exchanges[1].failure, resent, len(front.heads)) == ("transport.reset", 0, 2)


def test_who_is_silent_has_seen_the_request() -> None:
    with (
        faulty(lambda connection: connection.recv(1) and None) as front,
        Client(Target(front.url, timeout=0.5)) as client,
    ):
        client.send(POST)

        assert (client.send(POST).failure, client.resent) == ("transport.timeout", 0)


def test_a_connection_that_was_closed_in_time_is_not_used_again() -> None:
    with answering(OK) as front:
        exchanges, resent = send(front, compose("GET", "/", fmt="json", credentials=(("connection", "close"),)), GET)

    assert ([exchange.failure for exchange in exchanges], resent, len(front.peers)) == (["", ""], 0, 2)
    assert CLOSED_ON_REUSE not in {exchange.failure for exchange in exchanges}


# ---- cookies ---------------------------------------------------------------------------------------------------------

COOKIES = {
    "of a session": "Set-Cookie: sid=good; Path=/; HttpOnly",
    "that stays": "Set-Cookie: sid=good; Max-Age=3600",
    "for a host": "Set-Cookie: sid=good; Domain=127.0.0.1",
    "two": "Set-Cookie: sid=good\r\nSet-Cookie: other=1",
    "of a load balancer": "Set-Cookie: AWSALB=abc; Expires=Fri, 01 Jan 2038 00:00:00 GMT; Path=/; Secure",
    "of the old kind": 'Set-Cookie2: sid="good"; Version="1"',
}


@pytest.mark.parametrize("status", ["200 OK", "401 Unauthorized", "302 Found"])
@pytest.mark.parametrize("kind", COOKIES)
def test_a_request_carries_nothing_of_an_earlier_response(kind: str, status: str) -> None:
    response = f"HTTP/1.1 {status}\r\n{COOKIES[kind]}\r\nContent-Length: 0\r\n\r\n".encode()
    with answering(response) as front:
        exchanges, _ = send(front, GET, POST, GET)

    assert [header(exchange.request.headers, "cookie") for exchange in exchanges] == [None, None, None]
    assert not any(b"cookie" in head.lower() or b"sid" in head for head in front.heads)


def test_a_cookie_that_a_gateway_asks_for_is_named() -> None:
    with answering(OK) as front, Client(Target(front.url, headers=(("Cookie", "gate=made-up"),))) as client:
        client.send(GET)
        client.send(POST)
        client.probe(POST)

    assert [b"cookie: gate=made-up" in head.lower() for head in front.heads] == [True, True, True]
