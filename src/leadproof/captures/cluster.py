"""Parts of files judged on a Dask cluster, on more than one machine: a task for each part. The engine is Dask's.

A task is pure: what comes of it depends on what is sent with it alone (how to judge, which part, how many exchanges
were kept when it was sent). So Dask may do it again where a worker is lost, and this process, which takes the result of
each task once and in the order of the parts, comes to the report of one process.

Only so many tasks are under way at a time; the results of those that are done wait on their workers.
"""

from __future__ import annotations

import logging
import pickle
import re
import time
import uuid
import warnings
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from leadproof.captures.judging import OnProgress, PartFacts
from leadproof.captures.model import FilePart, FileProblem
from leadproof.captures.parts import PartsOfFiles
from leadproof.captures.remote.urls import scrubbed, shown
from leadproof.captures.tasks import TaskResult, TaskWork, absent, differs, run_task, version
from leadproof.core import installation
from leadproof.core.errors import InputError, LeadproofError, UsageError
from leadproof.core.signals import noting

if TYPE_CHECKING:
    from distributed import Client, Future

#: The address that means a cluster of this machine, for as long as the command runs.
LOCAL = "local"

#: Tasks under way for each thread of a worker: one at work, one behind it, and one that waits to be taken.
AHEAD = 3

#: Seconds to wait for a scheduler, and for a worker where there is none (any more).
_CONNECT, NO_WORKERS = 10.0, 120.0

#: Seconds for a result to come from its worker, before it is asked for again.
_FETCH = 30.0

#: Seconds between two looks at whether the work is to be ended.
_LOOK = 0.25

#: Of a cluster of our own: nothing that was captured goes to the disk, and Ctrl-C reaches this process alone.
_OWN = {
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.pause": False,
    "distributed.worker.preload": ["import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)"],
    "distributed.worker.daemon": True,
}

_ADDRESS = re.compile(r"(?:tcp|tls|wss?|ucxx?)://[^\s/@]+:\d{1,5}")
_SUCH_AS = "such as --scheduler tcp://HOST:8786, or --scheduler local for one of this machine"


@dataclass(eq=False, slots=True)
class _Task:
    """A part of a file that is under way."""

    part: FilePart
    #: The number of its file.
    file: int
    future: Future[TaskResult]


class Cluster:
    """A Dask cluster that judges parts of files. `connected` makes one.

    Args:
        client: Connected.
        where: Its address, as it may be shown.
    """

    def __init__(self, client: Client, where: str) -> None:
        self._client, self._where = client, where
        #: What ended the work, where Ctrl-C or another signal did.
        self.interruption: KeyboardInterrupt | None = None

    def judged(
        self, work: TaskWork, files: Iterable[Iterator[FilePart]], kept: Callable[[], int], told: OnProgress
    ) -> Iterator[tuple[FilePart, PartFacts]]:
        """The parts of each file with their facts, in order. A signal that ends a run ends them before the next part.

        Args:
            work: What a task does with a part; picklable.
            files: The parts of each file.
            kept: Tells how many exchanges are kept so far.
            told: Called with the name of a file, and bytes read and exchanges judged since.

        Raises:
            UsageError: A worker has another leadproof.
        """
        sent, expected, run, numbers = zlib.compress(pickle.dumps(work)), version(), uuid.uuid4().hex, count()
        left, under_way = PartsOfFiles(files), deque[_Task]()

        def submit(file: int, part: FilePart) -> _Task:
            # The key names neither file nor place: it stands in logs and on the dashboard.
            key = f"leadproof-{run}-{next(numbers)}"
            future = self._client.submit(run_task, sent, part, kept(), expected, key=key, pure=False)
            return _Task(part, file, future)

        with noting() as came:
            try:
                while True:
                    most = 1 if came else self._most()
                    while len(under_way) < most and (following := left.next()) is not None:
                        under_way.append(submit(*following))
                    if not under_way:
                        return
                    task = under_way[0]
                    pieces = self._result(task, came)
                    if pieces is None:
                        self.interruption = came[0]
                        if task.part.start:  # of a file that nobody has begun, nothing is said
                            yield task.part, PartFacts(format=task.part.format, stopped=True)
                        return
                    under_way.popleft()
                    if pieces[-1].misfit or pieces[-1].stopped:
                        self._client.cancel(
                            [other.future for other in under_way if other.file == task.file], force=True
                        )
                        under_way = deque(other for other in under_way if other.file != task.file)
                        left.drop(task.file)
                    if pieces[-1].misfit:
                        under_way.appendleft(submit(task.file, task.part.rest()))
                        continue
                    for piece in pieces:
                        done = task.part.weight if piece.last else 0
                        told(task.part.path.name, piece.taken or done, piece.exchanges)
                        yield task.part, piece
            finally:
                self._client.cancel([task.future for task in under_way], force=True)

    def _most(self) -> int:
        """Tasks that may be under way; they become more when workers join."""
        return max(2, AHEAD * sum(map(int, self._client.nthreads().values())))

    def _result(self, task: _Task, came: Sequence[KeyboardInterrupt]) -> tuple[PartFacts, ...] | None:
        """What came of a task, or why it was lost for good; None if the work is to be ended."""
        from distributed import wait

        alone_since: float | None = None
        while not came:
            try:
                # Waiting may be broken off at any time; fetching what is done is given the time that it takes.
                with self._client.as_current():
                    wait([task.future], timeout=_LOOK)
                result: TaskResult = task.future.result(timeout=_FETCH)
            except TimeoutError:
                alone_since = None if self._client.nthreads() else alone_since or time.monotonic()
                if alone_since is not None and time.monotonic() - alone_since > NO_WORKERS:
                    return (_lost(task.part, "no worker was left for it"),)
            except ModuleNotFoundError as error:
                raise absent(error) from None
            except Exception as error:  # each worker that had it died (KilledWorker), or the scheduler did
                return (_lost(task.part, f"the workers that judged it were lost ({type(error).__name__})"),)
            else:
                if result.error is not None:
                    raise result.error
                return result.pieces
        return None


