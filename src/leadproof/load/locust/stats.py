"""Locust's own statistics, fed from ours once a second: its tables, pages and files show what they always show."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from locust.env import Environment
from locust.runners import LocalRunner, WorkerRunner
from locust.stats import StatsEntry

from leadproof.core.histogram import Histogram
from leadproof.load.measures import Window


def feed(environment: Environment, window: Window) -> None:
    """Adds a window to locust's statistics: one entry a step, in milliseconds, rounded as locust rounds."""
    stats: Any = environment.stats
    now = time.time()
    for (operation, fmt), one in window.steps.items():
        for entry in (stats.get(f"{operation} {fmt}", "LP"), stats.total):
            _add(entry, one.latency, one.failed, now)
            entry.total_content_length += one.content
    for (operation, kind, detail), number in window.errors.items():
        words = f"{kind}: {detail}" if detail else kind
        key_of = getattr(stats, "errors", None)
        if key_of is not None:
            _error(stats, operation, words, number)


def show_journeys(runner: Any, journeys: Callable[[], int | None]) -> None:
    """Lets locust show the journeys that are under way as its number of users.

    In the open model a user of locust only stands for the run, so its own number says nothing.

    Args:
        runner: Locust's runner in this process; a master adds up what its workers report.
        journeys: How many are under way; None where locust's own number is the right one.
    """
    if isinstance(runner, WorkerRunner):

        def reported(client_id: str, data: dict[str, Any], **_: Any) -> None:
            found = journeys()
            if found is not None:
                data["user_classes_count"] = {next(iter(runner.user_classes)).__name__: found}
                data["user_count"] = found

        hooks: Any = runner.environment.events
        hooks.report_to_master.add_listener(reported)
    elif isinstance(runner, LocalRunner):
        own = type(runner).user_count

        def shown(self: LocalRunner) -> int:
            found = journeys()
            return int(own.__get__(self)) if found is None else found

        # Nothing but its displays asks a local runner for it; of this one runner, not of all.
        runner.__class__ = type("Runner", (type(runner),), {"user_count": property(shown)})


def _add(entry: StatsEntry, latency: Histogram, failed: int, now: float) -> None:
    unmeasured = max(failed - latency.total, 0)
    number = latency.total + unmeasured
    if not number:
        return
    second = int(now)
    if entry.use_response_times_cache and entry.last_request_timestamp and second > int(entry.last_request_timestamp):
        entry._cache_response_times(second - 1)
    entry.num_requests += number
    entry.num_none_requests += unmeasured
    entry.num_failures += failed
    entry.num_reqs_per_sec[second] += number
    if failed:
        entry.num_fail_per_sec[second] += failed
    entry.last_request_timestamp = now
    for seconds, times in latency:
        milliseconds = seconds * 1e3
        entry.total_response_time += milliseconds * times  # type: ignore[assignment]  # locust sums floats too
        entry.response_times[_rounded(milliseconds)] += times
    if latency.total:
        lowest, highest = latency.lowest * 1e3, latency.highest * 1e3
        entry.min_response_time = lowest if entry.min_response_time is None else min(entry.min_response_time, lowest)  # type: ignore[assignment]  # as above
        entry.max_response_time = max(entry.max_response_time, highest)  # type: ignore[assignment]  # as above


def _rounded(milliseconds: float) -> int:
    """Two digits, as locust keeps them."""
    if milliseconds < 100:
        return round(milliseconds)
    return round(milliseconds, -1 if milliseconds < 1000 else -2 if milliseconds < 10_000 else -3)  # type: ignore[return-value]  # whole numbers as floats


def _error(stats: Any, operation: str, words: str, number: int) -> None:
    from locust.stats import StatsError

    key = StatsError.create_key("LP", operation, words)
    entry = stats.errors.get(key)
    if entry is None:
        entry = stats.errors[key] = StatsError("LP", operation, words)
    entry.occurrences += number
