"""Ready sessions of pre-shared keys: early data by them, and what they never stand for."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from kit import authority, contexts, early, programs, pump, sockets, verdicts
from kit.early_keys import ends_with, flight, key_session, made_again, pem_of, taken, with_key
from kit.shared import IDENTITY, KEY
from OpenSSL import SSL

SHA384 = "TLS_AES_256_GCM_SHA384"
CHACHA = "TLS_CHACHA20_POLY1305_SHA256"
ALERT = b"\x15"
REQUIRED = SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT


def test_early_data_by_a_key() -> None:
    ends = ends_with(key_session(), key_session())
    hello = flight(ends, b"early bird")
    assert b"bird" not in hello
    assert taken(ends.server, hello) == b"early bird"
    assert ends.server.write_early_data(b"an answer") == 9
    early.read_to_the_end(ends)
    pump.handshake(*ends)
    assert ends.client.recv(100) == b"an answer"
    early.finish(ends)
    assert early.statuses(ends) == ["accepted", "accepted"]
    assert [end.get_psk_identity() for end in ends] == [IDENTITY, IDENTITY]


@pytest.mark.parametrize("cipher", ["TLS_AES_128_GCM_SHA256", SHA384, CHACHA])
def test_what_a_session_says(cipher: str) -> None:
    session = key_session(KEY, cipher, 77, b"http/1.1", b"brisk.test")
    assert session.get_cipher_name() == cipher
    assert session.get_master_key() == KEY
    assert session.get_max_early_data() == 77
    assert session.get_alpn_selected() == b"http/1.1"
    assert session.get_hostname() == b"brisk.test"
    assert session.get_protocol_version() == SSL.TLS1_3_VERSION
    assert session.get_peer_certificate() is None
    assert not session.is_resumable()
    assert key_session().get_alpn_selected() == b""
    assert key_session().get_hostname() is None
    for end in pump.connected(
        *(
            with_key(contexts.blank_context("TLSv1.3"), session, cipher=cipher.encode())
            for _ in range(2)
        )
    ):
        assert end.get_psk_identity() == IDENTITY
        assert end.get_cipher_name() == cipher


# ---- what does not fit


def refused(ends: pump.Pair) -> None:
    """The server reads nothing, and the handshake goes on."""
    assert taken(ends.server, flight(ends)) == b""
    early.finish(ends)
    assert early.statuses(ends) == ["rejected", "rejected"]
    assert ends.server.get_psk_identity() == IDENTITY


def test_a_wrong_key_reads_nothing() -> None:
    ends = ends_with(key_session(), key_session(bytes(32)))
    ends.server.bio_write(flight(ends))
    with pytest.raises(SSL.Error):
        ends.server.read_early_data(100)
    pump.shuttle(ends.server, ends.client)
    with pytest.raises(SSL.Error):
        ends.client.do_handshake()


@pytest.mark.parametrize("server_key", [KEY, key_session(most=0)])
def test_a_server_whose_key_allows_none(server_key: bytes | SSL.Session) -> None:
    """libssl would begin to read, and end the connection."""
    refused(ends_with(server_key, key_session()))


@pytest.mark.differs("early data by a pre-shared")
def test_a_server_that_says_nothing_of_replays() -> None:
    ends = ends_with(key_session(), key_session(), allow=False)
    refused(ends)
    ends = ends_with(key_session(), key_session(), allow=False)
    ends.server.set_options(SSL.OP_NO_ANTI_REPLAY)
    assert taken(ends.server, flight(ends)) == b"early"


def test_a_replay_is_the_programs_to_know() -> None:
    """By the client's random, which nobody can change in a recorded flight."""
    seen: set[bytes] = set()

    def first(connection: SSL.Connection) -> bool:
        random = connection.client_random()
        known = random in seen
        seen.add(random)
        return not known

    server = with_key(contexts.blank_context("TLSv1.3"), key_session(), allow=False)
    server.set_allow_early_data_callback(first)
    client = with_key(contexts.blank_context("TLSv1.3"), key_session())
    ends = pump.pair(server, client)
    hello = flight(ends, b"pay")
    victims = [pump.pair(server, client).server for _ in range(3)]
    assert [taken(victim, hello) for victim in victims] == [b"pay", b"", b""]
    # With another random it is another hello, and nobody without the key can bind it.
    at = hello.index(next(iter(seen)))
    changed = hello[:at] + bytes(32) + hello[at + 32 :]
    victim = pump.pair(server, client).server
    victim.bio_write(changed)
    with pytest.raises(SSL.Error):
        victim.read_early_data(100)


