"""`leadproof mock --watch`: the mock's last exchanges live in a browser, and nothing that is left running."""

from __future__ import annotations

import contextlib
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from pages import PATIENCE, press, tab_at
from watched import KEY, PING, WatchedMock, watched

from leadproof.contract.profile import load
from leadproof.mock import Mock
from leadproof.mock.server import running
from leadproof.web.judging import JudgingRules
from leadproof.web.watching import MOST, MockWatch


@pytest.fixture(scope="module")
def mock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WatchedMock]:
    with watched(tmp_path_factory.mktemp("here"), "--defect", "json-price-twice") as found:
        yield found


@pytest.fixture(scope="module")
def tab(mock: WatchedMock) -> Iterator[Any]:
    with tab_at(mock.page) as found:
        yield found


def gone(url: str) -> bool:
    try:
        httpx.get(url, trust_env=False, timeout=2)
    except httpx.HTTPError:
        return True
    return False


def wait_until_gone(url: str) -> None:
    end = time.monotonic() + PATIENCE
    while not gone(url):
        assert time.monotonic() < end, "it is still there"
        time.sleep(0.1)


def test_exchanges_come_by_themselves_and_each_can_be_opened(tab: Any, mock: WatchedMock) -> None:
    tab.goto(f"{mock.base}/mock")
    before = tab.locator("tbody tr").count()

    mock.ping()
    tab.locator("tbody tr").nth(before).wait_for()
    row = tab.locator("tbody tr").first.inner_text()
    assert "Create Inbound PING" in row
    assert "200" in row

    tab.locator("tbody a").first.click()
    tab.get_by_role("heading", name="Response").wait_for()
    text = tab.locator("main").inner_text()
    assert "POST /v2/insert/ping" in text
    assert "willAccept" in text
    assert "Zacharius" not in text
    assert KEY["api-key"] not in text


def test_what_is_pressed_while_the_list_renews_itself_opens(tab: Any, mock: WatchedMock) -> None:
    mock.ping()
    tab.goto(f"{mock.base}/mock")
    tab.locator("tbody a").first.wait_for()
    mock.ping()
    press(tab, tab.locator("tbody a").first, 2500)  # the list is asked for every second

    tab.get_by_role("heading", name="Response").wait_for()


def test_what_breaks_the_contract_is_said(tab: Any, mock: WatchedMock) -> None:
    body = {**PING, "leads": [{"properties": {"leadType": "x"}, "fields": {}}]}
    httpx.post(f"{mock.url}/v2/insert/ping", content=b"{]", headers=KEY, trust_env=False)
    httpx.post(f"{mock.url}/v2/insert/ping", json=body, headers={}, trust_env=False)
    tab.goto(f"{mock.base}/mock")

    tab.get_by_text("failed").first.wait_for()
    tab.locator("tr", has_text="failed").first.locator("a").click()
    tab.locator("[data-clause]").first.wait_for()
    assert "What to do:" in tab.locator("[data-clause]").first.inner_text()


def test_it_can_be_paused(tab: Any, mock: WatchedMock) -> None:
    mock.ping()
    tab.goto(f"{mock.base}/mock")
    tab.get_by_role("link", name="Pause").click()
    tab.get_by_text("Paused.").wait_for()
    assert tab.locator("[hx-trigger]").count() == 0

    tab.get_by_role("link", name="Go on").click()
    tab.get_by_text("renews itself").wait_for()


def test_what_has_not_changed_is_not_sent_again(mock: WatchedMock) -> None:
    with httpx.Client(base_url=mock.base, follow_redirects=True, trust_env=False) as client:
        page = client.get(mock.page).text
        seen = re.findall(r"/mock\?seen=(\d+)", page)[0]
        assert client.get(f"/mock?seen={seen}").status_code == 204
        mock.ping()
        end = time.monotonic() + PATIENCE
        while client.get(f"/mock?seen={seen}").status_code == 204:
            assert time.monotonic() < end
            time.sleep(0.1)
        assert client.get("/mock/1").status_code == 200
        assert client.get("/mock/999999").status_code == 404


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_both_end_together(number: signal.Signals, tmp_path: Path) -> None:
    with watched(tmp_path) as found:
        assert not gone(found.url)
        assert not gone(found.page)
        found.process.send_signal(number)
        found.process.wait(PATIENCE)
        wait_until_gone(found.page)
        assert gone(found.url)


# ---- the watch by itself ---------------------------------------------------------------------------------------------


class Time:
    """A clock that goes on by itself, so that the mock is asked every time."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 10
        return self.now


@contextlib.contextmanager
def watching(url: str, token: str = "t") -> Iterator[MockWatch]:
    with contextlib.closing(MockWatch(url, token, JudgingRules(load()), Time())) as watch:
        yield watch


def ping(client: httpx.Client, url: str) -> None:
    client.post(f"{url}/v2/insert/ping", json=PING, headers=KEY)


def test_the_watch_says_when_the_mock_is_gone_and_finds_another() -> None:
    def new() -> Mock:
        return Mock(load(), clock=lambda: 1_772_464_000.0, token="t")

    with contextlib.ExitStack() as stack:
        with running(new()) as first, httpx.Client(trust_env=False) as client:
            watch = stack.enter_context(watching(first.url))
            watch.look()
            for _ in range(3):
                ping(client, first.url)
            assert [row.number for row in watch.look().exchanges] == [3, 2, 1]
            port = int(first.url.rpartition(":")[2])
        seen = watch.look()
        assert seen.gone
        assert [row.number for row in seen.exchanges] == [3, 2, 1]

        with running(new(), port) as second, httpx.Client(trust_env=False) as client:
            watch.look()
            ping(client, second.url)
            seen = watch.look()
            assert (seen.gone, [row.number for row in seen.exchanges]) == ("", [1])


def test_the_watch_remembers_as_many_as_the_mock_gives() -> None:
    with (
        running(Mock(load(), clock=time.time, token="t")) as mock, httpx.Client(trust_env=False) as client,
        watching(mock.url) as watch,
    ):  # fmt: skip
        watch.look()
        for _ in range(MOST + 3):
            ping(client, mock.url)
        seen = watch.look()
        assert [row.number for row in seen.exchanges] == list(range(MOST + 3, 3, -1))
        assert watch.look().version == seen.version
        assert {row.exchange.operation for row in seen.exchanges} == {"ping"}


def test_a_wrong_token_is_said() -> None:
    with running(Mock(load(), clock=time.time, token="t")) as mock, watching(mock.url, "other") as watch:
        assert "x-mock-token" in watch.look().gone
