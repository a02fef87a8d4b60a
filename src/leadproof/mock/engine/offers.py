"""Offers: presented with the response to a ping or a create call, accepted by the consumer.

The state machine is `TRANSITIONS`. The offers of a lead are those of its campaign; the lead only keeps which of them
were accepted (`leads.Lead.accepted_offers`).
"""

from __future__ import annotations

from leadproof.contract.profile import Offer
from leadproof.mock.engine.leads import StoredLead

#: State and event give the next state. Accepting twice changes nothing: a PUT may be repeated (RFC 9110, 9.2.2).
TRANSITIONS: dict[tuple[str, str], str] = {
    ("presented", "accept"): "accepted",
    ("accepted", "accept"): "accepted",
}

#: States of a lead in which its offers are gone.
_CLOSED = frozenset({"rejected", "returned"})


def value(offer: Offer) -> dict[str, object]:
    """An offer as the responses show it."""
    terms = offer.tcpaInformation
    return {
        "offerId": offer.offerId,
        "companyName": offer.companyName,
        "companyPhoneNumber": offer.companyPhoneNumber,
        "name": offer.name,
        "description": offer.description,
        "type": offer.type,
        "price": offer.price,
        "url": offer.url,
        "tcpaInformation": {
            "customTCPATextRequired": terms.customTCPATextRequired,
            "tcpaText": terms.tcpaText,
            "privacyURL": terms.privacyURL,
            "termsURL": terms.termsURL,
        },
    }


def state(lead: StoredLead, position: int | None) -> str:
    """The state of the campaign's offer at a position; "" if the lead has no such offer (any more)."""
    if position is None or lead.state in _CLOSED:
        return ""
    return "accepted" if position in lead.accepted_offers else "presented"


def accept(lead: StoredLead, position: int | None) -> bool:
    """Mark an offer of a lead as accepted; False if the lead has no such offer."""
    after = TRANSITIONS.get((state(lead, position), "accept"))
    if after is None or position is None:
        return False
    lead.accepted_offers = tuple(sorted({*lead.accepted_offers, position}))
    return True
