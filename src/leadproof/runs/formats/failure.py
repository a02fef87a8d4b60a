"""A finding as a person reads it in a test's output: what broke, where it is documented, what was sent.

A view of one row of a report's findings, like the other formats; the row is redacted, and control bytes are taken out
here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from leadproof.core.text import count, one_line, visible
from leadproof.runs.formats.parts import CURL

#: Lines of a message that are shown.
LINES = 40


def failure(row: Mapping[str, Any]) -> str:
    """One finding, over several lines."""
    times = f", seen {count(row['count'], 'time')}" if row.get("count", 1) > 1 else ""
    media = str(row["media_type"]).removeprefix("application/")
    lines = [
        f"{row['clause']} ({row['level']}, {row['basis']}): {one_line(row['message'])}{times}",
        f"  operation  {row['operation']} {media}".rstrip(),
    ]
    named = (
        ("at", "pointer"), ("", "xpath"), ("expected", "expected"), ("actual", "actual"), ("clause", "text"),
        ("place", "place"), ("sent", "origin"), ("replay", "replay"),
    )  # fmt: skip
    lines += [f"  {label:<11}{one_line(str(row[key]), 400)}" for label, key in named if row.get(key)]
    for label, key in (("request", "request"), ("response", "response"), ("repeat", "curl")):
        if row.get(key):
            lines += [f"  {label}:", *_indented(str(row[key]))]
    if row.get("curl"):
        lines.append(f"    {CURL}")
    return "\n".join(lines)


def failures(rows: Iterable[Mapping[str, Any]]) -> str:
    """Several findings, an empty line between them."""
    return "\n\n".join(failure(row) for row in rows)


def _indented(text: str) -> list[str]:
    lines = [f"    {visible(line)}" for line in text.splitlines()]
    return lines if len(lines) <= LINES else [*lines[:LINES], f"    … {count(len(lines) - LINES, 'more line')}"]
