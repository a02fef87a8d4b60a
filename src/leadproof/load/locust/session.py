"""A run within locust: options on its command line, and its events joined with carriers and the story of the run.

Roles: a *local* runner carries the load itself; a *master* (`master`) tells workers what to carry, gathers their frames
and names a worker that is lost; a *worker* (`master_link`) carries its share. Frames go to the command where it started
this locust, else the story is told here and printed at the end.
"""

from __future__ import annotations

import json
import math
import os
import sys
import time
from dataclasses import replace
from typing import Any

import gevent
from gevent.event import Event
from locust import events
from locust.env import Environment
from locust.runners import LocalRunner, MasterRunner, WorkerRunner

from leadproof.core.errors import ExitCode, LeadproofError
from leadproof.core.text import count
from leadproof.http.mock_target import is_mock
from leadproof.load import guard, objectives
from leadproof.load.job import Job
from leadproof.load.locust import output, stats
from leadproof.load.locust.channel import Channel, inherited
from leadproof.load.locust.master import AHEAD, Master
from leadproof.load.locust.master_link import MasterLink
from leadproof.load.locust.options import add_options, from_options, with_tags
from leadproof.load.locust.worker import LoadWorker
from leadproof.load.plan import plan, require
from leadproof.load.story import LoadRun

#: Where the command that started this locust has put the job, as JSON.
JOB = "LEADPROOF_LOAD_JOB"

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
        #: Why the run is to end early, which may be said before it has begun; "" while nobody has.
        self._told_to_stop = ""
        self._interrupted = False
        self._concluded = False
        self._master: Master | None = None
        self._link: MasterLink | None = None
        stats.show_journeys(self.runner, self._journeys)
        if isinstance(self.runner, WorkerRunner):
            self._link = MasterLink(self.runner, perform=self._told, stop=self.stop, leave=self._leave)
        else:
            self.channel = inherited(self.stop)
            if isinstance(self.runner, MasterRunner):
                self._master = Master(self.runner, self._take)

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
        self._interrupted = self._concluded = False
        if self.channel is None:  # a page may start one run after the other
            self._told_to_stop = ""
        if self._master is not None:
            self._master.start(self.job)
            gevent.spawn(self._watch)
        else:
            gevent.spawn(self._carry, self.job, 0, 1)

    def _workers(self) -> int:
        return len(self._master.present) if self._master is not None else 1

    def _journeys(self) -> int | None:
        """Journeys under way in this process; None where locust's users are what is under way."""
        worker = self.worker
        if worker is None or worker.finished or worker.job.model == "closed":
            return None
        return max(worker.journeys, worker.engine.most_under_way) or (0 if worker.begun else None)

    def _told(self, row: dict[str, Any]) -> None:
        """A worker is told what to carry."""
        self._told_to_stop = ""
        self._carry(Job.read(json.loads(row["job"])), row["share"], row["of"])

    def _carry(self, job: Job, share: int, of: int) -> None:
        self.job = job
        try:
            guard.allow(job.target(), guard.named(sys.argv))
            self.worker = LoadWorker(
                job, guard.named(sys.argv), self._emit, share=share, of=of,
                feed=lambda engine: stats.feed(self.environment, engine.window),
            )  # fmt: skip
            if self._told_to_stop:
                self.worker.stop(self._told_to_stop)
            if self._link is not None:
                self._emit({"ready": True})
                begin = self._link.await_begin()
            else:
                begin = time.perf_counter() + AHEAD
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
        if self._link is not None:
            self._link.emit(frame)
        else:
            self._take("local", frame)

    def attend(self, patience: float) -> None:
        """A master that the command has started tells it how many workers are there, until the run begins.

        Args:
            patience: Seconds that workers may take to come; 0 for ever.
        """
        options: Any = self.environment.parsed_options
        until = time.monotonic() + (patience or math.inf)
        while self.job is None and self.channel is not None:
            there, wanted = len(self.runner.clients.ready), options.expect_workers
            self.channel.put({"workers": there, "of": wanted})
            if there < wanted and time.monotonic() >= until:
                self.channel.put({"gave_up": f"{there} of {count(wanted, 'worker')} came within {patience:g} s"})
                self.conclude()
                return
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
        assert self._master is not None
        self._master.watch()
        self.conclude()

    # ---- the end -----------------------------------------------------------------------------------------------------

    def stop(self, reason: str) -> None:
        """Ends the run early, with what there is; one that has not begun ends when it does."""
        self._told_to_stop = self._told_to_stop or reason
        if self.job is None and self._master is not None:  # it may wait for workers for ever
            self.conclude()
        if self.worker is not None and not self.worker.finished:
            self.worker.stop(reason)
        if self._master is not None:
            self._master.stop()

    def _leave(self, why: str, untold: int) -> None:
        """A worker without a master stops sending at once, and ends."""
        worker = self.worker
        if worker is not None and not worker.finished:
            untold += worker.engine.window.counts["started"]
            worker.abandon(why)
        nowhere = f"; {count(untold, 'journey')} that it started may be in no report" if untold else ""
        hint = "start the workers first, and the master when all are there" if not untold else ""
        output.complain(LeadproofError(f"{why}: this worker ends and sends nothing more{nowhere}", hint=hint))
        self.environment.process_exit_code = int(ExitCode.INCONCLUSIVE)
        gevent.spawn(self.runner.quit)

    def abort(self) -> None:
        """Locust itself stops: carry what is underway to an end, shortly."""
        if self._concluded or self.job is None:
            return
        left = self._master.roster.left if self._master is not None else [""]
        self._interrupted = bool(left)  # where all are done or lost, nobody has interrupted anything
        self.stop("stopped")
        deadline = time.monotonic() + 6
        while self._under_way() and time.monotonic() < deadline:
            gevent.sleep(0.05)
        if not isinstance(self.runner, WorkerRunner):
            self.conclude()

    def _under_way(self) -> bool:
        """Has anybody still something to do, or to tell?"""
        if self._master is not None:
            return bool(self._master.roster.left)
        told = self._link is None or self._link.told
        return self.worker is not None and not (self.worker.finished and told)

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
            if interrupted:
                self._story.stopped = self._story.stopped or "locust was stopped"
            self.environment.process_exit_code = int(output.print_summary(self._story, self._samples))
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
        # Locust's own patience ends without a word to the command.
        patience, options.expect_workers_max_wait = float(options.expect_workers_max_wait or 0), 0
        gevent.spawn(session.attend, patience)
    if options is not None and options.run_time:
        # The schedule knows its own end; locust's would cut off what is still on its way.
        options.duration, options.run_time = float(options.run_time), None


def _started(environment: Environment, **_: Any) -> None:
    session = _SESSIONS.get(id(environment))
    if session is None or isinstance(environment.runner, WorkerRunner):
        return  # the master's message tells a worker what to carry, which may not have come to its own beginning yet
    try:
        session.start()
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
