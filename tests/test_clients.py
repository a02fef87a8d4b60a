"""Programs in other languages, written as integrators write them, get their lead through the mock.

The programs lie in tests/clients and know nothing of leadproof: they take a base URL and a secret, post one lead, and
print the body of a response with status 200. A program whose runtime this machine lacks is skipped, with the reason.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from leadproof import bodies
from leadproof.contract import profile
from leadproof.mock import Mock
from leadproof.mock.server import Running, running

CLIENTS = Path(__file__).parent / "clients"

#: Seconds for one program, compiling included.
PATIENCE = 120


class Runtime(NamedTuple):
    """What programs of one kind need."""

    #: A command that succeeds where the runtime is there.
    probe: tuple[str, ...]
    #: Where to get it.
    source: str


RUNTIMES = {
    "curl": Runtime(("curl", "--version"), "Debian package curl"),
    "python": Runtime((sys.executable, "-c", "import requests"), "pinned in requirements.lock"),
    # `java FILE.java` compiles in memory, which only a JDK can.
    "java": Runtime(("javac", "--version"), "Debian package default-jdk-headless"),
    "perl": Runtime(("perl", "-MLWP::UserAgent", "-MJSON::PP", "-e", "1"), "Debian package libwww-perl"),
    "php": Runtime(("php", "-r", "exit(function_exists('curl_init') ? 0 : 1);"), "Debian packages php-cli, php-curl"),
    "mono": Runtime(("mcs", "--version"), "Debian packages mono-mcs, mono-runtime, libmono-system-net-http4.0-cil"),
    "dotnet": Runtime(("dotnet", "--version"), "the .NET SDK, for which Debian has no package"),
}


class Client(NamedTuple):
    """One program, and how to run it in a folder that holds a copy of it."""

    name: str
    runtime: str
    #: Commands in their order; the last one is given the base URL and the secret, and prints the response.
    commands: tuple[tuple[str, ...], ...]
    #: The reference that it gives its lead.
    reference: str
    fmt: str = "json"
    bearer: bool = False


TABLE = (
    Client("curl", "curl", (("sh", "curl_json.sh"),), "curl_json"),
    Client("curl, XML, Bearer", "curl", (("sh", "curl_xml.sh"),), "curl_xml", fmt="xml", bearer=True),
    Client("Python requests", "python", ((sys.executable, "python_requests.py"),), "python_requests"),
    Client("Java HttpClient", "java", (("java", "JavaHttpClient.java"),), "java_http_client"),
    Client("Java HttpURLConnection", "java", (("java", "JavaHttpURLConnection.java"),), "java_http_url_connection"),
    Client("Perl LWP, Bearer", "perl", (("perl", "perl_lwp.pl"),), "perl_lwp", bearer=True),
    Client("PHP curl", "php", (("php", "php_curl.php"),), "php_curl"),
    Client(
        "C# HttpClient on Mono",
        "mono",
        (("mcs", "-r:System.Net.Http.dll", "CSharpHttpClient.cs"), ("mono", "CSharpHttpClient.exe")),
        "csharp_http_client",
    ),
    Client(
        "C# HttpClient on .NET",
        "dotnet",
        (("dotnet", "run", "--project", "CSharpHttpClient.csproj", "--"),),
        "csharp_http_client",
    ),
)


@cache
def missing(runtime: str) -> bool:
    """Is there no such runtime here?"""
    probe = RUNTIMES[runtime].probe
    if shutil.which(probe[0]) is None:
        return True
    return subprocess.run(probe, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE).returncode != 0


def environment() -> dict[str, str]:
    """This one without proxies, which would be asked for loopback addresses as well."""
    quiet = {"DOTNET_CLI_TELEMETRY_OPTOUT": "1", "DOTNET_NOLOGO": "1", "LC_ALL": "C.UTF-8"}
    return {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")} | quiet


@pytest.mark.parametrize("client", TABLE, ids=lambda client: client.name)
def test_the_program_prints_the_accepted_result_of_the_lead_that_the_mock_received(
    client: Client, tmp_path: Path
) -> None:
    if missing(client.runtime):
        pytest.skip(f"no {client.runtime} on this machine; to be had from: {RUNTIMES[client.runtime].source}")
    folder = shutil.copytree(CLIENTS, tmp_path / "clients")  # compilers write beside the source
    rules = profile.load()
    secret = (rules.credentials.bearer_tokens if client.bearer else rules.credentials.api_keys)[0]
    mock = Mock(rules, clock=time.time)

    with running(mock) as service:
        *builds, program = client.commands
        for command in (*builds, (*program, service.url, secret)):
            done = subprocess.run(
                command,
                cwd=folder,
                env=environment(),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=PATIENCE,
            )
            assert done.returncode == 0, done.stderr.decode(errors="replace")

    response = bodies.decode_response("create_lead", client.fmt, done.stdout.strip())
    (result,) = response["results"]
    lead = mock.world.leads.find(result["leadId"])

    assert (result["isValid"], result["responseType"], result["campaignId"]) == (True, "No_Error", 3001)
    assert lead is not None
    assert lead.reference == client.reference
    # Sent once: neither an offer of HTTP/2 nor "Expect: 100-continue" makes a second lead.
    assert (mock.world.requests["create_lead"], mock.world.leads.received) == (1, 1)


@pytest.fixture(scope="module")
def recorded() -> Iterator[tuple[Running, str]]:
    """A mock, and the URL of a recorder in front of it."""
    with running(Mock(profile.load(), clock=time.time)) as service, tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "leadproof", "record", "--target", service.url, "--port", "0", "--no-har"]
        process = subprocess.Popen([*command, "--out", folder], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        yield service, process.stdout.readline().split()[4]
        process.terminate()
        assert "exchanges" in process.communicate(timeout=120)[0]


@pytest.mark.parametrize("client", TABLE, ids=lambda client: client.name)
def test_the_program_does_not_notice_that_it_is_recorded(
    client: Client, recorded: tuple[Running, str], tmp_path: Path
) -> None:
    if missing(client.runtime):
        pytest.skip(f"no {client.runtime} on this machine; to be had from: {RUNTIMES[client.runtime].source}")
    folder = shutil.copytree(CLIENTS, tmp_path / "clients")
    service, url = recorded
    service.mock.reset()
    credentials = profile.load().credentials
    secret = (credentials.bearer_tokens if client.bearer else credentials.api_keys)[0]
    for command in (*client.commands[:-1], (*client.commands[-1], url, secret)):
        done = subprocess.run(
            command, cwd=folder, env=environment(), stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE
        )
        assert done.returncode == 0, done.stderr.decode(errors="replace")

    (result,) = bodies.decode_response("create_lead", client.fmt, done.stdout.strip())["results"]
    assert (result["isValid"], service.mock.world.leads.received) == (True, 1)


def test_every_program_is_in_the_table() -> None:
    run = {part for client in TABLE for command in client.commands for part in command}
    sources = {path.name for path in CLIENTS.iterdir() if path.is_file()}

    # The one C# source is named by its project file where .NET builds it.
    assert sources - run == set()


def test_every_runtime_is_used() -> None:
    assert {client.runtime for client in TABLE} == set(RUNTIMES)
