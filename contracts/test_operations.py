"""Every operation in every representation: accepted, refused, one lead and several, each responseType."""

from __future__ import annotations

import pytest

from leadproof.pytest_plugin import contract_cases


@pytest.mark.parametrize("case", contract_cases("operations"))
def test_operation(case, leadproof_suite):
    leadproof_suite.run(case)
