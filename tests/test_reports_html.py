"""The HTML report in the hands of its readers: structure, contrast, size, and a real browser where there is one.

The reports are the example of `reports/examples` (a real run in which clauses were broken), the same run clean, the
same with every part that a report may have, and the example of a client. `make look` takes pictures of the same page.
"""

from __future__ import annotations

import copy
import importlib.util
import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from failing import failing

from leadproof.core.findings import KINDS
from leadproof.core.text import visible
from leadproof.runs.formats import cards, html, results, sections, times
from leadproof.runs.formats.templates import template
from leadproof.runs.formats.view import arrange

ROOT = Path(__file__).resolve().parent.parent
STYLE = (ROOT / "reports" / "templates" / "style.css.j2").read_text("utf-8")
SOURCE = json.loads((ROOT / "reports" / "examples" / "report.json").read_text("utf-8"))

MEMBERS = {
    "/requestId": ("volatile", 0, 0, "new in every response"),
    "/results/*/isValid": ("equal", 12, 0, ""),
    "/results/*/price": ("different", 12, 4, ""),
    "/results/*/offers/*/tcpaInformation/customTCPATextRequired": ("never compared", 0, 0, "no pair had it"),
    "/results/*/sends/*/clientName": ("one-sided", 0, 0, "JSON only"),
}


def broken() -> dict[str, Any]:
    """A run with some forty failures."""
    return copy.deepcopy(SOURCE)


def clean() -> dict[str, Any]:
    """The same run, had everything held."""
    report = broken()
    report |= {"verdict": "passed", "exit_code": 0, "findings": []}
    for row in report["clauses"]:
        if row["result"] == "failed":
            row |= {"result": "passed", "passed": row["passed"] + row["failed"], "failed": 0}
    return report


def everything() -> dict[str, Any]:
    """A report with every part that there is."""
    report = broken()
    found = report["findings"]
    waived = found[0]["clause"]
    base = {"id": "20261120T090000Z-1a2b", "started": "2026-11-20T09:00:00.000Z", "target": "http://127.0.0.1:8080"}
    report["comparison"] = {"base": base, "fixed": [found[5]], "new": [found[1]], "still": [found[2], found[3]]}
    report["waivers"] = [
        {"clause": waived, "operation": found[0]["operation"], "reason": "Known until release 14.", "owner": "QA",
         "expires": "2026-12-31", "state": "active", "findings": 1},
        {"clause": "LE2-PING-RULE-06", "operation": "", "reason": "Nobody remembers.", "owner": "QA",
         "expires": "2026-01-31", "state": "expired", "findings": 2},
        {"clause": "LE2-PING-RULE-04", "operation": "ping", "reason": "Was fixed.", "owner": "Platform",
         "expires": "2027-01-31", "state": "unused", "findings": 0},
    ]  # fmt: skip
    for row in found:
        if row["clause"] == waived:
            row |= {"waived": True, "decides": False}
    report["equivalence"] = [
        {"operation": operation, "pointer": pointer, "compared": compared, "different": different, "state": state,
         "why": why}
        for operation in ("create_lead", "create_lead_sends", "ping", "inbound_post")
        for pointer, (state, compared, different, why) in MEMBERS.items()
    ]  # fmt: skip
    report["attestations"] = [
        {"clause": row["id"], "text": row["text"], "place": row["place"]}
        for row in report["clauses"]
        if row["result"] == "untested" and not row["check"]
    ]
    report["run"] |= {"subject": "Lead receiver of Example Ltd", "by": "Quality, Example Ltd"}
    return report


def client() -> dict[str, Any]:
    """A run that certified a client with several mistakes."""
    found: dict[str, Any] = json.loads((ROOT / "reports" / "examples" / "client" / "report.json").read_text("utf-8"))
    return found


REPORTS: dict[str, Callable[[], dict[str, Any]]] = {
    "broken": broken, "clean": clean, "everything": everything, "client": client,
}  # fmt: skip


