"""What integrators often get wrong: seen in their traffic, decided by no clause.

Only where nobody knows what the sender aimed at: a suite does such things on purpose. Each habit yields a `Breach`
whose kind, message and place become an observation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any
from urllib.parse import parse_qsl, unquote

from leadproof.bodies import escape
from leadproof.contract.profile import Profile, breaches
from leadproof.contract.profile.calendar import is_open, local
from leadproof.contract.specs import Specification
from leadproof.core import lazy
from leadproof.core.exchange import Part
from leadproof.core.names import Kind, field_kind
from leadproof.judge.checks import Breach, Context
from leadproof.judge.checks.context import CREATES, fields, properties
from leadproof.judge.sendings import Sent, repeats

#: Names of fields that say who somebody is or how to reach them, without signs and in small letters.
_PERSONAL = lazy.pattern(
    r"(?:first|last|full|middle|maiden|given|family|sur|contact|spouse)name|e?mail(?:address)?"
    r"|(?:home|work|cell|mobile|day|evening|primary|secondary)?(?:tele)?phone(?:number)?\d?|cell|mobile|ssn"
    r"|socialsecurity(?:number)?|(?:street)?address\d?"
)
_MAIL = lazy.pattern(r"[^\s@]{1,64}@[\w.-]{1,190}\.[A-Za-z]{2,24}")

#: What a program writes where it has no value: it read a response that has none.
_NOTHING = frozenset({"", "0", "null", "none", "nil", "undefined", "nan", "[object object]", "-1"})

#: Names that a key has in a query.
_KEYS = frozenset({"api-key", "apikey", "api_key", "access_token", "accesstoken", "token", "key", "bearer"})

_SANITISED = "the recording has no credentials, as some tools leave them out: whether any were sent was not judged"
_REFUSED = "was isValid (of a ping: willAccept) read? a refusal comes with status 200 too"


def single_mistakes(context: Context) -> Iterator[Breach]:
    """What the sender of this request often will have got wrong, seen in the request alone."""
    if context.knows(Part.REQUEST_HEADERS) and not context.knows(Part.CREDENTIALS):
        yield Breach("client.credentials", _SANITISED)
    yield from _key_in_url(context)
    if context.operation.id == "ping":
        yield from _personal(context)
    yield from _rules(context)


def sequence_mistakes(context: Context, sent: Sent | None) -> Iterator[Breach]:
    """What it will have got wrong in view of the responses that it got before.

    Args:
        context: The exchange.
        sent: What it says of its leads; None where it says nothing.
    """
    if context.operation.id == "lead_status":
        yield from _status(context)
    elif context.operation.id == "accept_offer":
        yield from _offer(context)
    elif context.operation.id == "update_lead":
        yield from _update(context)
    if context.operation.id in CREATES:
        again = [*repeats(context, sent)] if sent is not None else []
        yield from again
        # Who sends a lead again uses its order again: that is one mistake, not two.
        known = tuple([f"{one.pointer}/" for one in again if one.kind == "client.repeated"])
        yield from (one for one in _order(context) if one.rule != "order-per-lead" or not one.pointer.startswith(known))


def _key_in_url(context: Context) -> Iterator[Breach]:
    query = context.exchange.request.target.partition("?")[2]
    if query and any(name.lower() in _KEYS for name, _ in parse_qsl(query[:4096], keep_blank_values=True)):
        yield Breach(
            "client.credentials", "credentials stand in the URL, where logs and proxies keep them: send a header",
            rule="key-in-header",
        )  # fmt: skip


def _personal(context: Context) -> Iterator[Breach]:
    known, wanted = _fields(context.profile)
    for index, lead in enumerate(context.leads):
        found = sorted(
            name for name, value in fields(lead).items() if name not in wanted and _tells(name, value, known)
        )
        if found:
            more = f" and {len(found) - 6} more" if len(found) > 6 else ""
            yield Breach("client.privacy", f"the ping carries personal data: {', '.join(found[:6])}{more}",
                         f"/leads/{index}/fields", rule="ping-without-identity")  # fmt: skip


def _fields(profile: Profile | None) -> tuple[frozenset[str], frozenset[str]]:
    """Names that the posting document calls personal, and those that it wants in a ping."""
    if profile is None:
        return frozenset(), frozenset()
    wanted = frozenset(one.name for kind in profile.lead_types for one in kind.fields if one.required_in_ping)
    return profile.personal_fields, wanted


def _tells(name: str, value: Any, known: frozenset[str]) -> bool:
    if not isinstance(value, str) or not value.strip():
        return False
    plain = re.sub(r"[^a-z0-9]", "", name.lower())
    return name in known or _PERSONAL.fullmatch(plain) is not None or _MAIL.fullmatch(value.strip()) is not None


#: Broken rules of the profile that are named for one lead.
_MOST_RULES = 8


def _rules(context: Context) -> Iterator[Breach]:
    """Which rules of the posting profile the fields break; nothing for lead types that it does not have."""
    profile, now = context.profile, context.now
    kind = profile.lead_type_by_lid.get(_number(context.source.get("lid"))) if profile is not None else None
    if profile is None or kind is None:
        return
    today = now.date() if now else None
    ping, whole = context.operation.id == "ping", context.operation.id in ("ping", *CREATES)
    campaign = profile.campaign_by_aid.get(_number(context.source.get("aid"))) if whole else None
    for index, lead in enumerate(context.leads):
        sent = {name: _plain_text(value) for name, value in fields(lead).items() if value is not None}
        seen = [*breaches.of_requirements(kind, sent, ping=ping)] if whole else []
        of_values = [*breaches.of_values(kind, sent, today)]
        if whole and not ping and isinstance(properties(lead).get("offerIds"), list):
            of_values += breaches.of_consent(profile, kind, sent, map(str, properties(lead)["offerIds"]))
        if campaign is not None and campaign.lid == kind.lid:
            of_values += breaches.of_criteria(campaign, kind, sent, ping=ping, today=today)
        unknown = _redacted(profile, sent)
        seen += [one for one in of_values if one.field not in unknown]
        for name, message in islice(seen, _MOST_RULES):
            at = f"/leads/{index}/fields/{escape(name)}"
            yield Breach("client.profile", f"posting profile: {name} {message}", at)
    if campaign is None or now is None or is_open(campaign.hours, local(now.timestamp(), campaign.timezone)):
        return
    if any(not properties(lead).get("orderId") for lead in context.leads):
        yield Breach(
            "client.profile", f"posting profile: campaign {campaign.aid} takes no leads at this hour", "/source/aid"
        )


#: What a redacted lead has in the place of a text.
_REDACTED = lazy.pattern(r"\bredacted", re.IGNORECASE)
#: Fields by whose name nothing is replaced but words, which then have that mark.
_LEFT = frozenset({Kind.PUBLIC, Kind.UNKNOWN})


def _redacted(profile: Profile, sent: dict[str, str]) -> frozenset[str]:
    """Fields of which the value that was sent is not known, for it was replaced."""
    # To look for the word first, once in all of them, costs a tenth of a pattern in each.
    if "redacted" not in "\n".join(sent.values()).lower() or not any(map(_REDACTED.search, sent.values())):
        return frozenset()
    by_name = {name for name in sent if name not in profile.public_fields and field_kind(name) not in _LEFT}
    return profile.personal_fields | by_name | {name for name, value in sent.items() if _REDACTED.search(value)}


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _plain_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return str(value).lower() if isinstance(value, bool) else str(value)


def _segments(context: Context) -> list[str]:
    return [unquote(one) for one in context.exchange.request.path.rstrip("/").split("/")]


def _status(context: Context) -> Iterator[Breach]:
    if not context.exchange.request.target:  # the capture shows the response only
        return
    asked = _segments(context)[-1].lower()
    created = context.history.created.get(asked)
    if asked in _NOTHING:
        yield Breach("client.refusal", f"a status is asked for without an id: {_REFUSED}", rule="status-of-refused")
    elif created and not any(created):
        yield Breach("client.refusal", f"the status is asked for of a request that was refused: {_REFUSED}",
                     rule="status-of-refused")  # fmt: skip


def _update(context: Context) -> Iterator[Breach]:
    for index, lead in enumerate(context.leads):
        identifier = str(properties(lead).get("leadUID"))
        if identifier.lower() in _NOTHING or ("lead", identifier) in context.history.refused:
            yield Breach("client.refusal", f"a lead is updated that was never accepted: {_REFUSED}",
                         f"/leads/{index}/properties/leadUID", rule="update-of-refused")  # fmt: skip


def _offer(context: Context) -> Iterator[Breach]:
    parts = _segments(context)
    identifier, offer = (parts[-4], parts[-2]) if len(parts) >= 4 else ("", "")
    if identifier.lower() in _NOTHING or ("lead", identifier) in context.history.refused:
        yield Breach("client.refusal", f"an offer is accepted for a lead that was never accepted itself: {_REFUSED}")
        return
    digits = identifier.isascii() and identifier.isdigit() and len(identifier) < 20
    lead = context.history.leads.get(int(identifier) if digits else identifier)
    if lead is not None and offer not in lead.offers and not context.history.partial:
        yield Breach("client.sequence", "an offer is accepted that no response showed for this lead")


def _order(context: Context) -> Iterator[Breach]:
    for index, lead in enumerate(context.leads):
        at = f"/leads/{index}/properties"
        identifier = properties(lead).get("orderId")
        name = str(identifier)
        if identifier is None:
            continue
        if (name and name.lower() in _NOTHING) or ("order", name) in context.history.refused:
            yield Breach("client.refusal", f"a post follows a ping that was refused: {_REFUSED}", f"{at}/orderId",
                         rule="ping-declined")  # fmt: skip
            continue
        order = context.history.orders.get(name)
        if order is None:
            continue
        if order.used:
            yield Breach("client.sequence", "an order is used that an earlier post has used", f"{at}/orderId",
                         rule="order-per-lead")  # fmt: skip
        if order.expires is not None and context.now is not None and context.now > order.expires:
            yield Breach("client.sequence", "a post is sent after its order has expired", f"{at}/orderId",
                         rule="order-expired")  # fmt: skip
        chosen = properties(lead).get("offerIds")
        if isinstance(chosen, list) and any(str(one) not in order.offers for one in chosen):
            yield Breach(
                "client.sequence", "an offer is chosen that the ping's response did not show", f"{at}/offerIds",
                rule="offers-shown",
            )  # fmt: skip


def suggest_member(name: str, operation: str, spec: Specification) -> str:
    """The documented member of a request that an unknown one is probably meant to be; "" if there is none."""
    key = ("request-names", operation)
    if key not in spec._made:
        spec._made[key] = tuple(_names(spec.schema(operation, "request", "json")))
    names: tuple[str, ...] = spec._made[key]
    for one in names:
        if one != name and one.lower() == name.lower():
            return one
    import difflib

    near = difflib.get_close_matches(name[:80], names, 1, 0.85)
    return near[0] if near and near[0] != name else ""


def _names(schema: dict[str, Any]) -> Iterator[str]:
    for name, sub in schema.get("properties", {}).items():
        yield name
        yield from _names(sub)
    if isinstance(schema.get("items"), dict):
        yield from _names(schema["items"])
