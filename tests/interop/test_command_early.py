"""``connect --resume`` and ``scan`` try early data, and tell what became of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import jsonschema
import pytest

pytest.importorskip("click")

from reading import ROOT

from kit import authority, peers
from kit.commands import brisk
from kit.contexts import server_context
from kit.programs import running
from kit.scans import TRUST, scanned
from kit.sockets import LOOPBACK, ThreadedServer
from OpenSSL import SSL

SCHEMA = json.loads((ROOT / "docs/connect.schema.json").read_text(encoding="utf-8"))
LINE = b"\r\n"
SIZE = 16384


class EarlyServer(ThreadedServer):
    """Takes early data, and keeps it."""

    def __init__(self, size: int) -> None:
        context = server_context(version="TLSv1.3")
        context.set_session_id(b"early")
        context.set_max_early_data(size)
        self.taken: list[bytes] = []
        super().__init__(context)

    def begin(self, connection: SSL.Connection) -> None:
        while data := connection.read_early_data(1000):
            self.taken.append(data)
        connection.do_handshake()


@contextmanager
def openssl_early() -> Iterator[int]:
    files = authority.identity().files
    with running(
        *("openssl", "s_server", "-accept", f"{LOOPBACK}:0", "-early_data", "-tls1_3"),
        *("-cert", str(files.certificate), "-key", str(files.key)),
        *("-cert_chain", str(files.intermediates)),
    ) as program:
        yield int(program.expect(r"^ACCEPT .*:(\d+)").group(1))


def resumed(port: int) -> tuple[dict[str, Any], str]:
    target = ("connect", f"localhost:{port}", *TRUST, "--resume")
    done = brisk(*target, "--json")
    assert done.status == 0, done
    jsonschema.validate(done.data, SCHEMA)
    return done.data["resumption"], brisk(*target).out


def test_it_is_taken_by_a_server_of_ours() -> None:
    with EarlyServer(SIZE) as server:
        data, report = resumed(server.port)
        found = scanned(server.port)
    # A client that has hung up by then may cut off what the server has not read.
    assert set(server.taken) == {LINE}
    assert (data["early_data"], data["early_data_status"]) == (SIZE, "accepted")
    assert f"{SIZE} bytes allowed; an empty line was taken" in report
    assert found["early_data"] == {"outcome": "accepted", "why": None, "bytes": SIZE}


def test_it_is_taken_by_the_openssl_program() -> None:
    with openssl_early() as port:
        data, report = resumed(port)
    assert data["early_data"] > 0
    assert data["early_data_status"] == "accepted"
    assert "an empty line was taken" in report


def test_a_server_may_allow_it_and_take_none() -> None:
    context = server_context(version="TLSv1.3")
    context.set_session_id(b"early")
    context.set_max_early_data(SIZE)
    # It never asks for early data, so its libssl refuses it.
    with ThreadedServer(context) as server:
        data, report = resumed(server.port)
        found = scanned(server.port)
    assert data["resumed"] is True
    assert (data["early_data"], data["early_data_status"]) == (SIZE, "rejected")
    assert "an empty line was NOT taken" in report
    assert found["early_data"]["outcome"] == "refused"
    assert found["early_data"]["bytes"] == SIZE


def test_too_small_a_bound_is_not_tried() -> None:
    with EarlyServer(1) as server:
        data, report = resumed(server.port)
        assert server.taken == []
    assert (data["early_data"], data["early_data_status"]) == (1, "not sent")
    assert "1 byte allowed; not tried" in report


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
def test_most_servers_allow_none(version: str) -> None:
    with peers.openssl_server(None, version=version) as server:
        data, report = resumed(server.port)
    assert (data["early_data"], data["early_data_status"]) == (0, "not sent")
    assert "none allowed" in report
