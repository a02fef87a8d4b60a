"""What a posting document says besides its fields: ids, members of the request, price, caps, hours, states, ages.

A row of a table of fields that names a member of the request is no field; a line outside of a table is a label and its
value. What a label means stands in tables.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from leadproof.contract.profile.calendar import DAYS
from leadproof.contract.profile.conditions import Criterion
from leadproof.contract.profile.formats import STATES
from leadproof.contract.profile.model import Cap, Hours
from leadproof.contract.profile.posting import choices
from leadproof.contract.profile.posting.headings import plain

#: The three ids of `source` -> names, without signs and in small letters.
IDS = {
    "vid": ("vid", "source vid", "source id", "sourceid", "vendor id", "vendorid", "publisher id", "partner id"),
    "lid": ("lid", "source lid", "lead type id", "leadtypeid", "lead type lid"),
    "aid": ("aid", "source aid", "campaign id", "campaignid", "campaign aid"),
}
_IDS = {name: key for key, names in IDS.items() for name in names}

#: Members of a request that posting documents list among the fields -> what leadproof does about them.
MEMBERS: dict[str, tuple[str, ...]] = {
    key: tuple(text.split(";"))
    for key, text in {
        "credentials": (
            "api key;apikey;x api key;authorization;access token;accesstoken;bearer token;token;api token;password;key"
        ),
        "member": (
            "senddelay;send delay;returnurl;return url;reference;nosell;no sell;orderid;order id;"
            "offerids;offer ids;ping id;pingid"
        ),
        "envelope": "source;leads;lead;properties;fields",
    }.items()
}
_MEMBERS = {name: kind for kind, names in MEMBERS.items() for name in names}
WORDS = {
    "credentials": "credentials come from the environment and are never written to a profile",
    "member": "a member of the request, which leadproof sends by itself; no field of the lead",
    "envelope": "a part of the request's frame; no field of the lead",
}

#: Labels of lines -> what they are about.
LABELS: dict[str, tuple[str, ...]] = {
    key: tuple(text.split(";"))
    for key, text in {
        "price": "price;payout;bid;cpl;price per lead;fixed bid;rate;lead price;payout per lead",
        "cap": "cap;caps;lead cap;volume cap;volume",
        "hour": "hourly cap",
        "day": "daily cap;max per day;max leads per day;leads per day;cap per day",
        "week": "weekly cap;max per week;leads per week",
        "month": "monthly cap;max per month;leads per month",
        "hours": (
            "hours;acceptance hours;posting hours;hours of operation;accepted hours;schedule;"
            "business hours;days and hours;lead hours;acceptance schedule"
        ),
        "states": "states;accepted states;states accepted;footprint;geo;coverage;state coverage;allowed states",
        "not_states": "excluded states;states excluded;states not accepted;blocked states;restricted states",
        "age": "age;ages;accepted ages;age range;age requirement;minimum age",
        "type": "lead type;vertical;product;lead category",
        "campaign": "campaign;campaign name",
        "name": "partner;company;buyer;client;account;publisher",
        "target": (
            "post url;ping url;url;endpoint;posting url;production url;test url;method;http method;"
            "content type;request method;protocol;post endpoint;ping endpoint;staging url;encoding"
        ),
    }.items()
}
_LABELS = {name: key for key, names in LABELS.items() for name in names}

#: Names of time zones as people write them -> IANA names.
_ZONES = {
    "et": "America/New_York", "est": "America/New_York", "edt": "America/New_York", "eastern": "America/New_York",
    "ct": "America/Chicago", "cst": "America/Chicago", "cdt": "America/Chicago", "central": "America/Chicago",
    "mt": "America/Denver", "mst": "America/Denver", "mdt": "America/Denver", "mountain": "America/Denver",
    "pt": "America/Los_Angeles", "pst": "America/Los_Angeles", "pdt": "America/Los_Angeles",
    "pacific": "America/Los_Angeles", "utc": "UTC", "gmt": "UTC",
}  # fmt: skip


@dataclass(slots=True)
class StatedTerms:
    """What was said of the account and its campaign."""

    ids: dict[str, int] = field(default_factory=dict)
    name: str = ""
    lead_type: str = ""
    campaign: str = ""
    price: float | None = None
    caps: list[Cap] = field(default_factory=list)
    hours: list[Hours] = field(default_factory=list)
    timezone: str = ""
    #: States that are taken, and that are not.
    states: tuple[str, ...] = ()
    not_states: tuple[str, ...] = ()
    ages: Criterion | None = None


def id_of(name: str) -> str:
    """vid, lid or aid, if a name stands for it; else ""."""
    return _IDS.get(plain(name), "")


def member_of(name: str) -> str:
    """A key of `MEMBERS`, if a name is a member of the request; else ""."""
    return _MEMBERS.get(plain(name.rpartition(".")[2]), "")


def is_line(text: str) -> bool:
    """Does a text begin with a label that is known?"""
    return plain(text.partition(":")[0]) in {*_LABELS, *_IDS, *_MEMBERS}


def line(text: str, terms: StatedTerms) -> str:
    """Takes a line such as "Daily cap: 100" into the terms; what was understood, or "" if nothing was."""
    label, sign, value = text.partition(":") if ":" in text else text.partition("\n")
    label, value = plain(label), value.strip()
    if not sign or not value:
        return ""
    if label in _IDS and (digits := re.fullmatch(r"\D{0,3}(\d{1,15})", value)) and int(digits[1]):
        terms.ids[_IDS[label]] = int(digits[1])
        return f"{_IDS[label]} {digits[1]}"
    if member := _MEMBERS.get(label):
        return WORDS[member]
    about = _LABELS.get(label, "")
    return _READERS[about](value, terms, about) if about else ""


def _price(value: str, terms: StatedTerms, about: str) -> str:
    found = re.search(r"\d[\d,]*(?:\.\d+)?", value)
    if found is None:
        return ""
    terms.price = float(found[0].replace(",", ""))
    return f"a lead pays {terms.price:g}"


_CAP = re.compile(
    r"\D*?(\d[\d,]*)\s*(?:leads?)?\s*(?:(?:per|a|each|/)?\s*(hour|day|week|month|daily|weekly|monthly)?)?"
    r"\s*(?:,?\s*(?:on )?(weekdays|weekends?|[a-z, -]{3,40}))?"
)


def _cap(value: str, terms: StatedTerms, about: str) -> str:
    found = _CAP.fullmatch(value.strip().lower())
    if found is None:
        return ""
    per = (
        about
        if about != "cap"
        else {"daily": "day", "weekly": "week", "monthly": "month"}.get(found[2] or "day", found[2] or "day")
    )
    days = _days(found[3]) if found[3] else ()
    if found[3] and not days:
        return ""
    cap = Cap(int(found[1].replace(",", "")), per, days)
    terms.caps.append(cap)
    return f"at most {cap.most} accepted leads a {per}{' on ' * bool(days)}{', '.join(days)}"


_CLOCK = r"(\d{1,2})(?::(\d\d))?\s*(am|pm|a|p)?"
_TIMES = re.compile(rf"(?:from\s+)?{_CLOCK}\s*(?:-|–|to|until)\s*{_CLOCK}", re.I)


def _hours(value: str, terms: StatedTerms, about: str) -> str:
    rows, zone = [], ""
    for name in re.findall(r"[A-Za-z]+(?:/[A-Za-z_]+)?", value):
        zone = zone or _ZONES.get(name.lower(), name if "/" in name else "")
    if re.search(r"24\s*/\s*7|always|around the clock", value, re.I):
        return "leads are taken at any time"
    for part in re.split(r"[;\n]|,(?=\s*(?:mon|tue|wed|thu|fri|sat|sun|week))", value, flags=re.I):
        times = _TIMES.search(part)
        if times is None:
            return ""
        said = part[: times.start()].strip(" ,:")
        days = _days(said.lower()) if said else ()
        if said and not days:
            return ""
        opens, closes = _clock(times[1], times[2], times[3] or times[6]), _clock(times[4], times[5], times[6])
        if times[3] is None and opens > closes:  # 9-5 pm begins in the morning
            opens = _clock(times[1], times[2], "am")
        rows.append(Hours(days, opens, "24:00" if closes == "00:00" else closes))
    if not rows or any(row.opens == row.closes or row.opens > "24:00" or row.closes > "24:00" for row in rows):
        return ""
    terms.hours, terms.timezone = rows, zone or terms.timezone
    shown = "; ".join(f"{', '.join(row.days) or 'every day'} {row.opens} to {row.closes}" for row in rows)
    return f"leads are taken {shown}, {zone or 'UTC, because no time zone is named'}"


def _clock(hour: str, minute: str | None, half: str | None) -> str:
    number = int(hour) % 12 + 12 * (half.lower()[0] == "p") if half else int(hour)
    return f"{number:02}:{minute or '00'}"


def _days(text: str) -> tuple[str, ...]:
    """mon-fri, weekdays, sat and sun: the days that words name; none where they say anything else."""
    if "weekday" in text:
        return DAYS[:5]
    if "weekend" in text:
        return DAYS[5:]
    if re.fullmatch(r"(?:every ?day|daily|all days)", text.strip()):
        return DAYS
    known: list[str] = []
    for part in re.split(r"\s*(?:,|&|\band\b|/)\s*", text.strip(" ,:")):
        names = [name[:3] for name in re.split(r"\s*(?:-|–|to|through|thru)\s*", part)]
        if not 1 <= len(names) <= 2 or any(name not in DAYS for name in names):
            return ()
        first, last = DAYS.index(names[0]), DAYS.index(names[-1])
        known += [DAYS[index % 7] for index in range(first, last + 1 if last >= first else last + 8)]
    return tuple(day for day in DAYS if day in known)


def _states(value: str, terms: StatedTerms, about: str) -> str:
    names = tuple(dict.fromkeys(re.findall(r"\b[A-Z]{2}\b", value)))
    if re.fullmatch(r"(?i)\W*(?:all|nationwide|national|us|usa|all states|all 50 states)\W*", value):
        return "leads of all states are taken"
    if not names or not set(names) <= STATES:
        return ""
    setattr(terms, about, names)
    return f"leads of {', '.join(names)} are {'not ' * (about == 'not_states')}taken"


def _age(value: str, terms: StatedTerms, about: str) -> str:
    found = choices.values(value)
    low, high = (None if one is None else int(one) for one in (found.min, found.max))
    if low is None and high is None and value.strip().isdecimal():
        low = int(value)
    if low is None and high is None:
        return ""
    terms.ages = Criterion("", min_age=low, max_age=high)
    return f"ages {low if low is not None else 0} to {high if high is not None else 'any'} are taken"


def _named(value: str, terms: StatedTerms, about: str) -> str:
    setattr(terms, {"type": "lead_type"}.get(about, about), " ".join(value.split())[:100])
    return f"the name of the {'account' if about == 'name' else about.replace('type', 'lead type')}"


def _target(value: str, terms: StatedTerms, about: str) -> str:
    return "where and how requests are sent: no part of a profile, name the service with --target"


_READERS = {
    "price": _price, "cap": _cap, "hour": _cap, "day": _cap, "week": _cap, "month": _cap, "hours": _hours,
    "states": _states, "not_states": _states, "age": _age, "type": _named, "campaign": _named, "name": _named,
    "target": _target,
}  # fmt: skip
assert set(_READERS) == set(LABELS)
