"""JUnit, SARIF, CSV, HAR, Markdown, console, annotations: valid and harmless, whatever a target or a file says."""

from __future__ import annotations

import contextlib
import copy
import csv
import io
import json
import re
import shutil
import subprocess
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jsonschema
import pytest
from failing import failing
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from markdown_it import MarkdownIt

from leadproof.cli import ci, main
from leadproof.cli.console import summarise
from leadproof.contract.specs import clauses, client_clauses, places
from leadproof.core import resources
from leadproof.core.exchange import Exchange
from leadproof.core.findings import KINDS
from leadproof.core.operations import OPERATIONS, RESPONSE_TYPES
from leadproof.runs.comparison import compare
from leadproof.runs.evidence import read_exchanges
from leadproof.runs.formats import EXPORTS, RENDERERS
from leadproof.runs.formats.csv import COLUMNS
from leadproof.runs.formats.failure import failure
from leadproof.runs.formats.results import CALLED
from leadproof.runs.formats.sarif import NAMELESS, fingerprint, home
from leadproof.runs.formats.view import arrange
from leadproof.runs.verdicts import settle_again
from leadproof.runs.waivers import Waiver, apply

DATA = Path(__file__).parent / "data"
SARIF = jsonschema.Draft202012Validator(json.loads((DATA / "sarif.schema.json").read_bytes()))

#: What must never reach a terminal or a page raw: controls but newline and tab, marks that turn or hide text.
RAW = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")

HOSTILE = {
    "script": "<script>alert(1)</script>",
    "attribute": '"><img src=x onerror=alert(1)>',
    "closing": "]]></failure></testcase></testsuite> --> &amp; &#0; <!DOCTYPE a>",
    "controls": "\x00\x07\x1b[31mred\x1b[0m\x1b]0;title\x07\x7f\x85\x9b31m\r\b",
    "bidi": "\u202eevil\u202c \u2066hidden\u2069 zero\u200bwidth\ufeff",
    "surrogates": "half a pair: \ud83d and \udc00",
    "no characters": "\ufffe\uffff\U0001fffe",
    "formula": "=cmd|' /C calc'!A0",
    "formula behind a blank": " \t+1+cmd",
    "formula in full width": "\uff1d1+1",
    "at": "@SUM(1+1)*cmd",
    "minus": "-2+3",
    "quotes": '","=1+1","\n=1+1',
    "markdown": "\n# heading\n- item\n[link](http://evil.example) ![image](http://evil.example/x.png)\n",
    "html in markdown": "<http://evil.example> <a href=x>x</a> <details open ontoggle=alert(1)>",
    "code": "` `` ``` ~~~ \n```\ncode\n```",
    "mention": "@someone #12 https://evil.example www.evil.example a@evil.example",
    "table": "| a | b |\n| --- | --- |\n| c | d |",
    "command": "\n::error::evil\n::add-mask::a\r\n##[add-path]/evil %0A::set-output name=a::b",
    "template": "{{ 7*7 }} ${{ secrets.A }} {% raw %}",
    "long": "x" * 1_000_000,
    "lines": "\n" * 5000,
    "marks": "Z" + "\u0301" * 200,
}

Row = dict[str, Any]


def finding(text: str, **changes: Any) -> Row:
    row = {
        "clause": "LE2-PING-RES-05", "kind": "schema.type", "level": "must", "basis": "documented", "operation": "ping",
        "media_type": "application/json", "origin": text, "exchange": 1, "pointer": f"/results/0/{text}",
        "xpath": text, "expected": text, "actual": text, "message": text, "text": text, "place": text, "count": 1,
        "decides": True, "request": text, "response": text, "curl": text, "replay": text,
    }  # fmt: skip
    return row | changes


