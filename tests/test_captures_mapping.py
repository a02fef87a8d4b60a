"""Logs in JSON as collectors write them, and the mapping that is suggested for one: it reads what it was made from."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recording.tools import live

from leadproof.captures import FileProblem, Mapping, load_mapping, read
from leadproof.captures.suggesting import suggest
from leadproof.cli import main
from leadproof.core.errors import ExitCode, InputError
from leadproof.core.exchange import Exchange

CAPTURES = Path(__file__).parent / "data" / "captures"
CASES = CAPTURES / "cases"
LIVE = live("json")


def split(path: Path, mapping: Mapping | None) -> tuple[list[Exchange], list[FileProblem]]:
    found = list(read(path, mapping=mapping))
    return [one for one in found if isinstance(one, Exchange)], [one for one in found if isinstance(one, FileProblem)]


def suggested(log: Path) -> Mapping:
    place = log.with_suffix(".suggested.toml")
    place.write_text(suggest(log), "utf-8")
    return load_mapping(place)


def row(one: Exchange) -> dict[str, Any]:
    """An exchange as a gateway writes it."""
    assert one.response
    sent = {"method": one.request.method, "uri": one.request.target, "headers": dict(one.request.headers)}
    came = {"status": one.response.status, "headers": dict(one.response.headers), "body": one.response.body.decode()}
    return {"ts": 1_769_876_712.5, "took": 4, "req": sent | {"body": one.request.body.decode()}, "res": came}


def flat(one: Exchange) -> dict[str, Any]:
    found = row(one)
    names = {f"{side}_{name}": value for side in ("req", "res") for name, value in found[side].items()}
    return {"@timestamp": "2026-01-31T16:25:12Z", **names}


def coded(one: Exchange) -> dict[str, Any]:
    """Bodies in base64, as gateways write them that do not look into them."""
    found = row(one)
    for side in ("req", "res"):
        found[side]["body"] = base64.b64encode(found[side]["body"].encode()).decode()
        found[side]["isBase64Encoded"] = True
    return found


def deep(one: Exchange) -> dict[str, Any]:
    """Texts in texts, as where a collector packs what a collector packed."""
    return {"kubernetes": {"pod": "a"}, "message": json.dumps({"log": json.dumps(row(one)), "stream": "stdout"})}


#: How records are written: each a text of all of them.
WRITTEN: dict[str, Callable[[list[Any]], str]] = {
    "lines": lambda rows: "".join(json.dumps(one) + "\n" for one in rows),
    "docker": lambda rows: "".join(json.dumps({"log": f"{json.dumps(one)}\n", "stream": "x"}) + "\n" for one in rows),
    "compose": lambda rows: "web_1 | starting\n" + "".join(f"web_1 | {json.dumps(one)}\n" for one in rows),
    "kubernetes": lambda rows: "".join(f"2026-01-31T16:25:12.1Z stdout F {json.dumps(one)}\n" for one in rows),
    "syslog": lambda rows: "".join(f"<14>1 2026-01-31T16:25:12Z web gw - - - {json.dumps(one)}\n" for one in rows),
    "level": lambda rows: "".join(f"INFO {{main}} {json.dumps(one)}\n" for one in rows),
    "array": lambda rows: json.dumps(rows),
    "array-of-texts": lambda rows: json.dumps([{"message": json.dumps(one)} for one in rows], indent=2),
    "events": lambda rows: json.dumps({"events": [{"at": 1, "message": json.dumps(one)} for one in rows]}, indent=1),
    "events-in-a-line": lambda rows: json.dumps({"searched": [], "events": rows}),
    "indented": lambda rows: "\n".join(json.dumps(one, indent=2) for one in rows) + "\n",
    "elastic": lambda rows: "".join(json.dumps({"_source": {"message": json.dumps(one)}}) + "\n" for one in rows),
}  # fmt: skip


@pytest.mark.parametrize("form", [row, flat, coded, deep])
@pytest.mark.parametrize("written", WRITTEN)
def test_the_mapping_that_is_suggested_reads_the_log(
    written: str, form: Callable[[Exchange], Any], tmp_path: Path
) -> None:
    log = tmp_path / "gateway.json"
    log.write_text(WRITTEN[written]([form(one) for one in LIVE]), "utf-8")

    found, problems = split(log, suggested(log))

    assert [one.kind for one in problems if "no exchange" not in one.message] == []
    assert [(one.request, one.response.status) for one in found] == [(one.request, one.response.status) for one in LIVE]
    assert [one.response.body for one in found] == [one.response.body for one in LIVE]
    assert [dict(one.response.headers) for one in found] == [dict(one.response.headers) for one in LIVE]


NAMES = st.lists(st.sampled_from(["req", "request", "http", "in", "a.b", "data", "x y", ""]), min_size=1, max_size=3)


@settings(max_examples=40, deadline=None)
@given(way=NAMES, text=st.booleans())
def test_a_member_is_found_however_deep_it_is_and_whatever_it_is_called(
    way: list[str], text: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    value: Any = {"url": "/v2/status/1", "method": "GET"}
    for name in reversed(way):
        value = {name: json.dumps(value) if text else value}
    log = tmp_path_factory.mktemp("deep") / "a.log"
    log.write_text(json.dumps(value) + "\n", "utf-8")

    [exchange], problems = split(log, suggested(log))

    assert problems == []
    assert (exchange.request.target, exchange.response) == ("/v2/status/1", None)


def test_a_path_reaches_into_a_text(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["validate", "--no-run", "--mapping", str(CASES / "docker.toml"), str(CASES / "docker.log")])

    assert code == ExitCode.PASSED
    assert "exchanges  1, 1 judged\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("starting", "log is text that is no JSON"), ("{broken", "log is text that is no JSON"),
        ({"other": 1}, "log has no 'req'"), (7, "log is no object"),
        ('{"req": "GET /"}', "req is text that is no JSON"),
        ('{"req": {"path": "/"}}', "req has no 'url'"),
    ],
)  # fmt: skip
def test_where_a_path_ends_is_said(value: Any, words: str, tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text(json.dumps({"log": value}) + "\n", "utf-8")

    [], [problem] = split(log, load_mapping(CASES / "docker.toml"))

    assert problem.kind == "file.unrecognised"
    assert problem.message == f"no line of 1 line has what the mapping names: in line 1, {words}"


def test_a_list_of_records_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('records = "page.events"\nurl = "message.req.uri"\n', "utf-8")
    log = tmp_path / "a.json"
    log.write_text(json.dumps({"page": {"events": [{"message": json.dumps(row(one))} for one in LIVE]}}), "utf-8")

    found, problems = split(log, load_mapping(tmp_path / "a.toml"))

    assert problems == []
    assert [one.request.target for one in found] == [one.request.target for one in LIVE]


def test_a_document_that_breaks_off_gives_the_records_before(tmp_path: Path) -> None:
    log = tmp_path / "a.json"
    log.write_text(json.dumps([row(one) for one in LIVE])[:-40], "utf-8")

    found, [problem] = split(log, load_mapping(_mapping(tmp_path)))

    assert len(found) == len(LIVE) - 1
    assert problem.kind == "file.unreadable"


def test_a_bare_body_beside_a_log_stays_one(tmp_path: Path) -> None:
    body = tmp_path / "ping.json"
    body.write_text((CASES / "proxied.txt").read_text("utf-8").partition("\n\n")[2].partition("\n\n")[2], "utf-8")

    [exchange], problems = split(body, load_mapping(_mapping(tmp_path)))

    assert problems == []
    assert exchange.response


def _mapping(folder: Path) -> Path:
    place = folder / "gateway.toml"
    place.write_text('url = "req.uri"\nmethod = "req.method"\n', "utf-8")
    return place


# ---- the command -----------------------------------------------------------------------------------------------------

SUGGESTED = """\
# A first mapping for docker.log, by leadproof mapping suggest: compare it with a record of the log.
method = "log.req.method"  # in 1 of 1 record
url = "log.req.url"  # in 1 of 1 record
request_headers = "log.req.headers"  # in 1 of 1 record
request_body = "log.req.body"  # in 1 of 1 record
status = "log.res.status"  # in 1 of 1 record
response_headers = "log.res.headers"  # in 1 of 1 record
response_body = "log.res.body"  # in 1 of 1 record
time = "log.ts"  # in 1 of 1 record
# elapsed = "…"  (how many milliseconds the exchange took)
"""


def test_the_command_prints_the_mapping_or_writes_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "docker.toml"

    assert main(["mapping", "suggest", str(CASES / "docker.log")]) == ExitCode.PASSED
    assert capsys.readouterr().out == SUGGESTED
    assert main(["mapping", "suggest", str(CASES / "docker.log"), "--out", str(out)]) == ExitCode.PASSED
    assert out.read_text("utf-8") == SUGGESTED
    assert capsys.readouterr().out == ""
    assert main(["mapping", "suggest", str(CASES / "docker.log"), "--out", str(out)]) == ExitCode.USAGE
    assert "--force" in capsys.readouterr().err
    assert main(["mapping", "suggest", str(CASES / "docker.log"), "--out", str(out), "--force"]) == ExitCode.PASSED
    assert main(["mapping", "suggest", str(CASES / "docker.log"), "--out", str(tmp_path / "a" / "b")]) == ExitCode.USAGE


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("hello\n", "there is no JSON in it"), ("", "there is no JSON in it"), ("[1, 2]", "no member of 2 records"),
        ('{"a": 1}\n', "no member of 1 record looks like the URL"), ("[" * 100_000, "there is no JSON in it"),
        ('{"a": ' * 5000, "there is no JSON in it"), ("\0" * 5000, "there is no JSON in it"),
    ],
)  # fmt: skip
def test_a_file_that_no_mapping_fits_is_refused(content: str, words: str, tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text(content, "utf-8")

    with pytest.raises(InputError, match=words) as raised:
        suggest(log)

    assert raised.value.hint
