"""What a Connection does with the socket it stands on."""

from __future__ import annotations

import errno
import sys
import time

from OpenSSL._exceptions import (
    Error,
    SysCallError,
    WantReadError,
    WantWriteError,
    WantX509LookupError,
)
from OpenSSL._face.common.arguments import integer
from OpenSSL._face.ssl.files import close
from OpenSSL._native.ssl import connection as native
from OpenSSL._native.ssl import peer as native_peer
from OpenSSL._native.ssl import transport

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any, TypeVar, overload

    from OpenSSL._types import Buffer

    _Self = TypeVar("_Self", bound="ConnectionTransport")

__all__ = ["ConnectionTransport"]

#: How long a ``with`` block waits for what was sent to arrive, in seconds, and how often it
#: looks; at most how many bytes at a time it throws away meanwhile, and how many times.
_PATIENCE = 2.0
_STEP = 0.05
_ROOM = 1 << 16
_ROUNDS = 200
#: What ``connect_ex`` returns for a connection that is there or on its way.
_UNDER_WAY = {0, errno.EINPROGRESS, errno.EWOULDBLOCK, errno.EALREADY, errno.EISCONN}

#: The state of a connection that has neither sent nor received anything.
_BEFORE = b"before SSL initialization"


class ConnectionTransport(native.Connection):
    """The half of :class:`OpenSSL.SSL.Connection` that speaks to its socket."""

    __slots__ = ()

    # The same operations under the names of files.
    if TYPE_CHECKING:

        def read(self, bufsiz: int, flags: int | None = None) -> bytes:
            """The same as :meth:`recv`."""
            ...

        def write(self, buf: Buffer, flags: int = 0) -> int:
            """The same as :meth:`send`."""
            ...

    else:
        read = native.Connection.recv
        write = native.Connection.send

    if TYPE_CHECKING:
        # The socket's, as every attribute that a Connection lacks; declared so
        # that checkers know a Connection for what `select` takes.
        def fileno(self) -> int:
            """Return the socket's descriptor."""
            ...

    def _transport(self, wanted: str) -> Any:
        if self._socket is None:
            raise AttributeError(
                f"{type(self).__name__!r} object over a memory BIO has no attribute {wanted!r}"
            )
        return self._socket

    def accept(self: _Self) -> tuple[_Self, Any]:
        """Accept on the listening socket: ``(connection, address)``.

        The connection is of this one's class, in server mode, with this one's
        Context; its handshake is yet to be done.
        ``SSL_set_accept_state(3)``
        """
        client, address = self._transport("accept").accept()
        try:
            connection = type(self)(self.get_context(), client)
            connection.set_accept_state()
        except BaseException:
            client.close()
            raise
        return connection, address

    def _has_begun(self) -> bool:
        """Whether going into client mode would throw a handshake away."""
        return native_peer.get_state_string(self) != _BEFORE

    def connect(self, addr: Any) -> Any:
        """Connect the socket and go into client mode; the handshake is yet to be done.

        Returns what the socket's ``connect`` does, and raises what it raises.  A connection
        whose handshake has begun stays as it is where the socket raises.
        ``SSL_set_connect_state(3)``
        """
        sock = self._transport("connect")
        if self._has_begun():
            answer = sock.connect(addr)
            self.set_connect_state()
            return answer
        self.set_connect_state()
        return sock.connect(addr)

    def connect_ex(self, addr: Any) -> int:
        """Connect the socket; an error is returned as a number, 0 when there was none.

        Goes into client mode when the socket is connected or on its way there;
        after any other answer nothing has been set up, and neither where the socket was
        connected before and the handshake has begun.
        ``SSL_set_connect_state(3)``
        """
        answer: int = self._transport("connect_ex").connect_ex(addr)
        if answer in _UNDER_WAY and not (answer == errno.EISCONN and self._has_begun()):
            self.set_connect_state()
        return answer

    if TYPE_CHECKING:

        @overload
        def shutdown(self) -> bool: ...
        @overload
        def shutdown(self, how: int) -> None: ...

    def shutdown(self, how: int | None = None) -> bool | None:
        """Send close_notify; True once the peer's has come too, else False.

        What other threads are sending goes out first.

        With ``how``, one of the socket module's ``SHUT_RD``, ``SHUT_WR`` and ``SHUT_RDWR``,
        it also ends those directions of the transport, and returns None, as a socket's
        does.  ``SHUT_RD`` says nothing to the peer.  ``SHUT_RDWR`` does not wait: where
        another thread is sending or the transport takes nothing, it goes without a
        close_notify.

        Raises Error before the handshake is done, unless ``how`` is given, and what
        :meth:`send` raises; with ``how`` what the socket's own raises, TypeError if it
        is not an integer, ValueError for another one.
        ``SSL_shutdown(3)``, ``shutdown(2)``
        """
        if how is None:
            return native.Connection.shutdown(self)
        from socket import SHUT_RD, SHUT_RDWR, SHUT_WR

        if integer("how", how) not in (SHUT_RD, SHUT_WR, SHUT_RDWR):
            raise ValueError(f"how must be SHUT_RD, SHUT_WR or SHUT_RDWR, not {how}")
        failure = None if how == SHUT_RD else self._part(wait=how == SHUT_WR)
        if self._socket is not None:
            _systems(self._socket).shutdown(how)
        if failure is not None:
            raise failure
        return None

    def _part(self, *, wait: bool) -> OSError | None:
        """Send close_notify where one can be sent; a failure of the transport is returned."""
        try:
            if transport.has_parted(self):
                return None
            if wait:
                native.Connection.shutdown(self)
            else:
                transport.part_at_once(self)
        except SysCallError as error:
            return error
        except (WantReadError, WantWriteError, WantX509LookupError):
            raise
        except Error:
            pass  # TLS has failed before, and said so
        return None

    def sock_shutdown(self, *args: Any, **kwargs: Any) -> Any:
        """Call the socket's own ``shutdown``; says nothing to the peer's TLS.

        ``shutdown(2)``
        """
        return self._transport("shutdown").shutdown(*args, **kwargs)

    def __enter__(self: _Self) -> _Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Send close_notify when all went well, and close the socket in any case.

        What was sent is not lost by that: bytes that came and were never read are
        taken first, and where a socket waits at all, the peer may take at most two
        seconds, or the socket's timeout, to acknowledge what it was sent.
        """
        try:
            if kind is None:
                # contextlib is slow to load.
                try:  # noqa: SIM105
                    self.shutdown()
                except (Error, OSError):
                    pass  # the peer may be gone already
                if not getattr(self, "_files", 0):  # a reader with a file goes on
                    try:  # noqa: SIM105
                        _let_arrive(_part_below(self._socket))
                    except OSError:
                        pass
        finally:
            close(self)


def _part_below(sock: Any) -> Any:
    """Send close_notify in the TLS that carried this one, and return what carried that."""
    while isinstance(sock, native.Connection):
        try:  # noqa: SIM105
            sock.shutdown()
        except (Error, OSError):
            pass
        sock = sock._socket
    return sock


def _systems(sock: Any) -> Any:
    """Return the system's half of a socket of ``ssl``, whose own methods end its TLS or read it."""
    ssl: Any = sys.modules.get("ssl")
    if ssl is None or not isinstance(sock, ssl.SSLSocket):
        return sock
    return super(ssl.SSLSocket, sock)


