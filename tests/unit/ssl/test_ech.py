"""Hellos that go encrypted, and what follows where they cannot be read."""

from __future__ import annotations

import socket
import subprocess
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path

import pytest

from kit import authority, contexts, peers, programs, pump, sockets
from OpenSSL import SSL
from OpenSSL._face.common import library

THERE = library.features()["ech"]
newer = pytest.mark.skipif(not THERE, reason="this OpenSSL has no Encrypted Client Hello")
HOST = authority.HOST.encode()
PUBLIC = b"front.test"
REQUIRED = 121


def store_of(*names: str, for_retry: bool = False) -> SSL.ECHStore:
    """A store whose keys are told to clients whose own are out of date, or not."""
    store = SSL.ECHStore()
    for name in names or (PUBLIC.decode(),):
        store.new_config(name, for_retry=for_retry)
    return store


def front() -> authority.Identity:
    return authority.authority().issue("front", names=[PUBLIC.decode()])


def server_context(
    store: SSL.ECHStore | None, who: authority.Identity | None = None
) -> SSL.Context:
    context = contexts.server_context(who)
    if store is not None:
        context.set_echstore(store)
    return context


def ends(
    server: SSL.Context, configurations: bytes | None, client: SSL.Context | None = None
) -> pump.Pair:
    both = pump.pair(server, client or contexts.client_context(), HOST)
    both.client.set_host(authority.HOST)
    if configurations is not None:
        both.client.set_ech_config_list(configurations)
    return both


def hello_of(both: pump.Pair) -> bytes:
    pump.step(both.client.do_handshake)
    hello = pump.outgoing(both.client)
    both.server.bio_write(hello)
    return hello


def hosts(plain: SSL.Context) -> SSL.Context:
    """Serve what is asked for: the hidden host, or the one that everybody may know."""
    inner = contexts.server_context()
    plain.set_tlsext_servername_callback(
        lambda connection: (
            connection.set_context(inner) if connection.get_servername() == HOST else None
        )
    )
    return plain


# ---- without it


@pytest.mark.skipif(THERE, reason="this OpenSSL has Encrypted Client Hello")
def test_an_older_openssl_is_told_apart() -> None:
    context = SSL.Context(SSL.TLS_METHOD)
    connection = SSL.Connection(context, None)
    calls: list[Callable[[], object]] = [
        SSL.ECHStore,
        lambda: context.set_echstore(None),
        lambda: connection.set_ech_config_list(b"list"),
        lambda: connection.set_ech_outer_server_name("front.test"),
        lambda: connection.set_ech_outer_alpn_protos([b"h2"]),
        lambda: connection.set_ech_grease_suite("x25519,hkdf-sha256,aes-128-gcm"),
    ]
    for call in calls:
        with pytest.raises(NotImplementedError, match=r"4\.0"):
            call()


def test_nobody_has_tried() -> None:
    both = pump.pair(contexts.server_context(), contexts.client_context(), HOST)
    pump.handshake(*both)
    for end in both:
        assert end.get_ech_status() == ("not_configured", None, None)
        assert end.get_ech_retry_config() is None


def test_wrong_arguments() -> None:
    context = SSL.Context(SSL.TLS_METHOD)
    connection = SSL.Connection(context, None)
    for bad in ("", "a" * 256, "münchen.test", "a\0b"):
        with pytest.raises(ValueError):
            connection.set_ech_outer_server_name(bad)
    with pytest.raises(TypeError):
        connection.set_ech_outer_server_name(b"front.test")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        connection.set_ech_config_list("text")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        connection.set_ech_config_list(None)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        context.set_echstore(b"store")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        connection.set_ech_grease_suite(b"suite")  # type: ignore[arg-type]


# ---- keys


