"""The same request in JSON and in XML."""

from __future__ import annotations

import pytest

from leadproof.pytest_plugin import contract_cases


@pytest.mark.parametrize("case", contract_cases("twins"))
def test_twin(case, leadproof_suite):
    leadproof_suite.run(case)
