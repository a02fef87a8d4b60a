"""What the tables of written defects are made with: the row `D`, and the changes that its way in is put together from.

A change of responses holds for the operation of its row, unless it names others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

from leadproof.core.exchange import Response
from leadproof.mock.defects.model import Defect, Injection, content_type
from leadproof.mock.defects.places import clause
from leadproof.mock.engine.responses import Value
from leadproof.mock.engine.service import Finish, Transform

CREATES = ("create_lead", "create_lead_sends", "create_call_transfer", "create_call_lead", "inbound_post")

#: A way in that asks for the operation of its row.
InjectionOf = Callable[[str], Injection]


@dataclass(frozen=True, slots=True)
class D:
    """One defect: what it is called, where it is, who must notice, how it gets in, and what is wrong."""

    id: str
    operation: str
    #: The check that must notice; its clause is looked up in the register.
    check: str
    injection: Injection | InjectionOf
    description: str
    #: The one representation that it is about; "" for both.
    media: str = ""
    #: The operation whose clause must notice, where that is another.
    of: str = ""
    #: What has to happen before it shows, of `NEEDS`.
    needs: str = ""


#: Kind -> its defects.
Table = Mapping[str, tuple[D, ...]]


def defects(table: Table) -> Iterator[Defect]:
    """The rows of a table, each with the clause that must notice."""
    for kind, rows in table.items():
        for row in rows:
            injection = row.injection if isinstance(row.injection, Injection) else row.injection(row.operation)
            expected_clause = clause(row.of or row.operation, row.media or "json", row.check)
            media = (row.media,) if row.media else ()
            yield Defect(
                row.id, kind, row.description, expected_clause, (row.operation,), injection, media, needs=row.needs
            )  # fmt: skip


# ---- responses -------------------------------------------------------------------------------------------------------

Change = Callable[[Value], Value]


def values(
    change: Change, *operations: str, fmt: str = "", every: int = 1, where: Callable[[Value], Any] = lambda value: True
) -> InjectionOf:
    """Another value of a response: of each, or of each so-manyth of those that are asked about."""

    def injection(subject: str) -> Injection:
        def begin() -> Transform:
            seen = count(1)

            def transform(operation: str, written: str, value: Value) -> Value:
                if operation not in (operations or (subject,)) or fmt not in ("", written) or not where(value):
                    return value
                return value if next(seen) % every else change(value)

            return transform

        return Injection(transform=begin)

    return injection


def results(change: Callable[[list[Value]], list[Value]], *operations: str, fmt: str = "") -> InjectionOf:
    """Another list of results in each response."""
    return values(lambda value: with_results(value, change), *operations, fmt=fmt)


def result(change: Change, *operations: str, fmt: str = "") -> InjectionOf:
    """Another value of each result."""
    return results(lambda every: [change(one) for one in every], *operations, fmt=fmt)


def responses(change: Callable[[Response], Response], *operations: str, fmt: str = "", every: int = 1) -> InjectionOf:
    """Another response to each readable request, or to each so-manyth."""

    def injection(subject: str) -> Injection:
        def begin() -> Finish:
            seen = count(1)

            def finish(operation: str, response: Response) -> Response:
                hit = response.status == 200 and operation in (operations or (subject,))
                if not hit or fmt not in content_type(response) or next(seen) % every:
                    return response
                return change(response)

            return finish

        return Injection(finish=begin)

    return injection


def texts(change: Callable[[bytes], bytes], *operations: str, fmt: str = "", every: int = 1) -> InjectionOf:
    """Other bytes of each body, or of each so-manyth."""
    return responses(lambda response: response._replace(body=change(response.body)), *operations, fmt=fmt, every=every)


# ---- changes of values: of a result, or of whatever has members ------------------------------------------------------


def with_results(value: Value, change: Callable[[list[Value]], list[Value]]) -> Value:
    """The response with another list of results, where it has one."""
    found = value.get("results")
    return {**value, "results": change(found)} if isinstance(found, list) else value


def put(**members: Any) -> Change:
    """These members, whatever was there."""
    return lambda one: {**one, **members}


def accepts(one: Value) -> bool:
    """Is a result an acceptance, whatever its operation calls it?"""
    return bool(one.get("isValid") or one.get("willAccept"))


def refuses(one: Value) -> bool:
    """Is it a refusal?"""
    return not accepts(one)


def has(name: str, *values: Any) -> Callable[[Value], bool]:
    """Is a member one of these values? Without any: is it there, and not empty?"""
    return lambda one: one.get(name) in values if values else bool(one.get(name))


def when(test: Callable[[Value], Any], change: Change) -> Change:
    """A change of some only."""
    return lambda one: change(one) if test(one) else one


def edit(change: Callable[[Any], Any], name: str, *path: str) -> Change:
    """Another value of a member, or of one below it, where there is one that is not empty."""

    def changed(one: Value) -> Value:
        if not one.get(name):
            return one
        return {**one, name: edit(change, *path)(one[name]) if path else change(one[name])}

    return changed


def each(name: str, change: Change) -> Change:
    """Another value of each entry of a list."""
    return edit(lambda entries: [change(entry) for entry in entries], name)
