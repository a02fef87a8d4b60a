"""A comparison as text for a terminal, as Markdown for a pull request, and as JSON for programs."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from leadproof.commands.diff.model import IMPACTS, Change, Comparison, Impact
from leadproof.core.text import count, one_line
from leadproof.runs.formats.spans import code, escape

#: Impact -> heading.
HEADINGS: dict[Impact, str] = {
    "breaking": "Breaking",
    "unclear": "Unclear",
    "compatible": "Compatible",
    "note": "Notes",
}

#: Members and operations that one line names.
_MOST_NAMES = 4


def headline(comparison: Comparison) -> str:
    """What came of it, in a line."""
    numbers = comparison.counts()
    if not any(numbers.values()):
        return "nothing changed"
    parts = (
        count(numbers["breaking"], "breaking change"),
        f"{numbers['unclear']:,} unclear",
        f"{numbers['compatible']:,} compatible",
        count(numbers["note"], "note"),
    )
    return ", ".join(parts)


def where(change: Change) -> str:
    """Direction, media, and operations or files, as far as a change has them."""
    direction = "" if change.direction == "both" else change.direction
    return ", ".join(part for part in (direction, " and ".join(change.media), _names(change.where)) if part)


def _names(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return ", ".join(names[:_MOST_NAMES]) + more


def summary_of(found: tuple[Change, ...]) -> str:
    """Kinds with their numbers, the most frequent first."""
    return ", ".join(f"{kind} {number}" for kind, number in Counter(change.kind for change in found).most_common())


# ---- text ------------------------------------------------------------------------------------------------------------


def text(comparison: Comparison, *, whole: bool = False) -> str:
    """For a terminal; notes are counted unless `whole`."""
    lines = [f"{one_line(comparison.old)} -> {one_line(comparison.new)}: {headline(comparison)}"]
    for impact in IMPACTS:
        found = comparison.of(impact)
        if not found:
            continue
        lines += ["", f"{HEADINGS[impact]}"]
        if impact == "note" and not whole:
            lines.append(f"  {summary_of(found)}   (--all shows them)")
            continue
        for change in found:
            lines += _block(change)
    if comparison.skipped:
        lines += [
            "",
            "Not compared",
            *(f"  {one_line(name)}: {one_line(why)}" for name, why in comparison.skipped.items()),
        ]
    return "\n".join(lines) + "\n"


def _block(change: Change) -> list[str]:
    facts = {
        "where": where(change),
        "why": change.why,
        "do": change.advice,
        "clauses": _names(change.clauses),
    }
    return [
        f"  {change.kind}  {one_line(_names(change.members))}".rstrip(),
        f"    {one_line(change.message)}",
        *(f"    {label:8}{one_line(words)}" for label, words in facts.items() if words),
    ]


# ---- Markdown --------------------------------------------------------------------------------------------------------


def markdown(comparison: Comparison, *, whole: bool = False) -> str:
    """For a pull request or a page."""
    parts = [
        f"# {escape(headline(comparison)[0].upper() + headline(comparison)[1:])}",
        f"From {code(comparison.old)} to {code(comparison.new)}. What is breaking breaks clients of the first.",
    ]
    for impact in IMPACTS:
        found = comparison.of(impact)
        if not found:
            continue
        parts.append(f"## {HEADINGS[impact]}")
        if impact == "note" and not whole:
            parts.append(f"{escape(summary_of(found))}.")
            continue
        rows = ["| where | member | what changed | why | clauses |", "| --- | --- | --- | --- | --- |"]
        parts.append("\n".join([*rows, *map(_row, found)]))
    if comparison.skipped:
        lines = (f"- {code(name)}: {escape(why)}" for name, why in comparison.skipped.items())
        parts += ["## Not compared", "\n".join(lines)]
    return "\n\n".join(parts) + "\n"


def _row(change: Change) -> str:
    why = f"{escape(change.why)}. Then {escape(change.advice)}." if change.advice else f"{escape(change.why)}."
    cells = (escape(where(change)), _cell(change.members), escape(change.message), why, _cell(change.clauses))
    return f"| {' | '.join(cells)} |"


def _cell(names: Sequence[str]) -> str:
    shown = [code(name) for name in names[:_MOST_NAMES] if name]
    more = len(names) - _MOST_NAMES
    return "<br>".join([*shown, f"and {more} more"] if more > 0 else shown)


# ---- JSON ------------------------------------------------------------------------------------------------------------


def as_json(comparison: Comparison, *, whole: bool = False) -> str:
    """For programs; always whole."""
    document: dict[str, Any] = {
        "schema": "leadproof.diff/1",
        "old": comparison.old,
        "new": comparison.new,
        "counts": comparison.counts(),
        "compared": [dict(zip(("type", "old", "new"), row, strict=True)) for row in comparison.compared],
        "not_compared": [{"path": name, "why": why} for name, why in comparison.skipped.items()],
        "changes": [dataclasses.asdict(change) for change in comparison.changes],
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


#: Format -> what renders it.
FORMATS: dict[str, Callable[..., str]] = {"text": text, "markdown": markdown, "json": as_json}
