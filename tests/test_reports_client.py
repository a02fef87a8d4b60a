"""The report of a client: every format has the client as its subject, and says of each situation what came of it."""

from __future__ import annotations

import copy
import csv
import io
import json
import re
from collections.abc import Iterator
from datetime import date
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from lxml import etree, html
from pages import serving

from leadproof.cli.console import summarise
from leadproof.commands.certify_client import take_in
from leadproof.contract import specs
from leadproof.contract.profile import load
from leadproof.contract.situations import LEFT_OUT, situations
from leadproof.core.errors import UsageError
from leadproof.judge import Judge
from leadproof.redact import Redactor
from leadproof.runs import comparison
from leadproof.runs.evidence import Run, read_report
from leadproof.runs.evidence.shape import problems
from leadproof.runs.formats import RENDERERS
from leadproof.runs.formats.situations import groups, left_out, played, untested
from leadproof.runs.ledger import Ledger
from leadproof.runs.merging import merge, summary_of
from leadproof.runs.waivers import Waiver, apply
from leadproof.suite.client.inside import example, play
from leadproof.suite.client.mutants import MUTANTS
from leadproof.suite.client.situations import every

Row = dict[str, Any]

#: The report of a service.
SERVICE = Path(__file__).resolve().parent.parent / "reports" / "examples" / "report.json"

#: What is played -> what it comes to, with a client that posts after a declined ping and moves dates.
CAME_TO = {
    "lead-accepted": "passed", "ping-declined": "failed", "order-other-campaign": "warning", "key-in-header": "passed",
    "unknown-members": "passed", "xml-nil": "untested", "dates": "failed",
}  # fmt: skip

MISTAKES = ("posts-anyway", "campaign-ignored", "dates-moved")


def run(out: Path, ids: list[str], client: str = "./send-lead '{lead.json}'") -> Path:
    """The directory of a run that played some situations to a client with mistakes."""
    profile, redactor = load(), Redactor()
    kind = type("Careless", tuple(MUTANTS[name].kind for name in MISTAKES), {})
    facts = {"certified": specs.CLIENT, "client": client, "choices": {}, "fail_on": "must"}
    with Run.open(out, "certify-client", redactor=redactor, seed=0, facts=facts) as opened:
        ledger = Ledger(Judge(specs.load(subject=specs.CLIENT), profile), redactor, evidence=opened)
        ledger.note("reasons", dict.fromkeys([name for name in every() if name not in ids], LEFT_OUT))
        take_in(ledger, (play(every()[name], profile, example(kind=kind)) for name in ids))
        opened.write_reports(ledger.report("certify-client", opened.end()), ())
        return opened.path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run(tmp_path_factory.mktemp("client"), list(CAME_TO))


@pytest.fixture
def report(folder: Path) -> Row:
    return read_report(folder)


def without_run(report: Row) -> Row:
    found = json.loads(json.dumps({**report, "run": {}, "command": ""}))
    found["findings"].sort(key=lambda row: (row["clause"], row["message"], row["pointer"]))
    for row in found["findings"]:
        row.pop("origin")
    return found


# ---- what the report says --------------------------------------------------------------------------------------------


def test_each_situation_that_was_played_has_its_result_and_no_other_is_called_played(report: Row) -> None:
    assert {name: one.result for name, one in played(report).items()} == CAME_TO
    assert {row["id"] for row in report["situations"]} == set(every())
    assert left_out(report) == [(LEFT_OUT, [name for name in every() if name not in CAME_TO])]
    assert untested(report) == [("the client speaks JSON", ["xml-nil"])]


def test_the_report_is_of_its_schema_and_says_nothing_of_a_service(report: Row) -> None:
    assert list(problems(report)) == []
    assert report["coverage"] == {"operations": {}, "cells": {"covered": 0, "total": 0}, "response_types": {}}
    assert (report["equivalence"], report["attestations"]) == ([], [])
    assert set(report["run"]["versions"]) == {"situations.yaml", "readings.yaml", "openapi.yaml"}
    assert not [row for row in report["findings"] if "curl" in row]


def test_every_finding_shows_the_exchange(report: Row) -> None:
    broken = {name for name, came in CAME_TO.items() if came in ("failed", "warning")}
    assert {row["clause"] for row in report["findings"]} == broken
    assert all(row["request"] and row["exchange"] for row in report["findings"])


# ---- its formats -----------------------------------------------------------------------------------------------------


def test_the_page_in_a_browser_counts_situations(folder: Path, tmp_path: Path) -> None:
    environment = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    with serving(folder.parent, environment=environment) as served, served.client() as client:
        while not (links := re.findall(r"/runs/\w+", client.get("/").text)):
            pass
        page = unescape(client.get(links[0]).text)

    main = page[page.index("<main") : page.index('<section id="files"')]
    assert re.search(r"<summary>\d+ situations untested: ", main)
    assert re.search(r"<h3>.+ <small>\d+ situations?</small></h3>", main)
    assert '<th scope="col">Situation</th>' in main
    assert "Situations failed" in main
    assert re.findall(r"\d+ (?:more )?clauses?", main) == []


