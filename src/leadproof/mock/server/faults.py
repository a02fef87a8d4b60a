"""What breaks on the wire: `FAULTS`, named ways in which the server can be made to break the transport.

A fault is given the response that would be sent and a way to go on, and yields steps: bytes to send, seconds to wait,
or an end of the connection. So faults can stand on top of each other: latency in front of a truncated body. The
contract of the responses is not touched; that is what the mock's defects are for.
"""

from __future__ import annotations

import difflib
import random
import zlib
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import count
from typing import NamedTuple

from leadproof.core.errors import UsageError
from leadproof.core.wire_faults import WIRE_FAULTS, WireFault, broken
from leadproof.core.wire_rules import WIRE_RULES
from leadproof.mock.server.plays import End, OutgoingResponse, Proceed, Script, Step


class Fault(NamedTuple):
    """One named way to break the transport."""

    words: str
    #: Makes the script anew, so that what is counted begins again; the argument is the parameter.
    make: Callable[[float], Script]
    #: Kinds of finding by which it is told, a suite's own requests and a probe of the wire together; none where it is
    #: seen in the time that responses take only.
    kinds: tuple[str, ...] = ()
    #: What the parameter is, and what it is where none is given; "" where there is none.
    parameter: str = ""
    default: float = 0.0
    #: What would be right, and where that is written; "" where no standard says it.
    right: str = ""


# ---- what they do ----------------------------------------------------------------------------------------------------


def _latency(seconds: float) -> Script:
    def script(response: OutgoingResponse, proceed: Proceed) -> Iterator[Step]:
        yield seconds
        yield from proceed(response)

    return script


def _jitter(seconds: float) -> Script:
    chance = random.Random(0)

    def script(response: OutgoingResponse, proceed: Proceed) -> Iterator[Step]:
        yield chance.random() * seconds
        yield from proceed(response)

    return script


def _whole(steps: Iterator[Step]) -> tuple[list[Step], bytes]:
    """Waits before the first bytes, and all bytes in one."""
    before: list[Step] = []
    data = b""
    for step in steps:
        if isinstance(step, bytes):
            data += step
        elif not data and isinstance(step, float):
            before.append(step)
    return before, data


