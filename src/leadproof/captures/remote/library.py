"""The library of each scheme, imported when it is needed, with the options that make it careful.

Of https no redirect leads to another origin: what proves who asks (a signature, a password) is for the host that was
named. Of sftp the host's key must be known, as ssh wants it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from leadproof.captures.remote.failures import NotFollowed
from leadproof.captures.remote.urls import SCHEMES, scheme_of, service
from leadproof.core import installation
from leadproof.core.errors import UsageError

if TYPE_CHECKING:
    import aiohttp

#: Headers of requests by https: bytes are counted as they lie there, and unpacked here.
UNPACKED = {"Accept-Encoding": "identity"}

#: Seconds for a connection, and without a byte.
_CONNECT, _SILENCE = 30, 60


def require(url: str) -> None:
    """Ends with a hint where the library of a URL's scheme is missing, or the URL can be none of it.

    Raises:
        MissingExtraError: It is missing.
        UsageError: The URL holds what its library does not read there, or no name.
    """
    scheme = scheme_of(url)
    row = SCHEMES[scheme]
    installation.require("remote", f"{scheme}:// needs {' and '.join(row.modules)}", row.modules)
    try:
        host = urlsplit(url).netloc.rpartition("@")
    except ValueError:
        host = ("", "", "")
    if not host[2]:
        what = "bucket" if row.bucket else "host"
        raise UsageError(f"a {scheme} URL begins with the name of a {what}", hint=f"such as {scheme}://NAME/file.har")
    if row.bucket and host[1] and scheme != "az":
        raise UsageError(
            f"the {scheme} URL of {host[2]} holds credentials",
            hint=f"they belong elsewhere: {row.credentials}",
        )


def load(url: str) -> None:
    """Imports the library of a URL's scheme: what that takes is nothing that a place could be blamed for."""
    for module in SCHEMES[scheme_of(url)].modules:
        importlib.import_module(module)


def file_system(url: str) -> tuple[Any, str]:
    """The library's file system for a URL, one for each place and process, and the path of the URL in it."""
    import fsspec

    scheme = scheme_of(url)
    options: dict[str, Any] = {}
    if scheme == "s3":
        options = {"config_kwargs": {"connect_timeout": _CONNECT, "read_timeout": _SILENCE}}
    elif scheme == "https":
        options = {"get_client": _client, "headers": UNPACKED}
    elif scheme == "sftp":  # sshfs would take any key of a host: () is what ssh has in its files
        options = {"known_hosts": (), "connect_timeout": _CONNECT, "keepalive_interval": 15}
    file_system, path = fsspec.url_to_fs(url, **options)
    return file_system, str(path)


async def _client(**options: Any) -> aiohttp.ClientSession:
    """A client that follows no redirect to another origin, unpacks nothing, and takes proxies from the environment."""
    import aiohttp

    tracing = aiohttp.TraceConfig()
    tracing.on_request_redirect.append(_stay)
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT, sock_read=_SILENCE)
    options |= {"trace_configs": [tracing], "timeout": timeout, "trust_env": True, "auto_decompress": False}
    return aiohttp.ClientSession(**options)


async def _stay(session: aiohttp.ClientSession, context: Any, parameters: aiohttp.TraceRequestRedirectParams) -> None:
    """Called before a redirect is followed."""
    response = parameters.response
    location = response.headers.get("Location") or response.headers.get("URI") or ""
    try:
        there = service(str(response.url.join(type(response.url)(location))))
    except ValueError:
        there = "nowhere"
    if there != service(str(response.url)):
        raise NotFollowed(f"it is redirected to another origin, {there}, which is not followed")
