"""The tables of a report count what the evidence holds: whoever adds up the lines of a run has the same numbers."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from leadproof import bodies
from leadproof.cli import main
from leadproof.contract.profile import load
from leadproof.contract.specs import load as contract
from leadproof.core.exchange import format_of_body
from leadproof.core.findings import shape
from leadproof.core.operations import OPERATIONS
from leadproof.judge import Compared, Decisions, Judge, Tally
from leadproof.judge.equivalence import compare, members
from leadproof.judge.tally import BESIDE
from leadproof.mock import Mock
from leadproof.mock.defects import pick, planted
from leadproof.mock.server import running
from leadproof.runs.evidence import read_exchanges
from leadproof.runs.evidence.results import read_rows
from leadproof.runs.results import ResultRow
from leadproof.runs.tables import attestations, equivalence, readings

SPEC = contract()
DEFECTS = ("xml-price-rounded", "request-id-constant", "expiry-in-the-past")
TOPICS = ("twins", "operations", "callbacks")

Row = dict[str, Any]


@pytest.fixture(scope="module", params=[(), DEFECTS], ids=["clean", "defects"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run directory of a part of the suite, against a mock with or without defects."""
    out, profile = tmp_path_factory.mktemp("runs"), load()
    mock = (
        planted(pick(request.param, 0), profile, clock=time.time) if request.param else Mock(profile, clock=time.time)
    )
    chosen = [word for topic in TOPICS for word in ("--topic", topic)]
    with (
        running(mock) as served,
        pytest.MonkeyPatch.context() as patch,
        contextlib.chdir(out),
        open(os.devnull, "w") as nowhere,
        contextlib.redirect_stdout(nowhere),
    ):
        patch.setenv("LEADPROOF_API_KEY", profile.credentials.api_keys[0])
        code = main(["test", *chosen, "--target", served.url, "--out", str(out), "--json"])
    assert code == (1 if request.param else 0)
    (found,) = out.iterdir()
    return found


def report_of(folder: Path) -> Row:
    found: Row = json.loads((folder / "report.json").read_bytes())
    return found


def lines(folder: Path, name: str) -> list[Row]:
    return [json.loads(line) for line in (folder / name).read_bytes().splitlines()]


def rows_of(folder: Path) -> list[ResultRow]:
    """What the result rows say was decided."""
    return [row for row in read_rows(folder) if isinstance(row, ResultRow)]


def exchange_rows(folder: Path) -> list[ResultRow]:
    """Those of exchanges."""
    return [row for row in rows_of(folder) if row.decisions.outcome not in BESIDE]


def decided(folder: Path) -> list[Row]:
    """The same as data."""
    return [row.decisions.row() for row in rows_of(folder) for _ in range(row.times)]


def test_the_clause_table_counts_what_the_evidence_holds(folder: Path) -> None:
    passed, failed = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for row in decided(folder):
        for counter, name in ((passed, "passed"), (failed, "failed")):
            for media, clauses in row.get(name, {}).items():
                counter.update((clause, f"{row['operation']}/{media}") for clause in clauses)

    for clause in report_of(folder)["clauses"]:
        cells = {cell for name, cell in (*passed, *failed) if name == clause["id"]}
        expected = {cell: [passed[clause["id"], cell], failed[clause["id"], cell]] for cell in cells}
        assert clause["cells"] == expected, clause["id"]
        assert clause["passed"] == sum(held for held, _ in expected.values())
        assert clause["failed"] == sum(broken for _, broken in expected.values())
        assert clause["result"] == ("failed" if clause["failed"] else "passed" if clause["passed"] else "untested")
    assert passed.total() > 1000


def test_a_clause_is_broken_where_the_evidence_holds_a_finding_and_nowhere_else(folder: Path) -> None:
    found = [row for row in lines(folder, "findings.ndjson") if row["what"] == "finding"]
    said = {(row["n"], row["clause"]) for row in found}
    from_rows = {(row.exchange, clause) for row in rows_of(folder) for clause, _ in row.decisions.failed}

    assert said == from_rows
    assert report_of(folder)["counts"]["findings"] == len(found)


def test_the_evidence_judged_again_says_the_same(folder: Path) -> None:
    """Redacted and read back, every exchange is decided as it was: the evidence is enough to check the judge by."""
    judge = Judge(SPEC, load())
    kept = [row.decisions.row() for row in rows_of(folder) if row.exchange and row.decisions.outcome not in BESIDE]

    again = [judge.judge(exchange).decisions().row() for exchange in read_exchanges(folder)]

    assert len(again) == len(kept) > 200
    for now, was in zip(again, kept, strict=True):
        assert _without(now) == _without(was)


#: What a call to returnURL said is kept as decided, not as a message, so what depends on it cannot be decided again.
AFTER_A_CALL = ("LE2-ALL-SEQ-01", "LE2-STATUS-SEQ-01", "LE2-STATUS-SEQ-02")


