"""The call to returnURL: missing, of another request, in another form; and the immediate response."""

from __future__ import annotations

from collections.abc import Callable

from leadproof import bodies
from leadproof.mock.app import Mock
from leadproof.mock.defects.model import Injection
from leadproof.mock.defects.written.rows import (
    CREATES,
    Change,
    D,
    Table,
    each,
    edit,
    put,
    values,
    when,
)
from leadproof.mock.engine.callbacks import Callback, CallbackQueue

_OTHER = "7d0c5e21-94ab-4f63-8a2e-1c6b9d3f5e70"
_JSON = (("content-type", "application/json; charset=utf-8"),)


class _Queue(CallbackQueue):
    """A queue that makes other calls of each."""

    __slots__ = ("_change",)

    def __init__(self, most: int, change: Callable[[Callback], list[Callback]]) -> None:
        super().__init__(most)
        self._change = change

    def add(self, callback: Callback) -> None:
        for one in self._change(callback):
            super().add(one)


def _calls(change: Callable[[Callback], list[Callback]]) -> Injection:
    def patch(mock: Mock) -> None:
        mock.callbacks = _Queue(1000, change)

    return Injection(patch=patch)


def _is_xml(call: Callback) -> bool:
    return call.body.startswith(b"<")


def _operation(call: Callback) -> str:
    """Which create the call belongs to, by what only its response has."""
    marks = (
        (b'"sends"', "create_lead_sends"),
        (b"SendsReceiverResult", "create_lead_sends"),
        (b'"client"', "create_call_transfer"),
        (b"TransferReceiverResult", "create_call_transfer"),
        (b'"offers"', "create_lead"),
        (b"<Offers", "create_lead"),
    )
    return next((operation for mark, operation in marks if mark in call.body), "create_call_lead")


def _changed(call: Callback, change: Change) -> Callback:
    operation, fmt = _operation(call), "xml" if _is_xml(call) else "json"
    value = change(bodies.decode_response(operation, fmt, call.body))
    return call._replace(body=bodies.encode_response(operation, fmt, value))


def _as_json(call: Callback) -> Callback:
    if not _is_xml(call):
        return call
    operation = _operation(call)
    value = bodies.decode_response(operation, "xml", call.body)
    return call._replace(body=bodies.encode_response(operation, "json", value), headers=_JSON)


def _another(call: Callback) -> Callback:
    return _changed(call, put(requestId=_OTHER))


_next_ids = each("results", edit(lambda number: number + 1, "leadId"))

TABLE: Table = {
    "callbacks": (
        D("callback-missing", "create_lead", "callback_arrives", _calls(lambda call: []),
          "Nobody calls the returnURL."),
        D("xml-callback-missing", "create_call_lead", "callback_arrives",
          _calls(lambda call: [] if _is_xml(call) else [call]),
          "The returnURL of an XML request is not called.", media="xml"),
        D("callback-twice-and-different", "create_lead", "callback_agrees", _calls(lambda call: [call, _another(call)]),
          "The returnURL is called a second time, with another requestId."),
        D("callback-of-another-request", "create_lead_sends", "callback_agrees", _calls(lambda call: [_another(call)]),
          "The call has another requestId than the immediate response."),
        D("callback-with-nothing", "create_call_transfer", "callback_body",
          _calls(lambda call: [call._replace(body=b"")]),
          "The call has an empty body."),
        D("callback-of-its-own-form", "create_lead", "callback_body",
          _calls(lambda call: [call._replace(body=b'{"status":"complete","id":42}', headers=_JSON)]),
          "The call has a body of its own form.", media="json"),
        D("callback-mislabelled", "create_lead", "callback_body",
          _calls(lambda call: [call._replace(headers=(("content-type", "application/xml"),))]),
          "A JSON call says that it is XML.", media="json"),
        D("callback-unlabelled", "create_call_lead", "callback_body", _calls(lambda call: [call._replace(headers=())]),
          "The call has no Content-Type."),
        D("callback-always-json", "create_lead", "callback_body", _calls(lambda call: [_as_json(call)]),
          "The call is in JSON, whatever the create asked for.", media="xml"),
        D("callback-without-results", "inbound_post", "callback_body",
          _calls(lambda call: [_changed(call, put(results=[]))]),
          "The call has the requestId and no results."),
        D("callback-names-another-lead", "create_lead", "status_resolves",
          _calls(lambda call: [_changed(call, _next_ids)]),
          "The call names another lead than the status.", of="lead_status"),
        D("immediate-answer-without-id", "create_lead", "callback_immediate",
          values(when(lambda value: not value["results"], put(requestId="")), *CREATES),
          "The immediate response has no requestId to match the call with."),
    ),
}  # fmt: skip
