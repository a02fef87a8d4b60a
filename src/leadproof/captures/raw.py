"""Raw HTTP messages in text: `*.http` files, what `curl -i` and `curl -v` print, messages as they went over a wire.

Several may stand in one file; a request is paired with the response that follows it. How a message is taken apart is in
`messages`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from leadproof.captures.messages import MESSAGE, Message, message_of, pieces, request_of
from leadproof.captures.model import CaptureSource, FileProblem
from leadproof.captures.recorded import LEFT_OUT, announced, plain, uncut
from leadproof.captures.streams import Stream, chained, utf8
from leadproof.core import lazy
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


def session(
    sent: Callable[[int], bytes], came: Callable[[int], bytes], source: CaptureSource, origin: str
) -> Iterator[Exchange | FileProblem]:
    """The exchange of a request and a response that were saved apart, as they went over the wire.

    Args:
        sent: Reads the request.
        came: Reads the response.
        source: The file that they are of.
        origin: What the exchange is called.
    """
    stream = Stream(chained(sent, came), source.name)
    for one in read_raw(stream, source):
        yield replace(one, origin=origin) if isinstance(one, Exchange) else one
    if stream.broken[0]:
        yield FileProblem("file.unreadable", *stream.broken)


#: How proxies call the response to CONNECT, and the headers of which it has none (RFC 9110, section 9.3.6).
_ESTABLISHED = lazy.pattern(r"HTTP/[\d.]+ 2\d\d +connection (?:established|ok)", re.IGNORECASE)
_OF_A_BODY = ("content-type", "content-length", "transfer-encoding")


def _may_be_tunnel(message: Message, *, certain: bool) -> bool:
    """May a response be a proxy's to the CONNECT of curl -i? 204 and 205 have no body either way."""
    if certain and not _ESTABLISHED.match(message.first):
        return False
    bare = not message.body and all(header(message.headers, name) is None for name in _OF_A_BODY)
    return bare and 200 <= message.status < 300 and message.status not in (204, 205)


class _Pairing:
    """Messages in, exchanges out."""

    def __init__(self, source: CaptureSource) -> None:
        self._source = source
        self._messages = self._exchanges = 0
        self._waiting: Request | None = None
        #: A response of which only the head was seen, because curl prints its body later.
        self._head: Message | None = None
        #: A response that is a proxy's if another follows at once.
        self._tunnel: Message | None = None
        self._proxied = False

    def add(self, message: Message) -> Iterator[Exchange | FileProblem]:
        """The next message of the text."""
        if self._head is not None:
            head, self._head = self._head, None
            if message.verbose or not message.is_response or message.status != head.status:
                yield from self._response(head)
        tunnel, self._tunnel = self._tunnel, None
        if tunnel is not None and not message.is_response:
            yield from self._response(tunnel)
        self._messages += 1
        if not message.is_response:
            yield from self._unanswered()
            yield from self._notes(message)
            self._waiting = request_of(message)
        elif message.status < 200:
            return  # an interim response
        elif self._waiting is not None and self._waiting.method == "CONNECT":
            self._waiting = None  # the way through a proxy
        elif message.status == 407:
            self._proxied, hint = True, "did it get its credentials? what follows was judged"
            yield FileProblem("file.deviation", f"message {self._messages} is a proxy's, not the service's", hint)
        elif not message.verbose and _may_be_tunnel(message, certain=self._waiting is not None):
            self._proxied, self._tunnel = True, message
        elif message.verbose and not message.body and header(message.headers, "content-length") not in (None, "0"):
            self._head = message
        else:
            yield from self._response(message)

    def lost(self) -> Iterator[Exchange | FileProblem]:
        """A message that is too long."""
        self._messages += 1
        what = f"message {self._messages} has more than {MESSAGE // 1024 // 1024} MB"
        yield FileProblem("file.unreadable", what, "the other messages were judged")
        self._waiting = self._head = self._tunnel = None

    def end(self) -> Iterator[Exchange | FileProblem]:
        """Nothing follows."""
        if self._head is not None:
            yield from self._response(self._head)
        if self._tunnel is not None and not _ESTABLISHED.match(self._tunnel.first):
            yield from self._response(self._tunnel)
        yield from self._unanswered()
        if self._proxied and not self._exchanges:
            hint = "did the connection through it break off?"
            yield FileProblem("file.unrecognised", "there is the response of a proxy, and none of the service", hint)
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
