"""Signatures over a run and its attestation: SSH signatures (OpenSSH's PROTOCOL.sshsig), made and checked by
`ssh-keygen -Y`.

Of what could be taken (minisign, a library), this is what the people who sign have: keys that are in use already,
agents, keys on hardware, and `allowed_signers`, a plain file that says whose they are. A signature has no time of its
own, so what is signed is a small statement: which manifests, who says to sign, and when by the signer's clock.
"""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from leadproof.core.errors import InputError, LeadproofError
from leadproof.core.text import visible
from leadproof.runs.attestation.folder import SIGNATURES, Sealed, folder_of
from leadproof.runs.evidence.files import MANIFEST, document, sha256, write

SCHEMA = "leadproof.signature/1"

#: What the signatures are for, so that none that was made for something else holds here (SSHSIG, section 2).
NAMESPACE = "leadproof"

#: What a signature is: of a known signer; right, of a key that nobody vouches for; not of this statement, or the
#: statement is about other files.
GOOD, UNKNOWN, BROKEN = "good", "unknown key", "broken"

#: Seconds that ssh-keygen is given; a person may have to touch a key or type a passphrase.
_PATIENCE = 120.0

#: Bytes of a statement or signature, and signatures that are looked at.
_MOST, _NUMBER = 64 * 1024, 100

#: The armour of a signature (PROTOCOL.sshsig, section 1).
_ARMOUR = re.compile(rb"-----BEGIN SSH SIGNATURE-----\n([A-Za-z0-9+/=\n]+)\n-----END SSH SIGNATURE-----\n")
#: Parts of a signature behind its version.
_FIELDS = 5

_FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")


