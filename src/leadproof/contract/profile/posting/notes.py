"""What was made of each place of a posting document: nothing of it is dropped in silence."""

from __future__ import annotations

from dataclasses import dataclass, field

#: What can be said of a place.
UNDERSTOOD, GUESSED, UNREAD = "understood", "guessed", "not read"


@dataclass(frozen=True, slots=True)
class ImportNote:
    """One thing to say of one place."""

    #: File, sheet and line: "instructions.xlsx, Ping:7".
    place: str
    kind: str
    #: The field or line that it is about.
    subject: str
    message: str


@dataclass(slots=True)
class Notes:
    """All that there is to say of an import, in the order of the document."""

    entries: list[ImportNote] = field(default_factory=list)

    def understood(self, place: str, subject: str, message: str) -> None:
        self.entries.append(ImportNote(place, UNDERSTOOD, subject, message))

    def guessed(self, place: str, subject: str, message: str) -> None:
        self.entries.append(ImportNote(place, GUESSED, subject, message))

    def unread(self, place: str, subject: str, message: str) -> None:
        self.entries.append(ImportNote(place, UNREAD, subject, message))
