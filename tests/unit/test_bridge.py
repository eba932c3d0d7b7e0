"""A bridged context: an ``ssl.SSLContext`` over ours, beside the standard one."""

from __future__ import annotations

import contextlib
import gc
import socket
import ssl
import subprocess
import sys
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from kit import authority, contexts
from kit.sockets import PATIENCE, in_thread, tcp_pair
from OpenSSL import SSL
from OpenSSL._bridge import SSLContext, SSLObject, SSLSocket
from OpenSSL._bridge.objects import ObjectLink
from OpenSSL._bridge.sockets import SocketLink

KINDS = ["ours", "standard"]


def client(kind: str = "ours", **fields: Any) -> Any:
    made: Any = (SSLContext if kind == "ours" else ssl.SSLContext)(ssl.PROTOCOL_TLS_CLIENT)
    made.load_verify_locations(authority.trust_file())
    for name, value in fields.items():
        setattr(made, name, value)
    return made


def server(kind: str = "ours", who: authority.Identity | None = None, **fields: Any) -> Any:
    made: Any = (SSLContext if kind == "ours" else ssl.SSLContext)(ssl.PROTOCOL_TLS_SERVER)
    files = (who or authority.identity()).files
    made.load_cert_chain(files.chain, files.key)
    for name, value in fields.items():
        setattr(made, name, value)
    return made


@contextlib.contextmanager
def talking(one: Any, other: Any, name: str = "localhost") -> Iterator[tuple[Any, Any]]:
    """A server's and a client's socket after their handshake."""
    with tcp_pair() as (serving, asking):
        serving.settimeout(PATIENCE)
        asking.settimeout(PATIENCE)
        accepted = in_thread(one.wrap_socket, serving, server_side=True)
        with (
            other.wrap_socket(asking, server_hostname=name) as connected,
            accepted.result(PATIENCE) as serving_tls,
        ):
            yield serving_tls, connected


def refused(one: Any, other: Any, name: str = "localhost") -> tuple[Any, Any]:
    """What the server and the client raise."""
    with tcp_pair() as (serving, asking):
        serving.settimeout(PATIENCE)
        asking.settimeout(PATIENCE)
        accepted = in_thread(one.wrap_socket, serving, server_side=True)
        with pytest.raises(OSError) as caught:
            other.wrap_socket(asking, server_hostname=name)
        return accepted.exception(PATIENCE), caught.value


def in_memory(one: Any, other: Any, name: str | None = "localhost") -> tuple[Any, Any, Any]:
    """A server's and a client's object, and what moves their bytes."""
    a, b = ssl.MemoryBIO(), ssl.MemoryBIO()
    serving = one.wrap_bio(a, b, server_side=True)
    asking = other.wrap_bio(b, a, server_hostname=name)

    def until(*calls: Callable[[], object]) -> None:
        waiting = list(calls)
        for _ in range(30):
            for call in list(waiting):
                with contextlib.suppress(ssl.SSLWantReadError):
                    call()
                    waiting.remove(call)
            if not waiting:
                return
        raise AssertionError("they stand still")

    until(asking.do_handshake, serving.do_handshake)
    return serving, asking, until


# ---- the classes


def test_everything_is_what_programs_ask_for() -> None:
    context = contexts.client_context().as_ssl_context()
    assert isinstance(context, ssl.SSLContext)
    serving, asking, _ = in_memory(server(), context)
    assert isinstance(asking, ssl.SSLObject) and isinstance(asking, SSLObject)
    assert isinstance(asking.connection, SSL.Connection)
    with talking(server(), context) as (one, other):
        for each in (one, other):
            assert isinstance(each, ssl.SSLSocket) and isinstance(each, SSLSocket)
            assert isinstance(each.connection, SSL.Connection)
    assert other.connection is None
    del serving


def test_importing_the_windows_imports_no_ssl() -> None:
    code = "import sys, OpenSSL.SSL, OpenSSL.crypto; assert 'ssl' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_nothing_goes_to_the_modules_own_object() -> None:
    """What `ssl` has in C, and newer Pythons add there, is answered here or not at all."""
    internal: Any = ssl._ssl  # type: ignore[attr-defined]
    ours = [one for one in SSLContext.__mro__ if one.__module__.startswith("OpenSSL")]
    names = [name for name in dir(internal._SSLContext) if not name.startswith("__")]
    lost = [name for name in names if not any(name in vars(one) for one in ours)]
    # Only the bridge itself looks at these.
    assert lost == ["_host_flags"]
    for link in (SocketLink, ObjectLink):
        names = [name for name in dir(internal._SSLSocket) if not name.startswith("__")]
        assert [name for name in names if not hasattr(link, name)] == []


