"""Verdicts that are easily got wrong: how a number is spelt, what XML and JSON say of the unknown, responses without
any result. Each is a kind, and its table holds the siblings that were tried.
"""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ledgers import ledger

from leadproof import bodies
from leadproof.bodies import json
from leadproof.bodies.lexical import MAX_DIGITS, exact
from leadproof.contract.specs import Specification, load
from leadproof.core.errors import ExitCode
from leadproof.core.exchange import MEDIA_TYPES, Exchange, Request, Response
from leadproof.core.operations import CELLS, OPERATIONS
from leadproof.judge import Judge, Judgement
from leadproof.judge.equivalence import compare

SPEC = load()
EXAMPLES: dict[str, Any] = SPEC.openapi["components"]["examples"]
DOCUMENTATION = Path(__file__).parent / "data" / "documentation"


def response_of(operation: str, media: str = "json") -> bytes:
    if media == "xml":
        return EXAMPLES[f"{operation}_response_xml"]["value"].encode()
    return bodies.encode_response(operation, "json", EXAMPLES[f"{operation}_response"]["value"])


def request_of(operation: str, media: str, body: bytes | None = None) -> Request:
    row, media_type = OPERATIONS[operation], MEDIA_TYPES[media][0]
    if body is None:
        name = f"{operation}_request" + ("_xml" if media == "xml" else "")
        value = EXAMPLES[name]["value"]
        body = value.encode() if media == "xml" else bodies.encode_request(operation, "json", value)
    headers = (("Content-Type", media_type), ("Accept", media_type), ("api-key", "not-a-secret"))
    return Request(row.method, row.path, headers, body)


def judged(
    operation: str, media: str, body: bytes, *, request: Request | None = None, spec: Specification = SPEC
) -> Judgement:
    response = Response(200, (("Content-Type", MEDIA_TYPES[media][0]),), body)
    return Judge(spec).judge(Exchange(request or Request("", ""), response, operation=operation))


def said(judgement: Judgement) -> tuple[list[tuple[str, str, str]], list[tuple[str, str]]]:
    findings = [(finding.clause, finding.kind, finding.pointer) for finding in judgement.findings]
    return findings, [(seen.kind, seen.pointer) for seen in judgement.observations]


# ---- numbers ---------------------------------------------------------------------------------------------------------


def spelt(body: bytes, member: str, number: str) -> bytes:
    """The body with every number of a member spelt so."""
    changed, times = re.subn(rb'("%s":)-?[0-9.]+' % member.encode(), rb"\g<1>" + number.encode(), body)
    assert times
    return changed


#: Operation, member of its responses, and spellings of an integer that is right there.
SPELLINGS = [
    ("create_lead", "leadId", ["204811973.0", "2.04811973e8", "204811973.000", "20481197300e-2"]),
    ("create_lead", "campaignId", ["3001.0", "3001.00", "3.001E3", "300100e-2"]),
    ("create_lead_sends", "clientId", ["12.0", "1.2e1"]),
    ("create_call_transfer", "clientId", ["12.0", "1e3"]),
    ("duplicate_check", "duplicateLeadId", ["12.0", "1E+3"]),
    ("lead_status", "leadId", ["1e3", "1000.0"]),
    ("ping", "campaignId", ["3001.0", "3e3"]),
    ("update_lead", "leadId", ["7.0", "7e0"]),
    ("ping", "estimatedPayout", ["12.0", "1200e-2", "1e400", "0.1000000000000000055511151231257827"]),
]


