"""Topic: which representation the response is in: by Accept, by Content-Type, by neither."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from leadproof import bodies
from leadproof.core.operations import OPERATIONS
from leadproof.http.client import compose
from leadproof.suite.case import Case
from leadproof.suite.operations import BOTH
from leadproof.suite.story import CaseContext, offers

CHECKS = ("media_type", "charset", "member")


def cases() -> Iterator[Case]:
    """The topic's table."""
    for operation in BOTH:
        for fmt, accept in (("json", "xml"), ("xml", "json")):
            yield Case(
                f"{operation}: sent in {fmt}, asked for in {accept}",
                operation,
                partial(crossed, operation, fmt, accept),
                CHECKS,
                accept,
            )
    for fmt in ("json", "xml"):
        yield Case(f"ping: sent in {fmt}, any response will do", "ping", partial(accept_any, fmt), ("media_type",), fmt)
        yield Case(f"ping: sent in {fmt}, without Accept", "ping", partial(no_accept_header, fmt), ("media_type",), fmt)


def crossed(operation: str, fmt: str, accept: str, story: CaseContext) -> None:
    """A body in one representation, the response asked for in the other."""
    value, _ = story.request(operation)
    if operation == "inbound_post":
        asked, order, number = story.pinged(fmt)
        value = story.post(number, order, offers(asked)[:1])
    story.session.call(operation, fmt, value, accept=accept, what="accepted")


def accept_any(fmt: str, story: CaseContext) -> None:
    """Accept */*: the response is in the representation of the request."""
    value, _ = story.request("ping")
    story.session.call("ping", fmt, value, accept="*/*", what="any response")


def no_accept_header(fmt: str, story: CaseContext) -> None:
    """No Accept at all: the response is in the representation of the request."""
    value, _ = story.request("ping")
    row, credentials = OPERATIONS["ping"], story.session.client.target.credentials()
    request = compose(
        row.method, row.path, fmt=fmt, body=bodies.encode_request("ping", fmt, value), credentials=credentials
    )
    # On a socket of its own, because an HTTP library would ask for */* where nothing is asked for.
    bare = request._replace(headers=tuple(pair for pair in request.headers if pair[0] != "accept"))
    story.session.probe(bare, "ping", intent="bare", what="without Accept")
