"""What is said of everything that has an id, as data: `SHELVES`. A terminal folds it into lines, a page links it.

A shelf holds one kind of thing; what explains one of them yields a heading, and a label with a text for each
fact.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from leadproof.contract import specs
from leadproof.contract.situations import EXITS, TASKS, SituationText, situations
from leadproof.contract.specs import Clause, Reading
from leadproof.core.errors import MEANINGS, ExitCode
from leadproof.core.findings import KINDS
from leadproof.core.operations import OPERATIONS, Operation
from leadproof.core.text import count

if TYPE_CHECKING:
    from leadproof.mock.defects import Defect
    from leadproof.mock.server.faults import Fault


class Fact(NamedTuple):
    """A label, and what stands beside it."""

    label: str
    text: str

    def lines(self, wide: int) -> Iterator[str]:
        """Folded between words: an id or an option in two pieces could not be copied."""
        yield from wrapped(self.text, wide, f"  {self.label:11}", " " * 13)


#: A heading, or what stands below it.
Said = str | Fact


class Shelf(NamedTuple):
    """One kind of thing that has ids."""

    #: Id -> what it is.
    rows: Callable[[], Mapping[str, Any]]
    #: What explains one of them.
    explain: Callable[[str, Any], Iterator[Said]]
    #: The lines that list all of them.
    list: Callable[[], Iterator[str]]
    #: Does it take long to import? Then it is searched only where nothing else has the id.
    slow: bool = False


#: Words that a report uses of a clause and of a member, and what they mean.
WORDS: dict[str, str] = {
    "must": "Required: a breach fails the run, if the clause is documented or resolved.",
    "should": "Recommended: a breach is reported and fails a run only with --fail-on should.",
    "may": "Open: what is met is reported as an observation and never fails a run.",
    "documented": "The vendor's documentation says so in so many words.",
    "resolved": "The documentation contradicts itself or leaves a gap; a reading decides, and is named.",
    "assumed": "Users rely on it and nobody promised it; a breach fails a run only with --fail-on assumed.",
    "passed": "The clause was decided at least once and never broken.",
    "failed": "The clause was broken at least once.",
    "warning": "The clause was broken, and that fails no run: it is a should, a may, or assumed.",
    "untested": "Nothing in the run decided the clause; the reason stands beside it.",
    "untestable": "No message shows whether the clause is kept, whatever a run does; the reason stands beside it.",
    "inapplicable": "The clause does not concern what was tested.",
    "waived": "The clause is broken, and somebody has taken that on until a date (waivers.toml).",
    "known": "The clause is broken, and it was in the baseline, too.",
    "note": "Something worth knowing that no clause is about; it never fails a run.",
    "one-sided": "A member that is documented in JSON or in XML only, so the two are not compared.",
    "volatile": "A member that is new in every response by nature, an id or a clock, so twins are not compared in it.",
    "twins": "The same request in JSON and in XML; their two responses have to say the same.",
    "replay": "A file that makes one finding again: leadproof test --replay FILE.",
}

#: Columns of an explanation that no terminal asks for, and the most of one.
WIDTH = 108

#: How each exit code comes about.
EXAMPLES: dict[ExitCode, str] = {
    ExitCode.PASSED: "leadproof certify",
    ExitCode.VIOLATED: "leadproof mock --port 8080 --defect expiry-in-the-past, and leadproof certify --target "
    "http://127.0.0.1:8080",
    ExitCode.USAGE: "leadproof validate no-such-file.har",
    ExitCode.OBJECTIVES_MISSED: "leadproof mock --port 8080 --fault latency:3, and leadproof load ping_only --target "
    "http://127.0.0.1:8080 --rate 50 --duration 30s",
    ExitCode.INCONCLUSIVE: "leadproof mock --port 8080, and LEADPROOF_API_KEY=wrong leadproof certify --target "
    "http://127.0.0.1:8080",
    ExitCode.UNREACHABLE: "leadproof certify --target http://127.0.0.1:1",
    ExitCode.INTERRUPTED: "leadproof certify, and Ctrl-C",
}


# ---- one of a kind ---------------------------------------------------------------------------------------------------


def _clause(_: str, clause: Clause) -> Iterator[Said]:
    yield clause.id
    yield Fact("asks", clause.text)
    yield Fact("place", clause.place)
    yield Fact("level", f"{clause.level}, {clause.basis}: {_BASES[clause.basis]}")
    yield Fact("operations", "; ".join(_bound(clause)))
    if clause.member:
        yield Fact("member", clause.member)
    for name in clause.readings:
        yield Fact("reading", f"{name}: {specs.readings()[name].title}")
    if clause.formerly:
        yield Fact("part of", f"{', '.join(clause.formerly)}, before {_was(clause.formerly)} split")
    if clause.check:
        yield Fact("decided by", clause.check)
    else:
        yield Fact("not tested", clause.untestable)


#: What a basis says of the place that stands above it.
_BASES = {
    "documented": "the place says so",
    "resolved": "the place contradicts another or leaves it open, and the reading below decides",
    "assumed": "nobody promised it; the place is the nearest there is",
}


def _bound(clause: Clause) -> Iterator[str]:
    """The operations of a clause with their representations: those together that have the same."""
    by_media: dict[tuple[str, ...], list[str]] = {}
    for operation in clause.operations:
        media = tuple(fmt for name, fmt in clause.cells() if name == operation)
        by_media.setdefault(media, []).append(operation)
    for media, operations in by_media.items():
        yield f"{', '.join(operations)} ({', '.join(media)})"


def _was(names: tuple[str, ...]) -> str:
    return "it was" if len(names) == 1 else "they were"


def _former(name: str, parts: tuple[Clause, ...]) -> Iterator[Said]:
    yield f"{name} was split" + ("; what is still called so stands above" if name in specs.clauses() else "")
    for clause in parts:
        yield Fact("part", f"{clause.id}: {clause.text}")


def _reading(_: str, reading: Reading) -> Iterator[Said]:
    yield f"{reading.id}: {reading.title}"
    for place, says in reading.places:
        yield Fact("", f"{place}: {says}")
    for choice, meaning in reading.choices.items():
        yield Fact("choice", f"{choice}{' (taken)' if choice == reading.taken else ''}: {meaning}")
    yield Fact("why", reading.why)
    if reading.selectable:
        other = next((choice for choice in reading.choices if choice != reading.taken), reading.taken)
        yield Fact("choose", f"--reading {reading.id}={other}")
    bound = [clause.id for clause in specs.clauses().values() if reading.id in clause.readings]
    if bound:
        yield Fact("clauses", ", ".join(bound))
    played = [one.id for one in situations().values() if reading.id in one.clause.readings]
    if played:
        yield Fact("situations", ", ".join(played))


def _situation(name: str, row: SituationText) -> Iterator[Said]:
    yield f"{name}: {row.happens}"
    yield Fact("right is", row.clause.text)
    yield Fact("level", f"{row.clause.level}, {row.clause.basis}")
    yield Fact("place", row.clause.place)
    for reading in row.clause.readings:
        yield Fact("reading", f"{reading}: {specs.readings()[reading].title}")
    yield Fact("task", f"{row.task}: {TASKS[row.task]}")
    if row.slow:
        yield Fact("waits", f"the receiver lets the client wait for {count(round(row.slow), 'second')}")
    yield Fact("exit", EXITS[row.exit])
    yield Fact("advice", row.advice)
    yield Fact("try it", f"leadproof certify-client --situation {name} -- ./send-lead {{lead.json}}")


def _kind(kind: str, words: str) -> Iterator[Said]:
    yield f"{kind}: {words}"
    faults = [name for name, fault in _faults().items() if kind in fault.kinds]
    if faults:
        yield Fact("try it", " or ".join(f"leadproof mock --fault {name}" for name in faults[:3]))


def _operation(name: str, row: Operation) -> Iterator[Said]:
    yield f"{row.id}: {row.heading}"
    yield Fact("sent as", f"{row.method} {row.path}")
    yield Fact("in", ", ".join(row.media))
    bound = [clause.id for clause in specs.clauses().values() if name in clause.operations]
    yield Fact("clauses", f"{len(bound)}: {', '.join(bound)}")


def _code(number: str, words: str) -> Iterator[Said]:
    yield f"exit code {number}: {words}"
    yield Fact("such as", EXAMPLES[ExitCode(int(number))])


def _word(word: str, words: str) -> Iterator[Said]:
    yield f"{word}: {words}"


def _fault(name: str, fault: Fault) -> Iterator[Said]:
    yield name
    yield Fact("breaks", fault.words)
    if fault.right:
        yield Fact("right is", fault.right)
    yield Fact("noticed as", ", ".join(fault.kinds) or "longer responses only")
    if fault.parameter:
        yield Fact("parameter", f"{fault.parameter}; {fault.default:g} if none is given")
    yield Fact("try it", f"leadproof mock --fault {name}{f':{fault.default:g}' if fault.parameter else ''}")


def _defect(_: str, row: Defect) -> Iterator[Said]:
    from leadproof.mock.defects import NEEDS  # see _defects

    yield row.id
    yield Fact("wrong", row.description)
    yield Fact("kind", f"{row.kind}, {'generated' if row.generated else 'written by hand'}")
    yield Fact("noticed by", f"{row.expected_clause}: {specs.clauses()[row.expected_clause].text}")
    yield Fact("cases of", ", ".join(row.operations) + (f" in {', '.join(row.media)}" if row.media else ""))
    if row.needs:
        yield Fact("shows", NEEDS[row.needs])
        yield Fact("notice it", f"leadproof defects --defect {row.id}; certify --target has no controls")
    yield Fact("try it", f"leadproof mock --defect {row.id}")


def _change(name: str, words: str) -> Iterator[Said]:
    from leadproof.commands.diff import KINDS as CHANGES

    kind = CHANGES[name]
    yield f"{name}: {words}"
    yield Fact("request", f"{kind.impact('request')}: {kind.why('request')}")
    yield Fact("response", f"{kind.impact('response')}: {kind.why('response')}")
    if kind.advice:
        yield Fact("do", kind.advice)
    if kind.inverse != name:
        yield Fact("reversed", kind.inverse)


def wrapped(text: str, wide: int, first: str = "", then: str = "    ") -> Iterator[str]:
    """A text in lines, folded between words.

    Args:
        text: The text.
        wide: Columns of a line.
        first: Stands before the first line.
        then: Stands before the others.
    """
    yield from textwrap.wrap(
        text, wide, initial_indent=first, subsequent_indent=then, break_long_words=False, break_on_hyphens=False
    )


# ---- all of a kind ---------------------------------------------------------------------------------------------------


def _defects() -> Mapping[str, Defect]:
    from leadproof.mock.defects import table  # thousands of rows, which few explanations need

    return table()


def _faults() -> Mapping[str, Fault]:
    from leadproof.mock.server.faults import FAULTS

    return FAULTS


def _list_of_defects() -> Iterator[str]:
    rows = _defects().values()
    yield from (f"{row.id:38} {_short(row.description)}" for row in rows if not row.generated)
    generated = [row for row in rows if row.generated]
    yield f"and {len(generated)} generated ones, such as"
    yield from (f"{row.id}  {_short(row.description)}" for row in generated[:: len(generated) // 8])


def _changes() -> dict[str, str]:
    from leadproof.commands.diff import KINDS as CHANGES  # reads no specification, but much else

    return {name: kind.words.replace("{old}", "A").replace("{new}", "B") for name, kind in CHANGES.items()}


def _short(text: str) -> str:
    return textwrap.shorten(text, 90, placeholder=" …")


def _codes() -> dict[str, str]:
    return {str(int(code)): words for code, words in MEANINGS.items()}


def _report() -> Iterator[str]:
    """The members of a report, from its JSON Schema."""
    from leadproof.runs.evidence.shape import schema as report_schema

    schema = report_schema()
    yield f"{schema['title']}: what --json prints and report.json holds. Its JSON Schema is specs/report.schema.json"
    yield "(leadproof specs export DIR writes it). Readers ignore members that they do not know."
    yield from _members(schema, schema["$defs"], "")


def _members(schema: Mapping[str, Any], shared: Mapping[str, Any], at: str) -> Iterator[str]:
    for name, member in schema.get("properties", {}).items():
        place, inner = f"{at}{name}", member
        if "items" in inner:
            place, inner = f"{place}[]", inner["items"]
        if "$ref" in inner:
            inner = shared[inner["$ref"].rpartition("/")[2]]
        words = member.get("description") or inner.get("description") or ", ".join(map(str, inner.get("enum", ())))
        yield f"{place:28} {words}".rstrip()
        yield from _members(inner, shared, f"{place}.")


#: In the order in which they are searched: what takes long to import comes last.
SHELVES: dict[str, Shelf] = {
    "clauses": Shelf(specs.clauses, _clause, lambda: (
        f"{one.id:22} {one.level:6} {_short(one.text)}" for one in specs.clauses().values())),
    "former-clauses": Shelf(specs.former, _former, lambda: (
        f"{name:22} also {', '.join(one.id for one in parts)}" for name, parts in specs.former().items())),
    "readings": Shelf(specs.readings, _reading, lambda: (
        f"{one.id:26} {one.taken if one.selectable else '':18} {one.title}" for one in specs.readings().values())),
    "kinds": Shelf(lambda: KINDS, _kind, lambda: (f"{kind:24} {words}" for kind, words in KINDS.items())),
    "operations": Shelf(lambda: OPERATIONS, _operation, lambda: (
        f"{row.id:22} {row.method:4} {row.path:46} {row.heading}" for row in OPERATIONS.values())),
    "exit-codes": Shelf(_codes, _code, lambda: (f"{code:<4} {words}" for code, words in _codes().items())),
    "words": Shelf(lambda: WORDS, _word, lambda: (f"{word:14} {words}" for word, words in WORDS.items())),
    "report": Shelf(dict, _word, _report),
    "changes": Shelf(_changes, _change, lambda: (
        f"{name:28} {words}" for name, words in _changes().items()), slow=True),
    "faults": Shelf(_faults, _fault, lambda: (
        f"{name:22} {fault.words}" for name, fault in _faults().items()), slow=True),
    # Behind the faults: one of them has the id of a situation, and both are explained.
    "situations": Shelf(situations, _situation, lambda: (
        f"{one.id:28} {one.clause.level:6} {_short(one.happens)}" for one in situations().values())),
    "defects": Shelf(_defects, _defect, _list_of_defects, slow=True),
}  # fmt: skip
