"""Reports: every format shows what the report says, and nothing that a target writes can break out of its place."""

from __future__ import annotations

import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from leadproof.cli import console
from leadproof.core.operations import CELLS, OPERATIONS
from leadproof.core.text import one_line, visible
from leadproof.runs.formats import RENDERERS
from leadproof.runs.formats.parts import cells_of, decides
from leadproof.runs.formats.templates import template
from leadproof.runs.formats.view import arrange

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</pre></code></td></table></style></title>",
    "{{ 7*7 }}{% raw %}",
    "javascript:alert(1)",
    "\x00\x07\x1b[31mred\x1b[0m\x7f\x85",
    "\u202eevil\u202c \u2066hidden\u2069 zero\u200bwidth\ufeff",
    "half a pair: \ud83d and \udc00",
    "\ufffe\uffff",
    "]]> &amp; &lt; <!-- --> <![CDATA[",
    "| a | b |\n| --- | --- |\n# heading\n- item",
    "[link](http://evil.example) ![image](http://evil.example/x.png) <http://evil.example>",
    "`code` ``more`` ``` fence",
    "@someone #12 https://evil.example www.evil.example",
    "Z" + "\u0301" * 200,
    "x" * 1_000_000,
]


def report(text: str = "", *, name: str = "") -> dict[str, Any]:
    """A small report with a failure, advice, an untested clause; `text` in every place that is not ours."""
    clauses = [
        {
            "id": name or "LE2-PING-RES-03",
            "result": "failed",
            "passed": 3,
            "failed": 2,
            "reason": "",
            "level": "must",
            "basis": "documented",
            "text": "The order's expiry is a timestamp." + text,
            "place": "Create Inbound PING / Response table / results.orderExpiresOn" + text,
            "operations": ["ping"],
            "media": ["json", "xml"],
            "check": "member",
        },
        {
            "id": "LE2-ALL-HTTP-01",
            "result": "passed",
            "passed": 40,
            "failed": 0,
            "reason": "",
            "level": "must",
            "basis": "resolved",
            "text": "The status is 200.",
            "place": "",
            "operations": list(OPERATIONS),
            "media": ["json", "xml"],
            "check": "http_status",
        },
        {
            "id": "LE2-ACCEPT-SEQ-01",
            "result": "untested",
            "passed": 0,
            "failed": 0,
            "reason": "No offer was made." + text,
            "level": "should",
            "basis": "assumed",
            "text": "An unknown offer is refused.",
            "place": "",
            "operations": ["accept_offer"],
            "media": ["json"],
            "check": "offer_unknown",
        },
        {
            "id": "LE2-PING-XML-02",
            "result": "failed",
            "passed": 1,
            "failed": 1,
            "reason": "",
            "level": "should",
            "basis": "resolved",
            "text": "Elements stand in the order printed.",
            "place": "",
            "operations": ["ping"],
            "media": ["xml"],
            "check": "xml_order",
        },
    ]
    findings = [
        {
            "clause": name or "LE2-PING-RES-03",
            "kind": "schema.type",
            "level": "must",
            "operation": "ping",
            "media_type": "json",
            "origin": "certify: ping, accepted, json" + text,
            "pointer": "/results/0/orderExpiresOn" + text,
            "xpath": "" + text,
            "expected": "timestamp" + text,
            "actual": 'string "soon"' + text,
            "message": "orderExpiresOn is no timestamp" + text,
            "count": 2,
            "request": "POST /v2/insert/ping" + text,
            "response": "HTTP/1.1 200 OK" + text,
            "curl": "curl http://127.0.0.1/" + text,
        },
        {
            "clause": "LE2-PING-XML-02",
            "kind": "xml.order",
            "level": "should",
            "operation": "ping",
            "media_type": "xml",
            "origin": "",
            "pointer": "/results/0/campaignId",
            "xpath": "/PingReceiverResult/Results",
            "expected": "",
            "actual": "",
            "message": "CampaignID stands after EstimatedPayout" + text,
            "count": 1,
        },
    ]
    return {
        "schema": "leadproof.report/2",
        "command": "certify",
        "verdict": "failed",
        "exit_code": 1,
        "counts": {"exchanges": 20, "judged": 20, "unrecognised": 0, "findings": 2},
        "files": [
            {
                "path": "a.har" + text,
                "format": "har",
                "exchanges": 0,
                "problem": {"kind": "file.unreadable", "message": "no JSON" + text, "hint": "Export it again." + text},
            }
        ],
        "findings": findings,
        "observations": [
            {
                "kind": "business.unexpected",
                "message": "paid 11.00" + text,
                "pointer": text,
                "operation": "ping",
                "media_type": "json",
            }
        ],
        "clauses": clauses,
        "coverage": {
            "operations": {"ping": {"json": {"exchanges": 4, "accepted": 2, "refused": 2}}},
            "cells": {"covered": 1, "total": 17},
        },
        "latency": {},
        "run": {
            "id": "20261123T180000Z-4f2a",
            "tool": "leadproof 0.1.0",
            "started": "2026-11-23T18:00:00.000Z",
            "ended": "2026-11-23T18:00:21.512Z",
            "target": "http://127.0.0.1:8080" + text,
            "seed": 0,
            "readings": [
                {"id": "placeholders", "taken": "strict", "title": "Samples show shape" + text, "why": "…" + text}
            ],
            "specs": {"openapi.yaml": "a" * 64},
        },
    }


