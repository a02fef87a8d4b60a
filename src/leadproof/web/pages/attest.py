"""What only a person can confirm of a run: answered here, sealed, and who has signed it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from leadproof.core.errors import LeadproofError, UsageError
from leadproof.runs.attestation import folder, settling, signing
from leadproof.runs.attestation.answers import ANSWERS, Answer
from leadproof.runs.evidence.files import write
from leadproof.web import forms
from leadproof.web.contents import report_of
from leadproof.web.pages.run import listed
from leadproof.web.rendering import page
from leadproof.web.runs import FINISHED, ListedRun
from leadproof.web.site import Site

#: Bytes of a form with its file of evidence, and of those beyond that are read and thrown away.
_MOST, _PASSED = 20 * 1024 * 1024, 80 * 1024 * 1024

#: Characters of a name or remark.
_WORDS = 2_000


def show(request: Request) -> Response:
    """The items with their answers, and who vouches for them."""
    run = _finished(request)
    return _page(request, run)


def _page(
    request: Request, run: ListedRun, status: int = 200, problem: LeadproofError | None = None,
    typed: Mapping[str, str] | None = None,
) -> Response:  # fmt: skip
    site: Site = request.app.state.site
    report, path, now = report_of(run), Path(run.path), datetime.now(UTC)
    answers = folder.answers_of(path, report["attestations"])
    items = settling.items(report, answers, now.date(), site.attestation_days)
    sealed, signed = None, list[signing.Signature]()
    if folder.is_sealed(path):
        try:
            sealed = folder.check(path)
            signed = signing.signatures(path, sealed, site.signers)
        except LeadproofError as error:
            problem = problem or error
    given = {name: sum(row["answer"] == name and row["state"] != settling.EXPIRED for row in items) for name in ANSWERS}
    return page(
        request, "attest", status, run=run, items=items, given=given, today=now.date().isoformat(), answers=ANSWERS,
        who=next((one.name for one in reversed(answers) if one.name), ""), sealed=sealed, signed=signed,
        problem=problem, signers=site.signers, typed=typed or {}, seen={one.clause: _version(one) for one in answers},
    )  # fmt: skip


async def save(request: Request) -> Response:
    """Takes one answer, and writes the file of answers."""
    run = await run_in_threadpool(_finished, request)
    try:
        data = await forms.body(request, _MOST, _PASSED)
        fields = forms.parts(request.headers.get("content-type", ""), data)
    except forms.TooLargeError:
        raise HTTPException(413, "the file is too large: name in the remark where it lies") from None
    except forms.BrokenFormError:
        raise HTTPException(400, "this is no form of the page") from None
    try:
        await run_in_threadpool(_answer, run, fields)
    except LeadproofError as error:
        typed = {name: _text(fields, name) for name in fields if name != "evidence"}
        return await run_in_threadpool(_page, request, run, 422, error, typed)
    clause = _text(fields, "clause")
    return RedirectResponse(f"/runs/{run.key}/attestation#{clause}", 303)


def _answer(run: ListedRun, fields: dict[str, forms.FormField]) -> None:
    """Raises UsageError where the form says what cannot be."""
    path, report = Path(run.path), report_of(run)
    clause, said = _text(fields, "clause"), _text(fields, "answer")
    row = next((row for row in report["attestations"] if row["clause"] == clause), None)
    if row is None or said not in ("", *ANSWERS):
        raise UsageError(f"there is no such item or answer: {clause} {said}", hint="reload the page")
    try:
        day = date.fromisoformat(_text(fields, "date")) if said else None
    except ValueError:
        raise UsageError(f"{clause}: the day is missing or is none", hint="write it as 2026-11-28") from None
    if said and not _text(fields, "name"):
        raise UsageError(f"{clause}: who says so is missing", hint="write your name")
    new = Answer(
        clause, row["text"], said, _text(fields, "name") if said else "", day, remark=_text(fields, "remark")
    )  # fmt: skip
    _keep(path, report, new, fields)


def _keep(path: Path, report: dict[str, Any], new: Answer, fields: dict[str, forms.FormField]) -> None:
    """Writes an answer among the others; it keeps the evidence that the last one to the same item had.

    Raises UsageError where that is not the one that the page showed.
    """
    file = fields.get("evidence")
    folder.require_whole(path)
    with folder.changing(path) as place:
        answers = {one.clause: one for one in folder.answers_of(path, report["attestations"])}
        if new.clause in answers:
            if _text(fields, "seen") not in ("", _version(answers[new.clause])):
                hint = "see below what was said; what is saved now takes its place"
                raise UsageError(f"{new.clause}: it was answered since this page was opened", hint=hint)
            new = replace(new, evidence=answers[new.clause].evidence)
        if file is not None and file.data:
            new = replace(new, evidence=_kept(place, file.filename or "", bytes(file.data)))
        folder.save(place, path, report, (answers | {new.clause: new}).values())


def _version(answer: Answer) -> str:
    """Tells an answer from those before and after it."""
    said = (answer.answer, answer.name, str(answer.date), answer.evidence, answer.remark)
    return sha256("\0".join(said).encode("utf-8", "replace")).hexdigest()[:16]


def _kept(attestation: Path, name: str, data: bytes) -> str:
    """Writes a file of evidence; its path in the folder of the attestation."""
    plain = "".join(one if one.isascii() and (one.isalnum() or one in "._-") else "_" for one in Path(name).name)
    place = folder.make_plain(attestation / folder.EVIDENCE)
    target = place / f"{sha256(data).hexdigest()[:8]}-{plain[-80:].lstrip('.') or 'evidence'}"
    write(target, data)
    return f"{folder.EVIDENCE}/{target.name}"


def seal(request: Request) -> Response:
    """Makes the report with the answers, and the manifest over both."""
    run = _finished(request)
    site: Site = request.app.state.site
    try:
        folder.seal(Path(run.path), datetime.now(UTC), site.attestation_days)
    except LeadproofError as error:
        return _page(request, run, 422, error)
    return RedirectResponse(f"/runs/{run.key}/attestation#vouched", 303)


def _finished(request: Request) -> ListedRun:
    run = listed(request)
    if run.state != FINISHED:
        raise HTTPException(404)
    return run


def _text(fields: dict[str, Any], name: str) -> str:
    part = fields.get(name)
    return part.data.decode("utf-8", "replace").strip()[:_WORDS] if part is not None else ""


ROUTES = (
    Route("/runs/{key}/attestation", show),
    Route("/runs/{key}/attestation", save, methods=["POST"]),
    Route("/runs/{key}/attestation/seal", seal, methods=["POST"]),
)
