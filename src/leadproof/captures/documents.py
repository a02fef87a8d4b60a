"""An exchange as a tool's document has it, and what becomes of it: the way that all readers of documents share.

A format is a `DocumentFormat` in a module of its own, with a function that finds the parts of an exchange in an item.
What a tool did not keep is None; nothing is made up for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from leadproof.captures import values
from leadproof.captures.model import CaptureSource, FileProblem
from leadproof.captures.recorded import LEFT_OUT, ReadBody, announced, plain, uncut
from leadproof.captures.streams import Stream, utf8
from leadproof.captures.trees import BrokenTree, Place, items
from leadproof.core.exchange import Exchange, Headers, Part, Request, Response, gaps


class RawExchange(NamedTuple):
    """The parts of an exchange; None for what was not kept."""

    method: str
    #: URL, or path and query.
    url: str
    headers: Headers | None
    body: bytes | None
    #: 0 where there is no response.
    status: int = 0
    response_headers: Headers | None = None
    response_body: bytes | None = None
    #: Seconds from the Unix epoch, and seconds that it took.
    started: float = 0.0
    elapsed: float = 0.0
    #: Why there is no response, a `transport.*` kind.
    failure: str = ""
    #: Further parts that were not kept.
    lost: tuple[Part, ...] = ()


class NotRecordedError(ValueError):
    """An item is no exchange that happened; says why."""


@dataclass(frozen=True, slots=True)
class DocumentFormat:
    """A format that keeps exchanges as items of a JSON or YAML document."""

    #: What it calls an item.
    noun: str
    #: Where its items stand.
    places: tuple[Place, ...]
    #: The parts of an item. Raises `NotRecordedError`, and TypeError or ValueError where an item has another form.
    recorded: Callable[[dict[str, Any], CaptureSource], RawExchange]
    #: Members of which one stands behind the list, where a document that was cut off is none that is broken.
    closing: frozenset[str] = frozenset()

    def __call__(self, stream: Stream, source: CaptureSource) -> Iterator[Exchange | FileProblem]:
        """Reads a file: the reader of this format."""
        text, _ = utf8(stream)
        number, exchanges, seen = 0, 0, set[str]()
        held: list[Exchange | FileProblem] = []  # of the last item, which may be cut off
        try:
            for number, value in items(text, *self.places, seen=seen):
                yield from held
                held = list(self.exchange(value, number, source))
                exchanges += any(isinstance(one, Exchange) for one in held)
            if number and self.closing and not self.closing & seen:
                what = f"the file breaks off: {self.noun} {number} may not be whole"
                held = [FileProblem("file.unreadable", what, "it was left out; record it again")]
        except BrokenTree as error:
            yield from held
            hint = f"the {number} before were judged; record it again" if number else "record it again"
            yield FileProblem("file.unreadable", f"behind {self.noun} {number}, {error}", hint)
            return
        yield from held
        if not exchanges:
            what = f"no {self.noun} in the file is the recording of an exchange"
            yield FileProblem("file.unrecognised", what, "was the recording on when the traffic ran?")

    def exchange(self, value: Any, number: int, source: CaptureSource) -> Iterator[Exchange | FileProblem]:
        """The exchange of an item, and what is not there."""
        label = f"{self.noun} {number}"
        try:
            found = self.recorded(values.mapping(value), source)
        except NotRecordedError as error:
            yield FileProblem("file.deviation", f"{label} {error}", "the others were judged")
        except (TypeError, ValueError, AttributeError, KeyError, IndexError, OverflowError):
            yield FileProblem("file.unreadable", f"{label} has not the form of one", "the others were judged")
        else:
            yield from settled(found, label, source, f"{source.name}#{number}")


def settled(found: RawExchange, label: str, source: CaptureSource, origin: str) -> Iterator[Exchange | FileProblem]:
    """The exchange of what was recorded, its bodies unpacked, and what could not be told of it."""
    headers, response_headers = found.headers or (), found.response_headers or ()
    unknown = gaps(*found.lost, *(part for part, kept in (
        (Part.METHOD, found.method), (Part.REQUEST_HEADERS, found.headers is not None),
        (Part.RESPONSE_HEADERS, found.response_headers is not None), (Part.TIMES, found.started),
    ) if not kept))  # fmt: skip
    sent = LEFT_OUT if found.body == b"" and announced(headers) > 0 else _read(found.body, headers)
    response, failure = None, found.failure
    unknown += sent.gaps(Part.REQUEST_BODY)
    if sent.words:
        yield FileProblem("file.deviation", f"the request of {label}: its body {sent.words}", _LEFT_OUT)
    if found.status > 0:
        bodiless = found.method.upper() == "HEAD" or found.status in (204, 304)
        empty = found.response_body == b"" and announced(response_headers) > 0 and not bodiless
        came = LEFT_OUT if empty else _read(found.response_body, response_headers)
        unknown, failure = unknown + came.gaps(Part.RESPONSE_BODY), came.failure
        if came.words and not failure:
            yield FileProblem("file.deviation", f"the response of {label}: its body {came.words}", _LEFT_OUT)
        if not failure:
            response = Response(found.status, values.labelled(response_headers, came.data), came.data)
    target = values.target(found.url) if found.url else ""
    request = Request(found.method.upper(), target, values.labelled(headers, sent.data), sent.data)
    yield Exchange(request, response, source.operation, origin, "", found.started, found.elapsed, failure, unknown)


_LEFT_OUT = "it was left out of judgement"


def _read(body: bytes | None, headers: Headers) -> ReadBody:
    return LEFT_OUT if body is None else uncut(plain(body, headers), headers)
