"""The hand-written specification, read and compiled once: schemas, XSDs, clauses, readings.

`load()` gives a `Specification` for a choice of readings. Everything that the files in `specs/` say is reached
through it; nobody else opens them. What a *check* makes of a clause stands in `checks`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from leadproof.contract import documents
from leadproof.contract.documents import places
from leadproof.contract.register import Clause, Reading
from leadproof.contract.schemas import (
    ANY_OFFSET,
    CUSTOM_FORMATS,
    DAY_OR_MOMENT,
    Schema,
    resolve,
    under_readings,
    view,
    xsd_patches,
)
from leadproof.core import resources
from leadproof.core.errors import ConfigurationError
from leadproof.core.operations import OPERATIONS

if TYPE_CHECKING:
    import jsonschema
    import xmlschema
    from lxml import etree

__all__ = [
    "ANY_OFFSET",
    "CLIENT",
    "DAY_OR_MOMENT",
    "Clause",
    "Reading",
    "Schema",
    "Specification",
    "clauses",
    "client_clauses",
    "digests",
    "former",
    "load",
    "meaning",
    "places",
    "readings",
    "versions",
]

#: Readings that replace one reading's choice when the documentation's own samples shall pass.
AS_DOCUMENTED = {"placeholders": "as-documented"}


#: The subject of what binds a client.
CLIENT = "client"


@cache
def readings() -> Mapping[str, Reading]:
    """Every reading by id, in the order of the file."""
    rows = {
        row["id"]: Reading(
            id=row["id"],
            title=row["title"],
            places=tuple((place["at"], place["says"]) for place in row["places"]),
            choices=row["choices"],
            taken=row["taken"],
            why=row["why"],
            lenient=tuple(row.get("lenient", ())),
            selectable=row.get("selectable", False),
        )
        for row in documents.whole("readings.yaml")["readings"]
    }
    return MappingProxyType(rows)


@cache
def clauses() -> Mapping[str, Clause]:
    """Every clause by id, in the order of the register."""
    return MappingProxyType({row["id"]: _clause(row) for row in documents.whole("clauses.yaml")["clauses"]})


@cache
def client_clauses() -> Mapping[str, Clause]:
    """What a right client does, situation by situation: the register that clients are certified by."""
    rows = documents.whole("situations.yaml")["situations"]
    return MappingProxyType({row["id"]: _clause({**row, "subject": CLIENT, "check": "situation"}) for row in rows})


def meaning(name: str) -> tuple[Clause, ...]:
    """What the id of a clause means today: the clause that has it, and those that were a part of it before a split.

    A part counts only for the operations that the former clause was about; `operations` says which. Empty if no clause
    has or had the id.
    """
    own = tuple(register[name] for register in (clauses(), client_clauses()) if name in register)
    return (*own, *former().get(name, ()))


def ids_today(name: str, operation: str) -> tuple[str, ...]:
    """The ids under which findings about an operation stand today that stood under an id before: itself, and parts."""
    return (name, *(part.id for part in former().get(name, ()) if operation in part.operations))


@cache
def former() -> Mapping[str, tuple[Clause, ...]]:
    """Id of a clause that was split -> the parts that have an id of their own, as `meaning` gives them."""
    parts: dict[str, tuple[Clause, ...]] = {}
    for clause in clauses().values():
        for name in clause.formerly:
            code = name.split("-")[1]
            bound = tuple(one for one in clause.operations if code in ("ALL", OPERATIONS[one].code))
            parts[name] = (*parts.get(name, ()), replace(clause, operations=bound))
    return MappingProxyType(parts)


def _clause(row: Mapping[str, Any]) -> Clause:
    operations = tuple(OPERATIONS) if row["operations"] in ("all", ["all"]) else tuple(row["operations"])
    return Clause(
        id=row["id"],
        operations=operations,
        subject=row["subject"],
        text=row["text"],
        place=row["place"],
        level=row["level"],
        basis=row["basis"],
        member=row.get("member", ""),
        media=tuple(row.get("media", ("json", "xml"))),
        readings=_listed(row.get("reading", ())),
        check=row.get("check", ""),
        untestable=row.get("untestable", ""),
        look_at=row.get("look_at", ""),
        formerly=tuple(row.get("formerly", ())),
    )


def _listed(value: str | list[str] | tuple[str, ...]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def versions(subject: str = "") -> dict[str, str]:
    """The version that each hand-written register gives itself, by file.

    Args:
        subject: Whom its clauses bind: the service, or `CLIENT`.
    """
    register = "situations.yaml" if subject == CLIENT else "clauses.yaml"
    return {
        register: str(documents.whole(register)["version"]),
        "readings.yaml": str(documents.whole("readings.yaml")["version"]),
        "openapi.yaml": str(documents.contract()["info"]["version"]),
    }


def digests() -> dict[str, str]:
    """SHA-256 of every file of the specification, by its path below `specs/`."""
    root = resources.path("specs")
    return {
        file.relative_to(root).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(root.rglob("*"))
        if file.is_file()
    }


@dataclass(frozen=True, eq=False)
class Specification:
    """The contract under one choice of readings. Compiled parts are made when first asked for, and kept."""

    #: Reading id -> choice, for every selectable reading.
    choices: dict[str, str] = field(default_factory=dict)
    #: Whom its clauses bind: the service, or `CLIENT`.
    subject: str = ""
    _made: dict[tuple[str, ...], Any] = field(default_factory=dict, repr=False)

    def __reduce__(self) -> tuple[Callable[..., Specification], tuple[dict[str, str], str]]:
        """In another process it is compiled there, once."""
        return _again, (self.choices, self.subject)

    @property
    def as_documented(self) -> bool:
        """Do the placeholders of the documentation's own samples pass?"""
        return self.choices["placeholders"] == "as-documented"

    @property
    def clauses(self) -> Mapping[str, Clause]:
        return client_clauses() if self.subject == CLIENT else clauses()

    @property
    def readings(self) -> Mapping[str, Reading]:
        return readings()

    @cached_property
    def openapi(self) -> dict[str, Any]:
        """The OpenAPI document as written, references unresolved."""
        document: dict[str, Any] = documents.whole("openapi.yaml")
        return document

    @property
    def paths(self) -> dict[str, Any]:
        """The path items of the OpenAPI document, references unresolved."""
        paths: dict[str, Any] = documents.contract()["paths"]
        return paths

    @cached_property
    def _names(self) -> dict[str, dict[str, str]]:
        rows = (row for item in self.paths.values() for row in item["x-leadproof-operations"])
        return {row["id"]: row for row in rows}

    def schema_name(self, operation: str, direction: str) -> str | None:
        """Name of the component schema of an operation's "request" or "response"; None where there is no body."""
        return self._names[operation].get(direction)

    def schema(self, operation: str, direction: str, fmt: str) -> Schema:
        """The JSON Schema of a body, references resolved, as one representation has it.

        Args:
            operation: An operation id.
            direction: "request" or "response".
            fmt: "json" or "xml": with the members of this media type.

        Raises:
            KeyError: The operation has no such body.
        """
        key = ("schema", operation, direction, fmt)
        if key not in self._made:
            names = self._names[operation]
            name = names.get(f"{direction}_{fmt}") or names[direction]
            contract = documents.contract()
            schema = view(resolve(contract["components"]["schemas"][name], contract), fmt)
            self._made[key] = under_readings(schema, self.choices, response=direction == "response", fmt=fmt)
        found: Schema = self._made[key]
        return found

    def verdict(self, operation: str, direction: str, fmt: str) -> Any:
        """The fast validator (jsonschema-rs): `.is_valid(value)`."""
        key = ("verdict", operation, direction, fmt)
        if key not in self._made:
            import jsonschema_rs  # what explains, lists or redacts does without

            self._made[key] = jsonschema_rs.Draft202012Validator(
                self.schema(operation, direction, fmt), validate_formats=True, formats=CUSTOM_FORMATS
            )
        return self._made[key]

    @staticmethod
    def checker(schema: Schema) -> Callable[[Any], bool]:
        """A function that says whether a value is valid by a part of a schema."""
        import jsonschema_rs

        validator = jsonschema_rs.Draft202012Validator(schema, validate_formats=True, formats=CUSTOM_FORMATS)
        return validator.is_valid

    def explainer(self, operation: str, direction: str, fmt: str) -> jsonschema.Draft202012Validator:
        """The explaining validator (jsonschema): `.iter_errors(value)`. The second opinion, too."""
        key = ("explainer", operation, direction, fmt)
        if key not in self._made:
            # Half a second for the two that explain, which a run without a finding never needs.
            from leadproof.contract.explaining import FORMATS, Explainer

            self._made[key] = Explainer(self.schema(operation, direction, fmt), format_checker=FORMATS)
        found: jsonschema.Draft202012Validator = self._made[key]
        return found

    def xsd(self, operation: str, direction: str) -> etree.XMLSchema:
        """The fast XML verdict (lxml): `.validate(tree)`."""
        compiled: etree.XMLSchema = self._xsd(self._xsd_file(operation, direction), "lxml", _with_lxml)
        return compiled

    def xsd_explainer(self, operation: str, direction: str) -> xmlschema.XMLSchema10:
        """The explaining XML validator (xmlschema), which decides where the two disagree."""
        import xmlschema

        name = self._xsd_file(operation, direction)
        compiled: xmlschema.XMLSchema10 = self._xsd(name, "xmlschema", xmlschema.XMLSchema10)
        return compiled

    def _xsd_file(self, operation: str, direction: str) -> str:
        if direction == "request":
            return f"requests/{self._names[operation]['request']}.xsd"
        folder = "serializer" if self.choices["namespaces"] == "serializer" else "responses"
        kind = "call" if self._names[operation]["response"] == "CallResponse" else "general"
        return f"{folder}/{kind}-{'as-documented' if self.as_documented else 'strict'}.xsd"

    def _xsd(self, name: str, library: str, compiled: Callable[[str], Any]) -> Any:
        """An XSD under the readings. The explaining library takes long to compile and is seldom needed."""
        key = ("xsd", library, name)
        if key not in self._made:
            root = resources.path("specs", "xsd")
            with (
                _patched(root, xsd_patches(self.choices)) if xsd_patches(self.choices) else nullcontext(root) as folder
            ):
                self._made[key] = compiled(str(folder / name))
        return self._made[key]


