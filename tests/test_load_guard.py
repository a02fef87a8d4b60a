"""No packet to a host that was not named twice."""

from __future__ import annotations

import pytest

from leadproof.core.errors import ConfigurationError
from leadproof.core.target import Target
from leadproof.load import guard


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8080",
        "http://LOCALHOST:8080",
        "https://[::1]:1",
        "http://127.8.9.1",
        "http://127.0.0.1:8080/base/",
    ],
)
def test_this_machine_needs_no_second_name(url: str) -> None:
    assert guard.allow(Target(url), ()).url == url


@pytest.mark.parametrize(
    "url",
    [
        "http://leads.partner.example",
        "http://LEADS.Partner.Example",
        "http://leads.partner.example.",
        "https://leads.partner.example:8443/base",
        "http://192.0.2.7",
        "http://[2001:db8::7]:80",
        "http://2130706433",
        "http://127.1",
        "http://0x7f000001",
        "http://0.0.0.0:8080",
        "http://localhost.:8080",
        "http://127.0.0.1.:8080",
        "http://localhost.partner.example",
        "http://[::ffff:127.0.0.1]",
    ],
)
def test_everything_else_is_refused_however_it_is_spelt(url: str) -> None:
    with pytest.raises(ConfigurationError, match="refused before anything was sent") as caught:
        guard.allow(Target(url), ())

    assert guard.OPTION in caught.value.hint


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("http://leads.partner.example", "LEADS.partner.example."),
        ("http://LEADS.partner.example.:8080", "leads.partner.example"),
        ("http://leads.partner.example", "http://leads.partner.example:8080/x"),
        ("http://192.0.2.7", "192.0.2.7"),
        ("http://[2001:db8::7]", "2001:0db8:0::7"),
        ("http://[2001:db8::7]", "[2001:db8::7]:443"),
    ],
)
def test_a_host_that_was_named_twice_is_allowed(url: str, allowed: str) -> None:
    assert guard.allow(Target(url), [allowed]).url == url


@pytest.mark.parametrize("allowed", ["partner.example", "*.partner.example", "127.0.0.1", "", "other.example", "*"])
def test_another_name_allows_nothing(allowed: str) -> None:
    with pytest.raises(ConfigurationError):
        guard.allow(Target("http://leads.partner.example"), [allowed])


def test_credentials_in_the_url_are_refused_before_anything_else() -> None:
    with pytest.raises(ConfigurationError, match="holds credentials"):
        Target("http://127.0.0.1@leads.partner.example")


def test_behind_a_proxy_nothing_is_this_machine() -> None:
    target = Target("http://127.0.0.1", proxy="http://127.0.0.1:3128")

    with pytest.raises(ConfigurationError, match="refused before anything was sent"):
        guard.allow(target, [])
    assert guard.allow(target, ["127.0.0.1"]) is target


def test_only_the_command_line_names_a_host_for_the_second_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCUST_ALLOW_TARGET", "leads.partner.example")

    assert guard.named(["locust", "--allow-target", "a.example", "--allow-target=b.example", "--host", "c"]) == [
        "a.example", "b.example",
    ]  # fmt: skip
    assert guard.named(["locust", "--allow-target"]) == []
