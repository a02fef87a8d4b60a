"""The recorder's hold on its keeper: hands exchanges over, knows how far they are, tells those who wait."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import pickle
import sys
from collections import deque
from collections.abc import Callable
from typing import Any, cast

import msgspec

from leadproof.core.errors import ExitCode, LeadproofError
from leadproof.core.exchange import Exchange
from leadproof.recorder.frames import Counts, FrameKind, Reader, frame
from leadproof.recorder.keeper import RecordingJob

#: Seconds that a response waits at most for earlier exchanges to be written. A machine that is too slow for both is no
#: reason to stop the traffic; what waits is safe in the keeper, which outlives the recorder.
PATIENCE = 0.25
#: Seconds: what a loop's clock may be behind.
_TICK = 0.002
#: Bytes on their way to the keeper; beyond, exchanges pass without being recorded, and are counted.
MOST_WAITING = 256 * 1024 * 1024

#: Seconds that a keeper that is done may take to leave.
_LEAVE = 5.0

_COMMAND = "from leadproof.recorder.keeper import main; main()"

Wanted = Callable[[], None]
Decided = Callable[[list[dict[str, Any]]], None]


class WriterClient(asyncio.SubprocessProtocol):
    """One keeper process; made by `start`."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.counts = Counts()
        #: Exchanges handed over.
        self.handed = 0
        #: Exchanges that passed while too many were waiting.
        self.unrecorded = 0
        #: Where the run is; known once the keeper is ready.
        self.folder = ""
        #: Set when the keeper is gone, or has failed.
        self.gone = asyncio.Event()
        self._exited = asyncio.Event()
        self._loop = loop
        self._reader = Reader()
        self._sizes: deque[int] = deque()
        self._waiting_bytes = 0
        self._waiters: deque[tuple[int, float, Wanted]] = deque()
        self._deciders: deque[tuple[int, Decided]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._ready: asyncio.Future[None] = loop.create_future()
        self._done: asyncio.Future[dict[str, Any]] = loop.create_future()
        self._error: LeadproofError | None = None

    @classmethod
    async def start(cls, job: RecordingJob) -> WriterClient:
        """A keeper that is ready.

        Raises:
            LeadproofError: It could not be: the run directory cannot be made, …
        """
        loop = asyncio.get_running_loop()
        # A session of its own: Ctrl-C reaches us alone, and the keeper hears of it in our words.
        transport, keeping = await loop.subprocess_exec(
            lambda: cls(loop), sys.executable, "-c", _COMMAND, stderr=None, start_new_session=os.name == "posix"
        )
        keeping._process = transport
        keeping._pipe = cast(asyncio.WriteTransport, transport.get_pipe_transport(0))
        keeping._pipe.write(frame(FrameKind.JOB, pickle.dumps(job)))
        try:
            await keeping._ready
        except BaseException:
            transport.close()
            raise
        return keeping

    _process: asyncio.SubprocessTransport
    _pipe: asyncio.WriteTransport

    # ---- handing over

    @property
    def caught_up(self) -> bool:
        """Is everything on disk that was handed over?"""
        return self.counts.written >= self.handed

    def hand(self, exchange: Exchange, kind: FrameKind) -> int:
        """Hand an exchange over; its number, from 1."""
        if self._waiting_bytes > MOST_WAITING and kind is not FrameKind.DECIDE:
            self.unrecorded += 1
            return self.handed
        data = frame(kind, msgspec.msgpack.encode(exchange))
        if not self._pipe.is_closing():
            self._pipe.write(data)
        self.handed += 1
        self._sizes.append(len(data))
        self._waiting_bytes += len(data)
        return self.handed

    def when_written(self, number: int, then: Wanted) -> None:
        """Call `then` when an exchange and all before it are on disk."""
        if self.counts.written >= number or self.gone.is_set():
            then()
            return
        self._waiters.append((number, self._loop.time() + PATIENCE, then))
        if self._timer is None:
            self._timer = self._loop.call_later(PATIENCE, self._lose_patience)

    def when_decided(self, number: int, then: Decided) -> None:
        """Call `then` with the findings that count of an exchange, or with none if nobody can say."""
        if self.gone.is_set():
            then([])
            return
        self._deciders.append((number, then))

    def _lose_patience(self) -> None:
        self._timer = None
        soon = self._loop.time() + _TICK
        while self._waiters and self._waiters[0][1] <= soon:
            self._waiters.popleft()[2]()
        if self._waiters:
            self._timer = self._loop.call_at(self._waiters[0][1], self._lose_patience)

    # ---- ends

    def raise_if_failed(self) -> None:
        """Ends a recording that cannot be kept any more.

        Raises:
            LeadproofError: What the keeper could not do.
        """
        if self._error is not None:
            raise self._error

    async def end(self, *, interrupted: bool) -> dict[str, Any]:
        """Let the keeper judge what is left and write the report, as JSON; where it is.

        Raises:
            LeadproofError: What the keeper could not do.
        """
        how = {"interrupted": interrupted, "unrecorded": self.unrecorded, "formats": ["json"]}
        if not self._pipe.is_closing():
            self._pipe.write(frame(FrameKind.END, json.dumps(how).encode()))
        return await self._done

    async def close(self) -> None:
        """Wait for the keeper to leave, or end it."""
        if not self._done.done():
            self._process.kill()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._exited.wait(), _LEAVE)
        self._process.close()

    # ---- asyncio.SubprocessProtocol

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        for kind, content in self._reader.feed(data):
            if kind is FrameKind.COUNTS:
                self._count(Counts.unpack(content))
            elif kind is FrameKind.DECISION:
                if self._deciders:
                    self._deciders.popleft()[1](json.loads(content))
            elif kind is FrameKind.READY:
                self.folder = json.loads(content)["folder"]
                self._ready.set_result(None)
            elif kind is FrameKind.DONE:
                self._done.set_result(json.loads(content))
            elif kind is FrameKind.FAILED:
                said = json.loads(content)
                error = LeadproofError(said["message"], hint=said["hint"])
                error.exit_code = ExitCode(said["exit_code"])
                self._fail(error)

    def process_exited(self) -> None:
        self._exited.set()
        self._fail(
            LeadproofError(
                "the process that keeps the records has ended", hint="what it wrote until then is in the run directory"
            )
        )

    def _fail(self, error: LeadproofError) -> None:
        if self._done.done():
            return
        self._error = self._error or error
        for future in (self._ready, self._done):
            if not future.done():
                future.set_exception(self._error)
                future.exception()  # whoever awaits it hears of it; nobody else has to
        self.gone.set()
        while self._waiters:
            self._waiters.popleft()[2]()
        while self._deciders:
            self._deciders.popleft()[1]([])

    def _count(self, counts: Counts) -> None:
        for _ in range(counts.written - self.counts.written):
            self._waiting_bytes -= self._sizes.popleft()
        self.counts = counts
        while self._waiters and self._waiters[0][0] <= counts.written:
            self._waiters.popleft()[2]()
        if self._timer is not None and not self._waiters:
            self._timer.cancel()
            self._timer = None
