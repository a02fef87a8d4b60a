"""`leadproof report` and `verify`, `--baseline` and `--waivers`: what a run left behind, and what becomes of it."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shutil
import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from leadproof.cli import main
from leadproof.runs.evidence import Run, read_report, verify
from leadproof.runs.evidence import run as running
from leadproof.runs.evidence.results import read_rows
from leadproof.runs.formats import FORMATS, RENDERERS
from leadproof.runs.results import ResultRow

DATA = Path(__file__).parent / "data"
DEFECTS = DATA / "xml-defects"

#: Three responses: the first two are the first run, the last two the second one.
FIXED, STILL, NEW = "wrong-root.xml", "capital-true.xml", "element-twice.xml"
CLAUSES = {FIXED: "LE2-CREATE-XML-01", STILL: "LE2-CREATE-RES-20", NEW: "LE2-ALL-XML-06"}

Row = dict[str, Any]


@contextlib.contextmanager
def quiet(**environ: str) -> Iterator[tuple[io.StringIO, io.StringIO]]:
    """Both streams, and an environment without what a runner or a developer may have set."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("LEADPROOF_", "GITHUB_"))]:
            patch.delenv(name)
        for name, value in environ.items():
            patch.setenv(name, value)
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            yield out, err


def leadproof(*words: str | Path, **environ: str) -> tuple[int, str, str]:
    with quiet(**environ) as (out, err):
        code = main([str(word) for word in words])
    return code, out.getvalue(), err.getvalue()


def validated(folder: Path, *names: str, options: tuple[str | Path, ...] = ()) -> tuple[int, Path]:
    """A run over some of the responses, and its exit code."""
    responses = folder.parent / "responses"
    for one in (responses, folder):
        one.mkdir(parents=True, exist_ok=True)
    for number, name in enumerate(names):  # each with a requestId of its own, as responses have
        text = (DEFECTS / name).read_text("utf-8")
        (responses / name).write_text(text.replace("6f1c0a52-3f0e", f"6f1c0a52-{number:04}"), "utf-8")
    before = set(folder.iterdir())
    paths = [responses / name for name in names]
    code, _, err = leadproof("validate", "--operation", "create_lead", *paths, "--out", folder, *options)
    assert err == ""
    (found,) = set(folder.iterdir()) - before
    return code, found


def report_of(run: Path) -> Row:
    found: Row = json.loads((run / "report.json").read_bytes())
    return found


def changes(report: Row) -> dict[str, set[str]]:
    return {name: {row["clause"] for row in report["comparison"][name]} for name in ("fixed", "new", "still", "unseen")}


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return validated(tmp_path_factory.mktemp("first") / "runs", FIXED, STILL)[1]


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return validated(tmp_path_factory.mktemp("second") / "runs", STILL, NEW)[1]


# ---- compare ---------------------------------------------------------------------------------------------------------


def test_two_runs_compared_say_what_is_fixed_new_and_still_failing(first: Path, second: Path, tmp_path: Path) -> None:
    code, out, _ = leadproof("report", second, "--baseline", first, "--out", tmp_path)
    (run,) = tmp_path.iterdir()
    report = report_of(run)

    assert code == report["exit_code"] == 1
    assert changes(report) == {
        "fixed": {CLAUSES[FIXED]}, "new": {CLAUSES[NEW]}, "still": {CLAUSES[STILL]}, "unseen": set(),
    }  # fmt: skip
    assert report["comparison"]["base"]["id"] == first.name
    markdown = (run / "report.md").read_text("utf-8")
    for title, name in (("New", NEW), ("Still failing", STILL), ("Fixed", FIXED)):
        part = markdown.split(f"### {title}\n")[1].split("\n#")[0]
        assert CLAUSES[name] in part
        assert not any(CLAUSES[other] in part for other in CLAUSES if other != name)
    shown = out.replace(first.name, "FIRST").replace(run.name, "RUN").replace(str(tmp_path), "OUT")
    assert re.sub(r"clauses    \d+: .*(\n {13}.*)*", "clauses    …", shown) == (DATA / "compared.txt").read_text(
        "utf-8"
    )
    junit = (run / "junit.xml").read_text("utf-8")
    assert junit.count("<failure ") == 1
    assert f'message="known: it failed in the baseline, too (run {first.name})"' in junit
    results = json.loads((run / "report.sarif").read_bytes())["runs"][0]["results"]
    assert {row["ruleId"]: row["baselineState"] for row in results} == {
        CLAUSES[NEW]: "new", CLAUSES[STILL]: "unchanged", CLAUSES[FIXED]: "absent",
    }  # fmt: skip


