"""Captures as users have them: files of exchanges with mocks whose ids are their own, and how they are validated."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from leadproof import bodies
from leadproof.captures.judging import ValidationPlan
from leadproof.contract import profile, specs
from leadproof.core.exchange import Exchange
from leadproof.core.operations import CELLS, OPERATIONS
from leadproof.generate.leads import LeadMaker
from leadproof.http.client import compose
from leadproof.mock import Mock
from leadproof.mock.defects import pick, planted
from leadproof.redact import Redactor
from leadproof.runs.evidence.rows import exchange_row
from leadproof.runs.ledger import Ledger

POSTING = profile.load(None)
NOW = 1_796_000_000.0
#: Defects that are told by one response alone.
DEFECTS = ("refused-without-a-word", "refused-as-no-error")


#: The beginning of the mock's lead ids, which are the same with every seed.
LEAD_ID = re.compile(rb"\b10000(?=\d{4}\b)")


def exchanges_of(mock: Mock, seed: int, rounds: int) -> Iterator[Exchange]:
    """Exchanges of every operation that takes a body, accepted and refused."""
    maker, number = LeadMaker(POSTING), 10_000 * seed
    credentials = (("api-key", POSTING.credentials.api_keys[0]),)
    for _ in range(rounds):
        for operation, media in CELLS:
            row = OPERATIONS[operation]
            if not row.body or operation == "update_lead":
                continue
            for refused in (False, True):
                number += 1
                value, _ = maker.request(operation, (number,), refused=refused)
                body = bodies.encode_request(operation, media, value)
                sent = compose(row.method, row.path, fmt=media, body=body, credentials=credentials)
                response = mock.handle(sent)
                response = response._replace(body=LEAD_ID.sub(b"%05d" % (20_000 + seed), response.body))
                yield Exchange(sent, response, operation, f"{operation} {media} {number}", "", NOW + number % 100)


def capture(path: Path, seed: int, rounds: int = 1, defects: tuple[str, ...] = ()) -> Path:
    """A file of exchanges with a mock of its own, whose ids are no other mock's."""
    mock = planted(pick(defects), POSTING, clock=lambda: NOW, seed=seed)
    with path.open("w") as file:
        for number, one in enumerate(exchanges_of(mock, seed, rounds), 1):
            file.write(json.dumps(exchange_row(number, one), separators=(",", ":")) + "\n")
    return path


def plan(**changes: Any) -> ValidationPlan:
    return ValidationPlan(specs.load().choices, POSTING, Redactor(POSTING.personal_fields), **changes)


def told(found: Ledger) -> dict[str, Any]:
    return found.report("validate", {})
