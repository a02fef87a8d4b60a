"""Progress on a terminal: one row on stderr that is written anew, and of which nothing is left when a command prints.

What is going on gives way first where the terminal is narrow; how far it is and how long it takes stay.
"""

from __future__ import annotations

import os
import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING

from leadproof.core.progress import Standing
from leadproof.core.text import one_line

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.live import Live

#: Columns of the terminal that stay free behind the row: a terminal writes ^C where the cursor is. In a full row that
#: would be the next line, and the row could not be taken away any more.
_FREE = 5

#: Columns below which the row is the short one.
_NARROW = 76

#: Seconds, and a share of the whole, before which nobody knows how long the rest will take.
_EARLY, _LITTLE = 1.0, 0.02

#: Characters of what is going on that are looked at: more fits in no terminal.
_WORDS = 200


class Display:
    """Shows how far a command is, if stderr is a terminal; nothing is written before it is told something.

    Args:
        quiet: Show nothing at all?
        thread: Let the time go on between two things that it is told? A thread does that. Where latency is measured it
            would be felt, so there the row changes only when something is told.
    """

    def __init__(self, *, quiet: bool = False, thread: bool = True) -> None:
        #: Does anybody see it?
        self.shown = not quiet and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self._thread = thread
        self._live: Live | None = None
        self._standing = Standing("")
        self._started = self._told = time.monotonic()
        #: When the phase began that the share is about: one that falls is about another.
        self._began = self._started

    def __enter__(self) -> Display:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def show(self, standing: Standing) -> None:
        """Shows how far it is, instead of what was shown before."""
        if not self.shown:
            return
        now = time.monotonic()
        if (standing.share or 0.0) < (self._standing.share or 0.0):
            self._began = now
        self._standing, self._told = standing, now
        if self._live is None:
            from rich.console import Console  # the most of what a command loads, and not where nobody looks
            from rich.live import Live

            self._live = Live(
                get_renderable=self._row, console=Console(stderr=True), auto_refresh=self._thread, transient=True,
                redirect_stdout=False, redirect_stderr=False,
            )  # fmt: skip
            self._live.start()
        if not self._thread:
            self._live.refresh()

    def stop(self) -> None:
        """Takes the row away. Whoever prints says so before; what is told afterwards is shown again."""
        live, self._live = self._live, None
        if live is not None:
            live.stop()

    def without_thread(self) -> None:
        """From now on the row changes only when something is told."""
        self.stop()
        self._thread = False

    def _row(self) -> RenderableType:
        live, now = self._live, time.monotonic()
        width = (live.console.width if live else 80) - _FREE
        return row(self._standing, now - self._started, self._left(now), width)

    def _left(self, now: float) -> float | None:
        """Seconds that are left; None where nobody knows."""
        standing, gone = self._standing, self._told - self._began
        left = standing.left
        if left is None and standing.share and standing.share >= _LITTLE and gone >= _EARLY:
            left = gone * (1 - standing.share) / standing.share
        return None if left is None else max(left - (now - self._told), 0.0)


def row(standing: Standing, elapsed: float, left: float | None, width: int) -> RenderableType:
    """A standing in one row: words, bar, percent, count and time.

    Args:
        standing: How far it is.
        elapsed: Seconds since the beginning.
        left: Seconds until the end; None where nobody knows.
        width: Columns that there are.
    """
    from rich.constrain import Constrain
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    narrow = width < _NARROW - _FREE
    bar = 8 if narrow else max(8, min(width // 5, 30))
    times = [] if narrow and left is not None else [clock(elapsed)]
    times += [] if left is None else [f"{clock(left)} left"]
    grid = Table.grid(padding=(0, 1), expand=True)
    grid.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    cells: list[RenderableType] = [Text(one_line(standing.words, _WORDS))]
    if standing.share is not None:
        grid.add_column(width=bar)
        grid.add_column(width=4, justify="right", no_wrap=True)
        cells += [ProgressBar(1.0, standing.share, width=bar), Text(f"{standing.share:.0%}")]
    if standing.count:
        grid.add_column(justify="right", no_wrap=True, min_width=len(standing.count))
        cells.append(Text(standing.count))
    wide = max(9 if narrow else 15, len(", ".join(times))) if standing.share is not None else 4
    grid.add_column(justify="right", no_wrap=True, min_width=wide)
    cells.append(Text(", ".join(times)))
    grid.add_row(*cells)
    return Constrain(grid, width)


def clock(seconds: float) -> str:
    """A time as people read it: 0:07, 12:34, 1:02:03."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
