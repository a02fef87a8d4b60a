"""Rows are the report, through every door: of a finished run, of one killed half-way, of shards in any grouping."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest

from leadproof import suite
from leadproof.cli.ending import read_run
from leadproof.commands import defects
from leadproof.contract.profile import load
from leadproof.judge import Judge
from leadproof.load import conclusion, latency
from leadproof.load.rebuilding import read_back
from leadproof.mock import Mock
from leadproof.mock.server import running as serving
from leadproof.redact import Redactor
from leadproof.runs.evidence import Run, is_unfinished, read_exchanges, rebuild
from leadproof.runs.evidence.reading import read_facts, read_summary
from leadproof.runs.evidence.results import read_rows
from leadproof.runs.evidence.shape import problems
from leadproof.runs.formats import RENDERERS
from leadproof.runs.ledger import Ledger
from leadproof.runs.report import report as report_of
from leadproof.runs.results import ResultRow, Row
from leadproof.runs.summary import Summary

DATA = Path(__file__).parent / "data"
CAPTURES = [DATA / "captures", DATA / "documentation", DATA / "recorded"]

#: Door -> its command line, short enough for a test.
DOORS: dict[str, tuple[str, ...]] = {
    "certify": ("certify", "--quick"),
    "test": ("test", "--operation", "ping", "--media", "json"),
    "load": ("load", "ping_post", "--rate", "40", "--duration", "3s"),
    "validate": ("validate", str(DATA)),
    "validate, 2 processes": ("validate", str(DATA), "--jobs", "2"),
}

#: The same, long enough to be killed half-way.
LONG: dict[str, tuple[str, ...]] = {
    "certify": ("certify",),
    "load": ("load", "ping_post", "--rate", "40", "--duration", "60s"),
    "validate": ("validate",),
    "validate, 2 processes": ("validate", "--jobs", "2"),
}


#: Those that run everywhere; the others are for `make test-rebuilt`.
SAMPLE = ("certify", "load", "validate, 2 processes")
WHOLE = os.environ.get("LEADPROOF_REBUILT") == "whole"


def sample(doors: dict[str, tuple[str, ...]], *more: str) -> list[str]:
    """The doors to try, `more` left out where not all are."""
    return [door for door in doors if WHOLE or (door in SAMPLE and door not in more)]


def start(*words: str, out: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "leadproof", *words, "--out", str(out)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LEADPROOF_")}
    return subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment, start_new_session=True
    )


def as_json(report: dict[str, Any]) -> dict[str, Any]:
    """A report as its file has it."""
    found: dict[str, Any] = json.loads(RENDERERS["json"].render(report))
    return found


@pytest.mark.parametrize("door", sample(DOORS, "load"))
def test_the_rows_of_a_finished_run_come_to_its_report(door: str, tmp_path: Path) -> None:
    start(*DOORS[door], out=tmp_path).communicate(timeout=240)
    [folder] = tmp_path.iterdir()

    live = json.loads((folder / "report.json").read_bytes())

    assert live["counts"]["exchanges"] > 0
    assert list(problems(live)) == []
    assert as_json(rebuild(folder)) == live


def test_the_rows_of_a_recording_come_to_its_report(tmp_path: Path) -> None:
    with serving(Mock(load(), clock=time.time)) as mock:
        process = subprocess.Popen(
            [sys.executable, "-m", "leadproof", "record", "--target", mock.url, "--port", "0", "--max-exchanges", "12",
             "--out", str(tmp_path)],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        _send(process, 12)
        process.communicate(timeout=60)
    [folder] = tmp_path.iterdir()

    live = json.loads((folder / "report.json").read_bytes())

    assert live["counts"]["judged"] == 12
    assert as_json(rebuild(folder)) == live


def _send(process: subprocess.Popen[str], number: int) -> None:
    """Requests to a recorder that has said where it listens."""
    assert process.stdout is not None
    found = re.search(r"through (http://\S+) to", process.stdout.readline())
    assert found is not None
    with httpx.Client(
        base_url=found[1], headers={"api-key": load().credentials.api_keys[0]}, trust_env=False
    ) as client:
        for one in range(number):
            client.get(f"/v2/status/0f067c3e-df66-48ea-a607-{one:012}", headers={"accept": "application/json"})


def test_a_killed_recording_is_what_its_rows_come_to(tmp_path: Path) -> None:
    with serving(Mock(load(), clock=time.time)) as mock:
        process = subprocess.Popen(
            [sys.executable, "-m", "leadproof", "record", "--target", mock.url, "--port", "0", "--out", str(tmp_path)],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        _send(process, 12)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        for pid in [*map(int, children), process.pid]:  # the one that writes would end the run in order
            os.kill(pid, signal.SIGKILL)
        process.communicate()
    [folder] = tmp_path.iterdir()

    report = as_json(read_run(folder))

    rows = [row for row in read_rows(folder) if isinstance(row, ResultRow)]
    assert report["exit_code"] == 130
    assert report["counts"]["judged"] == sum(row.times for row in rows if row.decisions.outcome == "judged")
    assert report["counts"]["exchanges"] == len(list(read_exchanges(folder))) >= 11
    for merged in _groupings(folder, list(rows)):
        assert as_json(_report_of(folder, list(rows), merged)) == report


# ---- killed ----------------------------------------------------------------------------------------------------------


def _captures(folder: Path) -> list[str]:
    """Files with enough in them to be judged for a while: no exchange of one stands in another."""
    folder.mkdir()
    whole = (DATA / "recorded" / "chromium-live.ndjson").read_text("utf-8")
    for number in range(40):
        text = whole.replace("0f067c3e-df66", f"0f067c3e-{number:04}")
        (folder / f"{number:03}.ndjson").write_text(text * 20, "utf-8")
    return [str(path) for path in sorted(folder.iterdir())]


def _kill_half_way(process: subprocess.Popen[bytes], out: Path) -> Path:
    """Kills a run that has judged some exchanges; its directory."""
    for _ in range(3000):
        for folder in out.glob("*"):
            if sum(path.read_bytes().count(b'{"row"') for path in folder.glob("rows*.ndjson")) > 25:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                return folder
        time.sleep(0.02)
    raise AssertionError("nothing was judged")


@pytest.mark.parametrize("door", sample(LONG, "certify"))
def test_a_killed_run_is_what_its_rows_come_to_in_any_grouping(door: str, tmp_path: Path) -> None:
    more = _captures(tmp_path / "captures") if door.startswith("validate") else []
    out = tmp_path / "out"
    process = start(*LONG[door], *more, out=out)
    folder = _kill_half_way(process, out)

    report = as_json(read_run(folder))

    assert list(problems(report)) == []
    assert not (folder / "report.json").exists()
    assert report["exit_code"] == 130
    rows = list(read_rows(folder))
    assert report["counts"]["judged"] == sum(
        row.times for row in rows if isinstance(row, ResultRow) and row.decisions.outcome == "judged"
    )
    for merged in _groupings(folder, rows):
        assert as_json(_report_of(folder, rows, merged)) == report


def _groupings(folder: Path, rows: list[Row]) -> Iterator[Summary]:
    """The summary of rows in three shards, merged from the left and from the right."""
    facts = read_facts(folder)

    def shards() -> list[Summary]:
        cuts = (0, len(rows) // 3, 2 * len(rows) // 3, len(rows))
        return [read_summary(folder, facts, rows[a:b]) for a, b in pairwise(cuts)]

    first, second, third = shards()
    first.merge(second)
    first.merge(third)
    yield first
    first, second, third = shards()
    second.merge(third)
    first.merge(second)
    yield first


def _report_of(folder: Path, rows: list[Row], merged: Summary) -> dict[str, Any]:
    """The report of a killed run whose rows came to a summary."""
    facts = read_facts(folder)
    if is_unfinished(folder, "load"):
        run = read_back(rows, str(facts["fail_on"]))
        assert run is not None
        run.ledger.summary = merged
        run.interrupted, run.stopped = True, "the run was ended before its end"
        return conclusion.report(run, facts, latency.described)
    merged.interrupted, merged.general_reason = True, merged.general_reason or "the run was ended before its end"
    written = sum(1 for _ in read_exchanges(folder))
    merged.unjudged += max(0, written - sum(isinstance(row, ResultRow) and row.exchange is not None for row in rows))
    return report_of(merged, str(facts["command"]), facts)


# ---- every prefix ----------------------------------------------------------------------------------------------------


def test_every_prefix_of_the_rows_is_what_the_living_run_would_have_said(tmp_path: Path) -> None:
    profile = load()
    clock = defects._Time()
    mock = defects.planted((), profile, clock=clock, seed=1, token=defects._TOKEN)
    story = defects.story(mock, profile, clock, 1)
    said: list[tuple[int, dict[str, Any]]] = []
    with Run.open(tmp_path, "test", redactor=Redactor(profile.personal_fields)) as run:
        judge = Judge(story.session.spec, profile)
        ledger = Ledger(judge, Redactor(profile.personal_fields), evidence=run)
        ledger.note("exercising")
        story.session.ledger = ledger
        chosen = suite.select(["ping", "duplicate_check"], (), ("operations", "twins", "negatives"))
        for number, case in enumerate(chosen):
            suite.run(story, [case])
            if number % 5 == 0:
                report = ledger.report("test", {})
                said.append(((run.path / "rows.ndjson").stat().st_size, as_json(report)))
        folder = run.path
    rows = (folder / "rows.ndjson").read_bytes()

    assert len(said) > 3
    for size, live in said:
        (tmp_path / "cut").mkdir()
        shutil.copy(folder / "run.json", tmp_path / "cut")
        # The line that was being written when the process died is not whole.
        (tmp_path / "cut" / "rows.ndjson").write_bytes(rows[:size] + rows[size : size + 7])
        facts = {**read_facts(folder), "fail_on": "must"}
        summary = read_summary(tmp_path / "cut", facts)
        assert as_json(report_of(summary, "test", {})) == live
        shutil.rmtree(tmp_path / "cut")


# ---- shards ----------------------------------------------------------------------------------------------------------


def test_shards_that_are_merged_in_two_groupings_come_to_the_same(tmp_path: Path) -> None:
    def command(*words: str | Path) -> Path:
        out = tmp_path / f"run-{len(list(tmp_path.iterdir()))}"
        start(*map(str, words), out=out).communicate(timeout=120)
        [folder] = out.iterdir()
        return folder

    one, other, last = (command("validate", path) for path in CAPTURES)
    at_once = command("report", one, other, last)
    left = command("report", command("report", one, other), last)
    right = command("report", one, command("report", other, last))

    reports = [json.loads((folder / "report.json").read_bytes()) for folder in (at_once, left, right)]
    for report in reports:
        assert as_json(_without_run(report)) == as_json(_without_run(reports[0]))
    assert reports[0]["counts"]["exchanges"] == sum(
        json.loads((folder / "report.json").read_bytes())["counts"]["exchanges"] for folder in (one, other, last)
    )


def _without_run(report: dict[str, Any]) -> dict[str, Any]:
    """A report without ids and times."""
    return {**report, "run": {"readings": report["run"]["readings"]}}


def test_nobody_calls_the_judge_but_the_ledger_and_what_it_has_judged_elsewhere() -> None:
    source = Path(__file__).parent.parent / "src" / "leadproof"
    callers = set()
    for path in source.rglob("*.py"):
        if path.is_relative_to(source / "judge"):
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                name, owner = node.func.attr, ast.unparse(node.func.value)
                judges = owner.rpartition(".")[2].lstrip("_") == "judge"
                if judges and name in ("judge", "alone", "follow", "twins", "callback"):
                    callers.add(path.relative_to(source).as_posix())
                if name == "judge" and owner.endswith("Judge()"):
                    callers.add(path.relative_to(source).as_posix())

    # A stage reads what a client sent; what it came to goes to the ledger.
    assert callers == {"runs/ledger.py", "runs/facts.py", "suite/client/stage.py"}
