"""The judge as a whole: what it makes of an exchange, what it counts, and that nothing the service does stops it."""

from __future__ import annotations

import copy
import os
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ledgers import CountingJudge

from leadproof import bodies
from leadproof.contract.profile import load as load_profile
from leadproof.contract.specs import load
from leadproof.core.exchange import Exchange, Request, Response
from leadproof.core.findings import KINDS, Finding, Observation
from leadproof.core.operations import CELLS, OPERATIONS
from leadproof.generate import strategies
from leadproof.judge import Judge, recognise
from leadproof.judge.checks import CHECKS, FORM, PAIRED
from leadproof.judge.checks.bodies import MOST
from leadproof.judge.register import Register
from leadproof.judge.tally import Tally

#: Multiplies the examples of every property here, for a long hunt on a quiet machine.
FACTOR = int(os.environ.get("LEADPROOF_EXAMPLES", "1"))

SPEC = load()
EXAMPLES: dict[str, Any] = SPEC.openapi["components"]["examples"]
PROFILE = load_profile(None)
JSON = (("Content-Type", "application/json"),)
XML = (("Content-Type", "application/xml"),)
SENT = (("api-key", "x"), ("Accept", "application/json"), *JSON)
GUID = "0b2f6d6e-6a3c-4b0e-8f7e-3d9c51a0e101"


def example(name: str) -> Any:
    return copy.deepcopy(EXAMPLES[name]["value"])


def with_response(operation: str, response: Any, *, request: Any = None, headers: Any = JSON, **more: Any) -> Exchange:
    row = OPERATIONS[operation]
    body = response if isinstance(response, bytes) else bodies.json.encode(response)
    sent = b"" if request is None else bodies.json.encode(request)
    target = more.pop("target", row.path.replace("{id}", GUID))
    status = more.pop("status", 200)
    return Exchange(Request(row.method, target, SENT, sent), Response(status, headers, body), operation, **more)


# ---- nothing stops it ------------------------------------------------------------------------------------------------

#: Anything that JSON can say, bent towards the values that checks ask about.
JUNK: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-1, 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(
        ["", "No_Error", "2026-02-30T00:00:00Z", "9999-12-31T23:59:59-13:59", "0001-01-01T00:00:00+13:59", "²", "0"]
    )
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
HEADERS = st.lists(
    st.sampled_from(
        [
            ("Date", "Fri, 31 Dec 9999 23:59:59 GMT"),
            ("Date", "Mon, 01 Jan 0001 00:00:00 +9999"),
            ("Date", "now"),
            ("Date", "Mon, 02 Mar 2026 15:04:06 -99999999999999999999"),
            ("Content-Type", "application/xml"),
            ("Content-Type", "application/json; charset=x\0y"),
            ("Content-Type", 'text/json; charset="utf-16"'),
            ("content-type", ""),
            ("Accept", ",;="),
            ("Accept", "application/xml"),
            ("api-key", ""),
            ("Authorization", "Bearer"),
        ]
    ),
    max_size=4,
).map(tuple)
TARGETS = st.sampled_from(
    [row.path for row in OPERATIONS.values()]
    + [
        f"/v2/status/{GUID}",
        "/v2/leads/²/offers/x/accept",
        "/v2/leads/%C2%B2/offers/%FF/accept",
        "/v2/leads/1/offers/a/accept",
        "/v2/leads/" + "9" * 5000 + "/offers/a/accept",
        "",
        "/",
        "http://x/v2/update?y",
        "//",
    ]
)


@st.composite
def junk_for(draw: st.DrawFn, operation: str, direction: str) -> Any:
    """A valid value in which a few members are anything at all."""
    value = draw((strategies.responses if direction == "response" else strategies.requests)(operation, "json"))
    pointers = [
        one.pointer for one in strategies.mutations(SPEC.schema(operation, direction, "json"), value, ("null",))
    ]
    for pointer in draw(st.lists(st.sampled_from(pointers or [""]), max_size=3)):
        value = bent(value, pointer.split("/")[1:], draw(JUNK))
    return value


def bent(value: Any, way: list[str], junk: Any) -> Any:
    """The value with junk at the end of the way, or where an earlier piece of junk blocks it."""
    if not way or not isinstance(value, (dict, list)):
        return junk
    if isinstance(value, dict):
        return {**value, way[0]: bent(value.get(way[0]), way[1:], junk)}
    return [bent(one, way[1:], junk) if str(index) == way[0] else one for index, one in enumerate(value)]


