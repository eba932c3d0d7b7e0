"""`make bench-loops`: every row runs, with the peers that are always there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import identity
import loops
from loops import Server


@pytest.fixture(params=["brisktls", "ssl", "tcp"])
def server(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[tuple[Server, object]]:
    from ends.interface import client_context

    made = tmp_path_factory.mktemp("identity")
    identity.make(made)
    monkeypatch.setenv("BENCH_IDENTITY", str(made))
    begun = Server(request.param, "asyncio")
    yield begun, None if request.param == "tcp" else client_context()
    begun.close()


def test_every_kind_of_row_is_a_number(server: tuple[Server, object]) -> None:
    found = {
        **loops.echo(*server, 64, 2, 0.01),
        **loops.bulk(*server, 600_000, 2, 0.01),
        **loops.connect(*server, 0.01),
    }
    assert set(found) == {"µs", "MB/s", "µs/MB", "1/s"}
    assert all(number >= 0 for number in found.values())
    assert "kB" in loops.idle(*server, 10)


def test_bars_are_met_or_not() -> None:
    values = {"brisktls asyncio": 5.0, "ssl asyncio": 10.0, "aiofastnet asyncio": 5.0}
    told = loops.bars("echo-64-1", "µs", "asyncio", values)
    assert told == [("asyncio: 1.00 of 0.9 the fastest", False), ("asyncio: 0.50 of 0.5 ssl", True)]
    values["brisktls asyncio"] = 20.0
    assert [met for _, met in loops.bars("bulk-1", "MB/s", "asyncio", values)] == [True, True]
    assert loops.bars("idle", "kB", "asyncio", values) == [("asyncio: 2.00 of 0.6 ssl", False)]


def test_rows_are_named_once() -> None:
    names = [name for name, _ in loops.rows(quick=True)]
    assert len(names) == len(set(names)) == 14
