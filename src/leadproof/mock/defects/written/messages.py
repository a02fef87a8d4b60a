"""The message around the body: the representation that was asked for, Content-Type, charset, status."""

from __future__ import annotations

from collections.abc import Callable

from leadproof.core.exchange import Request, Response, header
from leadproof.core.operations import OPERATIONS
from leadproof.mock.app import Mock
from leadproof.mock.defects.model import Injection
from leadproof.mock.defects.written.inbound import media_of, relabelled, sent
from leadproof.mock.defects.written.rows import D, InjectionOf, Table, responses


def _accepting(wanted: Callable[[Request], str]) -> Injection:
    def change(mock: Mock, request: Request) -> Request:
        if request.path.startswith(("/v2/status/", "/v2/leads/", "/v2/update")):  # these have JSON only
            return request
        return relabelled(request, "accept", wanted(request))

    return sent(change)


def labelled(label: str | None) -> Callable[[Response], Response]:
    """The response under another Content-Type, or under none."""

    def change(response: Response) -> Response:
        others = tuple(pair for pair in response.headers if pair[0].lower() != "content-type")
        return response._replace(headers=others if label is None else (("content-type", label), *others))

    return change


def _status(status: int) -> InjectionOf:
    return responses(lambda response: response._replace(status=status))


def _refused(response: Response) -> bool:
    return any(
        mark in response.body
        for mark in (b'"isValid":false', b'"willAccept":false', b"<IsValid>false", b"<WillAccept>false")
    )


_PAGE = Response(200, (("content-type", "text/html"),), b"<html><body>Please log in</body></html>")

TABLE: Table = {
    "Accept ignored": (
        D("always-json", "create_lead", "media_type", _accepting(lambda request: "application/json"),
          "Every response is in JSON, whatever was asked for.", media="xml"),
        D("answer-as-the-request", "ping", "media_type", _accepting(lambda request: media_of(request) or "*/*"),
          "The response is in the format of the request, whatever Accept says."),
        D("xml-without-accept", "ping", "media_type",
          _accepting(lambda request: header(request.headers, "accept") or "application/xml"),
          "A client that sends no Accept gets XML for JSON."),
        D("always-xml", "duplicate_check", "media_type", _accepting(lambda request: "application/xml"),
          "Every response is in XML where there is one.", media="json"),
    ),
    "Content-Type": (
        D("label-missing", "create_lead", "media_type", responses(labelled(None), *OPERATIONS),
          "A response has no Content-Type."),
        D("label-html", "inbound_post", "media_type", responses(labelled("text/html; charset=utf-8")),
          "A response says that it is HTML."),
        D("xml-labelled-json", "create_lead_sends", "media_type", responses(labelled("application/json")),
          "An XML response says that it is JSON.", media="xml"),
        D("status-labelled-text", "lead_status", "media_type", responses(labelled("text/plain")),
          "A status says that it is plain text."),
        D("page-with-status-200", "create_call_lead", "media_type", responses(lambda response: _PAGE),
          "An HTML page comes with status 200."),
        D("charset-utf-16-claimed", "ping", "charset", responses(labelled("application/json; charset=utf-16")),
          "A response says that it is in UTF-16, and is in UTF-8.", media="json"),
        D("charset-that-nobody-knows", "duplicate_check", "charset",
          responses(labelled("application/json; charset=unicode-8")),
          "A response names a charset that does not exist.", media="json"),
    ),
    "HTTP status": (
        D("created-201", "create_lead", "http_status", _status(201),
          "A create gets status 201."),
        D("accepted-202", "create_call_lead", "http_status", _status(202),
          "A call lead gets status 202."),
        D("refusal-422", "create_lead", "http_status",
          responses(lambda response: response._replace(status=422) if _refused(response) else response),
          "A refused lead gets status 422."),
        D("no-coverage-204", "ping", "http_status",
          responses(lambda response: Response(204) if _refused(response) else response),
          "A refused ping gets status 204 and nothing else."),
        D("redirected", "lead_status", "http_status",
          responses(lambda response: Response(302, (("location", "/login"),))),
          "A status request gets a redirect."),
    ),
}  # fmt: skip
