"""The session: composes, sends, judges and keeps every exchange, and knows when to stop."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from leadproof.contract.profile import load
from leadproof.contract.specs import load as load_spec
from leadproof.core.errors import EncodeError, TargetError
from leadproof.core.exchange import Request, Response, header
from leadproof.generate.leads import LeadMaker
from leadproof.http.client import Client, Target
from leadproof.judge import Judge, Judgement
from leadproof.mock import Mock
from leadproof.redact import Redactor
from leadproof.runs.evidence import Run, read_exchanges
from leadproof.runs.ledger import Ledger
from leadproof.suite import session as module
from leadproof.suite.session import BudgetSpent, GaveUp, Session

PROFILE = load()
SPEC = load_spec()
KEY = PROFILE.credentials.api_keys[0]
MAKER = LeadMaker(PROFILE)


def httpx_response(body: bytes, status: int = 200, headers: list[tuple[str, str]] | None = None) -> httpx.Response:
    """A response whose body comes as a stream, as it does from a socket."""
    pairs = headers or [("content-type", "application/json")]
    return httpx.Response(status, headers=pairs, stream=httpx.ByteStream(body))


class Setting:
    """A session over a mock in this process, or over a function that responds."""

    def __init__(
        self,
        response: Callable[[httpx.Request], httpx.Response] | None = None,
        evidence: Run | None = None,
        **options: Any,
    ) -> None:
        self.mock = Mock(PROFILE, clock=lambda: 1_800_000_000.0)
        self.asked: list[httpx.Request] = []
        self.told: list[tuple[str, Judgement]] = []
        self._response = response
        target = Target("http://127.0.0.1:8080/base", secret=KEY)
        self.client = Client(target, transport=httpx.MockTransport(self._handle))
        self.ledger = Ledger(
            Judge(SPEC, PROFILE),
            Redactor(PROFILE.personal_fields, secrets=[KEY]),
            evidence=evidence,
            progress=lambda origin, judgement: self.told.append((origin, judgement)),
        )
        self.summary = self.ledger.summary
        self.session = Session(self.client, self.ledger, **options)

    def _handle(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        if self._response is not None:
            return self._response(request)
        headers = tuple((name.decode(), value.decode()) for name, value in request.headers.raw)
        target = request.url.raw_path.decode().removeprefix("/base")
        response: Response = self.mock.handle(Request(request.method, target, headers, request.content))
        return httpx_response(response.body, response.status, list(response.headers))


def lead(number: int = 1) -> dict[str, Any]:
    return MAKER.request("create_lead", (number,))[0]


@pytest.mark.parametrize("fmt", ["json", "xml"])
@pytest.mark.parametrize("accept", [None, "json", "xml"])
def test_a_call_is_composed_sent_judged_and_counted(fmt: str, accept: str | None) -> None:
    setting = Setting()

    judgement = setting.session.call("create_lead", fmt, lead(), accept=accept, what="first")

    [asked] = setting.asked
    assert (asked.method, asked.url.path) == ("POST", "/base/v2/insert/general")
    assert asked.headers["content-type"] == f"application/{fmt}"
    assert asked.headers["accept"] == f"application/{accept or fmt}"
    assert asked.headers["api-key"] == KEY
    assert (judgement.outcome, judgement.operation, judgement.media) == ("judged", "create_lead", accept or fmt)
    assert judgement.findings == ()
    assert judgement.context.exchange.intent == "accepted"
    to = f" to {accept}" if accept and accept != fmt else ""
    assert setting.told == [(f"create_lead, {fmt}{to}: first", judgement)]
    assert (setting.summary.exchanges, setting.summary.tested) == (1, 1)


def test_path_parameters_cannot_leave_their_place() -> None:
    setting = Setting(lambda _: httpx_response(b'{"success": false, "message": "no"}'))

    parameters = {"leadUID": "1/../../x", "offerId": "a b?c#d%/é"}
    setting.session.call("accept_offer", parameters=parameters, intent="unknown")

    assert setting.asked[0].url.raw_path == b"/base/v2/leads/1%2F..%2F..%2Fx/offers/a%20b%3Fc%23d%25%2F%C3%A9/accept"
    assert setting.asked[0].content == b""
    assert "content-type" not in setting.asked[0].headers


def test_a_call_may_be_without_credentials() -> None:
    setting = Setting()

    judgement = setting.session.call("create_lead", "json", lead(), intent="unauthorised", authorised=False)

    assert "api-key" not in setting.asked[0].headers
    assert judgement.context.exchange.response.status == 401


def test_a_body_may_be_given_as_bytes() -> None:
    setting = Setting()

    judgement = setting.session.call("create_lead", "xml", body=b"<Leads>", intent="unreadable", what="malformed")

    assert setting.asked[0].content == b"<Leads>"
    assert 400 <= judgement.context.exchange.response.status < 500


def test_headers_take_the_place_of_those_that_are_there() -> None:
    setting = Setting()

    setting.session.call("create_lead", "json", lead(), headers=(("Content-Type", "text/json"), ("x-more", "1")))

    assert setting.asked[0].headers.get_list("content-type") == ["text/json"]
    assert setting.asked[0].headers["x-more"] == "1"


def test_what_a_format_cannot_carry_is_not_sent() -> None:
    setting = Setting()
    value = lead()
    value["leads"][0]["fields"]["First Name"] = "\x00"

    with pytest.raises(EncodeError):
        setting.session.call("create_lead", "xml", value)

    assert setting.asked == []


def test_a_budget_is_kept() -> None:
    setting = Setting(budget=2)
    for number in (1, 2):
        setting.session.call("create_lead", "json", lead(number))

    with pytest.raises(BudgetSpent):
        setting.session.call("create_lead", "json", lead(3))

    assert len(setting.asked) == setting.summary.exchanges == 2


def refuse(_: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("refused")


def stay_silent(_: httpx.Request) -> httpx.Response:
    raise httpx.ReadTimeout("too long")


@pytest.mark.parametrize("response", [refuse, stay_silent])
def test_a_target_that_cannot_be_reached_ends_the_run_at_once(response: Callable) -> None:
    setting = Setting(response)

    with pytest.raises(TargetError):
        setting.session.call("create_lead", "json", lead())

    assert setting.summary.exchanges == 0


def test_a_target_that_falls_silent_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SILENCE", 3)
    setting = Setting()
    setting.session.call("create_lead", "json", lead())
    setting._response = stay_silent
    for number in (2, 3):
        setting.session.call("create_lead", "json", lead(number))
    setting._response = None
    setting.session.call("create_lead", "json", lead(4))
    setting._response = stay_silent
    for number in (5, 6):
        setting.session.call("create_lead", "json", lead(number))

    with pytest.raises(GaveUp, match="after 3 requests in a row that got no response in time"):
        setting.session.call("create_lead", "json", lead(7))

    assert setting.summary.exchanges == 7


def test_evidence_is_kept_line_by_line_and_without_secrets(tmp_path: Path) -> None:
    redactor = Redactor(PROFILE.personal_fields, secrets=[KEY])
    wrong = b'{"requestId": "929f4d31-5576-49b5-ae9b-606d94a475e2", "results": "none"}'
    with Run.open(tmp_path, "test", redactor=redactor) as run:
        setting = Setting(lambda _: httpx_response(wrong), evidence=run)
        judgement = setting.session.call("create_lead", "json", lead())

        lines = [json.loads(line) for line in (run.path / "findings.ndjson").read_text().splitlines()]
        [exchange] = read_exchanges(run.path)

    findings = [line for line in lines if line["what"] == "finding"]
    assert [line["n"] for line in findings] == [1] * len(judgement.findings)
    assert {line["clause"] for line in findings} == {one.clause for one in judgement.findings} != set()
    assert exchange.intent == "accepted"
    assert header(exchange.request.headers, "api-key") not in (None, KEY)
    assert KEY.encode() not in (run.path / "exchanges.ndjson").read_bytes()
    assert lead()["leads"][0]["fields"]["Email"].encode() not in (run.path / "exchanges.ndjson").read_bytes()


# ---- what a service asks for, and what came of a lost response -------------------------------------------------------


def busy(*waits: str) -> Callable[[httpx.Request], httpx.Response]:
    """Responds with 429 and these Retry-After, one after the other, and then like a service."""
    left = list(waits)

    def respond(request: httpx.Request) -> httpx.Response:
        if left:
            return httpx_response(b"", 429, [("retry-after", left.pop(0))])
        return httpx_response(b'{"requestId": "r", "results": []}')

    return respond


def test_a_moment_is_waited_and_the_request_sent_again() -> None:
    waited: list[float] = []
    setting = Setting(busy("2"), sleep=waited.append)

    judgement = setting.session.call("ping", value=MAKER.request("ping", (1,))[0])

    assert (waited, len(setting.asked), judgement.outcome) == ([2.0], 2, "judged")
    assert [request.content for request in setting.asked] == [setting.asked[0].content] * 2
    assert ("status.throttled", 1) in {(seen.kind, number) for seen, number in setting.summary.observed.values()}


@pytest.mark.parametrize("wait", ["3600", "Fri, 27 Nov 2026 08:00:00 GMT"])
def test_longer_than_a_moment_is_not_waited(wait: str) -> None:
    waited: list[float] = []
    setting = Setting(busy(wait), sleep=waited.append)

    assert setting.session.call("ping", value=MAKER.request("ping", (1,))[0]).outcome == "stopped"
    assert (waited, len(setting.asked)) == ([], 1)


def test_who_asks_again_at_once_is_not_waited_for_any_more() -> None:
    waited: list[float] = []
    setting = Setting(busy(*["1"] * 6), sleep=waited.append)

    outcomes = [setting.session.call("ping", value=MAKER.request("ping", (1,))[0]).outcome for _ in range(3)]

    assert (outcomes, waited, len(setting.asked)) == (["stopped"] * 3, [1.0], 4)


@pytest.mark.parametrize(
    ("intent", "left"),
    [("accepted", ""), ("refused:Duplicate_Lead", ""), ("mixed:accepted,refused", ""), ("unknown", ""),
     ("invalid", "invalid"), ("unreadable", "unreadable"), ("unauthorised", "unauthorised"), ("bare", "bare")],
)  # fmt: skip
def test_after_a_lost_response_nothing_is_expected_that_hangs_on_it(intent: str, left: str) -> None:
    setting = Setting()
    setting.session.call("create_lead", value=lead())
    setting._response = stay_silent
    setting.session.call("create_lead", value=lead())
    setting._response = None

    lost = setting.session.call("create_lead", value=lead(), intent=intent)
    setting.session.begin()
    after = setting.session.call("create_lead", value=lead(), intent=intent)

    assert [judgement.context.exchange.intent for judgement in (lost, after)] == [left, intent]
