"""What a report says of a load: one sentence first, charts that can be compared and read without colours."""

from __future__ import annotations

import re
from typing import Any

import pytest
from failing import failing

from leadproof.cli.console import summarise
from leadproof.core.histogram import Histogram
from leadproof.core.text import seconds
from leadproof.load.latency import _percentiles, curve
from leadproof.runs.formats import RENDERERS, latency, loads, svg
from leadproof.runs.formats.outcome import remedy
from leadproof.runs.formats.view import arrange


def measured(**changes: Any) -> dict[str, Any]:
    """What a load of twenty seconds has measured, as far as sentences and charts need it."""
    percentiles = {"samples": 900, "p50": 0.002, "p95": 0.008, "p99": 0.017, "p99.9": 0.03, "max": 0.04}
    curve = [(0.0, 0.001), (50.0, 0.002), (90.0, 0.006), (99.0, 0.017), (100.0, 0.04)]
    rows = [
        {"second": at, "offered": 300.0, "started": 300.0, "completed": 290.0, "failed": 0.0, "p50": 0.002,
         "p95": 0.008, "p99": 0.017, "max": 0.04, "lag": 0.001, "cpu": 0.2, "memory": 70.0}
        for at in range(15)
    ]  # fmt: skip
    heat = {"width": 1.0, "bands": [0.001, 0.00158, 0.0025, 0.004], "cells": [[0, 0, 1], [1, 1, 40], [2, 2, 300]]}
    found = {
        "verdict": "PASS", "model": "open", "users": 0,
        "scenario": {"name": "ping_post", "about": "", "rate": 300.0, "duration": 15.0, "shape": "constant"},
        "objectives": [
            {"name": "all.p99", "most": 2.0, "actual": 0.017, "samples": 900, "verdict": "PASS", "reason": ""},
            {"name": "errors.ratio", "most": 0.01, "actual": 0.0, "samples": 900, "verdict": "PASS", "reason": ""},
            {"name": "lag.p99", "most": 0.02, "actual": 0.001, "samples": 900, "verdict": "PASS", "reason": ""},
        ],
        "steps": {"ping json": {"failed": 0, "latency": percentiles, "service": percentiles}},
        "journeys": percentiles, "lag": percentiles, "counts": {"failed": 0, "started": 900},
        "curves": {"ping json": curve, "journey": curve}, "series": {"width": 1.0, "duration": 15.0, "rows": rows},
        "heat": {"ping json": heat, "journey": heat}, "rates": {},
        "funnel": {"pings": 0}, "amounts": {"price": 0.0, "payout": 0.0},
        "conservation": {"accepted": 9, "checked": 9, "lost": 0, "duplicated": 0, "sold_twice": 0, "decides": True,
                         "examples": [], "bound": 0.0},
        "facts": {}, "generator": {}, "outcomes": [],
        "judged": {"exchanges": 9, "without_room": 0, "cheap_checks_broken": 0},
        "errors": [],
    }  # fmt: skip
    return found | changes


def steps(*verdicts: str) -> dict[str, Any]:
    rows = [
        {"rate": 300.0 * at, "started": 299.0 * at, "p95": 0.004 * at, "p99": 0.01 * at, "verdict": verdict,
         "reason": "" if verdict == "PASS" else "too slow"}
        for at, verdict in enumerate(verdicts, 1)
    ]  # fmt: skip
    passed = [*verdicts, "FAIL"].index("FAIL") if "INCONCLUSIVE" not in verdicts else 0
    return {"limit": 0.75, "knee": 300.0 * passed, "at_least": passed == len(verdicts), "why": "", "rows": rows,
            "words": "as the rows say"}  # fmt: skip


def report(command: str = "load", **changes: Any) -> dict[str, Any]:
    return failing(0) | {"command": command, "latency": measured(**changes)}


STEP = {"name": "x", "about": "", "rate": 1500.0, "duration": 40.0, "shape": "step"}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "300/s for 15 s: p99 17 ms of 2 s allowed, 0 errors, 0 leads lost"),
        ({"conservation": {}}, "300/s for 15 s: p99 17 ms of 2 s allowed, 0 errors"),
        ({"counts": {"failed": 1}, "conservation": {"checked": 9, "lost": 2, "sold_twice": 1}},
         "300/s for 15 s: p99 17 ms of 2 s allowed, 1 error, 2 leads lost, 1 lead sold twice"),
        ({"model": "closed", "users": 50, "objectives": []},
         "50 users for 15 s: ping json p99 17 ms, 0 errors, 0 leads lost"),
        ({"scenario": STEP, "rates": steps("PASS", "PASS", "FAIL")},
         ("in steps to 1,500/s in 40 s: knee at 600/s, "
          "p99 17 ms of 2 s allowed over all rates, 0 errors, 0 leads lost")),
        ({"scenario": STEP, "rates": steps("PASS", "PASS")},
         ("in steps to 1,500/s in 40 s: knee at 600/s or above, "
          "p99 17 ms of 2 s allowed over all rates, 0 errors, 0 leads lost")),
        ({"scenario": STEP, "rates": steps("FAIL")},
         ("in steps to 1,500/s in 40 s: the lowest rate missed the objectives, "
          "p99 17 ms of 2 s allowed over all rates, 0 errors, 0 leads lost")),
        ({"scenario": STEP, "rates": steps("INCONCLUSIVE")},
         ("in steps to 1,500/s in 40 s: knee not found, "
          "p99 17 ms of 2 s allowed over all rates, 0 errors, 0 leads lost")),
        ({"ran": 6.4}, "300/s for 6 s of 15 s: p99 17 ms of 2 s allowed, 0 errors, 0 leads lost"),
        ({"ran": 14.8}, "300/s for 15 s: p99 17 ms of 2 s allowed, 0 errors, 0 leads lost"),
        ({"conservation": {"left_out": "because"}},
         "300/s for 15 s: p99 17 ms of 2 s allowed, 0 errors, leads not looked up"),
        ({"steps": {}}, ""),
    ],
)  # fmt: skip
def test_a_load_is_told_in_one_sentence(changes: dict[str, Any], said: str) -> None:
    assert loads.told(measured(**changes)) == said


