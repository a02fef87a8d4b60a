"""Judging by paste: the page says what `leadproof validate` says, shows it at its line, and keeps nothing by itself."""

from __future__ import annotations

import ast
import gzip
import json
import os
import re
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from pages import ROOT, Served, serving, tab_at

from leadproof.captures.validating import validate
from leadproof.contract import profile
from leadproof.contract.specs import clauses, client_clauses
from leadproof.core.errors import ServerError
from leadproof.core.findings import KINDS
from leadproof.core.operations import OPERATIONS
from leadproof.web import judging
from leadproof.web.catalogue import catalogue
from leadproof.web.hints import PHRASES, on_page
from leadproof.web.judging import JudgingRules, Pasted, judge, judge_apart
from leadproof.web.partner import message, remedy

DATA = ROOT / "tests" / "data"
CAPTURES = sorted(
    path
    for pattern in ("har/*/*.har", "captures/*.*", "captures/tools/*.*", "known/*.har")
    for path in DATA.glob(pattern)
    if path.suffix not in (".md", ".toml", ".py") and path.is_file()
)
BODIES = sorted(
    path
    for pattern in ("bodies/*/*", "xml-defects/*.xml", "documentation/responses/*", "documentation/requests/*")
    for path in DATA.glob(pattern)
    if path.suffix in (".json", ".xml") and path.is_file()
)
RULES = JudgingRules(profile.load())
BAD_XML = DATA / "xml-defects" / "capital-true.xml"


def said(report: dict[str, Any]) -> Any:
    """What a report says, without what a view of it adds."""
    rows = [(row["clause"], row["kind"], row["pointer"], row["xpath"], row["count"]) for row in report["findings"]]
    files = [(row["format"], row["exchanges"], row["problem"]) for row in report["files"]]
    seen = [(row["kind"], row["pointer"], row["message"], row["count"]) for row in report["observations"]]
    return report["verdict"], report["exit_code"], report["counts"], rows, files, seen


def validated(path: Path, operation: str | None = None, *, as_documented: bool = False) -> Any:
    plan = RULES.plan(operation, as_documented=as_documented)
    return said(validate([path], plan, None).report("validate", {}))


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.name)
def test_a_capture_comes_to_what_validate_says(path: Path, tmp_path: Path) -> None:
    alone = tmp_path / path.name
    alone.write_bytes(path.read_bytes())

    assert said(judge(Pasted(path.read_bytes(), path.name), RULES).report) == validated(alone)


def test_a_body_comes_to_what_validate_says_as_every_operation() -> None:
    """One test: there are hundreds of bodies, and each is small."""
    for path in BODIES:
        named = next((name for name in sorted(OPERATIONS, key=len, reverse=True) if path.stem.startswith(name)), None)
        for operation in {named, None, "create_lead"}:
            result = judge(Pasted(path.read_bytes(), path.name, operation, as_documented=operation == named), RULES)
            expected = validated(path, operation, as_documented=operation == named)
            assert said(result.report) == expected, (path, operation)
            shown = {(one.row["clause"], one.row["pointer"]) for it in result.exchanges for one in it.findings}
            assert {(row[0], row[2]) for row in expected[3]} <= shown, (path, operation)


@pytest.mark.parametrize("path", [path for path in BODIES if "xml-defects" in str(path)], ids=lambda path: path.name)
def test_a_finding_is_marked_where_it_is(path: Path) -> None:
    (it,) = judge(Pasted(path.read_bytes(), path.name, "create_lead"), RULES).exchanges
    assert it.response is not None
    for finding in it.findings:
        line = next(line for line in it.response.body if finding.number in line.marks)
        assert line.number == finding.line
        named = re.findall(r"[\w]+", finding.row["xpath"].rpartition("/")[2]) or ["LeadReceiverResult"]
        raw = path.read_text("utf-8").splitlines()[line.number - 1]
        assert finding.nearby or named[-1] in raw or named[0] in raw or "line" in finding.row["message"]


