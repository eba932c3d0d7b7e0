"""psycopg, which takes no context: its TLS is libpq's own.

So each end is proven by itself: libpq as the client of a bridged server, and psycopg without
TLS through a tunnel that is a bridged client of a real PostgreSQL.
"""

from __future__ import annotations

import contextlib
import shutil
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from adapters.postgres import USER, Postgres, postgres

from kit import authority, bridges
from kit.relays import relay
from kit.sockets import PATIENCE
from kit.web import BODY, CUT

#: What a client sends that wants TLS.
REQUEST = struct.pack("!II", 8, 80877103)
#: And the name that PostgreSQL's protocol has in ALPN.
PROTOCOL = "postgresql"
Join = Callable[[socket.socket], "tuple[socket.socket, socket.socket]"]


def copy(one: socket.socket, other: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := one.recv(65536):
            other.sendall(data)
    with contextlib.suppress(OSError):
        other.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def tunnel(join: Join) -> Iterator[int]:
    """The port of something that carries bytes between the two sockets of ``join``."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve(plain: socket.socket) -> None:
            plain.settimeout(PATIENCE)
            with plain, contextlib.suppress(OSError, EOFError):
                one, other = join(plain)
                with one, other:
                    back = threading.Thread(target=copy, args=(other, one), daemon=True)
                    back.start()
                    copy(one, other)
                    back.join(PATIENCE)

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    plain, _ = listening.accept()
                    threading.Thread(target=serve, args=(plain,), daemon=True).start()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join(PATIENCE)


def in_front_of(port: int, context: ssl.SSLContext) -> Join:
    """A server over a bridged context before a PostgreSQL without TLS."""

    def join(plain: socket.socket) -> tuple[socket.socket, socket.socket]:
        first = plain.recv(8, socket.MSG_PEEK)
        if first == REQUEST:
            plain.recv(8)
            plain.sendall(b"S")
        tls = context.wrap_socket(plain, server_side=True)
        return tls, socket.create_connection(("127.0.0.1", port), PATIENCE)

    return join


def towards(port: int, context: ssl.SSLContext) -> Join:
    """A client over a bridged context of a PostgreSQL with TLS."""

    def join(plain: socket.socket) -> tuple[socket.socket, socket.socket]:
        server = socket.create_connection(("127.0.0.1", port), PATIENCE)
        server.sendall(REQUEST)
        if server.recv(1) != b"S":
            server.close()
            raise EOFError("the server speaks no TLS")
        try:
            return plain, context.wrap_socket(server, server_hostname="localhost")
        except OSError:
            server.close()
            raise

    return join


@pytest.fixture(scope="module")
def plain() -> Iterator[Postgres]:
    with postgres(tls=False) as made:
        yield made


def connect(port: int, **options: Any) -> psycopg.Connection[Any]:
    options = {"sslmode": "verify-full", "sslrootcert": str(authority.trust_file()), **options}
    return psycopg.connect(
        host="localhost", port=port, user=USER, dbname="postgres", connect_timeout=20,
        gssencmode="disable", **options,
    )  # fmt: skip


def exchange(talk: psycopg.Connection[Any]) -> None:
    for count in (0, 1, 16385, len(BODY)):
        [got] = talk.execute("SELECT %b::bytea", [BODY[:count]]).fetchone() or [None]
        assert got == BODY[:count]


# ---- libpq as the client


@pytest.mark.parametrize("negotiation", ["postgres", "direct"])
def test_libpq_is_served_by_a_bridged_context(plain: Postgres, negotiation: str) -> None:
    context = bridges.serving(protocols=[PROTOCOL])
    with (
        tunnel(in_front_of(plain.port, context)) as port,
        connect(port, sslnegotiation=negotiation) as talk,
    ):
        exchange(talk)
        assert talk.pgconn.ssl_in_use


@pytest.mark.parametrize("what", ["host", "authority"])
def test_libpq_refuses_who_is_another(plain: Postgres, what: str) -> None:
    who = authority.wrong_host() if what == "host" else authority.stranger()
    with (
        tunnel(in_front_of(plain.port, bridges.serving(who))) as port,
        pytest.raises(psycopg.OperationalError, match="does not match|verify failed"),
    ):
        connect(port)


def test_libpq_shows_its_certificate(plain: Postgres, tmp_path: Path) -> None:
    context = bridges.serving(require_client=True)
    files = authority.client_identity().files
    key = Path(shutil.copy(files.key, tmp_path / "key"))
    key.chmod(0o600)  # it insists
    with tunnel(in_front_of(plain.port, context)) as port:
        with connect(port, sslcert=str(files.chain), sslkey=str(key)) as talk:
            exchange(talk)
        with pytest.raises(psycopg.OperationalError):
            connect(port, sslcert="", sslkey="")


def test_libpq_takes_a_cut_for_an_error(plain: Postgres) -> None:
    with (
        tunnel(in_front_of(plain.port, bridges.serving())) as port,
        relay(port, CUT) as cutting,
        connect(cutting.port) as talk,
    ):
        with pytest.raises(psycopg.OperationalError):
            talk.execute("SELECT %b::bytea", [BODY])
        assert talk.broken


# ---- through a bridged client


def test_a_tunnel_brings_it_to_a_real_server() -> None:
    with (
        postgres(require_client=True) as strict,
        tunnel(towards(strict.port, bridges.asking(authority.client_identity()))) as port,
        connect(port, sslmode="disable") as talk,
    ):
        exchange(talk)
        question = "SELECT ssl, client_dn FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
        told = talk.execute(question).fetchone()
        assert told is not None and told[0] is True and "CN=client" in told[1]


def test_a_tunnel_leads_to_nobody_else() -> None:
    with postgres(authority.wrong_host()) as other:
        for context in (bridges.asking(), bridges.asking(trusting=False)):
            with (
                tunnel(towards(other.port, context)) as port,
                pytest.raises(psycopg.OperationalError),
            ):
                connect(port, sslmode="disable")
