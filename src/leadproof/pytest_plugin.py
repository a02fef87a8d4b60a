"""The pytest plugin: fixtures, markers and options for users' own suites, and what `contracts/` stands on.

Everything is prefixed with leadproof, nothing is used without being asked for, and nothing of leadproof is imported
before a test needs it: the plugin is loaded by every pytest on a machine that has leadproof installed.

==================== ===================================================================================
leadproof_mock       a running mock, new for each test: url, headers, clock, review, send_back, control
leadproof_target     what --leadproof-target names, or a mock for the whole session
leadproof_judge      judges the exchanges of one test, and remembers them: give it to `assert_contract`
assert_contract      judges one response; see `leadproof.testing`
leadproof_clauses    marker: the clauses that a test is about, by their ids in the register
leadproof_suite      runs cases of the contract suite
leadproof_situation  plays a client one situation after the other, and says what a right client would have done
leadproof_situations marker: the situations that a test is about
==================== ===================================================================================
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from leadproof.cli.engage import Engagement, Wish
    from leadproof.core.target import Target
    from leadproof.judge import Judge, Judgement
    from leadproof.suite import Case
    from leadproof.suite.client.fixture import StagedSituation
    from leadproof.suite.client.situations import Situation
    from leadproof.testing import RunningMock

MARKER = "leadproof_clauses"

#: Which situations a test that asks for `leadproof_situation` is played.
SITUATIONS = "leadproof_situations"

#: Option -> type, default and meaning. The names of their values begin with leadproof_.
OPTIONS: dict[str, tuple[Any, Any, str]] = {
    "target": (str, None, "URL or named target for contracts and leadproof_target (default: the built-in mock)."),
    "profile": (str, None, "posting profile (default: the configured one, or the shipped one)."),
    "seed": (int, None, "seed of everything that is generated (default: 0)."),
    "examples": (int, 10, "generated examples of each cell (default: 10)."),
    "fail-on": (str, "must", "which findings fail a test: must, should, assumed or any (default: must)."),
    "max-requests": (int, None, "requests at most (default: 200 on another machine, else no limit)."),
    "rate": (float, None, "requests per second at most (default: 5 on another machine)."),
    "timeout": (float, None, "seconds for one exchange (default: 30)."),
    "out": (str, None, "folder for the run's evidence and reports (default: pytest's own temporary folder)."),
}


# ---- hooks -----------------------------------------------------------------------------------------------------------


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options, all of them with the prefix."""
    group = parser.getgroup("leadproof", "contract tests of the LeadExec lead receiver")
    for name, (kind, default, words) in OPTIONS.items():
        group.addoption(f"--leadproof-{name}", type=kind, default=default, help=words)
    group.addoption(
        "--leadproof-reading",
        action="append",
        default=[],
        metavar="ID=CHOICE",
        help="take another reading; may be repeated.",
    )


