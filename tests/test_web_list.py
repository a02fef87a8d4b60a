"""The list of runs in a real browser."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from pages import PATIENCE, ROOT, Served, make_run, press, serving, tab_at

from leadproof.cli import main
from leadproof.runs.evidence import read_report
from leadproof.runs.formats.sections import repeat
from leadproof.runs.formats.view import arrange
from leadproof.web.runs import FINISHED, key_of, read


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("runs")
    for number in range(120):
        verdict = ("passed", "failed")[number % 2]
        make_run(
            folder, f"run-{number:03}", report={"verdict": verdict},
            facts={"started": f"2026-11-01T00:{number // 60:02}:{number % 60:02}.000Z"},
        )  # fmt: skip
    (folder / "odd").mkdir()
    (folder / "odd" / "run.json").write_text("[]", "utf-8")
    with serving(folder, environment={"XDG_CACHE_HOME": str(tmp_path_factory.mktemp("cache"))}) as found:
        with found.client() as client:
            while "are left" in client.get("/").text:
                pass
        yield found


@pytest.fixture(scope="module")
def tab(served: Served) -> Iterator[Any]:
    with tab_at(served.url) as found:
        yield found


def rows(tab: Any) -> list[str]:
    found: list[str] = tab.locator("#runs tbody tr").all_inner_texts()
    return found


def test_the_newest_come_first_a_page_at_a_time(tab: Any, served: Served) -> None:
    tab.goto(served.base)

    assert len(rows(tab)) == 50
    assert "run-119" in rows(tab)[0]
    tab.get_by_role("link", name="Older").click()
    tab.wait_for_url("**page=2")
    assert "run-069" in rows(tab)[0]
    assert tab.locator("caption").inner_text() == "Runs 51 to 100 of 121, the newest first"


def test_a_filter_works_as_it_is_chosen(tab: Any, served: Served) -> None:
    tab.goto(served.base)

    tab.get_by_label("Verdict").select_option("failed")
    tab.get_by_text("Runs 1 to 50 of 60").wait_for()
    assert {row.split()[3] for row in rows(tab)} == {"failed"}
    tab.get_by_label("Search").fill("run-11")
    tab.get_by_text("5 runs, the newest first").wait_for()
    assert "words=run-11" in tab.url

    press(tab, tab.locator("#runs tbody a").first)
    tab.wait_for_url("**/runs/*")


def test_what_is_pressed_is_not_replaced_before_it_is_let_go(tab: Any, served: Served) -> None:
    tab.goto(served.base)

    tab.get_by_label("Search").type("run-11")
    press(tab, tab.locator("#runs tbody a").first, 1500)  # what was typed is asked for after 300 ms
    tab.wait_for_url("**/runs/*")

    tab.goto(served.base)
    tab.get_by_label("Search").type("run-11")
    press(tab, tab.locator("#runs caption"), 1500)
    tab.get_by_text("10 runs, the newest first").wait_for()


def marks(tab: Any) -> list[str]:
    found: list[str] = tab.locator("#runs [name=run]:checked").evaluate_all(
        "found => found.map(it => it.closest('tr, label').innerText.match(/run-\\d+/)[0])"
    )
    return sorted(found)


def test_marked_runs_stay_marked_when_the_list_is_filtered_paged_and_come_back_to(tab: Any, served: Served) -> None:
    tab.goto(served.base)
    tab.get_by_label("Mark for a comparison: run-119").check()
    tab.get_by_label("Search").fill("run-00")
    tab.get_by_text("10 runs, the newest first").wait_for()
    assert marks(tab) == ["run-119"]
    tab.get_by_label("Search").fill("no run has this")
    tab.get_by_text("No run is as you ask.").wait_for()
    assert marks(tab) == ["run-119"]

    tab.get_by_label("Search").fill("")
    tab.get_by_role("link", name="Older").click()
    tab.wait_for_url("**page=2**")
    tab.get_by_label("Mark for a comparison: run-050").check()
    tab.get_by_role("link", name="Older").click()
    tab.wait_for_url("**page=3**")
    assert marks(tab) == ["run-050", "run-119"]
    tab.get_by_label("run-119").uncheck()
    tab.get_by_label("Mark for a comparison: run-002").check()
    tab.reload()
    assert marks(tab) == ["run-002", "run-050"]
    tab.locator("#runs tbody a").first.click()
    tab.locator("h1").wait_for()
    tab.go_back()
    tab.locator("#runs").wait_for()
    assert marks(tab) == ["run-002", "run-050"]

    tab.get_by_role("button", name="Compare the two runs").click()
    assert tab.locator("table.two .small").all_inner_texts()[:2] == ["run-002", "run-050"]


def test_another_number_of_runs_than_two_is_said_and_they_stay_marked(tab: Any, served: Served) -> None:
    for number, words in ((1, "1 run is"), (3, "3 runs are")):
        tab.goto(served.base)
        for at in range(number):
            tab.locator("#runs [name=run]").nth(at).check()
        tab.get_by_role("button", name="Compare the two runs").click()
        tab.get_by_text(f"{words} marked, and a comparison takes two.").wait_for()
        tab.get_by_role("link", name="Back to the runs").click()
        assert len(marks(tab)) == number


def test_asking_for_the_same_again_is_no_step_to_go_back_by(tab: Any, served: Served) -> None:
    tab.goto(served.base)
    field = tab.get_by_label("Search")
    field.fill("run-11")
    tab.get_by_text("10 runs, the newest first").wait_for()
    steps = tab.evaluate("history.length")
    for _ in range(2):
        with tab.expect_response("**words=run-11**"):
            field.press("Enter")
    tab.evaluate("history.back()")
    tab.get_by_text("Runs 1 to 50 of 121").wait_for()

    assert tab.evaluate("history.length") == steps
    assert field.input_value() == ""


def test_fast_typing_and_a_slow_server_come_to_what_was_typed_last(tab: Any, served: Served) -> None:
    def late(route: Any) -> None:
        tab.wait_for_timeout(1500 if "words=run-1&" in route.request.url else 0)
        route.continue_()

    tab.goto(served.base)
    tab.route("**/*words=*", late)
    field = tab.get_by_label("Search")
    field.type("run-1")
    tab.wait_for_timeout(600)
    field.type("19")
    tab.get_by_text("1 run, the newest first").wait_for()
    tab.unroute("**/*words=*")

    assert "words=run-119" in tab.url
    assert field.input_value() == "run-119"


def test_a_filter_works_without_script(served: Served) -> None:
    with served.client() as client:
        page = client.get("/", params={"verdict": "passed", "words": "run-00", "command": ""}).text

    assert page.count('<th scope="row">') == 5


def test_what_cannot_be_read_is_named_and_the_others_are_shown(tab: Any, served: Served) -> None:
    tab.goto(f"{served.base}/?state=broken")

    assert ["run.json is no JSON object" in row for row in rows(tab)] == [True]


def test_a_run_leads_to_its_report(tab: Any, served: Served) -> None:
    tab.goto(f"{served.base}/?words=run-119")
    tab.locator("#runs tbody a").first.click()
    tab.get_by_role("link", name="The whole report").click()

    assert "Failed" in tab.locator("h1").inner_text()


def test_a_load_is_listed_with_what_was_put_on(tmp_path: Path) -> None:
    latency = {"model": "open", "scenario": {"name": "ping_only", "rate": 50.0, "shape": "step"}, "repeat": "r"}
    run = make_run(tmp_path, "load", report={"command": "load", "latency": latency}, facts={"target": "http://a"})

    listed = read(run, 0.0)

    assert listed.subject == "http://a, ping_only 50/s step"
    assert repeat({"command": "load", "latency": latency, "run": {"seed": 1}}) == "r"


@pytest.mark.parametrize("given", [(), ("--fail-on", "should"), ("--fail-on", "any"), ("--baseline",)])
def test_the_list_counts_what_failed_as_the_page_of_the_run_does(given: tuple[str, ...], tmp_path: Path) -> None:
    line = ["validate", str(ROOT / "reports" / "examples" / "exchanges.har"), "--json", "--out"]
    if given == ("--baseline",):
        main([*line, str(tmp_path / "before")])
        given = ("--baseline", str(next((tmp_path / "before").iterdir())))
    main([*line, str(tmp_path / "runs"), *given])
    (run,) = (tmp_path / "runs").iterdir()

    listed, told = read(run, 0.0), arrange(read_report(run)).results

    assert (listed.failed, listed.warnings) == (told["failed"], told["warning"])
    assert (listed.failed == 0) == (listed.verdict == "passed")


def test_a_run_whose_files_have_names_that_are_no_text_is_shown(tmp_path: Path) -> None:
    name = "pr\udcfcfung.har"  # a byte of Latin-1, as Python reads it
    facts = {"subject": None, "mock": False, "target": "", "arguments": [name], "started": "2026-11-01T09:00:00.000Z"}
    run = make_run(tmp_path, "bytes", report={"files": [{"path": name, "exchanges": 1, "problem": None}]}, facts=facts)

    listed = read(run, 0.0)

    assert (listed.state, listed.subject) == (FINISHED, name)
    with (
        serving(tmp_path, environment={"XDG_CACHE_HOME": str(tmp_path / "cache")}) as served,
        served.client() as client,
    ):
        for page in ("", "/report", "/attestation"):
            assert client.get(f"/runs/{key_of(run)}{page}").status_code == 200


@pytest.mark.parametrize("spoil", ["removed", "alone", "overwritten"])
def test_the_index_may_be_thrown_away_at_any_time(spoil: str, tmp_path: Path) -> None:
    make_run(tmp_path / "runs", "one")
    environment = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    with (
        serving(tmp_path / "runs", environment=environment) as served, served.client() as client,
        ThreadPoolExecutor(8) as people,
    ):  # fmt: skip

        def listed(name: str) -> bool:
            found = list(people.map(lambda _: client.get("/"), range(8)))
            assert {response.status_code for response in found} <= {200, 500 if spoil == "overwritten" else 200}
            return all(f">{name}<" in response.text for response in found)

        wait_until(lambda: listed("one"))
        (file,) = (tmp_path / "cache" / "leadproof" / "runs").glob("*.sqlite")
        if spoil == "removed":
            shutil.rmtree(tmp_path / "cache")
        elif spoil == "alone":
            file.unlink()
        else:
            file.write_bytes(b"no index" * 4096)
        make_run(tmp_path / "runs", "two")
        wait_until(lambda: listed("one") and listed("two"))


def wait_until(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.1)


def test_where_there_is_no_cache_no_index_is_left_behind(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "tmp").mkdir()
    make_run(tmp_path / "runs", "one")
    environment = {"XDG_CACHE_HOME": str(tmp_path / "file"), "TMPDIR": str(tmp_path / "tmp")}

    with serving(tmp_path / "runs", environment=environment) as served, served.client() as client:
        wait_until(lambda: ">one<" in client.get("/").text)
        assert len(list((tmp_path / "tmp").glob("*/*.sqlite"))) == 1

    assert list((tmp_path / "tmp").iterdir()) == []
