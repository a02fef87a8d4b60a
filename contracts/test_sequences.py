"""What earlier responses promise to later ones: orders, offers, duplicates, status, review, return."""

from __future__ import annotations

import pytest

from leadproof.pytest_plugin import contract_cases


@pytest.mark.parametrize("case", contract_cases("sequences"))
def test_sequence(case, leadproof_suite):
    leadproof_suite.run(case)
