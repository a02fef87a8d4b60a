"""Parts of a report, read leniently: one that is not there (of an older report, of a thinner command) is empty."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from leadproof.core.operations import OPERATIONS

Row = Mapping[str, Any]


#: What is to be known of a request as `curl` that a report shows, where it has no markup.
CURL = "$TARGET is the base URL; put your own credentials and values where the redacted ones stand."


def rows(report: Row, name: str) -> list[Row]:
    """A list of rows in a report; empty if it is not there."""
    found = report.get(name) or []
    return [row for row in found if isinstance(row, Mapping)] if isinstance(found, list | tuple) else []


def mapping(report: Row, name: str) -> Row:
    """A mapping in a report; empty if it is not there."""
    found = report.get(name)
    return found if isinstance(found, Mapping) else {}


def decides(finding: Row, clauses: Mapping[str, Row]) -> bool:
    """Does a finding make the run fail? The report may say so itself (`decides`); the rule is: a *must* that is
    documented or resolved does, a *should*, a *may* and what is merely assumed do not.
    """
    if isinstance(said := finding.get("decides"), bool):
        return said
    clause = clauses.get(str(finding.get("clause", "")), {})
    level = finding.get("level") or clause.get("level") or "must"
    basis = finding.get("basis") or clause.get("basis") or "documented"
    return level == "must" and basis != "assumed"


def media_of(row: Row) -> str:
    """ "json", "xml" or "" of a finding, whether it says `json` or `application/json`."""
    return str(row.get("media_type") or "").rpartition("/")[2].rpartition("+")[2]


def operations_of(clause: Row) -> list[str]:
    """The operations of a clause, `all` spelled out, in the order of the table."""
    named = clause.get("operations") or []
    named = [named] if isinstance(named, str) else list(named)
    return list(OPERATIONS) if "all" in named else [name for name in OPERATIONS if name in named]


def cells_of(clause: Row) -> list[tuple[str, str]]:
    """The operations and representations that a clause holds for."""
    media = clause.get("media") or ["json", "xml"]
    return [(name, fmt) for name in operations_of(clause) for fmt in OPERATIONS[name].media if fmt in media]


def broken(findings: Iterable[Row]) -> list[str]:
    """The clauses that findings are about, once each."""
    return list(dict.fromkeys(str(row.get("clause", "")) for row in findings))


def number(row: Row, name: str) -> int:
    """A count in a report; 0 if it is none."""
    value = row.get(name)
    return int(value) if isinstance(value, int | float) else 0
