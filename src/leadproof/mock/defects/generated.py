"""The generated defects: operator × member × representation, every combination that makes sense, by rule.

Nobody chooses single rows and nobody takes one away: the rules are the operators' (`in_json`, `in_xml`), the places are
those of the schemas, the owner is what the register says. The seed draws what is written instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from random import Random
from typing import Any, NamedTuple

from leadproof.core.exchange import Response
from leadproof.core.operations import CELLS
from leadproof.mock.defects import in_json, in_xml
from leadproof.mock.defects.model import Defect, Injection, content_type
from leadproof.mock.defects.places import DefectPlace, clause, owner, paired, places, reach
from leadproof.mock.engine.responses import Value
from leadproof.mock.engine.service import Finish, Transform

#: Members that are null until something has happened -> what, of `model.NEEDS`. An operator that writes another value
#: leaves null alone; only those of `presence` do not.
_NULL_UNTIL = {"dateOfReview": "review", "dateOfReturn": "return"}


def rows(seed: int) -> Iterator[Defect]:
    """The generated part of the table.

    Args:
        seed: Draws what is written instead of what should stand there.
    """
    for place in places():
        yield from _json(place, seed) if place.fmt == "json" else _xml(place, seed)
        yield from _disagreement(place, seed)
        yield from _occasions(place, seed)
    for operation, fmt in CELLS:
        yield from _whole(operation, fmt, seed)


def _chance(seed: int, name: str) -> Random:
    # The same draw each time, so that one defect is one behaviour.
    return Random(f"{seed}/{name}")


def _json(place: DefectPlace, seed: int) -> Iterator[Defect]:
    for name, operator in in_json.OPERATORS.items():
        if check := operator.check(place):
            yield _row(place, name, operator.words, check, "json", _by_value(place, name, operator.change, seed))


def _xml(place: DefectPlace, seed: int) -> Iterator[Defect]:
    for name, operator in in_xml.OPERATORS.items():
        if check := operator.check(place):
            yield _row(place, name, operator.words, check, "xml", _by_tree(place, name, operator.change, seed))


def _row(place: DefectPlace, name: str, words: str, check: str, kind: str, injection: Injection) -> Defect:
    sentence = f"In {place.fmt.upper()} responses of {place.operation}, {place.member} {words}."
    return Defect(
        f"{place.id}.{name}",
        f"{kind}: {name}",
        sentence,
        owner(place, check),
        (place.operation,),
        injection,
        (place.fmt,),
        True,
        "" if check == "presence" else _NULL_UNTIL.get(place.name, ""),
    )


class Occasion(NamedTuple):
    """When a defect shows."""

    #: Added to the words.
    words: str
    #: Only every so many responses that have the member.
    every: int = 1
    #: Only in the last result of several.
    batch: bool = False


ALWAYS = Occasion("")

#: Occasions that are not every response: what a suite misses that asks once, or for one lead only.
RARELY = {
    "now-and-then": Occasion(", in every third response only", every=3),
    "in-batches": Occasion(", in the last result of a batch only", batch=True),
}


def _occasions(place: DefectPlace, seed: int) -> Iterator[Defect]:
    """For each member one operator, drawn by the seed, that shows on occasion only."""
    for occasion, when in RARELY.items():
        if when.batch and "*" not in place.path:
            continue
        chance = _chance(seed, f"{place.id}.{occasion}")
        if place.fmt == "json":
            name = chance.choice([name for name, one in in_json.OPERATORS.items() if one.check(place) == "member"])
            operator: Any = in_json.OPERATORS[name]
            injection = _by_value(place, name, operator.change, seed, when)
        else:
            name = chance.choice([name for name, one in in_xml.OPERATORS.items() if one.check(place) in _SEEN_ANYWHERE])
            operator = in_xml.OPERATORS[name]
            injection = _by_tree(place, name, operator.change, seed, when)
        row = _row(
            place, f"{name}.{occasion}", operator.words + when.words, operator.check(place), place.fmt, injection
        )
        yield Defect(
            row.id,
            f"{place.fmt}: {occasion}",
            row.description,
            row.expected_clause,
            row.operations,
            row.injection,
            row.media,
            True,
            row.needs,
        )


#: Checks that hold for refused results as well.
_SEEN_ANYWHERE = (
    "member", "xml_namespaces", "xml_structure", "xml_repeated", "xml_attributes", "xml_text", "xml_order",
)  # fmt: skip


def _by_value(
    place: DefectPlace, name: str, change: Callable[[Any, Any, Random], None], seed: int, when: Occasion = ALWAYS
) -> Injection:
    def begin() -> Transform:
        seen = count(1)

        def transform(operation: str, fmt: str, value: Value) -> Value:
            if (operation, fmt) != (place.operation, "json"):
                return value
            changed, hits = _copied(value), list[Any]()
            part, path = _part(changed, place.path) if when.batch else (changed, place.path)

            def at(parent: Any, key: Any) -> None:
                hits.append(parent[key])
                change(parent, key, _chance(seed, f"{place.id}.{name}"))

            reach(part, path, at)
            return changed if hits and next(seen) % when.every == 0 else value

        return transform

    return Injection(transform=begin)


def _part(value: Value, path: tuple[str, ...]) -> tuple[Any, tuple[str, ...]]:
    """The last result of several, and the path within it."""
    results = value.get("results")
    several = isinstance(results, list) and len(results) > 1
    return (results[-1], path[2:]) if several and results else ({}, path[2:] or path)


def _by_tree(
    place: DefectPlace, name: str, change: Callable[[Any, Random], None], seed: int, when: Occasion = ALWAYS
) -> Injection:
    path = in_xml.tags(place)

    def begin() -> Finish:
        seen = count(1)

        def finish(operation: str, response: Response) -> Response:
            if operation != place.operation or response.status != 200 or "xml" not in content_type(response):
                return response
            draw = f"{place.id}.{name}"
            body = in_xml.rewrite(
                response.body, path, lambda element: change(element, _chance(seed, draw)), last_of_several=when.batch
            )
            return response if body is None or next(seen) % when.every else response._replace(body=body)

        return finish

    return Injection(finish=begin)


def _disagreement(place: DefectPlace, seed: int) -> Iterator[Defect]:
    """A value that would be right, in one representation only.

    Ids and clocks differ between any two responses, and what one representation does not show cannot disagree.
    """
    if place.volatile or place.one_sided or place.kind == "object" or not paired(place.operation):
        return
    name, fmt = "differs", place.fmt

    def transform(operation: str, written: str, value: Value) -> Value:
        if (operation, written) == (place.operation, fmt):
            value = _copied(value)
            chance = _chance(seed, f"{place.id}.{name}")

            def change(parent: Any, key: Any) -> None:
                parent[key] = in_json.other_value(place.values, parent[key], chance)

            reach(value, place.path, change)
        return value

    words = "says something else than in the other representation"
    row = _row(place, name, words, "twins_equivalent", fmt, Injection(transform=lambda: transform))
    yield Defect(
        row.id, "twins: differs", row.description, row.expected_clause, row.operations, row.injection, (), True
    )


def _whole(operation: str, fmt: str, seed: int) -> Iterator[Defect]:
    table = in_json.TEXTS if fmt == "json" else in_xml.DOCUMENTS
    for name, (words, check, change) in table.items():
        identifier = f"{operation}.{fmt}.{name}"
        yield Defect(
            identifier,
            f"{fmt}: the whole",
            f"The {fmt.upper()} response of {operation} {words}.",
            clause(operation, fmt, check),
            (operation,),
            _by_bytes(operation, fmt, identifier, change, seed),
            (fmt,),
            True,
        )


def _by_bytes(operation: str, fmt: str, draw: str, change: Callable[[bytes, Random], bytes], seed: int) -> Injection:
    def finish(operation_id: str, response: Response) -> Response:
        if operation_id != operation or response.status != 200 or fmt not in content_type(response):
            return response
        return response._replace(body=change(response.body, _chance(seed, draw)))

    return Injection(finish=lambda: finish)


def _copied(value: Any) -> Any:
    """A copy that may be changed: the mock's responses share their offers."""
    if isinstance(value, dict):
        return {name: _copied(sub) for name, sub in value.items()}
    return [_copied(sub) for sub in value] if isinstance(value, list) else value