def hostile(text: str) -> Row:
    """A report with `text` in every place that is not ours, in every part that a report may have."""
    rows = [
        finding(text),
        finding(text, clause=f"LE2-{text[:200]}", level="should", decides=False),
        finding(text, operation=text[:200], media_type=text[:200], kind=text[:200], clause=""),
        finding(text, clause="LE2-ALL-XML-03", waived=True, decides=False),
        finding(text, clause="LE2-ALL-RES-02", known=True, decides=False),
    ]
    clause = {
        "id": "LE2-PING-RES-05", "result": "failed", "passed": 3, "failed": 2, "reason": text, "level": "must",
        "basis": "documented", "text": text, "place": text, "operations": ["ping"], "media": ["json"],
        "check": "member", "cells": {"ping/json": [3, 2]}, "exchanges": {"passed": [1], "failed": [2]},
    }  # fmt: skip
    problem = {"kind": "file.unreadable", "message": text, "hint": text}
    other = {
        "kind": "x",
        "message": text,
        "pointer": text,
        "xpath": text,
        "operation": text,
        "media_type": "",
        "count": 2,
    }
    waiver = {
        "clause": "LE2-ALL-XML-03",
        "operation": text,
        "reason": text,
        "owner": text,
        "expires": text,
        "findings": 1,
    }
    return {
        "schema": "leadproof.report/2", "command": text, "verdict": "failed", "exit_code": 1, "codes": [1],
        "counts": {"exchanges": 2, "judged": 2, "findings": 3, "unauthorised": 0, "absent": 0, "unrecognised": 0},
        "files": [{"path": text, "format": "har", "exchanges": 0, "problem": problem}],
        "findings": rows, "observations": [other],
        "clauses": [clause, {**clause, "id": text[:200], "result": "untested"}],
        "coverage": {"operations": {}, "cells": {"covered": 1, "total": 17}, "response_types": {"ping": {text: 1}}},
        "latency": {},
        "run": {"id": text, "tool": text, "target": text, "seed": text, "profile": text, "specs": {text: "a" * 64},
                "readings": [{"id": text, "taken": text, "title": text, "why": text, "chosen": True}]},
        "equivalence": [{"operation": "ping", "pointer": text, "compared": 1, "different": 1, "state": "different"}],
        "attestations": [{"clause": text, "text": text, "place": text}],
        "waivers": [{**waiver, "state": one} for one in ("active", "expired", "unused")],
        "comparison": {"base": {"id": text, "started": text, "target": text}, "fixed": [finding(text)],
                       "new": rows[:3], "still": rows[4:], "unseen": [finding(text, clause=text[:200])]},
        "rebuilt": text,
    }  # fmt: skip


every_text = pytest.mark.parametrize("text", HOSTILE.values(), ids=list(HOSTILE))


# ---- JUnit -----------------------------------------------------------------------------------------------------------


@every_text
def test_junit_is_xml_that_says_the_same(text: str) -> None:
    rendered = RENDERERS["junit"].render(hostile(text))

    assert not RAW.search(rendered)
    root = etree.fromstring(rendered.encode())
    assert {one.tag for one in root.iter()} <= {
        "testsuites", "testsuite", "testcase", "properties", "property", "failure", "error", "skipped", "system-out",
    }  # fmt: skip
    assert int(root.get("failures")) == len(root.findall(".//testcase[failure]")) == 2
    assert len(root.findall(".//error")) == 1


@pytest.mark.skipif(shutil.which("xmllint") is None, reason="xmllint is a second opinion where it is installed")
@every_text
def test_xmllint_takes_the_junit(text: str) -> None:
    rendered = RENDERERS["junit"].render(hostile(text))

    done = subprocess.run(
        ["xmllint", "--noout", "--nonet", "-"], input=rendered.encode(), capture_output=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, b"")


def test_a_suite_takes_what_its_exchanges_took_and_its_decided_cases_share_it() -> None:
    report = hostile("so")
    report["coverage"]["operations"] = {"ping": {"json": {"exchanges": 7, "seconds": 1.000001}}}

    root = etree.fromstring(RENDERERS["junit"].render(report).encode())

    times = {suite.get("name"): Decimal(suite.get("time")) for suite in root}
    assert times["leadproof.ping.json"] == Decimal("1.000001")
    assert sum(times.values()) == Decimal(root.get("time")) == Decimal("1.000001")
    for suite in root:
        assert [
            case.get("time") for case in suite if case.find("skipped") is not None and case.get("time") != "0"
        ] == []
        assert sum(Decimal(case.get("time")) for case in suite) == times[suite.get("name")]