def _let_arrive(sock: Any) -> None:
    """End the sending side of a socket, and make it fit to be closed.

    Closing it over bytes that nobody has read, such as session tickets, resets the
    connection: the system then drops what it has not sent yet.
    """
    if not (hasattr(sock, "shutdown") and hasattr(sock, "recv") and hasattr(sock, "settimeout")):
        return
    import socket

    if getattr(sock, "type", None) != socket.SOCK_STREAM:
        return
    before = sock.gettimeout()
    end = time.monotonic() + (_PATIENCE if before is None else min(before, _PATIENCE))
    system = _systems(sock)
    system.shutdown(socket.SHUT_WR)
    try:
        for _ in range(_ROUNDS):
            patience = min(end - time.monotonic(), _STEP) if _is_sending(sock) else 0
            sock.settimeout(max(patience, 0))
            try:
                if not system.recv(_ROOM):
                    return
            except (BlockingIOError, TimeoutError):
                if patience <= 0:
                    return
    finally:
        sock.settimeout(before)


def _is_sending(sock: Any) -> bool:
    """Whether the peer has yet to acknowledge something; of other sockets than TCP's: no."""
    import socket

    if sock.family not in (socket.AF_INET, getattr(socket, "AF_INET6", None)):
        return False
    try:
        import fcntl
        import termios
    except ImportError:
        return True  # nobody can tell, so the peer's end is waited for
    try:
        unsent = fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, bytes(4))
    except OSError:
        return True
    return unsent != bytes(4)
