"""How each situation is played and decided: `PARTS`, by the ids of the register. Data; functions stand in `moves` and
`rules`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from leadproof.core.operations import RESPONSE_TYPES
from leadproof.mock.server.plays import End, Script
from leadproof.suite.client import bindings as b
from leadproof.suite.client import forms as f
from leadproof.suite.client import moves as m
from leadproof.suite.client import rules as r
from leadproof.suite.client.moves import Move
from leadproof.suite.client.played import Aim
from leadproof.suite.client.rules import Rule


@dataclass(frozen=True, slots=True)
class CallbackPlan:
    """What becomes of the calls to a returnURL."""

    times: int = 1
    #: Seconds after the immediate response.
    delay: float = 0.2
    #: Do they come before it?
    early: bool = False
    #: Is the last lead's first, once all leads were sent?
    reverse: bool = False
    #: So many leads, the first ones, are refused by them.
    refused: int = 0


@dataclass(frozen=True, slots=True)
class Staging:
    """How one situation is played, and what a right client would not do in it."""

    #: Step -> what happens to its first request, its second, and so on; to those beyond, nothing.
    moves: Mapping[Aim, tuple[Move, ...]] = field(default_factory=dict)
    #: Step -> what happens to all of its requests that are left.
    always: Mapping[Aim, Move] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    #: Without a request of each of these nothing can be decided.
    needs: tuple[Aim, ...] = (Aim.CREATE,)
    #: Format of fields -> the value that they have.
    values: Mapping[str, str] = field(default_factory=dict)
    several: bool = False
    #: Can it be decided only where one request has several leads?
    together: bool = False
    callbacks: CallbackPlan | None = None


PING, CREATE = Aim.PING, Aim.CREATE


def _first(step: Aim, move: Move, *rules: Rule, needs: tuple[Aim, ...] | None = None) -> Staging:
    """Something happens to the first request of a step."""
    return Staging({step: (move,)}, rules=rules, needs=needs or (step,))


def _all(step: Aim, move: Move, *rules: Rule, needs: tuple[Aim, ...] | None = None) -> Staging:
    """Something happens to every request of a step."""
    return Staging(always={step: move}, rules=rules, needs=needs or (step,))


def _refusal(kind: str) -> Staging:
    return _all(
        CREATE, Move(value=m.refused(kind)), r.at_most(2, CREATE), r.mistake("client.refusal"),
        r.nothing(Aim.OFFER, "an offer is accepted of a lead that was refused"),
    )  # fmt: skip


def _unknown(move: Move) -> Staging:
    """The lead was taken, and the client does not learn it."""
    return _first(CREATE, move, r.not_sent_again_blindly)


def _read(form: m.Change | None = None, wire: Script | None = None) -> Staging:
    """The responses to all pings and creates come in another form."""
    move = Move(form=form, wire=wire)
    return Staging(always={PING: move, CREATE: move}, rules=(r.created, r.sent_once, b.own_order), needs=())


def _write(**values: str) -> Staging:
    return Staging(values=values, rules=(r.arrives,))


def _called(plan: CallbackPlan, *rules: Rule, several: bool = False) -> Staging:
    return Staging(rules=(r.sent_once, b.responds_to_callbacks, *rules), several=several, callbacks=plan)


# fmt: off
PARTS: dict[str, Staging] = {
    # business
    "lead-accepted": Staging(rules=(r.created, r.sent_once, b.own_order, r.arrives), needs=()),
    "ping-declined": _all(PING, Move(value=m.declined), r.no_create, r.mistake("client.refusal")),
    "ping-declined-then-other": Staging(
        {PING: (Move(value=m.declined),)},
        rules=(b.own_order, b.posts_what_was_accepted, r.mistake("client.refusal")), needs=(PING,),
    ),
    "order-in-time": _all(PING, Move(value=m.expiring(2)), b.before_expiry, needs=(PING, CREATE)),
    "order-expired": _all(PING, Move(value=m.expiring(-60)), b.before_expiry, r.no_create),
    "order-per-lead": Staging(rules=(b.own_order, r.created), needs=(PING, CREATE)),
    "order-other-campaign": _all(PING, Move(value=m.other_campaign), b.campaign_of_order, needs=(PING,)),
    **{f"refused-{kind.lower().replace('_', '-')}": _refusal(kind) for kind in RESPONSE_TYPES},
    "pending-review": _first(CREATE, Move(value=m.in_results(isPendingReview=True)), r.sent_once),
    "price-lower": _first(CREATE, Move(value=m.lower_price), r.sent_once, needs=(PING, CREATE)),
    "offers-shown": Staging(rules=(b.offers_that_were_shown,), needs=(PING, CREATE)),
    "offers-none": _all(
        PING, Move(value=m.in_results(offers=[])), b.offers_that_were_shown, r.created, needs=(PING,)
    ),
    "duplicate-known": _all(Aim.DUPLICATE, Move(value=m.duplicate(True)), r.no_create),
    "duplicate-unknown": _all(Aim.DUPLICATE, Move(value=m.duplicate(False)), r.created),
    "batch-one-refused": Staging(
        {CREATE: (Move(value=m.refused("Outside_Criteria", only=1)),)}, rules=(r.taken_not_sent_again,), together=True
    ),
    "update-right-lead": Staging(rules=(b.updates_the_lead,), needs=(Aim.UPDATE,)),
    "update-of-refused": _all(
        CREATE, Move(value=m.refused("Outside_Criteria")), r.nothing(Aim.UPDATE, "a lead that was refused is updated")
    ),
    "status-right-request": Staging(rules=(b.asks_for_the_request,), needs=(Aim.STATUS,)),
    "status-of-refused": _all(
        CREATE, Move(value=m.refused("Outside_Criteria")),
        r.nothing(Aim.STATUS, "the status is asked for of a lead that was refused"),
    ),
    "key-in-header": Staging(rules=(r.mistake("client.credentials", "in the URL"),)),
    "ping-without-identity": Staging(rules=(r.mistake("client.privacy"),), needs=(PING,)),
    # transport
    "response-after-5s": _unknown(Move(wire=f.late(5))),
    "response-after-35s": _unknown(Move(wire=f.late(35))),
    "response-after-120s": Staging(
        {CREATE: (Move(wire=f.late(120)),)}, rules=(r.gives_up(120), r.not_sent_again_blindly)
    ),
    "ping-after-5s": _first(PING, Move(wire=f.late(5)), b.own_order, b.has_order),
    "reset-after-taken": _unknown(Move(wire=f.broken(End.RESET), whole=False)),
    "closed-after-taken": _unknown(Move(wire=f.broken(End.CLOSE), whole=False)),
    "gateway-after-taken": _unknown(Move(change=m.page(502, "502 Bad Gateway"))),
    "timeout-after-taken": _unknown(Move(change=m.page(504, "504 Gateway Time-out"))),
    "truncated-after-taken": _unknown(Move(wire=f.broken(End.CLOSE, 0.5), whole=False)),
    "error-500": _unknown(m.status(500, "Something went wrong")),
    "bad-request": _all(CREATE, m.status(400, "The request cannot be read"), r.at_most(2, CREATE)),
    "ping-reset": _all(
        PING, Move(wire=f.broken(End.RESET), whole=False), r.no_create, r.at_most(5, PING)
    ),
    "throttled": _first(CREATE, m.status(429, "Too many requests", ("retry-after", "3")), r.waits(3)),
    "unavailable": _first(CREATE, m.status(503, "Unavailable", ("retry-after", "3")), r.waits(3)),
    "ping-throttled": _first(
        PING, m.status(429, "Too many requests", ("retry-after", "3")), r.waits(3), b.own_order, b.has_order
    ),
    "html-instead": _unknown(Move(change=m.page(200, "Welcome"))),
    "empty-instead": _unknown(Move(change=m.empty)),
    "results-empty": _unknown(Move(value=m.no_results)),
    "labelled-as-html": _first(CREATE, Move(form=m.labelled("text/html")), r.not_sent_again_blindly),
    "redirect-elsewhere": _all(CREATE, m.redirect(307), r.nothing_elsewhere),
    "ping-redirected": _all(PING, m.redirect(308), r.nothing_elsewhere),
    "moved": _all(CREATE, m.redirect(302), r.nothing_elsewhere),
    "unauthorised": Staging(
        always=dict.fromkeys(Aim, m.status(401, "No usable credentials")), rules=(r.at_most(3),), needs=()
    ),
    "connection-closed-between": _all(
        PING, Move(wire=f.closed_behind), r.created, r.sent_once, b.own_order, needs=(PING,)
    ),
    "response-in-drops": _first(CREATE, Move(wire=f.in_drops(3)), r.sent_once),
    # tolerant reading
    "unknown-members": _read(f.UNKNOWN_MEMBERS),
    "member-order": _read(f.MEMBER_ORDER),
    "decimal-numbers": _read(f.DECIMALS),
    "null-members": _read(f.NULL_MEMBERS),
    "absent-members": _read(f.ABSENT_MEMBERS),
    "pretty-printed": _read(f.PRETTY),
    "escaped-text": _read(f.escaped),
    "chunked": _read(wire=f.chunked),
    "compressed": _read(f.compressed),
    "byte-order-mark": _read(f.byte_order_mark),
    "xml-prefixes": _read(f.XML_PREFIXES),
    "xml-nil": _read(f.XML_NIL),
    "xml-comments": _read(f.XML_COMMENTS),
    "xml-cdata": _read(f.XML_CDATA),
    "xml-declaration": _read(f.XML_UTF16),
    "xml-serializer": _read(f.serializer),
    # faithful writing
    "text-with-markup": _write(text="Ann & Bob <\"O'Neill\"> \\ 5 > 3; ]]> %41 {{x}}"),
    "text-with-accents": _write(text="Zoë Çağlar-Müßig Œuvre Łódź"),
    "text-in-chinese": _write(text="山田太郎 王小明 김철수"),
    "text-with-emoji": _write(
        text="Robin \N{FAMILY} \N{HOUSE WITH GARDEN} "
        "\N{THUMBS UP SIGN}\N{EMOJI MODIFIER FITZPATRICK TYPE-4} \N{MATHEMATICAL BOLD CAPITAL A}"
    ),
    "text-of-4000": _write(text="x" + "0123456789 abcdefghijklmnop ABCDEFGHIJ, " * 100 + "y"),
    "spaces-kept": _write(text="two  spaces,\na second line\tand a tab"),
    "leading-zeros": _write(text="00123", zip="01005", integer="007"),
    "plus-numbers": _write(phone="+1 415 555 0117", text="+1"),
    "booleans": _write(boolean="true", text="false"),
    "dates": _write(date="2024-02-29", datetime="2026-01-01T00:00:00Z"),
    # callbacks
    "callback-once": _called(CallbackPlan(), b.acts_once, b.acts_on_accepted),
    "callback-twice": _called(CallbackPlan(times=2), b.acts_once, b.acts_on_accepted),
    "callback-out-of-order": _called(
        CallbackPlan(reverse=True, refused=1), b.acts_once, b.acts_on_accepted, several=True
    ),
    "callback-early": _called(CallbackPlan(early=True), b.acts_once, b.acts_on_accepted),
    "callback-late": _called(CallbackPlan(delay=5), b.acts_once, b.acts_on_accepted),
    "callback-refused": _called(
        CallbackPlan(refused=1), b.acts_once, b.acts_on_accepted
    ),
}
# fmt: on
