"""Judging by paste: a text or a file in, the verdict and every finding at its line out. Only what is to be is kept."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from leadproof.core.errors import LeadproofError
from leadproof.core.operations import OPERATIONS
from leadproof.web import forms, judging
from leadproof.web.catalogue import catalogue
from leadproof.web.hints import on_page
from leadproof.web.judging import JudgingRules, Pasted, PasteResult
from leadproof.web.partner import message, remedy
from leadproof.web.rendering import page
from leadproof.web.runs import key_of
from leadproof.web.site import Site

#: Bytes of a form besides what is pasted, most of them what its line ends are sent with, and bytes beyond the cap that
#: are read so that a browser reads the refusal.
_FORM, _PASSED = 8 * 1024 * 1024, 64 * 1024 * 1024


def show(request: Request) -> Response:
    """The empty form."""
    return _page(request)


async def judge(request: Request) -> Response:
    """What was pasted, judged. The body is read under a cap; the rest is done in a thread.

    Raises:
        HTTPException: Nothing is judged here.
    """
    site: Site = request.app.state.site
    if site.rules is None:
        raise HTTPException(404)
    try:
        data = await forms.body(request, judging.MOST + _FORM, _PASSED)
    except forms.TooLargeError:
        return await run_in_threadpool(_page, request, 413, problem="too_large")
    except forms.BrokenFormError:
        return await run_in_threadpool(_page, request, 400, problem="broken")
    return await run_in_threadpool(_judged, request, data)


def _judged(request: Request, data: bytes) -> Response:
    rules: JudgingRules = request.app.state.site.rules
    try:
        fields = forms.parts(request.headers.get("content-type", ""), data)
    except forms.BrokenFormError:
        return _page(request, 400, problem="broken")
    pasted = _pasted(fields)
    if all(name in fields and fields[name].data.strip() for name in ("text", "file")):
        return _page(request, 400, problem="both", pasted=pasted)
    if len(pasted.data) > judging.MOST:
        return _page(request, 413, problem="too_large")
    if not pasted.data.strip():
        return _page(request, 400, problem="nothing", pasted=pasted)
    try:
        result = judging.judge_apart(pasted, rules)
    except LeadproofError as error:
        return _page(request, 422, problem="failed", error=error, pasted=pasted)
    return _page(request, result=result, pasted=pasted)


def _pasted(fields: dict[str, forms.FormField]) -> Pasted:
    """What was asked: the file, or the text where there is none."""

    def given(name: str) -> str:
        return bytes(fields[name].data).decode("utf-8", "replace") if name in fields else ""

    file, operation = fields.get("file"), given("operation")
    # A browser sends every line end of a text field as CR and LF, whatever was pasted.
    text = bytes(fields["text"].data).replace(b"\r\n", b"\n") if "text" in fields else b""
    chosen = file is not None and bool(file.data)
    return Pasted(
        bytes(file.data) if file is not None and chosen else text,
        (file.filename or "") if file is not None and chosen else "",
        operation if operation in OPERATIONS else None,
        as_documented=bool(given("documented")),
        save=bool(given("save")),
    )


def _page(
    request: Request, status: int = 200, *, problem: str = "", error: LeadproofError | None = None,
    pasted: Pasted | None = None, result: PasteResult | None = None,
) -> Response:  # fmt: skip
    site: Site = request.app.state.site
    text, candidates = catalogue(site.language), _candidates(result)
    return page(
        request, "paste", status, problem=problem, error=error, pasted=pasted, result=result, most=judging.MOST,
        operations=OPERATIONS, messages=[message(one, text) for one in result.exchanges] if result else [],
        remedy=lambda row: remedy(row, text), ready=site.rules is not None and not site.read_only,
        saving=site.rules is not None and site.rules.out is not None, run=_run(result), files=_files(result),
        candidates=candidates, which=text("paste.or").join(OPERATIONS[name].heading for name in candidates),
        on_page=lambda words: on_page(words, text),
    )  # fmt: skip


def _run(result: PasteResult | None) -> dict[str, str] | None:
    """The run that was written, as a link; the index knows it in a moment."""
    if result is None or result.run is None:
        return None
    path = Path(result.run).absolute()
    return {"key": quote(key_of(path)), "path": str(path), "name": path.name}


def _files(result: PasteResult | None) -> list[dict[str, Any]]:
    """What could not be read of what was pasted."""
    rows = result.report.get("files", ()) if result is not None else ()
    return [row for row in rows if row.get("problem")]


def _candidates(result: PasteResult | None) -> list[str]:
    """The operations of which one has to be chosen before anything can be judged."""
    told = [row["problem"]["message"] for row in _files(result) if row["problem"].get("kind") == "file.ambiguous"]
    return [name for words in told for name in re.findall(r"\w+", words.rpartition(":")[2]) if name in OPERATIONS]


ROUTES = (Route("/paste", show), Route("/paste", judge, methods=["POST"]))