def _lost(part: FilePart, why: str) -> PartFacts:
    """What is said of a part that no worker could judge: it ends its file."""
    hint = "what do their logs say? one that needs more memory than it may have is ended"
    problem = FileProblem("file.unreadable", why, hint)
    return PartFacts(problems=(problem,), format=part.format or "body", stopped=True)


@contextmanager
def connected(address: str, jobs: int) -> Iterator[Cluster]:
    """A cluster, for as long as the context lasts; what was started for it is ended with it, and nothing else.

    Args:
        address: Of its scheduler, such as `tcp://host:8786`; `local` starts one here.
        jobs: Workers of a local one.

    Raises:
        MissingExtraError: Dask is not installed.
        UsageError: There is no scheduler, no worker, or one with another leadproof.
    """
    installation.require("cluster", "--scheduler needs Dask")
    if address != LOCAL:
        _require_possible(address)
    import dask
    from distributed import Client, LocalCluster

    where = shown(address)
    with ExitStack() as stack:
        stack.enter_context(_quiet())
        if address == LOCAL:
            scratch = stack.enter_context(TemporaryDirectory(prefix="leadproof-", ignore_cleanup_errors=True))
            stack.enter_context(dask.config.set(_OWN | {"temporary-directory": scratch}))
            started = LocalCluster(
                n_workers=jobs, threads_per_worker=1, host="127.0.0.1", dashboard_address=None,
                silence_logs=logging.CRITICAL,
            )  # fmt: skip
            address = stack.enter_context(started)
        try:
            client = stack.enter_context(Client(address, timeout=_CONNECT, set_as_default=False))
        except Exception as error:
            what = scrubbed(str(error)) or type(error).__name__
            raise UsageError(f"no Dask scheduler responds at {where}: {what}", hint=_SUCH_AS) from None
        _check(client, where)
        yield Cluster(client, where)


def _require_possible(address: str) -> None:
    """Is it an address at all? Dask's client leaves half of itself behind where it is none.

    Raises:
        UsageError: It is none, or one with TLS, and nobody said by which certificates.
    """
    if not _ADDRESS.fullmatch(address):
        raise UsageError(f"--scheduler {shown(address)!r} is no address of a Dask scheduler", hint=_SUCH_AS)
    if address.startswith("tls:"):
        from distributed.security import Security

        if Security().get_connection_args("client").get("ssl_context") is None:
            raise UsageError(
                f"{shown(address)} needs certificates, and none is named",
                hint="DASK_DISTRIBUTED__COMM__TLS__CA_FILE names the CA, …__TLS__CLIENT__CERT and …__KEY what is ours",
            )


def _check(client: Client, where: str) -> None:
    """Is there a worker, and does each have this leadproof?"""
    try:
        client.wait_for_workers(1, timeout=NO_WORKERS)
    except TimeoutError:
        hint = f"start some, such as dask worker {where}"
        raise UsageError(f"the Dask scheduler at {where} has no workers", hint=hint) from None
    here = version()
    try:
        there = client.run(version, on_error="return")
    except Exception as error:
        raise InputError(f"the workers of {where} do not respond: {scrubbed(str(error))}") from None
    for found in there.values():
        if isinstance(found, ModuleNotFoundError):
            raise absent(found)
        if isinstance(found, LeadproofError):
            raise found
        if not isinstance(found, str):
            raise UsageError(
                f"a worker of {where} has another Python or leadproof: {scrubbed(str(found))}",
                hint="install the same on all machines of the cluster",
            )
        if found != here:
            raise differs(found, here)


@contextmanager
def _quiet() -> Iterator[None]:
    """Dask says on stderr what it tries; what matters of that is said here."""
    logger = logging.getLogger("distributed")
    before = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(before)
