"""What processes say of exchanges that they judged by themselves comes to what one process says of all of them."""

from __future__ import annotations

import json
import multiprocessing
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadproof import bodies
from leadproof.captures import FilePart, judging
from leadproof.captures.judging import PartFacts, PartJudge, ValidationPlan
from leadproof.captures.validating import REPEATED, follow, validate
from leadproof.contract import profile, specs
from leadproof.core.exchange import Exchange, Request, Response
from leadproof.core.operations import OPERATIONS
from leadproof.generate.leads import LeadMaker
from leadproof.judge import Judge
from leadproof.judge.checks import CHECKS, History
from leadproof.mock.defects import pick, planted
from leadproof.redact import Redactor
from leadproof.runs.evidence import Run, rebuild
from leadproof.runs.evidence.rows import exchange_row
from leadproof.runs.facts import Facts, judgement_of, packed
from leadproof.runs.ledger import KeepPolicy, Ledger

POSTING = profile.load(None)
NOW = 1_796_000_000.0

#: Defects that only earlier exchanges show.
DEFECTS = (
    (), ("order-used-twice",), ("order-id-reused",), ("duplicates-missed",), ("order-of-another-campaign",),
    ("xml-duplicates-missed", "refused-without-a-word"),
)  # fmt: skip


class Client:
    """Sends what clients send, rightly and wrongly, and goes on with what it was told."""

    def __init__(self, seed: int, defects: tuple[str, ...]) -> None:
        self.chance = random.Random(seed)
        self.now = NOW
        self.mock = planted(pick(defects), POSTING, clock=lambda: self.now, seed=1)
        self.maker = LeadMaker(POSTING)
        self.sent: list[Exchange] = []
        self.orders: list[tuple[int, str]] = [(900, "null")]
        self.requests, self.leads, self.number = [str(UUID(int=1))], [7], 0

    def send(self, operation: str, value: Any = None, *, path: str = "", fmt: str = "", intent: str = "") -> Any:
        row = OPERATIONS[operation]
        fmt = fmt if fmt in row.media else self.chance.choice(row.media)
        body = b"" if value is None else bodies.encode_request(operation, fmt, value)
        kind = f"application/{fmt}"
        headers = (("content-type", kind), ("accept", kind), ("api-key", POSTING.credentials.api_keys[0]))
        request = Request(row.method, path or row.path, headers, body)
        self.now += 1 + self.chance.choice((0, 0, 0, 400))
        response = Response(*self.mock.handle(request))
        self.sent.append(Exchange(request, response, None, "", intent, self.now, 0.25))
        try:
            return bodies.read_response(operation, fmt, response.body, specs.load()).value
        except bodies.BodyError:
            return None

    def some(self) -> int:
        """The number of a lead that is new, or was sent before."""
        self.number += 1
        return self.number if self.chance.random() < 0.7 else self.chance.randint(1, self.number)

    def ping(self) -> None:
        number = self.some()
        value, _ = self.maker.request("ping", (number,), refused=self.chance.random() < 0.2)
        for fmt in self.chance.choice((("json",), ("xml",), ("json", "xml"), ("xml", "json"))):
            response = self.send("ping", value, fmt=fmt)
            self.orders += [(number, one["orderId"]) for one in response["results"] if one.get("orderId")]

    def post(self) -> None:
        number, order = self.chance.choice(self.orders)
        value, _ = self.maker.request("inbound_post", (number,))
        value["leads"][0]["properties"] |= {"orderId": order, "offerIds": self.chance.choice((["a001"], ["zzz"], []))}
        self.created(self.send("inbound_post", value, intent=self.chance.choice(("", "", "accepted"))))

    def create(self) -> None:
        operation = self.chance.choice(("create_lead", "create_lead_sends", "create_call_lead"))
        value, _ = self.maker.request(operation, (self.some(),), refused=self.chance.random() < 0.2)
        for fmt in self.chance.choice((("json",), ("xml",), ("json", "xml"))):
            self.created(self.send(operation, value, fmt=fmt))

    def created(self, response: Any) -> None:
        if isinstance(response, dict) and response.get("requestId"):
            self.requests.append(response["requestId"])
            self.leads += [one["leadId"] for one in response["results"] if one.get("leadId")]

    def duplicate_check(self) -> None:
        value, _ = self.maker.request("duplicate_check", (self.some(),))
        self.send("duplicate_check", value)

    def status(self) -> None:
        self.send("lead_status", path=f"/v2/status/{self.chance.choice(self.requests)}")

    def offer(self) -> None:
        lead = self.chance.choice(self.leads)
        self.send("accept_offer", path=f"/v2/leads/{lead}/offers/{self.chance.choice(('a001', 'zzz'))}/accept")

    def foreign(self) -> None:
        self.sent.append(Exchange(Request("GET", f"/elsewhere/{self.number}"), Response(200, (), b"x")))

    def again(self) -> None:
        """The same exchange, as another tool has exported it; sometimes what another lead was told."""
        if not self.sent:
            return
        exchange = self.chance.choice(self.sent)
        response = self.chance.choice([exchange.response, exchange.response, self.sent[-1].response])
        self.sent.append(replace(exchange, response=response, started=exchange.started + 1))


