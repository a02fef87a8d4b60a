"""The process beside the recorder that keeps: redacts an exchange and writes it, first; judges it when there is time.

It ends when it is told to, or when the recorder is gone, however that died: then it writes what it was handed, and the
reports too. Nothing that is not redacted leaves this process.
"""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import queue
import sys
import threading
import time
import zlib
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec

from leadproof.contract import specs
from leadproof.contract.profile import Profile
from leadproof.core.errors import ExitCode, LeadproofError
from leadproof.core.exchange import Exchange, Part, Recorded, gaps, header
from leadproof.core.findings import Finding, Observation
from leadproof.core.gc import tune_gc
from leadproof.http.codings import FOREIGN, TooLarge, decoded
from leadproof.judge import Judge
from leadproof.recorder.frames import Counts, FrameKind, Reader, frame
from leadproof.redact import Redactor
from leadproof.runs.evidence import EvidenceError, Run, write_export
from leadproof.runs.ledger import Ledger
from leadproof.runs.summary import counts

#: Exchanges, and bytes of them, that wait for the judge; what comes on top is counted and said.
MOST_UNJUDGED, MOST_BYTES = 20_000, 128 * 1024 * 1024

#: Where a recording's exchanges can be read again; their numbers are the same in both.
HAR, NDJSON = "traffic.har", "exchanges.ndjson"

#: Seconds between two words about what was judged; what was written is told at once, because responses wait for it.
_TELL = 0.2


@dataclass(frozen=True, slots=True)
class RecordingJob:
    """What is to be kept, and how."""

    #: Reading id -> choice.
    choices: Mapping[str, str]
    profile: Profile
    redactor: Redactor
    fail_on: str
    #: Where run directories stand.
    out: str
    #: Base URL of the target.
    target: str
    #: Write a HAR file at the end?
    har: bool = True
    #: More for `run.json`.
    facts: Mapping[str, Any] = field(default_factory=dict)


class EvidenceWriter:
    """Keeps the exchanges of one recording."""

    def __init__(self, job: RecordingJob) -> None:
        """Opens the run.

        Raises:
            ConfigurationError: A reading does not exist.
            EvidenceError: The run directory cannot be made.
        """
        spec = specs.load(job.choices)
        self._job = job
        self.run = Run.open(Path(job.out), "record", redactor=job.redactor, target=job.target, facts=job.facts)
        judge = Judge(spec, job.profile, captured=True)
        self.ledger = Ledger(judge, job.redactor, job.fail_on, evidence=self.run)
        self.written = self.judged = self.found = 0
        self._unjudged = 0
        self._waiting: deque[tuple[int, Exchange, int]] = deque()
        self._bytes = 0

    @property
    def counts(self) -> Counts:
        """How far it is."""
        return Counts(self.written, self.judged, self.found)

    @property
    def behind(self) -> bool:
        """Does anything wait for the judge?"""
        return bool(self._waiting)

    def write(self, raw: Exchange, *, judged: bool = True) -> None:
        """Redact an exchange and write it; the judge comes later.

        Raises:
            EvidenceError: The disk does not take it.
        """
        number = self.written + 1
        exchange = plain(replace(raw, origin=f"{HAR if self._job.har else NDJSON}#{number}"))
        self.run.exchange(exchange, number)
        self.written = number
        size = len(exchange.request.body) + (len(exchange.response.body) if exchange.response else 0)
        if not judged or len(self._waiting) >= MOST_UNJUDGED or self._bytes + size > MOST_BYTES:
            self._unjudged += 1
            self.ledger.add(exchange, number=number, judge=False)
        else:
            self._waiting.append((number, exchange, size))
            self._bytes += size

    def judge_next(self) -> list[Finding]:
        """Judge the exchange that has waited longest; its findings that count.

        Raises:
            EvidenceError: The disk does not take what was found.
        """
        number, exchange, size = self._waiting.popleft()
        self._bytes -= size
        judgement = self.ledger.add(exchange, observations=self._bypass(exchange), number=number)
        self.judged += 1
        self.found += len(judgement.findings)
        clauses, fail_on = self.ledger.spec.clauses, self._job.fail_on
        return [one for one in judgement.findings if counts(clauses[one.clause], fail_on)]

    def decide(self, raw: Exchange) -> list[dict[str, Any]]:
        """Write and judge an exchange whose response waits; the findings that count, redacted."""
        self.write(raw)
        while len(self._waiting) > 1:
            self.judge_next()
        found = self.judge_next() if self._waiting else []
        rows = map(self._job.redactor.finding, found)
        return [{name: getattr(one, name) for name in one.__dataclass_fields__ if getattr(one, name)} for one in rows]

    def end(self, *, interrupted: bool = False, unrecorded: int = 0, formats: Sequence[str] = ()) -> Path:
        """Judge what still waits, and write the report; the directory that holds it.

        Args:
            interrupted: Was it ended before its time?
            unrecorded: Exchanges that passed without being recorded.
            formats: Of `reports.FORMATS`; all of `reports.RENDERERS` by default. The JSON is always written.

        Raises:
            EvidenceError: The disk does not take them.
        """
        while self._waiting:
            self.judge_next()
        ledger = self.ledger
        if interrupted:
            ledger.note("interrupted")
            ledger.note("general_reason", "the recording was interrupted")
        for number, words in (
            (self._unjudged, "recorded and not judged: more came than the judge could take, or it was too large"),
            (unrecorded, "passed on without being recorded: more came than could be written"),
        ):
            if number:
                plural = "exchanges were" if number > 1 else "exchange was"
                ledger.note("gap", f"{number} {plural} {words}")
                ledger.observe("file.deviation", f"{number} {plural} {words}")
        run = self.run
        if self._job.har:
            write_export(run.path, "har", self._job.target, HAR)
        run.write_reports(ledger.report("record", run.end()), formats)
        run.close()
        return run.path

    def _bypass(self, exchange: Exchange) -> list[Observation]:
        """A redirect to the service itself: who follows it leaves the recorder."""
        response = exchange.response
        if response is None or not 300 <= response.status < 400:
            return []
        location = header(response.headers, "location") or ""
        if not location.lower().startswith(self._job.target.lower()):
            return []
        words = "the response redirects to the service itself: what follows it goes past the recorder"
        return [Observation("status.unexpected", words, origin=exchange.origin)]


