"""Networks as people have them, in front of a service on this machine: a forward proxy, TLS that asks for a client
certificate, a server that closes idle connections, and odd fronts. Each counts who reaches it.
"""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO


@dataclass
class Front:
    """Something that listens, and what it saw."""

    port: int
    host: str = "127.0.0.1"
    scheme: str = "http"
    #: Addresses from which its connections to what stands behind it come: who else comes there went past it.
    own: set[tuple[str, int]] = field(default_factory=set)
    #: Addresses of who connected here.
    peers: list[tuple[str, int]] = field(default_factory=list)
    #: First lines and headers of what came.
    heads: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"


@contextlib.contextmanager
def listening(serve: Callable[[socket.socket, Front], None], *, host: str = "127.0.0.1", scheme: str = "http",
              tls: ssl.SSLContext | None = None) -> Iterator[Front]:  # fmt: skip
    """Serves each connection in a thread."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family, backlog=256) as listener:
        front = Front(listener.getsockname()[1], host, scheme)

        def talk(connection: socket.socket, peer: tuple[str, int]) -> None:
            front.peers.append(peer)
            with (
                contextlib.suppress(OSError, ValueError),
                connection,
                contextlib.nullcontext(connection)
                if tls is None
                else tls.wrap_socket(connection, server_side=True) as spoken,
            ):
                serve(spoken, front)

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, address = listener.accept()
                    threading.Thread(target=talk, args=(connection, address[:2]), daemon=True).start()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield front
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(5)


def pump(one: socket.socket, other: socket.socket) -> None:
    """Passes bytes on until one side closes."""
    try:
        while data := one.recv(65536):
            other.sendall(data)
    except OSError:
        pass
    finally:
        for end in (one, other):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


def message(file: BinaryIO) -> tuple[bytes, bytes]:
    """Head and body of the next HTTP message, which has a length or no body."""
    head = b""
    while (line := file.readline()) not in (b"\r\n", b""):
        head += line
    length = re.search(rb"(?im)^content-length: *(\d+)", head)
    return head, file.read(int(length[1])) if length else b""


def messages(client: socket.socket, front: Front) -> Iterator[tuple[bytes, bytes]]:
    """The HTTP messages that come on a connection, until it ends."""
    file = client.makefile("rb")
    while (found := message(file))[0]:
        front.heads.append(found[0])
        yield found


@contextlib.contextmanager
def forward_proxy(behind: int, *, behind_host: str = "127.0.0.1", password: str = "") -> Iterator[Front]:
    """A proxy that knows one place, whatever is asked for by whatever name: tunnels and absolute request targets.

    Args:
        behind: Port of that place.
        behind_host: Its address.
        password: Of the user "tester", where the proxy asks for one.
    """
    import base64

    right = b"Basic " + base64.b64encode(b"tester:" + password.encode())

    def serve(client: socket.socket, front: Front) -> None:
        for head, body in messages(client, front):
            if password and right not in head:
                client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
                continue
            with socket.create_connection((behind_host, behind)) as upstream:
                front.own.add(upstream.getsockname()[:2])
                if head.startswith(b"CONNECT "):
                    client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                    threading.Thread(target=pump, args=(upstream, client), daemon=True).start()
                    pump(client, upstream)
                    return
                line, rest = head.split(b"\r\n", 1)
                method, target, version = line.split(b" ")
                path = re.sub(rb"^http://[^/]+", b"", target)
                assert path != target, "a proxy is asked by absolute request targets"
                rest = re.sub(rb"(?im)^(proxy-authorization|connection):.*\r\n", b"", rest) + b"Connection: close\r\n"
                upstream.sendall(b" ".join((method, path, version)) + b"\r\n" + rest + b"\r\n" + body)
                response = b""
                while data := upstream.recv(65536):
                    response += data
                client.sendall(re.sub(rb"(?im)^connection: close\r\n", b"", response, count=1))

    with listening(serve) as front:
        yield front


@contextlib.contextmanager
def tls_front(behind: int, certificates: Path, *, host: str = "127.0.0.1", asks: bool = True) -> Iterator[Front]:
    """TLS in front of a service; only who has a certificate of our CA gets through, if it asks."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / "server.pem", certificates / "server.key")
    if asks:
        context.load_verify_locations(certificates / "ca.pem")
        context.verify_mode = ssl.CERT_REQUIRED

    def serve(client: socket.socket, front: Front) -> None:
        with socket.create_connection(("127.0.0.1", behind)) as upstream:
            threading.Thread(target=pump, args=(upstream, client), daemon=True).start()
            pump(client, upstream)

    with listening(serve, host=host, scheme="https", tls=context) as front:
        yield front


