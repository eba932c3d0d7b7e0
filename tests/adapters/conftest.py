"""Programs of others over a bridged context: ``make adapters`` brings them, and runs these.

Every program is the registry's or the distribution's, unmodified.  In each family a good
exchange with bodies of many records both ways, a host that is another one, an authority
that nobody trusts, and a cut, with the exception that the program's users catch.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest

from kit import bridges
from kit.web import Web, web

HERE = Path(__file__).parent
#: Where the programs are not installed, `make test` leaves this folder out.
collect_ignore_glob = [] if importlib.util.find_spec("httpx") else ["test_*.py"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.long)
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(120))


@pytest.fixture
def server() -> Iterator[Web]:
    """The standard library's HTTP server, over a bridged context too."""
    with web(bridges.serving()) as made:
        yield made