def test_an_error_of_a_parser_is_marked_at_its_line() -> None:
    text = b'{\n "requestId": "1",\n "results": [{"willAccept": tru}]\n}'

    (it,) = judge(Pasted(text, "", "ping"), RULES).exchanges

    assert it.response is not None
    (line,) = [line for line in it.response.body if line.marks]
    assert (line.number, next(piece for piece, number in line.pieces if number)[:3]) == (3, "tru")


def test_what_is_missing_is_marked_at_what_should_hold_it() -> None:
    text = b'{\n "requestId": "6f1c0a52-3f0e-4b6c-9d5e-2a1b7c9e4f10",\n "results": [\n  {"willAccept": true}\n ]\n}'

    (it,) = judge(Pasted(text, "", "ping"), RULES).exchanges

    missing = [one for one in it.findings if one.row["kind"] == "schema.missing"]
    assert {(one.line, one.nearby) for one in missing} == {(4, True)}


def test_every_kind_of_finding_has_advice() -> None:
    text = catalogue()

    assert [kind for kind in KINDS if not kind.startswith("metrics.") and not remedy({"kind": kind}, text)] == []


def test_advice_is_about_kinds_and_checks_that_there_are() -> None:
    advised = {name.partition(".")[2] for name in catalogue().texts if name.startswith("remedy.")}

    checks = {clause.check for clause in (*clauses().values(), *client_clauses().values())}
    assert advised - {*KINDS, *(kind.partition(".")[0] for kind in KINDS), *checks} == set()


def test_advice_about_an_id_that_is_given_twice_is_to_give_another_one() -> None:
    offer = b'{"offerId": "a001", "name": "A", "price": 1.5, "url": "", "privacyURL": "", "termsURL": ""}'
    text = b'{"results": [{"willAccept": true, "offers": [' + offer + b", " + offer + b"]}]}"

    (it,) = judge(Pasted(text, "", "ping"), RULES).exchanges

    (row,) = [one.row for one in it.findings if one.row["clause"] == "LE2-ALL-RULE-09"]
    assert remedy(row, catalogue()).startswith("Give each offer an id of its own: ")


@pytest.mark.parametrize(("clause", "kind", "advice"), [
    ("LE2-ALL-RULE-01", "business.contradiction", "Make the members agree with each other: "),
    ("LE2-POST-SEQ-03", "sequence.broken", "Refuse an order that has expired."),
    ("LE2-NONE", "sequence.broken", "Compare with the earlier exchange, "),
])  # fmt: skip
def test_advice_is_that_of_the_check_where_the_kind_says_too_little(clause: str, kind: str, advice: str) -> None:
    assert remedy({"clause": clause, "kind": kind}, catalogue()).startswith(advice)


def test_the_message_to_a_partner_says_it_all_and_nothing_personal() -> None:
    capture = (
        b"POST /v2/status/7 HTTP/1.1\r\nHost: a.example\r\napi-key: verysecretkey1\r\n\r\n"
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{}"
    ).replace(b"POST /v2/status/7", b"GET /v2/status/6f1c0a52-3f0e-4b6c-9d5e-2a1b7c9e4f10")

    (it,) = judge(Pasted(capture), RULES).exchanges
    text = message(it, catalogue())

    assert "verysecretkey1" not in text
    first = it.findings[0].row
    for words in (first["clause"], first["text"], first["place"], "GET /v2/status/6f1c0a52", "HTTP 200",
                  "leadproof validate --operation lead_status response.json"):  # fmt: skip
        assert words in text
    assert text.startswith(f"{len(it.findings)} finding")