@contextmanager
def _patched(root: Path, patches: list[tuple[str, str]]) -> Iterator[Path]:
    """A copy of the XSDs with other simple types, as other readings have them: compiled, then thrown away."""
    import shutil
    import tempfile

    with tempfile.TemporaryDirectory() as scratch:
        copied = Path(shutil.copytree(root, Path(scratch, "xsd")))
        for file in copied.glob("simple-*.xsd"):
            text = file.read_text("utf-8")
            for old, new in patches:
                text = text.replace(old, new)
            file.chmod(0o600)
            file.write_text(text, "utf-8")
        yield copied


def _with_lxml(file: str) -> etree.XMLSchema:
    from lxml import etree

    return etree.XMLSchema(file=file)


def load(choices: Mapping[str, str] | None = None, *, as_documented: bool = False, subject: str = "") -> Specification:
    """The specification under a choice of readings; the same choice gives the same object.

    Args:
        choices: Reading id -> choice, for what shall differ from the reading taken.
        as_documented: Let the placeholders of the documentation's own samples pass.
        subject: `CLIENT` for the clauses that bind a client.

    Raises:
        ConfigurationError: A reading or a choice does not exist, or cannot be chosen.
    """
    chosen = {reading.id: reading.taken for reading in readings().values() if reading.selectable}
    for name, choice in ({**AS_DOCUMENTED, **(choices or {})} if as_documented else (choices or {})).items():
        reading = readings().get(name)
        if reading is None or not reading.selectable:
            raise ConfigurationError(
                f"there is no selectable reading {name!r}", hint=f"selectable are: {', '.join(chosen)}"
            )
        if choice not in reading.choices:
            raise ConfigurationError(
                f"the reading {name!r} has no choice {choice!r}", hint=f"its choices are: {', '.join(reading.choices)}"
            )
        chosen[name] = choice
    return _load(tuple(sorted(chosen.items())), subject)


@cache
def _load(chosen: tuple[tuple[str, str], ...], subject: str) -> Specification:
    return Specification(dict(chosen), subject)


def _again(choices: Mapping[str, str], subject: str) -> Specification:
    return load(choices, subject=subject)