def test_pre_shared_keys_are_refused_in_words() -> None:
    context = contexts.server_context().as_ssl_context()
    for call in (context.set_psk_client_callback, context.set_psk_server_callback):
        call(None)
        with pytest.raises(NotImplementedError, match="pre-shared"):
            call(lambda *about: b"key")


@pytest.mark.parametrize("name", [".test", "a..test", b"k\xf6nig.test"])
def test_a_bad_name_costs_the_socket_and_nothing_else(name) -> None:
    with tcp_pair() as (one, other):
        with pytest.raises(ValueError):
            client().wrap_socket(other, server_hostname=name)
        assert other.fileno() == -1
        one.settimeout(PATIENCE)
        assert one.recv(1) == b""


def test_a_context_of_datagrams_has_no_bridge() -> None:
    for method in (SSL.DTLS_METHOD, SSL.DTLS_CLIENT_METHOD, SSL.DTLS_SERVER_METHOD):
        with pytest.raises(ValueError, match="DTLS"):
            SSL.Context(method).as_ssl_context()


@pytest.mark.parametrize("one", KINDS)
@pytest.mark.parametrize("other", KINDS)
@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_both_sides_tell_what_the_standard_module_tells(one, other, version) -> None:
    only = ssl.TLSVersion[version]
    asking = client(other, maximum_version=only, minimum_version=only)
    serving = server(one)
    for each in (asking, serving):
        each.set_alpn_protocols(["h2", "http/1.1"])
    with talking(serving, asking) as (a, b):
        a.sendall(b"hello")
        assert b.recv(100) == b"hello"
        assert a.cipher() == b.cipher()
        assert a.version() == b.version() == version.replace("_", ".")
        assert a.selected_alpn_protocol() == b.selected_alpn_protocol() == "h2"
        assert b.getpeercert()["subjectAltName"][0] == ("DNS", "localhost")
        certificate = ssl.PEM_cert_to_DER_cert(authority.identity().files.certificate.read_text())
        assert b.getpeercert(True) == certificate
        assert a.getpeercert() is None
        assert a.get_channel_binding() == b.get_channel_binding()
        assert a.compression() is b.compression() is None
        # Before 3.11.7 the standard module's client names its own here.
        assert other == "standard" or b.shared_ciphers() is None
        assert b.cipher() in a.shared_ciphers()


# ---- who is let in


def test_a_common_name_is_no_host_name_unless_it_is_asked_for() -> None:
    who = authority.authority().issue("localhost", names=(), addresses=())
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.load_verify_locations(authority.trust_file())
    context.set_verify(SSL.VERIFY_PEER)
    bridge = context.as_ssl_context()
    assert not bridge.hostname_checks_common_name
    _, error = refused(server(who=who), bridge)
    assert isinstance(error, ssl.SSLCertVerificationError)
    bridge.hostname_checks_common_name = True
    with talking(server(who=who), bridge):
        pass
    # Made by its name it is like the module's own.
    for kind in KINDS:
        assert client(kind).hostname_checks_common_name
        with talking(server(who=who), client(kind)):
            pass


@pytest.mark.parametrize("make", ["context", "class"])
@pytest.mark.parametrize("way", ["socket", "object"])
def test_a_wrong_host_is_refused(make, way) -> None:
    context = contexts.client_context().as_ssl_context() if make == "context" else client()
    assert context.check_hostname
    if way == "socket":
        error = refused(server(), context, "other.test")[1]
    else:
        with pytest.raises(ssl.SSLCertVerificationError) as caught:
            in_memory(server(), context, "other.test")
        error = caught.value
    assert isinstance(error, ssl.SSLCertVerificationError) and error.verify_code == 62
    standard = refused(server(), client("standard"), "other.test")[1]
    assert error.verify_message == standard.verify_message
    assert (error.reason, error.library) == (standard.reason, standard.library)
    assert standard.strerror.startswith(error.strerror)


