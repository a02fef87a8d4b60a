"""The nouns of a comparison, frozen: a `Document` that was read, a `Change` between two, and the `Comparison` of all.

No judgement here: what a kind of change means for clients stands in `kinds`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

#: What a change does to clients that follow OLD.
#: breaking: something that worked stops working. unclear: a person has to look. compatible: all goes on working.
#: note: nothing on the wire changes.
Impact = Literal["breaking", "unclear", "compatible", "note"]
IMPACTS: tuple[Impact, ...] = ("breaking", "unclear", "compatible", "note")

#: Who writes what is described: the client (request), the service (response), or nobody knows (both).
Direction = Literal["request", "response", "both"]

#: The kinds of document that can be compared -> what they are called in sentences.
DOCUMENTS: dict[str, str] = {
    "openapi": "an OpenAPI document",
    "xsd": "an XML Schema",
    "clauses": "a register of clauses",
    "readings": "a register of readings",
    "profile": "a posting profile",
}


@dataclass(frozen=True, slots=True)
class Document:
    """One document that was read, or all the XSDs of a folder together."""

    #: A key of `DOCUMENTS`.
    type: str
    #: What messages call it: the path as it was named.
    name: str
    #: Path below the folder that was named, "" for a single file.
    path: str
    #: The parsed content. For XSDs: path -> document element.
    content: Any


@dataclass(frozen=True, slots=True)
class Location:
    """Where a change is, before clauses are named: what a comparing function knows."""

    #: Operation ids, or "POST /path"; a file for XSDs.
    where: str = ""
    direction: Direction = "both"
    #: JSON Pointer with * for an index, XPath, "header:…", or an id.
    member: str = ""
    #: "json", "xml"; empty where the question makes no sense.
    media: tuple[str, ...] = ()

    def at(self, part: str) -> Location:
        """The place one step further down."""
        return Location(self.where, self.direction, f"{self.member}{part}", self.media)


@dataclass(frozen=True, slots=True)
class UnratedChange:
    """One difference as a comparing function yields it."""

    #: A key of `kinds.KINDS`.
    kind: str
    place: Location
    old: str = ""
    new: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """One change, with what it means."""

    kind: str
    impact: Impact
    #: A key of `DOCUMENTS`.
    document: str
    #: Operation ids, "POST /path", or files.
    where: tuple[str, ...]
    direction: Direction
    #: Where in a body, register or profile: the same change may show at several members.
    members: tuple[str, ...]
    media: tuple[str, ...]
    old: str
    new: str
    #: What changed, as a sentence without its subject.
    message: str
    why: str
    #: What a client should do; "" where nothing has to be done.
    advice: str
    #: Ids of clauses of the packaged register that are about these members.
    clauses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """All that changed between two versions."""

    old: str
    new: str
    changes: tuple[Change, ...]
    #: Pairs of documents that were compared: type, name in OLD, name in NEW.
    compared: tuple[tuple[str, str, str], ...] = ()
    #: Files that were not compared -> why.
    skipped: Mapping[str, str] = field(default_factory=dict)

    def of(self, impact: Impact) -> tuple[Change, ...]:
        """The changes of one impact."""
        return tuple(change for change in self.changes if change.impact == impact)

    def counts(self) -> dict[Impact, int]:
        """Number of changes by impact."""
        return {impact: len(self.of(impact)) for impact in IMPACTS}


UnratedChanges = Iterator[UnratedChange]
