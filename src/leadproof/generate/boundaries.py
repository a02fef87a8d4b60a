"""Values at the edges: of every member of a request, and of every field that the posting profile names.

Plain lists, no chance: `rows` walks through all of them in as few requests as the longest list has values, so that a
run has tried each once, whatever a generator makes besides. Everything is valid, and both representations can carry it
unless a list is for JSON only.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from leadproof.contract.profile import Field
from leadproof.generate.leads import LeadMaker
from leadproof.generate.values import fitting

Value = dict[str, Any]

#: Texts that services stumble over, all of which both representations can carry.
TEXTS = (
    "", "a", "Ünïcödé ✓ 漢字 🙂", "<b>&amp;\"'</b>", " spaces around ", "line\nbreak", "x" * 200, "0", "null", "true",
    "O'Brien", "%41%00", "\u202eright to left", "e\u0301", "]]>",
)  # fmt: skip

#: Hours; zero most of all, since a delayed lead is not delivered.
DELAYS = (0, 0.0, 0.5, 1, 24, 720)

#: Leads in one request.
BATCHES = (1, 2, 3, 25)

_CALL: dict[str, tuple[Any, ...]] = {
    "callResult": ("Qualified", "Voicemail", *TEXTS[2:5]),
    "callDuration": (0, 1, 59.5, 3600, 86400),
    "ivrNumber": (8005550100, 2125550199, 18005550100),
    "callDate": (
        "2026-01-31T16:25:12Z", "2026-01-31T16:25:12.123Z", "2026-01-31T10:25:12-06:00", "2024-02-29T23:59:59Z", None,
    ),
    "recordingUrl": ("", "https://recordings.example/1.mp3", "http://recordings.example/a%20b?x=1&y=2", None),
}  # fmt: skip


def members(operation: str, fmt: str) -> dict[str, tuple[Any, ...]]:
    """Member of source or properties -> its values; None where it may be left out."""
    found: dict[str, tuple[Any, ...]] = {}
    if operation == "update_lead":
        return {"processDelivery": (False, True, None)}
    if operation in ("ping", "duplicate_check"):
        return {"reference": (*TEXTS, None)} if fmt == "xml" else {}
    found = {
        "sendDelay": DELAYS if fmt == "json" else (*DELAYS, None),
        "reference": (*TEXTS, None),
        "noSell": (False, True, None),
    }
    return found | _CALL if operation == "create_call_lead" else found


# ---- fields ----------------------------------------------------------------------------------------------------------


def leads_fields(maker: LeadMaker, *, ping: bool, fmt: str) -> list[Value]:
    """Sets of fields that the profile takes, the smallest first: every value of every field is in one of them.

    Fields that tell one lead from another are left out: they are set for each lead.
    """
    campaign = maker.chosen()
    keys = {name for one in maker.profile.campaigns for names in one.duplicate_keys for name in names}
    lists: dict[str, list[Any]] = {}
    needed = set()
    for one in maker.lead_type().fields:
        # A condition may come to hold with any of the values that are tried.
        conditional = any(condition.in_ping or not ping for condition in one.required_if)
        needless = one.personal and not (one.required_in_ping or conditional)
        if (ping and needless) or (one.name in keys and not ping):
            continue
        known = fitting(one, campaign, maker.lead_type(), maker.today)
        values = _values(one, known, fmt, maker, decisive=_decisive(one, maker))
        if not values:
            continue
        lists[one.name] = values
        if (one.required_in_ping if ping else one.required_in_post) or conditional or _decisive(one, maker):
            needed.add(one.name)
    smallest = {name: values[0] for name, values in lists.items() if name in needed}
    longest = max((len(values) for values in lists.values()), default=0)
    walked = [{name: values[turn % len(values)] for name, values in lists.items()} for turn in range(longest)]
    nulls = [{**smallest, **{name: None for name in lists if name not in needed}}] if fmt == "json" else []
    return [smallest, *walked, *nulls]


def _decisive(one: Field, maker: LeadMaker) -> bool:
    return any(criterion.field == one.name for criterion in maker.chosen().criteria)


def _values(one: Field, known: list[str], fmt: str, maker: LeadMaker, *, decisive: bool) -> list[Any]:
    """Values of a field: those of the profile, then what its rules allow besides."""
    values: list[Any] = list(known)
    if not decisive and not one.allowed and one.format == "text":
        values += [text for text in TEXTS if text and text.strip()]
        values.append(("long " * one.max_length)[: one.max_length - 1] + "x")
    elif one.format in ("integer", "number") and fmt == "json":
        values += [int(text) for text in known if text.isascii() and text.isdigit()]
    elif one.format == "boolean" and fmt == "json":
        values += [text == "true" for text in known if text in ("true", "false")]
    tests = {trigger.value for trigger in maker.lead_type().test_triggers if trigger.field == one.name}
    return [value for value in values if not one.fault(_text(value), maker.today) and value not in tests]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


# ---- requests --------------------------------------------------------------------------------------------------------


def rows(operation: str, fmt: str, maker: LeadMaker) -> Iterator[Value]:
    """Requests that hold every value of every member and of every field, each at least once.

    Who the leads are, orders, offers and the lead to update are for the caller to set.
    """
    base, _ = maker.request(operation, (1,))
    fields = leads_fields(maker, ping=operation == "ping", fmt=fmt)
    lists = members(operation, fmt)
    turns = max(len(fields), *(len(values) for values in lists.values()), len(BATCHES)) if lists else len(fields)
    for turn in range(turns):
        chosen = {name: values[turn % len(values)] for name, values in lists.items()}
        source = {key: value for key, value in base["source"].items() if key not in chosen}
        source |= {key: value for key, value in chosen.items() if key == "sendDelay" and value is not None}
        if turn % 2 and "aid" in source and operation != "duplicate_check":
            del source["aid"]  # the service chooses the campaign
        properties = {key: value for key, value in chosen.items() if key != "sendDelay" and value is not None}
        alone = operation in ("inbound_post", "update_lead") or turn >= len(
            BATCHES
        )  # each size once: many leads cost much
        leads = 1 if alone else BATCHES[turn]
        yield {
            "source": source,
            "leads": [
                {"properties": dict(properties), "fields": dict(fields[(turn + index) % len(fields)])}
                for index in range(leads)
            ],
        }
    if operation not in ("create_call_lead", "update_lead"):  # those need some of its members
        bare = {key: value for key, value in base["source"].items() if key != "sendDelay" or fmt == "json"}
        yield {"source": bare, "leads": [{"fields": dict(fields[0])}]}
