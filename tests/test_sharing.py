"""Copies that are safe to share: the same form, nothing personal, and what is broken stays readable."""

from __future__ import annotations

import base64
import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from leadproof import captures
from leadproof.captures.share import share, suggested
from leadproof.cli.redact import command
from leadproof.contract import profile
from leadproof.core.errors import InputError, UsageError
from leadproof.core.exchange import Exchange, Request, Response
from leadproof.judge import Judge
from leadproof.redact import Redactor
from leadproof.runs.evidence import Run, read_exchanges

HARS = Path(__file__).parent / "data" / "har"
GOOD = sorted((HARS / "good").iterdir())

NAME, MAIL, KEY, SESSION = "Zebulon", "zeb.quarrington@mailbox.example", "canary-key-93b1c2", "canarycookie5512"
CANARIES = (NAME, MAIL, KEY, SESSION, "867-5309")

SENT = json.dumps(
    {
        "source": {"vid": 1001, "lid": 2001, "sendDelay": 0},
        "leads": [{"properties": {}, "fields": {"FirstName": NAME, "Email": MAIL, "Phone": "415-867-5309"}}],
    }
)

#: An entry as browsers write them, with something to hide in every corner.
ENTRY: dict[str, Any] = {
    "pageref": "page_1",
    "startedDateTime": "2026-11-23T09:00:00.000+01:00",
    "time": 12.5,
    "request": {
        "method": "POST",
        "url": f"https://api.example/v2/insert/general?token={KEY}&email={MAIL}",
        "httpVersion": "HTTP/2",
        "cookies": [{"name": "sid", "value": SESSION, "httpOnly": True}],
        "headers": [{"name": "api-key", "value": KEY}, {"name": "Content-Type", "value": "application/json"}],
        "queryString": [{"name": "token", "value": KEY}, {"name": "email", "value": MAIL}],
        "postData": {"mimeType": "application/json", "text": SENT, "params": [{"name": "Email", "value": MAIL}]},
        "headersSize": 300,
    },
    "response": {
        "status": 200,
        "statusText": f"OK {NAME}",
        "headers": [{"name": "Set-Cookie", "value": f"sid={SESSION}; Path=/"}],
        "cookies": [{"name": "sid", "value": SESSION}],
        "content": {"size": 10, "mimeType": "text/plain", "text": f"Thank you {NAME}, call (415) 867-5309"},
        "redirectURL": f"https://user:{KEY}@host.example/",
    },
    "cache": {},
    "timings": {"send": 0.1, "wait": 12, "receive": 0.4, "comment": f"slow for {NAME}"},
    "_initiator": {"type": "script", "stack": {"api_key": KEY, "frames": [f"submit({MAIL})"]}},
    "comment": f"lead of {NAME}",
}
HAR = {
    "log": {
        "version": "1.2",
        "creator": {"name": "a browser", "version": "1"},
        "pages": [{"id": "page_1", "title": f"Hello {NAME}", "startedDateTime": "2026-11-23T09:00:00Z"}],
        "entries": [ENTRY, ENTRY],
        "comment": f"recorded for {MAIL}",
    }
}


def written(folder: Path, name: str, content: object) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return path


def shared(source: Path, **options: Any) -> str:
    return share(source, suggested(source), Redactor(), **options).path.read_text("utf-8")


def shape(value: Any) -> Any:
    """The structure of a document: names and types, numbers and what is no text as they are."""
    if isinstance(value, dict):
        return {name: shape(sub) for name, sub in value.items()}
    if isinstance(value, list):
        return [shape(sub) for sub in value]
    return "text" if isinstance(value, str) else value


def test_a_har_keeps_its_structure_and_nothing_personal(tmp_path: Path) -> None:
    text = shared(written(tmp_path, "capture.har", HAR))

    assert shape(json.loads(text)) == shape(HAR)
    assert [one for one in CANARIES if one in text] == []


