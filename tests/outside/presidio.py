"""What Presidio's recognisers of patterns find in captures of 200 people, and in their redacted copies:
nothing that was found before may be there still. A second look, by code that is not ours; no language model is loaded.

    PRESIDIO=/path/to/python python tests/outside/presidio.py [PEOPLE]

The interpreter that PRESIDIO names (this one if none is named) has `presidio-analyzer`. Exit code 1 if something is
left, 4 if there is no Presidio.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests")]
os.environ["LEADPROOF_PEOPLE"] = sys.argv[1] if len(sys.argv) > 1 else "200"

#: Runs in the other interpreter: texts in, for each of them what was found in it.
DETECTOR = """
import json, sys
from presidio_analyzer import predefined_recognizers as rows
regions = ("US", "GB", "DE", "FR", "MX", "RU", "CN", "IN")
kinds = {
    "PHONE_NUMBER": rows.PhoneRecognizer(supported_regions=regions), "EMAIL_ADDRESS": rows.EmailRecognizer(),
    "CREDIT_CARD": rows.CreditCardRecognizer(), "US_SSN": rows.UsSsnRecognizer(), "IP_ADDRESS": rows.IpRecognizer(),
}
def found(text):
    return sorted({text[one.start:one.end] for kind, row in kinds.items() for one in row.analyze(text, [kind], None)})
json.dump([found(text) for text in json.load(sys.stdin)], sys.stdout)
"""


def detected(texts: list[str]) -> list[set[str]]:
    """What Presidio finds in each text."""
    done = subprocess.run(
        [os.environ.get("PRESIDIO", sys.executable), "-c", DETECTOR],
        input=json.dumps(texts), capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        print(f"no Presidio: {done.stderr.strip().splitlines()[-1]}")
        sys.exit(4)
    return [set(found) for found in json.loads(done.stdout)]


def looked() -> int:
    """How many values are left in the copies."""
    from test_redact_people import CAPTURES  # asks the environment for how many people

    from leadproof.cli import main

    left = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, make in CAPTURES.items():
            path, copy = Path(folder) / name, Path(folder) / f"copy-{name}"
            path.write_bytes(make())
            if main(["redact", str(path), "-o", str(copy), "--json"]):
                return 1
            before, after = detected([one.read_text("utf-8", "replace") for one in (path, copy)])
            print(
                f"{name}: {len(before)} found, {len(before & after)} of them in the copy", *sorted(before & after)[:9]
            )
            left += len(before & after)
    return left


if __name__ == "__main__":
    sys.exit(bool(looked()))
