"""What the reference says of Connection's methods.

Where another test holds a sentence already, docs/inside/reference.md names it.
"""

from __future__ import annotations

import errno
import socket
from typing import Any

import pytest

from kit import authority, contexts, pump, sockets, verdicts
from OpenSSL import SSL, crypto


@pytest.fixture
def ends() -> pump.Pair:
    return pump.connected(contexts.server_context(), contexts.client_context())


@pytest.fixture
def older() -> pump.Pair:
    """Ends that can renegotiate."""
    return pump.connected(contexts.server_context(version="TLSv1.2"), contexts.client_context())


@pytest.fixture
def unconnected() -> SSL.Connection:
    connection = SSL.Connection(contexts.client_context(), None)
    connection.set_connect_state()
    return connection


class Sayer:
    """A socket of our own making: what it answers must come through as it is."""

    def __init__(self, code: int = 0) -> None:
        self.told: list[tuple[Any, ...]] = []
        self.code = code

    def fileno(self) -> int:
        return 0

    def connect(self, *told: Any) -> str:
        self.told.append(told)
        return "what connect answers"

    def connect_ex(self, *told: Any) -> int:
        self.told.append(told)
        return self.code

    def shutdown(self, *told: Any) -> str:
        self.told.append(told)
        return "what shutdown answers"


@pytest.mark.promises("Connection.connect", "Connection.connect_ex", "Connection.sock_shutdown")
def test_the_sockets_answers_are_handed_on() -> None:
    sayer = Sayer()
    connection = SSL.Connection(contexts.client_context(), sayer)
    assert connection.connect("an address") == "what connect answers"
    assert connection.connect_ex("another") == 0
    assert connection.sock_shutdown(socket.SHUT_WR) == "what shutdown answers"
    assert sayer.told == [("an address",), ("another",), (socket.SHUT_WR,)]


@pytest.mark.differs("connect_ex that fails")
@pytest.mark.promises("connect_ex: no TLS is set up")
def test_a_connect_ex_that_fails_sets_nothing_up() -> None:
    with sockets.unix_pair() as (one, _):
        one.setblocking(False)
        sayer = Sayer(errno.ECONNREFUSED)
        sayer.fileno = one.fileno  # type: ignore[method-assign]
        connection = SSL.Connection(contexts.client_context(), sayer)
        assert connection.connect_ex("an address") == errno.ECONNREFUSED
        with verdicts.protocol_error("connection type not set"):
            connection.do_handshake()


@pytest.mark.promises("Connection", "Connection.bio_shutdown", "Connection.bio_write")
def test_none_for_a_socket_means_memory() -> None:
    connection = SSL.Connection(contexts.client_context())
    connection.set_connect_state()
    with verdicts.wants_read():
        connection.do_handshake()
    hello = connection.bio_read(100_000)
    assert hello[:1] == b"\x16"
    other = SSL.Connection(contexts.server_context(), None)
    assert other.bio_write(hello) == len(hello)
    assert other.bio_shutdown() is None


@pytest.mark.promises("Connection.bio_read")
def test_bio_read_reads_no_more_than_asked(unconnected: SSL.Connection) -> None:
    with verdicts.wants_read():
        unconnected.do_handshake()
    assert [len(unconnected.bio_read(size)) for size in (1, 5, 7)] == [1, 5, 7]


@pytest.mark.promises("Connection.set_accept_state, Connection.set_connect_state")
def test_the_handshake_runs_in_reads_and_writes() -> None:
    server, client = pump.pair(contexts.server_context(), contexts.client_context())
    for _ in range(4):
        pump.step(lambda: client.send(b"no do_handshake"))
        pump.shuttle(client, server)
        if pump.step(lambda: server.recv(100, socket.MSG_PEEK)):
            break
        pump.shuttle(server, client)
    assert server.recv(15) == b"no do_handshake"


@pytest.mark.promises("Connection.set_accept_state, Connection.set_connect_state")
def test_states_decide_who_speaks_first() -> None:
    for setter, speaks in (("set_connect_state", True), ("set_accept_state", False)):
        connection = SSL.Connection(contexts.server_context(), None)
        assert getattr(connection, setter)() is None
        with verdicts.wants_read():
            connection.do_handshake()
        assert bool(pump.outgoing(connection)) is speaks


@pytest.mark.promises("Connection.do_handshake")
def test_do_handshake_answers_none() -> None:
    server, client = pump.connected(contexts.server_context(), contexts.client_context())
    assert server.do_handshake() is None
    assert client.do_handshake() is None


