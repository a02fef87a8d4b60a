"""A posting document in JSON: lists of objects become tables, their members columns; what stands beside them, lines."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from leadproof.contract.profile.posting.tables import Row, Table, Unreadable, clean, decoded, stem

#: How deep lists of fields may be hidden.
_DEPTH = 6


def of_json(name: str, data: bytes) -> list[Table]:
    """The tables of a JSON document.

    Raises:
        Unreadable: It is no JSON.
    """
    try:
        document = json.loads(decoded(data))
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"is no JSON: {error}" if isinstance(error, ValueError) else "is no JSON: too deep") from None
    lines = Table(stem(name))
    tables = list(_tables(document, name, "", lines, 0))
    return [lines, *tables]


def _tables(value: Any, name: str, path: str, lines: Table, depth: int) -> Iterator[Table]:
    title = f"{stem(name)} {path.replace('.', ' ')}".strip()
    if depth > _DEPTH:
        lines.rows.append(Row(f"{name}, {path}", (path, "lies too deep")))
    elif isinstance(value, list) and value and all(isinstance(entry, dict) for entry in value):
        yield _table(value, title, name, path)
    elif isinstance(value, dict) and len(value) > 1 and all(isinstance(entry, dict) for entry in value.values()):
        named = [{"field": key, **entry} for key, entry in value.items()]  # an object of fields by their names
        plain = all(not isinstance(sub, dict) for entry in value.values() for sub in entry.values())
        if plain:
            yield _table(named, title, name, path)
        else:
            for key, entry in value.items():
                yield from _tables(entry, name, f"{path}.{key}".lstrip("."), lines, depth + 1)
    elif isinstance(value, dict):
        for key, entry in value.items():
            below = f"{path}.{key}".lstrip(".")
            if isinstance(entry, dict) or (isinstance(entry, list) and any(isinstance(one, dict) for one in entry)):
                yield from _tables(entry, name, below, lines, depth + 1)
            else:
                lines.rows.append(Row(f"{name}, {below}", (clean(str(key)), clean(_text(entry)))))
    else:
        lines.rows.append(Row(f"{name}, {path}".rstrip(", "), (clean(_text(value)),)))


def _table(entries: list[dict[str, Any]], title: str, name: str, path: str) -> Table:
    columns = list(dict.fromkeys(key for entry in entries for key in entry))
    head = Row(f"{name}, {path}".rstrip(", "), tuple(clean(_spaced(key)) for key in columns))
    rows = [
        Row(f"{name}, {path}[{number}]", tuple(clean(_text(entry.get(key))) for key in columns))
        for number, entry in enumerate(entries)
    ]
    return Table(title, [head, *rows])


def _spaced(key: str) -> str:
    """requiredInPing as required In Ping."""
    return "".join(f" {sign}" if sign.isupper() and index and not key[index - 1].isupper() else sign
                   for index, sign in enumerate(key))  # fmt: skip


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, list):
        return "\n".join(_text(entry) for entry in value)
    if isinstance(value, dict):
        return "\n".join(f"{key} = {_text(entry)}" for key, entry in value.items())
    return str(value)