@newer
def test_what_a_store_has() -> None:
    store = SSL.ECHStore()
    assert store.get_entries() == []
    store.new_config("one.test", 20)
    store.new_config("two.test", suite="p-256,hkdf-sha256,aes-256-gcm")
    first, second = store.get_entries()
    assert first["public_name"] == "one.test"
    assert second["public_name"] == "two.test"
    assert first["has_private_key"]
    assert first["age"] >= 0
    other = SSL.ECHStore()
    other.read_pem(store.write_pem(0), for_retry=True)
    other.read_config_list(store.get_config_list())
    told = other.get_entries()
    assert [each["public_name"] for each in told] == ["one.test", "one.test", "two.test"]
    assert [each["has_private_key"] for each in told] == [True, False, False]
    assert told[0]["for_retry"]
    other.flush_keys(0)
    assert [each["has_private_key"] for each in other.get_entries()] == [False, False]
    SSL.ECHStore().flush_keys(0)


@newer
def test_what_a_store_refuses() -> None:
    store = SSL.ECHStore()
    for bad in (b"", b"text", b"-----BEGIN ECHCONFIG-----\nAAAA\n-----END ECHCONFIG-----\n"):
        with pytest.raises(SSL.Error):
            store.read_pem(bad)
        with pytest.raises(SSL.Error):
            store.read_config_list(bad)
    with pytest.raises(SSL.Error):
        store.write_pem()
    with pytest.raises(SSL.Error):
        store.get_config_list()
    for name, length in (("", 0), ("front.test", 256), ("front.test", -1), ("x" * 256, 0)):
        with pytest.raises(ValueError):
            store.new_config(name, length)
    with pytest.raises(ValueError, match="suite"):
        store.new_config("front.test", suite="rot13")
    with pytest.raises(ValueError):
        store.write_pem(-2)
    with pytest.raises(ValueError):
        store.flush_keys(-1)
    assert store.get_entries() == []


# ---- it works


@newer
def test_the_name_is_hidden() -> None:
    store = store_of()
    seen: list[bytes | None] = []
    context = server_context(store)
    context.set_tlsext_servername_callback(lambda end: seen.append(end.get_servername()))
    both = ends(context, store.get_config_list())
    hello = hello_of(both)
    assert HOST not in hello
    assert PUBLIC in hello
    pump.handshake(*both)
    assert seen == [HOST]
    assert both.client.get_ech_status() == ("success", HOST, PUBLIC)
    assert both.server.get_ech_status()[0] == "success"
    assert both.server.get_servername() == HOST
    assert both.client.get_ech_retry_config() is None
    assert pump.transfer(both.client, both.server, b"there") == b"there"


@newer
def test_the_callbacks_are_shown_what_was_hidden() -> None:
    store = store_of()
    shown: list[SSL.ClientHello] = []
    offered: list[list[bytes]] = []
    context = server_context(store)

    def show(_connection: SSL.Connection, hello: SSL.ClientHello) -> None:
        shown.append(hello)

    def select(_connection: SSL.Connection, protocols: list[bytes]) -> bytes:
        offered.append(protocols)
        return b"h2"

    context.set_client_hello_callback(show)
    context.set_alpn_select_callback(select)
    both = ends(context, store.get_config_list())
    both.client.set_alpn_protos([b"h2"])
    both.client.set_ech_outer_alpn_protos([b"http/1.1"])
    assert b"http/1.1" in hello_of(both)
    pump.handshake(*both)
    (hello,) = shown
    assert hello.server_name == HOST
    assert offered == [[b"h2"]]
    assert both.client.get_alpn_proto_negotiated() == b"h2"


@newer
def test_another_public_name_and_none() -> None:
    store = store_of()
    for name in ("other.test", None):
        both = ends(server_context(store), store.get_config_list())
        both.client.set_ech_outer_server_name(name)
        hello = hello_of(both)
        assert PUBLIC not in hello
        assert HOST not in hello
        assert (b"other.test" in hello) is (name is not None)
        pump.handshake(*both)
        assert both.client.get_ech_status()[0] == "success"


