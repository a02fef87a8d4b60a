"""The page of a running load: it shows what the load measured, whoever looks, and the load never notices."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from hostile import HOSTILE
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from loads import GOALS, fold, watched, written
from pages import PATIENCE, Served, browsing, chromium, press, serving, tab_at

from leadproof.core.errors import InputError, LeadproofError
from leadproof.load import conclusion, latency
from leadproof.web.access import Access
from leadproof.web.app import application
from leadproof.web.catalogue import catalogue
from leadproof.web.index import Index
from leadproof.web.live import watching
from leadproof.web.live.charts import charts
from leadproof.web.live.figures import LOST, MET, figures
from leadproof.web.live.parts import Rendering
from leadproof.web.live.reading import KILLED, ON, OVER, STARTING, LiveReader
from leadproof.web.live.streaming import EventStream
from leadproof.web.live.watching import Snapshot, Watcher, Watchers
from leadproof.web.runs import key_of
from leadproof.web.site import OwnRun, Site

#: Of tests that kill the page of a load: no output names its process, so it is looked for by its command line.
KILLING = pytest.mark.skipif(
    not Path("/proc/self/cmdline").exists(), reason="the process of a page is found in /proc, which only Linux has"
)


def directory(folder: Path) -> Path:
    (found,) = folder.iterdir()
    return found


def eventually(holds: Callable[[], bool]) -> None:
    """Waits until something holds, and fails where it does not for a minute."""
    until = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.1)


def read_all(path: Path) -> LiveReader:
    reader = LiveReader(path, time.time)
    with contextlib.closing(reader):
        while reader.read():
            pass
    return reader


# ---- what is read ----------------------------------------------------------------------------------------------------

#: Buckets of the page are wider than those of the load: what is as near to the objective may lie on its other side.
away = st.floats(0.0005, 5.0).filter(lambda latency: abs(latency / GOALS[0].most - 1) > 0.035)
seconds = st.lists(st.tuples(st.integers(1, 400), away, st.integers(0, 50)), min_size=1, max_size=12)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seconds)
def test_a_reader_knows_what_the_load_knows(tmp_path_factory: pytest.TempPathFactory, told: list[Any]) -> None:
    folder = tmp_path_factory.mktemp("run")
    with written(folder) as load, contextlib.closing(LiveReader(directory(folder), time.time)) as reader:
        for second, (number, latency, failed) in enumerate(told):
            frame = fold(second + 0.5, number, latency=latency, failed=min(failed, number))
            load.take("a", {"fold": frame})
            while reader.read():
                pass
            shown = figures(reader)

            assert shown["counts"] == {name: load.measures.counts[name] for name in shown["counts"]}
            assert reader.elapsed == second + 1
            assert {one.name for one in shown["lost"]} == set(load.lost(second + 1))
            assert reader.run is not None
            mine, theirs = reader.run.measures.journeys, load.measures.journeys
            assert mine.percentile(99) == pytest.approx(theirs.percentile(99), rel=0.035)


def test_stages_follow_what_the_directory_holds(tmp_path: Path) -> None:
    with written(tmp_path, duration=2.0) as load:
        stages = [read_all(directory(tmp_path)).stage]
        load.take("a", {"fold": fold(0.5)})
        stages.append(read_all(directory(tmp_path)).stage)
        load.take("a", {"looking": 3, "of": 12})
        reader = read_all(directory(tmp_path))
        assert reader.run is not None
        assert reader.run.stage is not None
        assert reader.run.stage.count.split() == ["3/12"]
        assert load.run is not None
        load.run.write_reports(conclusion.report(load, load.run.end(), lambda run, outcomes: {}), ["json"])
    stages.append(read_all(directory(tmp_path)).stage)

    assert stages == [STARTING, ON, OVER]


def ended(folder: Path, *seconds: float, stopped: str = "", interrupted: bool = False, killed: bool = False) -> str:
    """What the page of a load says of its end: slow in its first second, fast in those after it."""
    with written(folder, duration=3.0) as load:
        for second in seconds:
            load.take("a", {"fold": fold(second, 300, latency=0.01 if second > 1 else 1.0), "done": second > 2})
        load.stopped, load.interrupted = stopped, interrupted
        if not killed:
            assert load.run is not None
            load.run.write_reports(conclusion.report(load, load.run.end(), latency.described), ["json"])
    reader = read_all(directory(folder))
    assert reader.stage == (KILLED if killed else OVER)
    parts = Rendering(catalogue(), lambda: "").parts(reader)
    told = " ".join(parts[name] for name in ("status", "counted", "counts", "goals", "notes", "latency"))
    return " ".join(re.sub("<[^>]*>", " ", told).split())


def test_a_load_that_is_over_says_when_and_why_it_ended_and_what_it_came_to(tmp_path: Path) -> None:
    whole = ended(tmp_path / "whole", 0.5, 1.5, 2.5)
    stopped = ended(tmp_path / "stopped", 0.5, 1.5, stopped="errors.ratio cannot be met any more")
    interrupted = ended(tmp_path / "interrupted", 0.5, 1.5, interrupted=True)
    killed = ended(tmp_path / "killed", 0.5, 1.5, killed=True)

    at = r"20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC"
    assert re.search(rf"It ended at {at}, after its whole schedule of 3 s\.", whole)
    assert re.search(
        rf"planned: errors\.ratio cannot be met any more\. It ended at {at}, 2 s into its schedule of 3 s\.", stopped
    )
    assert re.search(rf"It was interrupted 2 s into its schedule of 3 s, and ended at {at}\.", interrupted)
    assert re.search(rf"The last that was written is of {at}, 2 s into its schedule of 3 s\.", killed)
    assert "What it came to Offered 900 300/s Started 900 300/s" in whole
    assert re.search(r"p95 of all steps 1\.0\d s", whole), "not that of the newest second"
    for page in (whole, stopped, interrupted, killed):
        assert not re.search(r"\b(now|(?<!met )so far|any more:)\b", page, re.IGNORECASE)


def test_a_load_that_was_killed_has_the_same_figures_on_both_its_pages_and_when_it_ended(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    ended(runs, 0.5, 1.5, killed=True)
    run = directory(runs)
    facts = json.loads((run / "run.json").read_bytes())
    (run / "run.json").write_text(json.dumps({**facts, "ended": None}), "utf-8")
    for path in run.iterdir():
        os.utime(path, (1_790_000_000, 1_790_000_000))
    key = key_of(run)
    with serving(runs, environment={"XDG_CACHE_HOME": str(tmp_path)}) as site, site.client() as client:
        eventually(lambda: client.get(f"/runs/{key}").status_code == 200)
        page, live, whole = (client.get(f"/runs/{key}{part}").text for part in ("", "/live", "/report"))

    assert "The last that was written is of 2026-09-21 14:13:20 UTC, 2 s into" in live
    figures_of = r'<th scope="row">ping json</th>((?:<td[^>]*>[^<]*</td>)+)'
    shown = [re.findall(r">([^<]+)</td>", row) for text in (page, live) for row in re.findall(figures_of, text)[:1]]
    assert [row[0] for row in shown] == ["600", "600"]
    assert "None failed until then." in page
    assert "What it had measured, over time" in page
    assert "ping json" in whole


def test_an_objective_that_is_lost_is_told_from_one_that_is_met(tmp_path: Path) -> None:
    with written(tmp_path, duration=10.0) as load:
        for second in range(5):
            load.take("a", {"fold": fold(second + 0.5, 300, failed=80)})
        found = {one.name: one.standing for one in figures(read_all(directory(tmp_path)))["goals"]}

    assert found == {"all.p99": MET, "errors.ratio": LOST, "lag.p99": MET}


@pytest.mark.parametrize(
    "line",
    ["[]", "{}", '{"note": "frame"}', '{"note": "frame", "is": {"worker": "a", "fold": {"x": 1}}}', '{"row": 5}',
     '{"note": "job", "is": {}}', '{"note": "job", "is": {"job": {"scenario": 1}}}', "\x00"],
)  # fmt: skip
def test_a_line_that_no_load_writes_ends_in_a_message(tmp_path: Path, line: str) -> None:
    with written(tmp_path) as load:
        load.take("a", {"fold": fold(0.5)})
    path = directory(tmp_path)
    with (path / "rows.ndjson").open("a") as file:
        file.write(line + "\n")

    with pytest.raises(LeadproofError):
        read_all(path)


@pytest.mark.parametrize("second", [float("inf"), float("nan"), -1e300, 1e300])
def test_times_that_cannot_be_end_in_a_message_or_are_shown(tmp_path: Path, second: float) -> None:
    with written(tmp_path) as load:
        measured = {"worker": "a", "fold": fold(0.5) | {"second": second}}
        load.ledger.note("frame", measured)
    try:
        reader = read_all(directory(tmp_path))
    except InputError:
        return
    assert reader.run is not None
    assert len(charts(reader.run.measures, (), 60.0, catalogue())) == 4


def test_who_listens_to_a_watcher_that_gave_up_is_sent_away_to_ask_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "_UNSEEN", 0.0)  # as after a while in which the server stood still
    (tmp_path / "run.json").write_text('{"command": "load"}', "utf-8")
    watcher = Watcher(tmp_path, Rendering(catalogue(), lambda: ""))
    while not watcher.ended:
        time.sleep(0.01)
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def listen() -> None:
        stream = EventStream(watcher, Watchers())
        await asyncio.wait_for(stream({}, asyncio.Event().wait, send), PATIENCE)

    asyncio.run(listen())

    assert b"event: parts" in sent[1]["body"]
    assert b"event: over" not in b"".join(message.get("body", b"") for message in sent)
    assert sent[-1]["more_body"] is False


def test_a_snapshot_sends_what_is_newer_and_nothing_else() -> None:
    from markupsafe import Markup

    first = Snapshot().changed({"a": Markup("1"), "b": Markup("1")}, over=False)
    second = first.changed({"a": Markup("2"), "b": Markup("1")}, over=True)

    assert second.since(0) == {"a": "2", "b": "1"}
    assert second.since(first.version) == {"a": "2"}
    assert second.over


# ---- who may stop it -------------------------------------------------------------------------------------------------


def posted(tmp_path: Path, *, read_only: bool = False, own: bool = True, **headers: str) -> tuple[int, list[str]]:
    """The status of pressing Stop twice, and what the load was told."""
    told: list[str] = []
    with written(tmp_path / "runs") as load:
        assert load.run is not None
        path = load.run.path
        index = Index([tmp_path / "runs"], tmp_path / "index", time.time)
        index.refresh()
        owned = OwnRun(key_of(path), path, path.parent, lambda: told.append("stop")) if own else None
        app = application(Site(index, read_only, own=owned), Access("", read_only=read_only))

        async def press() -> int:
            transport = httpx.ASGITransport(app=app)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
                for _ in range(2):
                    status = (await client.post(f"/runs/{key_of(path)}/stop", headers=headers)).status_code
                return status

        found = asyncio.run(press())
        index.close()
        return found, told


def test_stop_tells_the_load_once(tmp_path: Path) -> None:
    assert posted(tmp_path, **{"sec-fetch-site": "same-origin"}) == (303, ["stop"])


def test_stop_is_refused_to_others(tmp_path: Path) -> None:
    assert posted(tmp_path / "a", **{"sec-fetch-site": "cross-site"}) == (403, [])
    assert posted(tmp_path / "b", origin="http://evil.example") == (403, [])
    assert posted(tmp_path / "c", read_only=True) == (403, [])
    assert posted(tmp_path / "d", own=False) == (403, [])


# ---- pages of a server that was not started by the load --------------------------------------------------------------


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, Any, str]]:
    """A server, a load that writes while it runs, and the address of its page."""
    folder = tmp_path_factory.mktemp("runs")
    with written(folder) as load:
        load.take("a", {"fold": fold(0.5)})
        for number, words in enumerate(text[:200] for text in HOSTILE):
            measured = {"worker": words, "fold": fold(number + 1.5, failed=1, name=words, words=words)}
            load.ledger.note("frame", measured)
            load.measure(measured)
        with serving(folder, environment={"XDG_CACHE_HOME": str(tmp_path_factory.mktemp("cache"))}) as found:
            key = key_of(directory(folder))
            with found.client() as client:
                eventually(lambda: client.get(f"/runs/{key}").status_code == 200)
            yield found, load, f"/runs/{key}/live"


def events(client: httpx.Client, path: str, number: int) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    with client.stream("GET", f"{path}/events") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        for line in stream.iter_lines():
            if line.startswith("data: "):
                found.append(json.loads(line.removeprefix("data: ")))
                if len(found) == number:
                    return found
    raise AssertionError("the stream ended")


def test_the_page_is_whole_without_script(served: tuple[Served, Any, str]) -> None:
    site, _, path = served
    with site.client() as client:
        run = client.get(path.removesuffix("/live")).text
        page = client.get(path).text

    assert f'href="{path}"' in run
    assert "errors.ratio" in page
    assert page.count("<svg") == 4
    assert 'http-equiv="refresh"' in page
    assert "This page can only look" in page
    assert "<button class" not in page


def test_somebody_who_takes_nothing_holds_nobody_up(served: tuple[Served, Any, str]) -> None:
    site, load, path = served
    with site.client() as client, Deaf(site, client, path, 6):
        first = events(client, path, 1)[0]
        before = load.measures.counts["offered"]
        load.take("a", {"fold": fold(8.5, 5000)})
        eventually(lambda: f"{before + 5000:,}" in events(client, path, 1)[0]["counts"])

    assert set(first) >= {"counts", "goals", "latency", "heat", "status"}


class Deaf:
    """Sockets that ask for events and read none of them."""

    def __init__(self, site: Served, client: httpx.Client, path: str, number: int) -> None:
        cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        self._host = urlsplit(site.base)
        self._request = f"GET {path}/events HTTP/1.1\r\nHost: {self._host.netloc}\r\nCookie: {cookie}\r\n\r\n".encode()
        self._sockets: list[socket.socket] = []
        self._number = number

    def __enter__(self) -> None:
        for _ in range(self._number):
            made = socket.create_connection((self._host.hostname, self._host.port), 60)
            made.sendall(self._request)
            self._sockets.append(made)

    def __exit__(self, *_: object) -> None:
        for one in self._sockets:
            one.close()


def test_nothing_that_was_written_by_others_runs(served: tuple[Served, Any, str]) -> None:
    executable = chromium()
    if executable is None:
        pytest.skip("there is no Chromium on this machine")
    site, load, path = served
    with browsing(executable) as browser:
        page = browser.new_page()
        page.goto(site.url)
        page.goto(site.base + path)
        load.take("b", {"fold": fold(9.5, 7)})
        page.locator("[data-part=workers] tr", has_text="b").last.wait_for()

        assert page.evaluate("window.hacked") is None
        assert page.locator("script").count() == 2
        assert page.locator("main img").count() == 0
        assert page.locator("[data-part=errors]").inner_text().count("⟨U+202E⟩") >= 1
        # A browser that has its script takes the parts as a page without has them.
        assert page.locator("[data-part=goals] tr").count() == 3


def test_a_run_that_is_over_leads_to_its_report(tmp_path: Path) -> None:
    with written(tmp_path / "runs", duration=1.0) as load:
        load.take("a", {"fold": fold(0.5), "done": True})
        assert load.run is not None
        key = key_of(load.run.path)
        with serving(tmp_path / "runs", environment={"XDG_CACHE_HOME": str(tmp_path)}) as site, site.client() as client:
            eventually(lambda: client.get(f"/runs/{key}").status_code == 200)
            with client.stream("GET", f"/runs/{key}/live/events") as stream:
                load.run.write_reports(conclusion.report(load, load.run.end(), lambda run, outcomes: {}), ["json"])
                text = "".join(stream.iter_text())
            assert text.endswith("event: over\ndata: {}\n\n")
            assert f'<a href=\\"/runs/{key}\\">' in text
            eventually(lambda: client.get(f"/runs/{key}/live").url.path == f"/runs/{key}")


# ---- load --watch ----------------------------------------------------------------------------------------------------


def test_a_load_is_watched_and_stopped_in_the_browser(tmp_path: Path) -> None:
    executable = chromium()
    if executable is None:
        pytest.skip("there is no Chromium on this machine")
    with watched(tmp_path / "out", "--rate", "10", "--duration", "90s") as load, browsing(executable) as browser:
        page, said = browser.new_page(), []
        page.on("console", lambda message: said.append(message.text))
        page.goto(load.url)
        offered = page.locator("[data-part=counts] dd b").first
        page.get_by_text("The load is on.").wait_for(timeout=60_000)
        before = int(offered.inner_text())
        eventually(lambda: int(offered.inner_text()) > before)
        assert page.locator("[data-part=latency] svg").count() == 1

        page.get_by_role("button", name="Stop").click()
        page.get_by_text("its report is written").wait_for(timeout=60_000)
        assert f"leadproof serve {load.out}" in page.locator("[data-part=status]").inner_text()
        assert page.get_by_role("button", name="Stop").count() == 0
        code, out, err = load.ended()

        assert code == 130
        assert "ended early: somebody pressed Stop on its page" in " ".join(out.split())
        assert f"leadproof serve {load.out} shows its report" in err
        report = json.loads((load.run / "report.json").read_bytes())
        assert 0 < report["latency"]["counts"]["offered"] < 900
        assert report["latency"]["ran"] < 90
        assert "Interrupted (somebody pressed Stop on its page)" in (load.run / "report.html").read_text("utf-8")
        assert said == []
        with pytest.raises(httpx.TransportError):
            httpx.get(load.url, trust_env=False)


@KILLING
def test_a_page_whose_server_died_says_that_it_stops_nothing(tmp_path: Path) -> None:
    with watched(tmp_path / "out", "--rate", "10", "--duration", "90s") as load, tab_at(load.url) as tab:
        tab.get_by_text("The load is on.").wait_for()
        tab.locator("figure details summary").first.click()
        os.kill(load.page(), signal.SIGKILL)
        tab.get_by_text("The load does not depend on it.").wait_for()
        press(tab, tab.get_by_role("button", name="Stop"), 1500)

        tab.get_by_role("alert").filter(has_text="The server of these pages does not respond").wait_for()
        assert tab.locator("figure details[open]").count() == 1
        load.process.send_signal(signal.SIGINT)
        assert load.ended()[0] == 130


@KILLING
def test_a_load_does_not_notice_that_its_page_dies(tmp_path: Path) -> None:
    with watched(tmp_path / "out", "--rate", "20", "--duration", "4s", "--json") as load:
        os.kill(load.page(), signal.SIGKILL)
        code, out, err = load.ended()

    report = json.loads(out)
    assert code == report["exit_code"] != 130
    assert report["latency"]["counts"]["ended"] == report["latency"]["counts"]["offered"] > 0
    assert "the page ended before the load did" in err


def test_a_page_ends_with_its_load_whatever_browsers_do(tmp_path: Path) -> None:
    with watched(tmp_path / "out", "--rate", "20", "--duration", "3s", "--json") as load:
        parts = urlsplit(load.url)
        with httpx.Client(follow_redirects=True, timeout=60, trust_env=False) as client:
            client.get(load.url)
            site = Served(load.url, load.process)
            with Deaf(site, client, parts.path.removesuffix("/events"), 2):
                code, out, err = load.ended()

    assert code == json.loads(out)["exit_code"]
    assert "the page has ended with the load" in err
