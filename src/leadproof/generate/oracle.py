"""Is a request body wrong, and in what way? Asked of readers that share no code with ours.

Python's own json and expat, jsonschema, lxml and xmlschema: slow and independent. A "negative" that they find nothing
wrong with is none, and is not sent as one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree
from xml.parsers import expat

from lxml import etree

from leadproof.contract.specs import Specification


class Wrong(str):
    """What is wrong with a body, in words; empty if nothing is."""

    #: Can it be read at all? A request that can be read and is wrong may be refused in more ways.
    readable: bool
    #: Keywords and places of what is wrong: `type /source/vid`.
    faults: tuple[str, ...]

    __slots__ = ("faults", "readable")

    def __new__(cls, words: str, *, readable: bool = True, faults: tuple[str, ...] = ()) -> Wrong:
        made = super().__new__(cls, words)
        made.readable, made.faults = readable, faults
        return made


def wrong(spec: Specification, operation: str, fmt: str, body: bytes) -> Wrong:
    """What is wrong with a request body.

    Args:
        spec: The contract.
        operation: An operation with a body.
        fmt: "json" or "xml".
        body: The bytes as they are sent.
    """
    return _json(spec, operation, body) if fmt == "json" else _xml(spec, operation, body)


# ---- JSON ------------------------------------------------------------------------------------------------------------


def _json(spec: Specification, operation: str, body: bytes) -> Wrong:
    try:
        value = json.loads(body.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        return Wrong(f"no JSON text: {type(error).__name__}", readable=False)
    errors = sorted(
        spec.explainer(operation, "request", "json").iter_errors(value), key=lambda one: list(map(str, one.path))
    )
    faults = tuple(dict.fromkeys(fault for one in errors for fault in _faults(one)))
    return Wrong("; ".join(faults[:3]), faults=faults)


def _faults(error: Any) -> Iterator[str]:
    at = "".join(f"/{part}" for part in error.absolute_path)
    if error.validator == "required":
        yield from (f"required {at}/{name}" for name in error.validator_value if name not in error.instance)
    else:
        yield f"{error.validator} {at or '/'}"


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a member stands twice")
    return dict(pairs)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


# ---- XML -------------------------------------------------------------------------------------------------------------

_PARSER = etree.XMLParser(resolve_entities=False, no_network=True)

#: Elements of call data, and what their text must be; the XSD lets everything within a lead pass.
_CALL = {"CallDuration": float, "IVRNumber": int}


def _xml(spec: Specification, operation: str, body: bytes) -> Wrong:
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _no_doctype
    try:
        parser.Parse(body, True)
        root = ElementTree.fromstring(body)  # expat has just said that there is no document type in it
    except (expat.ExpatError, ElementTree.ParseError, ValueError, LookupError) as error:
        return Wrong(f"no XML document: {type(error).__name__}", readable=False)
    faults = _of_lxml(spec.xsd(operation, "request"), body) + _structure(root)
    if not faults:  # it takes half a second to load, and finds what lxml lets pass now and then
        found = spec.xsd_explainer(operation, "request").iter_errors(root)
        faults = [f"{getattr(error, 'path', '')} {error.reason}" for error in found]
    return Wrong("; ".join(faults[:3]), faults=tuple(faults))


def _of_lxml(schema: etree.XMLSchema, body: bytes) -> list[str]:
    if schema.validate(etree.fromstring(body, _PARSER)):
        return []
    log: Any = schema.error_log
    return [f"{error.path} {error.message}" for error in log] or ["refused by lxml"]


def _no_doctype(*_: Any) -> None:
    raise ValueError("a document type declaration")


def _structure(root: ElementTree.Element) -> list[str]:
    """What the XSD's wildcard lets pass: fields hold text and nothing else, once each; call data are numbers."""
    faults = []
    for lead in root:
        names = [one.tag for one in lead]
        faults += [f"{name} stands twice" for name in sorted(set(names)) if names.count(name) > 1]
        for one in lead:
            if len(one) or one.attrib:
                faults.append(f"the field {one.tag} holds more than text")
            if one.tag in _CALL:
                try:
                    if _CALL[one.tag](one.text or "") < 0:
                        faults.append(f"{one.tag} is below zero")
                except ValueError:
                    faults.append(f"{one.tag} is no number")
    return faults
