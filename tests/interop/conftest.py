"""What goes wrong with real sockets is often silence: no test here may wait for ever."""

from __future__ import annotations

import pytest

from kit import contexts, sockets
from kit.patience import PATIENCE


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "interop" in item.path.parts and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(PATIENCE + 60))


@pytest.fixture(scope="module")
def server_context():
    return contexts.server_context()


@pytest.fixture(scope="module")
def client_context():
    return contexts.client_context()


@pytest.fixture
def ends(server_context, client_context):
    with sockets.connected(server_context, client_context) as both:
        yield both
