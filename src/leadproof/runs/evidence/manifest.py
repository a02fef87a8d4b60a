"""Does a run directory still hold what its manifest says, and nothing else? The SHA-256 of every file, computed again.

A run consists of plain files. A link, a pipe or an empty directory was put there afterwards: what a link leads to may
change without the directory, so one is named even where it leads to the same bytes.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from leadproof.core.errors import InputError, reading_hint
from leadproof.runs.evidence.files import MANIFEST, document, hashes, sha256, write

SCHEMA = "leadproof.manifest/1"

#: What an entry is that is no plain file with one name.
KINDS: dict[int, str] = {
    stat.S_IFLNK: "a symbolic link", stat.S_IFIFO: "a named pipe", stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device", stat.S_IFBLK: "a device",
}  # fmt: skip
DIRECTORY, EMPTY = "a directory", "an empty directory"
HARD_LINK = "a hard link: the file has another name, under which it can be changed"
OUTSIDE = "no path within the directory"


@dataclass(frozen=True, slots=True)
class Verified:
    """A manifest against the files that are there."""

    #: Files that are as they were.
    same: tuple[str, ...]
    missing: tuple[str, ...]
    changed: tuple[str, ...]
    #: Files, links and empty directories that the manifest does not know.
    extra: tuple[str, ...]
    #: Of these: name -> what it is, where it is no plain file of the directory.
    reasons: Mapping[str, str] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        """Is everything as it was?"""
        return not (self.missing or self.changed or self.extra)


def write_manifest(folder: Path) -> None:
    """Writes the SHA-256 of every file of a run directory.

    Raises:
        EvidenceError: The disk does not take it.
    """
    write(folder / MANIFEST, document({"schema": SCHEMA, "files": hashes(folder)}))


def verify(folder: Path) -> Verified:
    """Recomputes the manifest of a run directory.

    Raises:
        InputError: There is no manifest, or it cannot be read.
    """
    return verify_files(folder, SCHEMA)


def verify_files(folder: Path, schema: str, but: str = "") -> Verified:
    """Recomputes a manifest of a directory.

    Args:
        folder: It.
        schema: Of its manifest.
        but: The beginning of paths that are no part of it.

    Raises:
        InputError: There is no manifest, or it cannot be read.
    """
    file = folder / MANIFEST
    try:
        if file.exists() and not file.is_file():  # a named pipe would be waited for
            raise InputError(f"{file} is no file", hint="the manifest itself was changed")
        manifest = json.loads(file.read_bytes())
    except FileNotFoundError:
        raise InputError(
            f"{folder}: there is no {MANIFEST}",
            hint="a run that was killed has none; leadproof report RUN makes its reports and manifest",
        ) from None
    except OSError as error:
        raise InputError(f"{file}: cannot be opened: {error.strerror}", hint=reading_hint(error)) from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"{file} is no JSON: {error}", hint="the manifest itself was changed") from None
    listed = manifest.get("files") if isinstance(manifest, dict) and manifest.get("schema") == schema else None
    if not isinstance(listed, dict) or not all(isinstance(value, str) for value in listed.values()):
        raise InputError(f"{file} is no {schema}", hint="the manifest itself was changed")
    try:
        entries = {name: what for name, what in _entries(folder).items() if not (but and f"{name}/".startswith(but))}
        plain = {name for name in listed if name in entries and not entries[name]}
        same = {name for name in plain if sha256(folder / name) == listed[name]}
    except OSError as error:
        raise InputError(f"{error.filename}: cannot be read: {error.strerror}", hint="check its permissions") from None
    missing = listed.keys() - entries.keys()
    changed = (listed.keys() & entries.keys()) - same
    if entries.get(MANIFEST):
        changed.add(MANIFEST)
    extra = {name for name, what in entries.items() if what != DIRECTORY} - listed.keys() - {MANIFEST}
    reasons = {name: entries[name] for name in (*changed, *extra) if entries[name]}
    reasons |= {name: OUTSIDE for name in missing if not _within(name)}
    return Verified(
        tuple(sorted(same)), tuple(sorted(missing)), tuple(sorted(changed)), tuple(sorted(extra)),
        dict(sorted(reasons.items())),
    )  # fmt: skip


# ---- what is there ---------------------------------------------------------------------------------------------------


def _entries(folder: Path) -> dict[str, str]:
    """Everything below a folder by its path in it, and what it is where it is no plain file. Nothing is followed.

    Raises:
        OSError: A directory cannot be read.
    """
    entries: dict[str, str] = {}
    waiting = [folder]
    while waiting:
        directory = waiting.pop()
        paths = list(directory.iterdir())
        if directory != folder:
            entries[directory.relative_to(folder).as_posix()] = DIRECTORY if paths else EMPTY
        for path in paths:
            status = path.lstat()
            if stat.S_ISDIR(status.st_mode):
                waiting.append(path)
            else:
                entries[path.relative_to(folder).as_posix()] = _what(status)
    return entries


def _what(status: os.stat_result) -> str:
    if stat.S_ISREG(status.st_mode):
        return HARD_LINK if status.st_nlink > 1 else ""
    return KINDS.get(stat.S_IFMT(status.st_mode), "no file")


def _within(name: str) -> bool:
    """Is it the path of a file in the directory, as a manifest writes it?"""
    return name not in ("", ".") and not Path(name).is_absolute() and ".." not in name.split("/")
