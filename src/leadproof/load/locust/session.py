"""A run within locust: options on its command line, and its events joined with carriers and the story of the run.

Roles: a *local* runner carries the load itself; a *master* tells workers what to carry, gathers their frames and names
a worker that is lost; a *worker* carries its share. Frames go to the command where it started this locust, else the
story is told here and printed at the end. Only public events and messages of locust are used.
"""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import replace
from typing import Any

import gevent
from gevent.event import AsyncResult, Event
from locust import events
from locust.env import Environment
from locust.runners import LocalRunner, MasterRunner, WorkerRunner

from leadproof.core.errors import ExitCode, LeadproofError
from leadproof.http.mock_target import is_mock
from leadproof.load import guard, objectives
from leadproof.load.job import Job
from leadproof.load.locust import output, stats
from leadproof.load.locust.channel import Channel, inherited
from leadproof.load.locust.options import add_options, from_options, with_tags
from leadproof.load.locust.worker import LoadWorker
from leadproof.load.plan import plan, require
from leadproof.load.story import LoadRun

#: Where the command that started this locust has put the job, as JSON.
JOB = "LEADPROOF_LOAD_JOB"

#: Messages between master and workers.
_CARRY, _BEGIN, _FRAME, _STOP = "leadproof-carry", "leadproof-begin", "leadproof-frame", "leadproof-stop"

#: Seconds from the word to begin to the beginning, so that all begin together.
_AHEAD = 0.5

#: Seconds that workers may take to make their requests ahead.
_PREPARING = 60.0

#: Seconds that a worker may be silent before it is lost.
SILENCE = 8.0

#: Raw exchanges that wait for the judge where nobody takes them while the run goes on.
_LATER = 4_000


