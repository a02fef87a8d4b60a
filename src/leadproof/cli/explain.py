"""`leadproof explain`: everything that has an id, in plain words."""

from __future__ import annotations

import difflib
import textwrap
from collections.abc import Callable, Iterator

import click

from leadproof import specs
from leadproof.errors import MEANINGS, UsageError
from leadproof.findings import KINDS
from leadproof.mock.defects import Defect
from leadproof.operations import OPERATIONS
from leadproof.server.faults import FAULTS, Fault
from leadproof.specs import Clause, Reading


@click.command("explain")
@click.argument("name")
def command(name: str) -> None:
    """Explain a clause, a reading, a kind of finding, an operation, a defect or fault of the mock, or an exit code.

    \b
    Examples:
      leadproof explain LE2-PING-RES-05
      leadproof explain namespaces
      leadproof explain xml.namespace
      leadproof explain ping
      leadproof explain expiry-ignored
      leadproof explain gzip-bomb
      leadproof explain 4
      leadproof explain clauses | readings | kinds | operations | defects | faults | exit-codes
    """
    for line in explanation(name):
        click.echo(line)


def explanation(name: str) -> Iterator[str]:
    """The lines that explain an id.

    Raises:
        UsageError: Nothing has it; the hint names the nearest.
    """
    topics = _topics()
    wanted = name.strip()
    found = topics.get(wanted) or topics.get(wanted.upper()) or topics.get(wanted.lower())
    if found is None:
        defects = _defects()
        found = defects.get(wanted)
        near = difflib.get_close_matches(wanted, [*topics, *defects], 3, 0.5) if found is None else []
    if found is None:
        hint = (
            f"did you mean {', '.join(near)}?"
            if near
            else "try leadproof explain clauses, readings, kinds, operations, defects or faults"
        )
        raise UsageError(f"nothing is called {name!r}", hint=hint)
    yield from found()


Topic = Callable[[], Iterator[str]]


def _topics() -> dict[str, Topic]:
    topics: dict[str, Topic] = {
        "clauses": lambda: (f"{one.id:22} {one.level:6} {_short(one.text)}" for one in specs.clauses().values()),
        "readings": lambda: (
            f"{one.id:26} {one.taken if one.selectable else '':18} {one.title}" for one in specs.readings().values()
        ),
        "kinds": lambda: (f"{kind:24} {words}" for kind, words in KINDS.items()),
        "operations": lambda: (
            f"{row.id:22} {row.method:4} {row.path:46} {row.heading}" for row in OPERATIONS.values()
        ),
        "defects": _list_of_defects,
        "faults": lambda: (f"{name:18} {fault.words}" for name, fault in FAULTS.items()),
        "exit-codes": lambda: (f"{int(code):<4} {words}" for code, words in MEANINGS.items()),
    }
    for clause in specs.clauses().values():
        topics[clause.id] = lambda clause=clause: _clause(clause)  # type: ignore[misc]  # a default binds the loop's value
    for reading in specs.readings().values():
        topics[reading.id] = lambda reading=reading: _reading(reading)  # type: ignore[misc]  # as above
    for kind, words in KINDS.items():
        topics.setdefault(kind, lambda kind=kind, words=words: iter((f"{kind}: {words}",)))  # type: ignore[misc]  # as above
    for code, words in MEANINGS.items():
        topics[str(int(code))] = lambda code=code, words=words: iter((f"exit code {int(code)}: {words}",))  # type: ignore[misc]  # as above
    for name, fault in FAULTS.items():
        topics.setdefault(name, lambda name=name, fault=fault: _fault(name, fault))  # type: ignore[misc]  # as above
    for operation in OPERATIONS:
        topics.setdefault(operation, lambda operation=operation: _operation(operation))  # type: ignore[misc]  # as above
    return topics


def _defects() -> dict[str, Topic]:
    from leadproof.mock.defects import table  # thousands of rows, which few explanations need

    return {name: lambda row=row: _defect(row) for name, row in table().items()}  # type: ignore[misc]  # as above


def _list_of_defects() -> Iterator[str]:
    from leadproof.mock.defects import table

    rows = table().values()
    yield from (f"{row.id:38} {_short(row.words)}" for row in rows if not row.generated)
    generated = [row for row in rows if row.generated]
    yield f"and {len(generated)} generated ones, such as"
    yield from (f"{row.id}  {_short(row.words)}" for row in generated[:: len(generated) // 8])


def _defect(row: Defect) -> Iterator[str]:
    yield row.id
    yield from _wrapped("wrong", row.words)
    yield from _wrapped("kind", f"{row.kind}, {'generated' if row.generated else 'written by hand'}")
    yield from _wrapped("noticed by", f"{row.owner}: {specs.clauses()[row.owner].text}")
    yield from _wrapped("cases of", ", ".join(row.operations) + (f" in {', '.join(row.media)}" if row.media else ""))
    yield from _wrapped("try it", f"leadproof mock --defect {row.id}")


def _fault(name: str, fault: Fault) -> Iterator[str]:
    yield name
    yield from _wrapped("breaks", fault.words)
    yield from _wrapped("noticed as", ", ".join(fault.kinds) or "longer answers only")
    if fault.parameter:
        yield from _wrapped("parameter", f"{fault.parameter}; {fault.default:g} if none is given")
    yield from _wrapped("try it", f"leadproof mock --fault {name}{f':{fault.default:g}' if fault.parameter else ''}")


def _short(text: str) -> str:
    return textwrap.shorten(text, 90, placeholder=" …")


def _wrapped(label: str, text: str) -> Iterator[str]:
    yield from textwrap.wrap(text, 108, initial_indent=f"  {label:11}", subsequent_indent=" " * 13)


def _clause(clause: Clause) -> Iterator[str]:
    yield clause.id
    yield from _wrapped("asks", clause.text)
    yield from _wrapped("documented", clause.place)
    yield from _wrapped("level", f"{clause.level}, {clause.basis}")
    yield from _wrapped("operations", ", ".join(clause.operations) + f" ({', '.join(clause.media)})")
    if clause.member:
        yield from _wrapped("member", clause.member)
    if clause.reading:
        yield from _wrapped("reading", f"{clause.reading}: {specs.readings()[clause.reading].title}")
    if clause.check:
        yield from _wrapped("decided by", clause.check)
    else:
        yield from _wrapped("not tested", clause.untestable)


def _reading(reading: Reading) -> Iterator[str]:
    yield f"{reading.id}: {reading.title}"
    for place, says in reading.places:
        yield from _wrapped("", f"{place}: {says}")
    for choice, meaning in reading.choices.items():
        yield from _wrapped("choice", f"{choice}{' (taken)' if choice == reading.taken else ''}: {meaning}")
    yield from _wrapped("why", reading.why)
    if reading.selectable:
        other = next((choice for choice in reading.choices if choice != reading.taken), reading.taken)
        yield from _wrapped("choose", f"--reading {reading.id}={other}")
    bound = [clause.id for clause in specs.clauses().values() if clause.reading == reading.id]
    if bound:
        yield from _wrapped("clauses", ", ".join(bound))


def _operation(name: str) -> Iterator[str]:
    row = OPERATIONS[name]
    yield f"{row.id}: {row.heading}"
    yield from _wrapped("sent as", f"{row.method} {row.path}")
    yield from _wrapped("in", ", ".join(row.media))
    bound = [clause.id for clause in specs.clauses().values() if name in clause.operations]
    yield from _wrapped("clauses", f"{len(bound)}: {', '.join(bound)}")