def test_a_load_run_leads_with_the_load_and_the_requirements_follow() -> None:
    view = arrange(report())
    page, text = RENDERERS["html"].render(report()), RENDERERS["md"].render(report())

    assert view.headline == (
        "300/s for 15 s: p99 17 ms of 2 s allowed, 0 errors, 0 leads lost. All tested requirements passed."
    )
    ids = re.findall(r'<section id="([\w-]+)"', page)
    assert ids.index("load") == 0 < ids.index("failures")
    assert text.split("\n")[2] == view.headline
    assert text.index("## Load") < text.index("## Clauses by level")


def test_a_probe_comes_last_and_folded() -> None:
    found = report("certify", probe="A short probe.", decides=False)
    page, text = RENDERERS["html"].render(found), RENDERERS["md"].render(found)

    ids = re.findall(r'<section id="([\w-]+)"', page)
    assert ids[ids.index("load") :] == ["load", "repeat", "sign-off"]
    part = page[page.index('<section id="load"') :]
    assert "<svg" not in part[: part.index("<details>")]
    assert text.index("## Load probe") > text.index("## Readings applied")


def test_why_a_load_has_no_verdict_is_not_put_on_the_posting_profile() -> None:
    found = report(nothing="the generator was saturated") | {"verdict": "inconclusive", "codes": [4], "exit_code": 4}
    found["coverage"] = {"gaps": [], "cells": {"covered": 1, "total": 17}}

    assert "No verdict on the load: the generator was saturated." in arrange(found).headline
    assert remedy(found) == ""


def test_a_stage_of_the_funnel_at_which_no_lead_arrived_is_shown() -> None:
    amounts = {"price": 5.0, "payout": 5.0}
    found = report(funnel={"pings": 90, "accepted": 80, "posted": 60, "in_time": 0, "sold": 50}, amounts=amounts)
    (chart,) = (one for one in latency.charts(found) if one.title == "Funnel")

    assert [row[:2] for row in chart.rows][2:] == [("posted", "60"), ("before expiry", "0"), ("sold", "50")]
    assert loads.stages({"pings": 90}) == [("pings", 90), ("accepted", 0)]
    assert loads.stages({"direct": 5, "posted": 1}) == [
        ("posted", 1), ("in_time", 0), ("sold", 0), ("direct", 5), ("direct_sold", 0),
    ]  # fmt: skip


def test_a_load_that_was_stopped_says_how_long_it_ran_and_why_it_ended() -> None:
    why, left_out = "somebody pressed Stop on its page", "accepted leads were not looked up, because it ended early"
    found = report(ran=6.4, stopped=why, conservation={"accepted": 0, "left_out": left_out}, verdict="INCONCLUSIVE")
    found |= {"verdict": "inconclusive", "codes": [130], "exit_code": 130}
    page, text = RENDERERS["html"].render(found), RENDERERS["md"].render(found)

    assert f"Interrupted ({why}), so this is what was found until then." in arrange(found).headline
    for said in ("6 s of 15 s", why, left_out[1:]):
        assert said in page
        assert said in text
    assert "15 seconds, of which it ran 6." in page
    assert "Load: INCONCLUSIVE" in page


def test_what_the_terminal_says_of_a_load_has_the_figures_of_its_page(capsys: pytest.CaptureFixture[str]) -> None:
    slow = {"failed": 0, "latency": {"samples": 9, "p99": 0.093}, "service": {}}
    found = report(steps={**measured()["steps"], "inbound_post json": slow})
    summarise(found)

    assert f"load       0 requests, {loads.told(found['latency'])}; PASS\n" in capsys.readouterr().out
    assert "93" not in loads.told(found["latency"])


