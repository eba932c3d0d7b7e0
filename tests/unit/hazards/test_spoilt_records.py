"""Records that are changed, cut, repeated or swapped after the handshake."""

from __future__ import annotations

import pytest

from kit import contexts, pump
from kit.records import ALERT, DATA, HANDSHAKE, record
from kit.verdicts import clean_close, protocol_error
from OpenSSL import SSL

pytestmark = pytest.mark.timeout(60)

STEPS = 50


@pytest.fixture(scope="module", params=["TLSv1.2", "TLSv1.3"])
def both(request):
    return (
        contexts.server_context(version=request.param),
        contexts.client_context(version=request.param),
    )


@pytest.fixture
def ends(both):
    made = pump.connected(*both)
    assert pump.drain(made.client) == b""
    return made


def protected(source, data=b"secret"):
    """One protected record."""
    source.send(data)
    return pump.outgoing(source)


SPOILT = {
    "changed": lambda one, two: one[:-1] + bytes([one[-1] ^ 1]),
    "changed length": lambda one, two: one[:4] + bytes([one[4] - 1]) + one[5:] + two,
    "repeated": lambda one, two: one + one,
    "out of order": lambda one, two: two + one,
    "left out": lambda one, two: two,
    "in the clear": lambda one, two: record(DATA, b"secret"),
    "claims too much": lambda one, two: record(DATA, bytes(17000), 17000 + 1024),
    "an unknown kind": lambda one, two: record(99, one[5:]),
    "garbage": lambda one, two: b"\xde\xad\xbe\xef" * 100,
    "http": lambda one, two: b"GET / HTTP/1.1\r\n\r\n",
    "an alert in the clear": lambda one, two: record(ALERT, b"\x01\x00"),
    "a hello in the clear": lambda one, two: record(HANDSHAKE, b"\1\0\0\x64" + bytes(100)),
}


@pytest.mark.parametrize("side", ["server", "client"])
@pytest.mark.parametrize("name", SPOILT)
def test_spoilt_records(ends, name, side):
    """Spoilt bytes are an ``Error``; what came before them is delivered, nothing after."""
    target = getattr(ends, side)
    source = ends.client if side == "server" else ends.server
    target.bio_write(SPOILT[name](protected(source), protected(source)))
    received = b""
    with protocol_error():
        for _ in range(STEPS):
            received += target.recv(100)
    assert received == (b"secret" if name == "repeated" else b"")
    assert not target.get_shutdown() & SSL.RECEIVED_SHUTDOWN or name != "changed"
    with pytest.raises(SSL.Error):
        target.recv(1)


def test_a_spoilt_record_spoils_one_direction_of_one_connection(ends, both):
    ends.server.bio_write(record(DATA, b"x" * 64))
    with protocol_error("bad record mac|length"):
        ends.server.recv(1)
    # The other end learns it from the alert, and other connections are not touched.
    pump.shuttle(ends.server, ends.client)
    with protocol_error("alert bad record mac|alert"):
        ends.client.recv(1)
    again = pump.connected(*both)
    assert pump.transfer(again.client, again.server, b"fine") == b"fine"


@pytest.mark.parametrize("size", [1, 16383, 16384, 16385])
def test_records_at_the_limits(ends, size):
    data = b"x" * size
    assert pump.transfer(ends.client, ends.server, data) == data


def test_nothing_is_received_after_a_clean_close(ends):
    ends.client.send(b"before")
    ends.client.shutdown()
    pump.shuttle(ends.client, ends.server)
    ends.server.bio_write(b"garbage after the end")
    assert ends.server.recv(100) == b"before"
    for _ in range(3):
        with clean_close():
            ends.server.recv(100)
