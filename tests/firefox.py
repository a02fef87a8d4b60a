"""A real Firefox for tests, as far as the pages need one: it speaks WebDriver BiDi by itself.

Playwright drives a Firefox of its own making only, and geckodriver comes with no Firefox. What is found, clicked and
typed goes the way of a person: by role and name, with the mouse and the keyboard.
"""

from __future__ import annotations

import base64
import contextlib
import json
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import websocket  # comes with the extra `load`
from pages import PATIENCE

#: The proxy for all that is not on loopback is not there: a browser asks its makers for much.
_PROXY: dict[str, Any] = {
    "network.proxy.type": 1, "network.proxy.http": "127.0.0.1", "network.proxy.http_port": 9,
    "network.proxy.ssl": "127.0.0.1", "network.proxy.ssl_port": 9,
}  # fmt: skip

#: Colour scheme -> the value of its preference; BiDi cannot ask for one.
_SCHEMES = {"dark": 0, "light": 1}

Locator = dict[str, Any]


def role(name: str, words: str) -> Locator:
    """What is of a role and has a name for assistive technology."""
    return {"type": "accessibility", "value": {"role": name, "name": words}}


def css(selector: str) -> Locator:
    """What a selector names."""
    return {"type": "css", "value": selector}


class BiDiError(Exception):
    """The browser refused a command, or a script failed."""


class GoneError(BiDiError):
    """What something was to be done to is gone: a page that is on its way takes the place of another."""


