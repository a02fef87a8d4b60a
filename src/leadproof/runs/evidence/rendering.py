"""Reports as files of a run directory: every format from the report, exports from the lines beside it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from leadproof.core.errors import UsageError
from leadproof.runs.evidence.files import EXCHANGES, write
from leadproof.runs.evidence.series import all_lines
from leadproof.runs.formats import EXPORTS, FORMATS, PRINTS, RENDERERS


def write_reports(folder: Path, report: Mapping[str, Any], formats: Collection[str] = ()) -> dict[str, Path]:
    """Renders a report into files of a folder; the JSON, of which all others are views, always.

    Args:
        folder: A run directory.
        report: The `leadproof.report/2` dict, made of redacted evidence.
        formats: Of `reports.FORMATS`; all of `reports.RENDERERS` by default.

    Returns:
        The path of each format.

    Raises:
        UsageError: A format that does not exist.
        LeadproofError: The program that prints is missing or failed.
        EvidenceError: The disk does not take it.
    """
    for name in formats:
        if name not in FORMATS:
            raise UsageError(f"there is no report format {name!r}", hint=f"Formats: {', '.join(FORMATS)}.")
    chosen = list(dict.fromkeys(("json", *formats))) if formats else list(RENDERERS)
    rendered = {name: RENDERERS[name].render(report) for name in chosen if name in RENDERERS}
    paths = {}
    for name, text in rendered.items():
        paths[name] = folder / RENDERERS[name].file
        write(paths[name], text.encode("utf-8", "backslashreplace"))
    for name in (one for one in chosen if one in PRINTS):
        from leadproof.runs.evidence import printing  # few runs are printed

        paths[name] = folder / PRINTS[name]
        write(paths[name], printing.pdf(report))
    base = str((report.get("run") or {}).get("target") or "")
    for name in (one for one in chosen if one in EXPORTS):
        paths[name] = write_export(folder, name, base)
    return paths


def write_export(folder: Path, name: str, base: str, file: str = "") -> Path:
    """Writes a view of the evidence into a run directory.

    Args:
        folder: A run directory.
        name: Of `reports.EXPORTS`.
        base: Base URL of the target.
        file: The name of the file, where it is not the usual one.

    Raises:
        EvidenceError: The disk does not take it.
    """
    path = folder / (file or EXPORTS[name].file)
    pieces = EXPORTS[name].render(all_lines(folder, EXCHANGES), base)
    write(path, (piece.encode("utf-8", "backslashreplace") for piece in pieces))
    return path
