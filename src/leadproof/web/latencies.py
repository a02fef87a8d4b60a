"""The latency of two runs, one against the other, by the rule of `leadproof load --baseline`."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from leadproof.core.errors import InputError
from leadproof.core.histogram import Histogram
from leadproof.core.text import seconds
from leadproof.load import latency
from leadproof.load.rebuilding import histograms
from leadproof.runs.evidence.tailing import parsed
from leadproof.runs.formats.parts import Row
from leadproof.web import contents
from leadproof.web.runs import ListedRun, plain_file

#: Where a load run keeps what it measured.
FILE = "latency.json"

#: Verdicts on a percentile, in the order in which they are told.
VERDICTS = ("worse", "better", "same", "too few samples")

#: Percentiles that a sentence tells with their figures.
_TOLD = 6


@dataclass(frozen=True, slots=True)
class LatencyChange:
    """What became of the latency between two runs."""

    #: Step -> figure, such as p99 -> one of `VERDICTS`.
    verdicts: Mapping[str, Mapping[str, str]]
    #: Verdict -> the percentiles with it in words, and how many more there are.
    told: Mapping[str, tuple[Sequence[str], int]]
    #: Beyond what a difference counts.
    bound: str


def changed(earlier: ListedRun, later: ListedRun) -> LatencyChange | None:
    """What became of each step and percentile that both runs measured; None where one has kept no histograms."""
    before, now = (_measured(run) for run in (earlier, later))
    if before is None or now is None:
        return None
    steps = {name: Histogram.read(step["latency"]) for name, step in now["steps"].items()}
    rows = latency.steps_compared(steps, before)
    if not rows:
        return None
    verdicts: dict[str, dict[str, str]] = {}
    for row in rows:
        verdicts.setdefault(row["step"], {})[row["figure"]] = row["verdict"]
    return LatencyChange(verdicts, {name: _told(rows, name) for name in VERDICTS}, rows[0]["bound"])


def _measured(run: ListedRun) -> Mapping[str, Any] | None:
    """The histograms of a run; of one that was ended early, those that its rows come to. None where it has none."""
    folder = Path(run.path)
    try:
        if os.path.lexists(folder / FILE):
            return latency.baseline(parsed(plain_file(folder / FILE)))
        return None if run.command != "load" or contents.not_rebuilt(folder) else histograms(folder)
    except (OSError, ValueError, RecursionError, InputError):
        return None  # the page says that nothing is said, and shows the rest


def _told(rows: Sequence[Row], verdict: str) -> tuple[list[str], int]:
    found = [row for row in rows if row["verdict"] == verdict]
    found.sort(key=_size, reverse=True)
    return [_words(row) for row in found[:_TOLD]], len(found[_TOLD:])


def _size(row: Row) -> float:
    """How much a percentile has changed, whichever way; 0 where that cannot be told."""
    before, now = row["before"], row["now"]
    return max(before / now, now / before) if before and now else 0.0


def _words(row: Row) -> str:
    name = f"{row['step']} {row['figure']}"
    return f"{name} {seconds(row['before'])} → {seconds(row['now'])}" if row["verdict"] != "too few samples" else name