def pytest_configure(config: pytest.Config) -> None:
    """The markers."""
    config.addinivalue_line("markers", f"{MARKER}(*ids): the clauses of the contract that the test is about")
    config.addinivalue_line(
        "markers", f"{SITUATIONS}(*ids, group=(), slow=False): the situations that leadproof_situation plays"
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for `leadproof_situation` runs once for each of them."""
    if "leadproof_situation" not in metafunc.fixturenames:
        return
    from leadproof.core.errors import UsageError

    mark = metafunc.definition.get_closest_marker(SITUATIONS)
    try:
        chosen = _situations(*mark.args, **mark.kwargs) if mark is not None else _situations()
    except (UsageError, TypeError) as error:
        raise pytest.UsageError(f"{metafunc.definition.nodeid}: {error}") from None
    metafunc.parametrize("leadproof_situation", chosen, ids=[one.id for one in chosen], indirect=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Holds the ids of markers against the register: a test of a clause that does not exist tests nothing."""
    named = [(item, str(name)) for item in items for mark in item.iter_markers(MARKER) for name in mark.args]
    if not named:
        return
    from leadproof.contract.specs import clauses, meaning

    for item, name in named:
        if not meaning(name):
            import difflib

            near = difflib.get_close_matches(name, clauses(), 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise pytest.UsageError(f"{item.nodeid}: there is no clause {name!r}{hint}")


def _situations(*ids: str, group: str | Collection[str] = (), slow: bool = False) -> list[Situation]:
    """What the marker asks for; a situation that is named is played, however long it lets the client wait."""
    from leadproof.suite.client.situations import select

    return select(ids, (group,) if isinstance(group, str) else group, slow=slow or bool(ids))


#: What the test that is being run has judged by `assert_contract`; None outside of a test.
_running: list[Judgement] | None = None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Fails a marked test that judged responses, none of which decided its clause: it would pass without testing it."""
    global _running
    outer, _running = _running, []
    try:
        result = yield
        judged = _running
    finally:
        _running = outer
    names = [str(name) for mark in item.iter_markers(MARKER) for name in mark.args]
    if names and judged:
        from leadproof import testing
        from leadproof.contract import specs

        if reasons := testing.undecided(names, judged, specs.load()):
            pytest.fail("\n".join(reasons), pytrace=False)
    return result


# ---- for users' own suites -------------------------------------------------------------------------------------------


def assert_contract(response: Any, **options: Any) -> None:
    """Judges one response of requests or httpx, or a bare body; see `leadproof.testing.assert_contract`.

    Raises:
        AssertionError: A clause that counts is broken; the message says which, where, and what is documented.
        UsageError: The response is of an unknown kind, or its operation cannot be told.
    """
    __tracebackhide__ = True
    from leadproof import testing

    judgement = testing.assert_contract(response, **options)
    if _running is not None:
        _running.append(judgement)


def _value(config: pytest.Config, name: str) -> Any:
    return config.getoption(f"leadproof_{name.replace('-', '_')}")


@pytest.fixture(scope="session")
def _leadproof_server(request: pytest.FixtureRequest) -> Iterator[RunningMock]:
    from leadproof.cli import options
    from leadproof.testing import running_mock

    profile = options.posting_profile(_value(request.config, "profile"), options.settings())
    with running_mock(profile, seed=_value(request.config, "seed") or 0) as mock:
        yield mock


@pytest.fixture
def leadproof_mock(_leadproof_server: RunningMock) -> RunningMock:
    """A running mock of the lead receiver, as good as new: `url`, `headers`, `clock` and the other controls."""
    _leadproof_server.reset()
    return _leadproof_server


@pytest.fixture(scope="session")
def leadproof_target(request: pytest.FixtureRequest) -> Target:
    """What is tested: `url`, `credentials()`. The target of --leadproof-target, or a mock for the whole session."""
    name = _value(request.config, "target")
    if name is None:
        mock: RunningMock = request.getfixturevalue("_leadproof_target_mock")
        return mock.target
    from leadproof.cli import options
    from leadproof.http.mock_target import with_mock_credentials
    from leadproof.runs import config

    configured = options.settings()
    profile = options.posting_profile(_value(request.config, "profile"), configured)
    return with_mock_credentials(config.target(name, configured, timeout=_value(request.config, "timeout")), profile)


@pytest.fixture(scope="session")
def _leadproof_target_mock(request: pytest.FixtureRequest) -> Iterator[RunningMock]:
    """A mock of its own: that of `leadproof_mock` is reset for each test."""
    from leadproof.testing import running_mock

    with running_mock(_value(request.config, "profile")) as mock:
        yield mock


@pytest.fixture
def leadproof_judge(request: pytest.FixtureRequest) -> Judge:
    """A judge that remembers the exchanges of the test: `assert_contract(response, judge=leadproof_judge)`."""
    from leadproof.cli import options
    from leadproof.judge import Judge

    configured = options.settings()
    spec = options.specification(tuple(_value(request.config, "reading")), False, configured)
    return Judge(spec, options.posting_profile(_value(request.config, "profile"), configured))


@pytest.fixture
def leadproof_situation(request: pytest.FixtureRequest) -> Iterator[PlayedSituation]:
    """One situation, played by a receiver of its own: `url`, `api_key`, `task`, `leads`, `advance`, `verify`.

    A test that does not call `verify` fails: it would pass whatever the client did.
    """
    from leadproof.cli import options
    from leadproof.suite.client import fixture

    profile = options.posting_profile(_value(request.config, "profile"), options.settings())
    with fixture.staged(request.param, profile, _value(request.config, "seed") or 0) as staged:
        played = PlayedSituation(staged)
        yield played
        if not staged.verified and not getattr(request.node, "_leadproof_failed", False):
            pytest.fail("the test did not call leadproof_situation.verify()", pytrace=False)


class PlayedSituation:
    """What `leadproof_situation` gives: everything that `StagedSituation` has, and a verdict as pytest wants it."""

    def __init__(self, staged: StagedSituation) -> None:
        self._staged = staged

    def __getattr__(self, name: str) -> Any:
        return getattr(self._staged, name)

    def verify(self, accepted: bool | None = None) -> None:
        """Holds what the client did against what a right client does; skips the test where nothing can be decided.

        Args:
            accepted: Does the client believe that every lead was accepted? None where it does not say.
        """
        __tracebackhide__ = True
        from leadproof.suite.client.fixture import SituationFailed, SituationUntested

        try:
            self._staged.verify(accepted)
        except SituationUntested as error:
            pytest.skip(str(error))
        except SituationFailed as error:
            pytest.fail(str(error), pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """Remembers of a test whether it has failed or was skipped: then it need not have verified anything."""
    report = yield
    if call.when == "call" and report.outcome != "passed":
        item._leadproof_failed = True  # type: ignore[attr-defined] # pytest's own way, item by item
    return report


# ---- the contract suite ----------------------------------------------------------------------------------------------


def contract_cases(topic: str) -> list[Any]:
    """The cases of a topic of the contract suite, as parameters: their names are the ids, their clauses are marked."""
    from leadproof import suite
    from leadproof.contract.specs import load

    spec, made = load(), list[Any]()
    for case in suite.TOPICS[topic]():
        named = getattr(pytest.mark, MARKER)(*case.clauses(spec))
        made.append(pytest.param((topic, case), id=case.name, marks=[named]))
    return made


class ContractSuite:
    """Runs cases of the contract suite against one target."""

    def __init__(self, engagement: Engagement) -> None:
        self.engagement = engagement

    def run(self, row: tuple[str, Case]) -> None:
        """Runs one case: a test that fails where it finds something, and is skipped where it cannot tell."""
        __tracebackhide__ = True
        from leadproof import suite
        from leadproof.core.errors import ExitCode, TargetError
        from leadproof.runs.formats.failure import failures
        from leadproof.suite.session import BudgetSpent

        topic, case = row
        try:
            outcome = suite.run_case(self.engagement.story, topic, case, suite.positions()[(topic, case.name)])
        except BudgetSpent:
            pytest.skip(
                f"the budget was spent (requests: {self.engagement.budget}); --leadproof-max-requests allows more"
            )
        except TargetError as error:
            pytest.exit(f"{error.message}\n  hint: {error.hint}", returncode=int(ExitCode.UNREACHABLE))
        broken = [finding for finding in outcome.findings if finding["decides"]]
        if broken:
            pytest.fail(failures(broken), pytrace=False)
        if outcome.result == "untested" and outcome.exchanges and outcome.reason in suite.REJECTION_REASONS.values():
            pytest.fail(f"nothing was tested: {outcome.reason}", pytrace=False)
        if outcome.result == "untested":
            pytest.skip(outcome.reason)


@pytest.fixture(scope="session")
def leadproof_suite(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ContractSuite]:
    """The contract suite against the built-in mock or --leadproof-target, with the guard rails of certify."""
    from leadproof.cli.engage import engage
    from leadproof.core.errors import LeadproofError

    try:
        wish = _wish(request.config, partial(tmp_path_factory.mktemp, "leadproof"))
        with engage(wish) as engagement:
            engagement.ledger.note("exercising")
            yield ContractSuite(engagement)
            report = engagement.ledger.report("contracts", engagement.run.end())
            engagement.run.write_reports(report)
    except LeadproofError as error:
        hint = f"\n  hint: {error.hint}" if error.hint else ""
        raise pytest.UsageError(f"{error.message}{hint}") from None


def _wish(config: pytest.Config, temporary: Any) -> Wish:
    from leadproof.cli import options
    from leadproof.cli.engage import REMOTE_BUDGET, REMOTE_RATE, Wish
    from leadproof.runs.config import target

    configured = options.settings()
    name, most, rate = (_value(config, key) for key in ("target", "max-requests", "rate"))
    # What a target is to get at most is shared among the workers of pytest-xdist.
    workers = int(getattr(config, "workerinput", {}).get("workercount", 1))
    remote = name is not None and not target(name, configured).loopback
    most, rate = (
        most or (REMOTE_BUDGET if remote else None),
        rate if rate is not None else REMOTE_RATE if remote else None,
    )
    return Wish(
        "contracts",
        options.specification(tuple(_value(config, "reading")), False, configured),
        options.posting_profile(_value(config, "profile"), configured),
        configured,
        target=name,
        seed=_value(config, "seed"),
        out=_value(config, "out") or str(Path(temporary())),
        fail_on=_value(config, "fail-on"),
        timeout=_value(config, "timeout"),
        max_requests=max(1, most // workers) if most else None,
        rate=rate / workers if rate else rate,
        examples=_value(config, "examples"),
        quiet=True,
    )
