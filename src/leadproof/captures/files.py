"""Which files are meant, and of which format each is."""

from __future__ import annotations

import glob
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import TypeVar

from leadproof.captures.attached import names, zipped
from leadproof.captures.remote import CapturePath, RemotePath
from leadproof.captures.shapes import is_documented, root_name, top_names
from leadproof.captures.streams import SESSION, STANDARD_INPUT, Stream, opened
from leadproof.core import lazy
from leadproof.core.errors import InputError, reading_hint

#: What a selection of files is made of and gives: all of them here, or all elsewhere, or both.
Place = TypeVar("Place", bound=CapturePath)

_RUN = "run.json"
_EXCHANGES = "exchanges.ndjson"
#: A part of the exchanges of a run that has more than one file takes.
_PART = lazy.pattern(r"exchanges-\d{4,}\.ndjson(?:\.gz)?")

#: The folder in which WireMock keeps the bodies that its mappings name.
_BODIES = "__files"


def files(paths: Iterable[CapturePath]) -> Iterator[CapturePath]:
    """The files that are meant: those named, and those in named folders, sorted, hidden ones left out.

    `-` is standard input. A pattern such as `captures/*.har` that no shell has expanded is expanded; of a run
    directory only its exchanges are read. What is elsewhere is looked for there.

    Raises:
        InputError: A path does not exist, is no file, or is a folder without files.
    """
    paths = list(paths)
    for path in _without_sides(paths):
        if isinstance(path, RemotePath):
            yield from _chosen(path, path.found())
            continue
        try:
            if path == STANDARD_INPUT or path.is_file():
                yield path
            elif path.is_dir():
                yield from _inside(path)
            elif path.exists():
                raise InputError(f"{path}: is no ordinary file", hint="save what comes out of it, and name that file")
            elif glob.has_magic(str(path)):
                found = sorted(Path(one) for one in glob.iglob(str(path), recursive=True))
                if not found:
                    raise InputError(f"{path}: no file has such a name", hint="check the pattern")
                yield from files(one for one in found if one.is_file() or one.is_dir())
            else:
                raise InputError(f"{path}: there is no such file or folder", hint="check the spelling of the path")
        except OSError as error:
            raise InputError(f"{path}: {error.strerror}", hint="check the spelling of the path") from None


def _inside(folder: Path) -> Iterator[Path]:
    found = [one for one in sorted(folder.rglob("*")) if one.is_file() and not _hidden(one.relative_to(folder))]
    yield from _chosen(folder, found)


def _chosen(folder: Place, found: list[Place]) -> Iterator[Place]:
    """Of the files of a folder those that are captures of their own."""
    there = set(found)
    runs = {one.parent for one in found if one.name == _RUN and one.with_name(_EXCHANGES) in there}
    found = [one for one in found if one.parent not in runs or recording(one) != one or one.name == _EXCHANGES]
    packed = {one.with_suffix("") for one in found if one.suffix == ".gz" and one.parent in runs}
    found = [one for one in found if one not in packed]  # killed before the first of the two was taken away
    # Bodies that a HAR names are read with it.
    others = {one.parent for one in found if one.suffix.lower() != ".har"}
    hars = [one for one in found if one.suffix.lower() == ".har" and one.parent in others]
    named = {one.with_name(name) for one in hars for name in names(one)}
    found = [one for one in found if one not in named]
    found = [one for one in _without_sides(found) if one.parent.name != _BODIES]
    if not found:
        raise InputError(f"{folder}: there is no file in this folder", hint="name a folder with captures in it")
    yield from found


def recording(path: CapturePath) -> CapturePath:
    """The recording that a file is a part of, by the name of its last part; the path itself where it is whole."""
    return path.with_name(_EXCHANGES) if _PART.fullmatch(path.name) else path


def _without_sides(paths: list[Place]) -> list[Place]:
    """Paths without the responses of Fiddler's sessions, which are read with their requests."""
    requests = {(one.parent, found[1]) for one in paths if (found := SESSION.fullmatch(one.name)) and found[2] == "c"}
    return [
        one
        for one in paths
        if not (found := SESSION.fullmatch(one.name)) or found[2] == "c" or (one.parent, found[1]) not in requests
    ]


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


