"""The story of `leadproof validate`: files in, judged exchange by exchange, by one process or by several.

One process takes all files for one recording: ids, orders, offers and twins are followed from file to file, and an
exchange that stands in an earlier file is passed over. Several processes take a file each, and what is followed ends
with the file; what they find is put together in the order of the files. For files that have nothing to do with each
other the two reports are the same.

Memory does not grow with the files: of the exchanges, the first are kept and some of those with findings; all of them
are judged and counted.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from hashlib import blake2b
from multiprocessing import connection
from pathlib import Path
from typing import Any

from leadproof import captures
from leadproof.contract import specs
from leadproof.contract.profile import Profile
from leadproof.core.errors import InputError, UsageError
from leadproof.core.exchange import Exchange
from leadproof.core.gc import gc_paused
from leadproof.judge import Judge
from leadproof.judge.checks.context import Remembered
from leadproof.redact import Redactor
from leadproof.runs.evidence import Appender, Run
from leadproof.runs.ledger import KeepPolicy, Ledger
from leadproof.runs.summary import Summary

#: Exchanges that a run directory keeps: so many from the beginning, and as many again of those with findings.
KEPT = 2_000

#: Exchanges of several files that are remembered, to tell those that stand in two.
OVERLAP = 50_000

#: Said of an exchange that was judged already.
REPEATED = "the same exchange stands in an earlier file: it was judged there"

#: Files that are handed out before the first of them has come back, for each process.
_AHEAD = 4

#: Seconds between two looks at how far the other processes are.
_LOOK = 0.25

#: Called with the name of a file, and with the bytes read and the exchanges judged since it was called before.
OnProgress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class ValidationPlan:
    """How files are judged; the same in every process."""

    choices: dict[str, str]
    profile: Profile
    redactor: Redactor
    fail_on: str = "must"
    operation: str | None = None
    mapping: captures.Mapping | None = None
    #: Exchanges to keep, as in `KEPT`.
    keep: int = KEPT

    def ledger(self, evidence: Appender | None, keep: KeepPolicy) -> Ledger:
        """An empty ledger."""
        judge = Judge(specs.load(self.choices), self.profile, captured=True)
        return Ledger(judge, self.redactor, self.fail_on, evidence=evidence, keep=keep)


@dataclass(slots=True)
class Validation:
    """Files being judged by this process, one after the other."""

    plan: ValidationPlan
    ledger: Ledger
    #: Digest of an exchange -> the first file that it stands in; None where exchanges are not followed across files.
    seen: Remembered[bytes, int] | None = None
    #: Is the work to be ended?
    stopped: Callable[[], bool] = lambda: False
    #: Files so far.
    files: int = 0

    def file(self, path: Path, told: OnProgress = lambda *_: None) -> None:
        """Judges what is in a file. What cannot be read of it is said in its row of the report."""
        plan = self.plan
        row: dict[str, Any] = {"path": str(path), "format": "body", "exchanges": 0, "problem": None}
        self.files += 1
        problems = captures.Problems()
        left = _size(path)

        def taken(size: int) -> None:
            nonlocal left
            left -= size
            told(path.name, size, 0)

        try:
            row["format"] = captures.format_of_file(path, mapped=plan.mapping is not None)
            for found in captures.read(path, plan.operation, plan.mapping, taken):
                if self.stopped():
                    self.ledger.note("interrupted")
                    break
                if isinstance(found, captures.FileProblem):
                    problems.add(found)
                    continue
                row["exchanges"] += 1
                self._exchange(found)
                told(path.name, 0, 1)
        except InputError as error:  # the other files are judged all the same
            problems.add(captures.FileProblem("file.unreadable", error.message.removeprefix(f"{path}: "), error.hint))
        finally:
            row |= problems.together()
            self.ledger.note("file", row)
            told(path.name, max(left, 0), 0)  # what nobody had to read of it is done, too

    def _exchange(self, exchange: Exchange) -> None:
        # Captures overlap: judged a second time, an exchange would break every rule about what is given only once.
        if self.seen is not None and self.seen.setdefault(_digest(exchange), self.files) != self.files:
            self.ledger.observe("file.deviation", REPEATED, origin=exchange.origin)
            return
        self.ledger.add(exchange)


def _size(path: Path) -> int:
    """Bytes of a file; none of what is no file any more, which its row says."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _digest(exchange: Exchange) -> bytes:
    """What is the same for the same exchange, whoever exported it; when it was is not."""
    request, response = exchange.request, exchange.response
    parts = (request.method, request.target, request.body, response and (response.status, response.body))
    return blake2b(repr(parts).encode("utf-8", "backslashreplace"), digest_size=12).digest()


# ---- one process, or several -----------------------------------------------------------------------------------------