@pytest.mark.parametrize(("names", "expected"), [((STILL, NEW), 1), ((STILL,), 0), ((FIXED, STILL), 0)])
def test_a_baseline_fails_only_on_what_is_new(
    names: tuple[str, ...], expected: int, first: Path, tmp_path: Path
) -> None:
    code, run = validated(tmp_path / "runs", *names, options=("--baseline", first))

    assert (code, report_of(run)["exit_code"]) == (expected, expected)
    headline = (run / "report.md").read_text("utf-8").split("\n\n")[1]
    assert headline.startswith("No other requirement failed: ") == (expected == 0)


def test_what_was_not_tested_again_is_not_called_fixed(first: Path, tmp_path: Path) -> None:
    nothing = DATA / "documentation" / "responses" / "lead_status.json"
    _, run = validated(tmp_path / "base", FIXED)

    code, out, _ = leadproof(
        "validate",
        "--operation",
        "lead_status",
        nothing,
        "--out",
        tmp_path / "now",
        "--baseline",
        run,
        "--as-documented",
    )

    (now,) = (tmp_path / "now").iterdir()
    assert (code, changes(report_of(now))["unseen"]) == (0, {CLAUSES[FIXED]})
    assert "0 fixed, 1 not tested" in out


def test_a_report_json_alone_will_do_for_a_baseline(first: Path, second: Path, tmp_path: Path) -> None:
    code, _, _ = leadproof("report", second, "--baseline", first / "report.json", "--out", tmp_path)

    assert code == 1


# ---- merge -----------------------------------------------------------------------------------------------------------


def test_merged_runs_count_what_their_lines_hold(first: Path, second: Path, tmp_path: Path) -> None:
    code, _, err = leadproof("report", first, second, "--out", tmp_path)
    (run,) = tmp_path.iterdir()
    report = report_of(run)

    assert code == 1
    assert "to compare two" in err
    assert {row["clause"]: row["count"] for row in report["findings"] if row["decides"]} == {
        CLAUSES[FIXED]: 1, CLAUSES[STILL]: 2, CLAUSES[NEW]: 1,
    }  # fmt: skip
    assert len(report["files"]) == 4
    assert [one["id"] for one in report["run"]["merged"]] == [first.name, second.name]
    lines = [json.loads(line) for line in (run / "exchanges.ndjson").read_bytes().splitlines()]
    assert [line["n"] for line in lines] == [1, 2, 3, 4]
    broken: dict[str, list[int]] = {}
    for row in read_rows(run):
        if isinstance(row, ResultRow):
            for clause, _ in row.decisions.failed:
                broken.setdefault(clause, []).append(row.exchange or 0)
    failed = {row["id"]: row["exchanges"]["failed"] for row in report["clauses"] if row["result"] == "failed"}
    assert failed == broken
    found = [json.loads(line) for line in (run / "findings.ndjson").read_bytes().splitlines()]
    assert [row["n"] for row in found if row["what"] == "finding" and row["clause"] == CLAUSES[STILL]] == broken[
        CLAUSES[STILL]
    ]
    assert verify(run).holds


def test_one_run_written_elsewhere_keeps_all_its_rows(first: Path, tmp_path: Path) -> None:
    run = Path(shutil.copytree(first, tmp_path / first.name))
    with (run / "rows.ndjson").open("a") as file:  # what merging leaves to the run's own report
        file.write('{"note":"latency","is":{"verdict":"PASS"}}\n{"note":"exercising","is":true}\n')

    leadproof("report", run, "--out", tmp_path / "out")

    [copy] = (tmp_path / "out").iterdir()
    assert list(read_rows(copy)) == list(read_rows(run))