@pytest.mark.promises("Connection.set_context")
def test_what_returns_nothing_returns_none(unconnected: SSL.Connection) -> None:
    assert unconnected.set_app_data(1) is None
    assert unconnected.set_shutdown(0) is None
    assert unconnected.set_alpn_protos([b"h2"]) is None
    assert unconnected.set_tlsext_host_name(b"brisk.test") is None
    assert unconnected.request_ocsp() is None
    assert unconnected.set_context(contexts.client_context()) is None


@pytest.mark.promises("Connection.set_session")
def test_set_session_answers_none() -> None:
    client = contexts.client_context(version="TLSv1.2")
    session = pump.connected(contexts.server_context(), client).client.get_session()
    assert session is not None
    assert SSL.Connection(client).set_session(session) is None


@pytest.mark.promises("Connection.get_client_ca_list")
def test_a_server_knows_its_authorities_before_it_is_connected() -> None:
    root = crypto.X509.from_cryptography(authority.identity().root)
    context = contexts.server_context(ask_client=True)
    server, client = pump.pair(context, contexts.client_context())
    assert server.get_client_ca_list() == [root.get_subject()]
    assert client.get_client_ca_list() == []
    pump.handshake(server, client)
    assert client.get_client_ca_list() == [root.get_subject()]
    assert server.get_client_ca_list() == [root.get_subject()]


@pytest.mark.promises("Connection.get_cipher_bits, Connection.get_cipher_name")
def test_a_cipher_has_bits_a_name_and_a_version() -> None:
    client = contexts.client_context(version="TLSv1.2")
    client.set_cipher_list(b"ECDHE-ECDSA-AES128-GCM-SHA256")
    server, end = pump.pair(contexts.server_context(), client)
    assert (end.get_cipher_bits(), end.get_cipher_name(), end.get_cipher_version()) == (None,) * 3
    pump.handshake(server, end)
    assert end.get_cipher_bits() == 128
    assert end.get_cipher_name() == "ECDHE-ECDSA-AES128-GCM-SHA256"
    assert end.get_cipher_version() == "TLSv1.2"


@pytest.mark.promises("Connection.get_verified_chain")
def test_no_verified_chain_where_nothing_was_shown(ends: pump.Pair) -> None:
    assert ends.server.get_verified_chain() is None
    chain = ends.client.get_verified_chain()
    assert chain is not None
    assert {type(each) for each in chain} == {crypto.X509}
    assert chain[0].to_cryptography() == authority.identity().certificate


@pytest.mark.promises("Connection.get_alpn_proto_negotiated")
def test_no_protocol_is_empty_bytes(ends: pump.Pair) -> None:
    for end in ends:
        assert end.get_alpn_proto_negotiated() == b""


@pytest.mark.promises("Connection.pending")
def test_pending_counts_what_is_decrypted(ends: pump.Pair) -> None:
    ends.client.send(b"x" * 100)
    assert ends.server.pending() == 0
    pump.shuttle(ends.client, ends.server)
    assert ends.server.recv(1) == b"x"
    assert ends.server.pending() == 99
    assert len(ends.server.recv(ends.server.pending())) == 99
    assert ends.server.pending() == 0


@pytest.mark.promises("Connection.read, Connection.recv")
@pytest.mark.parametrize("method", ["read", "recv"])
def test_only_peeking_is_a_flag(ends: pump.Pair, method: str) -> None:
    ends.client.send(b"abcdef")
    pump.shuttle(ends.client, ends.server)
    call = getattr(ends.server, method)
    assert call(3, socket.MSG_PEEK) == b"abc"
    assert call(3, socket.MSG_OOB | socket.MSG_PEEK) == b"abc"
    assert call(2, socket.MSG_OOB) == b"ab"
    assert call(2, None) == b"cd"
    assert call(100, flags=0) == b"ef"


@pytest.mark.promises("Connection.recv_into")
def test_recv_into_heeds_its_size_and_its_flag(ends: pump.Pair) -> None:
    ends.client.send(b"abcdefgh")
    pump.shuttle(ends.client, ends.server)
    target = bytearray(3)
    assert ends.server.recv_into(target, 100, socket.MSG_PEEK) == 3
    assert target == b"abc"
    assert ends.server.recv_into(target, 2, socket.MSG_OOB) == 2
    assert ends.server.recv_into(target) == 3
    assert target == b"cde"
    assert ends.server.recv_into(target, 100) == 3
    assert target == b"fgh"


