"""The story of `leadproof diff`: two versions of a specification or profile read, compared, and every change judged by
what it does to clients that follow OLD. Comparing is pure; only `reading` opens files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any

from leadproof.commands.diff import openapi, profiles, register, xsd
from leadproof.commands.diff.kinds import KINDS
from leadproof.commands.diff.model import (
    DOCUMENTS,
    IMPACTS,
    Change,
    Comparison,
    Document,
    Impact,
    Location,
    UnratedChange,
    UnratedChanges,
)
from leadproof.commands.diff.naming import clauses_of
from leadproof.commands.diff.reading import PACKAGED, read
from leadproof.core.errors import InputError

__all__ = [
    "DOCUMENTS",
    "FAIL_ON",
    "IMPACTS",
    "KINDS",
    "PACKAGED",
    "Change",
    "Comparison",
    "Document",
    "Impact",
    "changes",
    "compare",
]

#: Type of document -> what yields the differences of two.
COMPARERS: dict[str, Callable[[Any, Any], UnratedChanges]] = {
    "openapi": openapi.compare,
    "xsd": xsd.compare,
    "clauses": register.compare_clauses,
    "readings": register.compare_readings,
    "profile": profiles.compare,
}

#: What fails the command -> the impacts that do.
FAIL_ON: dict[str, tuple[Impact, ...]] = {
    "breaking": ("breaking",),
    "unclear": ("breaking", "unclear"),
    "any": IMPACTS,
    "none": (),
}

#: More differences than this are no two versions of one document.
_MOST = 20_000


def compare(old: str, new: str) -> Comparison:
    """Compares two files or folders; `PACKAGED` stands for what this version of leadproof carries.

    Raises:
        InputError: Something cannot be read, or the two are not of a kind.
    """
    before, after, skipped = read(old, new)
    pairs, alone = _pairs(before, after)
    if not pairs:
        nouns = " and ".join(dict.fromkeys(DOCUMENTS[one.type] for one in (*before, *after)))
        raise InputError(f"{old} and {new} are not of a kind: {nouns}", hint="name two of a kind")
    found = [change for first, second in pairs for change in changes(first, second)]
    for document, other in alone:
        skipped[document.name] = f"there is no such document in {new if other == 'new' else old}"
    order = {impact: number for number, impact in enumerate(IMPACTS)}
    return Comparison(
        old=old,
        new=new,
        changes=tuple(sorted(found, key=lambda change: order[change.impact])),
        compared=tuple((first.type, first.name, second.name) for first, second in pairs),
        skipped=skipped,
    )


def _pairs(
    old: Iterable[Document], new: Iterable[Document]
) -> tuple[list[tuple[Document, Document]], list[tuple[Document, str]]]:
    """Documents that belong together: of a type, and of a path where there are several; and those that stand alone."""
    pairs, alone = list[tuple[Document, Document]](), list[tuple[Document, str]]()
    for document_type in DOCUMENTS:
        before = [document for document in old if document.type == document_type]
        after = [document for document in new if document.type == document_type]
        if len(before) == len(after) == 1:
            pairs.append((before[0], after[0]))
            continue
        paths = {document.path: document for document in after}
        for document in before:
            if document.path in paths:
                pairs.append((document, paths.pop(document.path)))
            else:
                alone.append((document, "new"))
        alone += [(document, "old") for document in paths.values()]
    return pairs, alone


def changes(old: Document, new: Document) -> list[Change]:
    """Every change between two documents of a type, each told once with all the places that it shows in.

    Raises:
        InputError: So much changed that the two are not versions of one document.
    """
    found = list(islice(COMPARERS[old.type](old.content, new.content), _MOST + 1))
    if len(found) > _MOST:
        raise InputError(
            f"{old.name} and {new.name} differ in more than {_MOST} places", hint="are they versions of one document?"
        )
    groups: dict[tuple[str, ...], list[UnratedChange]] = {}
    for difference in found:
        groups.setdefault(_key(old.type, difference), []).append(difference)
    return [_change(old.type, group) for group in groups.values()]


def _key(document: str, difference: UnratedChange) -> tuple[str, ...]:
    """Those with the same key are one change: a component that many members share is told once."""
    place = difference.place
    key = (difference.kind, place.direction, difference.old, difference.new)
    if document not in ("openapi", "xsd") or not (difference.old or difference.new):
        return (*key, place.member, place.where if not place.member else "")
    return key if place.member else (*key, place.where)


def _change(document: str, group: list[UnratedChange]) -> Change:
    first = group[0]
    kind, place = KINDS[first.kind], first.place
    places = [difference.place for difference in group]
    members = tuple(dict.fromkeys(one.member for one in places))
    return Change(
        kind=kind.id,
        impact=kind.impact(place.direction),
        document=document,
        where=tuple(dict.fromkeys(where for one in places for where in (one.where.split(", ") if one.where else ()))),
        direction=place.direction,
        members=members,
        media=tuple(sorted({media for one in places for media in one.media})),
        old=first.old,
        new=first.new,
        message=kind.words.replace("{old}", first.old).replace("{new}", first.new),
        why=kind.why(place.direction),
        advice=kind.advice if kind.impact(place.direction) in ("breaking", "unclear") else "",
        clauses=clauses_of(document, _each(places)),
    )


def _each(places: list[Location]) -> list[Location]:
    """The places, one for each operation."""
    return [Location(where, one.direction, one.member, one.media) for one in places for where in one.where.split(", ")]