@st.composite
def exchanges(draw: st.DrawFn) -> Exchange:
    operation = draw(st.sampled_from(list(OPERATIONS)))
    row = OPERATIONS[operation]
    request = bodies.json.encode(draw(junk_for(operation, "request") | JUNK)) if row.body else b""
    value = draw(junk_for(operation, "response") | JUNK)
    body = draw(st.just(bodies.json.encode(value)) | st.binary(max_size=20))
    response = Response(
        draw(st.sampled_from([200, 200, 200, 200, 0, 204, 302, 400, 401, 404, 500, 999])), draw(HEADERS), body
    )
    target = draw(st.just(row.path.replace("{id}", GUID)) | TARGETS)
    intent = draw(
        st.sampled_from(
            [
                "",
                "accepted",
                "accepted:new",
                "refused",
                "refused:Data_Errors",
                "unreadable",
                "unauthorised",
                "unknown",
                "invalid",
                "mixed:accepted,refused",
                "status:pending",
                "status:nonsense",
                "nonsense",
            ]
        )
    )
    failed = draw(st.booleans()) and draw(st.booleans())
    return Exchange(
        Request(row.method, target, draw(st.just(SENT) | HEADERS), request),
        None if failed else response,
        draw(st.sampled_from([operation, operation, None, "nonsense"])),
        "origin",
        intent,
        draw(st.sampled_from([0.0, 1772463846.0, float("inf"), float("nan"), -1e18, 1e300])),
        draw(st.sampled_from([0.0, float("inf")])),
        draw(st.sampled_from(["", "transport.reset"])) if failed else "",
    )


