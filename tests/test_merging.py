"""Several runs as one: what a capture says must not depend on how it was cut into shards."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from leadproof import captures
from leadproof.contract.specs import load
from leadproof.core.errors import UsageError
from leadproof.core.exchange import Exchange
from leadproof.judge import Judge
from leadproof.judge.checks import History
from leadproof.redact import Redactor
from leadproof.runs import merging
from leadproof.runs.ledger import Ledger

FOLDER = Path(__file__).parent / "data" / "documentation" / "responses"
SPEC = load()

Row = dict[str, Any]


def exchanges() -> list[Exchange]:
    """The samples of the documentation, each as a response of its operation: they hold and break many clauses."""
    return list(_exchanges())


def _exchanges() -> Iterator[Exchange]:
    for path in sorted(FOLDER.iterdir()):
        operation = path.name.partition(".")[0]
        for found in captures.read(path, operation):
            if isinstance(found, Exchange):
                yield found


def judged(found: list[Exchange], history: History | None = None) -> Row:
    judge = Judge(SPEC)
    judge.history = history or judge.history
    ledger = Ledger(judge, Redactor())
    for number, exchange in enumerate(found, 1):
        ledger.add(exchange, number=number)
    return ledger.report("validate", {"id": "r", "specs": {"a": "b"}})


def merge(reports: list[Row], offsets: list[int] | None = None) -> Row:
    """Reports without their rows, put together; `offsets` goes to the numbers of their exchanges."""
    return merging.merge(
        reports, [merging.summary_of(*pair) for pair in zip(reports, offsets or [0] * len(reports), strict=True)]
    )


def test_shards_merged_say_what_the_whole_says() -> None:
    found = [replace(one, elapsed=0.1 + 1e-7 * number) for number, one in enumerate(exchanges())]
    assert len(found) > 10
    whole = judged(found)
    # What the first shard established is known to the second, so that the cut itself changes nothing.
    history = History()

    merged = merge([judged(found[:6], history), judged(found[6:], history)], [0, 6])

    for name in ("counts", "clauses", "coverage", "equivalence", "attestations", "evidence", "verdict", "codes"):
        assert merged[name] == whole[name], name
    assert _by_key(merged["findings"]) == _by_key(whole["findings"])


def _by_key(rows: list[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: json.dumps(row, sort_keys=True))


def test_one_run_merged_stays_what_it_is() -> None:
    whole = judged(exchanges())

    merged = merge([whole])

    for name in ("counts", "findings", "clauses", "coverage", "verdict", "codes", "observations"):
        assert merged[name] == whole[name], name
    assert merged["run"]["merged"] == [{"id": "r"}]


def test_merging_leaves_the_reports_as_they_are() -> None:
    reports = [judged(exchanges()[:4]), judged(exchanges()[4:])]
    before = copy.deepcopy(reports)

    merge(reports, [0, 4])

    assert reports == before


def test_a_job_that_tested_nothing_does_not_spoil_the_others() -> None:
    nothing, something = judged([]), judged(exchanges()[:1])
    something["codes"], something["findings"] = [], []

    assert nothing["exit_code"] == 4
    assert merge([nothing, something])["exit_code"] == 0
    assert merge([nothing, judged([])])["exit_code"] == 4


def test_what_was_to_be_tested_and_was_not_stays_a_gap() -> None:
    one, other = judged(exchanges()[:1]), judged(exchanges()[:1])
    for row in (one, other):
        row["codes"], row["findings"] = [], []
    one["coverage"]["gaps"], one["codes"] = ["ping in xml was never tested"], [4]

    merged = merge([one, other])

    assert (merged["exit_code"], merged["coverage"]["gaps"]) == (4, ["ping in xml was never tested"])


@pytest.mark.parametrize("code", [130, 2, 5])
def test_what_went_wrong_in_one_job_went_wrong(code: int) -> None:
    one = judged(exchanges()[:1])
    one["codes"] = [code]

    assert merge([judged(exchanges()), one])["exit_code"] == code


def test_a_finding_is_waived_where_every_run_waives_it() -> None:
    waiver = {"clause": "c", "operation": "", "reason": "r", "owner": "o", "expires": "2027-01-31", "findings": 1}
    one, other = judged(exchanges()), judged(exchanges())
    for report in (one, other):
        report["waivers"] = [{**waiver, "state": "active"}]
        for row in report["findings"]:
            row["waived"] = True

    both = merge([one, other])
    del other["findings"][0]["waived"]
    some = merge([one, other])

    assert both["waivers"] == [{**waiver, "findings": 2, "state": "active"}]
    assert all(row["waived"] for row in both["findings"])
    assert sum("waived" not in row for row in some["findings"]) == 1


def test_runs_of_different_specifications_or_readings_are_not_merged() -> None:
    one, other = judged(exchanges()), judged(exchanges())
    other["run"]["specs"] = {"a": "c"}
    with pytest.raises(UsageError, match="different specifications"):
        merge([one, other])

    other = judged(exchanges())
    row = next(row for row in other["run"]["readings"] if row["id"] == "response-type")
    row["taken"] = "either"
    with pytest.raises(UsageError, match="different readings"):
        merge([one, other])
