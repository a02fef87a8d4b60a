"""Targets: what is no target is said so without repeating secrets, and what may be another machine counts as one."""

from __future__ import annotations

import pytest

from leadproof.core.errors import ConfigurationError
from leadproof.core.target import SCHEMES, Target, is_loopback

REFUSED = {
    "": "is no http or https URL",
    "127.0.0.1:8080": "is no http or https URL",
    "ftp://127.0.0.1": "is no http or https URL",
    "file:///etc/passwd": "is no http or https URL",
    "http://": "is no http or https URL",
    "http://:8080": "is no http or https URL",
    "http:///v2": "is no http or https URL",
    "http://[::1": "is no http or https URL",
    "http://127.0.0.1:99999": "is no http or https URL",
    "http://127.0.0.1:port": "is no http or https URL",
    "http://127.0.0.1:0": "is no http or https URL",
    "http://127.0.0.1 ": "is no http or https URL",
    "http://local\thost": "is no http or https URL",
    "http://local\nhost": "is no http or https URL",
    "http://evil.example\\.127.0.0.1": "is no http or https URL",
    "http://ⓛocalhost": "is no http or https URL",
    "http://127.0.0.1。evil.example": "is no http or https URL",
    "http://127.0.0.1?x=1": "has a query or a fragment",
    "http://127.0.0.1#evil.example": "has a query or a fragment",
    "http://user:password@127.0.0.1": "holds credentials",
    "http://user@127.0.0.1": "holds credentials",
    "http://:@127.0.0.1": "holds credentials",
    "ftp://user:password@127.0.0.1": "holds credentials",
    "http://user:pass#word@127.0.0.1": "holds credentials",
    "http://127.0.0.1\\@evil.example": "holds credentials",
}


@pytest.mark.parametrize("url", REFUSED)
def test_what_is_no_target_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        Target(url)

    assert REFUSED[url] in raised.value.message
    assert raised.value.hint
    assert "pass" not in raised.value.message.replace("passwd", "")


@pytest.mark.parametrize(
    ("url", "base", "host"),
    [
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080", "127.0.0.1"),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080", "127.0.0.1"),
        ("https://Leads.Partner.Example./api/", "https://Leads.Partner.Example./api", "leads.partner.example"),
        ("http://[::1]:1/x", "http://[::1]:1/x", "::1"),
    ],
)
def test_a_base_url_has_no_slash_at_its_end(url: str, base: str, host: str) -> None:
    target = Target(url)

    assert (target.base, target.host) == (base, host)


LOOPBACK = [
    "127.0.0.1",
    "127.0.0.2",
    "127.255.255.254",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "localhost",
    "LOCALHOST",
    "LocalHost",
]
REMOTE = [
    "0.0.0.0",
    "127.1",
    "127.0.1",
    "0x7f.0.0.1",
    "0x7f000001",
    "2130706433",
    "017700000001",
    "127.000.000.001",
    "127.0.0.1.",
    "localhost.",
    "localhost.localdomain",
    "sub.localhost",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "%6cocalhost",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[::1%25lo]",
    "[fe80::1]",
    "192.168.0.1",
    "10.0.0.1",
    "169.254.169.254",
    "partner.example",
]


@pytest.mark.parametrize("host", LOOPBACK)
def test_this_machine_is_known(host: str) -> None:
    assert Target(f"http://{host}:8080/v").loopback


@pytest.mark.parametrize("host", REMOTE)
def test_whatever_may_be_another_machine_counts_as_one(host: str) -> None:
    assert not Target(f"http://{host}:8080").loopback


@pytest.mark.parametrize("host", ["", "0.0.0.0", "::", "::1%lo", "foo bar", "127.1"])
def test_an_address_to_listen_on_is_judged_by_the_same_rule(host: str) -> None:
    assert not is_loopback(host)
    assert is_loopback("::1")


def test_nothing_is_certain_behind_a_proxy() -> None:
    assert not Target("http://localhost", proxy="http://127.0.0.1:3128").loopback


@pytest.mark.parametrize("timeout", [0.0, -1.0, float("nan"), float("inf"), 1e6])
def test_a_timeout_has_to_be_possible(timeout: float) -> None:
    with pytest.raises(ConfigurationError, match="is not possible"):
        Target("http://127.0.0.1", timeout=timeout)


@pytest.mark.parametrize("secret", ["ключ", "a\nb", "a\r\nhost: evil.example", "a\x00", "\x7f"])
def test_a_secret_that_no_header_can_carry_is_refused_without_showing_it(secret: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        Target("http://127.0.0.1", secret=secret)

    assert secret not in raised.value.message + raised.value.hint


def test_an_unknown_scheme_is_refused() -> None:
    with pytest.raises(ConfigurationError) as raised:
        Target("http://127.0.0.1", "basic", "x")

    assert raised.value.hint == "known are: api-key, bearer, access_token"


@pytest.mark.parametrize(
    ("scheme", "expected"),
    [
        ("api-key", (("api-key", "s3cret"),)),
        ("bearer", (("authorization", "Bearer s3cret"),)),
        ("access_token", (("access_token", "s3cret"),)),
    ],
)
def test_credentials_are_spelt_as_the_scheme_says(scheme: str, expected: object) -> None:
    assert Target("http://127.0.0.1", scheme, "s3cret").credentials() == expected
    assert Target("http://127.0.0.1", scheme).credentials() == ()
    assert scheme in SCHEMES


def test_a_target_that_is_printed_does_not_show_its_secrets() -> None:
    target = Target("http://127.0.0.1", secret="s3cret", proxy="http://user:s3cret@127.0.0.1")

    assert "s3cret" not in repr(target)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "it is empty"),
        ("X Gate", "there is a blank in it"),
        (" X-Gate", "there is a blank in it"),
        ("X-Gate:", "a colon ends a name"),
        ("X-Gäte", "'ä' is in it"),
        ("X-Gate\r\nHost", "'\\r' is in it"),
        ("X(Gate)", "'(' is in it"),
    ],
)
def test_a_header_that_has_no_possible_name_is_told_why(name: str, words: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        Target("http://127.0.0.1", headers=((name, "s3cret"),))

    assert raised.value.message == f"the header {name!r} of the target has no possible name: {words}"
    assert "X-Gateway-Key" in raised.value.hint


@pytest.mark.parametrize("name", ["api-key", "Content-Type", "HOST"])
def test_a_header_of_the_contract_is_none_of_a_target(name: str) -> None:
    with pytest.raises(ConfigurationError, match="cannot be one of a target") as raised:
        Target("http://127.0.0.1", headers=((name, "s3cret"),))

    assert "credentials are leadproof's" in raised.value.hint
