"""`Publisher`: the newest snapshot of one run, and who is shown it.

The thread that takes the frames of the load calls `publish`; that of the endpoint and that of the export read what is
there. Between them is one reference, and no lock.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from leadproof.core import installation
from leadproof.judge.tally import Tally
from leadproof.load.driver import lower_thread_priority
from leadproof.load.measures import Measures
from leadproof.load.metrics import NOT_EXPORTED
from leadproof.load.metrics.endpoint import MetricsEndpoint
from leadproof.load.metrics.instruments import Measured, MetricsSnapshot, snapshot
from leadproof.load.story import LoadRun, Worker

if TYPE_CHECKING:
    from leadproof.load.metrics.otlp import OtlpExport

#: Seconds between two snapshots at least: each worker sends a frame a second.
_LEAST = 0.5


@dataclass(frozen=True, slots=True)
class Publishing:
    """What was asked for."""

    #: Port of the endpoint, 0 for a free one; None for no endpoint.
    port: int | None = None
    host: str = "127.0.0.1"
    #: Hosts that it responds for besides loopback names and its own address.
    names: Collection[str] = ()
    #: Where the export goes: a URL, or "env"; "" for no export.
    otlp: str = ""

    @property
    def wanted(self) -> bool:
        """Was anything asked for?"""
        return self.port is not None or bool(self.otlp)


def check(wanted: Publishing) -> None:
    """Ends before anything is started where the metrics that are wanted cannot be had.

    Raises:
        MissingExtraError: The extra `metrics` is not installed.
        UsageError: The collector is no URL.
        ConfigurationError: The environment asks for what is not spoken here.
    """
    if not wanted.wanted:
        return
    installation.require("metrics", "metrics need OpenTelemetry's exporter and prometheus_client")
    if wanted.otlp:
        from leadproof.load.metrics import otlp

        otlp.endpoint_of(wanted.otlp)
        otlp.interval_of()


class Publisher:
    """Keeps the newest snapshot; without an endpoint and an export it does nothing."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Args:

        clock: Seconds, steady.
        """
        self._clock, self._taken = clock, -_LEAST
        self._newest = snapshot(Measured(Measures(), Tally(), _states(())))
        self.endpoint: MetricsEndpoint | None = None
        self.export: OtlpExport | None = None

    def newest(self) -> MetricsSnapshot:
        """The newest snapshot; all zero before the load has begun."""
        return self._newest

    def begin(self, run: str = "") -> None:
        """Sends from now on, under the id of a run."""
        if self.export is not None:
            self.export.start(run)

    def publish(self, story: LoadRun) -> None:
        """Shows what a run has measured so far, unless that was done a moment ago; in the thread that adds to it."""
        now = self._clock()
        if (self.endpoint or self.export) and now - self._taken >= _LEAST:
            self._taken, self._newest = now, snapshot(measured(story))

    def finish(self, story: LoadRun) -> None:
        """Shows the last figures, sends them, and notes in the report what did not arrive."""
        if self.endpoint or self.export:
            self._newest = snapshot(measured(story))
        if self.export is not None and (words := self.export.finish()):
            story.ledger.observe(NOT_EXPORTED, words)


@contextmanager
def publishing(wanted: Publishing) -> Iterator[Publisher]:
    """Opens what was asked for; it ends with the run. Nothing is sent before `Publisher.begin`.

    Args:
        wanted: What was asked for; see `check`.

    Raises:
        UsageError: A host or the collector is none.
        ServerError: The port cannot be had.
    """
    publisher = Publisher()
    with ExitStack() as stack:
        if wanted.port is not None:
            from leadproof.load.metrics.exposition import exposed

            made = MetricsEndpoint(
                lambda accept: exposed(publisher.newest(), accept), wanted.host, wanted.port, wanted.names,
                lower_thread_priority,
            )  # fmt: skip
            publisher.endpoint = stack.enter_context(made)
        if wanted.otlp:
            from leadproof.load.metrics import otlp

            publisher.export = otlp.OtlpExport(
                otlp.endpoint_of(wanted.otlp, os.environ), publisher.newest, interval=otlp.interval_of(),
                prepare=lower_thread_priority,
            )  # fmt: skip
        yield publisher


def measured(story: LoadRun) -> Measured:
    """Where a run keeps what it has measured."""
    return Measured(story.measures, story.ledger.summary.tally, _states(story.workers.values()))


def _states(workers: Iterable[Worker]) -> Counter[str]:
    states = Counter({"working": 0, "done": 0, "lost": 0})
    states.update("lost" if one.lost else "done" if one.done else "working" for one in workers)
    return states
