"""The hosts for which a server of ours responds. Pure.

Listening on loopback keeps other machines out, but not a web page in a browser on this machine: its name can be given
an address of this machine (DNS rebinding), and then the browser lets the page read all that comes back. Only the Host
header tells such a request, so a server responds for loopback names, the address it listens on, and what was named.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from leadproof.core import lazy
from leadproof.core.errors import UsageError
from leadproof.core.target import is_loopback

#: The option that names a host.
OPTION = "--allow-host"

#: Host and port, if there is one (RFC 9110, section 7.2). Service names of containers may have underscores.
_AUTHORITY = lazy.pattern(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::[0-9]*)?")
#: The authority of an absolute request target (RFC 9112, section 3.2.2).
_ABSOLUTE = lazy.pattern(rb"[A-Za-z][A-Za-z0-9+.-]*://([^/?#]*)")

#: Different Host headers that are remembered.
_MOST = 64


@dataclass(frozen=True, slots=True)
class Hosts:
    """What a server responds for besides loopback names."""

    names: frozenset[str] = frozenset()

    @classmethod
    def named(cls, names: Iterable[str], *listening: str) -> Hosts:
        """The hosts of a server.

        Args:
            names: What a user named.
            listening: The address to listen on, as a user wrote it.

        Raises:
            UsageError: A name is none.
        """
        return cls(frozenset([*map(_named, names), *(address.strip("[]").lower() for address in listening)]))

    def refusal(
        self, version: str, target: bytes, pairs: Iterable[tuple[bytes, bytes]], local: str = ""
    ) -> tuple[int, str]:
        """Status and words for a request that is for another host, or for nobody can tell which; status 0 for others.

        Args:
            version: HTTP version, such as "1.1".
            target: Request target.
            pairs: Headers.
            local: Address at which the client reached the server.
        """
        named = [value for name, value in pairs if name.lower() == b"host"]
        if len(named) > 1 or (not named and version == "1.1"):  # RFC 9112, section 3.2
            return 400, f"the request has {len(named) or 'no'} Host headers; there must be one"
        absolute = _ABSOLUTE.match(target)
        for authority in [*named, *([absolute[1]] if absolute else [])]:
            host = host_of(authority.decode("latin-1"))
            if host is None:
                return 400, "the host of the request is no host name or address"
            if not (is_ours(host) or host in self.names or host == local):
                return 421, (
                    f"nothing responds for the host {host} here, only for this machine's loopback names, the address "
                    f"listened on, and hosts that were named at the start; to name it: {OPTION} {host}"
                )
        return 0, ""


#: Nothing was named.
LOOPBACK = Hosts()


@lru_cache(_MOST)
def host_of(authority: str) -> str | None:
    """Host of an authority: lower case, without port, brackets and a dot at its end; None where there is none."""
    parts = _AUTHORITY.fullmatch(authority.strip(" \t")) if len(authority) <= 300 else None
    return parts[1].strip("[]").removesuffix(".").lower() or None if parts else None


def is_ours(host: str) -> bool:
    """Is a host, as `host_of` gives it, this machine's own?"""
    return is_loopback(host) or host.endswith(".localhost")  # RFC 6761, section 6.3


def _named(name: str) -> str:
    host = host_of(f"[{name}]" if name.count(":") > 1 and "[" not in name else name)
    if host is None:
        raise UsageError(
            f"{OPTION} {name!r} names no host", hint="write a name or an address and nothing else, such as mock"
        )
    return host