def test_another_cipher_of_the_same_digest() -> None:
    """What is sent early is encrypted by the key's own, and the answer would be by another."""
    ends = ends_with(key_session(), key_session(), cipher=CHACHA.encode())
    refused(ends)
    assert ends.client.get_cipher_name() == CHACHA


def test_another_digest_is_another_key() -> None:
    server = with_key(
        contexts.blank_context("TLSv1.3"), key_session(cipher=SHA384), cipher=SHA384.encode()
    )
    client = with_key(contexts.blank_context("TLSv1.3"), key_session(), cipher=SHA384.encode())
    ends = pump.pair(server, client)
    failures = []
    for call in (lambda: taken(ends.server, flight(ends)), ends.server.do_handshake):
        with pytest.raises(SSL.Error) as failed:
            call()
        failures.append(failed.value.alert_sent)
    assert failures[0]


@pytest.mark.parametrize("bound", [b"h2", None])
def test_another_protocol(bound: bytes | None) -> None:
    for chosen in (b"h2", b"http/1.1"):
        session = key_session(alpn=bound)
        ends = ends_with(session, session)
        ends.client.get_context().set_alpn_protos([b"h2", b"http/1.1"])
        ends.server.get_context().set_alpn_select_callback(
            lambda _connection, _offered, chosen=chosen: chosen
        )
        ends = made_again(ends)
        if chosen == bound:
            assert taken(ends.server, flight(ends)) == b"early"
        else:
            refused(ends)


def test_a_protocol_that_the_client_does_not_offer() -> None:
    ends = ends_with(key_session(alpn=b"h2"), key_session(alpn=b"h2"))
    ends.client.set_alpn_protos([b"http/1.1"])
    with verdicts.protocol_error("(?i)alpn"):
        ends.client.write_early_data(b"early")
    assert pump.outgoing(ends.client)[:1] == ALERT


def test_another_host() -> None:
    for asked in (b"brisk.test", b"other.test"):
        ends = ends_with(key_session(hostname=b"brisk.test"), key_session())
        ends.client.set_tlsext_host_name(asked)
        if asked == b"brisk.test":
            assert taken(ends.server, flight(ends)) == b"early"
        else:
            refused(ends)
    refused(ends_with(key_session(hostname=b"brisk.test"), key_session()))
    ends = ends_with(key_session(), key_session(hostname=b"brisk.test"))
    ends.client.set_tlsext_host_name(b"other.test")
    with verdicts.protocol_error("(?i)sni"):
        ends.client.write_early_data(b"early")
    assert pump.outgoing(ends.client)[:1] == ALERT


def test_no_more_than_the_key_allows() -> None:
    ends = ends_with(key_session(most=10), key_session(most=10))
    with verdicts.protocol_error("allows 10 bytes"):
        ends.client.write_early_data(b"x" * 11)
    hello = flight(ends, b"x" * 10)
    with verdicts.protocol_error("10 of them are sent"):
        ends.client.write_early_data(b"x")
    assert taken(ends.server, hello) == b"x" * 10
    # A client that thinks it may send more than the server's key allows.
    ends = ends_with(key_session(most=10), key_session(most=100))
    ends.server.bio_write(flight(ends, b"x" * 90))
    with pytest.raises(SSL.Error, match="too much early data"):
        ends.server.read_early_data(100)


def test_a_server_that_asks_for_another_hello() -> None:
    ends = ends_with(key_session(), key_session())
    ends.server.set_groups_list(b"P-384")
    ends.client.set_groups_list(b"X25519:P-384")
    refused(ends)


