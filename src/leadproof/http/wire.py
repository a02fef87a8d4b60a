"""One exchange on a raw socket, byte by byte: what httpx and requests forgive, this sees.

`probe` sends a request and takes what comes; `octets` reads it. What is wrong with the bytes is in the exchange, as
`WireProblem`s.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from leadproof.bodies import MAX_BODY
from leadproof.core.errors import ConfigurationError
from leadproof.core.exchange import Exchange, Request
from leadproof.core.target import Target
from leadproof.http.octets import Octets, read


@dataclass(frozen=True, slots=True)
class Wire:
    """An exchange on a raw socket."""

    exchange: Exchange
    #: Did any byte come?
    received: bool = True


def trust(ca: str = "") -> ssl.SSLContext:
    """How certificates are verified: by a CA bundle, or by those that the system trusts.

    Raises:
        ConfigurationError: The CA bundle cannot be read.
    """
    try:
        return ssl.create_default_context(cafile=ca or None)
    except ssl.SSLError:
        raise ConfigurationError(
            f"the CA bundle {ca} holds no certificate", hint="name a file with certificates in PEM form"
        ) from None
    except OSError as error:
        raise ConfigurationError(
            f"the CA bundle {ca} cannot be read: {error.strerror}", hint="check the path, and that you may read it"
        ) from None


def probe(
    target: Target,
    request: Request,
    *,
    operation: str | None = None,
    origin: str = "",
    intent: str = "",
    clock: Callable[[], float] = time.time,
) -> Wire:
    """Sends one request on a connection of its own and reads until the response is complete or the other side closes.

    Args:
        target: Where to send; its credentials are expected in `request` already.
        request: Method, target below the base URL, headers and body.
        operation: What the sender means.
        origin: Where the exchange comes from, for reports.
        intent: What the request is built for.
        clock: Seconds since the Unix epoch.
    """
    parts = urlsplit(target.base)
    sent = Request(
        request.method,
        parts.path.rstrip("/") + request.target,
        (("host", parts.netloc), *request.headers, ("content-length", str(len(request.body))), ("connection", "close")),
        request.body,
    )
    started, ticks = clock(), time.perf_counter()
    raw, failure = _talk(target, _bytes(sent))
    elapsed = time.perf_counter() - ticks
    response, problems = read(raw) if raw else Octets(None, ())
    if response is None and not failure:
        failure = problems[0].kind if problems else "transport.reset"
    failure = "" if response else failure
    exchange = Exchange(sent, response, operation, origin, intent, started, elapsed, failure, problems=problems)
    return Wire(exchange, bool(raw))


def _bytes(request: Request) -> bytes:
    head = "".join(f"{name}: {value}\r\n" for name, value in request.headers)
    return f"{request.method} {request.target} HTTP/1.1\r\n{head}\r\n".encode("latin-1") + request.body


def _talk(target: Target, message: bytes) -> tuple[bytes, str]:
    """Everything that came back until the other side closed, and why it ended early if it did."""
    parts = urlsplit(target.base)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    deadline = time.monotonic() + target.timeout
    received = bytearray()
    try:
        with socket.create_connection((parts.hostname or "", port), timeout=target.timeout) as plain:
            connection: socket.socket = plain
            if parts.scheme == "https":
                context = trust(target.ca)
                connection = context.wrap_socket(plain, server_hostname=parts.hostname)
            connection.sendall(message)
            while len(received) <= MAX_BODY + 65536:
                left = deadline - time.monotonic()
                if left <= 0:
                    return bytes(received), "transport.timeout"
                connection.settimeout(left)
                chunk = connection.recv(65536)
                if not chunk:
                    break
                received += chunk
    except TimeoutError:
        return bytes(received), "transport.timeout"
    except ssl.SSLError:
        return bytes(received), "transport.tls"
    except ConnectionRefusedError:
        return b"", "transport.refused"
    except OSError:
        return bytes(received), "transport.reset"
    return bytes(received), ""
