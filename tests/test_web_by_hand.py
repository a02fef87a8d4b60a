"""The pages as a person uses them, who holds a button down, selects text, goes back, and whose server has ended.

What a page does when all goes well stands in the tests of the page.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from loads import fold, written
from pages import PATIENCE, Served, make_run, serving, tab_at
from watched import watched

from leadproof.web.runs import key_of


def runs(folder: Path, number: int = 12) -> Path:
    for at in range(number):
        make_run(
            folder, f"run-{at:03}", report={"verdict": ("passed", "failed")[at % 2]},
            facts={"started": f"2026-11-01T00:{at // 60:02}:{at % 60:02}.000Z"},
        )  # fmt: skip
    return folder


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Served]:
    """A server of this test alone, which may end it."""
    with serving(runs(tmp_path / "runs"), environment={"XDG_CACHE_HOME": str(tmp_path / "cache")}) as found:
        yield found


def end(served: Served) -> None:
    served.process.terminate()
    served.process.wait(PATIENCE)


# ---- what comes to nothing is said -----------------------------------------------------------------------------------


def filtered(tab: Any) -> None:
    tab.get_by_label("Search").fill("run-001")


def judged(tab: Any) -> None:
    tab.get_by_label("Text", exact=True).fill("{}")
    tab.get_by_role("button", name="Judge", exact=True).click()


@pytest.mark.parametrize(("path", "act"), [("/", filtered), ("/reference", filtered), ("/paste", judged)])
def test_a_server_that_has_ended_is_said(own: Served, path: str, act: Any) -> None:
    with tab_at(own.url) as tab:
        tab.goto(own.base + path)
        end(own)
        act(tab)

        tab.get_by_role("alert").filter(has_text="The server of these pages does not respond").wait_for()
        assert not tab.get_by_role("button", disabled=True).count()


@pytest.mark.parametrize(("path", "act"), [("/", filtered), ("/paste", judged)])
def test_a_server_with_another_token_says_what_to_open(own: Served, path: str, act: Any) -> None:
    with tab_at(own.url) as tab:
        tab.goto(own.base + path)
        tab.context.clear_cookies()  # as those of another server on this port are none
        act(tab)

        tab.get_by_role("alert").filter(has_text="Open the address that leadproof serve printed").wait_for()
        assert tab.locator("#runs, #result").count() == 1

        tab.goto(own.url)
        filtered(tab)
        tab.get_by_text("1 run, the newest first").wait_for()
        assert tab.locator("#unheard").is_hidden()


def test_going_back_says_so_too_when_the_server_has_ended(own: Served) -> None:
    with tab_at(own.url) as tab:
        filtered(tab)
        tab.get_by_text("1 run, the newest first").wait_for()
        tab.context.clear_cookies()
        tab.evaluate("history.back()")
        tab.get_by_role("alert").filter(has_text="Open the address").wait_for()
        end(own)
        tab.evaluate("history.forward()")

        tab.get_by_role("alert").filter(has_text="does not respond").wait_for()


def test_a_mock_that_has_ended_with_its_page_is_said(tmp_path: Path) -> None:
    with watched(tmp_path) as mock, tab_at(mock.page) as tab:
        mock.process.terminate()

        tab.get_by_role("alert").filter(has_text="The server of these pages does not respond").wait_for()


# ---- what is selected or scrolled stays so ---------------------------------------------------------------------------


def drag(tab: Any, cell: Any) -> str:
    """Selects the text of a cell as a person does; what is selected."""
    cell.scroll_into_view_if_needed()
    box = cell.bounding_box()
    tab.mouse.move(box["x"] + 2, box["y"] + box["height"] / 2)
    tab.mouse.down()
    tab.mouse.move(box["x"] + box["width"] - 2, box["y"] + box["height"] / 2, steps=5)
    tab.mouse.up()
    return selected(tab)


def selected(tab: Any) -> str:
    words: str = tab.evaluate("getSelection().toString()")
    return words


def test_what_is_selected_in_the_list_of_a_mock_stays_until_it_is_copied(tmp_path: Path) -> None:
    with watched(tmp_path) as mock, tab_at(mock.page) as tab:
        rows = tab.locator("tbody tr")
        mock.ping()
        rows.first.wait_for()
        words = drag(tab, rows.first.locator("td").nth(1))
        assert words
        mock.ping()
        with tab.expect_response("**/mock?seen=*"), tab.expect_response("**/mock?seen=*"):
            pass
        tab.wait_for_timeout(100)
        assert (selected(tab), rows.count()) == (words, 1)

        tab.locator("h1").click()
        rows.nth(1).wait_for()


def test_the_list_of_a_mock_stays_where_it_was_scrolled_to(tmp_path: Path) -> None:
    with watched(tmp_path) as mock, tab_at(mock.page) as tab:
        tab.set_viewport_size({"width": 400, "height": 700})
        mock.ping()
        tab.locator("tbody tr").wait_for()
        tab.locator("#exchanges").evaluate("it => it.scrollTo({left: 90})")
        mock.ping()
        tab.locator("tbody tr").nth(1).wait_for()

        assert tab.locator("#exchanges").evaluate("it => it.scrollLeft") == 90


def test_what_is_selected_on_the_page_of_a_load_stays_until_it_is_copied(tmp_path: Path) -> None:
    with written(tmp_path / "runs") as load:
        load.take("a", {"fold": fold(0.5)})
        (run,) = (tmp_path / "runs").iterdir()
        with (
            serving(tmp_path / "runs", environment={"XDG_CACHE_HOME": str(tmp_path / "cache")}) as served,
            tab_at(served.url) as tab,
        ):
            tab.goto(f"{served.base}/runs/{key_of(run)}/live")
            words = drag(tab, tab.locator("[data-part=steps] th").first)
            load.take("a", {"fold": fold(1.5, 5000)})
            tab.locator("[data-part=counts]", has_text="5,100").wait_for()
            assert selected(tab) == words == "ping json"
            assert "5,100" not in tab.locator("[data-part=steps]").inner_text()

            tab.locator("h1").click()
            tab.locator("[data-part=steps]", has_text="5,100").wait_for()

            tab.keyboard.press("Control+a")
            load.take("a", {"fold": fold(2.5, 700)})
            tab.locator("[data-part=steps]", has_text="5,800").wait_for()


# ---- slow responses --------------------------------------------------------------------------------------------------


def slowly(tab: Any, words: str) -> None:
    """Lets what is asked with some words come late."""

    def late(route: Any) -> None:
        tab.wait_for_timeout(1500 if f"words={words}&" in route.request.url else 0)
        route.continue_()

    tab.route("**/*words=*", late)


def list_for(tab: Any, words: str, number: int) -> None:
    tab.get_by_label("Search").fill(words)
    tab.locator("caption", has_text=f"{number} run").wait_for()


@pytest.mark.parametrize("asked", ["back", "filter"])
def test_whoever_goes_back_is_not_overtaken_by_what_was_asked_before(own: Served, asked: str) -> None:
    with tab_at(own.url) as tab:
        list_for(tab, "run-00", 10)
        list_for(tab, "run-001", 1)
        slowly(tab, "run-00" if asked == "back" else "run-002")
        if asked == "back":
            tab.evaluate("history.back()")
        else:
            tab.get_by_label("Search").fill("run-002")
            tab.wait_for_timeout(500)
        tab.evaluate("history.go(-1)" if asked == "back" else "history.go(-2)")
        tab.wait_for_timeout(2500)

        assert tab.url == f"{own.base}/"
        assert tab.get_by_label("Search").input_value() == ""
        assert tab.locator("caption").inner_text() == "12 runs, the newest first"
        list_for(tab, "run-001", 1)
        assert "words=run-001" in tab.url


def test_what_is_marked_while_a_filter_is_on_its_way_stays_marked(own: Served) -> None:
    with tab_at(own.url) as tab:
        slowly(tab, "run-001")
        tab.get_by_label("Search").fill("run-001")
        tab.wait_for_timeout(600)
        tab.get_by_label("Mark for a comparison: run-002").check()
        tab.locator("caption", has_text="1 run").wait_for()

        assert tab.get_by_label("run-002").is_checked()
