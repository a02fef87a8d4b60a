"""`leadproof_situation` in suites of its users: passes, fails with the exchange, skips, and is never forgotten."""

from __future__ import annotations

import re

import pytest
from test_pytest_plugin import run, suite

__all__ = ["suite"]

pytest_plugins = ["pytester"]

CLIENT = """
import pytest
from leadproof.suite.client.example import LeadClient, believes, client_of, do
from leadproof.suite.client.mutants import MUTANTS
"""


def test_a_right_client_passes_and_a_wrong_one_fails_with_the_exchange(suite: pytest.Pytester) -> None:
    result = run(suite, CLIENT + """
@pytest.mark.leadproof_situations("lead-accepted", "ping-declined")
def test_right(leadproof_situation):
    task = leadproof_situation.task
    leadproof_situation.verify(believes(do(task, client_of(task))) is True)


@pytest.mark.leadproof_situations("key-in-header")
def test_wrong(leadproof_situation):
    task = leadproof_situation.task
    print("EMAIL", task["leads"][0]["fields"]["Email"])
    do(task, client_of(task, kind=MUTANTS["key-in-url"].kind))
    leadproof_situation.verify()
""")  # fmt: skip

    result.assert_outcomes(passed=2, failed=1)
    text = result.stdout.str()
    result.stdout.fnmatch_lines(
        ["*situation key-in-header: *", "*wrong *credentials stand in the URL*", "*advice *header api-key*"]
    )
    mail = re.search(r"EMAIL (\S+)", text)
    assert mail is not None
    message = text.partition("situation key-in-header")[2].partition("Captured stdout")[0]
    assert mail[1] not in message
    assert "POST /v2/insert" in message


def test_what_cannot_be_decided_is_skipped_and_what_was_not_verified_fails(suite: pytest.Pytester) -> None:
    result = run(suite, CLIENT + """
@pytest.mark.leadproof_situations("lead-accepted")
def test_silent(leadproof_situation):
    leadproof_situation.verify()


@pytest.mark.leadproof_situations("lead-accepted")
def test_forgotten(leadproof_situation):
    assert leadproof_situation.leads


@pytest.mark.leadproof_situations("lead-accepted")
def test_failed_by_itself(leadproof_situation):
    assert not leadproof_situation.leads
""", "-rs")  # fmt: skip

    result.assert_outcomes(skipped=1, passed=1, failed=1, errors=1)
    result.stdout.fnmatch_lines(["*the test did not call leadproof_situation.verify()*"])
    result.stdout.fnmatch_lines(["*SKIPPED*lead-accepted: the client sent no request*"])


@pytest.mark.parametrize(
    ("mark", "words"),
    [
        ('("ping-declind")', "there is no situation 'ping-declind'"),
        ('(group="busy")', "there is no group 'busy'"),
        ("(fast=True)", "fast"),
    ],
)
def test_a_slip_in_the_marker_is_told(mark: str, words: str, suite: pytest.Pytester) -> None:
    result = run(suite, f"""
import pytest

@pytest.mark.leadproof_situations{mark}
def test_one(leadproof_situation):
    pass
""")  # fmt: skip

    assert result.ret != 0
    assert words in result.stdout.str() + result.stderr.str()


def test_it_runs_in_two_processes_and_by_group(suite: pytest.Pytester) -> None:
    result = run(suite, CLIENT + """
@pytest.mark.leadproof_situations(group="writing")
def test_right(leadproof_situation):
    task = leadproof_situation.task
    leadproof_situation.verify(believes(do(task, client_of(task))) is True)
""", "-n", "2")  # fmt: skip

    assert result.parseoutcomes()["passed"] == 10
    assert result.ret == 0
