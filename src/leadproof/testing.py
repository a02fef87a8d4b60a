"""For users' own tests, with pytest or without: a running mock with its clock and controls, and `assert_contract`.

The pytest plugin makes fixtures of these; nothing here needs pytest.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import httpx

from leadproof.contract import specs
from leadproof.contract.profile import Profile, load
from leadproof.core.errors import UsageError
from leadproof.core.exchange import BARE_RESPONSE, MEDIA_TYPES, Exchange, Headers, Request, Response, format_of_body
from leadproof.core.operations import OPERATIONS
from leadproof.core.target import Target
from leadproof.core.text import count
from leadproof.http.mock_controls import MockControls
from leadproof.http.mock_target import mock_credentials
from leadproof.judge import Judge, Judgement
from leadproof.judge.checks import TIMED
from leadproof.mock import Mock
from leadproof.mock.server import new_token, running
from leadproof.redact import Redactor
from leadproof.runs.formats.failure import failures
from leadproof.runs.ledger import Ledger


class ContractViolation(AssertionError):
    """A response breaks the contract; the message says where, and what is documented."""

    def __init__(self, message: str, findings: list[dict[str, Any]]) -> None:
        super().__init__(message)
        #: The findings, as rows of a report.
        self.findings = findings


class Undecided(AssertionError):
    """A clause that a test is about was not decided by its responses; the message says why."""


# ---- the mock --------------------------------------------------------------------------------------------------------


class Clock:
    """The time of a running mock."""

    def __init__(self, mock: RunningMock) -> None:
        self._mock = mock

    def now(self) -> float:
        """Seconds from the Unix epoch."""
        return float(self._mock.state()["now"])

    def advance(self, seconds: float) -> None:
        """Moves time forward: orders expire, caps begin anew."""
        self._mock.control("clock/advance", seconds=seconds)

    def stop(self, at: float) -> None:
        """Lets time stand still at an instant; only `advance` moves it from then on.

        Args:
            at: Seconds from the Unix epoch.
        """
        self._mock.control("clock/stop", at=at)


class RunningMock:
    """A mock of the lead receiver on a free port of this machine."""

    def __init__(self, url: str, token: str, profile: Profile) -> None:
        #: Base URL: what stands before /v2.
        self.url = url
        self.profile = profile
        self.clock = Clock(self)
        self._controls = MockControls(url, token)

    @property
    def api_key(self) -> str:
        """A key that the mock takes; "" if it takes bearer tokens only."""
        return next(iter(self.profile.credentials.api_keys), "")

    @property
    def target(self) -> Target:
        """The mock as a target, with credentials."""
        return Target(self.url, *mock_credentials(self.profile))

    @property
    def headers(self) -> dict[str, str]:
        """The header that carries the credentials."""
        return dict(self.target.credentials())

    def state(self) -> dict[str, Any]:
        """What the mock remembers, in numbers."""
        return self._controls.get("state")

    def lead(self, identifier: int) -> dict[str, Any]:
        """What the mock knows of a lead, its fields apart."""
        return self._controls.get(f"leads/{identifier}")

    def review(self, lead: int, verdict: str = "approve", reason: str = "") -> None:
        """Decides about a lead that waits for quality review: "approve", or "reject" with a reason."""
        self.control(f"leads/{lead}/review", verdict=verdict, reason=reason)

    def send_back(self, lead: int, reason: str) -> None:
        """Lets the buyer return a lead."""
        self.control(f"leads/{lead}/return", reason=reason)

    def reset(self) -> None:
        """Forgets everything, the time included: the next responses are those of a new mock."""
        self.control("reset")

    def control(self, path: str, **body: Any) -> dict[str, Any]:
        """Calls one of the controls under /__mock__/ by its path.

        Raises:
            UsageError: The mock refuses it; the message says why.
        """
        return self._controls.post(path, **body)

    def close(self) -> None:
        """Closes the connection to the controls."""
        self._controls.close()


@contextmanager
def running_mock(profile: Profile | str | None = None, *, seed: int = 0) -> Iterator[RunningMock]:
    """A mock for as long as the context lasts.

    Args:
        profile: A posting profile, the path of one, or None for the shipped one.
        seed: Of its ids and of chance.

    Raises:
        ConfigurationError: The profile cannot be read.
    """
    known = profile if isinstance(profile, Profile) else load(profile)
    token = new_token()
    with running(Mock(known, clock=time.time, seed=seed, token=token)) as server:
        mock = RunningMock(server.url, token, known)
        try:
            yield mock
        finally:
            mock.close()


# ---- one response ----------------------------------------------------------------------------------------------------


def assert_contract(
    response: Any,
    *,
    operation: str | None = None,
    media: str | None = None,
    profile: Profile | None = None,
    readings: Mapping[str, str] | None = None,
    fail_on: str = "must",
    judge: Judge | None = None,
    now: datetime | None = None,
    clauses: Collection[str] = (),
) -> Judgement:
    """Judges one response by every clause that one exchange can decide; gives what was decided.

    Args:
        response: A response of requests or of httpx, an `Exchange`, or the bytes of a body.
        operation: Id of the operation; needed for bare bytes, and where three operations share a path.
        media: "json" or "xml", for bare bytes whose first character does not tell.
        profile: The posting profile, for clauses that speak about it.
        readings: Reading id -> choice, for what shall differ from the reading taken.
        fail_on: What fails: must, should, assumed or any.
        judge: Remembers earlier responses, so that clauses about sequences are decided, too.
        now: When the response was given, with its time zone; its Date header if left out.
        clauses: Ids of clauses that this response has to decide.

    Raises:
        ContractViolation: A clause that counts is broken; an AssertionError.
        Undecided: One of `clauses` could not be decided, or the response has no result and nobody knows whether one is
            missing; an AssertionError, too.
        UsageError: The response is of an unknown kind, or the operation is missing or unknown.
    """
    if operation is not None and operation not in OPERATIONS:
        raise UsageError(f"there is no operation {operation!r}", hint=f"known are: {', '.join(OPERATIONS)}")
    exchange = exchange_of(response, operation=operation, media=media)
    if now is not None:
        exchange = _given_at(exchange, now)
    judge = judge or Judge(specs.load(readings), profile)
    spec = judge.spec
    ledger = Ledger(judge, Redactor.of(profile or load()), fail_on)
    judgement = ledger.add(exchange)
    if judgement.outcome == "unrecognised":
        raise UsageError(
            f"{exchange.request.method} {exchange.request.path} is no documented operation",
            hint="name it with operation=…",
        )
    broken = [row for row in ledger.finding_rows() if row["decides"]]
    if broken:
        head = f"the response breaks {count(len(broken), 'clause')} of the contract"
        raise ContractViolation(f"{head}\n\n{failures(broken)}", broken)
    if judgement.decisions().without_results:
        raise Undecided(
            "the response has no result, and without its request nobody knows how many there should be: "
            "give the response object of requests or httpx instead of its body"
        )
    if reasons := undecided(clauses, [judgement], spec):
        raise Undecided("\n".join(reasons))
    return judgement


def undecided(clauses: Collection[str], judgements: Sequence[Judgement], spec: specs.Specification) -> list[str]:
    """A line for each clause that none of the judgements decided, with the reason.

    Raises:
        UsageError: There is no such clause.
    """
    decided = {clause for judgement in judgements for clause, _ in (*judgement.passed, *judgement.failed)}
    reasons = []
    for name in clauses:
        current = specs.meaning(name)
        if not current:
            import difflib

            near = difflib.get_close_matches(name, spec.clauses, 1)
            raise UsageError(f"there is no clause {name!r}", hint=f"did you mean {near[0]}?" if near else "")
        if decided.isdisjoint(clause.id for clause in current):
            reasons.append(f"{name} was not decided: {_reason(current[0], judgements)}")
    return reasons


def _reason(clause: specs.Clause, judgements: Sequence[Judgement]) -> str:
    if clause.untestable:
        return f"it cannot be tested from outside: {clause.untestable}"
    mine = [one for one in judgements if one.operation in clause.operations]
    if not mine:
        met = ", ".join(dict.fromkeys(one.operation for one in judgements)) or "none"
        return f"it is about {', '.join(clause.operations)}, and the responses were of {met}"
    if clause.check in TIMED and not any(one.context and one.context.now for one in mine):
        return "the response has no Date header; say with now= when it was given"
    return f"no response gave occasion to it ({clause.text})"


def _given_at(exchange: Exchange, now: datetime) -> Exchange:
    """The exchange with a response at a moment that its caller knows better than a Date header does."""
    if now.tzinfo is None:
        raise UsageError("now= has no time zone", hint="such as datetime.now(timezone.utc)")
    response = exchange.response
    if response is not None:
        others = (pair for pair in response.headers if pair[0].lower() != "date")
        date = format_datetime(now.astimezone(UTC), usegmt=True)
        response = response._replace(headers=(*others, ("date", date)))
    return replace(exchange, response=response, started=now.timestamp(), elapsed=0.0)


def exchange_of(response: Any, *, operation: str | None = None, media: str | None = None) -> Exchange:
    """An exchange from a response of requests or httpx, from an exchange, or from the bytes of a body.

    Raises:
        UsageError: It is none of them, or bytes without an operation.
    """
    if isinstance(response, Exchange):
        return response
    if isinstance(response, (bytes, bytearray, memoryview)):
        return _bare(bytes(response), operation, media)
    for kind in type(response).__mro__:
        library = kind.__module__.partition(".")[0]
        if library in ("requests", "httpx") and kind.__name__ == "Response":
            request = response.request
            body = _bytes(request.body) if library == "requests" else request.read()
            headers = _pairs(response.headers)
            # Both have undone the content encoding; what the header says of it is no longer true.
            headers = tuple(
                pair
                for pair in headers
                if pair[0].lower() not in ("content-encoding", "content-length", "transfer-encoding")
            )
            url = httpx.URL(str(request.url))
            sent = Request(str(request.method), url.raw_path.decode("ascii"), _pairs(request.headers), body)
            content = response.content if library == "requests" else response.read()
            return Exchange(sent, Response(response.status_code, headers, content), operation, origin="assert_contract")
    raise UsageError(
        f"assert_contract knows no {type(response).__module__}.{type(response).__qualname__}",
        hint="a response of requests or httpx, a leadproof Exchange, or the bytes of a body",
    )


def _bare(body: bytes, operation: str | None, media: str | None) -> Exchange:
    if operation is None:
        raise UsageError("bytes alone do not say which operation they belong to", hint="name it with operation=…")
    fmt = media or format_of_body((), body) or "json"
    if fmt not in MEDIA_TYPES:
        raise UsageError(f"there is no representation {fmt!r}", hint="json or xml")
    response = Response(200, (("content-type", MEDIA_TYPES[fmt][0]),), body)
    return Exchange(Request("", ""), response, operation, origin="assert_contract", unknown=BARE_RESPONSE)


def _bytes(body: Any) -> bytes:
    return (
        body.encode("utf-8") if isinstance(body, str) else bytes(body) if isinstance(body, (bytes, bytearray)) else b""
    )


def _pairs(headers: Any) -> Headers:
    items = headers.multi_items() if hasattr(headers, "multi_items") else headers.items()
    return tuple((_text(name), _text(value)) for name, value in items)


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