def test_what_is_told_late_is_replaced_where_it_was_shown_early(tmp_path: Path) -> None:
    found = json.loads(shared(written(tmp_path, "capture.har", HAR)))["log"]

    fields = json.loads(found["entries"][0]["request"]["postData"]["text"])["leads"][0]["fields"]
    assert found["pages"][0]["title"] == f"Hello {fields['FirstName']}"


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.name)
def test_a_redacted_har_is_read_and_judged_like_the_original(path: Path, tmp_path: Path) -> None:
    posting = profile.load(None)
    copy = share(path, tmp_path / "copy.har", Redactor(posting.personal_fields)).path
    judges = Judge(profile=posting), Judge(profile=posting)

    read = [[one for one in captures.read(file) if isinstance(one, Exchange)] for file in (path, copy)]
    found = [
        [one.same_as()[:5] for exchange in side for one in judge.judge(exchange).findings]
        for judge, side in zip(judges, read, strict=True)
    ]

    assert len(read[0]) == len(read[1]) > 0
    assert found[0] == found[1]


@pytest.mark.parametrize("path", sorted((HARS / "bad").iterdir()), ids=lambda path: path.name)
def test_a_broken_har_never_ends_in_a_traceback(path: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(command, [str(path), "-o", str(tmp_path / "copy.har")], standalone_mode=False)

    assert result.exception is None
    assert result.return_value in (0, 2)
    assert [one.name for one in tmp_path.iterdir()] == ["copy.har"]


def test_of_a_har_that_breaks_off_the_good_entries_are_kept(tmp_path: Path) -> None:
    text = json.dumps(HAR)
    path = written(tmp_path, "capture.har", text[: text.rindex('"_initiator"')].encode())

    copy = share(path, tmp_path / "copy.har", Redactor())

    assert len(json.loads(copy.path.read_bytes())["log"]["entries"]) == 1
    assert "breaks off" in copy.problems[0][1]


def test_binary_content_is_left_out(tmp_path: Path) -> None:
    image = {
        **ENTRY,
        "response": {"status": 200, "content": {"mimeType": "image/png", "text": "iVBO", "encoding": "base64"}},
    }
    found = json.loads(shared(written(tmp_path, "capture.har", {"log": {"entries": [image]}})))

    assert found["log"]["entries"][0]["response"]["content"]["text"] == ""


TEXTS = {
    "body.json": SENT,
    "body.xml": f"<Leads vid='1'><Lead><FirstName>{NAME}</FirstName><Email>{MAIL}</Email></Lead></Leads>",
    "call.http": f"POST /v2/ping?token={KEY} HTTP/1.1\r\napi-key: {KEY}\r\nCookie: sid={SESSION}\r\n\r\n{SENT}\r\n",
    "curl.txt": f'> POST /v2/insert HTTP/1.1\n> api-key: {KEY}\n>\n< HTTP/1.1 200\n\n{{\n "Email":\n\n "{MAIL}"\n}}\n',
    "log.ndjson": f'{{"api_key": "{KEY}", "msg": "mail to {MAIL}"}}\n{{"body": {json.dumps(SENT)}}}\n',
    "mail.txt": f"Dear all,\nplease call {MAIL} or (415) 867-5309\nhttps://me:{KEY}@host.example/?token={SESSION}\n",
}


@pytest.mark.parametrize("name", TEXTS)
def test_text_stays_what_it_is_without_what_is_personal(name: str, tmp_path: Path) -> None:
    content = TEXTS[name]
    text = shared(written(tmp_path, name, content.encode()))

    assert [one for one in CANARIES if one in text] == []
    assert len(text.splitlines()) == len(content.splitlines())
    assert text.startswith(content[:5])


#: What collectors put before the JSON of a line, with words that must not be taken for a header or a document.
PREFIXES = (
    "gateway-1  | ", "2026-11-26T10:00:00Z INFO ", "[2026-11-26 10:00:00] ", "[gateway] ",
    "<14>1 2026-11-26T10:00:00Z ", "pod-7 gateway ", "INFO:gateway:", "gateway {debug} ", '{app="gateway"} ', "\t",
)  # fmt: skip


@pytest.mark.parametrize("prefix", PREFIXES)
def test_a_prefix_makes_no_other_copy_of_a_line_of_json(prefix: str, tmp_path: Path) -> None:
    sent = {"api-key": KEY, "Cookie": f"sid={SESSION}; theme=dark", "content-type": "application/json"}
    row = json.dumps({
        "req": {"method": "POST", "url": "/v2/insert/general", "headers": sent, "body": SENT},
        "res": {"status": 200, "headers": {"Set-Cookie": f"sess={SESSION}; Path=/"}, "body": "{}"},
    })  # fmt: skip
    plain = shared(written(tmp_path, "plain.log", f"{row}\n{row}\n".encode()))
    text = shared(written(tmp_path, "prefix.log", f"{prefix}{row}\n{prefix}starting\n{prefix}{row}\n".encode()))

    assert [one for one in CANARIES if one in plain] == []
    lines = plain.splitlines()
    assert text.splitlines() == [f"{prefix}{lines[0]}", f"{prefix}starting", f"{prefix}{lines[1]}"]


def test_a_compressed_file_becomes_a_plain_one(tmp_path: Path) -> None:
    path = written(tmp_path, "capture.har.gz", gzip.compress(json.dumps(HAR).encode()))

    assert suggested(path) == tmp_path / "capture.redacted.har"


def test_a_run_directory_stays_one(tmp_path: Path) -> None:
    exchange = Exchange(
        Request("POST", "/v2/insert/general", (("api-key", KEY),), SENT.encode()),
        Response(200, (), b"{}"),
        "create_lead",
    )

    class Careless(Redactor):
        def exchange(self, exchange: Exchange) -> Exchange:
            return exchange

    with Run.open(tmp_path / "out", "validate", redactor=Careless()) as run:
        run.exchange(exchange)
    copy = share(run.path, tmp_path / "copy", Redactor())

    assert sorted(one.name for one in copy.path.iterdir()) == sorted(one.name for one in run.path.iterdir())
    kept = next(read_exchanges(copy.path))
    assert [one for one in CANARIES if one in str(kept)] == []
    assert kept.request.target == exchange.request.target


# ---- the command -----------------------------------------------------------------------------------------------------


def test_neither_the_original_nor_another_file_is_written_over(tmp_path: Path) -> None:
    path = written(tmp_path, "capture.har", HAR)
    before = path.read_bytes()
    other = written(tmp_path, "other.har", b"mine")

    for to in (path, other):
        with pytest.raises(UsageError):
            share(path, to, Redactor())
    share(path, other, Redactor(), force=True)

    assert path.read_bytes() == before
    assert other.read_bytes() != b"mine"


def test_the_command_says_what_it_replaced_and_not_the_values(tmp_path: Path) -> None:
    path = written(tmp_path, "body.json", SENT.encode())
    result = CliRunner().invoke(command, [str(path)], standalone_mode=False)

    assert result.return_value == 0
    assert result.stdout == ""
    assert result.stderr.splitlines()[1:] == ["       1  text", "       1  email", "       1  phone"]
    assert result.stderr.splitlines()[0].endswith("body.redacted.json: 3 values replaced")


def test_one_value_is_one_value(tmp_path: Path) -> None:
    path = written(
        tmp_path, "one.json", b'{"source": {"vid": 1, "lid": 2}, "leads": [{"fields": {"Email": "a@b.example"}}]}'
    )

    result = CliRunner().invoke(command, [str(path)], standalone_mode=False)

    assert result.stderr.splitlines()[0].endswith("one.redacted.json: 1 value replaced")


def test_two_copies_are_only_alike_when_they_shall_be(tmp_path: Path) -> None:
    path = written(tmp_path, "body.json", SENT.encode())
    made = []
    for options in ([], [], ["--stable"], ["--stable"]):
        to = tmp_path / f"{len(made)}.json"
        CliRunner().invoke(command, [str(path), "-o", str(to), *options], standalone_mode=False)
        made.append(to.read_bytes())

    assert made[0] != made[1]
    assert made[2] == made[3]


# ---- what is left to a person ----------------------------------------------------------------------------------------

#: A response's text -> why a person should look at it; "" for no reason.
LOOKS = {
    "We told Perpetua Quarrington about it": "words that may be a name",
    "say hello to Иван Петров now": "words that may be a name",
    "the lead of O'Hara Featherstone was sold": "words that may be a name",
    "7f" * 40: "a long text that cannot be read",
    base64.b64encode(bytes(range(128, 255))).decode(): "a long text that cannot be read",
    "Lead was accepted": "",
    "Bad Request": "",
    "Internal Server Error at Monday": "",
    base64.b64encode(b"a text that anybody can read, though it is a long one indeed").decode(): "",
    "Dear Perpetua Quarrington": "",
}


def har_of(**content: str) -> dict[str, Any]:
    response = {"status": 200, "headers": [], "content": {"mimeType": "text/plain", **content}}
    return {"log": {"entries": [{"request": {"method": "GET", "url": "https://x.example/", "headers": []},
                                 "response": response}]}}  # fmt: skip


@pytest.mark.parametrize("text", LOOKS)
def test_places_that_no_rule_decides_are_named(text: str, tmp_path: Path) -> None:
    path = written(tmp_path, "capture.har", har_of(text=text))

    places = share(path, tmp_path / "copy.har", Redactor()).places

    expected = [(1, "/log/entries/0/response/content/text", LOOKS[text])] if LOOKS[text] else []
    assert [(one.exchange, one.at, one.why) for one in places.found] == expected


#: Files that are no text, by their beginning or by what they are full of.
NO_TEXT = {
    "shot.png": b"\x89PNG\r\n\x1a\n",
    "photo.jpg": b"\xff\xd8\xff\xe0\x00\x10JFIF",
    "loader.gif": b"GIF89a!",
    "lead.pdf": b"%PDF-1.4\n(Zebulon)",
    "x.bin": bytes(range(256)),
    "lead.sqlite": b"SQLite format 3\0Zebulon",
    "packed.bin.gz": gzip.compress(bytes(range(256))),
    "without-bom.json": '{"FirstName": "Zebulon"}'.encode("utf-16-le"),
}


@pytest.mark.parametrize("name", NO_TEXT)
def test_a_file_that_is_no_text_is_refused(name: str, tmp_path: Path) -> None:
    source = written(tmp_path, name, NO_TEXT[name])

    result = CliRunner().invoke(command, [str(source)], standalone_mode=False)

    assert isinstance(result.exception, InputError)
    assert result.exception.exit_code == 2
    assert "is no text" in str(result.exception)
    assert result.exception.hint
    assert list(tmp_path.iterdir()) == [source]


def test_in_a_folder_it_is_left_out_and_named(tmp_path: Path) -> None:
    folder = tmp_path / "mixed"
    (folder / "in").mkdir(parents=True)
    for name, content in NO_TEXT.items():
        written(folder / "in", name, content)
    written(folder, "mail.txt", f"call {MAIL}\n".encode())
    written(folder, "utf-16.json", '{"FirstName": "Zebulon"}'.encode("utf-16"))

    result = CliRunner().invoke(command, [str(folder), "--json"], standalone_mode=False)

    assert result.return_value == 2
    told = json.loads(result.stdout)
    names = sorted(f"in/{name}" for name in NO_TEXT)
    assert sorted(one["file"].removeprefix(f"{folder}/") for one in told["problems"]) == names
    assert sorted(one["file"] for one in told["look"]) == names
    copied = [path.name for path in (tmp_path / "mixed.redacted").rglob("*") if path.is_file()]
    assert sorted(copied) == ["mail.txt", "utf-16.json"]


def test_a_binary_part_of_a_text_is_named(tmp_path: Path) -> None:
    message = b"HTTP/1.1 200 OK\r\n" + b"x-a: b\r\n" * 2_000 + b"\r\n" + gzip.compress(b"Zebulon", mtime=0)
    source = written(tmp_path, "call.http", message)

    places = share(source, suggested(source), Redactor()).places.found

    assert [place.at for place in places] == ["line 2003"]


def test_what_was_left_out_is_named(tmp_path: Path) -> None:
    path = written(tmp_path, "capture.har", har_of(text="iVBO", mimeType="image/png"))

    (place,) = share(path, tmp_path / "copy.har", Redactor()).places.found

    assert (place.file, place.exchange, place.at) == ("capture.har", 1, "/log/entries/0/response/content/comment")
    assert place.why == "left out, not looked into"


def test_places_lie_within_documents_and_lines(tmp_path: Path) -> None:
    body = json.dumps({"results": [{"companyName": "Harbor Insurance", "text": "We told Perpetua Quarrington"}]})
    (tmp_path / "in").mkdir()
    written(tmp_path / "in", "capture.har", har_of(text=body))
    written(tmp_path / "in", "log.txt", f"started\n{body}\nnothing here\nWe told Perpetua Quarrington\n".encode())
    xml = b"<R>\n <CompanyName>Harbor Insurance</CompanyName>\n <Text>We told Perpetua Quarrington</Text>\n</R>\n"
    written(tmp_path / "in", "response.xml", xml)

    places = share(tmp_path / "in", tmp_path / "out", Redactor()).places

    assert [(one.file, one.exchange, one.at) for one in places.found] == [
        ("capture.har", 1, "/log/entries/0/response/content/text line 1 /results/0/text"),
        ("log.txt", None, "line 2 /results/0/text"),
        ("log.txt", None, "line 4"),
        ("response.xml", None, "line 3"),
    ]


def test_the_list_is_capped_and_json_says_how_much_more_there_is(tmp_path: Path) -> None:
    path = written(tmp_path, "log.txt", b"We told Perpetua Quarrington\n" * 1_500)

    text, data = (
        CliRunner().invoke(command, [str(path), "--force", *more], standalone_mode=False) for more in ([], ["--json"])
    )

    lines = text.stderr.splitlines()
    assert lines[2:4] == ["look before you share it:", "  log.txt line 1: words that may be a name"]
    assert lines[23:] == ["  … and 1,480 more places; --json has up to 1,000"]
    found = json.loads(data.stdout)
    assert (len(found["look"]), found["more"], found["problems"]) == (1_000, 500, [])
    assert found["look"][1] == {"file": "log.txt", "exchange": None, "at": "line 2", "why": "words that may be a name"}
    assert "Perpetua" not in data.stdout + text.stderr


# ---- the disk --------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform != "linux", reason="files of a limited size")
@pytest.mark.parametrize("size", [200, 200_000], ids=["in one piece", "in many"])
@pytest.mark.parametrize("many", [False, True], ids=["file", "folder"])
def test_on_a_full_disk_there_is_no_half_a_copy(size: int, many: bool, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    path = written(tmp_path / "in", "mail.txt", b"thank you for that\n" * (size // 19))
    limited = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64));"
        "from leadproof.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    source = path.parent if many else path
    line = [sys.executable, "-c", limited, "redact", str(source), "-o", str(tmp_path / "copy")]

    done = subprocess.run(line, capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 2
    assert done.stderr.splitlines()[0].startswith("leadproof: error: ")
    assert done.stderr.splitlines()[0].endswith(": File too large")
    assert "hint: name another place with -o FILE" in done.stderr
    assert [one.name for one in tmp_path.iterdir()] == ["in"]
