"""The tables of a report that stand on the register and on what a run has decided: clauses, readings, coverage,
equivalence, attestations. Pure: specification and tally in, rows out.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from leadproof.contract.situations import EXITS, GROUPS, situations
from leadproof.contract.specs import Clause, Specification
from leadproof.core.operations import CELLS, OPERATIONS
from leadproof.judge import Tally
from leadproof.judge.equivalence import members

#: Why a member of a response is never compared.
_WHY = {
    "one-sided": "only the {} response is documented to have it",
    "volatile": "differs between any two responses: an id or a clock",
    "never compared": "no pair of responses in this run had it",
}


def clause_row(
    clause: Clause, tally: Tally, *, dropped: Collection[str], reason: str, seen: Mapping[str, Any]
) -> dict[str, Any]:
    """A clause with its result.

    Args:
        clause: The clause.
        tally: What the run decided.
        dropped: Clauses whose breaches do not stand.
        reason: Why it was not tested, where that is known better than the tally knows it; "" else.
        seen: Numbers of the first exchanges in which it held and was broken.
    """
    result, general = tally.result(clause)
    passed, failed = tally.counts(clause)
    if clause.id in dropped:
        result, general = "untested", "there is nothing at the documented addresses"
    return {
        "id": clause.id,
        "result": result,
        "passed": passed,
        "failed": failed,
        "reason": (reason or general) if result == "untested" else general,
        "level": clause.level,
        "basis": clause.basis,
        "subject": clause.subject,
        "member": clause.member,
        "text": clause.text,
        "place": clause.place,
        "operations": list(clause.operations),
        "media": list(clause.media),
        "check": clause.check,
        "cells": {
            f"{operation}/{media}": [tally.passed[cell], tally.failed[cell]]
            for operation, media in clause.cells()
            if tally.passed[cell := (clause.id, operation, media)] or tally.failed[cell]
        },
        "exchanges": dict(seen),
    }  # fmt: skip


def readings(spec: Specification) -> list[dict[str, Any]]:
    """Every reading with the choice that was taken."""
    return [
        {
            "id": reading.id,
            "title": reading.title,
            "taken": spec.choices.get(reading.id, reading.taken),
            "meaning": reading.choices[spec.choices.get(reading.id, reading.taken)],
            "why": reading.why,
            "places": [{"at": at, "says": says} for at, says in reading.places],
            "chosen": spec.choices.get(reading.id, reading.taken) != reading.taken,
        }
        for reading in spec.readings.values()
    ]


def situation_rows(played: Collection[str]) -> list[dict[str, Any]]:
    """Every situation that a client can be played, in words; what it came to stands with the clause of the same id.

    Args:
        played: Ids of those that were played.
    """
    return [
        {
            "id": one.id, "played": one.id in played, "group": one.group, "heading": GROUPS[one.group],
            "happens": one.happens, "right": one.clause.text, "task": one.task, "exit": EXITS[one.exit],
            "advice": one.advice, "slow": one.slow,
        }
        for one in situations().values()
    ]  # fmt: skip


def attestations(spec: Specification) -> list[dict[str, str]]:
    """What nobody can test from outside and only a person can confirm: demands, not what is left open."""
    return [
        {
            "clause": clause.id,
            "text": clause.text,
            "place": clause.place,
            "why": clause.untestable,
            "look_at": clause.look_at,
        }
        for clause in spec.clauses.values()
        if clause.untestable and clause.level != "may"
    ]


def equivalence(spec: Specification, tally: Tally) -> list[dict[str, Any]]:
    """Each member of the responses of each operation with two representations: how often it was compared in a pair of
    twins, how often it differed, or why it is not compared.
    """
    return [
        _member(operation, member, how, tally)
        for operation, row in OPERATIONS.items()
        if len(row.media) > 1
        for member, how in _members(operation, spec, tally).items()
    ]


def _members(operation: str, spec: Specification, tally: Tally) -> dict[str, str]:
    known = members(operation, spec)
    more = sorted(member for name, member in tally.compared if name == operation and member not in known)
    return known | dict.fromkeys(more, "compared")


def _member(operation: str, member: str, how: str, tally: Tally) -> dict[str, Any]:
    compared, different = tally.compared[(operation, member)], tally.different[(operation, member)]
    state, _, side = how.partition(" ")
    if state == "compared":
        state = "different" if different else "equal" if compared else "never compared"
    return {
        "operation": operation,
        "pointer": member,
        "compared": compared,
        "different": different,
        "state": state,
        "why": _WHY.get(state, "").format(side.upper()),
    }


def no_coverage() -> dict[str, Any]:
    """Nothing: what of a service was exercised while a client was certified tells nothing of either."""
    return {"operations": {}, "cells": {"covered": 0, "total": 0}, "response_types": {}}


def coverage(tally: Tally) -> dict[str, Any]:
    """What was exercised: operations and representations, cells, outcomes."""
    operations: dict[str, dict[str, dict[str, float]]] = {}
    for operation, media in CELLS:
        judged = tally.exchanges[(operation, media, "judged")]
        operations.setdefault(operation, {})[media] = {
            "exchanges": judged,
            "accepted": tally.exchanges[(operation, media, "accepted")],
            "refused": tally.exchanges[(operation, media, "refused")],
        }
        if took := tally.took[(operation, media)]:  # bare bodies and some captures say nothing of time
            operations[operation][media]["seconds"] = took / 1e6
    types: dict[str, dict[str, int]] = {}
    for (operation, outcome), number in sorted(tally.response_types.items()):
        types.setdefault(operation, {})[outcome] = number
    return {
        "operations": operations,
        "cells": {"covered": len(tally.covered()), "total": len(CELLS)},
        "response_types": types,
    }
