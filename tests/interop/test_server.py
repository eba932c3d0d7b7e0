"""We are the server; the clients are other people's."""

from __future__ import annotations

import re

import pytest

from kit import authority, contexts, peers, sockets, stdlib
from kit.told import same_cipher, told_by_us
from OpenSSL import SSL

VERSIONS = ["TLSv1.2", "TLSv1.3"]
PROGRAMS = [peers.openssl_client, peers.gnutls_client]

version_and_kind = [
    pytest.mark.parametrize("version", VERSIONS),
    pytest.mark.parametrize("kind", authority.KINDS),
    pytest.mark.parametrize("mutual", [False, True], ids=["anonymous", "mutual"]),
]


def every_certificate(test):
    for mark in version_and_kind:
        test = mark(test)
    return test


class Observed:
    """A server that notes what it negotiated and gives it to the test."""

    def __init__(self, version, kind, mutual):
        self.told = []
        self.identity = authority.client_identity(kind) if mutual else None
        context = contexts.server_context(
            authority.identity(kind), version=version, require_client=mutual
        )
        self.server = sockets.ThreadedServer(context, self._handle)

    def _handle(self, connection):
        self.told.append((told_by_us(connection), connection.get_servername()))
        sockets.echo(connection)

    def check(self, told, version, mutual):
        """Both sides must tell the same story."""
        assert self.server.failures == []
        ((ours, name),) = self.told
        assert ours.version == told.version == version
        assert same_cipher(ours.cipher, told.cipher)
        assert ours.common_name == ("client" if mutual else "")
        assert told.common_name == "server"
        assert name == authority.HOST.encode()


@pytest.mark.parametrize("client", PROGRAMS)
@every_certificate
def test_programs(client, version, kind, mutual):
    observed = Observed(version, kind, mutual)
    with (
        observed.server as server,
        client(server.port, observed.identity, version=version) as program,
    ):
        told = program.told()
        program.say(b"over the wire\n")
        program.expect("over the wire")
        assert program.finish() == 0
    observed.check(told, version, mutual)


@every_certificate
def test_the_standard_library(version, kind, mutual):
    observed = Observed(version, kind, mutual)
    with (
        observed.server as server,
        stdlib.client(server.port, observed.identity, version=version) as sock,
    ):
        told = stdlib.told_by(sock)
        sock.sendall(b"over the wire")
        assert sock.recv(100) == b"over the wire"
        sock.unwrap().close()
    observed.check(told, version, mutual)


def answer_http(connection):
    """One HTTP answer that repeats the request's body, then a clean close."""
    request = b""
    while b"\r\n\r\n" not in request:
        request += connection.recv(65536)
    head, _, body = request.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head.lower())
    while length and len(body) < int(length.group(1)):
        body += connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
    connection.shutdown()


@every_certificate
def test_curl(version, kind, mutual):
    mine = authority.client_identity(kind) if mutual else None
    context = contexts.server_context(
        authority.identity(kind), version=version, require_client=mutual
    )
    with (
        sockets.ThreadedServer(context, answer_http) as server,
        peers.curl(server.port, mine, "--data-binary", "over the wire", version=version) as curl,
    ):
        assert curl.finish() == 0, curl.report("failed")
        assert "over the wire" in curl.output
        assert f"SSL connection using {version}" in curl.output
        assert re.search(r"SSL certificate verif(y ok|ied)", curl.output)
    assert server.failures == []


def test_curl_uploads_a_file(tmp_path):
    (tmp_path / "up").write_bytes(bytes(range(256)) * 4096)
    with (
        sockets.ThreadedServer(contexts.server_context(), answer_http) as server,
        peers.curl(
            server.port,
            None,
            *("--data-binary", f"@{tmp_path}/up", "--output", str(tmp_path / "down")),
            *("--header", "Expect:"),
        ) as curl,
    ):
        assert curl.finish() == 0, curl.report("failed")
    assert (tmp_path / "down").read_bytes() == (tmp_path / "up").read_bytes()
    assert server.failures == []


@pytest.mark.parametrize("version", VERSIONS)
def test_alpn_is_negotiated(version):
    chosen = []
    context = contexts.server_context(version=version)
    context.set_alpn_select_callback(lambda _connection, offered: offered[-1])
    client = stdlib.client_context(version=version)
    client.set_alpn_protocols(["h2", "http/1.1"])
    with (
        sockets.ThreadedServer(
            context, lambda end: chosen.append(end.get_alpn_proto_negotiated()) or sockets.echo(end)
        ) as server,
        stdlib.client(server.port, context=client) as sock,
    ):
        assert sock.selected_alpn_protocol() == "http/1.1"
        sock.unwrap().close()
    assert chosen == [b"http/1.1"]


def test_names_choose_certificates():
    other = contexts.server_context(authority.wrong_host())
    context = contexts.server_context()

    def choose(connection):
        if connection.get_servername() == b"elsewhere.test":
            connection.set_context(other)

    context.set_tlsext_servername_callback(choose)
    with sockets.ThreadedServer(context) as server:
        for name, common_name in [("localhost", "server"), ("elsewhere.test", "elsewhere")]:
            with peers.openssl_client(
                server.port, None, "-servername", name, "-verify_hostname", name
            ) as program:
                assert program.told().common_name == common_name
                assert program.finish() == 0
    assert server.failures == []


def test_an_older_client_gets_what_it_can_speak():
    versions = []

    def handler(connection):
        versions.append(connection.get_protocol_version())
        sockets.echo(connection)

    with (
        sockets.ThreadedServer(contexts.server_context(), handler) as server,
        stdlib.client(server.port, version="TLSv1.2") as sock,
    ):
        sock.unwrap().close()
    assert versions == [SSL.TLS1_2_VERSION]
