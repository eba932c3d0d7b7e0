"""What of its socket a Connection hands out, and what it refuses.

Theory.  Attributes that a Connection lacks are its socket's, so each way in which a
socket moves data must be looked at: it goes through TLS (a method of the Connection),
is harmless (SAFE), or is refused.  What nobody has looked at is refused: a name that
only a newer Python's sockets have, and what files and other standard objects bring
beside it.  What a program's own class brings is the program's own affair.
"""

from __future__ import annotations

from OpenSSL._face.ssl.files import close
from OpenSSL._native.ssl.connection import Connection

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

__all__ = ["SAFE", "ConnectionAttributes", "of_socket"]

#: Attributes of sockets and files that move no data; all that is handed out of them.
SAFE = frozenset({
    "bind", "close", "family", "fileno", "get_inheritable", "getblocking", "getpeername",
    "getsockname", "getsockopt", "gettimeout", "ioctl", "listen", "proto", "set_inheritable",
    "setblocking", "setsockopt", "settimeout", "timeout", "type",
    # How sockets count the files made of them.
    "_closed", "_decref_socketios", "_io_refs",
    # Of files.
    "closed", "closefd", "isatty", "mode", "name", "readable", "seekable", "writable",
})  # fmt: skip

#: Where objects come from whose every other attribute is refused.
_STANDARD = {
    "_io", "_pyio", "_socket", "_ssl", "asyncio.trsock", "io", "multiprocessing.connection",
    "socket", "ssl",
}  # fmt: skip


#: What a standard object keeps of its own, and nobody else should use.
_KEPT = {"_sock", "_sslobj"}


def _is_standard(kind: type, name: str) -> bool:
    """Whether a class of Python's own library brings this attribute."""
    for each in kind.__mro__:
        if name in vars(each):
            return each.__module__ in _STANDARD
    return False


def _moves_data(socket: object, name: str, value: object) -> bool:
    """Whether an attribute has to be feared: it is not SAFE, and not a program's own."""
    import socket as sockets

    # Where an object hands out what another one has, that other is to be looked at.
    owner = getattr(value, "__self__", socket)
    return (
        name in _KEPT
        or hasattr(sockets.socket, name)
        or _is_standard(type(socket), name)
        or _is_standard(type(owner), name)
    )


def of_socket(connection: Any, name: str) -> Any:
    """Return the socket's attribute, in place of one that a Connection lacks."""
    socket = connection._socket
    if socket is None:
        raise AttributeError(
            f"{type(connection).__name__!r} object has no attribute {name!r}",
            name=name,
            obj=connection,
        )
    value = getattr(socket, name)
    if name not in SAFE and _moves_data(socket, name, value):
        raise AttributeError(
            f"{type(socket).__name__}.{name} is not handed out: it could go around TLS",
            name=name,
            obj=connection,
        )
    if name == "close" and connection._files:
        return lambda: close(connection)  # not before the last of its files
    return value


def _refuse(connection: object, name: str, kind: type[Exception] = NotImplementedError) -> NoReturn:
    raise kind(f"{name} not allowed on instances of {type(connection).__name__}")


class ConnectionAttributes(Connection):
    """What sockets do and a :class:`OpenSSL.SSL.Connection` refuses."""

    __slots__ = ()

    def detach(self) -> NoReturn:
        """Raise NotImplementedError: the descriptor would be used without TLS."""
        _refuse(self, "detach")

    def dup(self) -> NoReturn:
        """Raise NotImplementedError: a TLS connection cannot be duplicated."""
        _refuse(self, "dup")

    def share(self, process_id: int) -> NoReturn:
        """Raise NotImplementedError: a TLS connection belongs to one process."""
        _refuse(self, "share")

    def sendto(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Raise ValueError: a TLS connection has one peer; :meth:`send` sends to it."""
        _refuse(self, "sendto", ValueError)

    def recvfrom(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Raise ValueError: a TLS connection has one peer; :meth:`recv` receives from it."""
        _refuse(self, "recvfrom", ValueError)

    def recvfrom_into(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Raise ValueError, as :meth:`recvfrom` does; there is :meth:`recv_into`."""
        _refuse(self, "recvfrom_into", ValueError)

    def sendmsg_afalg(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Raise NotImplementedError: there is no TLS to the kernel's ciphers."""
        _refuse(self, "sendmsg_afalg")
