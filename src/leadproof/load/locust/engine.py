"""The engine of one process: starts journeys by the schedule, sends their steps, and measures from the intended start.

The schedule is looked at in every turn of the event loop; a response that comes late delays nothing, it only makes the
connections more. The time of a response is the moment at which the loop saw it, before any of our own work on it. What
is judged or reported goes to a sink; nothing is decided here.
"""

from __future__ import annotations

import contextlib
import heapq
import itertools
import ssl
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import gevent
from gevent.event import Event

from leadproof.http.plan import ConnectionPlan
from leadproof.load import replies
from leadproof.load.journeys import JourneyCall, JourneyContext, Step, chooser
from leadproof.load.locust.connection import CLOSED_ON_REUSE, Connection, open_socket
from leadproof.load.locust.journey_runs import InFlightRequest, JourneyRun, outcome
from leadproof.load.locust.sampler import Sampler
from leadproof.load.measures import LATE, Window
from leadproof.load.replies import Reply

#: Requests that may wait for a connection; a journey that begins when there are more is dropped, and counted.
MOST_WAITING = 50_000

#: Connections that are being made at once: a storm of them would be a load of its own.
MOST_CONNECTING = 64

#: Seconds between two looks at the schedule when nothing else happens.
_TURN = 0.0005


class LoadEngine:
    """Puts one worker's share of a load on one target."""

    def __init__(
        self,
        context: JourneyContext,
        plan: ConnectionPlan,
        *,
        tls: ssl.SSLContext | None = None,
        sink: Callable[[list[Any]], bool] = lambda sample: False,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """Opens no connection yet.

        Args:
            context: What the journeys need.
            plan: The way to a target that the guard has let pass.
            tls: Settings of TLS; None for without.
            sink: Takes the raw exchanges that are to be judged; False where there is no room.
            clock: Seconds, steady.
        """
        self.context, self.window = context, Window()
        self._plan, self._tls = plan, tls
        self._sampler, self._clock = Sampler(sink, context.clock), clock
        self._most, self._timeout = context.scenario.connections, context.scenario.timeout
        self._pick = chooser(context.scenario, context.chance)
        self._idle: list[Connection] = []
        self._all: set[Connection] = set()
        self._connecting = 0
        self._waiting: deque[InFlightRequest] = deque()
        #: Those that wait for a new connection, because one that was used again had closed.
        self._again: deque[InFlightRequest] = deque()
        self._flying: dict[InFlightRequest, None] = {}
        self._later: list[tuple[float, int, JourneyRun, Step]] = []
        self._calls: dict[str, tuple[JourneyRun, float, float]] = {}
        self._order = itertools.count()
        self._arrivals: Iterator[float] = iter(())
        self._next: float | None = None
        self._begun = 0.0
        self.under_way = 0
        self.most_under_way = 0  # under way at once since somebody set it back
        self._drained = Event()
        self._loop = gevent.get_hub().loop
        self.now = clock()
        self._watchers: list[Any] = []

    # ---- running -----------------------------------------------------------------------------------------------------

    def open(self) -> None:
        """Begins to look at the loop's turns."""
        # Seen by the loop: the time of everything that one poll brought, before any of it is worked on.
        seen = self._loop.check()
        seen.priority = self._loop.MAXPRI
        seen.start(self._seen)
        turn = self._loop.prepare()
        turn.start(self._turn)
        timer = self._loop.timer(_TURN, _TURN)
        timer.start(lambda: None)
        sweep = self._loop.timer(0.05, 0.05)
        sweep.start(self._sweep)
        self._watchers = [seen, turn, timer, sweep]

    def close(self) -> None:
        """Ends everything at once."""
        self._next = None
        for watcher in self._watchers:
            watcher.stop()
            watcher.close()
        self._watchers = []
        for connection in list(self._all):
            connection.close()
        self._all.clear()
        self._idle.clear()

    def schedule(self, arrivals: Iterator[float], begin: float) -> None:
        """Starts journeys by a schedule.

        Args:
            arrivals: Seconds from the beginning of each, ascending.
            begin: The beginning, by the engine's clock.
        """
        self._arrivals, self._begun = arrivals, begin
        self._advance()

    @property
    def offering(self) -> bool:
        """Is there an arrival left?"""
        return self._next is not None

    def stop(self) -> None:
        """Starts no more journeys by the schedule."""
        self._next = None

    def wait(self, seconds: float) -> bool:
        """Waits until every journey is over, at most so long; True if they are."""
        self._drained.clear()
        if self.under_way:
            self._drained.wait(seconds)
        return not self.under_way

    def drain(self, seconds: float) -> bool:
        """Waits like `wait`, and abandons the rest; True if there was none."""
        clean = self.wait(seconds)
        self.abandon()
        return clean

    def abandon(self) -> None:
        """Ends the journeys that are not over, which says nothing of the target."""
        for request in self._flying:
            self.window.counts["abandoned"] += not request.run.quiet
            if request.connection is not None:
                self._all.discard(request.connection)
                request.connection.close()
        self._flying.clear()
        self._waiting.clear()
        self._again.clear()
        self._later.clear()
        self._calls.clear()
        self.under_way = 0

    def begin(self, due: float | None = None, *, ended: Callable[[], None] | None = None) -> None:
        """Starts the next journey; its first step was intended for `due`, or for now."""
        context = self.context
        sampled = context.scenario.judge_share > 0 and context.chance.random() < context.scenario.judge_share
        run = JourneyRun(self._pick()(context), self._clock() if due is None else due, sampled=sampled)
        run.ended = ended
        self.start(run)

    def start(self, run: JourneyRun) -> None:
        """Starts a journey."""
        self.under_way += 1
        if self.under_way > self.most_under_way:
            self.most_under_way = self.under_way
        try:
            step = next(run.journey)
        except StopIteration:
            self._end(run)
            return
        assert isinstance(step, Step)
        self._send(run, step, run.due)

    def _advance(self) -> None:
        following = next(self._arrivals, None)
        self._next = None if following is None else self._begun + following

    # ---- the loop's turns --------------------------------------------------------------------------------------------

    def _seen(self) -> None:
        self.now = self._clock()

    def _turn(self) -> None:
        now = self._clock()
        counts, lag = self.window.counts, self.window.lag
        while self._next is not None and self._next <= now:
            due = self._next
            self._advance()
            counts["offered"] += 1
            if len(self._waiting) >= MOST_WAITING:
                counts["dropped"] += 1
                continue
            behind = self._clock() - due
            lag.record(behind)
            counts["started"] += 1
            if behind > LATE:
                counts["late"] += 1
            self.begin(due)
        while self._later and self._later[0][0] <= now:
            intended, _, run, step = heapq.heappop(self._later)
            self._send(run, step, intended)

    def _sweep(self) -> None:
        """Gives up what has taken too long; requests stand in the order in which they began."""
        now = self._clock()
        for request in list(itertools.takewhile(lambda one: now - one.started > self._timeout, self._flying)):
            self._give_up(
                request, "timeout", replies.PARTIAL if request.heard else "" if request.sent else replies.UNSENT
            )
        for key, (_, since, patience) in list(self._calls.items()):
            if now - since > patience:
                self.called(key, in_time=False)

    # ---- one request -------------------------------------------------------------------------------------------------

    def _send(self, run: JourneyRun, step: Step, intended: float) -> None:
        now = self._clock()
        request = InFlightRequest(run, step, intended, now)
        self._flying[request] = None
        if self._idle:
            connection = self._idle.pop()
            request.connection, request.sent = connection, now
            connection.send(step.data, request)
        else:
            self._waiting.append(request)
            self._connect_more()

    def _connect_more(self) -> None:
        busy = min(len(self._waiting) + len(self._again), MOST_CONNECTING)
        if self._connecting < busy and len(self._all) + self._connecting < self._most:
            self._connecting += 1
            gevent.spawn(open_socket, self._plan, self._tls, self._connected, self._refused)

    def _connected(self, sock: Any) -> None:
        self._connecting -= 1
        connection = Connection(sock, self, self._loop)
        self._all.add(connection)
        if self._again:
            self._send_on(connection, self._again.popleft())
        else:
            self._free(connection)

    def _refused(self, kind: str) -> None:
        self._connecting -= 1
        for waiting in (self._again, self._waiting):
            if waiting:
                self._give_up(waiting[0], kind, "")
                break
        self._connect_more()

    def _free(self, connection: Connection) -> None:
        if not connection.open:
            self._all.discard(connection)
            if self._waiting:
                self._connect_more()
        elif self._waiting:
            self._send_on(connection, self._waiting.popleft())
        else:
            self._idle.append(connection)

    def _send_on(self, connection: Connection, request: InFlightRequest) -> None:
        request.connection, request.sent = connection, self._clock()
        connection.send(request.step.data, request)

    def on_response(self, connection: Connection, status: int, media: str, body: bytes) -> None:
        """A whole response is there (see `connection.Owner`)."""
        request: InFlightRequest = connection.in_flight
        headers = connection.headers
        connection.ready()
        del self._flying[request]
        step, now = request.step, max(self.now, request.sent)
        reply = replies.read(step.operation, step.fmt, step.leads, status, media, body)
        self._free(connection)
        self._record(request, reply, now, len(body))
        if request.run.sampled or reply.error in ("clause", "not parseable"):
            self._sampler.take(self.window, request, reply, now, (status, headers, body, ""))
        self._next_step(request, reply, now)

    def broken(self, connection: Connection, kind: str) -> None:
        """A connection broke (see `connection.Owner`)."""
        request: InFlightRequest | None = connection.in_flight
        self._all.discard(connection)
        if request is None:
            with contextlib.suppress(ValueError):
                self._idle.remove(connection)
        elif kind == CLOSED_ON_REUSE:
            request.connection, request.sent = None, 0.0
            self.window.counts["resent"] += not request.run.quiet
            self._again.append(request)
        else:
            request.connection = None
            self._give_up(request, kind, "")
        if self._waiting or self._again:
            self._connect_more()

    def _give_up(self, request: InFlightRequest, kind: str, detail: str) -> None:
        if request not in self._flying:
            return
        del self._flying[request]
        if request.connection is not None:
            self._all.discard(request.connection)
            request.connection.close()
        elif not request.sent:
            for waiting in (self._waiting, self._again):
                with contextlib.suppress(ValueError):
                    waiting.remove(request)
        now, reply = self._clock(), Reply(kind, detail)
        self._record(request, reply, now)  # an error of the run; what the judge judges is what came
        if kind == "framing":
            self._sampler.take(self.window, request, reply, now, (0, (), b"", "framing.invalid"))
        self._next_step(request, reply, now)

    def _record(self, request: InFlightRequest, reply: Reply, now: float, content: int = 0) -> None:
        latency, run = now - request.intended, request.run
        run.spent += latency
        if run.quiet:
            return
        window, step = self.window, request.step
        measured = window.step(step.operation, step.fmt)
        measured.content += content
        responded = reply.response is not None or reply.error[:4] in ("http", "not ", "clau")
        # A request that was given up has waited that long, too; one that failed at once must not make things look fast.
        if responded or reply.error == "timeout":
            measured.latency.record(latency)
            measured.service.record(now - (request.sent or request.started))
        if reply.error == "clause":
            window.checks += 1
        if reply.error and reply.error != "clause":
            measured.failed += 1
            window.counts["failed"] += 1
        else:
            window.counts["completed"] += 1
        if reply.error:
            window.error(step.operation, reply.error, reply.detail)
        if reply.response is not None:
            operation, outcomes = step.operation, window.outcomes
            for result in reply.response.results:
                kind = outcome(operation, result)
                if (operation, kind) in outcomes:
                    outcomes[operation, kind] += 1
                else:
                    window.outcome(operation, kind)

    def _next_step(self, request: InFlightRequest, reply: Reply, now: float) -> None:
        run = request.run
        try:
            following = run.journey.send(reply)
        except StopIteration:
            self._end(run)
            return
        if isinstance(following, JourneyCall):
            self._await(run, following, now)
        elif following.wait:
            heapq.heappush(self._later, (now + following.wait, next(self._order), run, following))
        else:
            self._send(run, following, now)

    def _end(self, run: JourneyRun) -> None:
        self.under_way -= 1
        if not run.quiet:
            self.window.journeys.record(run.spent)
            self.window.counts["ended"] += 1
        if run.ended is not None:
            run.ended()
        if not self.under_way:
            self._drained.set()

    # ---- calls to returnURL ------------------------------------------------------------------------------------------

    def _await(self, run: JourneyRun, call: JourneyCall, now: float) -> None:
        self._calls[call.key] = (run, now, call.patience)

    def called(self, key: str, body: bytes = b"", media: str = "", *, in_time: bool = True) -> None:
        """The service has called back with a key, or it has not in time."""
        waiting = self._calls.pop(key, None)
        if waiting is None:
            return
        run, since, _ = waiting
        fmt = "xml" if "xml" in media else "json"
        late = Reply("timeout", "no call to returnURL")
        reply = replies.read("create_lead", fmt, 1, 200, media, body) if in_time else late
        request = InFlightRequest(run, Step("callback", fmt, b""), since, since)
        now = self._clock()
        self._record(request, reply, now, len(body))
        self._next_step(request, reply, now)
