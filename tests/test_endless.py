"""Exchanges without end: nothing that a ledger holds grows with their number, once its limits are reached.

Every container that can be reached from a ledger is counted, whoever owns it, after so many exchanges and after three
times as many. The limits are made small, so that they are reached at once; a new memory without a limit fails the test.
"""

from __future__ import annotations

import gc
import importlib.util
import json
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import pytest

from leadproof.contract import profile, specs
from leadproof.core.exchange import Exchange
from leadproof.judge import Judge, following, quick
from leadproof.judge.checks.history import History
from leadproof.redact import Redactor, inert, placeholders, redactor
from leadproof.redact.known import Known
from leadproof.runs import breaches, ledger, summary
from leadproof.runs.evidence import Run, results
from leadproof.runs.evidence.rows import read_exchange
from leadproof.runs.ledger import KeepPolicy, Ledger
from leadproof.runs.listing import Distinct, Listing

ROOT = Path(__file__).resolve().parents[1]

#: What every limit is.
LIMIT = 20

#: Exchanges after which it has to be reached.
FIRST = 700

_CONSTANT = (ModuleType, FunctionType, MethodType, BuiltinFunctionType, CodeType, type)


def endless(number: int) -> Iterator[Exchange]:
    """What `make bench-soak` sends: ids, people and findings of its own in each exchange."""
    found = importlib.util.spec_from_file_location("soak", ROOT / "tests" / "bench" / "soak.py")
    assert found is not None
    assert found.loader is not None
    soak = importlib.util.module_from_spec(found)
    found.loader.exec_module(soak)
    for block in soak.blocks(number, number // 5):
        for line in block.splitlines():
            yield read_exchange(json.loads(line))


def held(root: Any) -> dict[str, int]:
    """Entries of the containers that can be reached, by what they hold."""
    seen, waiting, found = {id(root)}, [root], dict[str, int]()
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict | list | set | deque) and one:
            name = f"{type(one).__name__} of {type(next(iter(one))).__name__}"
            found[name] = found.get(name, 0) + len(one)
        for other in gc.get_referents(one):
            if id(other) not in seen and not isinstance(other, _CONSTANT):
                seen.add(id(other))
                waiting.append(other)
    return found


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Ledger]:
    """A ledger with small limits, and a run directory."""
    for module, name in (
        (ledger, "_REMEMBERED"), (summary, "_WAITING"), (placeholders, "_REMEMBERED"), (redactor, "_DECIDED"),
        (following, "SHARED"), (quick, "MOST"), (results, "_NUMBERS"), (inert, "_REMEMBERED"), (inert, "_READ"),
    ):  # fmt: skip
        monkeypatch.setattr(module, name, LIMIT)
    monkeypatch.setattr("leadproof.judge.checks.history._SHARED", LIMIT)
    posting = profile.load(None)
    cleaner = Redactor.of(posting)
    cleaner._known = Known(LIMIT)
    judge = Judge(specs.load(), posting, captured=True)
    with Run.open(tmp_path, "validate", redactor=cleaner) as run:
        made = Ledger(judge, cleaner, evidence=run, keep=KeepPolicy(5))
        made.shorten(LIMIT)
        made.summary.findings = breaches.Findings(Listing(LIMIT), Listing(5), Distinct(LIMIT))
        made.summary.observations = breaches.Observations(Listing(LIMIT, 5))
        yield made


def test_what_a_ledger_holds_does_not_grow_with_the_exchanges(small: Ledger) -> None:
    exchanges = endless(3 * FIRST)
    for _ in range(FIRST):
        small.add(next(exchanges))
    first = held(small)
    for exchange in exchanges:
        small.add(exchange)
    last = held(small)

    grown = {name: (first.get(name, 0), number) for name, number in last.items() if number > first.get(name, 0) + 60}
    assert grown == {}, "what holds it needs a limit"
    assert small.summary.exchanges == 3 * FIRST
    found = small.report("validate", {})
    assert found["counts"]["findings"] == 3 * FIRST // 5
    assert found["evidence"]["forgotten"] > FIRST


def test_a_memory_without_a_limit_would_be_seen(small: Ledger) -> None:
    before = held(small)
    small.summary.reasons.update({str(number): "" for number in range(FIRST)})

    assert held(small)["dict of str"] >= before["dict of str"] + FIRST


def test_a_history_says_what_it_forgot() -> None:
    history = History()
    history.shorten(LIMIT)
    for number in range(100):
        history.request_ids[str(number)] = "ping"

    assert LIMIT // 2 <= len(history.request_ids) <= LIMIT
    assert history.forgotten == 100 - len(history.request_ids)