def plain(exchange: Exchange) -> Exchange:
    """The exchange with the content coding of its response undone, or without its body and with the reason why."""
    response = exchange.response
    if response is None:
        return exchange
    coding = header(response.headers, "content-encoding")
    if not coding or not response.body:
        return exchange
    try:
        return replace(exchange, response=response._replace(body=decoded(response.body, coding)))
    except TooLarge:
        failure = "encoding.too-large"
    except (zlib.error, EOFError):
        # A coding that is not read here is no fault of the service: what stands around the body is judged.
        if coding.strip().lower() in FOREIGN:
            unknown = gaps(Part.RESPONSE_BODY, how=Recorded.ENCODED)
            return replace(exchange, response=response._replace(body=b""), unknown=unknown)
        failure = "encoding.invalid"
    return replace(exchange, response=None, failure=failure)


# ---- the process -----------------------------------------------------------------------------------------------------


def main() -> None:
    """Reads frames from stdin until they end, responds on stdout."""
    frames: queue.SimpleQueue[tuple[FrameKind, bytes] | None] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(sys.stdin.fileno(), frames), daemon=True).start()
    # Whatever is printed by accident must not get between the frames.
    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=0)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    def send(kind: FrameKind, content: bytes) -> None:
        with contextlib.suppress(OSError):  # the recorder is gone; what it handed over is kept all the same
            out.write(frame(kind, content))

    try:
        first = frames.get()
        if first is not None:
            keeper = EvidenceWriter(pickle.loads(first[1]))
            try:
                _keep(keeper, frames, send)
            except EvidenceError as error:
                keeper.run.fail(error)
                raise
    except LeadproofError as error:
        send(FrameKind.FAILED, _json(message=error.message, hint=error.hint, exit_code=int(error.exit_code)))
    except Exception as error:
        if os.environ.get("LEADPROOF_DEBUG"):
            raise
        words = f"leadproof itself failed: {type(error).__name__} while it kept a recording"
        hint = "please report it; LEADPROOF_DEBUG=1 shows the whole story"
        send(FrameKind.FAILED, _json(message=words, hint=hint, exit_code=int(ExitCode.USAGE)))


def _keep(
    keeper: EvidenceWriter,
    frames: queue.SimpleQueue[tuple[FrameKind, bytes] | None],
    send: Callable[[FrameKind, bytes], None],
) -> None:
    tune_gc()
    if os.name == "posix":
        os.nice(5)  # where processors are few, the traffic goes first
    send(FrameKind.READY, _json(folder=str(keeper.run.path)))
    decode = msgspec.msgpack.Decoder(Exchange).decode
    told = 0.0
    how: dict[str, Any] = {"interrupted": True}  # unless we are told otherwise, the recorder died
    while True:
        try:
            got = frames.get(block=not keeper.behind)
        except queue.Empty:
            keeper.judge_next()
            if not keeper.behind and time.monotonic() > told + _TELL:
                send(FrameKind.COUNTS, keeper.counts.pack())
                told = time.monotonic()
            continue
        if got is None:
            break
        kind, content = got
        if kind is FrameKind.END:
            how = json.loads(content)
            break
        if kind is FrameKind.DECIDE:
            found = keeper.decide(decode(content))
            send(FrameKind.COUNTS, keeper.counts.pack())
            send(FrameKind.DECISION, json.dumps(found).encode())
        else:
            keeper.write(decode(content), judged=kind is FrameKind.EXCHANGE)
            send(FrameKind.COUNTS, keeper.counts.pack())
    send(FrameKind.DONE, _json(folder=str(keeper.end(**how))))


def _listen(pipe: int, frames: queue.SimpleQueue[tuple[FrameKind, bytes] | None]) -> None:
    reader = Reader()
    while data := os.read(pipe, 1 << 20):
        for got in reader.feed(data):
            frames.put(got)
    frames.put(None)


def _json(**members: object) -> bytes:
    return json.dumps(members).encode()
