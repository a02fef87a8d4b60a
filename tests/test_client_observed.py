"""What a capture shows of a client, and what certifying says of it: of the same exchanges, the same situation."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from leadproof.cli import main
from leadproof.contract.profile import load
from leadproof.core.exchange import Exchange, Request, Response
from leadproof.runs.evidence.rows import exchange_row
from leadproof.suite.client.deciding import SituationResult
from leadproof.suite.client.example import LeadClient, Sale, Unknown
from leadproof.suite.client.inside import example, play
from leadproof.suite.client.mutants import MUTANTS
from leadproof.suite.client.situations import every

PROFILE = load()


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


class SentTwice(LeadClient):
    """A lead is sent once more, whatever came of it."""

    def sell(self, sale: Sale, return_url: str = "") -> None:
        for _ in range(2):
            self.create([sale], [{"properties": {"reference": sale.reference}, "fields": sale.fields}], return_url)


class Insistent(LeadClient):
    """A lead of which the response says nothing is sent again, blindly."""

    def create(
        self, sales: list[Sale], leads: list[dict[str, Any]], return_url: str = "", campaign: Any = None
    ) -> None:
        for _ in range(2):
            try:
                response = self.send("POST", "/v2/insert/general", self.body("create", leads, return_url))
            except Unknown:
                continue
            if response.get("results"):
                return self.take_results(sales, response)
        return None


#: Situations that a capture shows by itself -> clients with a mistake that certifying fails there.
OBSERVED: dict[str, tuple[type[LeadClient] | str, ...]] = {
    "lead-accepted": (SentTwice,),
    "ping-declined": ("posts-anyway", "creates-after-decline", NothingPrinted),
    "order-expired": ("expiry-ignored",),
    "order-per-lead": ("one-order-for-all",),
    "offers-shown": (OffersInvented,),
    "update-of-refused": ("updates-refused",),
    "status-of-refused": ("status-of-refused",),
    "key-in-header": ("key-in-url",),
    "ping-without-identity": ("ping-tells-all",),
    "refused-data-errors": ("refused-again",),
    "refused-post-over-max": ("refused-again",),
    "pending-review": ("pending-again",),
    "reset-after-taken": ("again-after-reset", Insistent),
    "gateway-after-taken": ("again-after502",),
    "timeout-after-taken": ("again-after504",),
    "error-500": ("again-after500",),
    "bad-request": ("repeats400",),
    "html-instead": (Insistent,),
    "empty-instead": (Insistent,),
    "results-empty": (Insistent,),
}

CASES = [
    pytest.param(
        situation, mistake, media, id=f"{situation}-{mistake if isinstance(mistake, str) else mistake.__name__}-{media}"
    )
    for situation, mistakes in OBSERVED.items()
    for mistake in mistakes
    for media in ("json", "xml")
]


def client(mistake: type[LeadClient] | str) -> type[LeadClient]:
    return MUTANTS[mistake].kind if isinstance(mistake, str) else mistake


@cache
def played(situation: str, kind: type[LeadClient], media: str = "json") -> SituationResult:
    return play(every()[situation], PROFILE, example(media, kind))


def har(exchanges: list[Exchange]) -> bytes:
    def message(one: Request | Response) -> dict[str, Any]:
        return {"headers": [{"name": name, "value": value} for name, value in one.headers], "cookies": []}

    def entry(one: Exchange) -> dict[str, Any]:
        asked = {"method": one.request.method, "url": f"http://127.0.0.1{one.request.target}"}
        sent = {"mimeType": "application/json", "text": one.request.body.decode()}
        row: dict[str, Any] = {
            "startedDateTime": datetime.fromtimestamp(one.started, UTC).isoformat(), "time": one.elapsed * 1000,
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


@pytest.mark.parametrize(("situation", "mistake", "media"), CASES)
def test_a_capture_names_the_situation_that_certifying_fails(
    situation: str, mistake: type[LeadClient] | str, media: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong, right = played(situation, client(mistake), media), played(situation, LeadClient, media)
    assert (wrong.result, right.result) == ("failed", "passed")

    for result, expected in ((wrong, {situation}), (right, set[str]())):
        exchanges = [call.exchange for call in result.played.calls]
        path = tmp_path / f"{result.result}.ndjson"
        path.write_bytes(rows(exchanges))
        assert observed(path, capsys) == expected, result.result


@pytest.mark.parametrize("situation", ["ping-declined", "key-in-header", "gateway-after-taken"])
def test_a_har_names_it_too(situation: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for kind, expected in ((client(OBSERVED[situation][0]), {situation}), (LeadClient, set[str]())):
        path = tmp_path / f"{len(expected)}.har"
        path.write_bytes(har([call.exchange for call in played(situation, kind).played.calls]))
        assert observed(path, capsys) == expected