@pytest.mark.parametrize(
    ("operation", "member", "number"),
    [(operation, member, number) for operation, member, numbers in SPELLINGS for number in numbers],
)
def test_a_number_is_what_it_says_however_it_is_spelt(operation: str, member: str, number: str) -> None:
    judgement = judged(operation, "json", spelt(response_of(operation), member, number))

    assert said(judgement) == ([], [])


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        ("12.5", "schema.type"), ("1e-1", "schema.type"), ("9007199254740992", "schema.range"),
        ("9007199254740993.0", "schema.range"), ("1e400", "schema.range"),
        ("123456789012345678901234567890", "schema.range"),
        ("0.0", "business.contradiction"), ("0e5", "business.contradiction"),
    ],
)  # fmt: skip
def test_a_number_that_is_no_identifier_is_none_however_it_is_spelt(number: str, kind: str) -> None:
    judgement = judged("create_lead", "json", spelt(response_of("create_lead"), "leadId", number))

    assert [found[1:] for found in said(judgement)[0]] == [(kind, "/results/0/leadId")]


@pytest.mark.parametrize("text", ["204811973.0", "2e8", "1e3", "+7.0", "12."])
def test_in_xml_an_integer_has_the_form_of_the_xsd(text: str) -> None:
    body, times = re.subn(rb"(<LeadIdentifier>)[0-9]+", rb"\g<1>" + text.encode(), response_of("create_lead", "xml"))
    assert times

    found, _ = said(judged("create_lead", "xml", body))

    assert [row[1:] for row in found] == [("schema.type", "/results/0/leadId")]


@pytest.mark.parametrize("number", ["1001.0", "1.001e3", "100100e-2"])
def test_the_numbers_of_a_request_are_read_alike(number: str) -> None:
    sent = request_of("ping", "json")
    sent = sent._replace(body=spelt(sent.body, "vid", number))

    judgement = judged("ping", "json", response_of("ping"), request=sent)

    assert judgement.findings == ()
    assert judgement.context is not None
    assert judgement.context.source["vid"] == Decimal(number)


TWINS = [
    # JSON, XML, is it the same price?
    ("12.0", "12", True),
    ("12", "12.00", True),
    ("1e3", "1000", True),
    ("0.1", "0.10", True),
    ("9007199254740993", "9007199254740993", True),
    ("9007199254740993", "9007199254740992", False),
    ("9007199254740993.0", "9007199254740992.0", False),
    ("0.1", "0.1000000000000000055511151231257827", False),
    ("1e400", "1" + "0" * 400, True),
    ("1e400", "1" + "0" * 399 + "1", False),
]


@pytest.mark.parametrize(("left", "right", "same"), TWINS)
def test_twins_are_compared_by_the_exact_value(left: str, right: str, same: bool) -> None:
    body = re.sub(rb"(<EstimatedPayout>)[0-9.]+", rb"\g<1>" + right.encode(), response_of("ping", "xml"))
    json_value = json.decode(spelt(response_of("ping"), "estimatedPayout", left))
    xml_value = bodies.decode_response("ping", "xml", body)

    differences = [difference.pointer for difference in compare("ping", json_value, xml_value, SPEC)]

    assert differences == ([] if same else ["/results/0/estimatedPayout"])


@given(st.decimals(allow_nan=False, allow_infinity=False, places=None))
def test_a_decimal_keeps_every_digit(number: Decimal) -> None:
    value = exact(str(number)) if abs(number.adjusted()) < MAX_DIGITS / 2 else None

    if value is not None:
        assert number == (Decimal(repr(value)) if isinstance(value, float) else value)
        assert isinstance(value, int) == (number == number.to_integral_value())


@pytest.mark.parametrize("text", ["1e5000", "1e99999999999999999999", "9" * 5000, "1e-5000", "0." + "1" * 4001])
def test_a_number_without_end_is_a_problem_and_no_traceback(text: str) -> None:
    with pytest.raises(bodies.BodyError) as caught:
        json.decode(b'{"a": %s}' % text.encode())

    assert (caught.value.kind, caught.value.message) == ("body.unsafe", f"a number has more than {MAX_DIGITS} digits")


# ---- unknown members, order, entries of another name -----------------------------------------------------------------

