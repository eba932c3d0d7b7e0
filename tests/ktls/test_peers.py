"""Other programs at the other end of kernel TLS."""

from __future__ import annotations

import errno
import os
import socket
import ssl
from pathlib import Path
from typing import Any

import pytest

from kit import authority, contexts, peers, sockets, stdlib
from OpenSSL import SSL

VERSIONS = ("TLSv1.2", "TLSv1.3")
SIZE = 3_000_017


def accepted(listening: Any, version: str) -> SSL.Connection:
    sock, _ = listening.accept()
    sock.settimeout(sockets.PATIENCE)
    server = sockets.server_end(contexts.server_context(version=version), sock)
    server.do_handshake()
    assert server.ktls_send
    return server


def dialled(port: int, version: str) -> SSL.Connection:
    sock = socket.socket()
    sock.settimeout(sockets.PATIENCE)
    client = SSL.Connection(contexts.client_context(version=version), sock)
    client.connect((sockets.LOOPBACK, port))
    client.set_tlsext_host_name(authority.HOST.encode())
    client.do_handshake()
    assert client.ktls_send
    return client


@pytest.mark.parametrize("version", VERSIONS)
def test_a_client_of_the_standard_module(version: str, tmp_path: Path) -> None:
    data = os.urandom(SIZE)
    (tmp_path / "file").write_bytes(data)

    def talk(port: int) -> tuple[bytes, bytes]:
        with stdlib.client(port, version=version) as sock:
            got = b"".join(iter(lambda: sock.recv(65536), b""))
            sock.sendall(data)
            sock.unwrap()
        return got[:SIZE], got[SIZE:]

    with sockets.listener() as listening:
        talking = sockets.in_thread(talk, listening.getsockname()[1])
        server = accepted(listening, version)
        with (tmp_path / "file").open("rb") as file:
            assert server.sendfile(file) == SIZE
        assert server.sendall(data) == SIZE
        server.shutdown()
        assert sockets.receive_all(server) == data
        assert talking.result(sockets.PATIENCE) == (data, data)
        server.close()


@pytest.mark.parametrize("version", VERSIONS)
def test_a_server_of_the_standard_module(version: str, tmp_path: Path) -> None:
    data = os.urandom(SIZE)
    (tmp_path / "file").write_bytes(data)
    with stdlib.server(version=version) as peer:
        client = dialled(peer.port, version)
        with (tmp_path / "file").open("rb") as file:
            sending = sockets.in_thread(client.sendfile, file)
            assert sockets.receive_exactly(client, SIZE) == data
            assert sending.result(sockets.PATIENCE) == SIZE
        sockets.close_cleanly(client)
    assert peer.failures == []


@pytest.mark.parametrize("version", VERSIONS)
def test_the_openssl_programs_server(version: str) -> None:
    with peers.openssl_server(version=version) as peer:
        client = dialled(peer.port, version)
        for number in range(20):
            line = f"line {number} {'x' * number}\n".encode()
            client.sendall(line)
            assert sockets.receive_exactly(client, len(line)) == peer.answer(line)
        client.shutdown()
        client.close()


@pytest.mark.parametrize("version", VERSIONS)
def test_the_openssl_programs_client(version: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"from a file, by the kernel\n" * 2000)
    with (
        sockets.listener() as listening,
        peers.openssl_client(listening.getsockname()[1], None, version=version) as peer,
    ):
        server = accepted(listening, version)
        peer.program.write(b"hello\n")
        assert server.recv(100) == b"hello\n"
        with (tmp_path / "file").open("rb") as file:
            server.sendfile(file)
        server.sendall(b"the end of it\n")
        peer.program.expect("the end of it")
        assert peer.program.output.count("from a file, by the kernel\n") == 2000
        sockets.close_cleanly(server)


def updating(listening: Any) -> Any:
    """``s_client`` that takes commands: k updates its keys, K asks for ours as well."""
    port = listening.getsockname()[1]
    return peers.running(
        *("openssl", "s_client", "-connect", f"{sockets.LOOPBACK}:{port}", "-tls1_3"),
        *("-CAfile", str(authority.trust_file())),
    )


def test_the_peers_new_keys() -> None:
    """libssl 3.0 decrypts TLS 1.3 itself; a kernel below 6.14 takes no second key."""
    with sockets.listener() as listening, updating(listening) as program:
        server = accepted(listening, "TLSv1.3")
        program.write(b"before\n")
        assert server.recv(100) == b"before\n"
        program.write(b"k\n")
        program.expect("KEYUPDATE")
        program.write(b"after\n")
        if server.ktls_recv:
            with pytest.raises(SSL.Error):
                server.recv(100)
            server.close()
            return
        assert server.recv(100) == b"after\n"
        server.sendall(b"still here\n")
        program.expect("still here")
        server.close()


def test_new_keys_that_the_kernel_has_not_been_given() -> None:
    """The answer goes out under the old key; nothing may follow under that one."""
    with sockets.listener() as listening, updating(listening) as program:
        server = accepted(listening, "TLSv1.3")
        server.sendall(b"welcome\n")
        program.expect("welcome")
        program.write(b"K\n")
        program.expect("KEYUPDATE")
        server.settimeout(0.5)
        with pytest.raises((TimeoutError, SSL.Error)):
            server.recv(100)
        with pytest.raises(SSL.Error) as caught:
            server.sendall(b"under which key?\n")
        # Where the kernel decrypts as well, the peer's new key was the end already.
        if not server.ktls_recv:
            assert caught.value.args == (errno.EKEYEXPIRED, "EKEYEXPIRED")
        assert "under which key" not in program.output
        server.close()


def test_the_standard_module_sees_a_clean_end() -> None:
    def talk(port: int) -> bytes:
        with stdlib.client(port) as sock:
            return b"".join(iter(lambda: sock.recv(65536), b""))

    with sockets.listener() as listening:
        talking = sockets.in_thread(talk, listening.getsockname()[1])
        sock, _ = listening.accept()
        server = sockets.server_end(contexts.server_context(), sock)
        with server:
            server.do_handshake()
            server.sendall(b"short")
        assert talking.result(sockets.PATIENCE) == b"short"


def test_the_standard_module_sees_a_truncation() -> None:
    def talk(port: int) -> bytes:
        with stdlib.client(port) as sock:
            sock.suppress_ragged_eofs = False
            return b"".join(iter(lambda: sock.recv(65536), b""))

    with sockets.listener() as listening:
        talking = sockets.in_thread(talk, listening.getsockname()[1])
        server = accepted(listening, "TLSv1.3")
        server.sendall(b"short")
        server.close()
        assert isinstance(talking.exception(sockets.PATIENCE), ssl.SSLError)
