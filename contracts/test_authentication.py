"""Credentials: three spellings, and requests without."""

from __future__ import annotations

import pytest

from leadproof.pytest_plugin import contract_cases


@pytest.mark.parametrize("case", contract_cases("authentication"))
def test_credentials(case, leadproof_suite):
    leadproof_suite.run(case)