def test_every_chart_names_its_axes_and_has_its_numbers_beside_it() -> None:
    for chart in latency.charts(report(rates=steps("PASS", "FAIL", "INCONCLUSIVE"))):
        words = re.findall(r"<text[^>]*>([^<]*)</text>", chart.svg)

        assert chart.rows, chart.title
        assert any(re.search(r", logarithmic$|^Per second$|^Share of one processor$", one) for one in words)
        assert any(re.search(r", s$|, %$|per second$", one) for one in words), chart.title


def test_the_charts_of_latency_share_their_axes() -> None:
    drawn = {chart.title: chart.svg for chart in latency.charts(report())}
    ticks = {
        title: re.findall(r'<text x="60" [^>]*>([^<]*)</text>', drawn[title])
        for title in ("Latency over time", "Latency and time: ping json", "Latency and time: whole journey")
    }

    assert (
        ticks["Latency over time"] == ticks["Latency and time: ping json"] == ticks["Latency and time: whole journey"]
    )
    assert [tick for tick in ticks["Latency over time"] if not re.fullmatch(r"(1|2|5)0* m?s|0\.\d m?s", tick)] == []


def test_a_heat_map_has_a_scale_and_no_element_for_each_field() -> None:
    chart = next(one for one in latency.charts(report()) if one.title.startswith("Latency and time"))

    assert "Responses in a field" in chart.svg
    assert re.search(r">\d+ to 300<", chart.svg)
    assert ">1 to " in chart.svg
    assert "<rect" not in chart.svg


def test_each_rate_is_marked_with_its_verdict() -> None:
    found = report(rates=steps("PASS", "FAIL", "INCONCLUSIVE"))
    chart = next(one for one in latency.charts(found) if one.title == "Rate and latency")

    assert re.findall(r'font-weight="700" fill="[^"]+">(.)</text>', chart.svg) == ["✓", "✗", "○"]


def test_a_line_that_lies_on_another_is_dashed() -> None:
    frame = svg.Frame(0.0, 10.0, 0.0, 10.0)
    points = [(float(at), 5.0) for at in range(10)]
    apart = [(float(at), 8.0) for at in range(10)]

    def dashes(*lines: list[svg.Point]) -> list[bool]:
        drawn = svg.lines(frame, [(str(at), one) for at, one in enumerate(lines)])
        return ["dasharray" in one for one in drawn if one.startswith("<polyline")][::2]

    assert sum(dashes(points, points, points)) == 2
    assert not any(dashes(points, apart))


def test_warnings_of_a_load_that_missed_an_objective_are_no_failures() -> None:
    missed = {"name": "all.p99", "most": 0.01, "actual": 0.017, "samples": 900, "verdict": "FAIL", "reason": ""}
    told = failing(3) | {"command": "load", "latency": measured(objectives=[missed])}
    told["findings"] = [{**row, "level": "should", "decides": False} for row in told["findings"]]
    named = {row["clause"] for row in told["findings"]}
    told["clauses"] = [{**row, "level": "should"} if row["id"] in named else row for row in told["clauses"]]
    told |= {"verdict": "failed", "exit_code": 3, "codes": [3]}

    view = arrange(told)

    assert view.headline.endswith("Objectives were missed: all.p99 is 17.00 ms, at most 10.00 ms allowed; 3 warnings.")
    assert (view.results["failed"], view.results["warning"]) == (0, 3)
    assert re.findall('<failure type="([^"]+)"', RENDERERS["junit"].render(told)) == ["load.objective"]


def test_a_chart_says_the_figures_of_the_report_whatever_points_its_curve_has() -> None:
    one = Histogram.of(0.001 * 1.012**at for at in range(700))
    told = report()
    figures, points = _percentiles(one), curve(one)
    told["latency"] |= {
        "steps": {"ping json": {"failed": 0, "latency": figures, "service": figures}}, "journeys": figures,
        "curves": {"ping json": points[::3] + points[-2:], "journey": points[::3] + points[-2:]},
    }  # fmt: skip

    (chart,) = [found for found in latency.charts(told) if found.title == "Percentiles"]

    wanted = [seconds(figures[name]) for name in ("min", "p50", "p90", "p95", "p99", "p99.9", "p99.99", "max")]
    assert chart.columns[1:] == ("0 %", "50 %", "90 %", "95 %", "99 %", "99.9 %", "99.99 %", "100 %")
    assert list(chart.rows) == [("ping json", *wanted), ("journey", *wanted)]


@pytest.mark.parametrize(("samples", "carried"), [(30, "p50 p90 p95"), (50_000, "p50 p90 p95 p99 p99.9 p99.99")])
def test_a_curve_goes_through_the_percentiles_of_the_tables_as_far_as_samples_carry_it(
    samples: int, carried: str
) -> None:
    one = Histogram.of(0.001 + at * 1e-4 for at in range(samples))
    figures, points = _percentiles(one), dict(curve(one))

    met = [name for name in figures if name.startswith("p") and points.get(float(name[1:])) == figures[name]]
    assert met == carried.split()
    assert list(points.items()) == sorted(points.items())
    assert list(points.values()) == sorted(points.values())
