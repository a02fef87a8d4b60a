"""A TCP relay between two machines of a test, which delays, stalls, loses and cuts as it is told on standard input.

Run by path: `python tests/relay.py HOST PORT TO_HOST TO_PORT`. It says "listening" and ends with its standard input,
of which each line is a command:

- `delay SECONDS`: every piece comes that much later, in either direction.
- `loss SHARE`: so many of the pieces come 0.3 s late, and what is behind them waits, as behind a lost segment of TCP.
- `stall SECONDS`: nothing passes for so long; connections stay. A cable that is pulled and put back.
- `cut SECONDS`: connections are reset on both sides, and new ones for so long as well.
- `half SECONDS`: the same, but who was connected to is told nothing: it keeps its connection for ever.
- `hold WORD SECONDS`: from the first piece that holds the word on, nothing passes in its direction for so long; once.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import struct
import sys

#: Seconds that a lost segment is behind.
BEHIND = 0.3


class Relay:
    """What the relay does at present, and its connections."""

    def __init__(self) -> None:
        self.delay = self.loss = 0.0
        self.stalled = self.cut = 0.0
        self.hold: tuple[bytes, float] | None = None
        self.pairs: list[tuple[asyncio.StreamWriter, asyncio.StreamWriter]] = []
        self._chance = random.Random(7)
        #: Ends of connections that are not told that the other end is gone.
        self._kept: list[asyncio.StreamWriter] = []

    def order(self, line: str) -> None:
        """Does what a line says."""
        name, *words = line.split()
        now = asyncio.get_running_loop().time()
        if name in ("delay", "loss"):
            setattr(self, name, float(words[0]))
        elif name == "stall":
            self.stalled = now + float(words[0])
        elif name == "hold":
            self.hold = (words[0].encode(), float(words[1]))
        elif name in ("cut", "half"):
            self.cut = now + float(words[0])
            for near, far in self.pairs:
                _reset(near)
                if name == "cut":
                    _reset(far)
                else:
                    self._kept.append(far)
            self.pairs = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str, port: int) -> None:
        """One connection."""
        if asyncio.get_running_loop().time() < self.cut:
            _reset(writer)
            return
        try:
            far_reader, far = await asyncio.open_connection(host, port)
        except OSError:
            _reset(writer)
            return
        pair = (writer, far)
        self.pairs.append(pair)
        ways = [asyncio.create_task(self._pass(*one)) for one in ((reader, far), (far_reader, writer))]
        await asyncio.wait(ways)
        if pair in self.pairs:
            self.pairs.remove(pair)
            for one in pair:
                one.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One direction: pieces leave in order, each when it is due."""
        loop = asyncio.get_running_loop()
        pieces: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(10_000)
        sender = asyncio.create_task(self._send(pieces, writer))
        with contextlib.suppress(OSError):
            while data := await reader.read(65_536):
                if self.hold and self.hold[0] in data:
                    await pieces.put((loop.time() + self.hold[1], b""))
                    self.hold = None
                behind = BEHIND if self._chance.random() < self.loss else 0.0
                await pieces.put((loop.time() + self.delay + behind, data))
        await pieces.put((loop.time() + self.delay, b"end"))
        await sender

    async def _send(self, pieces: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        with contextlib.suppress(OSError, RuntimeError):
            while True:
                due, data = await pieces.get()
                while (wait := max(due, self.stalled) - loop.time()) > 0:
                    await asyncio.sleep(wait)
                if data == b"end" and pieces.empty():
                    if writer not in self._kept:
                        writer.write_eof()
                    return
                writer.write(data)
                await writer.drain()


def _reset(writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def _say(word: str) -> None:
    sys.stdout.write(word + "\n")
    sys.stdout.flush()


async def _main(host: str, port: str, to_host: str, to_port: str) -> None:
    relay = Relay()
    server = await asyncio.start_server(lambda r, w: relay.serve(r, w, to_host, int(to_port)), host, int(port))
    _say("listening")
    orders = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    while line := await orders.readline():
        relay.order(line.decode())
        _say("done")
    server.close()


if __name__ == "__main__":
    asyncio.run(_main(*sys.argv[1:]))
