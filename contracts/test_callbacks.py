"""The call to returnURL."""

from __future__ import annotations

import pytest

from leadproof.pytest_plugin import contract_cases


@pytest.mark.parametrize("case", contract_cases("callbacks"))
def test_callback(case, leadproof_suite):
    leadproof_suite.run(case)
