"""What only a person can confirm, answered in a real browser; signed on the command line; verified on the page."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from itertools import cycle
from pathlib import Path
from typing import Any

import httpx
import pytest
from pages import Served, serving, tab_at

from leadproof.cli.root import run as leadproof
from leadproof.runs.attestation import folder
from leadproof.runs.evidence import read_report, verify
from leadproof.web.runs import key_of

ROOT = Path(__file__).resolve().parent.parent
PRICE = "LE2-ALL-RULE-16"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    out = tmp_path / "out"
    assert leadproof(["validate", str(ROOT / "tests/data/har/good/plain.har"), "--out", str(out)]) == 0
    return next(out.iterdir())


@pytest.fixture
def signers(tmp_path: Path) -> Path:
    if shutil.which("ssh-keygen") is None:
        pytest.skip("there is no ssh-keygen")
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "alice", "-f", str(key)], check=True)
    file = tmp_path / "signers"
    file.write_text(f"alice@partner.example {key.with_suffix('.pub').read_text()}")
    return file


@pytest.fixture
def served(run: Path, signers: Path, tmp_path: Path) -> Iterator[Served]:
    environment = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    with serving("--signers", signers, run.parent, environment=environment) as found:
        with found.client() as client:
            while run.name not in client.get("/").text:
                pass
        yield found


@pytest.fixture
def tab(served: Served) -> Iterator[Any]:
    with tab_at(served.url) as found:
        yield found


def test_an_item_is_answered_sealed_signed_and_verified(tab: Any, run: Path, signers: Path, tmp_path: Path) -> None:
    before = sorted((path.name, path.read_bytes()) for path in run.iterdir())
    assert "a signature lies beside it" not in tab.locator("#runs tbody th").inner_text()
    evidence = tmp_path / "in voice.pdf"
    evidence.write_bytes(b"%PDF 1")

    tab.locator("#runs tbody a").first.click()
    tab.get_by_role("link", name="Answer, seal, see who signed").click()
    assert "0 yes, 0 no, 0 not applicable, 20 open" in tab.locator("main").inner_text()
    item = tab.locator(f"#{PRICE}")
    item.locator("summary").click()
    item.get_by_label("yes", exact=True).check()
    item.get_by_label("Your name").fill("R. Doe <script>alert(1)</script>")
    item.get_by_label("Remark").fill("as on the invoice")
    item.get_by_label("Evidence").set_input_files(str(evidence))
    item.get_by_role("button", name="Save").click()
    tab.get_by_text("1 yes, 0 no, 0 not applicable, 19 open").wait_for()
    tab.get_by_role("button", name="Seal the answers").click()
    tab.get_by_text("Sealed: every file is as the manifest says").wait_for()
    assert tab.get_by_text("Nobody has signed it.").is_visible()

    assert leadproof(["report", str(run), "--sign", str(signers.with_name("key")), "--signer", "Alice"]) == 0
    tab.reload()
    row = tab.locator("#vouched tbody tr").inner_text()
    assert "good" in row
    assert re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", row)
    assert "+00:00" not in row
    assert "alice@partner.example" in row
    kept = next(one for one in folder.answers_of(run) if one.clause == PRICE)
    assert (kept.answer, kept.remark) == ("yes", "as on the invoice")
    assert re.fullmatch(r"evidence/[0-9a-f]{8}-in_voice\.pdf", kept.evidence)
    assert sorted((path.name, path.read_bytes()) for path in run.iterdir()) == before
    assert verify(run).holds

    (folder.folder_of(run) / "attestation.toml").write_text("", "utf-8")
    tab.reload()
    assert "Something was changed since it was sealed" in tab.locator("#vouched").inner_text()
    tab.get_by_role("link", name="Runs", exact=True).click()
    assert "a signature lies beside it" in tab.locator("#runs tbody th").inner_text()


def opened(tab: Any, served: Served, run: Path) -> None:
    tab.goto(f"{served.base}/runs/{key_of(run)}/attestation")


def answered(tab: Any, clause: str, answer: str, **texts: str) -> None:
    """Answers an item, and presses Save."""
    item = tab.locator(f"#{clause}")
    if not item.evaluate("it => it.open"):
        item.locator("summary").click()
    item.get_by_label(answer, exact=True).check()
    for label, text in texts.items():
        item.get_by_label({"name": "Your name", "remark": "Remark"}[label]).fill(text)
    item.get_by_role("button", name="Save").click()


def test_what_is_refused_stays_written_and_open(tab: Any, served: Served, run: Path) -> None:
    remark = "as on the invoice, <b>and</b> " * 60
    opened(tab, served, run)
    answered(tab, PRICE, "no", remark=remark)
    alert = tab.get_by_role("alert").filter(has_text="who says so is missing")
    alert.get_by_role("link", name="Nothing was saved.").click()
    item = tab.locator(f"#{PRICE}")
    assert item.get_by_label("Remark").input_value() == remark.strip()
    assert item.get_by_label("no", exact=True).is_checked()

    answered(tab, PRICE, "no", name="R. Doe")
    tab.get_by_text("0 yes, 1 no").wait_for()
    (kept,) = [one for one in folder.answers_of(run) if one.answer]
    assert kept.remark == remark.strip()


def test_what_is_not_saved_is_not_left_in_silence(tab: Any, served: Served, run: Path) -> None:
    opened(tab, served, run)
    answered(tab, PRICE, "yes", name="R. Doe")  # there is nothing else to lose
    tab.get_by_text("1 yes, 0 no").wait_for()

    first, other = [row["clause"] for row in read_report(run)["attestations"] if row["clause"] != PRICE][:2]
    tab.locator(f"#{other} summary").click()
    tab.locator(f"#{other}").get_by_label("no", exact=True).check()
    remark = tab.locator(f"#{first}").get_by_label("Remark")
    for leaves in (
        tab.locator(f"#{other}").get_by_role("button", name="Save"),
        tab.get_by_role("button", name="Seal the answers"),
        tab.get_by_role("link", name="Trends"),
    ):
        remark.fill("not saved")
        with tab.expect_event("dialog") as asked:
            leaves.evaluate("it => { setTimeout(() => it.click()) }")  # a click of Playwright waits for the dialog
        assert asked.value.type == "beforeunload"
        asked.value.dismiss()
        assert remark.input_value() == "not saved"
    assert [one.clause for one in folder.answers_of(run) if one.answer] == [PRICE]


def test_an_answer_that_was_given_in_another_tab_is_shown_before_it_is_replaced(
    tab: Any, served: Served, run: Path
) -> None:
    opened(tab, served, run)
    second = tab.context.browser.new_context(storage_state=tab.context.storage_state()).new_page()
    opened(second, served, run)
    answered(tab, PRICE, "yes", name="R. Doe", remark="the first")
    tab.get_by_text("1 yes, 0 no").wait_for()
    answered(second, PRICE, "no", name="N. Nobody", remark="the second")
    second.get_by_role("alert").filter(has_text="it was answered since this page was opened").wait_for()
    item = second.locator(f"#{PRICE}")
    assert "the first" in second.locator(f"#{PRICE}").inner_text()
    assert item.get_by_label("Remark").input_value() == "the second"
    (kept,) = [one for one in folder.answers_of(run) if one.answer]
    assert kept.remark == "the first"

    item.get_by_role("button", name="Save").click()
    second.get_by_text("0 yes, 1 no").wait_for()


def test_an_item_is_answered_with_the_keyboard_alone(tab: Any, served: Served, run: Path) -> None:
    opened(tab, served, run)
    tab.locator(f"#{PRICE} summary").focus()
    for key in ("Enter", "Tab", "Tab", "ArrowUp", "ArrowUp", "ArrowUp", "Tab"):
        tab.keyboard.press(key)
    tab.keyboard.type("R. Doe")
    tab.keyboard.press("Enter")

    tab.get_by_text("1 yes, 0 no").wait_for()


@pytest.mark.parametrize(
    "fields",
    [
        {"clause": "LE2-NONE", "answer": "yes", "name": "N", "date": "2026-11-28"},
        {"clause": PRICE, "answer": "perhaps", "name": "N", "date": "2026-11-28"},
        {"clause": PRICE, "answer": "yes", "name": " ", "date": "2026-11-28"},
        {"clause": PRICE, "answer": "yes", "name": "N", "date": "28.11."},
    ],
)
def test_what_cannot_be_is_told_and_not_kept(served: Served, run: Path, fields: dict[str, str]) -> None:
    with served.client() as client:
        page = client.get("/").text
        key = re.findall(r"/runs/([0-9a-f]+)", page)[0]
        files = {name: (None, value) for name, value in fields.items()}
        response = client.post(f"/runs/{key}/attestation", files=files)

    assert response.status_code == 422
    assert 'role="alert"' in response.text
    assert not folder.folder_of(run).exists()


def test_no_form_and_too_much_are_refused(served: Served, run: Path) -> None:
    with served.client() as client:
        key = re.findall(r"/runs/([0-9a-f]+)", client.get("/").text)[0]
        assert client.post(f"/runs/{key}/attestation", content=b"x").status_code == 400
        assert client.post(f"/runs/{key}/attestation", content=b"x" * 21_000_000).status_code == 413
        assert client.post("/runs/none/attestation", files={"clause": (None, PRICE)}).status_code == 404


def test_a_file_keeps_no_path_of_its_own(served: Served, run: Path) -> None:
    with served.client() as client:
        key = re.findall(r"/runs/([0-9a-f]+)", client.get("/").text)[0]
        fields = {"clause": PRICE, "answer": "yes", "name": "N", "date": "2026-11-28"}
        files: dict[str, Any] = {name: (None, value) for name, value in fields.items()}
        files["evidence"] = ("../../../.ssh/authorized_keys", b"x")
        assert client.post(f"/runs/{key}/attestation", files=files).status_code == 200

    kept = next(one for one in folder.answers_of(run) if one.clause == PRICE)
    assert re.fullmatch(r"evidence/[0-9a-f]{8}-authorized_keys", kept.evidence)
    assert (folder.folder_of(run) / kept.evidence).read_bytes() == b"x"


def test_a_link_in_place_of_the_folder_is_not_written_through(served: Served, run: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    folder.folder_of(run).symlink_to(elsewhere)
    with served.client() as client:
        key = re.findall(r"/runs/([0-9a-f]+)", client.get("/").text)[0]
        fields = {"clause": PRICE, "answer": "no", "name": "N", "date": "2026-11-28"}
        files = {name: (None, value) for name, value in fields.items()}
        assert client.post(f"/runs/{key}/attestation", files=files).status_code == 422
        assert client.post(f"/runs/{key}/attestation/seal").status_code == 422
        assert client.get(f"/runs/{key}/attestation").status_code == 422
        assert client.get(f"/runs/{key}").status_code == 200

    assert list(elsewhere.iterdir()) == []


def test_a_run_beside_which_no_folder_can_be_is_shown_and_says_so_when_it_is_answered(
    served: Served, run: Path
) -> None:
    renamed = run.rename(run.with_name("x" * 250))  # with what is behind it, no name of a file
    path = f"/runs/{key_of(renamed)}"
    with served.client() as client:
        while client.get(path).status_code == 404:
            pass
        fields = {"clause": PRICE, "answer": "yes", "name": "N", "date": "2026-11-28"}
        files = {name: (None, value) for name, value in fields.items()}
        codes = [client.get(path).status_code, client.get(f"{path}/attestation").status_code]
        kept = client.post(f"{path}/attestation", files=files)

    assert codes == [200, 200]
    assert (kept.status_code, "name too long" in kept.text) == (422, True)
    assert leadproof(["attest", str(renamed)]) == 2


def test_answers_that_are_given_at_once_to_two_servers_are_all_kept(served: Served, run: Path, tmp_path: Path) -> None:
    clauses = [row["clause"] for row in read_report(run)["attestations"]]
    key = key_of(run)

    def answer(given: tuple[httpx.Client, str]) -> int:
        client, clause = given
        fields = {"clause": clause, "answer": "yes", "name": "R. Doe", "date": "2026-11-01"}
        files = {name: (None, value) for name, value in fields.items()}
        return client.post(f"/runs/{key}/attestation", files=files).status_code

    environment = {"XDG_CACHE_HOME": str(tmp_path / "another")}
    with (
        serving(run.parent, environment=environment) as another,
        served.client() as one,
        another.client() as two,
        ThreadPoolExecutor(10) as people,
    ):
        assert set(people.map(answer, zip(cycle((one, two)), clauses))) == {200}

    assert {one.clause for one in folder.answers_of(run) if one.answer == "yes"} == set(clauses)


def test_who_changes_an_attestation_waits_for_others_but_not_for_ever(
    run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(folder, "_PATIENCE", 0.1)

    with folder.changing(run):
        assert leadproof(["attest", str(run)]) == 2
    assert "another process writes into" in " ".join(capsys.readouterr().err.split())
    assert not (folder.folder_of(run) / folder.ANSWERS_FILE).exists()

    monkeypatch.setattr(folder, "_PATIENCE", 30.0)
    with ThreadPoolExecutor(1) as people:
        with folder.changing(run):
            later = people.submit(folder.begin, run)
            assert not wait([later], timeout=0.3).done
        assert later.result(30).exists()
