"""The nouns of reading: `FileProblem` for what could not be read, `CaptureSource` for what a reader has to know."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from leadproof.core.exchange import Exchange

if TYPE_CHECKING:
    from leadproof.captures.mapping import Mapping
    from leadproof.captures.streams import Stream


@dataclass(frozen=True, slots=True)
class FileProblem:
    """What could not be read of a file. `kind` is a `file.*` key of `findings.KINDS`."""

    kind: str
    message: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class CaptureSource:
    """Where exchanges come from, and what the user said about them."""

    #: The file's name, for origins such as `capture.har#3`.
    name: str
    #: What its exchanges are, where the sender's word is known.
    operation: str | None = None
    #: Which member of a log's line is what.
    mapping: Mapping | None = None
    #: The content of a file that a capture names beside itself; None if there is none.
    attached: Callable[[str], bytes | None] = lambda name: None


#: A stream from its beginning in, exchanges and problems out, one at a time and in order.
Reader = Callable[["Stream", CaptureSource], Iterator[Exchange | FileProblem]]
