"""``ssl.SSLSocket`` over a Connection.

Theory.  The socket owns its link, and the link must not own the socket: nothing would be
closed before the collector runs.  So the Connection stands on a ``Lent`` socket, which
knows the real one weakly and has no descriptor of its own.

Plain text: ``ssl.SSLSocket`` drops its TLS on ``shutdown`` and after a failed ``connect``,
and from then on its methods are a plain socket's.  Here TLS stays until ``unwrap`` says
that it is over; a connection that failed goes on failing.
"""

from __future__ import annotations

import _socket
import errno
import socket
import ssl
import weakref
from typing import TYPE_CHECKING, Any

from OpenSSL import _exceptions as ours
from OpenSSL._bridge.errors import made
from OpenSSL._bridge.links import Link, check_room, contents, gone

if TYPE_CHECKING:
    from OpenSSL._bridge.contexts import SSLContext
    from OpenSSL._face.ssl.connection import Connection

__all__ = ["SSLSocket", "SocketLink"]


class Lent(_socket.socket):
    """Somebody else's socket, without a hold on it."""

    __slots__ = ("_real",)

    _real: weakref.ref[socket.socket]

    def fileno(self) -> int:
        """Return the real socket's descriptor; -1 once it is closed or gone."""
        real = self._real()
        return -1 if real is None else real.fileno()

    def gettimeout(self) -> float | None:
        """Return the real socket's timeout in seconds."""
        real = self._real()
        return 0.0 if real is None else real.gettimeout()


def _forward(name: str) -> Any:
    def method(self: Lent, *args: Any) -> Any:
        real = self._real()
        if real is None:
            raise OSError(errno.EBADF, "the socket is gone")
        return getattr(real, name)(*args)

    method.__name__ = method.__qualname__ = name
    return method


for _name in (
    "close",
    "getblocking",
    "getpeername",
    "getsockname",
    "getsockopt",
    "setblocking",
    "setsockopt",
    "settimeout",
    "shutdown",
):
    setattr(Lent, _name, _forward(_name))


def lend(real: socket.socket) -> Lent:
    """Return a socket that stands for ``real`` and lets it go."""
    lent = Lent.__new__(Lent)
    lent._real = weakref.ref(real)
    return lent


class SocketLink(Link):
    """The TLS of an :class:`SSLSocket`."""

    __slots__ = ()

    def _socket(self) -> Any:
        real = self.connection._socket._real()
        if real is None:
            raise gone()
        return real

    def do_handshake(self) -> None:
        """Shake hands, or go on with it."""
        try:
            self.connection.do_handshake()
        except ours.Error as error:
            raise self.failed(error) from error
        except TimeoutError:
            raise TimeoutError("The handshake operation timed out") from None

    def read(self, size: int = 1024, buffer: Any = None) -> Any:
        """Read up to ``size`` bytes, or into ``buffer``; empty at the end."""
        try:
            if buffer is None:
                if size < 0:
                    raise ValueError("size should not be negative")
                return self.connection.recv(size)
            check_room(buffer)
            return self.connection.recv_into(buffer, size if size > 0 else None)
        except ours.ZeroReturnError:
            return self.ended(size, buffer)
        except ours.WantReadError as error:
            raise self.failed(error) from None
        except ours.Error as error:
            raise self.failed(error) from error

    def write(self, data: Any) -> int:
        """Send ``data``, or as much of it as there is room and time for; return how much."""
        try:
            return self.connection.sendall(contents(data))
        except (ours.WantReadError, ours.WantWriteError) as error:
            if error.bytes_sent:
                return error.bytes_sent
            raise self.failed(error) from None
        except ours.Error as error:
            raise self.failed(error) from error
        except TimeoutError as error:
            # The rest is the caller's to send, and times out with nothing sent.
            sent: int = getattr(error, "bytes_sent", 0)
            if sent:
                return sent
            raise

    def shutdown(self) -> Any:
        """Send close_notify, wait for the peer's, and return the socket."""
        real = self._socket()
        try:
            if not self.connection.shutdown():
                self.connection.shutdown()
        except ours.Error as error:
            raise self.failed(error) from error
        return real


