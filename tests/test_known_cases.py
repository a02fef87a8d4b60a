"""What recorders leave out, cut and pack, kind by kind: the case that was met first, and its siblings."""

from __future__ import annotations

import base64
import gzip
import json
import xml.etree.ElementTree as ET
import zlib
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from holes import flow
from test_known import STORY, report

from leadproof import captures
from leadproof.bodies import MAX_BODY
from leadproof.captures import FileProblem, files, read
from leadproof.captures.mapping import Mapping
from leadproof.captures.model import CaptureSource
from leadproof.captures.streams import Stream
from leadproof.cli import main
from leadproof.core.errors import ExitCode
from leadproof.core.exchange import Exchange, Part, Recorded
from leadproof.judge import Judge

KNOWN = Path(__file__).parent / "data" / "known"
PING = json.loads((KNOWN / "size-minus-one.har").read_text("utf-8"))["log"]["entries"][0]
GOOD = STORY[0]
TEXT = (KNOWN / "attached" / "a1.json").read_text("utf-8").replace("11:40:12-05:00", "16:40:12Z")


def entry(**changes: Any) -> dict[str, Any]:
    """The entry of a ping with other members; None takes one away."""
    row: dict[str, Any] = json.loads(json.dumps(PING))
    row["startedDateTime"] = "2026-01-31T16:00:00Z"
    for name, value in changes.items():
        *path, key = name.split("__")
        place = row
        for part in path:
            place = place[part]
        if value is None:
            place.pop(key, None)
        else:
            place[key] = value
    return row


def written(folder: Path, *entries: Any, creator: str = "proxy", name: str = "x.har") -> Path:
    log = {"version": "1.2", "creator": {"name": creator, "version": "1"}, "entries": entries}
    path = folder / name
    path.write_text(json.dumps({"log": log}), "utf-8")
    return path


def one(path: Path) -> Exchange:
    [found] = [one for one in read(path) if isinstance(one, Exchange)]
    return found


def musts(found: dict[str, Any]) -> list[tuple[str, str]]:
    return [(row["clause"], row["kind"]) for row in found["findings"] if row["decides"]]


# ---- bodies that a HAR does not have ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"response__content__size": None},
        {"response__content__text": ""},
        {"response__content__size": 1204},
        {"response__content": None},
        {"response__content": {"size": 0, "comment": "Response bodies are not included."}},
        {"response__content__size": 0, "response__bodySize": 1204},
        {"response__content__size": -1, "response__headers": [{"name": "content-length", "value": "1204"}]},
        {"_responseBodyStatus": "discarded:too-large"},
        {"response__content__text": TEXT[:700], "response__content__size": len(TEXT)},
        {"response__content__text": TEXT[:700], "response__content__comment": "truncated"},
    ],
)
def test_a_response_that_was_not_saved_is_not_called_empty(tmp_path: Path, changes: dict[str, Any]) -> None:
    path = written(tmp_path, entry(**changes))

    found = report(path)

    assert not one(path).knows(Part.RESPONSE_BODY)
    assert (musts(found), found["exit_code"]) == ([], ExitCode.INCONCLUSIVE)
    assert found["files"][0]["problem"]["kind"] == "file.deviation"
    assert {row["result"] for row in found["clauses"] if row["subject"] == "response"} == {"untested"}


@pytest.mark.parametrize(
    "changes", [{"response__content__size": 0}, {"response__headers": [{"name": "content-length", "value": "0"}]}]
)
def test_a_response_that_is_known_to_be_empty_is_called_so(tmp_path: Path, changes: dict[str, Any]) -> None:
    path = written(tmp_path, entry(**changes))

    assert one(path).recorded(Part.RESPONSE_BODY) is Recorded.EMPTY
    assert ("LE2-ALL-HTTP-05", "body.empty") in musts(report(path))


