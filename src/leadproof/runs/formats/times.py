"""Two timestamps of a finding in one form, and how far apart they are: "45 min before the response". Pure."""

from __future__ import annotations

from datetime import UTC, datetime

from leadproof.core import lazy

_TIMESTAMP = lazy.pattern(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")

#: Seconds of a unit -> its name, the largest first.
_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def apart(expected: str, actual: str) -> str:
    """What to add to an actual value that is a moment where another was expected: the moment in UTC if it is written
    otherwise, and the difference; "" where not each side has exactly one.
    """
    limit, value = _TIMESTAMP.findall(expected), _TIMESTAMP.findall(actual)
    if len(limit) != 1 or len(value) != 1:
        return ""
    try:
        due, came = (datetime.fromisoformat(one).astimezone(UTC) for one in (limit[0], value[0]))
    except (ValueError, OverflowError):
        return ""
    seconds = (came - due).total_seconds()
    what = "the response" if "the response" in expected else "that"
    same = came.isoformat(timespec="seconds").replace("+00:00", "Z")
    utc = "" if value[0].replace(" ", "T") == same else f"{same}, "
    return f"{utc}{difference(abs(seconds))} {'before' if seconds < 0 else 'after'} {what}"


def difference(seconds: float) -> str:
    """A stretch of time in its largest two units: "45 min", "1 h 20 min", "0.4 s"."""
    if seconds < 1:
        return f"{seconds:.2g} s"
    parts, left = [], round(seconds)
    for size, name in _UNITS:
        if left >= size:
            parts.append(f"{left // size} {name}")
            left %= size
        elif parts:
            break
    return " ".join(parts[:2])
