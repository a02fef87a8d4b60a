"""What can be wrong with a body: `BodyProblem` for one place in it, `BodyError` where nothing can be decoded."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

#: Bytes that a body may have, after decompression too. Real responses are a few kilobytes.
MAX_BODY = 16 * 1024 * 1024

#: Problems that are noted of one document: one made of a million wrong elements is not worth a million lines.
MOST = 500

#: Characters of a value that a message shows.
SHOWN = 80


@dataclass(frozen=True, slots=True)
class BodyProblem:
    """One place in a body that is not as documented. `kind` is a key of `findings.KINDS`."""

    kind: str
    message: str
    pointer: str = ""
    xpath: str = ""
    expected: str = ""
    actual: str = ""
    #: 1-based, where the body could not be decoded; 0 if unknown.
    line: int = 0
    column: int = 0
    #: Which rule about structure it is, where the kind has several: repeated, attribute, text, nil; "" for the nesting.
    rule: str = ""


def note(problems: list[BodyProblem], problem: BodyProblem) -> None:
    """Adds a problem to those of a document, up to `MOST`."""
    if len(problems) < MOST:
        problems.append(problem)


class BodyError(ValueError):
    """A body that cannot be decoded, or (from the strict functions) one that is not as documented."""

    def __init__(self, problem: BodyProblem) -> None:
        where = problem.xpath or problem.pointer
        if problem.line:
            where = f"line {problem.line}, column {problem.column}"
        super().__init__(f"{problem.message} (at {where})" if where else problem.message)
        self.problem = problem
        self.kind = problem.kind
        self.message = problem.message
        self.pointer = problem.pointer
        self.xpath = problem.xpath
        self.line = problem.line
        self.column = problem.column


def met(text: str, position: int) -> str:
    """What a reader met where it could not go on: one character, which gives away nothing of a value, or the end."""
    return f"character {json.dumps(text[position])}" if position < len(text) else "the end of the text"


_TYPE_NAMES = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object",
               Decimal: "number"}  # fmt: skip


def typed(value: Any) -> str:
    """A value with its JSON type, short enough for a message: `string "True"`, `integer 7`, `null`."""
    if value is None:
        return "null"
    name = _TYPE_NAMES.get(type(value), type(value).__name__)
    if isinstance(value, (list, dict)):
        return f"{name} of {len(value)}"
    try:
        text = str(value) if isinstance(value, Decimal) else json.dumps(value, ensure_ascii=False)
    except ValueError:  # an integer of more digits than Python converts
        text = "…"
    return f"{name} {text if len(text) <= SHOWN else text[: SHOWN - 1] + '…'}"


def escape(name: str) -> str:
    """A member name as a part of a JSON Pointer (RFC 6901, section 3)."""
    return name.replace("~", "~0").replace("/", "~1")
