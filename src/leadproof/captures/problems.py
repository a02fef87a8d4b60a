"""What is wrong with one file, as its row of a report says it."""

from __future__ import annotations

from typing import Any

from leadproof.captures.model import FileProblem

#: Problems of one file that a report lists.
NAMED = 50

#: What is said first of a file, the greater the sooner.
_SEVERITY = {"file.unreadable": 2, "file.deviation": 0}


def again(before: int, what: str) -> str:
    """The hint for a file that breaks off: what to do, and whether anything was judged that came before."""
    return f"what came before was judged; {what}" if before else what


class Problems:
    """What is wrong with a file: the worst of it, the first of the rest, and how much there is. It may be a million."""

    def __init__(self) -> None:
        self._first: list[FileProblem] = []
        self._worst: FileProblem | None = None
        self._count = 0
        self._said = set[str]()

    def add(self, problem: FileProblem) -> None:
        if problem.once:
            if problem.once in self._said:
                return
            self._said.add(problem.once)
        self._count += 1
        if len(self._first) < NAMED:
            self._first.append(problem)
        if self._worst is None or _SEVERITY.get(problem.kind, 1) > _SEVERITY.get(self._worst.kind, 1):
            self._worst = problem

    def together(self) -> dict[str, Any]:
        """All of it as members of the file's row: `problem`, and `problems` where there are several."""
        if self._worst is None:
            return {"problem": None}
        more = f" (and {self._count - 1} more)" if self._count > 1 else ""
        row: dict[str, Any] = {"problem": _row(self._worst) | {"message": self._worst.message + more}}
        return row | ({"problems": [_row(one) for one in self._first]} if self._count > 1 else {})


def _row(problem: FileProblem) -> dict[str, str]:
    return {"kind": problem.kind, "message": problem.message, "hint": problem.hint}
