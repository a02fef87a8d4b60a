"""`LoadRun`: a load run as it is told, frame by frame: measured and judged. Where frames come from is not its affair;
what it comes to is in `conclusion`.

A frame is what one worker says about once a second: a fold of its window, raw exchanges for the judge, and at its end
what the lookups of accepted leads have shown. The command takes frames from a socket, a locust master from its workers.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from leadproof.core.exchange import Exchange, Request, Response
from leadproof.core.progress import Standing, counted
from leadproof.load import verdicts
from leadproof.load.job import Job
from leadproof.load.measures import Measures
from leadproof.load.objectives import Objective
from leadproof.load.reconciliation import Reconciliation, shared
from leadproof.load.replies import PARTIAL, UNREACHED
from leadproof.runs.evidence import Run
from leadproof.runs.ledger import Ledger
from leadproof.runs.summary import counts

#: Leads, orders and the like that the judge remembers.
HISTORY = 5_000

#: Exchanges that are kept in the run directory; all that are given to the judge are judged.
KEPT = 2_000


#: Why nothing is known of a service of which nothing came.
NOBODY = "nothing responded"

#: Shapes of which a part says something about the rest: in the others the worst is yet to come, or over.
_STEADY = ("constant", "smoke", "soak")

#: What a frame counts that measures nothing: workers that are there, leads that were looked up, of how many.
_STAGES = ("workers", "looking", "of")

#: What of a frame is not kept: raw exchanges, ids of leads, and what only concerns a worker and its master.
_UNTOLD = ("samples", "leads", "elapsed", "stopped")


@dataclass(slots=True)
class Worker:
    """One process that carries a part of the load."""

    name: str
    done: bool = False
    #: Why it did not come to its end; "" if it did, or still works.
    lost: str = ""
    #: Seconds by which it began after the others, where that is more than a start may be late.
    behind: float = 0.0

    @property
    def short(self) -> str:
        """Why the load was not the one that was asked for, as far as it is this worker's; "" if it was."""
        return self.lost or (f"it began {self.behind:g} s after the others" if self.behind else "")