def test_the_message_to_a_partner_names_the_body_that_the_findings_are_in() -> None:
    bad = '{"source": {"vid": "x", "aid": 2001, "lid": 1}, "leads": [{"fields": {"State": "UT"}}]}'
    good = bad.replace('"x"', "1001")
    refused = (
        '{"requestId": "6f1c0a52-3f0e-4b6c-9d5e-2a1b7c9e4f10",'
        ' "results": [{"isValid": true, "willAccept": false, "response": "Not wanted"}]}'
    )

    def told(request: str, response: str) -> list[tuple[str, str]]:
        capture = (
            "POST /v2/insert/ping HTTP/1.1\r\nHost: a.example\r\nContent-Type: application/json\r\n\r\n"
            f"{request}\r\n\r\nHTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{response}"
        )
        (it,) = judge(Pasted(capture.encode()), RULES).exchanges
        command = r"the body of the (\w+) above as a file and run:\n    leadproof validate --operation ping (\S+)"
        return re.findall(command, message(it, catalogue()))

    of_request, of_response = ("request", "request.json"), ("response", "response.json")
    assert told(bad, refused) == [of_request]
    assert told(good, "{}") == [of_response]
    assert told(bad, "{}") == [of_request, of_response]
    # It lacks credentials, which no body shows.
    assert told(good, refused) == []
    for body in (bad, "{}"):
        assert judge(Pasted(body.encode(), "", "ping"), RULES).exchanges[0].findings


def test_what_takes_too_long_is_ended() -> None:
    with pytest.raises(ServerError, match=r"not judged in 0\.01 s"):
        judge_apart(Pasted((DATA / "har" / "good" / "plain.har").read_bytes(), "a.har"), RULES, 0.01)


@pytest.mark.parametrize(
    "text",
    [b"[" * 300_000, b'{"results":' * 50_000, b"<a>" * 100_000, b'"' * 100_000, b"\0\xff" * 5_000,
     b"{" + b"x" * 200_000,
     b'<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;">]><LeadReceiverResult>&c;</LeadReceiverResult>',
     gzip.compress(b"[" * 1_000_000), b"PK\x03\x04" + b"\0" * 100 + b"PK\x05\x06"],
    ids=["arrays", "objects", "elements", "quotes", "bytes", "broken", "entities", "gzip", "zip"],
)  # fmt: skip
def test_hostile_texts_come_to_a_result(text: bytes) -> None:
    assert judge_apart(Pasted(text, "", "ping"), RULES).report["verdict"] in ("failed", "inconclusive")


# ---- the page --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def served(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(folder, environment={"XDG_CACHE_HOME": str(tmp_path_factory.mktemp("cache"))}) as found:
        yield found


@pytest.fixture(scope="module")
def tab(served: Served) -> Iterator[Any]:
    with tab_at(served.url) as found:
        yield found


def post(client: httpx.Client, text: bytes = b"", **fields: str) -> httpx.Response:
    """A form as a browser without script sends it."""
    files: dict[str, Any] = {name: (None, value) for name, value in fields.items()}
    return client.post("/paste", files={"text": (None, text), **files}, headers={"sec-fetch-site": "same-origin"})


def marked(tab: Any) -> list[str]:
    found: list[str] = tab.locator(".code .marked code").all_inner_texts()
    return found


def judged(tab: Any, served: Served, text: str = "", file: Any = None, operation: str = "") -> None:
    tab.goto(f"{served.base}/paste")
    if text:
        tab.get_by_label("Text", exact=True).fill(text)
    if file is not None:
        tab.get_by_label("Or a file").set_input_files(file)
    if operation:
        tab.get_by_label("Operation").select_option(operation)
    tab.get_by_role("button", name="Judge", exact=True).click()
    tab.locator("#verdict").wait_for()


def test_xml_is_asked_for_its_operation_and_then_judged(tab: Any, served: Served) -> None:
    judged(tab, served, BAD_XML.read_text("utf-8"))
    assert "Inconclusive" in tab.locator("#verdict").inner_text()
    question = tab.locator("#which")
    assert "This fits several operations. Which was it?" in question.inner_text()
    assert question.get_by_role("button").all_inner_texts() == ["Create Lead", "Inbound Post"]
    assert "create_lead" not in tab.locator("#result").inner_text()
    question.get_by_role("button").first.wait_for()
    assert question.evaluate("it => it.getBoundingClientRect().bottom <= innerHeight")

    tab.get_by_role("button", name="Create Lead", exact=True).click()
    tab.locator("#verdict.failed").wait_for()

    assert marked(tab) == ["            <CustomTCPATextRequired>True</CustomTCPATextRequired>"]
    card = tab.locator("[data-clause]")
    assert card.get_attribute("data-clause") == "LE2-CREATE-RES-20"
    for words in ("boolean", 'string "True"', "Create Lead / Response table", "What to do:", "/LeadReceiverResult/"):
        assert words in card.inner_text()
    # What was pasted is put away, because it is not redacted; the result has the focus.
    assert tab.get_by_label("Text", exact=True).is_hidden()
    assert tab.locator("#verdict").evaluate("it => it === document.activeElement")


