"""`Index`: what is known of the runs below some folders, in SQLite, so that ten thousand of them are listed at once.

The file can be thrown away at any time: it holds nothing that the run directories do not, and only those are the truth.
A run is read again when the size or time of one of its files has changed.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from leadproof.web.runs import FINISHED, RUNNING, ListedRun, directories, kept, kept_back, key_of, read

#: Of the table; another one is made anew.
_VERSION = 5

_COLUMNS = (
    "key", "path", "state", "command", "verdict", "subject", "started", "seconds", "exchanges", "findings", "failed",
    "warnings", "kept", "problem", "undecided",
)  # fmt: skip

#: Runs that are read before they are written.
_AT_ONCE = 200

#: Columns that are searched for words, how many words they are searched for, and characters of one: SQLite has limits.
_SEARCHED = ("path", "subject", "problem")
_WORDS, _LONGEST = 20, 1000


@dataclass(frozen=True, slots=True)
class Query:
    """Which runs are asked for."""

    command: str = ""
    verdict: str = ""
    state: str = ""
    subject: str = ""
    words: str = ""

    def where(self) -> tuple[str, list[str]]:
        """The condition of SQL, and what stands for its marks."""
        conditions, values = ["1"], []
        for name in ("command", "verdict", "state", "subject"):
            if wanted := getattr(self, name):
                conditions.append(f"{name} = ?")
                values.append(wanted)
        for word in self.words.split()[:_WORDS]:
            escaped = word[:_LONGEST].replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
            conditions.append("(" + " or ".join(rf"{name} like ? escape '\'" for name in _SEARCHED) + ")")
            values += [f"%{escaped}%"] * len(_SEARCHED)
        return " and ".join(conditions), values


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the index is."""

    known: int = 0
    to_read: int = 0
    #: Folder -> why it cannot be read.
    problems: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Subject:
    """What runs were about."""

    command: str
    name: str
    runs: int
    #: When the last of them began.
    last: str


