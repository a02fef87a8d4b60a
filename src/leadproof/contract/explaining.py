"""The validator that explains, by jsonschema: its formats and its `pattern`. Imported where something is explained."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import jsonschema

from leadproof.contract.schemas import CUSTOM_FORMATS, is_moment


def _pattern(_: Any, pattern: str, value: Any, __: Any) -> Iterator[jsonschema.ValidationError]:
    """The keyword `pattern` as JSON Schema means it (ECMA-262): `$` is the end, not the place before a last newline."""
    if isinstance(value, str) and not re.search(re.sub(r"\$$", r"\\Z", pattern), value):
        yield jsonschema.ValidationError(f"{value!r} does not match {pattern!r}")


# jsonschema checks date-time only where an optional package is installed, and nobody would notice that it is not.
FORMATS = jsonschema.FormatChecker(formats=())
FORMATS.checks("date-time")(is_moment)
for _name, _check in CUSTOM_FORMATS.items():
    FORMATS.checks(_name)(_check)
Explainer: Any = jsonschema.validators.extend(  # type: ignore[no-untyped-call]  # its stubs leave it untyped
    jsonschema.Draft202012Validator, {"pattern": _pattern}
)
