"""What peers do once they are connected: new keys, new handshakes, resumption, stapling."""

from __future__ import annotations

import contextlib
import datetime
import re
import socket

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp

from kit import authority, contexts, peers, sockets, stdlib
from kit.programs import running
from OpenSSL import SSL


@contextlib.contextmanager
def chatty_client(port, version):
    """``openssl s_client`` that obeys the letters K, k and R."""
    switch = {"TLSv1.2": "-tls1_2", "TLSv1.3": "-tls1_3"}[version]
    with running(
        *("openssl", "s_client", "-connect", f"{sockets.LOOPBACK}:{port}"),
        *("-CAfile", str(authority.trust_file()), switch),
    ) as program:
        program.expect(r"^ *Verify return code: 0 \(ok\)")
        yield program


@pytest.mark.parametrize("letter", [b"k", b"K"], ids=["our keys too", "their keys"])
@pytest.mark.holds("C39")
def test_a_key_update(letter):
    with (
        sockets.ThreadedServer(contexts.server_context(version="TLSv1.3")) as server,
        chatty_client(server.port, "TLSv1.3") as program,
    ):
        program.write(b"before\n")
        program.expect("^before")
        program.write(letter + b"\n")
        program.expect("KEYUPDATE")
        program.write(b"after\n")
        program.expect("^after")
        assert program.finish() == 0
    assert server.failures == []


def test_we_renegotiate():
    """Up to version 1.2 a server may ask for another handshake in mid-connection."""
    finished = []

    def renegotiates(connection):
        finished.append(connection.get_finished())
        assert connection.renegotiate()
        assert connection.renegotiate_pending()
        connection.do_handshake()
        connection.sendall(b"asked")
        # The handshake happens while we wait for this answer.
        assert sockets.receive_exactly(connection, 6) == b"answer"
        assert not connection.renegotiate_pending()
        assert connection.total_renegotiations() == 1
        finished.append(connection.get_finished())
        sockets.echo(connection)

    context = contexts.server_context(version="TLSv1.2")
    with (
        sockets.ThreadedServer(context, renegotiates) as server,
        stdlib.client(server.port) as sock,
    ):
        assert sock.recv(5) == b"asked"
        sock.sendall(b"answer")
        sock.unwrap().close()
    assert server.failures == []
    assert finished[0] != finished[1]


@pytest.mark.holds("C39")
def test_a_client_may_not_renegotiate():
    """OpenSSL forbids it to clients unless it is told otherwise."""
    with (
        sockets.ThreadedServer(contexts.server_context(version="TLSv1.2")) as server,
        chatty_client(server.port, "TLSv1.2") as program,
    ):
        program.write(b"before\n")
        program.expect("^before")
        program.write(b"R\n")
        program.expect("no renegotiation")
        program.finish()
    assert len(server.failures) <= 1


@pytest.mark.parametrize("tickets", [True, False], ids=["tickets", "session cache"])
@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
def test_gnutls_resumes(version, tickets):
    context = contexts.server_context(version=version)
    context.set_session_id(b"ours")
    if not tickets:
        context.set_options(SSL.OP_NO_TICKET)
    with (
        # Libssl caches a session of version 1.2 when its last message is sent already, and a
        # quick client is back before that.
        sockets.ThreadedServer(context, in_turn=True) as server,
        peers.gnutls_client(server.port, None, "--resume", version=version) as client,
    ):
        # It only reads the tickets of version 1.3 while it waits for an answer.
        client.say(b"first\n")
        client.finish()
        assert "This is a resumed session" in client.program.output


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
def test_the_standard_library_resumes(version):
    context = contexts.server_context(version=version)
    context.set_session_id(b"ours")
    client = stdlib.client_context(version=version)
    session, reused = None, []
    with sockets.ThreadedServer(context) as server:
        for _ in range(3):
            with stdlib.client(server.port, context=client, session=session) as sock:
                sock.sendall(b"x")
                assert sock.recv(1) == b"x"
                reused.append(sock.session_reused)
                session = sock.session
                sock.unwrap().close()
    assert server.failures == []
    assert reused == [False, True, True]


def staple():
    """A response that says the server's certificate is good, signed by its issuer."""
    trusted = authority.authority()
    now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0, tzinfo=None)
    builder = ocsp.OCSPResponseBuilder().add_response(
        cert=authority.identity().certificate,
        issuer=trusted.intermediate,
        algorithm=hashes.SHA1(),  # by which OpenSSL's server looks for it from 3.6 on
        cert_status=ocsp.OCSPCertStatus.GOOD,
        this_update=now - datetime.timedelta(hours=1),
        next_update=now + datetime.timedelta(hours=1),
        revocation_time=None,
        revocation_reason=None,
    )
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, trusted.intermediate)
    response = builder.sign(trusted.intermediate_key, hashes.SHA256())
    return response.public_bytes(serialization.Encoding.DER)


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
def test_a_stapled_response_reaches_others(version):
    context = contexts.server_context(version=version)
    context.set_ocsp_server_callback(lambda _connection, _data: staple())
    with (
        sockets.ThreadedServer(context) as server,
        peers.gnutls_client(server.port, None, "--ocsp", version=version) as client,
    ):
        client.told()
        client.finish()
        assert re.search(r"(?i)options:.*OCSP status request", client.program.output)
    assert server.failures == []


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
def test_a_stapled_response_reaches_us(version, tmp_path):
    path = tmp_path / "staple.der"
    path.write_bytes(staple())
    seen = []
    context = contexts.client_context(version=version)
    context.set_ocsp_client_callback(lambda _end, data, _userdata: seen.append(data) or True)
    with (
        peers.openssl_server(None, "-status_file", str(path), version=version) as server,
        socket.create_connection((sockets.LOOPBACK, server.port)) as sock,
    ):
        client = sockets.client_end(context, sock)
        client.request_ocsp()
        client.do_handshake()
        client.shutdown()
    assert seen == [path.read_bytes()]