def test_the_operation_is_asked_for_without_script_too(served: Served) -> None:
    text = BAD_XML.read_text("utf-8")
    with served.client() as client:
        asked = post(client, text).text
        judged_as = post(client, text, operation="inbound_post").text

    assert "Choose Create Lead or Inbound Post in the list Operation above, and paste it" in asked
    assert '<details id="input" class="input" open>' in asked
    assert 'data-clause="LE2-POST-RES' in judged_as


@pytest.mark.parametrize("headers", [{}, {"hx-request": "true"}], ids=["whole", "part"])
@pytest.mark.parametrize("operation", ["", "create_lead"])
def test_what_was_pasted_is_no_part_of_what_comes_back(served: Served, headers: dict[str, str], operation: str) -> None:
    """What is pasted is not redacted."""
    element = "<CustomTCPATextRequired>True</CustomTCPATextRequired>"
    text = BAD_XML.read_text("utf-8").replace(element, f"{element}<LastName>Zacharius-Quux</LastName>").encode()
    assert b"Zacharius" in text
    files: dict[str, Any] = {"text": (None, b""), "file": ("Zacharius.xml", text), "operation": (None, operation)}
    with served.client() as client:
        came = client.post("/paste", files=files, headers={"sec-fetch-site": "same-origin", **headers}).text

    assert ('id="which"' in came) == (not operation)
    for start in range(3):  # base64 knows three forms of a text, by where it begins
        hidden = b64encode(b"\0" * start + b"Zacharius-Quux").decode()[start + 1 : -4]
        assert hidden not in came
    assert "Zacharius-Quux" not in came


def test_of_a_text_and_a_file_the_newer_is_judged(tab: Any, served: Served) -> None:
    tab.goto(f"{served.base}/paste")
    text, file = tab.get_by_label("Text", exact=True), tab.get_by_label("Or a file")
    file.set_input_files(DATA / "har" / "good" / "plain.har")
    text.fill('{"requestId": 7, "results": [{"willAccept": "yes"}]}')
    tab.get_by_role("button", name="Judge", exact=True).click()
    tab.locator("#verdict.failed").wait_for()

    tab.locator("#input > summary").click()
    file.set_input_files(DATA / "har" / "good" / "plain.har")
    assert text.input_value() == ""
    tab.get_by_role("button", name="Judge", exact=True).click()
    tab.locator("#verdict.passed").wait_for()


def test_of_a_text_and_a_file_none_is_judged_without_script(served: Served) -> None:
    with served.client() as client:
        files: dict[str, Any] = {"text": (None, b"{}"), "file": ("a.json", b"[]")}
        response = client.post("/paste", files=files, headers={"sec-fetch-site": "same-origin"})

    assert response.status_code == 400
    assert "There is a text and a file." in response.text


def given(tab: Any, kind: str, *names: str) -> None:
    """Drops files on the page, or pastes them."""
    held = tab.evaluate_handle(
        "names => { const it = new DataTransfer(); for (const name of names) it.items.add(new File(['{}'], name));"
        " return it }", names,
    )  # fmt: skip
    tab.locator("#text").evaluate(
        "(to, [kind, held]) => to.dispatchEvent(kind === 'drop'"
        " ? new DragEvent(kind, {dataTransfer: held, bubbles: true, cancelable: true})"
        " : new ClipboardEvent(kind, {clipboardData: held, bubbles: true, cancelable: true}))", [kind, held],
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["drop", "paste"])
def test_a_file_that_comes_later_takes_the_place_of_the_first_and_two_at_once_are_too_many(
    tab: Any, served: Served, kind: str
) -> None:
    tab.goto(f"{served.base}/paste")
    names = "it => [...it.files].map(file => file.name)"
    for name in ("first.json", "second.png"):
        given(tab, kind, name)
        assert tab.locator("#file").evaluate(names) == [name]

    given(tab, kind, "third.json", "fourth.json")
    tab.get_by_text("One file at a time").wait_for()
    assert tab.locator("#file").evaluate(names) == ["second.png"]
    given(tab, kind, "fifth.json")
    tab.get_by_text("One file at a time").wait_for(state="hidden")


