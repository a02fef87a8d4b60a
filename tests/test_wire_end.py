"""How long the probe listens: through any number of interim responses, to the end of the response and no longer."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from networks import Front, listening, message

from leadproof.core.exchange import Request
from leadproof.core.target import Target
from leadproof.http.wire import probe

BODY = b'{"requestId": "1", "results": []}'
OK = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"


@contextmanager
def responding(response: bytes, pieces: int = 1, *, keeps_open: bool = False) -> Iterator[str]:
    """A server that reads one request and sends these bytes, in so many pieces."""

    def serve(client: socket.socket, front: Front) -> None:
        message(client.makefile("rb"))
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        size = -(-len(response) // pieces)
        for start in range(0, len(response), size):
            client.sendall(response[start : start + size])
        if keeps_open:
            client.recv(1)

    with listening(serve) as front:
        yield front.url


def length(body: bytes) -> bytes:
    return b"content-length: %d\r\n\r\n" % len(body) + body


INTERIM = {
    "100": b"HTTP/1.1 100 Continue\r\n\r\n",
    "102": b"HTTP/1.1 102 Processing\r\n\r\n",
    "103": b"HTTP/1.1 103 Early Hints\r\nLink: </s.css>; rel=preload\r\n\r\n",
    "103 with a length that means nothing": b"HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n",
    "one that nobody knows": b"HTTP/1.1 199 Soon\r\n\r\n",
    "several": b"HTTP/1.1 100 Continue\r\n\r\n" + b"HTTP/1.1 103 Early Hints\r\nLink: </s.css>\r\n\r\n" * 20,
    "without a reason": b"HTTP/1.1 103 \r\n\r\n",
}


@pytest.mark.parametrize("pieces", [1, 7], ids=["at once", "in pieces"])
@pytest.mark.parametrize("name", INTERIM)
def test_interim_responses_go_before_the_response(name: str, pieces: int) -> None:
    with responding(INTERIM[name] + OK + length(BODY), pieces) as url:
        wire = probe(Target(url, timeout=30), Request("GET", "/v2/status/1"), operation="lead_status")

    assert wire.exchange.problems == ()
    assert wire.exchange.response is not None
    assert (wire.exchange.response.status, wire.exchange.response.body) == (200, BODY)


def test_a_change_of_protocol_is_no_interim_response() -> None:
    with responding(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n") as url:
        wire = probe(Target(url, timeout=30), Request("GET", "/v2/status/1"), operation="lead_status")

    assert wire.exchange.response is None or wire.exchange.response.status == 101


#: Responses with an end of their own -> what comes of them.
ENDED = {
    "a length": (OK + length(BODY), BODY),
    "chunks": (OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", b"{}"),
    "chunks with trailers": (OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nX: y\r\n\r\n", b"{}"),
    "no body": (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
    "an empty body": (OK + length(b""), b""),
    "an interim response before it": (INTERIM["103"] + OK + length(BODY), BODY),
}


@pytest.mark.parametrize("name", ENDED)
def test_a_response_ends_where_it_says_and_the_open_connection_is_told(name: str) -> None:
    """Whoever waits for the end of the connection waits ten minutes."""
    response, body = ENDED[name]
    with responding(response, keeps_open=True) as url:
        wire = probe(Target(url, timeout=600), Request("GET", "/v2/status/1"), operation="lead_status")

    assert wire.left_open
    assert [
        problem.kind for problem in wire.exchange.problems if problem.kind.startswith(("framing", "transport"))
    ] == []
    assert wire.exchange.response is not None
    assert wire.exchange.response.body == body
    assert wire.exchange.elapsed < 600


def test_what_nobody_asked_for_is_still_seen() -> None:
    with responding(OK + length(BODY) + b"more", keeps_open=True) as url:
        wire = probe(Target(url, timeout=600), Request("GET", "/v2/status/1"), operation="lead_status")

    assert wire.exchange.problems


def test_what_is_no_http_is_not_waited_for() -> None:
    with responding(b"SSH-2.0-server\r\n", keeps_open=True) as url:
        wire = probe(Target(url, timeout=600), Request("GET", "/v2/status/1"), operation="lead_status")

    assert (wire.exchange.response, wire.exchange.failure) == (None, "framing.invalid")


def test_a_response_without_an_end_is_waited_for() -> None:
    with responding(OK + b"\r\n" + BODY, keeps_open=True) as url:
        wire = probe(Target(url, timeout=0.3), Request("GET", "/v2/status/1"), operation="lead_status")

    assert not wire.left_open