@pytest.mark.parametrize("serving", [True, False])
def test_a_certificate_is_required(serving: bool) -> None:
    ends = ends_with(key_session(), key_session())
    strict = ends.server if serving else ends.client
    strict.set_verify(REQUIRED)
    if not serving:
        with verdicts.protocol_error("early data needs"):
            ends.client.write_early_data(b"early")
        assert pump.outgoing(ends.client) == b""
        return
    assert taken(ends.server, flight(ends)) == b""
    failures = pump.handshake_outcome(*ends)
    assert verdicts.is_protocol_error(failures.server, "a certificate is required")


def test_a_certificate_is_required_while_data_is_read() -> None:
    ends = ends_with(key_session(), key_session())
    ends.server.bio_write(flight(ends, b"early bird"))
    assert ends.server.read_early_data(5) == b"early"
    ends.server.set_verify(REQUIRED)
    with verdicts.protocol_error("a certificate is required"):
        ends.server.read_early_data(5)


def test_a_client_without_tls_1_3() -> None:
    ends = ends_with(key_session(), key_session())
    ends.client.get_context().set_min_proto_version(0)
    client = SSL.Connection(ends.client.get_context(), None)
    client.set_connect_state()
    client.set_options(SSL.OP_NO_TLSv1_3)
    with pytest.raises(SSL.Error):
        client.write_early_data(b"early bird")
    assert b"bird" not in pump.outgoing(client)


# ---- when the hook is asked


def test_the_hook_is_asked_once_for_a_hello() -> None:
    asked: list[object] = []
    ends = ends_with(key_session(), key_session())
    sessions = [key_session(most=0), key_session()]
    ends.client.get_context().set_psk_use_session_callback(
        lambda connection: asked.append(connection) or (IDENTITY, sessions[len(asked) - 1])
    )
    client = SSL.Connection(ends.client.get_context(), None)
    client.set_connect_state()
    with verdicts.protocol_error("early data needs"):
        client.write_early_data(b"early")
    assert pump.outgoing(client) == b""
    assert client.write_early_data(b"early") == 5
    assert asked == [client, client]
    assert taken(ends.server, pump.outgoing(client)) == b"early"
    ends = pump.Pair(ends.server, client)
    early.read_to_the_end(ends)
    early.finish(ends)


class Broken(Exception):
    pass


def test_what_the_hook_raises_leaves_the_connection_as_it_was() -> None:
    ends = ends_with(key_session(), key_session())
    answers: list[object] = [Broken(), None, (IDENTITY, KEY, SHA384), (IDENTITY, key_session())]

    def use(_connection: SSL.Connection) -> object:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    ends.client.get_context().set_psk_use_session_callback(use)  # type: ignore[arg-type]
    client = SSL.Connection(ends.client.get_context(), None)
    client.set_connect_state()
    with pytest.raises(Broken):
        client.write_early_data(b"early")
    for _ in range(2):
        with verdicts.protocol_error("early data needs"):
            client.write_early_data(b"early")
    assert client.write_early_data(b"early") == 5
    assert taken(ends.server, pump.outgoing(client)) == b"early"


def test_the_hook_cannot_use_its_connection() -> None:
    ends = ends_with(key_session(), key_session())
    ends.client.get_context().set_psk_use_session_callback(
        lambda connection: connection.do_handshake()
    )
    client = SSL.Connection(ends.client.get_context(), None)
    client.set_connect_state()
    with verdicts.protocol_error("called from a callback|already sending"):
        client.write_early_data(b"early")


# ---- nothing more than a key


def test_it_goes_nowhere_but_to_callbacks_for_keys() -> None:
    session = key_session()
    server = contexts.server_context(version="TLSv1.3")
    ends = pump.pair(server, contexts.client_context(version="TLSv1.3"))
    with pytest.raises(ValueError, match="callback"):
        ends.client.set_session(session)
    with pytest.raises(ValueError, match="stands for no handshake"):
        server.add_session(session)
    server.set_session_get_callback(lambda _connection, _name: session)
    # A ticket's would be looked up so in TLS 1.2.
    client = contexts.client_context(version="TLSv1.2")
    old = contexts.server_context(version="TLSv1.2")
    old.set_options(SSL.OP_NO_TICKET)
    old.set_session_id(b"here")
    old.set_session_cache_mode(SSL.SESS_CACHE_SERVER | SSL.SESS_CACHE_NO_INTERNAL)
    old.set_session_get_callback(lambda _connection, _name: session)
    again = pump.pair(old, client)
    again.client.set_session(early.session_of(old, client))
    outcome = pump.handshake_outcome(*again)
    assert isinstance(outcome.server, ValueError)
    assert "stands for no handshake" in str(outcome.server)


