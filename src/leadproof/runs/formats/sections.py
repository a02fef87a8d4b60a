"""What the page shows besides findings and clauses: equivalence by operation and field, outcomes, what changed between
two runs, versions, the command that repeats a run. Arranged from the report; no markup here.
"""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from leadproof.core.errors import MEANINGS
from leadproof.core.operations import OPERATIONS, RESPONSE_TYPES
from leadproof.core.text import count
from leadproof.runs.formats.cards import heading
from leadproof.runs.formats.parts import mapping, number, rows

Row = Mapping[str, Any]

#: How a member fares in the comparison of twins -> its sign, and what that means.
STATES: dict[str, tuple[str, str]] = {
    "different": ("✗", "the two responses disagreed at least once"),
    "equal": ("✓", "the two responses agreed every time"),
    "never compared": ("○", "no pair of responses had the member"),
    "one-sided": ("◐", "documented in one representation only"),
    "volatile": ("·", "new in every response by nature, so not compared"),
}

#: How a member fares -> the result whose colour it has; that of what was not compared where it is not here.
CLASSES = {"different": "failed", "equal": "passed", "never compared": "untested"}

#: Characters that are shown of what a place of the documentation says.
SAYS = 90

#: The files of the specification that a reader of a report asks for first, and what they are called.
_REGISTERS = {
    "clauses.yaml": "Register of clauses",
    "situations.yaml": "Situations",
    "readings.yaml": "Readings",
    "openapi.yaml": "Interface description",
}

#: Who was certified -> the register of somebody else.
_OTHER = {"client": "clauses.yaml", "": "situations.yaml"}


@dataclass(frozen=True, slots=True)
class ClauseMatrix:
    """The members of one operation's responses, compared between JSON and XML."""

    operation: str
    title: str
    #: Differences first, then in the order of the report.
    members: list[Row]
    #: state -> number of members
    states: dict[str, int]
    #: Comparisons over all members, and those that differed.
    compared: int
    different: int


def equivalence(report: Row) -> list[ClauseMatrix]:
    """The equivalence matrix by operation, in the order of the table of operations."""
    groups: dict[str, list[Row]] = {}
    for row in rows(report, "equivalence"):
        groups.setdefault(str(row.get("operation") or ""), []).append(row)
    order = {name: at for at, name in enumerate(OPERATIONS)}
    found = []
    for name in sorted(groups, key=lambda name: order.get(name, len(order))):
        members = sorted(groups[name], key=lambda row: row.get("state") != "different")
        counts = Counter(str(row.get("state") or "never compared") for row in members)
        states = {state: counts[state] for state in (*STATES, *sorted(set(counts) - set(STATES)))}
        found.append(
            ClauseMatrix(
                name,
                heading(name),
                members,
                states,
                sum(number(row, "compared") for row in members),
                sum(number(row, "different") for row in members),
            )
        )
    return found


def alike(matrix: ClauseMatrix) -> dict[str, list[Row]]:
    """The members of a matrix that never differed, by their state."""
    found: dict[str, list[Row]] = {}
    for row in matrix.members:
        if not number(row, "different"):
            found.setdefault(str(row.get("state") or "never compared"), []).append(row)
    return found


@dataclass(frozen=True, slots=True)
class Outcomes:
    """How often each outcome of the business was met."""

    operations: list[str]
    #: Outcome -> operation -> times; an outcome that nothing met is there with zeros.
    met: dict[str, dict[str, int]]
    #: Outcomes that were reached, of those that are documented.
    reached: int


def outcomes(report: Row) -> Outcomes:
    """The documented response types, and others that were met."""
    seen = mapping(mapping(report, "coverage"), "response_types")
    names = [name for name in OPERATIONS if mapping(seen, name)]
    others = sorted({str(kind) for name in names for kind in mapping(seen, name)} - set(RESPONSE_TYPES))
    met = {kind: {name: number(mapping(seen, name), kind) for name in names} for kind in (*RESPONSE_TYPES, *others)}
    return Outcomes(names, met, sum(any(met[kind].values()) for kind in RESPONSE_TYPES))