_STRANGER = {
    "json": lambda body: body.replace(b'"results":[{', b'"results":[{"bid":1,', 1),
    "xml": lambda body: body.replace(b"<IsValid>", b"<Bid>1</Bid><IsValid>", 1),
}
_AT_THE_ROOT = {
    "json": lambda body: body.replace(b"{", b'{"version":1,', 1),
    "xml": lambda body: body.replace(b"<RequestId>", b"<Version>1</Version><RequestId>", 1),
}
CREATES = ("create_lead", "create_lead_sends", "create_call_transfer", "create_call_lead", "inbound_post")


@pytest.mark.parametrize("change", [_STRANGER, _AT_THE_ROOT], ids=["in a result", "at the root"])
@pytest.mark.parametrize("media", ["json", "xml"])
@pytest.mark.parametrize("operation", CREATES)
def test_an_unknown_member_is_what_the_reading_makes_of_it(operation: str, media: str, change: Any) -> None:
    body = change[media](response_of(operation, media))
    assert body != response_of(operation, media)

    observed = judged(operation, media, body)
    refused = judged(operation, media, body, spec=load({"unknown-members": "refuse"}))

    assert said(observed)[0] == []
    assert [kind for kind, _ in said(observed)[1]] == ["schema.unknown"]
    assert [(clause, kind) for clause, kind, _ in said(refused)[0]] == [("LE2-ALL-RES-01", "schema.unknown")]


@pytest.mark.parametrize("operation", [*CREATES, "ping"])
def test_the_order_of_elements_is_what_the_reading_makes_of_it(operation: str) -> None:
    body = response_of(operation, "xml")
    changed, times = re.subn(rb"(<RequestId>.*?</RequestId>)(.*)(</\w+>\s*)$", rb"\2\1\3", body, flags=re.DOTALL)
    assert times

    findings, _ = said(judged(operation, "xml", changed))

    assert [kind for _, kind, _ in findings] == ["xml.order"]
    assert SPEC.clauses[findings[0][0]].level == "should"
    assert said(judged(operation, "xml", changed, spec=load({"element-order": "any"}))) == ([], [])


@pytest.mark.parametrize("operation", [operation for operation, media in CELLS if media == "xml"])
def test_entries_of_another_name_break_a_must(operation: str) -> None:
    body = response_of(operation, "xml")
    item = re.search(rb"<Results[^>]*>\s*<([\w:]+)", body)
    if item is None:
        pytest.skip("its results are no list")
    prefix, _, name = item[1].rpartition(b":")
    other = b"PingResponse" if name != b"PingResponse" else b"PostResponse"
    other = prefix + b":" + other if prefix else other
    changed = re.sub(rb"(</?)%s\b" % re.escape(item[1]), rb"\g<1>" + other, body)

    judgement = judged(operation, "xml", changed)

    musts = [found for found in judgement.findings if SPEC.clauses[found.clause].level == "must"]
    assert ("xml.structure", "/results/0") in [(found.kind, found.pointer) for found in musts]


# ---- responses without any result ------------------------------------------------------------------------------------

EMPTY = {"json": (rb'"results":\[.*\]', b'"results":[]'), "xml": (rb"<Results.*</Results>", b"<Results/>")}
WITH_RESULTS = [
    (operation, media) for operation, media in CELLS
    if (rb'"results"' if media == "json" else rb"<Results") in response_of(operation, media)
]  # fmt: skip


def without_results(operation: str, media: str) -> bytes:
    pattern, instead = EMPTY[media]
    body, times = re.subn(pattern, instead, response_of(operation, media), flags=re.DOTALL)
    assert times
    return body


@pytest.mark.parametrize(("operation", "media"), WITH_RESULTS)
def test_a_response_without_results_tests_nothing_where_its_request_is_not_known(operation: str, media: str) -> None:
    book = ledger()
    response = Response(200, (("Content-Type", MEDIA_TYPES[media][0]),), without_results(operation, media))
    judgement = book.add(Exchange(Request("", ""), response, operation=operation))

    assert said(judgement) == ([], [("schema.cardinality", "/results")])
    assert book.summary.exit_code() is ExitCode.INCONCLUSIVE
    whole = Response(200, response.headers, response_of(operation, media).replace(b"0b2f6d6e", b"1b2f6d6e"))
    assert book.add(Exchange(Request("", ""), whole, operation=operation)).findings == ()
    assert book.summary.exit_code() is ExitCode.PASSED


