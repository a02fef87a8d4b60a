"""What a run comes to: findings counted, clauses with results, one exit code, and a report of a fixed shape."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ledgers import ledger, take, taken

from leadproof.contract.specs import Clause, load
from leadproof.core.errors import PRECEDENCE, ExitCode, worst
from leadproof.core.excerpts import EXCERPT
from leadproof.core.exchange import Exchange, Request, Response
from leadproof.core.findings import KINDS, Finding, Observation
from leadproof.core.operations import CELLS, OPERATIONS, RESPONSE_TYPES
from leadproof.judge import Judgement, Tally
from leadproof.judge.checks import Context, History
from leadproof.redact import Redactor
from leadproof.runs.breaches import OBSERVED, SHOWN
from leadproof.runs.report import SCHEMA
from leadproof.runs.summary import counts
from leadproof.runs.tables import coverage
from leadproof.runs.verdicts import FAIL_ON

SPEC = load()

#: A clause of each level and basis that the register has.
SORTS = {(clause.level, clause.basis): clause for clause in SPEC.clauses.values() if clause.check}
MUST = SORTS[("must", "documented")]
SHOULD = next(clause for (level, basis), clause in SORTS.items() if level == "should" and basis != "assumed")
ASSUMED = next(clause for (_, basis), clause in SORTS.items() if basis == "assumed")


#: One about the body of a response, and one that a response without it decides.
BODY = next(clause for clause in SPEC.clauses.values() if clause.check == "json_wellformed")
STATUS = next(clause for clause in SPEC.clauses.values() if clause.check == "http_status")


def finding(clause: Clause = MUST, pointer: str = "/results/0/price", **changes: str) -> Finding:
    values = {"kind": "schema.type", "message": "wrong", "actual": 'string "x"', "operation": "ping", "media": "json"}
    return Finding(clause.id, pointer=pointer, **(values | changes))


def context(status: int = 200, intent: str = "", response_value: Any = None, body: bytes = b"{}") -> Context:
    request = Request("POST", "/v2/insert/ping", (("api-key", "x"),), body)
    exchange = Exchange(request, Response(status, (), b"{}"), "ping", "here", intent)
    return Context(exchange, OPERATIONS["ping"], SPEC, None, History(), response_value=response_value)


def judged(*findings: Finding, outcome: str = "judged", passed: Clause | None = BODY, **how: Any) -> Judgement:
    held = ((passed.id, "json"),) if passed and outcome == "judged" else ()
    return Judgement(outcome, "ping", "json", findings, (), context(**how), held)


# ---- which breaches fail a run ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("level", "basis", "fails"),
    [
        ("must", "documented", {"must", "should", "assumed", "any"}),
        ("must", "resolved", {"must", "should", "assumed", "any"}),
        ("must", "assumed", {"assumed", "any"}),
        ("should", "documented", {"should", "assumed", "any"}),
        ("should", "resolved", {"should", "assumed", "any"}),
        ("should", "assumed", {"assumed", "any"}),
        ("may", "documented", {"any"}),
        ("may", "resolved", {"any"}),
        ("may", "assumed", {"assumed", "any"}),
    ],
)
def test_what_fails_a_run_is_a_table(level: str, basis: str, fails: set[str]) -> None:
    clause = replace(MUST, level=level, basis=basis)

    assert {name for name in FAIL_ON if counts(clause, name)} == fails
    assert counts(clause) == ("must" in fails)


@pytest.mark.parametrize("fail_on", FAIL_ON)
@pytest.mark.parametrize("clause", SORTS.values(), ids=[f"{level} {basis}" for level, basis in SORTS])
def test_the_exit_code_and_the_finding_say_the_same(clause: Clause, fail_on: str) -> None:
    found = taken(judged(finding(clause)), fail_on=fail_on)

    report = found.report("validate", {})

    assert report["findings"][0]["decides"] == counts(clause, fail_on)
    assert (report["exit_code"], report["verdict"]) == ((1, "failed") if counts(clause, fail_on) else (0, "passed"))


# ---- one exit code ---------------------------------------------------------------------------------------------------


def test_the_worst_exit_code_wins() -> None:
    assert [int(code) for code in PRECEDENCE] == [130, 2, 5, 1, 4, 3, 0]
    assert set(PRECEDENCE) == set(ExitCode)
    assert worst() == ExitCode.PASSED


@given(st.lists(st.sampled_from(list(ExitCode)), min_size=1))
def test_the_order_of_exit_codes_is_total(codes: list[ExitCode]) -> None:
    assert worst(*codes) == worst(worst(*codes[:1]), *codes[1:]) == worst(*reversed(codes))
    assert worst(*codes) in codes


UNREADABLE = {
    "path": "a",
    "format": "har",
    "exchanges": 0,
    "problem": {"kind": "file.unreadable", "message": "", "hint": ""},
}
DEVIATION = {**UNREADABLE, "problem": {"kind": "file.deviation", "message": "", "hint": ""}}
FINE = {**UNREADABLE, "problem": None}

GOOD = judged()
BAD = judged(finding())
LOST = judged(finding(), outcome="unanswered")
DOOR = judged(outcome="unauthorised", status=401)
GONE = judged(finding(), outcome="absent", status=404)


@pytest.mark.parametrize(
    ("judgements", "options", "expected"),
    [
        ([GOOD], {}, 0),
        ([judged(passed=STATUS)], {}, 4),
        ([judged(passed=SHOULD)], {}, 4),
        ([judged(passed=None), judged(passed=STATUS), GOOD], {}, 0),
        ([judged(finding(STATUS), passed=None)], {}, 1),
        ([BAD], {}, 1),
        ([judged(finding(SHOULD)), judged(finding(ASSUMED))], {}, 0),
        ([], {}, 4),
        ([DOOR], {}, 4),
        ([GONE], {}, 4),
        ([DOOR, GONE], {}, 4),
        # A refusal at the door is what such a request was made for; nothing else was tested.
        ([judged(status=401, intent="unauthorised"), DOOR], {}, 4),
        ([judged(status=404, intent="unknown"), GONE], {}, 4),
        ([GOOD, DOOR], {}, 0),
        ([GOOD, GONE], {}, 1),
        ([judged(outcome="unrecognised")], {}, 4),
        ([LOST], {}, 5),
        ([LOST, GOOD], {}, 1),
        ([LOST], {"files": [FINE]}, 1),
        ([GOOD], {"files": [UNREADABLE]}, 2),
        ([BAD], {"files": [FINE, UNREADABLE]}, 2),
        ([GOOD], {"files": [DEVIATION]}, 0),
        ([GOOD], {"interrupted": True}, 130),
        ([LOST, BAD], {"interrupted": True, "files": [UNREADABLE]}, 130),
        ([judged(intent="accepted")], {}, 4),
        ([judged(intent="accepted"), BAD], {}, 1),
        (
            [judged(intent="accepted"), judged(intent="accepted", response_value={"results": [{"willAccept": True}]})],
            {},
            0,
        ),
        ([judged(intent="refused")], {}, 0),
        ([GOOD], {"gaps": ["ping, xml was not sent"]}, 4),
    ],
)
def test_a_run_comes_to_one_exit_code(judgements: list[Judgement], options: dict[str, Any], expected: int) -> None:
    found = taken(*judgements)
    for name, value in options.items():
        for one in value if isinstance(value, list) else [value]:
            found.note(name.removesuffix("s") if isinstance(value, list) else name, one)

    report = found.report("validate", {})

    assert report["exit_code"] == int(found.summary.exit_code()) == expected
    broken = any(row["decides"] for row in report["findings"])
    assert report["verdict"] == ("failed" if broken else "inconclusive" if expected else "passed")


def test_where_nothing_was_tested_a_missing_address_is_no_breach() -> None:
    found = taken(GONE, GONE)
    found.tally.failed[(MUST.id, *next(iter(MUST.cells())))] += 2

    report = found.report("certify", {})

    [row] = [row for row in report["clauses"] if row["id"] == MUST.id]
    assert (report["findings"], report["counts"]["findings"]) == ([], 0)
    assert (row["result"], row["reason"]) == ("untested", "there is nothing at the documented addresses")


# ---- findings, counted -----------------------------------------------------------------------------------------------

findings = st.builds(
    lambda clause, index, member, actual, operation, media: Finding(
        clause.id,
        "schema.type",
        "wrong",
        f"/results/{index}/{member}",
        "",
        "number",
        actual,
        operation,
        media,
        "here",
    ),
    st.sampled_from(list(SORTS.values())),
    st.integers(0, 3),
    st.sampled_from(["price", "leadId"]),
    st.sampled_from(['string "x"', 'string "y"', "null", ""]),
    st.sampled_from(list(OPERATIONS)),
    st.sampled_from(["json", "xml", ""]),
)
observations = st.builds(
    Observation,
    st.sampled_from(["schema.unknown", "file.ambiguous"]),
    st.sampled_from(["a", "b"]),
    st.sampled_from(["/results/0/x", "/results/1/x", "/y"]),
    operation=st.sampled_from(["ping", ""]),
)
judgements = st.builds(
    lambda outcome, findings, observations: judged(*findings, outcome=outcome)._replace(
        observations=tuple(observations)
    ),
    st.sampled_from(["judged", "unanswered", "unauthorised"]),
    st.lists(findings, max_size=5),
    st.lists(observations, max_size=4),
)


@settings(max_examples=100, deadline=None)
@given(st.lists(judgements, max_size=8))
def test_whatever_goes_in_is_counted(seen: list[Judgement]) -> None:
    found = taken(*seen)
    went_in = Counter(one.same_as() for judgement in seen for one in judgement.findings)
    looked_at = [one for judgement in seen for one in judgement.observations]

    report = found.report("certify", {})

    assert found.summary.seen() == went_in
    assert report["counts"]["exchanges"] == len(seen)
    assert report["counts"]["findings"] == sum(row["count"] for row in report["findings"]) == went_in.total()
    assert len(report["findings"]) == len(went_in)
    by_clause = Counter({row["clause"]: 0 for row in report["findings"]})
    for row in report["findings"]:
        by_clause[row["clause"]] += row["count"]
    assert by_clause == Counter(one.clause for judgement in seen for one in judgement.findings)
    assert sum(row["count"] for row in report["observations"]) == len(looked_at)
    kinds = Counter(one.kind for one in looked_at)
    assert Counter({row["kind"]: 0 for row in report["observations"]}) + kinds == kinds


@settings(max_examples=50, deadline=None)
@given(st.lists(judgements, max_size=6), st.lists(judgements, max_size=6))
def test_the_worst_findings_come_first(first: list[Judgement], second: list[Judgement]) -> None:
    found = taken(*first, *second, fail_on="should")

    rows = found.report("certify", {})["findings"]

    levels = ("must", "should", "may")
    ranks = [(not row["decides"], levels.index(row["level"])) for row in rows]
    assert ranks == sorted(ranks)


def test_indices_do_not_make_findings_different_but_types_do() -> None:
    found = taken(
        judged(finding(pointer="/results/0/price")),
        judged(finding(pointer="/results/7/price", actual='string "other"')),
        judged(finding(pointer="/results/0/price", actual="null")),
    )

    rows = found.report("certify", {})["findings"]

    assert [(row["pointer"], row["actual"], row["count"]) for row in rows] == [
        ("/results/0/price", 'string "x"', 2),
        ("/results/0/price", "null", 1),
    ]


def test_findings_that_came_from_comparing_count_too() -> None:
    found = ledger()
    judgement = judged()
    take(found, judgement, 1)

    found._beside(Judgement("twins", "ping", "", (finding(), finding())), judgement)

    assert found.report("certify", {})["counts"] | {"judged": 0} == {
        "exchanges": 1, "judged": 0, "unrecognised": 0, "unauthorised": 0, "absent": 0, "stopped": 0, "unanswered": 0,
        "undecided": 0, "findings": 2,
    }  # fmt: skip


def test_observations_without_end_are_counted_in_one_row() -> None:
    found = ledger()
    for number in range(OBSERVED + 50):
        found.observe("file.unrecognised", f"GET /{number} is no documented operation")
    found.observe("schema.unknown", "another kind")

    rows = found.report("validate", {})["observations"]

    assert sum(row["count"] for row in rows) == OBSERVED + 51
    assert len(rows) == OBSERVED + 2
    assert [(row["message"], row["count"]) for row in rows[-2:]] == [
        ("another kind", 1),
        ("more of this kind, not listed one by one", 50),
    ]


def test_evidence_is_shown_for_as_many_findings_as_anybody_reads() -> None:
    found = ledger()
    for number in range(SHOWN + 5):
        take(found, judged(finding(pointer=f"/m{number}")))

    rows = found.report("certify", {})["findings"]

    assert sum("request" in row for row in rows) == SHOWN
    assert len(rows) == SHOWN + 5


def test_long_bodies_are_cut_in_the_report_and_not_put_into_a_command() -> None:
    found = taken(judged(finding(), body=b"x" * (EXCERPT + 3)))

    [row] = found.report("certify", {})["findings"]

    assert row["request"].endswith("x\n… 3 more bytes")
    assert "--data-binary @FILE" in row["curl"]
    assert len(row["curl"]) < 500


def test_a_command_can_be_pasted_into_a_shell() -> None:
    found = taken(judged(finding(), body=b'{"it": "isn\'t"}'))

    [row] = found.report("certify", {})["findings"]

    assert row["curl"].splitlines()[0] == "curl -sS -X POST \\"
    assert row["curl"].splitlines()[-2:] == [
        """  --data-binary '{"it": "isn'\\''t"}' \\""",
        "  \"$TARGET\"'/v2/insert/ping'",
    ]


