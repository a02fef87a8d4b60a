"""SARIF 2.1.0 for code scanning: a rule for each clause, a result for each finding, places in the specification files.

A finding keeps its fingerprint from run to run, whatever indices and values it was seen with. One that is waived is
suppressed and says why; in a comparison each has its baseline state.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from leadproof import __version__
from leadproof.contract.specs import places
from leadproof.core.findings import identity
from leadproof.core.operations import OPERATIONS
from leadproof.core.text import visible
from leadproof.runs.formats.indented import indented
from leadproof.runs.formats.outcome import unlisted
from leadproof.runs.formats.parts import Row, mapping, media_of, rows

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_FINGERPRINT = "leadproof/v1"

#: What stands for an address as long as the project has none that would be the truth: an absolute URI, as the format
#: asks, that names and says that it is nothing more than a name (UUID 5 of "leadproof", OID).
NAMELESS = "urn:uuid:1932a07a-4a05-5680-a53b-79fc57cf6ce8"

#: Level of a clause -> level of a result; what is merely assumed is never an error.
LEVELS = {"must": "error", "should": "warning", "may": "note"}

#: Characters of a message; the reader is a list in a web page.
_LONGEST = 1000


def render(report: Mapping[str, Any]) -> str:
    """The report as SARIF: indented JSON in ASCII."""
    clauses = {_name(row.get("id")): row for row in rows(report, "clauses")}
    for row in rows(report, "situations"):
        clauses[_name(row.get("id"))] = {**clauses.get(_name(row.get("id")), {}), "situation": row}
    found = rows(report, "findings")
    for row in found:  # one of a clause that the register does not have still gets a rule
        clauses.setdefault(_rule_id(row), {"level": row.get("level")})
    index = {name: at for at, name in enumerate(clauses)}
    comparison = mapping(report, "comparison")
    gone = [*rows(comparison, "fixed"), *rows(comparison, "unseen")]
    for row in gone:
        if _rule_id(row) not in index:
            index[_rule_id(row)] = len(index)
            clauses[_rule_id(row)] = {"level": row.get("level")}
    new = {identity(row) for row in rows(comparison, "new")}
    results = [_result(row, index, report) | _against_baseline(row, comparison, new) for row in found]
    results += [_result(row, index, report) | {"baselineState": "absent"} for row in rows(comparison, "fixed")]
    run = mapping(report, "run")
    name, _, version = visible(str(run.get("tool") or ""), 100).partition(" ")
    driver = {
        "name": name or "leadproof",
        "informationUri": home(),
        "rules": [_rule(key, row) for key, row in clauses.items()],
    }
    if version:
        driver["version"] = version
    document = {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "automationDetails": {"id": f"leadproof/{_text(report.get('command') or 'report')}/"},
                "invocations": [_invocation(report, run)],
                "artifacts": _artifacts(run),
                "results": results,
                "columnKind": "unicodeCodePoints",
                "properties": {"verdict": _text(report.get("verdict", "")), "run": _text(run.get("id", ""))},
            }
        ],
    }
    return indented(document, 1) + "\n"


@cache
def home() -> str:
    """The address of the project as its package names it (`[project.urls]`), else its name."""
    for line in _project_urls():
        address = line.partition(",")[2].strip()
        if address.isascii() and " " not in address and urlsplit(address).scheme in ("http", "https"):
            return address
    return NAMELESS


def _project_urls() -> list[str]:
    """The lines `Project-URL` of the installed package (PEP 566); none in a checkout that was never installed.

    `importlib.metadata` takes longer to load than all the rest to be written.
    """
    for folder in sys.path:
        file = Path(folder, f"leadproof-{__version__}.dist-info", "METADATA")
        if file.is_file():
            head = file.read_text("utf-8", "replace").partition("\n\n")[0]
            return [line.partition(":")[2].strip() for line in head.splitlines() if line.startswith("Project-URL:")]
    return []


def _invocation(report: Row, run: Row) -> dict[str, Any]:
    code = report.get("exit_code")
    found: dict[str, Any] = {"executionSuccessful": code in (0, 1, 3, 4)}
    if isinstance(code, int):
        found["exitCode"] = code
    for name, key in (("startTimeUtc", "started"), ("endTimeUtc", "ended")):
        if run.get(key):
            found[name] = _text(run[key])
    problems = [(row, mapping(row, "problem")) for row in rows(report, "files") if row.get("problem")]
    told = [
        ("error" if problem.get("kind") == "file.unreadable" else "warning",
         f"{row.get('path', '')}: {problem.get('message', '')}")
        for row, problem in problems
    ]  # fmt: skip
    if words := unlisted(report):
        told.append(("note", words))
    if told:
        found["toolExecutionNotifications"] = [
            {"level": level, "message": {"text": _text(text)}} for level, text in told
        ]
    return found


def _artifacts(run: Row) -> list[dict[str, Any]]:
    """The specification files, with their hashes: which contract was judged by."""
    hashes = mapping(run, "specs")
    return [{"location": {"uri": f"specs/{_uri(name)}"}, "hashes": {"sha-256": str(hashes[name])}} for name in hashes]


def _rule(name: str, clause: Row) -> dict[str, Any]:
    text = _text(clause.get("text") or "A finding of leadproof.")
    facts = [
        f"{label}: {_text(value)}"
        for label, value in (
            ("In the documentation", clause.get("place")),
            ("Level", f"{clause.get('level') or 'must'}, {clause.get('basis') or 'documented'}"),
            ("Operations", ", ".join(str(one) for one in clause.get("operations") or ())),
            ("The receiver", mapping(clause, "situation").get("happens")),
            ("Advice", mapping(clause, "situation").get("advice")),
            ("Not tested", clause.get("reason") if clause.get("result") == "untested" else ""),
        )
        if value
    ]
    return {
        "id": name,
        "shortDescription": {"text": text},
        "help": {"text": "\n".join((text, *facts, f"More: leadproof explain {name}"))},
        "defaultConfiguration": {"level": _level(clause)},
        "properties": {
            "tags": [
                "client" if "situation" in clause else "contract",
                str(clause.get("level") or "must"),
                str(clause.get("basis") or "documented"),
            ],
            "result": _text(clause.get("result") or ""),
        },
    }


def _level(row: Row) -> str:
    level = LEVELS.get(str(row.get("level") or "must"), "warning")
    return "warning" if level == "error" and row.get("basis") == "assumed" else level


def _rule_id(row: Row) -> str:
    return _name(row.get("clause") or row.get("kind"))


def _name(value: Any) -> str:
    return visible(str(value or "finding"), 200)


def _result(row: Row, index: Mapping[str, int], report: Row) -> dict[str, Any]:
    rule = _rule_id(row)
    operation, media = str(row.get("operation") or ""), media_of(row)
    found: dict[str, Any] = {
        "ruleId": rule,
        "ruleIndex": index[rule],
        "level": _level(row),
        "message": {"text": _message(row)},
        "locations": [_location(rule, operation, media, row)],
        "partialFingerprints": {_FINGERPRINT: fingerprint(row)},
        "properties": {
            name: _text(row[name])
            for name in ("kind", "expected", "actual", "origin", "pointer", "xpath", "place")
            if row.get(name)
        },
    }
    if isinstance(row.get("count"), int) and row["count"] > 0:
        found["occurrenceCount"] = row["count"]
    if isinstance(row.get("exchange"), int):
        found["properties"]["exchange"] = row["exchange"]
    if related := _physical(operation):
        found["relatedLocations"] = [{"id": 1, "physicalLocation": related, "message": {"text": "the operation"}}]
    if row.get("waived"):
        found["suppressions"] = [_suppression(rule, operation, report)]
    return found


def _against_baseline(row: Row, comparison: Row, new: Collection[tuple[str, ...]]) -> dict[str, str]:
    """Whether the baseline has a finding, too: a warning that it has is `known` to nothing that reads a report."""
    return {"baselineState": "new" if identity(row) in new else "unchanged"} if comparison else {}


def fingerprint(row: Row) -> str:
    """What stays the same for the same finding in every run."""
    return hashlib.sha256("\0".join(identity(row)).encode("utf-8", "backslashreplace")).hexdigest()[:32]


def _location(rule: str, operation: str, media: str, row: Row) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if physical := _physical(rule) or _physical(operation):
        found["physicalLocation"] = physical
    logical = []
    if operation:
        where = "/".join(part for part in (operation, media) if part)
        logical.append({"name": _text(operation), "fullyQualifiedName": _text(where), "kind": "function"})
    if row.get("pointer"):
        pointer = _text(row["pointer"])
        logical.append({"name": pointer.rpartition("/")[2] or pointer, "fullyQualifiedName": pointer, "kind": "member"})
    if logical:
        found["logicalLocations"] = logical
    return found


def _physical(name: str) -> dict[str, Any]:
    """Where the specification files speak of a clause or an operation; empty if they do not."""
    if name not in places():
        return {}
    file, line = places()[name]
    return {"artifactLocation": {"uri": f"specs/{file}"}, "region": {"startLine": line}}


def _message(row: Row) -> str:
    parts = [_text(row.get("message") or row.get("kind") or "a finding")]
    if row.get("operation") in OPERATIONS:
        where = " ".join(part for part in (OPERATIONS[str(row["operation"])].heading, media_of(row).upper()) if part)
        parts.append(f"in {where}")
    if row.get("pointer"):
        parts.append(f"at {_text(row['pointer'])}")
    text = " ".join(parts)
    for name in ("expected", "actual"):
        if row.get(name):
            text += f"; {name} {_text(row[name])}"
    # Code scanning takes [text](1) for a link to a related location.
    return text.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")


def _suppression(rule: str, operation: str, report: Row) -> dict[str, Any]:
    waivers = [
        row
        for row in rows(report, "waivers")
        if row.get("clause") == rule and row.get("operation") in ("", operation) and row.get("state") == "active"
    ]
    words = "; ".join(
        f"{row.get('reason', '')} ({row.get('owner', '')}, until {row.get('expires', '')})" for row in waivers
    )
    return {"kind": "external", "status": "accepted", "justification": _text(words or "waived")}


def _uri(name: Any) -> str:
    return quote(str(name).encode("utf-8", "backslashreplace"))


def _text(value: Any) -> str:
    return visible(str(value), _LONGEST)
