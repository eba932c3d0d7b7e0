"""Hostile bytes: garbage, cut and swollen records, other protocols.

Whatever comes, a connection answers with a want-state, an ``Error`` or a
``SysCallError`` within a bounded number of steps.
"""

from __future__ import annotations

import contextlib
import random
import socket

import pytest

from kit import contexts, pump, sockets
from kit.records import ALERT, DATA, HANDSHAKE, record
from kit.verdicts import dirty_close, is_protocol_error, protocol_error, wants_read
from OpenSSL import SSL

pytestmark = pytest.mark.timeout(60)

VERSIONS = ["TLSv1.2", "TLSv1.3"]
STEPS = 50


@pytest.fixture(scope="module")
def server_contexts():
    return {version: contexts.server_context(version=version) for version in [None, *VERSIONS]}


@pytest.fixture(scope="module")
def client_contexts():
    return {version: contexts.client_context(version=version) for version in [None, *VERSIONS]}


@pytest.fixture(params=VERSIONS)
def version(request):
    return request.param


@pytest.fixture
def fresh(server_contexts, client_contexts, version):
    return pump.pair(server_contexts[version], client_contexts[version])


STRANGE = {
    "zeros": bytes(100),
    "ones": b"\xff" * 100,
    "text": b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n",
    "http": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "http proxy": b"CONNECT localhost:443 HTTP/1.1\r\n\r\n",
    "http answer": b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n",
    "smtp": b"220 localhost ESMTP Postfix\r\n",
    "ssl 2 hello": bytes.fromhex("802e0100020015000000100100800200800300800400800500800600400700c0")
    + bytes(16),
    "ssl 2 envelope": bytes.fromhex("802b010301001200000010000039000038000035000016000013")
    + bytes(19),
    "data before hello": record(DATA, b"x" * 32),
    "unknown record": record(99, b"x" * 32),
    "claims 65535 bytes": record(HANDSHAKE, b"\1\0\1\0" + bytes(20000), 0xFFFF),
    "claims 18433 bytes": record(HANDSHAKE, b"\1\0\1\0" + bytes(18433)),
    "huge message": record(HANDSHAKE, b"\x01\xff\xff\xff" + bytes(1000)),
    "hello of nothing": record(HANDSHAKE, b"\1\0\0\0"),
    "hello of zeros": record(HANDSHAKE, b"\1\0\0\x64" + bytes(100)),
    "server hello of zeros": record(HANDSHAKE, b"\2\0\0\x64" + bytes(100)),
    "finished first": record(HANDSHAKE, b"\x14\0\0\x0c" + bytes(12)),
    "cipher change first": record(20, b"\1"),
    "fatal alert": record(ALERT, b"\x02\x28"),
    "short alert": record(ALERT, b"\x02"),
    "unknown alert": record(ALERT, b"\x07\xee"),
    "empty records": record(HANDSHAKE, b"") * 1000,
    "warnings": record(ALERT, b"\x01\x5a") * 1000,
}


@pytest.mark.parametrize("side", ["server", "client"])
@pytest.mark.parametrize("name", STRANGE)
def test_strange_beginnings(fresh, name, side):
    end = getattr(fresh, side)
    with contextlib.suppress(SSL.WantReadError):
        end.do_handshake()
    end.bio_write(STRANGE[name])
    with protocol_error():
        end.do_handshake()
    # It stays failed, whatever it is asked.
    for call in (end.do_handshake, lambda: end.recv(1), lambda: end.send(b"x")):
        with pytest.raises(SSL.Error):
            call()


@pytest.mark.parametrize(("name", "words"), [("http", "http request"), ("http proxy", "proxy")])
@pytest.mark.holds("C21")
def test_plaintext_is_named(fresh, name, words):
    fresh.server.bio_write(STRANGE[name])
    with protocol_error(words):
        fresh.server.do_handshake()


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("side", ["server", "client"])
def test_random_bytes(fresh, side, seed):
    """Random bytes after a plausible header, in pieces of random sizes, then an end."""
    chance = random.Random(seed)
    end = getattr(fresh, side)
    kind = chance.choice([ALERT, HANDSHAKE, HANDSHAKE, DATA, chance.randrange(256)])
    data = record(kind, chance.randbytes(chance.randrange(1, 2000)), chance.randrange(1, 2000))
    assert_ends(end, [data[at : at + 97] for at in range(0, len(data), 97)])


def assert_ends(end, parts):
    """Feed ``parts``; before the transport's end or at it, the handshake must fail."""
    for part in parts:
        end.bio_write(part)
        try:
            end.do_handshake()
        except SSL.WantReadError:
            continue
        except SSL.Error as error:
            failure = error
            break
        raise AssertionError("a handshake was made of garbage")
    else:
        end.bio_shutdown()
        with pytest.raises(SSL.Error) as caught:
            end.do_handshake()
        failure = caught.value
    assert is_protocol_error(failure) or isinstance(failure, SSL.SysCallError)


