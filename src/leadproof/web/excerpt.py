"""What the list of runs needs of `run.json` and `report.json`, decoded without the rest: a report has a hundred
times as much, and there are thousands of them.

A member that is there has to be of its type, or the whole is refused; one that is missing is empty.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, TypeVar

import msgspec

#: A count that SQLite takes.
Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]

#: Seconds that can be drawn.
Seconds = Annotated[float, msgspec.Meta(ge=0, le=1e9)]

T = TypeVar("T")


class FactsExcerpt(msgspec.Struct):
    """Of `run.json`, and of `run` in a report."""

    command: str = ""
    subject: str | None = None
    client: str | None = None
    mock: bool | None = None
    target: str | None = None
    arguments: list[str] | None = None
    started: str | None = None
    ended: str | None = None


class CountsExcerpt(msgspec.Struct):
    """`counts`."""

    exchanges: Count = 0
    findings: Count = 0


class FileExcerpt(msgspec.Struct):
    """A row of `files`."""

    path: str = ""


class FindingExcerpt(msgspec.Struct):
    """A row of `findings`."""

    clause: str = ""
    level: str = ""
    basis: str = ""
    decides: bool | None = None
    #: Anything that is true of one that the baseline has, too.
    known: Any = None


class ClauseExcerpt(msgspec.Struct):
    """A row of `clauses`."""

    id: str = ""
    result: str = ""
    level: str = ""
    basis: str = ""


class PercentilesExcerpt(msgspec.Struct):
    """Of a step; none of one without responses."""

    p50: Seconds | None = None
    p99: Seconds | None = None


class StepExcerpt(msgspec.Struct):
    """A value of `latency.steps`."""

    latency: PercentilesExcerpt = msgspec.field(default_factory=PercentilesExcerpt)


class ObjectiveExcerpt(msgspec.Struct):
    """A row of `latency.objectives`."""

    name: str = ""
    verdict: str = ""
    reason: str = ""


class ScenarioExcerpt(msgspec.Struct):
    """`latency.scenario`; empty of a run without load."""

    name: str = ""
    rate: Seconds = 0.0
    shape: str = ""


class LoadExcerpt(msgspec.Struct):
    """`latency`, empty of a run without load."""

    model: str = ""
    nothing: str = ""
    users: Count = 0
    scenario: ScenarioExcerpt = msgspec.field(default_factory=ScenarioExcerpt)
    steps: dict[str, StepExcerpt] = {}
    objectives: list[ObjectiveExcerpt] = []


class ReportExcerpt(msgspec.Struct):
    """`report.json`."""

    command: str = ""
    verdict: str = ""
    counts: CountsExcerpt = msgspec.field(default_factory=CountsExcerpt)
    files: list[FileExcerpt] = []
    findings: list[FindingExcerpt] = []
    clauses: list[ClauseExcerpt] = []
    latency: LoadExcerpt = msgspec.field(default_factory=LoadExcerpt)
    run: FactsExcerpt = msgspec.field(default_factory=FactsExcerpt)


_FACTS, _REPORT = msgspec.json.Decoder(FactsExcerpt), msgspec.json.Decoder(ReportExcerpt)


def facts(data: bytes) -> FactsExcerpt:
    """Of `run.json`.

    Raises:
        ValueError: It is none; RecursionError where it is too deep.
    """
    return _decoded(_FACTS, data)


def report(data: bytes) -> ReportExcerpt:
    """Of `report.json`. Raises what `facts` raises."""
    return _decoded(_REPORT, data)


def _decoded(decoder: msgspec.json.Decoder[T], data: bytes) -> T:
    if not data.lstrip().startswith(b"{"):
        raise ValueError("is no JSON object")
    try:
        return _read(decoder, data)
    except msgspec.ValidationError as error:
        raise ValueError(f"has a member of the wrong type: {error}") from None
    except ValueError as error:
        raise ValueError(f"is no JSON: {error}") from None


def _read(decoder: msgspec.json.Decoder[T], data: bytes) -> T:
    try:
        return decoder.decode(data)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:  # it may have more than JSON has: of a file name that is no text, half a surrogate pair
        return msgspec.convert(json.loads(data, parse_constant=_refused), decoder.type)


def _refused(word: str) -> None:
    raise ValueError(f"{word} is no number")
