"""What a check yields becomes what a judgement says: a finding of the clause that owns it, or an observation."""

from __future__ import annotations

from collections.abc import Iterable

from leadproof import bodies
from leadproof.contract.specs import Clause, Specification
from leadproof.core.findings import Finding, Observation
from leadproof.judge.checks import Breach
from leadproof.judge.register import Register

#: Name of a check, its breach, whether it is one of the request or of the response, and the format of that message.
Yielded = tuple[str, Breach, str, str | None]


def settle(
    yielded: Iterable[Yielded], operation: str, media: str, origin: str, register: Register, spec: Specification
) -> tuple[tuple[Finding, ...], tuple[Observation, ...]]:
    """Findings and observations of one exchange.

    Args:
        yielded: What its checks yielded.
        operation: Its id.
        media: The representation that it is judged in.
        origin: Where it comes from.
        register: Says which clause owns a breach.
        spec: The contract's readings.
    """
    findings, observations = list[Finding](), list[Observation]()
    for check, breach, direction, fmt in yielded:
        clause = register.owner(operation, media, check, breach.pointer)
        if fmt == "xml" and not breach.xpath:
            breach = breach._replace(xpath=bodies.xpath_of(operation, direction, breach.pointer, spec))
        if clause.level == "may" or (check == "unknown_members" and spec.choices["unknown-members"] == "observe"):
            observations.append(
                Observation(breach.kind, breach.message, breach.pointer, breach.xpath, operation, media, origin)
            )
        else:
            findings.append(finding(clause, breach, operation, media, origin))
    return tuple(findings), tuple(observations)


def finding(clause: Clause, breach: Breach, operation: str, media: str, origin: str) -> Finding:
    """The finding that a clause is broken."""
    return Finding(
        clause.id, breach.kind, breach.message, breach.pointer, breach.xpath, breach.expected, breach.actual, operation,
        media, origin,
    )  # fmt: skip


def clauses_of(findings: Iterable[Finding], media: str) -> tuple[tuple[str, str], ...]:
    """The clauses that are broken in a representation, once each."""
    return tuple((clause, media) for clause in dict.fromkeys(found.clause for found in findings))
