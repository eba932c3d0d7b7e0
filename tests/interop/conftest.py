"""What goes wrong with real sockets is often silence: no test here may wait for ever."""

from __future__ import annotations

import pytest

from kit.patience import PATIENCE


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "interop" in item.path.parts and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(PATIENCE + 60))