#: A request line, a status line, or one of these as curl -v shows it; a separator of a file for an HTTP client.
_MESSAGE = lazy.pattern(
    rb"\s*(?:(?:#|//)[^\n]*\s+)*(?:[<>] )?"
    rb"(?:[A-Z]{3,7} (?:https?://|/|\{\{)\S* ?(?:HTTP/[\d.]+)?(?:\r?\n|\Z)|HTTP/[\d.]+ \d{3}|CONNECT \S+:\d+ HTTP/)"
    rb"|\s*###|\s*\* (?:Trying|Host|  ?Trying|processing|Added|Connected|Uses? |Expire)|\s*Note: Using|\s*% Total"
)
_FLOW = lazy.pattern(rb"\d{1,12}:(?:\d{1,9}:|\})")
_HAR = lazy.pattern(rb"[\"']log[\"']\s*:|[\"']startedDateTime[\"']\s*:")
_OURS = lazy.pattern(rb"\s*\{\"n\":\s*\d+,\s*\"origin\":")


def format_of_file(path: CapturePath, *, mapped: bool = False) -> str:
    """The format of a file, a key of `READERS`, told by its beginning.

    Args:
        path: The file, or `-`.
        mapped: Was it said how the lines of logs are to be read?

    Raises:
        InputError: The file cannot be opened.
    """
    try:
        with zipped(path) as archive, nullcontext(archive[0]) if archive else opened(path) as stream:
            return format_of(stream, mapped=mapped)
    except OSError as error:
        raise InputError(f"{path}: cannot be opened: {error.strerror}", hint=reading_hint(error)) from None


def format_of(stream: Stream, *, mapped: bool = False) -> str:
    """The format of a stream that nobody has read from, a key of `READERS`."""
    name, head = stream.name.lower(), stream.head
    text = head.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")  # UTF-16 is told by its letters too
    if not head and name != _EXCHANGES:
        return "body"  # that nothing is in it holds whatever its name
    if _OURS.match(text):
        return "ndjson"
    if (name.endswith(".har") and text[:1] in (b"{", b"[", b"")) or (
        _HAR.search(text) and (b'"entries"' in text or b'"creator"' in text)
    ):
        return "har"
    if _FLOW.match(head):
        return "flow"
    if head.startswith(b"PK\x03\x04"):
        return "zip"
    if name.endswith((".http", ".rest")) or _MESSAGE.match(text):
        return "http"
    if _lines(name, text):
        return "log" if mapped or name != _EXCHANGES else "ndjson"
    if document := _document(text):
        return document
    if mapped and (text[:1] == b"[" or _PREFIXED.search(text) or (text[:1] == b"{" and not is_documented(text))):
        return "log"
    return "body"


#: Members of a mapping of WireMock, and how a request of it names its URL.
_STUB = {
    "id", "uuid", "name", "request", "response", "persistent", "priority", "scenarioName", "requiredScenarioState",
    "newScenarioState", "insertionIndex", "metadata", "postServeActions", "serveEventListeners",
}  # fmt: skip
_STUB_URL = lazy.pattern(rb'"url(?:Path)?(?:Pattern|Template)?"\s*:')
_CASSETTE = lazy.pattern(rb"(?m)^(?:http_)?interactions:")
_ROWS = lazy.pattern(rb'\[\s*\{[^{}]*"_source"\s*:\s*\{\s*"layers"')


def _document(text: bytes) -> str:
    """The format of a document in which a tool keeps exchanges; "" for any other."""
    names = set(top_names(text))
    if names & {"interactions", "http_interactions"} or (text[:1] not in b"{[<" and _CASSETTE.search(text)):
        return "vcr"
    if "collection" in names and b'"item"' in text:
        return "newman"
    if "mappings" in names or ("request" in names and names <= _STUB and _STUB_URL.search(text)):
        return "wiremock"
    if "data" in names and b'"pairs"' in text:
        return "hoverfly"
    if _ROWS.match(text):
        return "tshark"
    return "burp" if root_name(text) == "items" and b"burpVersion" in text else ""


#: What writers of logs put before a line's JSON: the container and a bar, a date, a level.
_PREFIXED = lazy.pattern(rb"(?m)^[^\n\"]{1,200}\{\s*\"")


def _lines(name: str, text: bytes) -> bool:
    """Is it one JSON object a line?"""
    if name.endswith((".ndjson", ".jsonl", ".log")):
        return True
    first, _, rest = text.partition(b"\n")
    return first.rstrip().endswith(b"}") and first.startswith(b"{") and rest.lstrip().startswith(b"{")
