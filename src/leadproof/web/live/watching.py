"""`Watchers`: one reader for each run that somebody looks at, in a thread of its own, whatever their number.

A watcher reads and renders every two seconds and keeps the newest only: who looks takes what is newer than what they
have, so a slow browser skips and holds nothing up. It ends when nobody has looked for a while.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from markupsafe import Markup

from leadproof.core.errors import LeadproofError
from leadproof.web.live.parts import Rendering
from leadproof.web.live.reading import KILLED, OVER, LiveReader

#: Runs that are watched at the same time, and browsers that are sent what is new.
RUNS, BROWSERS = 8, 32

#: Seconds between two looks at the files, and those between two renderings where nothing is new. Beside a load, to wake
#: up costs as much as to read what came in a second.
_LOOK, _SELDOM = 1.9, 5.0

#: Seconds after which a run is watched no more at which nobody looks.
_UNSEEN = 20.0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A page as it is: each part with the version that it came with."""

    version: int = 0
    parts: Mapping[str, tuple[int, Markup]] = field(default_factory=dict)
    #: Does nothing more come?
    over: bool = False

    def changed(self, parts: Mapping[str, Markup], *, over: bool) -> Snapshot:
        """The next one."""
        version = self.version + 1
        found = dict(self.parts)
        for name, html in parts.items():
            if name not in found or found[name][1] != html:
                found[name] = version, html
        return Snapshot(version, found, over)

    def since(self, version: int) -> dict[str, str]:
        """The parts that are newer than a version."""
        return {name: str(html) for name, (at, html) in self.parts.items() if at > version}


class Watcher:
    """Watches one run.

    Args:
        path: The run directory.
        rendering: Makes parts of it.
    """

    def __init__(self, path: Path, rendering: Rendering) -> None:
        self.rendering = rendering
        self.snapshot = Snapshot().changed(rendering.empty(), over=False)
        #: Does nothing more come, be it that the run is over or that nobody looked in time?
        self.ended = False
        #: Was what is there read?
        self.first = threading.Event()
        self._path, self._seen = path, time.monotonic()
        self._told: set[Callable[[], object]] = set()
        threading.Thread(target=self._watch, name="leadproof-live", daemon=True).start()

    @property
    def idle(self) -> bool:
        """Has nobody looked for a while, or does nothing more come?"""
        return time.monotonic() - self._seen > _UNSEEN or self.ended

    def look(self) -> Snapshot:
        """The newest."""
        self._seen = time.monotonic()
        return self.snapshot

    @contextmanager
    def notifying(self, told: Callable[[], object]) -> Iterator[None]:
        """While it lasts, something is called, in another thread, when there is a newer snapshot or none will come."""
        self._told.add(told)
        try:
            yield
        finally:
            self._told.discard(told)

    def _watch(self) -> None:
        try:
            self._follow()
        except LeadproofError as error:
            self._show(self.rendering.problem(error.message, error.hint or ""), over=True)
        except Exception as error:
            self._show(self.rendering.problem(f"leadproof itself failed: {type(error).__name__}", ""), over=True)
        finally:
            self.ended = True
            self.first.set()
            self._tell()

    def _show(self, parts: Mapping[str, Markup], *, over: bool) -> None:
        self.snapshot = self.snapshot.changed(parts, over=over)
        self._tell()

    def _tell(self) -> None:
        for told in list(self._told):
            told()

    def _follow(self) -> None:
        reader = LiveReader(self._path, time.time)
        try:
            rendered, fresh = 0.0, True
            while not self.snapshot.over and time.monotonic() - self._seen <= _UNSEEN:
                while reader.read():
                    fresh = True
                over = reader.stage in (OVER, KILLED)
                if over or fresh or time.monotonic() - rendered >= _SELDOM:
                    self._show(self.rendering.parts(reader), over=over)
                    rendered, fresh = time.monotonic(), False
                    self.first.set()
                time.sleep(_LOOK)
        finally:
            reader.close()


class Watchers:
    """The runs that are watched. Its methods may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._watchers: dict[str, Watcher] = {}
        #: Browsers that are sent what is new; changed by the thread of the server alone.
        self.browsers = 0

    def watch(self, key: str, path: Path, rendering: Callable[[], Rendering]) -> Watcher | None:
        """The watcher of a run, begun where there is none; None where too many are watched.

        Args:
            key: Of the run.
            path: Its directory.
            rendering: Makes what renders it.
        """
        with self._lock:
            found = self._watchers.get(key)
            if found is not None and not found.idle:
                return found
            self._watchers = {name: one for name, one in self._watchers.items() if not one.idle}
            if len(self._watchers) >= RUNS:
                return None
            found = self._watchers[key] = Watcher(path, rendering())
            return found

    def wait(self, seconds: float) -> None:
        """Waits until nobody is sent anything any more, so long at most."""
        until = time.monotonic() + seconds
        while self.browsers and time.monotonic() < until:
            time.sleep(0.05)
