"""The story of `leadproof validate`: files in, judged exchange by exchange, by one process or by several.

All files are one recording: ids, orders, offers and twins are followed from file to file, and an exchange that stands
in an earlier file is passed over. Several processes read the files and judge each exchange by itself; what stands
between exchanges is decided here, in the order of the files. So the report is the same, whatever their number.

Memory does not grow with the files: of the exchanges, the first are kept and some of those with findings; all of them
are judged and counted.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from leadproof import captures
from leadproof.captures.workers import FilePart, Workers
from leadproof.contract import specs
from leadproof.contract.profile import Profile
from leadproof.core.errors import InputError, UsageError
from leadproof.core.exchange import Exchange
from leadproof.core.gc import gc_paused, tune_gc
from leadproof.judge import Judge
from leadproof.judge.checks.context import Remembered
from leadproof.redact import Redactor
from leadproof.runs.evidence import Run
from leadproof.runs.facts import ExchangeFact, Facts, Unpacking, digest, outline, packed
from leadproof.runs.ledger import KeepPolicy, Ledger

#: Exchanges that a run directory keeps: so many from the beginning, and as many again of those with findings.
KEPT = 2_000

#: Exchanges of several files that are remembered, to tell those that stand in two.
OVERLAP = 50_000

#: Exchanges that another process judges before it sends what it knows of them.
PART = 256

#: Said of an exchange that was judged already.
REPEATED = "the same exchange stands in an earlier file: it was judged there"

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

    def judge(self) -> Judge:
        """A judge that has seen nothing yet."""
        return Judge(specs.load(self.choices), self.profile, captured=True)


class _Capture:
    """A file being read.

    Args:
        plan: How it is judged.
        path: Where it is.
        told: Called as it goes on.
    """

    def __init__(self, plan: ValidationPlan, path: Path, told: OnProgress = lambda *_: None) -> None:
        self._plan, self._path, self._told = plan, path, told
        self._problems = captures.Problems()
        self._format, self._exchanges = "body", 0
        self._left = _size(path)

    def exchanges(self, stopped: Callable[[], bool] = lambda: False) -> Iterator[Exchange]:
        """What is in it, in order. What cannot be read of it is said in its row.

        Args:
            stopped: Is the work to be ended?
        """
        plan, path = self._plan, self._path
        try:
            self._format = captures.format_of_file(path, mapped=plan.mapping is not None)
            for entry in captures.read(path, plan.operation, plan.mapping, self._taken):
                if stopped():
                    break
                if isinstance(entry, captures.FileProblem):
                    self._problems.add(entry)
                    continue
                self._exchanges += 1
                yield entry
                self._told(path.name, 0, 1)
        except InputError as error:  # the other files are judged all the same
            message = error.message.removeprefix(f"{path}: ")
            self._problems.add(captures.FileProblem("file.unreadable", message, error.hint))

    def _taken(self, size: int) -> None:
        self._left -= size
        self._told(self._path.name, size, 0)

    def end(self) -> dict[str, Any]:
        """Its row in the report, once nothing more of it is read."""
        self._told(self._path.name, max(self._left, 0), 0)  # what nobody had to read of it is done, too
        row = {"path": str(self._path), "format": self._format, "exchanges": self._exchanges, "problem": None}
        return row | self._problems.together()


def _size(path: Path) -> int:
    """Bytes of a file; none of what is no file any more, which its row says."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


@dataclass(slots=True)
class _Overlap:
    """Exchanges that stand in two files. Judged a second time, they would break every rule about what is given once."""

    ledger: Ledger
    #: Digest of an exchange -> the first recording that it stands in.
    _seen: Remembered[bytes, str] = field(default_factory=lambda: Remembered(OVERLAP))

    def judged_before(self, digested: bytes, origin: str, recording: str) -> bool:
        """Does an exchange of a recording stand in one before it? It is noted then."""
        if self._seen.setdefault(digested, recording) == recording:
            return False
        self.ledger.observe("file.deviation", REPEATED, origin=origin)
        return True


# ---- one process, or several -----------------------------------------------------------------------------------------


