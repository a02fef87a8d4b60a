"""The vendor's samples, one row each, and how `certify-client` starts one: `python samples.py NAME FOLDER SECRET`.

The samples know nothing of situations: they take a base URL and a secret, create one lead of their own, and end. So any
other task than selling one is answered by status 64.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
SOURCES = HERE.parent

#: Seconds that building one may take.
PATIENCE = 120


class Sample(NamedTuple):
    """One sample of the vendor's documentation, as an integrator has it."""

    title: str
    source: str
    #: A command that succeeds where its runtime is there; empty where there is none for this system.
    probe: tuple[str, ...] = ()
    #: Builds it in a folder with a copy of the sources.
    build: tuple[str, ...] = ()
    run: tuple[str, ...] = ()
    bearer: bool = False
    #: Where to get what is missing.
    missing: str = ""


_JAVA = ("java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", ".")

SAMPLES = {
    "csharp": Sample(
        "C# HttpClient", "CSharpHttpClient.cs", ("mcs", "--version"),
        ("mcs", "-r:System.Net.Http.dll", "CSharpHttpClient.cs"), ("mono", "CSharpHttpClient.exe"),
        missing="Debian packages mono-mcs, mono-runtime, libmono-system-net-http4.0-cil",
    ),
    "asp": Sample("Classic ASP", "", missing="it runs in IIS on Windows only"),
    "php": Sample(
        "PHP curl", "php_curl.php", ("php", "-r", "exit(function_exists('curl_init') ? 0 : 1);"), (),
        ("php", "php_curl.php"), missing="Debian packages php-cli, php-curl",
    ),
    "python": Sample(
        "Python requests", "python_requests.py", (sys.executable, "-c", "import requests"), (),
        (sys.executable, "python_requests.py"), missing="pinned in requirements.lock",
    ),
    "perl": Sample(
        "Perl LWP", "perl_lwp.pl", ("perl", "-MLWP::UserAgent", "-MJSON::PP", "-e", "1"), (), ("perl", "perl_lwp.pl"),
        bearer=True, missing="Debian package libwww-perl",
    ),
    "java": Sample(
        "Java HttpURLConnection", "JavaHttpURLConnection.java", ("javac", "--version"),
        ("javac", "-encoding", "UTF-8", "JavaHttpURLConnection.java"), (*_JAVA, "JavaHttpURLConnection"),
        missing="Debian package default-jdk-headless",
    ),
    "java11": Sample(
        "Java 11 HttpClient", "JavaHttpClient.java", ("javac", "--version"),
        ("javac", "-encoding", "UTF-8", "JavaHttpClient.java"), (*_JAVA, "JavaHttpClient"),
        missing="Debian package default-jdk-headless",
    ),
}  # fmt: skip


#: What was wrong -> why, and what to do, for a person who reads the table.
WORDS = {
    "the client takes a refusal for an acceptance": (
        "The samples look at the HTTP status and end with 0 when it is 200. This service refuses leads with status "
        "200, and says so in `results[].isValid`; whoever copies a sample books leads that nobody took. "
        "Read `isValid` of every result."
    ),
    "the client takes a lead for accepted of which no response says so": (
        "Status 200 came with a page of a proxy, with no body, with no results, or with half a body. They print "
        "whatever there is and end with 0; PHP's `curl_exec`, Perl's LWP and Java's older class leave 200 as the status"
        " of a response that broke off. Take for an acceptance only what parses and has one result for each lead."
    ),
    "a redirect is followed to another origin": (
        "C#, requests and Java's older class follow redirects where nobody says otherwise. With status 307 the other "
        "host gets the key and the lead, with 302 a GET, to which C# and requests add the key. Switch redirects off."
    ),
    "the lead is sent again though it may have been taken, and nobody looked": (
        "`HttpURLConnection` repeats a POST by itself when the connection ends before a response, so that the lead is "
        "there twice without a line of the sample's doing. The property `sun.net.http.retryPost=false` stops that; "
        "`java.net.http.HttpClient` does not do it."
    ),
}


def is_here(sample: Sample) -> bool:
    """Has this machine what it needs?"""
    if not sample.probe or shutil.which(sample.probe[0]) is None:
        return False
    done = subprocess.run(sample.probe, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE)
    return done.returncode == 0


def prepare(sample: Sample, folder: Path) -> None:
    """Copies it into a folder, and builds it there."""
    shutil.copy(SOURCES / sample.source, folder)
    if sample.build:
        subprocess.run(sample.build, cwd=folder, stdin=subprocess.DEVNULL, check=True, timeout=PATIENCE)


def main(name: str, folder: str, secret: str) -> int:
    """Runs the sample, whose exit status is the answer."""
    if json.loads(Path(os.environ["LEADPROOF_LEAD"]).read_bytes())["task"] != "sell":
        return 64
    os.chdir(folder)
    run = SAMPLES[name].run
    return subprocess.call([*run, os.environ["LEADPROOF_URL"], secret])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
