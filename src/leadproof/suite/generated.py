"""Topic: requests that nobody wrote down: schemathesis and Hypothesis make them from the specification and the profile.

Every cell gets the same share. Each example is a lead of its own in the narrowed schema of its operation; an example
that breaks a must clause is made as small as it can be and kept as the evidence. Before chance has its turn, `edges`
walks through all values at the edges.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from leadproof.contract.specs import Clause, Specification
from leadproof.core.operations import CELLS, OPERATIONS
from leadproof.generate import boundaries, wrong
from leadproof.generate.examples import explore, strategy
from leadproof.judge import Judgement
from leadproof.suite.case import Case
from leadproof.suite.negatives import CHANGES_XML
from leadproof.suite.operations import ACCEPTED, BOTH, CREATES
from leadproof.suite.story import CaseContext, CaseSkipped, first, offers

Value = dict[str, Any]

NEGATIVE = ("http_status", "refusal_expected", "unreadable_refusal")


def cases() -> Iterator[Case]:
    """The topic's table: for each cell with a body the values at the edges, generated requests, and wrong ones."""
    cells = [cell for cell in CELLS if OPERATIONS[cell[0]].body]
    for operation, fmt in cells:
        yield Case(
            f"{operation}, {fmt}: every value at its edges", operation, partial(edges, operation, fmt), ACCEPTED, fmt
        )
    for operation, fmt in cells:
        yield Case(f"{operation}, {fmt}: generated", operation, partial(generated, operation, fmt), ACCEPTED, fmt)
    for operation, fmt in cells:
        yield Case(
            f"{operation}, {fmt}: generated and wrong", operation, partial(negative, operation, fmt), NEGATIVE, fmt
        )
    for operation in BOTH:
        yield Case(f"{operation}: generated twins", operation, partial(twins, operation), ("twins_equivalent",))
    yield Case("lead_status: of generated requests", "lead_status", statuses, ("status_resolves", "status_agrees"))
    yield Case("accept_offer: of generated leads", "accept_offer", accepted_offers, ("offer_accepted",))


def edges(operation: str, fmt: str, story: CaseContext) -> None:
    """Every value of every member and field at least once, whatever chance makes of them afterwards."""
    story.need_source(operation)
    for value in boundaries.rows(operation, fmt, story.maker):
        if story.expired():
            raise CaseSkipped("the time for it was used up before every value at the edges was sent")
        own, intent = own_leads(operation, value, story)
        story.session.call(operation, fmt, own, intent=intent, what="values at the edges")


def generated(operation: str, fmt: str, story: CaseContext) -> None:
    """Generated requests of one cell."""
    story.need_source(operation)
    made = strategy(story.session.spec, operation, fmt, story.maker)

    def holds(value: Value) -> bool:
        own, intent = own_leads(operation, value, story)
        return fine(story.session.call(operation, fmt, own, intent=intent, what="generated"), story)

    explore(made, holds, seed=story.seed, examples=story.examples, expired=story.expired)


def negative(operation: str, fmt: str, story: CaseContext) -> None:
    """Generated requests that are wrong, as an independent reader confirms; the origin says what was changed."""
    story.need_source(operation)
    spec = story.session.spec

    def sent(one: wrong.Negative | None) -> bool:
        if one is None or (operation == "create_lead_sends" and "/source" in one.fault):
            return True  # valid after all; or without its source it is a plain create, nothing else tells the two apart
        intent = {"open": "unknown"}.get(one.weight, one.weight)
        words = f"{one.changed} ({one.fault[:120]})"
        return fine(story.session.call(operation, fmt, body=one.body, intent=intent, what=words), story)

    def repaired(raw: wrong.Raw) -> bool:
        return sent(wrong.repaired(spec, operation, raw, story.request(operation)[0]))

    if fmt == "json":
        explore(
            wrong.json_negatives(spec, operation),
            repaired,
            seed=story.seed,
            examples=story.examples,
            expired=story.expired,
        )
    else:
        values = strategy(spec, operation, fmt, story.maker).map(lambda value: _alone(operation, value, story))
        made = wrong.xml_negatives(spec, operation, values, CHANGES_XML)
        explore(made, sent, seed=story.seed, examples=story.examples, expired=story.expired)