def changes(report: Row) -> list[tuple[str, str, list[Row]]]:
    """What changed against another run: sign, words, findings; none where nothing was compared."""
    comparison = mapping(report, "comparison")
    if not comparison:
        return []
    words = {
        "new": ("✗", "new"),
        "still": ("✗", "still failing"),
        "fixed": ("✓", "fixed"),
    }
    return [(sign, said, rows(comparison, name)) for name, (sign, said) in words.items()]


def versions(run: Row) -> list[tuple[str, str, str]]:
    """What was judged by: what, file and version, SHA-256. The files with a name of their own; the rest follows."""
    hashes = mapping(run, "specs")
    known = mapping(run, "versions")
    found = []
    for name, words in _REGISTERS.items():
        if name in hashes and name != _OTHER[str(run.get("certified") or "")]:
            version = f"{name}, version {known[name]}" if name in known else name
            found.append((words, version, str(hashes[name])))
    return found


def place_in(group: str, place: object) -> str:
    """A place in the documentation, without the name of the operation under whose heading it stands."""
    return str(place or "").removeprefix(f"{group} / ")


def evidence(clause: Row) -> int:
    """Number of the exchange to look at: the first that broke the clause, else the first that kept it; 0 for none."""
    seen = mapping(clause, "exchanges")
    found = seen.get("failed") or seen.get("passed") or [0]
    return int(found[0])


def repeat(report: Row) -> str:
    """The command that makes the run again."""
    run = mapping(report, "run")
    if run.get("repeat"):
        return str(run["repeat"])
    if run.get("merged"):
        return shlex.join(["leadproof", "report", *(str(row.get("id", "")) for row in rows(run, "merged"))])
    if run.get("certified"):
        return _repeat_client(report)
    of_load = mapping(report, "latency").get("repeat")
    if report.get("command") == "load" and of_load:
        return str(of_load)
    words = ["leadproof", str(report.get("command") or "certify")]
    arguments = run.get("arguments")
    if isinstance(arguments, list) and arguments:
        return shlex.join([*words, *map(str, arguments)])
    if run.get("target") and not run.get("mock"):
        words += ["--target", str(run["target"])]
    if run.get("seed") is not None:
        words += ["--seed", str(run["seed"])]
    if run.get("fail_on", "must") != "must":
        words += ["--fail-on", str(run["fail_on"])]
    if run.get("left_out"):
        words.append("--quick")
    for row in rows(run, "readings"):
        if row.get("chosen"):
            words += ["--reading", f"{row.get('id')}={row.get('taken')}"]
    return shlex.join(words)


def _repeat_client(report: Row) -> str:
    run = mapping(report, "run")
    words = ["leadproof", "certify-client"]
    if run.get("seed") is not None:
        words += ["--seed", str(run["seed"])]
    if run.get("fail_on", "must") != "must":
        words += ["--fail-on", str(run["fail_on"])]
    client = str(run.get("client") or "")
    return f"{shlex.join(words)} -- {client}" if client else shlex.join([*words, "--listen"])


def ending(report: Row) -> str:
    """What the exit code of a report means."""
    return next((words for code, words in MEANINGS.items() if code == report.get("exit_code")), "")


def scope(report: Row) -> str:
    """How much was looked at, in a line."""
    covered = mapping(mapping(report, "coverage"), "operations")
    touched = [
        name
        for name in OPERATIONS
        if any(number(mapping(mapping(covered, name), fmt), "exchanges") for fmt in ("json", "xml"))
    ]
    cells = mapping(mapping(report, "coverage"), "cells")
    parts = [f"{len(touched)} of {len(OPERATIONS)} operations"]
    if cells:
        parts.append(f"{number(cells, 'covered')} of {number(cells, 'total')} combinations with JSON and XML")
    parts.append(count(number(mapping(report, "counts"), "exchanges"), "exchange"))
    return ", ".join(parts)
