"""The texts of the pages: a number and its noun agree, in the catalogue, in the templates, and where there is one."""

from __future__ import annotations

import json
import re
import string
from pathlib import Path
from typing import Any

import pytest
from pages import EXAMPLE, ROOT, make_run, serving

from leadproof.core.text import count
from leadproof.web.catalogue import catalogue

TEMPLATES = ROOT / "reports" / "templates" / "page"

#: "1 clauses", "1 more findings", "1 are": what no page says of one.
WRONG = re.compile(
    r"(?<![\w.,:/-])1 (?:(?:more|other|finished|distinct) )?"
    r"(?:(?!is\b|was\b|has\b|s\b|yes\b|ms\b)[a-z]+s|are|were|have)\b"
)

#: What stands for a text with its number already, in a sentence.
COUNTED = re.compile(r'\|counted\("([a-z ]+)"((?:, "[a-z ]+")?)\)')

TEXTS = {name: text for name, text in catalogue().texts.items() if re.search(r"\{\w+\}", text)}


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_with_a_number_is_right_with_one(name: str) -> None:
    fields = {field for _, field, _, _ in string.Formatter().parse(TEXTS[name]) if field}

    assert not WRONG.search(catalogue()(name, **dict.fromkeys(fields, 1)))


@pytest.mark.parametrize("path", sorted(TEMPLATES.glob("*.j2")), ids=lambda path: path.name)
def test_no_template_puts_a_noun_behind_a_number(path: Path) -> None:
    assert re.findall(r"\}\} (?:more )?[a-z]{2,}s\b", path.read_text("utf-8")) == []


def test_what_is_counted_in_a_template_has_a_plural() -> None:
    found = {pair for path in TEMPLATES.glob("*.j2") for pair in COUNTED.findall(path.read_text("utf-8"))}

    assert {("finding", ""), ("more place", ""), ("run", "")} <= found
    assert not [noun for noun, plural in found if noun.endswith(("s", "y")) and not plural]
    assert not [noun for noun, _ in found if WRONG.search(count(1, noun))]


def of_one() -> dict[str, Any]:
    """A report with one of everything."""
    report: dict[str, Any] = json.loads(EXAMPLE.read_bytes())
    first = report["findings"][0] | {"count": 1}
    by_result = {row["result"]: row for row in report["clauses"]}
    broken = next(row for row in report["clauses"] if row["id"] == first["clause"])
    untestable = next(row for row in report["clauses"] if not row["check"])
    report["findings"] = [first]
    report["clauses"] = list({row["id"]: row for row in (broken, by_result["passed"], untestable)}.values())
    report["attestations"] = report["attestations"][:1]
    report["counts"] |= {"exchanges": 1, "judged": 1, "findings": 1, "unauthorised": 1, "unrecognised": 1}
    report["coverage"]["gaps"] = []
    return report


def test_pages_of_one_of_everything_have_no_plural(tmp_path: Path) -> None:
    make_run(tmp_path / "runs", "one", report=of_one(), facts={"started": "2026-11-01T09:00:00Z"})
    asked = ["/", "/trends", "/reference?words=LE2-PING-RES-05"]
    with (
        serving(tmp_path / "runs", environment={"XDG_CACHE_HOME": str(tmp_path)}) as served,
        served.client() as client,
    ):
        while not (links := re.findall(r'href="(/runs/\w+)"', client.get("/").text)):
            pass
        asked += [*links, f"{links[0]}/attestation", f"{links[0]}/report"]
        asked += [
            link.replace("&amp;", "&") for link in re.findall(r'href="(/trends\?[^"]*)"', client.get("/trends").text)
        ]
        make_run(
            tmp_path / "runs", "two", report=of_one() | {"findings": []}, facts={"started": "2026-11-02T09:00:00Z"}
        )
        while len(links := re.findall(r'href="(/runs/\w+)"', client.get("/").text)) < 2:
            pass
        asked += [f"/compare?a={links[1].rpartition('/')[2]}&b={links[0].rpartition('/')[2]}"]
        for path in asked:
            page = client.get(path)
            words = re.sub(r"<[^>]*>", " ", page.text)
            assert page.status_code == 200, path
            assert [match[0] for match in WRONG.finditer(words)] == [], path
