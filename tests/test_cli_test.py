"""`leadproof test`: what it runs, what it leaves behind, how it ends; and that nothing personal gets out."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from leadproof.cli import main
from leadproof.core.errors import InputError
from leadproof.suite.replay import Replay, read

CANARIES = ("canary-key-4711", "canary-token")
JSON = {"Content-Type": "application/json"}


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("LEADPROOF_API_KEY", "LEADPROOF_BEARER_TOKEN", "LEADPROOF_AUTH_SCHEME"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(["test", *arguments])
    out, err = capsys.readouterr()
    return code, out, err


def report(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict:
    code, out, err = run(capsys, *arguments, "--json")
    found = json.loads(out)
    assert found["exit_code"] == code, err
    return found


# ---- what is run -----------------------------------------------------------------------------------------------------


def test_everything_that_can_be_had_is_covered(capsys: pytest.CaptureFixture[str]) -> None:
    found = report(capsys, "--max-examples", "1")

    dark = {name: row["missing"] for name, row in found["coverage"]["exercised"].items() if row["missing"]}
    assert dark == {}
    assert found["verdict"] == "passed"
    assert found["coverage"]["gaps"] == []
    assert 1000 < found["counts"]["judged"] < 2500  # that is how long it takes


def test_a_part_can_be_chosen(capsys: pytest.CaptureFixture[str]) -> None:
    found = report(capsys, "--operation", "ping", "--media", "xml", "--topic", "operations")

    covered = {
        (operation, media)
        for operation, row in found["coverage"]["operations"].items()
        for media, cell in row.items()
        if cell["exchanges"]
    }
    assert ("ping", "xml") in covered
    assert ("create_lead", "json") not in covered
    assert set(found["coverage"]["suite"]["topics"]) == {"operations"}


def test_a_clause_can_be_chosen(capsys: pytest.CaptureFixture[str]) -> None:
    found = report(capsys, "--clause", "LE2-POST-SEQ-02", "--topic", "sequences")

    assert next(row for row in found["clauses"] if row["id"] == "LE2-POST-SEQ-02")["result"] == "passed"


@pytest.mark.parametrize(
    ("arguments", "words", "hint"),
    [
        (("--operation", "pingg"), "there is no operation 'pingg'", "did you mean ping?"),
        (("--clause", "LE2-PING-RES-33"), "there is no clause 'LE2-PING-RES-33'", "did you mean LE2-PING-RES-"),
        (("--media", "yaml"), "there is no representation 'yaml'", "json, xml"),
        (("--operation", "update_lead", "--topic", "twins"), "no case fits", "--topic"),
        (("--clause", "LE2-ALL-AUTH-03"), "cannot be tested", "a check decides"),
        (("--replay", "nothing.json"), "nothing.json: cannot be opened", "check the spelling of the path"),
    ],
)
def test_a_mistake_is_one_message_with_a_hint(capsys, arguments, words, hint) -> None:
    code, out, err = run(capsys, *arguments)

    assert (code, out) == (2, "")
    assert words in err
    assert hint in err


def test_time_that_is_used_up_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "--max-time", "0.5")

    assert re.search(r"not run: \d+ cases: the time for the topic \w+ was used up", out)
    assert code in (0, 4)


def test_a_spent_budget_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    found = report(capsys, "--max-requests", "30")

    assert found["counts"]["exchanges"] == 30
    assert {row["reason"] for row in found["coverage"]["suite"]["not_run"]} == {"the budget of requests was spent"}


def test_ctrl_c_keeps_what_there_is(capsys, monkeypatch: pytest.MonkeyPatch) -> None:
    from leadproof.suite.session import Session

    call, calls = Session.call, iter(range(10_000))

    def interrupted(self, *arguments, **options):
        if next(calls) == 20:
            raise KeyboardInterrupt
        return call(self, *arguments, **options)

    monkeypatch.setattr(Session, "call", interrupted)
    found = report(capsys, "--topic", "operations")

    assert found["exit_code"] == 130
    assert found["counts"]["exchanges"] == 20


# ---- how it ends -----------------------------------------------------------------------------------------------------


def ended(capsys, http_target, status: int, headers: dict[str, str], body: bytes, *arguments: str) -> tuple[int, str]:
    url = http_target(lambda *_: (status, headers, body))
    few = () if "--topic" in arguments else ("--max-examples", "1")
    code, out, err = run(capsys, "--target", url, *few, *arguments)
    return code, out + err


def test_a_target_that_lets_nobody_in(capsys, http_target) -> None:
    code, text = ended(capsys, http_target, 401, JSON, b"{}")

    assert code == 4
    assert "the credentials were rejected" in text
    assert "requests got no response that a lead receiver gives" in text


def test_a_target_without_the_documented_addresses(capsys, http_target) -> None:
    code, text = ended(capsys, http_target, 404, JSON, b"{}")

    assert code == 4
    assert "nothing at the documented addresses" in text


def test_a_target_that_responds_with_a_page(capsys, http_target, monkeypatch) -> None:
    monkeypatch.setenv("LEADPROOF_API_KEY", "k")
    page = b"<!DOCTYPE html><html><body>Welcome</body></html>"

    code, text = ended(capsys, http_target, 200, {"Content-Type": "text/html"}, page, "--topic", "operations")

    assert code == 1
    assert "text/html" in text


def test_a_target_that_is_not_there(capsys) -> None:
    code, _, err = run(capsys, "--target", "http://127.0.0.1:1")

    assert code == 5
    assert "cannot be reached: no connection could be made" in err


def test_a_cell_of_which_nothing_is_accepted_makes_a_run_inconclusive(capsys, http_target, monkeypatch) -> None:
    monkeypatch.setenv("LEADPROOF_API_KEY", "k")
    refusal = {
        "requestId": "929f4d31-5576-49b5-ae9b-606d94a475e2",
        "results": [{
            "willAccept": False, "orderId": None, "orderExpiresOn": None, "campaignId": None, "estimatedPayout": None,
            "response": "No", "offers": None,
        }],
    }  # fmt: skip

    code, text = ended(
        capsys, http_target, 200, JSON, json.dumps(refusal).encode(), "--operation", "ping", "--media", "json",
        "--topic", "operations", "--topic", "rare",
    )  # fmt: skip

    assert code in (1, 4)
    assert re.search(r"ping in json: of \d+ built to be accepted, no request was\n", text)


# ---- replay ----------------------------------------------------------------------------------------------------------


def test_a_failure_leaves_a_replay_that_breaks_the_clause_again(capsys, http_target, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("LEADPROOF_API_KEY", CANARIES[0])
    bodies: list[bytes] = []
    response = b'{"requestId": "929f4d31-5576-49b5-ae9b-606d94a475e2", "results": [{"willAccept": "yes"}]}'

    def respond(method, path, headers, body):
        bodies.append(body)
        return 200, JSON, response

    url = http_target(respond)
    chosen = ("--operation", "ping", "--media", "json", "--topic", "generated", "--max-examples", "5")
    code, _, _ = run(capsys, "--target", url, *chosen)
    replays = sorted(tmp_path.glob("reports/out/*/replay-*.json"))
    replay = next(one for one in (read(path.read_bytes(), path.name) for path in replays) if "edges" in one.case)
    first, count = list(bodies), len(bodies)

    path = tmp_path / "replay.json"
    path.write_text(replay.text())
    again, told, _ = run(capsys, "--target", url, "--replay", str(path))

    assert (code, again) == (1, 1)
    assert f"replay: {replay.clause} is broken again" in told
    assert bodies[count:] == first[: len(bodies) - count]
    assert "--replay" in json.dumps(
        json.loads(next(tmp_path.glob("reports/out/*/report.json")).read_text())["findings"]
    )


def test_a_replay_is_read_as_it_was_written() -> None:
    replay = Replay("operations", "ping, json: accepted", "LE2-PING-RES-01", 1, 2, 3, 4, "default", {"a": "b"})

    assert read(replay.text().encode(), "x") == replay


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{}", b'{"schema": "leadproof.replay/1"}', b'{"schema": "leadproof.replay/1", "topic": 1}']
)
def test_what_is_no_replay_is_refused(data: bytes) -> None:
    with pytest.raises(InputError, match="is no replay file"):
        read(data, "x")


def test_a_replay_of_a_case_that_is_gone_is_refused(capsys, tmp_path) -> None:
    path = tmp_path / "replay.json"
    path.write_text(Replay("operations", "no such case", "LE2-PING-RES-01", 0, 0, 1).text())

    code, _, err = run(capsys, "--replay", str(path))

    assert code == 2
    assert "the suite has no case operations: no such case" in err


# ---- nothing personal gets out ---------------------------------------------------------------------------------------


def test_no_secret_and_no_lead_value_is_left_behind(capsys, http_target, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("LEADPROOF_API_KEY", CANARIES[0])
    names: set[str] = set()

    def echo(method, path, headers, body):
        """Breaks the contract and says everything that it was told."""
        text = body.decode("utf-8", "replace")
        names.update(re.findall(r"lead\d+\.[0-9a-f]+\.[0-9a-f]+@leads\.example", text))
        names.update(street for street in ("12 Example Street", "340 Sample Avenue") if street in text)
        said = json.dumps(
            {"requestId": headers.get("api-key", ""), "results": [{"willAccept": text, "response": text}]}
        )
        return 500, JSON, said.encode()

    url = http_target(echo)
    _, out, err = run(
        capsys, "--target", url, "--max-examples", "3", "--operation", "create_lead", "--operation", "ping",
        "--topic", "operations", "--topic", "generated", "--topic", "lives",
    )  # fmt: skip

    left = [path for path in tmp_path.rglob("*") if path.is_file()]
    secrets = [*CANARIES, *names]  # no telephone numbers: their stand-ins are of the same range
    found = [
        f"{path.relative_to(tmp_path)}: {secret}"
        for path in left
        for secret in secrets
        if secret.encode() in path.read_bytes()
    ]
    assert len(names) > 5
    assert any(path.name == "exchanges.ndjson" for path in left)
    assert found == []
    assert [secret for secret in secrets if secret in out + err] == []
    assert not [path for path in left if ".schemathesis" in path.parts]
    assert not [path for path in left if ".hypothesis" in path.parts and "examples" in path.parts]
    assert os.getcwd() == str(tmp_path)


# ---- a target that was reached, and one that was not -----------------------------------------------------------------

_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
_CHUNKED = _HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
_ZIPPED = _HEAD + b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnone"
_NEVER = 600.0

#: What comes back for every request, and how -> the kinds of finding. Something came, so the target was reached.
CAME: dict[str, tuple[bytes, dict[str, object], set[str]]] = {
    "a body that is cut off": (_HEAD + b"Content-Length: 99\r\n\r\n{}", {}, {"framing.length"}),
    "a body that does not end": (_HEAD + b"Content-Length: 99\r\n\r\n{}", {"pause": _NEVER}, {"transport.timeout"}),
    "a reset within the body": (
        _HEAD + b"Content-Length: 99\r\n\r\n{}",
        {"reset": True},
        {"transport.reset", "framing.length"},
    ),
    "a missing last chunk": (_CHUNKED + b"2\r\n{}\r\n", {}, {"framing.length"}),
    "a wrong chunk size": (_CHUNKED + b"zz\r\n{}\r\n", {}, {"framing.invalid"}),
    "a header that is none": (_HEAD + b": x\r\n\r\n", {}, {"framing.invalid"}),
    "two lengths": (_HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}", {}, {"framing.invalid"}),
    "half a head": (_HEAD, {}, {"transport.reset"}),
    "half a head, and silence": (_HEAD, {"pause": _NEVER}, {"transport.timeout"}),
    "HTTP/0.9": (b'{"requestId": "1"}\r\n', {}, {"framing.version"}),
    "garbage": (bytes(range(256)) * 4, {}, {"framing.invalid"}),
    "TLS on a port that was named as plain": (b"\x15\x03\x01\x00\x02\x02\x46", {}, {"framing.invalid"}),
    "gzip that is none": (_ZIPPED, {}, {"encoding.invalid"}),
    "an interim response and no other": (b"HTTP/1.1 100 Continue\r\n\r\n", {}, {"transport.reset"}),
}

#: The same where nothing came.
NOTHING: dict[str, tuple[bytes, dict[str, object]]] = {
    "closed without a response": (b"", {}),
    "reset without a response": (b"", {"reset": True}),
    "silence": (b"", {"pause": _NEVER}),
}

_PART = ("--operation", "ping", "--media", "json", "--timeout", "0.3")


@pytest.mark.parametrize("case", CAME)
@pytest.mark.parametrize("topic", ["operations", "transport"])
def test_what_came_broken_is_a_violation(
    case: str, topic: str, raw_target: Callable, capsys: pytest.CaptureFixture[str]
) -> None:
    """`transport` sends on a raw socket, the others through an HTTP library."""
    sent, how, kinds = CAME[case]

    found = report(capsys, "--target", raw_target(sent, **how).url, *_PART, "--topic", topic)

    deciding = [row for row in found["findings"] if row["decides"]]
    assert (found["exit_code"], found["verdict"]) == (1, "failed")
    assert 5 not in found["codes"]
    assert deciding
    if topic == "operations":  # a raw socket may see more
        assert {row["clause"] for row in deciding} == {"LE2-ALL-HTTP-09"}
        assert {row["kind"] for row in deciding} <= kinds


@pytest.mark.parametrize("case", NOTHING)
@pytest.mark.parametrize("topic", ["operations", "transport"])
def test_where_nothing_came_the_target_was_not_reached(
    case: str, topic: str, raw_target: Callable, capsys: pytest.CaptureFixture[str]
) -> None:
    """A proxy before a service that is not there takes the connection and closes it: an empty reply is nobody's."""
    sent, how = NOTHING[case]

    code, _, _ = run(capsys, "--target", raw_target(sent, **how).url, *_PART, "--topic", topic)

    assert code == 5


def test_tls_that_the_target_does_not_speak_is_no_connection(
    http_target: Callable, capsys: pytest.CaptureFixture[str]
) -> None:
    url = http_target(lambda *_: (200, {}, b"{}")).replace("http:", "https:")

    code, _, err = run(capsys, "--target", url, *_PART, "--topic", "operations")

    assert code == 5
    assert "the TLS handshake failed" in err


def test_a_target_that_was_reached_once_stays_so_when_the_run_is_read_again(
    raw_target: Callable, capsys: pytest.CaptureFixture[str]
) -> None:
    target = raw_target(_HEAD + b"Content-Length: 99\r\n\r\n{}", pause=_NEVER).url
    found = report(capsys, "--target", target, *_PART, "--topic", "operations")
    [folder] = Path("reports/out").iterdir()
    (folder / "report.json").unlink()

    code = main(["report", str(folder), "--out", "again"])

    assert code == found["exit_code"] == 1
