"""`Run`: one run directory, from the first exchange to the manifest."""

from __future__ import annotations

import ipaddress
import os
import platform
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from leadproof import __version__
from leadproof.core import resources
from leadproof.core.errors import UsageError
from leadproof.core.exchange import Exchange
from leadproof.core.findings import Finding, Observation
from leadproof.redact import Redactor
from leadproof.runs.evidence.files import (
    EXCHANGES,
    FINDINGS,
    RUN,
    EvidenceError,
    document,
    failed,
    hashes,
    overwrite,
    write,
)
from leadproof.runs.evidence.holding import Hold
from leadproof.runs.evidence.manifest import write_manifest
from leadproof.runs.evidence.rendering import write_reports
from leadproof.runs.evidence.results import RowWriter, reporting_bad_rows
from leadproof.runs.evidence.rows import exchange_row
from leadproof.runs.evidence.series import ROTATE, Series, all_lines
from leadproof.runs.results import Row


def utc_now() -> datetime:
    """The time of day; the clock of a run unless a test gives another one."""
    return datetime.now(UTC)


def random_id() -> str:
    """Four hexadecimal digits that keep two runs of the same second apart."""
    return os.urandom(2).hex()


class Run:
    """One run directory, open for writing. A context manager; made by `Run.open`."""

    def __init__(
        self,
        path: Path,
        facts: dict[str, Any],
        redactor: Redactor,
        clock: Callable[[], datetime],
        rotate: int = ROTATE,
    ) -> None:
        self.path = path
        self._hold = Hold(path)  # before run.json is there, by which others know a run directory
        self._redactor = redactor
        self._exchanges, self._findings = Series(path, EXCHANGES, rotate), Series(path, FINDINGS, rotate)
        self._exchanges.open()
        self._findings.open()
        self._rows = RowWriter(path, rotate)
        #: The highest number of an exchange so far.
        self.kept = 0
        self._facts = facts
        self._clock = clock
        self._closed = False

    @classmethod
    def open(
        cls,
        out: Path,
        command: str,
        *,
        redactor: Redactor,
        seed: int | None = None,
        target: str = "",
        arguments: Sequence[str] = (),
        facts: Mapping[str, Any] | None = None,
        clock: Callable[[], datetime] = utc_now,
        new_id: Callable[[], str] = random_id,
        rotate: int = ROTATE,
    ) -> Run:
        """Make the directory and write what is known at the start.

        Args:
            out: Where run directories stand; made if it is not there.
            command: The name of the command, such as `certify`.
            redactor: What everything passes through before it is written.
            seed: The seed that repeats the run.
            target: Base URL; "" if nothing is sent.
            arguments: The command line after the command's name.
            facts: More of what `run.json` should say (readings, profile …); redacted.
            clock: The time of day, with a time zone.
            new_id: A short random word for the run id.
            rotate: Bytes of a file of lines before it is compressed and the next one begins.

        Raises:
            EvidenceError: The directory cannot be made or written.
        """
        started = clock()
        path = _new_directory(out, started, new_id)
        known = {
            "id": path.name,
            "tool": f"leadproof {__version__}",
            "command": command,
            "arguments": [redactor.text(argument) for argument in arguments],
            "python": f"{platform.python_implementation()} {platform.python_version()}",
            "platform": f"{platform.system()} {platform.machine()}",
            "seed": seed,
            "target": redactor.url(target),
            "target_class": target_class(target),
            "specs": spec_hashes(),
            "started": _stamp(started),
            "ended": None,
            **redactor.data(dict(facts or {})),
        }
        run = cls(path, known, redactor, clock, rotate)
        run._write_facts()
        return run

    @property
    def id(self) -> str:
        """The name of the run and of its directory."""
        return self.path.name

    def exchange(self, exchange: Exchange, number: int | None = None) -> int:
        """Redact an exchange and append it; its number in the run, from 1.

        Args:
            exchange: Raw.
            number: Its number, where somebody else counts; else it is the next one.

        Raises:
            EvidenceError: The disk does not take it.
        """
        redacted = self._redactor.exchange(exchange)
        self.kept = self.kept + 1 if number is None else number
        self._exchanges.append(exchange_row(self.kept, redacted, original=exchange))
        return self.kept

    def finding(self, found: Finding | Observation, number: int | None = None) -> None:
        """Redact a finding or an observation and append it.

        Args:
            found: What was found.
            number: Of the exchange that it is about.

        Raises:
            EvidenceError: The disk does not take it.
        """
        redacted: Finding | Observation
        if isinstance(found, Finding):
            what, redacted = "finding", self._redactor.finding(found)
        else:
            what, redacted = "observation", self._redactor.observation(found)
        row = {name: getattr(redacted, name) for name in redacted.__dataclass_fields__}
        self._findings.append({"n": number, "what": what, **row})

    def row(self, row: Row) -> None:
        """Append a result row, which is redacted.

        Raises:
            EvidenceError: The disk does not take it.
        """
        self._rows.append(row)

    def flush(self) -> None:
        """Write the rows that were only counted.

        Raises:
            EvidenceError: The disk does not take them.
        """
        self._rows.flush()

    def add_facts(self, **facts: Any) -> None:
        """More of what `run.json` should say, known in the course of the run; redacted."""
        self._facts |= self._redactor.data(facts)

    def take_over(self, folder: Path) -> int:
        """Append what a run that is over has kept, as redacted as it is, under numbers that follow on.

        Returns:
            What was added to the numbers of its exchanges.

        Raises:
            InputError: It cannot be read.
            EvidenceError: The disk does not take it.
        """
        offset = self.kept
        with reporting_bad_rows(folder):
            for row in all_lines(folder, EXCHANGES):
                self.kept = max(self.kept, offset + int(row["n"]))
                self._exchanges.append({**row, "n": offset + int(row["n"])})
            for row in all_lines(folder, FINDINGS):
                self._findings.append({**row, "n": row["n"] and row["n"] + offset})
        return offset

    def end(self) -> dict[str, Any]:
        """Stamp the end of the run, once, and give its facts: the `run` member of a report."""
        if self._facts["ended"] is None:
            self._facts["ended"] = _stamp(self._clock())
            self._write_facts()
        return dict(self._facts)

    def add_file(self, name: str, content: bytes | str) -> Path:
        """Write another file of the run (a histogram, a HAR), whole or not at all. The caller has it redacted.

        Raises:
            EvidenceError: The disk does not take it.
        """
        if self._closed:
            raise UsageError(f"run {self.id} is closed", hint="Write what belongs to a run before it is closed.")
        path = self.path / name
        write(path, content.encode("utf-8", "backslashreplace") if isinstance(content, str) else content)
        return path

    def write_reports(self, report: Mapping[str, Any], formats: Collection[str] = ()) -> dict[str, Path]:
        """Render a report into files of the run, then the manifest.

        Args:
            report: The `leadproof.report/2` dict, made of redacted evidence.
            formats: Of `reports.FORMATS`; all of `reports.RENDERERS` by default. The JSON is always written.

        Returns:
            The path of each format.

        Raises:
            UsageError: A format that does not exist.
            EvidenceError: The disk does not take it.
        """
        self.end()
        paths = write_reports(self.path, report, formats)
        self._write_manifest()
        return paths

    def fail(self, error: EvidenceError) -> None:
        """Note that the disk took no more, as far as it takes the note: the report of such a run is no other's."""
        self._facts["failed"] = self._redactor.text(error.message)
        overwrite(self.path / RUN, document(self._facts))

    def close(self) -> None:
        """End the run and write its manifest. Closing twice does nothing."""
        if self._closed:
            return
        lines = (self._rows, self._exchanges, self._findings)
        with ExitStack() as stack:  # on a full disk, too, all is let go
            for part in (self._hold, *lines):
                stack.callback(part.close)
            self.end()
            for part in lines:
                part.close()
            self._write_manifest()
        self._closed = True

    def __enter__(self) -> Run:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, EvidenceError):
            self.fail(error)
        try:
            self.close()
        except EvidenceError:
            # On a full disk the first error is the one to hear of.
            if error is None:
                raise

    def _write_facts(self) -> None:
        write(self.path / RUN, document(self._facts))

    def _write_manifest(self) -> None:
        write_manifest(self.path)


def target_class(url: str) -> str:
    """ "loopback" or "remote"; "" for no URL."""
    if not url:
        return ""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return "remote"
    if host == "localhost" or host.endswith(".localhost"):
        return "loopback"
    try:
        return "loopback" if ipaddress.ip_address(host).is_loopback else "remote"
    except ValueError:
        return "remote"


def spec_hashes() -> dict[str, str]:
    """SHA-256 of every specification file, by its path below `specs`."""
    return hashes(resources.path("specs"))


def _new_directory(out: Path, started: datetime, new_id: Callable[[], str]) -> Path:
    stamp = started.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    try:
        out.mkdir(parents=True, exist_ok=True)
        for _ in range(20):
            path = out / f"{stamp}-{new_id()}"
            try:
                path.mkdir()
            except FileExistsError:
                continue
            return path
    except OSError as error:
        raise failed(out, error) from error
    raise EvidenceError(f"{out}: no free name for run {stamp}", hint="Give another directory with --out.")


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