def test_the_runs_that_are_merged_stay_as_they_are(first: Path, second: Path, tmp_path: Path) -> None:
    before = content(first), content(second)

    leadproof("report", first, second, "--out", tmp_path)

    assert (content(first), content(second)) == before


# ---- waive -----------------------------------------------------------------------------------------------------------

WAIVER = '[[waivers]]\nclause = "{}"\nreason = "agreed"\nowner = "owner@partner.example"\nexpires = {}\n'


@pytest.mark.parametrize(
    ("expires", "code", "state", "words"),
    [
        ("2999-12-31", 0, "active", "no other requirement failed: 1 requirement waived"),
        (
            "2020-12-31",
            1,
            "expired",
            "expired on 2020-12-31 (owner: owner@partner.example): 1 finding may decide again",
        ),
    ],
)
def test_a_waiver_holds_until_it_expires(expires: str, code: int, state: str, words: str, tmp_path: Path) -> None:
    file = tmp_path / "waivers.toml"
    file.write_text(WAIVER.format(CLAUSES[NEW], expires))

    done, out, _ = leadproof(
        "validate", "--operation", "create_lead", DEFECTS / NEW, "--out", tmp_path / "runs", "--waivers", file
    )

    (run,) = (tmp_path / "runs").iterdir()
    report = report_of(run)
    assert (done, report["waivers"][0]["state"]) == (code, state)
    assert words in out
    assert ('message="waived: agreed' in (run / "junit.xml").read_text("utf-8")) == (code == 0)
    suppressed = [
        row.get("suppressions") for row in json.loads((run / "report.sarif").read_bytes())["runs"][0]["results"]
    ]
    assert [bool(one) for one in suppressed] == [code == 0]
    assert f"{state}" in (run / "report.md").read_text("utf-8").split("## Waivers")[1]


@pytest.mark.parametrize(("clause", "told"), [("LE2-ALL-XML-01", True), ("LE2-PING-RES-05", False)])
def test_the_configuration_names_waivers_and_one_whose_clause_passed_is_told(
    clause: str, told: bool, tmp_path: Path
) -> None:
    (tmp_path / "leadproof.toml").write_text("waivers = 'ours.toml'\n")
    (tmp_path / "ours.toml").write_text(WAIVER.format(clause, "2999-12-31"))
    with contextlib.chdir(tmp_path):
        code, out, _ = leadproof("validate", "--operation", "create_lead", DEFECTS / NEW)

    assert code == 1
    assert (f"the waiver of {clause} covers nothing (owner: owner@partner.example): take it out" in out) == told


def test_a_malformed_file_is_told_before_anything_is_done(tmp_path: Path) -> None:
    file = DATA / "waivers" / "bad" / "no-owner.toml"

    code, out, err = leadproof("validate", DEFECTS / NEW, "--waivers", file, "--out", tmp_path / "runs")

    assert (code, out) == (2, "")
    assert err.startswith(f"leadproof: error: {file}:3: owner is missing\n  hint: add who is responsible for it")
    assert not (tmp_path / "runs").exists()


# ---- render again ----------------------------------------------------------------------------------------------------


def test_a_run_rendered_again_is_the_same(first: Path, tmp_path: Path) -> None:
    run = Path(shutil.copytree(first, tmp_path / first.name))
    before = content(run)

    code, _, _ = leadproof("report", run)

    assert code == 1
    assert content(run) == before


def test_formats_are_written_where_they_are_asked_for(first: Path, tmp_path: Path) -> None:
    run = Path(shutil.copytree(first, tmp_path / first.name))

    leadproof("report", run, "--format", "har")
    har = json.loads((run / "exchanges.har").read_bytes())

    assert [row["_number"] for row in har["log"]["entries"]] == [1, 2]
    assert verify(run).holds
    _, only = validated(tmp_path / "only", NEW, options=("--format", "csv"))
    assert {"report.json", "clauses.csv"} == {path.name for path in only.iterdir()} & {
        *(row.file for row in RENDERERS.values()), "exchanges.har",
    }  # fmt: skip


