"""Two registers of clauses, or of readings, entry by entry.

A clause about the request asks something of clients, so a new one that binds breaks those that do not do it; a clause
about a response is a promise, so one that is gone or weaker breaks those that rely on it. A clause binds if its level
is must and its basis documented or resolved: only such a clause can fail a run.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from leadproof.commands.diff.model import Direction, Location, UnratedChange, UnratedChanges
from leadproof.core.operations import OPERATIONS
from leadproof.core.text import one_line

Row = Mapping[str, Any]

#: Subject of a clause -> whose doing it is.
_DIRECTIONS: dict[str, Direction] = {"request": "request"}

_BOTH = ("json", "xml")


def compare_clauses(old: Row, new: Row) -> UnratedChanges:
    """Every difference between two registers of clauses."""
    yield from _version(old, new)
    before, after = (_by_id(document, "clauses") for document in (old, new))
    split = {name: heirs for name, heirs in _heirs(after).items() if name in before and name not in after}
    joined = {name: heirs for name, heirs in _heirs(before).items() if name in after and name not in before}
    parts, rejoined = _parts(before, after), _parts(after, before)
    for name, heirs in parts.items():
        yield UnratedChange("clause-split", _place(name, before[name]), name, ", ".join((name, *heirs)))
    for name, heirs in rejoined.items():
        yield UnratedChange("clause-joined", _place(name, after[name]), ", ".join((name, *heirs)), name)
    for heir, whole in _wholes(parts):
        yield from _level(before[whole], after[heir], _place(heir, after[heir]))
    for heir, whole in _wholes(rejoined):
        yield from _level(before[heir], after[whole], _place(heir, before[heir]))
    for name, row in before.items():
        if name in split:
            yield UnratedChange("clause-split", _place(name, row), name, ", ".join(split[name]))
            yield from (one for heir in split[name] for one in _level(row, after[heir], _place(heir, after[heir])))
        elif name not in after and not any(name in heirs for heirs in (*joined.values(), *rejoined.values())):
            kind = "clause-removed" if _binds(row) else "advice-removed"
            yield UnratedChange(kind, _place(name, row), _text(row), "")
    for name, row in after.items():
        if name in before:
            yield from _clause(name, before[name], row)
        elif name in joined:
            yield UnratedChange("clause-joined", _place(name, row), ", ".join(joined[name]), name)
            yield from (one for heir in joined[name] for one in _level(before[heir], row, _place(heir, row)))
        elif not any(name in heirs for heirs in (*split.values(), *parts.values())):
            yield UnratedChange("clause-added" if _binds(row) else "advice-added", _place(name, row), "", _text(row))


def _heirs(rows: Mapping[str, Row]) -> dict[str, list[str]]:
    """Ids by which clauses were known before -> the clauses that they became."""
    heirs: dict[str, list[str]] = {}
    for name, row in rows.items():
        for alias in _aliases(row):
            heirs.setdefault(alias, []).append(name)
    return heirs


def _parts(before: Mapping[str, Row], after: Mapping[str, Row]) -> dict[str, list[str]]:
    """Ids that are kept -> the clauses that were split off from them, as `formerly` says."""
    new = {name: row for name, row in after.items() if name not in before}
    return {name: heirs for name, heirs in _heirs(new).items() if name in before and name in after}


def _wholes(parts: dict[str, list[str]]) -> list[tuple[str, str]]:
    """Each part once, with the first of the clauses that it was a part of."""
    return list({heir: name for name in reversed(parts) for heir in parts[name]}.items())


def _aliases(row: Row) -> list[str]:
    """Ids by which a clause was known, in whichever of the usual forms the file gives them."""
    return _texts(row.get("formerly", row.get("aliases", row.get("alias"))))


def _clause(name: str, old: Row, new: Row) -> UnratedChanges:
    place = _place(name, new)
    if old.get("subject") != new.get("subject"):
        yield UnratedChange("subject-changed", place, str(old.get("subject")), str(new.get("subject")))
    yield from _level(old, new, place)
    for noun, first, second in (
        ("operation", _operations(old), _operations(new)),
        ("media type", _media(old), _media(new)),
    ):
        gone, fresh = [one for one in first if one not in second], [one for one in second if one not in first]
        # A clause that binds nobody is neither narrowed nor widened for anybody.
        if gone:
            words = (f"{noun} {', '.join(gone)}", "")
            yield UnratedChange("clause-restricted" if _binds(new) else "level-changed", place, *words)
        if fresh:
            words = ("", f"{noun} {', '.join(fresh)}")
            yield UnratedChange("clause-extended" if _binds(new) else "level-changed", place, *words)
    if old.get("check") != new.get("check"):
        kind = "clause-tested" if not old.get("check") else "check-changed" if new.get("check") else "clause-untested"
        yield UnratedChange(kind, place, str(old.get("check", "")), str(new.get("check", "")))
    if old.get("place") != new.get("place"):
        yield UnratedChange("place-changed", place, str(old.get("place")), str(new.get("place")))
    if any(old.get(key) != new.get(key) for key in ("text", "untestable", "member")):
        yield UnratedChange("description-changed", place)
    if old.get("reading") != new.get("reading"):
        yield UnratedChange("level-changed", place, *(f"reading {_readings(one)}" for one in (old, new)))


def _readings(row: Row) -> str:
    return ", ".join(_texts(row.get("reading"))) or "none"


def _level(old: Row, new: Row, place: Location) -> UnratedChanges:
    words = [f"{row.get('level')}, {row.get('basis')}" for row in (old, new)]
    if words[0] != words[1]:
        before, after = _binds(old), _binds(new)
        kind = "level-changed" if before == after else "clause-raised" if after else "clause-lowered"
        yield UnratedChange(kind, place, *words)


def _binds(row: Row) -> bool:
    return row.get("level") == "must" and row.get("basis") in ("documented", "resolved")


def _place(name: str, row: Row) -> Location:
    media = tuple(one for one in _BOTH if one in _media(row))
    direction = _DIRECTIONS.get(str(row.get("subject")), "response")
    return Location(", ".join(_operations(row)) if row.get("operations") != "all" else "", direction, name, media)


def _media(row: Row) -> list[str]:
    return _texts(row["media"]) if "media" in row else list(_BOTH)


def _operations(row: Row) -> list[str]:
    named = row.get("operations", ())
    return list(OPERATIONS) if named in ("all", ["all"]) else _texts(named)


def _text(row: Row) -> str:
    return one_line(str(row.get("text", "")), 200)


# ---- readings --------------------------------------------------------------------------------------------------------


def compare_readings(old: Row, new: Row) -> UnratedChanges:
    """Every difference between two registers of readings."""
    yield from _version(old, new)
    before, after = (_by_id(document, "readings") for document in (old, new))
    for name, row in before.items():
        if name not in after:
            place = Location(member=name)
            if row.get("selectable"):
                yield from (UnratedChange("choice-removed", place, str(choice), "") for choice in _choices(row))
            yield UnratedChange("reading-removed", place, str(row.get("taken")), "")
    for name, row in after.items():
        place = Location(member=name)
        if name not in before:
            if row.get("selectable"):
                yield from (UnratedChange("choice-added", place, "", str(choice)) for choice in _choices(row))
            yield UnratedChange("reading-added", place, "", str(row.get("taken")))
        else:
            yield from _reading(before[name], row, place)


def _reading(old: Row, new: Row, place: Location) -> UnratedChanges:
    if old.get("taken") != new.get("taken"):
        yield UnratedChange("reading-decided-otherwise", place, str(old.get("taken")), str(new.get("taken")))
    before, after = (_choices(row) if row.get("selectable") else [] for row in (old, new))
    for choice in before:
        if choice not in after:
            yield UnratedChange("choice-removed", place, choice, "")
    for choice in after:
        if choice not in before:
            yield UnratedChange("choice-added", place, "", choice)
    if any(old.get(key) != new.get(key) for key in ("title", "places", "why", "choices")):
        yield UnratedChange("description-changed", place)
    if old.get("lenient") != new.get("lenient"):
        yield UnratedChange(
            "check-changed", place, *(", ".join(_texts(row.get("lenient")) or ["none"]) for row in (old, new))
        )


def _choices(row: Row) -> list[str]:
    choices = row.get("choices")
    return [str(choice) for choice in choices] if isinstance(choices, Mapping) else _texts(choices)


# ---- both ------------------------------------------------------------------------------------------------------------


def _version(old: Row, new: Row) -> UnratedChanges:
    if old.get("version") != new.get("version"):
        yield UnratedChange(
            "version-changed", Location(member="version"), str(old.get("version")), str(new.get("version"))
        )


def _by_id(document: Row, key: str) -> dict[str, Row]:
    rows = document.get(key)
    entries = rows if isinstance(rows, list) else ()
    return {str(row["id"]): row for row in entries if isinstance(row, Mapping) and "id" in row}


def _texts(value: Any) -> list[str]:
    """A text or a list of texts as a list; what is neither is none."""
    return [value] if isinstance(value, str) else [str(one) for one in value] if isinstance(value, list) else []
