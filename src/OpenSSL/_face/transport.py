"""What a Connection does with the socket it stands on."""

from __future__ import annotations

import errno

from OpenSSL._exceptions import Error
from OpenSSL._native import connection as native

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any, NoReturn, TypeVar

    from OpenSSL._types import Buffer

    _Self = TypeVar("_Self", bound="ConnectionTransport")

__all__ = ["ConnectionTransport"]

#: What ``connect_ex`` answers for a connection that is there or on its way.
_UNDER_WAY = {0, errno.EINPROGRESS, errno.EWOULDBLOCK, errno.EALREADY, errno.EISCONN}


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
            """Answer the socket's descriptor."""
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

    def connect(self, addr: Any) -> Any:
        """Connect the socket and go into client mode; the handshake is yet to be done.

        Answers what the socket's ``connect`` does, and raises what it raises.
        ``SSL_set_connect_state(3)``
        """
        self._transport("connect")
        self.set_connect_state()
        return self._socket.connect(addr)

    def connect_ex(self, addr: Any) -> int:
        """Connect the socket; an error is answered as a number, 0 when there was none.

        Goes into client mode when the socket is connected or on its way there;
        after any other answer nothing has been set up.
        ``SSL_set_connect_state(3)``
        """
        answer: int = self._transport("connect_ex").connect_ex(addr)
        if answer in _UNDER_WAY:
            self.set_connect_state()
        return answer

    def sock_shutdown(self, *args: Any, **kwargs: Any) -> Any:
        """Call the socket's own ``shutdown``; says nothing to the peer's TLS.

        ``shutdown(2)``
        """
        return self._transport("shutdown").shutdown(*args, **kwargs)

    def makefile(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Raise NotImplementedError: a TLS connection cannot be duplicated."""
        raise NotImplementedError("Cannot make file object of OpenSSL.SSL.Connection")

    def __enter__(self: _Self) -> _Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Say goodbye when all went well, and close the socket in any case."""
        try:
            if kind is None:
                self.shutdown()
        except (Error, OSError):
            pass  # the peer may be gone already, and there is nothing left to lose
        finally:
            # An integer cannot be closed, nor what has no more than a descriptor.
            if hasattr(self._socket, "close"):
                self._socket.close()
