"""Captures where they are: a real S3 server, a web server with a certificate and an SFTP server, all on this machine.

What is read comes to what the same files come to here; what goes wrong is said in a line with a hint; and what proves
who asks is neither printed, nor written, nor sent to anybody else.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import os
import pickle
import re
import socket
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import clusters
import pytest
from captured import DEFECTS, capture
from clusters import Place
from networks import Front, listening, messages

from leadproof import captures
from leadproof.captures import Caps, RemotePath, remote
from leadproof.captures.remote.failures import failure
from leadproof.captures.remote.urls import scrubbed, shown
from leadproof.core import installation
from leadproof.core.errors import InputError, MissingExtraError, UsageError

HARS = Path(__file__).parent / "data" / "har" / "good"

#: Runs each command line that it is given, and prints what came of it.
RUNNER = """
import contextlib, io, json, sys
from leadproof.cli import main
for words in json.load(sys.stdin):
    out, errors = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(errors):
        try:
            code = main(words)
        except SystemExit as error:
            code = error.code
    print(json.dumps([code, out.getvalue(), errors.getvalue()]), flush=True)
"""

Said = tuple[int, str, str]


def said(commands: list[list[str]], folder: Path, **environment: str) -> list[Said]:
    """Exit code, output and errors of each command line, run one after the other in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", RUNNER], input=json.dumps(commands), capture_output=True, text=True, timeout=900,
        cwd=folder, env=os.environ | clusters.NOBODY | environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [tuple(json.loads(line)) for line in done.stdout.splitlines()]


def validating(*words: str) -> list[str]:
    return ["validate", "--no-run", "--json", *words]


def without_places(text: str) -> dict[str, Any]:
    """A report without where its files are and what they are called."""
    report: dict[str, Any] = json.loads(text)
    assert report["run"].pop("repeat").startswith("leadproof validate ")
    report["files"] = [{**row, "path": row["path"].rpartition("/")[2]} for row in report["files"]]
    return report


# ---- S3 --------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of captures of several forms."""
    folder = tmp_path_factory.mktemp("here") / "captures"
    (folder / "deep" / "er").mkdir(parents=True)
    for path in sorted(HARS.iterdir())[:3]:
        (folder / path.name).write_bytes(path.read_bytes())
    one = capture(folder / "deep" / "one.ndjson", 1, 2, DEFECTS)
    (folder / "deep" / "er" / "two.ndjson.gz").write_bytes(gzip.compress(capture(folder / "x", 2).read_bytes()))
    (folder / "x").unlink()
    (folder / ".hidden.har").write_text("{}")
    with zipfile.ZipFile(folder / "packed.zip", "w") as archive:
        archive.writestr("capture.har", sorted(HARS.iterdir())[3].read_bytes())
    (folder / "odd [x] ü+%41#&='.ndjson").write_bytes(one.read_bytes())
    return folder


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory, local: Path) -> Iterator[dict[str, str]]:
    """An S3 server with those captures in a bucket; what leads the library there."""
    with clusters.processes(tmp_path_factory.mktemp("s3")) as started:
        url = clusters.serve_s3(started, Place())
        clusters.upload(started, Place(), url, "bucket", [path for path in sorted(local.rglob("*")) if path.is_file()],
                        local.parent)  # fmt: skip
        yield {"AWS_ENDPOINT_URL": url}


def test_a_bucket_says_what_the_same_folder_says(s3: dict[str, str], local: Path, tmp_path: Path) -> None:
    commands = [
        validating(str(local)),
        validating("s3://bucket/captures/"),
        validating("s3://bucket/captures"),
        validating("s3://bucket/captures/", "--jobs", "2"),
        validating(str(local / "deep" / "*.ndjson"), str(local / "packed.zip")),
        validating("s3://bucket/captures/deep/*.ndjson", "s3://bucket/captures/packed.zip"),
        validating(str(local / "odd [x] ü+%41#&='.ndjson")),
        validating("s3://bucket/captures/odd [x] ü+%41#&='.ndjson"),
    ]
    found = said(commands, tmp_path, **s3)

    reports = [without_places(out) for _, out, errors in found]
    assert [errors for *_, errors in found] == [""] * len(found)
    assert reports[0]["counts"]["judged"] > 0
    assert reports[1] == reports[2] == reports[3] == reports[0]
    assert reports[5] == reports[4]
    assert reports[7] == reports[6]
    assert len(reports[4]["files"]) == 2
    assert json.loads(found[7][1])["files"][0]["path"] == "s3://bucket/captures/odd [x] ü+%41#&='.ndjson"


