"""The response samples of the documentation: all pass as documented; strictly, each fails where a reading says so.

The places are data: tests/data/documentation/strict.yaml.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from leadproof.contract.specs import Specification, load
from leadproof.core.exchange import MEDIA_TYPES, Exchange, Request, Response
from leadproof.core.findings import shape
from leadproof.core.operations import CELLS
from leadproof.judge import Judge, Judgement

DOCUMENTATION = Path(__file__).parent / "data" / "documentation"
STRICT: dict[str, list[dict[str, str]]] = yaml.safe_load((DOCUMENTATION / "strict.yaml").read_text("utf-8"))
SAMPLES = [f"{operation}.{media}" for operation, media in CELLS]

samples = pytest.mark.parametrize("sample", SAMPLES)


def judged(sample: str, spec: Specification) -> Judgement:
    operation, _, media = sample.partition(".")
    body = (DOCUMENTATION / "responses" / sample).read_bytes()
    response = Response(200, (("Content-Type", MEDIA_TYPES[media][0]),), body)
    return Judge(spec).judge(Exchange(Request("", ""), response, operation=operation))


def test_every_sample_is_listed() -> None:
    assert list(STRICT) == SAMPLES


@samples
def test_a_sample_passes_as_documented(sample: str) -> None:
    judgement = judged(sample, load(as_documented=True))

    assert judgement.outcome == "judged"
    assert judgement.findings == ()
    assert judgement.observations == ()


@samples
def test_read_strictly_a_sample_fails_exactly_where_a_reading_says(sample: str) -> None:
    judgement = judged(sample, load())

    found = {(finding.clause, shape(finding.pointer), finding.kind) for finding in judgement.findings}
    assert found == {(row["clause"], row["member"], row["kind"]) for row in STRICT[sample]}
    assert judgement.observations == ()
    assert all(finding.xpath for finding in judgement.findings) == (sample.endswith("xml") or not judgement.findings)


@samples
def test_every_strict_failure_is_traceable_to_a_reading(sample: str) -> None:
    spec = load()
    for row in STRICT[sample]:
        clause, reading = spec.clauses[row["clause"]], spec.readings[row["reading"]]
        assert reading.selectable
        assert clause.check in reading.lenient, f"{reading.id} says nothing about {clause.check}"
        lenient = load({reading.id: next(choice for choice in reading.choices if choice != reading.taken)})
        left = {(finding.clause, shape(finding.pointer)) for finding in judged(sample, lenient).findings}
        assert (clause.id, row["member"]) not in left