def test_read_again_it_is_nobodys() -> None:
    client = contexts.client_context(version="TLSv1.3")
    server = contexts.server_context(version="TLSv1.3")
    session = SSL.Session.from_bytes(key_session().to_bytes(b"secret"), client, b"secret")
    ends = pump.pair(server, client)
    ends.client.set_session(session)
    with verdicts.protocol_error("early data needs"):
        ends.client.write_early_data(b"early")
    pump.handshake(*ends)
    assert not ends.client.session_reused()
    assert ends.client.get_peer_certificate() is not None
    with pytest.raises(ValueError, match="from_psk"):
        pump.handshake(*ends_with(key_session(), session))


def test_a_session_of_a_handshake_is_no_key() -> None:
    server, client = early.contexts_for_early_data()
    session = early.session_of(server, client)
    ends = ends_with(key_session(), session)
    with pytest.raises(ValueError, match="from_psk"):
        ends.client.write_early_data(b"early")
    outcome = pump.handshake_outcome(*ends_with(session, key_session()))
    assert isinstance(outcome.server, ValueError)
    assert isinstance(outcome.client, SSL.Error)


def test_what_is_made_by_it_is_not_resumed() -> None:
    ends = ends_with(key_session(), key_session())
    assert taken(ends.server, flight(ends)) == b"early"
    early.read_to_the_end(ends)
    early.finish(ends)
    pump.drain(ends.client)
    made = ends.client.get_session()
    assert made is not None
    assert made.get_peer_certificate() is None
    client = ends.client.get_context()
    client.set_psk_use_session_callback(None)
    again = pump.pair(ends.server.get_context(), client)
    again.client.set_session(made)
    with verdicts.protocol_error("early data needs"):
        again.client.write_early_data(b"early")
    assert isinstance(pump.handshake_outcome(*again).server, SSL.Error)


def test_beside_a_session_that_was_verified() -> None:
    """It is offered first, so early data is under it; where it allows none there is none."""
    for most in (500, 0):
        server = contexts.server_context(version="TLSv1.3")
        server.set_session_id(b"here")
        server.set_max_early_data(most)
        client = contexts.client_context(version="TLSv1.3")
        client.load_verify_locations(authority.trust_file())
        client.set_verify(SSL.VERIFY_PEER)
        ends = pump.pair(server, client)
        ends.client.set_session(early.session_of(server, client))
        ends.client.get_context().set_psk_use_session_callback(
            lambda _connection: (IDENTITY, key_session())
        )
        fresh = pump.pair(server, client)
        fresh.client.set_session(early.session_of(server, client))
        if most:
            assert fresh.client.write_early_data(b"early") == 5
            assert taken(fresh.server, pump.outgoing(fresh.client)) == b"early"
            assert fresh.server.get_psk_identity() is None
        else:
            with verdicts.protocol_error("early data needs"):
                fresh.client.write_early_data(b"early")


# ---- what is no session


