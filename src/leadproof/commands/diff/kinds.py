"""The kinds of change as one table: what each says, and what it means for a client that follows OLD.

What a change means depends on the direction. A request that may hold less breaks clients that send the rest; a response
that may hold more breaks clients that do not know it. So a kind has an *effect*, and the effect with the direction
gives the impact. Each kind names the kind that it becomes when OLD and NEW change places.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from leadproof.commands.diff.model import Direction, Impact

#: Effect -> impact on clients, by direction.
EFFECTS: dict[str, dict[Direction, Impact]] = {
    "narrows": {"request": "breaking", "response": "compatible", "both": "breaking"},
    "widens": {"request": "compatible", "response": "breaking", "both": "breaking"},
    "removes": {"request": "breaking", "response": "breaking", "both": "breaking"},
    "adds": {"request": "compatible", "response": "compatible", "both": "compatible"},
    "differs": {"request": "breaking", "response": "breaking", "both": "breaking"},
    "differs for senders": {"request": "breaking", "response": "note", "both": "breaking"},
    "unclear": {"request": "unclear", "response": "unclear", "both": "unclear"},
    "nothing": {"request": "note", "response": "note", "both": "note"},
}

#: Effect and direction -> why it has that impact.
REASONS: dict[tuple[str, Direction], str] = {
    ("narrows", "request"): "a client that sends what was right until now is refused",
    ("narrows", "response"): "less can come than before, and clients can read all of it",
    ("narrows", "both"): "what was right until now may be refused",
    ("widens", "request"): "what clients send today is still right",
    ("widens", "response"): "a client can meet what it was never told of",
    ("widens", "both"): "whoever reads it can meet what they were never told of",
    ("removes", "request"): "a client that uses it is refused, or not heard",
    ("removes", "response"): "a client that reads it waits in vain",
    ("removes", "both"): "whoever uses it finds nothing",
    ("adds", "request"): "nobody has to use it; what worked goes on working",
    ("adds", "response"): "clients that pass over what they do not know go on working",
    ("adds", "both"): "nobody has to use it; what worked goes on working",
    ("differs", "request"): "what clients send today no longer fits",
    ("differs", "response"): "clients look for the old form and do not find it",
    ("differs", "both"): "old and new do not fit each other",
    ("differs for senders", "request"): "a client that leaves it out gets something else than before",
    ("differs for senders", "response"): "nothing else is sent",
    ("differs for senders", "both"): "whoever leaves it out gets something else than before",
    ("unclear", "request"): "a program cannot decide whether what clients send still fits",
    ("unclear", "response"): "a program cannot decide whether clients can still read it",
    ("unclear", "both"): "a program cannot decide what it does to clients",
    ("nothing", "request"): "nothing changes on the wire",
    ("nothing", "response"): "nothing changes on the wire",
    ("nothing", "both"): "nothing changes on the wire",
}


@dataclass(frozen=True, slots=True)
class ChangeKind:
    """One kind of change."""

    id: str
    #: A key of `EFFECTS`.
    effect: str
    #: What changed, as a sentence without its subject; {old} and {new} are filled in.
    words: str
    #: The kind that it is with OLD and NEW exchanged.
    inverse: str
    #: What a client should do where it is breaking or unclear.
    advice: str

    def impact(self, direction: Direction) -> Impact:
        """What it does to clients."""
        return EFFECTS[self.effect][direction]

    def why(self, direction: Direction) -> str:
        """Why it has that impact."""
        return REASONS[self.effect, direction]


_Row = tuple[str, str, str, str]

# What several kinds advise.
_SEND = "send what NEW asks for before the service changes"
_READ = "make the reader accept what NEW describes before the service changes"
_BOTH = "change both sides at the same time, or keep the old form beside the new one"
_LOOK = "read both versions and decide"
_GONE = "stop using it, or ask for it to be kept"
_NONE = ""

#: A kind and the kind that it becomes when OLD and NEW change places.
_PAIRS: tuple[tuple[_Row, _Row], ...] = (
    # ---- operations, parameters, media types
    (("operation-added", "adds", "the operation is new", _NONE),
     ("operation-removed", "removes", "the operation is gone", _GONE)),
    (("parameter-added", "adds", "the parameter is new, and optional", _NONE),
     ("parameter-removed", "removes", "the parameter is gone", _GONE)),
    (("required-parameter-added", "narrows", "the parameter is new, and required", _SEND),
     ("required-parameter-removed", "removes", "the required parameter is gone", _GONE)),
    (("parameter-required", "narrows", "the parameter became required", _SEND),
     ("parameter-optional", "widens", "the parameter became optional", _NONE)),
    (("body-added", "adds", "a body may be sent", _NONE), ("body-removed", "removes", "no body is taken", _GONE)),
    (("required-body-added", "narrows", "a body has to be sent", _SEND),
     ("required-body-removed", "removes", "no body is taken", _GONE)),
    (("body-required", "narrows", "the body became required", _SEND),
     ("body-optional", "widens", "the body became optional", _NONE)),
    (("media-type-added", "adds", "{new} is new", _NONE), ("media-type-removed", "removes", "{old} is gone", _GONE)),
    (("status-added", "unclear", "status {new} is new", "see that clients take it as a success"),
     ("status-removed", "removes", "status {old} is gone", "see which status says now what it said")),
    (("error-status-added", "adds", "status {new} is new", _NONE),
     ("error-status-removed", "nothing", "status {old} is no longer described", _NONE)),
    (("header-added", "adds", "the header is new", _NONE), ("header-removed", "removes", "the header is gone", _GONE)),
    (("header-required", "narrows", "the header always comes", _NONE),
     ("header-optional", "widens", "the header may be missing", _READ)),
    (("security-added", "adds", "credentials can be given as {new}, too", _NONE),
     ("security-removed", "removes", "credentials can no longer be given as {old}", "use credentials that NEW knows")),
    (("security-required", "narrows", "credentials became required: {new}", "send credentials"),
     ("security-dropped", "widens", "credentials are no longer required", _NONE)),
    (("server-added", "adds", "the server {new} is new", _NONE),
     ("server-removed", "removes", "the server {old} is gone", "use another base URL")),
    (("callback-added", "adds", "the callback is new", _NONE),
     ("callback-removed", "removes", "the callback is gone", "ask for the state instead of waiting")),
    (("deprecated", "nothing", "is deprecated", _NONE), ("undeprecated", "nothing", "is no longer deprecated", _NONE)),
    # ---- members
    (("member-added", "adds", "is new, and optional", _NONE), ("member-removed", "removes", "is gone", _GONE)),
    (("required-member-added", "narrows", "is new, and required", _SEND),
     ("required-member-removed", "removes", "is gone; it was required", _GONE)),
    (("member-required", "narrows", "became required", _SEND),
     ("member-optional", "widens", "may be missing", _READ)),
    (("required-in-ping", "narrows", "became required in a ping", _SEND),
     ("optional-in-ping", "widens", "may be missing in a ping", _NONE)),
    (("required-in-post", "narrows", "became required in a post", _SEND),
     ("optional-in-post", "widens", "may be missing in a post", _NONE)),
    (("object-closed", "narrows", "no other members are allowed any more", "leave out what NEW does not name"),
     ("object-opened", "adds", "other members are allowed", _NONE)),
    (("wildcard-removed", "narrows", "no longer takes any {old}", "leave out what NEW does not name"),
     ("wildcard-added", "adds", "takes any {new}", _NONE)),
    # ---- values
    (("type-narrowed", "narrows", "the type is narrower: {old} became {new}", _SEND),
     ("type-widened", "widens", "the type is wider: {old} became {new}", _READ)),
    (("null-refused", "narrows", "can no longer be null", "leave null out"),
     ("null-allowed", "widens", "can be null", "expect null")),
    (("values-removed", "narrows", "no longer has the values {old}", "stop sending them"),
     ("values-added", "widens", "has the new values {new}", "expect them, and pass over what is not known")),
    (("values-listed", "narrows", "takes only {new}", "send no other value"),
     ("values-freed", "widens", "takes any value, where it took {old}", "expect any value")),
    (("format-added", "narrows", "has the format {new}", _SEND),
     ("format-removed", "widens", "has no format any more, where it had {old}", _READ)),
    (("pattern-added", "narrows", "has to match {new}", _SEND),
     ("pattern-removed", "widens", "need not match {old} any more", _READ)),
    (("limit-tightened", "narrows", "the limit is tighter: {old} became {new}", _SEND),
     ("limit-loosened", "widens", "the limit is looser: {old} became {new}", _READ)),
    (("alternative-removed", "narrows", "one form is gone: {old}", "use one of the other forms"),
     ("alternative-added", "widens", "has a new form: {new}", "expect it")),
    (("alternatives-exclusive", "narrows", "has to fit exactly one form, no longer several", _SEND),
     ("alternatives-overlapping", "widens", "may fit several forms at once", _READ)),
    (("condition-added", "narrows", "has a new condition: {new}", _LOOK),
     ("condition-removed", "widens", "has lost a condition: {old}", _LOOK)),
    (("default-added", "nothing", "has the default {new}", _NONE),
     ("default-removed", "differs for senders", "no longer has the default {old}", "send the value yourself")),
    # ---- clauses and readings
    (("clause-added", "narrows", "is new: {new}", "see that what you send keeps it"),
     ("clause-removed", "widens", "is gone: {old}", "stop relying on it")),
    (("advice-added", "nothing", "is new, and binds nobody: {new}", _NONE),
     ("advice-removed", "nothing", "is gone, and bound nobody: {old}", _NONE)),
    (("clause-raised", "narrows", "binds more: {old} became {new}", "see that what you send keeps it"),
     ("clause-lowered", "widens", "binds less: {old} became {new}", "stop relying on it")),
    (("clause-extended", "narrows", "binds {new}, too", "see that what you send keeps it"),
     ("clause-restricted", "widens", "no longer binds {old}", "stop relying on it")),
    (("clause-tested", "nothing", "is decided by the check {new}", _NONE),
     ("clause-untested", "nothing", "is no longer decided by the check {old}", _NONE)),
    (("clause-split", "nothing", "is known as {new} now", _NONE),
     ("clause-joined", "nothing", "was known as {old}", _NONE)),
    (("reading-added", "adds", "is new, and reads {new}", _NONE),
     ("reading-removed", "nothing", "is gone; it read {old}", _NONE)),
    (("choice-added", "adds", "has the new choice {new}", _NONE),
     ("choice-removed", "removes", "no longer has the choice {old}", "take --reading ID=CHOICE out of your settings")),
    # ---- posting profiles
    (("entry-added", "adds", "is new", _NONE), ("entry-removed", "removes", "is gone", _GONE)),
    (("entry-enabled", "adds", "is enabled", _NONE), ("entry-disabled", "removes", "is disabled", _GONE)),
    (("permitted", "adds", "may {new}", _NONE), ("forbidden", "removes", "may no longer {old}", _GONE)),
    (("rule-added", "narrows", "has the new rule {new}", "send only leads that keep it"),
     ("rule-removed", "widens", "no longer has the rule {old}", _NONE)),
    (("setting-added", "unclear", "the setting is new: {new}", _LOOK),
     ("setting-removed", "unclear", "the setting is gone: {old}", _LOOK)),
)  # fmt: skip

#: Kinds that stay what they are when OLD and NEW change places.
_SELF: tuple[_Row, ...] = (
    ("operation-renamed", "nothing", "the operation id {old} became {new}; generated clients rename a function", _NONE),
    ("path-parameter-renamed", "nothing", "the path parameter {old} became {new}", _NONE),
    ("parameter-style-changed", "differs", "is written in another way: {old} became {new}", _SEND),
    ("type-changed", "differs", "the type {old} became {new}", _BOTH),
    ("values-replaced", "differs", "takes {new}, where it took {old}", _BOTH),
    ("format-changed", "differs", "the format {old} became {new}", _BOTH),
    ("pattern-changed", "unclear", "the pattern {old} became {new}", "try the values that you send or read"),
    ("multiple-changed", "differs", "has to be a multiple of {new}, where it was one of {old}", _BOTH),
    ("condition-changed", "unclear", "a condition changed: {old} became {new}", _LOOK),
    ("default-changed", "differs for senders", "the default {old} became {new}", "send the value yourself"),
    ("discriminator-changed", "unclear", "the discriminator {old} became {new}", _LOOK),
    ("xml-name-changed", "differs", "is called {new} in XML, where it was {old}", _BOTH),
    ("xml-item-name-changed", "differs", "the items are called {new} in XML, where they were {old}", _BOTH),
    ("xml-namespace-changed", "differs", "is in the namespace {new}, where it was in {old}", _BOTH),
    ("xml-prefix-changed", "nothing", "the prefix {old} became {new}; readers that know namespaces see no difference",
     _NONE),
    ("xml-node-changed", "differs", "is an XML {new}, where it was an {old}", _BOTH),
    ("xml-wrapping-changed", "differs", "the list is {new} in XML, where it was {old}", _BOTH),
    ("xml-order-mentioned", "unclear", "the members stand in another order: {old} became {new}",
     "OpenAPI promises no order; compare the XSDs, or ask whether the service keeps it"),
    ("order-changed", "differs", "the elements stand in another order: {old} became {new}", _BOTH),
    ("model-changed", "differs", "the elements are a {new}, where they were a {old}", _BOTH),
    ("description-changed", "nothing", "is described in other words", _NONE),
    ("link-changed", "nothing", "the links changed: {old} became {new}", _NONE),
    ("version-changed", "nothing", "the version {old} became {new}", _NONE),
    ("subject-changed", "differs", "is about the {new}, where it was about the {old}", _BOTH),
    ("level-changed", "nothing", "{old} became {new}", _NONE),
    ("place-changed", "nothing", "the place {old} became {new}", _NONE),
    ("check-changed", "nothing", "the check {old} became {new}", _NONE),
    ("reading-decided-otherwise", "differs", "takes {new}, where it took {old}",
     "judge with --reading ID=CHOICE as long as your partner follows the other one"),
    ("terms-changed", "unclear", "{old} became {new}", "see whether the business still holds"),
    ("setting-changed", "unclear", "{old} became {new}", _LOOK),
)  # fmt: skip


def _kinds() -> Iterator[ChangeKind]:
    for first, second in _PAIRS:
        yield ChangeKind(first[0], first[1], first[2], second[0], first[3])
        yield ChangeKind(second[0], second[1], second[2], first[0], second[3])
    for row in _SELF:
        yield ChangeKind(row[0], row[1], row[2], row[0], row[3])


#: Every kind by its id.
KINDS: dict[str, ChangeKind] = {kind.id: kind for kind in _kinds()}