def test_a_file_that_was_changed_since_it_was_chosen_is_said(tab: Any, served: Served, tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_text('{"requestId": 7}', "utf-8")
    tab.goto(f"{served.base}/paste")
    tab.get_by_label("Or a file").set_input_files(file)
    file.write_text('{"requestId": 7, "results": []}', "utf-8")
    os.utime(file, (2_000_000_000, 2_000_000_000))
    tab.get_by_role("button", name="Judge", exact=True).click()

    tab.get_by_role("alert").filter(has_text="it was changed or moved since it was chosen").wait_for()
    tab.get_by_label("Or a file").set_input_files(file)
    tab.get_by_role("button", name="Judge", exact=True).click()
    tab.locator("#verdict").wait_for()
    assert tab.locator("#unheard").is_hidden()


def test_two_fast_presses_judge_once(tab: Any, served: Served) -> None:
    tab.goto(f"{served.base}/paste")
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.method))
    tab.get_by_label("Text", exact=True).fill("{}")
    tab.get_by_role("button", name="Judge", exact=True).dblclick()
    tab.locator("#verdict").wait_for()

    assert asked == ["POST"]


def test_what_was_chosen_is_saved(tab: Any, served: Served, folder: Path) -> None:
    before = set(folder.iterdir())
    judged(tab, served, BAD_XML.read_text("utf-8"))
    tab.get_by_role("button", name="Inbound Post", exact=True).click()
    tab.locator("#verdict.failed").wait_for()

    tab.get_by_role("button", name="Save as a run").click()
    tab.locator("#saved a").wait_for()

    (run,) = set(folder.iterdir()) - before
    assert "LE2-POST-RES" in (run / "report.json").read_text("utf-8")
    assert json.loads((run / "report.json").read_bytes())["verdict"] == "failed"


def test_json_is_recognised(tab: Any, served: Served) -> None:
    judged(tab, served, '{\n "requestId": 7,\n "results": [{"willAccept": "yes"}]\n}')

    assert "Create Inbound PING" in tab.locator("#result h3").inner_text()
    assert ' "requestId": 7,' in marked(tab)
    assert "JSON Pointer" in tab.locator("[data-clause]").first.inner_text()
    assert "XPath" not in tab.locator("#result").inner_text()
    assert "XPath" not in tab.get_by_label("Text of the message").inner_text()


def test_the_output_of_curl_is_read(tab: Any, served: Served) -> None:
    judged(tab, served, (DATA / "captures" / "curl-i.txt").read_text("utf-8"), operation="ping")

    assert "HTTP 200" in tab.locator("#result").inner_text()


def test_a_har_is_a_list_of_exchanges(tab: Any, served: Served) -> None:
    judged(tab, served, file=DATA / "har" / "good" / "plain.har")

    assert "Passed" in tab.locator("#verdict").inner_text()
    assert tab.locator("details.exchange").count() == 6
    tab.locator("details.exchange summary").nth(1).click()
    assert tab.locator("details.exchange[open] h4").first.inner_text() == "Request"


def test_a_packed_file_is_read(tab: Any, served: Served) -> None:
    data = gzip.compress((DATA / "har" / "good" / "plain.har").read_bytes())
    judged(tab, served, file={"name": "a.har.gz", "mimeType": "application/gzip", "buffer": data})

    assert tab.locator("details.exchange").count() == 6


def test_a_file_can_be_dropped(tab: Any, served: Served) -> None:
    tab.goto(f"{served.base}/paste")
    held = tab.evaluate_handle(
        "text => { const it = new DataTransfer(); it.items.add(new File([text], 'a.xml')); return it }",
        BAD_XML.read_text("utf-8"),
    )
    tab.dispatch_event("main", "drop", {"dataTransfer": held})
    tab.get_by_label("Operation").select_option("create_lead")
    tab.get_by_role("button", name="Judge", exact=True).click()

    tab.locator("#verdict.failed").wait_for()
    assert "a.xml" not in marked(tab)
    assert len(marked(tab)) == 1


