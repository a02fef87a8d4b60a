"""A file that somebody names, read whole under a cap."""

from __future__ import annotations

from pathlib import Path

from leadproof.core.errors import InputError, reading_hint
from leadproof.core.text import count


def read_capped(path: Path, most: int, what: str, *, shown: str = "") -> bytes:
    """The bytes of a file.

    Args:
        path: The file.
        most: How many bytes it may have.
        what: What it should be, as in "is it …?".
        shown: What the file is called in messages; its path if left out.

    Raises:
        InputError: It is a folder, cannot be opened, or is larger.
    """
    shown = shown or str(path)
    if path.is_dir():
        raise InputError(f"{shown}: is a folder", hint=f"name {what} itself")
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
    except OSError as error:
        raise InputError(f"{shown}: cannot be opened: {error.strerror}", hint=reading_hint(error)) from None
    if len(data) > most:
        raise InputError(f"{shown}: is larger than {count(most, 'byte')}", hint=f"is it {what}?")
    return data