@settings(
    max_examples=70 * FACTOR, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(st.lists(exchanges(), min_size=1, max_size=6))
def test_the_judge_never_raises_and_speaks_in_known_kinds(story: list[Exchange]) -> None:
    judge = CountingJudge(SPEC, PROFILE)
    for exchange in story:
        judgement = judge.judge(exchange)
        assert judgement.outcome in ("judged", "undecided", "unauthorised", "absent", "unanswered", "unrecognised")
        said: tuple[Finding | Observation, ...] = (*judgement.findings, *judgement.observations)
        for one in said:
            assert one.kind in KINDS
            assert one.message
            assert one.origin == "origin"
        assert {finding.clause for finding in judgement.findings} <= set(SPEC.clauses)
    for clause in SPEC.clauses.values():
        result, reason = judge.tally.result(clause)
        assert (result in ("passed", "failed")) == (reason == "")


@pytest.mark.parametrize("operation", OPERATIONS)
@settings(max_examples=15 * FACTOR, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_valid_response_breaks_nothing_about_its_form(operation: str, data: st.DataObject) -> None:
    for media in OPERATIONS[operation].media:
        value = data.draw(strategies.responses(operation, media))
        headers = JSON if media == "json" else XML
        exchange = Exchange(
            Request("", ""), Response(200, headers, bodies.encode_response(operation, media, value)), operation
        )

        judgement = CountingJudge(SPEC).judge(exchange)

        checks = {SPEC.clauses[finding.clause].check for finding in judgement.findings}
        assert not checks & (FORM - {"client_member"})
        nothing = value.get("results") == []  # whether one is missing, nobody can say without the request
        assert [seen.kind for seen in judgement.observations] == ["schema.cardinality"] * nothing


def test_a_bare_body_is_judged_without_a_request_to_blame() -> None:
    judgement = CountingJudge(SPEC).judge(
        Exchange(Request("", ""), Response(200, JSON, bodies.json.encode(example("ping_response"))), "ping")
    )

    assert judgement.findings == ()
    assert judgement.response_value == example("ping_response")


def test_many_faults_of_one_sort_are_listed_in_part() -> None:
    results = [{"isValid": True, "responseType": "No_Error", "leadId": 0} for _ in range(3000)]

    judgement = CountingJudge(SPEC).judge(with_response("create_lead", {"requestId": GUID, "results": results}))

    by_clause: dict[str, int] = {}
    for finding in judgement.findings:
        by_clause[finding.clause] = by_clause.get(finding.clause, 0) + 1
    assert max(by_clause.values()) == MOST


# ---- counts ----------------------------------------------------------------------------------------------------------


def test_a_clause_that_two_checks_see_broken_has_not_held_as_well() -> None:
    """A missing isValid is seen by the schema, and would have been seen by the check of presence."""
    response = example("create_lead_response")
    del response["results"][0]["price"]
    response["results"].append({"responseType": "No_Error"})
    judge = CountingJudge(SPEC)

    judge.judge(with_response("create_lead", response))

    presence = judge.register.clause("create_lead", "json", "presence")
    assert presence is not None
    assert judge.tally.counts(presence) == (0, 1)


def test_the_results_of_two_runs_add_up() -> None:
    first, second = CountingJudge(SPEC), CountingJudge(SPEC)
    first.judge(with_response("ping", example("ping_response"), request=example("ping_request")))
    second.judge(with_response("ping", b"{", request=example("ping_request")))
    whole = Tally()
    for judge in (first, second):
        whole.merge(judge.tally)

    clause = SPEC.clauses["LE2-ALL-HTTP-05"]
    assert [judge.tally.counts(clause) for judge in (first, second)] == [(1, 0), (0, 1)]
    assert whole.counts(clause) == (1, 1)
    assert whole.result(clause) == ("failed", "")
    assert whole.covered() == [("ping", "json")]
    assert whole.exchanges[("ping", "json", "accepted")] == 1


def test_what_was_not_decided_has_a_reason() -> None:
    judge = CountingJudge(SPEC)
    judge.judge(with_response("ping", example("ping_response")))
    results = {clause.id: judge.tally.result(clause) for clause in SPEC.clauses.values()}

    assert results["LE2-STATUS-HTTP-01"] == ("untested", "no exchange of this run belongs to its operations")
    assert results["LE2-PING-RULE-03"] == ("untested", "no exchange of this run gave occasion to decide it")
    untestable = next(clause for clause in SPEC.clauses.values() if clause.untestable)
    assert results[untestable.id] == ("untested", untestable.untestable)


def test_response_types_are_counted_by_name_however_they_are_written() -> None:
    judge = CountingJudge(load({"response-type": "either"}))
    response = example("create_lead_response")
    response["results"] = [
        {"isValid": False, "responseType": written, "responseMessage": "again"} for written in (6, "Duplicate_Lead")
    ]

    judgement = judge.judge(with_response("create_lead", response))

    assert judgement.findings == ()
    assert judge.tally.response_types == {("create_lead", "Duplicate_Lead"): 2}


# ---- outcomes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("exchange", "outcome"),
    [
        (with_response("ping", example("ping_response")), "judged"),
        (with_response("ping", b"", status=401), "unauthorised"),
        (with_response("ping", b"", status=403, intent="unauthorised"), "unauthorised"),
        (with_response("ping", b"", status=404), "absent"),
        (with_response("ping", b"", status=404, intent="unknown"), "judged"),
        (Exchange(Request("POST", "/v2/insert/ping"), None, failure="transport.reset"), "unanswered"),
        (Exchange(Request("POST", "/v2/insert/ping"), None), "judged"),
        (Exchange(Request("GET", "/favicon.ico"), None), "unrecognised"),
        (Exchange(Request("POST", "/v2/insert/ping"), None, "nonsense"), "unrecognised"),
    ],
)
def test_outcomes(exchange: Exchange, outcome: str) -> None:
    assert CountingJudge(SPEC).judge(exchange).outcome == outcome


def test_a_refused_credential_is_an_observation() -> None:
    judgement = CountingJudge(SPEC).judge(with_response("ping", b"no", status=401, request=example("ping_request")))

    assert judgement.findings == ()
    assert [one.kind for one in judgement.observations] == ["status.unexpected"]


def test_xml_where_none_is_documented_is_an_observation() -> None:
    judgement = CountingJudge(SPEC).judge(with_response("update_lead", b"<UpdateReceiverResult/>", headers=XML))

    assert [one.kind for one in judgement.observations] == ["media.unexpected"]
    assert judgement.media == "json"


def test_the_date_of_the_service_is_its_clock_in_any_zone() -> None:
    """15:09:05 UTC is when the order of the example expires; 17:10 in a zone two hours ahead is a minute later."""
    late = (*JSON, ("Date", "Mon, 02 Mar 2026 17:10:00 +0200"))
    in_time = (*JSON, ("Date", "Mon, 02 Mar 2026 16:00:00 +0100"))

    for headers, expected in ((late, ["LE2-PING-RULE-04"]), (in_time, [])):
        judgement = CountingJudge(SPEC).judge(with_response("ping", example("ping_response"), headers=headers))
        assert [finding.clause for finding in judgement.findings] == expected


def test_a_finding_about_the_request_is_owned_by_a_clause_about_requests() -> None:
    for operation, media in CELLS:
        row = OPERATIONS[operation]
        if not row.body:
            continue
        headers = JSON if media == "json" else XML
        for body in (b"{", b"<a", b"[]", b"<a/>", b'{"source": 1, "leads": {}}', b"<Leads>x</Leads>"):
            judgement = CountingJudge(SPEC).judge(
                Exchange(Request(row.method, row.path, headers, body), None, operation)
            )
            subjects = {SPEC.clauses[finding.clause].subject for finding in judgement.findings}
            assert subjects == {"request"}, (operation, media, body)


# ---- the register ----------------------------------------------------------------------------------------------------


def members(schema: dict[str, Any], at: str = "") -> list[str]:
    found = []
    for name, sub in schema.get("properties", {}).items():
        found += [f"{at}/{name}", *members(sub, f"{at}/{name}")]
    if "items" in schema:
        found += members(schema["items"], f"{at}/*")
    return found


@pytest.mark.parametrize(("operation", "media"), CELLS)
def test_every_member_of_every_body_has_its_owning_clause(operation: str, media: str) -> None:
    register = Register(SPEC)
    for direction, check in (("response", "member"), ("request", "client_member")):
        if SPEC.schema_name(operation, direction) is None:
            continue
        for member in members(SPEC.schema(operation, direction, media)):
            if (operation, member, media) in UNOWNED:
                continue
            owner = register.owner(operation, media, check, member.replace("*", "7"))
            assert owner.member == member
            assert owner.subject == ("response" if direction == "response" else "request")


#: Members that a schema tolerates and no table or clause is about.
UNOWNED = {
    (
        operation,
        "/leads/*/properties/reference",
        "xml",
    ): "tolerated in XML, where the sample shows it: reading xml-reference"
    for operation in ("ping", "duplicate_check")
}


@pytest.mark.parametrize(("operation", "media"), CELLS)
def test_everything_has_an_owner(operation: str, media: str) -> None:
    register = Register(SPEC)
    for check in sorted(set(CHECKS) | FORM | PAIRED):
        for pointer in ("", "/results/0/isValid", "/nothing/~0/like/9/it", "/leads/0/fields/Zip"):
            owner = register.owner(operation, media, check, pointer)
            exact = register.clause(operation, media, check)
            assert operation in owner.operations
            assert exact is None or owner == exact
            assert not check.startswith("client_") or owner.subject == "request"


def test_as_documented_leaves_out_what_the_placeholders_break() -> None:
    strict, lenient = Register(SPEC), Register(load(as_documented=True))
    gone = {clause.check for clause, _ in strict.plan[("ping", "json")]} - {
        clause.check for clause, _ in lenient.plan[("ping", "json")]
    }

    assert gone <= set(SPEC.readings["placeholders"].lenient)
    assert "order_when_accepted" in gone


# ---- recognition -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "target", "request_body", "response_body", "candidates"),
    [
        ("POST", "/v2/insert/ping", b"", b"", ["ping"]),
        ("post", "/V2/Insert/Ping/?x=1", b"", b"", ["ping"]),
        ("POST", "/white/label/v2/insert/transfer", b"", b"", ["create_call_transfer"]),
        ("GET", f"/v2/status/{GUID}", b"", b"", ["lead_status"]),
        ("PUT", "/v2/leads/7/offers/a%2Fb/accept", b"", b"", ["accept_offer"]),
        ("POST", "/v2/insert/general", b'{"offerIds": []}', b"", ["inbound_post"]),
        ("POST", "/v2/insert/general", b"<Lead offerids='a'/>", b"", ["inbound_post"]),
        ("POST", "/v2/insert/general", b"", b'{"sends": []}', ["create_lead_sends"]),
        ("POST", "/v2/insert/general", b"", b"<SendsReceiverResult/>", ["create_lead_sends"]),
        ("POST", "/v2/insert/general", b'{"orderId": "Q"}', b"", ["inbound_post", "create_lead_sends"]),
        ("POST", "/v2/insert/general", b"{}", b"", ["create_lead", "inbound_post"]),
        ("GET", "/v2/insert/ping", b"", b"", []),
        ("POST", "/v1/insert/ping", b"", b"", []),
        ("POST", "/xv2/insert/ping", b"", b"", []),
    ],
)
def test_an_exchange_is_recognised_by_what_it_shows(
    method: str, target: str, request_body: bytes, response_body: bytes, candidates: list[str]
) -> None:
    recognition = recognise(Exchange(Request(method, target, (), request_body), Response(200, (), response_body)))

    assert list(recognition.candidates) == candidates
    assert bool(recognition.reason) == (len(candidates) != 1)


