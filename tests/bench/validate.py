"""How fast captured responses are judged, against what one would write with the usual libraries and against parsing.

Run it with `make bench-validate`, or `python tests/bench/validate.py [--pairs 5000] [--rounds 5]`. A few
minutes; no traffic. All candidates get the same pairs, a JSON and an XML response to the same lead (10,000 distinct
bodies, and as many distinct requests), and take turns in one process; figures are pairs per CPU-second, and the ratios
are medians over the rounds. The collector is tuned as `validate` does. At the end stands where the time of `messages`
goes. `--against CHECKOUT` measures another checkout in turn, each time in a process of its own.

* usual     json.loads and jsonschema (compiled once), xmlschema.to_dict, which validates too; nothing is compared
* floor     orjson.loads and lxml.etree.fromstring: nothing is judged at all
* verdict   what the judge asks of every body: both verdicts, whether the two say the same, and for what is wrong the
            explanation and the redacted exchange
* judge     all of `leadproof validate` but reading and the disk: the verdict, recognition, every clause, counts, what
            later exchanges are held against, the summary, redaction of what is kept; for bare responses
* messages  the same with requests and headers

In every hundredth pair something is wrong. `jobs` is `leadproof validate` over files, with one process and with two,
by the clock on the wall.
"""

from __future__ import annotations

import argparse
import collections
import cProfile
import json
import os
import pstats
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

ROOT = Path(__file__).resolve().parents[2]
#: Whose code is measured: this checkout's, or the one that `--against` names.
SOURCE = Path(os.environ.get("LEADPROOF_BENCH_SOURCE", ROOT / "src"))
sys.path.insert(0, str(SOURCE))

import jsonschema  # noqa: E402 - the peer, after the path is set
import orjson  # noqa: E402 - as above
from lxml import etree  # noqa: E402 - as above

from leadproof import bodies  # noqa: E402 - found in the checkout, installed or not
from leadproof.contract import specs  # noqa: E402 - as above
from leadproof.contract.profile import load  # noqa: E402 - as above
from leadproof.core.exchange import Exchange, Request, Response  # noqa: E402 - as above
from leadproof.core.gc import tune_gc  # noqa: E402 - as above
from leadproof.core.operations import OPERATIONS  # noqa: E402 - as above
from leadproof.generate.leads import LeadMaker  # noqa: E402 - as above
from leadproof.http.client import compose  # noqa: E402 - as above
from leadproof.judge import Judge  # noqa: E402 - as above
from leadproof.judge.checks.bodies import explain  # noqa: E402 - as above
from leadproof.judge.equivalence import compare  # noqa: E402 - as above
from leadproof.redact import Redactor  # noqa: E402 - as above
from leadproof.runs.evidence import exchange_row  # noqa: E402 - as above
from leadproof.runs.ledger import Ledger  # noqa: E402 - as above

OPERATION = "create_lead"
SPEC, PROFILE = specs.load(), load()
BEGIN = 1_796_000_000.0

#: Share of pairs in which something is wrong, and exchanges without findings that a run keeps (as `validate` does).
WRONG, KEPT = 0.01, 2_000

#: What has to hold: verdict / usual, verdict / floor, two processes / one; against commit 5f4d78e judge and messages.
GOALS = {"verdict / usual": 20.0, "verdict / floor": 0.3, "two processes": 1.8}
AGAINST = {"judge": 4.0, "messages": 8.0}


class Pair(NamedTuple):
    """The same response twice, and the exchanges it came in."""

    json: bytes
    xml: bytes
    messages: tuple[Exchange, Exchange]


def value(chance: random.Random, number: int) -> dict[str, Any]:
    company = chance.choice(("Bluebird", "Harbor", "Granite", "Meadow")) + " Insurance Example"
    site = f"https://{company.split()[0].lower()}.example"
    offer = {
        "offerId": f"a{number:06}", "companyName": company, "companyPhoneNumber": f"800555{chance.randrange(9999):04}",
        "name": chance.choice(("Six months, first one free", "Yearly plan with roadside help")),
        "description": "Liability and collision cover for one car, billed monthly.",
        "type": chance.choice(("Monthly", "Yearly")), "price": round(chance.uniform(20, 900), 2),
        "url": f"{site}/offers/a{number:06}",
        "tcpaInformation": {
            "customTCPATextRequired": True,
            "tcpaText": f"By continuing I agree that {company} may call or text me about this offer.",
            "privacyURL": f"{site}/privacy", "termsURL": f"{site}/terms",
        },
    }  # fmt: skip
    result = {
        "isValid": True, "responseType": "No_Error", "responseMessage": "Lead accepted", "leadId": number,
        "campaignId": 3001, "isPendingReview": False, "price": round(chance.uniform(1, 90), 2), "offers": [offer],
    }  # fmt: skip
    return {"requestId": str(UUID(int=chance.getrandbits(128))), "results": [result]}


