"""The message around the body: the representation that was asked for, Content-Type, charset, status."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from leadproof.core.exchange import Request, Response, header
from leadproof.mock.app import Mock
from leadproof.mock.defects.model import Defect, Injection, each_response, relabelled
from leadproof.mock.defects.written.rows import row


def rows() -> Iterator[Defect]:
    """The rows of this module."""
    yield from _negotiation()
    yield from _labels()
    yield from _statuses()


def _negotiation() -> Iterator[Defect]:
    kind = "Accept ignored"
    yield row(
        "always-json",
        kind,
        "Every answer is in JSON, whatever was asked for.",
        "media_type",
        "create_lead",
        _accepting(lambda request: "application/json"),
        fmt="xml",
    )
    yield row(
        "answer-as-the-request",
        kind,
        "The answer is in the format of the request, whatever Accept says.",
        "media_type",
        "ping",
        _accepting(lambda request: header(request.headers, "content-type") or "*/*"),
    )
    yield row(
        "xml-without-accept",
        kind,
        "A client that sends no Accept gets XML for JSON.",
        "media_type",
        "ping",
        _accepting(lambda request: header(request.headers, "accept") or "application/xml"),
    )
    yield row(
        "always-xml",
        kind,
        "Every answer is in XML where there is one.",
        "media_type",
        "duplicate_check",
        _accepting(lambda request: "application/xml"),
        fmt="json",
    )


def _accepting(wanted: Callable[[Request], str]) -> Injection:
    def around(mock: Mock, request: Request, proceed: Callable[[Request], Response]) -> Response:
        others = tuple(pair for pair in request.headers if pair[0].lower() != "accept")
        if request.path.startswith(("/v2/status/", "/v2/leads/", "/v2/update")):  # these have JSON only
            return proceed(request)
        return proceed(request._replace(headers=(*others, ("accept", wanted(request)))))

    return Injection(around=lambda: around)


def _labels() -> Iterator[Defect]:
    kind = "Content-Type"
    yield row(
        "label-missing",
        kind,
        "An answer has no Content-Type.",
        "media_type",
        "create_lead",
        each_response(lambda response: relabelled(response, None)),
    )
    yield row(
        "label-html",
        kind,
        "An answer says that it is HTML.",
        "media_type",
        "inbound_post",
        each_response(lambda response: relabelled(response, "text/html; charset=utf-8"), "inbound_post"),
    )
    yield row(
        "xml-labelled-json",
        kind,
        "An XML answer says that it is JSON.",
        "media_type",
        "create_lead_sends",
        each_response(lambda response: relabelled(response, "application/json"), "create_lead_sends"),
        fmt="xml",
    )
    yield row(
        "status-labelled-text",
        kind,
        "A status says that it is plain text.",
        "media_type",
        "lead_status",
        each_response(lambda response: relabelled(response, "text/plain"), "lead_status"),
    )
    yield row(
        "page-with-status-200",
        kind,
        "An HTML page comes with status 200.",
        "media_type",
        "create_call_lead",
        each_response(
            lambda response: Response(
                200, (("content-type", "text/html"),), b"<html><body>Please log in</body></html>"
            ),
            "create_call_lead",
        ),
    )
    yield row(
        "charset-utf-16-claimed",
        kind,
        "An answer says that it is in UTF-16, and is in UTF-8.",
        "charset",
        "ping",
        each_response(lambda response: relabelled(response, "application/json; charset=utf-16"), "ping"),
        fmt="json",
    )
    yield row(
        "charset-that-nobody-knows",
        kind,
        "An answer names a charset that does not exist.",
        "charset",
        "duplicate_check",
        each_response(lambda response: relabelled(response, "application/json; charset=unicode-8"), "duplicate_check"),
        fmt="json",
    )


def _statuses() -> Iterator[Defect]:
    kind = "HTTP status"
    yield row(
        "created-201",
        kind,
        "A create is answered with status 201.",
        "http_status",
        "create_lead",
        each_response(lambda response: response._replace(status=201), "create_lead"),
    )
    yield row(
        "accepted-202",
        kind,
        "A call lead is answered with status 202.",
        "http_status",
        "create_call_lead",
        each_response(lambda response: response._replace(status=202), "create_call_lead"),
    )
    yield row(
        "refusal-422",
        kind,
        "A refused lead is answered with status 422.",
        "http_status",
        "create_lead",
        each_response(
            lambda response: response._replace(status=422) if _refused(response) else response, "create_lead"
        ),
    )
    yield row(
        "no-coverage-204",
        kind,
        "A refused ping is answered with status 204 and nothing else.",
        "http_status",
        "ping",
        each_response(lambda response: Response(204) if _refused(response) else response, "ping"),
    )
    yield row(
        "redirected",
        kind,
        "A status is answered with a redirect.",
        "http_status",
        "lead_status",
        each_response(lambda response: Response(302, (("location", "/login"),)), "lead_status"),
    )


def _refused(response: Response) -> bool:
    body = response.body
    return (
        b'"isValid":false' in body
        or b'"willAccept":false' in body
        or b"<IsValid>false" in body
        or b"<WillAccept>false" in body
    )