def test_an_ambiguous_exchange_is_judged_and_said_to_be_ambiguous() -> None:
    exchange = with_response("create_lead", example("create_lead_response"), request=example("create_lead_request"))
    judgement = CountingJudge(SPEC).judge(Exchange(exchange.request, exchange.response))

    assert judgement.operation == "create_lead"
    assert [one.kind for one in judgement.observations] == ["file.ambiguous"]


# ---- two exchanges side by side --------------------------------------------------------------------------------------


def twin(operation: str, **changes: Any) -> tuple[Judge, Any, Any]:
    judge = CountingJudge(SPEC)
    left = judge.judge(with_response(operation, example(f"{operation}_response")))
    response = bodies.decode_response(operation, "xml", EXAMPLES[f"{operation}_response_xml"]["value"].encode())
    response["results"][0].update(changes)
    right = judge.judge(with_response(operation, bodies.encode_response(operation, "xml", response), headers=XML))
    return judge, left, right


@pytest.mark.parametrize("operation", [row.id for row in OPERATIONS.values() if len(row.media) == 2])
def test_the_examples_are_twins(operation: str) -> None:
    judge, left, right = twin(operation)

    assert judge.twins(left, right).findings == ()
    clause = judge.register.clause(operation, "json", "twins_equivalent")
    assert clause is not None
    assert [judge.tally.passed[(clause.id, operation, media)] for media in ("json", "xml")] == [1, 1]


