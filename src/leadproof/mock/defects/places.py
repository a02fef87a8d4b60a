"""Where a generated defect can be: every member of every response in every representation, and the clause that owns it.

The owner is looked up in the register by check, operation, representation and member: the same rule for every defect.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from leadproof.contract import specs
from leadproof.core.operations import CELLS, OPERATIONS


@dataclass(frozen=True, slots=True)
class DefectPlace:
    """One member of a response in one representation."""

    operation: str
    fmt: str
    #: Names from the root on; "*" for the entries of an array.
    path: tuple[str, ...]
    #: Its JSON type, null apart: string, integer, number, boolean, array or object.
    kind: str
    nullable: bool
    #: "" or the one of enum, guid, moment.
    form: str
    #: Documented values, where there is a set of them.
    values: tuple[str, ...]
    #: Does the value differ between any two responses?
    volatile: bool
    #: Does only one representation show it?
    one_sided: bool

    @property
    def name(self) -> str:
        """The member's own name."""
        return self.path[-1]

    @property
    def member(self) -> str:
        """Its shape, as the register writes it."""
        return "".join(f"/{part}" for part in self.path)

    @property
    def id(self) -> str:
        """What it is called in the ids of defects."""
        return ".".join((self.operation, self.fmt, *(part for part in self.path if part != "*")))

    @property
    def of_result(self) -> bool:
        """Is it a direct member of a result (or of a response that has no list of them)?"""
        return self.path[:-1] in ((), ("results", "*"))


@cache
def places() -> tuple[DefectPlace, ...]:
    """Every member of every response, cell by cell, in the order of the documentation."""
    spec = specs.load()
    return tuple(
        place
        for operation, fmt in CELLS
        for place in _walk(operation, fmt, (), spec.schema(operation, "response", fmt))
    )


def _walk(operation: str, fmt: str, path: tuple[str, ...], schema: dict[str, Any]) -> Iterator[DefectPlace]:
    for name, sub in schema.get("properties", {}).items():
        yield _place(operation, fmt, (*path, name), sub)
        yield from _walk(operation, fmt, (*path, name), sub)
    if "items" in schema:
        yield from _walk(operation, fmt, (*path, "*"), schema["items"])


def _place(operation: str, fmt: str, path: tuple[str, ...], schema: dict[str, Any]) -> DefectPlace:
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    form = "enum" if "enum" in schema else "moment" if "format" in schema else "guid" if "pattern" in schema else ""
    return DefectPlace(
        operation,
        fmt,
        path,
        kind=next(one for one in types if one != "null"),
        nullable="null" in types,
        form=form,
        values=tuple(one for one in schema.get("enum", ()) if isinstance(one, str)),
        volatile="x-leadproof-volatile" in schema,
        one_sided="x-leadproof-only" in schema,
    )


# ---- who owns what ---------------------------------------------------------------------------------------------------


@cache
def _index() -> tuple[dict[tuple[str, str, str], str], dict[tuple[str, str, str], str]]:
    by_check, by_member = {}, {}
    for clause in specs.clauses().values():
        for cell in clause.cells():
            if clause.check == "member":
                by_member[(*cell, clause.member)] = clause.id
            elif clause.check:
                by_check[(*cell, clause.check)] = clause.id
    return by_check, by_member


def clause(operation: str, fmt: str, check: str) -> str:
    """Id of the clause that a check decides in a cell; `member` is that of the body as a whole: its first member.

    Raises:
        KeyError: The register has none.
    """
    by_check, by_member = _index()
    if check == "member":
        return next(found for (*cell, _), found in by_member.items() if cell == [operation, fmt])
    return by_check[operation, fmt, check]


def owner(place: DefectPlace, check: str) -> str:
    """Id of the clause that owns a breach of a check at a place: the check's, or that of the member or its parent.

    Raises:
        KeyError: The register has none.
    """
    by_check, by_member = _index()
    if check != "member":
        return by_check[place.operation, place.fmt, check]
    parts = list(place.path)
    while parts:
        found = by_member.get((place.operation, place.fmt, "".join(f"/{part}" for part in parts)))
        if found:
            return found
        parts.pop()
    raise KeyError(place.member)


#: Checks that ask for a text that is not empty: name of the member -> check.
TEXT_ASKED: dict[str, str] = {
    "orderId": "order_when_accepted",
    "responseMessage": "refusal_message",
    "response": "refusal_message",
    "offerId": "offer_ids_unique",
    "tcpaText": "offer_tcpa_text",
    "agentPhone": "transfer_client",
    "message": "accept_message",
}


def text_asked(place: DefectPlace) -> str:
    """The check that asks for a text at a place; "" where an empty one is as good as any."""
    if place.form:
        return "member"
    check = TEXT_ASKED.get(place.name, "")
    return check if (place.operation, place.fmt, check) in _index()[0] else ""


def paired(operation: str) -> bool:
    """Does an operation speak both representations, so that they can disagree?"""
    return len(OPERATIONS[operation].media) == 2


# ---- where an operator makes sense -----------------------------------------------------------------------------------


def where(condition: Callable[[DefectPlace], bool], check: str = "member") -> Callable[[DefectPlace], str]:
    """The check that must notice, at the places that meet a condition; "" at all others."""
    return lambda place: check if condition(place) else ""


def of_kind(*kinds: str) -> Callable[[DefectPlace], bool]:
    """Has the member one of these JSON types?"""
    return lambda place: place.kind in kinds


def of_form(form: str) -> Callable[[DefectPlace], bool]:
    """Is the member a text of this form?"""
    return lambda place: place.form == form


# ---- reaching a place in a value -------------------------------------------------------------------------------------

#: Parent (object or array) and key; changes the parent in place.
Change = Callable[[Any, Any], None]


def reach(value: Any, path: tuple[str, ...], change: Change) -> None:
    """Calls `change` for each member of a value that is at the path; where there is none, nothing happens."""
    if not isinstance(value, (dict, list)):
        return
    keys: list[Any]
    if path[0] == "*":
        keys = list(range(len(value))) if isinstance(value, list) else []
    else:
        keys = [path[0]] if isinstance(value, dict) and path[0] in value else []
    for key in keys:
        if len(path) == 1:
            change(value, key)
        else:
            reach(value[key], path[1:], change)
