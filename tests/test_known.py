"""What was not recorded breaks nothing and holds nothing; a run that decided nothing about a body has not passed."""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from holes import HOLES, POSTING, WRITERS, story, without_operations
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leadproof.captures import files, load_mapping, read
from leadproof.captures.judging import ValidationPlan
from leadproof.captures.validating import validate
from leadproof.contract import specs
from leadproof.core.errors import ExitCode
from leadproof.core.exchange import Exchange, Part, Recorded, gaps
from leadproof.redact import Redactor
from leadproof.runs.evidence.rows import exchange_row
from leadproof.runs.formats.har import render as har

STORY = tuple(without_operations(story()))
SPEC = specs.load()


def report(path: Path, mapping: Path | None = None, operation: str | None = None) -> dict[str, Any]:
    """What `validate` says of a file or folder."""
    plan = ValidationPlan(
        SPEC.choices, POSTING, Redactor(POSTING.personal_fields), operation=operation,
        mapping=load_mapping(mapping) if mapping else None,
    )  # fmt: skip
    return validate(list(files([path])), plan, None).report("validate", {})


def decided_a_body(found: dict[str, Any]) -> bool:
    """Was a must about the body of a response decided?"""
    return any(
        row["level"] == "must" and row["subject"] == "response" and row["passed"] + row["failed"]
        for row in found["clauses"]
    )


@pytest.mark.parametrize("name", WRITERS)
def test_a_capture_without_holes_passes(name: str, tmp_path: Path) -> None:
    path, told = WRITERS[name](list(STORY), [frozenset()] * len(STORY), 1, tmp_path)

    found = report(path, **told)

    assert [row for row in found["findings"] if row["decides"]] == []
    assert (found["exit_code"], decided_a_body(found)) == (ExitCode.PASSED, True)
    assert name == "bare" or found["counts"]["judged"] == len(STORY)


@pytest.mark.parametrize("name", WRITERS)
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.data())
def test_a_hole_breaks_no_must_and_nothing_decided_is_no_pass(name: str, data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(STORY) - 1))
    exchanges = list(STORY[first : first + data.draw(st.integers(1, 10))])
    hole = st.frozensets(st.sampled_from(HOLES), max_size=3)
    holes = data.draw(st.lists(hole, min_size=len(exchanges), max_size=len(exchanges)))
    way = data.draw(st.integers(0, 100))

    with tempfile.TemporaryDirectory() as folder:
        path, told = WRITERS[name](exchanges, holes, way, Path(folder))
        found = report(path, **told)

    assert [(row["clause"], row["message"], row["origin"]) for row in found["findings"] if row["decides"]] == []
    assert found["exit_code"] == (ExitCode.PASSED if decided_a_body(found) else ExitCode.INCONCLUSIVE)


@pytest.mark.parametrize("name", WRITERS)
def test_without_a_single_body_no_run_passes(name: str, tmp_path: Path) -> None:
    path, told = WRITERS[name](list(STORY), [frozenset({"response_body"})] * len(STORY), 1, tmp_path)

    found = report(path, **told)

    assert [row for row in found["findings"] if row["decides"]] == []
    assert (found["exit_code"], found["verdict"]) == (ExitCode.INCONCLUSIVE, "inconclusive")
    assert found["evidence"]["decided"] == 0


@pytest.mark.parametrize("fmt", ["ndjson", "har"])
@settings(max_examples=20, deadline=None)
@given(st.data())
def test_what_was_not_recorded_is_not_known_again_later(fmt: str, data: st.DataObject) -> None:
    one = data.draw(st.sampled_from(STORY))
    parts = data.draw(st.lists(st.sampled_from(list(Part)), unique=True, min_size=1))
    how = data.draw(st.sampled_from([Recorded.CUT, Recorded.ENCODED, Recorded.LEFT_OUT]))
    request = one.request._replace(body=b"") if Part.REQUEST_BODY in parts else one.request
    response = one.response._replace(body=b"") if one.response and Part.RESPONSE_BODY in parts else one.response
    row = exchange_row(1, replace(one, request=request, response=response, unknown=gaps(*parts, how=how)))

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"exchanges.{fmt}"
        text = json.dumps(row, separators=(",", ":")) if fmt == "ndjson" else "".join(har([row], "https://x.example"))
        path.write_text(text, "utf-8")
        [again] = [found for found in read(path) if isinstance(found, Exchange)]

    assert {part for part in Part if not again.knows(part)} >= set(parts)
    assert (again.request.body, again.response and again.response.body) == (request.body, response and response.body)
