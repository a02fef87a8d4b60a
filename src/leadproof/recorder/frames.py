"""What recorder and keeper say to each other through two pipes: length, kind, content. Pure.

::

    recorder ──▶ keeper    the job (once), an exchange to keep, an exchange to keep and decide about, the end
    keeper ──▶ recorder    ready (once), how far it is, what it decided, done or failed (once)
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from enum import IntEnum
from typing import NamedTuple

_HEAD = struct.Struct(">IB")
_COUNTS = struct.Struct(">III")


class FrameKind(IntEnum):
    """What a frame holds."""

    #: A pickled `keeper.Job`.
    JOB = 0
    #: An exchange in msgpack, its bodies as they were on the wire.
    EXCHANGE = 1
    #: The same, and a response to it waits for what the judge says.
    DECIDE = 2
    #: The same, but a body is too large to be judged.
    UNJUDGED = 3
    #: JSON: how the recording ended. After it the keeper writes the reports.
    END = 4
    #: JSON: where the run is.
    READY = 5
    #: `Counts`.
    COUNTS = 6
    #: JSON: the findings that count of the exchange that waits; an empty list lets its response pass.
    DECISION = 7
    #: JSON: where the reports are.
    DONE = 8
    #: JSON: message, hint and exit code of what the keeper could not do.
    FAILED = 9


class Counts(NamedTuple):
    """How far the keeper is."""

    #: Exchanges on disk.
    written: int = 0
    #: Exchanges the judge is done with.
    judged: int = 0
    #: Findings so far, each place counted every time.
    findings: int = 0

    def pack(self) -> bytes:
        """The content of a frame."""
        return _COUNTS.pack(*self)

    @classmethod
    def unpack(cls, content: bytes) -> Counts:
        """What `pack` made bytes of."""
        return cls(*_COUNTS.unpack(content))


def frame(kind: FrameKind, content: bytes = b"") -> bytes:
    """A frame as bytes."""
    return _HEAD.pack(len(content), kind) + content


class Reader:
    """Bytes as they come, to frames."""

    def __init__(self) -> None:
        self._data = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[FrameKind, bytes]]:
        """The frames that are complete now."""
        self._data += data
        while len(self._data) >= _HEAD.size:
            length, kind = _HEAD.unpack_from(self._data)
            end = _HEAD.size + length
            if len(self._data) < end:
                return
            content = bytes(self._data[_HEAD.size : end])
            del self._data[:end]
            yield FrameKind(kind), content
