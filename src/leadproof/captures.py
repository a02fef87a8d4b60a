"""Captured exchanges from files: one reader a format, lenient, streaming, naming what deviates.

A reader yields an `Exchange` for what it can read and a `Problem` about the file for what it cannot, so that the good
entries of a broken file are still judged. Nothing here judges.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import math
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import ijson

from leadproof.bodies import MAX_BODY
from leadproof.errors import InputError
from leadproof.exchange import Exchange, Headers, Request, Response, header
from leadproof.findings import KINDS

#: Bytes of a file's beginning by which its format is told.
_HEAD = 4096


@dataclass(frozen=True, slots=True)
class Problem:
    """What could not be read of a file. `kind` is a `file.*` key of `findings.KINDS`."""

    kind: str
    message: str
    hint: str = ""


Reader = Callable[[Path, str | None], Iterator[Exchange | Problem]]


def files(paths: Iterable[Path]) -> Iterator[Path]:
    """The files that are meant: those named, and those in named folders, sorted, hidden ones left out.

    Raises:
        InputError: A path does not exist, is no file, or is a folder without files.
    """
    for path in paths:
        try:
            if path.is_dir():
                found = [one for one in sorted(path.rglob("*")) if one.is_file() and not _hidden(one.relative_to(path))]
                if not found:
                    raise InputError(
                        f"{path}: there is no file in this folder", hint="name a folder with captures in it"
                    )
                yield from found
            elif path.is_file():
                yield path
            elif path.exists():
                raise InputError(f"{path}: is no ordinary file", hint="save what comes out of it, and name that file")
            else:
                raise InputError(f"{path}: there is no such file or folder", hint="check the spelling of the path")
        except OSError as error:
            raise InputError(f"{path}: {error.strerror}", hint="check the spelling of the path") from None


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def format_of_file(path: Path) -> str:
    """The format of a file, a key of `READERS`, told by its beginning.

    Raises:
        InputError: The file cannot be opened.
    """
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError as error:
        raise InputError(f"{path}: cannot be opened: {error.strerror}", hint="check that you may read it") from None
    if path.suffix.lower() == ".har" or (b'"log"' in head and (b'"entries"' in head or b'"creator"' in head)):
        return "har"
    return "body"


def read(path: Path, operation: str | None = None) -> Iterator[Exchange | Problem]:
    """Every exchange of a file, in order, and what could not be read of it.

    Args:
        path: The file.
        operation: What its exchanges are, where the sender's word is known; needed for a bare body.

    Raises:
        InputError: The file cannot be opened.
    """
    try:
        yield from READERS[format_of_file(path)](path, operation)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}", hint="check that you may read it") from None


def read_body(path: Path, operation: str | None) -> Iterator[Exchange | Problem]:
    """A file that holds one body: an answer, or a request where its document element or members say so."""
    if operation is None:
        yield Problem(
            "file.unrecognised", "a bare body does not say which operation it belongs to",
            "name it with --operation, such as --operation create_lead",
        )  # fmt: skip
        return
    size = path.stat().st_size
    if size > MAX_BODY:
        yield Problem("file.unreadable", f"the body has {size} bytes, the cap is {MAX_BODY}", "is it one body?")
        return
    data = path.read_bytes()
    first = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    fmt = "xml" if first == b"<" or (path.suffix.lower() == ".xml" and first not in (b"{", b"[")) else "json"
    kind = (("content-type", f"application/{fmt}"),)
    if _is_request(data, fmt):
        yield Exchange(Request("", "", kind, data), None, operation, path.name)
    else:
        yield Exchange(Request("", ""), Response(200, kind, data), operation, path.name)


def _is_request(data: bytes, fmt: str) -> bool:
    head = data[:_HEAD]
    return b"<Leads" in head if fmt == "xml" else b'"leads"' in data and b'"results"' not in head


def read_har(path: Path, operation: str | None) -> Iterator[Exchange | Problem]:
    """The entries of a HAR file of any exporter, one at a time (HAR 1.2; deviations are tolerated)."""
    number = 0
    try:
        with path.open("rb") as file:
            if file.peek(2)[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
                yield Problem("file.unreadable", "the HAR is in UTF-16", "save it as UTF-8, as the format demands")
                return
            for entry in _entries(_without_mark(file)):
                number += 1
                yield from _entry(entry, operation, path.name, number)
    except (ijson.JSONError, ValueError) as error:  # among the latter: wrong UTF-8, numbers of thousands of digits
        yield Problem(
            "file.unreadable", f"the HAR breaks off after {number} entries: {_first_line(error)}",
            "what came before was judged; export it again if you need the rest",
        )  # fmt: skip
        return
    if not number:
        yield Problem("file.unrecognised", "the HAR has no entries", "was the recording on when the traffic ran?")


#: Containers within containers; the deepest HAR has a dozen.
_DEEPEST = 100


def _entries(file: Any) -> Iterator[Any]:
    """The values of log.entries, one at a time.

    Unlike `ijson.items` it has a floor: that keeps the whole path of every level, so that a small file could fill the
    memory.

    Raises:
        ijson.JSONError: The text breaks off, or is no JSON.
        ValueError: It is nested too deeply, or a number has thousands of digits.
    """
    place: list[str] = []  # the keys that lead here, as long as this is no entry
    entry: list[Any] = []  # the open containers of the entry, the outermost first
    key = ""
    for event, value in ijson.basic_parse(file, use_float=True):  # without use_float, long numbers crash the parser
        if event == "map_key":
            key = value
            continue
        opens, closes = event in ("start_map", "start_array"), event in ("end_map", "end_array")
        if len(place) + len(entry) > _DEEPEST:
            raise ValueError(f"it is nested more than {_DEEPEST} levels deep")
        if closes and entry:
            done = entry.pop()
            if not entry:
                yield done
        elif entry or (place == ["", "log", "entries"] and not closes):
            made: Any = ({} if event == "start_map" else []) if opens else value
            if not entry and not opens:
                yield made
            elif entry and isinstance(entry[-1], dict):
                entry[-1][key] = made
            elif entry:
                entry[-1].append(made)
            if opens:
                entry.append(made)
        elif opens:
            place.append(key)
            key = ""
        elif closes:
            place.pop()
            key = ""


def _first_line(error: Exception) -> str:
    """What the parser says, without the piece of the file that it repeats on the following lines."""
    said = error.args[0] if error.args else ""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    return "a byte sequence that is not UTF-8" if isinstance(error, UnicodeError) else text.partition("\n")[0][:200]


def _without_mark(file: Any) -> Any:
    if file.read(3) != b"\xef\xbb\xbf":
        file.seek(0)
    return file


def _entry(entry: Any, operation: str | None, name: str, number: int) -> Iterator[Exchange | Problem]:
    """The exchange of an entry, and what is not there; exporters leave out and misspell much."""
    row = _mapping(entry)
    sent, came = _mapping(row.get("request")), _mapping(row.get("response"))
    if not isinstance(sent.get("url"), str) or not isinstance(sent.get("method"), str):
        yield Problem(
            "file.unreadable", f"entry {number} cannot be judged: its request has no method or no url",
            "export it again, with the requests",
        )  # fmt: skip
        return
    post, content = _mapping(sent.get("postData")), _mapping(came.get("content"))
    if isinstance(sent.get("postData"), str):
        post = {"text": sent["postData"]}
    asked = _labelled(_pairs(sent.get("headers")), post)
    request = Request(sent["method"].upper(), _target(sent["url"]), asked, _text(post, asked))
    status = _number(came.get("status"))
    response, failure = None, _failure(came, row)
    if status > 0:
        pairs = _labelled(_pairs(came.get("headers")), content)
        response, failure = Response(int(status), pairs, _text(content, pairs)), ""
        if content.get("text") is None and max(_number(content.get("size")), _number(came.get("bodySize"))) > 0:
            # An answer whose body was not saved says nothing about the body that the service sent.
            response = None
            yield Problem(
                "file.deviation", f"the body of answer {number} was not saved in the HAR",
                "export it again as HAR with content, before the browser forgets the bodies",
            )  # fmt: skip
    elapsed = _number(row.get("time")) / 1000
    started = _seconds(row.get("startedDateTime"))
    yield Exchange(
        request, response, operation, f"{name}#{number}", "", started, elapsed if 0 <= elapsed < _DAY else 0.0, failure
    )


#: What browsers write beside status 0 -> what became of the exchange; "" where it was they who gave up.
_ERRORS = {
    "ABORTED": "",
    "BLOCKED": "",
    "TIMED_OUT": "transport.timeout",
    "REFUSED": "transport.refused",
    "NAME_NOT_RESOLVED": "transport.refused",
    "CERT": "transport.tls",
    "SSL": "transport.tls",
    "NO ANSWER WAS CAPTURED": "",
    **{kind.upper(): kind for kind in KINDS if kind.startswith(("transport.", "framing.", "encoding."))},
}


def _failure(came: dict[str, Any], row: dict[str, Any]) -> str:
    said = str(came.get("_error") or row.get("_error") or "").upper()
    return next((failure for word, failure in _ERRORS.items() if word in said), "transport.reset")


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _number(value: Any) -> float:
    """A number, whether it is written as one or as text; 0 for everything else, NaN and infinity included."""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return 0.0
    return number if math.isfinite(number) and abs(number) < 1e15 else 0.0


def _target(url: str) -> str:
    """Path and query of a URL, as in a request line."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _labelled(pairs: Headers, body: dict[str, Any]) -> Headers:
    """Header pairs with the body's mimeType as Content-Type, where the header itself was left out."""
    if header(pairs, "content-type") or not body.get("mimeType") or not body.get("text"):
        return pairs
    return (*pairs, ("content-type", str(body["mimeType"])))