# ---- the shape of the report -----------------------------------------------------------------------------------------

REPORT = (
    "schema command verdict exit_code counts files findings observations clauses coverage latency run "
    "equivalence attestations evidence codes"
)
FINDING = "clause kind level operation media_type origin pointer xpath expected actual message count"
CLAUSE = {"id", "result", "passed", "failed", "reason"}


def test_the_report_has_the_promised_members() -> None:
    found = taken(BAD._replace(observations=(Observation("schema.unknown", "seen"),)))
    found.note("file", FINE)

    report = found.report("validate", {"id": "r"})

    assert list(report) == REPORT.split()
    assert (report["schema"], report["command"]) == (SCHEMA, "validate") == ("leadproof.report/2", "validate")
    assert {"exchanges", "judged", "unrecognised", "findings"} <= set(report["counts"])
    assert set(report["files"][0]) == {"path", "format", "exchanges", "problem"}
    assert set(report["findings"][0]) >= set(FINDING.split())
    assert report["findings"][0]["kind"] in KINDS
    assert report["findings"][0]["media_type"] == "application/json"
    assert {"kind", "message", "count"} <= set(report["observations"][0])
    assert report["run"]["id"] == "r"
    assert {row["id"] for row in report["run"]["readings"]} == set(SPEC.readings)


