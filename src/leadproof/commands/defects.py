"""The measure of the suite: the suite against every defect of the mock, and what came of it: the kill matrix.

Everything runs in this process, without sockets and with a clock of its own, so a run of a defect is the same every
time. The cases are chosen by the operations of the defect, never by the clause that should notice; topics `generated`
and `lives` (which need hundreds of exchanges) and `transport` (which needs a wire) are left out for all defects alike.
"""

from __future__ import annotations

import random
import signal
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any
from urllib.parse import urlsplit

from leadproof import suite
from leadproof.contract import specs
from leadproof.contract.profile import Profile, load
from leadproof.core.errors import LeadproofError
from leadproof.core.exchange import Request, Response
from leadproof.core.futures import each_done
from leadproof.core.signals import ENDING, handle, held
from leadproof.core.target import Target
from leadproof.generate.leads import LeadMaker
from leadproof.http.client import InProcess
from leadproof.http.mock_target import PREFIX, TOKEN_HEADER
from leadproof.http.receiver import Postbox
from leadproof.judge import Judge
from leadproof.mock import Mock
from leadproof.mock.defects import Defect, planted, table
from leadproof.redact import Redactor
from leadproof.runs.ledger import Ledger
from leadproof.suite.session import Session

#: What may go wrong in the measuring: shares of the generated defects.
KILLED, BY_OWNER = 0.95, 0.90

#: Topics that are not turned against defects; see above.
LEFT_OUT = ("lives", "generated", "transport")

#: When the mock's time begins, seconds from the Unix epoch, and how long each request takes it.
_BEGIN, _STEP = 1_796_000_000.0, 0.05

_URL, _TOKEN = "http://127.0.0.1", "in-process"


@dataclass(frozen=True, slots=True)
class DefectResult:
    """What became of one defect."""

    id: str
    #: owner, other or survived.
    verdict: str
    #: Clauses that noticed, in the order in which they did.
    noticed: tuple[str, ...]
    exchanges: int
    #: Why the suite itself stopped, where it did: always a mistake of ours.
    crash: str = ""


# ---- a mock in this process ------------------------------------------------------------------------------------------


class _Time:
    """Seconds that pass with the requests only."""

    def __init__(self) -> None:
        self.now = _BEGIN

    def __call__(self) -> float:
        return self.now


class _Controls(suite.Controls):
    """The mock's controls, called directly."""

    def __init__(self, mock: Mock) -> None:
        self._mock = mock

    def _send(self, method: str, path: str, content: bytes) -> tuple[int, bytes]:
        headers = (("host", "127.0.0.1"), (TOKEN_HEADER, _TOKEN), ("content-type", "application/json"))
        response = self._mock.handle(Request(method, PREFIX + path, headers, content))
        return response.status, response.body

    def close(self) -> None:
        """Has nothing to close."""


class _Postbox:
    """Where the calls to returnURL of a mock in this process arrive."""

    url = "http://127.0.0.1:9"

    def __init__(self) -> None:
        self.calls: list[Request] = []

    def wait(self, path: str, timeout: float) -> Request | None:
        """The first call to a path; whatever was to come has come."""
        return next((call for call in self.calls if call.path == path), None)

    def all(self, path: str, settle: float) -> list[Request]:
        """Every call to a path."""
        return [call for call in self.calls if call.path == path]


def story(mock: Mock, profile: Profile, clock: _Time, seed: int) -> suite.CaseContext:
    """The suite's story with a mock in this process.

    Args:
        mock: Made with `clock` and with the token that the controls here use.
        profile: The posting profile that the partner goes by.
        clock: The time that passes.
        seed: Of the leads.
    """
    box = _Postbox()

    def respond(request: Request) -> Response:
        clock.now += _STEP
        try:
            response = mock.handle(request)
        except Exception as error:  # what a server does with a mock that fails
            response = Response(500, (("content-type", "text/plain"),), type(error).__name__.encode())
        for call in mock.due_callbacks():
            parts = urlsplit(call.url)
            box.calls.append(Request("POST", parts.path, call.headers, call.body))
        date = formatdate(mock.world.clock.now(), usegmt=True)
        return response._replace(headers=(*response.headers, ("date", date)))

    spec = specs.load()
    client = InProcess(Target(_URL, "api-key", profile.credentials.api_keys[0]), respond, clock=clock)
    session = Session(client, Ledger(Judge(spec, profile), Redactor(profile.personal_fields)))
    postbox: Postbox = box
    return suite.CaseContext(session, LeadMaker(profile, seed), _Controls(mock), postbox, seed=seed)


def try_out(
    defects: Sequence[Defect], chosen: Iterable[tuple[str, suite.Case]], profile: Profile, seed: int, owner: str = ""
) -> tuple[suite.CaseContext, str]:
    """Runs cases against a mock with defects, until the owner has noticed; the story, and why the suite crashed."""
    clock = _Time()
    mock = planted(defects, profile, clock=clock, seed=seed, token=_TOKEN)
    case_context = story(mock, profile, clock, seed)
    for one in chosen:
        try:
            suite.run(case_context, [one])
        except LeadproofError as error:
            return case_context, f"{one[1].name}: {error}"
        except Exception as error:
            return case_context, f"{one[1].name}: {type(error).__name__}: {error}"
        if owner and owner in noticed(case_context):
            break
    return case_context, ""


def noticed(case_context: suite.CaseContext) -> tuple[str, ...]:
    """Clauses that were broken so far, of whatever level."""
    return tuple(dict.fromkeys(one.finding.clause for one in case_context.session.ledger.summary.kept()))


