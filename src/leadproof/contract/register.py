"""What an entry of a register is: `Clause`, what one of both sides has to do, and `Reading`, on which clauses rest."""

from __future__ import annotations

from dataclasses import dataclass

from leadproof.core.operations import CELLS


@dataclass(frozen=True, slots=True)
class Clause:
    """One requirement of the register `specs/clauses.yaml`."""

    id: str
    #: Ids of the operations that it binds.
    operations: tuple[str, ...]
    #: request, response, sequence, callback or transport; client in the register of situations.
    subject: str
    text: str
    #: Heading, table row or sample in the vendor's documentation.
    place: str
    #: must, should or may.
    level: str
    #: documented, resolved (by a reading) or assumed.
    basis: str
    #: The member that the clause is about, as the shape of a JSON Pointer; "" if it is about none.
    member: str = ""
    #: Representations that it holds for; an operation without that representation is not bound.
    media: tuple[str, ...] = ("json", "xml")
    #: Ids of the readings that it depends on; the basis "resolved" rests on the first.
    readings: tuple[str, ...] = ()
    #: The check that decides it, or "" with the reason in `untestable`.
    check: str = ""
    untestable: str = ""
    #: What a person looks at who is to confirm it, where nothing else can.
    look_at: str = ""
    #: Ids of clauses of which it was a part before they were split.
    formerly: tuple[str, ...] = ()

    def cells(self) -> tuple[tuple[str, str], ...]:
        """Operation and representation, for every cell of the contract that the clause binds."""
        return tuple(cell for cell in CELLS if cell[0] in self.operations and cell[1] in self.media)


@dataclass(frozen=True, slots=True)
class Reading:
    """A decision on a place where the documentation contradicts itself or is silent."""

    id: str
    title: str
    #: What the places say: pairs of place and statement.
    places: tuple[tuple[str, str], ...]
    #: Choice -> what it means.
    choices: dict[str, str]
    taken: str
    why: str
    #: Checks that are lenient because of it.
    lenient: tuple[str, ...] = ()
    selectable: bool = False
