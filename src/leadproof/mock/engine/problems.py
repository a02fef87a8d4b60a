"""Problem documents (RFC 9457): what the mock sends where a request cannot be read, routed or authorised.

None of this is documented by the vendor; it is a reading. One row of `TITLES` for each status that is used.
"""

from __future__ import annotations

import orjson

from leadproof.core.exchange import Headers, Response

MEDIA_TYPE = "application/problem+json"

TITLES: dict[int, str] = {
    400: "The request cannot be read",
    401: "No usable credentials",
    403: "Not allowed",
    404: "There is nothing at this path",
    405: "The method does not fit the path",
    406: "No representation that was asked for",
    408: "The request did not arrive in time",
    409: "Not possible in this state",
    413: "The request is too large",
    414: "The request target is too long",
    415: "The request's representation is not read here",
    417: "The expectation cannot be met",
    421: "The request is for another host",
    422: "A member has another type than documented",
    431: "The request's headers are too large",
    500: "The mock failed",
    501: "The transfer coding is not known",
    505: "The HTTP version is not spoken here",
}

#: Status by kind of finding, for what `bodies` refuses to read; everything else is 400.
_STATUS = {"encoding.too-large": 413, "schema.type": 422}


class Refused(Exception):
    """A request that ends in a problem document."""

    def __init__(self, status: int, detail: str, headers: Headers = (), **members: object) -> None:
        """Args: status, what is wrong with this request, headers to add, members to add where they say something."""
        super().__init__(detail)
        self.response = document(status, detail, headers, **members)


def document(status: int, detail: str, headers: Headers = (), **members: object) -> Response:
    """A problem document."""
    body = {
        "type": f"urn:leadproof:mock:{status}",
        "title": TITLES[status],
        "status": status,
        "detail": detail,
        **{name: value for name, value in members.items() if value},
    }
    return Response(status, (("content-type", MEDIA_TYPE), *headers), orjson.dumps(body))


def status_of(kind: str) -> int:
    """The status for a kind of finding."""
    return _STATUS.get(kind, 400)
