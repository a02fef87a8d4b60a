"""What a client did, situation by situation, as parts of the Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from leadproof.core.text import count
from leadproof.runs.formats import situations
from leadproof.runs.formats.parts import Row
from leadproof.runs.formats.situations import SituationTold
from leadproof.runs.formats.spans import code, escape

#: Characters of a request and of a response that are shown.
_EXCERPT = 700


def groups(report: Row) -> list[str]:
    """How many situations of each group came to what; nothing in the report of a service."""
    found = situations.groups(report)
    if not found:
        return []
    names = situations.met(found)
    lines = ["| Situations | " + " | ".join(names) + " |", "| --- |" + " ---: |" * len(names)]
    for group in found:
        numbers = " | ".join(str(group.counts.get(name, 0)) for name in names)
        lines.append(f"| {escape(group.heading)} | {numbers} |")
    return ["## Situations by group and result", "\n".join(lines)]


def findings(found: Sequence[Row], played: Mapping[str, SituationTold], most: int) -> list[str]:
    """What the client did where it was not right, each situation once, and what to do about it."""
    by_situation: dict[str, list[Row]] = {}
    for row in found[:most]:
        by_situation.setdefault(str(row.get("clause", "")), []).append(row)
    return [_situation(name, rows, played.get(name, SituationTold({}, {}, []))) for name, rows in by_situation.items()]


def _situation(name: str, rows: list[Row], one: SituationTold) -> str:
    lines = [f"### {code(name)} {escape(str(one.told.get('heading') or ''))}".rstrip(), ""]
    lines += _facts(("The receiver", one.told.get("happens")), ("A right client", one.told.get("right")))
    for row in rows:
        lines.append(f"- The client: {escape(str(row.get('message', '')))}")
        for label, key in (("Expected", "expected"), ("Actual", "actual"), ("JSON Pointer", "pointer")):
            if row.get(key):
                lines.append(f"  - {label}: {code(str(row[key]))}")
    lines += _facts(("Advice", one.told.get("advice")), ("More", one.more if one.told else ""))
    shown = rows[0]
    for label, key in (("Request", "request"), ("Response", "response")):
        if shown.get(key):
            lines.append(f"- {label}, redacted: {code(str(shown[key])[:_EXCERPT])}")
    return "\n".join(lines)


def _facts(*named: tuple[str, object]) -> list[str]:
    return [f"- {label}: {escape(str(value))}" for label, value in named if value]


def untested(report: Row) -> list[str]:
    """Why situations were not decided, those that were played first."""
    lines = []
    for head, found in (("untested", situations.untested(report)), ("not played", situations.left_out(report))):
        for reason, names in found:
            ids = ", ".join(code(name) for name in names[:6])
            more = f" and {len(names) - 6} more" if len(names) > 6 else ""
            lines.append(f"- {head}, {count(len(names), 'situation')}: {escape(reason)} ({ids}{more})")
    return ["## Not tested", "\n".join(lines)] if lines else []
