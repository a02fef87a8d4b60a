"""Topic: credentials: three spellings, and requests without. Only that nothing is accepted without is judged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from leadproof.core.exchange import Headers
from leadproof.core.operations import OPERATIONS
from leadproof.http.client import SCHEMES
from leadproof.suite.case import Case
from leadproof.suite.operations import BOTH
from leadproof.suite.story import CaseContext, CaseSkipped, first, offers

CHECKS = ("no_lead_without_credentials",)


def cases() -> Iterator[Case]:
    """The topic's table."""
    yield from (replace(case, door=True) for case in _cases())


def _cases() -> Iterator[Case]:
    for operation in BOTH:
        for fmt in OPERATIONS[operation].media:
            yield Case(
                f"{operation}, {fmt}: without credentials", operation, partial(none, operation, fmt), CHECKS, fmt
            )
    yield Case("update_lead: without credentials", "update_lead", none_update, CHECKS)
    yield Case("lead_status: without credentials", "lead_status", none_status, CHECKS)
    yield Case("accept_offer: without credentials", "accept_offer", none_offer, CHECKS)
    for words, pairs in WRONG.items():
        yield Case(f"ping: {words}", "ping", partial(wrong, words, pairs))
    for scheme in SCHEMES:
        yield Case(f"ping: spelt {scheme}", "ping", partial(spelt, scheme), ("client_credentials",))


def none(operation: str, fmt: str, story: CaseContext) -> None:
    """A request that would be accepted, but for the missing credentials."""
    value, _ = story.request(operation)
    story.session.call(operation, fmt, value, intent="unauthorised", what="without credentials", authorised=False)


def none_update(story: CaseContext) -> None:
    """An update of a lead that exists."""
    created = story.created("create_lead", "json")
    value, _ = story.request("update_lead")
    value["leads"][0]["properties"] = {"leadUID": first(created, "leadId")}
    story.session.call("update_lead", value=value, intent="unauthorised", what="without credentials", authorised=False)


def none_status(story: CaseContext) -> None:
    """The status of a request that exists."""
    created = story.created("create_lead", "json")
    response_value = created.response_value or {}
    story.session.call(
        "lead_status", parameters={"id": response_value.get("requestId", "")}, intent="unauthorised",
        what="without credentials", authorised=False,
    )  # fmt: skip


def none_offer(story: CaseContext) -> None:
    """An offer that was presented."""
    created = story.created("create_lead", "json")
    presented = offers(created)
    if not presented:
        raise CaseSkipped("no accepted lead came with an offer")
    story.session.call(
        "accept_offer", parameters={"leadUID": first(created, "leadId"), "offerId": presented[0]},
        intent="unauthorised", what="without credentials", authorised=False,
    )  # fmt: skip


#: What is wrong with the credentials -> the headers. What a service does then is observed, not judged.
WRONG: dict[str, Headers] = {
    "a wrong key": (("api-key", "leadproof-wrong-key"),),
    "an empty key": (("api-key", ""),),
    "a wrong bearer token": (("authorization", "Bearer leadproof-wrong-token"),),
    "a bearer header without a token": (("authorization", "Bearer"),),
    "two different keys": (("api-key", "leadproof-wrong-key"), ("api-key", "leadproof-other-key")),
}


def wrong(words: str, pairs: Headers, story: CaseContext) -> None:
    """Wrong, empty and doubled credentials."""
    value, _ = story.request("ping")
    judgement = story.session.call(
        "ping", value=value, intent="unauthorised", what=words, authorised=False, headers=pairs
    )
    if judgement.context is not None and judgement.context.accepted:
        story.session.ledger.observe("status.unexpected", f"a ping with {words} was accepted", judgement)


def spelt(scheme: str, story: CaseContext) -> None:
    """Each documented spelling of the same secret. Which ones a target takes is observed."""
    name, form = SCHEMES[scheme]
    secret = story.session.client.target.secret
    if story.controls is not None and scheme == "bearer":  # the mock's tokens are not its keys
        secret = next(iter(story.maker.profile.credentials.bearer_tokens), secret)
    if not secret:
        raise CaseSkipped("the run has no credentials")
    value, _ = story.request("ping")
    judgement = story.session.call(
        "ping", value=value, intent="", what=f"credentials as {scheme}", authorised=False,
        headers=((name, form.format(secret)),),
    )  # fmt: skip
    if judgement.outcome == "unauthorised":
        story.session.ledger.observe("status.unexpected", f"credentials spelt {scheme} are not taken", judgement)
