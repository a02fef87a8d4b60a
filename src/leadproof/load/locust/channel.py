"""The line to the command that started this locust: frames out, and the word to stop in.

A socket that was inherited, named by its number in the environment. Where there is none, locust was started by hand.
"""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Callable, Mapping
from typing import Any

import gevent
import msgspec
from gevent.queue import Queue

#: Number of the inherited socket.
VARIABLE = "LEADPROOF_LOAD_CHANNEL"

#: Bytes that may wait to be sent; raw exchanges beyond that are not judged, and counted as such.
MOST_WAITING = 64 * 1024 * 1024

#: Seconds that the command may take to read what waits at the end: it judges in the generator's shadow.
PATIENCE = 300.0


class Channel:
    """The line to the command."""

    def __init__(self, number: int, stop: Callable[[str], None]) -> None:
        """Args:

        number: Number of the socket.
        stop: Called with the reason when the command wants the run to end, or is gone.
        """
        self._sock = socket.socket(fileno=number)
        self._queue: Queue[bytes | None] = Queue()
        self._bytes = 0
        self._stop = stop
        self._sender = gevent.spawn(self._send)
        gevent.spawn(self._listen)

    def put(self, frame: Mapping[str, Any]) -> None:
        """Sends a frame, later."""
        if self._bytes > MOST_WAITING and frame.get("samples"):
            frame = {**frame, "samples": [], "unjudged": len(frame["samples"])}
        data = msgspec.msgpack.encode(frame)
        self._bytes += len(data)
        self._queue.put(struct.pack(">I", len(data)) + data)

    def close(self, patience: float = PATIENCE) -> None:
        """Sends what waits, and closes."""
        self._queue.put(None)
        self._sender.join(patience)
        self._sock.close()

    def _send(self) -> None:
        while (data := self._queue.get()) is not None:
            try:
                self._sock.sendall(data)
            except OSError:
                self._stop("the command is gone")
                return
            self._bytes -= len(data) - 4

    def _listen(self) -> None:
        try:
            word = self._sock.recv(1)
        except OSError:
            word = b""
        self._stop("told to stop" if word else "the command is gone")


def inherited(stop: Callable[[str], None]) -> Channel | None:
    """The line to the command, if this process was given one."""
    number = os.environ.get(VARIABLE, "")
    return Channel(int(number), stop) if number.isdecimal() else None
