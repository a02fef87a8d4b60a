"""The story of `leadproof validate`: files in, judged exchange by exchange, by one process or by several.

All files are one recording: ids, orders, offers and twins are followed from file to file, and an exchange that stands
in an earlier file is passed over. Several processes share the files, and the parts of large ones; they judge each
exchange by itself (`judging`). What stands between exchanges is decided here, in the order of the files. So the report
is the same, whatever their number.

Memory does not grow with the files: of the exchanges, the first are kept and some of those with findings; all of them
are judged and counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from leadproof import captures
from leadproof.captures.judging import (
    KEPT,
    FileRow,
    OnProgress,
    PartFacts,
    PartJudge,
    PartReading,
    TaskJudge,
    ValidationPlan,
    judge_part,
)
from leadproof.captures.model import FilePart, FileProblem
from leadproof.captures.parts import PART
from leadproof.captures.remote import CapturePath
from leadproof.captures.selecting import LeftOut
from leadproof.core.errors import UsageError
from leadproof.core.exchange import Exchange
from leadproof.core.gc import gc_paused
from leadproof.judge import Judgement
from leadproof.judge.checks.history import Remembered
from leadproof.redact import Redactor
from leadproof.runs.evidence import Run
from leadproof.runs.facts import ExchangeFact, Unpacking, digest, outline
from leadproof.runs.ledger import KeepPolicy, Ledger

if TYPE_CHECKING:
    from leadproof.captures.cluster import Cluster

__all__ = ["KEPT", "OnProgress", "PartFacts", "ValidationPlan", "follow", "judge_part", "judge_parts", "validate"]

#: Exchanges of several files that are remembered, to tell those that stand in two.
OVERLAP = 50_000

#: Said of an exchange that was judged already.
REPEATED = "the same exchange stands in an earlier file: it was judged there"

_LOST = FileProblem(
    "file.unreadable", "a process that judged files was ended from outside", "is there enough memory? try fewer --jobs"
)


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
    files: Sequence[CapturePath],
    plan: ValidationPlan,
    run: Run | None,
    jobs: int = 1,
    told: OnProgress = lambda *_: None,
    cluster: Cluster | None = None,
) -> Ledger:
    """Judges files; what was found until Ctrl-C is what there is.

    Args:
        files: What `captures.files` gives.
        plan: How they are judged.
        run: The run directory; None to keep nothing.
        jobs: Processes that judge.
        told: Called as it goes on.
        cluster: Judges instead of processes of this machine.

    Raises:
        UsageError: Standard input cannot be shared among processes; a worker of the cluster has another leadproof.
        EvidenceError: The disk does not take what is kept.
    """
    plan = replace(plan, several=len(files) > 1)
    with gc_paused():
        shared = cluster is not None or (jobs > 1 and len(files) > 1)
        if shared and captures.STANDARD_INPUT in files:
            hint = f"leave out {'--jobs' if cluster is None else '--scheduler'}, or name files"
            raise UsageError("standard input is judged by one process", hint=hint)
        if cluster is not None:
            return _clustered(files, plan, run, cluster, told)
        jobs = min(jobs, sum(_shares(path) for path in files))
        return _parallel(files, plan, run, jobs, told) if jobs > 1 else _serial(files, plan, run, told)


def _shares(path: CapturePath) -> int:
    """How many processes a file gives work to, at most."""
    return 1 + (captures.size_of(path) or 0) // PART if isinstance(path, Path) else 1


def _serial(files: Sequence[CapturePath], plan: ValidationPlan, run: Run | None, told: OnProgress) -> Ledger:
    return judge_parts(map(FilePart, files), plan, run, told)


def judge_parts(
    parts: Iterable[FilePart],
    plan: ValidationPlan,
    run: Run | None,
    told: OnProgress = lambda *_: None,
    seen: Callable[[Exchange, Judgement], None] = lambda exchange, judgement: None,
) -> Ledger:
    """Judges files in this process, one after the other.

    Args:
        parts: Each a whole file.
        plan: How they are judged.
        run: The run directory; None to keep nothing.
        told: Called as it goes on.
        seen: Called with each exchange, raw, and what was said of it.

    Raises:
        EvidenceError: The disk does not take what is kept.
    """
    ledger = Ledger(plan.judge(), plan.redactor, plan.fail_on, evidence=run, keep=KeepPolicy(plan.keep))
    overlap = _Overlap(ledger) if plan.several else None
    left_out = LeftOut()
    try:
        for part in parts:
            recording = str(captures.recording(part.path))
            row, reading = FileRow(part.path), PartReading(plan, part, partial(told, part.path.name))
            try:
                for _, exchange in reading():
                    if exchange is None:
                        row.add(reading.format, 0, reading.problems)
                    elif overlap is None or not overlap.judged_before(digest(exchange), exchange.origin, recording):
                        seen(exchange, ledger.add(exchange))
            finally:
                reading.end()
                row.add(reading.format, reading.exchanges, reading.problems)
                left_out = left_out.add(reading.left_out)
                ledger.note("file", row.row())
    except KeyboardInterrupt as error:
        ledger.interrupt(error)
    _say(ledger, plan, left_out)
    return ledger


def _parallel(
    files: Sequence[CapturePath], plan: ValidationPlan, run: Run | None, jobs: int, told: OnProgress
) -> Ledger:
    import multiprocessing  # takes as long to load as a small file to judge

    from leadproof.captures.workers import Workers

    kept = multiprocessing.RawValue("Q", 0)  # this process alone writes it; a worker that is killed leaves no lock
    keep = KeepPolicy(plan.keep, kept)
    ledger = Ledger(plan.judge(), plan.redactor, plan.fail_on, evidence=run, keep=keep)
    judge = PartJudge(plan if run is not None else replace(plan, keep=0), kept)
    with Workers(judge, jobs) as workers:
        follow(ledger, plan, workers.judged(_parts(files, plan), told))
        if workers.interruption is not None:
            ledger.interrupt(workers.interruption)
    return ledger


def _clustered(
    files: Sequence[CapturePath], plan: ValidationPlan, run: Run | None, cluster: Cluster, told: OnProgress
) -> Ledger:
    ledger = Ledger(plan.judge(), plan.redactor, plan.fail_on, evidence=run, keep=KeepPolicy(plan.keep))
    # Nobody redacts on a worker: the placeholders of this run, and what they are made with, stay here.
    sent = replace(plan, redactor=Redactor(), keep=plan.keep if run is not None else 0)
    follow(ledger, plan, cluster.judged(TaskJudge(sent), _parts(files, plan), lambda: ledger.kept, told))
    if cluster.interruption is not None:
        ledger.interrupt(cluster.interruption)
    return ledger


def _parts(files: Sequence[CapturePath], plan: ValidationPlan) -> Iterator[Iterator[FilePart]]:
    return (captures.parts(path, mapped=plan.mapping is not None) for path in files)


def follow(ledger: Ledger, plan: ValidationPlan, judged: Iterable[tuple[FilePart, PartFacts | None]]) -> None:
    """Takes in what was judged elsewhere.

    Args:
        ledger: Where it goes.
        plan: How the files are judged.
        judged: The parts of each file in order, file by file, each with its facts, in one piece or several; None for a
            part that was lost: then nothing more of its file comes.
    """
    overlap = _Overlap(ledger) if plan.several else None
    unpacked, read_again = Unpacking(), _ReadAgain(plan)
    row: FileRow | None = None
    left_out = LeftOut()
    for part, piece in judged:
        row = row or FileRow(part.path)
        recording = str(captures.recording(part.path))
        if piece is None:
            row.problems.add(_LOST)
        else:
            for fact in unpacked(piece.facts, row.numbered) if piece.facts else ():
                if overlap is None or not overlap.judged_before(fact.digest, fact.origin, recording):
                    ledger.add_fact(fact, partial(read_again, part, fact))
            row.add(piece.format, piece.exchanges, piece.problems)
            row.numbered += piece.numbered
            left_out = left_out.add(piece.left_out)
        if piece is None or (piece.last and (part.end is None or piece.stopped)):
            ledger.note("file", row.row())
            row = None
    if row is not None:  # the work was ended between two parts of it
        ledger.note("file", row.row())
    _say(ledger, plan, left_out)


def _say(ledger: Ledger, plan: ValidationPlan, left_out: LeftOut) -> None:
    for words in plan.selection.words(left_out):
        ledger.observe("file.left-out", words)


class _ReadAgain:
    """Finds exchanges of a part a second time, those that are to be kept or shown and did not come with their facts.

    It reads on from the last one, so that a part is read twice at most.
    """

    def __init__(self, plan: ValidationPlan) -> None:
        self._plan = plan
        self._part: FilePart | None = None
        self._exchanges: Iterator[tuple[int, Exchange]] = iter(())
        self._last: tuple[int, Exchange] | None = None

    def __call__(self, part: FilePart, fact: ExchangeFact) -> Exchange:
        """The exchange of a fact; what the fact tells of it where the file cannot be read again."""
        if fact.whole is not None:
            return fact.whole
        if part is not self._part or (self._last is not None and self._last[0] > fact.place):
            # A pipe gives what it holds only once.
            again = PartReading(self._plan, part)() if part.path.is_file() else iter(())
            self._exchanges = ((place, exchange) for place, exchange in again if exchange is not None)
            self._part, self._last = part, None
        while self._last is None or self._last[0] < fact.place:
            self._last = next(self._exchanges, None)
            if self._last is None:
                return outline(fact)
        place, exchange = self._last
        if (place, exchange.origin.rpartition("#")[0]) != (fact.place, fact.origin.rpartition("#")[0]):
            return outline(fact)
        return replace(exchange, origin=fact.origin)
