"""What tests of runs share: ledgers of judgements that are given, and a judge that counts what it decides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from leadproof.contract.specs import load
from leadproof.core.exchange import Exchange, Request
from leadproof.judge import Judge, Judgement, Tally
from leadproof.redact import Redactor
from leadproof.runs.ledger import Ledger

SPEC = load()


def ledger(fail_on: str = "must", redactor: Redactor | None = None) -> Ledger:
    """An empty ledger that keeps nothing."""
    return Ledger(Judge(SPEC), redactor or Redactor(), fail_on)


def take(into: Ledger, judgement: Judgement, number: int | None = None) -> None:
    """Takes in what a judge is said to have found."""
    exchange = judgement.context.exchange if judgement.context else Exchange(Request("", ""), None)
    into._take(judgement, 0.0, len(exchange.request.body), lambda: exchange, number)


def taken(*judgements: Judgement, fail_on: str = "must") -> Ledger:
    """A ledger of judgements."""
    found = ledger(fail_on)
    for judgement in judgements:
        take(found, judgement)
    return found


class CountingJudge(Judge):
    """A judge whose decisions are counted at once."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.tally = Tally()

    def judge(self, exchange: Exchange) -> Judgement:
        judgement = super().judge(exchange)
        self.tally.add(judgement.decisions())
        return judgement

    def twins(self, left: Judgement, right: Judgement) -> Judgement:
        judgement = super().twins(left, right)
        if not self._captured:  # else the comparison is a part of a judgement that is counted
            self.tally.add(judgement.decisions())
        return judgement

    def callback(self, created: Judgement, call: Request | None, calls: Sequence[Request] = ()) -> Judgement:
        judgement = super().callback(created, call, calls)
        self.tally.add(judgement.decisions())
        return judgement
