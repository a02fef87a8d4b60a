"""`leadproof verify`: a run directory against its manifest."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from leadproof.core.errors import ExitCode, InputError
from leadproof.core.text import count, one_line
from leadproof.runs.attestation import folder as attestation
from leadproof.runs.attestation import signing
from leadproof.runs.evidence import Verified, verify


@click.command("verify")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--signers", metavar="FILE", type=click.Path(path_type=Path),
    help="Who has which key: a file of OpenSSH's allowed_signers.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(folder: Path, signers: Path | None, as_json: bool) -> int:
    """Compute the SHA-256 of every file of a run directory again, and compare with its manifest.json.

    Files that are missing, changed or extra are named; so are links, named pipes and empty directories, of which a run
    has none: a copy made with links (cp -al) does not hold. Who may write the directory may write the manifest, too:
    the hash of the manifest itself is printed, to be kept elsewhere.

    Where there is an attestation (leadproof attest, leadproof report --sign), its files are compared, too, and its
    signatures are checked: with --signers, by whom they are; without, the fingerprint of each key is said, and whose it
    is stays unknown.

    \b
    Examples:
      leadproof verify reports/out/20261123T090000Z-5c1e
      leadproof verify reports/out/20261123T090000Z-5c1e --json
      leadproof verify reports/out/20261123T090000Z-5c1e --signers allowed_signers

    Exit codes: 0 everything is as it was, 1 something is not, 2 there is no manifest that can be read, 4 nobody whose
    key is known has signed, though somebody was to.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} is no folder", hint="name a run directory")
    found = verify(folder)
    own = hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest()
    sealed = attestation.check(folder) if attestation.is_sealed(folder) else None
    signed = signing.signatures(folder, sealed, signers) if sealed is not None else []
    if as_json:
        click.echo(json.dumps(_document(found, own, sealed, signed, signers), indent=1))
    else:
        _show(found, "")
        click.echo(f"sha-256 of the manifest: {own}")
        if sealed is not None:
            _attested(sealed, signed)
        elif signers is not None:
            click.echo("nobody has signed it")
    return int(_code(found, sealed, signed, signers))


def _code(
    found: Verified, sealed: attestation.Sealed | None, signed: Sequence[signing.Signature], signers: Path | None
) -> ExitCode:
    broken = any(one.state == signing.BROKEN for one in signed)
    if not found.holds or broken or (sealed is not None and not sealed.holds):
        return ExitCode.VIOLATED
    known = any(one.state == signing.GOOD for one in signed)
    return ExitCode.INCONCLUSIVE if (signed or signers is not None) and not known else ExitCode.PASSED


def _document(
    found: Verified,
    own: str,
    sealed: attestation.Sealed | None,
    signed: Sequence[signing.Signature],
    signers: Path | None,
) -> dict[str, Any]:
    document: dict[str, Any] = {"holds": found.holds, "manifest": own, **dataclasses.asdict(found)}
    if sealed is not None:
        document["attestation"] = {
            "holds": sealed.holds, "of_this_run": sealed.of_this_run, "manifest": sealed.manifest,
            **dataclasses.asdict(sealed.files),
        }  # fmt: skip
    if sealed is not None or signers is not None:
        document["signatures"] = [dataclasses.asdict(one) for one in signed]
    return document


def _show(found: Verified, what: str) -> None:
    for word in ("missing", "changed", "extra"):
        for name in getattr(found, word):
            reason = f" ({found.reasons[name]})" if name in found.reasons else ""
            click.echo(click.style(f"{word:8} {what}{one_line(name)}{reason}", fg="red"))
    number = count(len(found.same), "file is", "files are")
    broken = len(found.missing) + len(found.changed) + len(found.extra)
    click.echo(f"{number} as the {'attestation' if what else 'manifest'} says" + (f", {broken} not" if broken else ""))


def _attested(sealed: attestation.Sealed, signed: Sequence[signing.Signature]) -> None:
    _show(sealed.files, "attestation/")
    if not sealed.of_this_run:
        click.echo(click.style("the attestation is about another manifest than the run has", fg="red"))
    click.echo(f"sha-256 of the attestation: {sealed.manifest}")
    for one in signed:
        when = f" on {one.signed}" if one.signed else ""
        if one.state == signing.GOOD:
            who = f", as {one_line(one.claimed)}" if one.claimed not in ("", one.signer) else ""
            click.echo(click.style(f"signed by {one.signer}{who}{when}, key {one.fingerprint}", fg="green"))
        elif one.state == signing.UNKNOWN:
            who = f", as {one_line(one.claimed)}" if one.claimed else ""
            click.echo(click.style(f"signed by an unknown key{who}{when}: {one.fingerprint}", fg="yellow"))
        else:
            click.echo(click.style(f"broken   attestation/{one_line(one.file)}: {one_line(one.problem)}", fg="red"))
    if not signed:
        click.echo("nobody has signed it")
