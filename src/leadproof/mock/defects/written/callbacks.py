"""The call to returnURL: missing, of another request, in another form; and the immediate answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from leadproof import bodies
from leadproof.mock.app import Mock
from leadproof.mock.defects.model import Defect, Injection, each_value
from leadproof.mock.defects.written.rows import CREATES, row
from leadproof.mock.engine.callbacks import Callback, CallbackQueue

_OTHER = "7d0c5e21-94ab-4f63-8a2e-1c6b9d3f5e70"


def rows() -> Iterator[Defect]:
    """The rows of this module."""
    kind = "callbacks"
    yield row(
        "callback-missing",
        kind,
        "Nobody calls the returnURL.",
        "callback_arrives",
        "create_lead",
        _calls(lambda call: []),
    )
    yield row(
        "xml-callback-missing",
        kind,
        "The returnURL of an XML request is not called.",
        "callback_arrives",
        "create_call_lead",
        _calls(lambda call: [] if _is_xml(call) else [call]),
        fmt="xml",
    )
    yield row(
        "callback-twice-and-different",
        kind,
        "The returnURL is called a second time, with another requestId.",
        "callback_agrees",
        "create_lead",
        _calls(lambda call: [call, _with_id(call)]),
    )
    yield row(
        "callback-of-another-request",
        kind,
        "The call has another requestId than the immediate answer.",
        "callback_agrees",
        "create_lead_sends",
        _calls(lambda call: [_with_id(call)]),
    )
    yield row(
        "callback-with-nothing",
        kind,
        "The call has an empty body.",
        "callback_body",
        "create_call_transfer",
        _calls(lambda call: [call._replace(body=b"")]),
    )
    yield row(
        "callback-of-its-own-form",
        kind,
        "The call has a body of its own form.",
        "callback_body",
        "create_lead",
        _calls(lambda call: [call._replace(body=b'{"status":"complete","id":42}', headers=_json())]),
        fmt="json",
    )
    yield row(
        "callback-mislabelled",
        kind,
        "A JSON call says that it is XML.",
        "callback_body",
        "create_lead",
        _calls(lambda call: [call._replace(headers=(("content-type", "application/xml"),))]),
        fmt="json",
    )
    yield row(
        "callback-unlabelled",
        kind,
        "The call has no Content-Type.",
        "callback_body",
        "create_call_lead",
        _calls(lambda call: [call._replace(headers=())]),
    )
    yield row(
        "callback-always-json",
        kind,
        "The call is in JSON, whatever the create asked for.",
        "callback_body",
        "create_lead",
        _calls(lambda call: [_as_json(call)]),
        fmt="xml",
    )
    yield row(
        "callback-without-results",
        kind,
        "The call has the requestId and no results.",
        "callback_body",
        "inbound_post",
        _calls(lambda call: [_changed(call, lambda value: {**value, "results": []})]),
    )
    yield row(
        "callback-names-another-lead",
        kind,
        "The call names another lead than the status.",
        "status_resolves",
        "create_lead",
        _calls(lambda call: [_changed(call, _other_lead)]),
        of="lead_status",
    )
    yield row(
        "immediate-answer-without-id",
        kind,
        "The immediate answer has no requestId to match the call with.",
        "callback_immediate",
        "create_lead",
        each_value(lambda value: value if value["results"] else {**value, "requestId": ""}, *CREATES),
    )


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
    def rig(mock: Mock) -> None:
        mock.callbacks = _Queue(1000, change)

    return Injection(rig=rig)


def _is_xml(call: Callback) -> bool:
    return call.body.startswith(b"<")


def _json() -> tuple[tuple[str, str], ...]:
    return (("content-type", "application/json; charset=utf-8"),)


def _operation(call: Callback) -> str:
    """Which create the call belongs to, by what only its answer has."""
    marks = (
        (b'"sends"', "create_lead_sends"),
        (b"SendsReceiverResult", "create_lead_sends"),
        (b'"client"', "create_call_transfer"),
        (b"TransferReceiverResult", "create_call_transfer"),
        (b'"offers"', "create_lead"),
        (b"<Offers", "create_lead"),
    )
    return next((operation for mark, operation in marks if mark in call.body), "create_call_lead")


def _changed(call: Callback, change: Callable[[dict[str, object]], dict[str, object]]) -> Callback:
    operation, fmt = _operation(call), "xml" if _is_xml(call) else "json"
    value = change(bodies.decode_answer(operation, fmt, call.body))
    return call._replace(body=bodies.encode_answer(operation, fmt, value))


def _with_id(call: Callback) -> Callback:
    return _changed(call, lambda value: {**value, "requestId": _OTHER})


def _other_lead(value: dict[str, object]) -> dict[str, object]:
    results = value["results"]
    assert isinstance(results, list)
    return {**value, "results": [{**one, "leadId": one["leadId"] + 1} if one.get("leadId") else one for one in results]}


def _as_json(call: Callback) -> Callback:
    if not _is_xml(call):
        return call
    operation = _operation(call)
    value = bodies.decode_answer(operation, "xml", call.body)
    return call._replace(body=bodies.encode_answer(operation, "json", value), headers=_json())
