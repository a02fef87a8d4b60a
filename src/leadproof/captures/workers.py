"""Processes that read and judge parts of files ahead of the one that holds what they say against each other.

Each has a pipe of its own and a part to do after the one that it is at, so that it never waits for the first process.
It sends facts, in one piece or in several. They are given back in the order of the parts: those of later parts wait in
memory, and when there are too many, their processes wait.
"""

from __future__ import annotations

import multiprocessing
import os
import queue
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import connection
from multiprocessing.process import BaseProcess
from types import FrameType, TracebackType
from typing import Any

from leadproof.captures.judging import PartFacts
from leadproof.captures.model import FilePart
from leadproof.captures.parts import PartsOfFiles
from leadproof.core.signals import ENDING, Terminated, give_back, handle, held

#: Bytes that wait for their turn at most: so many more than a piece come only from the part whose turn it is.
WAITING = 32 * 1024 * 1024

#: Parts that a process has at most: the one that it is at, and the next. So many for each, and as many again, are
#: looked for ahead of the one whose turn it is.
_AHEAD = 2

#: Seconds between two looks at whether the work is to be ended.
_LOOK = 0.25


#: Judges a part in pieces. What it is given tells whether the work is to be ended.
Work = Callable[[FilePart, Callable[[], bool]], Iterator[PartFacts]]


@dataclass(eq=False, slots=True)
class _Task:
    """A part that is to be judged, and what is known of it."""

    part: FilePart
    #: The number of its file.
    file: int
    handed: bool = False
    pieces: deque[PartFacts | None] = field(default_factory=deque)
    #: Does nobody wait for it any more?
    dropped: bool = False


@dataclass(eq=False, slots=True)
class _Worker:
    """A process, as the one that started it sees it."""

    process: BaseProcess
    pipe: connection.Connection
    #: What it has to do, in order.
    tasks: deque[_Task] = field(default_factory=deque)


