"""Messages as plain data: headers, media types, the path of a target."""

from __future__ import annotations

import pytest

from leadproof.core.exchange import (
    MEDIA_TYPES,
    REQUEST,
    Exchange,
    Part,
    Recorded,
    Request,
    Response,
    format_of,
    format_of_body,
    gaps,
    header,
    headers,
    media_type,
)


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


def test_a_part_is_recorded_empty_or_not_known() -> None:
    request, response = Request("POST", "/", (("a", "b"),)), Response(200, (), b"{}")
    exchange = Exchange(request, response, unknown=gaps(Part.RESPONSE_BODY, how=Recorded.CUT))

    assert exchange.recorded(Part.RESPONSE_BODY) is Recorded.CUT
    assert exchange.recorded(Part.REQUEST_BODY) is Recorded.EMPTY
    assert exchange.recorded(Part.REQUEST_HEADERS) is exchange.recorded(Part.STATUS) is Recorded.WHOLE
    assert exchange.knows(*REQUEST)
    assert not exchange.knows(Part.STATUS, Part.RESPONSE_BODY)
    assert exchange.missing() == "not recorded: the response's body (cut off)"
    assert Exchange(request, response).missing() == "it gives no occasion"
    assert Exchange(request, None).missing() == "not recorded: the response"


def test_credentials_are_headers() -> None:
    request = Request("POST", "/")

    assert not Exchange(request, None, unknown=gaps(Part.REQUEST_HEADERS)).knows(Part.CREDENTIALS)
    assert Exchange(request, None, unknown=gaps(Part.CREDENTIALS)).knows(Part.REQUEST_HEADERS)


@pytest.mark.parametrize("body", [b"", b"{}"])
def test_a_request_without_method_and_target_was_not_recorded(body: bytes) -> None:
    exchange = Exchange(Request("", "", (), body), None)

    assert [part for part in REQUEST if exchange.knows(part)] == ([Part.REQUEST_BODY] if body else [])
    assert Exchange(Request("", "/v2/status/1"), None).unknown == ()