@contextlib.contextmanager
def plain_front(behind: int, *, host: str = "127.0.0.1") -> Iterator[Front]:
    """Bytes passed on, at another address."""

    def serve(client: socket.socket, front: Front) -> None:
        with socket.create_connection(("127.0.0.1", behind)) as upstream:
            threading.Thread(target=pump, args=(upstream, client), daemon=True).start()
            pump(client, upstream)

    with listening(serve, host=host) as front:
        yield front


@contextlib.contextmanager
def idle_closer(behind: int, *, every: int = 5, host: str = "127.0.0.1", certificates: Path | None = None,
                ) -> Iterator[Front]:  # fmt: skip
    """A server that closes each connection as the request number `every` comes in, as one does whose timer for idle
    connections has just fired: the service never sees that request.
    """
    tls = None
    if certificates is not None:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificates / "server.pem", certificates / "server.key")

    def serve(client: socket.socket, front: Front) -> None:
        file = client.makefile("rb")
        with socket.create_connection(("127.0.0.1", behind)) as upstream:
            answers = upstream.makefile("rb")
            number = 0
            while True:
                head, body = message(file)
                number += 1
                if not head or (number > 1 and number % every == 0):
                    return
                front.heads.append(head)
                upstream.sendall(head + b"\r\n" + body)
                head, body = message(answers)
                client.sendall(head + b"\r\n" + body)
                if b"connection: close" in head.lower():
                    return

    with listening(serve, host=host, scheme="http" if tls is None else "https", tls=tls) as front:
        yield front


@contextlib.contextmanager
def forgetful(behind: int, *, every: int = 3) -> Iterator[Front]:
    """Passes each request on, on a connection of its own, and loses each so manieth response: the service did what it
    was asked to, and nobody hears of it.
    """
    lock = threading.Lock()

    def serve(client: socket.socket, front: Front) -> None:
        head, body = message(client.makefile("rb"))
        with lock:
            front.heads.append(head)
            number = len(front.heads)
        with socket.create_connection(("127.0.0.1", behind)) as upstream:
            upstream.sendall(head + b"\r\n" + body)
            answer, content = message(upstream.makefile("rb"))
            if number % every:
                client.sendall(answer + b"Connection: close\r\n\r\n" + content)

    with listening(serve) as front:
        yield front


@contextlib.contextmanager
def answering(response: bytes, *, keeps_open: bool = False, behind: int = 0) -> Iterator[Front]:
    """Responds to every request with the same bytes, on connections that stay open, or puts them before the responses
    of a service behind it.
    """

    def serve(client: socket.socket, front: Front) -> None:
        for head, body in messages(client, front):
            after = b""
            if behind:
                with socket.create_connection(("127.0.0.1", behind)) as upstream:
                    upstream.sendall(head + b"\r\n" + body)
                    got, after = message(upstream.makefile("rb"))
                    after = re.sub(rb"(?im)^connection: close\r\n", b"", got) + b"\r\n" + after
            client.sendall(response + after)
            if b"connection: close" in head.lower() and not keeps_open:
                return

    with listening(serve) as front:
        yield front


def make_certificates(folder: Path) -> Path:
    """A CA, a certificate of a server on this machine, and one of a client, made with openssl.

    Raises:
        OSError, CalledProcessError: There is no openssl that can.
    """
    folder.mkdir(parents=True, exist_ok=True)

    def openssl(*words: str) -> None:
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)

    new = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    openssl("req", "-x509", *new, "-days", "2", "-subj", "/CN=Example CA", "-keyout", "ca.key", "-out", "ca.pem")
    names = {"server": "DNS:localhost,DNS:leads.example,IP:127.0.0.1,IP:::1", "client": "DNS:client.example"}
    for name, alternatives in names.items():
        (folder / f"{name}.ext").write_text(f"subjectAltName={alternatives}\n")
        openssl("req", *new, "-subj", f"/CN={name}.example", "-keyout", f"{name}.key", "-out", f"{name}.csr")
        openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days",
                "2", "-extfile", f"{name}.ext", "-out", f"{name}.pem")  # fmt: skip
    openssl("pkey", "-in", "client.key", "-aes256", "-passout", "pass:made-up", "-out", "locked.key")
    return folder
