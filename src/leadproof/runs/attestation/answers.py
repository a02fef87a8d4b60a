"""`attestation.toml`: the answers of a person to what no message shows. `read` checks the file, `written` writes it::

    [[answers]]
    clause = "LE2-ALL-RULE-16"
    text = "The price in an accepted result is what will be paid for the lead."
    answer = "yes"                    # "yes", "no", "not applicable", or "" while it is open
    name = "R. Doe, accounts"
    date = 2026-11-28
    evidence = "evidence/invoice-october.pdf"   # optional: a file in the folder
    remark = "compared with 40 results"         # optional

The text of a clause stands with its answer: an answer to other words than today's has expired.
"""

from __future__ import annotations

import datetime
import json
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from leadproof.core.errors import ConfigurationError
from leadproof.core.text import visible
from leadproof.runs.handwritten import Complaint, document_of, refuse, text_of, unknown_key

YES, NO, NOT_APPLICABLE = "yes", "no", "not applicable"
ANSWERS = (YES, NO, NOT_APPLICABLE)

#: Key -> what to write.
KEYS: dict[str, str] = {
    "clause": 'the id of a clause, such as clause = "LE2-ALL-RULE-16"',
    "text": "the words of the clause, as the file was made with them",
    "answer": f'one of {", ".join(ANSWERS)}, in quotes; "" while it is open',
    "name": 'who says so, such as name = "R. Doe, accounts"',
    "date": "the day, such as date = 2026-11-28 (without quotes)",
    "evidence": 'the path of a file in the folder, such as evidence = "evidence/invoice.pdf"; "" for none',
    "sha256": "the SHA-256 of that file, which is filled in",
    "remark": "any text",
    "carried": "the id of the run that it was answered in first, which is filled in",
}

#: Days for which an answer holds, unless the configuration says otherwise.
DAYS = 365