def test_a_client_that_verifies_never_goes_without_a_name() -> None:
    context = contexts.client_context().as_ssl_context()
    with pytest.raises(ValueError, match="server_hostname"):
        context.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO())
    with socket.socket() as sock, pytest.raises(ValueError, match="server_hostname"):
        context.wrap_socket(sock)
    context.check_hostname = False
    context.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO())


def test_a_client_that_verifies_requires_a_certificate() -> None:
    # Programs warn where it does not; urllib3 asks just so.
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    bridge = context.as_ssl_context()
    assert bridge.verify_mode == ssl.CERT_NONE
    context.set_verify(SSL.VERIFY_PEER)
    assert bridge.verify_mode == ssl.CERT_REQUIRED
    for mode in (ssl.CERT_OPTIONAL, ssl.CERT_REQUIRED):
        bridge.verify_mode = mode
        assert bridge.verify_mode == mode
    server_side = SSL.Context(SSL.TLS_SERVER_METHOD)
    server_side.set_verify(SSL.VERIFY_PEER)
    assert server_side.as_ssl_context().verify_mode == ssl.CERT_OPTIONAL


def test_what_is_set_on_the_context_later_counts() -> None:
    ours = SSL.Context(SSL.TLS_METHOD)
    bridge = ours.as_ssl_context()
    assert (bridge.verify_mode, bridge.check_hostname) == (ssl.CERT_NONE, False)
    ours.set_verify(SSL.VERIFY_PEER)
    assert (bridge.verify_mode, bridge.check_hostname) == (ssl.CERT_OPTIONAL, True)
    bridge.check_hostname = True
    ours.set_verify(SSL.VERIFY_NONE)
    with pytest.raises(ValueError, match="verifies"):
        bridge.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="localhost")


def test_a_verify_callback_stays_when_the_mode_is_set() -> None:
    ours = contexts.client_context()
    asked = []
    ours.set_verify(SSL.VERIFY_PEER, lambda *about: asked.append(about) or False)
    bridge = ours.as_ssl_context()
    bridge.verify_mode = ssl.CERT_REQUIRED
    with pytest.raises(ssl.SSLCertVerificationError):
        in_memory(server(), bridge)
    assert asked


def test_a_server_that_verifies_its_clients_needs_no_name() -> None:
    serving = contexts.server_context(require_client=True).as_ssl_context()
    asking = contexts.client_context(authority.client_identity()).as_ssl_context()
    with talking(serving, asking) as (one, _other):
        assert one.getpeercert()["subject"]
    error, _ = refused(serving, client(maximum_version=ssl.TLSVersion.TLSv1_2))
    assert error.reason == "PEER_DID_NOT_RETURN_A_CERTIFICATE"


def test_addresses_are_hosts_too() -> None:
    with talking(server(), client(), "127.0.0.1"):
        pass
    error = refused(server(), client(), "127.0.0.2")[1]
    assert error.verify_code == 64


# ---- no plain text


def test_shutting_a_direction_leaves_the_rest_encrypted() -> None:
    with talking(server("standard"), client()) as (one, other):
        other.shutdown(socket.SHUT_RD)
        other.sendall(b"secret")
        assert one.recv(100) == b"secret"
    with talking(server("standard"), client()) as (one, other):
        other.shutdown(socket.SHUT_WR)
        one.sendall(b"decrypted")
        assert other.recv(100) == b"decrypted"
        with pytest.raises(OSError):
            other.send(b"more")


def test_after_a_failed_connect_nothing_is_sent() -> None:
    received = []

    def serve(listening: socket.socket) -> None:
        sock, _ = listening.accept()
        sock.settimeout(PATIENCE)
        with sock:
            tls = server().wrap_bio(a := ssl.MemoryBIO(), b := ssl.MemoryBIO(), server_side=True)
            while True:
                with contextlib.suppress(OSError):
                    tls.do_handshake()
                with contextlib.suppress(OSError):
                    sock.sendall(b.read())
                try:
                    data = sock.recv(65536)
                except OSError:
                    return
                if not data:
                    return
                received.append(data)
                a.write(data)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        done = in_thread(serve, listening)
        sock = client().wrap_socket(socket.socket(), server_hostname="other.test")
        sock.settimeout(PATIENCE)
        with pytest.raises(ssl.SSLCertVerificationError):
            sock.connect(listening.getsockname())
        for call in (lambda: sock.send(b"secret"), lambda: sock.sendall(b"secret")):
            with pytest.raises(ssl.SSLError):
                call()
        sock.close()
        done.result(PATIENCE)
    assert b"secret" not in b"".join(received)


