"""Raw HTTP messages in text: `*.http` files, what `curl -i` and `curl -v` print, messages as they went over a wire.

Several may stand in one file; a request is paired with the response that follows it. How a message is taken apart is in
`messages`.
"""

from __future__ import annotations

from collections.abc import Iterator

from leadproof.captures.messages import MESSAGE, Message, message_of, pieces, request_of
from leadproof.captures.model import CaptureSource, FileProblem
from leadproof.captures.recorded import LEFT_OUT, announced, plain, uncut
from leadproof.captures.streams import Stream, utf8
from leadproof.core.exchange import REQUEST, Exchange, Gaps, Part, Request, Response, WireProblem, gaps, header
from leadproof.http.octets import shown

_JUDGED = "what could be read was judged"


def read_raw(stream: Stream, source: CaptureSource) -> Iterator[Exchange | FileProblem]:
    """The exchanges of a text with HTTP messages."""
    text, _ = utf8(stream)
    pairing = _Pairing(source)
    for piece in pieces(text):
        if piece is None:
            yield from pairing.lost()
        elif message := message_of(piece):
            yield from pairing.add(message)
    yield from pairing.end()


class _Pairing:
    """Messages in, exchanges out."""

    def __init__(self, source: CaptureSource) -> None:
        self._source = source
        self._messages = self._exchanges = 0
        self._waiting: Request | None = None
        #: A response of which only the head was seen, because curl prints its body later.
        self._head: Message | None = None

    def add(self, message: Message) -> Iterator[Exchange | FileProblem]:
        """The next message of the text."""
        if self._head is not None:
            head, self._head = self._head, None
            if message.verbose or not message.is_response or message.status != head.status:
                yield from self._response(head)
        self._messages += 1
        if not message.is_response:
            yield from self._unanswered()
            yield from self._notes(message)
            self._waiting = request_of(message)
        elif message.status < 200:
            return  # an interim response
        elif self._waiting is not None and self._waiting.method == "CONNECT":
            self._waiting = None  # the way through a proxy
        elif message.verbose and not message.body and header(message.headers, "content-length") not in (None, "0"):
            self._head = message
        else:
            yield from self._response(message)

    def lost(self) -> Iterator[Exchange | FileProblem]:
        """A message that is too long."""
        self._messages += 1
        what = f"message {self._messages} has more than {MESSAGE // 1024 // 1024} MB"
        yield FileProblem("file.unreadable", what, "the other messages were judged")
        self._waiting = self._head = None

    def end(self) -> Iterator[Exchange | FileProblem]:
        """Nothing follows."""
        if self._head is not None:
            yield from self._response(self._head)
        yield from self._unanswered()
        if not self._messages:
            hint = "a message begins with a line such as POST /v2/insert/ping HTTP/1.1, or HTTP/1.1 200 OK"
            yield FileProblem("file.unrecognised", "there is no HTTP message in the file", hint)

    def _response(self, message: Message) -> Iterator[Exchange | FileProblem]:
        yield from self._notes(message)
        body = plain(message.body, message.headers)
        bodiless = message.status in (204, 304) or (self._waiting is not None and self._waiting.method == "HEAD")
        if not message.body and announced(message.headers) != 0 and not bodiless:
            body = LEFT_OUT._replace(words="is not shown")
        elif not body.failure:
            body = uncut(body, message.headers)
        if body.words and not body.failure:
            yield FileProblem("file.deviation", f"the body of message {self._messages} {body.words}", "it was left out")
        response = None if body.failure else Response(message.status, message.headers, body.data)
        problems = shown(message.first, message.headers, message.body, folded=message.folded)
        yield self._exchange(response, body.gaps(Part.RESPONSE_BODY), body.failure, problems)

    def _unanswered(self) -> Iterator[Exchange]:
        if self._waiting is not None:
            yield self._exchange(None)

    def _notes(self, message: Message) -> Iterator[FileProblem]:
        for note in message.notes:
            yield FileProblem("file.deviation", f"message {self._messages}: {note}", _JUDGED)

    def _exchange(
        self,
        response: Response | None,
        unknown: Gaps = (),
        failure: str = "",
        problems: tuple[WireProblem, ...] = (),
    ) -> Exchange:
        """The request that waits, if one does, with its response."""
        self._exchanges += 1
        request, self._waiting = self._waiting or Request("", ""), None
        if not request.method:
            unknown += gaps(*REQUEST)
        elif not request.body and announced(request.headers) > 0:
            unknown += gaps(Part.REQUEST_BODY)
        origin = f"{self._source.name}#{self._exchanges}"
        return Exchange(
            request, response, self._source.operation, origin, failure=failure, unknown=unknown, problems=problems
        )
