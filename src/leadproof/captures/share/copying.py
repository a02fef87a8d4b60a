"""Which form a capture has, who copies it, and the care that is taken with the disk."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import os
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePath
from typing import IO, Any

from leadproof import captures
from leadproof.captures.remote import CapturePath
from leadproof.captures.share import har, left, texts
from leadproof.core.errors import InputError, UsageError, reading_hint
from leadproof.core.exchange import Exchange
from leadproof.redact import Redactor
from leadproof.runs.evidence import EvidenceError, hashes
from leadproof.runs.evidence.files import MANIFEST, document
from leadproof.runs.evidence.series import is_full
from leadproof.runs.formats import EXPORTS, PRINTS, RENDERERS

#: Called as it goes on, with what is done in words.
Progress = Callable[[str], None]

#: Formats (keys of `captures.READERS`) that nobody can write back: their copy is a HAR.
AS_HAR = frozenset({"flow", "vcr", "newman", "wiremock", "hoverfly", "burp", "tshark", "zip"})

#: What a report shows of an exchange, in a row of its findings and observations.
_SHOWN = ("message", "expected", "actual", "pointer", "xpath", "origin", "request", "response", "curl", "replay")


#: Bytes by which it is told whether a file is text.
_HEAD = 1 << 13
#: How files begin that have a beginning of letters, and characters that no text has.
_BINARY = re.compile(
    rb"%PDF-|\x89PNG|GIF8|PK\x03\x04|RIFF|OggS|\xff\xd8\xff|[^\0-\x07\x0e-\x1a\x1c-\x1f\x7f]*[\0-\x07\x0e-\x1a\x1c-\x1f\x7f]"
)


class NotText(InputError):
    """A file that nobody can look into: what is in it can neither be found nor replaced."""


@dataclass(slots=True)
class Copy:
    """What was made."""

    path: Path
    files: int = 0
    #: Kind of value -> how many were replaced.
    replaced: Counter[str] = field(default_factory=Counter)
    #: Files that could not be read to their end, and why.
    problems: list[tuple[CapturePath, str]] = field(default_factory=list)
    #: Where a person should look before it is shared.
    places: left.Leftovers = field(default_factory=left.Leftovers)


def suggested(path: CapturePath) -> Path:
    """Where a copy goes unless somebody says otherwise: `capture.har` becomes `capture.redacted.har`.

    The copy of what is elsewhere goes into the current folder.
    """
    if isinstance(path, captures.RemotePath):
        if (single := _one_file(path, path.found())) is None:
            return Path(f"{re.sub(r'[*?[]+', '', path.name) or 'captures'}.redacted")
        return Path(_named(path.name, captures.format_of_file(single)))
    if path.is_dir():
        return path.with_name(f"{path.resolve().name}.redacted")
    return path.with_name(_named(path.name, captures.format_of_file(path)))


def _named(name: str, fmt: str) -> str:
    name = name.removesuffix(".gz")
    stem, dot, ending = name.rpartition(".")
    if fmt in AS_HAR:
        ending = "har"
    return f"{stem}.redacted.{ending}" if dot and stem else f"{name}.redacted"


def share(
    source: CapturePath, to: Path, redactor: Redactor, *, force: bool = False, on_progress: Progress = lambda _: None
) -> Copy:
    """Writes a redacted copy of a capture, of a run directory, or of a folder of them.

    Args:
        source: A file or a folder.
        to: Where the copy goes.
        redactor: Replaces; its placeholders are the same throughout the copy.
        force: Write over a copy that is there.
        on_progress: Called with what is done.

    Raises:
        InputError: The original cannot be read.
        NotText: It is a file that nobody can look into.
        UsageError: The copy would stand in the place of the original, or of something else.
        EvidenceError: The disk does not take it.
    """
    files = _files(source)
    here, there = source.resolve(), to.resolve()
    if isinstance(here, Path) and (here == there or here in there.parents or there in here.parents):
        raise UsageError(f"{to}: the copy would stand in the original's place", hint="name another place with -o FILE")
    if to.exists() and not force:
        raise UsageError(f"{to}: is there already", hint="--force writes over it, -o FILE names another place")
    for file in files:
        on_progress(f"reading {file.name}")
        with contextlib.suppress(har.Broken, NotText), _reading(file):  # said when it is written
            for _ in _pieces(file, redactor, on_progress):
                pass
    redactor.replaced.clear()
    copy = Copy(to)
    if (single := _one_file(source, files)) is not None:
        _share_file(single, to, redactor, copy, on_progress)
    else:
        with _folder(to) as folder:
            within = source if isinstance(source, Path) else here
            _share_folder(within, files, folder, redactor, copy, on_progress)
    copy.replaced = Counter({kind.value: number for kind, number in redactor.replaced.items()})
    return copy


def _one_file(source: CapturePath, files: Sequence[CapturePath]) -> CapturePath | None:
    """The file, if it is one and no folder."""
    if isinstance(source, Path):
        return None if source.is_dir() else source
    return files[0] if len(files) == 1 and str(files[0]) == str(source) else None


def _files(source: CapturePath) -> Sequence[CapturePath]:
    """The files to copy: of a folder all that are not hidden, of a run directory its reports too."""
    if isinstance(source, captures.RemotePath):
        if elsewhere := source.found():
            return elsewhere
        raise InputError(f"{source}: there is no file in this folder", hint="name a folder with captures in it")
    list(captures.files([source]))  # says what is wrong with the path
    if not source.is_dir():
        return [source]
    found = (path for path in sorted(source.rglob("*")) if path.is_file())
    return [path for path in found if not any(part.startswith(".") for part in path.relative_to(source).parts)]


def _share_file(source: CapturePath, to: Path, redactor: Redactor, copy: Copy, on_progress: Progress) -> None:
    on_progress(f"writing {to.name}")
    with _replacing(to) as out, _reading(source):
        try:
            for piece in _pieces(source, redactor, on_progress, partial(copy.places.add, source.name)):
                _write(out, piece.encode("utf-8", "surrogateescape"), to)
        except har.Broken as error:
            copy.problems.append((source, f"breaks off: {error}; what came before is in the copy"))
    copy.files += 1


def _share_folder(
    source: CapturePath, files: Sequence[CapturePath], to: Path, redactor: Redactor, copy: Copy, on_progress: Progress
) -> None:
    """The same tree; reports of runs are made anew of the redacted data, and so are manifests."""
    rendered = {renderer.file for renderer in RENDERERS.values()} | set(PRINTS.values())
    manifests, there = [], set(files)
    for file in files:
        inside = _inside(file, source)
        place = to / inside
        if is_full(Path(file.name)):  # the copy is not compressed
            place = place.with_suffix("")
        place.parent.mkdir(parents=True, exist_ok=True)
        if file.name == MANIFEST:
            manifests.append(place)
        elif file.name == RENDERERS["json"].file:
            with _reading(file), file.open("rb") as opened:
                report = _report(json.load(opened), redactor)
            for renderer in RENDERERS.values():
                (place.parent / renderer.file).write_text(renderer.render(report), "utf-8", "backslashreplace")
            copy.files += len(RENDERERS)
        elif file.name not in rendered or file.with_name(RENDERERS["json"].file) not in there:
            try:
                _share_file(file, place, redactor, copy, on_progress)
            except NotText:
                copy.problems.append((file, "is no text, what is in it cannot be looked into; it was not copied"))
                copy.places.add(str(inside), None, [("", left.UNREAD)])
    for place in manifests:
        place.write_bytes(document({"schema": "leadproof.manifest/1", "files": hashes(place.parent)}))
        copy.files += 1


def _inside(file: CapturePath, folder: CapturePath) -> PurePath:
    """The path of a file from its folder."""
    if isinstance(file, captures.RemotePath):
        assert isinstance(folder, captures.RemotePath)
        return file.relative_to(folder)
    assert isinstance(folder, Path)
    return file.relative_to(folder)


def _report(report: dict[str, Any], redactor: Redactor) -> dict[str, Any]:
    """A report with what it shows of exchanges redacted once more; what the contract says stays."""

    def shown(row: dict[str, Any]) -> dict[str, Any]:
        return {name: redactor.text(value) if name in _SHOWN else value for name, value in row.items()}

    return {**report, **{name: [shown(row) for row in report.get(name, ())] for name in ("findings", "observations")}}


# ---- one file --------------------------------------------------------------------------------------------------------


def _pieces(
    source: CapturePath, redactor: Redactor, on_progress: Progress, look: left.Look = left.ignore
) -> Iterator[str]:
    """The text of the copy, piece by piece."""
    fmt = captures.format_of_file(source)
    if fmt in AS_HAR:
        lost: list[str] = []
        yield from EXPORTS["har"].render(_rows(_exchanges(source, lost), redactor, look), "")
        if lost:
            raise har.Broken(lost[0])
        return
    with source.open("rb") as raw, _unpacked(raw) as file:
        if fmt != "har" and _is_binary(file.read(_HEAD)):
            raise NotText(
                f"{source}: is no text, what is in it cannot be looked into",
                hint="leave it out, or save what it shows as text or HAR and redact that",
            )
        file.seek(0)
        for number, piece in enumerate(_copied(file, fmt, redactor, look)):
            yield piece
            if number % 64 == 0:
                on_progress(f"{source.name}: {raw.tell() / max(captures.size_of(source) or raw.tell(), 1):.0%}")


def _is_binary(head: bytes) -> bool:
    """Is it no text by its first bytes? UTF-16 says so at its beginning; its other bytes are no characters."""
    return not head.startswith((b"\xff\xfe", b"\xfe\xff")) and _BINARY.match(head) is not None


def _exchanges(source: CapturePath, lost: list[str]) -> Iterator[Exchange]:
    """The exchanges of a capture; what cannot be read of it is added to a list."""
    for found in captures.read(source):
        if isinstance(found, Exchange):
            yield found
        elif found.kind == "file.unreadable":
            lost.append(found.message)


def _rows(exchanges: Iterable[Exchange], redactor: Redactor, look: left.Look) -> Iterator[dict[str, Any]]:
    for number, exchange in enumerate(exchanges, 1):
        row = texts.row_of(redactor.exchange(exchange))
        look(number, left.of_value(row))
        yield row


def _copied(file: Any, fmt: str, redactor: Redactor, look: left.Look) -> Iterator[str]:
    head = file.read(3)
    wide = head[:2] in (b"\xff\xfe", b"\xfe\xff")
    file.seek(3 if head == b"\xef\xbb\xbf" and fmt == "har" else 0)
    if fmt == "har" and not wide:
        yield from har.copy(file, redactor, look)
    else:
        encoding, errors = ("utf-16", "replace") if wide else ("utf-8", "surrogateescape")
        text = io.TextIOWrapper(file, encoding, errors, newline="")
        try:
            yield from texts.copy(text, redactor, look)
        finally:
            text.detach()  # who opened the file closes it


@contextlib.contextmanager
def _reading(source: CapturePath) -> Iterator[None]:
    """What may go wrong with an original, as an error with a hint."""
    try:
        yield
    except (EOFError, gzip.BadGzipFile, ValueError) as error:
        raise InputError(f"{source}: is damaged: {error}", hint="get the file again") from None
    except OSError as error:
        raise InputError(f"{source}: cannot be read: {error.strerror}", hint=reading_hint(error)) from None


@contextlib.contextmanager
def _unpacked(raw: Any) -> Iterator[Any]:
    packed = raw.read(2) == b"\x1f\x8b"
    raw.seek(0)
    if packed:
        with gzip.open(raw) as file:
            yield file
    else:
        yield raw


# ---- the disk --------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _replacing(to: Path) -> Iterator[IO[bytes]]:
    """A file that takes its place when it is whole, and leaves nothing behind when it is not."""
    part = to.with_name(f".{to.name}.part")
    try:
        file = part.open("wb")
    except OSError as error:
        raise _refused(to, error) from None
    try:
        yield file
        try:
            file.close()  # a full disk may show itself only now, when what is buffered is written
            os.replace(part, to)
        except OSError as error:
            raise _refused(to, error) from None
    finally:
        with contextlib.suppress(OSError):
            file.close()
        part.unlink(missing_ok=True)


@contextlib.contextmanager
def _folder(to: Path) -> Iterator[Path]:
    """A folder that takes its place when it is whole."""
    part = to.with_name(f".{to.name}.part")
    try:
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        yield part
        if to.is_dir():
            shutil.rmtree(to)
        os.replace(part, to)
    except OSError as error:
        raise _refused(to, error) from None
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _write(out: IO[bytes], content: bytes, to: Path) -> None:
    try:
        out.write(content)
    except OSError as error:
        raise _refused(to, error) from None


def _refused(to: Path, error: OSError) -> EvidenceError:
    return EvidenceError(f"{to}: {error.strerror or error}", hint="name another place with -o FILE")
