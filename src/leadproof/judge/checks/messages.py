"""Checks of the HTTP message around a response, and of the request as its sender wrote it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from leadproof.core import lazy
from leadproof.core.exchange import Part, format_of, header, media_type
from leadproof.judge.checks.context import Breach, Context

#: Statuses that say that the credentials were not taken; what the service does then is not documented.
UNAUTHORISED = (401, 403)
#: Statuses that send the client elsewhere (RFC 9110, section 15.4).
REDIRECTS = (301, 302, 303, 307, 308)
#: Statuses that say that there is nothing at this address.
ABSENT = (404, 405, 410)
CREDENTIALS = ("api-key", "access_token", "authorization")


def http_status(context: Context) -> Iterator[Breach]:
    response = context.exchange.response
    if response is None:
        return
    if context.exchange.intent.partition(":")[0] in ("invalid", "unknown"):
        # What is wrong, or does not exist, may be refused by status as well; it may not break the service.
        if response.status >= 500:
            yield Breach("status.unexpected", f"a request that can be read broke the service: status {response.status}",
                         "", "", "status 200, or a client error", f"status {response.status}")  # fmt: skip
    elif response.status != 200:
        kind = "status.redirect" if response.status in REDIRECTS else "status.unexpected"
        yield Breach(kind, f"the response has status {response.status}", "", "", "status 200",
                     f"status {response.status}")  # fmt: skip


def asked_for(context: Context) -> str | None:
    """The one format that the request's Accept header allows; None if it leaves a choice."""
    accept = header(context.exchange.request.headers, "accept") or ""
    formats = {format_of(part) for part in accept.split(",")}
    return formats.pop() if len(formats) == 1 else None


def media_can_be_told(context: Context) -> bool:
    """Is it known which representation was asked for, or is it wrong whatever that was?"""
    if context.knows(Part.REQUEST_HEADERS, Part.REQUEST_BODY) or asked_for(context):
        return True
    return any(True for _ in media(context))


def media(context: Context) -> Iterator[Breach]:
    response = context.exchange.response
    if response is None or not response.body:
        return
    got, wanted = header(response.headers, "content-type"), asked_for(context)
    if header(context.exchange.request.headers, "accept") is None and context.request_format:
        wanted = context.request_format
    if not media_type(got):
        yield Breach(
            "media.missing", "the response has a body and no Content-Type", "", "", f"application/{wanted}", "nothing"
        )
    elif wanted is not None and format_of(got) != wanted:
        yield Breach("media.unexpected", "the response is in another format than asked for", "", "",
                     f"application/{wanted}", str(media_type(got)))  # fmt: skip
    elif format_of(got) is None:
        yield Breach(
            "media.unexpected",
            "the response is neither JSON nor XML",
            "",
            "",
            "application/json or application/xml",
            str(media_type(got)),
        )


_CHARSET = lazy.pattern(r";\s*charset\s*=\s*\"?([^\s;\"]+)", re.IGNORECASE)


def charset_of(content_type: str | None) -> str | None:
    """The charset parameter of a Content-Type (RFC 9110, section 8.3.2)."""
    found = _CHARSET.search(content_type or "")
    return found[1] if found else None


def unreadable_refusal(context: Context) -> Iterator[Breach]:
    response = context.exchange.response
    if response is None or 400 <= response.status < 500:
        return
    for at, _ in context.accepted:
        yield Breach(
            "business.unexpected",
            "a request that cannot be read was accepted",
            f"{at}/{context.acceptance}",
            "",
            "a client-error status",
            f"status {response.status} and an accepted result",
        )
        return
    yield Breach("status.unexpected", "a request that cannot be read does not get a client-error status", "", "",
                 "a status from 400 to 499", f"status {response.status}")  # fmt: skip


def no_lead_without_credentials(context: Context) -> Iterator[Breach]:
    for at, _ in context.accepted:
        yield Breach(
            "business.unexpected", "accepted without credentials", f"{at}/{context.acceptance}", "", "a refusal", "true"
        )


def has_credentials(context: Context) -> bool:
    """Does the request carry anything in a place for credentials?"""
    return any((header(context.exchange.request.headers, name) or "").strip() for name in CREDENTIALS)


def client_credentials(context: Context) -> Iterator[Breach]:
    if not has_credentials(context):
        yield Breach("client.credentials", "the request carries no credentials", "", "",
                     "one of the headers api-key, Authorization (Bearer) or access_token", "none of them")  # fmt: skip


def client_content_type(context: Context) -> Iterator[Breach]:
    got = header(context.exchange.request.headers, "content-type")
    if not media_type(got):
        yield Breach("media.missing", "the request has a body and no Content-Type", "", "",
                     "application/json or application/xml", "nothing")  # fmt: skip
    elif format_of(got) is None:
        yield Breach("header.invalid", "the request's Content-Type is neither JSON nor XML", "", "",
                     "application/json or application/xml", str(media_type(got)))  # fmt: skip


def client_accept(context: Context) -> Iterator[Breach]:
    accept = header(context.exchange.request.headers, "accept")
    ranges = [media_type(part) for part in (accept or "").split(",")]
    if not accept:
        yield Breach(
            "header.missing", "the request does not say what it wants to read", "", "", "a header Accept", "none"
        )
    elif not any(format_of(one) or one in ("*/*", "application/*", "text/*") for one in ranges):
        yield Breach(
            "header.invalid",
            "Accept names neither JSON nor XML",
            "",
            "",
            "application/json or application/xml",
            ", ".join(ranges),
        )