def pairs(number: int, seed: int = 0) -> list[Pair]:
    chance, maker, found = random.Random(seed), LeadMaker(PROFILE, seed), []
    row = OPERATIONS[OPERATION]
    credentials = (("api-key", PROFILE.credentials.api_keys[0]),)
    for index in range(number):
        first = 100_000_000 + 2 * (seed * 100_000 + index)
        left = value(chance, first)
        right = json.loads(json.dumps(left))
        right["requestId"], right["results"][0]["leadId"] = (
            str(UUID(int=chance.getrandbits(128))),
            first + 1,
        )
        written = bodies.encode_response(OPERATION, "json", left), bodies.encode_response(OPERATION, "xml", right)
        if chance.random() < WRONG:
            written = written[0], written[1].replace(b"<IsValid>true<", b"<IsValid>True<")
        messages = []
        for turn, (fmt, body) in enumerate(zip(("json", "xml"), written, strict=True)):
            lead, _ = maker.request(OPERATION, (2 * index + turn,))
            sent = bodies.encode_request(OPERATION, fmt, lead)
            request = compose(row.method, row.path, fmt=fmt, body=sent, credentials=credentials)
            headers = (("content-type", f"application/{fmt}; charset=utf-8"), ("server", "example"))
            messages.append(Exchange(request, Response(200, headers, body), None, f"bench#{index}", "", BEGIN + index))
        found.append(Pair(*written, (messages[0], messages[1])))
    return found


# ---- candidates ------------------------------------------------------------------------------------------------------


def usual(chosen: list[Pair]) -> int:
    validator = jsonschema.Draft202012Validator(SPEC.schema(OPERATION, "response", "json"))
    schema = SPEC.xsd_explainer(OPERATION, "response")
    wrong = 0
    for pair in chosen:
        wrong += not validator.is_valid(json.loads(pair.json))
        wrong += bool(schema.to_dict(pair.xml.decode(), validation="lax")[1])
    return wrong


def floor(chosen: list[Pair]) -> int:
    for pair in chosen:
        orjson.loads(pair.json)
        etree.fromstring(pair.xml)
    return 0


def verdict(chosen: list[Pair]) -> int:
    redactor, wrong = Redactor(), 0
    for pair in chosen:
        left = bodies.read_response(OPERATION, "json", pair.json, SPEC)
        right = bodies.read_response(OPERATION, "xml", pair.xml, SPEC)
        breaches = [
            *explain(SPEC, OPERATION, "response", "json", left),
            *explain(SPEC, OPERATION, "response", "xml", right),
        ]
        differences = list(compare(OPERATION, left.value, right.value, SPEC))
        if breaches or differences:
            wrong += bool(breaches)
            for body in (pair.json, pair.xml):
                exchange_row(0, redactor.exchange(Exchange(Request("", ""), Response(200, (), body), OPERATION)))
    return wrong


def judged(chosen: list[Pair], bare: bool) -> int:
    redactor = Redactor(PROFILE.personal_fields)
    ledger, kept, wrong = Ledger(Judge(SPEC, PROFILE), redactor), 0, 0
    for pair in chosen:
        judgements = []
        for fmt, body, message in zip(("json", "xml"), (pair.json, pair.xml), pair.messages, strict=True):
            response = Response(200, (("content-type", f"application/{fmt}"),), body)
            exchange = Exchange(Request("", ""), response, OPERATION, "bench") if bare else message
            judgement = ledger.add(exchange)
            judgements.append(judgement)
            if judgement.findings:
                kept += 1
                exchange_row(kept, redactor.exchange(exchange))
        ledger.add_twins(*judgements)
        wrong += bool(judgements[0].findings or judgements[1].findings)
    ledger.report("validate", {})
    return wrong


Candidate = Callable[[list[Pair]], int]
#: Candidate, and how many of the pairs it gets in a round: as many as take it a few tens of milliseconds.
CANDIDATES: dict[str, tuple[Candidate, float]] = {
    "usual": (usual, 0.1),
    "floor": (floor, 2.0),
    "verdict": (verdict, 1.0),
    "judge": (lambda chosen: judged(chosen, True), 1.0),
    "messages": (lambda chosen: judged(chosen, False), 0.5),
}


def measured(chosen: list[Pair], rounds: int) -> dict[str, list[float]]:
    """Pairs per CPU-second of each candidate in each round."""
    found: dict[str, list[float]] = {name: [] for name in CANDIDATES}
    for name, (candidate, _) in CANDIDATES.items():  # schemas are compiled and forms are learnt before the clock starts
        wrong = candidate(chosen[:400])
        expected = sum(b"<IsValid>True<" in pair.xml for pair in chosen[:400])
        assert wrong == expected or name == "floor", f"{name} finds {wrong} of {expected} wrong"
    tune_gc()
    for _ in range(rounds):
        for name, (candidate, share) in CANDIDATES.items():
            mine = (chosen * 2)[: int(len(chosen) * share)] if name == "floor" else chosen[: int(len(chosen) * share)]
            began = time.process_time()
            candidate(mine)
            found[name].append(len(mine) / (time.process_time() - began))
    return found


# ---- two processes ---------------------------------------------------------------------------------------------------


