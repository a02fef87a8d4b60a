"""What exporters of HARs do differently: an entry as it is, and what has to be said about it.

Known habits: bodies in base64 (proxies), bodies left out or cut off and said so in a comment (Firefox, Fiddler), in a
member of their own (HTTP Toolkit) or not at all (Chromium), status 0 and an error beside it (Chromium, Safari), header
objects instead of lists, numbers as text, request bodies as plain text, form fields without a text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from leadproof.captures.model import CaptureSource, FileProblem
from leadproof.captures.recorded import LEFT_OUT, ReadBody, announced, plain, uncut
from leadproof.captures.values import DAY, duration, encoded, from_base64, mapping, number, pairs, seconds, target
from leadproof.core.exchange import Exchange, Gaps, Headers, Part, Recorded, Request, Response, gaps
from leadproof.core.findings import KINDS
from leadproof.judge.checks.messages import CREDENTIALS
from leadproof.runs.evidence.rows import read_gaps
from leadproof.runs.formats.har import NO_RESPONSE, NO_TIME, UNKNOWN

#: Characters at which Firefox cuts a body off.
CUT = 1_048_576

#: How a comment says that a body was left out: Firefox, Fiddler.
_LEFT_OUT = ("not included", "exceeded", "omitted")

_WITH_CONTENT = "export it again as HAR with content, before the browser forgets the bodies"
_AS_SPECIFIED = "it was read all the same; HAR 1.2 writes it otherwise"


_NOT_SAVED = LEFT_OUT._replace(words="was not saved in the HAR")
_ELSEWHERE = LEFT_OUT._replace(words="stands in a file that is not beside the HAR")
_CUT = ReadBody(how=Recorded.CUT, words="was cut off by the exporter")

#: Names that Chromium's developer tools give themselves, and members that only they write into an entry: they leave
#: Authorization and cookies out, unless they are told otherwise.
_SANITISERS = ("webinspector",)
SANITISED = ("_initiator", "_priority", "_connectionId")

#: Methods whose requests have no body where none is shown.
_BODILESS = ("GET", "HEAD", "DELETE", "OPTIONS")


@dataclass(slots=True)
class Har:
    """A HAR being read: where it comes from, what wrote it, and the deviations that were named already.

    Each is named once a file, with the entry where it was met first.
    """

    source: CaptureSource
    creator: str = ""
    about: set[str] = field(default_factory=set)

    def once(self, entry: int, what: str, hint: str = _AS_SPECIFIED) -> Iterator[FileProblem]:
        """The problem, if it was not named before."""
        if what not in self.about:
            self.about.add(what)
            yield FileProblem("file.deviation", f"from entry {entry} on: {what}", hint, entry, what)

    @property
    def sanitising(self) -> bool:
        """Did a program write it that may leave credentials out?"""
        return self.creator.lower().startswith(_SANITISERS)

    def lacks_credentials(self, names: Iterable[str], row: Mapping[str, Any]) -> bool:
        """Were the credentials of an entry left out, as far as the names of its headers tell?"""
        sanitising = self.sanitising or any(name in row for name in SANITISED)
        return sanitising and not any(name.lower() in CREDENTIALS for name in names)


def lenient(entry: Any, har: Har, origin: str, at: int) -> Iterator[Exchange | FileProblem]:
    """The exchange of an entry, and what is not there or not as HAR 1.2 has it.

    Args:
        entry: The entry as a value.
        har: What it stands in.
        origin: Its place, for reports.
        at: Its number in the file, from 1.
    """
    row = mapping(entry)
    sent, came = mapping(row.get("request")), mapping(row.get("response"))
    if not isinstance(sent.get("url"), str):
        yield FileProblem(
            "file.unreadable", f"entry {at} cannot be judged: its request has no url",
            "export it again, with the requests", at,
        )  # fmt: skip
        return
    yield from _form(row, sent, came, at, har)
    request, body, unknown = _request(sent, row, har)
    if body.words:
        yield FileProblem("file.deviation", f"the body of request {at} {body.words}", _WITH_CONTENT, at)
    response, failure = None, _failure(came, row)
    if number(came.get("status")) > 0 or (failure is None and _body(came.get("content")).get("text")):
        response, body, lost = _response(came, row, har, bodiless=request.method == "HEAD")
        failure, unknown = body.failure, unknown + lost
        if body.words and not failure:
            # A response whose body was not saved says nothing about the body that the service sent.
            yield FileProblem("file.deviation", f"the body of response {at} {body.words}", _WITH_CONTENT, at)
    with suppress(AttributeError, KeyError, ValueError):  # what our own HARs say
        unknown += read_gaps(row.get(UNKNOWN) or {})
    started, elapsed = seconds(row.get("startedDateTime")), duration(row.get("time"))
    if started and not 0 <= number(row.get("time", -1)) / 1000 < DAY:
        unknown += gaps(Part.TIMES)
    yield Exchange(
        request,
        None if failure else response,
        har.source.operation,
        origin,
        "",
        started,
        elapsed,
        failure or "",
        unknown,
    )


def _form(row: dict[str, Any], sent: dict[str, Any], came: dict[str, Any], at: int, har: Har) -> Iterator[FileProblem]:
    for message in (sent, came):
        if not isinstance(message.get("headers", []), list):
            yield from har.once(at, "headers are no list of names and values")
    if not isinstance(sent.get("method"), str):
        yield from har.once(at, "a request has no method", "what the path does not tell was not judged")
    if isinstance(sent.get("postData"), str):
        yield from har.once(at, "the body of a request is a text instead of an object")
    if isinstance(came.get("content"), str):
        yield from har.once(at, "the body of a response is a text instead of an object")
    if row.get("response") is not None and not isinstance(row["response"], dict):
        yield from har.once(at, "a response is no object", "it was taken for none")
    if came.get("content") is not None and not isinstance(came["content"], (dict, str)):
        yield from har.once(at, "the body of a response is neither object nor text", "it was taken for none")
    status = came.get("status")
    if isinstance(status, str) and number(status) > 0:
        yield from har.once(at, "a status is written as text")
    elif status is not None and (isinstance(status, (str, bool)) or not isinstance(status, (int, float))):
        yield from har.once(at, "a status is no number", "it was taken for one that is not known")
    if isinstance(row.get("time"), str):
        yield from har.once(at, "a time is written as text")
    if row.get("startedDateTime") not in (None, NO_TIME) and not seconds(row["startedDateTime"]):
        yield from har.once(at, "startedDateTime is no date", "what depends on time was not judged")


def _request(sent: dict[str, Any], row: dict[str, Any], har: Har) -> tuple[Request, ReadBody, Gaps]:
    post, method = _body(sent.get("postData")), sent.get("method")
    method = method.upper() if isinstance(method, str) else ""
    headers = _labelled(pairs(sent.get("headers")), post)
    body = _read(post, headers, row.get("_requestBodyStatus"), har)
    if body is None and isinstance(post.get("params"), list) and post["params"]:
        fields = [mapping(one) for one in post["params"]]
        body = ReadBody(urlencode([(str(one.get("name", "")), str(one.get("value", ""))) for one in fields]).encode())
    if body is None:
        size = max(number(sent.get("bodySize", -1)), announced(headers))
        body = ReadBody() if size == 0 or (size < 0 and method in _BODILESS) else _NOT_SAVED
    lost = () if method else gaps(Part.METHOD)
    if not pairs(sent.get("headers")):
        lost += gaps(Part.REQUEST_HEADERS)
    elif har.lacks_credentials((name for name, _ in headers), row):
        lost += gaps(Part.CREDENTIALS)
    return Request(method, target(sent["url"]), headers, body.data), body, lost + body.gaps(Part.REQUEST_BODY)


def _response(
    came: dict[str, Any], row: dict[str, Any], har: Har, *, bodiless: bool
) -> tuple[Response, ReadBody, Gaps]:
    content, status = _body(came.get("content")), int(number(came.get("status")))
    headers = _labelled(pairs(came.get("headers")), content)
    body = _read(content, headers, row.get("_responseBodyStatus"), har)
    if body is None:
        sizes = [number(content.get("size", -1)), number(came.get("bodySize", -1)), announced(headers)]
        body = ReadBody() if bodiless or status in (204, 304) or max(sizes) == 0 else _NOT_SAVED
    lost = () if pairs(came.get("headers")) else gaps(Part.RESPONSE_HEADERS)
    lost += gaps(Part.STATUS) if status <= 0 else ()
    return Response(status if status > 0 else 200, headers, body.data), body, lost + body.gaps(Part.RESPONSE_BODY)


def _body(value: Any) -> dict[str, Any]:
    return {"text": value} if isinstance(value, str) else mapping(value)


def _read(body: dict[str, Any], headers: Headers, status: Any, har: Har) -> ReadBody | None:
    """A body, as far as it went over the wire; None if no text is there. A HAR holds text that was decoded."""
    comment = str(body.get("comment") or "").lower()
    if "truncated" in comment:
        return _CUT
    if any(word in comment for word in _LEFT_OUT) or str(status or "").startswith("discarded"):
        return _NOT_SAVED
    text, size = body.get("text"), number(body.get("size", -1))
    if text in (None, ""):
        name = next((str(body[key]) for key in ("_file", "_sha1") if body.get(key)), "")
        data = har.source.attached(name) if name else None
        return uncut(plain(data, headers), headers) if data is not None else _ELSEWHERE if name else None
    if str(body.get("encoding") or "").lower() == "base64" and (packed := from_base64(str(text))) is not None:
        return plain(packed, headers)
    if len(str(text)) == CUT and size != CUT:
        return _CUT
    return uncut(plain(encoded(str(text), headers), headers), headers, size=size)


def _labelled(found: Headers, body: dict[str, Any]) -> Headers:
    """Header pairs with the body's mimeType as Content-Type, where the header itself was left out."""
    said = any(value for name, value in found if name.lower() == "content-type")
    if said or not body.get("mimeType") or not body.get("text"):
        return found
    return (*found, ("content-type", str(body["mimeType"])))


