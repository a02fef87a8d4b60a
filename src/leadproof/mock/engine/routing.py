"""Which operation a method and path mean, and who may ask: the table of operations turned into routes.

Three operations share one path; which of them is meant is known only when the body is read (`handlers`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import unquote

from leadproof.contract.profile import Credentials
from leadproof.core.exchange import Headers
from leadproof.core.operations import OPERATIONS, Operation
from leadproof.mock.engine.problems import Refused


class Route(NamedTuple):
    """A path that was recognised."""

    #: The operation; of several that share a path, the one whose request has the most members.
    operation: Operation
    #: Path parameters by name, percent-decoded.
    parameters: dict[str, str]


#: Of the operations that share a path, the one that the request is decoded as.
_WIDEST = {"/v2/insert/general": "inbound_post"}

#: Operations by (method, path template) and allowed methods by template, from the one table.
_ROUTES = {(row.method, row.path): OPERATIONS[_WIDEST.get(row.path, row.id)] for row in OPERATIONS.values()}
_METHODS: dict[tuple[str, ...], list[str]] = {}
for _method, _path in _ROUTES:
    _METHODS.setdefault(tuple(_path.split("/")), []).append(_method)


def route(method: str, path: str) -> Route:
    """The route of a request.

    Raises:
        Refused: 404 for an unknown path, 405 for a known path with another method.
    """
    parts = path.split("/")
    for template, methods in _METHODS.items():
        parameters = _match(template, parts)
        if parameters is not None:
            if method in methods:
                return Route(_ROUTES[method, "/".join(template)], parameters)
            allowed = ", ".join(methods)
            raise Refused(405, f"{path} takes {allowed}, not {method}", (("allow", allowed),))
    hint = " (paths of version 1 begin with /processor; this is version 2)" if path.startswith("/processor/") else ""
    raise Refused(404, f"no operation has the path {path[:200]}{hint}")


def _match(template: Iterable[str], parts: list[str]) -> dict[str, str] | None:
    expected = tuple(template)
    if len(expected) != len(parts):
        return None
    parameters = {}
    for want, part in zip(expected, parts, strict=True):
        if want.startswith("{") and part:
            parameters[want[1:-1]] = unquote(part)
        elif want != part:
            return None
    return parameters


def authorise(headers: Headers, credentials: Credentials) -> None:
    """Let a request pass that carries a known credential in one of the three documented spellings.

    Raises:
        Refused: 401. The documentation does not say what happens without credentials; this is a reading.
    """
    given = []
    for name, value in headers:
        lower = name.lower()
        if lower in ("api-key", "access_token"):
            given.append(name)
            if value in credentials.api_keys or (lower == "access_token" and value in credentials.bearer_tokens):
                return
        elif lower == "authorization":
            given.append(name)
            scheme, _, token = value.partition(" ")
            if scheme.lower() == "bearer" and token.strip() in credentials.bearer_tokens:
                return
    said = f"the credentials in {', '.join(given)} are not known" if given else "there are no credentials"
    raise Refused(
        401,
        f"{said}; send api-key: KEY, Authorization: Bearer TOKEN, or access_token: TOKEN",
        (("www-authenticate", 'Bearer realm="leadproof mock"'),),
    )
