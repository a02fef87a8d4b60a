"""How a target is reached, decided before anything is sent: addresses, proxy, TLS, headers. Pure.

Everything that sends goes by one plan, so that what a network asks for holds for all of it: the client, the probe, the
recorder's upstream and the load. `connecting` carries it out. The environment has no say (HTTP_PROXY, NO_PROXY and the
like): a proxy is used where the target names one, for every request.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit

from leadproof.core import lazy
from leadproof.core.errors import ConfigurationError
from leadproof.core.exchange import Headers
from leadproof.core.target import Target

#: Bytes of a proxy's response to CONNECT that are read.
MAX_REPLY = 65_536

#: Status by which a proxy asks for credentials of its own.
PROXY_REFUSES = 407

#: "localhost" means both, whatever a hosts file says (RFC 6761, section 6.3).
LOOPBACK = ("127.0.0.1", "::1")

_REPLY = lazy.pattern(rb"HTTP/1\.[01] (\d{3})(?: ([^\r\n]*))?\r?\n")


@dataclass(frozen=True, slots=True)
class ConnectionPlan:
    """The one way to a target."""

    #: Scheme and authority, as in `https://leads.example`.
    origin: str
    #: Value of the Host header.
    authority: str
    #: The path that stands before /v2 in the target's URL; "" mostly.
    prefix: str
    host: str
    port: int
    tls: bool
    #: Names or addresses to connect to, in the order in which they are tried, and their port: the proxy's, where there
    #: is one. Nothing else is contacted.
    addresses: tuple[str, ...]
    first_port: int
    proxied: bool
    #: What the proxy alone is told.
    proxy_headers: Headers
    #: What every request carries besides its own headers.
    headers: Headers
    #: Seconds for a whole exchange.
    timeout: float

    @property
    def tunnel(self) -> bytes:
        """The request that opens the way through a proxy (RFC 9110, section 9.3.6); empty where there is none."""
        if not (self.proxied and self.tls):
            return b""
        where = f"[{self.host}]" if ":" in self.host else self.host
        lines = [f"CONNECT {where}:{self.port} HTTP/1.1", f"Host: {where}:{self.port}"]
        lines += [f"{name}: {value}" for name, value in self.proxy_headers]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")

    @property
    def absolute(self) -> str:
        """What stands before the path in a request line: the origin, for a proxy that is no tunnel (RFC 9112, section
        3.2.2).
        """
        return self.origin if self.proxied and not self.tls else ""

    @property
    def hop_headers(self) -> Headers:
        """Headers of each request that are for the proxy, and no part of the exchange."""
        return self.proxy_headers if self.absolute else ()


def plan_of(target: Target) -> ConnectionPlan:
    """The plan of a target.

    Raises:
        ConfigurationError: The proxy is none.
    """
    parts = urlsplit(target.base)
    host, tls = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (443 if tls else 80)
    proxy = _proxy(target.proxy) if target.proxy else None
    first = host if proxy is None else proxy.hostname or ""
    first_port = port if proxy is None else proxy.port or 80
    return ConnectionPlan(
        f"{parts.scheme}://{parts.netloc}", parts.netloc, parts.path, host, port, tls,
        LOOPBACK if first.lower() == "localhost" else (first,), first_port,
        proxy is not None, () if proxy is None else _authorization(proxy), target.headers, target.timeout,
    )  # fmt: skip


def refusal(reply: bytes) -> str | None:
    """Why a proxy opens no tunnel: "" where it does, None while its response is not complete."""
    head, end, rest = reply.partition(b"\r\n\r\n")
    if not end:
        return None if len(reply) <= MAX_REPLY else "its response has no end"
    status = _REPLY.match(head + b"\r\n")
    if status is None:
        return "it does not speak HTTP"
    if not status[1].startswith(b"2"):
        return f"{status[1].decode()} {(status[2] or b'').decode('latin-1')}".strip()
    return "more came than the opening of the tunnel" if rest else ""


def _proxy(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        if parts.scheme == "http" and parts.hostname and parts.port != 0:
            return parts
    except ValueError:
        pass  # its message would repeat the password
    raise ConfigurationError(
        "the proxy is no http URL",
        hint="write it like http://127.0.0.1:3128; https to the target goes through it encrypted all the same",
    )


def _authorization(proxy: SplitResult) -> Headers:
    if not proxy.username:
        return ()
    words = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return (("Proxy-Authorization", f"Basic {b64encode(words.encode()).decode()}"),)