@dataclass(slots=True)
class Workers:
    """Processes that share parts of files among them; a context manager.

    Args:
        work: What each does with a part.
        number: How many there are.
    """

    work: Work
    number: int
    #: What ended the work, where Ctrl-C or another signal did.
    interruption: KeyboardInterrupt | None = None
    _workers: list[_Worker] = field(default_factory=list)
    _before: dict[signal.Signals, Any] = field(default_factory=dict)
    #: Parts that were taken from their files and wait for their turn, in order.
    _tasks: deque[_Task] = field(default_factory=deque)
    #: Those that were not.
    _left: PartsOfFiles = field(default_factory=lambda: PartsOfFiles(()))
    #: Bytes of pieces that wait for their turn.
    _waiting: int = 0

    def __enter__(self) -> Workers:
        for _ in range(self.number):
            ours, theirs = multiprocessing.Pipe()
            process = multiprocessing.Process(target=_serve, args=(theirs, self.work), daemon=True)
            with held():
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
        """Ctrl-C, SIGTERM or SIGHUP ends the parts that are judged; a Ctrl-C after it ends it all."""
        if number != signal.SIGINT and self.interruption is not None:
            return
        signal.signal(signal.SIGINT, self._before.get(signal.SIGINT, signal.default_int_handler))
        self.interruption = KeyboardInterrupt() if number == signal.SIGINT else Terminated(signal.Signals(number).name)
        for worker in self._workers:
            if worker.process.pid is not None:
                with suppress(ProcessLookupError):  # one from a terminal has reached it already
                    os.kill(worker.process.pid, signal.SIGINT)

    def judged(
        self, files: Iterable[Iterator[FilePart]], told: Callable[[str, int, int], None]
    ) -> Iterator[tuple[FilePart, PartFacts | None]]:
        """The parts of each file with their facts, in order; None for a part whose process is no more.

        Args:
            files: The parts of each file.
            told: Called with the name of a file, and bytes read and exchanges judged since.
        """
        self._left = PartsOfFiles(files)
        while True:
            self._hand_out()
            if not self._tasks:
                return
            first = self._tasks[0]
            if not first.handed and not self._workers:
                first.pieces.append(None)
            self._receive(first, told)
            while self._tasks and self._tasks[0].pieces:
                task = self._tasks[0]
                piece = task.pieces.popleft()
                if piece is not None and piece.misfit:
                    self._drop_behind(task)
                    self._tasks[0] = _Task(task.part.rest(), task.file)
                    break
                self._waiting -= len(piece.facts) if piece is not None else 0
                if piece is None or piece.stopped:
                    self._drop_behind(task)
                if piece is None or piece.last:
                    self._tasks.popleft()
                yield task.part, piece

    # ---- to the processes --------------------------------------------------------------------------------------------

    def _hand_out(self) -> None:
        """Gives every process what it is to do, the first parts first, and one by one."""
        for number in range(_AHEAD):
            for worker in self._workers:
                if len(worker.tasks) > number or self.interruption is not None:
                    continue
                task = next((task for task in self._tasks if not task.handed), None) or self._next()
                if task is None:
                    return
                task.handed = True
                worker.tasks.append(task)
                with suppress(OSError):  # it has died: its end is met when it is listened to
                    worker.pipe.send(task.part)
        if self.interruption is not None:
            self._leave_undone()
        elif not self._workers:
            self._next()

    def _leave_undone(self) -> None:
        """What no process has is left undone; of a file that nobody has begun, nothing is said."""
        undone = [task for task in self._tasks if not task.handed]
        untouched = {task.file for task in undone if not task.part.start}
        for task in undone:
            if task.file in untouched:
                self._tasks.remove(task)
            else:
                task.handed = True
                task.pieces.append(PartFacts(format=task.part.format, stopped=True))

    def _next(self) -> _Task | None:
        """The next part of a file, if it is not too far ahead."""
        if len(self._tasks) >= 2 * _AHEAD * self.number or (following := self._left.next()) is None:
            return None
        file, part = following
        self._tasks.append(_Task(part, file))
        return self._tasks[-1]

    def _drop_behind(self, task: _Task) -> None:
        """Nobody waits any more for the parts of a file behind one of them."""
        behind = [other for other in self._tasks if other.file == task.file and other is not task]
        for other in behind:
            other.dropped = True
            self._waiting -= sum(len(piece.facts) for piece in other.pieces if piece is not None)
            self._tasks.remove(other)
        self._left.drop(task.file)

    # ---- from the processes ------------------------------------------------------------------------------------------

    def _receive(self, first: _Task, told: Callable[[str, int, int], None]) -> None:
        """Takes in what is there; waits a little where nothing of the first part is."""
        few = self._waiting < WAITING or not first.handed
        listened = [
            worker for worker in self._workers
            if worker.tasks and (few or worker.tasks[0] is first or worker.tasks[0].dropped)
        ]  # fmt: skip
        ready = connection.wait([worker.pipe for worker in listened], 0 if first.pieces else _LOOK)
        for worker in [worker for worker in listened if worker.pipe in ready]:
            try:
                piece: PartFacts | Exception = worker.pipe.recv()
            except (EOFError, OSError):
                self._bury(worker)
                continue
            if isinstance(piece, Exception):
                raise piece
            task = worker.tasks[0]
            if piece.last:
                worker.tasks.popleft()
            if task.dropped:
                continue
            task.pieces.append(piece)
            self._waiting += len(piece.facts)
            done = task.part.weight if piece.last and not piece.misfit else 0
            told(task.part.path.name, piece.taken or done, piece.exchanges)

    def _bury(self, worker: _Worker) -> None:
        """A process has died with the part that it was at; another may do the next one."""
        self._workers.remove(worker)
        worker.pipe.close()
        worker.process.join()
        worker.tasks.popleft().pieces.append(None)
        for task in worker.tasks:
            task.handed = False


# ---- in a process of its own -----------------------------------------------------------------------------------------


def _serve(pipe: connection.Connection, work: Work) -> None:
    """What a worker does. A signal that ends a run ends the part that it is at; without its parent it ends at once."""
    # No event: its lock would be waited for in vain by a signal that comes while another one is handled.
    came, parts = list[int](), queue.SimpleQueue[FilePart | None]()
    handle(dict.fromkeys(ENDING, lambda number, _: came.append(number)))
    # A thread takes parts in, so that the first process never waits until this one is ready for them.
    threading.Thread(target=_take, args=(pipe, parts), daemon=True).start()
    with suppress(OSError):  # nobody listens any more
        while (part := parts.get()) is not None:
            try:
                for piece in work(part, lambda: bool(came)):
                    pipe.send(piece)
            except OSError:
                raise
            except Exception as error:
                pipe.send(error)


def _take(pipe: connection.Connection, parts: queue.SimpleQueue[FilePart | None]) -> None:
    parent = multiprocessing.parent_process()
    while True:
        if parent is not None and parent.sentinel in connection.wait([pipe, parent.sentinel]):
            os._exit(1)
        try:
            parts.put(part := pipe.recv())
        except (EOFError, OSError):
            part = None
            parts.put(part)
        if part is None:
            break
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