@pytest.mark.parametrize(
    ("arguments", "names", "error"),
    [
        ((), {}, TypeError),
        (("text",), {}, TypeError),
        ((b"",), {}, ValueError),
        ((bytes(513),), {}, ValueError),
        ((KEY, b"TLS_AES_128_GCM_SHA256"), {}, TypeError),
        ((KEY, "AES128-SHA"), {}, ValueError),
        ((KEY, ""), {}, ValueError),
        ((KEY,), {"max_early_data": -1}, OverflowError),
        ((KEY,), {"max_early_data": 1 << 32}, OverflowError),
        ((KEY,), {"max_early_data": "1"}, TypeError),
        ((KEY,), {"alpn": ""}, TypeError),
        ((KEY,), {"alpn": b""}, ValueError),
        ((KEY,), {"alpn": bytes(256)}, ValueError),
        ((KEY,), {"hostname": 1}, TypeError),
        ((KEY,), {"hostname": b""}, ValueError),
        ((KEY,), {"hostname": "a\0b"}, ValueError),
        ((KEY,), {"hostname": "x" * 256}, ValueError),
    ],
)
def test_what_no_session_is_made_of(
    arguments: tuple[object, ...], names: dict[str, object], error: type[Exception]
) -> None:
    with pytest.raises(error):
        SSL.Session.from_psk(*arguments, **names)  # type: ignore[arg-type]


@pytest.mark.parametrize("answer", [(IDENTITY, key_session(), SHA384), (IDENTITY, "text"), (b"x",)])
def test_what_no_callback_may_say(answer: tuple[object, ...]) -> None:
    ends = ends_with(key_session(), key_session())
    ends.client.get_context().set_psk_use_session_callback(
        lambda _connection: answer  # type: ignore[arg-type, return-value]
    )
    ends = pump.pair(ends.server.get_context(), ends.client.get_context())
    assert isinstance(pump.handshake_outcome(*ends).client, TypeError)


# ---- with OpenSSL's programs


def kept(path: Path, session: SSL.Session) -> str:
    path.write_text(pem_of(session))
    return str(path)


@pytest.mark.parametrize("most", [1000, 0])
def test_a_client_of_openssl(most: int, tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(b"early bird")
    server = with_key(contexts.blank_context("TLSv1.3"), key_session(most=most))
    found: list[bytes] = []

    def serve(listener: socket.socket) -> None:
        sock, _peer = listener.accept()
        with sockets.server_end(server, sock) as end:
            while part := end.read_early_data(1000):
                found.append(part)
                end.write_early_data(b"at once ")
            end.do_handshake()
            sockets.echo(end)

    with sockets.listener() as listener:
        serving = sockets.in_thread(serve, listener)
        with programs.running(
            *("openssl", "s_client", "-connect"),
            f"{sockets.LOOPBACK}:{listener.getsockname()[1]}",
            *("-psk_session", kept(tmp_path / "session", key_session())),
            *("-psk_identity", IDENTITY.decode(), "-early_data", str(tmp_path / "data")),
            *("-ciphersuites", "TLS_AES_128_GCM_SHA256"),
        ) as program:
            program.expect("Early data was accepted" if most else "Early data was rejected")
            program.write(b"over the wire\n")
            program.expect("over the wire")
            program.write(b"Q\n")
            assert program.finish() == 0
        serving.result(sockets.PATIENCE)
    assert found == ([b"early bird"] if most else [])


@pytest.mark.parametrize("key", [KEY, bytes(32)])
def test_a_server_of_openssl(key: bytes, tmp_path: Path) -> None:
    client = with_key(contexts.blank_context("TLSv1.3"), key_session(key))
    with programs.running(
        *("openssl", "s_server", "-accept", f"{sockets.LOOPBACK}:0", "-nocert"),
        *("-psk_session", kept(tmp_path / "session", key_session())),
        *("-psk_identity", IDENTITY.decode(), "-early_data", "-max_early_data", "1000"),
        *("-ciphersuites", "TLS_AES_128_GCM_SHA256", "-tls1_3", "-no_anti_replay"),
    ) as program:
        port = int(program.expect(r"^ACCEPT .*:(\d+)").group(1))
        with (
            socket.create_connection((sockets.LOOPBACK, port)) as sock,
            sockets.client_end(client, sock) as end,
        ):
            assert end.write_early_data(b"early bird\n") == 11
            if key != KEY:
                with pytest.raises(SSL.Error):
                    end.do_handshake()
                return
            end.do_handshake()
            assert end.get_early_data_status() == "accepted"
            program.expect("early bird")
            program.write(b"hello\n")
            assert sockets.receive_exactly(end, 6) == b"hello\n"
            end.shutdown()