def test_the_page_has_the_client_as_its_subject(report: Row) -> None:
    page = html.fromstring(RENDERERS["html"].render(report))

    assert page.findtext(".//title") == "Failed: a client of the LeadExec lead receiver API v2"
    assert "./send-lead '{lead.json}'" in page.xpath("string(//header)")
    assert "7 of 87 situations played: 3 passed, 2 failed, 1 warning, 1 untested" in page.xpath("string(//header)")
    assert page.xpath("//section/@id") == [
        "failures", "advice", "untested", "clauses", "readings", "repeat", "sign-off",
    ]  # fmt: skip


def test_the_page_says_of_a_failed_situation_what_happened_and_what_to_do(report: Row) -> None:
    page = html.fromstring(RENDERERS["html"].render(report))

    for name, one in played(report).items():
        cards = [card for card in page.xpath("//article") if card.xpath("string(p/a)") == name]
        assert len(cards) == (one.result in ("failed", "warning")), name
        for card in cards:
            text = " ".join(card.text_content().split())
            said = situations()[name]
            shown = [said.happens, said.clause.text, said.advice, f"docs/certify-client.md#{name}"]
            shown += [one.findings[0][key] for key in ("message", "expected", "actual")]
            assert [words for words in shown if words not in text] == []
            assert card.xpath(".//figure/pre")


def test_the_page_shows_each_situation_that_was_played_in_its_group(report: Row) -> None:
    page = html.fromstring(RENDERERS["html"].render(report))

    for group in groups(report):
        rows = page.xpath(f"//details[@id='g-{group.id}']//tbody/tr")
        assert [row.get("id") for row in rows] == [one.id for one in group.played]
        assert all(one.reason in row.text_content() for one, row in zip(group.played, rows, strict=True))


def test_junit_has_a_case_for_each_situation_that_was_played(report: Row) -> None:
    root = etree.fromstring(RENDERERS["junit"].render(report).encode())

    cases = {one.get("name").partition(":")[0]: one for one in root.iter("testcase")}
    assert {name: case.get("classname") for name, case in cases.items()} == {
        name: f"leadproof.{situations()[name].group}" for name in CAME_TO
    }
    tags = {name: [one.tag for one in case] for name, case in cases.items()}
    ends = {name: next((tag for tag in found if tag in ("failure", "skipped")), "") for name, found in tags.items()}
    wanted = {"passed": "", "failed": "failure", "warning": "", "untested": "skipped"}
    assert ends == {name: wanted[came] for name, came in CAME_TO.items()}
    assert cases["xml-nil"].find("skipped").get("message") == "untested: the client speaks JSON"
    assert f"advice: {situations()['dates'].advice}" in cases["dates"].findtext("failure")


def test_sarif_and_csv_say_what_the_receiver_does_and_what_to_do(report: Row) -> None:
    rules = json.loads(RENDERERS["sarif"].render(report))["runs"][0]["tool"]["driver"]["rules"]
    lines = list(csv.DictReader(io.StringIO(RENDERERS["csv"].render(report))))

    assert [row["id"] for row in rules] == [row["clause"] for row in lines] == list(every())
    for rule, line in zip(rules, lines, strict=True):
        said = situations()[rule["id"]]
        assert f"The receiver: {said.happens}\nAdvice: {said.advice}" in rule["help"]["text"]
        assert (line["group"], line["happens"], line["advice"]) == (said.group, said.happens, said.advice)
        assert line["played"] == ("yes" if said.id in CAME_TO else "no")


def test_markdown_says_what_happened_and_what_to_do(report: Row) -> None:
    text = RENDERERS["md"].render(report)

    assert text.startswith("# Failed: a client of the LeadExec lead receiver API v2\n")
    headings = [line for line in text.splitlines() if line.startswith("## ")]
    assert headings == [
        "## Situations by group and result", "## Failed situations", "## Warnings (do not fail the run)",
        "## Not tested", "## Readings applied", "## To repeat this run", "## What this report is not",
    ]  # fmt: skip
    assert "| What the service decides | 2 | 1 | 1 | 0 |" in text
    assert "- untested, 1 situation: the client speaks JSON (`xml-nil`)" in text


CONSOLE = """\
FAILED  2 situations failed; 1 warning

  client     ./send-lead '{lead.json}'
  requests   14
  situations 7 of 87 situations played: 3 passed, 2 failed, 1 warning, 1
             untested
             What the service decides: 2 passed, 1 failed, 1 warning
             What responses may look like: 1 passed, 1 untested
             What has to arrive: 1 failed
"""


def test_the_console_tells_a_client_within_80_columns(report: Row, capsys: pytest.CaptureFixture[str]) -> None:
    summarise(report)

    said = capsys.readouterr().out
    assert said.startswith(CONSOLE)
    assert max(map(len, said.splitlines())) <= 80
    for name, came in CAME_TO.items():
        assert (f" {name}  " in said) is (came in ("failed", "warning"))
    assert "\nuntested:\n      1      the client speaks JSON (xml-nil)\n" in said


