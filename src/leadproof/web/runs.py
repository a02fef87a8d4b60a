"""One run directory as the list of runs shows it: `read` makes a `ListedRun` of it, and writes nothing.

A directory may have been put there by anybody. Links are not followed, what is no plain file is not opened, and what
cannot be read is a row that says so.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import TypeVar

from msgspec.structs import asdict

from leadproof.core.text import count, visible
from leadproof.runs.evidence.files import MANIFEST, REPORT, RUN, open_plain
from leadproof.runs.evidence.holding import is_held
from leadproof.runs.formats import results
from leadproof.web import excerpt

T = TypeVar("T")

#: States of a run: it has its report; it is being written; it was ended before it wrote one; it cannot be read.
FINISHED, RUNNING, KILLED, BROKEN = "finished", "running", "killed", "broken"
STATES = (FINISHED, RUNNING, KILLED, BROKEN)

#: Seconds since something was last written, after which a run without a report counts as killed where nobody can tell
#: whether a process writes into it.
SILENCE = 120.0

#: Bytes of a document that is read.
MOST = 64 * 1024 * 1024

#: Files of a run by which a change is noticed.
_WITNESSES = (RUN, REPORT, MANIFEST, "rows.ndjson", "exchanges.ndjson")


@dataclass(frozen=True, slots=True)
class ListedRun:
    """A run as it is listed."""

    #: Stands for the directory in addresses.
    key: str
    path: str
    state: str
    command: str = ""
    verdict: str = ""
    subject: str = ""
    #: UTC, ISO 8601.
    started: str = ""
    #: None of a run that has not ended.
    seconds: float | None = None
    exchanges: int = 0
    findings: int = 0
    #: Requirements that failed and that decide, and the others.
    failed: int = 0
    warnings: int = 0
    #: Of a run with load: label -> p50 and p99 in seconds.
    latency: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    #: Of a run with load: objective -> verdict.
    objectives: Mapping[str, str] = field(default_factory=dict)
    #: Why it cannot be read.
    problem: str = ""
    #: Why its load has no verdict.
    undecided: str = ""

    @property
    def name(self) -> str:
        """The name of the directory."""
        return os.path.basename(self.path)


def key_of(path: Path) -> str:
    """What stands for a run directory in addresses: of its absolute path, so that no path comes from outside."""
    return blake2b(os.fsencode(path), digest_size=9).hexdigest()


def directories(folder: Path) -> Iterator[tuple[Path, str]]:
    """The run directories right below a folder, or the folder itself if it is one; and the stamp of each, which changes
    when something in it does.

    Raises:
        OSError: The folder cannot be read.
    """
    if own := stamp(folder):
        yield folder, own
        return
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False) and (found := stamp(entry.path)):
                yield Path(entry.path), found


def stamp(folder: Path | str) -> str:
    """Sizes and times of the files that tell what became of a run; "" where there is no `run.json`."""
    parts = []
    for name in _WITNESSES:
        try:
            status = os.lstat(f"{folder}{os.sep}{name}")
        except (OSError, ValueError):
            if name == RUN:
                return ""
            continue
        parts.append(f"{status.st_size}.{status.st_mtime_ns}")
    return " ".join(parts)


def read(folder: Path, now: float) -> ListedRun:
    """A run directory.

    Args:
        folder: It.
        now: Seconds since the epoch.
    """
    key, path = key_of(folder), str(folder)
    if not path.isprintable():
        return ListedRun(key, path, BROKEN, problem="its name has characters that cannot be shown")
    try:
        facts = _named(RUN, excerpt.facts, plain_file(folder / RUN))
        if not os.path.lexists(folder / REPORT):
            state = RUNNING if is_written(folder, now, ended=bool(facts.ended)) else KILLED
            if state == RUNNING or not os.path.lexists(folder / REPORT):  # it may have come since
                return ListedRun(
                    key, path, state, facts.command, subject=subject(facts, ()), started=facts.started or ""
                )  # fmt: skip
        return _finished(key, path, facts, _named(REPORT, excerpt.report, plain_file(folder / REPORT)))
    except (OSError, ValueError, RecursionError) as error:
        words = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        return ListedRun(key, path, BROKEN, problem=visible(words or type(error).__name__, 300))


def is_written(folder: Path, now: float, *, ended: bool = False) -> bool:
    """Does a process write into a run directory? Where nobody can tell, one did in the last two minutes.

    Args:
        folder: It.
        now: Seconds since the epoch.
        ended: Does the run say that it has ended? Its reports are written after that.
    """
    held = is_held(folder)
    return not ended and now - written(folder) < SILENCE if held is None else held


def plain_file(path: Path, most: int = MOST) -> bytes:
    """The bytes of a plain file; nothing is followed and nothing is waited for.

    Raises:
        ValueError: It is none, or it is too large.
        OSError: It cannot be read.
    """
    with open_plain(path) as file:
        if os.fstat(file.fileno()).st_size > most:
            raise ValueError(f"{path.name} is too large to be read")
        return file.read(most + 1)


def subject(facts: excerpt.FactsExcerpt, files: Sequence[excerpt.FileExcerpt]) -> str:
    """What a run was about, the same words for the same subject: a target, a client, captured files."""
    if named := facts.subject or facts.client:
        return named
    if facts.mock:
        return "the mock"
    if facts.target:
        return facts.target
    words = [row.path for row in files] or [one for one in facts.arguments or () if one == "-" or one[:1] != "-"]
    words = ["standard input" if one == "-" else one for one in words]
    return ", ".join(words[:3]) + (f" and {len(words) - 3} more" if len(words) > 3 else "")


def _named(name: str, decode: Callable[[bytes], T], data: bytes) -> T:
    try:
        return decode(data)
    except ValueError as error:
        raise ValueError(f"{name} {error}") from None


def _finished(key: str, path: str, facts: excerpt.FactsExcerpt, report: excerpt.ReportExcerpt) -> ListedRun:
    own = report.run if report.run.started else facts
    failed, warnings = _counts(report)
    steps = {
        label: (row.latency.p50, row.latency.p99) for label, row in report.latency.steps.items()
        if row.latency.p50 is not None and row.latency.p99 is not None
    }  # fmt: skip
    about = _with_load(subject(own, report.files), report)
    return ListedRun(
        key, path, FINISHED, report.command, report.verdict, about, own.started or "",
        _seconds(own), report.counts.exchanges, report.counts.findings, failed, warnings, steps,
        {row.name: row.verdict for row in report.latency.objectives}, undecided=_undecided(report),
    )  # fmt: skip


def _counts(report: excerpt.ReportExcerpt) -> tuple[int, int]:
    """Clauses that fail the run, and those with a warning, as the page of the run counts them."""
    clauses = {row.id: asdict(row) for row in report.clauses if row.result == "failed"}
    findings = [asdict(row) for row in report.findings] if clauses else []
    failures = results.failures(report.verdict, findings, clauses)
    came_to = Counter(results.shown(clauses, findings, failures).values())
    return came_to["failed"], came_to["warning"]


def _undecided(report: excerpt.ReportExcerpt) -> str:
    """Why the load of an inconclusive run has no verdict; "" where it has one, and of other commands."""
    if report.command != "load" or report.verdict != "inconclusive":
        return ""
    reasons = [report.latency.nothing, *(row.reason for row in report.latency.objectives)]
    return visible(next(filter(None, reasons), ""), 300)


def _with_load(words: str, report: excerpt.ReportExcerpt) -> str:
    """The subject of a load has what was put on it: others cannot be compared with it."""
    scenario = report.latency.scenario
    if report.command != "load" or not scenario.name:
        return words
    closed = report.latency.model == "closed"
    rate = count(report.latency.users, "user") if closed else f"{scenario.rate:g}/s"
    shape = "" if closed or scenario.shape in ("", "constant") else f" {scenario.shape}"
    return f"{words}, {scenario.name} {rate}{shape}"


def _seconds(facts: excerpt.FactsExcerpt) -> float | None:
    try:
        started, ended = (datetime.fromisoformat(one or "") for one in (facts.started, facts.ended))
        return max((ended - started).total_seconds(), 0.0)
    except (ValueError, TypeError):  # TypeError: only one of the two knows its offset
        return None


def written(folder: Path) -> float:
    """When something was last written into a run directory, in seconds since the epoch."""
    newest = 0.0
    with os.scandir(folder) as entries:
        for entry in entries:
            with contextlib.suppress(FileNotFoundError):  # what is written whole has another name until it is
                newest = max(newest, entry.stat(follow_symlinks=False).st_mtime)
    return newest


def kept(run: ListedRun) -> str:
    """What an index keeps of the mappings of a run, as JSON."""
    return json.dumps([dict(run.latency), dict(run.objectives)])


def kept_back(text: str) -> tuple[dict[str, tuple[float, float]], dict[str, str]]:
    """The mappings of a run, from `kept`."""
    latency, objectives = json.loads(text)
    return {label: (p50, p99) for label, (p50, p99) in latency.items()}, objectives
