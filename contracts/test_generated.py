"""Requests that nobody wrote down: schemathesis and Hypothesis make them."""

from __future__ import annotations

import pytest

from leadproof.pytest_plugin import contract_cases


@pytest.mark.parametrize("case", contract_cases("generated"))
def test_generated(case, leadproof_suite):
    leadproof_suite.run(case)
