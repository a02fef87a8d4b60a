"""Mistakes in writing the texts of a lead."""

from __future__ import annotations

import json
import re
from typing import Any

from leadproof.suite.client.example import LeadClient
from leadproof.suite.client.mutants.model import mutant


class _Writer(LeadClient):
    """Changes the texts of a lead on the way."""

    def altered(self, name: str, value: str) -> Any:
        return value

    def body(self, kind: str, leads: list[dict[str, Any]], return_url: str = "") -> bytes:
        changed = [
            {**lead, "fields": {name: self.altered(name, value) for name, value in lead["fields"].items()}}
            for lead in leads
        ]
        return super().body(kind, changed, return_url)


@mutant("text-with-markup")
class JoinedJson(LeadClient):
    """JSON is made by joining texts."""

    def body(self, kind: str, leads: list[dict[str, Any]], return_url: str = "") -> bytes:
        entries = []
        for lead in leads:
            fields = ",".join(f'"{name}":"{value}"' for name, value in lead["fields"].items())
            entries.append(f'{{"properties":{json.dumps(lead.get("properties", {}))},"fields":{{{fields}}}}}')
        return f'{{"source":{json.dumps(self.source)},"leads":[{",".join(entries)}]}}'.encode()


@mutant("text-with-markup", "xml")
class JoinedXml(LeadClient):
    """XML is made by joining texts."""

    def body(self, kind: str, leads: list[dict[str, Any]], return_url: str = "") -> bytes:
        written = super().body(kind, leads, return_url).decode()
        for sign, escaped in (("<", "&lt;"), (">", "&gt;"), ("&", "&amp;")):
            written = written.replace(escaped, sign)
        return written.encode()


@mutant("text-with-markup", "xml")
class EscapedTwice(_Writer):
    """Texts are escaped twice."""

    def altered(self, name: str, value: str) -> Any:
        return value.replace("&", "&amp;").replace("<", "&lt;")


@mutant("text-with-accents")
class AccentsLost(_Writer):
    """Accents are left out."""

    def altered(self, name: str, value: str) -> Any:
        return value.encode("ascii", "ignore").decode()


@mutant("text-in-chinese")
class QuestionMarks(_Writer):
    """Bodies are written in Latin-1, with question marks for the rest."""

    def altered(self, name: str, value: str) -> Any:
        return value.encode("latin-1", "replace").decode("latin-1")


@mutant("text-with-emoji")
class EmojiLost(_Writer):
    """Characters beyond the first 65,536 are lost."""

    def altered(self, name: str, value: str) -> Any:
        return "".join(one for one in value if ord(one) < 0x10000)


@mutant("text-of-4000")
class CutAt255(_Writer):
    """Texts are cut to 255 characters."""

    def altered(self, name: str, value: str) -> Any:
        return value[:255]


@mutant("spaces-kept")
class SpacesJoined(_Writer):
    """Spaces in a row become one."""

    def altered(self, name: str, value: str) -> Any:
        return " ".join(value.split())


@mutant("leading-zeros")
class NumbersMade(_Writer):
    """What looks like a number becomes one."""

    def altered(self, name: str, value: str) -> Any:
        return str(int(value)) if value.isdigit() else value


@mutant("plus-numbers")
class PlusLost(_Writer):
    """A telephone number loses its plus."""

    def altered(self, name: str, value: str) -> Any:
        return re.sub(r"^\+", "", value)


@mutant("booleans")
class BooleansPrinted(_Writer):
    """true and false are written as the language prints them."""

    def altered(self, name: str, value: str) -> Any:
        return value.capitalize() if value in ("true", "false") else value


@mutant("dates")
class DatesMoved(_Writer):
    """Timestamps are moved into a local time."""

    def altered(self, name: str, value: str) -> Any:
        return re.sub(r"^2026-01-01T00:00:00Z$", "2025-12-31T18:00:00", value)
