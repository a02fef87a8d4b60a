"""What has to be in a report that is handed in, so that nothing behind has to ask twice: `specs/report.schema.json`.

A report of version 1 is brought to the words of version 2 first.
"""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from leadproof.core import resources
from leadproof.core.errors import InputError
from leadproof.runs.report import SCHEMA

if TYPE_CHECKING:
    import jsonschema_rs

#: The version before, which is still read.
VERSION_1 = "leadproof.report/1"


def checked(report: Any, name: str) -> dict[str, Any]:
    """A report in the words of this version.

    Args:
        report: What the file holds.
        name: The file, for the message.

    Raises:
        InputError: It is no report, or something in it is missing or of the wrong type.
    """
    if not isinstance(report, dict) or report.get("schema") not in (SCHEMA, VERSION_1):
        raise InputError(f"{name} is no {SCHEMA}", hint="name a run directory of leadproof, or its report.json")
    found = upgraded(report) if report["schema"] == VERSION_1 else report
    wrong = next(problems(found), None)
    if wrong is not None:
        raise InputError(
            f"{name}: {wrong} is missing or of the wrong type", hint="was it changed, or is it from elsewhere?"
        )
    return found


def upgraded(report: dict[str, Any]) -> dict[str, Any]:
    """A report of version 1 in the words of version 2."""
    rests = report.get("rests_on")
    found = {name: value for name, value in report.items() if name not in ("rests_on", "rebuilt")}
    if isinstance(rests, dict):
        found["evidence"] = {"intended" if name == "meant" else name: value for name, value in rests.items()}
    return found | {"schema": SCHEMA}


def problems(report: Any) -> Any:
    """The places of a report that are not as the schema asks, such as `findings[0].clause`."""
    for error in _validator().iter_errors(report):
        missing = getattr(error.kind, "property", None)
        path = [*error.instance_path, *([missing] if missing else [])]
        yield "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".") or "it"


def schema() -> dict[str, Any]:
    """The JSON Schema of a report."""
    found: dict[str, Any] = json.loads(resources.path("specs", "report.schema.json").read_bytes())
    return found


@cache
def _validator() -> jsonschema_rs.Draft202012Validator:
    import jsonschema_rs

    return jsonschema_rs.Draft202012Validator(schema())
