"""People whose leads a client is given, or sends by itself: nothing of them is left, whichever way it was certified."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from people import left
from test_redact_people import PEOPLE, posting
from test_redact_people import written as contents
from test_signals import ended, started, wait_for

from leadproof.contract.profile import load

pytestmark = pytest.mark.skipif(os.name != "posix", reason="process groups are of POSIX")

KEY = load().credentials.api_keys[0]

#: One of each group, but for those in which nothing of a lead is changed.
CHOSEN = ("lead-accepted", "refused-duplicate-lead", "gateway-after-taken", "unknown-members", "text-with-accents",
          "callback-once")  # fmt: skip
WORDS = [word for name in CHOSEN for word in ("--situation", name)]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a profile that has these people, in which temporary files are made too."""
    posting(tmp_path)
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    return tmp_path


def client(folder: Path, text: str) -> tuple[str, ...]:
    """A client that is written for a test."""
    path = folder / "client.py"
    path.write_text(f"import json, os, sys, time\nfrom pathlib import Path\nFOLDER = Path({str(folder)!r})\n{text}")
    return ("--", sys.executable, str(path), "{lead.json}")


def remaining(folder: Path) -> set[str]:
    """What of the people is left in files; those that a test has written itself are not looked at."""
    return left(contents(folder, folder / "posting.toml", folder / "client.py", folder / "test_mine.py"), PEOPLE)


RIGHT = """
from leadproof.suite.client.example.driver import main
sys.exit(main(sys.argv[1:]))
"""
#: Everything that is known is printed, sent where it does not belong, and believed.
CARELESS = """
from leadproof.suite.client.example import LeadClient, client_of, do
task = json.load(open(sys.argv[1]))

class Careless(LeadClient):
    def ping(self, sale):
        sale.ping_fields = list(sale.fields)
        return super().ping(sale)

    def exchange(self, method, path, body, headers):
        from urllib.parse import quote
        first = task["leads"][0]["fields"]
        headers = {**headers, "X-Person": quote(first["FirstName"]), "User-Agent": quote(first["LastName"])}
        return super().exchange(method, path + "?email=" + quote(first["Email"]), body, headers)

print(json.dumps(task, ensure_ascii=False))
do(task, client_of(task, kind=Careless))
"""
SILENT = """
task = json.load(open(sys.argv[1]))
for name, value in task["leads"][0]["fields"].items():
    print(f"cannot send {value}")
print("cannot send", *task["leads"][0]["fields"].values())
sys.exit(1)
"""


@pytest.mark.parametrize("text", [RIGHT, CARELESS, SILENT], ids=["right", "careless", "silent"])
def test_nothing_is_left_of_what_a_client_was_given(text: str, folder: Path) -> None:
    with started(folder, "certify-client", "--profile", "posting.toml", "--out", "runs", *WORDS,
                 *client(folder, text)) as process:  # fmt: skip
        out, err = process.communicate(timeout=240)

    assert process.returncode in (0, 1, 4), err
    assert len(list(folder.glob("runs/*/report.html"))) == 1
    assert list((folder / "temporary").iterdir()) == []
    assert left([out.encode(), err.encode()], PEOPLE) | remaining(folder) == set()


HANGING = """
(FOLDER / "pid").write_text(str(os.getpid()))
if "refused-duplicate-lead" in json.load(open(sys.argv[1]))["leads"][0]["reference"]:
    from leadproof.suite.client.example.driver import main
    sys.exit(main(sys.argv[1:]))
time.sleep(600)
"""


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_of_a_run_that_is_killed(number: int, folder: Path) -> None:
    chosen = ("--situation", "lead-accepted", "--situation", "refused-duplicate-lead", "--jobs", "1")
    line = ("certify-client", "--profile", "posting.toml", "--out", "runs", *chosen, *client(folder, HANGING))
    with started(folder, *line) as process:
        file = wait_for(lambda: [*(folder / "temporary").glob("*/lead.json")] and (folder / "pid").exists())
        assert file
        wait_for(lambda: (folder / "pid").read_text())
        _, out, err = ended(process, number, group=False)
        wait_for(lambda: list((folder / "temporary").iterdir()) == [])
        wait_for(lambda: gone(int((folder / "pid").read_text())))

    assert left([out.encode(), err.encode()], PEOPLE) | remaining(folder) == set()


# ---- a client that runs already --------------------------------------------------------------------------------------


def leads() -> Iterator[dict[str, Any]]:
    for number, person in enumerate(PEOPLE):
        name = CHOSEN[number % 3]
        yield {"properties": {"reference": f"leadproof-{name}-{number}"}, "fields": person.fields()}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_nothing_is_left_of_what_a_client_sends_by_itself(number: int, folder: Path) -> None:
    line = ("certify-client", "--profile", "posting.toml", "--out", "runs", "--listen", "--port", "0", *WORDS)
    with started(folder, *line) as process:
        assert process.stderr is not None
        found = re.search(r"listens at (http://\S+);", process.stderr.readline())
        assert found is not None
        with httpx.Client(base_url=found[1], trust_env=False, timeout=60) as http:
            for lead in leads():
                first = lead["fields"]
                body = {"source": {"vid": 1001, "lid": 2001, "aid": 3001}, "leads": [lead]}
                path = httpx.URL("/v2/insert/general", params={"email": first["Email"], "to": first["FirstName"]})
                http.post(path, json=body, headers={"api-key": KEY, "Accept": "application/json"})
        _, out, err = ended(process, number, group=False)

    assert left([out.encode(), err.encode()], PEOPLE) | remaining(folder) == set()
    assert len(list(folder.glob("runs/*/rows.ndjson"))) == 1


# ---- tests of one's own ----------------------------------------------------------------------------------------------

TEST = """
import pytest
from leadproof.suite.client.example import believes, client_of, do
from leadproof.suite.client.mutants import MUTANTS


@pytest.mark.leadproof_situations(%s)
def test_wrong(leadproof_situation):
    do(leadproof_situation.task, client_of(leadproof_situation.task, kind=MUTANTS["ping-tells-all"].kind))
    leadproof_situation.verify(leadproof_situation.id != "lead-accepted")
"""


def test_nothing_is_left_by_the_fixture(folder: Path) -> None:
    chosen = ", ".join(map(repr, (*CHOSEN[:-1], "ping-without-identity", "ping-declined")))
    (folder / "test_mine.py").write_text(TEST % chosen)
    line = [
        sys.executable, "-m", "pytest", "-p", "no:randomly", "--junitxml=junit.xml",
        "--leadproof-profile=posting.toml", "test_mine.py",
    ]  # fmt: skip
    done = subprocess.run(line, cwd=folder, capture_output=True, timeout=240, check=False)

    assert done.returncode == 1, done.stdout
    assert b"situation lead-accepted" in done.stdout
    assert b"situation ping-without-identity" in done.stdout
    assert list((folder / "temporary").iterdir()) == []
    assert left([done.stdout, done.stderr], PEOPLE) | remaining(folder) == set()


def test_the_people_are_found_where_nothing_is_replaced(folder: Path) -> None:
    (folder / "kept.json").write_text(json.dumps(list(leads())))

    assert remaining(folder) != set()
