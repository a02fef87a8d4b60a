"""The documentation as a site: `python docs/generate.py` builds it into build/docs.

The pages are the Markdown files beside this script. What would only repeat the specification or the source is made here
at build time and never committed: a page for each operation, and the parts between `<!-- build: NAME -->` and
`<!-- end -->`. The site itself is built by Zensical, strictly: a broken link ends the build.
"""

from __future__ import annotations

import importlib.util
import inspect
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import click
import yaml

from leadproof.cli import COMMANDS
from leadproof.cli.root import cli
from leadproof.contract import specs
from leadproof.contract.situations import GROUPS, TASKS, SituationText
from leadproof.contract.situations import situations as situation_texts
from leadproof.contract.specs import Clause, Reading
from leadproof.core import resources
from leadproof.core.operations import OPERATIONS, Operation
from leadproof.mock.server.faults import FAULTS

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent

#: What builds the site.
BUILDER = "zensical"

_BUILD = re.compile(r"<!-- build: (.+?) -->\n.*?<!-- end -->\n", re.DOTALL)
_MARK = re.compile(r"^<!-- (?:(?:output|recording|table|recipe|file): .+?|end) -->\n", re.MULTILINE)

#: Media type -> what a header calls it, and the name of its tab.
MEDIA = {"json": ("application/json", "JSON"), "xml": ("application/xml", "XML")}


# ---- text ------------------------------------------------------------------------------------------------------------


def plain(text: str) -> str:
    """Text as it stands, where Markdown would take signs in it for its own; code stays code."""
    parts = re.split(r"(`[^`]+`)", text)
    return "".join(part if part.startswith("`") else re.sub(r"([*_<\[\]|])", r"\\\1", part) for part in parts)


def row(*cells: str) -> str:
    """A row of a table."""
    return f"| {' | '.join(cell.replace(chr(10), ' ') for cell in cells)} |"


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A table with its head."""
    return "\n".join([row(*head), row(*("---" for _ in head)), *(row(*cells) for cells in rows)]) + "\n"


def block(language: str, text: str) -> str:
    """A block of code."""
    return f"```{language}\n{text.rstrip()}\n```\n"


def tabs(samples: dict[str, str]) -> str:
    """Blocks side by side, one tab each."""
    parts = []
    for name, text in samples.items():
        body = "".join(f"    {line}".rstrip() + "\n" for line in text.splitlines())
        parts.append(f'=== "{name}"\n\n{body}\n')
    return "".join(parts)


def count(number: int, noun: str) -> str:
    """A number with its noun."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


# ---- clauses ---------------------------------------------------------------------------------------------------------


def clauses() -> str:
    """The register: a table for what binds several operations, and one for each operation."""
    register = specs.clauses().values()
    parts = []
    for code, title, link in (
        ("ALL", "Several operations", ""),
        *((one.code, one.heading, f"operations/{one.id}.md") for one in OPERATIONS.values()),
    ):
        rows = [clause for clause in register if clause.id.split("-")[1] == code]
        parts.append(f"## {title} {{: #{code.lower()} }}\n\n")
        if link:
            shared = len(specs_of(link.split("/")[1][:-3])) - len(rows)
            parts.append(
                f"[The operation]({link}) with samples. {count(shared, 'clause')} that several operations share "
                f"{'binds' if shared == 1 else 'bind'} it, too.\n\n"
            )
        parts.append(table(("Clause", "Asks", "Level"), [_clause_row(one) for one in rows]) + "\n")
    return "".join(parts)


def _clause_row(clause: Clause) -> tuple[str, ...]:
    facts = [plain(clause.place)]
    if clause.member:
        facts.append(f"`{clause.member}`")
    if len(clause.media) == 1:
        facts.append(f"{MEDIA[clause.media[0]][1]} only")
    if clause.id.split("-")[1] == "ALL":
        facts.append("all operations" if len(clause.operations) == len(OPERATIONS) else _named(clause))
    facts.append(f"decided by `{clause.check}`" if clause.check else f"not testable: {plain(clause.untestable)}")
    level = f"{clause.level}<br><small>{clause.basis}"
    level += "".join(f"<br>[{name}](readings.md#{name})" for name in clause.readings)
    asks = f"{plain(clause.text)}<br><small>{' · '.join(facts)}</small>"
    return (f"`{clause.id}`{{: #{clause.id} }}", asks, f"{level}</small>")