def captures(folder: Path, number: int) -> list[str]:
    """Four files of exchanges, for processes to share."""
    paths = []
    for part in range(4):
        path = folder / f"{part}.ndjson"
        with path.open("w") as file:
            for index, one in enumerate(one for pair in pairs(number, part + 1) for one in pair.messages):
                file.write(json.dumps(exchange_row(index + 1, one)) + "\n")
        paths.append(str(path))
    return paths


def jobs(number: int, rounds: int) -> float:
    """How many times as fast two processes are, by the clock on the wall; the best of some rounds."""
    best = {1: 1e9, 2: 1e9}
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    with tempfile.TemporaryDirectory() as folder:
        paths = captures(Path(folder), number)
        for _ in range(rounds):
            for count in best:
                command = [sys.executable, "-m", "leadproof", "validate", "--no-run", "--json", "--jobs", str(count)]
                began = time.perf_counter()
                subprocess.run([*command, *paths], stdout=subprocess.DEVNULL, check=False, env=environment)
                best[count] = min(best[count], time.perf_counter() - began)
    return best[1] / best[2]


# ---- where the time goes, and another checkout -----------------------------------------------------------------------

#: File of the package, or what begins with it -> what it does.
PARTS = {
    "bodies": "read, and validate", "judge/recognition": "recognise", "judge/twins": "compare twins",
    "judge/equivalence": "compare twins",    "judge/following": "follow, and remember",
    "judge/checks/memory": "follow, and remember", "judge/pairs": "follow, and remember",
    "redact": "redact what is wrong",
    "judge": "judge by itself", "runs/report": "report", "runs/tables": "report", "runs": "count",
}  # fmt: skip


def profile(chosen: list[Pair]) -> dict[str, float]:
    """Share of each part in the time of `messages`, by a profiler, which makes small functions look larger."""
    profiler = cProfile.Profile(time.process_time)
    profiler.runcall(CANDIDATES["messages"][0], chosen)
    found = collections.Counter[str]()
    for (file, _, _), (_, _, own, _, callers) in pstats.Stats(profiler).stats.items():  # type: ignore[attr-defined]
        places = [file] if "leadproof" in file else [caller[0] for caller in callers if "leadproof" in caller[0]]
        inside = places[0].rpartition("/leadproof/")[2] if places else ""
        part = next((name for start, name in PARTS.items() if inside.startswith(start)), "other")
        found[part] += own
    whole = sum(found.values())
    return {name: own / whole for name, own in found.most_common()}


def against(checkout: Path, pairs: int, rounds: int) -> int:
    """Both checkouts in turn, and the ratios of what they come to."""
    found: dict[tuple[str, str], list[float]] = {}
    for _ in range(rounds):
        for whose, source in (("other", checkout / "src"), ("this", ROOT / "src")):
            command = [sys.executable, __file__, "--pairs", str(pairs), "--rounds", "1", "--only-figures"]
            environment = {**os.environ, "LEADPROOF_BENCH_SOURCE": str(source)}
            said = subprocess.run(command, stdout=subprocess.PIPE, check=True, env=environment).stdout
            for name, values in json.loads(said).items():
                found.setdefault((name, whose), []).extend(values)
    missed = False
    print("pairs per CPU-second, medians of rounds in turn")
    for name in CANDIDATES:
        other, this = (statistics.median(found[(name, whose)]) for whose in ("other", "this"))
        goal = AGAINST.get(name)
        words = f"   goal {goal:g}: {'held' if this / other >= goal else 'MISSED'}" if goal else ""
        missed = missed or bool(goal and this / other < goal)
        print(f"  {name:9} {other:>9,.0f} {this:>9,.0f}   x {this / other:.2f}{words}")
    return int(missed)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--against", type=Path, metavar="CHECKOUT", help="measure another checkout in turn")
    parser.add_argument("--only-figures", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.against is not None:
        return against(options.against.resolve(), options.pairs, options.rounds)
    chosen = pairs(options.pairs)
    if options.only_figures:
        print(json.dumps(measured(chosen, options.rounds)))
        return 0
    sizes = [statistics.mean(len(getattr(pair, fmt)) for pair in chosen) for fmt in ("json", "xml")]
    found = measured(chosen, options.rounds)
    ratios = {
        f"{name} / {peer}": statistics.median(a / b for a, b in zip(found[name], found[peer], strict=True))
        for name in ("verdict", "judge", "messages")
        for peer in ("usual", "floor")
    }
    print(f"pairs of {sizes[0]:.0f} bytes of JSON and {sizes[1]:.0f} of XML, pairs per CPU-second")
    for name, values in found.items():
        print(f"  {name:9} {statistics.median(values):>9,.0f}")
    print("  where the time of messages goes")
    for name, share in profile(chosen).items():
        print(f"    {name:22} {share:>6.1%}")
    ratios["two processes"] = jobs(options.pairs, 3)
    for name, ratio in ratios.items():
        goal = GOALS.get(name)
        print(
            f"  {name:18} {ratio:>7.2f}"
            + (f"   goal {goal:g}: {'held' if ratio >= goal else 'MISSED'}" if goal else "")
        )
    return int(any(ratios[name] < goal for name, goal in GOALS.items() if name in ratios))


if __name__ == "__main__":
    sys.exit(main())
