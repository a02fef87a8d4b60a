"""What is found in a redacted capture is what is found in the original, for the defects of the mock.

A sample of them in a run of the tests, another one with another LEADPROOF_SEED; all of them with `make test-redaction`.
Apart are kinds of finding about bytes (`APART`), which a capture that was written anew need not have.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterable
from dataclasses import replace

import pytest

from leadproof.commands import defects
from leadproof.contract import specs
from leadproof.contract.profile import load
from leadproof.core.exchange import Exchange
from leadproof.core.findings import shape
from leadproof.judge import Judge
from leadproof.judge.checks import PAIRED
from leadproof.mock.defects import Defect, planted, table
from leadproof.redact import Redactor

PROFILE = load()
APART = ("transport.", "framing.", "encoding.", "charset.")

SEED = int(os.environ.get("LEADPROOF_SEED", "0"))
#: Defects that are tried in a run of the tests; 0 for all.
SAMPLE = int(os.environ.get("LEADPROOF_SAMPLE", "60"))
CLAUSES = specs.load().clauses

Found = list[tuple[str, str, str, str, str]]


def sample() -> list[Defect]:
    rows = list(table().values())
    written = [row for row in rows if not row.generated]
    if not SAMPLE:
        return rows
    chance = random.Random(SEED)
    generated = [row for row in rows if row.generated]
    return chance.sample(written, SAMPLE // 2) + chance.sample(generated, SAMPLE - SAMPLE // 2)


def recorded(defect: Defect) -> tuple[list[Exchange], set[str]]:
    """The exchanges of the suite with a mock that has the defect, until its owner has noticed, and who has."""
    clock = defects._Time()
    mock = planted([defect], PROFILE, clock=clock, seed=0, token=defects._TOKEN)
    story = defects.story(mock, PROFILE, clock, 0)
    found: list[Exchange] = []
    story.session.ledger.progress = lambda _, judgement: (
        found.append(judgement.context.exchange) if judgement.context else None
    )
    for case in defects.cases(defect.operations, defect.media):
        defects.suite.run(story, [case])
        if defect.expected_clause in defects.noticed(story):
            break
    return found, set(defects.noticed(story))


def judged(exchanges: Iterable[Exchange], *, captured: bool) -> list[Found]:
    """What a judge finds in each exchange: clause, kind, place, operation and representation."""
    judge, rows = Judge(profile=PROFILE, captured=captured), []
    for exchange in exchanges:
        judgement = judge.judge(replace(exchange, intent="") if captured else exchange)
        said = [(one.clause, one.kind, shape(one.pointer), one.operation, one.media) for one in judgement.findings]
        said += [("", one.kind, shape(one.pointer), one.operation, one.media) for one in judgement.observations]
        rows.append(sorted(said))
    return rows


def comparable(rows: list[Found]) -> list[Found]:
    return [[one for one in row if not one[1].startswith(APART)] for row in rows]


@pytest.mark.parametrize("defect", sample(), ids=lambda row: row.id)
def test_a_defect_is_found_in_the_redacted_capture_as_in_the_original(defect: Defect) -> None:
    original, noticed = recorded(defect)
    redactor = Redactor(PROFILE.personal_fields)

    safe = [redactor.exchange(one) for one in original]

    assert safe != original
    clauses: set[str] = set()
    for captured in (False, True):
        expected, actual = judged(original, captured=captured), judged(safe, captured=captured)
        rows = zip(comparable(expected), comparable(actual), original, safe, strict=True)
        for before, after, one, redacted in rows:
            assert after == before, f"{one.origin}: {one} became {redacted}"
        clauses |= {clause for row in expected for clause, *_ in row}
    # Two exchanges side by side, and the call to returnURL, are not in a capture.
    assert noticed & clauses or CLAUSES[defect.expected_clause].check in PAIRED or "callback" in defect.id
