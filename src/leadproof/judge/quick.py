"""The short way of the judge, for exchanges of which nothing is wrong, and whose form was judged before.

What most exchanges of a run have in common is judged once: the labels of their messages and the form of their bodies
(see `forms`) decide which clauses have an occasion and hold. The long way judges the first of each kind and says which
clauses passed; for the next ones the list is counted as a whole. What is asked of every exchange: whether its bodies
are valid, and the checks that look at ids and moments.

Whatever is not right, or not plain, gets nothing here but None, and goes the long way: there are no findings in this
module. It is worth 1.8 x on the whole of `leadproof validate`.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from leadproof.bodies import BodyError, BodyReader
from leadproof.contract.profile import Profile
from leadproof.contract.specs import Clause, Specification
from leadproof.core.exchange import Exchange, Gaps, Headers, format_of, format_of_body
from leadproof.core.findings import Observation
from leadproof.core.operations import OPERATIONS
from leadproof.judge.checks import Check, Context, History
from leadproof.judge.checks.messages import CREDENTIALS, charset_of
from leadproof.judge.forms import BY_FORM, REQUESTS, RESPONSES
from leadproof.judge.judgement import Decided, Decisions, Judgement
from leadproof.judge.recognition import Recognition
from leadproof.judge.register import Register
from leadproof.judge.timestamps import response_time

#: Kinds of exchange that are remembered.
MOST = 2_000

#: Intents whose exchanges may go the short way.
PLAIN = ("", "accepted")


class Short(NamedTuple):
    """An exchange with valid bodies, as far as the short way goes with it."""

    context: Context
    kind: Hashable
    #: What there is to say of it; None where its kind was not met before.
    judgement: Judgement | None = None


@dataclass(slots=True)
class _Kind:
    """Exchanges of one kind."""

    #: Clauses that hold in all of them.
    passed: tuple[Decided, ...]
    #: The clauses that hold besides -> what is decided about an exchange.
    decided: dict[tuple[Decided, ...], Decisions]


class FastJudge:
    """What was learnt in one run."""

    def __init__(self, spec: Specification, register: Register, profile: Profile | None, history: History) -> None:
        self._spec, self._profile, self._history = spec, profile, history
        self._known: dict[Hashable, _Kind] = {}
        self._readers: dict[tuple[str, str, str], BodyReader] = {}
        #: Clause ids that are asked for every time, and operation and representation -> with their checks.
        self._own = frozenset(
            clause.id for plan in register.plan.values() for clause, _ in plan if clause.check not in BY_FORM
        )
        self._asked: dict[tuple[str, str], list[tuple[Clause, Check]]] = {
            cell: [(clause, check) for clause, check in plan if clause.check not in BY_FORM]
            for cell, plan in register.plan.items()
        }
        #: Samples of the documentation pass with values of any type: their form says nothing.
        self._off = spec.as_documented

    def try_judge(self, exchange: Exchange, recognition: Recognition) -> Short | None:
        """The exchange, if its bodies are valid, with its judgement if nothing is wrong; None for any other."""
        response, request, intent = exchange.response, exchange.request, exchange.intent
        if self._off or response is None or response.status != 200 or intent not in PLAIN:
            return None
        operation = OPERATIONS[recognition.candidates[0]]
        sent, _ = _labels(request.headers)
        got, date = _labels(response.headers)
        fmt = _format(got, response.body)
        asked_format = _format(sent, request.body) if request.body else ""
        if fmt not in operation.media or (request.body and (not operation.body or asked_format not in operation.media)):
            return None
        asked, asked_form, asking = None, None, None
        try:
            reader = self._reader(operation.id, "response", fmt)
            read = reader.valid(response.body, _charset(got[0]))
            if read is None:
                return None
            value, form = read
            if asked_format:
                asking = self._reader(operation.id, "request", asked_format)
                read = asking.valid(request.body, _charset(sent[0]))
                if read is None:
                    return None
                asked, asked_form = read
        except BodyError:
            return None
        context = Context(
            exchange, operation, self._spec, self._profile, self._history, asked, asked_format, value, fmt, (),
            response_time(exchange, date),
        )  # fmt: skip
        results = context.results
        if asked is not None and (not results or context.source.get("returnURL")):
            return None
        aid = context.source.get("aid")
        common = (
            operation.id, fmt, intent, _unknown(exchange.unknown), sent, got, asked_format,
            aid.__class__ is int and aid > 0 and tuple([one.get("campaignId") == aid for _, one in results]),
        )  # fmt: skip
        kind: Hashable = (common, form, asked_form)
        known = self._known.get(kind)
        if known is None:
            # The same form may have been told in another way before a template was made of it.
            plain_kind = (common, reader.form(value), asking.form(asked) if asking is not None else None)
            known = self._known.get(plain_kind)
            if known is None:
                return Short(context, plain_kind)
            self._remember(kind, known)
        mine: tuple[Decided, ...] = ()
        for clause, check in self._asked.get((operation.id, fmt), ()):
            if check.has_occasion(context):
                if next(iter(check.find(context)), None) is not None:
                    return None
                mine = (*mine, (clause.id, fmt))
        said: tuple[Observation, ...] = ()
        if recognition.reason:
            said = (Observation("file.ambiguous", recognition.reason, "", "", operation.id, "", exchange.origin),)
        plain = known.decided.get(mine)
        if plain is None:
            first = Judgement("judged", operation.id, fmt, (), said, context, known.passed + mine)
            plain = known.decided[mine] = first.decisions()
        judgement = Judgement("judged", operation.id, fmt, (), said, context, plain.passed, (), (), None, plain)
        return Short(context, kind, judgement)

    def learn(self, short: Short, judgement: Judgement, recognition: Recognition) -> None:
        """Remembers which clauses hold in exchanges of a kind, if nothing was wrong with the first of them."""
        # A clause of level "may" that is broken is observed only.
        if judgement.failed or judgement.findings or len(judgement.observations) != bool(recognition.reason):
            return
        passed = tuple(one for one in judgement.passed if one[0] not in self._own)
        self._remember(short.kind, _Kind(passed, {}))

    def _remember(self, kind: Hashable, known: _Kind) -> None:
        if len(self._known) >= MOST:
            self._known.clear()
        self._known[kind] = known

    def _reader(self, operation: str, direction: str, fmt: str) -> BodyReader:
        key = (operation, direction, fmt)
        reader = self._readers.get(key)
        if reader is None:
            schema = self._spec.schema(operation, direction, fmt)
            forms, form = RESPONSES if direction == "response" else REQUESTS
            reader = self._readers[key] = BodyReader(*key, self._spec, forms, form(schema))
        return reader


#: Content-Type, Accept, and whether there are credentials.
Labels = tuple[str | None, str | None, bool]

#: Names of headers that are looked at, in the spellings that were met; "" for all others.
_NAMES: dict[str, str] = {}
_LOOKED_AT = frozenset({"content-type", "accept", "date", *CREDENTIALS})


def _labels(headers: Headers) -> tuple[Labels, str | None]:
    """What is looked at of the headers of a message, and its Date; the first header of a name counts."""
    content_type = accept = date = None
    credentials: dict[str, str] = {}
    for spelt, value in headers:
        name = _NAMES.get(spelt)
        if name is None:
            name = _name(spelt)
        if not name:
            continue
        if name == "content-type":
            content_type = value if content_type is None else content_type
        elif name == "accept":
            accept = value if accept is None else accept
        elif name == "date":
            date = value if date is None else date
        else:
            credentials.setdefault(name, value)
    return (content_type, accept, any(value.strip() for value in credentials.values())), date


def _name(spelt: str) -> str:
    name = spelt.lower()
    if len(_NAMES) >= MOST:
        _NAMES.clear()
    found = _NAMES[spelt] = name if name in _LOOKED_AT else ""
    return found


def _format(labels: Labels, body: bytes) -> str:
    """`format_of_body`, of labels."""
    return (_format_of(labels[0]) if labels[0] else format_of_body((), body)) or ""


_format_of = lru_cache(1024)(format_of)
_charset = lru_cache(1024)(charset_of)


def _unknown(gaps: Gaps) -> Hashable:
    """What was not recorded; the members of an enum are slow to hash, and readers use the same few constants."""
    return gaps and tuple([part.value + how.value for part, how in gaps])