def test_format_reads_its_choices_from_the_table() -> None:
    for command in ("certify", "test", "validate", "load", "report"):
        _, out, _ = leadproof(command, "--help")
        assert f"[{'|'.join(FORMATS)}]" in "".join(out.split())


def test_a_run_that_was_changed_is_not_rendered_over(first: Path, tmp_path: Path) -> None:
    run = Path(shutil.copytree(first, tmp_path / first.name))
    with (run / "findings.ndjson").open("a") as file:
        file.write("{}\n")

    code, _, err = leadproof("report", run)

    assert code == 2
    assert "is not what its manifest says" in err
    assert not verify(run).holds


def killed(run: Path, folder: Path, cut: int = 0) -> Path:
    """A run as it is when the process was killed: no report, no end, the last line of the exchanges cut."""
    left = Path(shutil.copytree(run, folder / run.name))
    for name in ("manifest.json", *(row.file for row in RENDERERS.values())):
        (left / name).unlink()
    facts = json.loads((left / "run.json").read_bytes())
    (left / "run.json").write_text(json.dumps(facts | {"ended": None}))
    rows, lines = (left / "rows.ndjson").read_bytes(), (left / "exchanges.ndjson").read_bytes()
    if cut:
        (left / "exchanges.ndjson").write_bytes(lines[:-cut])
        (left / "rows.ndjson").write_bytes(rows[: rows.rindex(b'{"row"') + cut])
    return left


def test_a_killed_run_is_made_again_from_its_lines(first: Path, tmp_path: Path) -> None:
    whole = report_of(first)

    rebuilt = read_report(killed(first, tmp_path))

    for name in ("counts", "observations", "coverage", "equivalence", "attestations", "evidence"):
        assert rebuilt[name] == whole[name], name
    cells = [
        [(row["id"], row["result"], row["cells"], row["exchanges"]) for row in one["clauses"]]
        for one in (rebuilt, whole)
    ]
    assert cells[0] == cells[1]
    assert rebuilt["findings"] == whole["findings"]
    assert rebuilt["codes"] == [130, *whole["codes"]]


def test_a_killed_run_says_so_and_gets_its_manifest(first: Path, tmp_path: Path) -> None:
    left = killed(first, tmp_path, cut=5)

    code, out, _ = leadproof("report", left)

    assert code == 130
    assert "interrupted" in out
    assert report_of(left)["counts"]["exchanges"] < report_of(first)["counts"]["exchanges"]
    assert verify(left).holds


@pytest.mark.parametrize(
    ("name", "line", "message"),
    [
        ("rows.ndjson", '{"n": 1}', "a line is not what leadproof writes (KeyError: 'note')"),
        ("rows.ndjson", '{"row": 0}', "a line is not what leadproof writes (KeyError: 0)"),
        ("rows.ndjson", '{"note": "none", "is": 1}', "a line is not what leadproof writes (KeyError: 'none')"),
        ("rows.ndjson", '{"decisions": 0, "is": []}', "a line is not what leadproof writes (TypeError"),
        ("rows.ndjson", "[]", "rows.ndjson, line 1: no JSON object"),
        ("rows.ndjson", "{\n{}", "rows.ndjson, line 1: no JSON"),
        ("run.json", "{", "run.json cannot be read"),
        ("run.json", '{"choices": {"namespaces": "none"}}', "the reading 'namespaces' has no choice 'none'"),
    ],
)
def test_lines_that_were_changed_are_told(name: str, line: str, message: str, first: Path, tmp_path: Path) -> None:
    left = killed(first, tmp_path)
    (left / name).write_text(line + "\n")

    code, _, err = leadproof("report", left)

    assert code == 2
    assert message in err
    assert "hint: " in err


