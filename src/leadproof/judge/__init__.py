"""The judge: one exchange in, findings out; the same clauses whatever door the exchange came through.

An exchange is judged raw, in memory; redaction is for those who write. The judge keeps a `History`, because some
clauses speak about sequences. What it decided is counted by the ledger of a run, its one caller (`runs.ledger`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import islice

from leadproof.contract.profile import Profile
from leadproof.contract.specs import Specification, load
from leadproof.core.exchange import Exchange, Request
from leadproof.core.findings import Finding, Observation
from leadproof.judge.breaches import finding
from leadproof.judge.callbacks import callback_breaches, callback_context, repeated
from leadproof.judge.checks import ABSENCE, History, remember
from leadproof.judge.checks import bodies as form
from leadproof.judge.client_mistakes import single_mistakes
from leadproof.judge.examination import Examination
from leadproof.judge.following import SHARED, Following
from leadproof.judge.judgement import Compared, Decided, Decisions, Judgement
from leadproof.judge.quick import FastJudge
from leadproof.judge.recognition import Recognition, recognise
from leadproof.judge.register import Register
from leadproof.judge.tally import Tally
from leadproof.judge.twins import disagreements

__all__ = ["Compared", "Decisions", "Judge", "Judgement", "Recognition", "Tally", "recognise"]


class Judge:
    """Judges the exchanges of one run, in order.

    Args:
        spec: The contract's readings; the taken ones if left out.
        profile: What the posting document says.
        without: Checks that say nothing here, such as one about credentials where there are none.
        captured: The senders are others: their mistakes are looked at too, and twins are found among their requests.
        partial: Exchanges are left out before they come here: nothing is concluded from what no exchange has shown.
        twins: Are twins found? Of a sample, requests that are far from each other would be taken for some.
    """

    def __init__(
        self,
        spec: Specification | None = None,
        profile: Profile | None = None,
        *,
        without: Collection[str] = (),
        captured: bool = False,
        partial: bool = False,
        twins: bool = True,
    ) -> None:
        self.spec = spec or load()
        self.profile = profile
        self.register = Register(self.spec, {*without, *(ABSENCE if partial else ())})
        self.history = History(partial=partial)
        self._captured, self._twins = captured, twins
        self._quick = FastJudge(self.spec, self.register, profile, self.history)
        #: Identity of what was compared -> the judgement of twins that are alike, which keeps that identity.
        self._alike: dict[int, Judgement] = {}
        self._following = Following(self.spec, self.register, self.twins if captured else None)

    def judge(self, exchange: Exchange) -> Judgement:
        """Findings and observations of one exchange; what it established is remembered.

        Args:
            exchange: Raw, as it was sent and received.
        """
        return self._following(self.alone(exchange))

    def follow(self, alone: Judgement) -> Judgement:
        """The judgement in view of the exchanges before it, of one that was judged by itself; it is remembered."""
        return self._following(alone)

    def alone(self, exchange: Exchange) -> Judgement:
        """What there is to say of one exchange by itself; `follow` says the rest.

        Args:
            exchange: Raw, as it was sent and received.
        """
        recognition = recognise(exchange)
        plain = bool(recognition.candidates) and not exchange.problems
        short = self._quick.try_judge(exchange, recognition) if plain else None
        if short is not None and short.judgement is not None:
            judgement = short.judgement
        elif not recognition.candidates:
            seen = Observation(recognition.kind, recognition.reason, origin=exchange.origin)
            return Judgement("unrecognised", "", "", (), (seen,))
        else:
            judgement = Examination(exchange, recognition, self.register, self.spec, self.profile, self.history).judge()
            if short is not None:
                self._quick.learn(short, judgement, recognition)
        context = judgement.context
        if not self._captured or exchange.intent or context is None:
            return judgement
        cell = (judgement.operation, judgement.media)
        if not self._twins:
            judgement = judgement._replace(twin_key=b"")
        mistakes = tuple(
            Observation(mistake.kind, mistake.message, mistake.pointer, "", *cell, exchange.origin, mistake.rule)
            for mistake in islice(single_mistakes(context), form.MOST)
        )
        return judgement._replace(observations=judgement.observations + mistakes) if mistakes else judgement

    def twins(self, left: Judgement, right: Judgement) -> Judgement:
        """Do the JSON response `left` and the XML response `right` to the same request say the same?"""
        clause = self.register.clause(left.operation, "json", "twins_equivalent")
        if clause is None or left.response_value is None or right.response_value is None:
            return Judgement("twins", left.operation, "")
        findings, compared = disagreements(clause, left, right, self.spec)
        if findings:
            both = tuple((clause.id, media) for media in ("json", "xml"))
            return Judgement("twins", left.operation, "", findings, (), None, (), both, compared)
        # Alike responses of one form come to the same: the same object, which is counted sooner.
        known = self._alike.get(id(compared))
        if known is None:
            if len(self._alike) >= SHARED:
                self._alike.clear()
            both = tuple((clause.id, media) for media in ("json", "xml"))
            alike = Judgement("twins", left.operation, "", (), (), None, both, (), compared)
            known = self._alike[id(compared)] = alike._replace(plain=alike.decisions())
        return known

    def callback(self, created: Judgement, call: Request | None, calls: Sequence[Request] = ()) -> Judgement:
        """Judges the call to `returnURL` after the create that asked for it, and remembers what it said.

        Args:
            created: The create and its immediate response.
            call: The first call; None if none came in time.
            calls: All calls that came, where somebody waited for more.
        """
        if created.context is None:
            return Judgement("callback", created.operation, created.media)
        found = dict(callback_breaches(created.context, call, self.spec))
        if again := repeated(created.context, calls):
            found["callback_agrees"] = again
        if call is not None and (said := callback_context(created.context, call, self.spec)):
            remember(said)
        findings, passed, failed = list[Finding](), list[Decided](), list[Decided]()
        for check, breach in found.items():
            clause = self.register.clause(created.operation, created.media, check)
            if clause is None:
                continue
            (failed if breach else passed).append((clause.id, created.media))
            if breach is not None:
                findings.append(
                    finding(clause, breach, created.operation, created.media, created.context.exchange.origin)
                )
        if call is not None:  # the member that asked for the call was taken
            cell, member = (created.operation, created.media), "/source/returnURL"
            taken = (self.register.owner(*cell, "client_member", member), self.register.about_values(*cell, member))
            passed += [(clause.id, created.media) for clause in taken if clause is not None]
        return Judgement(
            "callback", created.operation, created.media, tuple(findings), (), None, tuple(passed), tuple(failed)
        )
