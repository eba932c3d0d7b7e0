"""A bridged context: an ``ssl.SSLContext`` over ours, beside the standard one."""

from __future__ import annotations

import contextlib
import socket
import ssl
import subprocess
import sys
from typing import Any

import pytest

from kit import authority, contexts
from kit.bridged_pairs import KINDS, client, in_memory, refused, server, talking
from kit.sockets import PATIENCE, in_thread, tcp_pair
from OpenSSL import SSL
from OpenSSL._bridge import SSLContext, SSLObject, SSLSocket
from OpenSSL._bridge.objects import ObjectLink
from OpenSSL._bridge.sockets import SocketLink

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


@pytest.mark.differs("set_psk_client_callback, set_psk_server_callback")
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


@pytest.mark.differs("the common name of a certificate")
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


@pytest.mark.differs("wrap_bio of a client that checks")
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


@pytest.mark.differs("SSLSocket.shutdown(how)")
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


@pytest.mark.differs("an SSLSocket whose connect failed")
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
