"""What exporters of HARs do differently: an entry as it is, and what has to be said about it.

Known habits: bodies in base64 (proxies), bodies left out or cut off and said so in a comment (Firefox, Fiddler), in a
member of their own (HTTP Toolkit) or not at all (Chromium), status 0 and an error beside it (Chromium, Safari), header
objects instead of lists, numbers as text, request bodies as plain text, form fields without a text.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from leadproof.captures.model import FileProblem
from leadproof.captures.values import duration, encoded, from_base64, mapping, number, pairs, plain, seconds, target
from leadproof.core.exchange import Exchange, Headers, Request, Response
from leadproof.core.findings import KINDS
from leadproof.runs.formats.har import NO_RESPONSE, NO_TIME

#: Characters at which Firefox cuts a body off.
CUT = 1_048_576

#: How a comment says that a body was left out: Firefox, Fiddler.
_LEFT_OUT = ("not included", "exceeded", "omitted")

_WITH_CONTENT = "export it again as HAR with content, before the browser forgets the bodies"
_AS_SPECIFIED = "it was read all the same; HAR 1.2 writes it otherwise"


@dataclass(slots=True)
class Said:
    """Deviations that were named already: each is named once a file, with the entry where it was met first."""

    about: set[str] = field(default_factory=set)

    def once(self, entry: int, what: str, hint: str = _AS_SPECIFIED) -> Iterator[FileProblem]:
        """The problem, if it was not named before."""
        if what not in self.about:
            self.about.add(what)
            yield FileProblem("file.deviation", f"from entry {entry} on: {what}", hint)


def lenient(entry: Any, operation: str | None, origin: str, at: int, said: Said) -> Iterator[Exchange | FileProblem]:
    """The exchange of an entry, and what is not there or not as HAR 1.2 has it.

    Args:
        entry: The entry as a value.
        operation: What it is, where the sender's word is known.
        origin: Its place, for reports.
        at: Its number in the file, from 1.
        said: What was said about entries before.
    """
    row = mapping(entry)
    sent, came = mapping(row.get("request")), mapping(row.get("response"))
    if not isinstance(sent.get("url"), str) or not isinstance(sent.get("method"), str):
        yield FileProblem(
            "file.unreadable", f"entry {at} cannot be judged: its request has no method or no url",
            "export it again, with the requests",
        )  # fmt: skip
        return
    yield from _form(row, sent, came, at, said)
    request, lost = _request(sent, row)
    if lost:
        yield FileProblem("file.deviation", f"the body of request {at} {lost}", _WITH_CONTENT)
    response, failure = None, _failure(came, row)
    if number(came.get("status")) > 0:
        failure = ""
        response, lost = _response(came, row)
        if lost:
            # A response whose body was not saved says nothing about the body that the service sent.
            yield FileProblem("file.deviation", f"the body of response {at} {lost}", _WITH_CONTENT)
    started, elapsed = seconds(row.get("startedDateTime")), duration(row.get("time"))
    yield Exchange(request, response, operation, origin, "", started, elapsed, failure)


def _form(
    row: dict[str, Any], sent: dict[str, Any], came: dict[str, Any], at: int, said: Said
) -> Iterator[FileProblem]:
    for message in (sent, came):
        if not isinstance(message.get("headers", []), list):
            yield from said.once(at, "headers are no list of names and values")
    if isinstance(sent.get("postData"), str):
        yield from said.once(at, "the body of a request is a text instead of an object")
    if isinstance(came.get("content"), str):
        yield from said.once(at, "the body of a response is a text instead of an object")
    if row.get("response") is not None and not isinstance(row["response"], dict):
        yield from said.once(at, "a response is no object", "it was taken for none")
    if came.get("content") is not None and not isinstance(came["content"], (dict, str)):
        yield from said.once(at, "the body of a response is neither object nor text", "it was taken for none")
    status = came.get("status")
    if isinstance(status, str) and number(status) > 0:
        yield from said.once(at, "a status is written as text")
    elif status is not None and (isinstance(status, (str, bool)) or not isinstance(status, (int, float))):
        yield from said.once(at, "a status is no number", "the response was taken for none")
    if isinstance(row.get("time"), str):
        yield from said.once(at, "a time is written as text")
    if row.get("startedDateTime") not in (None, NO_TIME) and not seconds(row["startedDateTime"]):
        yield from said.once(at, "startedDateTime is no date", "what depends on time was not judged")


def _request(sent: dict[str, Any], row: dict[str, Any]) -> tuple[Request, str]:
    post = _body(sent.get("postData"))
    headers = _labelled(pairs(sent.get("headers")), post)
    body, lost = _bytes(post, headers, row.get("_requestBodyStatus"))
    if not post.get("text") and isinstance(post.get("params"), list) and post["params"]:
        fields = [mapping(one) for one in post["params"]]
        body = urlencode([(str(one.get("name", "")), str(one.get("value", ""))) for one in fields]).encode()
    if not body and not lost and number(sent.get("bodySize")) > 0 and sent.get("postData") is None:
        lost = "was not saved in the HAR"
    return Request(sent["method"].upper(), target(sent["url"]), headers, body or b""), lost


def _response(came: dict[str, Any], row: dict[str, Any]) -> tuple[Response | None, str]:
    content = _body(came.get("content"))
    headers = _labelled(pairs(came.get("headers")), content)
    body, lost = _bytes(content, headers, row.get("_responseBodyStatus"))
    size = max(number(content.get("size")), number(came.get("bodySize")))
    if content.get("text") in (None, "") and not lost and size > 0:
        lost = "was not saved in the HAR"
    return (None if lost or body is None else Response(int(number(came["status"])), headers, body)), lost


def _body(value: Any) -> dict[str, Any]:
    return {"text": value} if isinstance(value, str) else mapping(value)


def _bytes(body: dict[str, Any], headers: Headers, status: Any) -> tuple[bytes | None, str]:
    """The bytes of a body, and why they are not those that went over the wire. A HAR holds text that was decoded."""
    comment = str(body.get("comment") or "").lower()
    if "truncated" in comment:
        return None, "was cut off by the exporter"
    text = body.get("text")
    if any(word in comment for word in _LEFT_OUT) or str(status or "").startswith("discarded"):
        return None, "was not saved in the HAR"
    if text is None:
        return b"", ""
    if str(body.get("encoding") or "").lower() == "base64" and (decoded := from_base64(str(text))) is not None:
        return plain(decoded, headers)
    if len(str(text)) == CUT and number(body.get("size")) != CUT:
        return None, "was cut off by the exporter"
    return plain(encoded(str(text), headers), headers)


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
    "NOT FIND HOST": "transport.refused",
    "CERT": "transport.tls",
    "SSL": "transport.tls",
    # what our own HARs say
    NO_RESPONSE.upper(): "",
    **{kind.upper(): kind for kind in KINDS if kind.startswith(("transport.", "framing.", "encoding."))},
}


def _failure(came: dict[str, Any], row: dict[str, Any]) -> str:
    said = str(came.get("_error") or row.get("_error") or came.get("statusText") or "").upper()
    return next((failure for word, failure in _ERRORS.items() if word in said), "transport.reset")
