"""No request goes through the recorder unseen: whatever a client sends, the target gets exactly the requests that were
recorded, and the client exactly their responses, each its own.

Both ends are read here by a reader of messages of its own, which refuses whatever two readers could disagree about.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from recorders import Recorder, Shelf, running, wait_for

# ---- reading messages ------------------------------------------------------------------------------------------------

Pairs = list[tuple[bytes, bytes]]


class Message(NamedTuple):
    start: bytes
    pairs: Pairs
    body: bytes

    def get(self, name: bytes) -> bytes | None:
        values = [value for key, value in self.pairs if key.lower() == name]
        assert len(values) < 2, f"{name!r} comes {len(values)} times"
        return values[0] if values else None


def read_message(data: bytes, *, response_to: bytes | None = None, ended: bool = False) -> tuple[Message, bytes] | None:
    """The first message (RFC 9112) and what follows it; None if it is not complete yet."""
    head, end, rest = data.partition(b"\r\n\r\n")
    if not end:
        return None
    start, *lines = head.split(b"\r\n")
    pairs = [tuple(line.split(b": ", 1)) for line in lines]
    message = Message(start, pairs, b"")  # type: ignore[arg-type]
    coding, length = message.get(b"transfer-encoding"), message.get(b"content-length")
    assert coding in (None, b"chunked"), coding
    assert coding is None or length is None, "two framings"
    if response_to is not None:
        status = int(start.split()[1])
        if status < 200 or status == 204:
            assert length is None
            assert coding is None
            return message, rest
        if status == 304 or response_to == b"HEAD":
            return message, rest
        if coding is None and length is None:
            return (message._replace(body=rest), b"") if ended else None
    if coding is None:
        size = int(length or b"0")
        assert length is None or length == b"%d" % size, length
        return (message._replace(body=rest[:size]), rest[size:]) if len(rest) >= size else None
    body = b""
    while True:
        line, end, rest = rest.partition(b"\r\n")
        if not end:
            return None
        size = int(line, 16)
        if size == 0:
            break
        if len(rest) < size + 2:
            return None
        assert rest[size : size + 2] == b"\r\n"
        body, rest = body + rest[:size], rest[size + 2 :]
    while True:
        line, end, rest = rest.partition(b"\r\n")
        if not end:
            return None
        if not line:
            return message._replace(body=body), rest
        assert line.partition(b":")[0].lower() not in (b"content-length", b"transfer-encoding", b"host", b"te")


# ---- the target ------------------------------------------------------------------------------------------------------

#: What the target may respond with; `%d` is the number of the request.
RESPONSES = {
    "plain": b"HTTP/1.1 200 OK\r\nX-Number: %d\r\nContent-Length: 5\r\n\r\nhello",
    "length named away": b"HTTP/1.1 200 OK\r\nX-Number: %d\r\nConnection: Content-Length, Content-Type\r\n"
                         b"Content-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello",
    "padded length": b"HTTP/1.1 200 OK\r\nX-Number: %d\r\nContent-Length: 0005 \r\n\r\nhello",
    "chunks": b"HTTP/1.1 200 OK\r\nX-Number: %d\r\nTransfer-Encoding: chunked\r\nConnection: transfer-encoding\r\n\r\n"
              b"2;a=b\r\nhe\r\n3\r\nllo\r\n0\r\nX-Sum: 5\r\nHost: elsewhere.example\r\n\r\n",
    "last": b"HTTP/1.1 200 OK\r\nX-Number: %d\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello",
    "open end": b"HTTP/1.1 200 OK\r\nX-Number: %d\r\nConnection: close\r\n\r\nhello",
    "no content": b"HTTP/1.1 204 No Content\r\nX-Number: %d\r\nContent-Length: 5\r\n\r\n",
    "no content, in chunks": b"HTTP/1.1 204 No Content\r\nX-Number: %d\r\nTransfer-Encoding: chunked\r\n\r\n",
    "not modified": b"HTTP/1.1 304 Not Modified\r\nX-Number: %d\r\nContent-Length: 5\r\n\r\n",
    "early hints": b"HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\n\r\n"
                   b"HTTP/1.1 200 OK\r\nX-Number: %d\r\nContent-Length: 5\r\n\r\nhello",
    "two at once": b"HTTP/1.1 200 OK\r\nX-Number: %d\r\nContent-Length: 5\r\n\r\nhello"
                   b"HTTP/1.1 200 OK\r\nX-Number: 999\r\nContent-Length: 3\r\n\r\nbad",
    "more than its length": b"HTTP/1.1 200 OK\r\nX-Number: %d\r\nContent-Length: 5\r\n\r\nhello, and more",
    "body with no content": b"HTTP/1.1 204 No Content\r\nX-Number: %d\r\n\r\nHTTP/1.1 200 OK\r\nX-Number: 999\r\n\r\n",
}  # fmt: skip


@dataclass
class Target:
    """Reads requests one after the other, and responds to each when it is complete."""

    port: int = 0
    plan: list[str] = field(default_factory=lambda: ["plain"])
    requests: list[Message] = field(default_factory=list)
    #: What came and was no whole request, a connection each; what could not be read at all.
    rests: list[bytes] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    active: set[socket.socket] = field(default_factory=set)

    def settle(self) -> None:
        """Waits until all that was sent to it was read: connections are taken in the order in which they were made."""
        with socket.create_connection(("127.0.0.1", self.port), 60) as last:
            last.shutdown(socket.SHUT_WR)
            assert last.recv(1) == b""
        wait_for(lambda: not self.active)

    def begin(self, plan: list[str]) -> None:
        self.plan = plan
        for kept in (self.requests, self.rests, self.wrong):
            kept.clear()

    def talk(self, connection: socket.socket) -> None:
        data = b""
        with connection, contextlib.suppress(OSError):
            while piece := connection.recv(65536):
                data += piece
                try:
                    while data and (read := read_message(data)):
                        message, data = read
                        self.requests.append(message)
                        name = self.plan[(len(self.requests) - 1) % len(self.plan)]
                        response = RESPONSES[name] % len(self.requests)
                        if message.start.startswith(b"HEAD "):
                            response = (
                                response[: response.rindex(b"\r\n\r\n") + 4]
                                if b"103" in response
                                else (response[: response.index(b"\r\n\r\n") + 4])
                            )
                        connection.sendall(response)
                        if b"Connection: close" in response:
                            connection.shutdown(socket.SHUT_WR)
                except (AssertionError, ValueError) as error:
                    self.wrong.append(f"{error}: {data!r}")
                    break
        if data:
            self.rests.append(data)
        self.active.discard(connection)


@pytest.fixture(scope="module")
def target() -> Iterator[Target]:
    listener, served = socket.create_server(("127.0.0.1", 0)), Target()
    served.port = listener.getsockname()[1]

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                served.active.add(connection)
                threading.Thread(target=served.talk, args=(connection,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    yield served
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(5)


@pytest.fixture(scope="module")
def through(target: Target) -> Iterator[Recorder]:
    with running(f"http://127.0.0.1:{target.port}/base", shelf=Shelf()) as recorder:
        yield recorder


# ---- what clients may send -------------------------------------------------------------------------------------------

INNER = b"POST /smuggled HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"
FRAMING = ["content-length", "Content-Length", "transfer-encoding", "TRANSFER-ENCODING", "host", "te", "trailer"]

tokens = st.lists(st.sampled_from([*FRAMING, "close", "keep-alive", "upgrade", "x-hop", "", " content-length\t"]),
                  max_size=3).map(", ".join)  # fmt: skip
connections = st.lists(tokens.map(lambda value: f"Connection: {value}"), max_size=2)
hosts = st.sampled_from([["Host: localhost"]] * 8 + [
    ["Host: localhost", "Host: localhost"], ["Host: localhost", "hOST: elsewhere.example"], [],
    ["Host: elsewhere.example"], ["Host: local host"], ["Host: localhost@elsewhere.example"],
])  # fmt: skip
others = st.lists(st.sampled_from([
    "TE: trailers", "Trailer: X-Sum", "X-Hop: 1", "Upgrade: h2c", "Expect: 100-continue", "Keep-Alive: timeout=5",
    "Proxy-Connection: keep-alive", "Content_Length: 3", "X: \u00e4", "Content-Type: text/plain",
]), max_size=3)  # fmt: skip
targets = st.sampled_from(["/a", "/a?b=c", "/a"] * 3 + [
    "http://localhost/a", "HTTP://LOCALHOST:1?b=/c", "http://localhost", "http://elsewhere.example/a",
    "ftp://localhost/a", "*", "*x", "//elsewhere.example/a", "/a#b", "/a\tb",
])  # fmt: skip
bodies = st.sampled_from([b"", b"{}", INNER, INNER * 2, b"0\r\n\r\n" + INNER, b"GET /half HTTP/1.1\r\nX: "])


def chunked(body: bytes, size: int, extension: str, end: str) -> bytes:
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x%b\r\n%b\r\n" % (len(piece), extension.encode(), piece) for piece in pieces) + end.encode()


@st.composite
def framed(draw: st.DrawFn) -> tuple[list[str], bytes]:
    """Headers that frame, and the body behind them; mostly right, sometimes not."""
    body = draw(bodies)
    right = st.sampled_from(["none", "length", "length", "chunks", "chunks"])
    kind = draw(st.one_of(right, st.sampled_from([
        "padded length", "two lengths", "other length", "two and two", "length and chunks", "chunks and length",
        "identity and chunks", "chunks twice", "unknown coding", "broken chunks", "signed",
    ])))  # fmt: skip
    length = f"Content-Length: {len(body)}"
    extension = draw(st.sampled_from(["", "", ";a=b", ';a="b"', " ", ";\n"]))
    end = draw(st.sampled_from(["0\r\n\r\n"] * 4 + [
        "0\r\nX-Sum: 5\r\n\r\n", "0\r\nContent-Length: 9\r\n\r\n", "0\r\nHost: elsewhere.example\r\nTE: x\r\n\r\n",
        "0\r\n", "", "00\r\n\r\n", "0\n\n",
    ]))  # fmt: skip
    pieces = chunked(body, draw(st.integers(1, 80)), extension, end)
    coding = "Transfer-Encoding: chunked"
    return {
        "none": ([], b""),
        "length": ([length], body),
        "padded length": ([f"Content-Length: 000{len(body)} "], body),
        "two lengths": ([length, length], body),
        "two and two": ([length, f"content-length: {len(body) + 1}"], body),
        "other length": ([f"Content-Length: {max(0, len(body) + draw(st.integers(-9, 9)))}"], body),
        "signed": ([f"Content-Length: +{len(body)}"], body),
        "chunks": ([coding], pieces),
        "length and chunks": ([length, coding], pieces),
        "chunks and length": ([coding, length], pieces),
        "identity and chunks": (["Transfer-Encoding: identity", coding], pieces),
        "chunks twice": ([coding, coding], pieces),
        "unknown coding": (["Transfer-Encoding: xchunked"], pieces),
        "broken chunks": ([coding], pieces.replace(b"\r\n", b"\n", 1)),
    }[kind]


@st.composite
def requests(draw: st.DrawFn) -> bytes:
    method = draw(st.sampled_from(["GET", "POST", "POST", "PUT", "HEAD", "OPTIONS"]))
    framing, body = draw(framed())
    lines = draw(st.permutations([*draw(hosts), *draw(connections), *draw(others), *framing]))
    version = draw(st.sampled_from(["1.1"] * 9 + ["1.0"]))
    head = "\r\n".join([f"{method} {draw(targets)} HTTP/{version}", *lines, "", ""])
    return head.encode("latin-1") + body


CLASSIC = b"POST /a HTTP/1.1\r\nHost: localhost\r\nConnection: content-length\r\nContent-Length: %d\r\n\r\n%b" % (
    len(INNER), INNER,
)  # fmt: skip
UPGRADE = CLASSIC.replace(b"Connection: c", b"Upgrade: h2c\r\nConnection: upgrade, c")
GET = b"GET /b HTTP/1.1\r\nHost: localhost\r\n\r\n"
HEAD = GET.replace(b"GET", b"HEAD")


def send(recorder: Recorder, data: bytes, cut: int = 0) -> tuple[bytes, bool]:
    """Everything that comes back for some bytes, which are sent in two pieces; was the connection reset?"""
    with socket.create_connection(("127.0.0.1", recorder.port), 60) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        came = b""
        try:
            connection.sendall(data[:cut])
            connection.sendall(data[cut:])
            connection.shutdown(socket.SHUT_WR)
            while piece := connection.recv(65536):
                came += piece
        except TimeoutError:
            raise
        except OSError:
            return came, True
    return came, False


def responses(data: bytes, methods: list[bytes], *, reset: bool = False) -> list[Message]:
    """The final responses of a connection; after a reset the last may not be whole."""
    read, order = [], itertools.chain(methods, itertools.repeat(b"GET"))
    method = next(order)
    while data:
        message = read_message(data, response_to=method, ended=True)
        if message is None and reset:
            break
        assert message is not None, f"no whole response: {data!r}"
        data = message[1]
        if not message[0].start.startswith(b"HTTP/1.1 1"):
            read.append(message[0])
            method = next(order)
    return read


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(sent=[CLASSIC, GET], plan=["plain"], cut=0)
@example(sent=[GET, GET], plan=["length named away"], cut=0)
@example(sent=[GET, GET, GET], plan=["two at once"], cut=0)
@example(sent=[GET, GET], plan=["more than its length"], cut=0)
@example(sent=[GET, GET], plan=["no content, in chunks"], cut=0)
@example(sent=[HEAD, GET], plan=["chunks"], cut=0)
@example(sent=[UPGRADE, GET], plan=["plain"], cut=0)
@given(
    sent=st.lists(requests(), min_size=1, max_size=4),
    plan=st.lists(st.sampled_from(sorted(RESPONSES)), min_size=1, max_size=3),
    cut=st.integers(0, 200),
)
def test_the_target_gets_what_was_recorded_and_the_client_its_responses(
    target: Target, through: Recorder, sent: list[bytes], plan: list[str], cut: int
) -> None:
    begin(target, through, plan)

    came, reset = send(through, b"".join(sent), cut)

    wait_for(lambda: not through.proxy.connections)
    target.settle()
    kept = through.shelf.exchanges
    recorded = [
        (
            f"{exchange.request.method} {exchange.request.target} HTTP/1.1",
            exchange.request.headers,
            exchange.request.body,
        )
        for exchange in kept
    ]
    seen = [(message.start.decode(), end_to_end(message.pairs), message.body) for message in target.requests]
    assert target.wrong == []
    assert seen == recorded[: len(seen)]
    # Where a client breaks off in a request, the target may get a part of it; the record has no response then.
    assert len(target.rests) <= 1
    assert [exchange.response for exchange in kept[len(seen) :]] in ([], [None])

    responded = [exchange for exchange in kept if exchange.response is not None]
    got = responses(came, [exchange.request.method.encode() for exchange in responded], reset=reset)
    own = [message for message in got if b"urn:leadproof:recorder" in message.body]
    numbers = [int(message.get(b"x-number") or 0) for message in got if message not in own]
    assert own in ([], got[-1:])
    if reset:  # in the middle of a request that turned out to be none: what was under way may be lost
        assert numbers == list(range(1, len(numbers) + 1))
    else:
        assert numbers == list(range(1, len(responded) + 1))


def begin(target: Target, recorder: Recorder, plan: list[str]) -> None:
    target.begin(plan)
    recorder.shelf.exchanges.clear()
    recorder.shelf.written = 0


def end_to_end(pairs: Pairs) -> tuple[tuple[str, str], ...]:
    return tuple(
        (name.decode("latin-1"), value.strip(b" \t").decode("latin-1"))
        for name, value in pairs
        if name != b"Transfer-Encoding"
    )


# ---- by name ---------------------------------------------------------------------------------------------------------


def test_a_length_cannot_be_named_away(target: Target, through: Recorder) -> None:
    """Once the target read a second request in the body, and every later response was another request's."""
    begin(target, through, ["plain"])

    came, _ = send(through, CLASSIC + GET)

    assert [message.start for message in target.requests] == [b"POST /base/a HTTP/1.1", b"GET /base/b HTTP/1.1"]
    assert target.requests[0].body == INNER
    assert [exchange.request.target for exchange in through.kept(2)] == ["/base/a", "/base/b"]
    assert [message.get(b"x-number") for message in responses(came, [b"POST", b"GET"])] == [b"1", b"2"]


