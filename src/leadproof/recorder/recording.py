"""A recording from its first exchange to its reports. It ends by a signal, after a time or after a number."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from leadproof.core.errors import ServerError, UsageError
from leadproof.core.gc import tune_gc
from leadproof.core.signals import ENDING
from leadproof.core.target import Target
from leadproof.http.connecting import tls_of
from leadproof.http.hosts import LOOPBACK, Hosts
from leadproof.http.plan import ConnectionPlan, plan_of
from leadproof.http.server import new_loop, signals_in_loop
from leadproof.recorder.frames import Counts
from leadproof.recorder.inbound import Inbound
from leadproof.recorder.keeper import RecordingJob
from leadproof.recorder.keeping import WriterClient
from leadproof.recorder.proxy import Proxy
from leadproof.runs.evidence import read_report

#: Seconds between two reports of progress.
_PROGRESS = 0.5

#: Addresses that lead to 127.0.0.1, where the recorder listens: no address is this machine, too.
_OWN = ("127.0.0.1", "0.0.0.0", "::ffff:127.0.0.1", "::ffff:0.0.0.0")


@dataclass(frozen=True, slots=True)
class RecordingLimits:
    """When a recording ends by itself."""

    #: Seconds; 0 for never.
    duration: float = 0.0
    #: Exchanges; 0 for any number.
    exchanges: int = 0

    @property
    def planned(self) -> bool:
        """Does it end by itself at all?"""
        return bool(self.duration or self.exchanges)


@dataclass(frozen=True, slots=True)
class RecordingResult:
    """What a recording has left behind."""

    report: dict[str, Any]
    #: The run directory, which holds the report as JSON; other formats are the caller's to write.
    folder: Path


def record(
    job: RecordingJob,
    target: Target,
    *,
    port: int = 0,
    hosts: Hosts = LOOPBACK,
    deciding: bool = False,
    limits: RecordingLimits = RecordingLimits(),
    ready: Callable[[str, str], None] | None = None,
    progress: Callable[[Counts], None] | None = None,
) -> RecordingResult:
    """Records until a limit is reached, or until SIGINT, SIGTERM or SIGHUP; then writes the report.

    Args:
        job: What is kept, and how.
        target: The only host that anything is sent to.
        port: Where to listen on 127.0.0.1; 0 for any port that is free.
        hosts: What clients may call the recorder, besides loopback names.
        deciding: Does every response wait for the judge, and is one that violates the contract kept back?
        limits: When it ends by itself.
        ready: Called with the recorder's URL and the run's folder once it listens.
        progress: Called with how far it is, twice a second at most.

    Raises:
        UsageError: The target is the recorder itself.
        ServerError: The address cannot be had.
        ConfigurationError: The target's CA bundle, client certificate or proxy cannot be used.
        EvidenceError: The run directory cannot be written.
    """
    # What is wrong with the target is said before anything is listened to.
    if _is_own(plan_of(target), port):
        which = "proxy of the target" if target.proxy else "target"
        raise UsageError(
            f"the {which} is the recorder itself: both are port {port} of this machine",
            hint="name the service as --target, and with --port a port that is free",
        )
    tls = tls_of(target)
    tune_gc()
    with asyncio.Runner(loop_factory=new_loop) as runner:
        return runner.run(_record(job, target, tls, port, hosts, deciding, limits, ready, progress))


def _is_own(plan: ConnectionPlan, port: int) -> bool:
    """Does a plan lead to this port of the address that the recorder listens on, however that is spelt?"""
    if plan.first_port != port:
        return False
    found = set[str]()
    for name in plan.addresses:
        with contextlib.suppress(OSError, UnicodeError):  # of a name that does not exist, connecting tells
            found |= {str(row[4][0]) for row in socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)}
    return not found.isdisjoint(_OWN)


async def _record(
    job: RecordingJob,
    target: Target,
    tls: ssl.SSLContext | None,
    port: int,
    hosts: Hosts,
    deciding: bool,
    limits: RecordingLimits,
    ready: Callable[[str, str], None] | None,
    progress: Callable[[Counts], None] | None,
) -> RecordingResult:
    loop = asyncio.get_running_loop()
    over, told = asyncio.Event(), asyncio.Event()
    keeping = await WriterClient.start(job)
    try:
        with _signals(loop, told):
            proxy = Proxy(
                target, keeping, loop=loop, tls=tls, hosts=hosts, deciding=deciding, most=limits.exchanges,
                full=over.set,
            )  # fmt: skip
            try:
                listener = await loop.create_server(lambda: Inbound(proxy), "127.0.0.1", port, backlog=1024)
            except OSError as error:
                raise ServerError(
                    f"the recorder cannot listen on port {port}: {error.strerror or error}",
                    hint="something listens there already; --port 0 takes a free port",
                ) from error
            if ready is not None:
                ready(f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}", keeping.folder)
            await _until((over, told, keeping.gone), limits.duration, keeping, progress)
            listener.close()
            await proxy.stop()
            keeping.raise_if_failed()
            done = await keeping.end(interrupted=limits.planned and told.is_set() and not over.is_set())
    finally:
        await keeping.close()
    folder = Path(done["folder"])
    return RecordingResult(read_report(folder), folder)


async def _until(
    events: tuple[asyncio.Event, ...], duration: float, keeping: WriterClient, progress: Callable[[Counts], None] | None
) -> None:
    """Waits for the first of the events, or until the time is over."""
    loop = asyncio.get_running_loop()
    end = loop.time() + duration if duration else None
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        while not any(event.is_set() for event in events):
            left = _PROGRESS if progress else None
            if end is not None:
                left = min(left or duration, end - loop.time())
                if left <= 0:
                    return
            await asyncio.wait(waits, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            if progress:
                progress(keeping.counts)
    finally:
        for wait in waits:
            wait.cancel()


@contextlib.contextmanager
def _signals(loop: asyncio.AbstractEventLoop, told: asyncio.Event) -> Iterator[None]:
    """SIGINT, SIGTERM and SIGHUP end the recording in good order; a second SIGINT or SIGTERM ends everything.

    A terminal that is closed sends SIGHUP more than once, so further ones are passed over.
    """
    main = asyncio.current_task()

    def end() -> None:
        if told.is_set() and main is not None:
            main.cancel()
        told.set()

    handlers: dict[signal.Signals, Callable[[], object]] = {
        number: told.set if number.name == "SIGHUP" else end
        for number in ENDING
        if number.name != "SIGHUP" or signal.getsignal(number) != signal.SIG_IGN  # as nohup wants it
    }
    with signals_in_loop(loop, handlers, told.is_set):
        yield
