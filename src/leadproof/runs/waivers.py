"""Waivers: breaches that somebody has taken on, for a reason and for a time. `waivers.toml`::

    [[waivers]]
    clause = "LE2-PING-RES-05"
    operation = "ping"                # optional: without it, in every operation
    reason = "their release of March mends it"
    owner = "integrations@partner.example"
    expires = 2027-03-31              # the last day on which it holds

`load` reads the file, `apply` sets it against a report. A waiver that has expired waives nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from leadproof.contract import specs
from leadproof.core.operations import OPERATIONS
from leadproof.runs.handwritten import Complaint, document_of, refuse, text_of, unknown_key
from leadproof.runs.verdicts import settle_again

#: Key -> type and what to write.
KEYS: dict[str, tuple[type, str]] = {
    "clause": (str, 'the id of a clause, such as clause = "LE2-PING-RES-05"'),
    "operation": (str, 'an operation, such as operation = "ping"; leave it out to waive the clause everywhere'),
    "reason": (str, 'why it is accepted for now, such as reason = "their release of March mends it"'),
    "owner": (str, 'who is responsible for it, such as owner = "integrations@partner.example"'),
    "expires": (date, "the last day on which it holds, such as expires = 2027-03-31 (without quotes)"),
}
OPTIONAL = ("operation",)


@dataclass(frozen=True, slots=True)
class Waiver:
    """One breach that is accepted for a time."""

    clause: str
    reason: str
    owner: str
    #: The last day on which it holds.
    expires: date
    #: An operation id; "" for every one.
    operation: str = ""

    def covers(self, row: dict[str, Any]) -> bool:
        """Is a finding of a report what it waives? A clause that was split since is waived with its parts."""
        operation = row["operation"]
        return self.operation in ("", operation) and row["clause"] in specs.ids_today(self.clause, operation)


def load(path: Path) -> tuple[Waiver, ...]:
    """The waivers of a file.

    Raises:
        ConfigurationError: It cannot be read or is no list of waivers; the message has a line for each thing that is
            wrong, with file, line and key.
    """
    return read(text_of(path), str(path))


def read(text: str, name: str) -> tuple[Waiver, ...]:
    """The waivers of a text; `name` stands for it in messages. Raises what `load` raises."""
    document = document_of(text, name)
    refuse(text, name, _complaints(document))
    return tuple(Waiver(**{**row, "expires": _day(row["expires"])}) for row in document.get("waivers", ()))


def _complaints(document: dict[str, Any]) -> Iterator[Complaint]:
    for key in document:
        if key != "waivers":
            yield (key,), f"there is no table {key}", "write each waiver as a table [[waivers]]"
    rows = document.get("waivers", [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        yield (
            ("waivers",),
            "waivers is no list of tables",
            "write each waiver as a table [[waivers]], two brackets each",
        )
        return
    seen: set[tuple[Any, Any]] = set()
    for index, row in enumerate(rows):
        place = ("waivers", index)
        wrong = list(_row(row, place))
        yield from wrong
        same = (row.get("clause"), row.get("operation"))
        if not wrong and same in seen:
            yield place, f"{same[0]} is waived twice", "keep one of the two"
        if not wrong:
            seen.add(same)


def _row(row: dict[str, Any], place: tuple[str | int, ...]) -> Iterator[Complaint]:
    for key, value in row.items():
        if key not in KEYS:
            yield unknown_key(place, key, KEYS)
            continue
        wanted, remedy = KEYS[key]
        if not isinstance(value, wanted) or value == "" or (isinstance(value, str) and not value.strip()):
            yield (*place, key), f"{key} has to be {'a date' if wanted is date else 'text'}", f"write {remedy}"
    for key in KEYS:
        if key not in row and key not in OPTIONAL:
            yield place, f"{key} is missing", f"add {KEYS[key][1]}"
    yield from _references(row, place)


def _references(row: dict[str, Any], place: tuple[str | int, ...]) -> Iterator[Complaint]:
    """Clauses and operations that do not exist, or not together."""
    clause, operation = row.get("clause"), row.get("operation")
    if not isinstance(clause, str) or not clause.strip():
        return
    named = specs.meaning(clause)
    bound = tuple(dict.fromkeys(one for part in named for one in part.operations))
    if not named:
        import difflib

        near = difflib.get_close_matches(clause, specs.clauses(), 1)
        remedy = f"did you mean {near[0]}?" if near else "leadproof explain clauses lists them"
        yield (*place, "clause"), f"there is no clause {clause!r}", remedy
    elif isinstance(operation, str) and operation and operation not in bound:
        words = f"{clause} does not bind" if operation in OPERATIONS else "there is no operation"
        yield (*place, "operation"), f"{words} {operation!r}", f"it binds {', '.join(bound)}"


def _day(value: date) -> date:
    return value.date() if isinstance(value, datetime) else value


# ---- against a report ------------------------------------------------------------------------------------------------


def apply(report: dict[str, Any], waivers: Sequence[Waiver], today: date) -> None:
    """Sets waivers against a report: what an active one covers does not decide any more.

    A clause of which every finding is waived has the result "waived". The report gains `waivers`, each with its state
    and the number of findings that it covers, or would: active, expired, unused (its clause passed), or untested (the
    run did not decide its clause, so nobody knows whether it is still needed).
    """
    rows = []
    for row in report["findings"]:
        row.pop("waived", None)
    for waiver in waivers:
        covered = [row for row in report["findings"] if waiver.covers(row)]
        active = waiver.expires >= today
        for row in covered if active else ():
            row["waived"] = True
        rows.append(
            {
                "clause": waiver.clause,
                "operation": waiver.operation,
                "reason": waiver.reason,
                "owner": waiver.owner,
                "expires": waiver.expires.isoformat(),
                "state": _state(waiver, report, covered=bool(covered)) if active else "expired",
                "findings": len(covered),
            }
        )
    report["waivers"] = rows
    for clause in report["clauses"]:
        found = [row for row in report["findings"] if row["clause"] == clause["id"]]
        if clause["result"] == "waived":
            clause["result"], clause["reason"] = "failed", ""
        if clause["result"] == "failed" and found and all(row.get("waived") for row in found):
            clause["result"] = "waived"
            clause["reason"] = "; ".join(
                f"{waiver.reason} ({waiver.owner}, until {waiver.expires.isoformat()})"
                for waiver, row in zip(waivers, rows, strict=True)
                if row["state"] == "active" and any(part.id == clause["id"] for part in specs.meaning(waiver.clause))
            )
    settle_again(report)


def _state(waiver: Waiver, report: dict[str, Any], *, covered: bool) -> str:
    """What a waiver that has not expired is for in a run."""
    if covered:
        return "active"
    cells = (
        {"clause": row["id"], "operation": str(cell).partition("/")[0]}
        for row in report["clauses"]
        for cell in row.get("cells", ())
    )
    decided = any(waiver.covers(cell) for cell in cells)
    return "unused" if decided else "untested"