@newer
def test_a_session_is_resumed_with_it() -> None:
    store = store_of()
    server, client = server_context(store), contexts.client_context()
    first = ends(server, store.get_config_list(), client)
    pump.handshake(*first)
    assert pump.transfer(first.server, first.client, b"there") == b"there"
    session = first.client.get_session()
    assert session is not None
    second = ends(server, store.get_config_list(), client)
    second.client.set_session(session)
    assert HOST not in hello_of(second)
    pump.handshake(*second)
    assert second.client.session_reused()
    assert second.client.get_ech_status()[0] == "success"


# ---- it does not


def refusal(both: pump.Pair) -> SSL.Error:
    outcome = pump.handshake_outcome(*both)
    assert isinstance(outcome.client, SSL.Error)
    assert outcome.client.args[0][0][2].startswith("the server refused Encrypted Client Hello")
    with pytest.raises(SSL.Error):
        both.client.send(b"secret")
    return outcome.client


@newer
def test_keys_that_are_out_of_date_are_replaced() -> None:
    new, old = store_of(for_retry=True), store_of()
    context = hosts(server_context(new, front()))
    both = ends(context, old.get_config_list())
    error = refusal(both)
    assert PUBLIC.decode() in str(error)
    assert error.alert == REQUIRED
    assert error.alert_sent
    assert both.client.get_ech_status() == ("failed_ech", HOST, PUBLIC)
    newer_ones = both.client.get_ech_retry_config()
    assert newer_ones is not None
    again = ends(context, newer_ones)
    pump.handshake(*again)
    assert again.client.get_ech_status()[0] == "success"


@pytest.mark.differs("an Error where Encrypted Client")
@newer
def test_a_server_that_is_not_the_public_one_tells_no_keys() -> None:
    new, old = store_of(for_retry=True), store_of()
    both = ends(server_context(new), old.get_config_list())
    error = refusal(both)
    assert "certificate verify failed" in str(error)
    assert error.verify_code == SSL.X509VerificationCodes.ERR_HOSTNAME_MISMATCH
    assert both.client.get_ech_status()[0] == "failed_ech_bad_name"
    assert both.client.get_ech_retry_config() is None


@pytest.mark.differs("get_ech_retry_config without")
@newer
def test_without_verification_no_keys_are_believed() -> None:
    new, old = store_of(for_retry=True), store_of()
    client = contexts.client_context(verify=False)
    both = ends(server_context(new, front()), old.get_config_list(), client)
    refusal(both)
    assert both.client.get_ech_retry_config() is None


@newer
@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
def test_a_server_that_does_not_know_it(version: str) -> None:
    both = ends(contexts.server_context(front(), version=version), store_of().get_config_list())
    assert HOST not in hello_of(both)
    refusal(both)


@pytest.mark.differs("a client with configurations")
@newer
def test_no_earlier_session_passes_it_by() -> None:
    """In TLS 1.2 a session is offered in the open, and the server shows no certificate then."""
    server, client = contexts.server_context(version="TLSv1.2"), contexts.client_context()
    first = ends(server, None, client)
    pump.handshake(*first)
    session = first.client.get_session()
    assert session is not None
    both = ends(server, store_of().get_config_list(), client)
    both.client.set_session(session)
    outcome = pump.handshake_outcome(*both)
    assert isinstance(outcome.client, SSL.Error)
    with pytest.raises(SSL.Error):
        both.client.send(b"secret")


@newer
@pytest.mark.parametrize("how", ["version", "option", "datagrams"])
def test_it_needs_tls_1_3(how: str) -> None:
    context = contexts.client_context()
    if how == "datagrams":
        context = SSL.Context(SSL.DTLS_METHOD)
    elif how == "version":
        context.set_max_proto_version(SSL.TLS1_2_VERSION)
    else:
        context.set_options(SSL.OP_NO_TLSv1_3)
    client = SSL.Connection(context, None)
    client.set_connect_state()
    client.set_tlsext_host_name(HOST)
    client.set_ech_config_list(store_of().get_config_list())
    with pytest.raises(SSL.Error, match=r"TLS 1\.3"):
        client.do_handshake()
    assert pump.outgoing(client) == b""


