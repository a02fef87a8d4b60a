"""A profile file to nouns, and what is wrong with it: file, line, key, remedy.

Three steps, each with its own complaints: TOML syntax, the JSON Schema, and what no schema can say (references that
lead nowhere, ids given twice, examples that break their own rule). Everything wrong is named at once.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import msgspec

from leadproof.contract.profile.calendar import zone
from leadproof.contract.profile.formats import DATES, fault_of_mask
from leadproof.contract.profile.model import LeadType, Profile
from leadproof.core import cache, resources
from leadproof.core.errors import ConfigurationError
from leadproof.core.toml import TomlPath, lines_of, nearest
from leadproof.core.toml import parse as parse_toml

if TYPE_CHECKING:
    import jsonschema_rs
    from jsonschema import ValidationError


#: More complaints than this help nobody.
_MOST = 20


class Complaint(NamedTuple):
    """One thing that is wrong with a profile."""

    path: TomlPath
    what: str
    remedy: str


def load(path: str | Path | None = None) -> Profile:
    """The profile in a file; without one, the default profile that is shipped.

    Raises:
        ConfigurationError: The file cannot be read or is no profile. The message has one line for each thing that is
            wrong, with file, line and key; the hint is the remedy.
    """
    if path is None:
        return _default()
    file = Path(path)
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(
            f"{file}: {error.strerror or error}",
            hint="Name a profile file that exists, or leave the option out for the default profile.",
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(
            f"{file}: byte {error.start} is not UTF-8", hint="Save the file as UTF-8 (TOML knows no other encoding)."
        ) from error
    return parse(text, str(file))


def _default() -> Profile:
    """The shipped profile, which is read and checked once: it is the same for everybody."""
    file = resources.path("specs", "profiles", "default.toml")
    text = file.read_bytes()
    return _profile(cache.made("profile", text, lambda: _checked(text.decode(), str(file))[0]))


def parse(text: str, name: str = "profile") -> Profile:
    """The profile in a TOML text; `name` is what complaints call it.

    Raises:
        ConfigurationError: As `load` does.
    """
    return _checked(text, name)[1]


def _checked(text: str, name: str) -> tuple[dict[str, Any], Profile]:
    try:
        document = parse_toml(text)
    except ValueError as error:
        line = re.search(r"at line (\d+)", str(error))
        place = f"{name}:{line[1] if line else text.count(chr(10)) + 1}"  # else it is the end of the document
        raise ConfigurationError(f"{place}: no valid TOML: {error}", hint="Mend the syntax at that line.") from error
    # Once each: the library complains once for every missing key, and each time all of them are named.
    complaints = list(dict.fromkeys(_schema_complaints(document)))
    if not complaints:
        profile = _profile(document)
        complaints = list(_reference_complaints(profile))
        if not complaints:
            return document, profile
    lines = lines_of(text)
    shown = [f"{name}:{nearest(lines, one.path)}: {_key(one.path)}: {one.what}" for one in complaints[:_MOST]]
    if len(complaints) > _MOST:
        shown.append(f"… and {len(complaints) - _MOST} more")
    raise ConfigurationError("\n".join(shown), hint=complaints[0].remedy)


def _profile(document: dict[str, Any]) -> Profile:
    # The model's annotations are the converter's specification; the schema has decided before that this succeeds.
    # The one table that may be left out whole stands for its defaults.
    return msgspec.convert({"rules": {}, **document}, Profile, strict=True)


# ---- what the schema says ------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _schema() -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(resources.path("specs", "profiles", "profile.schema.json").read_bytes())
    return schema


@lru_cache(maxsize=1)
def _verdict() -> jsonschema_rs.Draft202012Validator:
    import jsonschema_rs

    return jsonschema_rs.Draft202012Validator(_schema(), validate_formats=True, formats={"regex": _is_regex})


def _is_regex(text: str) -> bool:
    """As Python means it, which reads the pattern."""
    try:
        re.compile(text)
    except re.error:
        return False
    return True


#: What to do about a breach, by the keyword of the schema.
_REMEDIES = {
    "required": "Add the key; default.toml shows it in use.",
    "type": "Give the key a value of the right type: text in quotes, numbers and true/false without.",
    "enum": "Use one of the values listed.",
    "oneOf": 'Give the criterion exactly one of one_of = […], pattern = "…", min/max, or min_age/max_age.',
    "format": "Mend the regular expression.",
    "pattern": "Mend the value; ids and names hold no spaces or control characters, URLs start with http:// or https://.",
}


def _schema_complaints(document: dict[str, Any]) -> Iterator[Complaint]:
    if _verdict().is_valid(document):
        return
    # Slow to import, and no business of a profile that is right.
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    explaining = Draft202012Validator(_schema(), format_checker=Draft202012Validator.FORMAT_CHECKER)
    errors = sorted(explaining.iter_errors(document), key=lambda error: [str(part) for part in error.absolute_path])
    for error in errors:
        path: TomlPath = tuple(error.absolute_path)
        if error.validator == "additionalProperties":
            yield from _unknown_keys(error, path)
        elif error.validator == "required":
            for name in _keywords(error)["required"]:
                if name not in cast(dict[str, Any], error.instance):
                    yield Complaint((*path, name), "is missing", _REMEDIES["required"])
        elif error.validator == "oneOf":
            yield Complaint(
                path, "needs one of one_of, pattern, min/max, min_age/max_age, and only one", _REMEDIES["oneOf"]
            )
        else:
            error = best_match([error])
            remedy = _REMEDIES.get(str(error.validator), "Mend the value; default.toml shows one that will do.")
            yield Complaint(path, error.message, remedy)


def _keywords(error: ValidationError) -> dict[str, Any]:
    """The part of the schema that was breached; jsonschema's type allows for schemas that are true or false."""
    return cast(dict[str, Any], error.schema)


