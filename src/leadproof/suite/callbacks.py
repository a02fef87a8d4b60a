"""Topic: the call to returnURL."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from leadproof.core.operations import OPERATIONS
from leadproof.judge import Judgement
from leadproof.suite.case import Case
from leadproof.suite.operations import CREATES
from leadproof.suite.story import CaseContext, CaseSkipped

#: Seconds to wait for the call.
PATIENCE = 5.0
#: Seconds in which a second call may come.
SETTLE = 0.25

CHECKS = ("callback_immediate", "callback_arrives", "callback_body", "callback_agrees")


def cases() -> Iterator[Case]:
    """The topic's table."""
    for operation in (*CREATES, "inbound_post"):
        for fmt in OPERATIONS[operation].media:
            yield Case(
                f"{operation}, {fmt}: the call to returnURL", operation, partial(called, operation, fmt), CHECKS, fmt
            )
    for fmt in ("json", "xml"):
        yield Case(
            f"create_lead, {fmt}: no second call that says something else",
            "create_lead",
            partial(once, fmt),
            CHECKS,
            fmt,
        )


def called(operation: str, fmt: str, story: CaseContext) -> None:
    """A create that asks to be called back."""
    receiver = story.need_receiver()
    value, _ = story.request(operation)
    number = next(story.numbers)
    path = f"/{operation}/{fmt}/{number}"
    value["source"]["returnURL"] = receiver.url + path
    created = story.session.call(operation, fmt, value, intent="", what="with returnURL")
    if created.outcome != "judged" or absent(created):
        raise CaseSkipped("the create that asked for the call did not get past the door")
    if created.response_value is None:
        raise CaseSkipped("the response to the create that asked for the call cannot be read")
    call = receiver.wait(path, PATIENCE)
    story.session.ledger.add_callback(created, call)
    if call is not None:
        story.ask_status(created, "after the call")


def absent(created: Judgement) -> bool:
    """Did the response only say that the caller, or the address, is not known?"""
    response = created.context.exchange.response if created.context else None
    return response is None or response.status in (401, 403, 404, 405, 410)


def once(fmt: str, story: CaseContext) -> None:
    """If a second call comes, it says the same."""
    receiver = story.need_receiver()
    value, _ = story.request("create_lead")
    path = f"/once/{fmt}/{next(story.numbers)}"
    value["source"]["returnURL"] = receiver.url + path
    created = story.session.call("create_lead", fmt, value, intent="", what="with returnURL")
    call = receiver.wait(path, PATIENCE) if created.response_value is not None else None
    if call is not None:
        calls = receiver.all(path, SETTLE)
        story.session.ledger.add_callback(created, call, calls)