@pytest.mark.parametrize("seconds", ["so", None, -1, float("nan"), float("inf"), [1]])
def test_a_time_that_is_none_is_no_time(seconds: object) -> None:
    report = hostile("so")
    report["coverage"]["operations"] = {"ping": {"json": {"exchanges": 7, "seconds": seconds}, "xml": "so"}}

    assert etree.fromstring(RENDERERS["junit"].render(report).encode()).get("time") == "0"


def test_what_is_excused_is_skipped_and_says_why() -> None:
    root = etree.fromstring(RENDERERS["junit"].render(hostile("so")).encode())

    skipped = {one.get("message") for one in root.findall(".//skipped")}
    assert "waived: so (so, until so); so (so, until so); so (so, until so)" in skipped
    assert "known: it failed in the baseline, too (run so)" in skipped


# ---- SARIF -----------------------------------------------------------------------------------------------------------


def sarif(report: Row) -> Row:
    found: Row = json.loads(RENDERERS["sarif"].render(report))
    assert [f"{list(one.path)}: {one.message[:200]}" for one in SARIF.iter_errors(found)] == []
    (run,) = found["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    assert all(rules[row["ruleIndex"]]["id"] == row["ruleId"] for row in run["results"])
    return found


@every_text
def test_sarif_has_its_form(text: str) -> None:
    found = hostile(text)

    (run,) = sarif(found)["runs"]

    assert not RAW.search("\n".join(strings(run)))
    assert len(run["results"]) == len(found["findings"]) + len(found["comparison"]["fixed"])


def strings(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [one for item in value.values() for one in strings(item)]
    if isinstance(value, list):
        return [one for item in value for one in strings(item)]
    return [value] if isinstance(value, str) else []


def test_sarif_says_where_to_read_on_by_an_absolute_uri(monkeypatch: pytest.MonkeyPatch) -> None:
    def said() -> str:
        address: str = sarif({})["runs"][0]["tool"]["driver"]["informationUri"]
        home.cache_clear()
        return address

    home.cache_clear()
    assert urlsplit(said()).scheme in ("urn", "https", "http")
    for lines, expected in (
        (["Homepage, https://leadproof.example/"], "https://leadproof.example/"),
        (["Source, ../leadproof", "Documentation, http://docs.example/x"], "http://docs.example/x"),
        (["Homepage, nowhere in particular"], NAMELESS),
        (None, NAMELESS),
    ):
        monkeypatch.setattr("leadproof.runs.formats.sarif._project_urls", lambda lines=lines: lines or [])
        assert said() == expected


def test_sarif_points_at_the_clause_and_the_operation() -> None:
    (run,) = sarif({"findings": [finding("x", pointer="/results/0/orderId")]})["runs"]
    (result,) = run["results"]

    lines = {
        name: resources.path("specs", name).read_text("utf-8").splitlines() for name in ("clauses.yaml", "openapi.yaml")
    }
    (location,), (related,) = result["locations"], result["relatedLocations"]
    clause, operation = location["physicalLocation"], related["physicalLocation"]
    assert clause["artifactLocation"] == {"uri": "specs/clauses.yaml"}
    assert lines["clauses.yaml"][clause["region"]["startLine"] - 1] == "  - id: LE2-PING-RES-05"
    assert operation["artifactLocation"] == {"uri": "specs/openapi.yaml"}
    assert "{id: ping," in lines["openapi.yaml"][operation["region"]["startLine"] - 1]
    assert [one["fullyQualifiedName"] for one in location["logicalLocations"]] == ["ping/json", "/results/0/orderId"]


def test_every_clause_and_operation_has_its_place() -> None:
    assert set(places()) == set(clauses()) | set(client_clauses()) | set(OPERATIONS)


@pytest.mark.parametrize(
    ("level", "basis", "expected"),
    [
        ("must", "documented", "error"),
        ("must", "resolved", "error"),
        ("must", "assumed", "warning"),
        ("should", "documented", "warning"),
        ("may", "assumed", "note"),
    ],
)
def test_the_level_of_a_result_is_that_of_the_clause(level: str, basis: str, expected: str) -> None:
    (run,) = sarif({"findings": [finding("x", level=level, basis=basis)]})["runs"]

    assert run["results"][0]["level"] == expected


def test_a_fingerprint_stays_and_tells_findings_apart() -> None:
    base = finding("x", actual='string "a"', pointer="/results/0/price")

    same = finding("y", actual='string "b"', pointer="/results/3/price", count=7, exchange=9)
    others = [finding("x", pointer=place, actual="null") for place in ("/results/0/price", "/results/0/leadId")]

    assert fingerprint(base) == fingerprint(same)
    assert len({fingerprint(one) for one in (base, *others)}) == 3


def test_what_is_waived_is_suppressed_with_its_reason() -> None:
    report = hostile("so")
    for row in report["waivers"]:
        row["operation"] = ""

    (run,) = sarif(report)["runs"]

    suppressed = [row["suppressions"] for row in run["results"] if "suppressions" in row]
    assert suppressed == [[{"kind": "external", "status": "accepted", "justification": "so (so, until so)"}]]


# ---- CSV -------------------------------------------------------------------------------------------------------------


@every_text
def test_no_cell_of_the_matrix_is_a_formula_or_breaks_out(text: str) -> None:
    rendered = RENDERERS["csv"].render(hostile(text))

    assert not RAW.search(rendered)
    head, *rows = list(csv.reader(io.StringIO(rendered), strict=True))
    assert tuple(head) == COLUMNS
    assert len(rows) == len(rendered.splitlines()) - 1
    assert {len(row) for row in rows} == {len(COLUMNS)}
    for cell in (cell for row in rows for cell in row):
        assert not cell.lstrip().startswith(("=", "+", "-", "@", "\t", "\r", "|", "%", "\uff1d", "\uff0b", "\uff0d"))
        assert len(cell) < 32_767


def test_the_matrix_has_a_line_for_each_clause() -> None:
    rows = list(csv.DictReader(io.StringIO(RENDERERS["csv"].render(hostile("so")))))

    assert rows[0] == {
        "clause": "LE2-PING-RES-05", "place": "so", "level": "must", "basis": "documented", "operations": "ping",
        "media": "json", "result": "failed", "passed": "3", "failed": "2", "reason": "so",
        "evidence": "failed in exchanges 2; passed in exchanges 1; ping /results/0/so: so", "text": "so",
    }  # fmt: skip
    # What belongs to no clause of the register is not lost.
    beside = {row["clause"]: row["result"] for row in rows[2:]}
    assert beside.items() >= {"LE2-so": "warning", "LE2-ALL-XML-03": "waived", "LE2-ALL-RES-02": "known"}.items()


@pytest.mark.parametrize("excuse", ["", "waived", "known"])
def test_whoever_counts_comes_to_one_number_in_every_format(excuse: str) -> None:
    report = failing(3)
    _, should, must = report["findings"]
    for row in (should, next(row for row in report["clauses"] if row["id"] == should["clause"])):
        row["level"] = "should"
    for row in [row for row in report["clauses"] if row["result"] == "passed"][:5]:
        row["result"] = "untested"
    settle_again(report)
    if excuse == "known":
        compare(copy.deepcopy(report), report)
    if excuse == "waived":
        waived = (report["findings"][0], must)
        agreed = [Waiver(row["clause"], "agreed", "QA", date(2030, 1, 1)) for row in waived]
        apply(report, agreed, date(2029, 1, 1))
    view = arrange(report)

    numbers = Counter(row["result"] for row in csv.DictReader(io.StringIO(RENDERERS["csv"].render(report))))
    junit = RENDERERS["junit"].render(report)
    states = [row["baselineState"] for row in json.loads(RENDERERS["sarif"].render(report))["runs"][0]["results"]
              if "baselineState" in row]  # fmt: skip
    decided = {"failed": 0, "warning": 1, excuse: 2} if excuse else {"failed": 2, "warning": 1}
    assert {name: view.results[name] for name in decided} == decided
    assert numbers == Counter({CALLED.get(name, name): number for name, number in view.results.items() if number})
    assert numbers["left open by this run"] == 5
    assert numbers["never testable from outside"] == sum(row["check"] == "" for row in report["clauses"])
    assert junit.count("warning (should): ") == 1
    assert junit.count("<failure ") == decided["failed"]
    said = {"": "2 requirements failed", "waived": "2 requirements waived", "known": "2 requirements known"}[excuse]
    assert said in view.headline
    assert view.headline.endswith("; 1 warning.")
    assert states == ["unchanged"] * 3 * (excuse == "known")


# ---- Markdown --------------------------------------------------------------------------------------------------------

_TITLES = re.compile(
    r"(Failed: LeadExec|What |New|Still failing|Fixed|Not tested|Files that|Clauses by|Operations and|Reported, does"
    r"|Waivers|Do JSON and XML|Observations|For a person|Readings applied|LE2-|schema\.|so|.*·)"
)


@every_text
def test_markdown_is_text_to_whoever_reads_it(text: str) -> None:
    """As a real reader of Markdown sees it: no link, image, markup or heading is anybody's but ours."""
    rendered = RENDERERS["md"].render(hostile(text))

    assert not RAW.search(rendered)
    assert len(rendered) < 200_000
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(rendered)
    inside = [child for token in tokens for child in token.children or ()]
    assert not {one.type for one in inside} & {"link_open", "image", "s_open"}
    assert {one.content for one in inside if one.type == "html_inline"} <= {"<!-- -->"}
    assert not [one for one in tokens if one.type in ("html_block", "code_block", "hr", "blockquote_open")]
    fences = [one.content for one in tokens if one.type == "fence"]
    assert len(fences) == rendered.count("To repeat it:") + 1
    assert fences[-1].startswith("leadproof ")
    assert {one.info for one in tokens if one.type == "fence"} == {""}
    titles = [tokens[at + 1] for at, one in enumerate(tokens) if one.type == "heading_open"]
    assert [one for one in titles if one.content.startswith("heading")] == []
    assert sum(one.type == "heading_open" and one.tag == "h1" for one in tokens) == 1
    plain = " ".join(one.content for one in inside if one.type == "text")
    assert not re.search(r"https?://|\bwww\.\w|\w@\w|(?<!\w)@\w", plain), (
        "a reader would make a link or a mention of it"
    )


@pytest.mark.parametrize("text", ["| a | b |\n| --- | --- |", "x | y"])
def test_no_row_of_a_table_gains_a_cell(text: str) -> None:
    tokens = MarkdownIt("commonmark").enable("table").parse(RENDERERS["md"].render(hostile(text)))

    rows: list[int] = []
    for token in tokens:
        if token.type == "thead_open":
            rows.append(0)
        if token.type in ("th_open",):
            rows[-1] += 1
    assert len(rows) == 3
    cells = sum(token.type == "td_open" for token in tokens)
    lines = sum(token.type == "tr_open" for token in tokens) - len(rows)
    assert cells <= lines * max(rows)
    assert sum(token.type == "table_open" for token in tokens) == 3


def test_what_repeats_a_request_and_the_run_is_said_with_what_is_to_be_put_in() -> None:
    report = failing(2) | {"run": {"repeat": "leadproof certify --quick --seed 7"}}
    short, long = report["findings"]
    short["curl"], long["curl"] = 'curl -sS \\\n  "$TARGET"/v2/status/7', f"curl -d '{'x' * 2_000}'"
    put_in = "put your own credentials and values where the redacted ones stand."

    markdown = RENDERERS["md"].render(report)
    fences = [one.content for one in MarkdownIt("commonmark").parse(markdown) if one.type == "fence"]
    junit = etree.fromstring(RENDERERS["junit"].render(report).encode())
    details = [one.text for one in junit.iter("failure")]

    assert fences == [f"{short['curl']}\n", "leadproof certify --quick --seed 7\n"]
    assert (markdown.count(put_in), markdown.count("The request as `curl` is in report.html.")) == (1, 1)
    assert [text.count(put_in) for text in details] == [1, 1]
    assert put_in in failure(short)
    assert put_in in RENDERERS["html"].render(report)
    assert put_in not in failure({**short, "curl": ""})


# ---- HAR -------------------------------------------------------------------------------------------------------------


@every_text
def test_har_can_be_read_again(text: str, tmp_path: Path) -> None:
    cut = text[:5000]
    message = {"headers": [["X-A", cut]], "body": cut, "body_encoding": "utf-8", "body_length": 7}
    row = {
        "n": 1, "origin": cut, "started": float("inf"), "elapsed": 0.25, "failure": cut,
        "request": {"method": "POST", "target": f"/v2/insert/ping?a={cut}", **message},
        "response": {"status": 200, **message},
        "judged": {"outcome": "judged", "operation": "ping", "broken": {"json": [cut]}},
    }  # fmt: skip
    rendered = "".join(EXPORTS["har"].render([row, {**row, "n": 2, "response": None}], "http://127.0.0.1:8080/"))

    assert rendered.isascii()
    (first, second) = json.loads(rendered)["log"]["entries"]
    assert first["response"]["content"]["text"] == cut
    assert first["request"]["url"].startswith("http://127.0.0.1:8080/v2/insert/ping?a=")
    assert (first["time"], first["startedDateTime"]) == (250.0, "1970-01-01T00:00:00.000000Z")
    assert (second["response"]["status"], second["response"]["_error"]) == (0, cut or "no response was captured")


def status(exchange: Exchange) -> int:
    return exchange.response.status if exchange.response else 0


def test_what_a_run_wrote_as_har_is_judged_the_same(tmp_path: Path) -> None:
    """The evidence, exported and handed in again: the same exchanges, the same verdict."""
    out = io.StringIO()
    har = DATA / "har" / "good" / sorted(path.name for path in (DATA / "har" / "good").iterdir())[0]
    with contextlib.redirect_stdout(out):
        main(["validate", str(har), "--out", str(tmp_path / "a"), "--format", "har"])
        (run,) = (tmp_path / "a").iterdir()
        main(["validate", str(run / "exchanges.har"), "--out", str(tmp_path / "b")])
        (again,) = (tmp_path / "b").iterdir()

    before, after = (list(read_exchanges(one)) for one in (run, again))
    assert [status(one) for one in after] == [status(one) for one in before]
    assert len(after) > 0
    first, second = (json.loads((one / "report.json").read_bytes()) for one in (run, again))
    kept = ("clause", "kind", "operation", "media_type", "pointer", "count")
    assert [[row[name] for name in kept] for row in second["findings"]] == [
        [row[name] for name in kept] for row in first["findings"]
    ]
    assert second["clauses"] == first["clauses"]


# ---- the terminal, and GitHub's runners ------------------------------------------------------------------------------


@every_text
def test_the_console_gets_no_raw_escape(text: str) -> None:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        summarise(hostile(text), saved="report.html")

    assert not RAW.search(out.getvalue())
    assert len(out.getvalue()) < 300_000


@every_text
def test_an_annotation_is_one_command(text: str, tmp_path: Path) -> None:
    lines = list(ci.commands(hostile(text), tmp_path))

    assert len(lines) == 5
    for line in lines:
        assert re.match(r"::(error|warning) (file=[^:,]*,)?title=[^:,]*::", line)
        assert line.count("\n") == line.count("\r") == 0
        assert not RAW.search(line)
        assert "##[" not in line
        assert len(line) < 3000


@pytest.mark.parametrize(("errors", "warnings"), [(3, 0), (10, 10), (11, 0), (500, 500)])
def test_no_more_annotations_than_a_runner_shows(errors: int, warnings: int, tmp_path: Path) -> None:
    rows = [finding("x", decides=True)] * errors + [finding("x", decides=False)] * warnings
    waivers = [
        {"clause": "c", "operation": "", "owner": "o", "expires": "2027-01-31", "state": "unused", "findings": 0}
    ]

    lines = list(ci.commands({"findings": rows, "files": [], "waivers": waivers}, tmp_path))

    for kind, number in (("error", errors), ("warning", warnings + 1)):
        mine = [line for line in lines if line.startswith(f"::{kind} ")]
        assert len(mine) == min(number, ci.SHOWN)
        told = [re.search(r"::(\d+) more findings", line) for line in mine]
        rest = sum(int(one[1]) for one in told if one)
        assert rest + sum(one is None for one in told) == number


def test_the_job_summary_stays_within_what_the_runner_takes(tmp_path: Path) -> None:
    file = tmp_path / "summary.md"
    report = hostile("x" * 400)
    environ = {"GITHUB_STEP_SUMMARY": str(file)}

    for _ in range(200):
        ci.tell(report, environ)

    size = file.stat().st_size
    assert ci.SUMMARY_CAP - 200_000 < size <= ci.SUMMARY_CAP
    text = file.read_text("utf-8")
    assert "… cut: the rest of this summary stands in report.md of the run." in text
    assert text.count("# Failed: ") > 5


def test_a_summary_that_cannot_be_written_changes_nothing_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ci.tell(hostile("x"), {"GITHUB_STEP_SUMMARY": str(tmp_path)})

    assert capsys.readouterr().err == "leadproof: the job summary cannot be written: Is a directory\n"


# ---- all of it, from a real run --------------------------------------------------------------------------------------

#: As a file name: no slash, no null byte, at most 255 bytes, and what the file system can write.
NAMES = {
    name: text.replace("/", "\u2215").replace("\0", "").encode("utf-8", "replace")[:60].decode("utf-8", "ignore")
    for name, text in HOSTILE.items()
    if name not in ("lines", "marks")
}


@pytest.mark.parametrize("name", NAMES)
def test_hostile_responses_file_names_and_profiles(name: str, tmp_path: Path) -> None:
    """Through the front door: a file of that name, whose response says that everywhere, under a profile of that
    name."""
    text = HOSTILE[name]
    response = {
        "requestId": text,
        text[:300]: text,
        "results": [{"isValid": text, "responseType": text, "responseMessage": text}],
    }
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / f"a{NAMES[name]}.json").write_text(json.dumps(response), "ascii")
    (folder / f"b{NAMES[name]}.json").write_text('{"requestId": ', "ascii")
    profile = resources.path("specs", "profiles", "default.toml").read_text("utf-8")
    title = json.dumps(text[:500].encode("utf-8", "replace").decode()).replace("\\ud", "?")
    (tmp_path / "p.toml").write_text(re.sub(r"(?m)^name = .*$", lambda _: f"name = {title}", profile, count=1), "utf-8")
    out, err = io.StringIO(), io.StringIO()
    summary = tmp_path / "summary.md"
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        patch.setenv("GITHUB_STEP_SUMMARY", str(summary))
        code = main([
            "validate", "--operation", "create_lead", str(folder), "--out", str(tmp_path / "runs"),
            "--profile", str(tmp_path / "p.toml"),
            *[word for one in (*RENDERERS, *EXPORTS) for word in ("--format", one)],
        ])  # fmt: skip

    assert code in (0, 1, 2, 4)
    assert "Traceback" not in err.getvalue()
    assert not RAW.search(out.getvalue() + err.getvalue())
    (run,) = (tmp_path / "runs").iterdir()
    files = {path.name: path.read_text("utf-8") for path in run.iterdir()}
    for file, content in files.items():
        assert not RAW.search(content), file
    etree.fromstring(files["junit.xml"].encode())
    assert list(SARIF.iter_errors(json.loads(files["report.sarif"]))) == []
    assert {len(row) for row in csv.reader(io.StringIO(files["clauses.csv"]), strict=True)} == {len(COLUMNS)}
    json.loads(files["exchanges.har"])
    report = json.loads(files["report.json"])
    assert set(report["coverage"]["response_types"].get("create_lead", {})) <= {*RESPONSE_TYPES, "undocumented"}
    assert {row["kind"] for row in report["findings"]} <= set(KINDS)
    assert summary.read_text("utf-8") == files["report.md"]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(st.characters(), max_size=60))
def test_any_string_gives_valid_documents(text: str) -> None:
    report = hostile(text)

    etree.fromstring(RENDERERS["junit"].render(report).encode())
    sarif(report)
    assert {len(row) for row in csv.reader(io.StringIO(RENDERERS["csv"].render(report)), strict=True)} == {len(COLUMNS)}
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        summarise(report)
    assert not RAW.search(out.getvalue())
