"""TOML documents, so that whatever a file holds ends in one kind of error."""

from __future__ import annotations

from typing import Any


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
