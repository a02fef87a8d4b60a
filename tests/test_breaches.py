"""Findings and observations without end: counts, clauses and exit codes stay exact, lists are bounded, and say so."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadproof.contract import specs
from leadproof.core.errors import ExitCode
from leadproof.core.findings import Finding, Observation
from leadproof.judge import Decisions
from leadproof.runs import breaches, comparison
from leadproof.runs.evidence.shape import problems
from leadproof.runs.formats import RENDERERS
from leadproof.runs.formats.outcome import unlisted
from leadproof.runs.listing import Distinct, FileRows, Listing
from leadproof.runs.merging import merge, summary_of
from leadproof.runs.report import report
from leadproof.runs.results import ResultRow, SeenFinding
from leadproof.runs.summary import Summary

SPEC = specs.load()
MUST = next(one for one in SPEC.clauses.values() if one.level == "must" and one.basis == "documented")
SHOULD = next(one for one in SPEC.clauses.values() if one.level == "should" and one.basis != "assumed")

#: Limits that a test reaches.
LISTED, SHOWN, COUNTED, FILES = 8, 3, 50, 4


def small() -> Summary:
    """A summary with small limits."""
    made = Summary(SPEC)
    made.findings = breaches.Findings(Listing(LISTED), Listing(SHOWN), Distinct(COUNTED))
    made.observations = breaches.Observations(Listing(LISTED, 2))
    made.files = FileRows(FILES)
    return made


def row(name: int, clause: Any = MUST, outcome: str = "judged", size: int = 0) -> ResultRow:
    finding = Finding(
        clause.id, "schema.unknown", "wrong", f"/results/0/m{name}", "", "nothing", "string",
        clause.operations[0], "json", f"a.har#{name}",
    )  # fmt: skip
    evidence = {"request": f"POST {size}", "curl": "curl"} if size else {}
    seen = Observation("schema.unknown", f"m{name}", operation=clause.operations[0])
    decisions = Decisions(outcome, clause.operations[0], "json", 200, failed=((clause.id, "json"),))
    return ResultRow(decisions, exchange=None, findings=(SeenFinding(finding, evidence, size),), observations=(seen,))


rows = st.lists(
    st.builds(
        row, st.integers(0, 40), st.sampled_from([MUST, SHOULD]), st.sampled_from(["judged", "absent"]),
        st.integers(0, 5),
    ),
    max_size=80,
)  # fmt: skip


def taken(found: Sequence[ResultRow]) -> Summary:
    made = small()
    for one in found:
        made.add(one)
    return made


def document(summary: Summary) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(report(summary, "validate", {})))
    return found


@settings(max_examples=60, deadline=None)
@given(rows, st.lists(st.integers(0, 80), max_size=3))
def test_parts_come_to_the_same_document_where_not_all_is_listed(found: list[ResultRow], cuts: list[int]) -> None:
    places = [0, *sorted(min(cut, len(found)) for cut in cuts), len(found)]
    parts = [taken(found[start:end]) for start, end in pairwise(places)]
    whole = document(taken(found))

    from_the_left = small()
    for part in parts:
        from_the_left.merge(part)
    parts = [taken(found[start:end]) for start, end in pairwise(places)]
    while len(parts) > 1:
        last = parts.pop()
        parts[-1].merge(last)
    from_the_right = small()
    from_the_right.merge(parts[0])

    assert document(from_the_left) == document(from_the_right) == whole


@settings(max_examples=60, deadline=None)
@given(rows)
def test_everything_is_counted_listed_or_not(found: list[ResultRow]) -> None:
    made = document(taken(found))

    tested = any(one.decisions.outcome == "judged" for one in found)
    stands = [one.findings[0].finding for one in found if tested or one.decisions.outcome == "judged"]
    left = made.get("unlisted", {})
    assert made["counts"]["findings"] == len(stands)
    assert sum(one["count"] for one in made["findings"]) + left.get("findings", 0) == len(stands)
    assert len(made["findings"]) <= max(LISTED, 2)
    if left and left["exact"]:
        assert left["distinct"] + len(made["findings"]) == len({one.findings[0].finding.same_as() for one in found})
    assert {one["clause"] for one in made["findings"]} == {one.clause for one in stands}
    assert sum("request" in one for one in made["findings"]) <= SHOWN
    assert sum(one["count"] for one in made["observations"]) == len(found)
    assert len(made["observations"]) <= 3  # two of the kind, and the rest in one row
    assert (ExitCode.VIOLATED in made["codes"]) == any(one.clause == MUST.id for one in stands)


def flood(number: int = 500, clause: Any = MUST) -> Summary:
    return taken([row(name, clause, size=1) for name in range(number)])


def test_a_clause_is_failed_whose_findings_are_not_the_ones_that_are_listed() -> None:
    made = small()
    for name in range(400):
        made.add(row(name, SHOULD))
    made.add(row(0, MUST))

    found = document(made)

    assert found["exit_code"] == ExitCode.VIOLATED
    assert {one["id"]: one["result"] for one in found["clauses"]}[MUST.id] == "failed"
    assert MUST.id in {one["clause"] for one in found["findings"]}


@pytest.mark.parametrize("name", sorted(RENDERERS))
def test_every_format_says_how_much_more_there_is_and_does_not_grow(name: str) -> None:
    few, many = document(flood(50)), document(flood(5_000))

    small_one, large_one = RENDERERS[name].render(few), RENDERERS[name].render(many)

    assert len(large_one) < 1.1 * len(small_one)
    words = {"json": '"findings": 4992', "csv": "4,992 findings not listed"}
    assert words.get(name, "seen 4,992 times, are counted and not listed") in large_one
    assert not list(problems(many))


def test_what_is_not_listed_is_told_in_words() -> None:
    exact, about = document(flood(20)), document(flood(5_000))

    assert unlisted(exact) == "8 distinct findings are listed; 12 more, seen 12 times, are counted and not listed."
    assert "; about " in unlisted(about)
    assert abs(about["unlisted"]["distinct"] - 4_992) < 2_500  # fifty marks do not tell it well
    assert unlisted(document(flood(LISTED))) == ""


def test_junit_fails_the_case_of_a_clause_and_tells_the_rest() -> None:
    root = ET.fromstring(RENDERERS["junit"].render(document(flood())))

    failed = [case for case in root.iter("testcase") if case.find("failure") is not None]
    assert [case.get("name", "").partition(":")[0] for case in failed if MUST.id in case.get("name", "")] == [MUST.id]
    (rest,) = (case for case in root.iter("testcase") if case.get("name") == "findings and files that are not listed")
    assert "492 times" in (rest.findtext("system-out") or "")


def test_files_beyond_the_limit_are_counted_and_decide() -> None:
    made = small()
    for number in range(10):
        made.files.add({"path": f"{number}", "format": "har", "exchanges": 1, "problem": None})
    bad = {"kind": "file.unreadable", "message": "no", "hint": ""}
    for number in range(10, 30):
        made.files.add({"path": f"{number}", "format": "body", "exchanges": 0, "problem": bad})

    found = document(made)

    assert len(found["files"]) == 2 * FILES
    assert found["unlisted"] == {"files": 22, "unreadable": 16}
    assert unlisted(found) == "8 of 30 files are listed."
    assert ExitCode.USAGE in found["codes"]
    assert "20 files could not be read" in RENDERERS["md"].render(found)


# ---- reports that are merged and compared ----------------------------------------------------------------------------


def test_a_report_without_rows_is_merged_with_what_it_does_not_list() -> None:
    one, two = document(flood(40)), document(flood(40, SHOULD))

    merged = merge([one, two], [summary_of(one), summary_of(two)])

    assert merged["counts"]["findings"] == 80
    assert sum(row["count"] for row in merged["findings"]) + merged["unlisted"]["findings"] == 80
    assert merged["unlisted"]["distinct"] == 80 - len(merged["findings"])
    assert {row["clause"] for row in merged["findings"]} == {MUST.id, SHOULD.id}


def compared(base: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    comparison.compare(base, found)
    return found


def test_nobody_says_that_nothing_is_new_where_not_all_is_listed() -> None:
    found = compared(document(flood()), document(flood()))

    assert found["comparison"]["new"] == []
    assert found["comparison"]["uncompared"] == 492
    assert (found["verdict"], found["exit_code"]) == ("inconclusive", ExitCode.INCONCLUSIVE)
    assert "nobody knows whether all were there before" in RENDERERS["md"].render(found)


def test_what_cannot_decide_need_not_be_compared() -> None:
    found = compared(document(flood(clause=SHOULD)), document(flood(clause=SHOULD)))

    assert "uncompared" not in found["comparison"]


def test_what_is_new_fails_though_not_all_is_listed() -> None:
    found = compared(document(flood(clause=SHOULD)), document(flood()))

    assert found["exit_code"] == ExitCode.VIOLATED
    assert found["comparison"]["base"]["unlisted"] == 492
    assert "may have been among them" in RENDERERS["md"].render(found)


# ---- the evidence ----------------------------------------------------------------------------------------------------


def orders(of: list[ResultRow]) -> Iterator[list[ResultRow]]:
    yield of
    yield of[::-1]


def test_the_shortest_evidence_is_shown_in_whatever_order_it_came() -> None:
    run = [row(name, size=size) for size in (5, 2, 4) for name in range(20)]

    shown = [
        {(one["pointer"], one.get("request")) for one in document(taken(order))["findings"]} for order in orders(run)
    ]

    assert shown[0] == shown[1]
    assert {request for _, request in shown[0]} == {"POST 2", None}


def test_evidence_is_asked_for_only_where_it_would_be_shown() -> None:
    made = flood(500)
    wanted = [made.findings.wants(row(name).findings[0].finding, 9) for name in range(500, 700)]

    assert sum(wanted) < 20
    shown = next(iter(made.findings.shown.items().values()))
    assert made.findings.wants(shown.finding, shown.size - 1)
    assert not made.findings.wants(shown.finding, shown.size)