@pytest.mark.parametrize(("operation", "media"), [cell for cell in WITH_RESULTS if OPERATIONS[cell[0]].body])
def test_a_response_without_results_breaks_a_must_where_its_request_is_known(operation: str, media: str) -> None:
    judgement = judged(operation, media, without_results(operation, media), request=request_of(operation, media))

    assert "LE2-ALL-RULE-01" in [clause for clause, *_ in said(judgement)[0]]
    assert SPEC.clauses["LE2-ALL-RULE-01"].level == "must"


# ---- a transfer that names nobody ------------------------------------------------------------------------------------


def test_a_paid_transfer_without_a_client_breaks_nothing_that_was_written() -> None:
    body, times = re.subn(rb'"client":\[.*?\]', b'"client":[]', response_of("create_call_transfer"))
    assert times

    findings, _ = said(judged("create_call_transfer", "json", body))

    assert findings == [("LE2-TRANSFER-RULE-01", "business.contradiction", "/results/0/client")]
    clause = SPEC.clauses["LE2-TRANSFER-RULE-01"]
    assert (clause.level, clause.basis) == ("should", "assumed")


# ---- the documentation's own requests --------------------------------------------------------------------------------

REQUESTS = sorted(path.name for path in (DOCUMENTATION / "requests").iterdir())


def sample(name: str, spec: Specification, operation: str | None = None) -> Judgement:
    documented, _, media = name.partition(".")
    request = request_of(documented, media, (DOCUMENTATION / "requests" / name).read_bytes())
    return Judge(spec).judge(Exchange(request, None, operation=operation or documented))


def test_every_request_sample_is_there() -> None:
    assert sorted(f"{operation}.{media}" for operation, media in CELLS if OPERATIONS[operation].body) == REQUESTS


@pytest.mark.parametrize("name", REQUESTS)
def test_a_request_sample_passes_as_documented(name: str) -> None:
    judgement = sample(name, load(as_documented=True))

    assert judgement.outcome == "judged"
    assert said(judgement) == ([], [])


@pytest.mark.parametrize(
    ("name", "members"), [("inbound_post.json", ["orderId", "offerIds"]), ("create_lead_sends.json", ["orderId"])]
)
def test_an_empty_member_of_another_operation_at_the_same_address_passes_as_documented(
    name: str, members: list[str]
) -> None:
    strictly = [pointer for _, pointer in said(sample(name, load(), "create_lead"))[1]]
    assert strictly == [f"/leads/0/properties/{member}" for member in members]
    assert said(sample(name, load(as_documented=True), "create_lead")) == ([], [])


def test_as_documented_tolerates_no_other_member() -> None:
    body = (DOCUMENTATION / "requests" / "create_lead.json").read_bytes().replace(b'"noSell": false', b'"noSel": ""')
    exchange = Exchange(request_of("create_lead", "json", body), None, operation="create_lead")
    judgement = Judge(load(as_documented=True)).judge(exchange)

    assert said(judgement)[1] == [("schema.unknown", "/leads/0/properties/noSel")]


def test_a_status_of_a_request_that_nobody_made_has_no_result_and_says_all_there_is() -> None:
    sent = Request("GET", "/v2/status/0b2f6d6e-6a3c-4b0e-8f7e-3d9c51a0e199", (("Accept", "application/json"),))
    body = b'{"requestId": "0b2f6d6e-6a3c-4b0e-8f7e-3d9c51a0e199", "results": []}'

    _, seen = said(judged("lead_status", "json", body, request=sent))

    assert seen == []
