"""Rounds: generated requests until as many exchanges were made as were asked for, each cell with the same share.

What a round sends depends on the seed and on its own number alone, so it comes to the same in whatever process it runs,
before or after others. A value that was drawn is sent in both representations and compared. Of what is created the
status is asked, and an offer is accepted. A few wrong requests go first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import Any

from leadproof.core.errors import EncodeError
from leadproof.core.operations import BOTH, CELLS, OPERATIONS
from leadproof.generate.examples import explore, varied
from leadproof.judge import Judgement
from leadproof.suite.generated import Supply, fine, negative, own_leads, pair
from leadproof.suite.operations import CREATES
from leadproof.suite.session import BudgetSpent, GaveUp
from leadproof.suite.story import CaseContext, CaseSkipped, first, offers

#: Exchanges of a round, unless fewer are left: small enough that processes end together.
ROUND = 500

#: Wrong requests of each cell in a round. One costs as much as ten that are right.
WRONG = 1

#: Numbers of leads that a round has for itself, and the first of them: behind those of the cases.
NUMBERS, FIRST = 10_000, 10_000_000

#: Operations with a body, those last that stand on others: on an order, on a lead.
ORDER = (
    "ping", "create_lead", "create_lead_sends", "create_call_transfer", "create_call_lead", "duplicate_check",
    "inbound_post", "update_lead",
)  # fmt: skip


def run_round(story: CaseContext, number: int, size: int) -> None:
    """Sends generated requests until the budget of the session is spent.

    Args:
        story: The run; its session may send `size` requests.
        number: Of the round, from 1.
        size: Exchanges of the round.

    Raises:
        GaveUp: Nobody responds any more.
        TargetError: The very first request could not reach the target.
    """
    story.session.begin()
    story = replace(
        story, seed=story.seed * 1_000_003 + number, numbers=count(FIRST + number * NUMBERS), examples=WRONG,
        known=frozenset(story.session.ledger.summary.seen()),
    )  # fmt: skip
    supply = Supply()
    left = [operation for operation in ORDER if story.maker.source(operation) is not None]
    before, share = story.session.sent_in.copy(), max(1, size // len(CELLS))

    def made(operation: str, fmt: str) -> int:
        return story.session.sent_in[operation, fmt] - before[operation, fmt]

    def short(operation: str) -> int:
        return share - min(made(operation, fmt) for fmt in OPERATIONS[operation].media)

    def wrong(operation: str) -> None:
        for fmt in OPERATIONS[operation].media:
            negative(operation, fmt, story)

    def right(operation: str) -> None:
        if (examples := short(operation)) > 0:
            _explore(operation, story, examples, short, supply)

    try:
        for part in (wrong, right):
            _each(left, part)
        while left and share < size:  # what is left over when all have the same
            share += 1
            _each(left, right)
    except GaveUp:
        raise
    except BudgetSpent:
        return


def _each(left: list[str], part: Callable[[str], None]) -> None:
    """A part of a round for each operation; one that cannot be sent here is left out from then on."""
    for operation in tuple(left):
        try:
            part(operation)
        except (CaseSkipped, EncodeError):
            left.remove(operation)


def _explore(operation: str, story: CaseContext, examples: int, short: Callable[[str], int], supply: Supply) -> None:
    """So many generated values of an operation, and what follows from what they create."""
    spec, alone = story.session.spec, OPERATIONS[operation].media != BOTH

    def holds(value: dict[str, Any]) -> bool:
        if operation == "ping" and len(supply.pinged) < 2 * examples:  # an order of several leads is none to post for
            value = {**value, "leads": value["leads"][:1]}
        if alone:
            own, intent = own_leads(operation, value, story, supply)
            responses = [story.session.call(operation, "json", own, intent=intent, what="generated")]
            well = fine(responses[0], story)
        else:
            responses, well = pair(operation, value, story, supply)
        single = len(value["leads"]) == 1
        if operation == "ping" and single:
            supply.pinged += [one for one in responses if first(one, "orderId")]
        if operation == "create_lead":
            supply.created += [one for one in responses if first(one, "leadId")]
        followed = [_followed(one, story, short, single=single) for one in responses]
        return well and all(followed)

    made = varied(spec, operation, "json" if alone else "xml", story.maker)
    explore(made, holds, seed=story.seed, examples=examples, expired=story.expired)


def _followed(created: Judgement, story: CaseContext, short: Callable[[str], int], *, single: bool) -> bool:
    """Asks for the status of what was created, and accepts an offer of it, while those cells are short of exchanges."""
    if created.operation not in CREATES or not first(created, "leadId"):
        return True
    judged: list[Judgement | None] = []
    if short("lead_status") > 0:
        judged.append(story.ask_status(created, "generated", "accepted"))
    if single and short("accept_offer") > 0:
        parameters = [{"leadUID": first(created, "leadId"), "offerId": one} for one in offers(created)]
        judged += [
            story.session.call("accept_offer", parameters=one, what="of a generated lead") for one in parameters[:1]
        ]
    return all(fine(one, story) for one in judged if one is not None)