def clean() -> dict[str, Any]:
    """A report in which everything holds."""
    found = report()
    found |= {"verdict": "passed", "exit_code": 0, "findings": [], "files": [], "observations": []}
    found["clauses"] = [{**row, "result": "passed", "failed": 0} for row in found["clauses"]]
    return found


class Page(HTMLParser):
    """What an HTML reader sees: tags with their attributes, text, ids and links."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in ("meta", "br", "input"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] not in ("style", "script"):
            self.text += data


@pytest.mark.parametrize("name", RENDERERS)
@pytest.mark.parametrize(
    "make", [report, clean, dict, lambda: {"schema": "leadproof.report/2", "verdict": "inconclusive"}]
)
def test_any_report_is_rendered_the_same_way_twice(name: str, make: Any) -> None:
    text = RENDERERS[name].render(make())

    assert text.endswith("\n")
    assert RENDERERS[name].render(make()) == text


@pytest.mark.parametrize("name", RENDERERS)
@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: repr(text[:12]))
def test_hostile_strings_are_shown_not_obeyed(name: str, text: str) -> None:
    rendered = RENDERERS[name].render(report(text, name="LE2-" + text[:100]))

    rendered.encode("utf-8")  # no lone surrogate is left
    if name == "json":
        assert json.loads(rendered)["findings"][0]["message"].endswith(text) or len(text) > 1
        return
    assert len(rendered) < 400_000
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200b\ufeff]", rendered)
    if name == "junit":
        etree.fromstring(rendered.encode())
    if name == "html":
        page = Page(rendered)
        assert not page.open
        assert rendered.count(f"<script>{template('narrow.js.j2').render()}</script>") == page.tags.count("script") == 1
        assert not {"img", "iframe", "link", "object", "base", "form"} & set(page.tags)
        assert not [value for key, value in page.attributes if key.startswith("on") or value.startswith("javascript:")]
        links = {value for key, value in page.attributes if key == "href"}
        assert {one for one in links if not one.startswith("#")} <= {"exchanges.ndjson"}
        assert page.tags.count("title") - page.tags.count("rect") == 1
    if name == "md":
        lines = re.sub(r"(?ms)^(```+)\n.*?^\1$", "", rendered).split("\n")
        outside = [re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", line) for line in lines]
        assert not [line for line in outside if re.search(r"<(?!!-- -->)|(?<!\\)!?\[|://|\bwww\.|@\w", line)]
        assert not [line for line in lines if re.match(r"# ", line)][1:]


def test_terminal_markdown_and_html_call_what_is_not_tested_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    whole = json.loads(
        (Path(__file__).resolve().parent.parent / "reports" / "examples" / "report.json").read_text("utf-8")
    )
    view = arrange(whole)
    console.summarise(whole)
    said, md, html = capsys.readouterr().out, RENDERERS["md"].render(whole), RENDERERS["html"].render(whole)

    for name, words in (("untested", "left open by this run"), ("untestable", "never testable from outside")):
        number = view.results[name]
        assert number > 0
        assert f"{number} {words}" in said
        assert f"{words} |" in md
        assert f"{words}</b> <b>{number}</b>" in html
        assert f">{number} {words}</title>" in html
    failed, warned = view.results["failed"], view.results["warning"]
    assert f"{failed} failed, {warned} warnings" in said
    assert not re.search(r"\d untest", said + Page(html).text)


def test_the_html_holds_everything_and_asks_for_nothing() -> None:
    found = report()
    rendered = RENDERERS["html"].render(found)
    page = Page(rendered)

    assert page.tags.count("h1") == 1
    assert {"header", "nav", "main", "footer"} <= set(page.tags)
    assert page.tags.count("caption") >= 2
    assert "Failed" in page.text.split("Clauses by level")[0]
    for row in found["clauses"]:
        assert row["id"] in page.text
        assert row["text"] in page.text
    for row in found["findings"]:
        assert row["message"] in page.text
        assert row["pointer"] in page.text
    assert "no legal advice" in page.text
    ids = [value for key, value in page.attributes if key == "id"]
    assert len(ids) == len(set(ids))
    links = [value[1:] for key, value in page.attributes if key == "href" and value != "exchanges.ndjson"]
    assert set(links) <= set(ids)
    assert not [value for key, value in page.attributes if key in ("src", "srcset", "action")]
    assert "url(" not in rendered
    assert "@import" not in rendered


def test_the_html_stays_small_with_a_full_register() -> None:
    found = report()
    row = found["clauses"][0]
    found["clauses"] = [
        {**row, "id": f"LE2-PING-RES-{at:03}", "text": "What the member means. " * 6} for at in range(280)
    ]
    found["findings"] = [{**found["findings"][0], "clause": f"LE2-PING-RES-{at:03}"} for at in range(40)]

    assert len(RENDERERS["html"].render(found).encode()) <= 300 * 1024


def test_a_thousand_findings_are_folded() -> None:
    found = report()
    found["findings"] = [{**found["findings"][0], "pointer": f"/results/{at}/price"} for at in range(1000)]

    rendered = RENDERERS["html"].render(found)

    assert len(rendered) <= 300 * 1024
    assert "860 more places in report.json" in rendered


def test_the_verdict_comes_first() -> None:
    assert arrange(report()).headline == "1 requirement failed; 1 warning."
    assert arrange(clean()).headline == "All tested requirements passed."
    assert arrange({"verdict": "inconclusive"}).verdict == "Inconclusive"
    assert RENDERERS["md"].render(report()).startswith("# Failed: ")


@pytest.mark.parametrize(
    ("finding", "expected"),
    [
        ({"level": "must", "basis": "documented"}, True),
        ({"level": "must", "basis": "resolved"}, True),
        ({"level": "must", "basis": "assumed"}, False),
        ({"level": "should", "basis": "documented"}, False),
        ({"level": "may"}, False),
        ({"level": "should", "decides": True}, True),
        ({}, True),
    ],
)
def test_what_decides(finding: dict[str, Any], expected: bool) -> None:
    assert decides(finding, {}) is expected


def found_by(root: Any, path: str) -> Any:
    return root.xpath(path)


def test_junit_has_one_case_per_clause_operation_and_representation() -> None:
    found = report()
    root = etree.fromstring(RENDERERS["junit"].render(found).encode())

    cases = found_by(root, "testsuite[@name!='leadproof.files']/testcase")
    assert len(cases) == sum(len(cells_of(row)) for row in found["clauses"]) == 2 + len(CELLS) + 1 + 1
    names = [(case.get("classname"), case.get("name")) for case in cases]
    assert len(names) == len(set(names))
    failed = found_by(root, "//testcase[failure]")
    assert [case.get("classname") for case in failed] == ["leadproof.ping.json"]
    assert found_by(failed[0], "properties/property[@name='clause']/@value") == ["LE2-PING-RES-03"]
    assert found_by(failed[0], "failure/@message") == ["orderExpiresOn is no timestamp"]
    skipped = found_by(root, "//testcase[starts-with(@name, 'LE2-ACCEPT-SEQ-01')]/skipped/@message")
    assert skipped == ["untested: No offer was made."]
    advice = found_by(root, "//testcase[starts-with(@name, 'LE2-PING-XML-02')]")
    assert "CampaignID stands after" in advice[0].findtext("system-out")
    assert root.get("failures") == "1"
    assert root.get("errors") == "1"


def test_junit_loses_no_finding() -> None:
    found = report()
    found["findings"] += [
        {"clause": "LE2-OTHER-RES-01", "kind": "schema.type", "level": "must", "message": "of no known clause"},
        {"clause": "", "kind": "file.unrecognised", "level": "must", "message": "of no clause", "operation": "ping"},
        {
            "clause": "LE2-PING-XML-02",
            "kind": "x",
            "level": "must",
            "media_type": "json",
            "operation": "ping",
            "message": "elsewhere",
        },
    ]

    root = etree.fromstring(RENDERERS["junit"].render(found).encode())

    messages = found_by(root, "//failure/@message")
    assert {"of no known clause", "of no clause", "elsewhere"} <= set(messages)


def test_json_is_canonical() -> None:
    found = report()
    found["latency"] = {"p99": float("inf")}
    shuffled = dict(reversed(found.items()))
    shuffled["findings"] = [dict(reversed(row.items())) for row in reversed(found["findings"])]

    rendered = RENDERERS["json"].render(found)

    assert RENDERERS["json"].render(shuffled) == rendered
    assert list(json.loads(rendered))[:4] == ["schema", "command", "verdict", "exit_code"]
    assert json.loads(rendered)["latency"] == {"p99": None}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain\ttext\n", "plain\ttext\n"),
        ("\x1b[0m", "␛[0m"),
        ("a\u202eb", "a⟨U+202E⟩b"),
        ("\ud800", "⟨U+D800⟩"),
        ("abcdef", "abcdef"),
        ("a" * 5000, "a" * 4000 + " … (1,000 more characters)"),
    ],
)
def test_visible(text: str, expected: str) -> None:
    assert visible(text) == expected


def test_one_line() -> None:
    assert one_line("a\r\nb\tc") == "a␍␊b␉c"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(st.characters(), max_size=60))
def test_any_string_gives_valid_documents(text: str) -> None:
    found = report(text)

    etree.parse(io.BytesIO(RENDERERS["junit"].render(found).encode()))
    assert not Page(RENDERERS["html"].render(found)).open
    RENDERERS["md"].render(found).encode()
    json.loads(RENDERERS["json"].render(found))
