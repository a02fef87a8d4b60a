"""A profile as commented TOML, in a stable order: what `reading` reads back is the same profile.

Keys that have their default are left out. Nothing is written here: the text is for the caller.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from typing import Any

from leadproof.contract.profile.model import Profile

#: Characters of a line, beyond which a list has a line for each entry.
_WIDTH = 118

#: Table -> what stands above it.
_COMMENTS = {
    "credentials": (
        "What the mock takes as header `api-key` or `access_token`, and as `Authorization: Bearer`.",
        "Never put a real key here: the credentials of a real target come from the environment.",
    ),
    "rules": ("Seconds that an order lives, and what a refused result carries.",),
    "messages": ("What the mock says.",),
    "sources": ("Who sends: vid, the lead types that it may send, what it may do.",),
    "lead_types": (
        "format   text (default), integer, number, boolean, date, datetime, email, phone, zip, state, ip, url,",
        "         trustedform, jornaya",
        "mask     the one way to write it: MM/DD/YYYY of a date, # for each digit of a number: ###-###-####",
        "allowed, constant, pattern, min and max, min_age and max_age, max_length: what its value may be",
        "separator: several values may stand in it, with this between them",
        "required_in_ping, required_in_post; required_if: only if another field has one of these values",
        "personal = true: replaced in everything that a run writes",
    ),
    "campaigns": (
        "What is bought: criteria (one_of, pattern, min/max, min_age/max_age; exclude = true turns one round),",
        "caps by hour, day, week or month, hours of the time zone, sets of duplicate keys, and what a lead pays.",
    ),
    "offers": ("Offers to the consumer, with the member names of the responses.",),
    "clients": ("Who buys, and whom calls are transferred to.",),
}


def write(profile: Profile, notes: Mapping[str, Iterable[str]] | None = None, head: Iterable[str] = ()) -> str:
    """The TOML text of a profile.

    Args:
        profile: A profile; those of `reading` are valid, and so is what is written.
        notes: Name of a field, or of a table such as "campaigns" -> lines to put above it as comments.
        head: Lines to put at the top as comments.
    """
    notes = notes or {}
    lines = [*_comments(head), ""] if head else []
    lines += [f"name = {_value(profile.name)}"]
    for table in ("credentials", "rules", "messages"):
        keys = list(_keys(getattr(profile, table)))
        if keys or table != "rules":
            lines += _title(table, notes)
            lines += [f"[{table}]", *keys]
    lines += ["", "[messages.refused]"]
    lines += [f"{_key(name)} = {_value(text)}" for name, text in profile.messages.refused.items()]
    for table in ("sources", "lead_types", "campaigns", "offers", "clients"):
        entries = getattr(profile, table)
        if entries:
            lines += _title(table, notes)
        for number, entry in enumerate(entries):
            lines += [] if number == 0 else [""]
            lines += [f"[[{table}]]", *_keys(entry, besides=("fields", "test_triggers"))]
            for name in ("fields", "test_triggers"):
                for sub in getattr(entry, name, ()):
                    lines += ["", *_comments(notes.get(sub.name, ()) if name == "fields" else ())]
                    lines += [f"[[{table}.{name}]]", *_keys(sub)]
    return "\n".join(lines) + "\n"


def _title(table: str, notes: Mapping[str, Iterable[str]]) -> list[str]:
    title = f"# ---- {table.replace('_', ' ')} "
    return ["", title.ljust(120, "-"), *_comments((*_COMMENTS[table], *notes.get(table, ())))]


def _comments(lines: Iterable[str]) -> list[str]:
    # A comment ends with its line, and TOML takes no control characters in one.
    return [f"# {''.join(sign if sign.isprintable() else ' ' for sign in line)}".rstrip() for line in lines]


def _keys(entry: Any, besides: tuple[str, ...] = ()) -> Iterator[str]:
    for name, value in _set(entry):
        if name in besides or isinstance(value, Mapping):
            continue
        line = f"{name} = {_value(value)}"
        if len(line) > _WIDTH and isinstance(value, tuple):
            line = f"{name} = [\n{''.join(f'  {_value(one)},{chr(10)}' for one in value)}]"
        yield line


def _set(entry: Any) -> Iterator[tuple[str, Any]]:
    """Names and values of what is not left at its default."""
    for one in fields(entry):
        value = getattr(entry, one.name)
        default = one.default if one.default is not MISSING else MISSING
        if one.default_factory is not MISSING:
            default = one.default_factory()
        if value is not None and (default is MISSING or value != default):
            yield one.name, value


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str):
        return _text(value)
    if is_dataclass(value):
        inside = ", ".join(f"{name} = {_value(sub)}" for name, sub in _set(value))
        return f"{{ {inside} }}" if inside else "{}"
    return f"[{', '.join(_value(one) for one in value)}]"


def _text(text: str) -> str:
    # JSON's escapes are all known to TOML; JSON leaves the one control character that TOML does not take.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _key(name: str) -> str:
    return name if name.replace("_", "").isalnum() and name.isascii() else _text(name)
