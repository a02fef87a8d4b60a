"""Any order of steps in the lives of orders, offers and leads."""

from __future__ import annotations

import pytest

from leadproof.pytest_plugin import contract_cases


@pytest.mark.parametrize("case", contract_cases("lives"))
def test_life(case, leadproof_suite):
    leadproof_suite.run(case)
