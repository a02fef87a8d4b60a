"""Two responses to the same request, laid side by side: what they disagree about, and what was compared at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable

from leadproof.contract.specs import Clause, Specification
from leadproof.core.findings import Finding
from leadproof.judge.equivalence import alike, walk
from leadproof.judge.judgement import Compared, Judgement

#: Forms of alike responses of which it is remembered what was compared.
FORMS = 1_000


def disagreements(
    clause: Clause, left: Judgement, right: Judgement, spec: Specification
) -> tuple[tuple[Finding, ...], tuple[Compared, ...]]:
    """Findings for every difference, and how often each member was compared.

    Args:
        clause: Whose findings they are.
        left: The JSON response.
        right: The XML response.
        spec: The contract's readings.
    """
    form = alike(left.operation, left.response_value, right.response_value, spec)
    known: dict[Hashable, tuple[Compared, ...]] = spec._made.setdefault(("compared", left.operation), {})
    if form is not None and form in known:
        return (), known[form]
    times, different = Counter[str](), Counter[str]()
    findings = []
    for member, difference in walk(left.operation, left.response_value, right.response_value, spec):
        times[member] += 1
        if difference is not None:
            different[member] += 1
            findings.append(
                Finding(
                    clause.id, difference.kind, "JSON and XML disagree", difference.pointer, difference.xpath,
                    f"JSON: {difference.json}", f"XML: {difference.xml}", left.operation, "",
                    f"{_origin(left)} and {_origin(right)}",
                )
            )  # fmt: skip
    compared = tuple(Compared(member, times[member], different[member]) for member in times)
    if form is not None and len(known) < FORMS:
        known[form] = compared
    return tuple(findings), compared


def _origin(judgement: Judgement) -> str:
    return judgement.context.exchange.origin if judgement.context else ""
