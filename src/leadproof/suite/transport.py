"""Topic: the bytes on the wire, which HTTP libraries forgive: lengths, framing, encodings, charsets."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from leadproof import bodies
from leadproof.core.exchange import Headers
from leadproof.core.operations import OPERATIONS
from leadproof.http.client import compose
from leadproof.suite.case import Case
from leadproof.suite.operations import BOTH
from leadproof.suite.story import CaseContext

CHECKS = ("response_arrives", "charset", "media_type")

#: What is asked for -> headers.
ASKED: dict[str, Headers] = {"plain": (), "compressed": (("accept-encoding", "gzip"),)}


def cases() -> Iterator[Case]:
    """The topic's table."""
    for operation in BOTH:
        for fmt in OPERATIONS[operation].media:
            for words in ASKED:
                yield Case(
                    f"{operation}, {fmt}: {words}", operation, partial(exchanged, operation, fmt, words), CHECKS, fmt
                )
    yield Case("lead_status: plain", "lead_status", status, CHECKS)


def exchanged(operation: str, fmt: str, words: str, story: CaseContext) -> None:
    """One exchange on a socket of its own, read byte by byte."""
    value, _ = story.request(operation)
    body = bodies.encode_request(operation, fmt, value)
    row, credentials = OPERATIONS[operation], story.session.client.target.credentials()
    request = compose(row.method, row.path, fmt=fmt, body=body, credentials=(*credentials, *ASKED[words]))
    story.session.probe(request, operation, intent="", what=f"on the wire, {words}")


def status(story: CaseContext) -> None:
    """A request without a body."""
    created = story.created("create_lead", "json")
    response_value = created.response_value or {}
    credentials = story.session.client.target.credentials()
    request = compose("GET", f"/v2/status/{response_value.get('requestId', '')}", fmt="json", credentials=credentials)
    story.session.probe(request, "lead_status", intent="", what="on the wire, plain")
