"""However many faults an exchange has, it is redacted and parsed as often as one with a few of them.

Calls are counted, no time is taken: 20,000 faults of each kind, in JSON and in XML, in the request and in the response.
A sample in a run of the tests; all kinds with LEADPROOF_FAULTS=whole.
"""

from __future__ import annotations

import json
import os
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from leadproof.bodies import json as json_bodies
from leadproof.bodies import xml as xml_bodies
from leadproof.contract import profile
from leadproof.core.exchange import Exchange, Request, Response
from leadproof.judge import Judge
from leadproof.redact import Redactor
from leadproof.runs.evidence import Run
from leadproof.runs.ledger import Ledger

FEW, MANY = 2_000, 20_000

#: Findings that are redacted of one exchange at most, for its evidence and for the report.
MOST_FINDINGS = 4_000

LEAD = b"<Leads vid='1001' lid='2001' sendDelay='0'><Lead ><State>TX</State></Lead ></Leads>"
RESULT = {"isValid": True, "responseType": "No_Error", "responseMessage": "m", "leadId": 1, "campaignId": 2, "price": 1}
SENT = {"source": {"vid": 1001, "lid": 2001, "sendDelay": 0}, "leads": [{"properties": {}, "fields": {"State": "TX"}}]}
ROOT = "http://schemas.datacontract.org/2004/07/LeadExec.LeadReceiver.API.Models"


def attributes(number: int) -> bytes:
    return b" ".join(b'a%d="1"' % index for index in range(number))


def elements(number: int) -> bytes:
    return b"".join(b"<a%d>1</a%d>" % (index, index) for index in range(number))


def answered(inside: bytes = b"", attributes: bytes = b"") -> bytes:
    return b'<LeadReceiverResult xmlns="%s" %s><RequestId>x</RequestId>%s</LeadReceiverResult>' % (
        ROOT.encode(), attributes, inside,
    )  # fmt: skip


def within(place: bytes, more: bytes) -> bytes:
    """The lead with more behind a place."""
    return LEAD.replace(place, place + more)


def results(*rows: dict[str, Any]) -> bytes:
    return json.dumps({"requestId": "x", "results": list(rows)}).encode()


def many(number: int) -> dict[str, int]:
    return {f"a{index}": 1 for index in range(number)}


def sent(**changes: Any) -> bytes:
    return json.dumps({**SENT, **changes}).encode()


#: Kind of fault -> request and response with so many of them.
FAULTS: dict[str, Callable[[int], tuple[bytes, bytes]]] = {
    "xml: unknown attributes of the response": lambda n: (LEAD, answered(attributes=attributes(n))),
    "xml: unknown attributes of the request": lambda n: (within(b"<Leads ", attributes(n)), answered()),
    "xml: unknown attributes of the lead": lambda n: (within(b"<Lead ", attributes(n)), answered()),
    "xml: unknown elements of the response": lambda n: (LEAD, answered(elements(n))),
    "xml: unknown elements of the request": lambda n: (within(b"</Lead >", elements(n)), answered()),
    "xml: fields that nobody knows": lambda n: (within(b"</State>", elements(n)), answered()),
    "xml: one element again and again": lambda n: (LEAD, answered(b"<RequestId>x</RequestId>" * n)),
    "xml: text where none belongs": lambda n: (LEAD, answered(b"<Results/>x" * n)),
    "json: unknown members of a result": lambda n: (sent(), results({**RESULT, **many(n)})),
    "json: unknown members of the request": lambda n: (sent(source={**SENT["source"], **many(n)}), results(RESULT)),
    "json: fields that nobody knows": lambda n: (sent(leads=[{"properties": {}, "fields": many(n)}]), results(RESULT)),
    "json: wrong types in many results": lambda n: (sent(), results(*[{**RESULT, "price": "x"}] * n)),
    "json: members that are missing": lambda n: (sent(), results(*[{"isValid": True}] * n)),
    "json: wrong offers": lambda n: (sent(), results({**RESULT, "offers": [{"offerId": 1, "price": "x"}] * n})),
    "json: duplicate names": lambda n: (sent(), b'{"requestId": "x"%s, "results": []}' % (b', "a": 1' * n)),
    "json: invalid dates": lambda n: (sent(), results(*[{**RESULT, "orderExpiresOn": "2026-13-45"}] * n)),
    "json: many leads": lambda n: (sent(leads=SENT["leads"] * n), results(RESULT)),
    "json: results that contradict themselves": lambda n: (
        sent(), results(*[{**RESULT, "responseType": "Data_Errors"}] * n),
    ),
}  # fmt: skip


def kinds() -> list[str]:
    """All of them, or one in JSON and one in XML."""
    if os.environ.get("LEADPROOF_FAULTS") == "whole":
        return list(FAULTS)
    chance = random.Random(os.environ.get("LEADPROOF_SEED", "0"))
    return [chance.choice([kind for kind in FAULTS if kind.startswith(media)]) for media in ("json", "xml")]


def calls(kind: str, number: int, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """What is called for one exchange with so many faults."""
    media = f"application/{kind.partition(':')[0]}"
    counts: Counter[str] = Counter()

    def counted(owner: Any, name: str, meaning: str) -> None:
        original = getattr(owner, name)

        def counting(*given: Any, **named: Any) -> Any:
            counts[meaning] += 1
            return original(*given, **named)

        patch.setattr(owner, name, counting)

    request, response = FAULTS[kind](number)
    pairs = (("content-type", media), ("accept", media), ("api-key", "k"))
    exchange = Exchange(Request("POST", "/v2/insert/general", pairs, request), Response(200, pairs[:1], response))
    with monkeypatch.context() as patch, Run.open(folder, "validate", redactor=Redactor()) as run:
        counted(Redactor, "_exchange", "exchanges")
        counted(Redactor, "finding", "findings")
        counted(Redactor, "observation", "observations")
        counted(xml_bodies, "parse", "parser")
        counted(json_bodies, "decode", "parser")
        judgement = Ledger(Judge(profile=profile.load(), captured=True), run._redactor, evidence=run).add(exchange)
    assert judgement.findings or judgement.observations
    return counts


@pytest.mark.parametrize("kind", kinds())
def test_many_faults_are_redacted_and_parsed_as_often_as_few(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few, most = (calls(kind, number, tmp_path, monkeypatch) for number in (FEW, MANY))

    assert 0 < most["parser"] == few["parser"] <= 4
    assert 0 < most["exchanges"] == few["exchanges"] <= 2
    assert most["findings"] == few["findings"] <= MOST_FINDINGS
    assert most["observations"] == few["observations"] <= MOST_FINDINGS