def test_redact_copies_what_is_in_a_bucket(s3: dict[str, str], local: Path, tmp_path: Path) -> None:
    plain = sorted(HARS.iterdir())[0].name
    commands = [
        ["redact", "--stable", str(local), "-o", str(tmp_path / "here")],
        ["redact", "--stable", "s3://bucket/captures/", "-o", str(tmp_path / "there")],
        ["redact", "--stable", f"s3://bucket/captures/{plain}"],
        ["redact", f"s3://bucket/captures/{plain}", "-o", "s3://bucket/copy.har"],
    ]
    *_, refused = found = said(commands, tmp_path, **s3)

    def copied(folder: str) -> dict[str, bytes]:
        root = tmp_path / folder
        return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}

    codes = [code for code, *_ in found[:3]]
    assert codes[0] == codes[1], "a zip is not copied, wherever it is"
    assert codes[2] == 0
    assert copied("there") == copied("here")
    assert len(copied("here")) >= 6
    assert (tmp_path / plain.replace(".har", ".redacted.har")).read_bytes() == copied("here")[plain]
    assert refused[0] == 2
    assert "this machine only" in refused[2]


def test_what_is_wrong_with_a_bucket_is_said_in_a_line(s3: dict[str, str], tmp_path: Path) -> None:
    cases = {
        "s3://bucket/captures/missing.har": "there is no such file or folder",
        "s3://no-such-bucket/x.har": "there is no such file or folder",
        "s3://bucket/captures/*.none": "no file has such a name",
        "s3:///x.har": "begins with the name of a bucket",
        "s3://key:made-up-secret@bucket/x.har": "holds credentials",
        "ftp://user:made-up-secret@host/x.har": "reads nothing from ftp://",
    }
    found = said([validating(url) for url in cases], tmp_path, **s3)

    for (code, out, errors), message in zip(found, cases.values(), strict=True):
        assert (code, out) == (2, "")
        assert message in errors
        assert errors.count("\n") == 2, "an error and a hint"
        assert "made-up-secret" not in errors
        assert "Traceback" not in errors


def test_a_bucket_that_cannot_be_reached_or_entered_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    ((code, _, errors),) = said(
        [validating("s3://bucket/x.har")], tmp_path, AWS_ENDPOINT_URL=f"http://127.0.0.1:{port}"
    )
    assert code == 2
    assert "it cannot be reached" in errors

    nobody = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "HOME": str(tmp_path)}
    ((code, _, errors),) = said([validating("s3://bucket/x.har")], tmp_path, **nobody)
    assert code == 2
    assert "no credentials" in errors
    assert "AWS_PROFILE" in errors