@pytest.mark.parametrize("plan", ["two at once", "more than its length"])
def test_a_response_that_nobody_asked_for_is_nobodys(target: Target, through: Recorder, plan: str) -> None:
    begin(target, through, [plan])

    came, _ = send(through, GET * 3)

    assert [message.get(b"x-number") for message in responses(came, [b"GET"] * 3)] == [b"1", b"2", b"3"]
    assert [exchange.response and exchange.response.body for exchange in through.kept(3)] == [b"hello"] * 3


@pytest.mark.parametrize(
    ("request_", "status", "words"),
    [
        (GET.replace(b"\r\n\r\n", b"\r\nHost: localhost\r\n\r\n"), 400, "2 Host headers"),
        (GET.replace(b"Host: localhost\r\n", b""), 400, "no Host headers"),
        (GET.replace(b"localhost", b"local host"), 400, "no host name"),
        (GET.replace(b"localhost", b"elsewhere.example:80"), 421, "--allow-host elsewhere.example"),
        (GET.replace(b"/b", b"http://elsewhere.example/b"), 421, "--allow-host elsewhere.example"),
        (GET.replace(b"/b", b"ftp://localhost/b"), 400, "no path"),
        (GET.replace(b"/b", b"*x"), 400, "no path"),
        (GET.replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
         501, "the only transfer coding"),
        (b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, "HTTP/1.0"),
    ],
    ids=["two hosts", "no host", "no host name", "another host", "another origin", "another scheme", "no path",
         "two codings", "chunks in HTTP/1.0"],
)  # fmt: skip
def test_what_two_readers_could_disagree_about_is_refused(
    target: Target, through: Recorder, request_: bytes, status: int, words: str
) -> None:
    begin(target, through, ["plain"])

    came, _ = send(through, request_)

    [refusal] = responses(came, [b"GET"])
    assert refusal.start.startswith(b"HTTP/1.1 %d " % status)
    assert words in json.loads(refusal.body)["detail"]
    assert (target.requests, through.shelf.exchanges) == ([], [])
