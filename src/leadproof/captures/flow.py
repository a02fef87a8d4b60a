"""mitmproxy's flow dumps (`mitmdump -w FILE`): tagged netstrings, read without mitmproxy.

A tagged netstring says its length first, so what is of no use here (certificates, connections, metadata) is passed
over without a look. Written for version 21 of the format (mitmproxy 11); what is read has not changed since version 7.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any

from leadproof.captures.model import CaptureSource, FileProblem, MisfitError
from leadproof.captures.problems import again
from leadproof.captures.recorded import LEFT_OUT, ReadBody, plain
from leadproof.captures.streams import Stream
from leadproof.captures.values import DAY
from leadproof.core.exchange import Exchange, Headers, Part, Request, Response

#: Bytes of one flow: two bodies and what is around them.
FLOW = 16 * 1024 * 1024

#: Versions of the format that are known to have this form.
_VERSIONS = range(7, 22)
_DIGITS = 12
_CHUNK = 1 << 16

#: What is read of a flow and of its messages; everything else is passed over.
_WANTED = {
    "": {b"version", b"type", b"request", b"response", b"error"},
    "request": {b"method", b"scheme", b"path", b"headers", b"content", b"timestamp_start"},
    "response": {b"status_code", b"headers", b"content", b"timestamp_end"},
    "error": {b"msg"},
}


class _Broken(ValueError):
    """Not a tagged netstring."""


def read_flow(stream: Stream, source: CaptureSource) -> Generator[Exchange | FileProblem, None, int]:
    """The HTTP flows of a dump; flows of other protocols are named and left out."""
    number, others = 0, set[str]()
    for found in _records(stream):
        number += 1
        if isinstance(found, str):
            if source.goes_on and found in _LAST:
                raise MisfitError
            before = number - 1 if source.preface is None else number
            hint = again(before, "save the flows again if you need the rest" if before else "save the flows again")
            yield FileProblem("file.unreadable", f"flow {number} {found}", hint, number)
            continue
        try:
            flow = _mapping(found, "")
            yield from _flow(flow, number, source, others)
        except (ValueError, TypeError, AttributeError, KeyError, OverflowError, RecursionError):
            yield FileProblem(
                "file.unreadable", f"flow {number} is not as mitmproxy writes it", "the others were judged", number
            )
    if not number and source.preface is None:
        yield FileProblem("file.unrecognised", "there is no flow in the dump", "was the proxy on when the traffic ran?")
    return number


def _flow(
    flow: dict[bytes, Any], number: int, source: CaptureSource, others: set[str]
) -> Iterator[Exchange | FileProblem]:
    kind = str(flow.get(b"type", "http"))
    if kind != "http":
        if kind not in others:
            others.add(kind)
            what = f"flows of {kind[:20]!r} were left out"
            yield FileProblem("file.deviation", f"from flow {number} on: {what}", "", number, f"kind {kind}")
        return
    version = flow.get(b"version")
    if version not in _VERSIONS and "version" not in others:
        others.add("version")
        hint = f"versions {_VERSIONS[0]} to {_VERSIONS[-1]} are known; check what was read"
        words = f"version {str(version)[:20]} of the format is not known"
        yield FileProblem("file.deviation", words, hint, once="version")
    sent, came = flow[b"request"], flow.get(b"response")
    headers = _headers(sent.get(b"headers"))
    body = _body(sent, headers)
    if body.words:
        yield FileProblem(
            "file.deviation", f"the body of request {number} {body.words}", "it was left out of judgement", number
        )
    request = Request(_text(sent[b"method"]).upper(), _text(sent[b"path"]) or "/", headers, body.data)
    unknown = body.gaps(Part.REQUEST_BODY)
    started = _seconds(sent.get(b"timestamp_start"))
    response, failure, elapsed = None, _failure(flow.get(b"error")), 0.0
    if came is not None:
        pairs = _headers(came.get(b"headers"))
        body = _body(came, pairs)
        failure, unknown = body.failure, unknown + body.gaps(Part.RESPONSE_BODY)
        if body.words and not failure:
            yield FileProblem(
                "file.deviation", f"the body of response {number} {body.words}", "it was left out of judgement", number
            )
        response = None if failure else Response(int(came[b"status_code"]), pairs, body.data)
        elapsed = _seconds(came.get(b"timestamp_end")) - started
    origin = f"{source.name}#{number}"
    yield Exchange(
        request, response, source.operation, origin, "", started, elapsed if 0 <= elapsed < DAY else 0.0, failure,
        unknown,
    )  # fmt: skip


def _body(message: dict[bytes, Any], headers: Headers) -> ReadBody:
    content = message.get(b"content")
    if content is None:
        return LEFT_OUT._replace(words="was not saved in the dump")
    return plain(bytes(content), headers, whole=True)


def _headers(found: Any) -> Headers:
    pairs = [(_text(one[0]), _text(one[1])) for one in found or ()]
    return tuple((name, value) for name, value in pairs if name and not name.startswith(":"))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else bytes(value or b"").decode("latin-1")


def _seconds(value: Any) -> float:
    return float(value) if isinstance(value, (int, float)) and 0 <= value < 7_258_118_400 else 0.0


#: What mitmproxy says of a flow without a response -> what became of it.
_FAILURES = {
    "timed out": "transport.timeout",
    "timeout": "transport.timeout",
    "refused": "transport.refused",
    "name or service": "transport.refused",
    "unreachable": "transport.refused",
    "no route": "transport.refused",
    "tls": "transport.tls",
    "certificate": "transport.tls",
}


def _failure(error: Any) -> str:
    said = str(error.get(b"msg", "")).lower() if isinstance(error, dict) else ""
    if "kill" in said or "client" in said:
        return ""
    return next((kind for word, kind in _FAILURES.items() if word in said), "transport.reset" if said else "")


# ---- tagged netstrings -----------------------------------------------------------------------------------------------

_LENGTHLESS, _BROKEN_OFF, _NO_DICTIONARY = "does not begin with its length", "breaks off", "is no dictionary"
#: What nothing is read behind.
_LAST = (_LENGTHLESS, _BROKEN_OFF, _NO_DICTIONARY)


def _records(stream: Stream) -> Iterator[memoryview | str]:
    """The content of each flow; what is wrong, where there is none."""
    ahead = b""
    while True:
        while b":" not in ahead[: _DIGITS + 1] and (piece := stream.read(_CHUNK)):
            ahead += piece
            if len(ahead) > _DIGITS:
                break
        digits, colon, ahead = ahead[: _DIGITS + 1].partition(b":")[0], b":" in ahead[: _DIGITS + 1], ahead
        if not ahead.strip():
            return
        if not colon or not digits.isdigit():
            yield _LENGTHLESS
            return
        size, ahead = int(digits), ahead[len(digits) + 1 :]
        if size > FLOW:
            missing = size + 1 - len(ahead)
            ahead = ahead[size + 1 :]
            while missing > 0 and (piece := stream.read(min(missing, _CHUNK))):
                missing -= len(piece)
            yield f"has more than {FLOW // 1024 // 1024} MB" if missing <= 0 else _BROKEN_OFF
            continue
        pieces, have = [ahead], len(ahead)
        while have <= size and (piece := stream.read(max(_CHUNK, size + 1 - have))):
            pieces.append(piece)
            have += len(piece)
        ahead = b"".join(pieces)
        if have <= size:
            yield _BROKEN_OFF
            return
        if ahead[size : size + 1] != b"}":
            yield _NO_DICTIONARY
            return
        record, ahead = memoryview(ahead)[:size], ahead[size + 1 :]
        yield record


def _split(data: memoryview, at: int) -> tuple[int, int, int]:
    """Where the content of the netstring at a place begins and ends, and its tag."""
    head = bytes(data[at : at + _DIGITS + 1])
    digits, colon, _ = head.partition(b":")
    if not colon or not digits.isdigit():
        raise _Broken
    start = at + len(digits) + 1
    end = start + int(digits)
    if end >= len(data):
        raise _Broken
    return start, end, data[end]


def _mapping(data: memoryview, part: str) -> dict[bytes, Any]:
    """The members that are wanted of a dictionary."""
    found: dict[bytes, Any] = {}
    at, wanted = 0, _WANTED.get(part)
    while at < len(data):
        start, end, _ = _split(data, at)
        key = bytes(data[start:end])
        start, after, tag = _split(data, end + 1)
        if wanted is None or key in wanted:
            name = key.decode("latin-1")
            below = name if part == "" and name in _WANTED else "?"
            found[key] = _value(data[start:after], tag, below)
        at = after + 1
    return found


def _value(content: memoryview, tag: int, part: str = "?") -> Any:
    match chr(tag):
        case ",":
            return content
        case ";":
            return str(content, "utf-8", "replace")
        case "#":
            return int(bytes(content[:20]))
        case "^":
            return float(bytes(content[:40]))
        case "!":
            return bytes(content) == b"true"
        case "~":
            return None
        case "}":
            return _mapping(content, part)
        case "]":
            found, at = [], 0
            while at < len(content):
                start, end, kind = _split(content, at)
                found.append(_value(content[start:end], kind))
                at = end + 1
            return found
        case _:
            raise _Broken
