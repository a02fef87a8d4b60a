"""Topic: valid requests that are rare: the ones that nobody tried before they came.

Every row changes a request that would be accepted into another one that has to be accepted as well.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from leadproof import bodies
from leadproof.contract.profile import Field
from leadproof.suite.case import Case
from leadproof.suite.story import CaseContext, CaseSkipped

CHECKS = ("http_status", "valid_request_accepted", "one_result_per_lead")

#: Leads of a large batch.
MANY = 25

Value = dict[str, Any]


def cases() -> Iterator[Case]:
    """The topic's table."""
    for operation in ("create_lead", "ping"):
        for fmt in ("json", "xml"):
            for words in CHANGES:
                if operation == "ping" and words in NOT_IN_A_PING:
                    continue
                yield Case(f"{operation}, {fmt}: {words}", operation, partial(rare, operation, fmt, words), CHECKS, fmt)
            yield Case(f"{operation}, {fmt}: {MANY} leads", operation, partial(many, operation, fmt), CHECKS, fmt)
            for words, label in LABELS[fmt].items():
                run = partial(labelled, operation, fmt, label, words)
                yield Case(f"{operation}, {fmt}: {words}", operation, run, CHECKS, fmt)
            yield Case(
                f"{operation}, {fmt}: a body with white space", operation, partial(spaced, operation, fmt), CHECKS, fmt
            )


def rare(operation: str, fmt: str, words: str, story: CaseContext) -> None:
    """One rare thing in an ordinary request."""
    value, _ = story.request(operation)
    CHANGES[words](value, story)
    story.session.call(operation, fmt, value, what=words)


def _field(value: Value, story: CaseContext, text: str) -> None:
    """Puts a text into a field that takes any; into one that the posting document does not name, if there is none."""
    name = next((one.name for one in story.maker.lead_type().fields if _free(one, text)), "Remarks")
    value["leads"][0]["fields"][name] = text


def _free(one: Field, text: str) -> bool:
    plain = one.format == "text" and not one.allowed and not one.pattern
    return plain and not one.required_in_ping and not one.personal and len(text) <= one.max_length


def _no_aid(value: Value, story: CaseContext) -> None:
    del value["source"]["aid"]


def _empty_reference(value: Value, story: CaseContext) -> None:
    value["leads"][0]["properties"]["reference"] = ""


def _longest(value: Value, story: CaseContext) -> None:
    plain = [one for one in story.maker.lead_type().fields if _free(one, "")]
    if not plain:
        raise CaseSkipped("the lead type has no field for text")
    longest = max(plain, key=lambda one: one.max_length)
    value["leads"][0]["fields"][longest.name] = "x" * longest.max_length


def _other_type(value: Value, story: CaseContext) -> None:
    """A lead of another lead type of the same source, if the profile has one."""
    mine = story.maker.chosen().lid
    vid = value["source"]["vid"]
    source = story.maker.profile.source_by_vid[vid]
    others = [
        one for one in story.maker.profile.campaigns
        if one.lid != mine and one.lid in source.lids and not (one.disabled or one.order_required or one.capped)
    ]  # fmt: skip
    if not others:
        raise CaseSkipped("the profile has no second lead type")
    operation = "ping" if "sendDelay" not in value["source"] else "create_lead"
    made, _ = story.maker.under(others[0]).request(operation, (next(story.numbers),))
    value["leads"] = made["leads"]
    value["source"] |= {"lid": others[0].lid, "aid": others[0].aid}


#: What is rare about a request -> how it gets in.
CHANGES: dict[str, Callable[[Value, CaseContext], None]] = {
    "letters with accents": lambda value, story: _field(value, story, "Zoë Müller-Ångström, São Paulo"),
    "letters of other scripts": lambda value, story: _field(value, story, "Мария 李小龙 عمر"),
    "a sign beyond the first plane": lambda value, story: _field(value, story, "call me \U0001f4de"),
    "signs that XML and JSON escape": lambda value, story: _field(value, story, 'O\'Neil & "Sons" <Ltd> \\ 100%'),
    "a line break in a field": lambda value, story: _field(value, story, "first line\nsecond line"),
    "a field of the greatest length": _longest,
    "a field that the posting document does not name": lambda value, story: value["leads"][0]["fields"].update(
        Utm="spring"
    ),
    "an empty field": lambda value, story: value["leads"][0]["fields"].update(Utm=""),
    "no aid": _no_aid,
    "an empty reference": _empty_reference,
    "a reference of a hundred letters": lambda value, story: value["leads"][0]["properties"].update(
        reference="r" * 100
    ),
    "noSell": lambda value, story: value["leads"][0]["properties"].update(noSell=True),
    "a delay of half an hour": lambda value, story: value["source"].update(sendDelay=0.5),
    "another lead type": _other_type,
}

#: What a ping has no place for.
NOT_IN_A_PING = {"an empty reference", "a reference of a hundred letters", "noSell", "a delay of half an hour"}


def many(operation: str, fmt: str, story: CaseContext) -> None:
    """A large batch."""
    value, _ = story.request(operation, leads=MANY)
    story.session.call(operation, fmt, value, what=f"{MANY} leads")


#: Format -> what is rare about the label of the body -> the label.
LABELS: dict[str, dict[str, str]] = {
    "json": {"a charset in the label": "application/json; charset=utf-8", "capitals in the label": "Application/JSON"},
    "xml": {"a charset in the label": "application/xml; charset=utf-8", "labelled text/xml": "text/xml"},
}


def labelled(operation: str, fmt: str, label: str, words: str, story: CaseContext) -> None:
    """The same label in another form (RFC 9110, section 8.3.1)."""
    value, _ = story.request(operation)
    story.session.call(operation, fmt, value, headers=(("content-type", label),), what=words)


def spaced(operation: str, fmt: str, story: CaseContext) -> None:
    """White space where it means nothing; in XML a declaration besides."""
    value, _ = story.request(operation)
    body = bodies.encode_request(operation, fmt, value)
    if fmt == "json":
        body = b"\r\n" + re.sub(rb'(?<=[{,])"', b'\n  "', body).replace(b'":', b'" : ') + b"\n"
    else:
        body = b'<?xml version="1.0" encoding="UTF-8"?>\n' + body.replace(b"><", b">\n  <")
    story.session.call(operation, fmt, body=body, what="white space")
