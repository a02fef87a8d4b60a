"""One exchange on a raw socket, byte by byte: what httpx and requests forgive, this sees.

`probe` sends a request and reads the response with httptools, then looks at the framing and the encodings itself. What
is wrong with the bytes comes back as `WireProblem`s beside the exchange; a clean response is an ordinary exchange.
"""

from __future__ import annotations

import socket
import ssl
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httptools

from leadproof.bodies import MAX_BODY
from leadproof.core.errors import ConfigurationError
from leadproof.core.exchange import Exchange, Headers, Request, Response, WireProblem, format_of, header, media_type
from leadproof.core.target import Target
from leadproof.core.text import count

#: Statuses that never have a body (RFC 9110, sections 15.2, 15.3.5 and 15.4.5).
BODILESS = (204, 304)


@dataclass(frozen=True, slots=True)
class Wire:
    """An exchange on a raw socket."""

    exchange: Exchange
    problems: tuple[WireProblem, ...] = ()
    #: Did any byte come?
    received: bool = True


@dataclass(slots=True)
class _ResponseParts:
    """Collects what httptools reports."""

    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytearray = field(default_factory=bytearray)
    status: int = 0
    headers_done: bool = False
    complete: bool = False

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.decode("latin-1"), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        self.headers_done = True

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.complete = True


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
    response, problems = _read(raw) if raw else (None, [])
    if response is None and not failure:
        failure = problems[0].kind if problems else "transport.reset"
    exchange = Exchange(sent, response, operation, origin, intent, started, elapsed, "" if response else failure)
    return Wire(exchange, tuple(problems), bool(raw))


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


def _read(raw: bytes) -> tuple[Response | None, list[WireProblem]]:
    response = _ResponseParts()
    parser = httptools.HttpResponseParser(response)
    problems: list[WireProblem] = []
    try:
        parser.feed_data(raw)
    except httptools.HttpParserError as error:
        problems.append(WireProblem("framing.invalid", f"the response is no valid HTTP message: {error}",
                                    "an HTTP/1.1 message (RFC 9112)", type(error).__name__))  # fmt: skip
    if not response.headers_done:
        if not problems:
            problems.append(
                WireProblem(
                    "transport.reset",
                    "the response ends within its headers",
                    "a whole response",
                    count(len(raw), "byte"),
                )
            )
        return None, problems
    status = parser.get_status_code()
    pairs = tuple(response.headers)
    after = raw.partition(b"\r\n\r\n")[2]
    problems += _framing(status, pairs, after, complete=response.complete)
    body, wrong = _decoded(bytes(response.body), header(pairs, "content-encoding"))
    problems += wrong
    problems += _labels(pairs, body)
    return Response(status, pairs, body), problems


def _framing(status: int, pairs: Headers, after: bytes, *, complete: bool) -> list[WireProblem]:
    """The length that the headers announce against the bytes that came (RFC 9112, section 6)."""
    lengths = [value.strip() for name, value in pairs if name.lower() == "content-length"]
    chunked = "chunked" in (header(pairs, "transfer-encoding") or "").lower()
    found = []
    if chunked and lengths:
        found.append(
            WireProblem(
                "framing.invalid",
                "the response has both Content-Length and Transfer-Encoding",
                "one of them (RFC 9112, section 6.2)",
                f"Content-Length {lengths[0]} and chunked",
            )
        )
    if len(set(lengths)) > 1:
        found.append(
            WireProblem("framing.invalid", "the response has two lengths", "one Content-Length", ", ".join(lengths))
        )
    elif lengths and not chunked and lengths[0].isdigit() and int(lengths[0]) != len(after):
        found.append(WireProblem("framing.length", "the body does not have the announced length",
                                 count(int(lengths[0]), "byte"), count(len(after), "byte")))  # fmt: skip
    elif chunked and not complete:
        found.append(
            WireProblem("framing.length", "the last chunk is missing", "a chunk of size 0", "the end of the connection")
        )
    if status in BODILESS and after:
        found.append(
            WireProblem("framing.invalid", f"a body comes with status {status}", "no body", count(len(after), "byte"))
        )
    return found


def _decoded(body: bytes, encoding: str | None) -> tuple[bytes, list[WireProblem]]:
    """The body without its content encoding, under the size cap."""
    name = (encoding or "identity").strip().lower()
    if name in ("", "identity"):
        return body, []
    if name not in ("gzip", "x-gzip", "deflate"):
        return body, [
            WireProblem("encoding.invalid", "the response has an encoding that nobody asked for", "gzip or none", name)
        ]
    stream = zlib.decompressobj(zlib.MAX_WBITS | 16 if "gzip" in name else zlib.MAX_WBITS)
    try:
        plain = stream.decompress(body, MAX_BODY + 1)
    except zlib.error as error:
        return b"", [WireProblem("encoding.invalid", f"the body is not {name}: {error}", name, "other bytes")]
    if len(plain) > MAX_BODY:
        return b"", [
            WireProblem(
                "encoding.too-large", f"the body inflates beyond {MAX_BODY} bytes", f"at most {MAX_BODY} bytes", "more"
            )
        ]
    if not stream.eof:
        came = f"{count(len(body), 'byte')} of it"
        return plain, [WireProblem("encoding.invalid", f"the {name} body is cut off", "a whole stream", came)]
    return plain, []


def _labels(pairs: Headers, body: bytes) -> list[WireProblem]:
    """Content-Type against the body."""
    content_type = header(pairs, "content-type")
    if not body:
        return []
    if not media_type(content_type):
        return [WireProblem("media.missing", "the response has a body and no Content-Type", "a Content-Type", "none")]
    charset = (content_type or "").lower().partition("charset=")[2].split(";")[0].strip(' "')
    if not charset and format_of(content_type) == "xml":
        return []  # the document's own declaration says
    try:
        body.decode(charset or "utf-8")
    except (LookupError, UnicodeDecodeError):
        return [
            WireProblem("charset.invalid", "the body is not text in its charset", charset or "utf-8", "other bytes")
        ]
    return []
