"""Does a run directory still hold what its manifest says? The SHA-256 of every file, computed again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from leadproof.core.errors import InputError
from leadproof.runs.evidence.files import MANIFEST, document, hashes, write

SCHEMA = "leadproof.manifest/1"


@dataclass(frozen=True, slots=True)
class Verified:
    """A manifest against the files that are there."""

    #: Files that are as they were.
    same: tuple[str, ...]
    missing: tuple[str, ...]
    changed: tuple[str, ...]
    #: Files that the manifest does not know.
    extra: tuple[str, ...]

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
    file = folder / MANIFEST
    try:
        manifest = json.loads(file.read_bytes())
    except FileNotFoundError:
        raise InputError(
            f"{folder}: there is no {MANIFEST}",
            hint="a run that was killed has none; leadproof report RUN makes its reports and manifest",
        ) from None
    except OSError as error:
        raise InputError(f"{file}: cannot be opened: {error.strerror}", hint="check that you may read it") from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"{file} is no JSON: {error}", hint="the manifest itself was changed") from None
    listed = manifest.get("files") if isinstance(manifest, dict) and manifest.get("schema") == SCHEMA else None
    if not isinstance(listed, dict) or not all(isinstance(value, str) for value in listed.values()):
        raise InputError(f"{file} is no {SCHEMA}", hint="the manifest itself was changed")
    try:
        actual = hashes(folder)
        there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} - {MANIFEST}
    except OSError as error:
        raise InputError(f"{error.filename}: cannot be read: {error.strerror}", hint="check its permissions") from None
    both = sorted(listed.keys() & actual.keys())
    return Verified(
        tuple(name for name in both if listed[name] == actual[name]),
        tuple(sorted(listed.keys() - actual.keys())),
        tuple(name for name in both if listed[name] != actual[name]),
        tuple(sorted(there - listed.keys())),
    )
