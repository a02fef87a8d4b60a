"""Nothing of ours follows a redirect: whatever sends, sends where somebody named, and nowhere else.

All that sends is pointed at a target that redirects everything to another origin, where connections are counted. And
all that can open a connection stands in one table.
"""

from __future__ import annotations

import ast
import asyncio
import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
from recorders import running

from leadproof.cli import main
from leadproof.contract.profile import load
from leadproof.core.errors import UsageError
from leadproof.core.target import Target
from leadproof.http.client import Client, compose
from leadproof.http.mock_controls import MockControls
from leadproof.http.mock_target import is_mock, with_mock_credentials
from leadproof.load.metrics.instruments import MetricsSnapshot
from leadproof.mock.engine.callbacks import Callback
from leadproof.mock.server.callbacks import send_callback

PACKAGE = Path(__file__).resolve().parent.parent / "src" / "leadproof"

STATUSES = [301, 302, 303, 307, 308]


class Elsewhere:
    """The other origin: counts who connects."""

    def __init__(self, listener: socket.socket) -> None:
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self.connections = 0


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        other = Elsewhere(listener)

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    other.connections += 1
                    connection.close()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield other
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(5)


class Named(NamedTuple):
    """The target that was named: redirects whatever comes to the other origin."""

    url: str
    #: What came.
    paths: list[str]


@pytest.fixture(params=STATUSES)
def named(request: pytest.FixtureRequest, elsewhere: Elsewhere, http_target: Callable[..., str]) -> Named:
    paths: list[str] = []

    def respond(method: str, path: str, *_: object) -> tuple[int, dict[str, str], bytes]:
        paths.append(path)
        return request.param, {"location": elsewhere.url + path, "refresh": f"0; url={elsewhere.url}"}, b"x-mock-token"

    return Named(http_target(respond), paths)


# ---- all that sends --------------------------------------------------------------------------------------------------

POST = compose("POST", "/v2/insert/ping", fmt="json", body=b"{}", credentials=(("api-key", "k"),))


def by_client(named: Named) -> None:
    with Client(Target(named.url)) as client:
        client.send(compose("GET", "/v2/status/1", fmt="json"))
        response = client.send(POST).response
    assert response is not None
    assert response.status in STATUSES


def by_raw_probe(named: Named) -> None:
    with Client(Target(named.url, timeout=5)) as client:
        client.probe(POST)


def by_mock_controls(named: Named) -> None:
    controls = MockControls(named.url, "t")
    for call in (lambda: controls.get("state"), lambda: controls.post("reset")):
        with pytest.raises(UsageError, match="the mock refused the control: status 30"):
            call()
    controls.close()


def by_asking_for_a_mock(named: Named) -> None:
    bare = Target(named.url)
    assert not is_mock(bare)
    assert with_mock_credentials(bare, load()) is bare


def by_callback(named: Named) -> None:
    callback = Callback(f"{named.url}/done", (("content-type", "application/json"),), b"{}")
    assert asyncio.run(send_callback(callback)) in STATUSES


def by_recorder(named: Named) -> None:
    with running(named.url) as recorder, httpx.Client(base_url=recorder.url, trust_env=False) as client:
        assert client.post("/v2/insert/ping", content=b"{}").status_code in STATUSES
        assert client.get("/v2/status/1").status_code in STATUSES


def by_export_of_metrics(named: Named) -> None:
    pytest.importorskip("opentelemetry.exporter.otlp.proto.http")
    from leadproof.load.metrics.otlp import OtlpExport, endpoint_of

    export = OtlpExport(endpoint_of(named.url), MetricsSnapshot)
    export.start()
    assert "a redirect, which is not followed" in export.finish()


SENDERS = [
    by_client,
    by_raw_probe,
    by_mock_controls,
    by_asking_for_a_mock,
    by_callback,
    by_recorder,
    by_export_of_metrics,
]


@pytest.mark.parametrize("send", SENDERS)
def test_a_redirect_is_a_response_like_others(
    named: Named, elsewhere: Elsewhere, send: Callable[[Named], None]
) -> None:
    send(named)

    assert named.paths
    assert elsewhere.connections == 0


@pytest.mark.parametrize("named", [307], indirect=True)
@pytest.mark.parametrize("arguments", [
    ["test", "--operation", "ping", "--max-examples", "1"],
    ["load", "ping_only", "--rate", "20", "--duration", "2s"],
], ids=["test", "load"])  # fmt: skip
def test_a_command_sends_nothing_to_where_a_redirect_points(
    named: Named, elsewhere: Elsewhere, arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    if arguments[0] == "load":
        pytest.importorskip("gevent")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LEADPROOF_API_KEY", "k")

    code = main([*arguments, "--target", named.url, "--json"])

    assert json.loads(capsys.readouterr().out)["exit_code"] == code != 0
    assert len(named.paths) > 1
    assert elsewhere.connections == 0


# ---- by construction -------------------------------------------------------------------------------------------------

#: All modules that open connections -> with what.
OPENS = {
    "http/connecting.py": {
        "loop.create_connection",
        "loop.getaddrinfo",
        "socket.getaddrinfo",
        "sock.connect",
        "loop.sock_connect",
    },
    "http/deadlines.py": {"httpx.HTTPTransport"},
    "http/mock_controls.py": {"httpx.Client"},
    "load/metrics/otlp.py": {"requests.Session"},
    "mock/server/callbacks.py": {"httpx.AsyncClient"},
    # Looks only where its target is: is that the recorder itself?
    "recorder/recording.py": {"socket.getaddrinfo"},
    # Clients to be certified, for which a mock stands in; one of their mistakes is to follow.
    "suite/client/example/client.py": {"httpx.Client"},
    "suite/client/mutants/reading.py": {"client.HTTPConnection", "socket.create_connection"},
}

#: What opens connections, or makes objects that do, in the libraries that are used or could be.
_OPENERS = {
    "AsyncClient", "AsyncHTTPTransport", "HTTPConnection", "HTTPSConnection", "HTTPTransport", "build_opener",
    "create_connection", "create_datagram_endpoint", "getaddrinfo", "open_connection", "sock_connect", "urlopen",
    "urlretrieve",
}  # fmt: skip
_LIBRARIES = ("httpx", "requests", "urllib3")
_SHORT = ("Client", "Session", "PoolManager", "delete", "get", "head", "options", "patch", "post", "put", "request",
          "stream")  # fmt: skip


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """The calls of a module, by the last two names of what is called."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Call):
            yield ".".join(ast.unparse(node.func).split(".")[-2:]), node


def opens(name: str) -> bool:
    library, _, last = name.rpartition(".")
    return last in _OPENERS or name == "sock.connect" or (library in _LIBRARIES and last in _SHORT)


def test_connections_are_opened_in_few_places_that_are_known() -> None:
    opened = {
        path.relative_to(PACKAGE).as_posix(): {name for name, _ in calls(path) if opens(name)}
        for path in PACKAGE.rglob("*.py")
    }

    assert {module: names for module, names in opened.items() if names} == OPENS


@pytest.mark.parametrize("module", ["http/mock_controls.py", "mock/server/callbacks.py"])
def test_a_client_of_httpx_is_told_to_follow_nothing_and_to_ask_no_proxy_of_the_environment(module: str) -> None:
    made = [call for name, call in calls(PACKAGE / module) if name in ("httpx.Client", "httpx.AsyncClient")]
    told = [{word.arg: ast.unparse(word.value) for word in call.keywords} for call in made]

    assert [(words["follow_redirects"], words["trust_env"]) for words in told] == [("False", "False")]
