"""A service to test, as data: where it is, how to prove who asks, how long to wait."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from leadproof.core import lazy
from leadproof.core.errors import ConfigurationError
from leadproof.core.exchange import Headers

#: How the credentials may be spelt: scheme -> header and value.
SCHEMES: dict[str, tuple[str, str]] = {
    "api-key": ("api-key", "{}"),
    "bearer": ("authorization", "Bearer {}"),
    "access_token": ("access_token", "{}"),
}

#: Headers that no target may add: they frame or route a message, or say what the contract is about.
RESERVED = frozenset((
    "accept", "accept-encoding", "api-key", "authorization", "access_token", "connection", "content-encoding",
    "content-length", "content-type", "expect", "host", "keep-alive", "proxy-authorization", "proxy-connection", "te",
    "trailer", "transfer-encoding", "upgrade",
))  # fmt: skip

#: A field name (RFC 9110, section 5.1).
_NAME = lazy.pattern(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")

#: Seconds: a day. Sockets do not wait for ever longer.
LONGEST_TIMEOUT = 86_400.0

#: Why nothing came from a target, a key of `findings.KINDS` -> what to look at.
UNREACHED_HINTS: dict[str, str] = {
    "transport.refused": "is it running, and are host and port right?",
    "transport.tls": "check the certificate, or name its CA bundle in the configuration, or the client certificate "
    "that it asks for",
    "transport.timeout": "is it running, and can it be reached from here? A longer timeout can be configured",
    "transport.reset": "is it the right port, and is it http or https?",
}


@dataclass(frozen=True, slots=True)
class Target:
    """A service to test, and how to reach it."""

    url: str
    #: A key of `SCHEMES`.
    scheme: str = "api-key"
    secret: str = field(default="", repr=False)
    #: Path of a CA bundle; "" for the system's.
    ca: str = ""
    #: Proxy URL; "" for none.
    proxy: str = field(default="", repr=False)
    #: Seconds for a whole exchange.
    timeout: float = 30.0
    #: Paths of a client certificate and its key; "" for none, and for a key in the same file.
    cert: str = ""
    key: str = ""
    #: Is the certificate of the target verified?
    verify: bool = True
    #: What a gateway in front of the target asks for, in every request.
    headers: Headers = field(default=(), repr=False)

    def __post_init__(self) -> None:
        if "@" in self.url:  # before anything else, so that no message repeats them
            raise ConfigurationError(
                "the target's URL holds credentials",
                hint="put them into LEADPROOF_API_KEY or LEADPROOF_BEARER_TOKEN instead",
            )
        if not _is_url(self.url):
            raise ConfigurationError(
                f"the target {self.url!r} is no http or https URL", hint="write it like http://127.0.0.1:8080"
            )
        if "?" in self.url or "#" in self.url:
            raise ConfigurationError(
                "the target's URL has a query or a fragment", hint="name what stands before /v2, and nothing else"
            )
        if self.scheme not in SCHEMES:
            raise ConfigurationError(
                f"there is no way to authenticate called {self.scheme!r}", hint=f"known are: {', '.join(SCHEMES)}"
            )
        if not (self.secret.isascii() and self.secret.isprintable()):
            raise ConfigurationError(
                "the key or token holds characters that no HTTP header can carry",
                hint="is it the right variable or file, and is there nothing but the key or token in it?",
            )
        if not 0 < self.timeout <= LONGEST_TIMEOUT:
            raise ConfigurationError(
                f"the timeout {self.timeout:g} is not possible",
                hint=f"seconds, above 0 and at most {LONGEST_TIMEOUT:g}",
            )

        for name, value in self.headers:
            if not _NAME.fullmatch(name):
                odd = next((char for char in name if not _NAME.fullmatch(char)), "")
                what = {"": "it is empty", " ": "there is a blank in it", ":": "a colon ends a name"}
                raise ConfigurationError(
                    f"the header {name!r} of the target has no possible name: {what.get(odd, f'{odd!r} is in it')}",
                    hint="letters, digits and hyphens make a name, as in X-Gateway-Key",
                )
            if name.lower() in RESERVED:
                raise ConfigurationError(
                    f"the header {name!r} cannot be one of a target",
                    hint="name what a gateway asks for; the request itself and the credentials are leadproof's",
                )
            if not (value.isascii() and value.isprintable()):
                raise ConfigurationError(
                    f"the header {name} of the target holds characters that no HTTP header can carry",
                    hint="is it the right variable, and is there nothing but the value in it?",
                )
        if self.key and not self.cert:
            raise ConfigurationError("the target has a key and no certificate", hint="name the certificate as cert")

    @property
    def base(self) -> str:
        """The URL without a slash at its end."""
        return self.url.rstrip("/")

    @property
    def host(self) -> str:
        """The host name, lower case, without a dot at its end."""
        return (urlsplit(self.url).hostname or "").rstrip(".").lower()

    @property
    def loopback(self) -> bool:
        """Is it this machine, for certain? Not behind a proxy, which has its own idea of what a name means."""
        return not self.proxy and is_loopback(urlsplit(self.url).hostname or "")

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not be written: the secret, what a gateway asks for, the proxy's password."""
        try:
            password = unquote(urlsplit(self.proxy).password or "")
        except ValueError:
            password = ""
        return tuple(filter(None, (self.secret, *(value for _, value in self.headers), password)))

    def credentials(self) -> Headers:
        """The header that carries the secret; none without one."""
        name, form = SCHEMES[self.scheme]
        return ((name, form.format(self.secret)),) if self.secret else ()


def is_loopback(host: str) -> bool:
    """Does a host name or address mean this machine, for certain?

    Names but localhost are not looked up. Unusual spellings (127.1, 2130706433, a dot at the end, IPv4 within IPv6, a
    zone) mean different things to different systems, and 0.0.0.0 is every address: they count as remote.
    """
    if host.lower() == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback if address.version == 4 else str(address) == "::1"


def _is_url(url: str) -> bool:
    """Is it a URL that something can be sent to, and that every reader takes for the same one?"""
    if not (url.isascii() and url.isprintable()) or " " in url or "\\" in url:
        return False  # the standard library drops some characters, others turn letters into a different host's
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
