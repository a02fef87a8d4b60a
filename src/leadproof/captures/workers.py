"""Processes that read and judge files ahead of the one that holds what they say against each other.

Each has a pipe of its own and one file at a time; it sends facts in parts, and at the end the row of the file. Parts
are given back in the order of the files: those of later files wait in memory, and when there are too many, their
processes wait.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, NamedTuple

from leadproof.core.signals import ENDING, Terminated, give_back

#: Bytes that wait for their turn at most: so many more than a part come only from the file whose turn it is.
WAITING = 256 * 1024 * 1024

#: Seconds between two looks at whether the work is to be ended.
_LOOK = 0.25


class FilePart(NamedTuple):
    """A piece of a file that was judged."""

    #: Bytes that were read for it, and exchanges in it.
    taken: int
    exchanges: int
    #: Of `facts.packed`.
    facts: bytes
    #: The row of the file; None where more of it comes.
    row: dict[str, Any] | None = None


#: Judges a file in parts. What it is given tells whether the work is to be ended.
Work = Callable[[Path, Callable[[], bool]], Iterator[FilePart]]


@dataclass(eq=False, slots=True)
class _Worker:
    """A process, as the one that started it sees it."""

    process: BaseProcess
    pipe: connection.Connection
    #: The number of the file that it has.
    file: int | None = None


@dataclass(slots=True)
class Workers:
    """Processes that share files among them; a context manager.

    Args:
        work: What each does with a file.
        number: How many there are.
    """

    work: Work
    number: int
    #: What ended the work, where Ctrl-C or another signal did.
    interruption: KeyboardInterrupt | None = None
    _workers: list[_Worker] = field(default_factory=list)
    _before: dict[signal.Signals, Any] = field(default_factory=dict)

    def __enter__(self) -> Workers:
        for _ in range(self.number):
            ours, theirs = multiprocessing.Pipe()
            process = multiprocessing.Process(target=_serve, args=(theirs, self.work), daemon=True)
            process.start()
            theirs.close()
            self._workers.append(_Worker(process, ours))
        if threading.current_thread() is threading.main_thread():
            for number in ENDING:
                if signal.getsignal(number) != signal.SIG_IGN:
                    self._before[number] = signal.signal(number, self._interrupt)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        give_back(self._before, ended=self.interruption is not None)
        for worker in self._workers:
            if error is not None:
                worker.process.kill()
            with suppress(OSError):
                worker.pipe.send(None)
            worker.process.join()
            worker.pipe.close()

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        """Ctrl-C, SIGTERM or SIGHUP ends the files that are judged; a Ctrl-C after it ends it all."""
        if number != signal.SIGINT and self.interruption is not None:
            return
        signal.signal(signal.SIGINT, self._before.get(signal.SIGINT, signal.default_int_handler))
        self.interruption = KeyboardInterrupt() if number == signal.SIGINT else Terminated(signal.Signals(number).name)
        for worker in self._workers:
            if worker.process.pid is not None:
                with suppress(ProcessLookupError):  # one from a terminal has reached it already
                    os.kill(worker.process.pid, signal.SIGINT)

    def parts(
        self, files: Sequence[Path], told: Callable[[str, int, int], None]
    ) -> Iterator[tuple[Path, FilePart | None]]:
        """The parts of each file, in the order of the files; None for a file whose process is no more.

        Args:
            files: What there is to do.
            told: Called with the name of a file, and bytes read and exchanges judged since.
        """
        ahead: dict[int, deque[FilePart | None]] = {}
        handed = turn = waiting = 0
        while turn < handed or (handed < len(files) and self.interruption is None):
            for worker in self._workers:
                if worker.file is None and handed < len(files) and self.interruption is None:
                    worker.file, ahead[handed] = handed, deque()
                    with suppress(OSError):  # it has died: its end is met below
                        worker.pipe.send(files[handed])
                    handed += 1
            busy = [worker for worker in self._workers if worker.file is not None]
            if not busy and turn == handed:
                yield from ((path, None) for path in files[handed:])
                return
            listened = [worker for worker in busy if waiting < WAITING or worker.file == turn]
            for worker in self._ready(listened, 0 if ahead[turn] else _LOOK):
                number, part = worker.file, self._receive(worker)
                assert number is not None
                ahead[number].append(part)
                if part is not None:
                    told(files[number].name, part.taken, part.exchanges)
                    waiting += len(part.facts)
            while turn < handed and ahead[turn]:
                part = ahead[turn].popleft()
                waiting -= len(part.facts) if part is not None else 0
                yield files[turn], part
                if part is None or part.row is not None:
                    del ahead[turn]
                    turn += 1

    def _ready(self, workers: Sequence[_Worker], seconds: float) -> list[_Worker]:
        ready = connection.wait([worker.pipe for worker in workers], seconds)
        return [worker for worker in workers if worker.pipe in ready]

    def _receive(self, worker: _Worker) -> FilePart | None:
        try:
            part: FilePart | Exception = worker.pipe.recv()
        except (EOFError, OSError):
            self._workers.remove(worker)
            worker.pipe.close()
            worker.process.join()
            return None
        if isinstance(part, Exception):
            raise part
        if part.row is not None:
            worker.file = None
        return part


# ---- in a process of its own -----------------------------------------------------------------------------------------


def _serve(pipe: connection.Connection, work: Work) -> None:
    """What a worker does. A signal that ends a run ends the file that it is at; without its parent it ends at once."""
    over = threading.Event()
    for number in ENDING:
        signal.signal(number, lambda *_: over.set())
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_ends_with, args=(parent.sentinel,), daemon=True).start()
    with suppress(EOFError, OSError):  # nobody listens any more
        while (path := pipe.recv()) is not None:
            try:
                for part in work(path, over.is_set):
                    pipe.send(part)
            except OSError:
                raise
            except Exception as error:
                pipe.send(error)


def _ends_with(sentinel: int) -> None:
    connection.wait([sentinel])
    os._exit(1)
