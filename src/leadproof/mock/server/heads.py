"""Heads of requests: what start line and headers say, and what is wrong with them. Pure; the parser has split them."""

from __future__ import annotations

from typing import NamedTuple

from leadproof.core.exchange import Headers, Response
from leadproof.http.hosts import Hosts
from leadproof.http.server import END_OF_HEAD, unreadable
from leadproof.mock.engine.problems import document

#: Largest request target, in bytes.
MAX_TARGET = 8_192

#: Different heads that are remembered, and the bytes that one may have to be remembered.
HEADS, _LONGEST = 512, 4096

#: Headers that say something about the connection or the body that is not to be taken for granted.
_NOT_PLAIN = ("transfer-encoding", "expect", "upgrade", "trailer", "te")


class Head(NamedTuple):
    """What the start line and the headers of a request say."""

    method: str
    target: str
    headers: Headers
    #: Does the client wait to be told to go on before it sends the body? (RFC 9110, section 10.1.1)
    expects_continue: bool
    #: Content-Length, 0 if there is none.
    length: int
    #: May its meaning be remembered by its bytes: HTTP/1.1, nothing to expect, no chunks, no other protocol?
    plain: bool
    #: What is wrong with it, or None.
    problem: Response | None


class Memory(dict[bytes, Head]):
    """Heads by their very bytes, the empty line included, with what the parser found them to mean.

    A client repeats its head with every request: parsing it anew would be most of what a response waits for here. Worth
    1.9 x on the whole of the mock.
    """

    def learn(self, data: bytes, known: Head) -> None:
        """Remember the head that `data` begins with."""
        end = data.find(END_OF_HEAD) + len(END_OF_HEAD)
        if len(END_OF_HEAD) <= end <= _LONGEST:
            if len(self) >= HEADS:
                self.clear()
            self[data[:end]] = known


def read_head(
    version: str, method: bytes, target: bytes, pairs: tuple[tuple[bytes, bytes], ...], max_body: int,
    hosts: Hosts, local: str,
) -> Head:  # fmt: skip
    """What the head of a request says.

    Args: version such as "1.1", method, target and header pairs as sent, the cap for bodies in bytes, what the mock
    responds for, and the address at which the client reached it.
    """
    headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in pairs)
    by_name: dict[str, str] = {name.lower(): value for name, value in headers}
    expect = by_name.get("expect", "").lower()
    length = int(by_name.get("content-length") or 0)
    problem = None
    status, words = unreadable(version, target, pairs, by_name.get("transfer-encoding", ""))
    if not status:
        status, words = hosts.refusal(version, target, pairs, local)
    if status:
        problem = document(status, words)
    elif len(target) > MAX_TARGET:
        problem = document(414, f"the request target has more than {MAX_TARGET} bytes")
    elif expect and expect != "100-continue":
        problem = document(417, "only 100-continue may be expected")
    elif length > max_body:
        problem = too_large(max_body)
    plain = version == "1.1" and method != b"HEAD" and by_name.keys().isdisjoint(_NOT_PLAIN)
    plain = plain and by_name.get("connection", "keep-alive").lower() == "keep-alive"
    name, path = method.decode("latin-1"), target.decode("latin-1")
    waits = bool(expect) and version == "1.1" and (length > 0 or "transfer-encoding" in by_name)
    return Head(name, path, headers, waits, length, plain, problem)


def too_large(limit: int) -> Response:
    """The response to a body of more than `limit` bytes."""
    return document(413, f"the body has more than {limit} bytes", kind="encoding.too-large")
