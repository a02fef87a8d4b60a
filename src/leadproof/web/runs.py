"""One run directory as the list of runs shows it: `read` makes a `ListedRun` of it, and writes nothing.

A directory may have been put there by anybody. Links are not followed, what is no plain file is not opened, and what
cannot be read is a row that says so.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

import orjson

from leadproof.core.text import visible
from leadproof.runs.evidence.files import MANIFEST, REPORT, RUN

#: States of a run: it has its report; it is being written; it was ended before it wrote one; it cannot be read.
FINISHED, RUNNING, KILLED, BROKEN = "finished", "running", "killed", "broken"
STATES = (FINISHED, RUNNING, KILLED, BROKEN)

#: Seconds since something was last written, after which a run without a report counts as killed.
SILENCE = 120.0

#: Bytes of a document that is read for the list.
_MOST = 64 * 1024 * 1024

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
        facts = _document(folder / RUN)
        report = _document(folder / REPORT) if os.path.lexists(folder / REPORT) else None
        if report is None:
            state = RUNNING if not facts.get("ended") and now - written(folder) < SILENCE else KILLED
            return ListedRun(
                key, path, state, _word(facts, "command"), subject=subject(facts, {}), started=_word(facts, "started")
            )
        return _finished(key, path, facts, report)
    except (OSError, ValueError, RecursionError) as error:
        words = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        return ListedRun(key, path, BROKEN, problem=visible(words or type(error).__name__, 300))


def plain_file(path: Path, most: int = _MOST) -> bytes:
    """The bytes of a plain file; nothing is followed and nothing is waited for.

    Raises:
        ValueError: It is none, or it is too large.
        OSError: It cannot be read.
    """
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise ValueError(f"{path.name} is no plain file")
        if status.st_size > most:
            raise ValueError(f"{path.name} is too large to be listed")
        return file.read(most + 1)


def subject(facts: Mapping[str, Any], report: Mapping[str, Any]) -> str:
    """What a run was about, the same words for the same subject: a target, a client, captured files."""
    if client := facts.get("client"):
        return str(client)
    if facts.get("mock"):
        return "the mock"
    if target := facts.get("target"):
        return str(target)
    files = report.get("files")
    listed = [str(row.get("path", "")) for row in files if isinstance(row, dict)] if isinstance(files, list) else []
    given = facts.get("arguments")
    words = listed or ([str(one) for one in given if not str(one).startswith("-")] if isinstance(given, list) else [])
    return ", ".join(words[:3]) + (f" and {len(words) - 3} more" if len(words) > 3 else "")


def _document(path: Path) -> dict[str, Any]:
    try:
        found = orjson.loads(plain_file(path))
    except ValueError as error:
        raise ValueError(f"{path.name}: {error}") from None
    if not isinstance(found, dict):
        raise ValueError(f"{path.name} is no JSON object")
    return found


def _finished(key: str, path: str, facts: Mapping[str, Any], report: Mapping[str, Any]) -> ListedRun:
    facts = {**facts, **_part(report, "run")}
    counts, clauses = _part(report, "counts"), report.get("clauses")
    failed = warnings = 0
    for row in clauses if isinstance(clauses, list) else ():
        if isinstance(row, dict) and row.get("result") == "failed":
            decides = row.get("level") == "must" and row.get("basis") != "assumed"
            failed, warnings = failed + decides, warnings + (not decides)
    load = _part(report, "latency")
    return ListedRun(
        key, path, FINISHED, str(report.get("command", "")), str(report.get("verdict", "")), subject(facts, report),
        _word(facts, "started"), _seconds(facts), _number(counts, "exchanges"), _number(counts, "findings"),
        failed, warnings, dict(_steps(load)), dict(_objectives(load)),
    )  # fmt: skip


def _steps(load: Mapping[str, Any]) -> Iterator[tuple[str, tuple[float, float]]]:
    for label, row in _part(load, "steps").items():
        values = row if isinstance(row, dict) else {}
        p50, p99 = values.get("p50"), values.get("p99")
        if isinstance(p50, int | float) and isinstance(p99, int | float):
            yield str(label), (float(p50), float(p99))


def _objectives(load: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    found = load.get("objectives")
    for row in found if isinstance(found, list) else ():
        if isinstance(row, dict):
            yield str(row.get("name", "")), str(row.get("verdict", ""))


def _seconds(facts: Mapping[str, Any]) -> float | None:
    from datetime import datetime

    try:
        started, ended = (datetime.fromisoformat(str(facts[name])) for name in ("started", "ended"))
        return max((ended - started).total_seconds(), 0.0)
    except (KeyError, ValueError, TypeError):
        return None


def written(folder: Path) -> float:
    """When something was last written into a run directory, in seconds since the epoch."""
    with os.scandir(folder) as entries:
        return max((entry.stat(follow_symlinks=False).st_mtime for entry in entries), default=0.0)


def _part(row: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = row.get(name)
    return found if isinstance(found, dict) else {}


def _word(row: Mapping[str, Any], name: str) -> str:
    found = row.get(name)
    return found if isinstance(found, str) else ""


def _number(row: Mapping[str, Any], name: str) -> int:
    found = row.get(name)
    return found if isinstance(found, int) else 0


def kept(run: ListedRun) -> str:
    """What an index keeps of the mappings of a run, as JSON."""
    return json.dumps([dict(run.latency), dict(run.objectives)])


def kept_back(text: str) -> tuple[dict[str, tuple[float, float]], dict[str, str]]:
    """The mappings of a run, from `kept`."""
    latency, objectives = json.loads(text)
    return {label: (p50, p99) for label, (p50, p99) in latency.items()}, objectives
