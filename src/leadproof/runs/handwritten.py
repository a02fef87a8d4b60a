"""Files of TOML that people write, such as waivers and attestations: read, and refused with a line for each thing that
is wrong.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

from leadproof.core.errors import ConfigurationError, reading_hint
from leadproof.core.toml import line_of
from leadproof.core.toml import parse as parse_toml

#: Where in the document, what is wrong, and what to do.
Complaint = tuple[tuple[str | int, ...], str, str]

#: Complaints that are printed.
_MOST = 10


def text_of(path: Path, most: int | None = None) -> str:
    """The text of a file.

    Args:
        path: It.
        most: Bytes that it may have.

    Raises:
        ConfigurationError: It cannot be read, is too large, or is no UTF-8.
    """
    try:
        with path.open("rb") as file:
            data = file.read() if most is None else file.read(most + 1)
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}", hint=reading_hint(error)) from None
    if most is not None and len(data) > most:
        raise ConfigurationError(f"{path} is too large", hint="is it the right file?")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path}: byte {error.start} is not UTF-8", hint="save the file as UTF-8") from None


def document_of(text: str, name: str) -> dict[str, Any]:
    """The document of a text; `name` stands for it in messages.

    Raises:
        ConfigurationError: It is no TOML; the message has the line.
    """
    try:
        return parse_toml(text)
    except ValueError as error:
        found = re.search(r"at line (\d+)", str(error))
        line = found[1] if found else text.count("\n") + 1
        raise ConfigurationError(f"{name}:{line}: no valid TOML: {error}", hint="mend the syntax there") from None


def refuse(text: str, name: str, complaints: Iterable[Complaint]) -> None:
    """Ends where there is something to complain about.

    Raises:
        ConfigurationError: There is; the message has a line for each thing, with file, line and key.
    """
    found = list(complaints)
    if found:
        shown = [f"{name}:{line_of(text, path)}: {what}" for path, what, _ in found[:_MOST]]
        more = [f"… and {len(found) - _MOST} more"] if len(found) > _MOST else []
        raise ConfigurationError("\n".join(shown + more), hint=found[0][2])


def unknown_key(place: tuple[str | int, ...], key: str, known: Collection[str]) -> Complaint:
    """The complaint about a key that there is not."""
    near = difflib.get_close_matches(key, known, 1)
    return (*place, key), f"there is no key {key}", f"did you mean {near[0]}?" if near else f"keys: {', '.join(known)}"
