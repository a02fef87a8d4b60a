"""The hand-written documents in YAML, read once: by way of the JSON that they came to before."""

from __future__ import annotations

import functools
import json
from typing import Any

from leadproof.core import cache, resources


@functools.cache
def whole(name: str) -> Any:
    """A document below `specs/`."""
    return parsed(resources.path("specs", name).read_bytes())


@functools.cache
def contract() -> dict[str, Any]:
    """openapi.yaml but for its examples, its last part: a third of the reading, and nothing is judged by them."""
    text = resources.path("specs", "openapi.yaml").read_bytes().partition(b"\n  examples:\n")[0]
    document: dict[str, Any] = parsed(text)
    return document


def parsed(text: bytes) -> Any:
    """What a text in YAML says. Reading it as JSON, where that is known, takes a fiftieth of the time."""
    if (known := cache.load("yaml", text)) is not None:
        return json.loads(known)
    import yaml

    document = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    cache.save("yaml", text, json.dumps(document, ensure_ascii=False).encode())
    return document
