"""The tree of errors and the exit codes, which users' scripts depend on."""

from __future__ import annotations

import itertools

import pytest

from leadproof.core import errors
from leadproof.core.errors import PRECEDENCE, EncodeError, ExitCode, LeadproofError, worst


def test_exit_codes_never_change_their_meaning() -> None:
    assert {code.name: code.value for code in ExitCode} == {
        "PASSED": 0,
        "VIOLATED": 1,
        "USAGE": 2,
        "OBJECTIVES_MISSED": 3,
        "INCONCLUSIVE": 4,
        "UNREACHABLE": 5,
        "INTERRUPTED": 130,
    }


def test_where_several_exit_codes_apply_the_precedence_decides() -> None:
    assert [code.value for code in PRECEDENCE] == [130, 2, 5, 1, 4, 3, 0]
    assert set(PRECEDENCE) == set(ExitCode)
    assert worst() == ExitCode.PASSED
    for stronger, weaker in itertools.combinations(PRECEDENCE, 2):
        assert worst(weaker, stronger, ExitCode.PASSED) == stronger


def subclasses(kind: type[LeadproofError]) -> set[type[LeadproofError]]:
    return {kind, *(deeper for one in kind.__subclasses__() for deeper in subclasses(one))}


@pytest.mark.parametrize("kind", sorted(subclasses(LeadproofError), key=str))
def test_every_error_has_a_message_a_hint_and_a_line_in_the_tree(kind: type[LeadproofError]) -> None:
    more = {"pointer": "/a"} if kind is EncodeError else {}
    error = kind("what went wrong", hint="what to do", **more)

    assert (str(error), error.message, error.hint) == ("what went wrong", "what went wrong", "what to do")
    assert error.exit_code in ExitCode
    assert error.exit_code != ExitCode.PASSED
    if kind is not LeadproofError and kind.__module__ == errors.__name__:
        assert f"── {kind.__name__} " in (errors.__doc__ or "")
        assert f" {error.exit_code.value} " in next(
            line for line in (errors.__doc__ or "").splitlines() if f"── {kind.__name__} " in line
        )
