"""What belongs together: rules about orders, offers, ids and callbacks, and the lead that each of them is for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from leadproof.judge.checks.context import fields, instant, properties
from leadproof.suite.client.played import Aim, ClientCall, Played
from leadproof.suite.client.rules import Mistake, last_of, typed

# ---- orders and offers -----------------------------------------------------------------------------------------------


def own_order(played: Played) -> Iterator[Mistake]:
    """Every post carries the order that the ping of its lead was given, and no order serves twice."""
    used: set[str] = set()
    for call in played.creates:
        orders = _orders_before(played, call)
        for index, lead in enumerate(call.leads):
            given = str(properties(lead).get("orderId") or "")
            wanted = orders.get(_key(played, lead, index), [])
            at = f"/leads/{index}/properties/orderId"
            if not given and wanted:
                yield Mistake(
                    "client.sequence", "a post does not carry the order of its ping", wanted[-1], "none", call, at
                )
            elif given and given not in wanted:
                yield Mistake("client.sequence", "a post carries an order that its ping was not given",
                            " or ".join(wanted) or "none", given, call, at)  # fmt: skip
            elif given in used:
                yield Mistake("client.sequence", "an order is used a second time", "a new order", given, call, at)
            used |= {given} - {""}


def _key(played: Played, lead: dict[str, Any], index: int) -> str:
    """Tells a lead of a ping, which says little of it: by the fields that it has."""
    if not played.task.leads:
        return ""
    sent = fields(lead)
    fitting = [
        one.reference
        for one in played.task.leads
        if all(sent.get(name) == one.fields.get(name) for name in one.in_ping)
    ]
    # Of two leads that a ping cannot tell apart, each may have the order of the other.
    return " ".join(fitting) or played.reference(lead, index)


def _orders_before(played: Played, create: ClientCall) -> dict[str, list[str]]:
    """Reference of a lead -> the orders that it was given until a create."""
    found: dict[str, list[str]] = {}
    for call in played.pings:
        if call.over <= create.at + 0.05:
            for index, (lead, result) in enumerate(zip(call.leads, call.results, strict=False)):
                if result.get("willAccept") is True and result.get("orderId"):
                    found.setdefault(_key(played, lead, index), []).append(str(result["orderId"]))
    return found


def has_order(played: Played) -> Iterator[Mistake]:
    """A lead that was pinged is not created without an order."""
    pinged = min((call.at for call in played.pings), default=float("inf"))
    for call in played.creates:
        for index, lead in enumerate(call.leads):
            if pinged < call.at and not properties(lead).get("orderId"):
                yield Mistake("client.sequence", "a lead that was pinged is created without an order",
                            "the order of its ping", "none", call, f"/leads/{index}/properties/orderId")  # fmt: skip


def posts_what_was_accepted(played: Played) -> Iterator[Mistake]:
    """A lead whose ping was accepted is posted."""
    used = {str(properties(lead).get("orderId")) for call in played.creates for lead in call.leads}
    for call in played.pings:
        for result in call.results:
            if result.get("willAccept") is True and str(result.get("orderId")) not in used:
                yield Mistake("client.acceptance", "a lead is not sent though its ping was accepted",
                            f"a post with the order {result.get('orderId')}", "none", call)  # fmt: skip


def before_expiry(played: Played) -> Iterator[Mistake]:
    """No post uses an order after its end."""
    ends = {
        str(result["orderId"]): instant(result.get("orderExpiresOn"))
        for call in played.pings for result in call.results if result.get("orderId")
    }  # fmt: skip
    for call in played.creates:
        for index, lead in enumerate(call.leads):
            end = ends.get(str(properties(lead).get("orderId") or ""))
            sent = datetime.fromtimestamp(call.exchange.started, UTC)
            if end is not None and sent > end:
                yield Mistake("client.sequence", "a post is sent after its order has expired",
                            f"before {end:%H:%M:%S}Z", f"at {sent:%H:%M:%S}Z", call,
                            f"/leads/{index}/properties/orderId")  # fmt: skip


def campaign_of_order(played: Played) -> Iterator[Mistake]:
    """A post with an order names the campaign of the order."""
    campaigns = {
        str(result["orderId"]): result.get("campaignId")
        for call in played.pings for result in call.results if result.get("orderId")
    }  # fmt: skip
    for call in played.creates:
        for lead in call.leads:
            wanted = campaigns.get(str(properties(lead).get("orderId") or ""))
            if wanted is not None and call.source.get("aid") not in (wanted, None):
                yield Mistake("client.sequence", "an order is used for another campaign than its own", f"aid {wanted}",
                            f"aid {call.source.get('aid')}", call, "/source/aid")  # fmt: skip


def offers_that_were_shown(played: Played) -> Iterator[Mistake]:
    """Offers that come back are those that the ping showed, with the text of consent that one of them asks for."""
    shown: dict[str, dict[str, Any]] = {}
    for ping in played.pings:
        for result in ping.results:
            shown |= {
                str(offer.get("offerId")): offer for offer in result.get("offers") or () if isinstance(offer, dict)
            }
    for call in played.creates:
        for index, lead in enumerate(call.leads):
            at = f"/leads/{index}/properties/offerIds"
            chosen = properties(lead).get("offerIds") or ()
            ids = [str(one) for one in chosen] if isinstance(chosen, list | tuple) else [str(chosen)]
            for one in ids:
                if one not in shown:
                    yield Mistake("client.sequence", "an offer comes back that was not shown",
                                ", ".join(shown) or "none", one, call, at)  # fmt: skip
            asked = [(shown[one].get("tcpaInformation") or {}) for one in ids if one in shown]
            texts = [str(one.get("tcpaText")) for one in asked if one.get("customTCPATextRequired") is True]
            name = played.task.consent_field
            sent = str((lead.get("fields") or {}).get(name, ""))
            if texts and name and sent not in texts:
                yield Mistake("client.consent", f"the consent text of the offer is not sent in {name}", f'"{texts[0]}"',
                            f'"{sent}"', call, f"/leads/{index}/fields/{name}")  # fmt: skip


# ---- ids -------------------------------------------------------------------------------------------------------------


def updates_the_lead(played: Played) -> Iterator[Mistake]:
    """The update names the lead that was accepted, and carries the changes."""
    ids = {str(result.get("leadId")) for call in played.creates for result in call.results if result.get("isValid")}
    for call in played.of(Aim.UPDATE):
        for index, lead in enumerate(call.leads):
            named = str(properties(lead).get("leadUID"))
            if named not in ids:
                yield Mistake("client.sequence", "the update names another lead", f"leadUID {' or '.join(sorted(ids))}",
                            f"leadUID {named}", call, f"/leads/{index}/properties/leadUID")  # fmt: skip
            for name, value in (played.task.changes or {}).items():
                got = (lead.get("fields") or {}).get(name)
                if got != value:
                    yield Mistake("client.altered", f"the update does not carry the change of {name}",
                                f'string "{value}"', typed(got), call, f"/leads/{index}/fields/{name}")  # fmt: skip


def asks_for_the_request(played: Played) -> Iterator[Mistake]:
    """The status is asked for by the requestId of the create."""
    ids = {
        str(call.context.response_value.get("requestId")).lower()
        for call in played.creates if call.context is not None and isinstance(call.context.response_value, dict)
    }  # fmt: skip
    for call in played.of(Aim.STATUS):
        named = _id_in(call)
        if named not in ids:
            yield Mistake(
                "client.sequence", "the status is asked for by another id", f"{' or '.join(sorted(ids))}", named, call
            )


# ---- callbacks -------------------------------------------------------------------------------------------------------


def responds_to_callbacks(played: Played) -> Iterator[Mistake]:
    """Each callback gets a status of 200 to 299."""
    heard: set[str] = set()
    for made in played.callbacks:
        if 200 <= made.status < 300:
            heard.add(made.request_id)
        elif made.request_id not in heard or "ConnectError" not in made.failure:  # else it had it, and listens no more
            yield Mistake("client.callback", "a callback is not responded to", "status 200 to 299",
                        f"status {made.status}" if made.status else made.failure, last_of(played))  # fmt: skip
            return


def acts_once(played: Played) -> Iterator[Mistake]:
    """The status of each accepted lead is asked for once, by the requestId of its create."""
    asked = [_id_in(call) for call in played.of(Aim.STATUS)]
    for name in dict.fromkeys(asked):
        if asked.count(name) > 1:
            call = played.of(Aim.STATUS)[-1]
            yield Mistake("client.repeated", "the client acts twice on one lead", "one status request for each lead",
                        f"{asked.count(name)} for {name}", call)  # fmt: skip
    yield from asks_for_the_request(played)


def acts_on_accepted(played: Played) -> Iterator[Mistake]:
    """The status is asked for of every lead that a callback says was accepted, and of no other."""
    asked = {_id_in(call): call for call in played.of(Aim.STATUS)}
    for made in played.callbacks:
        if made.accepted and 200 <= made.status < 300 and made.request_id not in asked:
            yield Mistake("client.callback", "the client does not act on a callback",
                        f"a status request for {made.request_id}", "none", last_of(played))  # fmt: skip
            return
        if not made.accepted and made.request_id in asked:
            yield Mistake("client.refusal", "the status is asked for of a lead that its callback refused",
                        f"no status request for {made.request_id}", "one", asked[made.request_id])  # fmt: skip
            return


def _id_in(call: ClientCall) -> str:
    """The id in the path of a status request."""
    return call.exchange.request.path.rstrip("/").rpartition("/")[2].lower()