class SSLSocket(ssl.SSLSocket):
    """A socket whose TLS is a :class:`OpenSSL.SSL.Connection`."""

    # What ssl's own methods look at.
    _sslobj: Any
    _context: SSLContext
    _session: Any
    _closed: bool
    do_handshake_on_connect: bool
    suppress_ragged_eofs: bool

    @property
    def connection(self) -> Connection | None:
        """The Connection behind, or None where there is none yet or no more."""
        return None if self._sslobj is None else self._sslobj.connection

    @classmethod
    def _create(
        cls,
        sock: socket.socket,
        server_side: bool = False,
        do_handshake_on_connect: bool = True,
        suppress_ragged_eofs: bool = True,
        server_hostname: str | bytes | None = None,
        context: SSLContext | None = None,
        session: Any = None,
    ) -> SSLSocket:
        assert context is not None
        if sock.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE) != socket.SOCK_STREAM:
            raise NotImplementedError("only stream sockets are supported")
        if getattr(sock, "_sslobj", None) is not None:  # after `unwrap` it is plain again
            raise ValueError(
                "TLS inside TLS goes through wrap_bio, or through OpenSSL.SSL.Connection: "
                "the descriptor would be used without the TLS that there is"
            )
        if server_side:
            if server_hostname:
                raise ValueError("server_hostname can only be specified in client mode")
            if session is not None:
                raise ValueError("session can only be specified in client mode")
        elif context.check_hostname and not server_hostname:
            raise ValueError("check_hostname requires server_hostname")
        self = cls._take_over(sock)
        try:
            # From here on the socket is ours to close, whatever is wrong.
            name = context._encode_hostname(server_hostname)  # type: ignore[attr-defined]
            self._context = context
            self._session = session
            self.server_side = server_side
            self.server_hostname = name
            self.do_handshake_on_connect = do_handshake_on_connect
            self.suppress_ragged_eofs = suppress_ragged_eofs
            self._begin()
        except BaseException:
            self.close()
            raise
        return self

    @classmethod
    def _take_over(cls, sock: socket.socket) -> SSLSocket:
        """Return a socket of this class that has the descriptor of ``sock``."""
        timeout = sock.gettimeout()
        self: SSLSocket = cls.__new__(cls)
        # Not ssl's own __init__, which refuses.
        socket.socket.__init__(self, sock.family, sock.type, sock.proto, sock.fileno())
        sock.detach()
        self._closed = False
        self._connected = False
        self._sslobj = None
        self.settimeout(timeout)
        return self

    def _begin(self) -> None:
        """Speak TLS from here on, where there is somebody to speak to."""
        try:
            self.getpeername()
        except OSError as error:
            if error.errno != errno.ENOTCONN:
                raise
            self._refuse_plain_leftovers(errno.ENOTCONN)
            return
        self._connected = True
        self._sslobj = self._link()
        if self.do_handshake_on_connect:
            if self.gettimeout() == 0.0:
                raise ValueError(
                    "do_handshake_on_connect should not be specified for non-blocking sockets"
                )
            self.do_handshake()

    def _refuse_plain_leftovers(self, number: int) -> None:
        """Let nobody take for TLS what came before the peer went away."""
        timeout = self.gettimeout()
        self.setblocking(False)
        try:
            left = socket.socket.recv(self, 1)
        except OSError as error:
            if error.errno not in (errno.ENOTCONN, errno.EINVAL):
                raise
            left = b""
        self.settimeout(timeout)
        if left:
            reason = "Closed before TLS handshake with data in recv buffer."
            raise made(ssl.SSLError, number, reason, None, reason)

    def _link(self) -> SocketLink:
        return self.context._wrap_socket(  # type: ignore[attr-defined,no-any-return]
            self, self.server_side, self.server_hostname, owner=self, session=self._session
        )

    def _real_connect(self, addr: Any, connect_ex: bool) -> Any:
        if self.server_side:
            raise ValueError("can't connect in server-side mode")
        if self._connected:
            raise ValueError("attempt to connect already-connected SSLSocket!")
        # It stays, however this ends: from here on nothing goes without TLS.
        self._sslobj = self._link()
        if connect_ex:
            result = socket.socket.connect_ex(self, addr)
            if result:
                return result
        else:
            result = None
            socket.socket.connect(self, addr)
        self._connected = True
        if self.do_handshake_on_connect:
            self.do_handshake()
        return result

    def shutdown(self, how: int) -> None:
        """Close one or both directions of the socket below; what is left is TLS as before."""
        socket.socket.shutdown(self, how)
