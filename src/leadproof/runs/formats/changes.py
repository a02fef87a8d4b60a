"""What changed since another run, and what somebody has taken on, as parts of the Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from leadproof.core.text import count
from leadproof.runs.formats.parts import Row, mapping, media_of, number, rows
from leadproof.runs.formats.spans import code, escape

#: Members of a comparison in the order in which they are told: title, and what it means.
CHANGES: dict[str, tuple[str, str]] = {
    "new": ("New", "not there in the baseline: only these can fail the run"),
    "still": ("Still failing", "there before, and still there"),
    "fixed": ("Fixed", "there before; the clause was tested again and this did not come back"),
    "unseen": ("Not tested this time", "there before; this run gave no occasion to see it again, so nobody knows"),
}

_MOST = 25


def comparison(report: Mapping[str, Any]) -> list[str]:
    """Findings that are new, still there, fixed, or not tested, against the baseline."""
    found = mapping(report, "comparison")
    if not found:
        return []
    base = mapping(found, "base")
    named = [f"run {code(str(base['id']))}"] if base.get("id") else ["another run"]
    named += [f"of {code(str(base[name]))}" for name in ("started", "target") if base.get(name)]
    numbers = [f"**{len(rows(found, name))} {title.lower()}**" for name, (title, _) in CHANGES.items()]
    parts = ["## What changed", f"Compared with {' '.join(named)}: {', '.join(numbers)}."]
    if isinstance(differs := found.get("differs"), list) and differs:
        parts.append(
            f"Mind that the baseline was judged with another {escape(', '.join(str(one) for one in differs))}."
        )
    if words := unlisted_in(found):
        parts.append(f"{words[0].upper()}{words[1:]}.")
    for name, (title, meaning) in CHANGES.items():
        if rows(found, name):
            parts += [f"### {title}", f"{meaning[0].upper()}{meaning[1:]}.", *_list(rows(found, name))]
    return parts


def unlisted_in(comparison: Row) -> str:
    """What of a comparison nobody can tell, because one of the two reports does not list all of its findings."""
    said = []
    if times := number(mapping(comparison, "base"), "unlisted"):
        said.append(
            f"{count(times, 'finding')} of the baseline {'is' if times == 1 else 'are'} not listed there: what looks"
            " new may have been among them"
        )
    if times := number(comparison, "uncompared"):
        said.append(
            f"{count(times, 'finding')} of this run {'is' if times == 1 else 'are'} not listed, so nobody knows"
            " whether all were there before"
        )
    return "; ".join(said)


def waivers(report: Mapping[str, Any]) -> list[str]:
    """Every waiver with its state, the ones that do not work first."""
    found = rows(report, "waivers")
    if not found:
        return []
    order = {"expired": 0, "unused": 1, "active": 2, "untested": 3}
    lines = ["| Waiver | state | findings | reason | owner | expires |", "| --- | --- | ---: | --- | --- | --- |"]
    for row in sorted(found, key=lambda row: order.get(str(row.get("state")), 3))[:_MOST]:
        name = " ".join(code(str(row[key])) for key in ("clause", "operation") if row.get(key))
        cells = [escape(str(row.get(key, ""))) for key in ("state", "findings", "reason", "owner", "expires")]
        state = f"**{cells[0]}**" if row.get("state") != "active" else cells[0]
        lines.append(f"| {name} | {state} | " + " | ".join(cells[1:]) + " |")
    return ["## Waivers", "\n".join(lines), *_more(len(found), "waiver")]


def _list(found: list[Row]) -> list[str]:
    lines = []
    for row in found[:_MOST]:
        where = " ".join(part for part in (str(row.get("operation") or ""), media_of(row)) if part)
        place = f" at {code(str(row['pointer']))}" if row.get("pointer") else ""
        waived = " (waived)" if row.get("waived") else ""
        name = code(str(row.get("clause") or row.get("kind", "")))
        lines.append(f"- {name} {escape(where)}{place}: {escape(str(row.get('message', '')))}{waived}")
    return ["\n".join(lines), *_more(len(found), "finding")]


def _more(total: int, noun: str) -> list[str]:
    return [f"… and {count(total - _MOST, f'more {noun}')}; all are in report.json."] if total > _MOST else []
