"""Result rows in the run directory: `rows.ndjson`, appended as a run goes on, rotated and compressed, and read back.

What many rows have in common is written once and named by a number from then on, and exchanges of which nothing has to
be said are counted in one line, so that most exchanges take a few bytes. The lines::

    {"decisions": 3, "is": {…}}     what an exchange may have come to; "finding" and "observation" likewise
    {"row": 3, "times": 250, "us": 81234}                250 exchanges that came to number 3, in so many microseconds
    {"row": 3, "us": 310, "n": 17, "findings": [[0]]}    exchange 17 of exchanges.ndjson, with finding 0
    {"note": "gap", "is": "…"}                           something about the run

The file is rotated as `series` says.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from leadproof.core.errors import InputError
from leadproof.core.findings import Finding, Observation, shape
from leadproof.judge import Decisions
from leadproof.runs.evidence.series import ROTATE, Series, all_lines, parts
from leadproof.runs.results import Note, ResultRow, Row, SeenFinding

#: Exchanges that are counted before their line is written.
_WAITING = 256

#: Things of one kind that have a number at the same time; the oldest gives its number away.
_NUMBERS = 16_384

#: Name of the series.
STEM = "rows"

T = TypeVar("T", Finding, Observation)


class _Numbers:
    """Which number stands for what."""

    def __init__(self) -> None:
        self._numbers: dict[Hashable, int] = {}
        self._keys: list[Hashable] = []
        self._next = 0

    def get(self, key: Hashable) -> tuple[int, bool]:
        """The number of a key, and whether it is new."""
        number = self._numbers.get(key)
        if number is not None:
            return number, False
        number = self._next % _NUMBERS
        self._next += 1
        if number < len(self._keys):
            del self._numbers[self._keys[number]]
            self._keys[number] = key
        else:
            self._keys.append(key)
        self._numbers[key] = number
        return number, True


class RowWriter:
    """Appends rows to a run directory.

    Args:
        folder: The run directory.
        rotate: Bytes of a file.
    """

    def __init__(self, folder: Path, rotate: int = ROTATE) -> None:
        self._decisions, self._findings, self._observations = _Numbers(), _Numbers(), _Numbers()
        #: Decisions by their identity, exchanges and microseconds: most decisions are shared.
        self._waiting: dict[int, tuple[Decisions, list[int]]] = {}
        self._exchanges = 0
        self._lines = Series(folder, STEM, rotate)

    def append(self, row: Row) -> None:
        """Append a row, or count it.

        Raises:
            EvidenceError: The disk does not take it.
        """
        if isinstance(row, Note):
            self.flush()
            self._lines.append({"note": row.name, "is": row.value})
            return
        if not row.remarkable:
            counts = self._waiting.setdefault(id(row.decisions), (row.decisions, [0, 0]))[1]
            counts[0] += row.times
            counts[1] += row.microseconds
            self._exchanges += row.times
            if self._exchanges >= _WAITING:
                self.flush()
            return
        line: dict[str, Any] = {"row": self._number_of(row.decisions)}
        if row.times != 1:
            line["times"] = row.times
        if row.microseconds:
            line["us"] = row.microseconds
        if row.exchange is not None:
            line["n"] = row.exchange
        if row.other is not None:
            line["with"] = row.other
        if row.findings:
            line["findings"] = [self._finding(seen) for seen in row.findings]
        if row.observations:
            line["observations"] = [self._observation(seen) for seen in row.observations]
        if row.exercised:
            line["exercised"] = [list(pair) for pair in row.exercised]
        self._lines.append(line)

    def flush(self) -> None:
        """Write what was counted, and the file if there is none: a run without exchanges has rows as well.

        Raises:
            EvidenceError: The disk does not take it.
        """
        self._lines.open()
        waiting, self._waiting, self._exchanges = self._waiting, {}, 0
        for decisions, (times, microseconds) in waiting.values():
            line = {"row": self._number_of(decisions)}
            if times != 1:
                line["times"] = times
            if microseconds:
                line["us"] = microseconds
            self._lines.append(line)

    def close(self) -> None:
        """Write what was counted; nothing more comes."""
        try:
            if self._waiting:
                self.flush()
        finally:
            self._lines.close()

    def _number_of(self, decisions: Decisions) -> int:
        number, new = self._decisions.get(decisions)
        if new:
            self._lines.append({"decisions": number, "is": decisions.row()})
        return number

    def _finding(self, seen: SeenFinding) -> list[Any]:
        # A finding without evidence is another look at one that is known: where exactly it was does not count.
        number, new = self._findings.get(seen.finding if seen.evidence else seen.finding.same_as())
        if new:
            self._lines.append({"finding": number, "is": _members(seen.finding)})
        return [number, dict(seen.evidence), seen.size] if seen.evidence else [number]

    def _observation(self, seen: Observation) -> int:
        number, new = self._observations.get((seen.kind, seen.operation, shape(seen.pointer), seen.message))
        if new:
            self._lines.append({"observation": number, "is": _members(seen)})
        return number


def _members(found: Finding | Observation) -> dict[str, str]:
    return {name: value for name in found.__dataclass_fields__ if (value := getattr(found, name))}


# ---- reading ---------------------------------------------------------------------------------------------------------


def has_rows(folder: Path) -> bool:
    """Is it a run directory with result rows?"""
    return bool(parts(folder, STEM))


def read_rows(folder: Path) -> Iterator[Row]:
    """The rows of a run directory, in the order written.

    Raises:
        InputError: A file cannot be read, or a line but the last is not what leadproof writes.
    """
    reader = RowReader()
    with reporting_bad_rows(folder):
        for line in all_lines(folder, STEM):
            if (row := reader.read(line)) is not None:
                yield row


class RowReader:
    """Makes rows of the lines of a series, which come in the order written."""

    def __init__(self) -> None:
        self._decisions: dict[int, Decisions] = {}
        self._findings: dict[int, Finding] = {}
        self._observations: dict[int, Observation] = {}

    def read(self, line: Mapping[str, Any]) -> Row | None:
        """The row of a line; None of one that says what a number stands for. Call it within `reporting_bad_rows`."""
        if "row" in line:
            return self._row(line)
        if "decisions" in line:
            self._decisions[line["decisions"]] = Decisions.of(line["is"])
        elif "finding" in line:
            self._findings[line["finding"]] = _made(Finding, line["is"])
        elif "observation" in line:
            self._observations[line["observation"]] = _made(Observation, line["is"])
        else:
            return Note(str(line["note"]), line["is"])
        return None

    def _row(self, line: Mapping[str, Any]) -> ResultRow:
        return ResultRow(
            self._decisions[line["row"]],
            int(line.get("times", 1)),
            int(line.get("us", 0)),
            _number(line.get("n")),
            _number(line.get("with")),
            tuple(SeenFinding(self._findings[one[0]], *one[1:]) for one in line.get("findings", ())),
            tuple(self._observations[one] for one in line.get("observations", ())),
            tuple((str(dimension), str(item)) for dimension, item in line.get("exercised", ())),
        )


def _number(value: Any) -> int | None:
    return None if value is None else int(value)


def _made(kind: type[T], members: Mapping[str, Any]) -> T:
    return kind(**{name: str(members.get(name, "")) for name in kind.__dataclass_fields__})


@contextmanager
def reporting_bad_rows(folder: Path) -> Iterator[None]:
    """Inside, a row that is not as leadproof writes it ends in a message."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError) as error:
        raise InputError(
            f"{folder}: a line is not what leadproof writes ({type(error).__name__}: {error})",
            hint="was a file changed? leadproof verify tells",
        ) from None
