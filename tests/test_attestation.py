"""What only a person can confirm: answers beside a run, their seal, signatures over both, and what `verify` says of a
byte that was changed in any of them.
"""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadproof.cli.root import run as leadproof
from leadproof.core.errors import ConfigurationError, InputError
from leadproof.runs.attestation import folder, settling, signing
from leadproof.runs.attestation.answers import ANSWERS, Answer, carried, load, opened, read, written
from leadproof.runs.evidence import verify

ROOT = Path(__file__).resolve().parent.parent
NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
PRICE = "LE2-ALL-RULE-16"

needs_ssh_keygen = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="there is no ssh-keygen")


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("out")
    assert leadproof(["validate", str(ROOT / "tests/data/har/good/plain.har"), "--out", str(out)]) == 0
    return next(path for path in out.iterdir())


@pytest.fixture
def run(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(original, tmp_path / "out" / original.name))


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("keys")
    for name in ("alice", "bob", "locked"):
        words = "secret words" if name == "locked" else ""
        line = ["ssh-keygen", "-q", "-t", "ed25519", "-N", words, "-C", name, "-f", str(found / name)]
        subprocess.run(line, check=True)
    (found / "signers").write_text(f"alice@partner.example {(found / 'alice.pub').read_text()}")
    return found


def answer(run: Path, **members: object) -> None:
    """Answers one item in the file, as a person does."""
    file = folder.folder_of(run) / folder.ANSWERS_FILE
    before, _, rest = file.read_text("utf-8").partition(f'clause = "{PRICE}"')
    item, mark, after = rest.partition("\n\n")
    values = {"answer": "yes", "name": "R. Doe", "date": date(2026, 11, 28), **members}
    for name, value in values.items():
        shown = value.isoformat() if isinstance(value, date) else json.dumps(value)
        item = "\n".join(f"{name} = {shown}" if line.startswith(f"{name} =") else line for line in item.splitlines())
    file.write_text(f'{before}clause = "{PRICE}"{item}{mark}{after}', "utf-8")


# ---- the file of answers ---------------------------------------------------------------------------------------------


texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=40)


@given(
    st.lists(
        st.builds(
            Answer, texts.filter(bool), texts.filter(bool), st.sampled_from(ANSWERS), texts.filter(str.strip),
            st.dates(), texts, texts, texts, texts,
        ),
        max_size=4, unique_by=lambda one: one.clause,
    )
)  # fmt: skip
def test_what_is_written_is_read_back(answers: list[Answer]) -> None:
    rows = [{"clause": one.clause, "look_at": "Look\nhere: " + one.remark} for one in answers]

    assert list(read(written(answers, rows, "x"), "x")) == answers