@pytest.mark.parametrize(
    "changes",
    [
        {"request__postData": None, "request__bodySize": 116},
        {"request__postData": None, "request__bodySize": -1},
        {"request__postData__text": ""},
        {"request__postData": {"mimeType": "application/json", "params": []}},
        {
            "request__postData": None,
            "request__headers": [*PING["request"]["headers"], {"name": "content-length", "value": "116"}],
        },
        {"_requestBodyStatus": "discarded:not-representable"},
        {"request__postData__text": None, "request__postData___file": "none.json"},
    ],
)
def test_a_request_that_only_a_length_hints_at_had_a_body(tmp_path: Path, changes: dict[str, Any]) -> None:
    path = written(tmp_path, entry(response__content__text=TEXT, **changes))

    found = report(path)

    assert one(path).recorded(Part.REQUEST_BODY) is Recorded.LEFT_OUT
    assert (musts(found), found["exit_code"]) == ([], ExitCode.PASSED)
    results = {row["check"]: row["result"] for row in found["clauses"] if row["id"].startswith(("LE2-PING", "LE2-ALL"))}
    assert results["one_result_per_lead"] == results["client_content_type"] == "untested"


# ---- bodies in files beside a HAR ------------------------------------------------------------------------------------


def attached(name: str = "a1.json") -> dict[str, Any]:
    return entry(
        request__postData={"mimeType": "application/json", "text": "", "params": [], "_file": "b2.json"},
        response__content={"size": -1, "mimeType": "application/json", "_file": name},
    )


def test_bodies_beside_a_har_are_read_with_it_and_are_no_captures_of_their_own() -> None:
    found = report(KNOWN / "attached")

    assert [Path(row["path"]).name for row in found["files"]] == ["attach.har"]
    assert found["files"][0]["problem"] is None
    # The order had expired, and its time is not in UTC: both are so in the body.
    assert {clause for clause, _ in musts(found)} == {"LE2-PING-RULE-04", "LE2-PING-RULE-05"}


@pytest.mark.parametrize("folder", ["", "trace/"])
@pytest.mark.parametrize("member", ["_file", "_sha1"])
def test_bodies_in_the_zip_of_a_har_are_read(tmp_path: Path, folder: str, member: str) -> None:
    row = json.loads(json.dumps(attached()).replace("_file", member))
    har = written(tmp_path, row)
    with ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.write(har, f"{folder}har.har")
        archive.writestr(f"{folder}a1.json", TEXT)
        archive.write(KNOWN / "attached" / "b2.json", f"{folder}b2.json")
    har.unlink()

    found = report(tmp_path / "x.zip")

    assert (musts(found), found["exit_code"], found["counts"]["judged"]) == ([], ExitCode.PASSED, 1)
    assert one(tmp_path / "x.zip").request.body == (KNOWN / "attached" / "b2.json").read_bytes()


@pytest.mark.parametrize("name", ["../secret.json", "/etc/hostname", "none.json", "..", "a\\b", "link.json", "folder"])
def test_a_har_names_nothing_outside_its_folder(tmp_path: Path, name: str) -> None:
    home = tmp_path / "home"
    (home / "folder").mkdir(parents=True)
    (tmp_path / "secret.json").write_text(TEXT)
    (home / "link.json").symlink_to(tmp_path / "secret.json")
    path = written(home, attached(name))

    assert one(path).recorded(Part.RESPONSE_BODY) is Recorded.LEFT_OUT
    assert any("stands in a file" in row.message for row in read(path) if isinstance(row, FileProblem))
    assert home / "link.json" in list(files([home])) or name == "link.json"


@pytest.mark.parametrize(
    ("content", "kind", "code"),
    [
        (b"PK\x03\x04" + b"\0" * 60, "file.unreadable", ExitCode.USAGE),
        (b"", "file.unrecognised", ExitCode.INCONCLUSIVE),
    ],
)
def test_a_zip_that_is_broken_or_has_no_har_is_named(tmp_path: Path, content: bytes, kind: str, code: ExitCode) -> None:
    path = tmp_path / "x.zip"
    if content:
        path.write_bytes(content)
    else:
        with ZipFile(path, "w") as archive:
            archive.writestr("readme.txt", "nothing")

    found = report(path)

    assert (found["files"][0]["problem"]["kind"], found["exit_code"]) == (kind, code)


# ---- exports without credentials -------------------------------------------------------------------------------------

