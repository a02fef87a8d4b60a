"""Requests that are wrong: unreadable, or against the documentation; in JSON, and natively in XML."""

from __future__ import annotations

import pytest

from leadproof.pytest_plugin import contract_cases


@pytest.mark.parametrize("case", contract_cases("negatives"))
def test_negative(case, leadproof_suite):
    leadproof_suite.run(case)