def test_twins_that_differ_are_found_at_the_member() -> None:
    judge, left, right = twin("create_lead", price=13)

    (finding,) = judge.twins(left, right).findings

    assert (finding.kind, finding.pointer) == ("equivalence.value", "/results/0/price")
    assert finding.xpath == "/LeadReceiverResult/Results/d2p1:PostResponse[1]/Price"
    assert (finding.expected, finding.actual) == ("JSON: number 12.5", "XML: integer 13")


def create(**changes: Any) -> tuple[Judge, Any]:
    judge = CountingJudge(SPEC)
    request = example("create_lead_request")
    request["source"]["returnURL"] = "http://127.0.0.1:9/called"
    response = {"requestId": GUID, "results": [], **changes}
    return judge, judge.judge(with_response("create_lead", response, request=request))


def call(response: Any, **changes: Any) -> Request:
    return Request("POST", "/called", JSON, bodies.json.encode(response))._replace(**changes)


CALLED = {**example("create_lead_response"), "requestId": GUID}


@pytest.mark.parametrize(
    ("request_", "check", "kind"),
    [
        (None, "callback_arrives", "callback.missing"),
        (call(CALLED, method="GET"), "callback_body", "callback.different"),
        (call(CALLED, headers=()), "callback_body", "media.missing"),
        (call(CALLED, body=b"{"), "callback_body", "body.malformed"),
        (call({**CALLED, "results": [{"isValid": 1}]}), "callback_body", "schema.missing"),
        (call({**CALLED, "results": []}), "callback_body", "schema.cardinality"),
        (
            call({**CALLED, "requestId": "0b2f6d6e-6a3c-4b0e-8f7e-3d9c51a0e1ff"}),
            "callback_agrees",
            "callback.different",
        ),
    ],
)
def test_a_call_to_the_return_url_that_is_wrong_is_found(request_: Request | None, check: str, kind: str) -> None:
    judge, created = create()

    findings = judge.callback(created, request_).findings

    clause = judge.register.clause("create_lead", "json", check)
    assert clause is not None
    assert [(finding.clause, finding.kind) for finding in findings] == [(clause.id, kind)]
    assert kind in KINDS


def test_a_call_to_the_return_url_that_is_right_passes() -> None:
    judge, created = create()

    assert judge.callback(created, call(CALLED)).findings == ()
    decided = {cell[0] for cell in judge.tally.passed}
    assert {clause.id for clause in SPEC.clauses.values() if clause.check.startswith("callback_")} <= decided


def test_an_immediate_response_without_a_request_id_is_found() -> None:
    judge, created = create(requestId="")

    kinds = {finding.kind for finding in judge.callback(created, None).findings}
    assert kinds == {"callback.different", "callback.missing"}
