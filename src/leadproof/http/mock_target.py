"""Is a target our own mock? Then it gets the credentials of its posting profile: one rule for all that sends.

The rule never sends a secret of the user's, and never touches another machine.
"""

from __future__ import annotations

from dataclasses import replace
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

from leadproof.contract.profile import Profile
from leadproof.core.target import Target

#: Where the controls of a mock are, and the header with their token.
PREFIX, TOKEN_HEADER = "/__mock__/", "x-mock-token"

#: Seconds that a target has to say what it is.
_PATIENCE = 2.0


def mock_credentials(profile: Profile) -> tuple[str, str]:
    """Scheme and secret that the mock takes under a profile; they open nothing else."""
    if profile.credentials.api_keys:
        return "api-key", profile.credentials.api_keys[0]
    return "bearer", next(iter(profile.credentials.bearer_tokens), "")


def is_mock(target: Target) -> bool:
    """Is a target on this machine our mock? It tells by its controls, which ask for a token."""
    if not target.loopback or not target.base.startswith("http://"):
        return False
    parts = urlsplit(target.base)
    # The standard library's client follows nothing, asks no proxy and logs nothing.
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=_PATIENCE)
    try:
        connection.request("GET", f"{parts.path}{PREFIX}state")
        response = connection.getresponse()
        return response.status == 403 and TOKEN_HEADER.encode() in response.read(2000)
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def with_mock_credentials(target: Target, profile: Profile) -> Target:
    """The target as it was given, but for our mock: that gets the profile's credentials, unless the user set some."""
    if target.secret or not is_mock(target):
        return target
    scheme, secret = mock_credentials(profile)
    return replace(target, scheme=scheme, secret=secret)
