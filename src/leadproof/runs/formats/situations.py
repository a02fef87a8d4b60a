"""What the formats show of a run that certified a client: situations by group, what they came to, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from leadproof.core.text import count
from leadproof.runs.formats.parts import Row, decides, mapping, number, rows

#: Results of a situation that was played, in the order in which they are told.
RESULTS = ("passed", "failed", "warning", "waived", "untested")

#: What the report is not.
DISCLAIMER = (
    "This report compares what a client did in the situations that were played with what the documentation asks.",
    "The receiver was a mock: the report says nothing about the vendor's service.",
    "It is no legal advice, no statement by the vendor, and no promise about situations that were not played.",
)


@dataclass(frozen=True)
class SituationTold:
    """A situation that was played."""

    #: Its row among the situations of the report, in words.
    told: Row
    #: Its row among the clauses, with what it came to.
    clause: Row
    findings: list[Row]

    @property
    def id(self) -> str:
        """Its id."""
        return str(self.told.get("id", ""))

    @property
    def result(self) -> str:
        """One of `RESULTS`: what fails no run is a warning."""
        result = str(self.clause.get("result", "untested"))
        mild = result == "failed" and self.findings and not any(decides(row, {}) for row in self.findings)
        return "warning" if mild else result

    @property
    def reason(self) -> str:
        """Why it is untested or waived; "" else."""
        return str(self.clause.get("reason") or "")

    @property
    def more(self) -> str:
        """Where to read on."""
        return f"leadproof explain {self.id}; docs/certify-client.md#{self.id}"


@dataclass(frozen=True)
class SituationGroup:
    """The situations of one group that were played."""

    id: str
    heading: str
    played: list[SituationTold]

    @property
    def counts(self) -> dict[str, int]:
        """How many came to what; results that none came to are left out."""
        found = Counter(one.result for one in self.played)
        return {name: found[name] for name in RESULTS if found[name]}


def of_client(report: Row) -> bool:
    """Is it the report of a client?"""
    return bool(rows(report, "situations"))


def noun(report: Row) -> str:
    """What is called failed in a report."""
    return "situation" if of_client(report) else "requirement"


def subject(report: Row) -> str:
    """The command that started the client, or what is known instead."""
    run = mapping(report, "run")
    several = "several clients" if run.get("merged") else "a client that ran already"
    return str(run.get("client") or several)


def situation_words(name: str) -> str:
    """The situation of a client in which something was seen, and where to read on."""
    return f"situation {name} (leadproof explain {name})"


def played(report: Row) -> dict[str, SituationTold]:
    """The situations that were played, by id, in the order of the register; none in the report of a service."""
    clauses = {str(row.get("id")): row for row in rows(report, "clauses")}
    found: dict[str, list[Row]] = {}
    for row in rows(report, "findings"):
        found.setdefault(str(row.get("clause")), []).append(row)
    return {
        name: SituationTold(row, clauses.get(name, {}), found.get(name, []))
        for row in rows(report, "situations")
        if row.get("played") and (name := str(row.get("id")))
    }


def groups(report: Row) -> list[SituationGroup]:
    """The situations that were played by group; groups without one are left out."""
    found: dict[str, SituationGroup] = {}
    for one in played(report).values():
        name = str(one.told.get("group", ""))
        found.setdefault(name, SituationGroup(name, str(one.told.get("heading") or name), [])).played.append(one)
    return list(found.values())


def met(found: Iterable[SituationGroup]) -> list[str]:
    """The results that there are columns for: those that situations came to, and passed and failed in any case."""
    there = {name for group in found for name in group.counts}
    return [name for name in RESULTS if name in there or name in ("passed", "failed")]


def left_out(report: Row) -> list[tuple[str, list[str]]]:
    """Why situations were not played, and which."""
    reasons = {str(row.get("id")): str(row.get("reason") or "no reason recorded") for row in rows(report, "clauses")}
    found: dict[str, list[str]] = {}
    for row in rows(report, "situations"):
        if not row.get("played"):
            name = str(row.get("id"))
            found.setdefault(reasons.get(name, ""), []).append(name)
    return _largest_first(found)


def untested(report: Row) -> list[tuple[str, list[str]]]:
    """Why situations that were played could not be decided, and which."""
    found: dict[str, list[str]] = {}
    for one in played(report).values():
        if one.result == "untested":
            found.setdefault(one.reason or "no reason recorded", []).append(one.id)
    return _largest_first(found)


def numbers(report: Row) -> str:
    """How many situations came to what, in words, of those that were played."""
    found = Counter(one.result for one in played(report).values())
    told = ", ".join(f"{found[name]} {name}" for name in RESULTS if found[name] or name == "passed")
    return f"{sum(found.values())} of {count(len(rows(report, 'situations')), 'situation')} played: {told}"


def basis(report: Row) -> str:
    """What the verdict rests on, in a sentence."""
    requests = count(number(mapping(report, "counts"), "exchanges"), "request")
    return f"Based on {requests} of the client; {numbers(report)}."


def remedy(report: Row) -> str:
    """What to do about a run that is inconclusive."""
    if gaps := mapping(report, "coverage").get("gaps"):
        return "; ".join(str(gap) for gap in gaps[:2])
    reason = next((why for why, _ in untested(report)), "")
    return f"no situation could be decided, most often because {reason}" if reason else "no situation was decided"


def _largest_first(found: dict[str, list[str]]) -> list[tuple[str, list[str]]]:
    return sorted(found.items(), key=lambda pair: -len(pair[1]))