def test_every_clause_is_in_the_report_with_a_result_or_a_reason() -> None:
    report = ledger().report("certify", {})

    assert [row["id"] for row in report["clauses"]] == list(SPEC.clauses)
    assert all(set(row) >= CLAUSE for row in report["clauses"])
    assert {row["result"] for row in report["clauses"]} == {"untested"}
    assert all(row["reason"] for row in report["clauses"])


def test_the_best_reason_is_given() -> None:
    found = ledger()
    found.note("general_reason", "the run was interrupted")
    found.note("reasons", {MUST.id: "the profile cannot send it"})
    untestable = next((clause for clause in SPEC.clauses.values() if clause.untestable), None)

    reasons = {row["id"]: row["reason"] for row in found.report("certify", {})["clauses"]}

    assert reasons[MUST.id] == "the profile cannot send it"
    assert reasons[SHOULD.id] == "the run was interrupted"
    assert untestable is None or reasons[untestable.id] == untestable.untestable


def test_nothing_goes_in_unredacted() -> None:
    redactor = Redactor(["Email"], secrets=["s3cret-canary"])
    found = ledger(redactor=redactor)
    judgement = judged(
        finding(
            pointer="/leads/0/fields/Email", actual='string "avery.canary@leads.example"', message="saw s3cret-canary"
        ),
        body=b'{"leads": [{"fields": {"Email": "avery.canary@leads.example"}}]}',
    )
    take(found, judgement._replace(observations=(Observation("schema.unknown", "avery.canary@leads.example"),)))

    report = repr(found.report("certify", {}))

    assert "canary" not in report


