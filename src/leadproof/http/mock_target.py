"""Is a target our own mock? Then it gets the credentials of its posting profile: one rule for all that sends.

The rule never sends a secret of the user's, and never touches another machine.
"""

from __future__ import annotations

from dataclasses import replace

from leadproof.contract.profile import Profile
from leadproof.core.exchange import Request
from leadproof.core.target import Target
from leadproof.http.wire import probe

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
    response = probe(replace(target, timeout=_PATIENCE), Request("GET", f"{PREFIX}state")).exchange.response
    return response is not None and response.status == 403 and TOKEN_HEADER.encode() in response.body


def with_mock_credentials(target: Target, profile: Profile) -> Target:
    """The target as it was given, but for our mock: that gets the profile's credentials, unless the user set some."""
    if target.secret or not is_mock(target):
        return target
    scheme, secret = mock_credentials(profile)
    return replace(target, scheme=scheme, secret=secret)
