"""What axe-core says of every page and every report: nothing, in light, in dark, and 400 pixels wide.

Its rules are all on: those of WCAG at A and AA, its best practices, and what it tries out. Everything that is folded is
opened first, because axe-core passes over what is hidden.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import httpx
import pytest
from loads import fold, written
from pages import ROOT, Served, browsing, chromium, days, later_report, make_run, serving
from watched import KEY, WatchedMock, watched

from leadproof.cli.root import run as leadproof
from leadproof.load import conclusion
from leadproof.web.runs import key_of

REPORTS = sorted((ROOT / "reports" / "examples").rglob("*.html"))
BAD_XML = ROOT / "tests" / "data" / "xml-defects" / "capital-true.xml"

#: How a page is looked at -> colour scheme and width in pixels, and which rules can come to something else that way.
WAYS = {"light": ("light", 1200, ""), "dark": ("dark", 1200, "cat.color"), "narrow": ("light", 400, "")}

NOTHING: dict[str, list[str]] = {way: [] for way in WAYS}

#: Opens what is folded and says what is wrong. Rules of AAA are off: WCAG itself advises against asking for all of it.
ASK = """async (wanted) => {
  for (const it of document.querySelectorAll('details')) it.open = true;
  const on = (tags) => !tags.includes('wcag2aaa') && (!wanted || tags.includes(wanted));
  const rules = Object.fromEntries(axe.getRules().map(it => [it.ruleId, {enabled: on(it.tags)}]));
  const found = await axe.run(document, {rules, resultTypes: ['violations']});
  return found.violations.map(it => `${it.id}: ${it.help}: ${it.nodes.map(one => one.html.slice(0, 160))}`);
}"""


@pytest.fixture(scope="module")
def axe() -> str:
    """The source of axe-core, to be evaluated: the Content-Security-Policy of the pages lets no script of others in."""
    package = pytest.importorskip("axe_playwright_python", reason="axe-playwright-python comes with the extra `dev`")
    return (resources.files(package) / "axe.min.js").read_text("utf-8")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    executable = chromium()
    if executable is None:
        pytest.skip("there is no Chromium on this machine: apt-get install chromium")
    with browsing(executable) as found:
        yield found


@pytest.fixture(scope="module")
def tab(browser: Any) -> Any:
    return browser.new_page()


@pytest.fixture
def said(tab: Any, axe: str) -> Callable[[], dict[str, list[str]]]:
    """What axe-core says of what the tab shows, by the way that it is looked at."""

    def ask() -> dict[str, list[str]]:
        tab.evaluate(axe)
        found = {}
        for way, (scheme, width, rules) in WAYS.items():
            tab.emulate_media(color_scheme=scheme)
            tab.set_viewport_size({"width": width, "height": 900})
            found[way] = tab.evaluate(ASK, rules)
        return found

    return ask


@dataclass(frozen=True)
class Places:
    """Where the pages are: of runs, of a load that is on, of a mock."""

    served: Served
    mock: WatchedMock
    folder: Path
    captured: Path
    live: Path

    def of(self, name: str, rest: str = "") -> str:
        """The path of a run's page."""
        return f"/runs/{key_of(self.folder / name)}{rest}"


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Places]:
    folder = tmp_path_factory.mktemp("runs")
    make_run(folder, "before", facts=days(1))
    make_run(folder, "after", report=later_report(), facts=days(9))
    out = tmp_path_factory.mktemp("out")
    assert leadproof(["validate", str(ROOT / "tests/data/har/good/plain.har"), "--out", str(out)]) == 0
    (made,) = out.iterdir()
    captured = made.rename(folder / made.name)
    environment = {"XDG_CACHE_HOME": str(tmp_path_factory.mktemp("cache"))}
    with (
        written(folder) as load,
        watched(tmp_path_factory.mktemp("mock")) as mock,
        serving(folder, environment=environment) as served,
    ):
        assert load.run is not None
        for second in range(8):
            load.take("a", {"fold": fold(second + 0.5, failed=second)})
        with served.client() as client:
            while load.run.path.name not in client.get("/").text:
                pass
        httpx.get(mock.page, follow_redirects=True, trust_env=False)
        yield Places(served, mock, folder, captured, load.run.path)


def opened(path: Callable[[Places], str]) -> Callable[[Any, Places], None]:
    """A page that is one address away."""

    def reach(tab: Any, places: Places) -> None:
        tab.goto(places.served.url)
        tab.goto(places.served.base + path(places))

    return reach