def cases(operations: Collection[str], media: Collection[str]) -> list[tuple[str, suite.Case]]:
    """The cases that are turned against a defect."""
    topics = [topic for topic in suite.TOPICS if topic not in LEFT_OUT]
    return suite.select(operations, media, topics)


def run_one(defect: Defect, profile: Profile, seed: int) -> DefectResult:
    """The suite against one defect."""
    case_context, crash = try_out(
        [defect], cases(defect.operations, defect.media), profile, seed, defect.expected_clause
    )
    found = noticed(case_context)
    verdict = "owner" if defect.expected_clause in found else "other" if found else "survived"
    return DefectResult(defect.id, verdict, found, case_context.session.client.sent, crash)


def require_faithful(profile: Profile, seed: int) -> None:
    """Without a defect there is nothing to notice; else nothing below means anything.

    Raises:
        LeadproofError: The faithful mock is found guilty of something.
    """
    case_context, crash = try_out([], cases((), ()), profile, seed)
    found = noticed(case_context)
    if found or crash:
        raise LeadproofError(
            f"the suite finds something wrong with the faithful mock: {', '.join(found) or crash}",
            hint="that has to be put right first: the defects would be noticed for the wrong reason",
        )


# ---- all of them -----------------------------------------------------------------------------------------------------


def chosen(seed: int, sample: int = 0, ids: Collection[str] = ()) -> list[Defect]:
    """The defects to try: those named, or a sample that the seed draws, or all."""
    rows = table(seed)
    if ids:
        return [rows[one] for one in ids]
    everything = list(rows.values())
    if not sample or sample >= len(everything):
        return everything
    return sorted(random.Random(seed).sample(everything, sample), key=list(rows.values()).index)


_profile: Profile | None = None


def _prepare(path: str | None) -> None:
    """What a worker does first: reads the specification and the profile; Ctrl-C and SIGHUP are its parent's business.

    SIGTERM ends it: with that the pool ends the others when one of them is lost.
    """
    global _profile
    handle({**dict.fromkeys(ENDING, signal.SIG_IGN), signal.SIGTERM: signal.SIG_DFL})
    specs.load()
    _profile = load(path)


def _work(ids: tuple[str, ...], seed: int) -> list[DefectResult]:
    assert _profile is not None
    rows = table(seed)
    return [run_one(rows[one], _profile, seed) for one in ids]


def run(
    defects: Sequence[Defect],
    *,
    profile_path: str | None = None,
    seed: int = 0,
    jobs: int = 1,
    on_outcome: Callable[[DefectResult], None] = lambda outcome: None,
) -> Iterator[DefectResult]:
    """The suite against each defect, in any order; ends early, and quietly, on Ctrl-C.

    Args:
        defects: Rows of the table of the same seed.
        profile_path: The posting profile; None for the shipped one.
        seed: Of the table, of the mock and of the leads.
        jobs: Processes.
        on_outcome: Called with each outcome.

    Raises:
        LeadproofError: A process of ours was ended from outside.
    """
    # A few at a time: enough to keep the workers busy, few enough to end quickly and evenly.
    size = max(1, min(8, len(defects) // (jobs * 4) or 1))
    ids = [one.id for one in defects]
    batches = [tuple(ids[start : start + size]) for start in range(0, len(ids), size)]
    with ProcessPoolExecutor(jobs, initializer=_prepare, initargs=(profile_path,)) as pool:
        futures: list[Future[list[DefectResult]]] = []
        try:
            with held():
                futures += [pool.submit(_work, batch, seed) for batch in batches]
            for future in each_done(futures):
                for outcome in future.result():
                    on_outcome(outcome)
                    yield outcome
        except BrokenProcessPool:
            raise LeadproofError(
                "a process that tried defects was ended from outside", hint="is there enough memory? try fewer --jobs"
            ) from None
        except BaseException:
            # The batches under way take a second or two; not to wait for them would leave the pool behind.
            pool.shutdown(wait=True, cancel_futures=True)
            raise


# ---- what it comes to ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class KillMatrix:
    """The kill matrix: what became of the defects, in numbers."""

    outcomes: tuple[DefectResult, ...]
    rows: tuple[Defect, ...]

    def of(self, *, generated: bool | None = None) -> dict[str, Any]:
        """`{"total", "killed", "by_owner", "survived"}` of all, of the generated, or of those written by hand."""
        part = {row.id for row in self.rows if generated is None or row.generated is generated}
        outcomes = [one for one in self.outcomes if one.id in part]
        return {
            "total": len(outcomes),
            "killed": sum(one.verdict != "survived" for one in outcomes),
            "by_owner": sum(one.verdict == "owner" for one in outcomes),
            "survived": sorted(one.id for one in outcomes if one.verdict == "survived"),
        }

    def as_json(self) -> dict[str, Any]:
        """All numbers, those written by hand and the generated ones apart."""
        return {**self.of(), "hand_written": self.of(generated=False), "generated": self.of(generated=True)}

    def kinds(self) -> dict[str, Counter[str]]:
        """Kind -> how often each verdict."""
        kind = {row.id: row.kind for row in self.rows}
        found: dict[str, Counter[str]] = {row.kind: Counter() for row in self.rows}
        for one in self.outcomes:
            found[kind[one.id]][one.verdict] += 1
        return {name: counts for name, counts in found.items() if counts}

    def holds(self) -> bool:
        """Are all written by hand killed, and enough of the generated ones, enough of them by their owner?"""
        written, generated = self.of(generated=False), self.of(generated=True)
        enough = (
            generated["killed"] >= KILLED * generated["total"]
            and generated["by_owner"] >= BY_OWNER * generated["total"]
        )
        return not written["survived"] and enough and len(self.outcomes) == len(self.rows)
