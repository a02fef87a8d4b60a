"""Looks at reports with a real browser: pictures, accessibility, overflow, requests. `make look` runs it by path.

Drives Chromium through its DevTools protocol on loopback; the tests of the HTML report use the same `Browser`. The
program writes pictures of every report that it is given into build/look, in light, dark, print and 400 pixels wide,
with and without styles, and lets axe-core look for what keeps people out.
"""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Any

import websocket  # comes with the extra `load`

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAM = shutil.which("chromium") or shutil.which("google-chrome") or shutil.which("chromium-browser")
_SWITCHES = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-sync", "--disable-component-update", "--hide-scrollbars", "--remote-debugging-port=0",
    "--remote-allow-origins=*",
)  # fmt: skip

#: How a page is looked at: name -> width in pixels, medium, colour scheme.
WAYS = {
    "light": (1200, "screen", "light"),
    "dark": (1200, "screen", "dark"),
    "print": (1000, "print", "light"),
    "narrow": (400, "screen", "light"),
}

#: Opens everything that is folded.
OPEN = "document.querySelectorAll('details').forEach(one => one.open = true)"
#: What a policy that blocks every style leaves.
BARE = (
    "document.querySelectorAll('style').forEach(one => one.remove());"
    "document.querySelectorAll('[style]').forEach(one => one.removeAttribute('style'))"
)
#: Elements that reach beyond the right edge of the page, those in a box of their own that scrolls left out.
BEYOND = """(() => {
  const width = document.documentElement.clientWidth, found = [];
  for (const one of document.body.querySelectorAll('*')) {
    const box = one.getBoundingClientRect();
    if (box.width && box.right > width + 1 && !one.closest('.wrap, svg, .skip, thead') && found.length < 10)
      found.push(`${one.tagName} ${Math.round(box.right)} ${one.textContent.slice(0, 60)}`);
  }
  if (document.documentElement.scrollWidth > width) found.push(`page ${document.documentElement.scrollWidth}`);
  return found;
})()"""
#: Text that runs over the edge of its own box, or that another text of the same row lies on.
OVERLAPS = """(() => {
  const found = [];
  for (const row of document.querySelectorAll('tr, .pairs, .tags, .legend, .index li, .facts, nav ul')) {
    const boxes = [...row.children].map(one => [one, one.getBoundingClientRect()]).filter(([, box]) => box.width);
    for (let at = 0; at < boxes.length; at++) for (let next = at + 1; next < boxes.length; next++) {
      const [[one, a], [, b]] = [boxes[at], boxes[next]];
      if (Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 &&
          Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1 && found.length < 10)
        found.push(`${row.tagName}.${row.className} ${one.textContent.slice(0, 60)}`);
    }
  }
  for (const one of document.querySelectorAll('code, th, td, dd, h3, b, a'))
    if (!one.closest('.wrap, svg') && one.clientWidth && one.scrollWidth > one.clientWidth + 1 && found.length < 10)
      found.push(`${one.tagName} ${one.scrollWidth}>${one.clientWidth} ${one.textContent.slice(0, 60)}`);
  return found;
})()"""


