"""`leadproof explain` knows everything that has an id, and what was probably meant by what has none."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from leadproof.cli import main
from leadproof.cli.explain import EXAMPLES, SHELVES, WORDS, explanation
from leadproof.contract import specs
from leadproof.contract.situations import situations
from leadproof.core.errors import MEANINGS, ExitCode, UsageError
from leadproof.core.findings import KINDS
from leadproof.mock.defects import table
from leadproof.mock.server.faults import FAULTS
from leadproof.runs.formats import sections
from leadproof.runs.formats.results import SHOWN
from leadproof.runs.formats.view import LEVELS, RESULTS

#: Everything that is explained, and the words that its explanation has to hold.
IDS = {
    **{clause.id: clause.place for clause in specs.clauses().values()},
    **{reading.id: reading.title for reading in specs.readings().values()},
    **{one.id: one.happens for one in situations().values() if one.id not in FAULTS},
    **KINDS,
    **{name: fault.words for name, fault in FAULTS.items()},
    **{str(int(code)): words for code, words in MEANINGS.items()},
    **{row.id: row.description for row in list(table().values())[::40]},
    **{row.id: row.description for row in table().values() if not row.generated},
    **WORDS,
}


def told(name: str) -> str:
    return " ".join(" ".join(explanation(name)).split())


def test_everything_that_has_an_id_is_explained() -> None:
    without = [name for name, words in IDS.items() if " ".join(words.split()) not in told(name)]

    assert without == []


def test_the_tables_that_have_ids_are_all_there() -> None:
    assert set(MEANINGS) == set(EXAMPLES) == set(ExitCode)
    assert {*RESULTS, *SHOWN, *LEVELS, *(clause.basis for clause in specs.clauses().values())} <= set(WORDS)
    assert set(sections.STATES) - {"equal", "different", "never compared"} <= set(WORDS)


@pytest.mark.parametrize("name", SHELVES)
def test_a_shelf_lists_what_is_on_it(name: str) -> None:
    listed = "\n".join(explanation(name))
    rows = SHELVES[name].rows()

    if name not in ("defects", "report"):  # many are left out; the members of a report are no ids
        assert [line.split()[0] for line in listed.splitlines()] == list(rows)
    assert sum(one in listed for one in rows) >= min(len(rows), 100)


@pytest.mark.parametrize(
    ("slip", "meant"),
    [
        ("LE2-PING-RES-5", "LE2-PING-RES-05"),
        ("le2-ping-res-050", "LE2-PING-RES-05"),
        ("LE2_PING_RES_05", "LE2-PING-RES-05"),
        ("namespace", "namespaces"),
        ("Element-Orders", "element-order"),
        ("shema.type", "schema.type"),
        ("xml.namspace", "xml.namespace"),
        ("expiry-ignore", "expiry-ignored"),
        ("gzipbomb", "gzip-bomb"),
        ("inbound-post", "inbound_post"),
        ("resolve", "resolved"),
        ("clause", "clauses"),
    ],
)
def test_what_was_probably_meant_is_named(slip: str, meant: str) -> None:
    with pytest.raises(UsageError) as raised:
        list(explanation(slip))

    assert meant in raised.value.hint.removeprefix("did you mean ").removesuffix("?").split(", ")


@pytest.mark.parametrize("wide", [40, 80, 100])
def test_an_explanation_fits_the_terminal_and_breaks_nothing_that_is_to_be_copied(wide: int) -> None:
    for name in [*SHELVES["words"].rows(), *SHELVES["readings"].rows(), "4", "ping", "LE2-PING-RES-05", "gzip-bomb"]:
        whole, folded = [word for line in explanation(name) for word in line.split()], list(explanation(name, wide))
        assert [word for line in folded for word in line.split()] == whole  # no word in two pieces
        assert [line for line in folded if len(line) > wide and len(line.split()[-1]) < wide - 20] == []


@pytest.mark.parametrize("name", [one for one in SHELVES if one != "defects"])
def test_a_list_fits_the_terminal(name: str) -> None:
    assert [line for line in explanation(name, 80) if len(line) > 80] == []


def test_what_goes_to_a_file_is_as_wide_as_ever(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "40")

    assert main(["explain", "namespaces"]) == 0

    assert capsys.readouterr().out.splitlines() == list(explanation("namespaces"))


def test_case_does_not_matter() -> None:
    assert told("le2-ping-res-05") == told("LE2-PING-RES-05")
    assert told(" Namespaces ") == told("namespaces")


def test_the_examples_of_the_exit_codes_end_with_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for code in (ExitCode.USAGE, ExitCode.UNREACHABLE):
        assert main(shlex.split(EXAMPLES[code])[1:]) == code


def test_the_commands_in_explanations_exist(capsys: pytest.CaptureFixture[str]) -> None:
    commands = {words for name in IDS for words in re.findall(r"leadproof (\w+)", told(name))}

    for words in commands:
        assert main([words, "--help"]) == 0
    assert len(commands) > 3
    capsys.readouterr()


def lines(name: str) -> dict[str, str]:
    """What stands beside each label."""
    rows = (line.strip().partition(" ") for line in explanation(name, 10_000))
    return {label: text.strip() for label, _, text in rows}


@pytest.mark.parametrize("clause", specs.clauses().values(), ids=lambda one: one.id)
def test_only_what_is_documented_is_called_so(clause: specs.Clause) -> None:
    told = lines(clause.id)

    assert told["place"] == clause.place
    assert told["level"].startswith(f"{clause.level}, {clause.basis}: ")
    assert ("the place says so" in told["level"]) == (clause.basis == "documented")
    assert "documented" not in told


@pytest.mark.parametrize("clause", specs.clauses().values(), ids=lambda one: one.id)
def test_each_operation_of_a_clause_stands_beside_the_representations_that_it_has(clause: specs.Clause) -> None:
    groups = re.findall(r"([\w, ]+) \(([\w, ]+)\)", lines(clause.id)["operations"])

    cells = {(one, fmt) for names, media in groups for one in names.strip().split(", ") for fmt in media.split(", ")}
    assert cells == set(clause.cells())


def test_the_whole_explanation_of_a_clause() -> None:
    assert list(explanation("LE2-ALL-RULE-02")) == [
        "LE2-ALL-RULE-02",
        "  asks       isValid is true exactly when responseType is No_Error: no other type comes with an accepted",
        "             lead, and no refused lead is called error-free.",
        "  place      All operations / Response tables / results.isValid",
        "  level      must, resolved: the place contradicts another or leaves it open, and the reading below decides",
        "  operations create_lead, create_lead_sends, create_call_transfer, create_call_lead, inbound_post (json,",
        "             xml); update_lead (json)",
        "  reading    valid-and-type: How isValid and responseType belong together",
        "  decided by valid_iff_no_error",
    ]


@pytest.mark.parametrize("name", specs.former())
def test_the_id_of_a_clause_that_was_split_names_its_parts(name: str) -> None:
    whole = told(name)

    assert f"{name} was split" in whole
    assert all(f"{part.id}: {part.text}" in whole for part in specs.former()[name])
    assert all(f"{name}" in lines(part.id)["part"] for part in specs.former()[name])