def test_the_message_is_copied_or_selected(tab: Any, served: Served) -> None:
    judged(tab, served, BAD_XML.read_text("utf-8"), operation="create_lead")

    tab.get_by_role("button", name="Copy message").click()

    tab.get_by_text(re.compile("^(Copied|Selected)")).wait_for()
    text = tab.get_by_label("Text of the message")
    assert "LE2-CREATE-RES-20 (must, resolved)" in text.inner_text()
    assert tab.evaluate("getSelection().toString()").strip() == text.inner_text().strip()
    assert text.evaluate("it => it.scrollHeight <= it.clientHeight + 1 && it.scrollWidth <= it.clientWidth + 1")


def test_a_result_below_the_open_form_is_marked_as_an_earlier_one(tab: Any, served: Served) -> None:
    judged(tab, served, BAD_XML.read_text("utf-8"), operation="create_lead")
    earlier = tab.get_by_text("This is the result of what was judged before.")
    earlier.wait_for(state="hidden")

    tab.locator("#input > summary").click()
    earlier.wait_for()
    tab.get_by_label("Operation").select_option("inbound_post")
    tab.get_by_role("button", name="Judge", exact=True).click()
    tab.locator('[data-clause^="LE2-POST-RES"]').first.wait_for()

    earlier.wait_for(state="hidden")
    assert tab.locator("#verdict").count() == 1


def test_it_is_saved_only_when_asked_for(tab: Any, served: Served, folder: Path) -> None:
    before = set(folder.iterdir())
    judged(tab, served, BAD_XML.read_text("utf-8"), operation="create_lead")
    assert set(folder.iterdir()) == before

    tab.get_by_role("button", name="Save as a run").click()
    tab.locator("#saved a").wait_for()

    (run,) = set(folder.iterdir()) - before
    assert tab.locator("#saved a").inner_text() == run.name
    report = json.loads((run / "report.json").read_bytes())
    assert (report["command"], report["verdict"]) == ("validate", "failed")
    assert {"manifest.json", "run.json", "report.html"} <= {path.name for path in run.iterdir()}


def test_nothing_on_the_page_breaks_its_own_rules(tab: Any, served: Served) -> None:
    told: list[str] = []
    tab.on("console", lambda message: told.append(message.text))
    judged(tab, served, BAD_XML.read_text("utf-8"), operation="create_lead")
    judged(tab, served, file=DATA / "har" / "good" / "plain.har")

    assert told == []


#: Words that only fit a terminal, but for what is said to be done there.
TERMINAL = re.compile(r"(?<!-)--[a-z]{2,}|LEADPROOF_\w+|leadproof [a-z]+|\bvalidate reads|docs/")

#: Modules whose messages no pasted text comes to: of clusters, mappings, time ranges and several processes.
ELSEWHERE = ("cluster", "mapping", "selecting", "suggesting", "tasks", "validating")


def literals(path: Path) -> list[str]:
    """The texts of a module that are no docstrings; what is put into one is a letter."""
    tree = ast.parse(path.read_text("utf-8"))
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            found.append("".join(str(one.value) if isinstance(one, ast.Constant) else "x" for one in node.values))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told | parts:
            found.append(node.value)
    return found


def test_no_hint_about_a_capture_sends_a_reader_of_the_page_to_a_terminal() -> None:
    source = ROOT / "src" / "leadproof"
    paths = [one for one in (source / "captures").glob("*.py") if one.stem not in ELSEWHERE]
    paths += [source / "judge" / "stand_ins.py", source / "runs" / "formats" / "outcome.py"]
    hints = [text for path in paths for text in literals(path) if TERMINAL.search(text)]

    assert len(hints) >= 12
    for hint in hints:
        shown = re.sub(r"on a command line, .*", "", on_page(hint, catalogue()))
        assert not TERMINAL.search(shown), hint