class Firefox:
    """One tab of a headless Firefox."""

    def __init__(self, connection: websocket.WebSocket) -> None:
        self._connection = connection
        self._last = 0
        #: What the page said on its console: errors, and what its Content-Security-Policy blocked, too.
        self.console: list[str] = []
        self.call("session.new", capabilities={})
        self.call("session.subscribe", events=["log.entryAdded"])
        self._tab: str = self.call("browsingContext.getTree")["contexts"][0]["context"]
        self.resize(1200)

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One command of the protocol, and its result."""
        self._last += 1
        self._connection.send(json.dumps({"id": self._last, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._connection.recv())
            if message.get("method") == "log.entryAdded":
                self.console.append(str(message["params"]["text"]))
            elif message.get("id") == self._last:
                if message["type"] == "error":
                    kind = GoneError if message["error"].startswith(("no such", "stale")) else BiDiError
                    raise kind(f"{method}: {message['error']}: {message['message']}")
                return dict(message["result"])

    def resize(self, width: int) -> None:
        """Makes the page as wide as that, in pixels."""
        self.call("browsingContext.setViewport", context=self._tab, viewport={"width": width, "height": 900})

    def open(self, url: str) -> None:
        """Loads a page, and waits until it is there."""
        self.call("browsingContext.navigate", context=self._tab, url=url, wait="complete")

    def run(self, function: str, *nodes: str) -> Any:
        """What a JavaScript function comes to, as JSON has it; its arguments are nodes."""
        found = self.call(
            "script.callFunction", arguments=[{"sharedId": node} for node in nodes], target={"context": self._tab},
            functionDeclaration=f"async (...of) => JSON.stringify(await ({function})(...of))", awaitPromise=True,
        )  # fmt: skip
        if found["type"] != "success":
            raise BiDiError(str(found["exceptionDetails"]["text"]))
        return json.loads(found["result"].get("value", "null"))

    def find(self, locator: Locator) -> list[str]:
        """The nodes that a locator names."""
        found = self.call("browsingContext.locateNodes", context=self._tab, locator=locator)
        return [node["sharedId"] for node in found["nodes"]]

    def wait(self, locator: Locator) -> str:
        """The first node that a locator names, when there is one."""
        return str(self._until(lambda: self.find(locator), str(locator["value"]))[0])

    def wait_for(self, words: str, selector: str = "main") -> None:
        """Waits until an element of a selector shows words."""
        self._until(lambda: any(words in shown for shown in self.texts(selector)), words)

    def _until(self, look: Callable[[], Any], words: str) -> Any:
        until = time.monotonic() + PATIENCE
        while True:
            with contextlib.suppress(GoneError):
                if found := look():
                    return found
            assert time.monotonic() < until, f"there is no {words} in {self.texts('body')}"
            time.sleep(0.05)

    def texts(self, selector: str) -> list[str]:
        """What the elements of a selector show, those that are hidden left out."""
        shown = f"[...document.querySelectorAll({json.dumps(selector)})].filter(it => it.checkVisibility())"
        found: list[str] = self.run(f"() => {shown}.map(it => it.innerText)")
        return found

    def click(self, locator: Locator) -> None:
        """Clicks in the middle of what a locator names."""
        node = self.wait(locator)
        self.run("it => it.scrollIntoView({block: 'center', behavior: 'instant'})", node)
        origin = {"type": "element", "element": {"sharedId": node}}
        self._perform(
            "pointer", {"type": "pointerMove", "x": 0, "y": 0, "origin": origin}, {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        )  # fmt: skip

    def type(self, locator: Locator, words: str) -> None:
        """Types words into a field; into a list of choices, the beginning of one."""
        self.run("it => { it.focus(); it.select?.() }", self.wait(locator))
        self._perform("key", *({"type": kind, "value": key} for key in words for kind in ("keyDown", "keyUp")))

    def paste(self, locator: Locator, words: str) -> None:
        """Puts a long text into a field in one piece, as from the clipboard."""
        insert = f"document.execCommand('insertText', false, {json.dumps(words)})"
        self.run(f"it => {{ it.focus(); {insert} }}", self.wait(locator))

    def attach(self, locator: Locator, file: Path) -> None:
        """Chooses a file."""
        node = {"sharedId": self.wait(locator)}
        self.call("input.setFiles", context=self._tab, element=node, files=[str(file)])

    def picture(self) -> bytes:
        """A PNG of the whole page."""
        shot = self.call("browsingContext.captureScreenshot", context=self._tab, origin="document")
        return base64.b64decode(shot["data"])

    def _perform(self, kind: str, *actions: dict[str, Any]) -> None:
        self.call("input.performActions", context=self._tab, actions=[{"type": kind, "id": kind, "actions": actions}])


@contextlib.contextmanager
def firefox(scheme: str = "light") -> Iterator[Firefox]:
    """The Firefox of this machine with a profile of its own, ended when the context is left."""
    program = shutil.which("firefox-esr") or shutil.which("firefox")
    if program is None:
        pytest.skip("there is no Firefox on this machine: apt-get install firefox-esr")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        wanted = _PROXY | {"layout.css.prefers-color-scheme.content-override": _SCHEMES[scheme]}
        lines = (f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in wanted.items())
        (Path(folder) / "user.js").write_text("".join(lines), "utf-8")
        line = [program, "--headless", "--no-remote", "--profile", folder, "--remote-debugging-port=0", "about:blank"]
        with (Path(folder) / "stderr").open("w+") as said:
            process = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=said)
            try:
                address = _address(Path(said.name), process)
                connection = websocket.create_connection(f"{address}/session", timeout=PATIENCE, suppress_origin=True)
                try:
                    yield Firefox(connection)
                finally:
                    connection.close()
            finally:
                process.terminate()
                process.wait(PATIENCE)


def _address(said: Path, process: subprocess.Popen[bytes]) -> str:
    until = time.monotonic() + PATIENCE
    while not (found := re.search(r"WebDriver BiDi listening on (ws://\S+)\n", said.read_text("utf-8", "replace"))):
        assert process.poll() is None, f"Firefox ended with {process.returncode}: {said.read_text('utf-8', 'replace')}"
        assert time.monotonic() < until, "Firefox opened no port"
        time.sleep(0.05)
    return found[1]