# ---- coverage, and runs put together ---------------------------------------------------------------------------------

cells = st.sampled_from(CELLS)
ids = st.sampled_from([clause.id for clause in SORTS.values()])
tallies = st.builds(
    Tally,
    passed=st.dictionaries(st.tuples(ids, st.just("ping"), st.just("json")), st.integers(1, 9)).map(Counter),
    failed=st.dictionaries(st.tuples(ids, st.just("ping"), st.just("json")), st.integers(1, 9)).map(Counter),
    exchanges=st.dictionaries(
        st.tuples(cells, st.sampled_from(["judged", "accepted", "refused"])).map(lambda row: (*row[0], row[1])),
        st.integers(1, 9),
    ).map(Counter),
    outcomes=st.dictionaries(st.sampled_from(["judged", "absent", "unanswered"]), st.integers(1, 9)).map(Counter),
    response_types=st.dictionaries(
        st.tuples(st.sampled_from(list(OPERATIONS)), st.sampled_from(RESPONSE_TYPES)), st.integers(1, 9)
    ).map(Counter),
)


@settings(max_examples=60, deadline=None)
@given(tallies, tallies)
def test_two_runs_together_count_what_each_counted(one: Tally, other: Tally) -> None:
    both = Tally()
    both.merge(one)
    both.merge(other)

    for name in ("passed", "failed", "exchanges", "outcomes", "response_types"):
        assert getattr(both, name) == getattr(one, name) + getattr(other, name)
    for clause in SORTS.values():
        sums = tuple(map(sum, zip(one.counts(clause), other.counts(clause), strict=True)))
        assert both.counts(clause) == sums
        assert both.result(clause)[0] == ("failed" if sums[1] else "passed" if sums[0] else "untested")
    assert set(both.covered()) == {*one.covered(), *other.covered()}


@settings(max_examples=60, deadline=None)
@given(tallies)
def test_coverage_says_what_the_tally_counted(tally: Tally) -> None:
    found = coverage(tally)

    shown = {
        (operation, media, name): number
        for operation, row in found["operations"].items()
        for media, cell in row.items()
        for name, number in cell.items()
        if number
    }
    renamed = {"judged": "exchanges"}
    assert shown == {(*key[:2], renamed.get(key[2], key[2])): number for key, number in tally.exchanges.items()}
    assert found["cells"] == {"covered": sum(1 for key in tally.exchanges if key[2] == "judged"), "total": 17}
    types = {
        (operation, name): number for operation, row in found["response_types"].items() for name, number in row.items()
    }
    assert types == dict(tally.response_types)


def test_what_came_of_a_comparison_is_shown_with_both_responses() -> None:
    found = ledger()
    found._beside(Judgement("twins", "ping", "", (finding(),)), judged(), judged(status=202))

    (row,) = found.finding_rows()

    assert row["response"].startswith("200\n")
    assert row["twin"].startswith("202\n")