STEPS = (
    Client.ping, Client.ping, Client.post, Client.post, Client.create, Client.create, Client.duplicate_check,
    Client.status, Client.status, Client.offer, Client.foreign, Client.again,
)  # fmt: skip


def conversation(seed: int, steps: int = 25, defects: tuple[str, ...] = ()) -> list[Exchange]:
    client = Client(seed, defects)
    for _ in range(steps):
        client.chance.choice(STEPS)(client)
    return client.sent


def written(folder: Path, exchanges: Sequence[Exchange], cuts: Iterable[int]) -> list[Path]:
    """Files that hold the exchanges, in order."""
    places = [0, *sorted(min(cut, len(exchanges)) for cut in cuts), len(exchanges)]
    paths = []
    for number, (start, end) in enumerate(pairwise(places)):
        paths.append(folder / f"{number}.ndjson")
        rows = (exchange_row(start + at, one) for at, one in enumerate(exchanges[start:end], 1))
        paths[-1].write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return paths


def plan(keep: int) -> ValidationPlan:
    return ValidationPlan(specs.load().choices, POSTING, Redactor(POSTING.personal_fields), keep=keep)


Outcome = tuple[dict[str, Any], list[bytes]]


def outcome(ledger: Ledger, run: Run) -> Outcome:
    """The report, and the exchanges and findings that were kept."""
    report = ledger.report("validate", {})
    return report, [
        path.read_bytes() for name in ("exchanges", "findings") if (path := run.path / f"{name}.ndjson").exists()
    ]


def by_jobs(files: list[Path], out: Path, jobs: int, keep: int) -> Outcome:
    judged = plan(keep)
    with Run.open(out, "validate", redactor=judged.redactor) as run:
        return outcome(validate(files, judged, run, jobs), run)


def by_shards(files: list[Path], out: Path, keep: int, shares: Sequence[int], ahead: bool) -> Outcome:
    """What several processes come to, in this one.

    Args:
        files: What is judged.
        out: Where the run goes.
        keep: Exchanges to keep.
        shares: Which shard has which file.
        ahead: Are the shards done with all files before anything is followed?
    """
    judged, kept = plan(keep), multiprocessing.Value("Q", 0)
    shards = [PartJudge(judged, kept) for _ in range(4)]

    def parts() -> Iterator[tuple[FilePart, PartFacts]]:
        for number, path in enumerate(files):
            for piece in shards[shares[number % len(shares)]](part := FilePart(path)):
                yield part, piece

    with Run.open(out, "validate", redactor=judged.redactor) as run:
        judge = judged.judge()
        ledger = Ledger(judge, judged.redactor, evidence=run, keep=KeepPolicy(keep, kept))
        follow(ledger, judged, list(parts()) if ahead else parts())
        return outcome(ledger, run)


@settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    defects=st.sampled_from(DEFECTS),
    cuts=st.lists(st.integers(0, 40), min_size=1, max_size=3),
    shares=st.lists(st.integers(0, 3), min_size=1, max_size=4),
    keep=st.sampled_from((0, 5, 1_000)),
    ahead=st.booleans(),
)
def test_whoever_judges_which_file_the_report_is_the_same(
    seed: int, defects: tuple[str, ...], cuts: list[int], shares: list[int], keep: int, ahead: bool
) -> None:
    with TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        folder = Path(name)
        patch.setattr(judging, "PIECE", 7)
        files = written(folder, conversation(seed, defects=defects), cuts)

        alone = by_jobs(files, folder / "alone", 1, keep)

        assert by_shards(files, folder / "shards", keep, shares, ahead) == alone


