"""The contract suite as tests: `pytest contracts`, against the built-in mock or --leadproof-target URL.

Run by path, from a checkout or from where the package keeps them (`leadproof doctor` says where). What the cases do
stands in `leadproof.suite`; `leadproof test` and `leadproof certify` run the same ones.
"""

from __future__ import annotations

import pytest

PLUGIN = "leadproof"


def pytest_addoption(parser, pluginmanager):
    if pluginmanager.is_blocked(PLUGIN):
        raise pytest.UsageError("the contract suite needs the plugin leadproof: leave out -p no:leadproof")
    if not pluginmanager.has_plugin(PLUGIN):  # a checkout that is not installed, or no plugins loaded by themselves
        from leadproof import pytest_plugin

        pluginmanager.register(pytest_plugin, PLUGIN)


def pytest_collection_modifyitems(items):
    """The topics in the order in which a reader wants to see them, not in that of the alphabet."""
    from leadproof.suite import TOPICS

    order = {f"test_{topic}.py": number for number, topic in enumerate(TOPICS)}
    items.sort(key=lambda item: order.get(item.path.name, -1))
