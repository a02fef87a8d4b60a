"""What a capture shows of a client, and what certifying says of it: of the same exchanges, the same situation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from leadproof.cli import main
from leadproof.contract.profile import load
from leadproof.core.exchange import Exchange, Request, Response
from leadproof.runs.evidence.rows import exchange_row
from leadproof.suite.client.deciding import SituationResult
from leadproof.suite.client.example import LeadClient, Sale
from leadproof.suite.client.inside import example, play
from leadproof.suite.client.mutants import MUTANTS
from leadproof.suite.client.situations import every

PROFILE = load()

#: Situations that a capture shows by itself -> the client with a mistake that certifying fails there.
OBSERVED = {
    "ping-declined": "",
    "order-expired": "expiry-ignored",
    "order-per-lead": "one-order-for-all",
    "offers-shown": "",
    "update-of-refused": "updates-refused",
    "status-of-refused": "status-of-refused",
    "key-in-header": "key-in-url",
    "ping-without-identity": "ping-tells-all",
}


class OffersInvented(LeadClient):
    """An offer is chosen that nobody showed."""

    def choose_offers(self, result: Any, properties: dict[str, Any], fields: dict[str, str]) -> None:
        super().choose_offers(result, properties, fields)
        properties["offerIds"] = ["z999"]


class NothingPrinted(LeadClient):
    """Of a ping that was declined, the order is printed into the post as the language prints nothing."""

    def sell(self, sale: Sale, return_url: str = "") -> None:
        properties = {"reference": sale.reference, "orderId": str(self.ping(sale).get("orderId") or None)}
        self.create([sale], [{"properties": properties, "fields": sale.fields}], return_url)


#: Clients whose mistake shows in a capture, where that of `MUTANTS` does not.
OWN: dict[str, type[LeadClient]] = {"ping-declined": NothingPrinted, "offers-shown": OffersInvented}


def mistaken(situation: str) -> type[LeadClient]:
    return OWN[situation] if situation in OWN else MUTANTS[OBSERVED[situation]].kind


def played(situation: str, kind: type[LeadClient]) -> SituationResult:
    return play(every()[situation], PROFILE, example("json", kind))


def har(exchanges: list[Exchange]) -> bytes:
    def message(one: Request | Response) -> dict[str, Any]:
        return {"headers": [{"name": name, "value": value} for name, value in one.headers], "cookies": []}

    def entry(one: Exchange) -> dict[str, Any]:
        asked = {"method": one.request.method, "url": f"http://127.0.0.1{one.request.target}"}
        sent = {"mimeType": "application/json", "text": one.request.body.decode()}
        row: dict[str, Any] = {
            "startedDateTime": f"2026-11-28T03:00:{len(one.origin) % 60:02}Z", "time": one.elapsed * 1000,
            "request": {**message(one.request), **asked, **({"postData": sent} if one.request.body else {})},
        }  # fmt: skip
        if one.response is not None:
            content = {"mimeType": "application/json", "text": one.response.body.decode()}
            row["response"] = {**message(one.response), "status": one.response.status, "content": content}
        return row

    return json.dumps({"log": {"version": "1.2", "entries": [entry(one) for one in exchanges]}}).encode()


def observed(path: Path, capsys: pytest.CaptureFixture[str]) -> set[str]:
    """The situations that are named by what is observed in a capture."""
    main(["validate", str(path), "--out", str(path.parent / "out"), "--json"])
    report = json.loads(capsys.readouterr().out)
    return {one["situation"] for one in report["observations"] if one.get("situation")}


def rows(exchanges: list[Exchange]) -> bytes:
    return b"".join(
        json.dumps(exchange_row(number, one, original=one)).encode() + b"\n" for number, one in enumerate(exchanges, 1)
    )


@pytest.mark.parametrize("situation", OBSERVED)
def test_a_capture_names_the_situation_that_certifying_fails(
    situation: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong, right = played(situation, mistaken(situation)), played(situation, LeadClient)
    assert (wrong.result, right.result) == ("failed", "passed")

    for result, expected in ((wrong, {situation}), (right, set[str]())):
        exchanges = [call.exchange for call in result.played.calls]
        path = tmp_path / f"{result.result}.ndjson"
        path.write_bytes(rows(exchanges))
        assert observed(path, capsys) == expected, result.result


@pytest.mark.parametrize("situation", ["ping-declined", "key-in-header"])
def test_a_har_names_it_too(situation: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for kind, expected in ((mistaken(situation), {situation}), (LeadClient, set[str]())):
        path = tmp_path / f"{len(expected)}.har"
        path.write_bytes(har([call.exchange for call in played(situation, kind).played.calls]))
        assert observed(path, capsys) == expected
