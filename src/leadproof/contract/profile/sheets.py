"""A profile as tables that a partner can read: plain text for a console, Markdown, HTML.

What stands in a cell stands there in words that `posting` reads, so that the tables of a profile can be imported again,
but for ages and conditions of more values than are shown.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Sequence
from html import escape
from typing import NamedTuple

from leadproof.contract.profile.conditions import bounds, words
from leadproof.contract.profile.model import Campaign, Field, LeadType, Profile
from leadproof.core.text import count


class Sheet(NamedTuple):
    """One table."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


#: Heading -> what stands below it for a field; a column that is empty for all fields is left out.
_COLUMNS: dict[str, Callable[[Field], str]] = {
    "Field": lambda one: one.name,
    "Type": lambda one: one.format,
    "Format": lambda one: one.mask or (f"^{one.pattern}$" if one.pattern else ""),
    "Required in ping": lambda one: _required(one, ping=True),
    "Required in post": lambda one: _required(one, ping=False),
    "Required if": lambda one: "\n".join(f"if {words(condition)}" for condition in one.required_if),
    "Allowed values": lambda one: "\n".join(one.allowed) if one.allowed else _range(one.min, one.max),
    "Constant": lambda one: one.constant,
    "Age": lambda one: _range(one.min_age, one.max_age),
    "Separator": lambda one: one.separator,
    "Max length": lambda one: str(one.max_length) if one.max_length != 255 else "",
    "Example": lambda one: "\n".join(one.examples[:3]),
    "Personal": lambda one: "Yes" if one.personal else "",
    "Description": lambda one: one.description,
}


def _required(one: Field, *, ping: bool) -> str:
    if one.required_in_ping if ping else one.required_in_post:
        return "Yes"
    return "Conditional" if any(condition.in_ping or not ping for condition in one.required_if) else "No"


def _range(low: float | None, high: float | None) -> str:
    return "" if low is None and high is None else bounds(low, high)


def summary(one: Field) -> str:
    """A field's rules in one line."""
    kind = {"text": "text", "datetime": "date and time"}.get(one.format, one.format)
    parts = [f"{kind} written {one.mask}" if one.mask else kind]
    if one.allowed:
        shown = ", ".join(one.allowed[:6]) + (f" and {len(one.allowed) - 6} more" if len(one.allowed) > 6 else "")
        parts.append(f"one of {shown}" if len(one.allowed) > 1 else f"only {shown}")
    parts += [f"always {one.constant}"] * bool(one.constant)
    parts += [f"matches {one.pattern}"] * bool(one.pattern)
    parts += [_range(one.min, one.max)] * (one.min is not None or one.max is not None)
    parts += [f"age {_range(one.min_age, one.max_age)}"] * one.ages
    parts += [f"several with {one.separator!r} between"] * bool(one.separator)
    parts += [f"at most {count(one.max_length, 'character')}"] * (one.max_length != 255)
    needed = [name for name, set_ in (("ping", one.required_in_ping), ("post", one.required_in_post)) if set_]
    parts.append(f"required in {' and '.join(needed)}" if needed else "optional")
    parts += [f"required if {words(condition)}" for condition in one.required_if]
    parts += ["personal"] * bool(one.personal)
    return "; ".join(parts)


def sheets(profile: Profile) -> list[Sheet]:
    """The tables of a profile: each lead type with its fields, campaigns with what they take, sources, offers."""
    tables = [_fields(kind) for kind in profile.lead_types]
    tables += [_triggers(kind) for kind in profile.lead_types if kind.test_triggers]
    tables.append(
        Sheet(
            "Campaigns",
            ("Campaign", "aid", "lid", "Price", "Takes", "Hours", "Caps"),
            tuple(
                (
                    one.name + " (paused)" * one.disabled,
                    str(one.aid),
                    str(one.lid),
                    f"{one.price:g}",
                    "\n".join(_taken(one)),
                    "\n".join(_hours(one)),
                    "\n".join(_caps(one)),
                )
                for one in profile.campaigns
            ),
        )
    )
    sources = [
        (one.name + " (disabled)" * one.disabled, str(one.vid), ", ".join(map(str, one.lids)))
        for one in profile.sources
    ]
    tables.append(Sheet("Sources", ("Source", "vid", "Lead types"), tuple(sources)))
    if profile.offers:
        offers = [
            (one.offerId, one.companyName, one.name, f"{one.price:g} {one.type.lower()}", one.tcpaInformation.tcpaText)
            for one in profile.offers
        ]
        tables.append(Sheet("Offers", ("Offer", "Company", "Title", "Costs", "Consent text"), tuple(offers)))
    return tables