def twins(operation: str, story: CaseContext) -> None:
    """Any generated request, in JSON and in XML: two requests that differ in representation and identity only."""
    story.need_source(operation)
    made = strategy(story.session.spec, operation, "xml", story.maker)

    def agree(value: Value) -> bool:
        return pair(operation, value, story)[1]

    explore(made, agree, seed=story.seed, examples=max(1, story.examples // 2), expired=story.expired)


@dataclass(slots=True)
class Supply:
    """Accepted responses that nothing was made of yet: a lead to update, an order to post for."""

    created: list[Judgement] = field(default_factory=list)
    pinged: list[Judgement] = field(default_factory=list)


def pair(
    operation: str, value: Value, story: CaseContext, supply: Supply | None = None
) -> tuple[list[Judgement], bool]:
    """One generated value in JSON and in XML: what became of both, and whether all is well with them.

    Args:
        operation: An operation that speaks both.
        value: The value.
        story: The run.
        supply: What posts and updates stand on; without it, or where it has nothing, they ask for something new.
    """
    if operation in ("ping", "duplicate_check"):  # a reference has its place in XML only
        value = {**value, "leads": [{**lead, "properties": {}} for lead in value["leads"]]}
    responses = []
    for fmt in ("json", "xml"):
        own, intent = own_leads(operation, value, story, supply)
        if fmt == "json" and operation not in ("ping", "duplicate_check"):
            own["source"].setdefault("sendDelay", 0)
        responses.append(story.session.call(operation, fmt, own, intent=intent, what="generated twin"))
    found = story.session.ledger.add_twins(*responses)
    return responses, not found.findings and all(fine(one, story) for one in responses)


# ---- a lead of one's own ---------------------------------------------------------------------------------------------


def fine(judgement: Judgement, story: CaseContext) -> bool:
    """Does the exchange break no clause that decides, but for those that earlier cases have shown broken already?

    What is known has its example; to make another one small would cost time and say nothing new.
    """
    spec, known = story.session.spec, story.known
    return not any(decides(one.clause, spec) and one.same_as() not in known for one in judgement.findings)


def decides(clause: str, spec: Specification) -> bool:
    """Is it a must clause that is more than an assumption?"""
    found: Clause = spec.clauses[clause]
    return found.level == "must" and found.basis != "assumed"


def own_leads(operation: str, value: Value, story: CaseContext, supply: Supply | None = None) -> tuple[Value, str]:
    """The value with leads of its own (identities, an order to post for, a lead to update), and its intent."""
    if operation == "inbound_post":
        return _post(value, story, supply)
    leads = []
    for lead in value["leads"]:
        properties = dict(lead.get("properties", {}))
        if operation == "update_lead":
            created = supply.created.pop() if supply and supply.created else story.created("create_lead", "json")
            properties["leadUID"] = first(created, "leadId")
        fields = dict(lead["fields"]) if operation == "ping" else _someone(lead["fields"], story)
        # A lead without the member stays one: that it may be left out is one of the edges.
        leads.append(
            {"properties": properties, "fields": fields} if "properties" in lead or properties else {"fields": fields}
        )
    return {"source": dict(value["source"]), "leads": leads}, "accepted"


def _post(value: Value, story: CaseContext, supply: Supply | None) -> tuple[Value, str]:
    """A post for an order of its own: a post that contradicts its ping would be another lead."""
    if "properties" not in value["leads"][0]:  # an order is optional, and without one a post is a create
        leads = [{"fields": _someone(value["leads"][0]["fields"], story)}]
        return {"source": dict(value["source"]), "leads": leads}, "accepted"
    if supply and supply.pinged:
        asked, number = supply.pinged.pop(), next(story.numbers)
        order = str(first(asked, "orderId"))
    else:
        asked, order, number = story.pinged("json")
    presented = offers(asked)
    promised = asked.context.leads[0]["fields"] if asked.context and asked.context.leads else {}
    lead = value["leads"][0]
    properties = {
        **lead.get("properties", {}),
        "orderId": order,
        "offerIds": presented[: number % (len(presented) + 1)],
    }
    fields = {**_someone(lead["fields"], story), **promised, **story.maker.consent(properties["offerIds"])}
    return {"source": dict(value["source"]), "leads": [{"properties": properties, "fields": fields}]}, "accepted"


def _someone(fields: Value, story: CaseContext) -> Value:
    """Fields with somebody's identity; where both have a field, the generated one stays."""
    return {**story.maker.identity(next(story.numbers)), **fields}


def _alone(operation: str, value: Value, story: CaseContext) -> Value:
    """One lead that would be accepted, but for what is changed afterwards."""
    fields = value["leads"][0]["fields"]
    fields = fields if operation == "ping" else _someone(fields, story)
    return {**value, "leads": [{**value["leads"][0], "fields": fields}]}


# ---- operations without a body ---------------------------------------------------------------------------------------


def statuses(story: CaseContext) -> None:
    """The status of requests with one, two and three leads of every kind."""
    for operation in CREATES:
        if story.maker.source(operation) is None:
            continue
        for leads in (1, 2, 3):
            value, _ = story.request(operation, leads=leads)
            created = story.session.call(operation, ("json", "xml")[leads % 2], value, what="to ask the status of")
            story.ask_status(created, "generated", "accepted")


def accepted_offers(story: CaseContext) -> None:
    """Every offer of a lead, each on a lead of its own."""
    for _ in range(2):
        created = story.created("create_lead", "xml")
        for one in offers(created):
            story.session.call(
                "accept_offer", parameters={"leadUID": first(created, "leadId"), "offerId": one}, what="each offer"
            )
