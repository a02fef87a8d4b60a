"""A plan carried out: the socket that requests go over, TCP, tunnel and TLS. Nothing else in the package connects to a
target.

`connect` waits in its thread, or in its greenlet where gevent has taken over the standard library; `connect_async` is
the same for asyncio.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from leadproof.core.errors import ConfigurationError
from leadproof.core.target import Target
from leadproof.http.plan import PROXY_REFUSES, ConnectionPlan, refusal

#: Seconds that an address is given where there is another to try: one that swallows packets must not cost them all.
PATIENCE = 3.0


class ConnectionFailed(Exception):
    """There is no connection.

    Attributes:
        kind: A key of `findings.KINDS`.
        hint: What to do; "" where the kind says it.
    """

    def __init__(self, kind: str, words: str, hint: str = "") -> None:
        super().__init__(words)
        self.kind, self.hint = kind, hint


def proxy_asks(plan: ConnectionPlan) -> ConnectionFailed:
    """What a response with status 407 means (RFC 9110, section 15.5.8)."""
    if plan.proxy_headers:
        return ConnectionFailed(
            "transport.refused", "the proxy does not take user and password (407)",
            "check them in the target's proxy; @, : and / within them are written %40, %3A and %2F",
        )  # fmt: skip
    return ConnectionFailed(
        "transport.refused", "the proxy asks for user and password (407)",
        "put them into the target's proxy, as in http://user:password@proxy.example:3128",
    )  # fmt: skip


def tls_of(target: Target) -> ssl.SSLContext | None:
    """How TLS is spoken with a target; None for one without. Certificates are verified by the target's CA bundle, or by
    those that the system trusts.

    Raises:
        ConfigurationError: The CA bundle or the client certificate cannot be used.
    """
    spoken = target.base.startswith("https:")
    if not (spoken or target.ca or target.cert):
        return None  # what is named is looked at all the same, so that a slip is told
    try:
        context = ssl.create_default_context(cafile=target.ca or None)
    except ssl.SSLError:
        raise ConfigurationError(
            f"the CA bundle {target.ca} holds no certificate", hint="name a file with certificates in PEM form"
        ) from None
    except OSError as error:
        raise ConfigurationError(
            f"the CA bundle {target.ca} cannot be read: {error.strerror}",
            hint="check the path, and that you may read it",
        ) from None
    if not target.verify:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if target.cert:
        _identify(context, target)
    return context if spoken else None


def _identify(context: ssl.SSLContext, target: Target) -> None:
    """Takes the client certificate. Without a password of ours, OpenSSL would ask for one on the terminal."""
    cert = _contents("client certificate", target.cert)
    key = _contents("key", target.key) if target.key else cert
    try:
        context.load_cert_chain(target.cert, target.key or None, password=lambda: "")
    except ssl.SSLError as error:
        keyed = f"the key {target.key or target.cert} of the client certificate"
        if b"-----BEGIN CERTIFICATE-----" not in cert:
            words, hint = f"the client certificate {target.cert} is none in PEM form", _CONVERT.format("x509", "cert")
        elif b"PRIVATE KEY-----" not in key:
            words = f"{keyed} is none in PEM form" if target.key else f"no key is in {target.cert}"
            hint = _CONVERT.format("pkey", "key") if target.key else "name the file of the key as key"
        elif b"ENCRYPTED" in key:
            words, hint = f"{keyed} has a password", "openssl pkey -in KEY -out PLAIN takes it off"
        elif error.reason == "KEY_VALUES_MISMATCH":
            words = f"{keyed} does not belong to it"
            hint = "name the certificate and the key that were made together; the certificate stands first in its file"
        else:
            words = f"the client certificate {target.cert} or its key cannot be used: {error.reason or error}"
            hint = "are both files whole, and is one made for the other?"
        raise ConfigurationError(words, hint=hint) from None


#: What turns DER into PEM.
_CONVERT = "openssl {0} -inform DER -in FILE -out FILE.pem makes one of a DER file; name that as {1}"


def _contents(what: str, path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise ConfigurationError(
            f"the {what} {path} cannot be read: {error.strerror}", hint="check the path, and that you may read it"
        ) from None


# ---- in a thread or a greenlet ---------------------------------------------------------------------------------------


def connect(plan: ConnectionPlan, tls: ssl.SSLContext | None, until: float) -> socket.socket:
    """A connected socket, with TLS spoken where the plan says so.

    Args:
        plan: Where to, and how.
        tls: Of `tls_of`.
        until: Deadline, by the monotonic clock.

    Raises:
        ConnectionFailed: There is none.
    """
    sock: socket.socket | None = None
    try:
        with _named():
            sock = _reach(_found(plan), until)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if plan.tunnel:
                sock.sendall(plan.tunnel)
                reply, refused = b"", None
                while refused is None:
                    sock.settimeout(_left(until))
                    reply += _more(sock.recv(65536))
                    refused = refusal(reply)
                _require(refused, plan)
        if tls is not None:
            with _named(handshake=True):
                sock.settimeout(_left(until))
                sock = tls.wrap_socket(sock, server_hostname=plan.host)
        return sock
    except BaseException:
        if sock is not None:
            sock.close()
        raise


def _found(plan: ConnectionPlan) -> list[Any]:
    return [
        row
        for address in plan.addresses
        for row in socket.getaddrinfo(address, plan.first_port, type=socket.SOCK_STREAM)
    ]


def _reach(rows: list[Any], until: float) -> socket.socket:
    failure: OSError = OSError("the name has no address")
    for number, (family, kind, protocol, _, address) in enumerate(rows, 1):
        left = _left(until)
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(left if number == len(rows) else min(left, PATIENCE))
            sock.connect(address)
            sock.settimeout(_left(until))
            return sock
        except BaseException as error:
            sock.close()
            if not isinstance(error, OSError):
                raise
            failure = error
    raise failure


# ---- in an event loop ------------------------------------------------------------------------------------------------


async def connect_async(plan: ConnectionPlan, tls: ssl.SSLContext | None, protocol: Any) -> Any:
    """A protocol that is connected, within the plan's time.

    Args:
        plan: Where to, and how.
        tls: Of `tls_of`.
        protocol: Makes the protocol.

    Raises:
        ConnectionFailed: There is no connection.
    """
    loop = asyncio.get_running_loop()
    sock: socket.socket | None = None
    try:
        async with asyncio.timeout(plan.timeout):
            with _named():
                rows = [
                    row
                    for address in plan.addresses
                    for row in await loop.getaddrinfo(address, plan.first_port, type=socket.SOCK_STREAM)
                ]
                sock = await _reach_async(loop, rows)
                if plan.tunnel:
                    await loop.sock_sendall(sock, plan.tunnel)
                    reply, refused = b"", None
                    while refused is None:
                        reply += _more(await loop.sock_recv(sock, 65536))
                        refused = refusal(reply)
                    _require(refused, plan)
            with _named(handshake=tls is not None):
                name = plan.host if tls is not None else None
                _, made = await loop.create_connection(protocol, sock=sock, ssl=tls, server_hostname=name)
            sock = None  # the transport's
            return made
    except TimeoutError:
        raise ConnectionFailed("transport.timeout", "no connection was made in time") from None
    finally:
        if sock is not None:
            sock.close()


async def _reach_async(loop: asyncio.AbstractEventLoop, rows: list[Any]) -> socket.socket:
    failure: OSError = OSError("the name has no address")
    for number, (family, kind, protocol, _, address) in enumerate(rows, 1):
        sock = socket.socket(family, kind, protocol)
        try:
            sock.setblocking(False)
            async with asyncio.timeout(None if number == len(rows) else PATIENCE):
                await loop.sock_connect(sock, address)
            return sock
        except BaseException as error:
            sock.close()
            if not isinstance(error, OSError):
                raise
            failure = error
    raise failure


# ---- what both say ---------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _named(*, handshake: bool = False) -> Iterator[None]:
    """What goes wrong, by its kind."""
    try:
        yield
    except TimeoutError:
        raise ConnectionFailed("transport.timeout", "no connection was made in time") from None
    except OSError as error:  # SSLError is one
        if handshake:
            raise handshake_failed(error) from error
        why = error.strerror or str(error)
        raise ConnectionFailed("transport.refused", f"no connection could be made: {why}") from error


def handshake_failed(error: OSError) -> ConnectionFailed:
    """Why there is no TLS, and what to do."""
    words, hint = "the TLS handshake failed", ""
    if isinstance(error, ssl.SSLCertVerificationError):
        words += f": the certificate does not verify: {error.verify_message}"
        hint = "check the target's name and certificate, or name the bundle of its CA as ca in the configuration"
    elif isinstance(error, ssl.SSLError) and (reason := error.reason or ""):
        if "CERTIFICATE_REQUIRED" in reason:
            words += ": a client certificate is asked for"
        elif "ALERT" in reason:
            words += f": {reason}; perhaps a client certificate is asked for, or another one"
        else:
            words += f": {reason}"
        hint = "name the client certificate as cert and key in the configuration" if "ALERT" in reason else ""
    else:
        words += f": {error.strerror or error}"
    return ConnectionFailed("transport.tls", words, hint)


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _more(data: bytes) -> bytes:
    if not data:
        raise ConnectionFailed("transport.refused", "the proxy closed the connection")
    return data


def _require(refused: str, plan: ConnectionPlan) -> None:
    if refused.startswith(str(PROXY_REFUSES)):
        raise proxy_asks(plan)
    if refused:
        raise ConnectionFailed("transport.refused", f"the proxy opened no way to the target: {refused}")
