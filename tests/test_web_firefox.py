"""The pages in Firefox: each does there what it does in Chromium, and its console stays empty.

An error of a script and what the Content-Security-Policy blocks are both on the console. `tests/firefox.py` drives the
browser; what the pages are to do in detail stands in the other tests of them, with Chromium.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from firefox import Firefox, css, firefox, role
from loads import watched as watched_load
from pages import MENDED, ROOT, WORSE, Served, days, later_report, make_run, serving
from watched import watched as watched_mock

from leadproof.cli.root import run as leadproof
from leadproof.web.runs import key_of

DATA = ROOT / "tests" / "data"
BAD_XML = DATA / "xml-defects" / "capital-true.xml"
BAD_JSON = '{\n "requestId": 7,\n "results": [{"willAccept": "yes"}]\n}'

#: What can be pasted -> the operation to choose ("" where it is recognised), and lines that have to be marked.
PASTED = {
    "JSON": (BAD_JSON, "", [' "requestId": 7,']),
    "XML": (
        BAD_XML.read_text("utf-8"),
        "Create Lead",
        ["            <CustomTCPATextRequired>True</CustomTCPATextRequired>"],
    ),
    "curl -i": (
        f"HTTP/1.1 200 OK\nContent-Type: application/json\n\n{BAD_JSON}",
        "Create Inbound PING",
        [' "requestId": 7,'],
    ),
}

#: What Firefox asks for by itself where a page names no icon, and a report blocks as it blocks everything.
ICON = "/favicon.ico"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    make_run(folder, "before", facts=days(1))
    make_run(folder, "after", report=later_report(), facts=days(9))
    return folder


@pytest.fixture(scope="module")
def captured(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run as `leadproof validate` writes it: what stands in it can be sealed."""
    out = tmp_path_factory.mktemp("out")
    assert leadproof(["validate", str(DATA / "har" / "good" / "plain.har"), "--out", str(out)]) == 0
    (made,) = out.iterdir()
    return made.rename(folder / made.name)


@pytest.fixture(scope="module")
def served(folder: Path, captured: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(folder, environment={"XDG_CACHE_HOME": str(tmp_path_factory.mktemp("cache"))}) as found:
        with found.client() as client:
            while captured.name not in client.get("/").text:
                pass
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Firefox]:
    with firefox() as found:
        yield found


@pytest.fixture
def quiet(browser: Firefox) -> Iterator[Firefox]:
    """The browser; whatever a test does with it, nothing is said on the console."""
    browser.console.clear()
    yield browser
    browser.open("about:blank")
    assert [words for words in browser.console if ICON not in words] == []


@pytest.fixture
def tab(quiet: Firefox, served: Served) -> Firefox:
    """The browser at the list of runs."""
    quiet.open(served.url)
    return quiet


def test_what_is_blocked_is_on_the_console(browser: Firefox, served: Served) -> None:
    browser.open(served.url)
    browser.console.clear()  # another test may have had its reasons
    browser.run("() => document.body.setAttribute('style', 'color:red')")
    browser.run("() => new Promise(done => setTimeout(done, 100))")

    said = [words for words in browser.console if ICON not in words]
    assert ["Content-Security-Policy" in words for words in said] == [True], said


def test_the_list_is_filtered_as_it_is_chosen_and_typed(tab: Firefox) -> None:
    tab.type(role("combobox", "Command"), "certify")
    tab.wait_for("2 runs, the newest first")
    assert "command=certify" in tab.run("() => location.search")
    tab.run("() => history.back()")
    tab.wait(css("#runs tbody tr:nth-child(3)"))

    tab.type(role("searchbox", "Search"), "after")
    tab.wait_for("1 run, the newest first")
    assert "words=after" in tab.run("() => location.search")


