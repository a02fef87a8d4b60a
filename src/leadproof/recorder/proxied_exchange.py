"""One exchange under way: what is kept of it, while everything flows past. No I/O."""

from __future__ import annotations

from enum import Enum

from leadproof.bodies import MAX_BODY
from leadproof.core.exchange import Exchange, Headers, Request, Response
from leadproof.http.server import Pairs

#: Bytes of a body that are kept; what is longer still flows, but nobody can judge it.
KEPT = MAX_BODY


class Framing(Enum):
    """Where a body ends (RFC 9112, section 6.3)."""

    LENGTH = "length"
    CHUNKED = "chunked"
    #: Where the connection does.
    CLOSE = "close"


class Body:
    """The beginning of a body, up to the cap, and how long it was."""

    __slots__ = ("_pieces", "size")

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self.size = 0

    def add(self, data: bytes) -> None:
        """The next piece."""
        if self.size < KEPT:
            self._pieces.append(data[: KEPT - self.size])
        self.size += len(data)

    @property
    def cut(self) -> bool:
        """Was it longer than what is kept?"""
        return self.size > KEPT

    def kept(self) -> bytes:
        """What is kept."""
        return self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)


class ProxiedExchange:
    """A request and its response on their way through."""

    __slots__ = (
        "began",
        "chunked",
        "complete",
        "framing",
        "headers",
        "keep",
        "method",
        "pending",
        "reason",
        "request_body",
        "response_body",
        "response_headers",
        "started",
        "status",
        "target",
        "ticks",
        "trailers",
        "version",
    )  # fmt: skip

    def __init__(
        self, method: bytes, target: bytes, headers: Pairs, *, version: str, keep: bool, chunked: bool, started: float,
        ticks: float,
    ) -> None:  # fmt: skip
        """Args: what goes to the target, the client's HTTP version, whether its connection stays open afterwards,
        whether the body comes in chunks, and when the head was complete (Unix time, and a clock for the elapsed time).
        """
        self.method, self.target, self.headers = method, target, headers
        self.version, self.keep, self.chunked = version, keep, chunked
        self.started, self.ticks = started, ticks
        #: Bytes that wait for the way to the target to be open.
        self.pending: list[bytes] = []
        self.request_body, self.response_body = Body(), Body()
        #: Trailers of the request.
        self.trailers: Pairs = []
        #: Has the request arrived whole?
        self.complete = False
        #: Has the client been sent the head of a response?
        self.began = False
        self.status, self.reason = 0, b""
        self.response_headers: Pairs = []
        #: How the client gets it.
        self.framing = Framing.LENGTH

    @property
    def bodiless(self) -> bool:
        """Does the response have no body, whatever its headers say (RFC 9110, section 9.3.2)?"""
        return self.method == b"HEAD"

    @property
    def too_large(self) -> bool:
        """Is there more of it than is kept?"""
        return self.request_body.cut or self.response_body.cut

    def exchange(self, ticks: float, failure: str = "", *, responded: bool = True) -> Exchange:
        """The exchange as it went to the target and came from there.

        Args:
            ticks: The clock for the elapsed time, now.
            failure: What went wrong, as a kind of finding.
            responded: Did the response arrive whole?
        """
        request = Request(
            self.method.decode("latin-1"), self.target.decode("latin-1"), _text(self.headers), self.request_body.kept()
        )
        response = Response(self.status, _text(self.response_headers), self.response_body.kept()) if responded else None
        return Exchange(request, response, started=self.started, elapsed=ticks - self.ticks, failure=failure)


def _text(pairs: Pairs) -> Headers:
    return tuple((name.decode("latin-1"), value.decode("latin-1").strip(" \t")) for name, value in pairs)