@newer
def test_a_bad_list_changes_nothing() -> None:
    store = store_of()
    both = ends(server_context(store), store.get_config_list())
    for bad in (b"", b"list", store.get_config_list()[:-1], store.get_config_list() + b"x"):
        with pytest.raises(SSL.Error):
            both.client.set_ech_config_list(bad)
    assert HOST not in hello_of(both)
    with pytest.raises(SSL.Error, match="too late"):
        both.client.set_ech_config_list(store.get_config_list())
    pump.handshake(*both)
    assert both.client.get_ech_status()[0] == "success"


# ---- what looks like it


@newer
@pytest.mark.parametrize("how", ["option", "suite"])
def test_something_that_looks_like_it(how: str) -> None:
    store = store_of(for_retry=True)
    both = ends(server_context(store), None)
    if how == "option":
        both.client.set_options(SSL.OP_ECH_GREASE)
    else:
        both.client.set_ech_grease_suite("x25519,hkdf-sha256,aes-128-gcm")
    hello = hello_of(both)
    assert b"\xfe\x0d" in hello
    assert HOST in hello
    pump.handshake(*both)
    assert both.client.get_ech_status()[0] in ("grease", "grease_ech")
    with pytest.raises(ValueError, match="suite"):
        pump.pair(contexts.server_context(), contexts.client_context()).client.set_ech_grease_suite(
            "rot13"
        )


# ---- the openssl program


def knows_it() -> bool:
    command = [programs.need("openssl"), "s_server", "-help"]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    return "-ech_key" in told.stdout + told.stderr


@newer
def test_a_server_of_openssl(tmp_path: Path) -> None:
    if not knows_it():
        pytest.skip("the openssl program is older than 4.0")
    store = store_of()
    path = tmp_path / "keys.pem"
    path.write_bytes(store.write_pem())
    with (
        peers.openssl_server(None, "-ech_key", str(path), version="TLSv1.3") as server,
        socket.create_connection((sockets.LOOPBACK, server.port)) as sock,
        sockets.client_end(contexts.client_context(), sock) as end,
    ):
        end.set_tlsext_host_name(HOST)
        end.set_host(authority.HOST)
        end.set_ech_config_list(store.get_config_list())
        end.do_handshake()
        assert end.get_ech_status() == ("success", HOST, PUBLIC)
        end.sendall(b"hello\n")
        assert sockets.receive_exactly(end, 6) == b"olleh\n"
        end.shutdown()


@newer
def test_a_server_of_openssl_without_the_key(tmp_path: Path) -> None:
    if not knows_it():
        pytest.skip("the openssl program is older than 4.0")
    path = tmp_path / "keys.pem"
    path.write_bytes(store_of().write_pem())
    with (
        peers.openssl_server(front(), "-ech_key", str(path), version="TLSv1.3") as server,
        socket.create_connection((sockets.LOOPBACK, server.port)) as sock,
        sockets.client_end(contexts.client_context(), sock) as end,
    ):
        end.set_tlsext_host_name(HOST)
        end.set_host(authority.HOST)
        end.set_ech_config_list(store_of().get_config_list())
        with pytest.raises(SSL.Error, match="the server refused Encrypted Client Hello"):
            end.do_handshake()
        assert end.get_ech_status() == ("failed_ech", HOST, PUBLIC)


@newer
def test_a_client_of_openssl() -> None:
    if not knows_it():
        pytest.skip("the openssl program is older than 4.0")
    store = store_of()
    statuses: list[tuple[str, bytes | None, bytes | None]] = []

    def serve(end: SSL.Connection) -> None:
        end.do_handshake()
        statuses.append(end.get_ech_status())
        sockets.echo(end)

    with (
        sockets.ThreadedServer(server_context(store), serve) as running,
        peers.openssl_client(
            running.port, None, "-ech_config_list", b64encode(store.get_config_list()).decode()
        ) as client,
    ):
        client.say(b"over the wire\n")
        client.program.expect("over the wire")
    assert statuses == [("success", HOST, PUBLIC)]