def test_a_run_without_rows_makes_no_report(first: Path, tmp_path: Path) -> None:
    left = killed(first, tmp_path)
    (left / "rows.ndjson").unlink()

    code, _, err = leadproof("report", left)

    assert (code, "has no result rows" in err, "hint: was it written by an older version?" in err) == (2, True, True)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("report",), "no run was named"),
        (("report", "{0}", "{0}"), "a run was named twice"),
        (("report", "none"), "none is no run"),
        (("report", "{0}/junit.xml"), "is no JSON"),
        (("report", "{0}/run.json"), "is no leadproof.report/2"),
        (("report", "{0}", "--baseline", "none"), "none is no run"),
        (("report", "{0}", "--format", "odt"), "Invalid value for '--format'"),
        (("verify", "none"), "none is no folder"),
        (("verify", "."), "there is no manifest.json"),
    ],
)
def test_what_is_no_run_is_told(words: tuple[str, ...], message: str, first: Path, tmp_path: Path) -> None:
    with contextlib.chdir(tmp_path):
        code, _, err = leadproof(*(word.format(first) for word in words))

    assert code == 2
    assert message in err
    assert "hint: " in err
    assert "Traceback" not in err


CHANGES: dict[str, Callable[[Row], Any]] = {
    "exit_code": lambda report: report.update(exit_code=77),
    "verdict": lambda report: report.update(verdict="fine"),
    "counts.judged": lambda report: report["counts"].update(judged="many"),
    "run": lambda report: report.pop("run"),
    "coverage.cells": lambda report: report["coverage"].pop("cells"),
    "files": lambda report: report.update(files={}),
    "files[1].problem": lambda report: report["files"][1].update(problem={"kind": 1}),
    "findings[0].clause": lambda report: report["findings"][0].pop("clause"),
    "findings[0].level": lambda report: report["findings"][0].update(level="MUST"),
    "findings[0].count": lambda report: report["findings"][0].update(count="2"),
    "clauses[3]": lambda report: report["clauses"].insert(3, None),
    "observations[0].kind": lambda report: report["observations"].insert(0, {}),
}


@pytest.mark.parametrize("place", CHANGES)
def test_a_report_that_is_not_as_it_should_be_is_told(place: str, first: Path, tmp_path: Path) -> None:
    report = report_of(first)
    CHANGES[place](report)
    file = tmp_path / "report.json"
    file.write_text(json.dumps(report))

    code, _, err = leadproof("report", file, "--out", tmp_path / "runs")

    assert code == 2
    assert err.startswith(f"leadproof: error: {file}: {place} is missing or of the wrong type\n  hint: ")


def test_a_report_of_version_1_is_read(first: Path, second: Path, tmp_path: Path) -> None:
    old = report_of(first)
    evidence = old.pop("evidence")
    words = {"tested": "tested", "intended": "meant", "accepted": "accepted"}
    old |= {"schema": "leadproof.report/1", "rests_on": {words[name]: evidence[name] for name in words}}
    known = {name: evidence[name] for name in words}
    (tmp_path / "old.json").write_text(json.dumps(old))

    code, out, _ = leadproof("report", second, "--baseline", tmp_path / "old.json", "--out", tmp_path / "a", "--json")
    new = json.loads(out)
    again, out, _ = leadproof("report", tmp_path / "old.json", "--out", tmp_path / "b", "--json")

    assert (code, new["schema"], json.loads(out)["evidence"]) == (1, "leadproof.report/2", known)
    assert again == old["exit_code"]
    assert {row["clause"] for row in new["findings"] if row.get("known")} == {CLAUSES[STILL]}


# ---- verify ----------------------------------------------------------------------------------------------------------


def spoiled(run: Path, change: str) -> None:
    if change == "missing":
        (run / "exchanges.ndjson").unlink()
    elif change == "changed":
        (run / "report.html").write_bytes((run / "report.html").read_bytes().replace(b"Failed", b"Passed"))
    elif change == "extra":
        (run / "late\n\x1b[31m.part").write_text("")
    elif change:
        SPOILED[change][0](run)


def moved_out(run: Path, name: str) -> Path:
    """A file of the run, moved out of it."""
    return (run / name).rename(run.parent / f"moved-{name}")


