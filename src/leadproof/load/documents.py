"""TOML documents that somebody names: scenarios and objectives, by a shipped name or as a file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from leadproof.core.errors import ConfigurationError, reading_hint
from leadproof.core.toml import parse as parse_toml


def toml_document(path: Path, name: str, known: Iterable[str], missing: str, shipped: str) -> dict[str, Any]:
    """The TOML document of a file.

    Args:
        path: The file.
        name: What was given for it.
        known: Names that could have been given.
        missing: What to say of a name that is neither of these nor a file.
        shipped: Names the known ones, and says what a file is.

    Raises:
        ConfigurationError: There is none, or it is no TOML.
    """
    if path.suffix != ".toml":
        import difflib

        near = difflib.get_close_matches(name, known, 1)
        raise ConfigurationError(missing, hint=(f"did you mean {near[0]}? " if near else "") + shipped)
    try:
        return parse_toml(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}", hint=reading_hint(error)) from None
    except ValueError as error:
        raise ConfigurationError(f"{path} is no TOML: {error}", hint="see https://toml.io for the syntax") from None
