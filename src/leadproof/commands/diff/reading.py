"""Files and folders to documents: the only place of the comparison that opens files.

YAML is read by the safe loader, XML by the hardened parser, both under a cap. What a file is shows from its content.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from leadproof.bodies import BodyError, xml
from leadproof.commands.diff.model import DOCUMENTS, Document
from leadproof.commands.diff.shapes import target
from leadproof.commands.diff.xsd_model import XS, Scope
from leadproof.commands.files import read_capped
from leadproof.core import resources
from leadproof.core.errors import InputError
from leadproof.core.toml import parse as parse_toml

#: What stands for the specification that this version of leadproof carries.
PACKAGED = "packaged"

#: Bytes of one file, and files of one folder, that are read.
MAX_FILE = 10_000_000
_MOST_FILES = 500

#: Values of one document once every reference is followed; a file that was made to hurt has billions.
_MOST_VALUES = 5_000_000
_DEEPEST = 200

_ENDS = (".yaml", ".yml", ".json", ".xsd", ".toml")

_HINT = f"files that can be compared are {', '.join(DOCUMENTS.values())}, or a folder of them"


def read(old: str, new: str) -> tuple[list[Document], list[Document], dict[str, str]]:
    """The documents of two files or folders, and the files that are none with the reason.

    Where one is a file and the other a folder, the file is compared with its like in the folder.

    Args:
        old: A path, or `PACKAGED`.
        new: As `old`.

    Raises:
        InputError: Something does not exist, cannot be read, or is no document that can be compared; with the line.
    """
    paths = [
        resources.path("specs") if name == PACKAGED and not Path(name).exists() else Path(name) for name in (old, new)
    ]
    before, after = (_folder(path, name) if path.is_dir() else ([_file(path, name, "")], {})
                     for path, name in zip(paths, (old, new), strict=True))  # fmt: skip
    folders = [path.is_dir() for path in paths]
    if folders == [True, False]:
        return [_counterpart(before[0], after[0][0], old)], after[0], {}
    if folders == [False, True]:
        return before[0], [_counterpart(after[0], before[0][0], new)], {}
    return before[0], after[0], {**before[1], **after[1]}


def _counterpart(documents: list[Document], file: Document, folder: str) -> Document:
    """The document of a folder to compare a single file with: of its type, and of its name where there are several."""
    same = [document for document in documents if document.type == file.type]
    if not same:
        raise InputError(f"{file.name}: is {DOCUMENTS[file.type]}, and {folder} holds none", hint="name two of a kind")
    wanted = Path(file.name).name
    if file.type != "xsd":
        return next((one for one in same if Path(one.path).name == wanted), same[0])
    files: Mapping[str, Any] = same[0].content
    for path in files:
        if Path(path).name == wanted:
            # The file alone is the entry; what it includes is looked up beside it.
            return Document("xsd", f"{folder}/{path}", path, _reached(path, files))
    hint = "name it like one of them, as leadproof specs export writes them, or compare folders"
    raise InputError(f"{file.name}: there is no XSD of that name in {folder}", hint=hint)


def _reached(path: str, files: Mapping[str, Any]) -> dict[str, Any]:
    """A schema document and those that it includes or imports."""
    root = files[path]
    return {scope.path: scope.root for scope in Scope(path, root, root.get("targetNamespace", ""), files).reachable}


# ---- folders and files -----------------------------------------------------------------------------------------------


def _folder(folder: Path, name: str) -> tuple[list[Document], dict[str, str]]:
    documents, schemas, skipped = list[Document](), dict[str, Any](), dict[str, str]()
    for file in _files(folder, name):
        path = file.relative_to(folder).as_posix()
        shown = f"{name.rstrip('/')}/{path}"
        try:
            document = _file(file, shown, path)
        except _NotComparableError as error:
            skipped[shown] = error.message.removeprefix(f"{shown}: ")
            continue
        if document.type == "xsd":
            schemas[path] = document.content[next(iter(document.content))]
        else:
            documents.append(document)
    if schemas:
        documents.append(Document("xsd", f"{name} (XSDs)", "xsd", schemas))
    if not documents:
        raise InputError(f"{name}: holds nothing that can be compared", hint=_HINT)
    return documents, skipped


#: What says nothing of a service: settings of other tools, and what clients are asked to do.
_SETTINGS = frozenset({"redocly.yaml", "spectral.yaml", "schemathesis.toml", "situations.yaml"})


def _files(folder: Path, name: str) -> list[Path]:
    files: list[Path] = []
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.suffix.lower() in _ENDS and path.is_file() and not hidden and path.name not in _SETTINGS:
            files.append(path)
            if len(files) > _MOST_FILES:
                raise InputError(
                    f"{name}: holds more than {_MOST_FILES} files", hint="name the folder of the specification"
                )
    return files


class _NotComparableError(InputError):
    """A file that can be read and is nothing that can be compared: in a folder it is passed over."""


def _file(path: Path, name: str, below: str) -> Document:
    data = read_capped(path, MAX_FILE, "a specification", shown=name)
    ending = path.suffix.lower()
    if ending == ".xsd" or data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return Document("xsd", name, below, _schema_documents(path, name, data))
    content = _toml(data, name) if ending == ".toml" else _yaml(data, name)
    document_type = _type_of(content)
    if document_type is None:
        what = "is no OpenAPI document, XML Schema, register or posting profile"
        raise _NotComparableError(f"{name}: {what}", hint=_HINT)
    _bounded(content, name)
    return Document(document_type, name, below, content)


def _type_of(content: Any) -> str | None:
    if not isinstance(content, Mapping):
        return None
    if isinstance(content.get("openapi"), str):
        return "openapi"
    for key in ("clauses", "readings"):
        if isinstance(content.get(key), list):
            return key
    return "profile" if "sources" in content and "lead_types" in content else None


# ---- formats ---------------------------------------------------------------------------------------------------------


def _yaml(data: bytes, name: str) -> Any:
    """JSON is YAML, so that one reader does; it is the safe one."""
    try:
        return yaml.load(data, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        raise InputError(
            f"{name}{line}: no valid YAML: {error.problem or error.context}", hint="mend the syntax at that line"
        ) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        reason = getattr(error, "reason", None) or type(error).__name__
        raise InputError(f"{name}: no valid YAML or JSON: {reason}", hint="is it a text file in UTF-8?") from None


def _toml(data: bytes, name: str) -> Any:
    try:
        return parse_toml(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise InputError(f"{name}: byte {error.start} is not UTF-8", hint="save the file as UTF-8") from None
    except ValueError as error:
        raise InputError(f"{name}: no valid TOML: {error}", hint="mend the syntax at that line") from None


def _schema_documents(path: Path, name: str, data: bytes) -> dict[str, Any]:
    """An XML Schema with what it includes or imports from its own folder and those beside it."""
    files = {path.name: _schema_document(data, name)}
    waiting = [(path.name, path)]
    while waiting and len(files) <= _MOST_FILES:
        key, place = waiting.pop()
        for location in _locations(files[key]):
            relative = _normal(key, location)
            beside = place.parent / location
            if relative not in files and "://" not in location and beside.is_file():
                files[relative] = _schema_document(
                    read_capped(beside, MAX_FILE, "a specification", shown=location), location
                )
                waiting.append((relative, beside))
    return files


def _normal(key: str, location: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(key), location))


def _locations(root: Any) -> Iterator[str]:
    for child in root:
        if isinstance(child.tag, str) and child.tag in (f"{XS}include", f"{XS}import", f"{XS}redefine"):
            yield from filter(None, [child.get("schemaLocation")])


def _schema_document(data: bytes, name: str) -> Any:
    try:
        root = xml.parse(data)
    except BodyError as error:
        problem = error.problem
        line = f":{problem.line}" if problem.line else ""
        raise InputError(
            f"{name}{line}: no readable XML: {problem.message}", hint="mend the file at that line"
        ) from None
    if root.tag != f"{XS}schema":
        raise _NotComparableError(f"{name}: is XML and no XML Schema: {xml.local(root.tag)}", hint=_HINT)
    for node in root.iter():
        for key in ("minOccurs", "maxOccurs"):
            value = node.get(key, "1")
            if not (value.isdecimal() and len(value) < 10) and (key, value) != ("maxOccurs", "unbounded"):
                raise InputError(f"{name}:{node.sourceline}: {key} is {value!r}", hint="it has to be a whole number")
    return root


# ---- documents made to hurt ------------------------------------------------------------------------------------------


def _bounded(content: Any, name: str) -> None:
    """Refuses a document that is small as a file and endless once its references are followed, or that names nothing.

    Raises:
        InputError: Too many values, nested too deeply, or a reference within the document that leads nowhere.
    """
    sizes: dict[int, int] = {}

    def size(node: Any, depth: int) -> int:
        if not isinstance(node, Mapping | list):
            return 1
        if id(node) in sizes:
            return sizes[id(node)]
        if depth > _DEEPEST:
            raise InputError(f"{name}: is nested more than {_DEEPEST} deep", hint="is it a specification?")
        sizes[id(node)] = 1  # a circle counts once
        total = 1
        for value in node.values() if isinstance(node, Mapping) else node:
            total += size(value, depth + 1)
        reference = node.get("$ref") if isinstance(node, Mapping) else None
        if isinstance(reference, str):
            if (found := target(reference, content)) is not None:
                total += size(found, depth + 1)
            elif reference.startswith("#"):
                raise InputError(
                    f"{name}: the reference {reference} has no target", hint="mend it, or add what it names"
                )
            else:
                raise InputError(
                    f"{name}: refers to another file: {reference}", hint="bundle the document into one file first"
                )
        if total > _MOST_VALUES:
            raise InputError(f"{name}: has more than {_MOST_VALUES} values", hint="its references multiply each other")
        sizes[id(node)] = total
        return total

    size(content, 0)
