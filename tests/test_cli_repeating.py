"""The command line that a run says repeats it: every option that was given, and the seed; and it does repeat it."""

from __future__ import annotations

import html
import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from leadproof import captures
from leadproof.cli import main, repeating
from leadproof.runs.formats import sections

#: A bare body, which says nothing of its operation.
BODY = Path(__file__).resolve().parent / "data" / "documentation" / "responses" / "create_lead.json"

GIVEN = {
    f"validate {BODY} --operation create_lead --as-documented --fail-on any --sample 0.75": "validate --as-documented "
    f"--fail-on any --operation create_lead --sample 0.75 {BODY}",
    "certify --quick --fail-on should --reading namespaces=serializer": "certify --fail-on should --reading "
    "namespaces=serializer --quick --seed 0",
    "test --topic twins --operation ping --seed 7 --timeout 20": "test --timeout 20 --topic twins --operation ping "
    "--seed 7",
    "certify-client --no-slow --jobs 2 -- python3 -c 'pass  # two words' --seed 5": "certify-client --no-slow --jobs 2 "
    "--seed 0 -- python3 -c 'pass  # two words' --seed 5",
}


def run_of(line: list[str], out: Path) -> dict[str, Any]:
    before = set(out.iterdir()) if out.exists() else set()
    name, *rest = line
    main([name, "--out", str(out), "--json", *rest])
    (folder,) = set(out.iterdir()) - before
    facts: dict[str, Any] = json.loads((folder / "run.json").read_bytes())
    assert shlex.split(facts["repeat"])[0] == "leadproof"
    report = json.loads((folder / "report.json").read_bytes())
    return facts | {"results": {row["id"]: row["result"] for row in report["clauses"]}}


def words(text: str) -> list[str]:
    """Options in any order: what stands before `--`, sorted, and what is behind it."""
    own, dashes, theirs = text.partition(" -- ")
    return [*sorted(shlex.split(own)), dashes, *shlex.split(theirs)]


@pytest.mark.parametrize("line", GIVEN)
def test_a_run_says_what_repeats_it_and_it_does(line: str, tmp_path: Path) -> None:
    first = run_of(shlex.split(line), tmp_path / "runs")
    again = run_of(shlex.split(first["repeat"])[1:], tmp_path / "runs")

    assert words(first["repeat"]) == words(f"leadproof {GIVEN[line]}")
    assert again["repeat"] == first["repeat"]
    assert again["results"] == first["results"]


WAIVER = """[[waivers]]
clause = "LE2-CREATE-RES-20"
reason = "agreed"
owner = "QA"
expires = 2999-01-01
"""

#: Line of a command that works on what is there -> what its run says repeats it ("" for the line), and the exit code.
SET_AGAINST = {
    "validate --operation create_lead --fail-on any capital.xml": ("", 1),
    "validate --operation create_lead --waivers waivers.toml capital.xml": ("", 0),
    "report first second": ("", 1),
    "report first --waivers waivers.toml": ("", 0),
    "report second --baseline first": ("", 0),
    "report first second --waivers waivers.toml": ("", 0),
    "report first": ("validate --operation create_lead capital.xml", 1),
}  # fmt: skip


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a response that breaks a clause, two runs over it, and a waiver."""
    monkeypatch.chdir(tmp_path)
    text = (Path(__file__).parent / "data" / "xml-defects" / "capital-true.xml").read_bytes()
    (tmp_path / "capital.xml").write_bytes(text)
    (tmp_path / "waivers.toml").write_text(WAIVER, "utf-8")
    for name in ("first", "second"):
        main(["validate", "--operation", "create_lead", "capital.xml", "--out", "made", "--json"])
        next((tmp_path / "made").iterdir()).rename(tmp_path / name)
    return tmp_path


@pytest.mark.parametrize("line", SET_AGAINST)
def test_what_a_page_says_repeats_it_comes_to_the_same_verdict(line: str, there: Path) -> None:
    said, wanted = SET_AGAINST[line]

    code = main([*shlex.split(line), "--out", "runs", "--json"])
    (run,) = (there / "runs").iterdir()
    page = (run / "report.html").read_text("utf-8")
    printed = html.unescape(page.split('id="repeat"')[1].split('<pre tabindex="0">')[1].split("</pre>")[0])
    again = main([*shlex.split(printed)[1:], "--out", "again", "--json"])
    (other,) = (there / "again").iterdir()
    first, second = (json.loads((one / "report.json").read_bytes()) for one in (run, other))

    assert words(printed) == words(f"leadproof {said or line}")
    assert code == again == wanted
    assert [(row["clause"], row["decides"]) for row in first["findings"]] == [
        (row["clause"], row["decides"]) for row in second["findings"]
    ]
    assert sections.repeat(second) == printed


def test_a_file_whose_name_begins_with_a_dash_is_no_option(there: Path) -> None:
    (there / "capital.xml").rename(there / "-capital.xml")

    main(["validate", "--operation", "create_lead", "--out", "runs", "--json", "--", "-capital.xml"])
    (run,) = (there / "runs").iterdir()

    repeat = json.loads((run / "run.json").read_bytes())["repeat"]
    assert repeat == "leadproof validate --operation create_lead -- -capital.xml"


def test_outside_of_a_command_there_is_none() -> None:
    assert repeating.command(7) == ""


def test_how_long_an_attended_client_may_be_quiet_is_said_too() -> None:
    from leadproof.cli.certify_client import command

    with command.make_context("certify-client", ["--listen", "--quiet", "1", "--json"]):
        assert words(repeating.command(5)) == words("leadproof certify-client --listen --quiet 1 --seed 5")


def test_a_number_is_said_whole_and_as_it_can_be_read() -> None:
    from leadproof.cli.load import command

    line = ["ping_post", "--duration", "400h", "--rate", "1234567.5", "--xml-share", "0.00001", "--timeout", "20s"]
    with command.make_context("load", list(line)):
        said = repeating.command(5)

    assert words(said) == words(
        "leadproof load ping_post --duration 1440000 --rate 1234567.5 --xml-share 0.00001 --timeout 20 --seed 5"
    )
    with command.make_context("load", shlex.split(said)[2:]) as context:
        assert (context.params["duration"], context.params["xml_share"]) == (1_440_000.0, 0.00001)


def test_what_signs_a_url_is_not_said() -> None:
    from leadproof.cli.validate import command

    with command.make_context("validate", ["https://host.example/a.har?sig=secret", "--keep", "3"]):
        assert repeating.command(shown=captures.shown) == (
            "leadproof validate 'https://host.example/a.har?sig=…' --keep 3"
        )
