"""Rules to a result: `decide` says what a situation came to, and `judgements` what a ledger takes in of it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from leadproof.core.exchange import Exchange
from leadproof.core.findings import Finding, Observation
from leadproof.judge import Decisions, Judgement
from leadproof.suite.client.played import Aim, Ended, Played
from leadproof.suite.client.rules import Mistake
from leadproof.suite.client.situations import Situation

#: What the steps are called in a reason.
_MISSING = {
    Aim.PING: "the client sent no ping", Aim.CREATE: "the client sent no lead",
    Aim.STATUS: "the client asked for no status", Aim.UPDATE: "the client sent no update",
    Aim.DUPLICATE: "the client made no duplicate check", Aim.OFFER: "the client accepted no offer",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class SituationResult:
    """What a situation came to."""

    situation: Situation
    played: Played
    #: passed, failed or untested.
    result: str
    #: Why it is untested; "" else.
    reason: str = ""
    wrongs: tuple[Mistake, ...] = ()

    @property
    def media(self) -> str:
        """The representation that the client speaks: that of its first request with a body."""
        return next((call.media for call in self.played.calls if call.media), "json")


def decide(situation: Situation, played: Played) -> SituationResult:
    """What a situation came to.

    Args:
        situation: What was played.
        played: What was seen.
    """
    reason = _why_not(situation, played)
    if reason:
        return SituationResult(situation, played, "untested", reason)
    wrongs = tuple(wrong for rule in situation.rules for wrong in rule(played))
    plan = situation.part.callbacks
    if not wrongs and plan is not None and len([made for made in played.callbacks if made.status]) < plan.times:
        again = "came again" if plan.times > 1 else "could be made"
        return SituationResult(situation, played, "untested", f"the client ended before a callback {again}")
    return SituationResult(situation, played, "failed" if wrongs else "passed", "", wrongs)


def _why_not(situation: Situation, played: Played) -> str:
    """Why nothing can be decided; "" if it can."""
    if played.unable:
        return f"the client says that it cannot do the task {situation.text.task}"
    if not played.task.leads and situation.text.group == "writing":
        return "the client has leads of its own, so that nobody knows what was to be sent"
    if not played.calls:
        ended = f", and {played.ended}" if played.ended is Ended.KILLED else ""
        return f"the client sent no request{ended}"
    media = next((call.media for call in played.calls if call.media), "")
    if media and media not in situation.clause.media and len(situation.clause.media) == 1 and not _json_only(situation):
        return f"the client speaks {media.upper()}"
    for step in situation.part.needs:
        if not played.of(step):
            return _MISSING[step]
    if situation.part.together and all(len(call.leads) < 2 for call in played.creates):
        return "the client sends each lead by itself"
    if _not_as_announced(situation, played):
        return "the receiver refused the client's lead: it breaks the posting profile"
    if situation.part.callbacks is not None and not any(call.source.get("returnURL") for call in played.creates):
        return "the client named no returnURL"
    return ""


def _not_as_announced(situation: Situation, played: Played) -> bool:
    """Does a situation want a lead of the client's own accepted that the mock refused, with no move of ours?"""
    if played.task.leads or situation.text.exit != "accepted" or not played.creates:
        return False
    results = [result for call in played.creates for result in call.results]
    return bool(results) and all(result.get("isValid") is False for result in results)


def _json_only(situation: Situation) -> bool:
    """Is it about an operation that has no other representation than JSON?"""
    return situation.clause.operations[0] in ("update_lead", "lead_status")


def judgements(result: SituationResult) -> Iterator[tuple[Exchange, Judgement]]:
    """The exchanges of a situation with what was decided by each: the findings stand with the request that shows them.

    What the situation as a whole has passed stands with the last one.
    """
    played, situation = result.played, result.situation
    operation = situation.clause.operations[0]
    media = result.media if result.media in situation.clause.media else situation.clause.media[0]
    decided = ((situation.id, media),)
    last = played.calls[-1] if played.calls else None
    for call in played.calls:
        own = [wrong for wrong in result.wrongs if (wrong.call or last) is call]
        findings = tuple(_finding(wrong, situation, operation, media, call.exchange.origin) for wrong in own)
        passed = decided if call is last and result.result == "passed" else ()
        response = call.exchange.response
        plain = Decisions(
            "judged", operation, media, response.status if response else 0, "", passed=passed,
            failed=decided if findings else (),
        )  # fmt: skip
        seen = tuple(one for one in played.observations if one.origin == call.exchange.origin and not findings)
        yield (
            call.exchange,
            Judgement("judged", operation, media, findings, _known(seen), None, passed, plain.failed, plain=plain),
        )


def _known(seen: tuple[Observation, ...]) -> tuple[Observation, ...]:
    return tuple(dict.fromkeys(seen))


def _finding(wrong: Mistake, situation: Situation, operation: str, media: str, origin: str) -> Finding:
    return Finding(
        situation.id,
        wrong.kind,
        wrong.message,
        wrong.pointer,
        "",
        wrong.expected,
        wrong.actual,
        operation,
        media,
        origin,
    )
