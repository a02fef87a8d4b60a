"""Plays every situation that does not wait to each of the vendor's samples: `make test-samples`.

What each came to is written to results.json beside this file; `tests/test_readme.py` makes the table in
docs/certify-client-samples.md of it. A sample whose runtime is missing here is named, and keeps what was written last.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from leadproof.commands.certify_client import driven, play_all
from leadproof.contract.profile import load
from leadproof.suite.client.driving import Driver
from leadproof.suite.client.situations import every

sys.path.insert(0, str(Path(__file__).resolve().parent))

from samples import HERE, SAMPLES, is_here, prepare

RESULTS = HERE / "results.json"
JOBS = 4


def judged(name: str) -> dict[str, list[str]]:
    """Situation -> passed, failed or untested, and the first thing that was wrong or why nothing was decided."""
    sample, profile = SAMPLES[name], load()
    keys = profile.credentials
    secret = (keys.bearer_tokens if sample.bearer else keys.api_keys)[0]
    situations = [one for one in every().values() if not one.text.slow]
    with tempfile.TemporaryDirectory(prefix="leadproof-sample-") as folder:
        prepare(sample, Path(folder))
        command = (sys.executable, str(HERE / "samples.py"), name, folder, secret)
        play = driven(Driver(command, own_leads=True), profile, 0)
        return {
            result.situation.id: [result.result, result.wrongs[0].message if result.wrongs else result.reason]
            for result in play_all(situations, play, JOBS)
        }


def main() -> int:
    """Writes the results, and says how many there are."""
    written = json.loads(RESULTS.read_text("utf-8")) if RESULTS.is_file() else {}
    for name, sample in SAMPLES.items():
        if not is_here(sample):
            print(f"{sample.title}: left out; {sample.missing}")
            continue
        written[name] = judged(name)
        states = [state for state, _ in written[name].values()]
        numbers = ", ".join(f"{states.count(state)} {state}" for state in ("passed", "failed", "untested"))
        print(f"{sample.title}: {numbers}")
    RESULTS.write_text(json.dumps(written, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
