"""One exchange judged by itself, the long way: it is read, every check that has an occasion is asked, what is wrong is
explained. `quick` spares it for exchanges of a kind that was judged before and in which nothing is wrong.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

from leadproof import bodies
from leadproof.bodies import BodyError, Decoded
from leadproof.contract.profile import Profile
from leadproof.contract.specs import Clause, Specification
from leadproof.core.exchange import RESPONSE, Exchange, Part, Response, format_of_body, header
from leadproof.core.findings import ON_PURPOSE, Observation
from leadproof.core.operations import OPERATIONS
from leadproof.judge.breaches import Yielded, clauses_of, settle
from leadproof.judge.checks import Breach, Context, History
from leadproof.judge.checks import bodies as form
from leadproof.judge.checks.messages import ABSENT, UNAUTHORISED, asked_for, charset_of, has_credentials
from leadproof.judge.client_mistakes import suggest_member
from leadproof.judge.judgement import Decided, Judgement, is_documented
from leadproof.judge.recognition import Recognition
from leadproof.judge.register import VALUES, Register
from leadproof.judge.stand_ins import stand_in
from leadproof.judge.timestamps import responded_at

#: Intents of requests that are wrong on purpose: their own faults are no findings.
NEGATIVE = ("refused", "invalid", "unreadable", "unauthorised", "unknown")

#: First part of the kind of a wire problem -> the check that owns it.
_WIRE = {"charset": "charset", "media": "media_type"}

#: What is said of responses about which something cannot be decided.
_NO_RESULTS = "the response has no result, and its request is not known: whether one is missing cannot be decided"
_NO_STATUS = "the body is that of no documented response, and its status was not recorded: what it is cannot be decided"
_NO_CHARSET = "{}, and the headers that may declare another encoding were not recorded"


class Examination:
    """One exchange being judged."""

    def __init__(
        self,
        exchange: Exchange,
        recognition: Recognition,
        register: Register,
        spec: Specification,
        profile: Profile | None,
        history: History,
    ) -> None:
        self.spec, self.register = spec, register
        self.operation = OPERATIONS[recognition.candidates[0]]
        self.exchange = exchange
        self.found: dict[tuple[str, str, str], tuple[str, Breach, str]] = {}
        self.observations: list[Observation] = []
        self.passed: list[Decided] = []
        if recognition.reason:
            self._observe("file.ambiguous", recognition.reason)
        response = exchange.response
        self.context = Context(exchange, self.operation, spec, profile, history, now=responded_at(exchange))
        self.request = self._read_request()
        response_format = format_of_body(response.headers, response.body) if response else None
        self.media = response_format or asked_for(self.context) or self.context.request_format or "json"
        if self.media not in self.operation.media:
            self.media = self.operation.media[0]
        self.response_format = response_format

    def judge(self) -> Judgement:
        self._wire()
        response, intent = self.exchange.response, self.exchange.intent.partition(":")[0]
        if response is None:
            kind = self.exchange.failure
            if kind == "transport.closed-on-reuse":  # perhaps nobody has seen it (RFC 9112, section 9.3.1)
                self._observe(kind, "the connection closed as it was used again: the request got no response")
            elif kind and all(kind != problem.kind for problem in self.exchange.problems):  # told already
                self._breach("response_arrives", Breach(kind, "no response arrived", "", "", "a response", kind))
            self._client()
            self._checks(("client_accept", "client_content_type", "client_credentials"))
            return self._done("unanswered" if self.exchange.failure else "judged")
        if intent != "unauthorised" and (instead := stand_in(response)) is not None:
            self._observe(*instead)
            if intent not in ("invalid", "unknown"):
                self._checks(("http_status",))
            return self._done("stopped")
        if response.status in UNAUTHORISED:
            asked = intent == "unauthorised"  # one observation for the run then, not one an operation
            words = f"{ON_PURPOSE}, got" if asked else "the credentials were rejected with"
            said = Observation("status.unexpected", f"{words} status {response.status}", origin=self.exchange.origin)
            self.observations.append(said if asked else replace(said, operation=self.operation.id, media=self.media))
            missing = () if has_credentials(self.context) else ("client_credentials",)
            self._checks(("no_lead_without_credentials", *missing))
            return self._done("unauthorised")
        readable = 200 <= response.status < 300 and self.context.knows(Part.RESPONSE_BODY)
        decoded = self._read_response(response) if readable else None
        if decoded is not None:
            self.context = replace(
                self.context,
                response_value=decoded.value,
                response_format=self.response_format or "",
                problems=tuple(decoded.problems),
            )
            if self.context.without_results:
                self._observe("schema.cardinality", _NO_RESULTS, "/results")
            for breach in form.explain(
                self.spec, self.operation.id, "response", self.response_format or "json", decoded
            ):
                if not self._tolerated(breach):
                    self._breach(form.owner(self.response_format or "json", breach.kind, breach.rule), breach)
        self._checks()
        self._client()
        self._count_form(decoded is not None)
        absent = response.status in ABSENT and intent not in ("invalid", "unreadable", "unknown")
        return self._done("absent" if absent else "judged")

    def _wire(self) -> None:
        """Notes what is wrong with the bytes; whatever is said besides, the response did not arrive whole."""
        for problem in self.exchange.problems:
            if problem.observed:
                self._observe(problem.kind, f"{problem.message}: {problem.actual}")
                continue
            check = _WIRE.get(problem.kind.partition(".")[0], "response_arrives")
            self._breach(check, Breach(problem.kind, problem.message, "", "", problem.expected, problem.actual))

    def _tolerated(self, breach: Breach) -> bool:
        """The immediate response of an asynchronous create may come without results (reading callback-immediate)."""
        return breach.kind == "schema.missing" and breach.pointer == "/results" and self.context.may_be_immediate

    # ---- reading -----------------------------------------------------------------------------------------------------

    def _read_request(self) -> Decoded | None:
        request = self.exchange.request
        fmt = format_of_body(request.headers, request.body)
        if (
            not request.body
            or fmt is None
            or (fmt == "xml" and "xml" not in self.operation.media)
            or not self.operation.body
        ):
            return None
        try:
            decoded = bodies.read_request(
                self.operation.id, fmt, request.body, self.spec, charset_of(header(request.headers, "content-type"))
            )
        except BodyError as error:
            if error.kind == "charset.invalid" and not self.context.knows(Part.REQUEST_HEADERS):
                self._observe(error.kind, f"request: {_NO_CHARSET.format(error.message)}")
            elif self.exchange.intent.partition(":")[0] not in NEGATIVE:
                check = "client_xml_structure" if fmt == "xml" else "client_member"
                self._breach(check, form.breach(error.problem), "request")
            return None
        value = decoded.value if isinstance(decoded.value, dict) else None
        self.context = replace(self.context, request=value, request_format=fmt)
        return decoded

    def _read_response(self, response: Response) -> Decoded | None:
        fmt = self.response_format
        if fmt is None:
            if not response.body.strip():
                empty = Breach("body.empty", "the response has no body", "", "", "a body", "nothing")
                if not self.exchange.garbled:
                    self._breach(form.owner(self.media, "body.empty"), empty)
            return None
        if fmt not in self.operation.media:
            self._observe(
                "media.unexpected", f"the response is {fmt.upper()}, which the documentation does not show here"
            )
            return None
        charset = charset_of(header(response.headers, "content-type"))
        # What stands alone was given as a response that was accepted or refused; what a log has may be an error page.
        sure = self.context.knows(Part.STATUS) or not self.exchange.request.target
        try:
            decoded = bodies.read_response(self.operation.id, fmt, response.body, self.spec, charset)
        except BodyError as error:
            if error.kind == "charset.invalid" and not self.context.knows(Part.RESPONSE_HEADERS):
                self._observe(error.kind, _NO_CHARSET.format(error.message))
            elif not sure:
                self._observe("file.deviation", _NO_STATUS)
            elif not self.exchange.garbled:
                self._breach(form.owner(fmt, error.kind), form.breach(error.problem))
            return None
        if not sure and not is_documented(decoded.value, self.operation.id, self.spec):
            self._observe("file.deviation", _NO_STATUS)
            return None
        return decoded

    # ---- deciding ----------------------------------------------------------------------------------------------------

    def _checks(self, only: tuple[str, ...] | None = None) -> None:
        negative = self.exchange.intent.partition(":")[0] in NEGATIVE
        for clause, check in self.register.plan.get((self.operation.id, self.media), ()):
            if (only and clause.check not in only) or (negative and clause.check.startswith("client_")):
                continue
            if not check.has_occasion(self.context):
                continue
            breaches = list(islice(check.find(self.context), form.MOST))
            for breach in breaches:
                self._breach(clause.check, breach)
            if not breaches:
                self._pass(clause)

    def _client(self) -> None:
        """The request as its sender wrote it; on the service's side, what it has shown to take."""
        if self.request is None or self.exchange.intent.partition(":")[0] in NEGATIVE:
            return
        fmt, before = self.context.request_format, len(self.found)
        for breach in form.explain(self.spec, self.operation.id, "request", fmt, self.request):
            if self.spec.as_documented and form.is_placeholder(self.spec, self.operation, self.request.value, breach):
                continue
            if breach.kind == "schema.unknown" and fmt == "json":
                name = suggest_member(breach.pointer.rpartition("/")[2], self.operation.id, self.spec)
                hint = f": is {name} meant?" if name else ""
                self._observe(breach.kind, f"request: {breach.message}{hint}", breach.pointer)
                continue
            structural = fmt == "xml" and (breach.kind.startswith("xml.") or breach.kind == "schema.unknown")
            valued = breach.kind in VALUES and self.register.about_values(self.operation.id, self.media, breach.pointer)
            check = "client_xml_structure" if structural else "client_value" if valued else "client_member"
            self._breach(check, breach, "request")
        if len(self.found) == before and self.context.accepted:
            present = form.shapes(self.context.request)
            for clause in self.register.members.get((self.operation.id, self.media), ()):
                if clause.check in ("client_member", "client_value") and clause.member in present:
                    self._pass(clause)
            structure = self.register.clause(self.operation.id, fmt, "client_xml_structure")
            if fmt == "xml" and structure is not None:
                self.passed.append((structure.id, "xml"))

    def _count_form(self, decoded: bool) -> None:
        """Clauses about form that passed: those with an occasion and without a breach."""
        failed = {check for check, _, _ in self.found.values()}
        passed = ["response_arrives"] if self.context.knows(*RESPONSE) else []
        if decoded:
            passed += ["charset"] if self.context.knows(Part.RESPONSE_HEADERS) else []
            passed += ["body_limits", f"{self.media}_wellformed", "unknown_members"]
            passed += ["json_unique_members"] if self.media == "json" else [
                "xml_root", "xml_namespaces", "xml_order", "xml_structure", "xml_repeated", "xml_attributes",
                "xml_text", "xml_nil",
            ]  # fmt: skip
        for check in passed:
            clause = self.register.clause(self.operation.id, self.media, check)
            if clause is not None and check not in failed:
                self._pass(clause)
        failed = {self._owner(check, breach).id for check, breach, _ in self.found.values()}
        present = form.shapes(self.context.response_value) if decoded else frozenset()
        parameters = bool(self.context.accepted and self.exchange.request.target)
        for clause in self.register.members.get((self.operation.id, self.media), ()):
            if (clause.check == "member" and clause.member in present and clause.id not in failed) or (
                clause.check == "client_member" and clause.member.startswith(("path:", "header:")) and parameters
            ):
                self._pass(clause)

    # ---- noting ------------------------------------------------------------------------------------------------------

    def _pass(self, clause: Clause) -> None:
        self.passed.append((clause.id, self.media))

    def _breach(self, check: str, breach: Breach, direction: str = "response") -> None:
        """Notes a breach; the same place is noted once, whoever saw it first."""
        self.found.setdefault((check, breach.kind, breach.pointer), (check, breach, direction))

    def _observe(self, kind: str, message: str, pointer: str = "") -> None:
        self.observations.append(
            Observation(kind, message, pointer, "", self.operation.id, getattr(self, "media", ""), self.exchange.origin)
        )

    def _owner(self, check: str, breach: Breach) -> Clause:
        return self.register.owner(self.operation.id, self.media, check, breach.pointer)

    def _done(self, outcome: str) -> Judgement:
        formats = {"request": self.context.request_format, "response": self.response_format}
        yielded: list[Yielded] = [(check, breach, to, formats[to]) for check, breach, to in self.found.values()]
        findings, observations = settle(
            yielded, self.operation.id, self.media, self.exchange.origin, self.register, self.spec
        )
        decided = bool(self.passed or findings)
        if outcome == "judged" and not (decided and self.exchange.knows(Part.RESPONSE_BODY)):
            words = "judged in part" if decided else "nothing could be decided"
            self._observe("file.deviation", f"{words}: {self.exchange.missing()}")
            outcome = outcome if decided else "undecided"
        return Judgement(
            outcome, self.operation.id, self.media, findings, (*self.observations, *observations), self.context,
            tuple(self.passed), clauses_of(findings, self.media),
        )  # fmt: skip