#: Bytes of a file of answers.
_MOST = 1_000_000


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person says of one clause."""

    clause: str
    #: The words of the clause when it was answered.
    text: str
    #: Of `ANSWERS`; "" while it is open.
    answer: str = ""
    name: str = ""
    date: datetime.date | None = None
    #: Path of a file, in the folder of the attestation once it is sealed.
    evidence: str = ""
    sha256: str = ""
    remark: str = ""
    #: The run in which it was answered first; "" for this one.
    carried: str = ""

    def expired(self, text: str, today: datetime.date, days: int) -> str:
        """Why the answer holds no more; "" if it does.

        Args:
            text: The words of the clause today.
            today: The day.
            days: For which an answer holds.
        """
        if not self.answer:
            return ""
        if self.text != text:
            return "the clause has other words now"
        age = (today - self.date).days if self.date else 0
        return f"it is {age} days old, {days} are allowed" if age > days else ""


def load(path: Path) -> tuple[Answer, ...]:
    """The answers of a file.

    Raises:
        ConfigurationError: It cannot be read or is no list of answers; the message has a line for each thing that is
            wrong, with file, line and key.
    """
    if path.is_symlink() or not path.is_file():
        raise ConfigurationError(f"{path} is no plain file", hint="a link is not followed, a pipe not waited for")
    return read(text_of(path, _MOST), str(path))


def read(text: str, name: str) -> tuple[Answer, ...]:
    """The answers of a text; `name` stands for it in messages. Raises what `load` raises."""
    document = document_of(text, name)
    refuse(text, name, _complaints(document))
    return tuple(Answer(**{**row, "date": _day(row.get("date"))}) for row in document.get("answers", ()))


def _complaints(document: Mapping[str, Any]) -> Iterator[Complaint]:
    rows = document.get("answers", [])
    for key in document:
        if key != "answers":
            yield (key,), f"there is no table {key}", "write each answer as a table [[answers]]"
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        yield (
            ("answers",),
            "answers is no list of tables",
            "write each answer as a table [[answers]], two brackets each",
        )
        return
    seen: set[Any] = set()
    for index, row in enumerate(rows):
        place = ("answers", index)
        yield from _row(row, place)
        clause = str(row.get("clause"))
        if clause in seen:
            yield place, f"{clause} is answered twice", "keep one of the two"
        seen.add(clause)


def _row(row: Mapping[str, Any], place: tuple[str | int, ...]) -> Iterator[Complaint]:
    for key, value in row.items():
        if key not in KEYS:
            yield unknown_key(place, key, KEYS)
        elif key == "date":
            if not isinstance(value, datetime.date) and value != "":
                yield (*place, key), "date has to be a date", f"write {KEYS[key]}"
        elif not isinstance(value, str):
            yield (*place, key), f"{key} has to be text", f"write {KEYS[key]}"
    for key in ("clause", "text"):
        if not row.get(key):
            yield place, f"{key} is missing", f"add {KEYS[key]}"
    answer = row.get("answer", "")
    if answer not in ("", *ANSWERS):
        yield (*place, "answer"), f"there is no answer {answer!r}", f"write {KEYS['answer']}"
    elif answer:
        for key in ("name", "date"):
            if not str(row.get(key) or "").strip():
                yield place, f"{row.get('clause')} is answered, and {key} is missing", f"add {KEYS[key]}"


def _day(value: Any) -> datetime.date | None:
    if isinstance(value, datetime.datetime):
        return value.date()
    return value if isinstance(value, datetime.date) else None


# ---- the file that a person fills in ---------------------------------------------------------------------------------


def opened(rows: Iterable[Mapping[str, Any]]) -> tuple[Answer, ...]:
    """Open answers to everything that a report asks a person.

    Args:
        rows: `attestations` of a report.
    """
    return tuple(Answer(str(row["clause"]), str(row["text"])) for row in rows)


def carried(old: Iterable[Answer], new: Iterable[Answer], run: str) -> tuple[Answer, ...]:
    """Open answers, filled in with those of an earlier run; what was answered already stays.

    Args:
        old: Of the earlier run.
        new: Of this one.
        run: The id of the earlier run.
    """
    known = {one.clause: one for one in old if one.answer}
    return tuple(
        replace(known[one.clause], carried=known[one.clause].carried or run)
        if not one.answer and one.clause in known else one
        for one in new
    )  # fmt: skip


def written(answers: Iterable[Answer], rows: Iterable[Mapping[str, Any]], run: str) -> str:
    """The file, with what to look at beside each answer.

    Args:
        answers: In the order of the file.
        rows: `attestations` of the report.
        run: The id of the run.
    """
    known = {str(row["clause"]): row for row in rows}
    head = (
        f"# What only a person can confirm of run {run}.\n"
        f"# answer: {', '.join(json.dumps(one) for one in ANSWERS)}, or empty while it is open.\n"
        "# date: the day, such as 2026-11-28. evidence: a file in this folder, if there is one.\n"
    )
    parts = [head]
    for one in answers:
        row = known.get(one.clause, {})
        hints = [visible(f"Look at: {row['look_at']}", 1_000)] if row.get("look_at") else []
        parts.append(
            "\n".join(
                [
                    *(f"# {line}" for hint in hints for line in textwrap.wrap(hint, 108)),
                    "[[answers]]",
                    *(f"{key} = {_toml(getattr(one, key))}" for key in KEYS if _shown(one, key)),
                    "",
                ]
            )
        )
    return "\n".join(parts)


def _shown(answer: Answer, key: str) -> bool:
    return key not in ("sha256", "carried") or bool(getattr(answer, key))


def _toml(value: str | datetime.date | None) -> str:
    """A value of TOML 1.0: basic strings are those of JSON but for the delete character."""
    if isinstance(value, datetime.date):
        return value.isoformat()
    return json.dumps(value or "", ensure_ascii=False).replace("\x7f", r"\u007f")
