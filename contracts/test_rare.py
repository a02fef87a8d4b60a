"""Values that are rare, and right."""

from __future__ import annotations

import pytest

from leadproof.pytest_plugin import contract_cases


@pytest.mark.parametrize("case", contract_cases("rare"))
def test_rare(case, leadproof_suite):
    leadproof_suite.run(case)
