"""`<run>.attestation/`: answers, their evidence, the report with both, and a manifest that names the run's own.

The manifest (`leadproof.attestation/1`) holds the SHA-256 of every file of the folder and of the manifest of the run,
so who vouches for it vouches for the run. Signatures stand in a folder of their own and are no part of it: they are
over it.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from leadproof.core.errors import InputError
from leadproof.redact import Redactor
from leadproof.runs.attestation.answers import DAYS, Answer, carried, load, opened, written
from leadproof.runs.attestation.settling import apply, items
from leadproof.runs.evidence import read_report, verify, write_reports
from leadproof.runs.evidence.files import MANIFEST, document, failed, hashes, sha256, write
from leadproof.runs.evidence.holding import alone
from leadproof.runs.evidence.manifest import Verified, verify_files

SCHEMA = "leadproof.attestation/1"

ANSWERS_FILE = "attestation.toml"
EVIDENCE, SIGNATURES = "evidence", "signatures"

#: Bytes of a file that is given as evidence.
_MOST = 100 * 1024 * 1024

#: Seconds to wait for others who change an attestation.
_PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class Sealed:
    """An attestation against the files that are there."""

    files: Verified
    #: Does its manifest name the manifest that the run has?
    of_this_run: bool
    #: SHA-256 of its manifest and of the run's.
    manifest: str
    run_manifest: str

    @property
    def holds(self) -> bool:
        """Is everything as it was sealed?"""
        return self.files.holds and self.of_this_run


def folder_of(run: Path) -> Path:
    """Where the attestation of a run stands, whether there is one or not."""
    run = Path(run.absolute())
    return run.with_name(f"{run.name}.attestation")


def answers_of(run: Path, rows: Iterable[Mapping[str, Any]] | None = None) -> tuple[Answer, ...]:
    """The answers to what a run asks, open where nobody has answered.

    Args:
        run: The directory of the run.
        rows: `attestations` of its report, where that was read already.

    Raises:
        InputError: It is no run.
        ConfigurationError: The file of answers is malformed.
    """
    fresh = opened(read_report(run)["attestations"] if rows is None else rows)
    file = require_plain(folder_of(run)) / ANSWERS_FILE
    if not os.path.lexists(file):
        return fresh
    known = {one.clause: one for one in load(file)}
    return (*(known.pop(one.clause, one) for one in fresh), *known.values())


def begin(run: Path, earlier: Path | None = None) -> Path:
    """Makes the file of answers, or adds to it what is missing; gives its path.

    Args:
        run: The directory of the run.
        earlier: The directory of a run whose answers are taken over.

    Raises:
        InputError: It is no run, or it was changed since it was over.
        ConfigurationError: A file of answers is malformed.
        EvidenceError: The disk does not take it.
    """
    require_whole(run)
    report = read_report(run)
    with changing(run) as folder:
        answers = answers_of(run)
        if earlier is not None:
            answers = carried(answers_of(earlier), answers, read_report(earlier)["run"].get("id") or earlier.name)
            for one in answers:
                if one.carried and one.evidence:
                    _take_over(one, folder_of(earlier), folder)
        return save(folder, run, report, answers)


@contextmanager
def changing(run: Path) -> Iterator[Path]:
    """Inside, nobody else changes the attestation of a run, of which files are read and written whole; its folder.

    Raises:
        InputError: It is a link, or others change it all the time.
        EvidenceError: The disk does not take it.
    """
    folder = make_plain(folder_of(run))
    with ExitStack() as held:
        try:
            held.enter_context(alone(folder, _PATIENCE))
        except TimeoutError as error:
            raise InputError(str(error), hint="is leadproof attest or leadproof serve at it? try again") from None
        yield folder


def save(folder: Path, run: Path, report: Mapping[str, Any], answers: Iterable[Answer]) -> Path:
    """Writes the file of answers, whole or not at all; gives its path.

    Args:
        folder: Of the attestation, which is being changed.
        run: The directory of the run.
        report: Of the run.
        answers: All of them.

    Raises:
        EvidenceError: The disk does not take it.
    """
    text = Redactor().text
    kept = [replace(one, remark=text(one.remark)) for one in answers]
    file = folder / ANSWERS_FILE
    write(file, written(kept, report["attestations"], run.name).encode("utf-8", "backslashreplace"))
    return file


def settled(run: Path, now: datetime, days: int = DAYS) -> dict[str, Any]:
    """The report of a run with the answers, as they hold at a time.

    Args:
        run: The directory of the run.
        now: When it is, with a time zone.
        days: For which an answer holds.

    Raises:
        InputError: It is no run.
        ConfigurationError: The file of answers is malformed.
    """
    report = read_report(run)
    apply(report, items(report, answers_of(run), now.date(), days))
    return report


def seal(run: Path, now: datetime, days: int = DAYS) -> int:
    """Hashes the evidence, writes the report with the answers, and the manifest, unless all of that is there.

    Signatures over other answers hold no more and are removed; how many is given back.

    Raises:
        InputError: It is no run, it was changed since it was over, or a file of evidence cannot be taken.
        ConfigurationError: The file of answers is malformed.
        EvidenceError: The disk does not take it.
    """
    require_whole(run)
    with changing(run) as folder:
        if is_sealed(run) and check(run).holds:
            return 0
        report = read_report(run)
        save(folder, run, report, [_with_evidence(one, folder) for one in answers_of(run)])
        write_reports(folder, settled(run, now, days), ("html", "md", "json"))
        removed = len(signature_files(run))
        shutil.rmtree(folder / SIGNATURES, ignore_errors=True)
        (folder / MANIFEST).unlink(missing_ok=True)
        manifest = {
            "schema": SCHEMA, "run": run.name, "run_manifest": sha256(run / MANIFEST),
            "sealed": now.isoformat(timespec="seconds"), "files": hashes(folder),
        }  # fmt: skip
        write(folder / MANIFEST, document(manifest))
        return removed


def check(run: Path) -> Sealed:
    """Recomputes the manifest of an attestation.

    Raises:
        InputError: There is none, or it cannot be read.
    """
    folder = require_plain(folder_of(run))
    if (folder / MANIFEST).is_symlink():
        raise InputError(f"{folder / MANIFEST} is a link", hint="it leads elsewhere: the manifest itself was changed")
    found = verify_files(folder, SCHEMA, but=f"{SIGNATURES}/")
    manifest = json.loads((folder / MANIFEST).read_bytes())
    own = sha256(run / MANIFEST) if (run / MANIFEST).is_file() else ""
    named = manifest.get("run_manifest")
    return Sealed(found, named == own, sha256(folder / MANIFEST), str(named))


def is_sealed(run: Path) -> bool:
    """Has somebody sealed an attestation of the run?

    Raises:
        InputError: Where it would stand is a link.
    """
    return os.path.lexists(require_plain(folder_of(run)) / MANIFEST)


def signature_files(run: Path) -> list[Path]:
    """The signatures beside a run; whether they hold, `signing` says.

    Raises:
        InputError: Where they would stand is a link, or cannot be read.
    """
    place = require_plain(require_plain(folder_of(run)) / SIGNATURES)
    try:
        return sorted(path for path in place.iterdir() if path.suffix == ".sig") if place.is_dir() else []
    except OSError as error:
        raise InputError(f"{place}: cannot be read: {error.strerror}", hint="check its permissions") from None


def require_plain(folder: Path) -> Path:
    """The folder, which is no link to somewhere else.

    Raises:
        InputError: It is one.
    """
    if os.path.lexists(folder) and not stat.S_ISDIR(os.lstat(folder).st_mode):
        raise InputError(f"{folder} is no folder", hint="a link there leads elsewhere: remove it")
    return folder


def make_plain(folder: Path) -> Path:
    """The folder, which is no link to somewhere else, made if it is not there.

    Raises:
        InputError: It is one.
        EvidenceError: The disk does not take it.
    """
    try:
        require_plain(folder).mkdir(exist_ok=True)
    except OSError as error:
        raise failed(folder, error) from error
    return folder


def require_whole(run: Path) -> None:
    """Ends where a run is not as its manifest says.

    Raises:
        InputError: It is not, or it has none.
    """
    if not verify(run).holds:
        raise InputError(
            f"{run} is not what its manifest says", hint="leadproof verify names the files; nothing of it is attested"
        )


def _take_over(answer: Answer, old: Path, new: Path) -> None:
    """Copies the evidence of an answer into the folder of a later run, under the same name."""
    target = new / answer.evidence
    if not os.path.lexists(target):
        source = _inside(old, answer)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
        except OSError as error:
            raise failed(target, error) from error


def _with_evidence(answer: Answer, folder: Path) -> Answer:
    """An answer with the SHA-256 of its evidence."""
    if not answer.evidence:
        return replace(answer, sha256="")
    try:
        return replace(answer, sha256=sha256(_inside(folder, answer)))
    except OSError as error:
        raise InputError(
            f"{answer.evidence}: cannot be read: {error.strerror}", hint=f"it is named as evidence of {answer.clause}"
        ) from None


def _inside(folder: Path, answer: Answer) -> Path:
    """The file of evidence, which lies in the folder: whoever wrote the answers may not take what lies elsewhere.

    Raises:
        InputError: It lies elsewhere, is no plain file, or is too large.
    """
    parts = Path(answer.evidence).parts
    path = folder.joinpath(*parts)
    steps = [folder.joinpath(*parts[: at + 1]) for at in range(len(parts))]
    if Path(answer.evidence).is_absolute() or ".." in parts or any(step.is_symlink() for step in steps):
        raise InputError(
            f"{answer.evidence}: the evidence of {answer.clause} does not lie in {folder}",
            hint=f"copy the file into {folder / EVIDENCE}, and name it as {EVIDENCE}/NAME",
        )
    if not path.is_file():
        raise InputError(f"{path}: there is no such file", hint=f"{answer.clause} names it as evidence")
    if path.stat().st_size > _MOST:
        raise InputError(f"{path}: larger than 100 MB", hint="name in the remark where it lies")
    return path
