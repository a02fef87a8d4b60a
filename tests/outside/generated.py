"""Clients that other people's generators make of specs/: do they create a lead, ping and post against the mock?
`make test-generated` runs it by path.

* openapi-python-client, datamodel-code-generator   Python, JSON, from openapi.yaml
* xsdata                                             Python, XML, from the XSDs
* openapi-typescript with openapi-fetch              TypeScript, JSON, from openapi.yaml, compiled strictly

Each client is a program in clients/. What a generator cannot do is a row of limits.yaml. A generator that this machine
cannot have is named and left out.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))

import tools

from leadproof.contract.profile import load
from leadproof.generate.leads import LeadMaker
from leadproof.mock import Mock
from leadproof.mock.server import running

OPENAPI = tools.SPECS / "openapi.yaml"
CLIENTS = tools.HERE / "clients"

#: What a client prints if all goes well.
EXPECTED = ["create accepted", "ping accepted", "post accepted"]

#: The command of a client that was generated into a folder; what it is called with follows.
Command = list[str | Path]


class Broken(Exception):
    """What was generated does not work."""


def _do(command: Command, folder: Path) -> None:
    done = tools.run(command, folder, programs=Path(command[0]).parent)
    if done.returncode:
        raise Broken(done.stdout + done.stderr)


def openapi_python_client(folder: Path) -> Command:
    programs = tools.python(tools.GENERATORS, "generators")
    (folder / "config.yaml").write_text("post_hooks: []\n", "utf-8")
    _do([programs / "openapi-python-client", "generate", "--path", OPENAPI, "--output-path", "generated",
         "--meta", "none", "--config", "config.yaml"], folder)  # fmt: skip
    return [programs / "python", shutil.copy(CLIENTS / "openapi_python_client.py", folder)]


def datamodel_code_generator(folder: Path) -> Command:
    programs = tools.python(tools.GENERATORS, "generators")
    _do([programs / "datamodel-codegen", "--input", OPENAPI, "--input-file-type", "openapi", "--output", "generated.py",
         "--output-model-type", "pydantic_v2.BaseModel", "--formatters", "builtin"], folder)  # fmt: skip
    return [programs / "python", shutil.copy(CLIENTS / "datamodel_code_generator.py", folder)]


def xsdata(folder: Path) -> Command:
    programs = tools.python(tools.GENERATORS, "generators")
    for package, name in (
        ("generated_ping", "requests/PingRequest"),
        ("generated_post", "requests/InboundPostRequest"),
        ("generated_responses", "responses/general-strict"),
    ):
        _do([programs / "xsdata", "generate", tools.SPECS / "xsd" / f"{name}.xsd", "--package", package,
             "--structure-style", "single-package"], folder)  # fmt: skip
    return [programs / "python", shutil.copy(CLIENTS / "xsdata_bindings.py", folder)]


_COMPILER = {
    "strict": True, "noUncheckedIndexedAccess": True, "exactOptionalPropertyTypes": True, "target": "es2022",
    "module": "nodenext", "moduleResolution": "nodenext", "types": ["node"],
}  # fmt: skip


def openapi_typescript(folder: Path) -> Command:
    modules = tools.node(tools.TYPESCRIPT, "typescript")
    (folder / "node_modules").symlink_to(modules)
    (folder / "package.json").write_text('{"type": "module"}', "utf-8")
    settings = {"compilerOptions": _COMPILER, "files": ["openapi_fetch.ts"]}
    (folder / "tsconfig.json").write_text(json.dumps(settings), "utf-8")
    shutil.copy(CLIENTS / "openapi_fetch.ts", folder)
    _do([modules / ".bin" / "openapi-typescript", OPENAPI, "--output", "generated.ts"], folder)
    _do([modules / ".bin" / "tsc", "--project", "tsconfig.json"], folder)
    return ["node", folder / "openapi_fetch.js"]


GENERATORS: dict[str, Callable[[Path], Command]] = {
    "openapi-python-client": openapi_python_client,
    "datamodel-code-generator": datamodel_code_generator,
    "xsdata": xsdata,
    "openapi-typescript": openapi_typescript,
}


def tried(generator: Callable[[Path], Command]) -> str:
    """What is wrong with a generated client; "" if it works."""
    profile = load()
    maker = LeadMaker(profile)
    operations = {"create": "create_lead", "ping": "ping", "post": "inbound_post"}
    requests = {
        name: maker.request(operation, (number,))[0] for number, (name, operation) in enumerate(operations.items())
    }
    with tempfile.TemporaryDirectory() as scratch, running(Mock(profile, clock=time.time)) as served:
        folder = Path(scratch).resolve()
        (folder / "requests.json").write_text(json.dumps(requests), "utf-8")
        try:
            command = generator(folder)
        except Broken as error:
            return str(error)
        done = tools.run([*command, served.url, profile.credentials.api_keys[0], "requests.json"], folder, 120)
        return "" if done.stdout.splitlines() == EXPECTED and not done.returncode else done.stdout + done.stderr


def main(names: list[str]) -> int:
    failed = False
    for name, generator in GENERATORS.items():
        if names and name not in names:
            continue
        try:
            wrong = tried(generator)
        except tools.Missing as reason:
            tools.tell(f"{name} is left out: {reason}")
            continue
        failed |= bool(wrong)
        tools.tell(name, "failed" if wrong else "passed")
        if wrong:
            print(wrong)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