def _unknown_keys(error: ValidationError, path: TomlPath) -> Iterator[Complaint]:
    known = list(_keywords(error)["properties"])
    for key in cast(dict[str, Any], error.instance):
        if key not in known:
            import difflib

            near = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
            remedy = f"Did you mean {near[0]}?" if near else f"Known here: {', '.join(known)}."
            yield Complaint((*path, key), "is no key of a profile", remedy)


# ---- what no schema can say ----------------------------------------------------------------------------------------


def _reference_complaints(profile: Profile) -> Iterator[Complaint]:
    yield from _twice("sources", "vid", (one.vid for one in profile.sources))
    yield from _twice("lead_types", "lid", (one.lid for one in profile.lead_types))
    yield from _twice("campaigns", "aid", (one.aid for one in profile.campaigns))
    yield from _twice("offers", "offerId", (one.offerId for one in profile.offers))
    yield from _twice("clients", "clientId", (one.clientId for one in profile.clients))
    for index, source in enumerate(profile.sources):
        path: TomlPath = ("sources", index, "lids")
        yield from _dangling(path, source.lids, profile.lead_type_by_lid, "lead type")
    for index, kind in enumerate(profile.lead_types):
        yield from _field_complaints(("lead_types", index, "fields"), kind)
    for index, campaign in enumerate(profile.campaigns):
        path = ("campaigns", index)
        lead_type = profile.lead_type_by_lid.get(campaign.lid)
        if lead_type is None:
            yield from _dangling((*path, "lid"), [campaign.lid], profile.lead_type_by_lid, "lead type")
            continue
        yield from _dangling((*path, "offers"), campaign.offers, profile.offer_by_id, "offer")
        yield from _dangling((*path, "clients"), campaign.clients, profile.client_by_id, "client")
        names = {one.name: one for one in lead_type.fields}
        for number, criterion in enumerate(campaign.criteria):
            place = (*path, "criteria", number, "field")
            yield from _dangling(place, [criterion.field], names, f"field of lead type {campaign.lid}")
            known = names.get(criterion.field)
            ages = criterion.min_age is not None or criterion.max_age is not None
            if ages and known is not None and known.format not in DATES:
                yield Complaint(place, f"an age needs a date, and {known.name} is {known.format}", _AGE)
        for keys in campaign.duplicate_keys:
            yield from _dangling((*path, "duplicate_keys"), keys, names, f"field of lead type {campaign.lid}")
        if zone(campaign.timezone) is None:
            yield Complaint(
                (*path, "timezone"),
                f"there is no time zone {campaign.timezone!r} on this machine",
                "Use a name of the IANA database such as America/New_York (on Windows, pip install tzdata).",
            )
        for number, hours in enumerate(campaign.hours):
            if hours.opens == hours.closes:
                yield Complaint((*path, "hours", number), "opens when it closes", "For the whole day, leave both out.")


def _twice(table: str, key: str, ids: Iterable[object]) -> Iterator[Complaint]:
    seen: set[object] = set()
    for index, one in enumerate(ids):
        if one in seen:
            yield Complaint((table, index, key), f"{one} is given twice", "Give every entry a number or id of its own.")
        seen.add(one)


def _dangling(path: TomlPath, ids: Iterable[object], known: Iterable[object], what: str) -> Iterator[Complaint]:
    there = [str(one) for one in known]
    for one in ids:
        if str(one) not in there:
            import difflib

            near = difflib.get_close_matches(str(one), there, n=1)
            remedy = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(there) or 'none'}."
            yield Complaint(path, f"there is no {what} {one}", remedy)


#: What to do where an age is asked of what is no date.
_AGE = 'Give the field format = "date" (or "datetime").'


def _field_complaints(path: TomlPath, kind: LeadType) -> Iterator[Complaint]:
    seen: set[str] = set()
    names = [field.name for field in kind.fields]
    for index, one in enumerate(kind.fields):
        if one.name in seen:
            yield Complaint((*path, index, "name"), f"{one.name} is given twice", "Give every field a name of its own.")
        seen.add(one.name)
        if one.mask and (fault := fault_of_mask(one.mask, one.format)):
            remedy = "Write a date as MM/DD/YYYY or YYYY-MM-DD, a number with # for each digit: ###-###-####."
            yield Complaint((*path, index, "mask"), f"{one.mask!r} {fault}", remedy)
            continue
        if one.ages and one.format not in DATES:
            yield Complaint((*path, index), f"an age needs a date, and {one.name} is {one.format}", _AGE)
        for key, low, high in (("max", one.min, one.max), ("max_age", one.min_age, one.max_age)):
            if low is not None and high is not None and low > high:
                yield Complaint((*path, index, key), f"{high} is below the minimum, {low}", "Mend one of the bounds.")
        for key, values in (("allowed", one.allowed), ("constant", (one.constant,)), ("examples", one.examples)):
            for value in filter(None, values):
                if fault := one.fault(value):
                    yield Complaint((*path, index, key), f"{value!r} {fault}", "Mend the value or the rule.")
        for number, condition in enumerate(one.required_if):
            place = (*path, index, "required_if", number, "field")
            yield from _dangling(place, [condition.field], names, f"field of lead type {kind.lid}")
            if condition.field == one.name:
                yield Complaint(place, "a field cannot be required because of itself", "Name another field.")
    for number, trigger in enumerate(kind.test_triggers):
        place = (*path[:-1], "test_triggers", number)
        yield from _dangling((*place, "field"), [trigger.field], names, f"field of lead type {kind.lid}")


def _key(path: TomlPath) -> str:
    """A path as people write it: campaigns[0].criteria[1].field."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text or "profile"