def validate(
    files: Sequence[Path], plan: ValidationPlan, run: Run | None, jobs: int = 1, told: OnProgress = lambda *_: None
) -> Ledger:
    """Judges files; what was found until Ctrl-C is what there is.

    Args:
        files: What `captures.files` gives.
        plan: How they are judged.
        run: The run directory; None to keep nothing.
        jobs: Processes that judge.
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
    ledger = Ledger(plan.judge(), plan.redactor, plan.fail_on, evidence=run, keep=KeepPolicy(plan.keep))
    overlap = _Overlap(ledger) if len(files) > 1 else None
    try:
        for path in files:
            recording = str(captures.recording(path))
            capture = _Capture(plan, path, told)
            try:
                for exchange in capture.exchanges():
                    if overlap is None or not overlap.judged_before(digest(exchange), exchange.origin, recording):
                        ledger.add(exchange)
            finally:
                ledger.note("file", capture.end())
    except KeyboardInterrupt as error:
        ledger.interrupt(error)
    return ledger


def _parallel(files: Sequence[Path], plan: ValidationPlan, run: Run | None, jobs: int, told: OnProgress) -> Ledger:
    kept = multiprocessing.Value("Q", 0)
    keep = KeepPolicy(plan.keep, kept)
    ledger = Ledger(plan.judge(), plan.redactor, plan.fail_on, evidence=run, keep=keep)
    with Workers(Shard(plan if run is not None else replace(plan, keep=0), kept), jobs) as workers:
        follow(ledger, plan, workers.parts(files, told))
        if workers.interruption is not None:
            ledger.interrupt(workers.interruption)
    return ledger


def follow(ledger: Ledger, plan: ValidationPlan, parts: Iterable[tuple[Path, FilePart | None]]) -> None:
    """Takes in what was judged elsewhere, in the order of the files.

    Args:
        ledger: Where it goes.
        plan: How the files are judged.
        parts: Of `Workers.parts`.
    """
    overlap, unpacked, read_again = _Overlap(ledger), Unpacking(), _ReadAgain(plan)
    exchanges = 0
    for path, part in parts:
        recording = str(captures.recording(path))
        for fact in unpacked(part.facts) if part is not None else ():
            exchanges += 1
            if not overlap.judged_before(fact.digest, fact.origin, recording):
                ledger.add_fact(fact, partial(read_again, path, fact))
        if part is None or part.row is not None:
            ledger.note("file", part.row if part is not None else _lost(path, exchanges))
            exchanges = 0


class _ReadAgain:
    """Finds exchanges in a file a second time, those that are to be kept or shown and did not come with their facts.

    It reads on from the last one, so that a file is read twice at most.
    """

    def __init__(self, plan: ValidationPlan) -> None:
        self._plan = plan
        self._path: Path | None = None
        self._exchanges: Iterator[tuple[int, Exchange]] = iter(())
        self._last: tuple[int, Exchange] | None = None

    def __call__(self, path: Path, fact: ExchangeFact) -> Exchange:
        """The exchange of a fact; what the fact tells of it where the file cannot be read again."""
        if fact.whole is not None:
            return fact.whole
        if path != self._path or (self._last is not None and self._last[0] > fact.place):
            # A pipe gives what it holds only once.
            self._exchanges = enumerate(_Capture(self._plan, path).exchanges()) if path.is_file() else iter(())
            self._path, self._last = path, None
        while self._last is None or self._last[0] < fact.place:
            self._last = next(self._exchanges, None)
            if self._last is None:
                return outline(fact)
        place, exchange = self._last
        return exchange if (place, exchange.origin) == (fact.place, fact.origin) else outline(fact)


def _lost(path: Path, number: int) -> dict[str, Any]:
    """The row of a file whose process is no more, after so many exchanges."""
    message, hint = "a process that judged files was ended from outside", "is there enough memory? try fewer --jobs"
    problem = {"kind": "file.unreadable", "message": message, "hint": hint}
    return {"path": str(path), "format": "body", "exchanges": number, "problem": problem}


# ---- in a process of its own -----------------------------------------------------------------------------------------


@dataclass(slots=True)
class Shard:
    """What a worker does with its files: judges each exchange by itself."""

    plan: ValidationPlan
    #: How many exchanges are kept so far (a `multiprocessing.Value`).
    kept: Any
    _facts: Facts | None = None

    def __call__(self, path: Path, stopped: Callable[[], bool]) -> Iterator[FilePart]:
        """The facts of a file, in parts."""
        if self._facts is None:
            tune_gc()
            self._facts = Facts(self.plan.judge(), KeepPolicy(self.plan.keep, self.kept).has_room)
        taken, waiting = 0, list[ExchangeFact]()

        def told(_: str, size: int, exchanges: int) -> None:
            nonlocal taken
            taken += size

        capture = _Capture(self.plan, path, told)
        for place, exchange in enumerate(capture.exchanges(stopped)):
            waiting.append(self._facts.of(place, exchange))
            if len(waiting) == PART:
                yield FilePart(taken, len(waiting), packed(waiting))
                taken, waiting = 0, []
        row = capture.end()
        yield FilePart(taken, len(waiting), packed(waiting), row)