def _named(clause: Clause) -> str:
    return ", ".join(f"`{one}`" for one in clause.operations)


def specs_of(operation: str) -> list[Clause]:
    """The clauses that bind an operation."""
    return [clause for clause in specs.clauses().values() if operation in clause.operations]


# ---- readings --------------------------------------------------------------------------------------------------------


def readings() -> str:
    """Every reading: what the documentation says, the choices, the one taken and why."""
    return "".join(_reading(one) for one in specs.readings().values())


def _reading(reading: Reading) -> str:
    said = "".join(f"- *{plain(at)}*: {plain(says)}\n" for at, says in reading.places)
    choices = [
        (f"`{name}`" + (" (taken)" if name == reading.taken else ""), plain(meaning))
        for name, meaning in reading.choices.items()
    ]
    bound = [clause.id for clause in specs.clauses().values() if reading.id in clause.readings]
    links = ", ".join(f"[{one}](clauses.md#{one})" for one in bound)
    played = [one.id for one in situation_texts().values() if reading.id in one.clause.readings]
    situated = ", ".join(f"[{one}](certify-client.md#{one})" for one in played)
    chosen = next((name for name in reading.choices if name != reading.taken), "")
    return "\n".join([
        f"### {plain(reading.title)} {{: #{reading.id} }}\n",
        f"`{reading.id}`\n",
        "The documentation says:\n",
        said,
        table(("Choice", "Means"), choices),
        f"Why: {plain(reading.why)}\n",
        f"Choose otherwise: `--reading {reading.id}={chosen}`\n" if reading.selectable else "",
        f"Clauses: {links}\n" if links else "",
        f"Situations of a client: {situated}\n" if situated else "",
        "",
    ])  # fmt: skip


# ---- situations ------------------------------------------------------------------------------------------------------


def situations() -> str:
    """Every situation of a client by group: what happens, what is right, and what to do about a failure."""
    parts = []
    for group, heading in GROUPS.items():
        rows = [_situation_row(one) for one in situation_texts().values() if one.group == group]
        head = ("Situation", "What happens, and what is right", "Level", "Advice")
        parts.append(f"### {heading} {{: #group-{group} }}\n\n`--group {group}`\n\n{table(head, rows)}\n")
    return "".join(parts)


def _situation_row(one: SituationText) -> tuple[str, ...]:
    facts = [plain(one.clause.place)]
    if one.task != "sell":
        facts.append(f"task `{one.task}`")
    if len(one.clause.media) == 1:
        facts.append(f"{MEDIA[one.clause.media[0]][1]} only")
    if one.slow:
        facts.append(f"waits {one.slow:g} s")
    level = f"{one.clause.level}<br><small>{one.clause.basis}"
    level += "".join(f"<br>[{name}](readings.md#{name})" for name in one.clause.readings)
    asks = f"{plain(one.happens)}<br>*Right:* {plain(one.clause.text)}<br><small>{' · '.join(facts)}</small>"
    return (f"`{one.id}`{{: #{one.id} }}", asks, f"{level}</small>", plain(one.advice))


def tasks() -> str:
    """What a driver may be asked to do."""
    return table(("`task`", "The driver is to"), [(f"`{name}`", words) for name, words in TASKS.items()])


def waiting() -> str:
    """The situations that let a client wait."""
    rows = [(f"[{one.id}](#{one.id})", f"{one.slow:g} s") for one in situation_texts().values() if one.slow]
    return table(("Situation", "Waits"), rows)


# ---- operations ------------------------------------------------------------------------------------------------------


@cache
def _examples() -> dict[str, Any]:
    document = yaml.safe_load(resources.path("specs", "openapi.yaml").read_text("utf-8"))
    examples: dict[str, Any] = document["components"]["examples"]
    return examples