def test_a_run_leads_to_its_clauses_and_its_report(tab: Firefox, served: Served, folder: Path) -> None:
    tab.open(f"{served.base}/runs/{key_of(folder / 'after')}")
    assert tab.texts("h1") == ["Failed"]
    tab.click(role("link", WORSE))
    tab.wait_for(WORSE, "h1")

    tab.open(f"{served.base}/runs/{key_of(folder / 'after')}")
    tab.click(role("link", "The whole report"))
    tab.wait(css("header .lede"))
    assert tab.run("() => getComputedStyle(document.querySelector('h1')).fontWeight") == "680"


def test_two_runs_are_compared(tab: Firefox) -> None:
    for name in ("after", "before"):
        tab.click(role("checkbox", f"Mark for a comparison: {name}"))
    tab.click(role("button", "Compare the two runs that are marked"))
    tab.wait_for("Two runs side by side")

    assert set(tab.texts("#fixed tbody th")) == {MENDED}
    assert tab.texts("#new tbody th") == [WORSE]
    assert tab.run("() => document.querySelector('#latency svg').getBoundingClientRect().height") > 100


def test_a_trend_is_drawn_and_its_points_lead_to_runs(tab: Firefox, served: Served) -> None:
    tab.open(f"{served.base}/trends")
    tab.click(css("#subjects tbody a"))
    tab.wait_for("The same in numbers")
    tab.click(css("svg a"))

    tab.wait_for("Directory")
    assert tab.texts("h1")[0] in ("Passed", "Failed")


@pytest.mark.parametrize("kind", PASTED)
def test_what_is_pasted_is_judged_and_the_line_is_marked(tab: Firefox, served: Served, kind: str) -> None:
    words, operation, lines = PASTED[kind]
    tab.open(f"{served.base}/paste")
    tab.paste(role("textbox", "Text"), words)
    if operation:
        tab.type(role("combobox", "Operation"), operation)
    tab.click(role("button", "Judge"))
    tab.wait(css("#verdict.failed[data-focused]"))
    assert tab.run("() => document.activeElement.id") == "verdict"

    marked = tab.texts(".code .marked code")
    assert [line for line in lines if line not in marked] == []
    shown = "it => { const box = it.getBoundingClientRect(); return box.top > 0 || box.bottom < innerHeight }"
    assert tab.run(shown, tab.wait(css(".code .marked")))
    tab.click(role("button", "Copy message"))
    tab.wait(css("[data-copied]:not(:empty)"))


def test_a_file_is_judged_opened_and_saved_as_a_run(tab: Firefox, served: Served, folder: Path) -> None:
    before = set(folder.iterdir())
    tab.open(f"{served.base}/paste")
    tab.attach(css("input[type=file]"), DATA / "har" / "good" / "plain.har")
    tab.click(role("button", "Judge"))
    tab.wait(css("#verdict.passed"))
    assert len(tab.texts("details.exchange")) == 6
    tab.click(css("details.exchange:nth-of-type(2) > summary"))
    tab.wait(css("details.exchange[open] h4"))

    tab.click(role("button", "Save as a run"))
    tab.wait(css("#saved a"))
    (made,) = set(folder.iterdir()) - before
    assert tab.texts("#saved a") == [made.name]
    assert json.loads((made / "report.json").read_bytes())["verdict"] == "passed"


def test_an_item_is_attested_and_sealed(tab: Firefox, served: Served, captured: Path, tmp_path: Path) -> None:
    evidence = tmp_path / "invoice.pdf"
    evidence.write_bytes(b"%PDF 1")
    item = "#LE2-ALL-RULE-16"
    tab.open(f"{served.base}/runs/{key_of(captured)}/attestation")
    tab.click(css(f"{item}:not([open]) > summary"))
    tab.click(css(f"{item} input[value=yes]"))
    tab.type(css(f"{item} input[name=name]"), "R. Doe")
    tab.type(css(f"{item} input[name=remark]"), "as on the invoice")
    tab.attach(css(f"{item} input[type=file]"), evidence)
    tab.click(css(f"{item} button"))
    tab.wait_for("1 yes, 0 no, 0 not applicable, 19 open")
    tab.click(role("button", "Seal the answers"))

    tab.wait_for("Sealed: every file is as the manifest says")


