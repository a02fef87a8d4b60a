"""The register of clauses, indexed for judging: which clause owns a breach, which checks bind a cell."""

from __future__ import annotations

from collections.abc import Collection

from leadproof.contract.specs import Clause, Specification
from leadproof.core.findings import shape
from leadproof.judge.checks import CHECKS, Check

#: Kinds of breaches that are about a value of the right type; a clause of its own may decide them (`client_value`).
VALUES = frozenset({"schema.format", "schema.range", "schema.cardinality"})


class Register:
    """Clauses by cell, check and member, under one choice of readings."""

    def __init__(self, spec: Specification, without: Collection[str] = ()) -> None:
        """Args:

        spec: The clauses, under one choice of readings.
        without: Checks that this run cannot make.
        """
        self.clauses = spec.clauses
        lenient = {*(spec.readings["placeholders"].lenient if spec.as_documented else ()), *without}
        self._by_check: dict[tuple[str, str, str], Clause] = {}
        self._by_member: dict[tuple[str, str, str], Clause] = {}
        self._by_value: dict[tuple[str, str, str], Clause] = {}
        #: Operation and representation -> the clauses that a check over the context decides: those about one exchange,
        #: and those about what stands between it and earlier ones.
        self.plan: dict[tuple[str, str], list[tuple[Clause, Check]]] = {}
        self.sequences: dict[tuple[str, str], list[tuple[Clause, Check]]] = {}
        #: Operation and representation -> the clauses about members, of requests and of responses.
        self.members: dict[tuple[str, str], list[Clause]] = {}
        for clause in self.clauses.values():
            for cell in clause.cells():
                if clause.check in ("member", "client_member"):
                    self._by_member[(*cell, clause.member)] = clause
                    self.members.setdefault(cell, []).append(clause)
                elif clause.check == "client_value":
                    self._by_value[(*cell, clause.member)] = clause
                    self.members.setdefault(cell, []).append(clause)
                elif clause.check:
                    self._by_check[(*cell, clause.check)] = clause
                    if clause.check in CHECKS and clause.check not in lenient:
                        check = CHECKS[clause.check]
                        plan = self.sequences if check.follows else self.plan
                        plan.setdefault(cell, []).append((clause, check))

    def clause(self, operation: str, media: str, check: str) -> Clause | None:
        """The clause that a check decides in a cell; None if the register has none there."""
        return self._by_check.get((operation, media, check))

    def about_values(self, operation: str, media: str, pointer: str) -> Clause | None:
        """The clause about the values of a member of requests, or of the entries of a list; None if there is none."""
        member = shape(pointer)
        names = (member, member.removesuffix("/*"))
        return next((clause for name in names if (clause := self._by_value.get((operation, media, name)))), None)

    def owner(self, operation: str, media: str, check: str, pointer: str) -> Clause:
        """The clause that owns a breach: of the check, or of the member at the pointer or its nearest parent.

        What is wrong with a body as a whole is owned by the first member that it should have had.

        Raises:
            KeyError: The register has no clause for it: a gap in the register, which a test hunts.
        """
        if check == "client_value" and (about := self.about_values(operation, media, pointer)):
            return about
        if check not in ("member", "client_member"):
            found = self.clause(operation, media, check)
            if found is not None:
                return found
        wanted = "client_member" if check.startswith("client_") else "member"
        member = shape(pointer)
        while member:
            clause = self._by_member.get((operation, media, member))
            if clause is not None and clause.check == wanted:
                return clause
            member = member.rpartition("/")[0]
        ours = [one for one in self.members.get((operation, media), ()) if one.check == wanted]
        for clause in (*(one for one in ours if one.member.startswith("/")), *ours):
            return clause
        raise KeyError(f"no clause owns {check} at {pointer} of {operation} in {media}")
