"""The kit itself: a broken instrument must not look like a broken product."""

from __future__ import annotations

import ctypes

import pytest

from kit import authority, contexts, memory, peers, pump, sockets, stdlib
from kit.programs import running
from OpenSSL import SSL


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
@pytest.mark.parametrize("kind", authority.KINDS)
def test_pump(version: str, kind: authority.Kind) -> None:
    ends = pump.connected(
        contexts.server_context(authority.identity(kind), version=version),
        contexts.client_context(version=version),
    )
    assert ends.client.get_protocol_version_name() == version
    data = bytes(range(256)) * 1000
    assert pump.transfer(ends.client, ends.server, data) == data
    assert pump.transfer(ends.server, ends.client, data) == data
    pump.shutdown(*ends)


def test_pump_reports_both_sides() -> None:
    ends = pump.pair(
        contexts.server_context(authority.stranger()), contexts.client_context(version="TLSv1.2")
    )
    outcome = pump.handshake_outcome(*ends)
    assert "certificate verify failed" in str(outcome.client)
    assert "unknown ca" in str(outcome.server)


def test_blocking_sockets() -> None:
    with sockets.connected(contexts.server_context(), contexts.client_context()) as (
        server,
        client,
    ):
        server.sendall(b"abc")
        assert sockets.receive_exactly(client, 3) == b"abc"


def test_threaded_server() -> None:
    with (
        sockets.ThreadedServer(contexts.server_context()) as server,
        stdlib.client(server.port) as client,
    ):
        client.sendall(b"abc")
        assert client.recv(3) == b"abc"
        client.unwrap().close()
    assert server.handled == 1
    assert not server.failures


@pytest.mark.parametrize("peer", [peers.openssl_server, peers.gnutls_server, stdlib.server])
def test_server_peers(peer) -> None:
    with peer() as server, stdlib.client(server.port) as client:
        client.sendall(b"abc\n")
        assert client.recv(4) == server.answer(b"abc\n")
        assert server.told().version == "TLSv1.3"


@pytest.mark.parametrize("peer", [peers.openssl_client, peers.gnutls_client])
def test_client_peers(peer) -> None:
    with stdlib.server() as server, peer(server.port) as client:
        assert client.told().version == "TLSv1.3"
        client.say(b"abc\n")
        client.expect("abc")
        assert client.finish() == 0


def test_an_absent_program_skips() -> None:
    with pytest.raises(pytest.skip.Exception, match="apt-get install"), running("no-such-program"):
        pass


def test_a_silent_program_fails_with_its_output() -> None:
    with running("openssl", "version") as program:
        with pytest.raises(AssertionError, match="ended without printing 'nonsense'"):
            program.expect("nonsense")
        assert "OpenSSL" in program.output
        assert program.finish() == 0


@pytest.mark.parametrize(
    ("who", "code"),
    [
        (authority.expired, 10),
        (authority.not_yet_valid, 9),
        (authority.self_signed, 18),
        (authority.stranger, 20),
    ],
)
def test_wrong_identities_are_wrong(who, code: int) -> None:
    seen = []
    context = contexts.client_context()
    context.set_verify(
        SSL.VERIFY_PEER, lambda _c, _x, number, _d, ok: bool(ok) or bool(seen.append(number))
    )
    outcome = pump.handshake_outcome(*pump.pair(contexts.server_context(who()), context))
    assert outcome.client is not None
    assert seen == [code]


def leak_in_c() -> None:
    """Lose 400 bytes that Python knows nothing of."""
    ctypes.CDLL(None).malloc(400)


@pytest.mark.parametrize("size", [40, 400, 4000])
def test_a_leak_in_python_is_seen(size: int) -> None:
    kept: list[bytes] = []
    # So many that what others give back meanwhile, some kilobytes, does not hide them.
    assert memory.growth(lambda: kept.append(bytes(size)), 4000) >= 900 * 32


def test_a_leak_in_c_is_seen() -> None:
    assert memory.growth(leak_in_c, 400) > 100 * 300


def test_what_is_given_back_is_no_leak() -> None:
    assert memory.growth(lambda: bytes(400), 400) < 100 * 32