#: What exporters write beside status 0 -> what became of the exchange; "" where it was the client that gave up.
_ERRORS = {
    "ABORTED": "",
    "BLOCKED": "",
    "CANCEL": "",
    "TIMED_OUT": "transport.timeout",
    "TIMED OUT": "transport.timeout",
    "TIMEOUT": "transport.timeout",
    "REFUSED": "transport.refused",
    "NAME_NOT_RESOLVED": "transport.refused",
    "UNREACHABLE": "transport.refused",
    "DISCONNECTED": "transport.refused",
    "PROXY_CONNECTION": "transport.refused",
    "TUNNEL_CONNECTION": "transport.refused",
    "NOT FIND HOST": "transport.refused",
    "CERT": "transport.tls",
    "SSL": "transport.tls",
    # what our own HARs say
    NO_RESPONSE.upper(): "",
    **{kind.upper(): kind for kind in KINDS if kind.startswith(("transport.", "framing.", "encoding."))},
}


def _failure(came: dict[str, Any], row: dict[str, Any]) -> str | None:
    """What became of an exchange without a response: "" where it was the client's doing or nobody says whose; None
    where a response may have come.
    """
    error = came.get("_error") or row.get("_error")
    said = str(error or came.get("statusText") or "").upper()
    usual = "" if str(came.get("status")).strip() in ("0", "0.0") else None
    usual = "transport.reset" if error else usual
    return next((failure for word, failure in _ERRORS.items() if word in said), usual)
