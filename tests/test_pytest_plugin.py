"""The pytest plugin in suites of its users: fixtures, markers, `assert_contract`, and what it leaves alone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

ROOT = Path(__file__).resolve().parent.parent

#: Loads the plugin where no entry point has: the tests run from a checkout, installed or not.
CONFTEST = """
def pytest_addoption(parser, pluginmanager):
    if not pluginmanager.has_plugin("leadproof") and not pluginmanager.is_blocked("leadproof"):
        from leadproof import pytest_plugin

        pluginmanager.register(pytest_plugin, "leadproof")
"""


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")]))
    pytester.makeconftest(CONFTEST)
    return pytester


def run(suite: pytest.Pytester, text: str, *arguments: str) -> pytest.RunResult:
    suite.makepyfile(text)
    return suite.runpytest_subprocess(
        "-p", "no:cacheprovider", "-p", "no:locust", "-p", "no:schemathesis", "--strict-markers", *arguments
    )


def test_a_users_suite(suite: pytest.Pytester) -> None:
    result = run(
        suite,
        """
        import httpx
        import pytest
        import requests

        from leadproof.pytest_plugin import assert_contract

        PING = {"source": {"vid": 1001, "lid": 2001}, "leads": [{"fields": {"State": "TX", "Zip": "75001"}}]}
        ASK = {"accept": "application/json"}


        @pytest.mark.leadproof_clauses("LE2-PING-RES-03")
        def test_ping(leadproof_mock):
            headers = {**ASK, **leadproof_mock.headers}
            response = httpx.post(leadproof_mock.url + "/v2/insert/ping", json=PING, headers=headers)
            assert response.json()["results"][0]["willAccept"] is True
            assert_contract(response)


        def test_each_test_has_a_new_mock(leadproof_mock):
            assert leadproof_mock.state()["orders"]["opened"] == 0
            before = leadproof_mock.clock.now()
            leadproof_mock.clock.advance(60)
            assert leadproof_mock.clock.now() >= before + 60


        def test_target(leadproof_target, leadproof_judge):
            for _ in range(2):
                response = requests.post(
                    leadproof_target.url + "/v2/insert/ping", json=PING, timeout=10,
                    headers={**ASK, **dict(leadproof_target.credentials())},
                )
                assert_contract(response, judge=leadproof_judge)


        def test_broken(leadproof_mock):
            assert_contract(b'{"requestId": "x", "results": []}', operation="ping")
        """,
    )

    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines(["*ContractViolation*", "*LE2-PING-RES-01*"])


def test_a_marked_clause_that_no_response_decided_fails_the_test(suite: pytest.Pytester) -> None:
    result = run(
        suite,
        """
        import httpx
        import pytest

        from leadproof.pytest_plugin import assert_contract

        PING = {"source": {"vid": 1001, "lid": 2001}, "leads": [{"fields": {"State": "TX", "Zip": "75001"}}]}


        def pinged(mock):
            response = httpx.post(mock.url + "/v2/insert/ping", json=PING,
                                headers={"accept": "application/json", **mock.headers})
            return response


        @pytest.mark.leadproof_clauses("LE2-PING-RULE-04")
        def test_undated(leadproof_mock):
            response = pinged(leadproof_mock)
            del response.headers["date"]
            assert_contract(response)


        @pytest.mark.leadproof_clauses("LE2-PING-RULE-04")
        def test_one_of_two_is_enough(leadproof_mock):
            response = pinged(leadproof_mock)
            assert_contract(response)
            del response.headers["date"]
            assert_contract(response)


        @pytest.mark.leadproof_clauses("LE2-PING-RULE-04")
        def test_that_judges_by_itself(leadproof_mock):
            assert pinged(leadproof_mock).status_code == 200
        """,
    )

    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["*LE2-PING-RULE-04 was not decided: the response has no Date header*"])


def test_an_unknown_clause_is_a_usage_error(suite: pytest.Pytester) -> None:
    text = """
        import pytest

        @pytest.mark.leadproof_clauses("LE2-PING-RES-33")
        def test_it():
            pass
    """

    result = run(suite, text)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*there is no clause 'LE2-PING-RES-33'; did you mean*"])


def test_suites_without_it_are_left_alone(suite: pytest.Pytester) -> None:
    text = """
        def test_it(request):
            assert not [name for name in request.fixturenames if "leadproof" in name]

        def test_nothing_is_imported():
            import sys

            heavy = ("leadproof.", "httpx", "lxml", "hypothesis", "schemathesis", "jsonschema", "xmlschema")
            loaded = [name for name in sys.modules if name.startswith(heavy) and name != "leadproof.pytest_plugin"]
            assert [name for name in loaded if "hypothesis" not in name] == []
    """

    run(suite, text).assert_outcomes(passed=2)


def test_it_can_be_switched_off(suite: pytest.Pytester) -> None:
    result = run(suite, "def test_it(): pass", "-p", "no:leadproof")

    result.assert_outcomes(passed=1)


def test_it_works_with_xdist(suite: pytest.Pytester) -> None:
    text = """
        import pytest

        @pytest.mark.parametrize("number", range(4))
        def test_it(leadproof_mock, number):
            assert leadproof_mock.state()["orders"]["opened"] == 0
    """

    run(suite, text, "-n", "2").assert_outcomes(passed=4)


def test_importing_it_costs_next_to_nothing() -> None:
    """Everything else is imported when a test asks for a fixture."""
    script = (
        "import pytest, sys; before = set(sys.modules); import leadproof.pytest_plugin;"
        "print(*sorted(set(sys.modules) - before))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, check=True, text=True)

    assert done.stdout.split() == ["leadproof", "leadproof.pytest_plugin"]


@pytest.mark.parametrize("name", ["leadproof_mock", "leadproof_target", "leadproof_judge", "leadproof_suite"])
def test_nothing_is_used_without_being_asked_for(name: str) -> None:
    from leadproof import pytest_plugin

    marker = getattr(pytest_plugin, name)._fixture_function_marker

    assert marker.autouse is False


def test_everything_has_the_prefix() -> None:
    from leadproof import pytest_plugin

    fixtures = [name for name, one in vars(pytest_plugin).items() if hasattr(one, "_fixture_function_marker")]

    assert len(fixtures) >= 4
    assert [name for name in fixtures if not name.lstrip("_").startswith("leadproof_")] == []