@pytest.fixture
def here(s3: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The S3 server for the library in this process."""
    for name, value in (clusters.NOBODY | s3).items():
        monkeypatch.setenv(name, value)


def test_no_more_is_read_than_may_be(here: None, local: Path) -> None:
    size = (local / "deep" / "one.ndjson").stat().st_size
    url = "s3://bucket/captures/deep/one.ndjson"

    (enough,) = captures.files([RemotePath.of(url, Caps(size))])
    (known,) = captures.files([RemotePath.of(url, Caps(size - 1))])
    assert isinstance(enough, RemotePath)
    assert isinstance(known, RemotePath)
    unknown = RemotePath(known.url, known.path, known.caps)
    with enough.open() as file:
        assert len(file.read()) == size
    for place in (known, unknown):
        with pytest.raises(InputError, match="is larger than") as caught, place.open() as file:
            file.read()
        assert "--fetch-size" in caught.value.hint


def test_a_place_is_read_like_a_file(here: None, local: Path) -> None:
    content = (local / "deep" / "one.ndjson").read_bytes()
    (place,) = captures.files([RemotePath.of("s3://bucket/captures/deep/one.ndjson", Caps())])
    assert isinstance(place, RemotePath)

    with place.open() as file:
        assert file.read(10) == content[:10]
        assert file.seek(-20, os.SEEK_END) == len(content) - 20
        assert file.read() == content[-20:]
        assert file.seek(70_000) == 70_000
        assert file.read(5) == content[70_000:70_005]
        assert file.tell() == 70_005

    assert captures.size_of(place) == len(content)
    assert pickle.loads(pickle.dumps(place)) == place
    assert list(captures.read(place)) == list(captures.read(local / "deep" / "one.ndjson"))


# ---- the web ---------------------------------------------------------------------------------------------------------

SIGNATURE, PASSWORD = "made-up-signature", "made-up-password"


class Web:
    """A web server with a certificate: what each path does, and what was asked for."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.elsewhere = ""
        self.waits = threading.Event()

    def serve(self, client: socket.socket, front: Front) -> None:
        for head, _ in messages(client, front):
            method, target, _ = head.decode("latin-1").split(" ", 2)
            path = target.partition("?")[0]
            if path == "/moved.ndjson":
                client.sendall(b"HTTP/1.1 302 Found\r\nLocation: /plain.ndjson\r\nContent-Length: 0\r\n\r\n")
            elif path == "/away.ndjson":
                location = f"Location: {self.elsewhere}/plain.ndjson".encode()
                client.sendall(b"HTTP/1.1 307 Temporary Redirect\r\n" + location + b"\r\nContent-Length: 0\r\n\r\n")
            elif path in ("/denied.har", "/gone.har"):
                status = b"403 Forbidden" if path == "/denied.har" else b"404 Not Found"
                client.sendall(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n")
            elif path == "/page":
                self.give(client, method, b"<!doctype html><html><body>Sign in</body></html>", head)
            elif path == "/endless.ndjson":
                client.sendall(b"HTTP/1.1 200 OK\r\nAccept-Ranges: none\r\nConnection: close\r\n\r\n")
                with contextlib.suppress(OSError):
                    while method == "GET":
                        client.sendall(self.content)
                return
            elif path == "/whole.ndjson":  # no length, and no ranges
                client.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + (method == "GET") * self.content)
                return
            elif path == "/drip.ndjson" and method == "GET":
                client.sendall(b"HTTP/1.1 206 Partial Content\r\nContent-Length: 65536\r\n\r\n")
                with contextlib.suppress(OSError):
                    while not self.waits.wait(0.1):
                        client.sendall(b"\n")
                return
            elif path == "/cut.ndjson" and method == "GET" and b"bytes=0-" not in head:
                client.sendall(b"HTTP/1.1 206 Partial Content\r\nContent-Length: 70000\r\n\r\n{")
                return
            else:
                self.give(client, method, self.content, head)

    def give(self, client: socket.socket, method: str, content: bytes, head: bytes) -> None:
        status, length = b"200 OK", len(content)
        if found := re.search(rb"(?i)range: bytes=(\d+)-(\d+)", head):
            content = content[int(found[1]) : int(found[2]) + 1]
            status, length = b"206 Partial Content", len(content)
        line = b"HTTP/1.1 " + status + b"\r\nAccept-Ranges: bytes\r\nContent-Length: %d\r\n\r\n" % length
        client.sendall(line + (content if method == "GET" else b""))


@pytest.fixture(scope="module")
def web(certificates: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Front, Front, Path]]:
    """Two of them, and a capture as the first has it."""
    import ssl

    folder = tmp_path_factory.mktemp("web")
    path = capture(folder / "plain.ndjson", 4, 4)
    assert path.stat().st_size > 2 * 65_536
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificates / "server.pem", certificates / "server.key")
    server, other = Web(path.read_bytes()), Web(path.read_bytes())
    with (
        listening(other.serve, scheme="https", tls=tls) as there,
        listening(server.serve, scheme="https", tls=tls) as front,
    ):
        server.elsewhere = there.url
        yield front, there, path
        server.waits.set()


