"""The words of the project: one noun for one thing. What was called by another word before is not called so again."""

from __future__ import annotations

import io
import re
import tokenize
from pathlib import Path

from project import project_files

ROOT = Path(__file__).resolve().parent.parent

#: Where the words are looked for: code, messages, texts for readers. Tests may use plain English.
PLACES = ("src", "specs", "docs", "contracts", "loadtests", "reports/templates", "README.md", "ARCHITECTURE.md",
          "CONTRIBUTING.md", "Makefile", "Dockerfile")  # fmt: skip

#: A word in any text (part of a name, message, comment, prose) -> the word to use.
WORDS = {
    r"(?<!un)answer\w*": "response, to respond",
    r"stand-ins?\b": "placeholder",
    r"at the door\b": "rejected (credentials)",
}

#: The name of a variable, function, class, argument or attribute -> a better one.
NAMES = {
    "meant": "suggest_member, resolve_operation", "said_by": "callback_context", "answered_at": "responded_at",
    "form_of": "response_shape", "side_by_side": "compare_twins", "judged_later": "append_judgement",
    "unspoiled": "reporting_bad_rows", "noted": "add_observation", "Told": "OnProgress", "telling": "console",
    "habits": "client_mistakes", "Trip": "JourneyRun", "trip": "run", "Flight": "InFlightRequest",
    "flight": "request", "Kit": "JourneyContext", "kit": "context", "Carrier": "LoadWorker", "carrier": "worker",
    "carry": "run", "_fly": "_send", "_go_on": "_advance", "Passage": "ProxiedExchange", "passage": "proxied",
    "Keeping": "WriterClient", "Keeper": "EvidenceWriter", "Plant": "Injection", "plant": "injection", "rig": "patch",
    "CannotTell": "CaseSkipped", "AT_THE_DOOR": "REJECTION_REASONS", "Timetable": "TimeBudget",
    "timetable": "time_budget", "Partner": "ClientModel", "lived": "run_state_machine", "unasked": "no_accept_header",
    "anything": "accept_any", "_together": "_parallel", "_unburdened": "gc_paused",
    "step_back": "lower_thread_priority", "standin": "placeholder", "Standins": "Placeholders",
    "deal": "group_by_clause", "furnish": "attach_evidence", "in_turn": "round_robin",
    "moment": "timestamp", "fold": "snapshot",
}  # fmt: skip

#: (beginning of a path, the word as it stands there) -> why it stays.
KEPT = {
    ("specs/", "answer-media"): "the id of a reading, which stands in people's configuration",
    ("src/leadproof/mock/defects/written/", "answered-200"): "part of the id of a defect",
    ("src/leadproof/mock/defects/written/", "answer-without-id"): "part of the id of a defect",
    ("src/leadproof/mock/defects/written/", "answers-another-lead"): "part of the id of a defect",
    ("src/leadproof/mock/defects/written/", "answer-as-the-request"): "the id of a defect",
    ("src/leadproof/core/names.py", "answer"): "a word that services write, not one of ours",
    ("src/leadproof/load/", "fold"): "what a worker sends about one second; a key of its frames",
    ("src/leadproof/runs/", "moment"): "a datetime as an argument",
}


#: Where a person answers what they are asked: what a service sends is a response everywhere.
OF_PEOPLE = (
    "src/leadproof/runs/attestation/", "src/leadproof/web/pages/attest.py", "src/leadproof/cli/attest.py",
    "src/leadproof/web/texts/", "docs/attestation.md", "docs/serve.md", "reports/templates/page/attest",
    "reports/templates/attestations.html.j2", "specs/report.schema.json", "src/leadproof/runs/formats/markdown.py",
    "src/leadproof/runs/config.py", "src/leadproof/web/site.py",
)  # fmt: skip


def kept(name: str, word: str, line: str) -> bool:
    if word.lower().startswith("answer") and name.startswith(OF_PEOPLE):
        return True
    return any(name.startswith(place) and word in known and known in line for place, known in KEPT)


def old_words(path: Path) -> list[str]:
    """Where a text uses an old word, and what to say instead."""
    name, found = path.relative_to(ROOT).as_posix(), []
    for number, line in enumerate(path.read_text("utf-8", errors="replace").splitlines(), 1):
        for pattern, better in WORDS.items():
            hits = {hit[0] for hit in re.finditer(pattern, line, re.IGNORECASE)}
            found += [f"{name}:{number}: {hit} -> {better}" for hit in sorted(hits) if not kept(name, hit, line)]
    return found


def old_names(path: Path) -> list[str]:
    """Where a module uses an old name, and the better one."""
    name, found = path.relative_to(ROOT).as_posix(), []
    for token in tokenize.generate_tokens(io.StringIO(path.read_text("utf-8")).readline):
        word = token.string
        if token.type == tokenize.NAME and word in NAMES and not kept(name, word, word):
            found.append(f"{name}:{token.start[0]}: {word} -> {NAMES[word]}")
    return found


def test_no_text_uses_an_old_word() -> None:
    assert [place for path in project_files(*PLACES) for place in old_words(path)] == []


def test_no_code_uses_an_old_name() -> None:
    assert [place for path in project_files(*PLACES) if path.suffix == ".py" for place in old_names(path)] == []
