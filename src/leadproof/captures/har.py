"""HAR files of any exporter (HAR 1.2), one entry at a time.

Nearly all entries have the regular form. Whatever has another goes to `exporters`, where is known what they leave out,
misspell and add. Where both can read an entry, they read the same.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import msgspec

from leadproof.captures import values
from leadproof.captures.entries import Entries, Flaw
from leadproof.captures.exporters import CUT, SANITISED, Har, lenient
from leadproof.captures.model import CaptureSource, FileProblem
from leadproof.captures.problems import again
from leadproof.captures.recorded import is_round
from leadproof.captures.streams import Stream, utf8
from leadproof.core.exchange import Exchange, Headers, Request, Response
from leadproof.runs.formats.har import UNKNOWN


class _Header(msgspec.Struct, gc=False):
    name: str
    value: str


class _Post(msgspec.Struct, gc=False):
    text: str
    mimeType: str = ""  # noqa: N815 - the names are HAR's
    encoding: str | None = None
    comment: str = ""


class _Content(msgspec.Struct, gc=False):
    text: str
    size: float = -1
    mimeType: str = ""  # noqa: N815 - as above
    encoding: str | None = None
    comment: str = ""


class _Sent(msgspec.Struct, gc=False):
    method: str
    url: str
    headers: list[_Header]
    postData: _Post | None = None  # noqa: N815 - as above
    bodySize: float = -1  # noqa: N815 - as above


class _Came(msgspec.Struct, gc=False):
    status: int
    headers: list[_Header]
    content: _Content


class _Row(msgspec.Struct, gc=False):
    """An entry of the regular form, without what is of no use here."""

    request: _Sent
    response: _Came
    time: float
    startedDateTime: str  # noqa: N815 - as above
    request_discarded: str | None = msgspec.field(name="_requestBodyStatus", default=None)
    response_discarded: str | None = msgspec.field(name="_responseBodyStatus", default=None)


def read_har(stream: Stream, source: CaptureSource) -> Generator[Exchange | FileProblem, None, int]:
    """The entries of a HAR. What cannot be read is named, and the entries after it are read all the same."""
    plain, encoding = utf8(stream) if source.preface is None else (stream, "")
    if encoding:
        yield FileProblem(
            "file.deviation", f"the HAR is in {encoding}", "the format demands UTF-8; it was read all the same"
        )
    har, number, nothing = Har(source), 0, True

    def regular(raw: bytes) -> Exchange | None:
        return _of_bytes(raw, har, f"{source.name}#{number + 1}")

    entries = Entries(plain, source.preface, goes_on=source.goes_on, regular=regular)
    for entry in entries:
        nothing = False
        if isinstance(entry, Flaw):
            number += entry.what in ("lost", "passed", "large")
            yield _problem(entry, number, begun=source.preface is not None)
            continue
        number += 1
        # In time for all that are tried as bytes: the first one never is.
        origin, har.creator = f"{source.name}#{number}", entries.creator
        if isinstance(entry, Exchange):
            yield entry
        elif exchange := _of_value(entry, har, origin):
            yield exchange
        else:
            yield from lenient(entry, har, origin, number)
    if nothing and source.preface is None:
        yield _problem(Flaw("the HAR has no entries", "none"), 0)
    return number


#: What became of a flaw -> kind of the problem, its sentence, and what to do.
_FLAWS = {
    "lost": (
        "file.unreadable",
        "entry {n} {it}",
        "the other entries were judged; export it again if it matters",
    ),
    "large": ("file.deviation", "entry {n} {it}", "it was left out: no lead is that large"),
    "form": ("file.deviation", "{it}", "it was read all the same"),
    "end": (
        "file.unreadable",
        "the HAR cannot be read to its end: {it}",
        "export it again",
    ),
    "none": ("file.unrecognised", "{it}", "was the recording on when the traffic ran?"),
}


def _problem(flaw: Flaw, number: int, *, begun: bool = False) -> FileProblem:
    """The problem of a flaw behind so many entries; `begun` says that an earlier part of the HAR had some, too."""
    kind, sentence, hint = _FLAWS["lost" if flaw.what == "passed" else flaw.what]
    if flaw.what == "end":
        hint = again(number + begun, hint)
    return FileProblem(kind, sentence.format(n=number, it=flaw.message), hint, number if "{n}" in sentence else 0)


# ---- the regular form ------------------------------------------------------------------------------------------------


def _of_bytes(raw: bytes, har: Har, origin: str) -> Exchange | None:
    """The exchange of an entry as it stands in the file; None if it has to be looked at as a value."""
    if har.sanitising or any(mark in raw for mark in _MARKS):
        return None
    try:
        row = _ROW.decode(raw)
        raw.decode()  # what the decoder passes over, too
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return _regular(row, har, origin)


def _of_value(entry: dict[str, Any], har: Har, origin: str) -> Exchange | None:
    """The exchange of a regular entry; None if there is anything about it that `exporters` has to look at."""
    try:
        row = msgspec.convert(entry, _Row)
    except msgspec.ValidationError:
        return None
    if UNKNOWN in entry or har.lacks_credentials((one.name for one in row.request.headers), entry):
        return None
    return _regular(row, har, origin)


_ROW = msgspec.json.Decoder(_Row)
#: What only a look at the members of an entry tells more about.
_MARKS = tuple([f'"{name}"'.encode() for name in (UNKNOWN, *SANITISED)])


def _regular(row: _Row, har: Har, origin: str) -> Exchange | None:
    sent, came = row.request, row.response
    post, content = sent.postData, came.content
    if not 0 < came.status < 1000 or content.comment or not content.text:
        return None
    bodiless = sent.bodySize == 0 or sent.method == "GET"
    if row.request_discarded or row.response_discarded or not (post.text if post else bodiless) or row.time < 0:
        return None
    if not (_named(sent.headers) and _named(came.headers)):
        return None
    asked, request_body = _message(sent.headers, post) if post is not None else (_headers(sent.headers), b"")
    response_headers, body = _message(came.headers, content)
    started = values.seconds(row.startedDateTime)
    if asked is None or response_headers is None or request_body is None or body is None or not started:
        return None
    return Exchange(
        Request(sent.method.upper(), values.target(sent.url), asked, request_body),
        Response(came.status, response_headers, body),
        har.source.operation,
        origin,
        "",
        started,
        values.duration(row.time),
    )


def _named(found: list[_Header]) -> bool:
    """Is there a header, and not only what HTTP/2 writes like one?"""
    return any(one.name and one.name[0] != ":" for one in found)


def _headers(found: list[_Header]) -> Headers:
    return tuple([(one.name, one.value) for one in found if one.name and one.name[0] != ":"])


def _message(found: list[_Header], body: _Post | _Content) -> tuple[Headers | None, bytes | None]:
    """Headers and body; nothing where the body is more than text in UTF-8."""
    headers, content_type, packed = [], "", False
    for one in found:
        name, size = one.name, len(one.name)
        if not size or name[0] == ":":
            continue
        if size == 12 and name.lower() == "content-type":
            content_type = content_type or one.value
        elif size == 16 and name.lower() == "content-encoding":
            packed = True
        headers.append((name, one.value))
    text = body.text
    if not content_type and body.mimeType and text:
        content_type = body.mimeType
        headers.append(("content-type", content_type))
    if body.encoding or body.comment or (packed and text[:1] not in _PLAIN) or len(text) >= CUT:
        return None, None
    if "charset" in content_type and not content_type.lower().endswith(("charset=utf-8", 'charset="utf-8"')):
        return None, None
    if "encoding" in text[:200] and text.lstrip().startswith("<?xml"):
        return None, None
    try:
        data = text.encode("utf-8")
    except UnicodeEncodeError:  # half of a surrogate pair
        return None, None
    if is_round(len(data)) or is_round(len(text)) or (isinstance(body, _Content) and body.size > len(data)):
        return None, None  # perhaps it was cut off
    return tuple(headers), data


#: A text that begins so is not packed, whatever the headers say.
_PLAIN = ("{", "[", "<")