class Index:
    """What is known of runs. Its methods may be called from any thread.

    Args:
        folders: Where run directories stand, absolute.
        file: Of SQLite; made if it is not there.
        clock: Seconds since the epoch.
    """

    def __init__(self, folders: Sequence[Path], file: Path, clock: Callable[[], float]) -> None:
        self.folders, self._file, self._clock = tuple(folders), file, clock
        self.progress = Progress()
        self._refreshing, self._opening = threading.Lock(), threading.Lock()
        self._local = threading.local()
        self._connection()

    def _open(self) -> sqlite3.Connection:
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not self._file.exists():
            self._throw_away()
        connection = sqlite3.connect(self._file, timeout=30)
        with contextlib.suppress(sqlite3.DatabaseError):
            if connection.execute("pragma user_version").fetchone()[0] in (0, _VERSION):
                self._tables(connection)
                return connection
        connection.close()
        self._throw_away()
        connection = sqlite3.connect(self._file, timeout=30)
        self._tables(connection)
        return connection

    def _throw_away(self) -> None:
        """Removes the file with what SQLite keeps beside it: that of another file would spoil the next one."""
        for kept_beside in ("-wal", "-shm", ""):
            Path(f"{self._file}{kept_beside}").unlink(missing_ok=True)

    def _tables(self, connection: sqlite3.Connection) -> None:
        with connection:
            connection.execute("pragma journal_mode = wal")
            connection.execute("pragma synchronous = off")  # what is lost is read again
            columns = ", ".join(f"{name} primary key" if name == "key" else name for name in _COLUMNS)
            connection.execute(f"create table if not exists runs ({columns}, stamp) without rowid")
            connection.execute("create index if not exists by_time on runs (started)")
            connection.execute("create index if not exists by_subject on runs (state, command, subject, started)")
            connection.execute(f"pragma user_version = {_VERSION}")

    def _connection(self) -> sqlite3.Connection:
        """That of this thread; another one where the file was thrown away since."""
        if getattr(self._local, "file", ()) != _identity(self._file):
            self.close()
            with self._opening:
                self._local.connection, self._local.file = self._open(), _identity(self._file)
        connection: sqlite3.Connection = self._local.connection
        return connection

    def refresh(self) -> None:
        """Reads what is new or has changed, and forgets what is gone. One thread does it at a time; another returns."""
        if not self._refreshing.acquire(blocking=False):
            return
        try:
            self._refresh()
        except (sqlite3.Error, OSError) as error:  # the disk is full, another server is busy: the next one may do it
            self.progress = replace(self.progress, problems=((str(self._file), str(error)),))
            if type(error) is sqlite3.DatabaseError:  # it is no index any more
                self._throw_away()
        finally:
            self._refreshing.release()

    def _refresh(self) -> None:
        connection = self._connection()
        known: dict[str, tuple[str, str]] = {
            key: (stamp, state) for key, stamp, state in connection.execute("select key, stamp, state from runs")
        }
        found: dict[str, tuple[Path, str]] = {}
        problems = []
        for folder in self.folders:
            try:
                found.update((key_of(path), (path, stamp)) for path, stamp in directories(folder))
            except OSError as error:
                problems.append((str(folder), error.strerror or str(error)))
        # One that was running may have been killed since, which changes nothing in it.
        to_read = [
            key for key, (_, stamp) in found.items() if key not in known or known[key] != (stamp, known[key][1])
            or known[key][1] == RUNNING
        ]  # fmt: skip
        self.progress = Progress(len(found), len(to_read), tuple(problems))
        with connection:
            connection.executemany("delete from runs where key = ?", [(key,) for key in known.keys() - found.keys()])
        marks = ", ".join("?" * (len(_COLUMNS) + 1))
        for at in range(0, len(to_read), _AT_ONCE):
            part = to_read[at : at + _AT_ONCE]
            rows = [(*_row(read(found[key][0], self._clock())), found[key][1]) for key in part]
            with connection:
                connection.executemany(f"insert or replace into runs values ({marks})", rows)
            self.progress = Progress(len(found), len(to_read) - at - len(part), tuple(problems))

    # ---- what is asked -----------------------------------------------------------------------------------------------

    def runs(self, query: Query, *, limit: int, offset: int = 0) -> list[ListedRun]:
        """Runs, the newest first."""
        where, values = query.where()
        rows = self._connection().execute(
            f"select {', '.join(_COLUMNS)} from runs where {where} order by started desc, key limit ? offset ?",
            [*values, limit, offset],
        )
        return [_listed(row) for row in rows]

    def count(self, query: Query) -> int:
        """How many runs are asked for."""
        where, values = query.where()
        return int(self._connection().execute(f"select count(*) from runs where {where}", values).fetchone()[0])

    def run(self, key: str) -> ListedRun | None:
        """A run by what stands for it in addresses."""
        row = self._connection().execute(f"select {', '.join(_COLUMNS)} from runs where key = ?", [key]).fetchone()
        return _listed(row) if row else None

    def before(self, run: ListedRun) -> ListedRun | None:
        """The last finished run of the same command and subject that began before one."""
        rows = self._connection().execute(
            f"select {', '.join(_COLUMNS)} from runs where state = ? and command = ? and subject = ? and started < ?"
            " order by started desc limit 1",
            [FINISHED, run.command, run.subject, run.started],
        )
        return next((_listed(row) for row in rows), None)

    def subjects(self, words: str, *, limit: int) -> list[Subject]:
        """What finished runs were about, what was tested last first.

        Args:
            words: Have to stand in it.
            limit: How many are listed.
        """
        where, values = Query(state=FINISHED, words=words).where()
        rows = self._connection().execute(
            f"select command, subject, count(*), max(started) from runs where {where} group by command, subject"
            " order by 4 desc limit ?",
            [*values, limit],
        )
        return [Subject(*row) for row in rows]

    def values(self, column: str) -> Mapping[str, int]:
        """What stands in a column, and how often.

        Args:
            column: Such as "command".
        """
        assert column in _COLUMNS
        rows = self._connection().execute(
            f"select {column}, count(*) from runs where {column} != '' group by {column} order by 2 desc, 1"
        )
        return dict(rows.fetchall())

    def close(self) -> None:
        """Closes the connection of this thread."""
        if hasattr(self._local, "connection"):
            self._local.connection.close()
            del self._local.connection, self._local.file


def _identity(file: Path) -> tuple[int, int] | None:
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _row(run: ListedRun) -> Iterator[Any]:
    for name in _COLUMNS:
        value = kept(run) if name == "kept" else getattr(run, name)
        # SQLite takes no surrogates, which JSON can name and names of files are read with.
        yield value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value


def _listed(row: Sequence[Any]) -> ListedRun:
    values = dict(zip(_COLUMNS, row, strict=True))
    latency, objectives = kept_back(values.pop("kept"))
    return ListedRun(**values, latency=latency, objectives=objectives)
