"""TOML documents, so that whatever a file holds ends in one kind of error, and the line of what is wrong is found."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from leadproof.core import lazy

#: Keys and positions that lead to something in a document.
TomlPath = tuple[str | int, ...]


def parse(text: str) -> dict[str, Any]:
    """The document of a TOML text.

    Raises:
        ValueError: It is none, is nested too deeply, or has a number of thousands of digits; tomllib names the line of
            most faults.
    """
    import tomllib  # what is shipped was read before

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        raise
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except ValueError:
        raise ValueError("a number has thousands of digits") from None


# ---- where it stands -------------------------------------------------------------------------------------------------

_HEADER = lazy.pattern(r"\s*(\[\[|\[)\s*([^\]]+?)\s*\]")
_ASSIGNMENT = lazy.pattern(
    r"\s*((?:[A-Za-z0-9_-]+|\"[^\"]*\"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|\"[^\"]*\"|'[^']*'))*)\s*="
)
_PART = lazy.pattern(r"[A-Za-z0-9_-]+|\"[^\"]*\"|'[^']*'")
_STRING = lazy.pattern(r"'''.*?(?:'''|\Z)|\"\"\".*?(?:\"\"\"|\Z)|\"(?:\\.|[^\"\\\n])*\"|'[^'\n]*'|#[^\n]*", re.DOTALL)


def lines_of(text: str) -> dict[TomlPath, int]:
    """Path to line number (from 1), for tables and for keys that begin a line; what lies inside a value is found there.

    A scan of the text, because the standard parser keeps no positions. It runs on valid TOML only.
    """
    # Strings and comments are blanked first, so that brackets and signs of equality inside them mean nothing.
    blank = _STRING.sub(lambda match: "".join("\n" if char == "\n" else " " for char in match[0]), text)
    lines: dict[TomlPath, int] = {(): 1}
    counts: dict[TomlPath, int] = {}
    table: TomlPath = ()
    depth = 0
    for number, (line, plain) in enumerate(zip(blank.split("\n"), text.split("\n"), strict=True), start=1):
        if depth == 0 and (header := _HEADER.match(line)):
            table = _resolve(header[2], header[1] == "[[", counts)
            lines.setdefault(table, number)
            lines.setdefault(tuple(table[:-1]) if header[1] == "[[" else table, number)
            continue
        # A key in quotes is blank, its sign of equality is not.
        if depth == 0 and (assignment := _ASSIGNMENT.match(plain)) and line[assignment.end() - 1] == "=":
            lines.setdefault((*table, *(part.strip("\"'") for part in _PART.findall(assignment[1]))), number)
        depth += sum(line.count(char) for char in "[{") - sum(line.count(char) for char in "]}")
    return lines


def _resolve(name: str, new_entry: bool, counts: dict[TomlPath, int]) -> TomlPath:
    """The path that a table header opens; `[[…]]` begins the next entry of its array."""
    path: TomlPath = ()
    parts = [part.strip() for part in name.split(".")]
    for position, part in enumerate(parts):
        path = (*path, part)
        if position == len(parts) - 1 and new_entry:
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = (*path, counts[path])
    return path


def nearest(lines: Mapping[TomlPath, int], path: TomlPath) -> int:
    """The line, of `lines_of`, of what a path leads to, or of the nearest that leads there."""
    while path not in lines:
        path = path[:-1]
    return lines[path]


def line_of(text: str, path: TomlPath) -> int:
    """The line (from 1) at which a document has what a path leads to, or the nearest that leads there."""
    return nearest(lines_of(text), path)


def place_of(file: Path, *path: str | int) -> str:
    """File and line of something in a file that was read; the file alone where it cannot be read again."""
    try:
        return f"{file}:{line_of(file.read_text('utf-8'), path)}"
    except (OSError, ValueError):
        return str(file)
