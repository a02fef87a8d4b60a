"""What a load came to, in one sentence: how much, for how long, and what became of it. Pure."""

from __future__ import annotations

from leadproof.core.text import count
from leadproof.runs.formats.parts import Row, mapping, number, rows

#: Shape of a schedule -> how its highest rate and its seconds are told.
_SHAPES = {
    "constant": "{rate}/s for {duration}", "smoke": "{rate}/s for {duration}", "soak": "{rate}/s for {duration}",
    "ramp": "up to {rate}/s in {duration}", "spike": "a spike of {rate}/s in {duration}",
    "step": "in steps to {rate}/s in {duration}",
}  # fmt: skip

#: What may become of an accepted lead, as conservation counts it -> words.
_LEADS = {"lost": "lost", "duplicated": "duplicated", "sold_twice": "sold twice"}

#: Stage of the funnel in leads, in order; beside it the leads that were sent without a ping -> the stage after which it
#: is shown though nobody came so far; "" for only where somebody did.
FUNNEL = {
    "pings": "", "accepted": "pings", "posted": "", "in_time": "posted", "sold": "posted", "offers": "", "direct": "",
    "direct_sold": "direct",
}  # fmt: skip


def stages(funnel: Row) -> list[tuple[str, int]]:
    """The stages of a funnel that are shown, with their leads."""
    return [
        (name, number(funnel, name)) for name, before in FUNNEL.items()
        if number(funnel, name) or number(funnel, before)
    ]  # fmt: skip


def lasting(ran: object, duration: object) -> str:
    """How long a load was, and of how long where it was ended early: "17 s of 60 s"."""
    whole = float(duration) if isinstance(duration, int | float) else 0.0
    short = f"{ran:.0f} s of " if isinstance(ran, int | float) and round(ran) < whole else ""
    return f"{short}{whole:g} s"


def told(latency: Row) -> str:
    """A load in one sentence, without its full stop; "" where nothing was measured."""
    if not mapping(latency, "steps"):
        return ""
    parts = [_knee(mapping(latency, "rates")), _latency(latency), _errors(latency), _leads(latency)]
    return f"{_pressure(latency)}: {', '.join(part for part in parts if part)}"


def short(value: object) -> str:
    """A duration or limit with the digits that are worth saying: "17 ms", "2 s"."""
    if not isinstance(value, int | float):
        return "–"
    return f"{value * 1e3:.3g} ms" if value < 1 else f"{value:.3g} s"


def _pressure(latency: Row) -> str:
    scenario = mapping(latency, "scenario")
    duration = lasting(latency.get("ran"), scenario.get("duration"))
    if latency.get("model") == "closed":
        return f"{count(number(latency, 'users'), 'user')} for {duration}"
    words = _SHAPES.get(str(scenario.get("shape")), _SHAPES["constant"])
    return words.format(rate=f"{float(scenario.get('rate') or 0):,g}", duration=duration)


def _knee(rates: Row) -> str:
    if not rates:
        return ""
    knee = float(rates.get("knee") or 0)
    if not knee:
        lowest = next(iter(rows(rates, "rows")), {})
        return "knee not found" if lowest.get("verdict") == "INCONCLUSIVE" else "the lowest rate missed the objectives"
    if rates.get("at_least"):
        return f"knee at {knee:,g}/s or above"
    return f"knee at {knee:,g}/s"


def _latency(latency: Row) -> str:
    """The objective of latency that is nearest to its limit, or the highest p99 of a step."""
    limited = [
        row for row in rows(latency, "objectives")
        if _is_latency(str(row.get("name", ""))) and isinstance(row.get("actual"), int | float) and row.get("most")
    ]  # fmt: skip
    everywhere = " over all rates" if mapping(latency, "rates") else ""
    if limited:
        row = max(limited, key=lambda row: float(row["actual"]) / float(row["most"]))
        step, _, figure = str(row["name"]).rpartition(".")
        name = figure if step == "all" else f"{step} {figure}"
        return f"{name} {short(row['actual'])} of {short(row['most'])} allowed{everywhere}"
    found = {name: mapping(mapping(mapping(latency, "steps"), name), "latency").get("p99") for name in latency["steps"]}
    known = [(float(one), name) for name, one in found.items() if isinstance(one, int | float)]
    highest, step = max(known, default=(None, ""))
    return f"{step} p99 {short(highest)}" if known else "no response"


def _is_latency(name: str) -> bool:
    return not name.startswith("lag.") and not name.endswith(".ratio")


def _errors(latency: Row) -> str:
    return count(number(mapping(latency, "counts"), "failed"), "error")


def _leads(latency: Row) -> str:
    """Leads that were looked up afterwards; of those that are as they should be, that none was lost."""
    kept = mapping(latency, "conservation")
    if not number(kept, "checked"):
        return "leads not looked up" if kept.get("left_out") else ""
    broken = [f"{count(number(kept, key), 'lead')} {words}" for key, words in _LEADS.items() if number(kept, key)]
    return ", ".join(broken) or "0 leads lost"
