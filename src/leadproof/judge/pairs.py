"""Twins in captures: the same request in JSON and in XML, found among exchanges that nobody announced as twins."""

from __future__ import annotations

from collections import OrderedDict
from hashlib import blake2b
from typing import Any

import orjson

from leadproof.judge.checks.context import Context, outcome
from leadproof.judge.judgement import Judgement

#: Requests that wait for their twin; who sends the same in both representations sends it soon.
WAITING = 64

#: Members of a request that only JSON has a documented place for: they make no difference between twins.
_ONE_SIDED = frozenset({"sendDelay", "returnURL", "recordingUrl", "noSell"})

#: Why the second of two equal requests may be refused where the first was not.
_ALREADY = frozenset({"Duplicate_Lead", "Post_Over_Max"})


class Pairs:
    """Requests of the last while, each until its twin comes."""

    def __init__(self) -> None:
        # A plain dict is walked over all that has left it, to find the one that waits longest.
        self._waiting: OrderedDict[bytes, Judgement] = OrderedDict()

    def twin(self, judgement: Judgement) -> tuple[Judgement, Judgement] | None:
        """The JSON and the XML judgement of a request, once both are there; None until then."""
        context, key = judgement.context, judgement.twin_key
        if context is None:
            return None
        if key is None:
            key = twin_key(context)
        if not key:
            return None
        other = self._waiting.get(key)
        if other is None or other.media == judgement.media:
            self._waiting[key] = judgement
            if len(self._waiting) > WAITING:
                self._waiting.popitem(last=False)
            return None
        del self._waiting[key]
        if other.context is None or _has_history(other.context, context):
            return None
        return (judgement, other) if judgement.media == "json" else (other, judgement)


def twin_key(context: Context) -> bytes:
    """The same for the same request, whatever it is written in; empty where it can have no twin."""
    if context.response_value is None or context.request is None:
        return b""
    if len(context.operation.media) < 2 or context.request_format != context.response_format:
        return b""
    text = orjson.dumps([context.operation.id, _plain(context.request)], option=orjson.OPT_SORT_KEYS)
    return blake2b(text, digest_size=16).digest()


def _plain(value: Any) -> Any:
    """A value without what the representations write differently: types of scalars, and what is empty."""
    if isinstance(value, str):  # most of what there is
        return value if value.isascii() else value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        found = {}
        for name, sub in value.items():
            # What is left of a value is a text or a container, and empty or not.
            if name not in _ONE_SIDED and (plain := _plain(sub)):
                found[name] = plain
        return found
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)


def _has_history(first: Context, second: Context) -> bool:
    """Does the second response differ because the first request was there before it?"""
    for (_, left), (_, right) in zip(first.results, second.results, strict=False):
        accepted = left.get(first.acceptance) is True, right.get(second.acceptance) is True
        if accepted[0] != accepted[1] and {outcome(left), outcome(right)} & _ALREADY:
            return True
    uses_order = any(
        isinstance(lead.get("properties"), dict) and lead["properties"].get("orderId") for lead in second.leads
    )
    return uses_order and len(first.accepted) != len(second.accepted)