def validate(
    files: Sequence[Path], plan: ValidationPlan, run: Run | None, jobs: int = 1, told: OnProgress = lambda *_: None
) -> Ledger:
    """Judges files; what was found until Ctrl-C is what there is.

    Args:
        files: What `captures.files` gives.
        plan: How they are judged.
        run: The run directory; None to keep nothing.
        jobs: Processes.
        told: Called as it goes on.

    Raises:
        UsageError: Standard input cannot be shared among processes.
        EvidenceError: The disk does not take what is kept.
    """
    with gc_paused():
        if jobs > 1 and len(files) > 1:
            if captures.STANDARD_INPUT in files:
                raise UsageError("standard input is judged by one process", hint="leave out --jobs, or name files")
            return _parallel(files, plan, run, min(jobs, len(files)), told)
        return _serial(files, plan, run, told)


def _serial(files: Sequence[Path], plan: ValidationPlan, run: Run | None, told: OnProgress) -> Ledger:
    ledger = plan.ledger(run, KeepPolicy(plan.keep))
    validation = Validation(plan, ledger, seen=Remembered(OVERLAP) if len(files) > 1 else None)
    try:
        for path in files:
            validation.file(path, told)
    except KeyboardInterrupt:
        ledger.note("interrupted")
    return ledger


def _parallel(files: Sequence[Path], plan: ValidationPlan, run: Run | None, jobs: int, told: OnProgress) -> Ledger:
    shared, far = multiprocessing.Value("Q", 0), _Far()
    ledger = plan.ledger(run, KeepPolicy(plan.keep, shared))
    ahead: list[tuple[Path, Future[Summary]]] = []
    left = list(enumerate(files))[::-1]
    folder = run.path if run is not None else None
    with ProcessPoolExecutor(
        jobs, initializer=_prepare, initargs=(plan, folder, shared, multiprocessing.Value("Q", 0), far)
    ) as pool:
        try:
            while left or ahead:
                try:
                    while left and len(ahead) < jobs * _AHEAD and not ledger.summary.interrupted:
                        number, path = left.pop()
                        ahead.append((path, pool.submit(_work, number, path)))
                    if not ahead:
                        break
                    path, future = ahead[0]
                    if not future.cancelled():
                        while not wait([future], _LOOK).done:
                            told(path.name, *far.since())
                        ledger.merge(future.result())
                        told(path.name, *far.since())
                    del ahead[0]
                except KeyboardInterrupt:
                    ledger.note("interrupted")
                    for _, future in ahead:
                        future.cancel()
                    _stop()
        except BrokenProcessPool:
            if run is not None:
                run.at(len(files))  # after what the others have written
            for path in (*(path for path, _ in ahead), *(path for _, path in reversed(left))):
                ledger.note("file", _lost(path))
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
    return ledger


class _Far:
    """How far several processes are: bytes read and exchanges judged by all of them."""

    def __init__(self) -> None:
        self._taken, self._judged = multiprocessing.Value("Q", 0), multiprocessing.Value("Q", 0)
        #: What was told already, in the process that tells.
        self._told = (0, 0)

    def add(self, _: str, size: int, exchanges: int) -> None:
        """Adds what this process has done."""
        for value, number in ((self._taken, size), (self._judged, exchanges)):
            if number:
                with value.get_lock():
                    value.value += number

    def since(self) -> tuple[int, int]:
        """What was done since the last time."""
        before, self._told = self._told, (int(self._taken.value), int(self._judged.value))
        return self._told[0] - before[0], self._told[1] - before[1]


def _lost(path: Path) -> dict[str, Any]:
    """The row of a file of which no result came."""
    message, hint = "a process that judged files was ended from outside", "is there enough memory? try fewer --jobs"
    problem = {"kind": "file.unreadable", "message": message, "hint": hint}
    return {"path": str(path), "format": "body", "exchanges": 0, "problem": problem}


# ---- in a process of its own -----------------------------------------------------------------------------------------

_plan: ValidationPlan | None = None
_appender: Appender | None = None
_keep: KeepPolicy | None = None
_far: _Far | None = None
_over = threading.Event()


def _prepare(plan: ValidationPlan, folder: Path | None, shared: Any, workers: Any, far: _Far) -> None:
    """What a worker does first. Ctrl-C ends the file that it is at; without its parent it ends at once."""
    global _plan, _appender, _keep, _far
    _plan, _keep, _far = plan, KeepPolicy(plan.keep, shared), far
    with workers.get_lock():
        workers.value += 1
        number = int(workers.value)
    _appender = Appender(folder, plan.redactor, f"rows-w{number}") if folder is not None else None
    signal.signal(signal.SIGINT, lambda *_: _over.set())
    parent = multiprocessing.parent_process()
    if parent is not None:
        watch = threading.Thread(target=_ends_with, args=(parent.sentinel,), daemon=True)
        watch.start()


def _ends_with(sentinel: int) -> None:
    connection.wait([sentinel])
    os._exit(1)


def _work(number: int, path: Path) -> Summary:
    assert _plan is not None
    assert _keep is not None
    assert _far is not None
    with gc_paused():
        if _appender is not None:
            _appender.at(number)
        ledger = _plan.ledger(_appender, _keep)
        Validation(_plan, ledger, stopped=_over.is_set).file(path, _far.add)
        return ledger.snapshot()


def _stop() -> None:
    """Lets the workers end; a Ctrl-C that came from a terminal they have heard of already."""
    for process in multiprocessing.active_children():
        if process.pid:
            os.kill(process.pid, signal.SIGINT)
