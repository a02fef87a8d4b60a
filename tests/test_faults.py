"""What breaks on the wire, over real sockets: `leadproof.server.faults`. A run tells each fault and comes to an end."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from leadproof import suite
from leadproof.contract import specs
from leadproof.contract.profile import load
from leadproof.core.errors import TargetError, UsageError
from leadproof.core.findings import KINDS
from leadproof.core.wire_faults import WIRE_FAULTS
from leadproof.core.wire_rules import WIRE_RULES
from leadproof.generate.leads import LeadMaker
from leadproof.http.client import Client, Target
from leadproof.judge import Judge, stand_ins
from leadproof.mock import Mock
from leadproof.mock.server import running
from leadproof.mock.server.faults import FAULTS, script
from leadproof.mock.server.plays import End, OutgoingResponse, Proceed, Script, Step, whole
from leadproof.redact import Redactor
from leadproof.runs.ledger import Ledger
from leadproof.suite.session import GaveUp, Session

PROFILE, SPEC = load(), specs.load()

#: Seconds for one exchange.
TIMEOUT = 0.5

#: Parameters that a short test can wait for.
QUICK = {"latency": "latency:0.02", "jitter": "jitter:0.04", "gzip-bomb": "gzip-bomb:30", "huge": "huge:30"}


def ran(client: Client, fmt: str, *topics: str) -> tuple[Ledger, str]:
    """What a run took in, and how it ended if not by itself."""
    ledger = Ledger(Judge(SPEC, PROFILE), Redactor(PROFILE.personal_fields))
    story = suite.CaseContext(Session(client, ledger), LeadMaker(PROFILE))
    try:
        suite.run(story, suite.select(["ping"], [fmt], topics))
    except (TargetError, GaveUp) as error:
        return ledger, str(error)
    return ledger, ""


@contextmanager
def client_of(fault: Script) -> Iterator[Client]:
    """A client of a mock with a fault."""
    with running(Mock(PROFILE, clock=time.time, token="t"), fault=fault) as mock:
        client = Client(Target(mock.url, "api-key", PROFILE.credentials.api_keys[0], timeout=TIMEOUT))
        try:
            yield client
        finally:
            client.close()


def tell(*words: str) -> tuple[Counter[str], str, int]:
    """Kinds that a run names, how it ended if not by itself, and how many requests it sent."""
    with client_of(script(words)) as client:
        ledger, ended = ran(client, "json", "operations", "twins", "transport")
        kinds = Counter(one.finding.kind for one in ledger.summary.kept())
        # What stands in the service's place is no finding about the service.
        kinds.update(one.kind for one, _ in ledger.summary.observed.values() if one.kind in stand_ins.HINTS)
        return kinds, ended, client.sent


class Switch:
    """A fault that can be another one for the next response."""

    script: Script

    def __call__(self, response: OutgoingResponse, proceed: Proceed) -> Iterator[Step]:
        return self.script(response, proceed)


@pytest.fixture(scope="module")
def switched() -> Iterator[tuple[Switch, Client]]:
    switch = Switch()
    with client_of(switch) as client:
        yield switch, client


@pytest.mark.parametrize("fault", FAULTS.keys() - WIRE_FAULTS.keys())
def test_a_run_tells_the_fault_and_ends(fault: str) -> None:
    kinds, ended, _ = tell(QUICK.get(fault, fault))
    if "cannot be reached" in ended:  # nothing ever came: the run says so, and is over
        assert FAULTS[fault].kinds == ("transport.timeout",)
        assert "no response came in time" in ended
    else:
        assert set(FAULTS[fault].kinds) <= set(kinds)
    if not FAULTS[fault].kinds:
        assert not kinds


@pytest.mark.parametrize("fault", WIRE_FAULTS)
def test_a_probe_names_each_fault_of_the_bytes(fault: str, switched: tuple[Switch, Client]) -> None:
    row, (switch, client) = WIRE_FAULTS[fault], switched
    rule, switch.script = WIRE_RULES[row.rule], script([fault])

    ledger, _ = ran(client, row.media or "json", "transport")

    findings = {(one.finding.kind, one.finding.message) for one in ledger.summary.kept()}
    observations = {(one.kind, one.message.partition(":")[0]) for one, _ in ledger.summary.observed.values()}
    assert (rule.kind, rule.message) in (observations if rule.observed else findings)


def test_the_faults_of_the_mock_have_those_of_the_bytes_among_them() -> None:
    assert WIRE_FAULTS.keys() < FAULTS.keys()
    assert len(WIRE_FAULTS) >= 90


def test_a_run_gives_up_when_nobody_responds_any_more() -> None:
    kinds, ended, sent = tell("stall-inside")
    assert "8 requests in a row" in ended
    assert kinds["transport.timeout"]
    assert sent == 8


def test_faults_stand_on_top_of_each_other() -> None:
    kinds, _, _ = tell("latency:0.01", "type-missing", "truncated")
    assert {"framing.length"} <= set(kinds)


def test_every_kind_is_one_that_findings_have() -> None:
    assert {kind for fault in FAULTS.values() for kind in fault.kinds} <= KINDS.keys()


def test_the_controls_are_never_broken() -> None:
    with running(Mock(PROFILE, clock=time.time, token="t"), fault=script(["truncated"])) as mock:
        response = httpx.get(f"{mock.url}/__mock__/state", headers={"x-mock-token": "t"}, trust_env=False)
        assert response.status_code == 200
        assert response.json()["seed"] == 0


def test_latency_keeps_the_connection() -> None:
    with (
        running(Mock(PROFILE, clock=time.time, token="t"), fault=script(["latency:0.05"])) as mock,
        httpx.Client(base_url=mock.url, trust_env=False) as client,
    ):
        began = time.monotonic()
        responses = [client.get("/v2/nothing") for _ in range(3)]
        assert time.monotonic() - began >= 0.15
        assert {response.status_code for response in responses} == {404}
        ports = {response.extensions["network_stream"].get_extra_info("client_addr") for response in responses}
        assert len(ports) == 1


def test_errors_come_in_bursts_and_not_first() -> None:
    play = script(["errors:3"])
    statuses = []
    for _ in range(20):
        first = next(iter(play(OutgoingResponse(200, (), b"{}"), whole)))
        assert isinstance(first, bytes)
        statuses.append(int(first.split()[1]))
    assert statuses == ([200] * 7 + [503] * 3) * 2


def test_too_many_asks_to_wait() -> None:
    play = script(["too-many:10"])
    first = next(iter(play(OutgoingResponse(200, (), b"{}"), whole)))
    assert isinstance(first, bytes)
    assert b"HTTP/1.1 429" in first
    assert b"retry-after: 1" in first


def test_a_whole_response_ends_the_connection_only_where_it_has_to() -> None:
    assert End.CLOSE not in list(whole(OutgoingResponse(200, (), b"{}")))
    assert list(whole(OutgoingResponse(200, (), b"{}", keep=False)))[-1] is End.CLOSE


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("latancy", "no fault 'latancy'"),
        ("latency:soon", r"takes a number \(seconds\), from 0 to 86400, not 'soon'"),
        ("latency:-1", r"takes a number \(seconds\)"),
        ("errors:all", r"takes a number \(of ten\)"),
        ("reset:3", "takes no parameter"),
    ],
)
def test_a_slip_in_a_fault_is_explained(words: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        script([words])


@pytest.mark.parametrize("name", FAULTS)
def test_the_hint_for_a_wrong_parameter_is_a_fault_that_there_is(name: str) -> None:
    with pytest.raises(UsageError, match="takes") as caught:
        script([f"{name}:x"])

    example = caught.value.hint.removeprefix("such as --fault ")
    assert example.partition(":")[1] == (":" if FAULTS[name].parameter else "")
    assert callable(script([example]))
