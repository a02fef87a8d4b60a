"""What other people's linters and parsers say about specs/. `make lint-specs` runs it by path.

* redocly        `redocly lint`, the recommended rules, less those in specs/redocly.yaml
* spectral       `spectral:oas`, less those in specs/spectral.yaml
* swagger-parser, js-yaml, openapi-spec-validator   can they read openapi.yaml?
* xmllint, xmlschema, Xerces (of the JDK)   does every XSD compile, and are our own XML samples valid by it?

An error or a warning fails the run. A tool that this machine cannot have is named and left out.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parent))

import tools

OPENAPI = tools.SPECS / "openapi.yaml"
XSD = tools.SPECS / "xsd"

#: A tool's complaints, one a line; none is as it should be.
Complaints = Iterator[str]


def redocly() -> Complaints:
    program = tools.node() / ".bin" / "redocly"
    command = [program, "lint", OPENAPI, "--config", tools.SPECS / "redocly.yaml", "--format", "json"]
    done = tools.run(command)
    try:
        problems = json.loads(done.stdout)["problems"]
    except (ValueError, KeyError):
        yield done.stdout + done.stderr
        return
    for problem in problems:
        place = problem["location"][0].get("pointer", "")
        yield f"{problem['severity']} {problem['ruleId']}: {problem['message']} {place}"


def spectral() -> Complaints:
    program = tools.node() / ".bin" / "spectral"
    done = tools.run(
        [program, "lint", OPENAPI, "--ruleset", tools.SPECS / "spectral.yaml", "--format", "json", "--quiet"]
    )
    try:
        problems = json.loads(done.stdout or "[]")
    except ValueError:
        yield done.stdout + done.stderr
        return
    for problem in problems:
        yield f"{problem['code']}: {problem['message']} {'/'.join(map(str, problem['path']))}"
    if done.returncode and not problems:
        yield done.stderr


_PARSED = """
import { createRequire } from 'node:module';
const require = createRequire(process.argv[1] + '/');
const parser = require('@apidevtools/swagger-parser');
await (parser.default ?? parser).validate(process.argv[2]);
"""


def swagger_parser() -> Complaints:
    yield from _failed(["node", "--input-type=module", "-e", _PARSED, tools.node(), OPENAPI])


_LOADED = """
const yaml = require(process.argv[1] + '/js-yaml'), fs = require('fs');
yaml.load(fs.readFileSync(process.argv[2], 'utf8'));
"""


def js_yaml() -> Complaints:
    yield from _failed(["node", "-e", _LOADED, tools.node(), OPENAPI])


def openapi_spec_validator() -> Complaints:
    yield from _failed([tools.python() / "openapi-spec-validator", OPENAPI])


def _failed(command: list[str | Path]) -> Complaints:
    done = tools.run(command)
    if done.returncode:
        yield (done.stderr or done.stdout).strip()


# ---- XML Schema ------------------------------------------------------------------------------------------------------


def schemas() -> dict[str, list[str]]:
    """Every XSD with a document element of its own, below specs/xsd/, and the names of the samples that it is for."""
    paths = yaml.load(OPENAPI.read_text("utf-8"), yaml.CSafeLoader)["paths"]
    rows = [row for item in paths.values() for row in item["x-leadproof-operations"]]
    found: dict[str, list[str]] = {}
    for row in rows:
        if "request" in row and (XSD / "requests" / f"{row['request']}.xsd").exists():
            found.setdefault(f"requests/{row['request']}.xsd", []).append(f"{row['id']}_request_xml")
            kind = "call" if row["response"] == "CallResponse" else "general"
            for strictness in ("strict", "as-documented"):
                found.setdefault(f"responses/{kind}-{strictness}.xsd", []).append(f"{row['id']}_response_xml")
                found.setdefault(f"serializer/{kind}-{strictness}.xsd", [])
    return found


def samples(folder: Path) -> dict[str, Path]:
    """The XML examples of openapi.yaml, each as a file."""
    examples = yaml.load(OPENAPI.read_text("utf-8"), yaml.CSafeLoader)["components"]["examples"]
    files = {}
    for name, example in examples.items():
        if name.endswith("_xml"):
            files[name] = folder / f"{name}.xml"
            files[name].write_text(example["value"], "utf-8")
    return files


def xmllint() -> Complaints:
    program = tools.system("xmllint")
    with tempfile.TemporaryDirectory() as scratch:
        files = samples(Path(scratch))
        empty = Path(scratch, "empty.xml")
        empty.write_text("<empty/>", "utf-8")
        for name, wanted in schemas().items():
            for file in [files[sample] for sample in wanted] or [empty]:
                done = tools.run([program, "--noout", "--nonet", "--schema", XSD / name, file])
                # 3 is an invalid document, 5 an XSD that does not compile
                if done.returncode and not (file == empty and done.returncode == 3):
                    yield f"{name}: {done.stderr.strip()}"


def xmlschema() -> Complaints:
    import xmlschema as library

    with tempfile.TemporaryDirectory() as scratch:
        files = samples(Path(scratch))
        for name, wanted in schemas().items():
            for kind in (library.XMLSchema10, library.XMLSchema11):
                schema = kind(str(XSD / name))
                for sample in wanted:
                    yield from (f"{name}: {error.reason}" for error in schema.iter_errors(str(files[sample])))


def xerces() -> Complaints:
    java = tools.system("java")
    with tempfile.TemporaryDirectory() as scratch:
        files = samples(Path(scratch))
        pairs = [[str(XSD / name), *(str(files[sample]) for sample in wanted)] for name, wanted in schemas().items()]
        listed = Path(scratch, "pairs.txt")
        listed.write_text("\n".join("\t".join(pair) for pair in pairs), "utf-8")
        done = tools.run([java, tools.HERE / "Validate.java", listed])
        if done.returncode:
            yield done.stdout + done.stderr


LINTERS: dict[str, Callable[[], Complaints]] = {
    "redocly": redocly,
    "spectral": spectral,
    "swagger-parser": swagger_parser,
    "js-yaml": js_yaml,
    "openapi-spec-validator": openapi_spec_validator,
    "xmllint": xmllint,
    "xmlschema": xmlschema,
    "xerces": xerces,
}


def main(names: list[str]) -> int:
    failed = False
    for name, linter in LINTERS.items():
        if names and name not in names:
            continue
        try:
            complaints = list(linter())
        except tools.Missing as reason:
            tools.tell(f"{name} is left out: {reason}")
            continue
        failed |= bool(complaints)
        tools.tell(
            f"{name}: {len(complaints)} complaints" if complaints else name, "failed" if complaints else "passed"
        )
        for complaint in complaints:
            print(f"         {complaint}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