WITHOUT_KEY = {"request__headers": [row for row in PING["request"]["headers"] if row["name"] != "api-key"]}


@pytest.mark.parametrize(
    ("creator", "changes"),
    [
        ("WebInspector", {}),
        ("WebInspector", {"_priority": "High"}),
        ("", {"_initiator": {"type": "script"}}),
        ("jq", {"_priority": "High", "_resourceType": "fetch"}),
        ("webinspector", {"request__cookies": [], "_connectionId": "12"}),
        ("WebInspector", {"response__status": 403, "response__content__text": '{"message": "no"}'}),
    ],
)
def test_what_a_browser_takes_out_is_no_evidence(tmp_path: Path, creator: str, changes: dict[str, Any]) -> None:
    accepted = {"response__content__text": TEXT} | WITHOUT_KEY
    path = written(tmp_path, entry(**(accepted | changes)), creator=creator)

    found = report(path)

    assert [row["clause"] for row in found["findings"] if "AUTH" in row["clause"]] == []
    assert [row["kind"] for row in found["observations"] if row["kind"].startswith("client")] == ["client.credentials"]


def test_the_export_of_a_browser_that_was_met_first_passes() -> None:
    found = report(KNOWN / "sanitised.har")

    assert (found["findings"], found["exit_code"]) == ([], ExitCode.PASSED)


def test_what_a_proxy_did_not_see_was_not_sent(tmp_path: Path) -> None:
    path = written(tmp_path, entry(response__content__text=TEXT, **WITHOUT_KEY))

    assert ("LE2-ALL-AUTH-01", "client.credentials") in musts(report(path))


def test_what_is_in_the_export_of_a_browser_counts(tmp_path: Path) -> None:
    path = written(tmp_path, entry(response__content__text=TEXT), creator="WebInspector")

    [row] = [row for row in report(path)["clauses"] if row["id"] == "LE2-ALL-AUTH-01"]
    assert row["passed"] == 1


# ---- logs ------------------------------------------------------------------------------------------------------------

PATHS = {"url": ("u",), "status": ("s",), "response_body": ("b",)}


def logged(line: dict[str, Any], **defaults: Any) -> Exchange:
    more = {name: (name,) for name in ("response_encoding", "response_cut") if name in line}
    source = CaptureSource("x.log", None, Mapping(PATHS | more, {"method": "POST"} | defaults))
    text = json.dumps({"u": "/v2/insert/ping", "s": 200, "b": TEXT} | line).encode()
    [found] = [row for row in captures.READERS["log"](Stream(_once(text)), source) if isinstance(row, Exchange)]
    return found


def _once(text: bytes) -> Any:
    pieces = iter([text])
    return lambda size: next(pieces, b"")


@pytest.mark.parametrize(
    ("line", "defaults", "how"),
    [
        ({}, {}, Recorded.WHOLE),
        ({"b": base64.b64encode(TEXT.encode()).decode(), "response_encoding": True}, {}, Recorded.WHOLE),
        ({"b": base64.b64encode(TEXT.encode()).decode()}, {"response_encoding": "base64"}, Recorded.WHOLE),
        ({"b": base64.b64encode(TEXT.encode()).decode(), "response_encoding": "Base64"}, {}, Recorded.WHOLE),
        ({"response_encoding": False}, {}, Recorded.WHOLE),
        ({"b": "%%%", "response_encoding": True}, {}, Recorded.ENCODED),
        ({"b": TEXT[:300]}, {"response_cut": 300}, Recorded.CUT),
        ({"b": TEXT[:300], "response_cut": True}, {}, Recorded.CUT),
        ({"b": TEXT[:300] + "..."}, {}, Recorded.CUT),
        ({"b": TEXT[:300] + "…"}, {}, Recorded.CUT),
        ({"b": TEXT[:300] + "... [truncated 904 bytes]"}, {}, Recorded.CUT),
        ({"b": TEXT[:256]}, {}, Recorded.CUT),
        ({"b": None}, {}, Recorded.LEFT_OUT),
        ({"b": "-"}, {}, Recorded.LEFT_OUT),
        ({"b": ""}, {}, Recorded.LEFT_OUT),
    ],
)
def test_a_log_says_how_a_body_stands_in_it(line: dict[str, Any], defaults: dict[str, Any], how: Recorded) -> None:
    exchange = logged(line, **defaults)

    assert exchange.recorded(Part.RESPONSE_BODY) is how
    assert exchange.response is not None
    assert exchange.response.body == (TEXT.encode() if how is Recorded.WHOLE else b"")
    findings = Judge(captured=True).judge(exchange).findings
    assert [row for row in findings if row.kind.startswith(("body", "charset", "client", "header"))] == []


