"""Duplicates that are missed or invented, and updates that go to the wrong lead."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from typing import Any

from leadproof import bodies
from leadproof.core.exchange import Request, Response
from leadproof.mock.app import Mock
from leadproof.mock.defects.model import Around, Injection
from leadproof.mock.defects.written.inbound import (
    Proceed,
    each_lead,
    fields,
    instead,
    leads,
    operation_of,
    properties,
    rewriting,
    value_of,
)
from leadproof.mock.defects.written.profiles import campaigns, part, parts, profile, sources
from leadproof.mock.defects.written.rows import D, Table, accepts, edit, has, put, result, when
from leadproof.mock.defects.written.verdicts import refusing
from leadproof.mock.engine import responses
from leadproof.mock.engine.leads import LeadBook, StoredLead
from leadproof.mock.engine.responses import Value


def _unlike(numbers: Iterator[int]) -> Callable[[Value], None]:
    """Each lead gets an identity of its own."""

    def change(lead: Value) -> None:
        sent, number = fields(lead), next(numbers)
        if sent.get("Email"):
            sent |= {"Email": f"other{number}@leads.example", "LastName": "x" * (1 + number % 40)}

    return each_lead(change)


def _never_the_same() -> Around:
    return rewriting(_unlike(count(1)), "inbound_post", fmt="xml")


def _book(book: type[LeadBook]) -> Injection:
    def patch(mock: Mock) -> None:
        mock.world.leads = book(100_000)

    return Injection(patch=patch)


class _Forgetful(LeadBook):
    __slots__ = ()

    def duplicate(self, marks: tuple[int, ...], since: float, besides: int = 0) -> tuple[int, StoredLead] | None:
        return None


class _Unchangeable(LeadBook):
    __slots__ = ()

    def save(self, lead_id: int, lead: StoredLead) -> None:
        before = self.find(lead_id)
        if before is not None:
            lead.fields, lead.marks = before.fields, before.marks
        super().save(lead_id, lead)


def _one_before(lead: Value) -> None:
    number = properties(lead).get("leadUID")
    if isinstance(number, int) and number > 100_000_001:
        properties(lead)["leadUID"] = number - 1


def _update_anything(mock: Mock, request: Request, proceed: Proceed) -> Response:
    response = proceed(request)
    value = value_of(request) if operation_of(request) == "update_lead" and response.status == 200 else None
    if value is None:
        return response
    response_value = bodies.decode_response("update_lead", "json", response.body)
    for lead, one in zip(leads(value), response_value["results"], strict=False):
        if not one["isValid"]:
            number = properties(lead).get("leadUID") or 1
            one.update(responses.accepted("update_lead", "Lead updated", number, 3001, False, 12.5, None))
    return response._replace(body=bodies.encode_response("update_lead", "json", response_value))


def _one_more(number: Any) -> Any:
    return number + 1


_MAY_CHECK = parts("sources", part("permissions", lambda granted: (*{*granted, "duplicate_check"},)))
_NONE = put(isDuplicate=False, duplicateLeadId=0, receivedOn=None)
_SOME = put(isDuplicate=True, duplicateLeadId=100_000_001, receivedOn="2026-01-05T08:00:00Z")
_another_lead = result(when(accepts, edit(_one_more, "leadId")))


def _no_duplicate(one: Value) -> bool:
    return one.get("isDuplicate") is False


TABLE: Table = {
    "duplicates missed": (
        D("duplicates-missed", "create_lead", "duplicate_refused", profile(campaigns(duplicate_keys=())),
          "The same lead is accepted again."),
        D("duplicates-missed-by-other-keys", "create_lead", "duplicate_refused",
          profile(parts("campaigns", part("duplicate_keys", lambda keys: keys[:1]))),
          "A lead is known again by its first set of duplicate keys only."),
        D("xml-duplicates-missed", "create_lead", "duplicate_refused", Injection(around=_never_the_same),
          "A lead that comes again in XML is accepted.", media="xml"),
        D("duplicates-missed-after-a-minute", "duplicate_check", "duplicate_agrees", _book(_Forgetful),
          "A lead is known again for a moment only."),
        D("check-finds-nothing", "duplicate_check", "duplicate_agrees",
          result(when(lambda one: "isDuplicate" in one, _NONE)),
          "The duplicate check never finds anything."),
    ),
    "duplicates invented": (
        D("duplicates-invented", "create_lead", "valid_request_accepted",
          refusing("Duplicate_Lead", "The lead was received before", every=5),
          "Every fifth new lead is refused as a duplicate."),
        D("duplicates-for-ever", "create_lead", "valid_request_accepted",
          profile(campaigns(duplicate_window=4_000_000_000)),
          "A lead is a duplicate long after the campaign's window.", needs="time"),
        D("check-finds-everything", "duplicate_check", "duplicate_agrees",
          result(when(lambda one: _no_duplicate(one) and one.get("success"), _SOME)),
          "The duplicate check finds leads that nobody sent."),
    ),
    "wrong original": (
        D("check-names-another-lead", "duplicate_check", "duplicate_agrees",
          result(when(has("isDuplicate"), edit(_one_more, "duplicateLeadId"))),
          "The duplicate check names another lead as the original."),
        D("check-names-no-lead", "duplicate_check", "duplicate_original",
          result(when(has("isDuplicate"), put(duplicateLeadId=0))),
          "The duplicate check finds a duplicate and names no original."),
        D("check-names-a-lead-and-finds-none", "duplicate_check", "duplicate_none",
          result(when(_no_duplicate, put(duplicateLeadId=100_000_001))),
          "There is no duplicate, and yet an original is named."),
        D("check-without-permission", "duplicate_check", "refusal_expected",
          profile(_MAY_CHECK, sources(disabled=False)),
          "Whoever asks is allowed to check for duplicates."),
    ),
    "wrong lead updated": (
        D("update-answers-another-lead", "update_lead", "update_same_lead", _another_lead,
          "The response to an update has another leadId than the one asked for."),
        D("update-changes-another-lead", "update_lead", "duplicate_agrees",
          lambda operation: replace(
              _another_lead(operation), around=lambda: rewriting(each_lead(_one_before), "update_lead")),
          "An update changes the lead before the one that it names.", of="duplicate_check"),
        D("update-lost", "update_lead", "duplicate_agrees", _book(_Unchangeable),
          "An update is accepted and changes nothing.", of="duplicate_check"),
        D("update-of-an-unknown-lead", "update_lead", "refusal_expected", instead(_update_anything),
          "An update of a lead that does not exist is accepted."),
    ),
}  # fmt: skip
