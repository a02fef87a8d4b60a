"""How a response that a fault has got hold of is sent: as steps, one after the other. What faults there are stands in
`faults`.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable, Iterator
from enum import Enum
from typing import NamedTuple

from leadproof.core.exchange import Headers

#: Bytes that are sent ahead of the client.
AHEAD = 1_000_000


class End(Enum):
    """How a connection may end before its time."""

    #: In good order, after what was sent.
    CLOSE = "close"
    #: With a reset (RFC 9293, section 3.5.3): what is under way is lost.
    RESET = "reset"
    #: With what is sent from now on, in one piece where the system can: nobody sends more in between.
    TOGETHER = "together"


#: Bytes to send, seconds to wait, or an end of the connection.
Step = bytes | float | End


class OutgoingResponse(NamedTuple):
    """A response that is about to be sent."""

    status: int
    #: Without those that frame the body.
    headers: Headers
    body: bytes
    #: What it says about its own length; None for the truth.
    framing: Headers | None = None
    #: May the connection go on after it?
    keep: bool = True

    def message(self) -> bytes:
        """The whole message."""
        framing = (("content-length", str(len(self.body))),) if self.framing is None else self.framing
        pairs = (*self.headers, *framing, *(() if self.keep else (("connection", "close"),)))
        lines = [f"HTTP/1.1 {self.status} -", *(f"{name}: {value}" for name, value in pairs)]
        return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + self.body

    def labelled(self, label: str | None) -> OutgoingResponse:
        """The response with another Content-Type, or with none."""
        others = tuple(pair for pair in self.headers if pair[0].lower() != "content-type")
        return self._replace(headers=others if label is None else (("content-type", label), *others))

    def coded(self, coding: str, body: bytes) -> OutgoingResponse:
        """The response with a body under a content coding."""
        return self._replace(headers=(*self.headers, ("content-encoding", coding)), body=body)

    def label(self) -> str:
        """Its media type; "" without one."""
        return next((value for name, value in self.headers if name.lower() == "content-type"), "").partition(";")[0]


Proceed = Callable[[OutgoingResponse], Iterator[Step]]
#: The response, and how to go on with it or with another.
Script = Callable[[OutgoingResponse, Proceed], Iterator[Step]]


def whole(response: OutgoingResponse) -> Iterator[Step]:
    """The way to go on where nothing else breaks: the whole response."""
    yield response.message()
    if not response.keep:
        yield End.CLOSE


async def play(transport: asyncio.Transport, plays: list[Iterator[Step]]) -> bool:
    """Sends what faults make of responses, one after the other; may the connection go on?"""
    while plays:
        for step in plays.pop(0):
            if isinstance(step, bytes):
                transport.write(step)
                while transport.get_write_buffer_size() > AHEAD:  # a client that does not read is not pushed
                    await asyncio.sleep(0.001)
            elif step is End.RESET:
                _reset(transport)
                return False
            elif step is End.TOGETHER:
                _hold(transport)
            elif step is End.CLOSE:
                transport.close()
                return False
            else:
                await asyncio.sleep(step)
    return True


def _hold(transport: asyncio.Transport) -> None:
    """Bytes wait for the end of the connection, for a moment."""
    connection = transport.get_extra_info("socket")
    option = getattr(socket, "TCP_CORK", getattr(socket, "TCP_NOPUSH", None))
    if connection is not None and option is not None:
        connection.setsockopt(socket.IPPROTO_TCP, option, 1)


def _reset(transport: asyncio.Transport) -> None:
    """Ends a connection with a reset instead of an orderly end."""
    connection = transport.get_extra_info("socket")
    if connection is not None:  # nothing to linger for: the system sends a reset when the socket is closed
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
