"""What a run has found and seen: `Findings` and `Observations`, each counted without end and listed as far as `listing`
keeps them. Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from leadproof.core.findings import Finding, Observation
from leadproof.runs.listing import Distinct, Key, Listing, mark
from leadproof.runs.results import SeenFinding

#: Distinct findings that a report lists: more than there are clauses, operations and representations together, each of
#: which has one at least. The rest is counted.
LISTED = 2_000

#: Distinct findings that a report shows with the exchange they were seen in; the rest comes without.
SHOWN = 500

#: Distinct observations of one kind; the rest is counted in one row. A browser's capture is full of other traffic.
OBSERVED = 100

#: Said of the observations of a kind that are not listed.
MORE = "more of this kind, not listed one by one"

#: Outcomes of exchanges whose breaches stand only where anything was tested at all.
_NO_TEST = ("absent", "stopped")


@dataclass(slots=True)
class Found:
    """A distinct finding, and how often it was seen."""

    finding: Finding
    #: Number of the first exchange it was seen in; None where it was not kept.
    exchange: int | None
    count: int = 0
    #: How often it was seen where it stands whatever was tested.
    standing: int = 0


@dataclass(slots=True)
class Shown:
    """A distinct finding with evidence, in the exchange that is quickest to read."""

    finding: Finding
    exchange: int | None
    evidence: dict[str, str]
    #: Bytes of the request that the evidence shows: a smaller one that shows the same takes its place.
    size: int


@dataclass(slots=True)
class Findings:
    """The findings of a run."""

    #: By `Finding.same_as`: those that are listed, and those that have evidence.
    listed: Listing[Found] = field(default_factory=lambda: Listing(LISTED))
    shown: Listing[Shown] = field(default_factory=lambda: Listing(SHOWN))
    #: How many distinct ones there were.
    distinct: Distinct = field(default_factory=Distinct)
    #: Clause -> how often it was broken in all, and how often where that stands whatever was tested.
    breaches: dict[str, list[int]] = field(default_factory=dict)

    def wants(self, finding: Finding, size: int) -> bool:
        """Would evidence of a finding be shown: is it new, or shorter than what there is?

        Args:
            finding: Redacted.
            size: Bytes to read.
        """
        key = finding.same_as()
        known = self.shown.get(key)
        return self.shown.takes(_group(key), mark(key)) if known is None else size < known.size

    def add(self, seen: SeenFinding, outcome: str, exchange: int | None) -> None:
        """Takes in a finding of an exchange.

        Args:
            seen: The finding.
            outcome: Of the exchange.
            exchange: Its number; None where it was not kept.
        """
        self.count(seen.finding, exchange, 1, int(outcome not in _NO_TEST))
        if seen.evidence:
            self.show(Shown(seen.finding, exchange, dict(seen.evidence), seen.size))

    def count(self, finding: Finding, exchange: int | None, times: int, standing: int) -> None:
        """Counts a finding that was seen so many times, and so many where it stands whatever was tested."""
        self.count_clause(finding.clause, times, standing)
        key = finding.same_as()
        known = self.listed.get(key)
        if known is None:
            group, at = _group(key), mark(key)
            self.distinct.add(at)
            if not self.listed.takes(group, at):
                return
            known = Found(finding, exchange)
            self.listed.add(group, key, at, known)
        known.count += times
        known.standing += standing

    def count_clause(self, clause: str, times: int, standing: int) -> None:
        """Counts breaches of a clause."""
        breaches = self.breaches.setdefault(clause, [0, 0])
        breaches[0] += times
        breaches[1] += standing

    def show(self, shown: Shown) -> None:
        """Takes in evidence of a finding."""
        key = shown.finding.same_as()
        known = self.shown.get(key)
        if known is None:
            group, at = _group(key), mark(key)
            if self.shown.takes(group, at):
                self.shown.add(group, key, at, shown)
        elif shown.size < known.size:
            known.finding, known.exchange, known.size = shown.finding, shown.exchange, shown.size
            known.evidence = {**known.evidence, **shown.evidence}

    def evidence(self, found: Found) -> Shown | None:
        """The evidence of a finding that is listed; None where there was no room for it."""
        return self.shown.items().get(found.finding.same_as())

    def attach(self, key: Key, evidence: Mapping[str, str]) -> None:
        """Adds to the evidence of a finding."""
        shown, found = self.shown.get(key), self.listed.get(key)
        if shown is not None:
            shown.evidence |= evidence
        elif found is not None:
            self.show(Shown(found.finding, found.exchange, dict(evidence), 0))

    def merge(self, other: Findings) -> None:
        """Adds what a later part of the run has found; the other one is not used any more."""
        self.distinct.merge(other.distinct)
        for clause, (times, standing) in other.breaches.items():
            self.count_clause(clause, times, standing)
        for group, key, at, found in other.listed.groups():
            known = self.listed.get(key)
            if known is not None:
                known.count += found.count
                known.standing += found.standing
            elif self.listed.takes(group, at):
                self.listed.add(group, key, at, found)
        for shown in other.shown.items().values():
            self.show(shown)

    def times(self, found: Found, *, tested: bool) -> int:
        """How often a finding was seen where it stands.

        Args:
            found: The finding.
            tested: Was anything tested at all?
        """
        return found.count if tested else found.standing

    def standing(self, *, tested: bool) -> dict[str, int]:
        """The clauses that were broken, and how often, listed or not, as far as it stands."""
        number = {clause: times if tested else standing for clause, (times, standing) in self.breaches.items()}
        return {clause: times for clause, times in number.items() if times}

    def unlisted(self, *, tested: bool) -> dict[str, Any]:
        """What stands and is not listed: how often any was seen, how many distinct ones, whether that number is exact,
        and how often by clause; empty where all are listed.
        """
        clauses = Counter(self.standing(tested=tested))
        listed = self.listed.items()
        for found in listed.values():
            clauses[found.finding.clause] -= self.times(found, tested=tested)
        left = {clause: times for clause, times in sorted(clauses.items()) if times > 0}
        if not left:
            return {}
        number = max(self.distinct.number - len(listed), 1)
        return {"findings": sum(left.values()), "distinct": number, "exact": self.distinct.exact, "clauses": left}


def _group(key: Key) -> Key:
    """What a finding is listed with: clause, operation, representation."""
    return (key[0], *key[2:4])


@dataclass(slots=True)
class Observations:
    """The observations of a run."""

    _listed: Listing[tuple[Observation, list[int]]] = field(default_factory=lambda: Listing(LISTED, OBSERVED))
    #: How many there were of each kind, listed or not.
    _kinds: Counter[str] = field(default_factory=Counter)

    def add(self, seen: Observation, times: int = 1) -> None:
        """Takes in an observation, seen so many times."""
        self._kinds[seen.kind] += times
        if seen.message == MORE:  # of a report, which tells no more of them
            return
        key = seen.same_as()
        known = self._listed.get(key)
        if known is None:
            at = mark(key)
            if not self._listed.takes(seen.kind, at):
                return
            known = seen, [0]
            self._listed.add(seen.kind, key, at, known)
        known[1][0] += times

    def merge(self, other: Observations) -> None:
        """Adds what a later part of the run has seen."""
        for seen, times in other.rows().values():
            self.add(seen, times)

    def rows(self) -> dict[Key, tuple[Observation, int]]:
        """What is listed, and how often each was seen; at the end, for each kind, the rest."""
        listed = {key: (seen, times) for key, (seen, (times,)) in self._listed.items().items()}
        left = self._kinds.copy()
        for seen, times in listed.values():
            left[seen.kind] -= times
        rest = (Observation(kind, MORE) for kind, times in left.items() if times > 0)
        return listed | {one.same_as(): (one, left[one.kind]) for one in rest}