def linked_folder(run: Path) -> None:
    """A directory of the manifest becomes a link to one that holds the same."""
    (run.parent / "elsewhere").mkdir()
    (run / "report.md").rename(run.parent / "elsewhere" / "report.md")
    listed(run, "report.md", "reports/report.md")
    (run / "reports").symlink_to(run.parent / "elsewhere")


def listed(run: Path, name: str, instead: str) -> None:
    """Another name for a file in the manifest."""
    manifest = json.loads((run / "manifest.json").read_bytes())
    manifest["files"][instead] = manifest["files"].pop(name)
    (run / "manifest.json").write_text(json.dumps(manifest))


def linked_manifest(run: Path) -> None:
    (run / "manifest.json").symlink_to(moved_out(run, "manifest.json"))


def escaped(run: Path) -> None:
    """The manifest names a file outside, which is there, and is as it says."""
    moved_out(run, "report.md")
    listed(run, "report.md", "../moved-report.md")


def absolute(run: Path) -> None:
    listed(run, "report.md", str(moved_out(run, "report.md")))


def a_socket(run: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        here = os.getcwd()
        os.chdir(run)  # a path of a socket has to be short
        try:
            server.bind("s")
        finally:
            os.chdir(here)


HARD = "a hard link: the file has another name, under which it can be changed"
#: What is done to a run -> the lines of `verify`.
SPOILED: dict[str, tuple[Callable[[Path], Any], list[str]]] = {
    "an empty directory": (lambda run: (run / "empty").mkdir(), ["extra    empty (an empty directory)"]),
    "empty directories": (lambda run: (run / "a" / ".b").mkdir(parents=True), ["extra    a/.b (an empty directory)"]),
    "a file in a directory": (
        lambda run: ((run / "a").mkdir(), (run / "a" / "b").write_text("")), ["extra    a/b"],
    ),
    "a symbolic link instead of a file": (
        lambda run: (run / "report.md").symlink_to(moved_out(run, "report.md")),
        ["changed  report.md (a symbolic link)"],
    ),
    "a symbolic link that leads nowhere": (
        lambda run: (moved_out(run, "report.md"), (run / "report.md").symlink_to("nowhere")),
        ["changed  report.md (a symbolic link)"],
    ),
    "a further symbolic link": (
        lambda run: (run / "again").symlink_to("report.md"), ["extra    again (a symbolic link)"],
    ),
    "a link to itself": (lambda run: (run / "self").symlink_to("."), ["extra    self (a symbolic link)"]),
    "a symbolic link instead of a directory": (
        linked_folder, ["missing  reports/report.md", "extra    reports (a symbolic link)"],
    ),
    "a symbolic link instead of the manifest": (linked_manifest, ["changed  manifest.json (a symbolic link)"]),
    "a named pipe": (lambda run: os.mkfifo(run / "pipe"), ["extra    pipe (a named pipe)"]),
    "a named pipe instead of a file": (
        lambda run: (moved_out(run, "report.md"), os.mkfifo(run / "report.md")), ["changed  report.md (a named pipe)"],
    ),
    "a socket": (a_socket, ["extra    s (a socket)"]),
    "a directory instead of a file": (
        lambda run: (moved_out(run, "report.md"), (run / "report.md").mkdir()),
        ["changed  report.md (an empty directory)"],
    ),
    "a full directory instead of a file": (
        lambda run: (moved_out(run, "report.md"), (run / "report.md").mkdir(), (run / "report.md/x").write_text("")),
        ["changed  report.md (a directory)", "extra    report.md/x"],
    ),
    "a hidden file": (lambda run: (run / ".hidden").write_text(""), ["extra    .hidden"]),
    "a file that is left out of manifests": (
        lambda run: ((run / "__pycache__").mkdir(), (run / "__pycache__" / "x.pyc").write_text("")),
        ["extra    __pycache__/x.pyc"],
    ),
    "another case": (
        lambda run: (run / "report.md").rename(run / "Report.md"), ["missing  report.md", "extra    Report.md"],
    ),
    "a hard link instead of a file": (
        lambda run: (run / "report.md").hardlink_to(moved_out(run, "report.md")), [f"changed  report.md ({HARD})"],
    ),
    "a further hard link": (
        lambda run: (run / "again").hardlink_to(run / "report.md"),
        [f"changed  report.md ({HARD})", f"extra    again ({HARD})"],
    ),
    "a path that leads out": (escaped, ["missing  ../moved-report.md (no path within the directory)"]),
    "a path that goes round": (
        lambda run: listed(run, "report.md", "a/../report.md"),
        ["missing  a/../report.md (no path within the directory)", "extra    report.md"],
    ),
    "a path with a dot": (
        lambda run: listed(run, "report.md", "./report.md"), ["missing  ./report.md", "extra    report.md"],
    ),
    "no path": (
        lambda run: listed(run, "report.md", ""),
        ["missing   (no path within the directory)", "extra    report.md"],
    ),
}  # fmt: skip


@pytest.mark.skipif(os.name != "posix", reason="makes named pipes and sockets")
@pytest.mark.parametrize("change", SPOILED)
def test_verify_names_what_is_no_plain_file_of_the_run(change: str, first: Path, tmp_path: Path) -> None:
    run = Path(shutil.copytree(first, tmp_path / first.name))
    spoiled(run, change)

    code, out, err = leadproof("verify", run)
    found = json.loads(leadproof("verify", run, "--json")[1])

    assert (code, err) == (1, "")
    *lines, number, _ = out.splitlines()
    assert lines == SPOILED[change][1]
    assert number.endswith(f", {len(lines)} not")
    assert not found["holds"]
    assert len(found["reasons"]) == sum("(" in line for line in lines)


@pytest.mark.skipif(os.name != "posix", reason="has no absolute paths of this kind")
def test_verify_looks_at_nothing_outside(first: Path, tmp_path: Path) -> None:
    run = Path(shutil.copytree(first, tmp_path / first.name))
    absolute(run)

    code, out, _ = leadproof("verify", run)

    assert code == 1
    assert f"missing  {tmp_path}/moved-report.md (no path within the directory)" in out.splitlines()


@pytest.mark.skipif(os.name != "posix", reason="makes a named pipe")
def test_a_manifest_that_is_a_pipe_is_not_waited_for(first: Path, tmp_path: Path) -> None:
    run = Path(shutil.copytree(first, tmp_path / first.name))
    moved_out(run, "manifest.json")
    os.mkfifo(run / "manifest.json")

    code, _, err = leadproof("verify", run)

    assert code == 2
    assert "manifest.json is no file" in err


@pytest.mark.parametrize(
    ("change", "code", "line"),
    [
        ("", 0, ""),
        ("missing", 1, "missing  exchanges.ndjson"),
        ("changed", 1, "changed  report.html"),
        ("extra", 1, "extra    late␊␛[31m.part"),
    ],
)
def test_verify_names_what_is_not_as_it_was(change: str, code: int, line: str, first: Path, tmp_path: Path) -> None:
    run = Path(shutil.copytree(first, tmp_path / first.name))
    spoiled(run, change)

    done, out, _ = leadproof("verify", run)
    as_json = leadproof("verify", run, "--json")

    assert done == as_json[0] == code
    assert [one for one in out.splitlines() if one.startswith(("missing", "changed", "extra"))] == [line] * bool(line)
    assert json.loads(as_json[1])["holds"] == (code == 0)
    assert "sha-256 of the manifest: " in out


@pytest.mark.parametrize("text", ["{", "[]", '{"schema": "leadproof.manifest/1", "files": {"a": 1}}', "[" * 100_000])
def test_a_manifest_that_cannot_be_read_is_told(text: str, first: Path, tmp_path: Path) -> None:
    run = Path(shutil.copytree(first, tmp_path / first.name))
    (run / "manifest.json").write_text(text)

    code, _, err = leadproof("verify", run)

    assert code == 2
    assert "the manifest itself was changed" in err


def test_the_manifest_covers_every_file(first: Path) -> None:
    listed = json.loads((first / "manifest.json").read_bytes())["files"]

    assert set(listed) == {path.name for path in first.iterdir()} - {"manifest.json"}


# ---- the same input gives the same bytes -----------------------------------------------------------------------------


@pytest.fixture
def clocked(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime, str], None]:
    """Sets the clock and the id of the runs that follow."""
    opened = Run.open.__func__  # type: ignore[attr-defined]

    def set_to(moment: datetime, word: str) -> None:
        def fixed(cls: type[Run], *words: Any, **named: Any) -> Run:
            found: Run = opened(cls, *words, clock=lambda: moment, new_id=lambda: word, **named)
            return found

        monkeypatch.setattr(running.Run, "open", classmethod(fixed))

    return set_to


