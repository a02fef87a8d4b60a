"""The ledger: rows are the report. Live, read back and merged in any grouping they come to the same."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ledgers import ledger

from leadproof.contract import specs
from leadproof.core.findings import Finding, Observation
from leadproof.judge import Compared, Decisions
from leadproof.redact import Redactor
from leadproof.runs.breaches import OBSERVED
from leadproof.runs.evidence.results import RowWriter, has_rows, read_rows
from leadproof.runs.report import report
from leadproof.runs.results import Note, ResultRow, Row, SeenFinding
from leadproof.runs.summary import Summary

SPEC = specs.load()
CLAUSES = list(SPEC.clauses.values())[:4]

findings = st.builds(
    lambda clause, index, actual, size, evidence: SeenFinding(
        Finding(clause.id, "schema.type", "wrong", f"/results/{index}/price", "", "number", actual,
                clause.operations[0], "json", f"a.har#{size}"),
        {"request": f"POST /{size}", "curl": "curl"} if evidence else {}, size if evidence else 0,
    ),
    st.sampled_from(CLAUSES), st.integers(0, 2), st.sampled_from(["string", "null"]), st.integers(0, 3), st.booleans(),
)  # fmt: skip
observations = st.builds(
    Observation, st.sampled_from(["schema.unknown", "file.ambiguous"]), st.sampled_from(["a", "b"]),
    st.sampled_from(["/x/0", "/x/1", ""]), origin=st.sampled_from(["p", "q"]),
)  # fmt: skip
decided = st.lists(st.sampled_from([(clause.id, "json") for clause in CLAUSES]), max_size=3, unique=True).map(tuple)
decisions = st.builds(
    Decisions,
    st.sampled_from(["judged", "unauthorised", "unanswered", "absent", "twins"]),
    st.sampled_from([clause.operations[0] for clause in CLAUSES]),
    st.just("json"),
    st.sampled_from([200, 401, 404]),
    st.sampled_from(["", "accepted", "accepted:new", "refused"]),
    st.booleans(),
    st.booleans(),
    st.sampled_from([(), ("No_Error",), ("Duplicate_Lead", "No_Error")]),
    decided,
    decided,
    st.sampled_from([(), (Compared("/results/*/price", 2, 1),)]),
    st.booleans(),
)
rows = st.builds(
    ResultRow,
    decisions,
    st.integers(1, 3),
    st.integers(0, 10**9),
    st.none() | st.integers(1, 50),
    st.none() | st.integers(1, 50),
    st.lists(findings, max_size=2).map(tuple),
    st.lists(observations, max_size=2).map(tuple),
    st.sampled_from([(), (("links", "ping -> post"),), (("members", "ping json request /source"),)]),
)
notes = st.sampled_from(
    [
        Note("gap", "ping in xml was not tested"),
        Note("exercising"),
        Note("reasons", {CLAUSES[0].id: "the profile cannot send it"}),
        Note("reasons", {CLAUSES[0].id: "no time was left"}),
        Note("general_reason", "the run was interrupted"),
        Note("interrupted"),
        Note("file", {"path": "a.har", "format": "har", "exchanges": 3, "problem": None}),
        Note("observation", {"kind": "client.credentials", "message": "none were given"}),
        Note("code", 4),
        Note("forgotten", 7),
    ]
)
unjudged = st.builds(ResultRow, st.just(Decisions("unjudged")), st.integers(1, 3))
runs = st.lists(rows | notes | unjudged, max_size=15)


def summary_of(taken: list[Row]) -> Summary:
    made = Summary(SPEC)
    for row in taken:
        made.add(row)
    return made


def document(summary: Summary) -> dict[str, Any]:
    """The report as JSON has it."""
    found: dict[str, Any] = json.loads(json.dumps(report(summary, "validate", {})))
    return found


@settings(max_examples=20, deadline=None)
@given(runs, st.lists(st.integers(0, 25), max_size=3))
def test_parts_merged_come_to_what_the_whole_comes_to(run: list[Row], cuts: list[int]) -> None:
    places = [0, *sorted(min(cut, len(run)) for cut in cuts), len(run)]
    # What is exercised in detail is known from the first row on, in every part.
    parts = [run[start:end] for start, end in pairwise(places)]

    merged = Summary(SPEC)
    for part in parts:
        merged.merge(summary_of([Note("exercising"), *part]))

    assert document(merged) == document(summary_of([Note("exercising"), *run]))


@settings(max_examples=20, deadline=None)
@given(runs, runs, runs)
def test_merging_is_associative(one: list[Row], other: list[Row], last: list[Row]) -> None:
    left, right = Summary(SPEC), summary_of(other)
    left.merge(summary_of(one))
    left.merge(summary_of(other))
    left.merge(summary_of(last))
    right.merge(summary_of(last))
    whole = Summary(SPEC)
    whole.merge(summary_of(one))
    whole.merge(right)

    assert document(left) == document(whole)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(runs, st.sampled_from([1 << 20, 400]))
def test_rows_that_are_read_back_come_to_the_same(tmp_path: Path, run: list[Row], rotate: int) -> None:
    for old in tmp_path.iterdir():
        old.unlink()
    writer = RowWriter(tmp_path, rotate=rotate)
    for row in run:
        writer.append(row)
    writer.close()

    assert document(summary_of(list(read_rows(tmp_path)))) == document(summary_of(run))
    assert has_rows(tmp_path) == bool(run)


CLEAN = ResultRow(Decisions("judged", "ping", "json", 200, "accepted", True, passed=((CLAUSES[0].id, "json"),)), 1, 310)


def test_exchanges_of_which_nothing_is_to_be_said_take_a_few_bytes(tmp_path: Path) -> None:
    writer = RowWriter(tmp_path)
    for _ in range(10_000):
        writer.append(CLEAN)
    writer.close()

    assert (tmp_path / "rows.ndjson").stat().st_size < 10_000
    assert sum(row.times for row in read_rows(tmp_path) if isinstance(row, ResultRow)) == 10_000


def test_a_kept_exchange_takes_less_than_a_hundred_bytes(tmp_path: Path) -> None:
    writer = RowWriter(tmp_path)
    for number in range(1, 1001):
        writer.append(ResultRow(CLEAN.decisions, 1, 310, number))
    writer.close()

    assert (tmp_path / "rows.ndjson").stat().st_size < 100 * 1000


def test_a_full_file_is_compressed_and_the_next_one_begins(tmp_path: Path) -> None:
    writer = RowWriter(tmp_path, rotate=2_000)
    for number in range(1, 301):
        writer.append(ResultRow(CLEAN.decisions, 1, 310, number))
    writer.close()

    names = sorted(path.name for path in tmp_path.iterdir())
    assert names[:2] == ["rows-0001.ndjson.gz", "rows-0002.ndjson.gz"]
    numbers = [row.exchange for row in read_rows(tmp_path) if isinstance(row, ResultRow)]
    assert numbers == list(range(1, 301))


def test_a_file_that_was_not_compressed_yet_is_not_read_twice(tmp_path: Path) -> None:
    writer = RowWriter(tmp_path, rotate=2_000)
    for number in range(1, 301):
        writer.append(ResultRow(CLEAN.decisions, 1, 310, number))
    writer.close()
    (tmp_path / "rows-0001.ndjson").write_bytes(b"{}")  # the process died before it was taken away

    assert sum(isinstance(row, ResultRow) for row in read_rows(tmp_path)) == 300


def test_a_number_may_stand_for_another_thing_later(tmp_path: Path) -> None:
    writer = RowWriter(tmp_path)
    run = [
        ResultRow(CLEAN.decisions, observations=(Observation("file.unrecognised", f"GET /{n}"),)) for n in range(40_000)
    ]
    for row in (*run, *run[:10]):
        writer.append(row)
    writer.close()

    assert list(read_rows(tmp_path)) == [*run, *run[:10]]


def test_observations_beyond_the_limit_are_one_row() -> None:
    def many(start: int) -> Summary:
        made = ledger(redactor=Redactor())
        for number in range(start, start + OBSERVED - 10):
            made.observe("media.unexpected", "x" * (number + 1))
        return made.summary

    together = ledger()
    together.summary.merge(many(0))
    together.summary.merge(many(1000))

    found = together.report("validate", {})["observations"]
    assert len(found) == OBSERVED + 1
    assert sum(row["count"] for row in found) == 2 * (OBSERVED - 10)


@pytest.mark.parametrize("line", ['{"row": 0}', "[]", '{"note": "gap"}'])
def test_a_line_that_nobody_wrote_is_told(tmp_path: Path, line: str) -> None:
    (tmp_path / "rows.ndjson").write_text(line + "\n" + line + "\n")

    with pytest.raises(Exception, match=r"not what leadproof writes|no JSON object"):
        list(read_rows(tmp_path))
