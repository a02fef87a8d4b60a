"""The short way of the judge, for exchanges of which nothing is wrong, and the form of which was judged before.

What most exchanges of a run have in common is judged once: the labels of their messages, the names in their bodies, the
form of their response (see `forms`) decide which clauses have an occasion and hold. The long way judges the first of
each kind and says which clauses passed; for the next ones the list is counted as a whole. What is asked of every
exchange: whether its bodies are valid, and the checks that look at ids and moments.

Whatever is not right, or not plain, gets nothing here but None, and goes the long way: there are no findings in this
module.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from leadproof import bodies
from leadproof.bodies import BodyError
from leadproof.contract.profile import Profile
from leadproof.contract.specs import Specification
from leadproof.core.exchange import Exchange, Headers, format_of_body
from leadproof.core.findings import Observation
from leadproof.core.operations import OPERATIONS
from leadproof.judge.checks import Context, History
from leadproof.judge.checks.messages import CREDENTIALS, charset_of
from leadproof.judge.forms import BY_FORM, Form, response_shape, structure
from leadproof.judge.judgement import Decided, Decisions, Judgement
from leadproof.judge.recognition import Recognition
from leadproof.judge.register import Register
from leadproof.judge.timestamps import responded_at

#: Kinds of exchange that are remembered.
MOST = 2_000

#: Intents whose exchanges may go the short way.
PLAIN = ("", "accepted")


@dataclass(frozen=True, slots=True)
class Short:
    """An exchange with valid bodies, as far as the short way goes with it."""

    context: Context
    kind: Hashable
    #: What there is to say of it; None where its kind was not met before.
    judgement: Judgement | None = None


class FastJudge:
    """What was learnt in one run."""

    def __init__(self, spec: Specification, register: Register, profile: Profile | None, history: History) -> None:
        self._spec, self._profile, self._history = spec, profile, history
        #: Kind -> the clauses that hold, and with those that an exchange was asked for, what is decided about it.
        self._known: dict[Hashable, tuple[tuple[Decided, ...], dict[tuple[Decided, ...], Decisions]]] = {}
        self._forms: dict[tuple[str, str], Form] = {}
        #: Clause ids that are asked for every time, and operation and representation -> with their checks.
        self._own = frozenset(
            clause.id for plan in register.plan.values() for clause, _ in plan if clause.check not in BY_FORM
        )
        self._asked = {
            cell: [(clause, check) for clause, check in plan if clause.check not in BY_FORM]
            for cell, plan in register.plan.items()
        }
        #: Samples of the documentation pass with values of any type: their form says nothing.
        self._off = spec.as_documented

    def try_judge(self, exchange: Exchange, recognition: Recognition) -> Short | None:
        """The exchange, if its bodies are valid, with its judgement if nothing is wrong; None for any other."""
        response, request = exchange.response, exchange.request
        if self._off or response is None or response.status != 200 or exchange.intent not in PLAIN:
            return None
        operation = OPERATIONS[recognition.candidates[0]]
        sent, response_labels = _labels(request.headers), _labels(response.headers)
        fmt = format_of_body(response.headers, response.body)
        if fmt is None or fmt not in operation.media:
            return None
        try:
            decoded = bodies.read_response(operation.id, fmt, response.body, self._spec, _charset(response_labels[0]))
            asked = self._request(exchange, operation.id, operation.media, sent)
        except BodyError:
            return None
        if asked is None or not (
            decoded.valid
            or (fmt == "json" and self._spec.verdict(operation.id, "response", fmt).is_valid(decoded.value))
        ):
            return None
        value, asked_format = asked
        context = Context(
            exchange, operation, self._spec, self._profile, self._history, value, asked_format, decoded.value, fmt, (),
            responded_at(exchange),
        )  # fmt: skip
        if value is not None and (context.source.get("returnURL") or not context.results):
            return None
        cell = (operation.id, fmt)
        form = self._forms.get(cell)
        if form is None:
            form = self._forms[cell] = response_shape(self._spec.schema(operation.id, "response", fmt))
        aid = context.source.get("aid")
        kind = (
            cell, exchange.intent, exchange.unknown, bool(request.body), sent, response_labels,
            form(decoded.value), structure(decoded.value),
            None if value is None else (asked_format, len(context.leads), structure(value)),
            aid.__class__ is int and aid > 0 and tuple([one.get("campaignId") == aid for _, one in context.results]),
        )  # fmt: skip
        known = self._known.get(kind)
        if known is None:
            return Short(context, kind)
        passed = []
        for clause, check in self._asked.get(cell, ()):
            if check.has_occasion(context):
                if next(iter(check.find(context)), None) is not None:
                    return None
                passed.append((clause.id, fmt))
        origin = exchange.origin
        said = (Observation("file.ambiguous", recognition.reason, "", "", operation.id, "", origin),)
        common, decided = known
        mine = tuple(passed)
        plain = decided.get(mine)
        judgement = Judgement(
            "judged", operation.id, fmt, (), said if recognition.reason else (), context,
            plain.passed if plain else common + mine, (), (), None, plain,
        )  # fmt: skip
        if plain is None:
            plain = decided[mine] = judgement.decisions()
            judgement = replace(judgement, plain=plain)
        return Short(context, kind, judgement)

    def learn(self, short: Short, judgement: Judgement, recognition: Recognition) -> None:
        """Remembers which clauses hold in exchanges of a kind, if nothing was wrong with the first of them."""
        # A clause of level "may" that is broken is observed only.
        if judgement.failed or judgement.findings or len(judgement.observations) != bool(recognition.reason):
            return
        if len(self._known) >= MOST:
            self._known.clear()
        self._known[short.kind] = tuple(one for one in judgement.passed if one[0] not in self._own), {}

    def _request(
        self, exchange: Exchange, operation: str, media: tuple[str, ...], labels: Labels
    ) -> tuple[Any, str] | None:
        """Value and format of a request that is valid, or has no body; None for any other."""
        request = exchange.request
        if not request.body:
            return None, ""
        fmt = format_of_body(request.headers, request.body)
        if fmt is None or fmt not in media or not OPERATIONS[operation].body:
            return None
        decoded = bodies.read_request(operation, fmt, request.body, self._spec, _charset(labels[0]))
        if decoded.problems or not isinstance(decoded.value, dict):
            return None
        right = decoded.valid or (
            fmt == "json" and self._spec.verdict(operation, "request", fmt).is_valid(decoded.value)
        )
        return (decoded.value, fmt) if right else None


Labels = tuple[str | None, str | None, bool]


def _labels(headers: Headers) -> Labels:
    """Content-Type, Accept, and whether there are credentials; the first header of a name counts."""
    found: dict[str, str] = {}
    for name, value in headers:
        if (short := name.lower()) in _LOOKED_AT:
            found.setdefault(short, value)
    credentials = any(found[name].strip() for name in CREDENTIALS if name in found)
    return found.get("content-type"), found.get("accept"), credentials


_LOOKED_AT = frozenset({"content-type", "accept", *CREDENTIALS})


@lru_cache(1024)
def _charset(content_type: str | None) -> str | None:
    return charset_of(content_type)
