"""Leads that a sender sends again, and leads that it sends after their ping was declined; only where that is certain.

What an exchange has to say of it is taken from the exchange alone (`sent_by`), small enough to go from process to
process. What follows from the exchanges before it is `repeats`, and `remember_sent` adds it to the history. Who cannot
be told from others, or may have looked elsewhere, is let be: a lead in another representation, campaign or under
another reference, one that is not to be sold, one whose callback says what became of it, requests without times.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from hashlib import blake2b
from typing import Any, Final, NamedTuple
from zlib import crc32

import msgspec

from leadproof.core.exchange import Part, format_of_body
from leadproof.core.operations import RESPONSE_TYPES
from leadproof.judge.checks.context import CREATES, Breach, Context, fields, outcome, properties
from leadproof.judge.checks.history import LeadSent, PingSeen, Senders
from leadproof.judge.checks.memory import duplicate_fields


class Sent(NamedTuple):
    """What an exchange says of the leads in its request."""

    #: Seconds from the Unix epoch to the beginning of the request.
    began: float
    #: Of each lead of a create, the same if it is sent again; empty where that could not be told.
    digests: tuple[bytes, ...] = ()
    #: Of each lead of a create, the same if it is sent again as it was.
    wholes: tuple[bytes, ...] = ()
    #: Of each lead, the situation of the client's register that its sender is in after the response; "" for another.
    situations: tuple[str, ...] = ()
    #: Of each lead four bytes for each field, where they are compared with those of pings; none else.
    marks: tuple[bytes, ...] = ()


#: What is the case after a response without results, by its status.
_AFTER = {502: "gateway-after-taken", 504: "timeout-after-taken", 500: "error-500", 400: "bad-request"}

#: What is the case after a refusal, by its responseType.
_REFUSED = {kind: f"refused-{kind.lower().replace('_', '-')}" for kind in RESPONSE_TYPES}

_TAKEN = frozenset({"lead-accepted", "pending-review"})

#: What was wrong to send a lead again after, in words, by the situation that it was sent in.
_AGAIN = {
    "lead-accepted": "was accepted",
    "pending-review": "was accepted and waits for review",
    "reset-after-taken": "may have been taken: no response came",
    "gateway-after-taken": "may have been taken: a gateway responded",
    "timeout-after-taken": "may have been taken: a gateway responded",
    "error-500": "may have been taken: the service failed",
    "html-instead": "may have been taken: the response is a page",
    "empty-instead": "may have been taken: the response is empty",
    "results-empty": "may have been taken: the response has no result",
}

#: Seconds in which the same lead is the same sale, in which nobody will have looked by hand, and in which requests
#: hammer.
_DAY, _BLIND, _HAMMERING = 86_400.0, 600.0, 60.0

#: Seconds by which a request may seem to begin before the response to the one before it: browsers note milliseconds.
_ROUGH = 0.005

#: Seconds in which a lead follows its ping, if its order is empty, and if it has none.
_EMPTY_ORDER, _NO_ORDER = 600.0, 60.0

#: A number of four bytes, of what counts fields that are the same.
_MARK: Final = "I"

#: Fields by which a lead is taken for that of a ping, at least.
_FEWEST = 2

#: Pings of one source that are remembered.
_PINGS = 32

_DECLINED = "was isValid (of a ping: willAccept) read? a refusal comes with status 200 too"


# ---- of an exchange by itself ----------------------------------------------------------------------------------------


def sent_by(context: Context) -> Sent | None:
    """What an exchange says of the leads in its request, by itself; None where it says nothing that is certain."""
    operation, exchange = context.operation.id, context.exchange
    creates = operation in CREATES
    if exchange.intent or not (creates or operation == "ping") or not context.leads:
        return None
    if exchange.started <= 0 or not context.knows(Part.TIMES, Part.REQUEST_BODY):
        return None
    situations = tuple([_situation(context, index) for index in range(len(context.leads))])
    if not creates:
        marks = tuple([_marks(lead) if known else b"" for lead, known in zip(context.leads, situations, strict=True)])
        return Sent(exchange.started, (), (), situations, marks)
    told = not context.source.get("returnURL")
    wholes = tuple([_hashed(fields(lead)) if told else b"" for lead in context.leads])
    digests = tuple([_digest(context, lead, whole) for lead, whole in zip(context.leads, wholes, strict=True)])
    marks = tuple([b"" if properties(lead).get("orderId") else _marks(lead) for lead in context.leads])
    return Sent(exchange.started, digests, wholes, situations, marks)


def _situation(context: Context, index: int) -> str:
    response = context.exchange.response
    if response is None:
        return "reset-after-taken" if context.exchange.failure == "transport.reset" else ""
    if not context.knows(Part.STATUS):
        return ""
    if response.status != 200:
        return _AFTER.get(response.status, "")
    if not context.knows(Part.RESPONSE_BODY) or context.exchange.garbled:
        return ""
    if not response.body.strip():
        return "empty-instead"
    if context.response_value is None:
        page = format_of_body((), response.body) == "xml" and b"<html" in response.body[:512].lower()
        return "html-instead" if page else ""
    if isinstance(context.response_value, dict) and context.response_value.get("results") == []:
        return "results-empty"
    if len(context.results) != len(context.leads):
        return ""
    result = context.results[index][1]
    accepted = result.get(context.acceptance)
    if context.operation.id == "ping":
        return {True: "ping-accepted", False: "ping-declined"}.get(accepted, "") if isinstance(accepted, bool) else ""
    if accepted is True:
        return "pending-review" if result.get("isPendingReview") is True else "lead-accepted"
    kind = outcome(result)
    return _REFUSED.get(kind, "") if accepted is False and isinstance(kind, str) else ""


def _digest(context: Context, lead: dict[str, Any], whole: bytes) -> bytes:
    """The same for the same lead in the same campaign and representation. One with a reference is known by that and
    what tells duplicates, another by all its fields; empty where it is not to be sold, or duplicates are not told.
    """
    own, campaigns = properties(lead), context.campaigns
    if not whole or own.get("noSell") in (True, "true"):
        return b""
    if campaigns and not any(one.duplicate_keys for one in campaigns):
        return b""
    reference = own.get("reference") or None
    told_by = duplicate_fields(context, fields(lead)) if reference is not None else {}
    return _hashed([context.operation.path, context.request_format, *_ids(context), reference, told_by or whole.hex()])


def _source(context: Context) -> bytes:
    return _hashed(_ids(context))


def _ids(context: Context) -> list[Any]:
    return [context.source.get(name) for name in ("vid", "lid", "aid")]


def _hashed(value: Any) -> bytes:
    try:
        return blake2b(msgspec.json.encode(value), digest_size=8).digest()
    except (TypeError, ValueError, OverflowError, RecursionError):  # what JSON cannot carry is not compared
        return b""


def _marks(lead: dict[str, Any]) -> bytes:
    """Four bytes for each field, and for the reference where there is one."""
    named = properties(lead).get("reference")
    found = [*fields(lead).items(), *([("", named)] if named else [])]
    return array(
        _MARK, [crc32(f"{name}={value}".encode("utf-8", "backslashreplace")) for name, value in found]
    ).tobytes()


def _each(marks: bytes) -> frozenset[int]:
    return frozenset(memoryview(marks).cast(_MARK))


def _request_id(context: Context) -> str:
    """The requestId of the response; "" if there is none."""
    value = context.response_value if isinstance(context.response_value, dict) else {}
    return str(value.get("requestId") or "").lower()


# ---- in view of those before it --------------------------------------------------------------------------------------


def repeats(context: Context, sent: Sent) -> Iterator[Breach]:
    """Leads that are sent again, as they were accepted, lost or refused; and leads whose ping was declined."""
    senders = context.history.senders
    for index, digest in enumerate(sent.digests):
        before = senders.sent.get(digest) if digest else None
        if before is not None:
            yield from _again(context, sent, index, before)
    for index, marks in enumerate(sent.marks if sent.digests else ()):
        if marks and _declined(context, sent, index):
            at, words = f"/leads/{index}/properties", "a lead is sent without an order after its ping was refused"
            yield Breach("client.refusal", f"{words}: {_DECLINED}", at, rule="ping-declined")


def _again(context: Context, sent: Sent, index: int, before: LeadSent) -> Iterator[Breach]:
    since = sent.began - before.ended
    words, at = _AGAIN.get(before.situation), f"/leads/{index}"
    # The same response is the same exchange, seen twice; what overlaps may be one as well, or was sent by two.
    if since < -_ROUGH or (before.request_id and before.request_id == _request_id(context)):
        return
    if before.situation in _TAKEN:
        wrong = since <= _DAY
    elif words is not None:
        wrong = since <= _BLIND and not context.history.partial and not _looked_up(context, index, before)
        words = f"{words}, and no duplicate check was made"
    else:
        wrong = before.times >= 2 and before.whole == sent.wholes[index] and sent.began - before.first <= _HAMMERING
        words = "was refused, again and again as it was"
    if wrong:
        yield Breach("client.repeated", f"a lead is sent again that {words}", at, rule=before.situation)


def _looked_up(context: Context, index: int, before: LeadSent) -> bool:
    """May somebody have asked whether the lead was taken?"""
    senders = context.history.senders
    if senders.unclear > before.lookups or senders.looked_up.forgotten != before.forgotten:
        return True
    keys = context.keys[index] if index < len(context.keys) else ()
    return any(senders.looked_up.get(key.hashed, 0) > before.lookups for key in keys)


def _declined(context: Context, sent: Sent, index: int) -> bool:
    """Was the last ping that may be this lead's declined? Without an order at all, the source's last one."""
    pings, marks = context.history.senders.pings.get(_source(context), ()), _each(sent.marks[index])
    empty = properties(context.leads[index]).get("orderId") == ""
    for ping in pings[::-1]:
        if ping.marks <= marks:
            within = _EMPTY_ORDER if empty else _NO_ORDER
            return ping.declined and 0 <= sent.began - ping.ended <= within and not context.history.partial
        if not empty:
            break
    return False


def remember_sent(context: Context, sent: Sent | None) -> None:
    """Adds what an exchange says of its leads to the history, and what it asked for."""
    senders, ended = context.history.senders, sent.began + context.exchange.elapsed if sent is not None else 0.0
    if context.operation.id in ("duplicate_check", "lead_status"):
        _remember_lookup(context, senders)
    if sent is None:
        return
    for digest, whole, situation in zip(sent.digests, sent.wholes, sent.situations, strict=False):
        before = senders.sent.get(digest) if digest else None
        if not digest or not situation or (before is not None and before.situation in _TAKEN):
            continue
        same = before is not None and (before.situation, before.whole) == (situation, whole)
        first, times = (before.first, before.times + 1) if before is not None and same else (sent.began, 1)
        senders.sent[digest] = LeadSent(
            situation,
            whole,
            first,
            ended,
            times,
            _request_id(context),
            senders.lookups,
            senders.looked_up.forgotten,
        )
    if not sent.digests:
        seen = [
            PingSeen(_each(marks), situation == "ping-declined", ended)
            for marks, situation in zip(sent.marks, sent.situations, strict=True)
            if len(marks) >= 4 * _FEWEST
        ]
        if seen:
            source = _source(context)
            senders.pings[source] = (*senders.pings.get(source, ()), *seen)[-_PINGS:]


def _remember_lookup(context: Context, senders: Senders) -> None:
    senders.lookups += 1
    known = context.operation.id == "duplicate_check" and bool(context.leads) and all(context.keys)
    if not known:
        senders.unclear = senders.lookups
    for keys in context.keys if known else ():
        for key in keys:
            senders.looked_up[key.hashed] = senders.lookups
