"""Callbacks that fail after the first handshake, or without memory: nothing goes on."""

from __future__ import annotations

import contextlib
import socket
import ssl
import time
from collections.abc import Callable, Iterator

import pytest

from kit import apart, authority, contexts, pump, sockets
from OpenSSL import SSL


class Mine(Exception):
    pass


class Asking:
    """A client over a socket, and the standard module's server that asks for its certificate."""

    def __init__(self, end: socket.socket, other: socket.socket) -> None:
        self.armed = False
        self.other = other
        context = contexts.client_context(version="TLSv1.3")
        context.set_info_callback(self.tell)
        context.set_post_handshake_auth(True)
        end.setblocking(False)
        self.client = SSL.Connection(context, end)
        self.client.set_connect_state()
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        files = authority.identity().files
        serving.load_cert_chain(files.chain, files.key)
        serving.load_verify_locations(files.authority)
        serving.post_handshake_auth = True
        serving.verify_mode = ssl.CERT_OPTIONAL
        self.server = serving.wrap_bio(self.incoming, self.outgoing, server_side=True)
        for _ in range(4):
            pump.step(self.client.do_handshake)
            self.move()
            with contextlib.suppress(ssl.SSLWantReadError):
                self.server.do_handshake()
            self.move()
        with pytest.raises(SSL.WantReadError):
            self.client.recv(1)  # the tickets

    def tell(self, *_: object) -> None:
        if self.armed:
            raise Mine

    def move(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self.incoming.write(self.other.recv(1 << 16, socket.MSG_DONTWAIT))
        self.other.sendall(self.outgoing.read())


@pytest.fixture
def asking() -> Iterator[Asking]:
    with sockets.unix_pair() as (end, other):
        yield Asking(end, other)


@pytest.mark.parametrize("closes", [False, True])
@pytest.mark.holds("C5", "D4", "D7")
def test_data_around_a_refused_request_for_a_certificate(asking: Asking, closes: bool) -> None:
    """All of it comes in one read: what was before is given, what is behind is not."""
    asking.server.write(b"before")
    asking.server.verify_client_post_handshake()
    asking.server.write(b"behind")
    asking.server.write(b"0123456789")
    if closes:
        with pytest.raises(ssl.SSLWantReadError):
            asking.server.unwrap()
    asking.move()
    asking.armed = True
    assert asking.client.recv(65536) == b"before"
    with pytest.raises(Mine):
        asking.client.recv(65536)
    for _ in range(2):
        with pytest.raises(SSL.Error, match="aborted by an exception in a callback"):
            asking.client.recv(65536)
    asking.incoming.write(asking.other.recv(1 << 16))
    if not closes:
        with pytest.raises(ssl.SSLError, match="(?i)alert"):
            asking.server.read(100)


@pytest.mark.holds("C5")
def test_a_verify_callback_that_raises_ends_a_renegotiation_that_nobody_insists_on() -> None:
    """The peer's answers are there when they are wanted: one call sees all of it."""
    armed = False

    def judge(*_: object) -> bool:
        if armed:
            raise Mine
        return True

    def tell(connection: SSL.Connection, where: int, _value: int) -> None:
        if (
            armed
            and where & SSL.SSL_ST_CONNECT
            and (b"client hello" in connection.get_state_string())
        ):
            time.sleep(0.3)  # so that they are

    server_context = contexts.server_context(version="TLSv1.2")
    client_context = contexts.client_context(version="TLSv1.2")
    for each in (server_context, client_context):
        each.set_options(SSL.OP_NO_TICKET | SSL.OP_NO_SESSION_RESUMPTION_ON_RENEGOTIATION)
    client_context.set_verify(SSL.VERIFY_NONE, judge)
    client_context.set_info_callback(tell)
    with sockets.connected(server_context, client_context) as (server, client):
        server.settimeout(5)
        client.settimeout(5)

        def serve() -> bytes:
            server.renegotiate()
            server.do_handshake()
            return server.recv(100)

        armed = True
        serving = sockets.in_thread(serve)
        with pytest.raises(Mine):
            client.recv(100)
        with pytest.raises(SSL.Error, match="aborted by an exception in a callback"):
            client.sendall(b"mine")
        client.close()
        with pytest.raises(SSL.Error):
            serving.result(sockets.PATIENCE)


@pytest.mark.holds("C5", "C28")
def test_without_memory_a_callbacks_failure_is_not_forgotten() -> None:
    pytest.importorskip("_testcapi", reason="this interpreter cannot let allocations fail")
    out = apart.run("""
        import _testcapi
        from kit import contexts, pump
        from OpenSSL import SSL

        class Hook(Exception):
            pass

        server_context, client_context = contexts.server_context(), contexts.client_context()
        seen = set()
        for number in range(40):
            armed, hook = True, Hook()

            def judge(*_):
                global armed
                if armed:
                    armed = False
                    _testcapi.set_nomemory(number, number + 1)
                    raise hook
                return True

            client_context.set_verify(SSL.VERIFY_NONE, judge)
            server, client = pump.pair(server_context, client_context)
            pump.step(client.do_handshake)
            pump.shuttle(client, server)
            pump.step(server.do_handshake)
            pump.shuttle(server, client)
            try:
                try:
                    client.do_handshake()
                finally:
                    _testcapi.remove_mem_hooks()
            except (Hook, MemoryError) as error:
                seen.add(type(error).__name__)
            else:
                print("done at", number)
        print(sorted(seen))
    """)
    assert out == "['Hook', 'MemoryError']\n"


def test_what_libssl_said_is_told_after_what_a_callback_raised() -> None:
    armed = False

    def tell(*_: object) -> None:
        if armed:
            raise Mine

    server_context = contexts.server_context()
    server_context.set_info_callback(tell)
    server, client = pump.connected(server_context, contexts.client_context())
    client.send(b"spoilt")
    record = bytearray(pump.outgoing(client))
    record[-1] ^= 1
    armed = True
    server.bio_write(bytes(record))
    with pytest.raises(Mine):
        server.recv(100)
    with pytest.raises(SSL.Error, match="bad record mac"):
        server.recv(100)


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
@pytest.mark.parametrize("client_fails", [True, False])
@pytest.mark.holds("C5")
def test_a_send_that_shakes_hands_sends_nothing_when_a_callback_fails(
    version: str, client_fails: bool
) -> None:
    """A first `sendall` does both, and libssl would do both in one call."""

    def tell(_connection: SSL.Connection, where: int, _value: int) -> None:
        if where & SSL.SSL_CB_HANDSHAKE_DONE:
            raise Mine

    server_context = contexts.server_context(version=version)
    client_context = contexts.client_context(version=version)
    (client_context if client_fails else server_context).set_info_callback(tell)
    server, client = pump.pair(server_context, client_context)
    sender, receiver = (client, server) if client_fails else (server, client)
    told = received = False
    for _ in range(8):
        try:
            sender.sendall(b"secret")
        except SSL.WantReadError:
            pass
        except Mine:
            told = True
        except SSL.Error as error:
            assert told
            assert "aborted by an exception in a callback" in str(error)
        pump.exchange(server, client)
        with contextlib.suppress(SSL.Error):
            received = received or bool(receiver.recv(100))
        pump.exchange(server, client)
    assert told
    assert not received


def test_a_send_that_shakes_hands_says_what_it_said() -> None:
    connection = SSL.Connection(contexts.client_context(), None)
    with pytest.raises(SSL.Error, match="uninitialized"):
        connection.sendall(b"neither client nor server")
    with sockets.tcp_pair() as (server_sock, client_sock):
        server = sockets.server_end(contexts.server_context(), server_sock)
        client = sockets.client_end(contexts.client_context(), client_sock)
        serving = sockets.in_thread(lambda: sockets.receive_exactly(server, 100_000))
        client.sendall(b"x" * 100_000)
        assert serving.result(sockets.PATIENCE) == b"x" * 100_000


def test_a_send_that_cannot_begin_to_shake_hands_says_why() -> None:
    context = contexts.blank_context()
    context.set_min_proto_version(SSL.TLS1_3_VERSION)
    context.set_max_proto_version(SSL.TLS1_2_VERSION)
    connection = SSL.Connection(context, None)
    connection.set_connect_state()
    for _ in range(2):
        with pytest.raises(SSL.Error, match="no protocols available"):
            connection.send(b"x")


def renegotiating(tell: Callable[[bytes], None]) -> tuple[object, bytes]:
    """What a send that renegotiates too came to, and what the server was given of it."""
    server_context = contexts.server_context(version="TLSv1.2")
    server_context.clear_options(SSL.OP_NO_RENEGOTIATION)
    server_context.set_options(SSL.OP_ALLOW_CLIENT_RENEGOTIATION)
    client_context = contexts.client_context(version="TLSv1.2")
    armed = False

    def slowly(connection: SSL.Connection, _where: int, _value: int) -> None:
        if armed:
            time.sleep(0.05)  # so that the server's answer is there when libssl looks for it
            tell(connection.get_state_string())

    client_context.set_info_callback(slowly)
    received = bytearray()
    with sockets.connected(server_context, client_context) as (server, client):

        def serve() -> None:
            with contextlib.suppress(SSL.Error):
                while True:
                    received.extend(server.recv(100))

        serving = sockets.in_thread(serve)
        client.renegotiate()
        armed = True
        try:
            answer: object = client.sendall(b"secret")
        except Mine as error:
            answer = error
            with pytest.raises(SSL.Error, match="aborted"):
                client.send(b"more")
        armed = False
        client.sock_shutdown(socket.SHUT_RDWR)
        serving.result(sockets.PATIENCE)
    return answer, bytes(received)


@pytest.mark.holds("C5")
@pytest.mark.parametrize(
    "state", [b"SSLv3/TLS read finished", b"SSL negotiation finished successfully"]
)
def test_a_send_that_renegotiates_sends_nothing_when_a_callback_fails(state: bytes) -> None:
    begun = False

    def tell(now: bytes) -> None:
        nonlocal begun
        if begun and now == state:
            raise Mine
        begun = begun or b"write client hello" in now

    answer, received = renegotiating(tell)
    assert isinstance(answer, Mine)
    assert received == b""


def test_a_send_renegotiates_and_then_sends() -> None:
    assert renegotiating(lambda _state: None) == (6, b"secret")


def test_a_server_that_asked_for_a_renegotiation_goes_on_sending() -> None:
    """Nobody has to heed it."""
    server, _client = pump.connected(
        contexts.server_context(version="TLSv1.2"), contexts.client_context(version="TLSv1.2")
    )
    assert server.renegotiate()
    for _ in range(3):
        assert server.sendall(b"data") == 4
    assert server.renegotiate_pending()