class LoadSession:
    """What this process has to do with a run."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.runner: Any = environment.runner
        self.ready = Event()
        self.worker: LoadWorker | None = None
        self.job: Job | None = None
        self.channel: Channel | None = None
        self._story: LoadRun | None = None
        #: Raw exchanges for the judge, who works after the run where nobody takes them before.
        self._samples: list[Any] = []
        self._names: dict[str, float] = {}
        self._done: set[str] = set()
        self._lost: dict[str, str] = {}
        self._prepared: set[str] = set()
        self._told_to_begin = False
        #: Why the run is to end early, which may be said before it has begun; "" while nobody has.
        self._told_to_stop = ""
        self._interrupted = False
        self._word: AsyncResult[float] = AsyncResult()
        self._over = Event()
        self._concluded = False
        stats.show_journeys(self.runner, self._journeys)
        if isinstance(self.runner, WorkerRunner):
            self.runner.register_message(_CARRY, self._told, concurrent=True)
            self.runner.register_message(_BEGIN, self._begun)
            self.runner.register_message(_STOP, lambda environment, msg: self.stop("told to stop"))
        else:
            self.channel = inherited(self.stop)
            if isinstance(self.runner, MasterRunner):
                self.runner.register_message(_FRAME, self._heard)

    # ---- the beginning -----------------------------------------------------------------------------------------------

    def made(self) -> Job:
        """The job of this run, from the command or from locust's own options; refused unless the target is allowed.

        Raises:
            LeadproofError: It makes no sense, or the target may not be loaded.
        """
        given = os.environ.get(JOB)
        job = Job.read(json.loads(given)) if given else from_options(self.environment)
        job = with_tags(job, self.environment)
        if not given:  # the command has looked at it
            require(plan(job.scenario, objectives.load(job.scenario.goals), model=job.model))
        guard.allow(job.target(), guard.named(sys.argv))
        return job

    def start(self) -> None:
        """Begins the run, on a local runner or a master."""
        self.job = self.made()
        if self.channel is None:  # the command knows already
            self.job = replace(self.job, mock=is_mock(self.job.target()))
        self._story, self._samples = (None if self.channel else output.begin(self.job, self._workers())), []
        self._done, self._lost, self._concluded = set(), {}, False
        self._interrupted = False
        if self.channel is None:  # a page may start one run after the other
            self._told_to_stop = ""
        self._over.clear()
        if isinstance(self.runner, MasterRunner):
            self._names = {one.id: time.monotonic() + _PREPARING for one in self.runner.clients.all}
            self._prepared, self._told_to_begin = set(), False
            for share, name in enumerate(sorted(self._names)):
                row = {"job": json.dumps(self.job.data()), "share": share, "of": len(self._names)}
                self.runner.send_message(_CARRY, row, name)
            gevent.spawn(self._watch)
        else:
            gevent.spawn(self._carry, self.job, 0, 1)

    def _workers(self) -> int:
        return len(self.runner.clients.all) if isinstance(self.runner, MasterRunner) else 1

    def _journeys(self) -> int | None:
        """Journeys under way in this process; None where locust's users are what is under way."""
        worker = self.worker
        if worker is None or worker.finished or worker.job.model == "closed":
            return None
        return max(worker.journeys, worker.engine.most_under_way) or (0 if worker.begun else None)

    def _told(self, environment: Environment, msg: Any) -> None:
        """A worker is told what to carry."""
        self._told_to_stop = ""
        row = msg.data
        self._carry(Job.read(json.loads(row["job"])), row["share"], row["of"])

    def _begun(self, environment: Environment, msg: Any) -> None:
        """A worker is told when to begin."""
        self._word.set(time.perf_counter() + msg.data["after"])  # not by the time of day: clocks of machines differ

    def _carry(self, job: Job, share: int, of: int) -> None:
        self.job, self._word = job, AsyncResult()
        try:
            guard.allow(job.target(), guard.named(sys.argv))
            self.worker = LoadWorker(
                job, guard.named(sys.argv), self._emit, share=share, of=of,
                feed=lambda engine: stats.feed(self.environment, engine.window),
            )  # fmt: skip
            if self._told_to_stop:
                self.worker.stop(self._told_to_stop)
            if isinstance(self.runner, WorkerRunner):
                self._emit({"ready": True})
                begin = self._word.get()
            else:
                begin = time.perf_counter() + _AHEAD
            self.ready.set()
            self.worker.run(begin)
        except LeadproofError as error:
            self._emit({"problem": f"{error.message}; {error.hint}", "done": True})
        except Exception as error:  # a bug of ours must end the run with a word, not in silence
            self._emit({"problem": f"{type(error).__name__}: {error}", "done": True})
            raise
        finally:
            self.ready.clear()
            if isinstance(self.runner, LocalRunner):
                self.conclude()

    # ---- frames ------------------------------------------------------------------------------------------------------

    def _emit(self, frame: dict[str, Any]) -> None:
        if isinstance(self.runner, WorkerRunner):
            self.runner.send_message(_FRAME, frame)
        else:
            self._take("local", frame)

    def _heard(self, environment: Environment, msg: Any) -> None:
        """The master hears a frame of a worker."""
        name = msg.node_id
        if msg.data.get("ready"):
            self._prepared.add(name)
            self._begin_together()
            return
        self._names[name] = time.monotonic()
        self._take(name, msg.data)
        if msg.data.get("done"):
            self._done.add(name)

    def _begin_together(self) -> None:
        """Gives the word to begin, once, when all workers that are still there are ready."""
        left = set(self._names) - set(self._lost)
        if self._told_to_begin or not left or not self._prepared >= left:
            return
        self._told_to_begin = True
        for name in left:
            self._names[name] = time.monotonic() + _AHEAD
            self.runner.send_message(_BEGIN, {"after": _AHEAD}, name)

    def attend(self) -> None:
        """A master that the command has started tells it how many workers are there, until the run begins."""
        while self.job is None and self.channel is not None:
            options: Any = self.environment.parsed_options
            self.channel.put({"workers": len(self.runner.clients.ready), "of": options.expect_workers})
            gevent.sleep(1)

    def _take(self, name: str, frame: dict[str, Any]) -> None:
        if self.channel is not None:
            self.channel.put({"worker": name, **frame})
            return
        if self._story is not None:
            waiting = frame.get("samples") or []
            self._samples += waiting[: max(_LATER - len(self._samples), 0)]
            self._story.take(name, {**frame, "samples": []})

    def _watch(self) -> None:
        """The master waits for its workers, and names those that are lost."""
        while set(self._names) - self._done - set(self._lost):
            gevent.sleep(0.5)
            present = {one.id for one in self.runner.clients.all if one.state != "missing"}
            for name in set(self._names) - self._done - set(self._lost):
                silent = time.monotonic() - self._names[name]
                if name not in present or silent > SILENCE:
                    self._lost[name] = f"it was not heard of for {max(silent, 0):.0f} s and did not finish"
                    self._take(name, {"lost": self._lost[name]})
                    self._begin_together()
        self.conclude()

    # ---- the end -----------------------------------------------------------------------------------------------------

    def stop(self, reason: str) -> None:
        """Ends the run early, with what there is; one that has not begun ends when it does."""
        self._told_to_stop = self._told_to_stop or reason
        if self.job is None and isinstance(self.runner, MasterRunner):  # it may wait for workers for ever
            self.conclude()
        if self.worker is not None and not self.worker.finished:
            self.worker.stop(reason)
        if isinstance(self.runner, MasterRunner):
            for name in set(self._names) - self._done - set(self._lost):
                self.runner.send_message(_STOP, None, name)

    def abort(self) -> None:
        """Locust itself stops: carry what is underway to an end, shortly."""
        if self._concluded or self.job is None:
            return
        self._interrupted = True
        self.stop("stopped")
        deadline = time.monotonic() + 6
        if isinstance(self.runner, MasterRunner):
            while set(self._names) - self._done - set(self._lost) and time.monotonic() < deadline:
                gevent.sleep(0.1)
        elif self.worker is not None:
            while not self.worker.finished and time.monotonic() < deadline:
                gevent.sleep(0.05)
        if not isinstance(self.runner, WorkerRunner):
            self.conclude()

    def conclude(self) -> None:
        """Says how it went, and ends locust, unless it serves a web page."""
        interrupted = self._interrupted
        if self._concluded:
            return
        self._concluded = True
        if self.channel is not None:
            self.channel.put({"end": True})
            self.channel.close()
        elif self._story is not None:
            self._story.interrupted = interrupted
            self.environment.process_exit_code = int(output.print_summary(self._story, self._samples))
        self._over.set()
        if not interrupted and self.environment.web_ui is None:
            gevent.spawn(self.runner.quit)
        elif not interrupted:
            gevent.spawn(self.runner.stop)