def _pairs(headers: Any) -> Headers:
    """Header pairs without HTTP/2 pseudo-headers; a mapping is taken as some exporters write it."""
    if isinstance(headers, dict):
        headers = [{"name": name, "value": value} for name, value in headers.items()]
    if not isinstance(headers, list):
        return ()
    found = ((str(one.get("name", "")), str(one.get("value", ""))) for one in headers if isinstance(one, dict))
    return tuple((name, value) for name, value in found if name and not name.startswith(":"))


#: Where a body says in what it is encoded: the parameter of its Content-Type, or its XML declaration.
_CHARSET = re.compile(r"charset\s*=\s*\"?([\w.:-]+)", re.IGNORECASE)
_DECLARED = re.compile(r"\s*<\?xml[^>]*?encoding\s*=\s*[\"']([\w.:-]+)")


def _text(body: dict[str, Any], pairs: Headers) -> bytes:
    """The bytes of a body. A HAR holds text that was decoded, so it is encoded again in what the body says it is."""
    text = body.get("text")
    if text is None:
        return b""
    if str(body.get("encoding") or "").lower() == "base64":
        try:
            return base64.b64decode("".join(str(text).split()), validate=True)
        except (binascii.Error, ValueError):
            pass
    said = _CHARSET.search(header(pairs, "content-type") or "") or _DECLARED.match(str(text)[:200])
    try:
        return str(text).encode(said[1] if said else "utf-8")
    except (LookupError, UnicodeError):
        return str(text).encode("utf-8", "surrogatepass")


#: Seconds.
_DAY = 86_400.0
_YEAR_2200 = 7_258_118_400.0


def _seconds(text: Any) -> float:
    """Seconds since the Unix epoch; 0 for what is no date. A time without a zone is taken for UTC."""
    try:
        moment = datetime.fromisoformat(str(text))
        seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return 0.0
    return seconds if 0 <= seconds < _YEAR_2200 else 0.0


#: Format -> reader. `report["files"][…]["format"]` says which was used.
READERS: dict[str, Reader] = {"har": read_har, "body": read_body}
