"""How far a command is, as plain data: what it tells while it runs. How that is shown is the command line's affair."""

from __future__ import annotations

from dataclasses import dataclass

#: Bytes of a unit, the largest first.
_UNITS = ((10**9, "GB"), (10**6, "MB"), (10**3, "kB"))


@dataclass(frozen=True, slots=True)
class Standing:
    """How far something is."""

    #: What is going on; cut first where there is little room.
    words: str
    #: How far in numbers, for people: "43/827 cases".
    count: str = ""
    #: How much is done, from 0 to 1; None where nobody knows the end.
    share: float | None = None
    #: Seconds that are left, where they are known better than by the share; None else.
    left: float | None = None


def counted(words: str, done: int, total: int | None, unit: str = "") -> Standing:
    """So many of so many things; `total` None where nobody knows how many there are."""
    behind = f" {unit}" if unit else ""
    if total is None:
        return Standing(words, f"{done:,}{behind}")
    whole = f"{total:,}"
    return Standing(words, f"{done:>{len(whole)},}/{whole}{behind}", share(done, total))


def timed(words: str, elapsed: float, duration: float) -> Standing:
    """So many seconds of so many."""
    elapsed = min(elapsed, duration)
    whole = f"{duration:.0f}"
    return Standing(words, f"{elapsed:>{len(whole)}.0f}/{whole} s", share(elapsed, duration), duration - elapsed)


def read(words: str, done: int, total: int, elapsed: float = 0.0) -> Standing:
    """So many bytes of so many, and how many a second.

    Args:
        words: What is going on.
        done: Bytes.
        total: Bytes.
        elapsed: Seconds since the beginning; before one is over, nothing is said of the rate.
    """
    size, unit = next(((size, unit) for size, unit in _UNITS if total >= size), (1, "B"))
    digits = 0 if size == 1 else 1
    whole = f"{total / size:.{digits}f}"
    done = min(done, total)  # some of it may have been read twice
    rate = f", {done / elapsed / 1e6:.1f} MB/s" if elapsed >= 1 and done else ""
    return Standing(words, f"{done / size:>{len(whole)}.{digits}f}/{whole} {unit}{rate}", share(done, total))


def share(done: float, total: float) -> float:
    """How much is done, from 0 to 1; of nothing, all."""
    return min(max(done / total, 0.0), 1.0) if total > 0 else 1.0