def operation(one: Operation) -> str:
    """The page of an operation."""
    bound = specs_of(one.id)
    levels = [f"{sum(clause.level == level for clause in bound)} {level}" for level in ("must", "should", "may")]
    facts = [
        ("Operation", f"`{one.id}`"),
        ("Heading in the documentation", one.heading),
        ("Method and path", f"`{one.method} {one.path}`"),
        ("Media types", ", ".join(f"`{MEDIA[media][0]}`" for media in one.media)),
        ("Root of the XML response", f"`{one.root}`" if one.root else "none: no XML is documented"),
        ("Clauses", f"{len(bound)} ({', '.join(levels)}); {sum(bool(clause.check) for clause in bound)} are tested"),
    ]
    others = [row for row in OPERATIONS.values() if row.path == one.path and row.id != one.id]
    shared = ", ".join(f"[{row.heading}]({row.id}.md)" for row in others)
    known = specs.readings()
    named = list(dict.fromkeys(name for clause in bound for name in clause.readings))
    own = [
        reading.id
        for reading in known.values()
        if any(at.partition(" / ")[0] == one.heading for at, _ in reading.places) and reading.id not in named
    ]
    return "\n".join([
        f"# {one.heading}\n",
        table(("", ""), facts),
        f"{shared} share{'s' if len(others) == 1 else ''} this path: see "
        "[one path, three operations](../readings.md#one-path-three-operations).\n" if others else "",
        "## Request\n",
        tabs({MEDIA[media][1]: _request(one, media) for media in one.media}),
        "## Response\n",
        tabs({MEDIA[media][1]: _response(one, media) for media in one.media}),
        "The samples are made up and follow the contract. They come from `specs/openapi.yaml`.\n",
        "## Tests\n",
        block("sh", f"leadproof test --operation {one.id}"),
        "## Clauses\n",
        table(("Clause", "Asks", "Level"), [
            (f"[{clause.id}](../clauses.md#{clause.id})", plain(clause.text), clause.level) for clause in bound
        ]),
        "## Readings\n",
        "".join(f"- [{plain(known[name].title)}](../readings.md#{name})\n" for name in (*named, *own)),
    ])  # fmt: skip


def _sample(name: str, media: str) -> str:
    value = _examples()[f"{name}_xml" if media == "xml" else name]["value"]
    return value if media == "xml" else json.dumps(value, indent=2, ensure_ascii=False)


def _request(one: Operation, media: str) -> str:
    kind = MEDIA[media][0]
    line = one.path.replace("{id}", "0b2f6d6e-6a3c-4b0e-8f7e-3d9c51a0e101")
    line = line.replace("{leadUID}", "204811973").replace("{offerId}", "a001")
    head = f"{one.method} {line} HTTP/1.1\nAccept: {kind}\napi-key: …"
    if not one.body:
        return block("http", head)
    return block("http", f"{head}\nContent-Type: {kind}") + "\n" + block(media, _sample(f"{one.id}_request", media))


def _response(one: Operation, media: str) -> str:
    head = block("http", f"HTTP/1.1 200 OK\nContent-Type: {MEDIA[media][0]}")
    return head + "\n" + block(media, _sample(f"{one.id}_response", media))


def operations() -> str:
    """Links to the pages of the operations."""
    return "".join(f"- [{one.heading}]({one.id}.md)\n" for one in OPERATIONS.values())


# ---- command line ----------------------------------------------------------------------------------------------------


def commands() -> str:
    """Every command with its help: what it does, examples, options."""
    parts = []
    for name in COMMANDS:
        command = cli.get_command(click.Context(cli, info_name="leadproof"), name)
        assert command is not None
        parts.extend(_command(command, ["leadproof", name]))
    return "".join(parts)


def _command(command: click.Command, names: list[str]) -> Iterator[str]:
    context = click.Context(command, info_name=" ".join(names))
    usage = " ".join([*names, *command.collect_usage_pieces(context)])
    level = "##" if len(names) == 2 else "###"
    yield f"{level} {' '.join(names)} {{: #{'-'.join(names[1:])} }}\n\n"
    yield block("text", usage) + "\n"
    yield from _help(command.help or "")
    rows = []
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is not None:
            option, words = record
            rows.append((f"`{option}`", plain(re.sub(r"  \[", " [", words))))
    yield table(("Option", "Does"), rows) + "\n"
    if isinstance(command, click.Group):
        for name, below in command.commands.items():
            yield from _command(below, [*names, name])


