"""Our own recordings: the `exchanges.ndjson` of a run directory, one exchange a line."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import replace
from typing import Any

import orjson

from leadproof.captures.model import CaptureSource, FileProblem
from leadproof.captures.streams import LINE, Stream, lines, utf8
from leadproof.core.exchange import Exchange, Part, Recorded, gaps
from leadproof.runs.evidence.rows import read_exchange


def read_ndjson(stream: Stream, source: CaptureSource) -> Generator[Exchange | FileProblem, None, int]:
    """The exchanges of a run. A line that is broken is named, and the others are read."""
    plain = utf8(stream)[0] if source.preface is None else stream
    number = 0
    for number, line in enumerate(lines(plain), 1):
        if line is None:
            yield _unreadable(number, f"has more than {LINE // 1024 // 1024} MB")
        elif line.strip():
            yield from _line(line, number, source)
    if not number and source.preface is None:
        yield FileProblem("file.unrecognised", "the file is empty", "was the run ended before it sent anything?")
    return number


def _line(line: bytes, number: int, source: CaptureSource) -> Iterator[Exchange | FileProblem]:
    try:
        row: dict[str, Any] = orjson.loads(line)
        exchange = read_exchange(row)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        what = "is no JSON" if isinstance(error, orjson.JSONDecodeError) else "is no exchange"
        yield _unreadable(number, what)
        return
    request, response, unknown = exchange.request, exchange.response, exchange.unknown
    if row["request"].get("body_cut"):
        yield _cut(number, "request")
        request = request._replace(body=b"")
        unknown += gaps(Part.REQUEST_BODY, how=Recorded.CUT)
    if response is not None and row["response"].get("body_cut"):
        yield _cut(number, "response")
        response = response._replace(body=b"")
        unknown += gaps(Part.RESPONSE_BODY, how=Recorded.CUT)
    operation = source.operation or (exchange.operation if isinstance(exchange.operation, str) else None)
    origin = f"{source.name}#{number}"
    yield replace(
        exchange, request=request, response=response, operation=operation, origin=origin, unknown=unknown
    )  # fmt: skip


def _cut(number: int, what: str) -> FileProblem:
    return FileProblem(
        "file.deviation", f"the body of {what} {number} was cut when it was recorded", "it was left out of judgement",
        number,
    )  # fmt: skip


def _unreadable(number: int, what: str) -> FileProblem:
    return FileProblem("file.unreadable", f"line {number} {what}", "the other lines were judged", number)
