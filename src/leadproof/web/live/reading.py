"""`LiveReader`: a load run read from its directory as it is written, and how far it is."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from leadproof.core.errors import InputError
from leadproof.load.measures import Measures
from leadproof.load.rebuilding import read_on
from leadproof.load.story import LoadRun
from leadproof.runs.evidence.files import REPORT, RUN
from leadproof.runs.evidence.holding import is_held
from leadproof.runs.evidence.results import STEM, RowReader, reporting_bad_rows
from leadproof.runs.evidence.tailing import Tail, parsed
from leadproof.runs.results import ResultRow, Row
from leadproof.web.runs import BROKEN, FINISHED, SILENCE, ListedRun, plain_file, read, written

#: Bytes that are read before the reader is looked at: what was written before it began is taken in pieces.
_PIECE = 4 * 1024 * 1024

#: Notes of a run that say how far it is.
_TOLD = ("job", "frame", "stage")

#: Stages of a run: no load yet; the load is on; what follows it (leads are looked up, the report is written); its
#: report is there; it was ended before that.
STARTING, ON, AFTER, OVER, KILLED = "starting", "on", "after", "over", "killed"


class LiveReader:
    """Reads a run directory; nothing is written into it.

    Args:
        path: The run directory.
        clock: Seconds since the epoch.
    """

    def __init__(self, path: Path, clock: Callable[[], float]) -> None:
        self._path, self._clock = path, clock
        self._tail, self._rows = Tail(path, STEM), RowReader()
        self._fail_on = ""
        self._mark = _mark(path)
        self._held = is_held(path)
        self.listed: ListedRun = read(path, clock())
        #: None before its first row.
        self.run: LoadRun | None = None
        #: Exchanges that every clause judged, and in how many of them a clause failed.
        self.judged = 0
        self.violated: Counter[str] = Counter()
        #: Seconds of the load that are told.
        self.elapsed = 0.0
        #: When a row was last read, in seconds since the epoch.
        self.heard = min(written(path), clock())

    @property
    def stage(self) -> str:
        """One of the stages above."""
        if self.listed.state == FINISHED:
            return OVER
        if self.listed.state == BROKEN or not (self.quiet < SILENCE if self._held is None else self._held):
            return KILLED
        if self.run is None or not self.run.measures.slices:
            return STARTING
        return AFTER if self.run.ended or self.elapsed >= self.run.job.scenario.duration else ON

    @property
    def quiet(self) -> float:
        """Seconds since something was heard of the run."""
        return max(self._clock() - self.heard, 0.0)

    def read(self) -> bool:
        """Takes in what was written since, a piece of it; is there more at hand?

        Raises:
            InputError: A line is not what leadproof writes, or a file is not what it should be.
        """
        self._held = is_held(self._path)  # before the report: whoever writes it lets go after it
        # Before the rows: where the report is there, all of them are.
        if (mark := _mark(self._path)) != self._mark:
            self._mark, self.listed = mark, read(self._path, self._clock())
        number = 0
        with reporting_bad_rows(self._path):
            try:
                for line in self._tail.lines(_PIECE):
                    number += 1
                    if (row := self._rows.read(line)) is not None:
                        self._take(row)
            except OverflowError as error:  # JSON as Python reads it has infinities
                raise ValueError(error) from None
        if number:
            self.heard = self._clock()
        return number > 0

    @property
    def written(self) -> float:
        """When the run was last written, in seconds since the epoch."""
        return min(written(self._path), self._clock())

    def close(self) -> None:
        """Reads no more."""
        self._tail.close()

    def _take(self, row: Row) -> None:
        if isinstance(row, ResultRow):  # a report asks more of them than a page that shows their number
            self.judged += row.times
            for clause, _ in row.decisions.failed:
                self.violated[clause] += row.times
            return
        if self.run is not None and row.name == "interrupted":
            self.run.interrupted = True
        if self.run is not None and row.name == "latency" and isinstance(row.value, Mapping):
            self.run.stopped = str(row.value.get("stopped") or self.run.stopped)  # no row before it says why
        if row.name not in _TOLD:
            return
        run = read_on(self.run, row, self._fail_on or self._read_fail_on())
        if run is None:
            raise InputError(f"{self._path} has no result rows of a load", hint="was it written by an older version?")
        if row.name == "job":
            run.measures = Measures.coarse()
        self.run = run
        if row.name == "frame" and row.value.get("fold"):
            # The middle of its second.
            self.elapsed = max(self.elapsed, float(row.value["fold"]["second"]) + 0.5)

    def _read_fail_on(self) -> str:
        try:
            self._fail_on = str(parsed(plain_file(self._path / RUN)).get("fail_on") or "must")
        except (OSError, ValueError, AttributeError, RecursionError) as error:
            raise InputError(f"{self._path / RUN} cannot be read: {error}") from None
        return self._fail_on


def _mark(path: Path) -> list[tuple[int, int]]:
    """What changes when the run is listed otherwise: reading it costs a hundred times as much."""
    found = []
    for name in (RUN, REPORT):
        with suppress(OSError):
            status = os.lstat(path / name)
            found.append((status.st_size, status.st_mtime_ns))
    return found