def test_every_phrase_for_a_terminal_is_one_that_is_said() -> None:
    source = ROOT / "src" / "leadproof"
    paths = [*(source / "captures").glob("*.py"), source / "judge" / "stand_ins.py"]
    said = [text for path in [*paths, source / "runs" / "formats" / "outcome.py"] for text in literals(path)]

    assert [phrase for phrase in PHRASES if not any(re.search(phrase, text) for text in said)] == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"a": 1}', "choose it in the list Operation on this page"),
        ('{"level": "info", "a": 1}\n{"level": "info", "a": 2}\n', "which this page has no field for"),
        ("nothing of the kind", "what is read is named below the field Text"),
        ('{"openapi": "3.1.0", "paths": {}}', "on a command line, leadproof diff"),
        (
            "GET /elsewhere HTTP/1.1\nHost: a.example\n\nHTTP/1.1 200 OK\nContent-Type: text/plain\n\nfine",
            "was the traffic of the lead receiver recorded?<",
        ),
    ],
)  # fmt: skip
def test_what_was_not_judged_points_to_what_is_on_the_page(served: Served, text: str, words: str) -> None:
    with served.client() as client:
        response = post(client, text.encode())
    result = response.text.partition('id="result"')[2].partition("</main>")[0]

    assert words in result
    assert not TERMINAL.search(re.sub(r"on a command line, [^<]*|<[^>]*>", "", result))


def test_it_works_without_script_and_shows_nothing_personal(served: Served) -> None:
    body = {
        "source": {"vid": 1001, "aid": 2001},
        "leads": [{"fields": {"FirstName": "Zacharius", "Email": "z.quux@leak.example", "Phone": "212-555-0142"}}],
    }
    capture = (
        "POST /v2/insert/ping HTTP/1.1\nHost: a.example\napi-key: verysecretkey1\nContent-Type: application/json\n\n"
        + json.dumps(body, indent=1)
        + "\n\nHTTP/1.1 200 OK\nContent-Type: application/json\n\n"
        + '{"requestId": 1, "results": [{"response": "Zacharius has z.quux@leak.example"}]}'
    )
    with served.client() as client:
        response = post(client, capture.encode())

    assert response.status_code == 200
    assert 'data-clause="' in response.text
    assert [word for word in ("Zacharius", "z.quux", "verysecretkey1", "555-0142") if word in response.text] == []


def test_hostile_strings_are_shown_and_do_nothing(tab: Any, served: Served) -> None:
    hostile = "</code><script>document.title='owned'</script><img src=x onerror=document.title='owned'>\u202e"
    judged(tab, served, json.dumps({"requestId": hostile, "results": [{hostile: hostile, "willAccept": hostile}]}))
    tab.get_by_text("⟨U+202E⟩").first.wait_for()

    assert "owned" not in tab.title()
    assert tab.locator("main script, main img").count() == 0


def test_what_is_too_large_is_refused(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    with served.client() as client:
        response = post(client, b" " * (judging.MOST + 100_000))

    assert response.status_code == 413
    assert "more than 20 MB" in response.text
    assert "leadproof validate FILE" in response.text


@pytest.mark.parametrize(
    ("headers", "content"),
    [({"content-type": "text/plain"}, b"{}"), ({"content-type": "multipart/form-data; boundary=x"}, b"--x\r\nno"),
     ({"content-type": "multipart/form-data"}, b""), ({}, b"")],
)  # fmt: skip
def test_what_is_no_form_is_refused(served: Served, headers: dict[str, str], content: bytes) -> None:
    with served.client() as client:
        response = client.post("/paste", content=content, headers={"sec-fetch-site": "same-origin", **headers})

    assert response.status_code == 400


def test_read_only_pages_judge_nothing(tmp_path: Path) -> None:
    with (
        serving("--read-only", tmp_path, environment={"XDG_CACHE_HOME": str(tmp_path / "cache")}) as served,
        httpx.Client(base_url=served.base, trust_env=False) as client,
    ):
        assert "<form" not in client.get("/paste").text
        assert post(client, b"{}").status_code == 403
