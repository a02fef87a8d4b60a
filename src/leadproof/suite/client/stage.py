"""A mock of its own for one situation: it plays the situation, records what the client does, and gives `Played`."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import httpx

from leadproof.bodies import decode_response
from leadproof.contract.profile import Profile
from leadproof.core.exchange import Exchange, Request, Response, format_of_body
from leadproof.core.findings import Observation
from leadproof.generate.leads import LeadMaker
from leadproof.http.receiver import Receiver
from leadproof.judge import Judge, recognise
from leadproof.mock import Mock
from leadproof.mock.engine.callbacks import Callback
from leadproof.mock.server import new_token, running
from leadproof.mock.server.callbacks import send_callback
from leadproof.mock.server.plays import End, OutgoingResponse, Proceed
from leadproof.mock.server.plays import Step as Play
from leadproof.suite.client import moves
from leadproof.suite.client.moves import PLAIN, Move
from leadproof.suite.client.played import Aim, CallbackMade, ClientCall, Ended, Played, step_of
from leadproof.suite.client.situations import Situation
from leadproof.suite.client.tasks import Task, task

#: Requests after which a client is told to end: it floods.
FLOOD = 100

#: Called with each request of a client, in words.
Tell = Callable[[str], None]

#: Seconds that the callback of a lead waits for other leads to be sent.
_OTHERS = 3.0

#: Seconds that a request waits for the next situation.
_BETWEEN = 5.0

#: Seconds that the other origin is listened to after the client has ended.
_SETTLE = 0.2


@dataclass(slots=True)
class _Recorded:
    """A request as it is played."""

    number: int
    step: Aim
    request: Request
    move: Move
    #: Wall clock, and seconds since the beginning.
    started: float
    at: float
    #: As documented, or with other values: what a reader would read.
    readable: Response | None = None
    #: As it is sent.
    sent: Response | None = None
    over: float = 0.0
    complete: bool = False
    cut: bool = False
    taken: bool = False
    callbacks: list[Callback] = field(default_factory=list)


class Door(Mock):
    """One address for a client that runs already: whatever is played, it is played here."""

    def __init__(self, profile: Profile) -> None:
        super().__init__(profile, clock=time.time, token=new_token())
        self.url = ""
        self.stage: Stage | None = None
        #: That of the request that is responded to.
        self._playing: Stage | None = None
        #: Cleared between two situations, when a request belongs to neither yet.
        self._open = threading.Event()
        #: Asked with each request: is another situation meant by it?
        self.choose: Callable[[Request], None] = lambda request: None

    def receive(self, request: Request) -> Response:
        """The response of the situation that is played."""
        self.choose(request)
        self._open.wait(_BETWEEN)
        stage = self._playing = self.stage  # another thread may change it meanwhile
        if stage is None:
            return Response(503, (("retry-after", "2"),), b"")
        return stage.mock.receive(request)

    def enter(self, stage: Stage) -> None:
        """A situation begins."""
        self.stage = stage
        self._open.set()

    def leave(self, *, last: bool = False) -> None:
        """A situation is over: what comes now is of the next one, if there is one."""
        self.stage = None
        if not last:
            self._open.clear()

    def play(self, response: OutgoingResponse, proceed: Proceed) -> Iterator[Play]:
        """Sends it as the situation has it; called right after `receive`, and sent later."""
        stage = self._playing
        return stage.play(response, proceed) if stage is not None else proceed(response)


class _StagedMock(Mock):
    """The mock with the moves of a situation in it."""

    def __init__(self, stage: Stage, profile: Profile, **options: Any) -> None:
        super().__init__(profile, **options)
        self._stage = stage

    def receive(self, request: Request) -> Response:
        return self._stage.receive(request, super().receive)


class Stage:
    """Plays one situation to one client; a context manager.

    Args:
        situation: What is played.
        profile: The posting profile that the mock responds by.
        seed: Of the leads and of the mock.
        tell: Called with each request as it comes, in words.
        at: Serves it; a server of its own if left out.
    """

    def __init__(
        self, situation: Situation, profile: Profile, *, seed: int = 0, tell: Tell | None = None, at: Door | None = None
    ) -> None:
        self._at = at
        self.situation = situation
        self.profile = _with_consent(profile)
        self.seed = seed
        self._tell = tell
        self._stack = contextlib.ExitStack()
        self._lock = threading.Lock()
        self._records: list[_Recorded] = []
        self._current: _Recorded | None = None
        self._counts: dict[Aim, int] = {}
        self._made: list[CallbackMade] = []
        self._waiting: list[Callback] = []
        self._threads: list[threading.Thread] = []
        self._began = time.monotonic()
        self._closed = threading.Event()
        #: Set when a client sends without end.
        self.flooded = threading.Event()
        #: Set when every callback that there is to make was made.
        self.called_back = threading.Event()

    def __enter__(self) -> Stage:
        self.mock = _StagedMock(self, self.profile, clock=time.time, seed=self.seed, token=new_token())
        self._elsewhere = self._stack.enter_context(Receiver())
        if self._at is not None:
            self.url, self.task = self._at.url, replace(self.new_task(self._at.url), leads=())
            self._at.enter(self)
            return self
        served = self._stack.enter_context(running(self.mock, fault=self.play))
        self.url, self.task = served.url, self.new_task(served.url)
        self.restart()
        return self

    def __exit__(self, *error: object) -> None:
        self._closed.set()
        for thread in self._threads:
            thread.join(10)
        self._stack.close()

    def new_task(self, url: str) -> Task:
        """The task of the situation."""
        part = self.situation.part
        return task(
            self.situation.text.task, url, LeadMaker(self.profile, self.seed), self.situation.id,
            several=part.several, values=part.values,
        )  # fmt: skip

    def restart(self) -> None:
        """The situation begins now."""
        self._began = time.monotonic()

    @property
    def requests(self) -> int:
        """How many came."""
        return len(self._records)

    @property
    def idle(self) -> float:
        """Seconds since the last request was responded to; since the beginning where none came."""
        now = time.monotonic() - self._began
        with self._lock:
            if any(not one.over for one in self._records):
                return 0.0
            return now - max((one.over for one in self._records), default=0.0)

    # ---- in the mock's thread ----------------------------------------------------------------------------------------

    def receive(self, request: Request, respond: Callable[[Request], Response]) -> Response:
        """The response to a request, with the moves of the situation in it."""
        step = step_of(request)
        with self._lock:
            number = self._counts.get(step, 0)
            self._counts[step] = number + 1
        part = self.situation.part
        listed = part.moves.get(step, ())
        move = listed[number] if number < len(listed) else part.always.get(step, PLAIN)
        now = time.monotonic() - self._began
        record = _Recorded(len(self._records) + 1, step, request, move, time.time(), now)
        if len(self._records) >= FLOOD:
            self.flooded.set()
            self._current = None
            return Response(429, (("retry-after", "60"),), b"")
        with self._lock:
            self._records.append(record)
        self._current = record
        if self._tell is not None:
            self._tell(f"{request.method} {request.path}")
        if move.instead is not None:
            record.readable = record.sent = move.instead(self._elsewhere.url)
            return record.sent
        response: Response = respond(request)
        record.taken = response.status == 200
        if move.value is not None:
            response = moves.of_response(_operation(request), response, move.value, moves.utc(time.time()))
        if move.change is not None:
            response = move.change(request, response)
        record.readable = response
        if move.form is not None:
            response = move.form(request, response)
        record.sent = response
        self._callbacks(record)
        return response

    def _callbacks(self, record: _Recorded) -> None:
        plan = self.situation.part.callbacks
        due = self.mock.callbacks.take()
        if plan is None or not due:
            return
        if self._counts[Aim.CREATE] <= plan.refused:
            due = [self._refused(record, callback) for callback in due]
        record.callbacks = due
        if plan.reverse:
            self._waiting += due
        thread = threading.Thread(target=self._call, args=(record, due * plan.times), daemon=True)
        self._threads.append(thread)
        thread.start()

    def _refused(self, record: _Recorded, callback: Callback) -> Callback:
        response = Response(200, callback.headers, callback.body)
        change = moves.refused("Outside_Criteria")
        changed = moves.of_response(_operation(record.request), response, change, moves.utc(time.time()))
        return callback._replace(body=changed.body)

    def _call(self, record: _Recorded, calls: list[Callback]) -> None:
        plan = self.situation.part.callbacks
        assert plan is not None
        if not plan.early:
            while not record.over and not self._closed.wait(0.02):
                pass
            self._closed.wait(plan.delay)
        if plan.reverse:
            calls = self._backwards()
        for callback in calls:
            if self._closed.is_set():
                return
            at, status, failure = time.monotonic() - self._began, 0, ""
            try:
                status = asyncio.run(send_callback(callback))
            except (httpx.HTTPError, OSError) as error:
                failure = f"no response: {type(error).__name__}"
            with self._lock:
                self._made.append(CallbackMade(at, status, failure, *_said(record, callback)))
            self._closed.wait(0.2)
        wanted = len(self.task.leads) * plan.times
        if len(self._made) >= wanted:
            self.called_back.set()

    def _backwards(self) -> list[Callback]:
        """The callbacks of all leads, the last one first; those of one where the client does not send the others."""
        ends = time.monotonic() + _OTHERS
        while len(self._waiting) < len(self.task.leads) and time.monotonic() < ends and not self._closed.wait(0.02):
            pass
        with self._lock:
            found, self._waiting = self._waiting[::-1], []
        return found

    def play(self, response: OutgoingResponse, proceed: Proceed) -> Iterator[Play]:
        # Taken now and not when it is sent: the next request may come on another connection until then.
        record, self._current = self._current, None
        return self._sent(record, response, proceed)

    def _sent(self, record: _Recorded | None, response: OutgoingResponse, proceed: Proceed) -> Iterator[Play]:
        if record is None:
            yield from proceed(response)
            return
        plan = self.situation.part.callbacks
        try:
            if plan is not None and plan.early and record.callbacks:
                yield 1.0
            wire = record.move.wire
            for step in wire(response, proceed) if wire is not None else proceed(response):
                if isinstance(step, End):  # nothing is asked for behind it
                    record.complete, record.cut = record.move.whole, not record.move.whole
                yield step
            record.complete = True
        finally:
            record.over = max(time.monotonic() - self._began, record.at + 1e-6)

    # ---- what was seen -----------------------------------------------------------------------------------------------

    def played(
        self, *, ended: Ended = Ended.RUNNING, believed: bool | None = None, unable: bool = False, printed: str = ""
    ) -> Played:
        """What was seen until now.

        Args:
            ended: How the client ended.
            believed: Does it believe that every lead was accepted? None where it was not asked.
            unable: Did it say that it cannot do such a task?
            printed: What it printed last.
        """
        time.sleep(_SETTLE)
        now = time.monotonic() - self._began
        judge = Judge(profile=self.profile, captured=True, twins=False)
        calls, seen = [], list[Observation]()
        with self._lock:
            records = list(self._records)
        for record in records:
            call, observations = self._call_of(record, judge, now)
            calls.append(call)
            seen += observations
        return Played(
            self.task, tuple(calls), tuple(self._elsewhere.calls()), tuple(self._made), ended, believed, unable,
            printed, tuple(seen),
        )  # fmt: skip

    def _call_of(self, record: _Recorded, judge: Judge, now: float) -> tuple[ClientCall, list[Observation]]:
        over = record.over or now
        complete = record.complete and not record.cut
        origin = f"certify-client: {self.situation.id} #{record.number}"
        failure = "" if complete else "transport.reset" if record.cut else "transport.timeout"
        exchange = Exchange(
            record.request, record.sent if complete else None, origin=origin, started=record.started,
            elapsed=over - record.at, failure=failure,
        )  # fmt: skip
        judged = judge.judge(replace(exchange, response=record.readable if complete else None))
        context = judged.context
        # The leads and the responses are ours: what stays is what the client made of its requests.
        observations = [one for one in judged.observations if _of_client(one.kind) and one.kind != "client.profile"]
        observations += [
            Observation(one.kind, one.message, one.pointer, one.xpath, one.operation, one.media, one.origin)
            for one in judged.findings
            if _of_client(one.kind)
        ]
        abandoned = bool(record.over) and not record.complete and not record.cut
        return ClientCall(record.step, exchange, context, record.at, over, record.taken, abandoned), observations


def _said(record: _Recorded, callback: Callback) -> tuple[str, bool]:
    """The requestId of a callback, and whether it says that every lead was accepted."""
    fmt = format_of_body(callback.headers, callback.body) or "json"
    value = decode_response(_operation(record.request), fmt, callback.body)
    results = value.get("results") or ()
    return str(value.get("requestId", "")).lower(), all(result.get("isValid") is True for result in results)


def _of_client(kind: str) -> bool:
    return kind.startswith("client.")


def _operation(request: Request) -> str:
    candidates = recognise(Exchange(request, None)).candidates
    return candidates[0] if candidates else "create_lead"


def _with_consent(profile: Profile) -> Profile:
    """The profile with a field for the text that an offer wants agreed to, where one of its fields is called so."""
    kinds = []
    for kind in profile.lead_types:
        named = next((one.name for one in kind.fields if "consent" in one.name.lower() and one.format == "text"), None)
        if named is None or any(one.consent_of_offer for one in kind.fields):
            kinds.append(kind)
            continue
        fields = tuple(replace(one, consent_of_offer=one.name == named) for one in kind.fields)
        kinds.append(replace(kind, fields=fields))
    return replace(profile, lead_types=tuple(kinds))
