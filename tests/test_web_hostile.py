"""Hostile runs: nothing in them runs in the browser, nothing outside their folder is read, and nothing is written."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hostile import HOSTILE, MOST, intruders, name_of
from pages import EXAMPLE, Served, browsing, chromium, make_run, serving

from leadproof.runs.formats.templates import template

SECRET = "a-secret-that-stands-outside"

SAME = {"sec-fetch-site": "same-origin"}

#: What a page asks for besides itself.
STATIC = ("style.css", "htmx.min.js", "page.js")

#: Names that a file or a directory may have where nobody asks who made it.
NAMES = (
    b"<script>window.hacked=1</script>".replace(b"/", b"."), b'"onmouseover="window.hacked=1', b"line\nbreak",
    b"\xff\xfe not UTF-8", "\u202egnp.exe".encode(), b"..hidden", b"a;filename=b.html", b"%2e%2e", b"-rf", b"x" * 200,
)  # fmt: skip

#: Kept as they are, so that a report stays one.
_KEPT = ("schema", "command", "verdict", "result", "level", "basis", "state", "clause", "id", "operation")


def poisoned(value: Any, text: str) -> Any:
    """Every string of a document with something at its end, and the names of steps."""
    if isinstance(value, dict):
        return {
            f"{name}{text}" if name.startswith(("ping ", "inbound_post ")) else name:
            one if name in _KEPT and isinstance(one, str) else poisoned(one, text)
            for name, one in value.items()
        }  # fmt: skip
    if isinstance(value, list):
        return [poisoned(one, text) for one in value]
    return value + text if isinstance(value, str) else value


def _odd_directories(folder: Path, outside: Path) -> None:
    """Run directories that are not what they seem."""
    run = json.dumps({"command": "certify", "arguments": []})
    for name in (
        "linked-report",
        "linked-run",
        "linked-rows",
        "pipe",
        "pipes",
        "deep",
        "types",
        "huge",
        "numbers",
        "rows",
    ):
        (folder / name).mkdir()
        (folder / name / "run.json").write_text(run, "utf-8")
    (folder / "linked-report" / "report.json").symlink_to(outside / "report.json")
    (folder / "linked-report" / "secret.txt").symlink_to(outside / "secret.txt")
    (folder / "linked-run" / "run.json").unlink()
    (folder / "linked-run" / "run.json").symlink_to(outside / "run.json")
    (folder / "linked-rows" / "rows.ndjson").symlink_to(outside / "secret.txt")
    (folder / "linked-directory").symlink_to(outside)
    os.mkfifo(folder / "pipe" / "report.json")
    os.mkfifo(folder / "pipes" / "rows.ndjson")
    (folder / "deep" / "report.json").write_bytes(b"[" * 200_000)
    (folder / "types" / "report.json").write_text(json.dumps(_wrong_types()), "utf-8")
    with (folder / "huge" / "report.json").open("wb") as file:
        file.truncate(65 * 1024 * 1024)
    report = json.loads(EXAMPLE.read_bytes())
    for points in report["latency"]["curves"].values():
        points[-1][1] = 1e308
    report["counts"]["exchanges"] = 2**53
    report["latency"]["objectives"][0] |= {"actual": 1e308, "most": -1e308}
    (folder / "numbers" / "report.json").write_text(json.dumps(report), "utf-8")
    lines = ['{"decisions": 1, "is": {}}', '{"row": 1, "times": 1e999}', '{"note": {}, "is": []}', '{"row": []}']
    (folder / "rows" / "rows.ndjson").write_text("\n".join(lines), "utf-8")


def _wrong_types() -> dict[str, Any]:
    report: dict[str, Any] = json.loads(EXAMPLE.read_bytes())
    report["latency"] |= {
        "steps": {"a": {"latency": {"p50": 1.0, "p99": 2.0}}},
        "curves": {"a": [["x"]], "b": {"c": 1}},
    }
    report["coverage"] = {"gaps": [[1], {"a": "b"}], "operations": []}
    report["findings"] = [{**report["findings"][0], "count": "many", "pointer": {"a": []}, "waived": "yes"}]
    return report


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    top = tmp_path_factory.mktemp("hostile")
    outside, folder = top / "outside", top / "runs"
    outside.mkdir()
    (outside / "secret.txt").write_text(SECRET, "utf-8")
    for name in ("report", "run"):
        (outside / f"{name}.json").write_text(json.dumps({"command": SECRET, "verdict": SECRET}), "utf-8")
    base = json.loads(EXAMPLE.read_bytes())
    base |= {"findings": base["findings"][:8], "clauses": base["clauses"][:60]}
    for number, text in enumerate(HOSTILE):
        started = f"2026-{number // 28 + 1:02}-{number % 28 + 1:02}T09:00:00.000Z"
        report = poisoned(base, text[:MOST])
        report["findings"][0] |= {"message": text, "request": text, "response": text}
        facts = {"client": text[:MOST], "arguments": [text], "started": started}
        run = make_run(folder, f"{number:02} {name_of(text)}", report=report, facts=facts)
        (run / f"{number:02} {name_of(text)}").write_bytes(b"<script>window.hacked=1</script>")
        if number == 0:
            for name in NAMES:
                Path(os.fsdecode(os.fsencode(run) + b"/" + name)).write_bytes(b"<script>window.hacked=1</script>")
    for name in NAMES:
        path = Path(os.fsdecode(os.fsencode(folder) + b"/" + name))
        path.mkdir()
        (path / "run.json").write_text("{}", "utf-8")
    _odd_directories(folder, outside)
    return folder


def tree(folder: Path) -> dict[str, tuple[int, int, int]]:
    """Every name below a folder with its kind, size and time."""
    found = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        found[str(path)] = (status.st_mode, status.st_size, status.st_mtime_ns)
    return found


@pytest.fixture(scope="module")
def served(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    before = tree(folder.parent)
    with serving(folder, environment={"XDG_CACHE_HOME": str(tmp_path_factory.mktemp("cache"))}) as found:
        with found.client() as client:
            while "are left" in client.get("/").text:
                time.sleep(0.1)
        yield found
    assert tree(folder.parent) == before


def keys(served: Served) -> list[str]:
    with served.client() as client:
        pages = [client.get(f"/?page={number}").text for number in (1, 2)]
        return list(dict.fromkeys(re.findall(r'href="/runs/(\w+)"', " ".join(pages))))


def paths(served: Served) -> list[str]:
    """Every page over these runs, with the files that they offer."""
    found = ["/", "/?page=2", "/trends"]
    with served.client() as client:
        found += [
            link.replace("&amp;", "&") for link in re.findall(r'href="(/trends\?[^"]*)"', client.get("/trends").text)
        ]
        names = keys(served)
        for key, other in zip(names, [*names[1:], names[0]], strict=True):
            found += [f"/runs/{key}", f"/runs/{key}/report", f"/compare?a={key}&b={other}"]
            found += re.findall(rf'href="(/runs/{key}/files/\w+)"', client.get(f"/runs/{key}").text)
    return found


def test_no_page_breaks_and_nothing_outside_is_read(served: Served) -> None:
    asked = paths(served)
    assert len(keys(served)) > len(HOSTILE) + 10
    with served.client() as client:
        for path in asked:
            response = client.get(path)
            assert response.status_code in (200, 404, 422), (path, response.text[:300])
            assert SECRET not in response.text, path
            assert "set-cookie" not in response.headers, path
            if "/files/" in path:
                assert response.headers["content-disposition"].startswith("attachment; filename=")
            elif not path.endswith("/report"):
                assert list(intruders(response.text)) == [], path


def test_no_address_breaks_a_page(served: Served) -> None:
    digits, many, long = "9" * 5000, "+".join(["a"] * 1200), "a" * 60_000
    with served.client() as client:
        for path in (f"/?page={digits}", "/?page=0", "/?page=%D9%A3", f"/mock/{digits}", "/mock/-1", f"/?words={many}",
                     f"/?words={long}", f"/trends?words={many}", f"/trends?words={long}", f"/reference?words={long}",
                     f"/runs/{long}", f"/?state={long}", f"/trends?command={long}"):  # fmt: skip
            response = client.get(path)
            assert response.status_code == (404 if path.startswith(("/mock/", "/runs/")) else 200), path[:40]
    assert httpx.get(f"{served.base}/?page={digits}&{served.url.partition('?')[2]}", trust_env=False).status_code == 303


def test_nothing_that_stands_in_a_run_runs(served: Served) -> None:
    executable = chromium()
    if executable is None:
        pytest.skip("there is no Chromium on this machine")
    asked = [path for path in paths(served) if "/files/" not in path]
    of_report = template("narrow.js.j2").render()
    with browsing(executable) as browser:
        tab = browser.new_page()
        events: list[str] = []
        tab.on("dialog", lambda dialog: (events.append(dialog.message), dialog.dismiss()))
        tab.on("pageerror", lambda error: events.append(str(error)))
        tab.goto(served.url)
        own = {served.base + path for path in asked} | {f"{served.base}/static/{name}" for name in STATIC}
        tab.on("request", lambda it: None if it.url in own or it.url == "data:," else events.append(it.url))
        for path in asked:
            tab.goto(served.base + path)
            assert tab.evaluate("window.hacked === undefined"), path
            sources = tab.evaluate("[...document.scripts].map(one => one.getAttribute('src') ?? one.textContent)")
            assert set(sources) <= {"/static/htmx.min.js", "/static/page.js", of_report}, path
            assert tab.locator("img, iframe, base, math, main [hx-get='/x']").count() == 0, path
    assert events == []


def test_a_link_is_no_file_and_is_not_followed(served: Served, folder: Path) -> None:
    with served.client() as client:
        texts = {
            name: client.get(f"/?words={name}").text for name in ("linked-run", "linked-report", "linked-directory")
        }
        assert "unreadable" in texts["linked-run"]
        assert "unreadable" in texts["linked-report"]
        assert "No run is as you ask" in texts["linked-directory"]
        (key,) = re.findall(r'href="/runs/(\w+)"', texts["linked-report"])
        assert "no plain file" in client.get(f"/runs/{key}").text


@pytest.mark.parametrize("path", ["/compare", "/trends", "/reference", "/reference/clauses/LE2-PING-RES-05"])
def test_the_pages_are_for_who_has_the_token_and_only_to_be_read(served: Served, path: str) -> None:

    assert httpx.get(served.base + path, trust_env=False).status_code == 401
    with served.client() as client:
        assert client.get(path, headers={"host": "evil.example"}).status_code == 421
        assert client.post(path, headers={"sec-fetch-site": "cross-site"}).status_code == 403
        assert client.post(path, headers={"sec-fetch-site": "same-origin"}).status_code == 405


def test_nothing_that_is_pasted_comes_through(served: Served) -> None:
    with served.client() as client:
        for text in HOSTILE:
            value = {"requestId": text[:MOST], "results": [{text[:MOST]: text[:MOST], "willAccept": text[:MOST]}]}
            line = "".join(one if one.isprintable() else "?" for one in text[:MOST])
            head = f"HTTP/1.1 200 {line}\r\ncontent-type: application/json\r\nx-other: {line}\r\n{line}: a\r\n\r\n"
            content = head.encode("utf-8", "replace") + json.dumps(value).encode()
            files = {"file": (name_of(text), content)}
            page = client.post("/paste", files=files, data={"operation": "ping"}, headers=SAME)
            assert page.status_code in (200, 422), text[:80]
            assert 'id="result"' in page.text
            assert list(intruders(page.text)) == [], text[:80]