def _without(row: Row) -> Row:
    held = {media: [one for one in names if one not in AFTER_A_CALL] for media, names in row.get("passed", {}).items()}
    return {**row, "passed": held}


def test_the_first_exchanges_of_a_clause_are_named(folder: Path) -> None:
    judged = exchange_rows(folder)

    for clause in report_of(folder)["clauses"]:
        for name, key in (("passed", "passed"), ("failed", "failed")):
            holders = [
                row.exchange for row in judged if any(clause["id"] == name for name, _ in getattr(row.decisions, key))
            ]
            assert clause["exchanges"].get(name, []) == holders[:3]


def test_coverage_counts_what_the_evidence_holds(folder: Path) -> None:
    report = report_of(folder)
    met, outcomes = Counter[tuple[str, str, str]](), Counter[str]()
    took = Counter[tuple[str, str]]()
    for row, said in zip(lines(folder, "exchanges.ndjson"), exchange_rows(folder), strict=True):
        judged = said.decisions.row()
        outcomes[judged["outcome"]] += 1
        cell = (judged["operation"], judged["media"])
        met[(*cell, "exchanges")] += judged["outcome"] == "judged"
        met[(*cell, "accepted")] += judged.get("accepted", False)
        met[(*cell, "refused")] += judged.get("refused", False)
        took[cell] += round(row["elapsed"] * 1e6)

    assert report["counts"]["exchanges"] == outcomes.total()
    assert report["counts"]["judged"] == outcomes["judged"]
    for operation, media in report["coverage"]["operations"].items():
        for name, cell in media.items():
            assert cell.pop("seconds", 0) == took[operation, name] / 1e6
            assert cell == {key: met[operation, name, key] for key in cell}


def test_the_equivalence_matrix_counts_what_the_evidence_holds(folder: Path) -> None:
    """Each pair of twins is read from the exchanges again and compared anew."""
    exchanges = dict(enumerate(read_exchanges(folder), 1))
    pairs = [row for row in rows_of(folder) if row.decisions.outcome == "twins"]
    differences = Counter[tuple[str, str]]()
    compared = Counter[tuple[str, str]]()
    for row in pairs:
        operation = row.decisions.operation
        assert row.exchange is not None
        assert row.other is not None
        left, right = (response_of(operation, exchanges[number]) for number in (row.exchange, row.other))
        compared.update({(operation, member): times for member, times, _ in row.decisions.compared})
        differences.update((operation, shape(one.pointer)) for one in compare(operation, left, right, SPEC))

    matrix = report_of(folder)["equivalence"]

    assert {(row["operation"], row["pointer"]): row["different"] for row in matrix if row["different"]} == differences
    assert {(row["operation"], row["pointer"]): row["compared"] for row in matrix if row["compared"]} == compared
    assert compared.total() > 100
    for row in matrix:
        if row["state"] in ("equal", "different", "never compared"):
            assert row["state"] == (
                "different" if row["different"] else "equal" if row["compared"] else "never compared"
            )


def response_of(operation: str, exchange: Any) -> Any:
    fmt = format_of_body(exchange.response.headers, exchange.response.body) or "json"
    return bodies.read_response(operation, fmt, exchange.response.body, SPEC).value


def test_the_matrix_names_every_member_of_operations_with_two_representations() -> None:
    rows = equivalence(SPEC, Tally())

    assert {row["operation"] for row in rows} == {row.id for row in OPERATIONS.values() if len(row.media) == 2}
    for operation in {row["operation"] for row in rows}:
        assert [row["pointer"] for row in rows if row["operation"] == operation] == list(members(operation, SPEC))
    assert {row["state"] for row in rows} == {"never compared", "one-sided", "volatile"}
    assert all(row["why"] for row in rows)
    one_sided = {row["pointer"]: row["why"] for row in rows if row["state"] == "one-sided"}
    assert one_sided["/results/*/client/*/agentName"] == "only the JSON response is documented to have it"


def test_what_the_documentation_does_not_show_is_compared_without_its_name() -> None:
    tally = Tally()
    tally.add(Decisions("twins", "ping", compared=(Compared("/results/*/(undocumented)", 2, 1),)))

    (row,) = [row for row in equivalence(SPEC, tally) if row["pointer"] == "/results/*/(undocumented)"]

    assert (row["compared"], row["different"], row["state"]) == (2, 1, "different")


def test_attestations_are_demands_that_no_check_decides() -> None:
    rows = attestations(SPEC)

    assert {row["clause"] for row in rows} == {
        clause.id for clause in SPEC.clauses.values() if not clause.check and clause.level != "may"
    }
    assert all(row["text"] and row["place"] and row["why"] for row in rows)


def test_every_reading_is_named_with_its_choice() -> None:
    chosen = contract({"namespaces": "serializer"})

    rows = {row["id"]: row for row in readings(chosen)}

    assert set(rows) == set(SPEC.readings)
    assert (rows["namespaces"]["taken"], rows["namespaces"]["chosen"]) == ("serializer", True)
    assert not rows["element-order"]["chosen"]
