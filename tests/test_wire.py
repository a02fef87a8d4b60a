"""The probe sees what HTTP libraries forgive: each broken response is named by its kind."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from leadproof.core.exchange import Request
from leadproof.core.target import Target
from leadproof.http.wire import probe

BODY = b'{"requestId": "1", "results": []}'
OK = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"


@contextmanager
def responding(response: bytes) -> Iterator[str]:
    """A server that reads one request and sends these bytes."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(response)

        worker = threading.Thread(target=serve, daemon=True)
        worker.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        worker.join(5)


def length(body: bytes, number: int | None = None) -> bytes:
    return b"content-length: %d\r\n\r\n" % (len(body) if number is None else number) + body


CASES = {
    "too long a length": (OK + length(BODY, len(BODY) + 5), "framing.length"),
    "both framings": (
        OK + b"transfer-encoding: chunked\r\n" + length(b"%x\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY)),
        "framing.conflict",
    ),
    "the last chunk is missing": (
        OK + b"transfer-encoding: chunked\r\n\r\n%x\r\n%b\r\n" % (len(BODY), BODY),
        "framing.length",
    ),
    "gzip that is none": (OK + b"content-encoding: gzip\r\n" + length(BODY), "encoding.invalid"),
    "gzip cut off": (
        OK + b"content-encoding: gzip\r\n" + length(gzip.compress(BODY, mtime=0)[:-6]),
        "encoding.invalid",
    ),
    "no type": (b"HTTP/1.1 200 OK\r\n" + length(BODY), "media.missing"),
    "not in its charset": (OK.replace(b"json", b"json; charset=utf-8") + length(b'"\xff"'), "charset.invalid"),
}


@pytest.mark.parametrize("name", CASES)
def test_a_broken_response_is_named(name: str) -> None:
    response, kind = CASES[name]

    with responding(response) as url:
        wire = probe(Target(url, timeout=5), Request("GET", "/v2/status/1"), operation="lead_status")

    assert kind in [problem.kind for problem in wire.exchange.problems]


def test_a_clean_response_has_no_problems() -> None:
    with responding(OK + length(BODY)) as url:
        wire = probe(Target(url, timeout=5), Request("GET", "/v2/status/1"), operation="lead_status")

    assert wire.exchange.problems == ()
    assert wire.exchange.response is not None
    assert wire.exchange.response.body == BODY


def test_nothing_at_all_is_a_failure_and_no_traceback() -> None:
    with responding(b"") as url:
        wire = probe(Target(url, timeout=5), Request("GET", "/v2/status/1"), operation="lead_status")

    assert wire.exchange.response is None
    assert wire.exchange.failure == "transport.reset"
