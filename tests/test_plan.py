"""The plan of a connection: what is contacted, and what is said on the way, decided before anything is sent."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadproof.core.errors import ConfigurationError
from leadproof.core.target import RESERVED, Target
from leadproof.http.plan import LOOPBACK, MAX_REPLY, plan_of, refusal

PROXY = "http://127.0.0.1:3128"


def first(url: str, proxy: str = "") -> tuple[tuple[str, ...], int]:
    plan = plan_of(Target(url, proxy=proxy))
    return plan.addresses, plan.first_port


@pytest.mark.parametrize(
    ("url", "proxy", "expected"),
    [
        ("http://leads.example", "", (("leads.example",), 80)),
        ("https://leads.example", "", (("leads.example",), 443)),
        ("https://leads.example:8443/base", "", (("leads.example",), 8443)),
        ("http://[::1]:8080", "", (("::1",), 8080)),
        ("http://localhost:8080", "", (LOOPBACK, 8080)),
        ("http://LOCALHOST:8080", "", (LOOPBACK, 8080)),
        ("http://leads.example", PROXY, (("127.0.0.1",), 3128)),
        ("https://leads.example", PROXY, (("127.0.0.1",), 3128)),
        ("http://127.0.0.1:8080", "http://proxy.example", (("proxy.example",), 80)),
        ("http://leads.example", "http://localhost:3128", (LOOPBACK, 3128)),
        ("http://leads.example", "http://[2001:db8::7]:3128", (("2001:db8::7",), 3128)),
    ],
)
def test_what_is_contacted(url: str, proxy: str, expected: object) -> None:
    assert first(url, proxy) == expected


def test_a_tunnel_is_opened_for_https_alone() -> None:
    plan = plan_of(Target("https://leads.example", proxy="http://us%40er:s%3Acret@127.0.0.1:3128"))

    assert plan.tunnel == (
        b"CONNECT leads.example:443 HTTP/1.1\r\nHost: leads.example:443\r\n"
        b"Proxy-Authorization: Basic dXNAZXI6czpjcmV0\r\n\r\n"
    )
    assert (plan.absolute, plan.hop_headers) == ("", ())
    assert plan_of(Target("https://[::1]", proxy=PROXY)).tunnel.startswith(b"CONNECT [::1]:443 HTTP/1.1\r\n")
    assert plan_of(Target("https://leads.example")).tunnel == b""


def test_http_goes_to_a_proxy_by_absolute_request_targets() -> None:
    plan = plan_of(Target("http://leads.example:8080/base", proxy="http://user@127.0.0.1:3128"))

    assert (plan.tunnel, plan.absolute, plan.prefix) == (b"", "http://leads.example:8080", "/base")
    assert plan.hop_headers == (("Proxy-Authorization", "Basic dXNlcjo="),)
    assert plan_of(Target("http://leads.example")).absolute == ""


@pytest.mark.parametrize("name", ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "https_proxy", "NO_PROXY"])
def test_the_environment_has_no_say(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = [
        plan_of(Target(url, proxy=proxy)) for url in ("http://a.example", "https://a.example") for proxy in ("", PROXY)
    ]
    monkeypatch.setenv(name, "*" if name == "NO_PROXY" else "http://127.0.0.1:9")

    after = [
        plan_of(Target(url, proxy=proxy)) for url in ("http://a.example", "https://a.example") for proxy in ("", PROXY)
    ]

    assert after == before


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (b"", None),
        (b"HTTP/1.1 200 OK\r\nX: y\r\n", None),
        (b"HTTP/1.1 200 Connection established\r\n\r\n", ""),
        (b"HTTP/1.0 200\r\n\r\n", ""),
        (b"HTTP/1.1 204 No Content\r\nVia: x\r\n\r\n", ""),
        (b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "407 Proxy Authentication Required"),
        (b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 2\r\n\r\nno", "502 Bad Gateway"),
        (b"SSH-2.0-server\r\n\r\n", "it does not speak HTTP"),
        (b"HTTP/1.1 200 OK\r\n\r\nmore", "more came than the opening of the tunnel"),
        (b"x" * (MAX_REPLY + 1), "its response has no end"),
    ],
)
def test_what_a_proxy_says_to_a_tunnel(reply: bytes, expected: str | None) -> None:
    assert refusal(reply) == expected


@given(cut=st.integers(0, 38))
def test_a_reply_may_come_in_pieces(cut: int) -> None:
    whole = b"HTTP/1.1 200 Connection established\r\n\r\n"

    assert refusal(whole[:cut]) is None
    assert refusal(whole) == ""


@pytest.mark.parametrize("proxy", ["", PROXY])
def test_every_part_of_a_target_is_in_its_plan_or_elsewhere(proxy: str) -> None:
    """A new setting of a network has to be decided here, or named as somebody else's."""
    elsewhere = {"scheme": "bearer", "secret": "k", "ca": "ca.pem", "cert": "c.pem", "key": "k.pem", "verify": False}
    other: dict[str, Any] = {
        "url": "https://b.example", "proxy": "http://10.0.0.1:1", "timeout": 7.0, "headers": (("X-Gate", "1"),),
    }  # fmt: skip
    target = Target("http://a.example", proxy=proxy, cert="other.pem")

    assert {one.name for one in fields(Target)} == {*elsewhere, *other}
    assert all(plan_of(replace(target, **{name: value})) == plan_of(target) for name, value in elsewhere.items())
    assert all(plan_of(replace(target, **{name: value})) != plan_of(target) for name, value in other.items())


@pytest.mark.parametrize("name", [*sorted(RESERVED), "API-Key", "a b", "", "x:", "x\r\ny"])
def test_a_gateways_header_is_no_part_of_the_request_itself(name: str) -> None:
    with pytest.raises(ConfigurationError, match=r"cannot be one of a target|has no possible name"):
        Target("http://a.example", headers=((name, "1"),))


@pytest.mark.parametrize("value", ["a\r\nb", "ü", "\x00"])
def test_a_gateways_header_has_a_value_that_can_be_sent(value: str) -> None:
    with pytest.raises(ConfigurationError, match="no HTTP header can carry") as raised:
        Target("http://a.example", headers=(("X-Gate", value),))

    assert value not in raised.value.message


def test_what_must_not_be_written_is_known() -> None:
    target = Target(
        "http://a.example", secret="k3y", proxy="http://me:p%40ss@proxy.example", headers=(("X-Gate", "v"),)
    )

    assert target.secrets == ("k3y", "v", "p@ss")
    assert not any(one in repr(target) for one in ("k3y", "p%40ss", "X-Gate"))
    assert Target("http://a.example").secrets == ()
