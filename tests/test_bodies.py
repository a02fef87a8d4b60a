"""Reading and writing single bodies: pairs of files that say the same, files to be refused, and what is too much."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml

from leadproof import bodies
from leadproof.bodies import MAX_BODY, BodyError
from leadproof.bodies.lexical import lexical
from leadproof.bodies.problems import MOST
from leadproof.contract.specs import load
from leadproof.core.errors import EncodeError
from leadproof.core.findings import KINDS
from leadproof.judge.checks.bodies import explain

DATA = Path(__file__).parent / "data" / "bodies"
GOOD = sorted((DATA / "good").glob("*.xml"))
REFUSALS: dict[str, dict[str, Any]] = yaml.safe_load((DATA / "bad" / "expected.yaml").read_text("utf-8"))

#: Calls of functions that reading or explaining a body may take, however long it is: what takes the square of its
#: length takes thousands of times as many, and a busy machine changes nothing.
MOST_CALLS = 5_000_000


class Work(Exception):
    """More was done than a body may cost."""


@pytest.fixture(autouse=True)
def bounded() -> Iterator[None]:
    """Ends a test that does far too much; nothing here measures time."""
    calls = 0

    def count(frame: object, event: str, argument: object) -> None:
        nonlocal calls
        if event == "call":
            calls += 1
            if calls > MOST_CALLS:
                raise Work

    sys.setprofile(count)
    yield
    sys.setprofile(None)
    assert calls <= MOST_CALLS


GUID = "929f4d31-5576-49b5-ae9b-606d94a475e2"


def name(path: Path) -> str:
    return path.name


# ---- files -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", GOOD, ids=name)
def test_a_good_pair_says_the_same_in_both_formats(path: Path) -> None:
    operation, direction, *_ = path.name.split(".")
    decode = bodies.decode_response if direction == "response" else bodies.decode_request

    value = decode(operation, "xml", path.read_bytes())

    assert value == decode(operation, "json", path.with_suffix(".json").read_bytes())
    assert (
        list(
            explain(load(), operation, direction, "xml", bodies.Decoded(value, [], bodies.xml.parse(path.read_bytes())))
        )
        == []
    )


def test_every_bad_file_is_expected() -> None:
    assert {path.name for path in (DATA / "bad").iterdir()} == {*REFUSALS, "expected.yaml"}


@pytest.mark.parametrize("file", REFUSALS)
@pytest.mark.parametrize("direction", ["response", "request"])
def test_a_bad_body_is_refused_by_name_and_place(file: str, direction: str) -> None:
    decode = bodies.decode_response if direction == "response" else bodies.decode_request
    expected = REFUSALS[file]
    with pytest.raises(BodyError) as refusal:
        decode("create_lead", file.rpartition(".")[2], (DATA / "bad" / file).read_bytes())

    error = refusal.value
    assert error.kind == expected["kind"]
    assert error.kind in KINDS
    assert error.pointer == expected.get("pointer", "")
    if "line" in expected:
        assert (error.line, error.column) == (expected["line"], expected["column"])
        assert f"line {error.line}, column {error.column}" in str(error)


# ---- too much of something -------------------------------------------------------------------------------------------


def members(count: int) -> bytes:
    return b",".join(b'"k%d":1' % number for number in range(count))


HOSTILE: dict[str, tuple[str, bytes, str]] = {
    "beyond the cap": ("json", b" " * (MAX_BODY + 1), "encoding.too-large"),
    "XML beyond the cap": ("xml", b" " * (MAX_BODY + 1), "encoding.too-large"),
    "blank up to the cap": ("json", b" " * MAX_BODY, "body.empty"),
    "a member twice among many": ("json", b"{" + members(300_000) + b',"z":1,"z":2}', "body.duplicate-member"),
    "a million opened lists": ("json", b"[" * 1_000_000, "body.unsafe"),
    "instructions before a hidden DTD": ("xml", b"<?a?>" * 100_000 + b"<x><!DOCTYPE", "body.malformed"),
    "comments before a DTD": ("xml", b"<!--a-->\n" * 200_000 + b"<!DOCTYPE x><x/>", "body.unsafe"),
    "a comment that never ends": ("xml", b"<!--" + b"-" * 4_000_000 + b"<!DOCTYPE", "body.malformed"),
    "a huge attribute": ("xml", b'<Leads vid="' + b"9" * 11_000_000 + b'"/>', "body.unsafe"),
    "a huge text": ("xml", b"<Leads>" + b"x" * 11_000_000 + b"</Leads>", "body.unsafe"),
    "a million opened elements": ("xml", b"<a>" * 1_000_000, "body.unsafe"),
    "an encoding of a megabyte": (
        "xml",
        b'<?xml version="1.0" encoding="' + b"x" * 1_000_000 + b'"?><a/>',
        "charset.invalid",
    ),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_too_much_is_refused_soon(case: str) -> None:
    fmt, data, kind = HOSTILE[case]
    with pytest.raises(BodyError) as refusal:
        bodies.decode_response("create_lead", fmt, data)

    assert refusal.value.kind == kind


@pytest.mark.parametrize(
    ("fmt", "data"),
    [
        ("json", b'{"results":[' + b"0," * 300_000 + b"0]}"),
        ("json", b'{"results":[{' + members(100_000) + b"}]}"),
        ("xml", b"<LeadReceiverResult><Results>" + b"<x/>" * 100_000 + b"</Results></LeadReceiverResult>"),
        ("xml", b"<LeadReceiverResult " + b" ".join(b'a%d=""' % one for one in range(200_000)) + b"/>"),
    ],
    ids=["results that are numbers", "members of a result", "elements", "attributes"],
)
def test_a_body_of_many_faults_is_explained_soon_and_in_part(fmt: str, data: bytes) -> None:
    found = list(explain(load(), "create_lead", "response", fmt, bodies.read_response("create_lead", fmt, data)))

    assert 1 <= len(found) <= 2 * MOST


# ---- encodings -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "charset", ["utf-8", "UTF-8", "utf8", "latin-1", "ISO-8859-1", "windows-1252", "ascii", "utf-16"]
)
def test_the_charset_of_the_message_is_followed(charset: str) -> None:
    text = "ja" if charset == "ascii" else "Größe"
    codec = "cp1252" if charset == "windows-1252" else charset
    response = f'{{"success": true, "message": "{text}"}}'.encode(codec)
    request = f'<Leads vid="1" lid="1"><Lead><A>{text}</A></Lead></Leads>'.encode(codec)

    assert bodies.read_response("accept_offer", "json", response, charset=charset).value["message"] == text
    read = bodies.read_request("create_lead", "xml", request, charset=charset)
    assert read.value["leads"][0]["fields"] == {"A": text}


@pytest.mark.parametrize(
    "charset", ["utf-7", "hex", "punycode", "unicode_escape", "x\0y", "é", "\ud800", "rot13", "utf-32"]
)
@pytest.mark.parametrize("fmt", ["json", "xml"])
def test_other_charsets_are_refused_by_name(fmt: str, charset: str) -> None:
    with pytest.raises(BodyError) as refusal:
        bodies.read_response("ping", fmt, b"{}" if fmt == "json" else b"<a/>", charset=charset)

    assert refusal.value.kind == "charset.invalid"
    assert repr(charset) in refusal.value.message


def test_a_request_of_many_attributes_is_read_soon() -> None:
    data = b"<Leads " + b" ".join(b'a%d=""' % one for one in range(200_000)) + b"/>"

    assert len(bodies.read_request("ping", "xml", data).value["source"]) == bodies.xml.MOST_ATTRIBUTES


def test_a_charset_that_the_bytes_contradict_is_refused() -> None:
    for fmt, data in (("json", b'{"a":"\xff"}'), ("xml", b"<a>\xff</a>")):
        with pytest.raises(BodyError) as refusal:
            bodies.read_response("ping", fmt, data, charset="us-ascii")
        assert refusal.value.kind == "charset.invalid"


# ---- writing ---------------------------------------------------------------------------------------------------------

PING: dict[str, Any] = {"requestId": GUID, "results": []}
POST: dict[str, Any] = {"source": {"vid": 1, "lid": 2}, "leads": [{"properties": {}, "fields": {}}]}


def post(**changes: Any) -> dict[str, Any]:
    return {**POST, "leads": [{**POST["leads"][0], **changes}]}


#: What cannot be written: (format, direction, operation, value) and the pointer that the refusal names.
UNWRITABLE: dict[str, tuple[str, str, str, Any, str]] = {
    "JSON: not a number": (
        "json",
        "response",
        "ping",
        {"results": [{"estimatedPayout": float("nan")}]},
        "/results/0/estimatedPayout",
    ),
    "JSON: infinite": ("json", "request", "ping", {"source": {"vid": float("-inf")}}, "/source/vid"),
    "JSON: digits without end": ("json", "response", "ping", {"a/b": [10**4000]}, "/a~1b/0"),
    "JSON: half a character": ("json", "response", "ping", {"m": "\ud83d"}, "/m"),
    "JSON: half a character in a name": ("json", "response", "ping", {"a": {"\ud83d": 1}}, "/a/\ud83d"),
    "XML: control character": ("xml", "response", "ping", {"results": [{"response": "a\x00"}]}, "/results/0/response"),
    "XML: control character in a name": ("xml", "response", "ping", {"a\x01": 1}, "/a\x01"),
    "XML: not a number": (
        "xml",
        "response",
        "ping",
        {"results": [{"estimatedPayout": float("inf")}]},
        "/results/0/estimatedPayout",
    ),
    "XML: thousands of digits": (
        "xml",
        "response",
        "ping",
        {"results": [{"campaignId": 10**5000}]},
        "/results/0/campaignId",
    ),
    "XML: a list in one element": ("xml", "response", "ping", {"requestId": [1]}, "/requestId"),
    "XML: a text for a list": ("xml", "response", "ping", {"results": "none"}, "/results"),
    "XML: a list for an object": ("xml", "response", "ping", {"results": [[]]}, "/results/0"),
    "XML: an unknown member that is an object": (
        "xml",
        "response",
        "ping",
        {"results": [{"more": {}}]},
        "/results/0/more",
    ),
    "XML: an unknown member called like an element": (
        "xml",
        "response",
        "ping",
        {"results": [{"OrderID": "x"}]},
        "/results/0/OrderID",
    ),
    "XML: not an object": ("xml", "response", "ping", [], ""),
    "XML: no leads": ("xml", "request", "inbound_post", {"source": {}}, ""),
    "XML: a member beside source": ("xml", "request", "inbound_post", {**POST, "a~": 1}, "/a~0"),
    "XML: source is no object": ("xml", "request", "inbound_post", {**POST, "source": []}, "/source"),
    "XML: a member beside fields": ("xml", "request", "inbound_post", post(more=1), "/leads/0/more"),
    "XML: fields are no object": ("xml", "request", "inbound_post", post(fields=[]), "/leads/0/fields"),
    "XML: properties are no object": ("xml", "request", "inbound_post", post(properties=None), "/leads/0/properties"),
    "XML: a lead is no object": ("xml", "request", "inbound_post", {**POST, "leads": [1]}, "/leads/0"),
    "XML: null in an attribute": ("xml", "request", "inbound_post", {**POST, "source": {"aid": None}}, "/source/aid"),
    "XML: a list in an attribute": ("xml", "request", "inbound_post", {**POST, "source": {"aid": [1]}}, "/source/aid"),
    "XML: null in a field": ("xml", "request", "inbound_post", post(fields={"A": None}), "/leads/0/fields/A"),
    "XML: a field with fields": ("xml", "request", "inbound_post", post(fields={"A": {}}), "/leads/0/fields/A"),
    "XML: a field that is no name": (
        "xml",
        "request",
        "inbound_post",
        post(fields={"First Name": ""}),
        "/leads/0/fields/First Name",
    ),
    "XML: a field with a colon": ("xml", "request", "inbound_post", post(fields={"a:b": ""}), "/leads/0/fields/a:b"),
    "XML: an offer id with a bar": (
        "xml",
        "request",
        "inbound_post",
        post(properties={"offerIds": ["a", "b|c"]}),
        "/leads/0/properties/offerIds/1",
    ),
    "XML: an empty offer id": (
        "xml",
        "request",
        "inbound_post",
        post(properties={"offerIds": [""]}),
        "/leads/0/properties/offerIds/0",
    ),
    "XML: an offer id that is a number": (
        "xml",
        "request",
        "inbound_post",
        post(properties={"offerIds": [7]}),
        "/leads/0/properties/offerIds/0",
    ),
    "XML: a property called like another's attribute": (
        "xml",
        "request",
        "inbound_post",
        post(properties={"orderID": "x"}),
        "/leads/0/properties/orderID",
    ),
    "XML: a field called like call data": (
        "xml",
        "request",
        "create_call_lead",
        post(fields={"CallDate": "x"}),
        "/leads/0/fields/CallDate",
    ),
}


@pytest.mark.parametrize("case", UNWRITABLE)
def test_what_cannot_be_written_is_refused_at_its_place(case: str) -> None:
    fmt, direction, operation, value, pointer = UNWRITABLE[case]
    encode = bodies.encode_response if direction == "response" else bodies.encode_request

    with pytest.raises(EncodeError) as refusal:
        encode(operation, fmt, value)

    assert refusal.value.pointer == pointer


def test_json_nests_as_deep_as_it_is_read() -> None:
    value: Any = 1
    for _ in range(bodies.json.MAX_DEPTH):
        value = [value]

    assert bodies.json.decode(bodies.json.encode(value)) == value
    with pytest.raises(EncodeError):
        bodies.json.encode([value])


def test_numbers_that_json_schema_calls_whole_are_written_whole() -> None:
    ping = {"requestId": GUID, "results": [{"willAccept": True, "campaignId": 7.0, "estimatedPayout": 12.0}]}
    data = bodies.encode_response("ping", "xml", ping)

    assert b"<CampaignID>7</CampaignID>" in data
    assert b"<EstimatedPayout>12.0</EstimatedPayout>" in data
    assert b'vid="7"' in bodies.encode_request("ping", "xml", {"source": {"vid": 7.0}, "leads": []})


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (1e-7, "0.0000001"),
        (1e22, "10000000000000000000000.0"),
        (0.1, "0.1"),
        (12, "12"),
        (-0.0, "-0.0"),
        (2**70, "1180591620717411303424"),
    ],
)
def test_numbers_are_written_without_exponent(number: float, written: str) -> None:
    assert lexical(number) == written


def test_unknown_members_are_written_and_reported() -> None:
    response = {"requestId": GUID, "results": [{"willAccept": True, "bid": 1.5, "note": None, "sure": False}]}
    data = bodies.encode_response("ping", "xml", response)

    assert b'<bid>1.5</bid><note i:nil="true"/><sure>false</sure>' in data
    read = bodies.read_response("ping", "xml", data)
    assert [problem.pointer for problem in read.problems] == ["/results/0/bid", "/results/0/note", "/results/0/sure"]
    assert {problem.kind for problem in read.problems} == {"schema.unknown"}


# ---- requests in XML -------------------------------------------------------------------------------------------------


def read_lead(xml: str, operation: str = "inbound_post") -> tuple[Any, list[tuple[str, str]]]:
    read = bodies.read_request(operation, "xml", f'<Leads vid="1" lid="1">{xml}</Leads>'.encode())
    return read.value["leads"], [(problem.kind, problem.xpath) for problem in read.problems]


def test_an_attribute_with_the_name_of_a_json_member_is_not_taken_for_it() -> None:
    leads, problems = read_lead('<Lead orderId="Q" orderID="R" offerIds="a"/>')

    assert leads == [{"properties": {"@orderId": "Q", "orderId": "R", "@offerIds": "a"}, "fields": {}}]
    assert problems == []
    found = [
        breach.pointer
        for breach in explain(
            load(),
            "inbound_post",
            "request",
            "xml",
            bodies.read_request("inbound_post", "xml", b'<Leads vid="1" lid="1"><Lead orderId="Q"/></Leads>'),
        )
    ]
    assert found == ["/leads/0/properties/@orderId"]


def test_what_is_wrong_with_the_structure_of_a_request_is_named() -> None:
    wrong = (
        '<Lead><A>1</A><A>2</A></Lead><Other/>text<x:Lead xmlns:x="urn:x"><A/></x:Lead>'
        '<Lead><A b="1"/><B><C/></B>stray<CallDate xmlns="urn:x"/></Lead>'
    )
    leads, problems = read_lead(wrong, "create_call_lead")

    assert [lead["fields"] for lead in leads] == [{"A": "1"}, {"A": ""}, {"A": "", "B": ""}]
    assert problems == [
        ("xml.structure", "/Leads/Lead[1]/A"),
        ("schema.unknown", "/Leads/Other[2]"),
        ("xml.namespace", "/Leads/{urn:x}Lead[2]"),
        ("xml.namespace", "/Leads/{urn:x}Lead[2]/A"),
        ("xml.structure", "/Leads/Lead[3]/A"),
        ("xml.structure", "/Leads/Lead[3]/B"),
        ("xml.namespace", "/Leads/Lead[3]/{urn:x}CallDate"),
        ("xml.structure", "/Leads/Lead[3]"),
        ("xml.structure", "/Leads"),
    ]


def test_a_request_in_a_namespace_is_wrong_once_and_still_read() -> None:
    read = bodies.read_request("ping", "xml", b'<Leads xmlns="urn:x" vid="1" lid="1"><Lead><A>1</A></Lead></Leads>')

    assert [problem.kind for problem in read.problems] == ["xml.namespace"]
    assert read.value == {"source": {"vid": 1, "lid": 1}, "leads": [{"properties": {}, "fields": {"A": "1"}}]}


def test_another_document_is_another_document() -> None:
    read = bodies.read_request("ping", "xml", b"<soap><Body/></soap>")

    assert [problem.kind for problem in read.problems] == ["xml.root"]
    assert [one.kind for one in explain(load(), "ping", "request", "xml", read)] == ["xml.root"]


# ---- places ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operation", "direction", "pointer", "xpath"),
    [
        ("ping", "response", "", "/PingReceiverResult"),
        ("ping", "response", "/results/1/orderId", "/PingReceiverResult/Results/d2p1:PingResponse[2]/OrderID"),
        (
            "ping",
            "response",
            "/results/0/offers/2/tcpaInformation/termsURL",
            "/PingReceiverResult/Results/d2p1:PingResponse[1]/Offers/Offer[3]/TCPAInformation/TermsUrl",
        ),
        ("ping", "response", "/results/0/nothing/here", "/PingReceiverResult/Results/d2p1:PingResponse[1]"),
        ("ping", "response", "/results/²", "/PingReceiverResult/Results"),
        ("lead_status", "response", "/results/0/isValid", ""),
        ("update_lead", "request", "/leads", ""),
        ("accept_offer", "request", "", ""),
        ("inbound_post", "request", "/source/aid", "/Leads/@aid"),
        ("inbound_post", "request", "/source/other", "/Leads"),
        ("inbound_post", "request", "/leads/0/properties/offerIds", "/Leads/Lead[1]/@offerids"),
        ("inbound_post", "request", "/leads/1/fields/Zip", "/Leads/Lead[2]/Zip"),
        ("inbound_post", "request", "/leads/²/fields/Zip", "/Leads"),
        ("create_call_lead", "request", "/leads/0/properties/ivrNumber", "/Leads/Lead[1]/IVRNumber"),
    ],
)
def test_the_xpath_of_a_pointer(operation: str, direction: str, pointer: str, xpath: str) -> None:
    assert bodies.xpath_of(operation, direction, pointer) == xpath


def test_values_in_messages_are_typed_and_short() -> None:
    assert bodies.typed(None) == "null"
    assert bodies.typed(True) == "boolean true"
    assert bodies.typed([1, 2]) == "array of 2"
    assert bodies.typed("x" * 500).startswith('string "xxx')
    assert len(bodies.typed("x" * 500)) < 100
    assert bodies.typed(10**5000) == "integer …"


def test_json_is_written_as_orjson_writes() -> None:
    value = {"a": [1, 2.5, None, True, "é"]}

    assert bodies.json.encode(value) == orjson.dumps(value)