class SigningError(LeadproofError):
    """ssh-keygen is missing, or cannot sign."""


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature that lies in the folder."""

    #: Its file, below the folder of the attestation.
    file: str
    #: `GOOD`, `UNKNOWN` or `BROKEN`.
    state: str
    #: Who, by the file of signers; "" if nobody knows the key.
    signer: str = ""
    #: Of the key, as OpenSSH writes it.
    fingerprint: str = ""
    #: When, and who, as the statement says.
    signed: str = ""
    claimed: str = ""
    #: Why it is broken.
    problem: str = ""


def sign(run: Path, key: Path, name: str, now: datetime) -> Path:
    """Signs the sealed attestation of a run, and with it the run; gives the path of the signature.

    Args:
        run: The directory of the run.
        key: A private key, or a public one of which an agent has the private one.
        name: Who signs, as the statement says.
        now: When, with a time zone.

    Raises:
        SigningError: ssh-keygen is missing, or cannot sign with the key.
        InputError: There is no such key.
        EvidenceError: The disk does not take it.
    """
    if not key.is_file():
        raise InputError(f"{key}: there is no such key", hint="ssh-keygen -t ed25519 -f KEY makes one")
    folder = folder_of(run)
    statement = {
        "schema": SCHEMA, "run": run.name, "run_manifest": sha256(run / MANIFEST),
        "attestation_manifest": sha256(folder / MANIFEST), "signer": name,
        "signed": now.isoformat(timespec="seconds"),
    }  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="leadproof-") as scratch:
        file = Path(scratch, "statement")
        file.write_bytes(document(statement))
        done = _ssh_keygen(["sign", "-f", str(key), "-n", NAMESPACE, str(file)], ask=sys.stdin.isatty())
        signature = file.with_name("statement.sig")
        if done.returncode or not signature.is_file():
            raise SigningError(
                f"ssh-keygen cannot sign with {key}: {_words(done)}",
                hint="a passphrase needs a terminal, or an agent (ssh-add KEY); nobody else may read the key",
            )
        (folder / SIGNATURES).mkdir(exist_ok=True)
        target = folder / SIGNATURES / f"{now:%Y%m%dT%H%M%SZ}-{sha256(signature)[:8]}.json"
        write(target, file.read_bytes())
        write(target.with_suffix(".sig"), signature.read_bytes())
    return target.with_suffix(".sig")


def signatures(run: Path, sealed: Sealed, signers: Path | None) -> list[Signature]:
    """The signatures beside a run, each checked.

    Args:
        run: The directory of the run.
        sealed: Of `folder.check`.
        signers: A file of OpenSSH's `allowed_signers`: who has which key.

    Raises:
        SigningError: ssh-keygen is missing.
        InputError: The file of signers cannot be read.
    """
    if signers is not None and not signers.is_file():
        raise InputError(f"{signers}: there is no such file", hint="one line each: NAME ssh-ed25519 AAAA…")
    folder = folder_of(run) / SIGNATURES
    found = sorted({path.with_suffix("") for path in _plain(folder)})[:_NUMBER]
    return [_checked(path, sealed, signers, folder.parent) for path in found]


def _plain(folder: Path) -> Iterator[Path]:
    if folder.is_dir() and not folder.is_symlink():
        yield from folder.iterdir()


def _checked(path: Path, sealed: Sealed, signers: Path | None, folder: Path) -> Signature:
    statement, signature = path.with_suffix(".json"), path.with_suffix(".sig")
    file = signature.relative_to(folder).as_posix()
    try:
        data, said = _bytes(statement), _statement(_bytes(statement))
        if not _is_canonical(_bytes(signature)):
            raise ValueError(f"{signature.name} is not as ssh-keygen writes it")
    except (OSError, ValueError) as error:
        words = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        return Signature(file, BROKEN, problem=visible(words, 200))
    claimed = {"signed": visible(str(said.get("signed", "")), 40), "claimed": visible(str(said.get("signer", "")), 200)}
    done = _ssh_keygen(["check-novalidate", "-n", NAMESPACE, "-s", str(signature)], data)
    key = _FINGERPRINT.search(done.stdout.decode("utf-8", "replace"))
    if done.returncode or key is None:
        return Signature(file, BROKEN, problem=f"it does not fit its statement: {_words(done)}", **claimed)
    for name, actual in (("run_manifest", sealed.run_manifest), ("attestation_manifest", sealed.manifest)):
        if said.get(name) != actual:
            words = f"its statement is about another {name.replace('_', ' ')}"
            return Signature(file, BROKEN, fingerprint=key[0], problem=words, **claimed)
    signer = _known(signature, data, signers, key[0], str(said.get("signed"))) if signers is not None else ""
    return Signature(file, GOOD if signer else UNKNOWN, signer, key[0], **claimed)


def _known(signature: Path, data: bytes, signers: Path, key: str, signed: str) -> str:
    """Who made a signature, by a file of signers; "" if nobody in it.

    A key that has run out since holds for what was signed before: the time that the statement says is the one.
    """
    try:
        at = f"-Overify-time={datetime.fromisoformat(signed).astimezone(UTC):%Y%m%d%H%M%SZ}"
    except (ValueError, OverflowError):
        return ""
    found = _ssh_keygen(["find-principals", "-s", str(signature), "-f", str(signers), at])
    for principal in found.stdout.decode("utf-8", "replace").split():
        done = _ssh_keygen(
            ["verify", "-f", str(signers), "-I", principal, "-n", NAMESPACE, "-s", str(signature), at], data
        )
        if not done.returncode and key.encode() in done.stdout:
            return visible(principal, 200)
    return ""


def _is_canonical(data: bytes) -> bool:
    """Is it as ssh-keygen writes a signature? It reads others, too, so that a byte could be changed unnoticed."""
    parts = _ARMOUR.fullmatch(data)
    try:
        blob = base64.b64decode(parts[1].replace(b"\n", b""), validate=True) if parts else b""
    except ValueError:
        return False
    text = base64.b64encode(blob)
    lines = b"\n".join(text[at : at + 70] for at in range(0, len(text), 70))
    return parts is not None and parts[1] == lines and _is_whole(blob)


def _is_whole(blob: bytes) -> bool:
    """Version, key, namespace, nothing reserved, hash and signature, and nothing behind (PROTOCOL.sshsig, section 2).
    OpenSSH does not look at what is reserved, so whoever changes it changes nothing that it would notice.
    """
    head = b"SSHSIG\x00\x00\x00\x01"
    fields, at = list[bytes](), len(head)
    while blob.startswith(head) and at + 4 <= len(blob) and len(fields) < _FIELDS:
        size = int.from_bytes(blob[at : at + 4], "big")
        fields.append(blob[at + 4 : at + 4 + size])
        at += 4 + size
    return at == len(blob) and len(fields) == _FIELDS and fields[2] == b""


def _statement(data: bytes) -> dict[str, Any]:
    found = json.loads(data)
    if not isinstance(found, dict) or found.get("schema") != SCHEMA:
        raise ValueError(f"its statement is no {SCHEMA}")
    return found


def _bytes(path: Path) -> bytes:
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise ValueError(f"{path.name} is no plain file")
    with path.open("rb") as file:
        data = file.read(_MOST + 1)
    if len(data) > _MOST:
        raise ValueError(f"{path.name} is too large")
    return data


def _ssh_keygen(
    arguments: Sequence[str], data: bytes | None = None, *, ask: bool = False
) -> subprocess.CompletedProcess[bytes]:
    """Runs `ssh-keygen -Y`.

    Args:
        arguments: After -Y.
        data: For its standard input.
        ask: May it ask for a passphrase? It does so on the terminal.
    """
    given: dict[str, Any] = {"stdin": subprocess.DEVNULL} if data is None else {"input": data}
    try:
        done: subprocess.CompletedProcess[bytes] = subprocess.run(
            ["ssh-keygen", "-Y", *arguments], capture_output=True, timeout=_PATIENCE, check=False,
            start_new_session=not ask,  # without a terminal of its own it cannot wait for somebody
            **given,
        )  # fmt: skip
    except FileNotFoundError:
        raise SigningError("there is no ssh-keygen", hint="install OpenSSH's client, version 8.1 or newer") from None
    except subprocess.TimeoutExpired:
        raise SigningError("ssh-keygen was waited for in vain", hint="was a key to be touched?") from None
    return done


def _words(done: subprocess.CompletedProcess[bytes]) -> str:
    lines = (done.stderr or done.stdout).decode("utf-8", "replace").strip().splitlines()
    return visible(lines[-1] if lines else f"exit code {done.returncode}", 200)