class Browser:
    """One tab of a headless Chromium."""

    def __init__(self, connection: websocket.WebSocket) -> None:
        self._connection = connection
        self._last = 0
        #: What the browser told without being asked: requests, dialogs, errors.
        self.events: list[dict[str, Any]] = []
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One command of the protocol, and its result."""
        self._last += 1
        self._connection.send(json.dumps({"id": self._last, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._connection.recv())
            if message.get("id") == self._last:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                return dict(message["result"])
            self.events.append(message)

    def open(self, url: str, way: str = "light") -> None:
        """Loads a page, and waits until it is there."""
        width, medium, scheme = WAYS[way]
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.call("Emulation.setEmulatedMedia", media=medium, features=features)
        self.events.clear()
        self.call("Page.navigate", url=url)
        deadline = time.monotonic() + 20
        while not any(one.get("method") == "Page.loadEventFired" for one in self.events):
            if time.monotonic() > deadline:
                raise RuntimeError(f"{url} did not load")
            self.run("0")
            time.sleep(0.02)

    def run(self, expression: str) -> Any:
        """The value of a JavaScript expression in the page, by the protocol: the page itself needs no script."""
        found = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in found:
            raise RuntimeError(str(found["exceptionDetails"])[:400])
        return found["result"].get("value")

    def requests(self) -> list[str]:
        """What was asked of the network or of files since the page was opened, the page itself included."""
        return [
            one["params"]["request"]["url"]
            for one in self.events
            if one.get("method") == "Network.requestWillBeSent"
        ]  # fmt: skip

    def picture(self, top: float = 0, height: float | None = None) -> bytes:
        """A PNG of the page, from the top on."""
        width, whole = self.run("[document.documentElement.clientWidth, document.documentElement.scrollHeight]")
        clip = {"x": 0, "y": top, "width": width, "height": min(height or whole, whole - top), "scale": 1}
        shot = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)
        return base64.b64decode(shot["data"])


@contextmanager
def browser() -> Iterator[Browser]:
    """A Chromium with a profile of its own, ended when the context is left."""
    assert PROGRAM is not None
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        line = [PROGRAM, *_SWITCHES, f"--user-data-dir={folder}", "about:blank"]
        process = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            port = _port(Path(folder) / "DevToolsActivePort", process)
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/json", timeout=10) as response:
                tab = next(one for one in json.load(response) if one["type"] == "page")
            connection = websocket.create_connection(tab["webSocketDebuggerUrl"], timeout=180)
            try:
                yield Browser(connection)
            finally:
                connection.close()
        finally:
            process.terminate()
            process.wait(20)


def _port(file: Path, process: subprocess.Popen[bytes]) -> int:
    for _ in range(600):
        if process.poll() is not None:
            raise RuntimeError(f"{PROGRAM} ended with {process.returncode}")
        if file.exists() and file.read_text().count("\n"):
            return int(file.read_text().split()[0])
        time.sleep(0.05)
    raise RuntimeError(f"{PROGRAM} opened no port")


# ---- make look -------------------------------------------------------------------------------------------------------


def look(reports: list[Path], out: Path) -> int:
    """Pictures of each report and what axe-core says of it; the number of problems."""
    problems = 0
    axe = (resources.files("axe_playwright_python") / "axe.min.js").read_text("utf-8")
    out.mkdir(parents=True, exist_ok=True)
    with browser() as tab:
        for number, report in enumerate(reports):
            name = f"{number}-{report.parent.name}"
            for way in WAYS:
                for state, expression in (("", "0"), ("-open", OPEN), ("-bare", BARE)):
                    if (state and way == "print") or (state == "-bare" and way != "light"):
                        continue
                    tab.open(report.resolve().as_uri(), way)
                    tab.run(expression)
                    whole = tab.run("document.documentElement.scrollHeight")
                    for page, top in enumerate(range(0, min(whole, 1600 if state == "-open" else 6400), 1600)):
                        (out / f"{name}-{way}{state}-{page}.png").write_bytes(tab.picture(top, 1600))
                    beyond = tab.run(BEYOND) if state != "-bare" else []
                    overlaps = tab.run(OVERLAPS) if state != "-bare" else []
                    asked = [one for one in tab.requests() if one != report.resolve().as_uri()]
                    problems += len(beyond) + len(overlaps) + len(asked)
                    for words, found in (("beyond the edge", beyond), ("overlap", overlaps), ("requests", asked)):
                        if found:
                            print(f"{report} {way}{state}: {words}: {found}")
                    if way in ("light", "dark", "narrow") and state != "-bare":
                        problems += _axe(tab, axe, f"{report} {way}{state}")
    print(f"{len(reports)} reports, pictures in {out}; {problems} problems")
    return problems


def _axe(tab: Browser, axe: str, where: str) -> int:
    tab.run(f"{axe}; 0")
    found = tab.run(
        "axe.run(document, {resultTypes: ['violations', 'incomplete']}).then(all => all.violations.map("
        "one => [one.impact, one.id, one.help, one.nodes.length, one.nodes[0].html.slice(0, 200)]))"
    )
    for impact, name, words, number, example in found:
        print(f"{where}: axe {impact} {name}: {words} ({number}) {example}")
    if not found:
        print(f"{where}: axe finds nothing")
    return len(found)


def pages(out: Path) -> list[Path]:
    """Pages with no failure and with many, and the examples: what is looked at where nothing else is named."""
    sys.path.insert(0, str(ROOT / "tests"))
    from failing import failing  # of the tests

    from leadproof.runs.formats import html

    found = []
    for number in (0, 1, 40, 400):
        folder = out / "pages" / f"{number}-failures"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "report.html").write_text(html.render(failing(number)), "utf-8")
        found.append(folder / "report.html")
    examples = ROOT / "reports" / "examples"
    return [*found, examples / "report.html", examples / "client" / "report.html"]


if __name__ == "__main__":
    places = [Path(one) for one in sys.argv[1:]] or pages(ROOT / "build" / "look")
    sys.exit(1 if look(places, ROOT / "build" / "look") else 0)
