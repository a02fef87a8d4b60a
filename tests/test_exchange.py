"""Messages as plain data: headers, media types, the path of a target."""

from __future__ import annotations

import pytest

from leadproof.core.exchange import MEDIA_TYPES, Request, format_of, format_of_body, header, headers, media_type


def test_the_first_header_of_a_name_counts_whatever_its_case() -> None:
    pairs = headers([("Accept", "a"), ("ACCEPT", "b"), ("X", "")])

    assert header(pairs, "accept") == "a"
    assert header(pairs, "x") == ""
    assert header(pairs, "y") is None
    assert headers({"A": "1"}) == (("A", "1"),)


@pytest.mark.parametrize(
    ("content_type", "name", "fmt"),
    [
        (None, "", None),
        ("", "", None),
        ("application/json", "application/json", "json"),
        (" Application/JSON ; charset=utf-8", "application/json", "json"),
        ("text/json", "text/json", "json"),
        ("application/problem+json", "application/problem+json", "json"),
        ("text/xml;charset=x", "text/xml", "xml"),
        ("application/soap+xml", "application/soap+xml", "xml"),
        ("text/html", "text/html", None),
        ("json", "json", None),
        (";", "", None),
    ],
)
def test_a_content_type_means_a_format(content_type: str | None, name: str, fmt: str | None) -> None:
    assert media_type(content_type) == name
    assert format_of(content_type) == fmt


def test_the_media_types_that_are_sent_mean_their_own_format() -> None:
    for fmt, names in MEDIA_TYPES.items():
        assert {format_of(name) for name in names} == {fmt}


@pytest.mark.parametrize(
    ("content_type", "body", "fmt"),
    [
        ("application/json", b"<a/>", "json"),
        ("text/html", b"{}", None),
        (None, b"{}", "json"),
        (None, b" \r\n[", "json"),
        (None, b"\xef\xbb\xbf<a/>", "xml"),
        ("", b"<a/>", "xml"),
        (None, b"plain", None),
        (None, b"", None),
    ],
)
def test_a_body_without_content_type_is_told_by_its_first_character(
    content_type: str | None, body: bytes, fmt: str | None
) -> None:
    pairs = () if content_type is None else (("Content-Type", content_type),)

    assert format_of_body(pairs, body) == fmt


def test_the_path_is_the_target_without_its_query() -> None:
    assert Request("GET", "/v2/status/1%2F2?x=/y?z").path == "/v2/status/1%2F2"