def test_a_web_server_says_what_the_same_file_says_and_nobody_else_is_told_who_asks(
    web: tuple[Front, Front, Path], certificates: Path, tmp_path: Path
) -> None:
    front, there, path = web
    place = front.url.replace("//", f"//user:{PASSWORD}@")
    query = f"?versionId=7&X-Amz-Signature={SIGNATURE}&sig={SIGNATURE}"
    good = [f"{place}/{name}.ndjson{query}" for name in ("plain", "moved", "whole")]
    bad = {
        "away": "redirected to another origin", "denied.har": "access is denied", "gone.har": "there is no such file",
        "page": "is no capture", "endless": "is larger than",
        "drip": "took longer than 5 s", "cut": "the connection was cut",
    }  # fmt: skip
    names = {name: name if "." in name or name == "page" else f"{name}.ndjson" for name in bad}
    caps = {"endless": ["--fetch-size", "1"], "drip": ["--fetch-time", "5"]}
    commands = [validating(str(path)), *map(validating, good)]
    commands += [validating(f"{place}/{file}{query}", *caps.get(name, [])) for name, file in names.items()]
    commands.append(["validate", "--out", str(tmp_path / "out"), good[0]])
    commands.append(validating(front.url.replace("https", "http") + "/v2"))
    found = said(commands, tmp_path, SSL_CERT_FILE=str(certificates / "ca.pem"))

    first, *others = [without_places(out) for _, out, _ in found[:4]]
    for report in others:
        assert {**report, "files": []} == {**first, "files": []} or report["counts"] == first["counts"]
        assert report["findings"] == [{**row, "origin": mine["origin"]} for row, mine in
                                      zip(first["findings"], report["findings"], strict=True)]  # fmt: skip
    told = {name: found[4 + number] for number, name in enumerate(bad)}
    for name, message in bad.items():
        code, out, errors = told[name]
        assert code == (4 if name == "page" else 2), (name, out, errors)
        if name != "page":
            assert message in out + errors, (name, out, errors)
    assert "leadproof certify --target" in told["page"][1]
    assert "leadproof certify --target" in told["gone.har"][2]
    assert json.loads(told["cut"][1])["counts"]["exchanges"] > 0, "what came before is judged"
    assert "leadproof certify --target" in found[-1][2]

    assert there.heads == []
    assert any(b"authorization: basic" in head.lower() for head in front.heads), "the library finds credentials"
    written = b"".join(one.read_bytes() for one in (tmp_path / "out").rglob("*") if one.is_file())
    everything = written.decode("utf-8", "replace") + "".join(out + errors for _, out, errors in found)
    assert SIGNATURE not in everything
    assert PASSWORD not in everything
    assert "versionId=7&X-Amz-Signature=…" in everything


def test_a_certificate_of_nobody_is_not_trusted(web: tuple[Front, Front, Path], tmp_path: Path) -> None:
    ((code, _, errors),) = said([validating(f"{web[0].url}/plain.ndjson")], tmp_path)

    assert code == 2
    assert "its certificate cannot be trusted" in errors
    assert "SSL_CERT_FILE" in errors


# ---- SSH -------------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def sftp_server(root: Path, home: Path) -> Iterator[int]:
    """An SFTP server that gives a folder to who has the key in a home; its port."""
    import asyncssh

    host, user = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    (home / ".ssh").mkdir(parents=True)
    user.write_private_key(str(home / ".ssh" / "id_ed25519"))
    (home / ".ssh" / "id_ed25519").chmod(0o600)
    known = asyncssh.import_authorized_keys(user.export_public_key().decode())
    loop, port, over = asyncio.new_event_loop(), list[int](), threading.Event()

    async def serve() -> None:
        class Server(asyncssh.SSHServer):
            def begin_auth(self, username: str) -> bool:
                return True

        async with asyncssh.listen(
            "127.0.0.1", 0, server_host_keys=[host], authorized_client_keys=known, server_factory=Server,
            sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot=str(root).encode()),
        ) as server:  # fmt: skip
            port.append(server.get_port())
            key = host.export_public_key().decode().strip()
            (home / ".ssh" / "known_hosts").write_text(f"[127.0.0.1]:{port[0]} {key}\n")
            started.set()
            while not over.is_set():
                await asyncio.sleep(0.05)

    started = threading.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), daemon=True)
    thread.start()
    assert started.wait(clusters.LIMIT)
    try:
        yield port[0]
    finally:
        over.set()
        thread.join(clusters.LIMIT)
        loop.close()


