"""URLs of captures: which schemes there are, and how a URL is shown. Pure.

A URL may prove who asks: by a user and a password, by a signature in its query (`X-Amz-Signature`, a token of Azure's
`sig`). Of a query only what is known to say *which* file is shown; userinfo never is.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import urlsplit


class Scheme(NamedTuple):
    """A kind of place that captures are read from."""

    #: Modules that read it.
    modules: tuple[str, ...]
    #: Where its library finds credentials.
    credentials: str
    #: Is its path that of an object in a bucket, whose name is its first part?
    bucket: bool = False
    #: Does it know folders and patterns?
    folders: bool = True


SCHEMES: dict[str, Scheme] = {
    "s3": Scheme(("fsspec", "s3fs"), "AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY", bucket=True),
    "gs": Scheme(("fsspec", "gcsfs"), "GOOGLE_APPLICATION_CREDENTIALS, or gcloud auth", bucket=True),
    "az": Scheme(
        ("fsspec", "adlfs"), "AZURE_STORAGE_CONNECTION_STRING, or AZURE_STORAGE_ACCOUNT_NAME and a key", bucket=True
    ),
    "https": Scheme(("fsspec", "aiohttp"), "user and password in ~/.netrc, or a signed URL", folders=False),
    "sftp": Scheme(("fsspec", "sshfs"), "the keys of ssh-agent and ~/.ssh, as ssh does"),
}

#: Parameters of a query that say which file or version is meant, and prove nothing.
_TELLING = frozenset({"versionid", "generation", "snapshot"})

_URL = re.compile(r"(?i)\b(?:s3|gs|az|https?|sftp|tcp|tls)://[^\s'\"<>]+")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*(?=://)")
_LONGEST = 300


def scheme_of(word: str) -> str:
    """The scheme of a URL in lower case; "" if it is none."""
    found = _SCHEME.match(word)
    return found[0].lower() if found else ""


def is_remote(word: object) -> bool:
    """Is it a URL of a place that captures are read from?"""
    return scheme_of(str(word)) in SCHEMES


def shown(url: str) -> str:
    """A URL as it may be printed and written: without userinfo, and without the values of its query."""
    scheme, mark, rest = url.partition("://")
    if not mark:
        return url
    cut = next((place for place, char in enumerate(rest) if char in "/?#"), len(rest))
    place, rest = rest[:cut].rpartition("@")[2], rest[cut:]
    if scheme.lower() in SCHEMES and SCHEMES[scheme.lower()].bucket and "?versionId=" not in rest:
        return f"{scheme}://{place}{rest}"  # a question mark in the name of an object is one
    path, mark, query = rest.partition("#")[0].partition("?")
    parameters = "&".join(_parameter(one) for one in query.split("&")) if mark else ""
    return f"{scheme}://{place}{path}{mark}{parameters}"


def _parameter(text: str) -> str:
    name, mark, value = text.partition("=")
    if not mark:
        return "…"
    return f"{name}={value if name.lower() in _TELLING else '…'}"


def scrubbed(text: str) -> str:
    """The first line of what a library says, every URL in it as it may be shown."""
    line = next(iter(text.strip().splitlines()), "")
    line = _URL.sub(lambda found: shown(found[0]), line)
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"


def service(url: str) -> str:
    """What a service behind a URL would be named by: scheme and host."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def or_service(hint: str, url: str) -> str:
    """A hint for a URL that gives no capture: it may be that of a service that was to be tested."""
    place = service(url)
    return (
        f"{hint}{' ' if hint.endswith('?') else '; '}for a service, leadproof certify --target {place} is the command"
    )