def test_the_first_call_asks_everything_that_no_message_shows(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted((path.name, path.read_bytes()) for path in run.iterdir())

    assert leadproof(["attest", str(run)]) == 0

    file = folder.folder_of(run) / "attestation.toml"
    assert capsys.readouterr().out == (
        "20 items that only a person can confirm: 0 yes, 0 no, 0 not applicable, 20 open, 0 expired\n"
        f"answers: {file}\nwrite your answers there, and call leadproof attest again\n"
    )
    found = load(file)
    assert len(found) == 20
    assert not any(one.answer for one in found)
    assert file.read_text("utf-8").count("# Look at: ") == 20
    assert sorted((path.name, path.read_bytes()) for path in run.iterdir()) == before


def test_a_yes_is_told_and_decides_nothing(run: Path) -> None:
    leadproof(["attest", str(run)])
    answer(run, remark="as on the invoice, says jane.doe@example.com")

    assert leadproof(["attest", str(run)]) == 4

    report = json.loads((folder.folder_of(run) / "report.json").read_bytes())
    row = next(row for row in report["attestations"] if row["clause"] == PRICE)
    assert (row["state"], row["answer"], row["name"], row["date"]) == ("answered", "yes", "R. Doe", "2026-11-28")
    assert "jane.doe" not in (folder.folder_of(run) / "attestation.toml").read_text("utf-8")
    assert report["verdict"] == "passed"
    assert next(one for one in report["clauses"] if one["id"] == PRICE)["result"] == "untested"


def test_a_no_fails_the_report_that_shows_it_and_not_the_run(run: Path) -> None:
    leadproof(["attest", str(run)])
    answer(run, answer="no", remark="paid half")

    assert leadproof(["attest", str(run)]) == 1

    report = json.loads((folder.folder_of(run) / "report.json").read_bytes())
    clause = next(one for one in report["clauses"] if one["id"] == PRICE)
    assert (clause["result"], clause["reason"]) == ("failed", "denied by R. Doe on 2026-11-28: paid half")
    assert (report["verdict"], report["exit_code"]) == ("failed", 1)
    assert json.loads((run / "report.json").read_bytes())["verdict"] == "passed"
    assert verify(run).holds


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"answer": "maybe"}, "there is no answer 'maybe'"),
        ({"name": "  "}, f"{PRICE} is answered, and name is missing"),
        ({"date": ""}, f"{PRICE} is answered, and date is missing"),
        ({"date": "yesterday"}, "date has to be a date"),
        ({"remark": 7}, "remark has to be text"),
    ],
)
def test_a_slip_is_told_with_its_line(
    run: Path, members: dict[str, object], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    leadproof(["attest", str(run)])
    answer(run, **members)
    capsys.readouterr()

    assert leadproof(["attest", str(run)]) == 2

    file = folder.folder_of(run) / "attestation.toml"
    line = file.read_text("utf-8").splitlines().index(f'clause = "{PRICE}"') + 1
    told = capsys.readouterr().err
    assert words in told
    number = int(told.partition(f"{file}:")[2].partition(":")[0])
    assert line - 1 <= number <= line + 7


@pytest.mark.parametrize(
    "text", ["answers = 3", "[[answers]]", "[x]", "[[answers", '[[answers]]\nclausse = ""', "\x00"]
)
def test_what_is_no_file_of_answers_ends_in_one_error(text: str) -> None:
    with pytest.raises(ConfigurationError, match="x:"):
        read(text, "x")


def put(run: Path, name: str = "evidence/invoice of October.pdf", data: bytes = b"%PDF 1") -> str:
    """Puts a file beside the answers, as a person does."""
    path = folder.folder_of(run) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return name


def test_evidence_lies_beside_the_answers_and_is_hashed(run: Path) -> None:
    leadproof(["attest", str(run)])
    answer(run, evidence=put(run))
    leadproof(["attest", str(run)])

    found = next(one for one in folder.answers_of(run) if one.clause == PRICE)

    assert found.sha256 == hashlib.sha256(b"%PDF 1").hexdigest()
    (folder.folder_of(run) / found.evidence).write_bytes(b"%PDF 2")
    assert folder.check(run).files.changed == (found.evidence,)


@pytest.mark.parametrize("name", ["/etc/hostname", "../x", "evidence/../../x", "link", "linked/x", "none", "folder"])
def test_evidence_from_elsewhere_is_refused(run: Path, name: str) -> None:
    leadproof(["attest", str(run)])
    beside = folder.folder_of(run)
    (beside.parent / "x").write_text("secret")
    (beside / "link").symlink_to(beside.parent / "x")
    (beside / "linked").symlink_to(beside.parent)
    (beside / "folder").mkdir()
    answer(run, evidence=name)

    with pytest.raises(InputError, match=r"does not lie in|no such file"):
        folder.seal(run, NOW)


# ---- time ------------------------------------------------------------------------------------------------------------


def test_answers_are_carried_over_with_their_day_and_their_first_run(run: Path, original: Path, tmp_path: Path) -> None:
    leadproof(["attest", str(run)])
    answer(run, date=date(2026, 6, 1), evidence=put(run))
    leadproof(["attest", str(run)])
    later, last = (Path(shutil.copytree(original, tmp_path / name / f"{original.name}-{name}")) for name in "ab")

    assert leadproof(["attest", str(later), "--carry", str(run)]) == 0
    assert leadproof(["attest", str(last), "--carry", str(later)]) == 0

    found = next(one for one in folder.answers_of(last) if one.clause == PRICE)
    assert (found.answer, found.date, found.carried) == ("yes", date(2026, 6, 1), original.name)
    assert (folder.folder_of(last) / found.evidence).read_bytes() == b"%PDF 1"
    row = next(row for row in folder.settled(last, NOW)["attestations"] if row["clause"] == PRICE)
    assert row["state"] == settling.CARRIED


@given(st.integers(0, 800), st.integers(1, 400))
def test_an_answer_expires_by_its_day_or_by_other_words(age: int, days: int) -> None:
    given_then = Answer("C", "words", "yes", "N", NOW.date() - timedelta(days=age))

    assert bool(given_then.expired("words", NOW.date(), days)) == (age > days)
    assert given_then.expired("other words", NOW.date(), days) == "the clause has other words now"
    assert not Answer("C", "words").expired("other words", NOW.date(), days)


def test_an_expired_no_fails_nothing() -> None:
    report = {
        "attestations": [{"clause": "C", "text": "words", "place": "", "why": ""}], "codes": [], "run": {},
        "clauses": [{"id": "C", "level": "must", "basis": "documented", "result": "untested", "reason": ""}],
    }  # fmt: skip
    denied = Answer("C", "words", "no", "N", date(2020, 1, 1))

    settling.apply(report, settling.items(report, [denied], NOW.date(), 365))

    assert (report["clauses"][0]["result"], report["verdict"]) == ("untested", "passed")


def test_what_is_answered_already_is_not_taken_from_an_earlier_run() -> None:
    mine, theirs = Answer("A", "t", "no", "me"), Answer("A", "t", "yes", "they")

    assert carried([theirs, Answer("B", "t", "yes", "they")], [mine, *opened([{"clause": "B", "text": "t"}])], "r") == (
        mine, Answer("B", "t", "yes", "they", carried="r"),
    )  # fmt: skip


# ---- signatures ------------------------------------------------------------------------------------------------------


@pytest.fixture
def signed(run: Path, keys: Path) -> Path:
    leadproof(["attest", str(run)])
    answer(run)
    assert leadproof(["report", str(run), "--sign", str(keys / "alice"), "--signer", "Alice"]) == 0
    return run


@needs_ssh_keygen
def test_verify_says_who_signed_and_when(signed: Path, keys: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert leadproof(["verify", str(signed), "--signers", str(keys / "signers"), "--json"]) == 0

    (found,) = json.loads(capsys.readouterr().out)["signatures"]

    assert (found["state"], found["signer"], found["claimed"]) == ("good", "alice@partner.example", "Alice")
    assert datetime.fromisoformat(found["signed"]) <= datetime.now(UTC)


@needs_ssh_keygen
def test_without_a_file_of_signers_the_key_is_unknown(
    signed: Path, keys: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = ["ssh-keygen", "-l", "-f", str(keys / "alice.pub")]
    fingerprint = subprocess.run(line, check=True, capture_output=True, text=True).stdout.split()[1]
    capsys.readouterr()

    assert leadproof(["verify", str(signed)]) == 4

    assert f"signed by an unknown key, as Alice on {datetime.now(UTC):%Y}" in (out := capsys.readouterr().out)
    assert fingerprint in out


@needs_ssh_keygen
def test_a_second_signature_leaves_the_first(signed: Path, keys: Path) -> None:
    assert leadproof(["report", str(signed), "--sign", str(keys / "bob")]) == 0

    found = signing.signatures(signed, folder.check(signed), keys / "signers")

    assert sorted((one.state, one.signer) for one in found) == [("good", "alice@partner.example"), ("unknown key", "")]
    assert leadproof(["verify", str(signed), "--signers", str(keys / "signers")]) == 0


@needs_ssh_keygen
def test_other_answers_take_the_signatures_away(signed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer(signed, answer="not applicable")
    capsys.readouterr()

    leadproof(["attest", str(signed)])

    assert "1 signature over other answers removed" in capsys.readouterr().out
    assert leadproof(["verify", str(signed)]) == 0


@needs_ssh_keygen
def test_a_signature_of_one_run_is_none_of_another(signed: Path, original: Path, tmp_path: Path, keys: Path) -> None:
    other = Path(shutil.copytree(original, tmp_path / "other" / original.name))
    (other / "report.md").write_text("changed")
    from leadproof.runs.evidence import write_manifest

    write_manifest(other)
    shutil.copytree(folder.folder_of(signed), folder.folder_of(other))

    assert leadproof(["verify", str(other), "--signers", str(keys / "signers")]) == 1


def places(folder_path: Path) -> Iterator[Path]:
    yield from sorted(path for path in folder_path.rglob("*") if path.is_file())


@needs_ssh_keygen
def test_a_byte_changed_anywhere_is_named(
    signed: Path, keys: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    beside = folder.folder_of(signed)
    for path in (*places(signed), *places(beside)):
        data = path.read_bytes()
        for at in {0, len(data) // 2, len(data) - 1} if data else ():
            path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
            capsys.readouterr()
            code = leadproof(["verify", str(signed), "--signers", str(keys / "signers")])
            told = capsys.readouterr()
            path.write_bytes(data)
            assert code in (1, 2), (path.name, at)
            # A manifest of which nothing can be read is named in the error.
            assert path.name in told.out + told.err or "manifest" in told.out, (path.name, at, told)
    assert leadproof(["verify", str(signed), "--signers", str(keys / "signers")]) == 0


@needs_ssh_keygen
def test_what_openssh_does_not_look_at_is_no_place_to_change(signed: Path, keys: Path) -> None:
    (file,) = (folder.folder_of(signed) / "signatures").glob("*.sig")
    blob = base64.b64decode("".join(file.read_text().splitlines()[1:-1]))
    key_ends = 14 + int.from_bytes(blob[10:14], "big")
    reserved = key_ends + 4 + len(signing.NAMESPACE)
    for other in (blob[:reserved] + b"\0\0\0\3abc" + blob[reserved + 4 :], blob + b"x"):
        text = base64.b64encode(other).decode()
        lines = [text[at : at + 70] for at in range(0, len(text), 70)]
        file.write_text("\n".join(["-----BEGIN SSH SIGNATURE-----", *lines, "-----END SSH SIGNATURE-----", ""]))
        assert leadproof(["verify", str(signed), "--signers", str(keys / "signers")]) == 1


@needs_ssh_keygen
def test_a_key_that_has_run_out_holds_for_what_was_signed_before(signed: Path, keys: Path, tmp_path: Path) -> None:
    key = (keys / "alice.pub").read_text()
    for until, code in (("20990101", 0), ("20200101", 4)):
        (tmp_path / "signers").write_text(f'alice@partner.example valid-before="{until}" {key}')
        assert leadproof(["verify", str(signed), "--signers", str(tmp_path / "signers")]) == code


@needs_ssh_keygen
@pytest.mark.parametrize("change", ["answer", "name", "day"])
def test_another_answer_is_found_even_where_the_seal_was_made_anew(signed: Path, keys: Path, change: str) -> None:
    other = {"answer": {"answer": "no"}, "name": {"name": "S. Roe"}, "day": {"date": date(2026, 11, 27)}}[change]
    kept = folder.folder_of(signed) / "signatures"
    shutil.copytree(kept, signed.parent / "kept")
    answer(signed, **other)
    folder.seal(signed, NOW)
    shutil.copytree(signed.parent / "kept", kept)

    assert leadproof(["verify", str(signed), "--signers", str(keys / "signers")]) == 1


@needs_ssh_keygen
@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda path: path.unlink(), "there is no such key"),
        (lambda path: path.write_text("no key"), "ssh-keygen cannot sign"),
        (lambda path: path.write_bytes(path.with_name("locked").read_bytes()), "ssh-keygen cannot sign"),
    ],
)
def test_a_key_that_cannot_sign_is_an_error_and_leaves_nothing(
    run: Path, keys: Path, tmp_path: Path, spoil: Callable[[Path], object], words: str,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    for name in ("alice", "locked"):
        shutil.copy(keys / name, tmp_path / name)
    spoil(tmp_path / "alice")

    assert leadproof(["report", str(run), "--sign", str(tmp_path / "alice")]) == 2

    assert words in capsys.readouterr().err
    assert not (folder.folder_of(run) / "signatures").exists()


def test_without_ssh_keygen_it_says_so(
    run: Path, keys: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(run))

    assert leadproof(["report", str(run), "--sign", str(keys / "alice")]) == 2

    assert "there is no ssh-keygen" in capsys.readouterr().err


@pytest.mark.parametrize("spoil", ["link", "huge", "pipe", "odd"])
def test_a_hostile_signature_is_broken_and_waited_for_by_nobody(run: Path, spoil: str, tmp_path: Path) -> None:
    import os

    folder.seal(run, NOW)
    place = folder.folder_of(run) / "signatures"
    place.mkdir()
    (place / "x.json").write_text("{}")
    if spoil == "link":
        (place / "x.sig").symlink_to("/etc/hostname")
    elif spoil == "huge":
        (place / "x.sig").write_bytes(b"x" * 100_000)
    elif spoil == "pipe":
        os.mkfifo(place / "x.sig")
    else:
        (place / "\u202ex\n.sig").write_text("x")

    found = signing.signatures(run, folder.check(run), None)

    assert {one.state for one in found} == {"broken"}
    assert leadproof(["verify", str(run)]) == 1


def test_a_run_that_was_changed_is_not_attested(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (run / "report.md").write_text("changed")

    assert leadproof(["attest", str(run)]) == 2

    assert "is not what its manifest says" in capsys.readouterr().err


def test_a_run_that_is_attested_is_not_rendered_again(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    leadproof(["attest", str(run)])

    assert leadproof(["report", str(run)]) == 2

    assert "is attested" in capsys.readouterr().err
    assert verify(run).holds
