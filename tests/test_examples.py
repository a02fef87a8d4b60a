"""reports/examples: one report of each kind, of one real run in which clauses were broken.

`report.json` there is the report of a run of `leadproof certify` against the mock with the defects named below, and
`client/report.json` that of a run of `leadproof certify-client` with `careless_client.py`; the others are views of them
and are made anew by every test run. `python tests/test_examples.py` makes the runs anew.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

import pytest

from leadproof.cli import main
from leadproof.contract import specs
from leadproof.contract.profile import load
from leadproof.contract.situations import situations
from leadproof.mock.defects import pick, planted
from leadproof.mock.server import running
from leadproof.runs.formats import EXPORTS, RENDERERS

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / "reports" / "examples"
SOURCE = EXAMPLES / RENDERERS["json"].file
#: Exchanges of the run that broke a clause, for the formats that show evidence.
EVIDENCE = EXAMPLES / "exchanges.ndjson"
MOST = 12

#: What is wrong with the service of the examples: mistakes of different kinds.
DEFECTS = (
    "expiry-in-the-past", "last-result-missing", "order-refused-in-xml", "offer-ids-the-same", "status-backwards",
    "xml-price-rounded", "label-html", "check-names-no-lead", "original-in-local-time", "request-id-repeated",
    "create_lead.json.results.price.text", "create_lead_sends.json.results.leadId.drop", "ping.json.requestId.guid",
    "create_call_lead.xml.results.isValid.boolean", "duplicate_check.xml.results.namespace",
    "create_call_transfer.xml.requestId.order", "lead_status.json.results.dateReceived.moment",
    "inbound_post.json.results.responseType.unknown", "update_lead.json.results.isValid.null",
    "ping.xml.results.orderId.drop", "accept_offer.json.message.number", "xml-expiry-in-local-time",
)  # fmt: skip

#: The report of a client.
CLIENT = EXAMPLES / "client"

_AGAIN = "python tests/test_examples.py makes the examples anew"


@pytest.mark.parametrize("folder", [EXAMPLES, CLIENT], ids=["service", "client"])
@pytest.mark.parametrize("name", RENDERERS)
def test_the_example_of_each_kind_is_what_the_renderer_makes_of_the_run(name: str, folder: Path) -> None:
    report = json.loads((folder / RENDERERS["json"].file).read_text("utf-8"))

    made = RENDERERS[name].render(report)

    assert (folder / RENDERERS[name].file).read_text("utf-8") == made, _AGAIN


@pytest.mark.parametrize("name", EXPORTS)
def test_the_example_of_each_export_is_what_it_makes_of_the_evidence(name: str) -> None:
    assert (EXAMPLES / EXPORTS[name].file).read_text("utf-8") == exported(name), _AGAIN


def exported(name: str) -> str:
    rows = [json.loads(line) for line in EVIDENCE.read_text("utf-8").splitlines()]
    return "".join(EXPORTS[name].render(rows, json.loads(SOURCE.read_text("utf-8"))["run"]["target"]))


def test_the_examples_show_the_register_as_it_is() -> None:
    report = json.loads(SOURCE.read_text("utf-8"))

    assert {row["id"]: row["text"] for row in report["clauses"]} == {
        one.id: one.text for one in specs.clauses().values()
    }, _AGAIN


def test_the_example_of_a_client_shows_the_situations_as_they_are() -> None:
    report = json.loads((CLIENT / RENDERERS["json"].file).read_text("utf-8"))

    told = {row["id"]: (row["happens"], row["right"], row["advice"]) for row in report["situations"]}
    assert told == {one.id: (one.happens, one.clause.text, one.advice) for one in situations().values()}, _AGAIN
    assert report["verdict"] == "failed"


def test_the_run_of_the_examples_broke_clauses() -> None:
    report = json.loads(SOURCE.read_text("utf-8"))

    assert report["verdict"] == "failed"
    assert len({row["clause"] for row in report["findings"] if row["decides"]}) > 10


def run() -> tuple[str, str]:
    """The report of a run against the mock with the defects as JSON, and the first exchanges that broke a clause."""
    profile = load()
    mock = planted(pick(DEFECTS, 0), profile, clock=time.time, seed=0)
    os.environ["LEADPROOF_API_KEY"] = profile.credentials.api_keys[0]
    with tempfile.TemporaryDirectory() as folder, running(mock) as server:
        main(["certify", "--target", server.url, "--out", folder])
        report = next(Path(folder).glob("*/report.json")).read_text("utf-8")
        broke = {row["exchange"] for row in json.loads(report)["findings"] if row["decides"] and row["exchange"]}
        lines = next(Path(folder).glob("*/exchanges.ndjson")).read_text("utf-8").splitlines(keepends=True)
        return report, "".join([line for line in lines if json.loads(line)["n"] in broke][:MOST])


def run_client() -> str:
    """The report of a run with a client that has several mistakes, as JSON."""
    os.chdir(ROOT)  # paths of this machine are nothing that an example shows
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    with tempfile.TemporaryDirectory() as folder:
        client = ["python", "tests/careless_client.py", "{lead.json}"]
        main(["certify-client", "--no-slow", "--seed", "0", "--out", folder, "--", *client])
        return next(Path(folder).glob("*/report.json")).read_text("utf-8")


def write(folder: Path, text: str) -> None:
    """All views of a report."""
    folder.mkdir(parents=True)
    for renderer in RENDERERS.values():
        (folder / renderer.file).write_text(renderer.render(json.loads(text)), "utf-8")
        sys.stdout.write(f"{(folder / renderer.file).relative_to(ROOT)}\n")


if __name__ == "__main__":
    # With the argument "views" the run stays, and only its views are made anew.
    views = sys.argv[1:] == ["views"]
    text, evidence = (SOURCE.read_text("utf-8"), EVIDENCE.read_text("utf-8")) if views else run()
    of_client = (CLIENT / RENDERERS["json"].file).read_text("utf-8") if views else run_client()
    shutil.rmtree(EXAMPLES, ignore_errors=True)
    write(EXAMPLES, text)
    write(CLIENT, of_client)
    EVIDENCE.write_text(evidence, "utf-8")
    for name, export in EXPORTS.items():
        (EXAMPLES / export.file).write_text(exported(name), "utf-8")