class Outline(HTMLParser):
    """Headings, landmarks, tables and what names them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.headings: list[int] = []
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]


# ---- what the page says ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", REPORTS.values(), ids=REPORTS)
def test_the_outline_can_be_walked(make: Callable[[], dict[str, Any]]) -> None:
    outline = Outline(html.render(make()))

    assert outline.headings[0] == 1
    assert outline.headings.count(1) == 1
    assert all(later - earlier <= 1 for earlier, later in zip(outline.headings, outline.headings[1:], strict=False))
    assert [len(outline.all(tag)) for tag in ("header", "nav", "main", "footer")] == [1, 1, 1, 1]
    ids = {attributes["id"] for _, attributes in outline.elements if "id" in attributes}
    named = [attributes.get("aria-labelledby") for attributes in (*outline.all("section"), *outline.all("article"))]
    assert None not in named[: len(outline.all("section"))]
    assert {one for one in named if one} <= ids
    assert all(attributes.get("aria-label") for attributes in (*outline.all("nav"), *outline.all("svg")))
    assert not [attributes for attributes in outline.all("pre") if attributes.get("tabindex") != "0"]
    linked = {attributes["href"][1:] for attributes in outline.all("a") if attributes["href"].startswith("#")}
    assert linked <= ids


@pytest.mark.parametrize("make", REPORTS.values(), ids=REPORTS)
def test_the_page_of_a_full_run_is_small(make: Callable[[], dict[str, Any]]) -> None:
    assert len(html.render(make()).encode()) <= 300 * 1024


def test_a_clean_page_and_one_with_forty_failures_have_their_limits() -> None:
    assert len(html.render(clean()).encode()) <= 205_000  # the example's run has longer lists than a clean one
    assert len(html.render(failing(0)).encode()) <= 200_000
    for number in (1, 10, 40):
        assert len(html.render(failing(number)).encode()) <= 300_000


@pytest.mark.parametrize("number", [1, 10, 40, 60])
def test_the_first_failure_of_each_clause_shows_its_exchange_whole(number: int) -> None:
    report = failing(number)
    text = unescape(re.sub("</?i>", "", html.render(report)))

    for row in report["findings"]:
        for name in ("request", "response"):
            other = len(row["response" if name == "request" else "request"])
            whole = visible(row[name])
            most = cards.EXCHANGE - min(other, cards.EXCHANGE // 2)
            assert whole[:most] in text, (row["clause"], name)


@pytest.mark.parametrize("number", [1, 22, 60])
@pytest.mark.parametrize("text", ["<a/>", "é", "x", "\x00"])
def test_a_page_keeps_its_size_whatever_the_exchanges_are_made_of(number: int, text: str) -> None:
    report = failing(number)
    for at, row in enumerate(report["findings"]):
        row |= dict.fromkeys(("request", "response", "curl"), f"{at} {text * 5000}")

    page = html.render(report)

    assert len(page.encode()) <= 300_000
    assert page.count('class="evidence"') == number


def test_an_exchange_that_breaks_several_clauses_is_shown_once_and_named_by_the_others() -> None:
    report = failing(3)
    for row in report["findings"]:
        row |= {"request": "POST /v2/ping\n\nthe same", "response": "200\n\nfor all", "curl": "curl it"}

    page = html.render(report)

    assert page.count("the same</pre>") == page.count("for all</pre>") == page.count("curl it</pre>") == 1
    first = report["findings"][0]["clause"]
    assert page.count(f'Request and response: those of <a href="#f1">{first}</a>.') == 2
    report["findings"][1]["response"] = "500"
    assert html.render(report).count("Request and response: those of") == 1


def test_findings_stand_under_their_operation_and_can_be_narrowed_down_to_one() -> None:
    page = html.render(broken())
    view = arrange(broken())
    dealt = cards.group_by_clause(view.failures, view.clauses)
    part = page[page.index('id="failures"') : page.index("</section>", page.index('id="failures"'))]

    assert re.findall("<h3>(.*?) <span", part) == [group.title for group in cards.by_operation(dealt)]
    for name, heading, number in cards.operations_in(dealt):
        link = re.search(rf'<li id="only-{name}"><a href="#only-{name}">{heading} <span>(\d+)</span></a>', part)
        assert link
        assert int(link[1]) >= number
        assert f"body:has(#only-{name}:target) .card[class*=on-]:not(.on-{name})" in page
        assert part.count(f" on-{name} ") + part.count(f' on-{name}"') == number


@pytest.mark.parametrize(
    ("expected", "actual", "said"),
    [
        ("a timestamp after the response, 2026-11-27T16:46:04Z", 'string "2026-11-27T16:01:04Z"',
         "45 min before the response"),
        ("a timestamp after the response, 2026-11-27T16:46:03.5Z", 'string "2026-11-27T11:01:03-05:00"',
         "2026-11-27T16:01:03Z, 45 min before the response"),
        ("2026-11-27T16:46:03Z", '"2026-11-29T17:46:03Z"', "2 d 1 h after that"),
        ("suffix Z or offset zero", 'string "2026-11-27T11:01:03-05:00"', ""),
        ("2026-11-27T16:46:03Z to 2026-11-27T16:46:03Z", "2026-11-27T16:46:03Z", ""),
        ("9999-12-31T23:59:59-12:00", "2026-11-27T16:46:03Z", ""),
        ("2026-13-41T99:00:00Z", "2026-11-27T16:46:03Z", ""),
    ],
)  # fmt: skip
def test_two_moments_are_told_in_one_form_with_the_difference(expected: str, actual: str, said: str) -> None:
    assert times.apart(expected, actual) == said


@pytest.mark.parametrize(
    ("written", "shown"),
    [("2026-11-28T11:24:06+00:00", "2026-11-28 11:24:06"), ("2026-11-28T11:24:06.123Z", "2026-11-28 11:24:06"),
     ("2026-11-28T11:24:06.5+02:00", "2026-11-28 09:24:06"), ("2026-11-28T11:24:06", "2026-11-28 11:24:06"),
     ("0001-01-01T00:00:00+09:00", "0001-01-01T00:00:00+09:00"), ("yesterday", "yesterday"), ("", "")],
)  # fmt: skip
def test_a_time_is_shown_in_utc_and_leaves_the_zone_to_what_is_beside_it(written: str, shown: str) -> None:
    base = {"id": "a", "started": written}

    page = template("changes.html.j2").render(report={"comparison": {"base": base}}, changes=[])

    assert f"run a{f' of {shown} UTC' if written else ''}." in unescape(page)


def test_a_clause_is_one_card_however_often_it_is_broken() -> None:
    report = broken()
    dealt = cards.group_by_clause(report["findings"], arrange(report).clauses)

    assert [card.clause for card in dealt] == list(dict.fromkeys(row["clause"] for row in report["findings"]))
    assert sum(card.total for card in dealt) == len(report["findings"])
    assert sum(card.times for card in dealt) == sum(row["count"] for row in report["findings"])


def test_every_broken_clause_is_named_with_its_place_pointer_expected_and_actual() -> None:
    report = broken()
    text = re.sub("<[^>]+>", "", html.render(report))
    for row in report["findings"]:
        for name in ("clause", "message", "text", "place"):
            assert row[name].replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") in text, row["clause"]
    for card in cards.group_by_clause(report["findings"], {}):
        for name in ("pointer", "expected", "actual"):
            assert str(card.first[name]).replace("<", "&lt;").replace(">", "&gt;") in text


def test_cards_are_numbered_in_the_order_in_which_they_stand() -> None:
    page = html.render(broken())
    body = page[page.index('id="failures"') :]

    assert (numbers := [int(number) for number in re.findall(r'<h4 id="f(\d+)"', body)]) == sorted(numbers)
    assert len(numbers) == len({row["clause"] for row in broken()["findings"]})


def test_nothing_has_an_empty_heading_where_a_value_or_a_place_is_empty() -> None:
    report = everything()
    next(iter(report["coverage"]["response_types"].values()))[""] = 3
    report["equivalence"][2]["pointer"] = ""
    page = html.render(report)

    assert not re.findall(r"<th[^>]*>\s*</th>", page)
    assert '<th scope="row">empty</th>' in page
    assert '<th scope="row">the whole message</th><td>12, 4 differed' in page


def test_the_kinds_shown_are_explained_as_on_the_command_line() -> None:
    report = broken()
    text = html.render(report)

    for kind in {row["kind"] for row in report["findings"] if row["decides"]}:
        assert f"<code>{kind}</code>: {KINDS[kind]}".replace("'", "&#39;") in text


def test_evidence_gets_the_room_that_is_left_and_every_first_place_gets_some() -> None:
    report = broken()
    dealt = cards.group_by_clause(report["findings"], {})
    cards.attach_evidence(dealt, 60_000)
    used = sum(len(text.encode()) for card in dealt for place in card.places for text in place.evidence.values())

    assert used <= 60_000
    assert all("response" in card.places[0].evidence for card in dealt if card.first.get("response"))
    nothing = cards.group_by_clause(report["findings"], {})
    cards.attach_evidence(nothing, 0)
    assert not any(place.evidence for card in nothing for place in card.places)
    assert all(card.places[0].left_out for card in nothing if card.first.get("response"))


def test_the_xpath_stands_beside_the_pointer_where_the_member_is_broken_in_xml_too() -> None:
    finding = {"clause": "A", "operation": "ping", "pointer": "/results/0/price", "message": "wrong"}
    rows = [finding | {"media_type": "json"}, finding | {"pointer": "/results/3/price", "xpath": "/Ping/Price"}]

    assert [place.xpath for place in cards.group_by_clause(rows, {})[0].places] == ["/Ping/Price", "/Ping/Price"]
    assert cards.group_by_clause(rows[:1], {})[0].places[0].xpath == ""


def test_the_cover_says_who_what_when_and_by_which_registers() -> None:
    report = everything()
    cover = html.render(report).split("</header>")[0]

    for words in ("Lead receiver of Example Ltd", "Quality, Example Ltd", "When (UTC)", "no legal advice", "consent"):
        assert words in cover
    footer = html.render(report).split("<footer>")[1]
    for name in ("clauses.yaml", "readings.yaml", "openapi.yaml"):
        assert f"sha256:{report['run']['specs'][name]}" in footer
        assert report["run"]["specs"][name] not in cover
    view = arrange(report)
    numbers = Counter((row["level"], view.shown[row["id"]]) for row in report["clauses"])
    for (level, result), number in numbers.items():
        assert re.search(rf'class="{result}">.*?<td data-is="{level}">{number}</td>', cover)


def test_failures_and_warnings_are_one_number_each_wherever_they_stand() -> None:
    for report in (broken(), client()):
        cover = html.render(report).split("</header>")[0]
        deciding = {row["clause"] for row in report["findings"] if row["decides"]}
        failed, warned = len(deciding), len({row["clause"] for row in report["findings"]} - deciding)

        assert re.search(rf"{failed} (requirements|situations) failed; {warned} warnings?\.", cover)
        assert f"✗ failed</b> <b>{failed}</b>" in cover
        assert f"! warning</b> <b>{warned}</b>" in cover
        assert "unauthorised" not in cover


def test_what_no_test_decides_is_apart_from_what_the_run_left_open() -> None:
    report = clean()
    text = html.render(report)
    never = [row for row in report["clauses"] if row["result"] == "untested" and not row["check"]]
    left = [row for row in report["clauses"] if row["result"] == "untested" and row["check"]]
    whole = len(report["clauses"]) - len(never)

    assert f"{whole - len(left)} of {whole} testable clauses tested" in text
    assert f"– never testable from outside</b> <b>{len(never)}</b>" in text
    assert f"○ left open by this run</b> <b>{len(left)}</b>" in text
    assert "22 requests carried wrong credentials on purpose." in text


def test_the_changes_against_another_run_are_shown_as_such() -> None:
    report = everything()
    page = html.render(report)
    part = page[page.index('id="comparison"') : page.index("</section>", page.index('id="comparison"'))]
    headings = re.findall(r"<h3>(.*?)</h3>", part)

    assert headings == ["✗ 1 new", "✗ 2 still failing", "✓ 1 fixed"]
    pieces = re.split("<h3>", part)[1:]
    compared = report["comparison"]
    for piece, name in zip(pieces, ("new", "still", "fixed"), strict=True):
        assert re.findall(r">(LE2-[A-Z0-9-]+)<", piece) == [row["clause"] for row in compared[name]]
    assert "1 new, 2 still failing, 1 fixed." in page.split('class="bar"')[0]
    assert 'id="comparison"' not in html.render(broken())


def test_the_matrix_counts_what_the_report_holds() -> None:
    report = everything()
    matrices = sections.equivalence(report)

    assert sum(len(one.members) for one in matrices) == len(report["equivalence"])
    assert [one.members[0]["state"] for one in matrices] == ["different"] * 4
    assert {one.compared for one in matrices} == {24}
    page = html.render(report)
    assert len(re.findall(r"<th scope=\"row\">/results/\*/price</th><td>12, 4 differed</td>", page)) == 4


def test_waivers_name_reason_owner_and_expiry_and_what_they_waive() -> None:
    report = everything()
    page = html.render(report)
    part = page[page.index('id="waivers"') : page.index("</section>", page.index('id="waivers"'))]

    for row in report["waivers"]:
        for name in ("clause", "reason", "owner", "expires", "state"):
            assert row[name] in part
    assert report["findings"][0]["message"] in part
    failures = page[page.index('id="failures"') : page.index("</section>", page.index('id="failures"'))]
    assert report["findings"][0]["clause"] not in re.findall(r"<a href=\"#(LE2[^\"]+)\"", failures)


def test_every_clause_that_was_decided_names_its_exchange() -> None:
    report = broken()
    decided = [row for row in report["clauses"] if row["result"] in ("passed", "failed")]
    without = [row for row in decided if not sections.evidence(row)]

    # Whether two responses agree, or a call came, is no single exchange's doing.
    assert {row["id"].split("-")[2] for row in without if row["member"] != "/source/returnURL"} <= {"TWIN", "CALLBACK"}
    page = html.render(report)
    for row in decided:
        if number := sections.evidence(row):
            start = page.index(f'<tr id="{row["id"]}"')
            assert re.search(rf"\bline {number}<", page[start : page.index("</tr>", start)])


def test_the_command_repeats_the_run() -> None:
    run = {"target": "http://127.0.0.1:1/a b", "seed": 7, "fail_on": "any"}
    chosen = [{"id": "namespaces", "taken": "serializer", "chosen": True}, {"id": "x", "taken": "y", "chosen": False}]

    assert sections.repeat({"command": "certify", "run": run | {"readings": chosen}}) == (
        "leadproof certify --target 'http://127.0.0.1:1/a b' --seed 7 --fail-on any --reading namespaces=serializer"
    )
    assert sections.repeat({"command": "validate", "run": {"arguments": ["a b.har"]}}) == "leadproof validate 'a b.har'"
    assert sections.repeat({"command": "certify", "run": run | {"mock": True, "fail_on": "must"}}) == (
        "leadproof certify --seed 7"
    )
    # A run of this version says what it was asked for; several of an older one are named.
    asked = run | {"repeat": "leadproof certify --no-load --seed 7"}
    assert sections.repeat({"command": "certify", "run": asked}) == "leadproof certify --no-load --seed 7"
    several = {"seed": 0, "merged": [{"id": "a"}, {"id": "b"}]}
    assert sections.repeat({"command": "report", "run": several}) == "leadproof report a b"


# ---- how it looks, computed ------------------------------------------------------------------------------------------


def palette(scheme: str) -> dict[str, str]:
    """The colours of a scheme, by name."""
    blocks = re.findall(r":root\{([^}]*)\}", STYLE)
    found = {}
    for block in blocks[: {"light": 1, "dark": 2}[scheme]]:
        found |= dict(re.findall(r"--(\w+):(#[0-9a-f]{3,6})", block))
    return found


def contrast(one: str, other: str) -> float:
    """Contrast of two colours (WCAG 2.2, "contrast ratio")."""

    def luminance(colour: str) -> float:
        digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
        parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_what_is_behind_it(scheme: str) -> None:
    colours = palette(scheme)
    pairs = [(ink, ground) for ink in ("ink", "soft", "link") for ground in
             ("bg", "card", "tint", "goodbg", "badbg", "openbg")]  # fmt: skip
    pairs += [(result, ground) for result in html.SYMBOLS for ground in ("bg", "card", "tint", "badbg", "openbg")]

    weak = {pair: round(contrast(colours[pair[0]], colours[pair[1]]), 2) for pair in pairs}
    assert {pair: ratio for pair, ratio in weak.items() if ratio < 4.5} == {}


def test_the_bar_shows_each_result_in_its_share() -> None:
    view = arrange(broken())
    pieces = re.findall(
        r'<rect x="([\d.]+)" y="0" width="([\d.]+)" height="14" fill="(#\w+)"><title>([\d,]+) ([\w ]+)<',
        html.render(broken()),
    )

    assert [(name, int(number)) for _, _, _, number, name in pieces] == [
        (results.CALLED.get(name, name), number) for name, number in view.results.items() if number
    ]
    total = sum(view.results.values())
    for _, width, _, number, _ in pieces:
        assert abs(float(width) / 1000 - int(number) / total) < 0.02
    assert len({colour for _, _, colour, _, _ in pieces}) == len(pieces)


# ---- in a real browser -----------------------------------------------------------------------------------------------


def look() -> Any:
    """tests/bench/look.py, which is run by path and so is loaded by path."""
    pytest.importorskip("websocket", reason="websocket-client comes with the extra `load`")
    spec = importlib.util.spec_from_file_location("look", ROOT / "tests" / "bench" / "look.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["look"] = module
    spec.loader.exec_module(module)
    return module


LOOK = look()

#: What Jenkins sends with everything that it shows of a build.
JENKINS = "sandbox allow-same-origin; default-src 'none'; img-src 'self'; style-src 'self';"


@pytest.fixture(scope="module")
def tab() -> Iterator[Any]:
    if LOOK.PROGRAM is None:
        pytest.skip("there is no Chromium on this machine")
    with LOOK.browser() as browser:
        yield browser


@pytest.fixture
def shown(tab: Any, tmp_path: Path) -> Callable[..., Any]:
    def show(report: dict[str, Any], way: str = "light") -> Any:
        page = tmp_path / "report.html"
        page.write_text(html.render(report), "utf-8")
        tab.open(page.as_uri(), way)
        assert tab.requests() == [page.as_uri()]
        return tab

    return show


@pytest.mark.parametrize("way", LOOK.WAYS)
@pytest.mark.parametrize("make", REPORTS.values(), ids=REPORTS)
def test_nothing_is_clipped_or_lies_on_something_else(shown: Any, make: Any, way: str) -> None:
    page = shown(make(), way)
    assert (page.run(LOOK.BEYOND), page.run(LOOK.OVERLAPS)) == ([], [])

    page.run(LOOK.OPEN)
    assert (page.run(LOOK.BEYOND), page.run(LOOK.OVERLAPS)) == ([], [])


def test_the_verdict_and_the_first_causes_are_on_the_first_screen(shown: Any) -> None:
    page = shown(broken())
    places = page.run(
        "[...document.querySelectorAll('h1, header .index li')].map(one => one.getBoundingClientRect().bottom)"
    )

    assert len(places) > 5
    assert max(places) < 900


def test_paper_shows_an_appendix_where_the_address_names_it(shown: Any) -> None:
    seen = "document.getElementById('LE2-PING-RES-05').checkVisibility()"
    curl = "document.querySelector('#failures .evidence pre').checkVisibility()"
    page = shown(broken(), "print")

    assert (page.run(seen), page.run(curl)) == (False, True)
    for anchor, expected in (("#clauses", True), ("#LE2-PING-RES-05", True), ("#all", True), ("#readings", False)):
        page.run(f"location.hash = '{anchor}'")
        assert page.run(seen) is expected, anchor
    assert shown(broken()).run(seen) is False


def test_a_link_narrows_the_findings_down_without_script(shown: Any) -> None:
    page = shown(broken())
    seen = "[...document.querySelectorAll('#failures .card')].filter(one => one.checkVisibility()).length"
    whole = page.run(seen)
    for name in page.run("[...document.querySelectorAll('.filter li[id]')].map(one => one.id)"):
        page.run(f"location.hash = '#{name}'")
        assert page.run(seen) == page.run(f"document.querySelectorAll('#failures .on-{name[5:]}').length"), name
    page.run("location.hash = '#failures'")

    assert page.run(seen) == whole


#: What the page shows of its findings and clauses, read off what is laid out, not off what the script says.
CARDS = "[...document.querySelectorAll('.card')].filter(one => getComputedStyle(one).display !== 'none').length"
ROWS = "[...document.querySelectorAll('#clauses tr[id]')].filter(one => one.checkVisibility()).map(one => one.id)"


def narrowed(page: Any, words: str) -> str:
    """What the field announces once words are typed into it."""
    page.run("document.querySelector('.narrow input').focus(); document.querySelector('.narrow input').select()")
    page.call("Input.insertText", text=words)
    return str(page.run("document.querySelector('.narrow output').textContent"))


@pytest.mark.parametrize("words", ["le2-ping-res-05", "Create Lead XML", "isvalid", "no such words"])
def test_a_field_narrows_findings_and_clauses_and_announces_how_many_are_left(shown: Any, words: str) -> None:
    report = broken()
    page = shown(report)
    whole, text = page.run(CARDS), words.lower().split()
    titles = {row["id"]: group.title for group in arrange(report).groups for row in group.clauses}
    expected = {
        one["id"]
        for one in page.run(
            "[...document.querySelectorAll('#clauses tr[id]')].map(one => ({id: one.id, text: one.textContent}))"
        )
        if all(word in f"{one['text']} {titles[one['id']]}".lower() for word in text)
    }
    said = narrowed(page, words)

    assert set(page.run(ROWS)) == expected
    assert said == f"{page.run(CARDS)} of {whole} findings, {len(expected)} of {len(report['clauses'])} clauses"
    assert page.run(CARDS) < whole
    assert page.run("document.querySelector('.narrow output').getAttribute('aria-live')") == "polite"
    assert narrowed(page, " ") == ""
    assert (page.run(CARDS), page.run(ROWS)) == (whole, [])


def test_the_field_is_reached_and_left_with_the_keyboard(shown: Any) -> None:
    page = shown(broken())
    whole = page.run(CARDS)
    for _ in range(60):
        for kind in ("keyDown", "keyUp"):
            page.call("Input.dispatchKeyEvent", type=kind, key="Tab", code="Tab", windowsVirtualKeyCode=9)
        if page.run("document.activeElement.id") == "narrow":
            break
    page.call("Input.insertText", text="LE2-PING")

    assert page.run("document.activeElement.id") == "narrow"
    assert page.run(CARDS) < whole
    for kind in ("keyDown", "keyUp"):
        page.call("Input.dispatchKeyEvent", type=kind, key="Escape", code="Escape", windowsVirtualKeyCode=27)
    assert page.run("document.getElementById('narrow').value") == ""
    assert page.run(CARDS) == whole


def test_a_link_to_what_is_narrowed_away_shows_it(shown: Any) -> None:
    page = shown(broken())
    name = page.run("document.querySelector('#failures .card h4').id")
    assert narrowed(page, "no such words").startswith("0 of ")
    page.run(f"new Promise(go => {{ addEventListener('hashchange', () => go(0)); location.hash = '#{name}' }})")

    assert page.run(f"document.getElementById('{name}').checkVisibility()")
    assert page.run("document.getElementById('narrow').value") == ""


def test_paper_shows_what_a_message_says_before_its_headers(shown: Any) -> None:
    page = shown(broken(), "print")
    seen = "[...document.querySelectorAll('#failures .early .evidence pre i')].map(one => one.checkVisibility())"

    assert set(page.run(seen)) == {False}
    page.open(page.run("location.href"))
    page.run(LOOK.OPEN)
    assert True in page.run(seen)


def test_paper_names_the_card_of_an_exchange_where_it_would_show_one(shown: Any) -> None:
    report = failing(20)
    for row in report["findings"]:
        row |= {"request": "POST /v2/ping\n\nthe same", "response": "200\n\nfor all", "twin": ""}
    page = shown(report, "print")
    seen = "[...document.querySelectorAll('.same')].map(one => one.checkVisibility() === !!one.closest('.early'))"

    assert page.run(seen) == [True] * 19
    assert page.run("document.querySelectorAll('.early > .same').length") == 9


def test_paper_has_all_findings_however_the_page_is_narrowed(shown: Any) -> None:
    page = shown(broken())
    narrowed(page, "no such words")
    assert page.run(CARDS) == 0
    page.call("Emulation.setEmulatedMedia", media="print")

    assert page.run("document.querySelectorAll('#failures .card.out').length") > 0
    assert page.run("[...document.querySelectorAll('#failures .card')].every(one => one.checkVisibility())")
    assert not page.run("document.querySelector('.narrow').checkVisibility()")


def test_only_the_script_that_the_page_names_by_its_hash_runs_and_without_it_no_field_is_shown(
    tab: Any, http_target: Any
) -> None:
    body = html.render(broken())
    other = body.replace("</body>", "<script>window.hacked = 1</script></body>")
    for text, field in ((body, True), (other, True), (other.replace('"use strict"', '"use  strict"'), False)):
        sent = text.encode()
        url = http_target(lambda *_, sent=sent: (200, {"Content-Type": "text/html"}, sent))
        tab.open(url + "/report.html")

        assert tab.run("window.hacked === undefined")
        assert tab.run("document.querySelector('.narrow').checkVisibility()") is field


def test_without_any_style_everything_is_there_and_the_charts_are_right(tab: Any, http_target: Any) -> None:
    report = everything()
    body = html.render(report).encode()
    url = http_target(lambda *_: (200, {"Content-Type": "text/html", "Content-Security-Policy": JENKINS}, body))
    tab.open(url + "/report.html")
    assert {one for one in tab.requests() if not one.endswith("favicon.ico")} == {url + "/report.html"}

    assert tab.run("getComputedStyle(document.querySelector('h1')).fontFamily").startswith(("Times", '"Times'))
    assert not tab.run("document.querySelector('.narrow').checkVisibility()")
    tab.run(LOOK.OPEN)
    text = tab.run("document.body.innerText")
    for row in (*report["clauses"], *report["attestations"]):
        assert row["text"] in text
    for row in report["waivers"]:
        assert row["reason"] in text
    bars = tab.run(
        "[...document.querySelectorAll('.bar rect')].map(one => [one.getBoundingClientRect().width, "
        "getComputedStyle(one).fill, one.textContent])"
    )
    whole = sum(width for width, _, _ in bars)
    total = len(report["clauses"])
    assert all(abs(width / whole - int(words.split()[0].replace(",", "")) / total) < 0.02 for width, _, words in bars)
    assert len({fill for _, fill, _ in bars}) == len(bars)
    assert "rgb(0, 0, 0)" not in {fill for _, fill, _ in bars}


def test_the_keyboard_reaches_everything_that_can_be_used(shown: Any) -> None:
    page = shown(clean())
    stops = page.run("document.querySelectorAll('a, summary, pre[tabindex]').length")
    for _ in range(3):
        for kind in ("keyDown", "keyUp"):
            page.call("Input.dispatchKeyEvent", type=kind, key="Tab", code="Tab", windowsVirtualKeyCode=9)

    assert stops > 20
    assert page.run("document.activeElement.tagName") == "A"
    assert page.run("getComputedStyle(document.activeElement).outlineStyle") == "solid"


HOSTILE = (
    "<script>window.hacked = 1</script>", '"><img src=x onerror="window.hacked=1">', "</style></title></pre></code>",
    "<svg onload=window.hacked=1>", "javascript:window.hacked=1", "\u202eevil\u2066hidden\u200b", "\x00\x1b[31m",
    "half a pair \ud83d", "{{ 7*7 }}", "W" * 3000, "x" * 1_000_000, "Z" + "\u0301" * 200,
)  # fmt: skip


def poisoned(value: Any, text: str) -> Any:
    """Every string of a report with something at its end; names and what the report itself decides stay."""
    if isinstance(value, dict):
        kept = (
            "verdict",
            "command",
            "result",
            "level",
            "basis",
            "id",
            "clause",
            "operation",
            "state",
            "schema",
            "base",
        )
        return {name: one if name in kept and isinstance(one, str) else poisoned(one, text)
                for name, one in value.items()}  # fmt: skip
    if isinstance(value, list):
        return [poisoned(one, text) for one in value]
    return value + text if isinstance(value, str) else value


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: repr(text[:10]))
def test_nothing_that_comes_from_outside_runs_or_breaks_the_page(shown: Any, text: str) -> None:
    report = everything()
    report["clauses"] = report["clauses"][:40]
    report["run"]["readings"] = report["run"]["readings"][:5]
    report["findings"] = report["findings"][:12]

    page = shown(poisoned(report, text), "narrow")
    page.run(LOOK.OPEN)

    assert page.run("window.hacked === undefined && document.scripts.length === 1 && document.images.length === 0")
    assert page.run("document.querySelectorAll('footer').length") == 1
    assert page.run(LOOK.BEYOND) == []
    assert not [one for one in page.events if one.get("method") == "Page.javascriptDialogOpening"]
