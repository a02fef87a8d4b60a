"""Users that locust spawns. In the open model they only stand for the run; in the closed one each carries journeys, one
after the other.
"""

from __future__ import annotations

import sys
from typing import Any, ClassVar

import gevent
from gevent.event import Event
from locust import User, tag

from leadproof.core.errors import LeadproofError
from leadproof.load import scenarios
from leadproof.load.locust.output import complain
from leadproof.load.locust.session import install, session_of


def _task(name: str) -> Any:
    """The task of a journey: its tag is its name."""

    def run(user: LoadUser) -> None:
        user.perform()

    run.__name__ = name
    return tag(name)(run)


class LoadUser(User):
    """A user of a scenario; its tasks are the scenario's journeys, tagged with their names."""

    abstract = True
    #: Name of a shipped scenario, or path of a scenario file.
    scenario: ClassVar[str] = ""

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        if cls.scenario:
            install()
            try:
                journeys = scenarios.load(cls.scenario).journeys
            except LeadproofError as error:  # locust reads the file, and would show a traceback
                complain(error)
                sys.exit(int(error.exit_code))
            cls.tasks = [_task(name) for name, weight in journeys.items() if weight]

    def perform(self) -> None:
        """One journey, and waiting for its end; in the open model the schedule begins journeys, and a user waits."""
        session = session_of(self.environment)
        session.ready.wait()
        worker = session.worker
        if worker is None or worker.job.model == "open" or worker.over:
            gevent.sleep(1)
            return
        ended = Event()
        window = worker.engine.window
        window.counts["offered"] += 1
        window.counts["started"] += 1
        worker.engine.begin(ended=ended.set)
        ended.wait()
        gevent.sleep(worker.context.think())


class PingPostUser(LoadUser):
    """Pings, and posts a share of what is accepted. Derive from it, and set `host` or another `scenario`."""

    abstract = True
    scenario = "ping_post"
