"""Twelve XML responses with one planted defect each, of the sorts that other tools are blind to, and a valid one.

The files and what must be found in each: tests/data/xml-defects.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from lxml import etree

from leadproof.bodies import xml
from leadproof.contract.specs import load
from leadproof.core.exchange import Exchange, Request, Response
from leadproof.core.findings import Finding
from leadproof.judge import Judge

DATA = Path(__file__).parent / "data" / "xml-defects"
EXPECTED: dict[str, list[dict[str, Any]]] = yaml.safe_load((DATA / "expected.yaml").read_text("utf-8"))
DEFECTS = [name for name in EXPECTED if name != "valid.xml"]

#: Places that are not there: what is missing has a place where it should have been.
ABSENT = {"missing-member.xml"}


def found(name: str) -> tuple[Finding, ...]:
    response = Response(200, (("Content-Type", "application/xml"),), (DATA / name).read_bytes())
    spec = load({"unknown-members": "refuse"})  # else an unknown element is observed, and breaks nothing
    return Judge(spec).judge(Exchange(Request("", ""), response, operation="create_lead")).findings


def test_there_are_twelve_defects_and_a_valid_document() -> None:
    assert {path.name for path in DATA.glob("*.xml")} == set(EXPECTED)
    assert len(DEFECTS) == 12


def test_the_valid_document_passes() -> None:
    assert found("valid.xml") == ()


@pytest.mark.parametrize("name", DEFECTS)
def test_a_defect_is_found_at_its_place_and_nothing_else(name: str) -> None:
    findings = found(name)

    assert [(finding.clause, finding.kind) for finding in findings] == [
        (row["clause"], row["kind"]) for row in EXPECTED[name]
    ]
    for finding, row in zip(findings, EXPECTED[name], strict=True):
        if "line" in row:
            assert f"(line {row['line']}, column {row['column']})" in finding.message
        else:
            assert (finding.pointer, finding.xpath) == (row["pointer"], row["xpath"])


@pytest.mark.parametrize("name", [name for name in DEFECTS if "xpath" in EXPECTED[name][0]])
def test_the_xpath_leads_to_the_place(name: str) -> None:
    """The paths use the prefixes of the documentation; no prefix stands for the first namespace, or for none."""
    root = etree.fromstring((DATA / name).read_bytes())
    for row in EXPECTED[name]:
        path = row["xpath"]
        if xml.namespace(root.tag):
            path = re.sub(r"/(?=[A-Za-z]+(\[|/|$))", "/models:", path)

        places: Any = root.getroottree().xpath(path, namespaces={"models": xml.MODELS, "d2p1": xml.CORE})

        assert len(places) == (0 if name in ABSENT else 1), path


def test_under_the_other_reading_the_other_namespaces_are_right() -> None:
    """What one reading calls a defect in one element, the other calls the rule for all of them."""
    serializer = load({"namespaces": "serializer"})
    printed = (DATA / "valid.xml").read_bytes()
    written = re.sub(rb"<(/?)(?!/|LeadReceiverResult|RequestId|Results|d2p1:)", rb"<\1d2p1:", printed)

    for spec, body, kinds in (
        (serializer, written, []),
        (serializer, printed, ["xml.namespace"]),
        (load(), written, ["xml.namespace"]),
    ):
        response = Response(200, (("Content-Type", "application/xml"),), body)
        findings = Judge(spec).judge(Exchange(Request("", ""), response, operation="create_lead")).findings
        assert [finding.kind for finding in findings] == kinds, "one finding a document, not one an element"