def test_a_hello_cut_at_every_byte(server_contexts, client_contexts, version):
    client = pump.pair(server_contexts[version], client_contexts[version]).client
    with wants_read():
        client.do_handshake()
    hello = pump.outgoing(client)
    assert len(hello) > 100
    for cut in range(1, len(hello)):
        server = pump.pair(server_contexts[version], client_contexts[version]).server
        server.bio_write(hello[:cut])
        with wants_read():
            server.do_handshake()
        server.bio_shutdown()
        with dirty_close():
            server.do_handshake()


def test_a_server_flight_cut_anywhere(fresh, server_contexts, client_contexts, version):
    """Each cut needs a handshake of its own, so not every byte is tried but one in eleven."""
    cut = 0
    for cut in range(1, 4000, 11):
        server, client = pump.pair(server_contexts[version], client_contexts[version])
        with wants_read():
            client.do_handshake()
        pump.shuttle(client, server)
        with wants_read():
            server.do_handshake()
        flight = pump.outgoing(server)
        if cut >= len(flight):
            break
        client.bio_write(flight[:cut])
        with wants_read():
            client.do_handshake()
        client.bio_shutdown()
        with dirty_close():
            client.do_handshake()
    assert cut > 500


def test_a_hello_changed_at_every_byte(server_contexts, client_contexts, version):
    """The transcript covers every byte of the hello, so no change may go unnoticed."""
    at, size = 0, 1000
    while at < size:
        server, client = pump.pair(server_contexts[version], client_contexts[version])
        with wants_read():
            client.do_handshake()
        hello = bytearray(pump.outgoing(client))
        size = len(hello)
        hello[at] ^= 1 + at % 255
        server.bio_write(bytes(hello))
        outcome = pump.handshake_outcome(server, client)
        for failure in outcome:
            assert failure is None or isinstance(failure, SSL.Error)
        # The record's own version number is the only thing that is not covered.
        assert any(outcome) or at in (1, 2), f"byte {at} was changed and nobody noticed"
        at += 1


def test_a_handshake_byte_by_byte(fresh):
    """The other way round: bytes that come one at a time are no reason to fail."""
    server, client = fresh
    waiting = {client: True, server: True}
    for _ in range(STEPS):
        for end, other in ((client, server), (server, client)):
            if waiting[end]:
                waiting[end] = not pump.step(end.do_handshake)
            for byte in pump.outgoing(end):
                other.bio_write(bytes([byte]))
                if waiting[other]:
                    waiting[other] = not pump.step(other.do_handshake)
        if not any(waiting.values()):
            break
    assert pump.transfer(client, server, b"hello") == b"hello"


# ---- over sockets: a server outlives its visitors


def throw(sock, data):
    with contextlib.suppress(OSError):
        sock.sendall(data)


VISITS = {
    "only looks": lambda sock: None,
    "resets": sockets.reset,
    "garbage": lambda sock: throw(sock, b"\xde\xad\xbe\xef" * 5000),
    "http": lambda sock: throw(sock, STRANGE["http"]),
    "half a record": lambda sock: throw(sock, record(HANDSHAKE, b"\1\0\1", 500)),
    "oversized": lambda sock: throw(sock, STRANGE["claims 65535 bytes"]),
    "half close": lambda sock: sock.shutdown(socket.SHUT_WR),
}


def test_a_server_outlives_its_visitors(server_contexts, client_contexts):
    with sockets.ThreadedServer(server_contexts[None]) as server:
        for visit in VISITS.values():
            with socket.create_connection(server.address) as sock:
                visit(sock)
        with socket.create_connection(server.address) as sock:
            client = sockets.client_end(client_contexts[None], sock)
            client.sendall(b"still there?")
            assert sockets.receive_exactly(client, 12) == b"still there?"
            sockets.close_cleanly(client)
    assert server.handled == 1
    assert len(server.failures) == len(VISITS)
    for failure in server.failures:
        assert is_protocol_error(failure) or isinstance(failure, SSL.SysCallError), repr(failure)


@pytest.mark.parametrize("name", ["http answer", "zeros", "oversized"])
def test_a_client_outlives_a_strange_server(client_contexts, name):
    answer = STRANGE.get(name, STRANGE["claims 65535 bytes"])
    with sockets.tcp_pair() as (accepted, plain):
        client = sockets.client_end(client_contexts[None], plain)
        future = sockets.in_thread(throw, accepted, answer)
        with protocol_error():
            client.do_handshake()
        future.result(sockets.PATIENCE)