@pytest.mark.parametrize(
    "text", ["<script>x</script>", "]]>", "\x00\x1b[31m", "x | y", "`code` [link](http://e.example)"]
)
@pytest.mark.parametrize("name", RENDERERS)
def test_nothing_from_outside_breaks_out_of_its_place(name: str, text: str, report: Row) -> None:
    for row in report["findings"]:
        row |= {key: f"{row[key]}{text}" for key in ("message", "expected", "actual", "pointer", "request", "response")}
    report["run"]["client"] = f"./client {text}"
    for row in report["clauses"]:
        row["reason"] = f"{row['reason']}{text}"

    made = RENDERERS[name].render(report)

    assert "<script>x" not in made or name in ("json", "sarif", "csv", "md")
    assert "\x1b" not in made
    if name == "junit":
        assert len(list(etree.fromstring(made.encode()).iter("testcase"))) == len(CAME_TO)


# ---- rows, several runs, waivers, baselines --------------------------------------------------------------------------


def test_a_killed_run_is_what_its_rows_come_to(folder: Path, report: Row, tmp_path: Path) -> None:
    lines = (folder / "rows.ndjson").read_text("utf-8").splitlines(keepends=True)
    facts = json.loads((folder / "run.json").read_text("utf-8"))
    (tmp_path / "rows.ndjson").write_text("".join(lines), "utf-8")
    (tmp_path / "run.json").write_text(json.dumps({**facts, "ended": facts["ended"]}), "utf-8")
    assert without_run(read_report(tmp_path)) == without_run(report)

    (tmp_path / "rows.ndjson").write_text("".join(lines[:5]), "utf-8")
    (tmp_path / "run.json").write_text(json.dumps({**facts, "ended": None}), "utf-8")
    killed = read_report(tmp_path)
    assert 130 in killed["codes"]
    assert 0 < len(played(killed)) < len(CAME_TO)
    assert "the run was ended before its end" in dict(left_out(killed))


def halves(folder: Path) -> Iterator[Row]:
    for part in (list(CAME_TO)[:3], list(CAME_TO)[3:]):
        yield read_report(run(folder, part))


def test_two_halves_merged_say_what_the_whole_says(report: Row, tmp_path: Path) -> None:
    parts = list(halves(tmp_path))

    merged = merge(parts, [summary_of(parts[0]), summary_of(parts[1], 1000)])

    assert {name: one.result for name, one in played(merged).items()} == CAME_TO
    assert {name: one.reason for name, one in played(merged).items()} == {
        name: one.reason for name, one in played(report).items()
    }
    assert (merged["verdict"], merged["codes"]) == (report["verdict"], report["codes"])
    assert list(problems(merged)) == []
    assert all(RENDERERS[name].render(merged) for name in RENDERERS)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_client_and_a_service_are_not_merged(order: tuple[int, int], report: Row) -> None:
    service = json.loads(SERVICE.read_text("utf-8"))
    reports = [(report, service)[number] for number in order]

    with pytest.raises(UsageError, match=f"run {report['run']['id']} is about a client") as error:
        merge(reports, [summary_of(one) for one in reports])

    assert error.value.hint == "merge runs of certify-client with runs of certify-client only"


def test_a_waiver_of_a_situation_takes_it_from_what_fails(report: Row) -> None:
    found = [Waiver(name, "known", "QA", date(2030, 1, 1)) for name in ("ping-declined", "dates")]

    apply(report, found, date(2026, 1, 1))

    assert report["verdict"] == "passed"
    assert {row["clause"]: row["state"] for row in report["waivers"]} == {"ping-declined": "active", "dates": "active"}
    assert played(report)["dates"].result == "waived"
    assert all(RENDERERS[name].render(report) for name in RENDERERS)


def test_against_a_baseline_only_what_is_new_fails(report: Row) -> None:
    base = copy.deepcopy(report)
    base["findings"] = [row for row in base["findings"] if row["clause"] != "dates"]

    comparison.compare(base, report)

    assert {row["clause"] for row in report["comparison"]["new"]} == {"dates"}
    assert {row["clause"] for row in report["findings"] if row["decides"]} == {"dates"}
    assert report["comparison"]["differs"] == []


def test_a_service_is_no_baseline_without_a_word(report: Row) -> None:
    service = json.loads(SERVICE.read_text("utf-8"))

    comparison.compare(service, report)

    assert "subject" in report["comparison"]["differs"]


# ---- situations in the report of a service ---------------------------------------------------------------------------


def test_an_observation_names_its_situation(capsys: pytest.CaptureFixture[str]) -> None:
    report = json.loads(SERVICE.read_text("utf-8"))
    report["observations"] = [{
        "kind": "client.refusal", "operation": "ping", "media_type": "application/json", "origin": "", "pointer": "",
        "xpath": "", "message": "a lead is posted after its ping was declined", "count": 1,
        "situation": "ping-declined",
    }]  # fmt: skip

    summarise(report)

    words = "situation ping-declined (leadproof explain ping-declined)"
    assert words in capsys.readouterr().out
    assert words in RENDERERS["html"].render(report)
    assert words in RENDERERS["md"].render(report).replace("\\", "")
