"""One case of the suite: its name, what it is about, and the function that runs it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from leadproof.contract.specs import Clause, Specification
from leadproof.core.operations import OPERATIONS
from leadproof.suite.story import CaseContext

#: Checks that any exchange decides, whatever a case is about.
GENERAL = (
    "response_arrives",
    "body_limits",
    "charset",
    "client_accept",
    "client_content_type",
    "client_credentials",
    "client_member",
    "client_value",
    "client_xml_structure",
    "http_status",
    "json_unique_members",
    "json_wellformed",
    "media_type",
    "member",
    "request_ids_unique",
    "unknown_members",
    "xml_attributes",
    "xml_namespaces",
    "xml_nil",
    "xml_order",
    "xml_repeated",
    "xml_root",
    "xml_structure",
    "xml_text",
    "xml_wellformed",
)


@dataclass(frozen=True, slots=True)
class Case:
    """A row of a topic's table."""

    #: Words that read well in a table of contents: `ping, json: accepted`.
    name: str
    #: The operation that it is about.
    operation: str
    run: Callable[[CaseContext], None]
    #: Checks that it is made for, besides those that every exchange decides.
    checks: tuple[str, ...] = ()
    #: Representation that it is about; "" for both.
    media: str = ""
    #: Is it about credentials that are rejected? Then that is no reason to call it untested.
    door: bool = False

    def clauses(self, spec: Specification) -> tuple[str, ...]:
        """The clauses that the case is made for, in the order of the register."""
        media = (self.media,) if self.media else OPERATIONS[self.operation].media
        wanted = (*self.checks, *GENERAL) if not self.checks else self.checks
        return tuple(
            clause.id
            for clause in spec.clauses.values()
            if clause.check in wanted and any((self.operation, one) in clause.cells() for one in media)
        )

    def decides(self, clause: Clause) -> bool:
        """May the case decide a clause: by a check that it is made for, or by one that every exchange decides?"""
        media = (self.media,) if self.media else OPERATIONS[self.operation].media
        cells = clause.cells()
        return clause.check in (*self.checks, *GENERAL) and any((self.operation, one) in cells for one in media)