@pytest.mark.parametrize("keep", [10, 1_000])
def test_several_processes_come_to_what_one_comes_to(tmp_path: Path, keep: int) -> None:
    exchanges = conversation(3, 150, ("order-used-twice",))
    files = written(tmp_path, [*exchanges, *exchanges[5:15]], (40, 90, 160))

    alone, together = by_jobs(files, tmp_path / "alone", 1, keep), by_jobs(files, tmp_path / "together", 2, keep)

    assert together == alone
    report, _ = alone
    assert {found["kind"] for found in report["findings"]} >= {"sequence.broken"}
    kinds = {seen["kind"] for seen in report["observations"]}
    assert kinds >= {"client.sequence", "client.refusal", "client.repeated", "file.deviation", "file.unrecognised"}
    assert sum(seen["count"] for seen in report["observations"] if seen["message"] == REPEATED) >= 10
    assert sum(row["compared"] for row in report["equivalence"]) > 0


def test_rows_of_several_processes_come_to_their_report(tmp_path: Path) -> None:
    files = written(tmp_path, conversation(4, 60), (20, 40))
    judged = plan(10)
    with Run.open(tmp_path / "out", "validate", redactor=judged.redactor) as run:
        ledger = validate(files, judged, run, 2)
        live = ledger.report("validate", run.end())

    assert json.loads(json.dumps(rebuild(run.path))) == json.loads(json.dumps(live))


def test_a_history_that_forgot_says_so_whoever_judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    judges = ValidationPlan.judge

    def forgetful(self: ValidationPlan) -> Judge:
        judge = judges(self)
        judge.history.shorten(4)
        return judge

    monkeypatch.setattr(ValidationPlan, "judge", forgetful)
    files = written(tmp_path, conversation(5, 80), (30,))

    alone, together = (by_jobs(files, tmp_path / f"{jobs}", jobs, 10) for jobs in (1, 2))

    assert alone[0]["evidence"]["forgotten"] > 0
    assert together == alone


def test_evidence_that_cannot_be_read_again_is_what_the_fact_tells(tmp_path: Path) -> None:
    exchanges = conversation(6, 80, ("order-used-twice",))
    files = written(tmp_path, exchanges, (60,))
    judged, kept = plan(0), multiprocessing.Value("Q", 0)
    shard = PartJudge(judged, kept)
    parts = [(part, piece) for part in map(FilePart, files) for piece in shard(part)]
    for path in files:
        path.unlink()
    ledger = Ledger(judged.judge(), judged.redactor)

    follow(ledger, judged, parts)

    broken = [found for found in ledger.finding_rows() if found["kind"] == "sequence.broken"]
    assert broken
    for found in broken:
        assert Path(found["origin"].partition("#")[0]).name in {path.name for path in files}
        assert found["request"].splitlines()[0].startswith(("POST /v2/", "PUT /v2/", "GET /v2/"))


# ---- one exchange by itself ------------------------------------------------------------------------------------------


class Untouched(History):
    """A history that nobody may ask."""

    def __getattribute__(self, name: str) -> Any:
        raise AssertionError(f"the history was asked for {name}")


@pytest.mark.parametrize("captured", [True, False])
def test_an_exchange_is_judged_by_itself_without_the_history(captured: bool) -> None:
    judge = Judge(profile=POSTING, captured=captured)
    judge.history = judge._quick._history = Untouched()

    outcomes = {judge.alone(exchange).outcome for exchange in conversation(7, 120, ("order-used-twice",))}

    assert outcomes >= {"judged", "unrecognised"}


def test_checks_that_follow_are_those_that_ask_the_history() -> None:
    judge, asking = Judge(profile=POSTING), set[str]()
    for exchange in conversation(8, 60):
        judgement = judge.judge(exchange)
        if judgement.context is None or judgement.context.response_value is None:
            continue
        context = replace(judgement.context, history=Untouched())
        for name, check in CHECKS.items():
            try:
                if check.when(context):
                    list(check.find(context))
            except AssertionError:
                asking.add(name)

    assert asking == {name for name, check in CHECKS.items() if check.follows}


def test_a_fact_follows_as_its_judgement_does() -> None:
    judge, whole, elsewhere = (Judge(profile=POSTING, captured=True) for _ in range(3))
    facts = Facts(elsewhere, lambda _: False)
    for place, exchange in enumerate(conversation(9, 60, ("duplicates-missed",))):
        ours, theirs = judge.follow(judgement_of(facts.of(place, exchange), judge)), whole.judge(exchange)

        assert ours.decisions() == theirs.decisions()
        assert (ours.findings, ours.observations) == (theirs.findings, theirs.observations)


def test_an_exchange_takes_little_memory_as_a_fact() -> None:
    exchanges = conversation(10, 400)
    facts = Facts(Judge(profile=POSTING, captured=True), lambda _: False)

    block = packed([facts.of(place, exchange) for place, exchange in enumerate(exchanges)])

    size = sum(len(exchange_text) for exchange_text in map(repr, exchanges))
    assert len(block) < size / 2
