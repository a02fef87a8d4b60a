"""Duplicates that are missed or invented, and updates that go to the wrong lead."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count

from leadproof import bodies
from leadproof.contract.profile import Campaign, Profile
from leadproof.core.exchange import Request, Response
from leadproof.mock.app import Mock
from leadproof.mock.defects.model import Defect, Injection, each_result, with_members
from leadproof.mock.defects.written.rows import fields, leads, operation_of, properties, rewriting, row, value_of
from leadproof.mock.engine import answers
from leadproof.mock.engine.answers import Value
from leadproof.mock.engine.leads import Lead, LeadBook
from leadproof.mock.engine.service import Transform


def campaigns(**changes: object) -> Callable[[Profile], Profile]:
    """The profile with every campaign changed."""
    return lambda profile: replace(
        profile,
        campaigns=tuple(replace(one, **changes) for one in profile.campaigns),  # type: ignore[arg-type]
    )


def rows() -> Iterator[Defect]:
    """The rows of this module."""
    yield from _missed()
    yield from _invented()
    yield from _checks()
    yield from _updates()


def _missed() -> Iterator[Defect]:
    kind = "duplicates missed"
    yield row(
        "duplicates-missed",
        kind,
        "The same lead is accepted again.",
        "duplicate_refused",
        "create_lead",
        Injection(profile=campaigns(duplicate_keys=())),
    )
    yield row(
        "duplicates-missed-by-other-keys",
        kind,
        "A lead is known again by its first set of duplicate keys only.",
        "duplicate_refused",
        "create_lead",
        Injection(profile=_first_keys_only),
    )
    yield row(
        "xml-duplicates-missed",
        kind,
        "A lead that comes again in XML is accepted.",
        "duplicate_refused",
        "create_lead",
        Injection(around=lambda: rewriting(_unlike(count(1)), "inbound_post", fmt="xml").around()),
        fmt="xml",
    )
    yield row(
        "duplicates-missed-after-a-minute",
        kind,
        "A lead is known again for a moment only.",
        "duplicate_agrees",
        "duplicate_check",
        Injection(rig=_forgetful),
    )
    yield row(
        "check-finds-nothing",
        kind,
        "The duplicate check never finds anything.",
        "duplicate_agrees",
        "duplicate_check",
        each_result(
            lambda one: with_members(one, isDuplicate=False, duplicateLeadId=0, receivedOn=None), "duplicate_check"
        ),
    )


def _first_keys_only(profile: Profile) -> Profile:
    def changed(one: Campaign) -> Campaign:
        return replace(one, duplicate_keys=one.duplicate_keys[:1])

    return replace(profile, campaigns=tuple(changed(one) for one in profile.campaigns))


def _unlike(numbers: Iterator[int]) -> Callable[[Value], None]:
    def change(value: Value) -> None:
        for lead in leads(value):
            sent, number = fields(lead), next(numbers)
            if sent.get("Email"):
                sent |= {"Email": f"other{number}@leads.example", "LastName": "x" * (1 + number % 40)}

    return change


class _Forgetful(LeadBook):
    __slots__ = ()

    def duplicate(self, marks: tuple[int, ...], since: float, besides: int = 0) -> tuple[int, Lead] | None:
        return None


def _forgetful(mock: Mock) -> None:
    mock.world.leads = _Forgetful(100_000)


def _invented() -> Iterator[Defect]:
    kind = "duplicates invented"
    yield row(
        "duplicates-invented",
        kind,
        "Every fifth new lead is refused as a duplicate.",
        "valid_request_accepted",
        "create_lead",
        Injection(transform=_refused_now_and_then),
    )
    yield row(
        "duplicates-for-ever",
        kind,
        "A lead is a duplicate long after the campaign's window.",
        "valid_request_accepted",
        "create_lead",
        Injection(profile=campaigns(duplicate_window=4_000_000_000)),
    )
    yield row(
        "check-finds-everything",
        kind,
        "The duplicate check finds leads that nobody sent.",
        "duplicate_agrees",
        "duplicate_check",
        each_result(
            lambda one: (
                {**one, "isDuplicate": True, "duplicateLeadId": 100_000_001, "receivedOn": "2026-01-05T08:00:00Z"}
                if one.get("isDuplicate") is False and one.get("success")
                else one
            ),
            "duplicate_check",
        ),
    )


def _refused_now_and_then() -> Transform:
    seen = count(1)

    def transform(operation: str, fmt: str, value: Value) -> Value:
        results = value.get("results")
        if operation != "create_lead" or not results or not results[0].get("isValid") or next(seen) % 5:
            return value
        refused = answers.refused(operation, "Duplicate_Lead", "The lead was received before", "zero")
        return {**value, "results": [refused, *results[1:]]}

    return transform


def _checks() -> Iterator[Defect]:
    kind = "wrong original"
    yield row(
        "check-names-another-lead",
        kind,
        "The duplicate check names another lead as the original.",
        "duplicate_agrees",
        "duplicate_check",
        each_result(
            lambda one: {**one, "duplicateLeadId": one["duplicateLeadId"] + 1} if one.get("isDuplicate") else one,
            "duplicate_check",
        ),
    )
    yield row(
        "check-names-no-lead",
        kind,
        "The duplicate check finds a duplicate and names no original.",
        "duplicate_original",
        "duplicate_check",
        each_result(
            lambda one: with_members(one, duplicateLeadId=0) if one.get("isDuplicate") else one, "duplicate_check"
        ),
    )
    yield row(
        "check-names-a-lead-and-finds-none",
        kind,
        "There is no duplicate, and yet an original is named.",
        "duplicate_none",
        "duplicate_check",
        each_result(
            lambda one: with_members(one, duplicateLeadId=100_000_001) if one.get("isDuplicate") is False else one,
            "duplicate_check",
        ),
    )
    yield row(
        "check-without-permission",
        kind,
        "Whoever asks is allowed to check for duplicates.",
        "refusal_expected",
        "duplicate_check",
        Injection(
            profile=lambda profile: replace(
                profile,
                sources=tuple(
                    replace(one, permissions=(*{*one.permissions, "duplicate_check"},), disabled=False)
                    for one in profile.sources
                ),
            )
        ),
    )


def _updates() -> Iterator[Defect]:
    kind = "wrong lead updated"
    yield row(
        "update-answers-another-lead",
        kind,
        "An update answers with another leadId than the one asked for.",
        "update_same_lead",
        "update_lead",
        each_result(lambda one: {**one, "leadId": one["leadId"] + 1} if one.get("isValid") else one, "update_lead"),
    )
    yield row(
        "update-changes-another-lead",
        kind,
        "An update changes the lead before the one that it names.",
        "duplicate_agrees",
        "update_lead",
        Injection(
            around=rewriting(_one_before, "update_lead").around,
            transform=each_result(
                lambda one: {**one, "leadId": one["leadId"] + 1} if one.get("isValid") else one, "update_lead"
            ).transform,
        ),
        of="duplicate_check",
    )
    yield row(
        "update-lost",
        kind,
        "An update is accepted and changes nothing.",
        "duplicate_agrees",
        "update_lead",
        Injection(rig=_unchangeable),
        of="duplicate_check",
    )
    yield row(
        "update-of-an-unknown-lead",
        kind,
        "An update of a lead that does not exist is accepted.",
        "refusal_expected",
        "update_lead",
        Injection(around=lambda: _update_anything),
    )


def _one_before(value: Value) -> None:
    for lead in leads(value):
        number = properties(lead).get("leadUID")
        if isinstance(number, int) and number > 100_000_001:
            properties(lead)["leadUID"] = number - 1


class _Unchangeable(LeadBook):
    __slots__ = ()

    def save(self, lead_id: int, lead: Lead) -> None:
        before = self.find(lead_id)
        if before is not None:
            lead.fields, lead.marks = before.fields, before.marks
        super().save(lead_id, lead)


def _unchangeable(mock: Mock) -> None:
    mock.world.leads = _Unchangeable(100_000)


def _update_anything(mock: Mock, request: Request, proceed: Callable[[Request], Response]) -> Response:
    response = proceed(request)
    value = value_of(request) if operation_of(request) == "update_lead" and response.status == 200 else None
    if value is None:
        return response
    answer = bodies.decode_answer("update_lead", "json", response.body)
    for lead, result in zip(leads(value), answer["results"], strict=False):
        if not result["isValid"]:
            number = properties(lead).get("leadUID") or 1
            result.update(answers.accepted("update_lead", "Lead updated", number, 3001, False, 12.5, None))
    return response._replace(body=bodies.encode_answer("update_lead", "json", answer))
