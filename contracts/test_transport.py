"""The bytes on the wire, which HTTP libraries forgive."""

from __future__ import annotations

import pytest

from leadproof.pytest_plugin import contract_cases


@pytest.mark.parametrize("case", contract_cases("transport"))
def test_wire(case, leadproof_suite):
    leadproof_suite.run(case)