def _half(data: bytes) -> int:
    """Where the middle of the body is."""
    start = data.find(b"\r\n\r\n") + 4
    return start + max(1, (len(data) - start) // 2)


def _cut(after: Callable[[float], Iterable[Step]], where: Callable[[bytes], int] = _half) -> Callable[[float], Script]:
    """Sends the message up to somewhere, and then something else happens."""

    def make(parameter: float) -> Script:
        def script(response: OutgoingResponse, proceed: Proceed) -> Iterator[Step]:
            before, data = _whole(proceed(response._replace(keep=False)))
            yield from before
            yield data[: where(data)]
            yield from after(parameter)

        return script

    return make


def _other(change: Callable[[OutgoingResponse], OutgoingResponse]) -> Callable[[float], Script]:
    """Sends another response."""

    def make(parameter: float) -> Script:
        return lambda response, proceed: proceed(change(response))

    return make


def _burst(status: int, *headers: tuple[str, str]) -> Callable[[float], Script]:
    """Some responses in a row of every ten are errors; the first ones are not."""

    def make(number: float) -> Script:
        seen = count()

        def script(response: OutgoingResponse, proceed: Proceed) -> Iterator[Step]:
            if next(seen) % 10 >= 10 - min(10, number):
                body = b"<html><body>the service is busy</body></html>"
                response = response._replace(
                    status=status, headers=(("content-type", "text/html"), *headers), body=body
                )
            return proceed(response)

        return script

    return make


def _drip(seconds: float) -> Script:
    def script(response: OutgoingResponse, proceed: Proceed) -> Iterator[Step]:
        before, data = _whole(proceed(response))
        yield from before
        for index in range(len(data)):
            yield data[index : index + 1]
            yield seconds

    return script


_MEGABYTE = 1_000_000


@cache
def _bomb(megabytes: int) -> bytes:
    """Zeros, a thousand times smaller than they are."""
    stream = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    zeros = bytes(_MEGABYTE)
    return b"".join(stream.compress(zeros) for _ in range(megabytes)) + stream.flush()


def _gzip_bomb(megabytes: float) -> Script:
    bomb = _bomb(max(1, int(megabytes)))
    return lambda response, proceed: proceed(response.coded("gzip", bomb))


def _huge(megabytes: float) -> Script:
    """A body that never seems to end: piece by piece, so that nobody here has to hold it."""

    def script(response: OutgoingResponse, proceed: Proceed) -> Iterator[Step]:
        pieces, piece = max(1, int(megabytes)), b" " * _MEGABYTE
        length = str(len(response.body) + pieces * _MEGABYTE)
        before, data = _whole(proceed(response._replace(framing=(("content-length", length),), keep=False)))
        yield from before
        yield data
        yield from [piece] * pieces
        yield End.CLOSE

    return script


def _wire(fault: WireFault) -> Callable[[float], Script]:
    """Breaks the bytes of what would be sent."""

    def make(parameter: float) -> Script:
        def script(response: OutgoingResponse, proceed: Proceed) -> Iterator[Step]:
            before, data = _whole(proceed(response._replace(keep=False)))
            yield from before
            yield broken(fault, data)
            yield End.CLOSE

        return script

    return make


def _instead(data: bytes) -> Callable[[float], Script]:
    def make(parameter: float) -> Script:
        def script(response: OutgoingResponse, proceed: Proceed) -> Iterator[Step]:
            yield data
            yield End.CLOSE

        return script

    return make


def _of_bytes(fault: WireFault) -> Fault:
    rule = WIRE_RULES[fault.rule]
    return Fault(fault.words, _wire(fault), (rule.kind,), right=rule.expected)


_FOREVER = 3600.0

#: The largest parameter: a day.
_MOST = 86_400.0

FAULTS: dict[str, Fault] = {
    # time
    "latency": Fault("Every response comes late.", _latency, (), "seconds", 0.5),
    "jitter": Fault("Responses come up to so much late, one more than the other.", _jitter, (), "seconds at most", 0.5),
    "stall": Fault("No response comes at all.", _latency, ("transport.timeout",), "seconds", _FOREVER),
    "stall-inside": Fault(
        "The response stops in its middle.",
        _cut(lambda seconds: (seconds,)),
        ("transport.timeout",),
        "seconds",
        _FOREVER,
    ),
    "drip": Fault("The response comes byte by byte.", _drip, ("transport.timeout",), "seconds between two bytes", 0.05),
    # the connection
    "reset": Fault(
        "The connection is reset before the response.",
        _cut(lambda _: (End.RESET,), lambda data: 0),
        ("transport.reset",),
    ),
    "reset-inside": Fault(
        "The connection is reset in the middle of the response.",
        _cut(lambda _: (0.02, End.RESET)),
        ("transport.reset", "framing.length"),
    ),
    "hang-up": Fault("The connection is closed without a response.", _instead(b""), ("transport.reset",)),
    # the bytes of the message
    **{name: _of_bytes(fault) for name, fault in WIRE_FAULTS.items()},
    "type-wrong": Fault(
        "Responses say that they are HTML.",
        _other(lambda response: response.labelled("text/html")),
        ("media.unexpected",),
    ),
    # statuses
    "errors": Fault(
        "So many of every ten responses have status 503.", _burst(503), ("status.unexpected",), "of ten", 3
    ),
    "too-many": Fault(
        "So many of every ten responses have status 429 and ask to wait.",
        _burst(429, ("retry-after", "1")),
        ("status.unexpected",),
        "of ten",
        3,
    ),
    "redirect": Fault(
        "Responses have status 308 and name another address.",
        _other(lambda response: response._replace(status=308, headers=(*response.headers, ("location", "/elsewhere")))),
        ("status.redirect",),
    ),
    # sizes
    "gzip-bomb": Fault(
        "Responses are small gzip and huge inside.", _gzip_bomb, ("encoding.too-large",), "megabytes", 200
    ),
    "huge": Fault(
        "Responses are followed by white space without end.", _huge, ("encoding.too-large",), "megabytes", 64
    ),
}


def script(words: Iterable[str]) -> Script:
    """The script of faults as the command line names them, `ID` or `ID:PARAMETER`; the first is the outermost.

    Raises:
        UsageError: There is no fault of that id, or its parameter is none.
    """
    scripts = [_parsed(one) for one in words]

    def chained(response: OutgoingResponse, proceed: Proceed) -> Iterator[Step]:
        def at(position: int) -> Proceed:
            if position == len(scripts):
                return proceed
            return lambda other: scripts[position](other, at(position + 1))

        return at(0)(response)

    return chained


def _parsed(words: str) -> Script:
    identifier, colon, text = words.partition(":")
    fault = FAULTS.get(identifier)
    if fault is None:
        near = difflib.get_close_matches(identifier, FAULTS, 3, 0.5)
        hint = f"did you mean {', '.join(near)}?" if near else f"known are: {', '.join(FAULTS)}"
        raise UsageError(f"there is no fault {identifier!r}", hint=hint)
    if not colon:
        return fault.make(fault.default)
    try:
        parameter = float(text)
    except ValueError:
        parameter = -1.0
    if not fault.parameter or not 0 <= parameter <= _MOST:
        takes = f"a number ({fault.parameter}), from 0 to {_MOST:g}" if fault.parameter else "no parameter"
        right = f"{identifier}:{fault.default:g}" if fault.parameter else identifier
        raise UsageError(f"the fault {identifier} takes {takes}, not {text!r}", hint=f"such as --fault {right}")
    return fault.make(parameter)
