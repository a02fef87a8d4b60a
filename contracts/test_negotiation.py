"""Which representation the response is in."""

from __future__ import annotations

import pytest

from leadproof.pytest_plugin import contract_cases


@pytest.mark.parametrize("case", contract_cases("negotiation"))
def test_negotiation(case, leadproof_suite):
    leadproof_suite.run(case)
