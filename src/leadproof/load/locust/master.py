"""A master and its workers: shares are dealt out, frames taken each once, and who is not heard of is named.

The roster decides; here are locust's messages and greenlets. A run keeps the workers that it began with: one that comes
later is refused, and nobody takes over the share of one that is lost.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable
from typing import Any

import gevent
import zmq
from locust import runners
from locust.dispatch import UsersDispatcher
from locust.runners import MasterRunner, WorkerNode

from leadproof.load.job import Job
from leadproof.load.locust.master_link import BEGIN, CARRY, FRAME, HERE, REFUSED, STOP, TAKEN
from leadproof.load.roster import SILENCE, Roster

#: Seconds from the word to begin to the beginning, so that all begin together.
AHEAD = 0.5

#: Seconds between two looks at who was not heard of.
_LOOK = 0.5


class FixedDispatcher(UsersDispatcher):
    """Leaves users where they are: a closed load would change otherwise, when a worker comes or goes."""

    def add_worker(self, worker_node: WorkerNode) -> None:
        """Gives a worker that came late no users."""

    def remove_worker(self, worker_node: WorkerNode) -> None:
        """Gives the users of a worker that is gone to nobody."""


class Master:
    """The master's side of a run over several processes or machines."""

    def __init__(self, runner: MasterRunner, take: Callable[[str, dict[str, Any]], None]) -> None:
        """Args:

        runner: Locust's runner in this process.
        take: Takes the frames of workers, and who is lost or refused.
        """
        self._runner: Any = runner
        self._take = take
        self.roster = Roster("", (), 0.0)
        self._told_to_stop = False
        # Locust redistributes users after less silence than a cut of some seconds takes.
        constants: Any = runners
        constants.HEARTBEAT_LIVENESS, constants.HEARTBEAT_DEAD_INTERNAL = int(SILENCE), -(10**9)
        runner.environment.dispatcher_class = FixedDispatcher
        # A worker that comes back while its broken connection is still thought to be there would not be heard.
        self._runner.server.socket.setsockopt(zmq.ROUTER_HANDOVER, 1)
        runner.register_message(FRAME, self._heard)
        runner.register_message(HERE, self._here)

    @property
    def present(self) -> list[str]:
        """The workers that locust counts, in order."""
        return sorted(one.id for one in self._runner.clients.all if one.state != runners.STATE_MISSING)

    def start(self, job: Job) -> None:
        """Deals the job out to the workers that are there."""
        self.roster = Roster(secrets.token_hex(8), self.present, time.monotonic())
        self._told_to_stop, self._job = False, json.dumps(job.data())
        for name in self.roster.members:
            self._carry(name)

    def watch(self) -> None:
        """Waits until every worker has done its part or is lost."""
        while self.roster.left:
            gevent.sleep(_LOOK)
            for name, why in self.roster.missed(self.present, time.monotonic()).items():
                self._take(name, {"lost": why})
                self._send(STOP, name)  # should it come back
            self._begin()

    def stop(self) -> None:
        """Tells those that are left to end early."""
        self._told_to_stop = True
        for name in self.roster.left:
            self._send(STOP, name)

    def _carry(self, name: str) -> None:
        members = list(self.roster.members)
        share = {"run": self.roster.run, "job": self._job, "share": members.index(name), "of": len(members)}
        self._send(CARRY, name, share)

    def _begin(self) -> None:
        for name in self.roster.begins(time.monotonic(), AHEAD):
            self._send(BEGIN, name, {"run": self.roster.run, "after": AHEAD})

    def _here(self, environment: Any, msg: Any) -> None:
        """A worker listens from now on: what it was told before, it has not heard."""
        member = self.roster.members.get(msg.node_id)
        if member is not None and not member.ready:
            self._carry(msg.node_id)
        elif member is None and self.roster.left:
            self._send(REFUSED, msg.node_id, {"why": "the run had begun when this worker came"})
            self._take(msg.node_id, {"refused": msg.node_id})

    def _heard(self, environment: Any, msg: Any) -> None:
        frame = self.roster.take(msg.node_id, msg.data, time.monotonic(), told=self._told_to_stop)
        member = self.roster.members.get(msg.node_id)
        if member is not None and msg.data.get("run") == self.roster.run:
            row = {"run": self.roster.run, "number": member.taken, "stop": self._told_to_stop or bool(member.lost)}
            self._send(TAKEN, msg.node_id, row)
        if frame is not None:
            self._take(msg.node_id, frame)
        self._begin()

    def _send(self, kind: str, name: str, data: dict[str, Any] | None = None) -> None:
        self._runner.send_message(kind, data, name)