def test_a_machine_with_ssh_says_what_the_same_folder_says_if_its_key_is_known(local: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    with sftp_server(local.parent, home) as port:
        place = f"sftp://tester@127.0.0.1:{port}/captures"
        commands = [validating(str(local)), validating(f"{place}/"), validating(str(local / "deep" / "*.ndjson")),
                    validating(f"{place}/deep/*.ndjson"), validating(f"{place}/missing.har")]  # fmt: skip
        here, there, some, same, missing = said(commands, tmp_path, HOME=str(home), SSH_AUTH_SOCK="")
        (home / ".ssh" / "known_hosts").write_text("")
        ((code, _, errors),) = said([validating(f"{place}/")], tmp_path, HOME=str(home), SSH_AUTH_SOCK="")

    assert without_places(there[1]) == without_places(here[1])
    assert without_places(same[1]) == without_places(some[1])
    assert missing[0] == 2
    assert "there is no such file or folder" in missing[2]
    assert code == 2
    assert "the key of the host is not known" in errors


# ---- words -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://user:pw@host:8/a/b.har?x=1&sig=s#part", "https://host:8/a/b.har?x=…&sig=…"),
        ("https://host/a.har?generation=3&token", "https://host/a.har?generation=3&…"),
        ("s3://bucket/what?.har", "s3://bucket/what?.har"),
        ("sftp://me:pw@host/a@b.har", "sftp://host/a@b.har"),
        ("az://box@account.blob.example/x.har", "az://account.blob.example/x.har"),
        ("captures/plain.har", "captures/plain.har"),
    ],
)
def test_a_url_is_shown_without_what_proves_who_asks(url: str, expected: str) -> None:
    assert shown(url) == expected


def test_what_a_library_says_is_shown_in_one_line_without_secrets() -> None:
    error = ValueError(f"cannot parse https://u:{PASSWORD}@host/x?X-Amz-Signature={SIGNATURE} today\nand more")

    told = failure(error, "https://host/x", "https")

    assert told.message == "https://host/x: cannot be read: cannot parse https://host/x?X-Amz-Signature=… today"
    assert scrubbed("") == ""


def test_a_place_shows_no_secret_in_whatever_form() -> None:
    place = RemotePath(
        f"https://u:{PASSWORD}@host/x.har?sig={SIGNATURE}", f"https://u:{PASSWORD}@host/x.har?sig={SIGNATURE}"
    )

    assert (str(place), place.name, place.suffix) == ("https://host/x.har?sig=…", "x.har", ".har")
    assert SIGNATURE not in repr(place)
    assert PASSWORD not in repr(place)


@pytest.mark.parametrize("name", ["../x", "a/../x", "/x", "..", "", "a//b", "./x"])
def test_a_capture_names_no_file_outside_of_its_folder(name: str) -> None:
    assert list(RemotePath("s3://bucket/a/b/c.har", "bucket/a/b/c.har").beside(name)) == []


def test_a_capture_names_files_beside_it_and_in_the_folder_above() -> None:
    place = RemotePath("s3://bucket/a/b/c.har", "bucket/a/b/c.har")

    assert [str(one) for one in place.beside("d/e.json")] == ["s3://bucket/a/b/d/e.json", "s3://bucket/a/d/e.json"]
    assert [str(one) for one in RemotePath("s3://b/c.har", "b/c.har").beside("e")] == ["s3://b/e"]


@pytest.mark.parametrize("scheme", list(remote.SCHEMES))
def test_a_library_that_is_missing_is_named_before_anything_else(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installation.util, "find_spec", lambda name: None)

    with pytest.raises(MissingExtraError, match=f"{scheme}://") as caught:
        RemotePath.of(f"{scheme}://place/x.har", Caps())

    assert caught.value.hint.startswith("pip install ")
    assert len(caught.value.hint.split()) == 4, "fsspec and one more"


def test_every_scheme_needs_only_what_its_extra_brings() -> None:
    assert {module for row in remote.SCHEMES.values() for module in row.modules} == set(installation.EXTRAS["remote"])


def test_a_place_without_a_name_is_refused() -> None:
    with pytest.raises(UsageError, match="begins with the name of a host"):
        RemotePath.of("https://", Caps())


def test_whoever_waits_waits_for_all_calls_together() -> None:
    from leadproof.captures.remote.calls import Calls

    calls, forever = Calls("s3://bucket/x", "s3", 0.5), threading.Event()
    assert calls(lambda number: number + 1, 1) == 2
    with pytest.raises(InputError, match=r"took longer than 0\.5 s"):
        calls(forever.wait)
    with pytest.raises(InputError, match="took longer"):
        calls(lambda: 1)
    forever.set()
    calls.end()