_SESSIONS: dict[int, LoadSession] = {}


def session_of(environment: Environment) -> LoadSession:
    """The session of an environment."""
    return _SESSIONS[id(environment)]


def _initialised(environment: Environment, **_: Any) -> None:
    session = _SESSIONS[id(environment)] = LoadSession(environment)
    options: Any = environment.parsed_options
    worker = isinstance(environment.runner, WorkerRunner)
    try:
        if not worker and (environment.web_ui is None or environment.host):
            session.made()  # what is wrong is said before anything is started
    except LeadproofError as error:
        output.complain(error)
        sys.exit(int(error.exit_code))
    if isinstance(environment.runner, MasterRunner) and session.channel is not None:
        gevent.spawn(session.attend)
    if options is not None and options.run_time:
        # The schedule knows its own end; locust's would cut off what is still on its way.
        options.duration, options.run_time = float(options.run_time), None


def _started(environment: Environment, **_: Any) -> None:
    if isinstance(environment.runner, WorkerRunner):
        return  # the master's message tells it what to carry
    try:
        session_of(environment).start()
    except LeadproofError as error:
        output.complain(error)
        environment.process_exit_code = int(ExitCode.USAGE)
        runner: Any = environment.runner
        gevent.spawn(runner.quit if environment.web_ui is None else runner.stop)


def _stopping(environment: Environment, **_: Any) -> None:
    session = _SESSIONS.get(id(environment))
    if session is not None:
        session.abort()


def install() -> None:
    """Joins locust's events, once."""
    if not getattr(install, "done", False):
        install.done = True  # type: ignore[attr-defined]  # a flag of this function
        hooks: Any = events
        hooks.init_command_line_parser.add_listener(add_options)
        hooks.init.add_listener(_initialised)
        hooks.test_start.add_listener(_started)
        hooks.test_stopping.add_listener(_stopping)
        hooks.quitting.add_listener(_stopping)