@pytest.mark.promises("Connection.send, Connection.write", "Connection.sendall")
@pytest.mark.parametrize("method", ["send", "write", "sendall"])
def test_flags_of_sending_are_ignored(ends: pump.Pair, method: str) -> None:
    for flags in (0, socket.MSG_OOB, -1):
        assert getattr(ends.client, method)(b"urgent", flags) == 6
        pump.shuttle(ends.client, ends.server)
        assert ends.server.recv(100) == b"urgent"


@pytest.mark.promises("Connection.sendall")
def test_sendall_sends_all() -> None:
    data = bytes(range(256)) * 8192
    with sockets.connected(contexts.server_context(), contexts.client_context()) as (one, other):
        receiving = sockets.in_thread(sockets.receive_exactly, other, len(data))
        assert one.sendall(data) == len(data)
        assert receiving.result(sockets.PATIENCE) == data


def settle(ends: pump.Pair) -> None:
    """Let both ends read until nothing moves."""
    for _ in range(pump.ROUNDS):
        for end in ends:
            pump.step(lambda end=end: end.recv(1))
        if not pump.exchange(*ends):
            return
    raise AssertionError("the ends never came to rest")


@pytest.mark.promises(
    "Connection.do_handshake",
    "Connection.get_finished, Connection.get_peer_finished",
    "Connection.renegotiate, Connection.renegotiate_pending",
)
def test_renegotiations_are_counted(older: pump.Pair) -> None:
    finished = older.server.get_finished()
    for count in (1, 2):
        assert older.server.renegotiate_pending() is False
        assert older.server.renegotiate() is True
        assert older.server.renegotiate_pending() is True
        assert older.server.renegotiate() is False
        assert older.server.do_handshake() is None
        settle(older)
        assert older.server.renegotiate_pending() is False
        assert older.server.total_renegotiations() == count
    # "Latest": the messages are those of the last handshake.
    assert older.server.get_finished() not in (finished, None)
    assert older.server.get_finished() == older.client.get_peer_finished()
    assert older.client.get_finished() == older.server.get_peer_finished()


@pytest.mark.promises("Connection.get_shutdown, Connection.set_shutdown", "Connection.shutdown")
def test_shutdown_is_true_once_both_have_said_so(ends: pump.Pair) -> None:
    assert ends.client.shutdown() is False
    assert ends.client.get_shutdown() == SSL.SENT_SHUTDOWN
    pump.shuttle(ends.client, ends.server)
    with verdicts.clean_close():
        ends.server.recv(1)
    assert ends.server.get_shutdown() == SSL.RECEIVED_SHUTDOWN
    assert ends.server.shutdown() is True
    pump.shuttle(ends.server, ends.client)
    with verdicts.clean_close():
        ends.client.recv(1)
    assert ends.client.shutdown() is True


@pytest.mark.promises("Connection.get_shutdown, Connection.set_shutdown")
def test_a_shutdown_state_is_what_was_set(ends: pump.Pair) -> None:
    for state in (SSL.SENT_SHUTDOWN, SSL.RECEIVED_SHUTDOWN, 3, 0):
        ends.client.set_shutdown(state)
        assert ends.client.get_shutdown() == state
    assert SSL.SENT_SHUTDOWN | SSL.RECEIVED_SHUTDOWN == 3


@pytest.mark.promises("Connection.want_read")
def test_want_read_follows_what_is_missing() -> None:
    server, client = pump.pair(contexts.server_context(), contexts.client_context())
    assert client.want_read() is False
    assert not pump.step(client.do_handshake)
    assert client.want_read() is True
    pump.handshake(server, client)
    server.send(b"x")
    pump.shuttle(server, client)
    assert client.recv(1) == b"x"
    assert client.want_read() is False


@pytest.mark.promises("Connection.want_write")
def test_want_write_follows_a_full_buffer(ends: pump.Pair) -> None:
    assert ends.client.want_write() is False
    ends.client.set_bio_limit(20_000)
    buffer = b"x" * 16384
    with pytest.raises(SSL.WantWriteError):
        for _ in range(5):
            ends.client.send(buffer)
    assert ends.client.want_write() is True
    pump.shuttle(ends.client, ends.server)
    assert ends.client.send(buffer) == len(buffer)
    assert ends.client.want_write() is False
