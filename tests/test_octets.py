"""The bytes of responses: each fault of the table is named by its rule, what is right by none, and nothing raises."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadproof import captures
from leadproof.bodies import MAX_BODY
from leadproof.core.exchange import Exchange, Headers
from leadproof.core.wire_faults import WIRE_FAULTS, broken
from leadproof.core.wire_rules import WIRE_RULES
from leadproof.http.octets import read, shown

BODIES = {"json": b'{"requestId":"1","results":[]}', "xml": b"<Response><RequestId>1</RequestId></Response>"}


def message(fmt: str = "json", *lines: bytes, start: bytes = b"HTTP/1.1 200 OK", body: bytes | None = None) -> bytes:
    """A response that is right, with further header lines."""
    body = BODIES[fmt] if body is None else body
    head = (
        start,
        b"content-type: application/" + fmt.encode(),
        b"date: Sun, 06 Nov 1994 08:49:37 GMT",
        *lines,
        b"content-length: %d" % len(body),
    )
    return b"\r\n".join(head) + b"\r\n\r\n" + body


def rules(raw: bytes) -> set[str]:
    """The rules that bytes break."""
    said = {problem.message for problem in read(raw).problems}
    return {name for name, rule in WIRE_RULES.items() if rule.message in said}


@pytest.mark.parametrize("name", WIRE_FAULTS)
def test_each_fault_is_named_by_its_rule(name: str) -> None:
    fault = WIRE_FAULTS[name]

    for fmt in [fault.media] if fault.media else BODIES:
        assert fault.rule in rules(broken(fault, message(fmt)))


#: Rules that are broken along with the one that a fault is about.
ALONG = {"body-204": {"length-forbidden"}}


@pytest.mark.parametrize("name", WIRE_FAULTS)
def test_a_fault_breaks_its_rule_and_no_other(name: str) -> None:
    fault = WIRE_FAULTS[name]

    for fmt in [fault.media] if fault.media else BODIES:
        assert rules(broken(fault, message(fmt))) == {fault.rule} | ALONG.get(name, set())


def test_every_rule_that_bytes_can_break_has_a_fault() -> None:
    assert {fault.rule for fault in WIRE_FAULTS.values()} == WIRE_RULES.keys() - {"too-large"}


def chunked(body: bytes, tail: bytes = b"0\r\n\r\n", extension: bytes = b"") -> bytes:
    half = len(body) // 2
    parts = b"".join(b"%X%b\r\n%b\r\n" % (len(part), extension, part) for part in (body[:half], body[half:]) if part)
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: Chunked\r\n\r\n"
    return head + parts + tail


JSON = BODIES["json"]
RIGHT = {
    "plain": message(),
    "xml with a declaration": message(body=b'<?xml version="1.0" encoding="utf-8"?><a/>', fmt="xml"),
    "without a reason": message(start=b"HTTP/1.1 200 "),
    "another script in the reason": message(start=b"HTTP/1.1 200 \xc3\xa9t\xc3\xa9"),
    "HTTP/1.0 to the end of the connection": b"HTTP/1.0 200 OK\r\ncontent-type: application/json\r\n\r\n" + JSON,
    "a length with zeros before it": b"HTTP/1.1 200 OK\r\ncontent-type: text/json\r\ncontent-length: 002\r\n\r\n{}",
    "no space behind colons": message("json", b"x-note:a", b"x-empty:"),
    "a list in several headers": message("json", b"cache-control: no-cache", b"cache-control: no-store"),
    "several cookies": message("json", b"set-cookie: a=1", b"set-cookie: b=2"),
    "Latin-1 in a value": message("json", b"x-note: \xe9t\xe9\tand a tab"),
    "chunks": chunked(JSON),
    "chunks with extensions": chunked(JSON, extension=b' ; a=1;b="c;d\\""'),
    "chunks with a trailer": chunked(JSON, b"000\r\nx-checksum: 1\r\n\r\n"),
    "gzip": message("json", b"content-encoding: gzip", body=gzip.compress(JSON)),
    "gzip in two members": message("json", b"content-encoding: x-gzip", body=gzip.compress(b"{") + gzip.compress(b"}")),
    "gzip on top of gzip, as it says": message(
        "json", b"content-encoding: gzip, gzip", body=gzip.compress(gzip.compress(JSON))
    ),
    "deflate": message("json", b"content-encoding: deflate", body=zlib.compress(JSON)),
    "interim responses": b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n" + message(),
    "204": b"HTTP/1.1 204 No Content\r\n\r\n",
    "205 with a length": b"HTTP/1.1 205 Reset Content\r\ncontent-length: 0\r\n\r\n",
    "304 with the length of what is not sent": b"HTTP/1.1 304 Not Modified\r\ncontent-length: 12\r\n\r\n",
    "UTF-16 with a mark, as it says": message(
        "xml", body='<?xml version="1.0" encoding="utf-16"?><a/>'.encode("utf-16")
    ),
    "Latin-1, as it says": b"HTTP/1.1 200 OK\r\ncontent-type: text/xml; charset=iso-8859-1\r\n\r\n<a>\xe9t\xe9</a>",
    "encodings by their other names": (
        b"HTTP/1.1 200 OK\r\ncontent-type: text/xml;charset=\"UTF8\"\r\n\r\n<?xml version='1.0' encoding='utf-8'?><a/>"
    ),
    "a hundred headers": message("json", *[b"x-note-%d: a" % number for number in range(97)]),
}


@pytest.mark.parametrize("name", RIGHT)
def test_a_response_that_is_right_breaks_no_rule(name: str) -> None:
    found = read(RIGHT[name])

    assert found.problems == ()
    assert found.response is not None


def test_a_body_is_what_was_meant_wherever_that_is_clear() -> None:
    clear = [
        "line-feeds", "header-folded", "length-too-short", "length-twice", "length-negative", "length-huge",
        "both-framings", "both-framings-plain", "second-response", "second-after-chunks", "bytes-after-chunks",
        "type-twice", "transfer-twice", "chunk-line-feeds", "gzip-hidden", "gzip-twice", "http-2", "trailer-wrong",
    ]  # fmt: skip

    for name in clear:
        response = read(broken(WIRE_FAULTS[name], message())).response
        assert response is not None
        assert response.body == JSON, name


def test_a_folded_header_is_put_together() -> None:
    response = read(message("json", b"x-note: a\r\n\t b")).response

    assert response is not None
    assert ("x-note", "a b") in response.headers


def test_beyond_the_cap_nothing_is_said_about_lengths() -> None:
    assert rules(message(body=b" " * (MAX_BODY + 1))) == {"too-large"}
    bomb = gzip.compress(b" " * (MAX_BODY + 1))
    assert rules(message("json", b"content-encoding: gzip", body=bomb)) == {"too-large"}


def test_what_was_there_is_shown_shortly_and_can_be_seen() -> None:
    [problem] = read(message("json", b"x\x1b[31m" + b"y" * 500 + b": a")).problems

    assert problem.actual == r"x\x1b[31m" + "y" * 34


@given(st.binary(min_size=1, max_size=200), st.sampled_from([b"", b"HTTP/1.1 200 OK\r\n", message()[:-40]]))
def test_nothing_that_arrives_raises(tail: bytes, begin: bytes) -> None:
    found = read(begin + tail)

    assert found.response is not None or found.problems


@given(st.data())
def test_a_response_cut_anywhere_is_never_right(data: st.DataObject) -> None:
    whole = data.draw(st.sampled_from([message(), chunked(JSON), RIGHT["gzip"]]))
    cut = data.draw(st.integers(1, len(whole) - 1))

    assert read(whole[:cut]).problems


# ---- what a capture shows --------------------------------------------------------------------------------------------


def test_a_capture_accuses_nobody_of_what_its_tool_did() -> None:
    undone: list[Headers] = [
        (("content-type", "application/json"), ("transfer-encoding", "chunked")),  # curl puts chunks together
        (("content-type", "application/json; charset=iso-8859-1"),),  # an editor saved the file in UTF-8
        (("content-type", "application/json"), ("content-length", "5")),  # an editor changed line ends
        (("content-type", "application/json"), ("content-encoding", "gzip")),  # curl --compressed unpacks
        (("date", "[removed]"),),
    ]

    for pairs in undone:
        assert shown("HTTP/1.1 200 OK", pairs, '{"a": "é"}'.encode()) == ()


#: Bytes that a request begins with, as a text file has them.
REQUEST = b"GET /v2/status/1 HTTP/1.1\r\naccept: application/json\r\napi-key: made-up\r\n\r\n"


@pytest.mark.parametrize("name", [name for name, row in WIRE_FAULTS.items() if WIRE_RULES[row.rule].captured])
def test_a_reader_names_each_fault_that_a_capture_shows(name: str, tmp_path: Path) -> None:
    fault, path = WIRE_FAULTS[name], tmp_path / "capture.http"
    path.write_bytes(REQUEST + broken(fault, message(fault.media or "json")) + b"\r\n")

    [exchange] = [one for one in captures.read(path) if isinstance(one, Exchange)]

    assert WIRE_RULES[fault.rule].message in {problem.message for problem in exchange.problems}


def test_a_reader_says_nothing_of_responses_that_are_right(tmp_path: Path) -> None:
    unpacked = [raw for name, raw in RIGHT.items() if not name.startswith(("UTF-16", "gzip", "deflate"))]
    for number, raw in enumerate(unpacked):
        path = tmp_path / f"{number}.http"
        path.write_bytes(REQUEST + raw + b"\r\n")

        [exchange] = [one for one in captures.read(path) if isinstance(one, Exchange)]

        assert exchange.problems == (), raw


@pytest.mark.parametrize("length", ["\u00b2", "-1", "many", "0x1f", "9" * 5_000, "1 2", ""])
def test_no_length_makes_a_reader_fail(length: str, tmp_path: Path) -> None:
    path = tmp_path / "capture.http"
    path.write_text(f"HTTP/1.1 200 OK\ncontent-type: application/json\ncontent-length: {length}\n\n{{}}\n", "utf-8")

    [exchange] = [one for one in captures.read(path, "lead_status") if isinstance(one, Exchange)]

    assert [problem.kind for problem in exchange.problems] in (["framing.invalid"], ["framing.length"])
