"""The servers a fleet is tried with are real: a store, and other programs that share keys."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from kit import authority
from kit.ports import reachable
from kit.programs import Program, need, running

PASSWORD = "a password of the store"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.long)
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(300))


@contextlib.contextmanager
def store_server(
    port: int,
    folder: Path,
    tls_port: int = 0,
    who: authority.Identity | None = None,
    address: str = "127.0.0.1",
) -> Iterator[Program]:
    """A Redis with a password and, on another port, TLS."""
    program = need("redis-server")
    files = (who or authority.identity()).files
    with running(
        *(program, "--port", str(port), "--bind", address, "--requirepass", PASSWORD),
        *("--save", "", "--dir", str(folder), "--daemonize", "no"),
        *(
            (
                *("--tls-port", str(tls_port), "--tls-auth-clients", "no"),
                *("--tls-cert-file", str(files.chain), "--tls-key-file", str(files.key)),
                *("--tls-ca-cert-file", str(files.authority)),
            )
            if tls_port
            else ()
        ),
    ) as server:
        reachable(port)
        yield server