def test_the_same_input_gives_the_same_bytes_but_for_the_time(
    clocked: Callable[[datetime, str], None], tmp_path: Path
) -> None:
    """All formats: id, start and end of the run are the only differences, and they stand in the member `run` alone."""
    every = tuple(word for name in FORMATS if name != "pdf" for word in ("--format", name))  # a browser writes its time
    names = sorted(path.name for path in DEFECTS.glob("*.xml"))
    clocked(datetime(2027, 1, 31, 9, 0, tzinfo=UTC), "aaaa")
    _, one = validated(tmp_path / "one", *names, options=every)
    _, same = validated(tmp_path / "same", *names, options=every)
    clocked(datetime(2028, 11, 30, 21, 30, 15, 250_000, tzinfo=UTC), "bbbb")
    _, later = validated(tmp_path / "later", *names, options=every)

    assert content(one) == content(same)
    shifted = {}
    for name, data in content(later).items():
        for old, new in (
            (b"20281130T213015Z-bbbb", b"20270131T090000Z-aaaa"),
            (b"2028-11-30T21:30:15.250", b"2027-01-31T09:00:00.000"),
            (b"2028-11-30 21:30:15", b"2027-01-31 09:00:00"),  # as people read it
            (b" to 21:30:15", b" to 09:00:00"),
            (b"<td>2028-11-30</td>", b"<td>2027-01-31</td>"),  # of the sign-off
        ):
            data = data.replace(old, new)
        shifted[name] = data
    del shifted["manifest.json"]
    assert shifted == {name: data for name, data in content(one).items() if name != "manifest.json"}
    was, now = report_of(one), report_of(later)
    assert {name for name in was if was[name] != now[name]} == {"run"}
    assert {name for name in was["run"] if was["run"][name] != now["run"][name]} == {"id", "started", "ended"}