@pytest.mark.parametrize("name", ["sendmsg", "recvmsg", "recvmsg_into", "dup"])
def test_what_goes_around_tls_is_refused(name) -> None:
    with talking(server(), client()) as (_one, other), pytest.raises(NotImplementedError):
        getattr(other, name)()


# ---- moving bytes


@pytest.mark.parametrize("one", KINDS)
def test_files_large_messages_and_buffers(one) -> None:
    data = bytes(range(256)) * 8000
    with talking(server(one), client()) as (a, b):
        sent = in_thread(a.sendall, data)
        with b.makefile("rb") as file:
            assert file.read(len(data)) == data
        sent.result(PATIENCE)
        room = bytearray(10)
        a.sendall(b"0123456789abc")
        assert b.recv_into(room) == 10 and room == b"0123456789"
        assert b.pending() == 3
        assert b.read(10) == b"abc"


def test_a_record_at_a_time_is_taken_from_the_caller() -> None:
    serving, asking, _ = in_memory(server("standard"), client())
    with pytest.raises(ssl.SSLWantReadError):
        asking.read(1)  # the tickets
    incoming = asking._sslobj._incoming
    for part in (b"one", b"two", b"three"):
        serving.write(part)
    before = incoming.pending
    assert asking.read(100) == b"one"
    assert 0 < incoming.pending < before
    assert (asking.read(2), asking.pending(), asking.read(9)) == (b"tw", 1, b"o")
    assert asking.read(0, room := bytearray(16)) == 5 and room.startswith(b"three")


@pytest.mark.parametrize("size", [1, 2, 4, 5, 6, 100])
def test_bytes_may_come_in_pieces_of_any_size(size) -> None:
    a, b, c, d = (ssl.MemoryBIO() for _ in range(4))
    serving = server().wrap_bio(a, b, server_side=True)
    asking = client().wrap_bio(c, d, server_hostname="localhost")
    done = set()
    for _ in range(20_000):
        for each in (serving, asking):
            if each not in done:
                with contextlib.suppress(ssl.SSLWantReadError):
                    each.do_handshake()
                    done.add(each)
        a.write(d.read(size))
        c.write(b.read(size))
        if len(done) == 2:
            break
    assert len(done) == 2


@pytest.mark.parametrize(
    "junk",
    [b"GET / HTTP/1.0\r\n\r\n", b"\x80\x2e\x01\x03\x01", b"\xff" * 40, b"\x16\x03\x01\xff\xff"],
)
@pytest.mark.parametrize("size", [1, 3, 64])
def test_junk_is_an_error_or_waits_for_more_and_never_hangs(junk, size) -> None:
    incoming = ssl.MemoryBIO()
    serving = server().wrap_bio(incoming, ssl.MemoryBIO(), server_side=True)
    for at in range(0, len(junk), size):
        incoming.write(junk[at : at + size])
        with contextlib.suppress(ssl.SSLError):
            serving.do_handshake()
    incoming.write_eof()
    with pytest.raises(ssl.SSLError):
        for _ in range(5):
            serving.do_handshake()


def test_the_end_of_the_transport_is_no_clean_end() -> None:
    ours = contexts.client_context().as_ssl_context()
    _, asking, _ = in_memory(server("standard"), ours)
    asking._sslobj._incoming.write_eof()
    with pytest.raises(ssl.SSLEOFError) as caught:
        for _ in range(3):
            asking.read(1)
    assert caught.value.reason == "UNEXPECTED_EOF_WHILE_READING"


@pytest.mark.parametrize("one", KINDS)
def test_both_say_goodbye(one) -> None:
    with talking(server(one), client()) as (a, b):
        said = in_thread(a.unwrap)
        plain = b.unwrap()
        other = said.result(PATIENCE)
        assert b.connection is None
        plain.sendall(b"plain")
        assert other.recv(10) == b"plain"
    serving, asking, until = in_memory(server(one), client())
    until(serving.unwrap, asking.unwrap)


