"""Topic: the same request in JSON and in XML, and all four pairs of Content-Type and Accept."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from leadproof.suite.case import Case
from leadproof.suite.operations import BOTH
from leadproof.suite.story import CaseContext, offers


def cases() -> Iterator[Case]:
    """The topic's table."""
    for operation in BOTH:
        yield Case(f"{operation}: accepted", operation, partial(twin, operation, False), ("twins_equivalent",))
        if operation != "duplicate_check":
            yield Case(f"{operation}: refused", operation, partial(twin, operation, True), ("twins_equivalent",))
    yield Case("duplicate_check: a lead that is known", "duplicate_check", known, ("twins_equivalent",))


def twin(operation: str, refused: bool, story: CaseContext) -> None:
    """Two requests that differ in representation only; and in identity, where a second lead would be a duplicate."""
    responses = []
    for fmt in ("json", "xml"):
        value, outcome = story.request(operation, refused=refused)
        if operation == "inbound_post":
            asked, order, number = story.pinged(fmt)
            if not refused:
                value = story.post(number, order, offers(asked)[:1])
        intent = f"refused:{outcome}" if refused else "accepted"
        responses.append(story.session.call(operation, fmt, value, intent=intent, what="twin"))
    story.session.ledger.add_twins(*responses)


def known(story: CaseContext) -> None:
    """A duplicate check may be asked twice word for word."""
    number = next(story.numbers)
    value, _ = story.again("create_lead", number)
    story.session.call("create_lead", value=value, what="to be looked for")
    check, _ = story.again("duplicate_check", number)
    responses = [story.session.call("duplicate_check", fmt, check, what="twin") for fmt in ("json", "xml")]
    story.session.ledger.add_twins(*responses)