def test_the_reference_is_searched(tab: Firefox, served: Served) -> None:
    tab.open(f"{served.base}/reference")
    tab.type(role("searchbox", "Search"), "LE2-PING-RES-05 orderExpiresOn")
    tab.wait(css("#entries tbody tr:only-child"))
    tab.click(role("link", "LE2-PING-RES-05"))

    tab.wait_for("LE2-PING-RES-05", "h1")
    assert tab.texts("dl.entry dt")[0] == "asks"


def test_dark_and_narrow_pages_are_dark_and_narrow(served: Served, folder: Path, captured: Path) -> None:
    runs = [key_of(folder / name) for name in ("before", "after")]
    paths = (
        "/", f"/runs/{runs[1]}", f"/compare?a={runs[0]}&b={runs[1]}", "/trends", "/paste", "/reference?words=expires",
        f"/runs/{key_of(captured)}/attestation", "/runs/none",
    )  # fmt: skip
    with firefox("dark") as tab:
        tab.resize(400)
        tab.open(served.url)
        for path in paths:
            tab.open(served.base + path)
            assert tab.run("() => getComputedStyle(document.body).backgroundColor") == "rgb(20, 23, 26)", path
            beyond = "it => it.scrollWidth - it.clientWidth"
            assert tab.run(beyond, tab.wait(css("html"))) == 0, path
        assert tab.console == []


def test_a_load_is_watched_from_start_to_end_and_stopped(quiet: Firefox, tmp_path: Path) -> None:
    with watched_load(tmp_path / "out", "--rate", "10", "--duration", "90s") as load:
        quiet.open(load.url)
        quiet.wait_for("The load is on.")
        counted = "() => Number(document.querySelector('[data-part=counts] dd b').innerText)"
        first = quiet.run(counted)
        quiet.run(f"async () => {{ while (({counted})() <= {first}) await new Promise(next => setTimeout(next, 50)) }}")
        quiet.click(role("button", "Hold the figures"))
        quiet.wait(css("[data-live-pause][aria-pressed=true]"))
        quiet.click(role("button", "Hold the figures"))
        assert len(quiet.texts("[data-part=latency] svg")) == 1

        quiet.click(role("button", "Stop"))
        quiet.wait_for("its report is written")
        assert quiet.find(role("button", "Stop")) == []
        assert quiet.texts("[data-live-gone]") == []
        code, _, _ = load.ended()

    assert code == 130


def test_the_exchanges_of_a_mock_come_by_themselves(quiet: Firefox, tmp_path: Path) -> None:
    with watched_mock(tmp_path) as mock:
        quiet.open(mock.page)
        quiet.wait_for("No request has come yet.")
        mock.ping()
        quiet.wait_for("Create Inbound PING", "tbody")
        quiet.click(role("link", "Pause"))
        quiet.wait_for("Paused.")
        quiet.click(css("tbody a"))
        quiet.wait_for("POST /v2/insert/ping")
        quiet.open("about:blank")


def test_what_is_selected_stays_and_a_mock_that_has_ended_is_said(browser: Firefox, tmp_path: Path) -> None:
    """Not on a quiet console: Firefox says there that nobody is at the address."""
    with watched_mock(tmp_path) as mock:
        browser.open(mock.page)
        mock.ping()
        browser.wait_for("Create Inbound PING", "tbody")
        browser.run("() => getSelection().selectAllChildren(document.querySelector('tbody td:nth-child(3)'))")
        mock.ping()
        browser.run("() => new Promise(done => setTimeout(done, 2500))")  # the list renews itself each second
        assert browser.run("() => getSelection().toString()") == "Create Inbound PING"
        browser.run("() => getSelection().empty()")
        browser.wait(css("tbody tr:nth-child(2)"))
        mock.process.terminate()
        browser.wait_for("The server of these pages does not respond", "#unheard")
        browser.open("about:blank")