# ---- GitHub's runners ------------------------------------------------------------------------------------------------


def test_findings_become_annotations_and_the_markdown_the_job_summary(tmp_path: Path) -> None:
    summary = tmp_path / "summary.md"
    words = ("validate", "--operation", "create_lead", DEFECTS / NEW, "--out", tmp_path / "runs")

    _, out, err = leadproof(
        *words, GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(summary), GITHUB_WORKSPACE=str(DATA.parent.parent)
    )

    assert err.startswith(
        f"::error file=tests/data/xml-defects/{NEW},title={CLAUSES[NEW]} create_lead xml::Price stands twice at "
    )
    assert err.count("\n") == 1
    (run,) = (tmp_path / "runs").iterdir()
    assert summary.read_bytes() == (run / "report.md").read_bytes()
    first, *_, last = out.splitlines()
    assert (first.partition("::stop-commands::")[2], last) == (last.strip(":"), last)


def test_a_machine_reads_nothing_but_the_report(tmp_path: Path) -> None:
    words = ("validate", "--operation", "create_lead", DEFECTS / NEW, "--no-run", "--json")

    _, out, err = leadproof(*words, GITHUB_ACTIONS="true")

    assert json.loads(out)["exit_code"] == 1
    assert err.startswith("::error ")


def test_nothing_of_this_happens_elsewhere(tmp_path: Path) -> None:
    _, out, err = leadproof("validate", "--operation", "create_lead", DEFECTS / NEW, "--no-run")

    assert err == ""
    assert "::" not in out
