"""A cache of our servers' own, and other people's clients that come back."""

from __future__ import annotations

import contextlib
import socket
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from kit import authority, contexts, sockets, stdlib
from kit.programs import need, surroundings
from OpenSSL import SSL

VERSIONS = ["TLSv1.2", "TLSv1.3"]
KEY = b"a secret of the program's own"


class Cache:
    """Bytes under ids, for several servers, and who was let in how."""

    def __init__(self) -> None:
        self.kept: dict[bytes, bytes] = {}
        self.outcomes: list[bool] = []

    def new(self, _connection: SSL.Connection, session: SSL.Session) -> None:
        self.kept[session.get_id()] = session.to_bytes(KEY)

    def get(self, connection: SSL.Connection, name: bytes) -> SSL.Session | None:
        kept = self.kept.get(name)
        if kept is None:
            return None
        return SSL.Session.from_bytes(kept, connection.get_context(), KEY)

    def greet(self, connection: SSL.Connection) -> None:
        self.outcomes.append(connection.session_reused())
        # The ways in which these clients leave are not looked at here.
        with contextlib.suppress(SSL.ZeroReturnError, SSL.SysCallError):
            connection.sendall(b"resumed\n" if connection.session_reused() else b"full\n")
            connection.recv(100)
            connection.shutdown()

    @contextlib.contextmanager
    def server(self, version: str, *, strict: bool = False) -> Iterator[int]:
        """The port of a server over this cache."""
        context = contexts.server_context(version=version, require_client=strict)
        context.set_options(SSL.OP_NO_TICKET)
        context.set_session_cache_mode(SSL.SESS_CACHE_SERVER | SSL.SESS_CACHE_NO_INTERNAL)
        context.set_session_new_callback(self.new)
        context.set_session_get_callback(self.get)
        with sockets.ThreadedServer(context, self.greet) as server:
            yield server.port
        assert server.failures == []


def openssl(port: int, *words: str) -> str:
    program = need("openssl")
    done = subprocess.run(
        [
            *(program, "s_client", "-connect", f"127.0.0.1:{port}", *words),
            *("-CAfile", str(authority.trust_file())),
        ],
        input=b"Q\n",
        capture_output=True,
        timeout=sockets.PATIENCE,
        check=False,
        env=surroundings(program),
    )
    return done.stdout.decode("utf-8", "replace")


@pytest.mark.parametrize("version", VERSIONS)
def test_the_openssl_program_comes_back_to_another_server(version: str, tmp_path: Path) -> None:
    cache, kept = Cache(), str(tmp_path / "session")
    with cache.server(version) as one, cache.server(version) as other:
        openssl(one, "-sess_out", kept, "-ign_eof")
        assert Path(kept).exists()
        openssl(other, "-sess_in", kept, "-ign_eof")
    assert cache.outcomes == [False, True]


def test_the_openssl_program_connects_again_and_again() -> None:
    cache = Cache()
    with cache.server("TLSv1.2") as port:
        said = openssl(port, "-reconnect")
    assert cache.outcomes == [False] + [True] * 5
    assert said.count("Reused, TLSv1.2") == 5


@pytest.mark.parametrize("version", VERSIONS)
def test_the_standard_module_comes_back_to_another_server(version: str) -> None:
    cache, context = Cache(), stdlib.client_context(version=version)
    session: ssl.SSLSession | None = None
    said = []
    with cache.server(version) as one, cache.server(version) as other:
        for port in (one, other, one):
            sock = socket.create_connection(("127.0.0.1", port), sockets.PATIENCE)
            with context.wrap_socket(sock, server_hostname="localhost", session=session) as tls:
                said.append(tls.recv(100))
                session = tls.session
    assert said == [b"full\n", b"resumed\n", b"resumed\n"]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_strict_server_takes_no_session_of_an_open_one(version: str, tmp_path: Path) -> None:
    cache, kept = Cache(), str(tmp_path / "session")
    with cache.server(version) as port:
        openssl(port, "-sess_out", kept, "-ign_eof")
    strict = contexts.server_context(version=version, require_client=True)
    strict.set_options(SSL.OP_NO_TICKET)
    strict.set_session_get_callback(cache.get)
    with sockets.ThreadedServer(strict, cache.greet) as server:
        openssl(server.port, "-sess_in", kept, "-ign_eof")
    assert [type(each) for each in server.failures] == [SSL.Error]
    assert "peer did not return a certificate" in str(server.failures[0])
    assert cache.outcomes == [False]
