"""Every way in which a socket moves data: through TLS, harmless, or refused."""

from __future__ import annotations

import io
import multiprocessing.connection
import os
import socket
import ssl
from collections.abc import Iterator

import pytest

from kit import authority, contexts, datagrams, sockets
from OpenSSL import SSL
from OpenSSL._face.ssl.attributes import SAFE

#: What a socket does that a Connection does through TLS, or before it.
THROUGH = {
    "accept", "connect", "connect_ex", "makefile", "recv", "recv_into", "recvmsg", "recvmsg_into",
    "send", "sendall", "sendfile", "sendmsg", "shutdown",
}  # fmt: skip
#: What a Connection refuses, and how.
REFUSED = {
    "detach": NotImplementedError, "dup": NotImplementedError, "share": NotImplementedError,
    "sendto": ValueError, "recvfrom": ValueError, "recvfrom_into": ValueError,
    "sendmsg_afalg": NotImplementedError,
}  # fmt: skip
#: Parts of Python's own implementation, which would move data or give the descriptor away.
INSIDE = {
    "_accept", "_check_sendfile_params", "_real_close", "_sendfile_use_send",
    "_sendfile_use_sendfile", "_sendfile_zerocopy",
}  # fmt: skip
#: What each of them is called with, where it may be called at all.
ARGUMENTS = {
    "share": (1,),
    "sendto": (b"secret", ("127.0.0.1", 9)),
    "recvfrom_into": (bytearray(9),),
}
NAMES = [name for name in dir(socket.socket) if name not in dir(object)]

Ends = tuple[SSL.Connection, SSL.Connection]


@pytest.fixture(params=["TLSv1.2", "TLSv1.3", "DTLS"])
def ends(request: pytest.FixtureRequest) -> Iterator[Ends]:
    if request.param == "DTLS":
        with datagrams.connected() as both:
            yield both
    else:
        context = contexts.server_context(version=request.param)
        with sockets.connected(context, contexts.client_context()) as both:
            yield both


@pytest.mark.differs("other attributes of the socket")
@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith("__")])
@pytest.mark.holds("F2")
def test_every_name_of_a_socket_has_been_looked_at(name: str, ends: Ends) -> None:
    classes = [each for each in (THROUGH, REFUSED, SAFE, INSIDE) if name in each]
    assert len(classes) == 1, f"{name}: is it carried through TLS, harmless, or refused?"
    own = hasattr(SSL.Connection, name)
    assert own == (name in THROUGH or name in REFUSED)
    # What is the Connection's own must not be its socket's.
    if name in SAFE:
        assert getattr(ends[1], name) == getattr(ends[1]._socket, name)
    if name in INSIDE:
        with pytest.raises(AttributeError, match="could go around TLS"):
            getattr(ends[1], name)


@pytest.mark.differs("sendto, recvfrom, recvfrom_into")
@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.holds("F2")
def test_what_is_refused_moves_nothing(name: str, ends: Ends) -> None:
    server, client = ends
    server.send(b"hello")
    with pytest.raises(REFUSED[name], match=f"{name} not allowed on instances of Connection"):
        getattr(client, name)(*ARGUMENTS.get(name, ()))
    assert client.recv(5) == b"hello"
    client.send(b"still here")
    assert server.recv(100) == b"still here"


def test_what_only_a_newer_python_has_is_refused(
    ends: Ends, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket.socket, "teleport", socket.socket.send, raising=False)
    monkeypatch.setattr(socket.socket, "beam", property(lambda sock: sock), raising=False)
    assert callable(ends[0]._socket.teleport)
    for name in ("teleport", "beam"):
        with pytest.raises(AttributeError, match="could go around TLS"):
            getattr(ends[0], name)
        assert not hasattr(ends[0], name)


def test_what_a_programs_own_socket_has_is_handed_out() -> None:
    class Own(socket.socket):
        mark = 7

        def double(self, number: int) -> int:
            return 2 * number + self.mark

    class Child(SSL.Connection):
        pass

    for kind in (SSL.Connection, Child):
        with Own() as sock:
            connection = kind(contexts.client_context(), sock)
            assert connection.double(4) == 15
            sock.colour = "red"
            assert connection.colour == "red"


class Delegate:
    """An object that has its attributes from a socket, as proxies do."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock

    def __getattr__(self, name: str) -> object:
        return getattr(self.sock, name)


def test_names_are_refused_whoever_has_them() -> None:
    with socket.socket() as sock:
        connection = SSL.Connection(contexts.client_context(), Delegate(sock))
        assert connection.gettimeout() is None
        for name in INSIDE & set(dir(socket.socket)):
            with pytest.raises(AttributeError, match="could go around TLS"):
                getattr(connection, name)


@pytest.mark.parametrize("name", ["readline", "readlines", "writelines", "readinto", "truncate"])
def test_a_files_own_ways_are_refused(name: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with io.FileIO(writing, "w") as file:
        connection = SSL.Connection(contexts.client_context(), file)
        assert connection.writable() is True
        assert hasattr(file, name)
        with pytest.raises(AttributeError, match="could go around TLS"):
            getattr(connection, name)


@pytest.mark.parametrize("name", ["send_bytes", "recv_bytes", "recv_bytes_into"])
def test_a_pipes_own_ways_are_refused(name: str) -> None:
    one, other = multiprocessing.connection.Pipe()
    with one, other:
        assert hasattr(one, name)
        with pytest.raises(AttributeError, match="could go around TLS"):
            getattr(SSL.Connection(contexts.client_context(), Bare(one)), name)
        with pytest.raises(AttributeError, match="could go around TLS"):
            getattr(SSL.Connection(contexts.client_context(), one), name)


class Bare:
    """Only what is needed of an object, and the rest of another one."""

    def __init__(self, other: object) -> None:
        self.other = other
        self.fileno = other.fileno

    def __getattr__(self, name: str) -> object:
        return getattr(self.other, name)


@pytest.mark.parametrize("name", ["unwrap", "getpeercert", "read_ahead", "context", "_sslobj"])
@pytest.mark.holds("A1")
def test_an_outer_tls_is_not_taken_for_the_inner_one(name: str) -> None:
    outer = ssl.create_default_context(cafile=str(authority.trust_file()))
    with (
        sockets.tcp_pair() as (_, sock),
        outer.wrap_socket(
            sock, server_hostname="localhost", do_handshake_on_connect=False
        ) as wrapped,
    ):
        inner = SSL.Connection(contexts.client_context(), wrapped)
        with pytest.raises(AttributeError):
            getattr(inner, name)


def test_a_memory_bio_refuses_the_same() -> None:
    connection = SSL.Connection(contexts.client_context())
    for name, kind in REFUSED.items():
        with pytest.raises(kind):
            getattr(connection, name)(*ARGUMENTS.get(name, ()))
    for name in SAFE:
        with pytest.raises(AttributeError, match=f"has no attribute '{name}'"):
            getattr(connection, name)