def _help(text: str) -> Iterator[str]:
    """The paragraphs of a help text; those that are not to be wrapped are code."""
    for paragraph in inspect.cleandoc(text).split("\n\n"):
        lines = [line for line in paragraph.splitlines() if line.strip() != "\b"]
        if "\b" not in paragraph:
            yield plain(" ".join(line.strip() for line in lines)) + "\n\n"
            continue
        if lines and lines[0].endswith(":") and not lines[0].startswith(" "):
            yield plain(lines[0]) + "\n\n"
            lines = lines[1:]
        indent = min(len(line) - len(line.lstrip()) for line in lines)
        yield block("text", "\n".join(line[indent:] for line in lines)) + "\n"


def faults() -> str:
    """The faults of the mock's transport."""
    rows = [(f"`{name}`", plain(fault[0])) for name, fault in FAULTS.items()]
    return table(("Fault", "Does"), rows)


# ---- the site --------------------------------------------------------------------------------------------------------


def limits() -> str:
    """What other tools cannot do with the specification, from tests/outside/limits.yaml."""
    rows = yaml.safe_load((ROOT / "tests" / "outside" / "limits.yaml").read_text("utf-8"))["limits"]
    return table(("Tool", "Limit", "Why", "Instead"), [
        (f"{row['tool']} {row['versions']}", plain(row["what"]), plain(row["why"]) + _issue(row), plain(row["instead"]))
        for row in rows
    ])  # fmt: skip


def _issue(row: dict[str, str]) -> str:
    name, _, number = row["issue"].partition("#")
    return f" ([{row['issue']}](https://github.com/{name}/issues/{number}))" if number else ""


#: Name of a part -> what makes it.
PARTS: dict[str, Callable[[], str]] = {
    "clauses": clauses, "commands": commands, "faults": faults, "limits": limits, "operations": operations,
    "readings": readings, "situations": situations, "tasks": tasks, "waiting": waiting,
}  # fmt: skip


def pages() -> dict[str, str]:
    """Path below docs/ -> Markdown, what is generated included."""
    made = {}
    for path in sorted(DOCS.rglob("*.md")):
        text = _BUILD.sub(lambda found: PARTS[found[1]](), path.read_text("utf-8"))
        made[path.relative_to(DOCS).as_posix()] = _MARK.sub("", text)
    return made | {f"operations/{one.id}.md": operation(one) for one in OPERATIONS.values()}


def settings() -> str:
    """The settings of the site, with the pages of the operations in its navigation."""
    index = '"operations/index.md"'
    own = "".join(f', {{ "{one.heading}" = "operations/{one.id}.md" }}' for one in OPERATIONS.values())
    return (DOCS / "zensical.toml").read_text("utf-8").replace(f"[{index}]", f"[{index}{own}]")


def build(into: Path) -> subprocess.CompletedProcess[str]:
    """Builds the site into a folder, which it replaces; the folder stays as it was if the build fails."""
    with tempfile.TemporaryDirectory(prefix="leadproof-docs-") as folder:
        work = Path(folder)
        for name, text in pages().items():
            target = work / "pages" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, "utf-8")
        for name in ("javascripts", "stylesheets"):
            shutil.copytree(DOCS / name, work / "pages" / name)
        (work / "zensical.toml").write_text(settings(), "utf-8")
        command = [sys.executable, "-m", BUILDER, "build", "--strict"]
        done = subprocess.run(command, cwd=work, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            _keep_at_home(work / "site")
            shutil.rmtree(into, ignore_errors=True)
            into.parent.mkdir(parents=True, exist_ok=True)
            shutil.copytree(work / "site", into)
        return done


#: What the builder would load from another host, so that search works in pages that are opened as files.
_SHIM = "https://unpkg.com/iframe-worker/shim"


def _keep_at_home(site: Path) -> None:
    """Lets pages load our own script instead of one from another host."""
    for path in site.rglob("*.html"):
        up = "../" * (len(path.relative_to(site).parts) - 1)
        path.write_text(path.read_text("utf-8").replace(_SHIM, f"{up}javascripts/file-worker.js"), "utf-8")


def main() -> int:
    """Builds into the folder that is named, or into build/docs."""
    if importlib.util.find_spec(BUILDER) is None:
        click.echo(f"{BUILDER} is not installed: pip install -e '.[dev]'", err=True)
        return 2
    into = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "docs"
    done = build(into)
    if done.returncode:
        click.echo(done.stdout + done.stderr, err=True)
        return 1
    click.echo(f"{count(len(list(into.rglob('*.html'))), 'page')}: {into / 'index.html'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