def test_time_limits_and_non_blocking_sockets() -> None:
    with talking(server("standard"), client()) as (_one, other):
        other.settimeout(0.05)
        with pytest.raises(TimeoutError, match="read operation timed out"):
            while True:
                other.recv(1)
        other.setblocking(False)
        with pytest.raises(ssl.SSLWantReadError):
            other.recv(1)
        sent = 0
        with pytest.raises(ssl.SSLWantWriteError):
            while True:
                sent += other.send(b"x" * 100_000)
        assert sent
    with tcp_pair() as (_serving, asking):
        asking.settimeout(0.05)
        with pytest.raises(TimeoutError, match="handshake operation timed out"):
            client().wrap_socket(asking, server_hostname="localhost")


# ---- lifetimes


def test_a_socket_that_is_let_go_is_closed_at_once() -> None:
    gc.collect()
    gc.disable()
    try:
        with talking(server(), client()) as (_one, other):
            known = weakref.ref(other)
            connection = other.connection
        del other, _one
        assert known() is None
        with pytest.raises(SSL.SysCallError):
            connection.send(b"x")
    finally:
        gc.enable()


# ---- callbacks


def test_a_name_callback_chooses_a_context_or_an_alert() -> None:
    other = server(who=authority.identity("rsa"))
    first = server()
    told = []

    def choose(sock: Any, name: str | None, context: Any) -> int | None:
        told.append((type(sock), name, context is first))
        sock.context = other
        return None

    first.sni_callback = choose
    with talking(first, client()) as (one, two):
        assert one.context is other
        assert two.connection.get_peer_certificate().get_pubkey().type() == 6  # RSA
    assert told == [(SSLSocket, "localhost", True)]
    first.sni_callback = lambda *about: ssl.ALERT_DESCRIPTION_ACCESS_DENIED
    assert refused(first, client())[1].reason == "TLSV1_ALERT_ACCESS_DENIED"
    first.sni_callback = None
    with talking(first, client()):
        pass


def test_what_a_name_callback_raises_costs_its_connection_only(monkeypatch) -> None:
    told: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda about: told.append(about.exc_value))
    serving = server()

    def wrong(*about: object) -> None:
        raise ZeroDivisionError

    serving.sni_callback = wrong
    error, other = refused(serving, client())
    assert error.reason == "CALLBACK_FAILED"
    assert other.reason == "SSLV3_ALERT_HANDSHAKE_FAILURE"
    assert isinstance(told[0], ZeroDivisionError)


def test_keys_are_logged(tmp_path) -> None:
    log = tmp_path / "keys"
    asking = client(keylog_filename=log)
    assert asking.keylog_filename == log
    with talking(server(), asking):
        pass
    lines = log.read_text().splitlines()
    assert lines[0].startswith("#") and len(lines) == 6
    asking.keylog_filename = None
    with talking(server(), asking):
        pass
    assert len(log.read_text().splitlines()) == 6
    with pytest.raises(OSError):
        asking.keylog_filename = tmp_path


def test_sessions_are_resumed() -> None:
    serving, asking = server(), client(maximum_version=ssl.TLSVersion.TLSv1_2)
    with talking(serving, asking) as (_one, other):
        session = other.session
        assert not other.session_reused
        assert session.id and session.has_ticket and session.timeout
    with tcp_pair() as (a, b):
        accepted = in_thread(serving.wrap_socket, a, server_side=True)
        with (
            asking.wrap_socket(b, server_hostname="localhost", session=session) as again,
            accepted.result(PATIENCE),
        ):
            assert again.session_reused
            with pytest.raises(ValueError, match="after handshake"):
                again.session = session
    with pytest.raises(ValueError, match="different SSLContext"):
        client().wrap_bio(
            ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="localhost", session=session
        )


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
@pytest.mark.parametrize("named", [b"", b"our service"])
def test_a_server_that_verifies_resumes_who_asks_for_it(version, named) -> None:
    """Programs hand sessions on by themselves; aioftp does, for its data."""
    only = ssl.TLSVersion[version]
    context = contexts.server_context(require_client=True)
    if named:
        context.set_session_id(named)
    serving = context.as_ssl_context()
    asking = client("standard", maximum_version=only)
    files = authority.client_identity().files
    asking.load_cert_chain(files.chain, files.key)
    session = None
    for resumed in (False, True):
        with tcp_pair() as (a, b):
            accepted = in_thread(serving.wrap_socket, a, server_side=True)
            with (
                asking.wrap_socket(b, server_hostname="localhost", session=session) as one,
                accepted.result(PATIENCE) as other,
            ):
                other.sendall(b"x")
                assert one.recv(1) == b"x"
                session = one.session
                assert one.session_reused == other.session_reused == resumed


