"""How a request may carry credentials: the security requirements of two operations.

A requirement is compared by what its scheme says (header `api-key`, bearer …), not by the name of the component: that
name never goes over the wire.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from leadproof.commands.diff.model import Location, UnratedChange, UnratedChanges
from leadproof.commands.diff.shapes import follow

Json = Mapping[str, Any]


def compare(old: Json, new: Json, documents: tuple[Json, Json], place: Location) -> UnratedChanges:
    """Ways to give credentials that are gone or new, for one operation."""
    before, after = (_ways(one, document) for one, document in zip((old, new), documents, strict=True))
    here = place.at("credentials")
    if _open(before) and _open(after):
        return
    if _open(before):
        yield UnratedChange("security-required", here, "", " or ".join(after))
    elif _open(after):
        yield UnratedChange("security-dropped", here, " or ".join(before), "")
    else:
        for way in before:
            if way not in after:
                yield UnratedChange("security-removed", here, way, "")
        for way in after:
            if way not in before:
                yield UnratedChange("security-added", here, "", way)


def _open(ways: list[str]) -> bool:
    """Can a request do without credentials?"""
    return not ways or "" in ways


def _ways(operation: Json, document: Json) -> list[str]:
    """The ways to give credentials, each as a text; "" for none at all."""
    requirements = operation.get("security", document.get("security"))
    schemes = document.get("components")
    schemes = schemes.get("securitySchemes") if isinstance(schemes, Mapping) else None
    ways = []
    for requirement in requirements if isinstance(requirements, list) else ():
        if isinstance(requirement, Mapping):
            parts = [_scheme(str(name), scopes, schemes, document) for name, scopes in requirement.items()]
            ways.append(" with ".join(sorted(parts)))
    return ways


def _scheme(name: str, scopes: Any, schemes: Any, document: Json) -> str:
    row = follow(schemes.get(name), document) if isinstance(schemes, Mapping) else {}
    kind = row.get("type")
    if kind == "apiKey":
        place = str(row.get("in"))
        key = str(row.get("name"))
        text = f"the {place} {key.lower() if place == 'header' else key}"
    elif kind == "http":
        text = f"Authorization: {str(row.get('scheme', '')).capitalize()}"
    else:
        text = f"{kind or 'the undefined scheme'} {name}"
    return text + (f" ({', '.join(sorted(map(str, scopes)))})" if isinstance(scopes, list) and scopes else "")
