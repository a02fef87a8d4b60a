"""The hand-written documents in YAML, read once: by way of the JSON that they came to before."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from leadproof.core import cache, lazy, resources


@functools.cache
def whole(name: str) -> Any:
    """A document below `specs/`."""
    return parsed(name, text_of(name))


@functools.cache
def contract() -> dict[str, Any]:
    """openapi.yaml but for its examples, its last part: a third of the reading, and nothing is judged by them."""
    document: dict[str, Any] = parsed("contract", without_examples())
    return document


def text_of(name: str) -> bytes:
    """The text of a document below `specs/`."""
    return resources.path("specs", name).read_bytes()


def without_examples() -> bytes:
    """The text of openapi.yaml before its examples."""
    return text_of("openapi.yaml").partition(b"\n  examples:\n")[0]


def parsed(name: str, text: bytes) -> Any:
    """What a text in YAML says. Reading it as JSON, where that is known, takes a fiftieth of the time.

    Args:
        name: Which document it is: as many versions of each are kept.
        text: Its text.
    """
    return cache.made(_kept_as(name), text, lambda: read(text))


def made_as(name: str, text: bytes) -> str:
    """The name of the file in a wheel with what `parsed` gives."""
    return cache.file_name(_kept_as(name), text)


def _kept_as(name: str) -> str:
    return f"yaml-{name.removesuffix('.yaml')}"


def read(text: bytes) -> Any:
    """What a text in YAML says, read anew."""
    import yaml

    return yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))


@functools.cache
def places() -> Mapping[str, tuple[str, int]]:
    """File below `specs/` and line (from 1) of every clause and of every operation, by its id."""
    found = cache.made("places", lined(), find_places)
    return MappingProxyType({name: (file, line) for name, (file, line) in found.items()})


def lined() -> bytes:
    """The texts that `places` are found in."""
    return b"\0".join(text_of(name) for name in _LINES)


def find_places() -> dict[str, tuple[str, int]]:
    """`places`, found anew."""
    found: dict[str, tuple[str, int]] = {}
    for name, pattern in _LINES.items():
        for number, line in enumerate(text_of(name).decode().splitlines(), 1):
            if hit := pattern.search(line):
                found.setdefault(hit[1], (name, number))
    return found


#: How a clause and an operation begin in the file that they stand in.
_LINES = {
    "clauses.yaml": lazy.pattern(r"^  - id: (\S+)$"),
    "situations.yaml": lazy.pattern(r"^  (?:- |  )id: (\S+)$"),
    "openapi.yaml": lazy.pattern(r"^\s*- \{?id: (\w+)\b"),
}