@pytest.mark.parametrize("member", ["u", "s", "b"])
def test_a_status_that_a_log_names_is_judged_and_one_that_it_lacks_is_not(member: str) -> None:
    line = {"s": 500, "b": '{"message": "down"}'} | ({member: None} if member != "u" else {})

    findings = Judge(captured=True).judge(logged(line)).findings

    assert [row.kind for row in findings] == ([] if member == "s" else ["status.unexpected"])


# ---- cuts that nobody marks ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fmt", ["har", "log", "http", "bare"])
@pytest.mark.parametrize(
    ("length", "cut"),
    [(64, True), (100, True), (1000, True), (1024, True), (63, False), (999, False)],
)
def test_a_cut_at_a_round_length_is_inconclusive_and_another_one_malformed(
    tmp_path: Path, fmt: str, length: int, cut: bool
) -> None:
    piece = TEXT[:length]
    if fmt == "har":
        path = written(tmp_path, entry(response__content__text=piece))
    elif fmt == "log":
        path = tmp_path / "x.log"
        path.write_text(json.dumps({"u": "/v2/insert/ping", "s": 200, "b": piece}))
    elif fmt == "http":
        path = tmp_path / "x.http"
        path.write_text(f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{piece}", newline="")
    else:
        path = tmp_path / "x.json"
        path.write_text(piece)
    mapping = tmp_path / "m.toml"
    mapping.write_text('url = "u"\nstatus = "s"\nresponse_body = "b"\n')

    found = report(path, mapping if fmt == "log" else None, "ping")

    wanted = [] if cut else [("LE2-ALL-HTTP-05", "body.malformed")]
    assert (musts(found), found["exit_code"]) == (wanted, ExitCode.INCONCLUSIVE if cut else ExitCode.VIOLATED)


# ---- codings that cannot be undone -----------------------------------------------------------------------------------

PACKED = gzip.compress(TEXT.encode(), mtime=0)
BOMB = gzip.compress(b"\0" * (MAX_BODY + 1), 9, mtime=0)


@pytest.mark.parametrize(
    ("fmt", "whole"), [("flow", False), ("har", True), ("har", False), ("http", True), ("http", False)]
)
@pytest.mark.parametrize(
    ("coding", "body", "kind"),
    [
        ("gzip", PACKED, ""),
        ("gzip", PACKED[:-9], "encoding.invalid"),
        ("gzip", PACKED[:200] + b"\xff\xff" + PACKED[202:], "encoding.invalid"),
        ("gzip", b"\x00\x01\x02\x03 no gzip", "encoding.invalid"),
        ("deflate", zlib.compress(TEXT.encode())[:-9], "encoding.invalid"),
        ("made-up", b"\x00\x01\x02\x03 nobody knows", "encoding.invalid"),
        ("gzip", BOMB, "encoding.too-large"),
    ],
)
def test_a_coding_that_was_recorded_whole_and_cannot_be_undone_is_a_breach(
    tmp_path: Path, fmt: str, whole: bool, coding: str, body: bytes, kind: str
) -> None:
    headers = [("content-type", "application/json"), ("content-encoding", coding)]
    if whole:
        headers.append(("content-length", str(len(body))))
    if fmt == "har":
        content = {"size": -1, "text": base64.b64encode(body).decode(), "encoding": "base64"}
        pairs = [{"name": name, "value": value} for name, value in headers]
        path = written(tmp_path, entry(response__content=content, response__headers=pairs))
    elif fmt == "flow":
        response = GOOD.response._replace(headers=tuple(headers), body=body) if GOOD.response else None
        ping = next(one for one in STORY if one.request.target.endswith("ping"))
        path, _ = flow([Exchange(ping.request, response)], [frozenset()], 0, tmp_path)
    else:
        path = tmp_path / "x.http"
        head = "".join(f"{name}: {value}\r\n" for name, value in headers)
        path.write_bytes(f"HTTP/1.1 200 OK\r\n{head}\r\n".encode() + body)

    found = report(path, operation="ping")

    certain = whole or fmt == "flow" or kind == "encoding.too-large"
    if not kind:
        assert [row for row in musts(found) if row[1].startswith(("encoding", "body"))] == []
    elif certain:
        assert (musts(found), found["exit_code"]) == ([("LE2-ALL-HTTP-09", kind)], ExitCode.VIOLATED)
    else:
        assert (musts(found), found["exit_code"]) == ([], ExitCode.INCONCLUSIVE)


# ---- no false green --------------------------------------------------------------------------------------------------


def lines(folder: Path, *rows: dict[str, Any]) -> list[str]:
    """Arguments of `validate` for a log of these lines."""
    (folder / "x.log").write_text("".join(json.dumps({"u": "/v2/insert/ping"} | row) + "\n" for row in rows))
    (folder / "m.toml").write_text(
        'url = "u"\nmethod = "m"\nstatus = "s"\nresponse_body = "b"\nrequest_headers = "h"\n'
    )
    return ["validate", "--no-run", "--mapping", str(folder / "m.toml"), str(folder / "x.log")]


@pytest.mark.parametrize(
    ("rows", "code", "words"),
    [
        ([{"m": "POST"}], 4, "1 of which nothing could be decided"),
        ([{"m": "POST", "s": 200}] * 3, 4, "nothing was decided about the body of any response"),
        ([{"m": "POST", "h": {"accept": "application/json", "api-key": "k"}}], 4, "record them whole"),
        ([{"s": 204}], 1, "status 204"),
        ([{"s": 500}], 1, "the response has status 500"),
        ([{"s": 200}] * 9 + [{"s": 200, "b": TEXT}], 0, "exchanges  10, 10 judged"),
    ],
)
def test_a_log_passes_only_where_a_body_was_judged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], rows: list[dict[str, Any]], code: int, words: str
) -> None:
    assert main(lines(tmp_path, *rows)) == code
    assert words in capsys.readouterr().out