@dataclass(slots=True)
class LoadRun:
    """One run, from the first frame to the report."""

    job: Job
    objectives: tuple[Objective, ...]
    ledger: Ledger
    run: Run | None = None
    measures: Measures = field(default_factory=Measures)
    reconciliation: Reconciliation = field(default_factory=Reconciliation)
    workers: dict[str, Worker] = field(default_factory=dict)
    interrupted: bool = False
    #: Why the run was ended before its time.
    stopped: str = ""
    #: Seconds of the load that are told, to the last one in which a journey began.
    elapsed: float = 0.0
    #: Workers that came when the run had begun, and carried no part of it.
    refused: list[str] = field(default_factory=list)
    #: What went wrong with the generator itself.
    problems: list[str] = field(default_factory=list)
    #: The command line that asks for the same again; "" where there is none.
    repeat: str = ""
    #: Are frames kept, so that the report of a run that is killed can be made again? Not those of a probe.
    keep_frames: bool = True
    #: How far the generator is with what it does when it puts on no load; None while it does.
    stage: Standing | None = field(default_factory=lambda: Standing("starting"))
    _leads: array[int] = field(default_factory=lambda: array("Q"))
    #: Worker -> exchanges that broke what fails a run, and belong to the second that it tells next.
    _violations: Counter[str] = field(default_factory=Counter)

    def take(self, worker: str, frame: Mapping[str, Any]) -> None:
        """Takes in a frame of a worker."""
        if "of" in frame:
            self.stage = _stage(frame)
            if self.keep_frames:  # while no load is on, it is all that tells a reader that the run goes on
                self.ledger.note("stage", {name: int(frame[name]) for name in _STAGES if name in frame})
            return
        if samples := frame.get("samples"):
            self._violations[worker] += self.judge(samples)
        measured = self._measured(worker, frame)
        if self.keep_frames and (
            len(measured) > 1 or worker not in self.workers
        ):  # most bring exchanges and nothing else
            self.ledger.note("frame", measured)
        self.measure(measured)

    def judge(self, samples: Iterable[Sequence[Any]]) -> int:
        """Gives raw exchanges to the judge; in how many that passed the cheap checks does it find what fails a run?"""
        found, clauses, fail_on = 0, self.ledger.spec.clauses, self.ledger.summary.fail_on
        for sample in samples:
            findings = self.ledger.add(exchange_of(sample)).findings
            found += not sample[-1] and any(counts(clauses[one.clause], fail_on) for one in findings)
        return found

    def _measured(self, worker: str, frame: Mapping[str, Any]) -> dict[str, Any]:
        """What a frame measures, redacted and without what the judge has taken: plain JSON."""
        text = self.ledger.redactor.text
        found = {name: value for name, value in frame.items() if name not in _UNTOLD and value}
        if fold := found.get("fold"):
            told = {name: [[*map(text, row[:-1]), row[-1]] for row in fold[name]] for name in ("errors", "outcomes")}
            found["fold"] = {**fold, **told, "violations": self._violations.pop(worker, 0)}
        if "problem" in found:
            found["problem"] = text(str(found["problem"]))
        if conserved := found.get("conservation"):
            again = self._across(bytes(frame.get("leads") or b""))
            found["conservation"] = {**conserved, "duplicated": conserved.get("duplicated", 0) + again}
        return {**found, "worker": worker}

    def measure(self, measured: Mapping[str, Any]) -> None:
        """Takes in what a frame measures: of a worker, or read back; or what a master says of those without a part."""
        if "of" in measured:
            self.stage = _stage(measured)
            return
        if "refused" in measured:
            self.refused.append(str(measured["refused"]))
            return
        if "gave_up" in measured:
            self.stopped = str(measured["gave_up"])
            return
        worker = str(measured["worker"])
        mine = self.workers.setdefault(worker, Worker(worker))
        if measured.get("fold"):
            self.stage = None
            self.measures.take(measured["fold"], worker)
            if measured["fold"]["counts"].get("started"):  # the middle of its second
                self.elapsed = max(self.elapsed, float(measured["fold"]["second"]) + 0.5)
        self.unjudged(measured.get("unjudged", 0))
        if measured.get("problem"):
            self.problems.append(f"{worker}: {measured['problem']}")
        if measured.get("conservation"):
            self.reconciliation.merge(measured["conservation"])
        if measured.get("lost"):
            mine.lost = str(measured["lost"])
        mine.behind = float(measured.get("behind") or mine.behind)
        mine.done = mine.done or bool(measured.get("done"))

    def unjudged(self, number: int) -> None:
        """Exchanges that were chosen for the judge and could not be kept for it: nobody says that they were judged."""
        self.measures.sampled -= number
        self.measures.unsampled += number

    def _across(self, packed: bytes) -> int:
        """How many leads another worker was given under the same id."""
        leads = array("Q")
        leads.frombytes(packed[: len(packed) // 8 * 8])
        again = shared(self._leads, leads)
        self._leads += leads
        return again

    def __post_init__(self) -> None:
        """A load asks about what was a moment ago; the history of a long one would only take memory."""
        self.ledger.shorten(HISTORY)
        if self.keep_frames:
            goals_of = [[one.name, one.most, one.optional] for one in self.objectives]
            job = self.job.data() | {"url": self.ledger.redactor.url(self.job.url), "ca": "", "profile": None}
            self.ledger.note("job", {"job": job, "objectives": goals_of, "repeat": self.repeat})

    @property
    def unreached(self) -> bool:
        """Has every request failed, and not one byte come from the target?"""
        measures = self.measures
        reached = measures.counts["completed"] or any(
            kind not in UNREACHED.values() or detail == PARTIAL for _, kind, detail in measures.errors
        )
        return bool(measures.counts["failed"] and not reached)

    @property
    def decides(self) -> bool:
        """Does a broken conservation fail the run? On the mock only: elsewhere an account may have rules of its own."""
        return self.job.mock

    # ---- while it runs -----------------------------------------------------------------------------------------------

    @property
    def ended(self) -> bool:
        """Have all workers come to an end?"""
        return bool(self.workers) and all(one.done or one.lost for one in self.workers.values())

    def hopeless(self, elapsed: float) -> str:
        """Why the objectives cannot be met any more, `elapsed` seconds after the beginning; "" if they can."""
        why = next(iter(self.lost(elapsed).values()), "")
        return NOBODY if why and self.unreached else why

    def lost(self, elapsed: float) -> dict[str, str]:
        """The objectives that cannot be met any more, `elapsed` seconds after the beginning, and why."""
        if self.job.scenario.shape not in _STEADY:
            return {}
        return dict(verdicts.lost(self.measures, self.objectives, min(elapsed / self.job.scenario.duration, 1.0)))

    @property
    def ran(self) -> float:
        """Seconds that the load took: fewer than it was to take where it was ended early."""
        duration = self.job.scenario.duration
        return min(self.elapsed, duration) if self.interrupted or self.stopped else duration


def _stage(frame: Mapping[str, Any]) -> Standing:
    if "workers" in frame:
        return counted("waiting for workers", frame["workers"], frame["of"])
    return counted("looking up accepted leads", frame["looking"], frame["of"])


def exchange_of(sample: Sequence[Any]) -> Exchange:
    """The exchange of a sample, as the engine sends it."""
    operation, fmt, intent, data, status, pairs, body, started, elapsed, failure, _ = sample
    head, _, content = bytes(data).partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ", 2)
    if not target.startswith("/"):  # what stands before the path is for a proxy, and so is what it is told
        target = "/" + target.split("/", 3)[3]
    pairs_sent = (line.partition(": ")[::2] for line in lines)
    headers = tuple((name, value) for name, value in pairs_sent if name != "Proxy-Authorization")
    response_headers = tuple((bytes(name).decode("latin-1"), bytes(value).decode("latin-1")) for name, value in pairs)
    response = None if failure else Response(status, response_headers, bytes(body))
    request = Request(method, target, headers, content)
    return Exchange(request, response, operation, f"load: {operation}, {fmt}", intent, started, elapsed, failure)
