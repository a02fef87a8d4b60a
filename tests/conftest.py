"""What several tests share: a mock that is served, small targets on loopback that behave as a test wants them to."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from networks import make_certificates

from leadproof.contract import specs
from leadproof.contract.profile import load
from leadproof.core.signals import ENDING
from leadproof.mock import Mock
from leadproof.mock.server import Running, running

# Tests that were started in the background ignore Ctrl-C, and so would all that they start and send it to.
signal.signal(signal.SIGINT, signal.default_int_handler)

#: Status, headers, body.
Response = tuple[int, dict[str, str], bytes]
#: Method, path, headers in lower case, body.
Respond = Callable[[str, str, dict[str, str], bytes], Response]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With LEADPROOF_VARIANTS=N, at most N variants of each test are run, evenly spread: for continuous integration.
    Without it, as with `make test`, all are.
    """
    most = int(os.environ.get("LEADPROOF_VARIANTS", "0"))
    families: dict[str, list[pytest.Item]] = {}
    for item in items:
        families.setdefault(item.nodeid.partition("[")[0], []).append(item)
    left_out = {
        id(item)
        for family in families.values()
        if most and len(family) > most
        for at, item in enumerate(sorted(family, key=lambda one: one.nodeid))
        if at * most // len(family) == (at - 1) * most // len(family) and at
    }
    if left_out:
        config.hook.pytest_deselected(items=[item for item in items if id(item) in left_out])
        items[:] = [item for item in items if id(item) not in left_out]


@pytest.fixture(scope="module", autouse=True)
def _shared_documents_stay_as_they_are() -> Iterator[None]:
    """The OpenAPI document and its examples are read once for all tests: whoever changes some, changes a copy."""
    before = repr(specs.load().openapi)
    yield
    assert repr(specs.load().openapi) == before, "a test of this module changed the shared document: copy.deepcopy it"


@pytest.fixture(autouse=True)
def _signals_are_handled_as_before() -> Iterator[None]:
    """What was ended by a signal ignores more of them; so would all that is started by the tests behind it."""
    before = {number: signal.getsignal(number) for number in ENDING}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture(scope="session")
def served_mock() -> Iterator[Running]:
    """A mock with the shipped profile, served for the whole session; tests that share it leave no trap for others."""
    with running(Mock(load(), clock=time.time)) as mock:
        yield mock


@pytest.fixture
def http_target() -> Iterator[Callable[[Respond], str]]:
    """Serves a function on loopback; gives its base URL."""
    with contextlib.ExitStack() as stack:

        def serve(respond: Respond) -> str:
            class Handler(BaseHTTPRequestHandler):
                protocol_version = "HTTP/1.1"

                def reply(self) -> None:
                    body = self.rfile.read(int(self.headers.get("content-length") or 0))
                    headers = {name.lower(): value for name, value in self.headers.items()}
                    status, pairs, content = respond(self.command, self.path, headers, body)
                    self.send_response(status)
                    for name, value in {"Content-Length": str(len(content)), **pairs}.items():
                        self.send_header(name, value)
                    self.end_headers()
                    self.wfile.write(content)

                do_GET = do_POST = do_PUT = reply  # noqa: N815 - the names are http.server's

                def log_message(self, format: str, *args: object) -> None:
                    pass

            class Server(ThreadingHTTPServer):
                daemon_threads = True

                def handle_error(self, request: object, client_address: object) -> None:
                    """The other side went away: that is what some tests are about."""

            server = Server(("127.0.0.1", 0), Handler)
            stack.callback(server.server_close)
            threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
            stack.callback(server.shutdown)
            return f"http://127.0.0.1:{server.server_address[1]}"

        yield serve


@dataclass
class RawServer:
    """Responds to every connection with the same bytes, whatever was asked."""

    url: str
    #: What came, one entry a connection, up to the end of the headers.
    requests: list[bytes] = field(default_factory=list)


@pytest.fixture
def raw_target() -> Iterator[Callable[..., RawServer]]:
    """Serves bytes on loopback: `raw_target(b"HTTP/1.1 200 OK…", pause=…, reset=…)`."""
    with contextlib.ExitStack() as stack:

        def serve(*pieces: bytes, pause: float = 0.0, reset: bool = False, host: str = "127.0.0.1") -> RawServer:
            listener = stack.enter_context(socket.create_server((host, 0), family=_family(host)))
            shown = f"[{host}]" if ":" in host else host
            served = RawServer(f"http://{shown}:{listener.getsockname()[1]}")
            over = threading.Event()
            stack.callback(over.set)

            def talk(connection: socket.socket) -> None:
                with connection, contextlib.suppress(OSError):
                    asked = b""
                    while b"\r\n\r\n" not in asked:
                        asked += connection.recv(65536) or b"\r\n\r\n"
                    served.requests.append(asked)
                    for piece in pieces:
                        connection.sendall(piece)
                        over.wait(pause)
                    # Who closes with bytes unread sends a reset.
                    connection.settimeout(0.5)
                    while not reset and not _complete(asked) and (more := connection.recv(65536)):
                        asked += more
                    if reset:  # no orderly goodbye: the other side gets RST
                        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

            def accept() -> None:
                with contextlib.suppress(OSError):
                    while True:
                        connection, _ = listener.accept()
                        threading.Thread(target=talk, args=(connection,), daemon=True).start()

            thread = threading.Thread(target=accept, daemon=True)
            thread.start()
            stack.callback(thread.join, 1)
            stack.callback(listener.shutdown, socket.SHUT_RDWR)
            return served

        yield serve


def _complete(request: bytes) -> bool:
    head, end, body = request.partition(b"\r\n\r\n")
    length = re.search(rb"(?im)^content-length: *(\d+)", head)
    return bool(end) and len(body) >= (int(length[1]) if length else 0)


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of our own for localhost, with its key in the same file."""
    folder = tmp_path_factory.mktemp("tls")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem"]
    try:
        subprocess.run([*command, *names], cwd=folder, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("there is no openssl that makes certificates here")
    both = folder / "both.pem"
    both.write_bytes((folder / "key.pem").read_bytes() + (folder / "cert.pem").read_bytes())
    return both


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CA, and certificates of a server and of a client: see `networks.make_certificates`."""
    try:
        return make_certificates(tmp_path_factory.mktemp("certificates"))
    except OSError:
        pytest.skip("there is no openssl here")
