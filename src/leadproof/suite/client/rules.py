"""What a right client would not have done: pure functions over what was played, each of which says what is wrong.

`RULES` is made of them, situation by situation, in `table`. What is seen in captured traffic as well (`judge`, client
mistakes) is taken from there by `mistake`, so that a capture and a certification say the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from leadproof.core.text import count
from leadproof.suite.client.played import Aim, ClientCall, Ended, Played


class Mistake(NamedTuple):
    """One thing that a right client would not have done."""

    #: A key of `findings.KINDS`.
    kind: str
    message: str
    expected: str = ""
    actual: str = ""
    #: The request that shows it; None for the situation as a whole.
    call: ClientCall | None = None
    pointer: str = ""


Rule = Callable[[Played], Iterator[Mistake]]


# ---- what the client believes ----------------------------------------------------------------------------------------


def believes(accepted: bool) -> Rule:
    """Where the client was asked: it believes that the leads were accepted, or that they were not."""

    def rule(played: Played) -> Iterator[Mistake]:
        if played.believed is not None and played.believed is not accepted:
            words = "the client takes {} for {}"
            pair = ("a refusal", "an acceptance") if not accepted else ("an acceptance", "a refusal")
            yield Mistake(
                "client.refusal" if not accepted else "client.acceptance", words.format(*pair),
                f"exit status {'0' if accepted else 'other than 0'}",
                f"exit status {'0' if played.believed else 'other than 0'}", last_of(played),
            )  # fmt: skip

    return rule


def believes_only_after_lookup(played: Played) -> Iterator[Mistake]:
    """An acceptance that nobody has seen: only a response that says so, or a lookup, may make the client believe it."""
    if played.believed and not (_seen_accepted(played) or _looked_up(played, played.creates[:1])):
        yield Mistake(
            "client.refusal", "the client takes a lead for accepted of which no response says so",
            "a response with isValid true, or a lookup", "neither", last_of(played),
        )  # fmt: skip


def believes_the_truth(played: Played) -> Iterator[Mistake]:
    """The client believes that the lead was accepted if and only if a response says so."""
    if played.believed is not None:
        yield from believes(_seen_accepted(played))(played)


def _seen_accepted(played: Played) -> bool:
    sold = {
        played.reference(lead, index)
        for call in played.creates for index, (lead, result) in enumerate(zip(call.leads, call.results, strict=False))
        if result.get("isValid") is True
    }  # fmt: skip
    sent = {reference for call in played.creates for reference, _, _ in played.sent(call)}
    wanted = {one.reference for one in played.task.leads} or sent
    return bool(wanted) and wanted <= sold


def last_of(played: Played) -> ClientCall | None:
    """The last request; None if there was none."""
    return played.calls[-1] if played.calls else None


# ---- how often a lead is sent ----------------------------------------------------------------------------------------


def sent_once(played: Played) -> Iterator[Mistake]:
    """No lead is sent a second time."""
    yield from _again(played, lambda before, call: True, "the lead is sent again")


def not_sent_again_blindly(played: Played) -> Iterator[Mistake]:
    """A lead that the receiver may have taken is looked up before it is sent again."""
    words = "the lead is sent again though it may have been taken, and nobody looked"
    yield from _again(played, lambda before, call: not _looked_up(played, [before], call), words)


def taken_not_sent_again(played: Played) -> Iterator[Mistake]:
    """A lead that was accepted is not sent again."""
    seen: dict[str, ClientCall] = {}
    for call in played.creates:
        for index, lead in enumerate(call.leads):
            reference = played.reference(lead, index)
            if reference in seen:
                yield Mistake("client.repeated", "a lead is sent again that was accepted", "sent once", "again",
                            call, f"/leads/{index}")  # fmt: skip
        for index, (lead, result) in enumerate(zip(call.leads, call.results, strict=False)):
            if result.get("isValid") is True:
                seen[played.reference(lead, index)] = call


def _again(played: Played, wrong: Callable[[ClientCall, ClientCall], bool], words: str) -> Iterator[Mistake]:
    first: dict[str, ClientCall] = {}
    for call in played.creates:
        for index, lead in enumerate(call.leads):
            before = first.setdefault(played.reference(lead, index), call)
            if before is not call and wrong(before, call):
                after = f"sent again after {call.at - before.at:.1f} s"
                yield Mistake("client.repeated", words, "sent once", after, call, f"/leads/{index}")
                return


def _looked_up(played: Played, sent: list[ClientCall], until: ClientCall | None = None) -> bool:
    """Was it asked after a lead was sent whether it was taken?"""
    began = sent[0].at if sent else 0.0
    end = until.at if until is not None else float("inf")
    return any(began < call.at < end for call in played.of(Aim.DUPLICATE, Aim.STATUS))


# ---- what follows what -----------------------------------------------------------------------------------------------


def no_create(played: Played) -> Iterator[Mistake]:
    """No lead is posted or created."""
    for call in played.creates[:1]:
        yield Mistake("client.refusal", "a lead is sent that should not have been", "no post, no create",
                    f"{call.exchange.request.method} {call.exchange.request.path}", call)  # fmt: skip


def created(played: Played) -> Iterator[Mistake]:
    """Each lead is sent."""
    sent = {played.reference(lead, index) for call in played.creates for index, lead in enumerate(call.leads)}
    if not played.task.leads and not sent:
        yield Mistake("client.acceptance", "no lead is sent though nothing speaks against it", "a post or create",
                    "none", last_of(played))  # fmt: skip
    for one in played.task.leads:
        if one.reference not in sent:
            yield Mistake("client.acceptance", "a lead is not sent though nothing speaks against it",
                        "one post or create", "none", last_of(played))  # fmt: skip


def nothing(step: Aim, words: str) -> Rule:
    """No request of a kind follows."""

    def rule(played: Played) -> Iterator[Mistake]:
        for call in played.of(step)[:1]:
            yield Mistake("client.refusal", words, f"no {step.value}", f"one, of {call.exchange.request.path}", call)

    return rule


def mistake(kind: str, *parts: str) -> Rule:
    """A mistake that is seen in captured traffic as well, by the same function.

    Args:
        kind: Of the observation.
        parts: What its message has in it, any of them; any message if left out.
    """

    def rule(played: Played) -> Iterator[Mistake]:
        for seen in played.observations:
            if seen.kind == kind and (not parts or any(part in seen.message for part in parts)):
                call = next((call for call in played.calls if call.exchange.origin == seen.origin), None)
                yield Mistake(kind, seen.message, "", "", call, seen.pointer)

    return rule


# ---- patience --------------------------------------------------------------------------------------------------------


def waits(seconds: float) -> Rule:
    """After a response that asks to wait, nothing is sent before the time has passed."""

    def rule(played: Played) -> Iterator[Mistake]:
        for call, following in zip(played.calls, played.calls[1:], strict=False):
            response = call.exchange.response
            if response is not None and response.status in (429, 503) and following.at - call.over < seconds - 0.2:
                yield Mistake("client.hammering", "the next request comes before the time that was asked for",
                            f"after {seconds:g} s", f"after {following.at - call.over:.2f} s", following)  # fmt: skip
                return

    return rule


def at_most(number: int, *steps: Aim) -> Rule:
    """A client that is refused again and again gives up."""

    def rule(played: Played) -> Iterator[Mistake]:
        calls = played.of(*steps) if steps else list(played.calls)
        if len(calls) > number:
            yield Mistake(
                "client.hammering", "the request is repeated again and again", f"at most {count(number, 'time')}",
                count(len(calls), "time"), calls[number],
            )  # fmt: skip

    return rule


def gives_up(seconds: float) -> Rule:
    """The client does not wait for ever."""

    def rule(played: Played) -> Iterator[Mistake]:
        for call in played.creates[:1]:
            if not call.abandoned and call.over - call.at >= seconds - 2:
                yield Mistake("client.deadline", "the client has no timeout", f"given up in less than {seconds:g} s",
                            f"it waited {call.over - call.at:.0f} s", call)  # fmt: skip

    return rule


def ends(played: Played) -> Iterator[Mistake]:
    """A client that was started ends by itself, and does not crash."""
    if played.ended is Ended.KILLED:
        words = "an end before the deadline"
        yield Mistake("client.deadline", "the client did not end", words, str(played.ended), last_of(played))
    elif played.ended is Ended.CRASHED:
        yield Mistake("client.crash", "the client crashed", "an exit status", str(played.ended), last_of(played))


# ---- what arrives ----------------------------------------------------------------------------------------------------


def arrives(played: Played) -> Iterator[Mistake]:
    """The fields of every lead arrive as they were to be sent."""
    known = {one.reference: one for one in played.task.leads}
    for call in played.creates:
        for reference, at, sent in played.sent(call):
            if reference not in known:
                continue
            for name, value in known[reference].fields.items():
                if name == played.task.consent_field:
                    continue
                got = sent.get(name)
                if got != value:
                    yield Mistake("client.altered", f"{name} does not arrive as it was to be sent", f'string "{value}"',
                                typed(got), call, f"{at}/{name}")  # fmt: skip


def readable(played: Played) -> Iterator[Mistake]:
    """Requests can be read at all."""
    for call in played.of(Aim.PING, Aim.CREATE, Aim.UPDATE, Aim.DUPLICATE):
        if call.context is None or call.context.request is None:
            yield Mistake("client.altered", "the body of a request cannot be read", "JSON or XML", "neither", call)
            return


def typed(value: Any) -> str:
    """A value with its type."""
    if value is None:
        return "nothing"
    return f'string "{value}"' if isinstance(value, str) else f"{type(value).__name__} {value}"


def nothing_elsewhere(played: Played) -> Iterator[Mistake]:
    """Nothing arrives at another origin."""
    for request in played.elsewhere[:1]:
        carried = "the key" if any(name.lower() in ("api-key", "authorization") for name, _ in request.headers) else ""
        words = " and ".join(filter(None, (carried, "the lead" if request.body else ""))) or "a request"
        yield Mistake("client.leak", "a redirect is followed to another origin", "no request to another origin",
                    f"{request.method} with {words}", last_of(played))  # fmt: skip
