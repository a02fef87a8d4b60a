"""What a client is asked to do: `Task`, as the JSON file that it is given, and the leads in it.

A situation has the same leads each time: they are made of the posting profile and a seed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from leadproof.core.errors import ConfigurationError
from leadproof.generate.leads import LeadMaker

SCHEMA = "leadproof.task/1"

#: Tasks with two leads.
_SEVERAL = frozenset({"sell-each", "sell-together"})


@dataclass(frozen=True, slots=True)
class TaskLead:
    """A lead that is to be sold."""

    reference: str
    fields: Mapping[str, str]
    #: Names of the fields that belong into a ping.
    in_ping: tuple[str, ...]

    def identifying(self) -> dict[str, str]:
        """The fields by which it is told from others."""
        return {name: value for name, value in self.fields.items() if self.reference in value or "@" in value}


@dataclass(frozen=True, slots=True)
class Task:
    """What a client is asked to do."""

    name: str
    url: str
    api_key: str
    source: Mapping[str, Any]
    leads: tuple[TaskLead, ...]
    #: Name of the field that carries the text that an offer wants agreed to; "" if the posting profile has none.
    consent_field: str = ""
    changes: Mapping[str, str] | None = None

    def document(self) -> dict[str, Any]:
        """As the client gets it."""
        return {
            "schema": SCHEMA,
            "task": self.name,
            "url": self.url,
            "apiKey": self.api_key,
            "source": dict(self.source),
            "consentField": self.consent_field,
            "leads": [
                {"reference": one.reference, "fields": dict(one.fields), "pingFields": list(one.in_ping)}
                for one in self.leads
            ],
            **({"changes": dict(self.changes)} if self.changes else {}),
        }

    def text(self) -> str:
        """The file that the client gets."""
        return json.dumps(self.document(), indent=2, ensure_ascii=False) + "\n"


def task(
    name: str,
    url: str,
    maker: LeadMaker,
    situation: str,
    *,
    several: bool = False,
    values: Mapping[str, str] | None = None,
) -> Task:
    """The task of a situation.

    Args:
        name: A key of `situations.TASKS`.
        url: Base URL of the receiver.
        maker: Makes the leads.
        situation: Its id, which is a part of the references.
        several: Are there two leads, whatever the task?
        values: Format of a field -> the value that fields of that format have instead of an example.

    Raises:
        ConfigurationError: The profile has no source that may create leads.
    """
    if maker.source("create_lead") is None:
        raise ConfigurationError(
            f"the profile {maker.profile.name!r} has no source that may create leads",
            hint="add a [[sources]] table for the lead type of the first campaign",
        )
    kind = maker.lead_type()
    formats = {one.name: one.format for one in kind.fields}
    in_ping = tuple(one.name for one in kind.fields if one.required_in_ping)
    leads = []
    for number in (1, 2) if several or name in _SEVERAL else (1,):
        fields = dict(maker.fields(number))
        for one in kind.fields:  # those that take any text of their format
            free = not (one.allowed or one.pattern or one.name in in_ping)
            if one.name in fields and free and one.format in (values or {}):
                fields[one.name] = (values or {})[one.format]
        leads.append(TaskLead(f"leadproof-{situation}-{number}", fields, in_ping))
    request, _ = maker.request("create_lead", (1,))
    consent = next((one.name for one in kind.fields if one.consent_of_offer), "")
    changed = next((name for name in leads[0].fields if formats[name] == "text" and name not in in_ping), "")
    credentials = maker.profile.credentials
    return Task(
        name, url, next(iter(credentials.api_keys), ""), request["source"], tuple(leads), consent,
        {changed: f"{leads[0].fields[changed]} II"} if name == "sell-and-update" and changed else None,
    )  # fmt: skip
