"""What the cases of the suite share: who makes leads, how to send, and what a case needs before it can begin.

A case asks the story for what it stands on (an order, a lead, a request's id) and gets it by the documented calls; it
never depends on another case having run before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import httpx

from leadproof.contract.profile import Campaign
from leadproof.core.errors import UsageError
from leadproof.generate.leads import LeadMaker
from leadproof.http.mock_controls import MockControls
from leadproof.http.receiver import Postbox
from leadproof.judge import Judgement
from leadproof.suite.session import Session

#: Leads that one case may make.
NUMBERS = 1000


#: Checks of what comes about by nothing but time, a review or a return. Others of such a case have more occasions.
_TOLD = ("post_order_expired", "status_reason_qc", "status_reason_return")


class CaseSkipped(Exception):
    """A case cannot be run here; its message says why. The clauses stay untested with that reason."""

    def __init__(self, message: str, checks: tuple[str, ...] | None = None) -> None:
        """Says why.

        Args:
            message: The reason.
            checks: Those of the case that cannot be decided for it; None for all.
        """
        super().__init__(message)
        self.checks = checks


class Controls(MockControls):
    """The mock's own controls, for cases. Only where the target is our mock."""

    def post(self, path: str, **body: Any) -> dict[str, Any]:
        """Calls one control.

        Raises:
            CaseSkipped: It was refused: the responses named a lead, say, that the mock does not know.
        """
        try:
            return super().post(path, **body)
        except (httpx.HTTPError, UsageError) as error:
            raise CaseSkipped(f"{path.partition('/')[0]}: {error}") from None


@dataclass(slots=True, repr=False)  # its parts hold credentials and leads
class CaseContext:
    """One run of the suite against one target."""

    session: Session
    maker: LeadMaker
    #: None where the target is not our mock.
    controls: Controls | None = None
    #: None where the target cannot call back to this machine.
    receiver: Postbox | None = None
    #: Seed of the generated cases.
    seed: int = 0
    #: Generated examples of each cell.
    examples: int = 10
    #: Is the time for the case that is being run over? Cases that take many steps ask now and then.
    expired: Callable[[], bool] = lambda: False
    numbers: Iterator[int] = field(default_factory=lambda: count(1))
    #: Distinct findings that were there before the case that is being run (see `Finding.same_as`).
    known: frozenset[tuple[str, ...]] = frozenset()

    def begin(self, position: int) -> None:
        """Gives the next case numbers of its own, so that its requests do not depend on which cases ran before.

        Args:
            position: Of the case in the table of all cases.
        """
        self.numbers = count(position * NUMBERS + 1)
        self.session.begin()
        self.known = frozenset(self.session.ledger.summary.seen())

    def need_source(self, operation: str) -> None:
        """Ends a case whose operation the profile has nobody to send for.

        Raises:
            CaseSkipped: It has no source with the permission.
        """
        if self.maker.source(operation) is None:
            raise CaseSkipped(
                f"the profile {self.maker.profile.name!r} has no source with the permission for {operation}"
            )

    # ---- requests ----------------------------------------------------------------------------------------------------

    def request(self, operation: str, *, leads: int = 1, refused: bool = False) -> tuple[dict[str, Any], str]:
        """A request for new leads, and the responseType that it is built for.

        Raises:
            CaseSkipped: The profile has no source that may send the operation.
        """
        return self.again(operation, *(next(self.numbers) for _ in range(leads)), refused=refused)

    def again(self, operation: str, *numbers: int, refused: bool = False) -> tuple[dict[str, Any], str]:
        """A request for leads that may have been sent before, by their numbers."""
        self.need_source(operation)
        return self.maker.request(operation, numbers, refused=refused)

    def need_controls(self) -> Controls:
        """The mock's controls.

        Raises:
            CaseSkipped: The target is not our mock.
        """
        if self.controls is None:
            raise CaseSkipped("time, reviews and returns can be told to the built-in mock only", _TOLD)
        return self.controls

    def need_receiver(self) -> Postbox:
        """The receiver for calls to returnURL.

        Raises:
            CaseSkipped: The target cannot reach it.
        """
        if self.receiver is None:
            raise CaseSkipped("a target on another machine cannot call back to a loopback address")
        return self.receiver

    # ---- what a case stands on ---------------------------------------------------------------------------------------

    def pinged(self, fmt: str, maker: LeadMaker | None = None) -> tuple[Judgement, str, int]:
        """A ping that was accepted: the judgement, its order, and the number of its lead.

        Raises:
            CaseSkipped: None is accepted, or it is and has no orderId.
        """
        number = next(self.numbers)
        value, _ = (maker or self.maker).request("ping", (number,))
        asked = self.session.call("ping", fmt, value, what="to post for")
        order = first(asked, "orderId")
        if not order:
            raise CaseSkipped("no ping gave an orderId, so there is no order to post for")
        return asked, str(order), number

    def post(self, number: int, order: str, offers: list[str]) -> dict[str, Any]:
        """The value of a post for an order."""
        value, _ = self.again("inbound_post", number)
        value["leads"][0]["properties"] |= {"orderId": order, "offerIds": offers}
        value["leads"][0]["fields"] |= self.maker.consent(offers)
        return value

    def created(self, operation: str, fmt: str, maker: LeadMaker | None = None) -> Judgement:
        """A lead that was accepted, by any of the creating operations.

        Raises:
            CaseSkipped: None is accepted, or it is and has no leadId.
        """
        if operation == "inbound_post":
            asked, order, number = self.pinged(fmt)
            created = self.session.call(
                operation, fmt, self.post(number, order, offers(asked)[:1]), what="to go on with"
            )
        else:
            if maker is None:
                value, _ = self.request(operation)
            else:
                value, _ = maker.request(operation, (next(self.numbers),))
            created = self.session.call(operation, fmt, value, what="to go on with")
        if not first(created, "leadId"):
            raise CaseSkipped(f"no {operation} gave a leadId, so there is no lead to go on with")
        return created

    def ask_status(self, created: Judgement, what: str, intent: str = "") -> Judgement | None:
        """The status of what was created; None if it has no requestId."""
        identifier = request_id(created)
        if not identifier:
            return None
        return self.session.call("lead_status", parameters={"id": identifier}, what=what, intent=intent)

    def other_campaigns(self) -> list[Campaign]:
        """Campaigns of the same lead type that take leads."""
        mine = self.maker.chosen()
        return [
            one
            for one in self.maker.profile.campaigns
            if one.lid == mine.lid and one.aid != mine.aid and not one.disabled
        ]


def first(judgement: Judgement, name: str) -> Any:
    """The member of the first accepted result that has it."""
    results = judgement.context.accepted if judgement.context else []
    return next((result[name] for _, result in results if result.get(name)), None)


def offers(judgement: Judgement) -> list[str]:
    """The ids of the offers in the accepted results."""
    return [
        offer["offerId"]
        for _, result in (judgement.context.accepted if judgement.context else [])
        for offer in (result["offers"] if isinstance(result.get("offers"), list) else [])
        if isinstance(offer, dict) and isinstance(offer.get("offerId"), str) and offer["offerId"]
    ]


def request_id(judgement: Judgement) -> str:
    """The requestId of a response; "" if it has none."""
    response_value = judgement.response_value
    return str(response_value.get("requestId") or "") if isinstance(response_value, dict) else ""
