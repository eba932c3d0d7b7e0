"""Kernel TLS needs a kernel with TLS: these tests run in the guest of ``make ktls``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

STATISTICS = Path("/proc/net/tls_stat")


def statistics() -> dict[str, int]:
    """The kernel's own counts: how often it was given keys, and what it could not decrypt."""
    lines = STATISTICS.read_text().splitlines()
    return {name: int(value) for name, value in map(str.split, lines)}


class Change:
    """What the kernel counted since this was made."""

    def __init__(self) -> None:
        self._before = statistics()

    def __getitem__(self, name: str) -> int:
        return statistics()[name] - self._before[name]


@pytest.fixture
def counted() -> Iterator[Change]:
    yield Change()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.parent == here:
            item.add_marker(pytest.mark.long)
            if not STATISTICS.exists():
                item.add_marker(pytest.mark.skip(reason="this kernel has no TLS: make ktls"))
