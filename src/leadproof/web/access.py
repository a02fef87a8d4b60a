"""Who may see a page, and what a page may do: an ASGI layer around all others.

The pages are for one person on one machine. Other machines are kept out by listening on loopback; another site in this
person's browser, by the Host header (`http/hosts.py`), by a token that is in the address once and in a cookie from then
on, and by what browsers say of where a request comes from (Fetch Metadata). What a tested service wrote stands in these
pages: the Content-Security-Policy lets nothing run but the files of `static/`.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from markupsafe import escape
from starlette.requests import cookie_parser
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from leadproof.http.hosts import LOOPBACK, Hosts

#: The parameter of the address that carries the token once.
TOKEN = "token"

#: Methods that change nothing (RFC 9110, section 9.2.1).
SAFE = ("GET", "HEAD")

#: A page has its scripts, styles, pictures and requests from here alone, and stands in no other page.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

#: A report has its styles inside; the one script that it may run is added by its hash.
REPORT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; frame-ancestors 'none'"

#: What is shown to who does not come in: nothing of the other pages, no style either.
_REFUSED = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>leadproof: not shown</title>
<link rel="icon" href="data:,">
</head>
<body><main><h1>leadproof</h1><p>{words}</p></main></body>
</html>
"""

HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


def new_token() -> str:
    """A token that cannot be guessed: 128 bits."""
    return secrets.token_urlsafe(16)


@dataclass(frozen=True, slots=True)
class Access:
    """Who may come in.

    Args:
        token: Of the address; "" where a proxy in front authenticates.
        hosts: For which the pages respond.
        read_only: Are requests refused that would change or start anything?
        port: Keeps the cookies of several servers on one machine apart: cookies know no ports.
    """

    token: str
    hosts: Hosts = LOOPBACK
    read_only: bool = False
    port: int = 0

    @property
    def cookie(self) -> str:
        """The name of the cookie."""
        return f"leadproof-{self.port}"


class Guarded:
    """An ASGI application behind an `Access`."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app, self._access = app, access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request (ASGI 3.0); other kinds pass."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        response = self._refusal(scope)
        if response is not None:
            response.headers.update(HEADERS)
            await response(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = message.setdefault("headers", [])
                names = {name.lower() for name, _ in given}
                given.extend(
                    (name.encode(), value.encode()) for name, value in HEADERS.items() if name.encode() not in names
                )
            await send(message)

        await self._app(scope, receive, with_headers)

    def _refusal(self, scope: Scope) -> Response | None:
        """The response of who does not come in, or is sent on; None of who may."""
        headers: Iterable[tuple[bytes, bytes]] = scope["headers"]
        local = str((scope.get("server") or ("",))[0])
        status, words = self._access.hosts.refusal(scope["http_version"], b"", headers, local)
        if status:
            return _refused(status, words)
        found = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in headers}
        safe = scope["method"] in SAFE
        if not safe and (self._access.read_only or not _from_here(found)):
            words = "These pages are read-only." if self._access.read_only else "The request comes from another site."
            return _refused(403, words)
        if not self._access.token or self._known(found):
            return None
        return self._with_token(scope) if safe else self._unknown()

    def _known(self, headers: dict[str, str]) -> bool:
        # What other programs of this host have set may be no cookie by any standard, and comes with ours.
        mine = cookie_parser(headers.get("cookie", "")).get(self._access.cookie)
        return mine is not None and self._is_token(mine)

    def _with_token(self, scope: Scope) -> Response:
        """Takes the token out of the address and gives the cookie, so that it stays in no history and no log."""
        pairs = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        if not any(name == TOKEN and self._is_token(value) for name, value in pairs):
            return self._unknown()
        query = urlencode([(name, value) for name, value in pairs if name != TOKEN])
        path = "/" + scope["path"].lstrip("/\\")  # two slashes would be another host
        response = RedirectResponse(path + (f"?{query}" if query else ""), 303)
        response.set_cookie(self._access.cookie, self._access.token, path="/", httponly=True, samesite="strict")
        return response

    def _is_token(self, value: str) -> bool:
        return hmac.compare_digest(value.encode(), self._access.token.encode())

    @staticmethod
    def _unknown() -> Response:
        return _refused(401, "Open the address that leadproof serve printed: the token in it is missing.")


def _refused(status: int, words: str) -> Response:
    return HTMLResponse(_REFUSED.format(words=escape(words)), status)


def _from_here(headers: dict[str, str]) -> bool:
    """Does a request that changes something come from a page of ours? (Fetch Metadata, and Origin of RFC 6454.)"""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = headers.get("origin")
    return origin is None or origin in (f"http://{headers.get('host')}", f"https://{headers.get('host')}")
