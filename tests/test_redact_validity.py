"""Redaction mends nothing: a placeholder follows the rules of its format exactly where the value did."""

# ruff: noqa: RUF001 - digits that only look like digits are what it is about

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from leadproof import bodies
from leadproof.contract.profile.formats import FORMATS
from leadproof.contract.specs import load
from leadproof.core.exchange import Exchange, Request
from leadproof.core.names import Kind
from leadproof.judge import Judge
from leadproof.redact import Redactor
from leadproof.redact.placeholders import Placeholders

_DOCUMENTED_URL = re.compile(load().openapi["components"]["schemas"]["HttpUrl"]["pattern"].replace("$", r"\Z"))

#: Kind -> the rules that its values are held to.
RULES = {
    Kind.URL: (FORMATS["url"].accepts, _DOCUMENTED_URL.search),
    Kind.EMAIL: (FORMATS["email"].accepts,),
    Kind.PHONE: (FORMATS["phone"].accepts,),
    Kind.ZIP: (FORMATS["zip"].accepts,),
    Kind.DATE: (FORMATS["date"].accepts, FORMATS["datetime"].accepts),
    Kind.IP: (FORMATS["ip"].accepts,),
}

#: Values that look nearly right: each was once replaced by a right one, or might have been.
VALUES = {
    Kind.URL: [
        "s3://bucket/rec.mp3", "S3://bucket/rec.mp3", "http:///rec.mp3", "https://", "https://a b.example/x",
        "https://ä.example/x", "https://a.example/ä b", "ftp://a.example/x", "//a.example/x", "/rec.mp3", "a.example/x",
        "https:/a.example", "HTTPS://a.example/x", "gopher://a.example/x", "https://?x", "https://a.example/\x01",
    ],
    Kind.EMAIL: ["ann@a.example", "ann@a..example", "ä@a.example", "ann@a", "ann@@a.example", "ann@-a.example", "@a.b"],
    Kind.PHONE: [
        "212-555-0142", "112-555-0142", "２１２-555-0142", "212555014", "212 - 555 - 0142", "+1 (212) 555-0142",
    ],
    Kind.ZIP: ["75001", "7500", "٧٥٠٠١", "75001-1234", "75001_1234", "750011234"],
    Kind.DATE: [
        "1980-02-31", "1980-02-28", "31/01/1980", "01/31/1980", "13/13/1980", "1980-00-10", "1980-01-02T25:00:00Z",
        "1980-01-02T23:59:59Z", "1980-01-02 23:59", "1980-01-02T23:59:59", "1980-1-2", "02.01.1980", "19800231",
        "1979-02-29", "02/29/1979",
    ],
    Kind.IP: ["999.1.1.1", "198.51.100.7", "1.2.3", "1.2.3.04", "fe80::1::2", "2001:db8::7", "256.0.0.1"],
}  # fmt: skip


def follows(kind: Kind, value: str) -> list[bool]:
    return [bool(rule(value)) for rule in RULES[kind]]


@pytest.mark.parametrize(("kind", "value"), [(kind, value) for kind, values in VALUES.items() for value in values])
def test_a_placeholder_breaks_the_rules_that_the_value_breaks(kind: Kind, value: str) -> None:
    placeholders = Placeholders()

    placeholder = placeholders.of(kind, value)

    assert follows(kind, placeholder) == follows(kind, value), placeholder
    assert placeholder != value or value in ("https://", "75001")
    assert placeholders.of(kind, placeholder) == placeholder


def near(kind: Kind) -> st.SearchStrategy[str]:
    """Values of a kind with a character too many, too few or another."""

    def bent(value: str, at: int, piece: str, taken: int) -> str:
        place = at % (len(value) + 1)
        return value[:place] + piece + value[place + taken :]

    odd = st.sampled_from(["", " ", "0", "9", "１", "ä", "/", ":", "@", ".", "-", "x", "13", "T", "?"])
    return st.builds(bent, st.sampled_from(VALUES[kind]), st.integers(0, 40), odd, st.integers(0, 2))


@pytest.mark.parametrize("kind", RULES)
@settings(deadline=None)
@given(data=st.data())
def test_of_anything_near_it_too(kind: Kind, data: st.DataObject) -> None:
    value = data.draw(near(kind)).strip()
    placeholders = Placeholders()

    placeholder = placeholders.of(kind, value)

    assert follows(kind, placeholder) == follows(kind, value), placeholder
    assert placeholders.of(kind, placeholder) == placeholder


@settings(deadline=None)
@given(url=near(Kind.URL))
@example(url="s3://bucket/rec.mp3")
@example(url="https://calls.example/rec.mp3")
def test_a_redacted_recording_is_judged_like_the_original(url: str) -> None:
    text = re.sub(r'[\\"\x00-\x1f]', "", url)
    value = {
        "source": {"vid": 1, "lid": 1, "sendDelay": 0},
        "leads": [{"properties": {"recordingUrl": text}, "fields": {}}],
    }
    body = bodies.encode_request("create_call_lead", "json", value)
    sent = Request("POST", "/v2/insert/calldata", (("Content-Type", "application/json"),), body)
    exchange = Exchange(sent, None, operation="create_call_lead")

    before, after = (Judge().judge(one).findings for one in (exchange, Redactor().exchange(exchange)))

    assert [(finding.clause, finding.pointer) for finding in before] == [
        (finding.clause, finding.pointer) for finding in after
    ]