def _fields(kind: LeadType) -> Sheet:
    used = {name: cell for name, cell in _COLUMNS.items() if any(cell(one) for one in kind.fields)}
    rows = tuple(tuple(cell(one) for cell in used.values()) for one in kind.fields)
    return Sheet(f"{kind.name} (lid {kind.lid})", tuple(used), rows)


def _triggers(kind: LeadType) -> Sheet:
    rows = tuple((one.field, one.value, one.response_type) for one in kind.test_triggers)
    return Sheet(f"{kind.name}: test leads", ("When", "Has", "The response is"), rows)


def _taken(one: Campaign) -> Iterator[str]:
    for criterion in one.criteria:
        yield f"{'not ' * criterion.exclude}{words(criterion)}"
    if one.order_required:
        yield "only with an order from a ping"


def _hours(one: Campaign) -> Iterator[str]:
    for hours in one.hours:
        yield f"{', '.join(hours.days) or 'every day'} {hours.opens} to {hours.closes}"
    if one.hours:
        yield one.timezone


def _caps(one: Campaign) -> Iterator[str]:
    if one.cap is not None:
        yield f"{one.cap} in {one.cap_window} s"
    for cap in one.caps:
        yield f"{cap.most} a {cap.per}{' on ' * bool(cap.days)}{', '.join(cap.days)}"


# ---- three ways to show them ---------------------------------------------------------------------------------------


def as_text(profile: Profile, width: int = 110) -> str:
    """For a console: each field on a line, with its rules below where they do not fit."""
    blocks = [profile.name]
    for kind in profile.lead_types:
        longest = min(28, max(len(one.name) for one in kind.fields))
        lines = [f"{kind.name} (lid {kind.lid})"]
        for one in kind.fields:
            lead = f"  {one.name:<{longest}}  "
            after = f"{summary(one)}{'. ' * bool(one.description)}{one.description}"
            lines += textwrap.wrap(after, max(width, len(lead) + 40), initial_indent=lead,
                                   subsequent_indent=" " * (longest + 4), break_long_words=False,
                                   break_on_hyphens=False)  # fmt: skip
        blocks.append("\n".join(lines))
    for sheet in sheets(profile)[len(profile.lead_types) :]:
        lines = [sheet.title]
        for row in sheet.rows:
            pairs = (f"{name} {text}" for name, text in zip(sheet.head[1:], row[1:], strict=True) if text)
            lines.append(f"  {row[0]}: {'; '.join(pair.replace(chr(10), ', ') for pair in pairs)}")
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def as_markdown(profile: Profile) -> str:
    """Tables in Markdown."""
    blocks = [f"# {_markdown(profile.name)}"]
    for sheet in sheets(profile):
        rows: Sequence[Sequence[str]] = (sheet.head, ["---"] * len(sheet.head), *sheet.rows)
        lines = [
            f"| {' | '.join(cell if number == 1 else _markdown(cell) for cell in row)} |"
            for number, row in enumerate(rows)
        ]
        blocks.append(f"## {_markdown(sheet.title)}\n\n" + "\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def _markdown(text: str) -> str:
    for sign in "\\`*_[]<>|#":
        text = text.replace(sign, f"\\{sign}")
    return text.replace("\n", "<br>")


def as_html(profile: Profile) -> str:
    """A page that needs nothing else and runs no script."""
    blocks = []
    for sheet in sheets(profile):
        head = "".join(f"<th scope=col>{escape(name)}</th>" for name in sheet.head)
        rows = "\n".join(f"<tr>{''.join(f'<td>{_html(cell)}</td>' for cell in row)}</tr>" for row in sheet.rows)
        blocks.append(f"<h2>{escape(sheet.title)}</h2>\n<table>\n<tr>{head}</tr>\n{rows}\n</table>")
    style = (
        "body{font:15px/1.4 system-ui,sans-serif;margin:2rem}table{border-collapse:collapse;margin:0 0 2rem}"
        "th,td{border:1px solid #bbb;padding:.3rem .6rem;text-align:left;vertical-align:top}th{background:#eee}"
    )
    title = escape(profile.name)
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>\n'
        f"<style>{style}</style></head>\n"
        f"<body><h1>{title}</h1>\n{chr(10).join(blocks)}\n</body></html>\n"
    )


def _html(text: str) -> str:
    return "<br>".join(escape(line) for line in text.split("\n"))


#: Format -> how the tables are shown.
VIEWS: dict[str, Callable[[Profile], str]] = {"text": as_text, "markdown": as_markdown, "html": as_html}
