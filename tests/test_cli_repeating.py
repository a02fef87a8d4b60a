"""The command line that a run says repeats it: every option that was given, and the seed; and it does repeat it."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from leadproof.cli import main, repeating

#: A bare body, which says nothing of its operation.
BODY = Path(__file__).resolve().parent / "data" / "documentation" / "responses" / "create_lead.json"

GIVEN = {
    f"validate {BODY} --operation create_lead --as-documented --fail-on any --sample 0.75": "validate --as-documented "
    f"--fail-on any --operation create_lead --sample 0.75 -- {BODY}",
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
        assert repeating.command(instead={"words": ("https://host.example/a.har",)}) == (
            "leadproof validate --keep 3 -- https://host.example/a.har"
        )
