"""Our mock gets the credentials of its profile by itself; nobody else gets any, and a user's own are never replaced."""

from __future__ import annotations

import socket
from collections.abc import Callable

import pytest

from leadproof.contract.profile import load
from leadproof.core.target import Target
from leadproof.http.mock_target import is_mock, mock_credentials, with_mock_credentials
from leadproof.mock.server import Running

PROFILE = load()


def test_the_mock_is_told_from_other_services(served_mock: Running, http_target: Callable[..., str]) -> None:
    other = http_target(lambda *_: (403, {}, b"forbidden"))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        nobody = Target(f"http://127.0.0.1:{silent.getsockname()[1]}")

        assert is_mock(Target(served_mock.url))
        assert not is_mock(nobody)
        assert not is_mock(Target(other))
        assert not is_mock(Target("http://sandbox.example"))


def test_asking_what_a_target_is_follows_no_redirect(http_target: Callable[..., str]) -> None:
    asked = []

    def other(method: str, path: str, *_: object) -> tuple[int, dict[str, str], bytes]:
        asked.append(path)
        return 403, {}, b"x-mock-token"

    elsewhere = http_target(other)
    target = http_target(lambda *_: (302, {"location": f"{elsewhere}/__mock__/state"}, b""))

    assert not is_mock(Target(target))
    assert asked == []


def test_only_a_mock_without_credentials_gets_those_of_the_profile(
    served_mock: Running, http_target: Callable[..., str]
) -> None:
    bare = Target(served_mock.url, timeout=7)
    own = Target(served_mock.url, "bearer", "mine")
    other = Target(http_target(lambda *_: (404, {}, b"")))

    assert with_mock_credentials(bare, PROFILE) == Target(served_mock.url, *mock_credentials(PROFILE), timeout=7)
    assert with_mock_credentials(own, PROFILE) is own
    assert with_mock_credentials(other, PROFILE) is other


@pytest.mark.parametrize(("keys", "tokens", "expected"), [
    (("k",), ("t",), ("api-key", "k")),
    ((), ("t",), ("bearer", "t")),
    ((), (), ("bearer", "")),
])  # fmt: skip
def test_the_first_credentials_of_a_profile_are_taken(
    keys: tuple[str, ...], tokens: tuple[str, ...], expected: tuple[str, str]
) -> None:
    from dataclasses import replace

    profile = replace(PROFILE, credentials=replace(PROFILE.credentials, api_keys=keys, bearer_tokens=tokens))

    assert mock_credentials(profile) == expected