def test_a_status_that_was_recorded_without_its_body_is_judged() -> None:
    found = report(KNOWN / "failed.log", KNOWN / "failed.toml")

    assert (musts(found), found["exit_code"]) == ([("LE2-STATUS-HTTP-01", "status.unexpected")], ExitCode.VIOLATED)


@pytest.mark.parametrize(("share", "code"), [("0", 0), ("0.1", 0), ("0.11", 4), ("1", 4), ("1.1", 2)])
def test_a_share_of_the_exchanges_can_be_demanded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, share: str, code: int
) -> None:
    rows = [{"s": 200}] * 9 + [{"s": 200, "b": TEXT}]

    assert main([*lines(tmp_path, *rows), "--min-judged", share]) == code

    monkeypatch.chdir(tmp_path)
    (tmp_path / "leadproof.toml").write_text(f"min_judged = {share}\n")
    assert main(lines(tmp_path, *rows)) == code


def test_junit_and_the_page_say_that_nothing_was_decided(tmp_path: Path) -> None:
    arguments = [one for one in lines(tmp_path, {"s": 200}) if one != "--no-run"]

    assert main([*arguments, "--out", str(tmp_path / "out"), "--format", "junit", "--format", "html"]) == 4

    [run] = (tmp_path / "out").iterdir()
    root = ET.fromstring((run / "junit.xml").read_text("utf-8"))
    assert [case.get("name") for case in root.iter("testcase") if case.find("failure") is not None] == [
        "enough was decided for a verdict"
    ]
    assert root.get("failures") == "1"
    page = (run / "report.html").read_text("utf-8")
    assert "Nothing was decided about the body of any response." in page
    assert "record them whole" in page
