"""Pages over run directories: a run, two runs side by side, trends, the reference; in a browser and without one."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pages import (
    EXAMPLE,
    MENDED,
    PATIENCE,
    WORSE,
    Served,
    days,
    later_report,
    make_run,
    press,
    serving,
    tab_at,
)

from leadproof.commands.explaining import Fact
from leadproof.contract import specs
from leadproof.core.histogram import Histogram
from leadproof.core.operations import OPERATIONS
from leadproof.core.text import seconds
from leadproof.load import latency
from leadproof.web import charts
from leadproof.web.catalogue import catalogue
from leadproof.web.pages.reference import CHOICES, PROFILES, SHELVES, entries
from leadproof.web.pages.trends import changes
from leadproof.web.runs import FINISHED, ListedRun, key_of, read

#: A clause that fails in many places of a third run.
OFTEN = "LE2-ALL-AUTH-02"


def often_report() -> dict[str, Any]:
    """The example, and a clause that failed in eight places of two operations."""
    report: dict[str, Any] = json.loads(EXAMPLE.read_bytes())
    first = report["findings"][0]
    report["findings"] += [
        {**first, "clause": OFTEN, "operation": ("ping", "create_lead")[at > 5], "media_type": "application/json",
         "pointer": f"/results/{at}/isValid", "xpath": "", "count": 1 if at else 11} for at in range(8)
    ]  # fmt: skip
    for row in report["clauses"]:
        row["result"] = "failed" if row["id"] == OFTEN else row["result"]
    return report


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    make_run(folder, "before", facts=days(1))
    path = make_run(folder, "after", report=later_report(), facts=days(9))
    (path / "notes <b>&.txt").write_bytes(b"<script>alert(1)</script>")
    make_run(folder, "often", report=often_report(), facts={**days(7), "subject": "many"})
    killed = folder / "killed"
    killed.mkdir()
    (killed / "run.json").write_text(json.dumps({"command": "validate", "arguments": ["x.har"], **days(5)}), "utf-8")
    return folder


@pytest.fixture(scope="module")
def served(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(folder, environment={"XDG_CACHE_HOME": str(tmp_path_factory.mktemp("cache"))}) as found:
        with found.client() as client:
            while "are left" in client.get("/").text:
                time.sleep(0.1)
        yield found


@pytest.fixture(scope="module")
def tab(served: Served) -> Iterator[Any]:
    with tab_at(served.url) as found:
        yield found


# ---- a run -----------------------------------------------------------------------------------------------------------


def test_a_run_says_what_it_came_to_and_leads_to_the_clauses(tab: Any, served: Served) -> None:
    tab.goto(f"{served.base}/?words=after")
    tab.locator("#runs tbody th a").first.click()

    assert tab.locator("h1").inner_text() == "Failed"
    assert "72.5 s" in tab.locator(".run-facts").inner_text()
    headings = tab.locator("#findings h3").all_inner_texts()
    assert [one for one in headings if one.startswith(OPERATIONS["accept_offer"].heading)] or headings
    tab.locator("#warnings").get_by_role("link", name=WORSE, exact=True).click()
    assert tab.locator("h1").inner_text() == WORSE
    assert specs.clauses()[WORSE].text in tab.locator("main").inner_text()


def test_what_fails_a_run_comes_before_its_warnings_and_leads_to_its_exchange(tab: Any, tmp_path: Path) -> None:
    made: dict[str, Any] = json.loads(EXAMPLE.read_bytes())
    must = next(row for row in made["findings"] if row["decides"])
    should = {**must, "level": "should", "decides": False, "operation": "ping"}
    made["findings"] = [
        {**should, "clause": "LE2-PING-RES-05"}, {**must, "clause": WORSE, "operation": "accept_offer"},
        {**should, "clause": OFTEN, "waived": "W-1"}, {**must, "clause": MENDED, "operation": "create_lead"},
    ]  # fmt: skip
    made["waivers"] = [{"clause": OFTEN, "reason": "until the release", "state": "active", "findings": 1}]
    run = make_run(tmp_path, "mixed", report=made, facts=days(1))
    with serving(tmp_path, environment={"XDG_CACHE_HOME": str(tmp_path / "cache")}) as served:
        tab.goto(served.url)
        page = f"{served.base}/runs/{key_of(run)}"
        tab.goto(page)
        clauses = tab.locator("table.found tbody th").all_inner_texts()
        assert sorted(clauses[:2]) == sorted([MENDED, WORSE])
        assert clauses[2:] == ["LE2-PING-RES-05", OFTEN]
        for clause in clauses:
            tab.goto(page)
            tab.get_by_role("link", name=f"With its exchange: {clause}", exact=True).click()
            heading = tab.locator(f"article.card #{tab.url.partition('#')[2]}")
            assert heading.locator("xpath=..").locator(".tags > :first-child").inner_text() == clause
            assert heading.is_visible()


def test_what_failed_many_times_for_one_reason_is_one_row(tab: Any, served: Served, folder: Path) -> None:
    def row(section: str) -> Any:
        rows = tab.locator(f"#{section} tbody tr").filter(has=tab.get_by_role("rowheader", name=OFTEN, exact=True))
        assert rows.count() == 1
        assert rows.locator("td").last.inner_text() == "18"  # eight places, one of them seen eleven times
        assert not rows.get_by_text("/results/7/").is_visible()
        rows.get_by_text("7 more places").click()
        assert rows.get_by_text("/results/7/").is_visible()
        return rows

    key, before = key_of(folder / "often"), key_of(folder / "before")
    tab.goto(f"{served.base}/runs/{key}")
    assert row("findings").locator("td").nth(2).inner_text() == "Create Lead JSON; Create Inbound PING JSON"
    tab.goto(f"{served.base}/compare?a={before}&b={key}")
    assert row("new").count() == 1
    assert tab.get_by_role("link", name="1 clause new (8 findings)").count() == 1


def test_the_field_of_a_report_works_here_as_well_as_in_a_file(tab: Any, served: Served, folder: Path) -> None:
    blocked: list[str] = []
    tab.on("console", lambda message: blocked.append(message.text))
    tab.goto(f"{served.base}/runs/{key_of(folder / 'after')}/report")
    cards = tab.locator(".card:not(.file):not(.out)")
    before = cards.count()

    tab.get_by_label("Narrow to").fill(WORSE)

    assert 0 < cards.count() < before
    assert f" of {before} findings" in tab.locator(".narrow output").inner_text()
    assert blocked == []


def test_the_files_of_a_run_are_saved_and_never_shown(served: Served, folder: Path) -> None:
    with served.client() as client:
        key = key_of(folder / "after")
        page = client.get(f"/runs/{key}").text
        links = re.findall(rf'<a href="(/runs/{key}/files/\w+)" download>([^<]*)</a>', page)

        assert [name for _, name in links] == ["notes &lt;b&gt;&amp;.txt", "report.json", "run.json"]
        for link, _ in links:
            response = client.get(link)
            assert response.headers["content-disposition"].startswith("attachment; ")
            assert response.headers["content-type"] == "application/octet-stream"
            assert response.headers["x-content-type-options"] == "nosniff"
        assert client.get(links[0][0]).headers["content-disposition"] == (
            "attachment; filename=\"notes__b__.txt\"; filename*=UTF-8''notes%20%3Cb%3E%26.txt"
        )
        assert client.get(links[1][0]).content == (folder / "after" / "report.json").read_bytes()
        assert client.get(f"/runs/{key}/files/{'0' * 18}").status_code == 404


def test_the_lines_that_a_report_links_to_are_there(tmp_path: Path) -> None:
    har = Path(__file__).parent / "data" / "har" / "good" / "plain.har"
    line = [sys.executable, "-m", "leadproof", "validate", str(har), "--out", str(tmp_path)]
    subprocess.run(line, check=True, capture_output=True, timeout=PATIENCE)
    (run,) = tmp_path.iterdir()
    with (
        serving(tmp_path, environment={"XDG_CACHE_HOME": str(tmp_path / "cache")}) as served,
        served.client() as client,
    ):
        report = f"/runs/{key_of(run)}/report"
        links = set(re.findall(r'href="([^"#:]+)"', client.get(report).text))
        response = client.get(f"/runs/{key_of(run)}/exchanges.ndjson", follow_redirects=True)

    assert links == {"exchanges.ndjson"}
    assert response.content == (run / "exchanges.ndjson").read_bytes()
    assert response.headers["content-disposition"].startswith("attachment; ")


def test_a_run_without_rows_and_report_is_shown_with_why(served: Served, folder: Path) -> None:
    with served.client() as client:
        response = client.get(f"/runs/{key_of(folder / 'killed')}")

    assert response.status_code == 200
    assert "has no result rows" in response.text
    assert "leadproof report" in response.text


def test_the_report_of_a_killed_run_is_made_in_memory(tmp_path: Path) -> None:
    har = Path(__file__).parent / "data" / "har" / "good" / "plain.har"
    line = [sys.executable, "-m", "leadproof", "validate", str(har), "--out", str(tmp_path)]
    subprocess.run(line, check=True, capture_output=True, timeout=PATIENCE)
    (run,) = tmp_path.iterdir()
    wanted = json.loads((run / "report.json").read_bytes())["counts"]["exchanges"]
    for path in run.iterdir():
        if path.name not in ("run.json", "rows.ndjson", "exchanges.ndjson", "findings.ndjson"):
            path.unlink()
    before = {path.name: path.read_bytes() for path in run.iterdir()}
    with (
        serving(tmp_path, environment={"XDG_CACHE_HOME": str(tmp_path / "cache")}) as served,
        served.client() as client,
    ):
        page = client.get(f"/runs/{key_of(run)}").text

    assert f"{wanted} exchange" in page
    assert "made in memory" in page
    assert {path.name: path.read_bytes() for path in run.iterdir()} == before


def test_a_run_that_is_being_written_is_shown_as_running(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    line = [
        sys.executable,
        "-m",
        "leadproof",
        "load",
        "ping_only",
        "--rate",
        "5",
        "--duration",
        "20s",
        "--out",
        str(runs),
    ]
    process = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        runs.mkdir(exist_ok=True)
        with (
            serving(runs, environment={"XDG_CACHE_HOME": str(tmp_path / "cache")}) as served,
            served.client() as client,
        ):
            ends = time.monotonic() + PATIENCE
            while not (keys := re.findall(r'href="/runs/(\w+)"', client.get("/?state=running").text)):
                assert time.monotonic() < ends
                time.sleep(0.2)
            page = client.get(f"/runs/{keys[0]}")
            assert page.status_code == 200
            assert "It is running" in page.text
            assert process.wait(3 * PATIENCE) is not None
            while keys[0] not in client.get("/?state=finished").text:
                assert time.monotonic() < ends + 4 * PATIENCE
                time.sleep(0.2)
    finally:
        process.kill()
        process.wait()


# ---- two runs --------------------------------------------------------------------------------------------------------


def test_two_runs_are_chosen_in_the_list_and_shown_the_earlier_first(tab: Any, served: Served) -> None:
    tab.goto(served.base)
    for name in ("after", "before"):
        tab.get_by_label(f"Mark for a comparison: {name}").check()
    tab.get_by_role("button", name="Compare the two runs").click()

    links = tab.locator("table.two tbody tr").first.locator("a").all_inner_texts()
    assert links == ["2026-11-01 09:00:00", "2026-11-09 09:00:00"]
    fixed = set(tab.locator("#fixed tbody th").all_inner_texts())
    assert fixed == {MENDED}
    assert tab.locator("#new tbody th").all_inner_texts() == [WORSE]
    assert {MENDED, WORSE} == set(tab.locator("#clauses tbody th").all_inner_texts())
    assert tab.locator("#latency svg polyline").count() >= 4


def levels(tab: Any, section: str) -> list[tuple[str, str]]:
    """The levels in a table of findings, and whether they are shown as failed."""
    cells = tab.locator(f"#{section} tbody > tr > td:nth-child(2)").all()
    return [(cell.inner_text(), cell.get_attribute("class")) for cell in cells]


def test_what_fails_both_runs_is_no_warning_where_they_are_compared(tab: Any, tmp_path: Path) -> None:
    def report(*changes: tuple[str, dict[str, Any]]) -> dict[str, Any]:
        """A should, and a must with these changes at each of these places."""
        made: dict[str, Any] = json.loads(EXAMPLE.read_bytes())
        must = next(row for row in made["findings"] if row["decides"])
        should = {**must, "clause": OFTEN, "level": "should", "decides": False}
        made["findings"] = [should, *({**must, "pointer": place, **change} for place, change in changes)]
        return made

    known = {"known": True, "decides": False}  # the later run was held against a baseline itself
    before = make_run(tmp_path, "before", report=report(("/a", {}), ("/gone", {})), facts=days(1))
    after = make_run(tmp_path, "after", report=report(("/a", known), ("/new", {})), facts=days(2))
    waived = {"waived": "W-1", "decides": False}
    excused = make_run(tmp_path, "excused", report=report(("/a", waived)), facts=days(3))
    with serving(tmp_path, environment={"XDG_CACHE_HOME": str(tmp_path / "cache")}) as served:
        tab.goto(served.url)
        tab.goto(f"{served.base}/compare?a={key_of(before)}&b={key_of(after)}")
        assert levels(tab, "still") == [("must", "failed"), ("should · warning", "untested")]
        assert levels(tab, "new") == [("must", "failed")]
        assert tab.locator("#summary").inner_text().startswith("Not mended: ")
        assert levels(tab, "fixed") + levels(tab, "unseen") == [("must", "failed")]
        links = {
            name: tab.locator(f"#{name} a[href*='/report#']").first.get_attribute("href") for name in ("new", "fixed")
        }
        assert links["new"].startswith(f"/runs/{key_of(after)}/report#f")
        assert links["fixed"].startswith(f"/runs/{key_of(before)}/report#f")

        tab.goto(f"{served.base}/compare?a={key_of(before)}&b={key_of(excused)}")
        assert levels(tab, "still")[0] == ("must · waived", "untested")

        tab.goto(f"{served.base}/runs/{key_of(after)}")
        assert ("must · known from a baseline", "untested") in levels(tab, "warnings")


def test_the_latency_of_a_step_is_the_same_on_every_page(tab: Any, served: Served, folder: Path) -> None:
    def figure(table: str, step: str, column: int) -> str:
        rows = tab.locator(f"{table} tbody tr").filter(has=tab.get_by_role("rowheader").filter(has_text=step))
        return str(rows.last.locator("td").nth(column).inner_text())

    before, after = key_of(folder / "before"), key_of(folder / "after")
    step = "inbound_post json"
    tab.goto(f"{served.base}/compare?a={before}&b={after}")
    heads = tab.locator("#latency thead th").all_inner_texts()
    compared = [figure("#latency table", step, heads.index(name) - 1) for name in ("p50", "p99")]
    tab.goto(f"{served.base}/runs/{after}")
    assert [figure("main section[aria-labelledby=h-load] table", step, at) for at in (2, 4)] == compared
    journeys = json.loads((folder / "after" / "report.json").read_bytes())["latency"]["journeys"]
    shown = [figure("main section[aria-labelledby=h-load] table", "whole journey", at) for at in (0, 4)]
    assert shown == [str(journeys["samples"]), seconds(journeys["p99"])]
    tab.get_by_role("link", name="Trend of this subject").click()
    first = tab.locator("section[aria-labelledby=h-numbers]")
    heads = first.locator("thead th").all_inner_texts()
    at = heads.index(f"{step} p50")
    cells = first.locator("tbody tr").filter(has_text="2026-11-09").locator("th, td")
    assert [cells.nth(at).inner_text(), cells.nth(at + 1).inner_text()] == compared


def failing(*clauses: str) -> dict[str, Any]:
    """The example, in which these clauses fail and no other."""
    made: dict[str, Any] = json.loads(EXAMPLE.read_bytes())
    must = next(row for row in made["findings"] if row["decides"])
    cells = {f"{must['operation']}/{must['media_type'].removeprefix('application/')}": [1, 0]}
    made["findings"] = [{**must, "clause": clause} for clause in clauses]
    for row in made["clauses"]:
        row["cells"] = cells if row["id"] in (MENDED, WORSE, OFTEN) else {}
    return made


def comparison_of(folder: Path, before: str, after: str) -> str:
    """The page that compares two of the runs in a folder, once both are listed."""
    with (
        serving(folder / "runs", environment={"XDG_CACHE_HOME": str(folder)}) as served,
        served.client() as client,
    ):
        while not {before, after} <= set(re.findall(r"/runs/([\w-]+)", client.get("/").text)):
            time.sleep(0.1)
        return client.get(f"/compare?a={before}&b={after}").text


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ((MENDED, OFTEN, WORSE), (WORSE,), "Not mended: 1 requirement still fails, 2 are mended, 0 are new."),
        ((MENDED,), (WORSE,), "Worse: 0 requirements still fail, 1 is mended, 1 is new."),
        ((MENDED,), (), "Mended: 0 requirements still fail, 1 is mended, 0 are new."),
        (
            ("LE2-PING-RES-05",), (),
            "Not all tested again: 0 requirements still fail, 0 are mended, 0 are new. 1 was not tested again.",
        ),
        ((), (), "No requirement failed in either run."),
    ],
)  # fmt: skip
def test_a_comparison_begins_with_what_it_came_to(
    tmp_path: Path, before: tuple[str, ...], after: tuple[str, ...], words: str
) -> None:
    keys = [
        key_of(make_run(tmp_path / "runs", name, report=failing(*clauses), facts=days(at)))
        for at, (name, clauses) in enumerate({"before": before, "after": after}.items(), 1)
    ]
    page = comparison_of(tmp_path, *keys)

    assert re.findall(r'</h1>\s*<p class="lede" id="summary">([^<]*)</p>', page) == [words]


@pytest.mark.parametrize("query", ["", "?run=", "?a=&b="])
def test_without_two_runs_the_page_says_how_they_are_chosen(served: Served, query: str) -> None:
    with served.client() as client:
        assert "Mark two runs in the list" in client.get(f"/compare{query}").text


def test_a_run_that_is_not_there_is_not_compared(served: Served, folder: Path) -> None:
    with served.client() as client:
        assert client.get(f"/compare?a={key_of(folder / 'after')}&b=nothing").status_code == 404


def test_curves_of_two_runs_lie_on_one_axis() -> None:
    curves = {"ping json": [[0.0, 0.01], [50.0, 0.02], [99.0, 0.5], [100.0, 1.0]]}

    steps = {"ping json": {"latency": {"p50": 0.019, "p99": 0.41, "max": 1.0}}}

    made = charts.two_curves({"curves": curves, "steps": steps}, {"curves": curves | {"post": [[0.0, 0.1]]}})

    assert made is not None
    assert [(step, run) for step, run, _ in made.rows] == [("ping json", 0), ("ping json", 1), ("post", 1)]
    assert made.rows[0][2] == ("19.00 ms", "–", "–", "410 ms", "–", "1.00 s")
    assert charts.two_curves({}, {"curves": {}}) is None


def test_the_whole_journey_has_its_figures_beside_its_curve() -> None:
    measured = {"curves": {"journey": [[0.0, 0.01], [100.0, 1.0]]}, "journeys": {"p50": 0.019, "max": 1.0}}

    made = charts.two_curves(measured, {**measured, "steps": {}})

    assert made is not None
    assert made.rows == [("journey", run, ("19.00 ms", "–", "–", "–", "–", "1.00 s")) for run in (0, 1)]
    assert "before: whole journey" in made.svg


def keep_histograms(run: Path, **steps: tuple[float, int]) -> None:
    """Gives a run what `leadproof load` keeps: of each step in JSON so many samples of so many seconds."""
    rows = {
        f"{name} json": {"latency": Histogram.of([seconds] * samples).data()}
        for name, (seconds, samples) in steps.items()
    }
    (run / "latency.json").write_text(json.dumps({"schema": latency.RAW, "steps": rows}), "utf-8")


def test_two_loads_are_told_apart_by_the_rule_of_a_baseline(tab: Any, tmp_path: Path) -> None:
    made: dict[str, Any] = json.loads(EXAMPLE.read_bytes()) | {"command": "load", "findings": []}
    made["latency"]["objectives"][0] |= {"name": "all.p99", "verdict": "PASS"}
    missed: dict[str, Any] = json.loads(json.dumps(made))
    missed["latency"]["objectives"][0]["verdict"] = "FAIL"
    reports = {"first": made, "slow": missed, "again": missed, "bare": missed, "broken": missed}
    runs = {
        name: make_run(tmp_path / "runs", name, report=report, facts=days(at))
        for at, (name, report) in enumerate(reports.items(), 1)
    }
    keep_histograms(runs["first"], ping=(0.004, 3000), inbound_post=(0.2, 3000), gone=(1.0, 3000))
    keep_histograms(runs["slow"], ping=(0.093, 3000), inbound_post=(0.1, 100), new=(1.0, 3000))
    keep_histograms(runs["again"], ping=(0.0935, 3000), inbound_post=(0.1, 3000))
    (runs["broken"] / "latency.json").write_text('{"schema": "leadproof.latency/1", "steps": {"ping": 1}}', "utf-8")
    with serving(tmp_path / "runs", environment={"XDG_CACHE_HOME": str(tmp_path)}) as served:

        def summary(one: str, other: str) -> str:
            tab.goto(f"{served.base}/compare?a={key_of(runs[one])}&b={key_of(runs[other])}")
            return str(tab.locator("#summary").inner_text()).removeprefix("No requirement failed in either run. ")

        def verdicts(step: str) -> list[str]:
            row = tab.locator("#latency tbody tr").filter(has_text=step).filter(has_text="After")
            return [" ".join(cell.locator("small").all_inner_texts()) for cell in row.locator("td").all()]

        tab.goto(served.url)
        tab.get_by_text("5 runs, the newest first").wait_for()
        assert summary("first", "slow") == (
            "Objectives missed now: all.p99. Latency worse: ping json p50 4.00 ms → 93.00 ms, "
            "ping json p95 4.00 ms → 93.00 ms, ping json p99 4.00 ms → 93.00 ms. "
            "Latency better: inbound_post json p50 200 ms → 100 ms, inbound_post json p95 200 ms → 100 ms. "
            "Too few samples to compare: inbound_post json p99."
        )
        assert verdicts("ping json") == ["worse", "", "worse", "worse", "", ""]
        assert verdicts("inbound_post json") == ["better", "", "better", "too few samples", "", ""]
        assert verdicts("whole journey") == [""] * 6
        assert "more than 5% and 1 ms" in tab.locator("#latency > p").inner_text()
        assert summary("slow", "again").startswith("Latency the same: ")
        for other in ("bare", "broken"):
            assert summary("first", other) == "Objectives missed now: all.p99."
            assert "takes the histograms of two load runs" in tab.locator("#latency > p").inner_text()


def test_two_runs_of_a_client_are_compared_in_the_words_of_their_reports(tmp_path: Path) -> None:
    example = EXAMPLE.parent / "client" / "report.json"
    before: dict[str, Any] = json.loads(example.read_bytes())
    after: dict[str, Any] = json.loads(example.read_bytes())
    failed = next(row["clause"] for row in before["findings"])
    after["findings"] = [row for row in before["findings"] if row["clause"] != failed]
    for row in after["clauses"]:
        row["result"] = "passed" if row["id"] == failed else row["result"]
    keys = [
        key_of(make_run(tmp_path / "runs", name, report=report, facts=before["run"] | days(at)))
        for at, (name, report) in enumerate({"before": before, "after": after}.items(), 1)
    ]
    page = comparison_of(tmp_path, *keys)
    main = page.partition("<main")[2].partition("</main>")[0]

    assert not re.findall(
        r"[^<>]*(?:clause|requirement)[^<>]*", re.sub(r"<td>[^<]*|<[^>]*>", "<>", main), re.IGNORECASE
    )
    assert "Situations failed" in main
    assert "1 situation came to another result" in main
    assert "10 situations still fail, 1 is mended, 0 are new." in main


# ---- trends ----------------------------------------------------------------------------------------------------------


def test_a_trend_is_found_by_its_subject_and_its_points_lead_to_runs(tab: Any, served: Served, folder: Path) -> None:
    tab.goto(f"{served.base}/trends")
    tab.locator("#subjects tbody a").first.click()

    assert [one.get_attribute("href") for one in tab.locator("tbody th a").all()] == [
        f"/runs/{key_of(folder / name)}" for name in ("after", "before")
    ]
    assert tab.locator("svg").count() == 3
    hrefs = {one.get_attribute("href") for one in tab.locator("svg a").all()}
    assert hrefs == {f"/runs/{key_of(folder / name)}" for name in ("after", "before")}
    assert {"PASS", "FAIL"} <= set(tab.locator("tbody").last.inner_text().split())


def test_a_trend_reads_no_report(served: Served, folder: Path) -> None:
    with served.client() as client:
        link = re.findall(r'href="(/trends\?[^"]*)"', client.get("/trends").text)[0].replace("&amp;", "&")
        whole = client.get(link).text
        hidden = folder / "before" / "report.json"
        moved = hidden.rename(folder / "report.json")
        try:
            assert client.get(link).text == whole
        finally:
            moved.rename(hidden)


def test_a_trend_says_in_words_how_latency_changed(tab: Any, served: Served) -> None:
    tab.goto(f"{served.base}/trends")
    tab.locator("#subjects tbody a").first.click()

    words = tab.locator("#changes li").all_inner_texts()
    assert len(words) == 2
    assert "inbound_post json: p99 15.36 ms → 30.71 ms, 2 × as high" in words


@pytest.mark.parametrize(
    ("last", "words"),
    [
        (0.276, "44 × as high"), (0.0157, "2.5 × as high"), (0.00942, "50% higher"), (0.00314, "50% lower"),
        (0.00629, "unchanged"),
    ],
)  # fmt: skip
def test_a_change_of_latency_is_told_from_the_first_to_the_last_run_that_has_it(last: float, words: str) -> None:
    runs = [
        ListedRun(str(at), "", FINISHED, latency=latency)
        for at, latency in enumerate(
            [{"a": (0.001, 0.00628)}, {"a": (0.001, 9.0)}, {"a": (0.001, last)}, {"b": (1, 1)}]
        )
    ]

    assert [(step, told) for step, *_, told in changes(runs, catalogue())] == [("a", words)]


def test_what_says_nothing_comes_last_in_a_trend() -> None:
    def names(**values: int) -> list[str]:
        run = ListedRun("a", "/a", FINISHED, started="2026-11-01T09:00:00Z", latency={"a": (1.0, 2.0)}, **values)
        return [one.name for one in charts.trend([run])]

    assert names() == ["latency", "failed"]
    assert names(warnings=1) == names(failed=1) == ["failed", "latency"]


def test_a_load_without_a_verdict_says_why_wherever_its_verdict_stands(tmp_path: Path) -> None:
    why = "generator saturated: it was 31.0 ms behind its schedule at p99, 20 ms are allowed"
    report: dict[str, Any] = json.loads(EXAMPLE.read_bytes()) | {"command": "load", "verdict": "inconclusive"}
    report["latency"]["objectives"][0] |= {"verdict": "INCONCLUSIVE", "reason": why}
    runs = [make_run(tmp_path / "runs", f"load-{at}", report=report, facts=days(at)) for at in (1, 2)]
    with (
        serving(tmp_path / "runs", environment={"XDG_CACHE_HOME": str(tmp_path)}) as served,
        served.client() as client,
    ):
        while "are left" in client.get("/").text:
            time.sleep(0.1)
        link = re.findall(r'href="(/trends\?[^"]*)"', client.get("/trends").text)[0].replace("&amp;", "&")
        pages = [client.get(path).text for path in ("/", link, "/compare?a={}&b={}".format(*map(key_of, runs)))]

    for page in pages:
        assert page.count(why) >= 2


def runs_at(*moments: str) -> list[ListedRun]:
    return [
        ListedRun(str(number), f"/r/{number}", FINISHED, started=moment, failed=number)
        for number, moment in enumerate(moments)
    ]


@pytest.mark.parametrize(
    ("moments", "marks"),
    [
        (["2026-11-01T09:00:00Z", "2026-11-05T09:00:00Z"], ["01 Nov", "03 Nov", "04 Nov", "05 Nov"]),
        (["2026-11-01T09:00:00Z"], ["08:59:30", "08:59:45", "01 Nov 09:00:00", "09:00:15", "09:00:30"]),
        (
            ["2026-01-01T00:00:00Z", "2026-06-20T00:00:00Z"],
            [f"{one} 2026" for one in ("01 Jan", "Mar", "Apr", "May", "20 Jun")],
        ),
        (["1999-01-01T00:00:00Z", "2031-06-20T00:00:00Z"], ["01 Jan 1999", "Jan 2010", "Jan 2020", "20 Jun 2031"]),
    ],
)
def test_an_axis_of_time_has_its_ends_and_round_marks(moments: list[str], marks: list[str]) -> None:
    drawn = charts.trend(runs_at(*moments))[0].svg

    assert re.findall(r'text-anchor="middle">([^<]+)<', drawn) == marks


@pytest.mark.parametrize("moment", ["", "soon", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00", "2026-99-99"])
def test_a_run_without_a_time_is_on_no_axis(moment: str) -> None:
    assert charts.trend(runs_at(moment)) == []


# ---- the reference ---------------------------------------------------------------------------------------------------


def test_the_reference_says_of_everything_what_explain_says() -> None:
    for shelf in CHOICES:
        if shelf == PROFILES:
            continue
        rows = SHELVES[shelf].rows()
        found = entries(shelf)
        assert list(found) == list(rows)
        for name in list(rows)[:: max(1, len(rows) // 50)]:
            told = [one for one in SHELVES[shelf].explain(name, rows[name]) if isinstance(one, Fact)]
            assert found[name].facts == tuple((one.label, one.text) for one in told)


def test_the_reference_is_searched_and_its_entries_name_each_other(tab: Any, served: Served) -> None:
    tab.goto(f"{served.base}/reference")
    tab.get_by_label("Search").fill("orderExpiresOn")
    tab.locator("#entries", has_not=tab.get_by_role("link", name="LE2-ALL-AUTH-01", exact=True)).wait_for()
    press(tab, tab.locator("#entries").get_by_role("link", name="LE2-PING-RES-05", exact=True))
    assert tab.locator("dl.entry").inner_text().startswith("asks")
    tab.locator("dl.entry").get_by_role("link", name="ping", exact=True).click()

    assert tab.locator("h1").inner_text() == "ping"
    assert tab.locator("dl.entry a").count() > 20


@pytest.mark.parametrize("shelf", CHOICES)
def test_every_shelf_has_a_page_and_its_entries_too(served: Served, shelf: str) -> None:
    with served.client() as client:
        page = client.get("/reference", params={"shelf": shelf})
        links = re.findall(rf'href="(/reference/{shelf}/[^"]+)"', page.text)

        assert len(links) == min(len(entries(shelf)), 1000)
        assert {client.get(link).status_code for link in links[:: max(1, len(links) // 8)]} == {200}


def test_what_is_not_in_the_reference_is_not_found(served: Served) -> None:
    with served.client() as client:
        for path in ("clauses/LE2-NONE", "report/schema", "nothing/ping", "clauses/..%2f..%2fetc"):
            assert client.get(f"/reference/{path}").status_code == 404
        assert "Nothing has these words" in client.get("/reference?words=xyzzy+plugh").text


# ---- the index -------------------------------------------------------------------------------------------------------


def test_the_index_knows_the_latency_of_steps_and_the_objectives(folder: Path) -> None:
    report = json.loads(EXAMPLE.read_bytes())["latency"]

    run = read(folder / "before", time.time())

    assert run.latency == {
        name: (row["latency"]["p50"], row["latency"]["p99"]) for name, row in report["steps"].items()
    }
    assert run.objectives == {row["name"]: row["verdict"] for row in report["objectives"]}
    assert run.seconds == 72.5


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (b"[]", "report.json is no JSON object"),
        (b'{"counts": NaN}', "report.json is no JSON"),
        (b'{"counts": {"exchanges": 1e999}}', "report.json"),
        (b'{"counts": {"exchanges": 100000000000000000000}}', "report.json has a member of the wrong type"),
        (b'{"clauses": {"a": 1}}', "report.json has a member of the wrong type"),
        (b'{"latency": {"steps": {"a": {"latency": {"p50": 1e308}}}}}', "report.json has a member of the wrong type"),
        (b'{"a":' * 100_000, "maximum recursion depth"),
        (b"\xff\xfe", "report.json is no JSON object"),
    ],
    ids=["list", "nan", "infinity", "large", "mapping", "slow", "deep", "no text"],
)
def test_a_report_that_is_none_is_a_row_that_says_so(tmp_path: Path, document: bytes, words: str) -> None:
    path = make_run(tmp_path, "odd")
    (path / "report.json").write_bytes(document)

    run = read(path, time.time())

    assert (run.state, run.problem[: len(words)]) == ("broken", words)


def test_a_deleted_run_leaves_the_list(tmp_path: Path) -> None:
    path = make_run(tmp_path / "runs", "one")
    with serving(tmp_path / "runs", environment={"XDG_CACHE_HOME": str(tmp_path)}) as served, served.client() as client:
        ends = time.monotonic() + PATIENCE
        while key_of(path) not in client.get("/").text:
            assert time.monotonic() < ends
            time.sleep(0.1)
        shutil.rmtree(path)
        while key_of(path) in client.get("/").text:
            assert time.monotonic() < ends
            time.sleep(0.1)
        assert client.get(f"/runs/{key_of(path)}").status_code == 404
