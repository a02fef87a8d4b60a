"""The mapping file of a log: which member of a line is what. TOML in, a frozen table out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from leadproof.captures.values import json_in
from leadproof.core.errors import ConfigurationError
from leadproof.core.toml import parse as parse_toml

#: What a mapping may name -> what it means.
PARTS: dict[str, str] = {
    "method": "the request's method",
    "url": "its URL, or path and query",
    "request_headers": "its headers: an object, a list, or lines of text",
    "request_body": "its body, as text or as JSON",
    "request_encoding": "base64 (or true) where that body is written so",
    "request_cut": "true where that body was cut off, or the number of characters at which the log cuts it off",
    "status": "the status of the response",
    "response_headers": "its headers",
    "response_body": "its body",
    "response_encoding": "as request_encoding",
    "response_cut": "as request_cut",
    "time": "when the request was sent: a date, or seconds or milliseconds since 1970",
    "elapsed": "how many milliseconds the exchange took",
    "operation": "the id of the operation, where the log knows it",
}

_HINT = 'such as url = "request.url"; leadproof validate --help shows an example'

#: The keys that lead to a member.
Keys = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mapping:
    """Where the parts of an exchange stand in a line, and what holds where a line does not say."""

    paths: dict[str, Keys]
    defaults: dict[str, Any]
    #: Where the list of exchanges stands, in a log that is one document; None where each line is one.
    records: Keys | None = None

    def get(self, row: Any, part: str) -> Any:
        """The value of a part in a line; None where there is none. A text on the way is read as the JSON that it is."""
        value = row
        for key in self.paths.get(part, ("\0",)):
            value = _below(value, key)
        return self.defaults.get(part) if value is None else value

    def why_not(self, row: Any, part: str) -> str:
        """Where the path of a part ends in a line that does not have it; "" where it has it."""
        value, way = row, "the line"
        for key in self.paths.get(part, ()):
            found = _below(value, key)
            if found is None:
                what = "text that is no JSON" if isinstance(value, str) else "no object"
                return f"{way} is {what}" if not isinstance(inside(value), dict) else f"{way} has no {key!r}"
            value, way = found, key
        return ""

    def knows(self, part: str) -> bool:
        """Does the mapping say where this part stands?"""
        return part in self.paths or part in self.defaults


def _below(value: Any, key: str) -> Any:
    value = inside(value)
    if isinstance(value, dict):
        return value.get(key)
    if isinstance(value, list) and key.isdecimal() and int(key) < len(value):
        return value[int(key)]
    return None


def inside(value: Any) -> Any:
    """The JSON that a text holds, as collectors of logs write it (`log`, `message`); anything else as it is."""
    return _parsed(value) if isinstance(value, str) else value


@lru_cache(8)  # each part of a line is looked up by itself
def _parsed(text: str) -> Any:
    try:
        return json_in(text)
    except ValueError:
        return text


def load(path: Path) -> Mapping:
    """Reads a mapping file.

    Raises:
        ConfigurationError: It cannot be read, is no TOML, or names something that no exchange has.
    """
    try:
        document = parse_toml(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read: {error.strerror}", hint="check --mapping") from None
    except ValueError as error:
        raise ConfigurationError(f"{path}: is no TOML: {error}", hint=_HINT) from None
    defaults = document.pop("defaults", {})
    if not isinstance(defaults, dict):
        raise ConfigurationError(f"{path}: defaults must be a table", hint='such as [defaults] and method = "POST"')
    records = tuple(_keys(document.pop("records"), "records", path)) if "records" in document else None
    for part in (*document, *defaults):
        if part not in PARTS:
            raise ConfigurationError(
                f"{path}: there is no part {part!r}", hint=f"known are: {', '.join(PARTS)}, records"
            )
    paths = {part: tuple(_keys(value, part, path)) for part, value in document.items()}
    mapping = Mapping(paths, defaults, records)
    if not mapping.knows("url") and not mapping.knows("operation"):
        raise ConfigurationError(f"{path}: neither url nor operation is named", hint=_HINT)
    return mapping


def _keys(value: Any, part: str, path: Path) -> Iterator[str]:
    """The keys of a dotted path, or of a list of them where a key has a dot in it."""
    if isinstance(value, str) and value:
        yield from value.split(".")
    elif isinstance(value, list) and value and all(isinstance(one, str) for one in value):
        yield from value
    else:
        raise ConfigurationError(f"{path}: {part} is no path", hint=_HINT)