def test_an_encrypted_key_needs_its_password() -> None:
    files = authority.identity().files
    context = SSLContext(ssl.PROTOCOL_TLS_SERVER)
    for wrong in (None, b"wrong", lambda: "wrong"):
        with pytest.raises(ssl.SSLError):
            context.load_cert_chain(files.chain, files.key_encrypted, wrong)
    for bad in (42, lambda: 42):
        with pytest.raises(TypeError):
            context.load_cert_chain(files.chain, files.key_encrypted, bad)
    right = authority.PASSPHRASE
    for good in (right, right.decode(), lambda: bytearray(right)):
        context.load_cert_chain(files.chain, files.key_encrypted, good)
    with talking(context, client()):
        pass


# ---- bad input


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("verify_mode", value) for value in (3, -1, "x", None)],
        *[("options", value) for value in (-1, "x", None)],
        *[("verify_flags", value) for value in (-1, "x", None)],
        *[("minimum_version", value) for value in (-7, 99, "x", None)],
        *[("maximum_version", value) for value in (-7, 99, "x", None)],
        *[("sni_callback", value) for value in (1, "x")],
        *[("num_tickets", value) for value in (-1, "x", None)],
        *[("keylog_filename", value) for value in (1.5, object())],
    ],
)
def test_wrong_attributes_are_refused_and_change_nothing(name, value) -> None:
    for context in (SSLContext(ssl.PROTOCOL_TLS_SERVER), client()):
        before = getattr(context, name)
        with pytest.raises((TypeError, ValueError, OverflowError)):
            setattr(context, name, value)
        assert getattr(context, name) == before


@pytest.mark.parametrize(
    "call",
    [
        lambda c: c.load_cert_chain(None),
        lambda c: c.load_cert_chain("/nowhere/at/all"),
        lambda c: c.load_verify_locations(),
        lambda c: c.load_verify_locations("/nowhere/at/all"),
        lambda c: c.load_verify_locations(cadata=""),
        lambda c: c.load_verify_locations(cadata="broken"),
        lambda c: c.load_verify_locations(cadata=b"broken"),
        lambda c: c.load_verify_locations(cadata=42),
        lambda c: c.set_ciphers("nothing of that name"),
        lambda c: c.set_ciphers(b"ALL"),
        lambda c: c.set_ecdh_curve("nothing of that name"),
        lambda c: c.load_dh_params("/nowhere/at/all"),
        lambda c: c.set_alpn_protocols([""]),
        lambda c: c.set_alpn_protocols([b"h2"]),
        lambda c: c.wrap_bio(1, 2, server_hostname="localhost"),
        lambda c: c.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname=""),
        lambda c: c.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname=".test"),
        lambda c: c.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="a\0b"),
        lambda c: c.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname=42),
        lambda c: c.wrap_bio(
            ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="localhost", session=42
        ),
        lambda c: c.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_side=True),
    ],
)
def test_wrong_calls_raise_what_the_standard_module_raises(call) -> None:
    raised = []
    for kind in KINDS:
        with pytest.raises(Exception) as caught:
            call(client(kind))
        raised.append(caught.value)
    assert type(raised[0]) is type(raised[1]), raised
    if isinstance(raised[0], OSError):
        assert (raised[0].errno, getattr(raised[0], "reason", 0)) == (
            raised[1].errno,
            getattr(raised[1], "reason", 0),
        )


def test_a_peer_that_misbehaves_costs_its_own_connection() -> None:
    serving = server()
    with (
        socket.create_server(("127.0.0.1", 0)) as listening,
        serving.wrap_socket(listening, server_side=True) as tls,
    ):
        for junk in (b"GET / HTTP/1.0\r\n\r\n", b"\x16\x03\x01\0\x05hello", b""):
            with socket.create_connection(tls.getsockname()) as sock:
                sock.sendall(junk)
                sock.shutdown(socket.SHUT_WR)
                with pytest.raises(OSError):
                    tls.accept()
        accepted = in_thread(tls.accept)
        with client().wrap_socket(
            socket.create_connection(tls.getsockname()), server_hostname="localhost"
        ) as good:
            one, _ = accepted.result(PATIENCE)
            with one:
                one.sendall(b"fine")
                assert good.recv(10) == b"fine"