def trend(tab: Any, places: Places) -> None:
    opened(lambda _: "/trends")(tab, places)
    tab.locator("#subjects tbody a", has_text="http").first.click()
    tab.get_by_text("The same in numbers").wait_for()


def pasted(tab: Any, places: Places) -> None:
    opened(lambda _: "/paste")(tab, places)
    tab.get_by_label("Text", exact=True).fill(BAD_XML.read_text("utf-8"))
    tab.get_by_label("Operation").select_option("create_lead")
    tab.get_by_role("button", name="Judge", exact=True).click()
    tab.locator("#verdict.failed").wait_for()


def nothing_pasted(tab: Any, places: Places) -> None:
    opened(lambda _: "/paste")(tab, places)
    tab.get_by_role("button", name="Judge", exact=True).click()
    tab.get_by_text("Nothing was pasted").wait_for()


def mock(tab: Any, places: Places) -> None:
    tab.goto(places.mock.page)
    places.mock.ping()
    httpx.post(f"{places.mock.url}/v2/insert/ping", content=b"{]", headers=KEY, trust_env=False)
    tab.get_by_text("Create Inbound PING").nth(1).wait_for()


def exchange_of_the_mock(tab: Any, places: Places) -> None:
    mock(tab, places)
    tab.locator("tbody a").first.click()
    tab.get_by_role("heading", name="Messages").wait_for()


def without_token(tab: Any, places: Places) -> None:
    tab.context.clear_cookies()
    tab.goto(places.served.base)


#: Page -> how to get there.
PAGES: dict[str, Callable[[Any, Places], None]] = {
    "list": opened(lambda _: "/"),
    "nothing in the list": opened(lambda _: "/?words=xyzzy"),
    "run": opened(lambda places: places.of("after")),
    "running": opened(lambda places: places.of(places.live.name)),
    "compare": opened(
        lambda places: f"/compare?run={key_of(places.folder / 'before')}&run={key_of(places.folder / 'after')}"
    ),
    "nothing to compare": opened(lambda _: "/compare"),
    "trends": opened(lambda _: "/trends"),
    "trend": trend,
    "reference": opened(lambda _: "/reference?words=expires"),
    "clause": opened(lambda _: "/reference/clauses/LE2-PING-RES-05"),
    "operation": opened(lambda _: "/reference/operations/ping"),
    "paste": opened(lambda _: "/paste"),
    "pasted": pasted,
    "nothing pasted": nothing_pasted,
    "attest": opened(lambda places: places.of(places.captured.name, "/attestation")),
    "live": opened(lambda places: places.of(places.live.name, "/live")),
    "mock": mock,
    "exchange of the mock": exchange_of_the_mock,
    "no such page": opened(lambda _: "/runs/none"),
    "wrong method": opened(lambda places: places.of(places.live.name, "/stop")),
    "without token": without_token,
}


@pytest.mark.parametrize("page", PAGES)
def test_nothing_on_a_page_keeps_anybody_out(tab: Any, said: Any, places: Places, page: str) -> None:
    PAGES[page](tab, places)

    assert said() == NOTHING


@pytest.mark.parametrize("report", REPORTS, ids=lambda path: str(path.relative_to(ROOT / "reports" / "examples")))
def test_nothing_in_a_report_keeps_anybody_out(tab: Any, said: Any, report: Path) -> None:
    tab.goto(report.as_uri())

    assert said() == NOTHING


def test_a_load_that_is_over_keeps_nobody_out(tab: Any, said: Any, tmp_path: Path) -> None:
    with written(tmp_path / "runs", duration=2.0) as load:
        assert load.run is not None
        load.take("a", {"fold": fold(0.5, failed=2)})
        with serving(tmp_path / "runs", environment={"XDG_CACHE_HOME": str(tmp_path)}) as served:
            tab.goto(served.url)
            tab.goto(f"{served.base}/runs/{key_of(load.run.path)}/live")
            load.take("a", {"fold": fold(1.5), "done": True})
            load.run.write_reports(conclusion.report(load, load.run.end(), lambda run, outcomes: {}), ["json"])
            tab.get_by_text("its report is written").wait_for()

            assert said() == NOTHING


def test_what_keeps_people_out_is_found(tab: Any, said: Any) -> None:
    tab.goto("about:blank")
    tab.set_content("<p style='color: #777; background: #666'>hardly to be read</p><input>")

    found = {way: " ".join(words) for way, words in said().items()}

    assert [way for way, words in found.items() if "color-contrast" not in words] == []
    assert [rule for rule in ("label", "html-has-lang", "landmark-one-main") if rule not in found["narrow"]] == []
