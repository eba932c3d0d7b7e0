"""Early data of TLS 1.3: what a client sends with its hello, before the server has answered."""

from __future__ import annotations

from OpenSSL._face.common.arguments import hook, integer, octets
from OpenSSL._native.ssl import connection as native_connection
from OpenSSL._native.ssl import context as native_context
from OpenSSL._native.ssl import early_data as native

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Literal, TypeAlias

    from OpenSSL._face.ssl.connection import Connection
    from OpenSSL._types import Buffer

    AllowHook: TypeAlias = Callable[[Connection], bool]
    Status: TypeAlias = Literal["not sent", "rejected", "accepted"]

__all__ = ["ConnectionEarlyData", "ContextEarlyData"]

_STATUS: tuple[Status, ...] = ("not sent", "rejected", "accepted")


def _size(name: str, value: object) -> int:
    number = integer(name, value)
    if not 0 <= number < 2**32:
        raise ValueError(f"{name} must be from 0 to 2**32 - 1")
    return number


class ContextEarlyData(native_context.Context):
    """Whether a Context's servers take early data, and how much."""

    __slots__ = ()

    def set_max_early_data(self, size: int) -> None:
        """Let clients send ``size`` bytes of early data when they resume a session; 0: none.

        For servers; none unless it is set. Sessions given out from then on say so. Early data
        comes to those who ask for it with :meth:`Connection.read_early_data`; else it is
        refused.

        **Early data can be replayed**: anyone who has seen it may send it again, and libssl
        keeps that off one process alone, with its session cache (unless ``OP_NO_ANTI_REPLAY``
        is set), and not off others; ``OpenSSL.fleet`` does. Sessions that the program keeps itself
        (:meth:`set_session_get_callback`) bring none, unless a callback allows it: libssl does
        not know whether they have come before. Nor is it known yet whether the peer still has
        the keys of its session. So early data may only ask for what does no harm when it
        happens twice, such as a GET.

        Raises TypeError if ``size`` is not an integer, ValueError for one that is too large.
        ``SSL_CTX_set_max_early_data(3)``
        """
        native.set_max(self, _size("size", size), False)
        if size > native.get_max(self, True):
            native.set_max(self, size, True)

    def get_max_early_data(self) -> int:
        """Return how much early data is offered to clients, in bytes.

        ``SSL_CTX_get_max_early_data(3)``
        """
        return native.get_max(self, False)

    def set_recv_max_early_data(self, size: int) -> None:
        """Take ``size`` bytes of early data, also of sessions given out when more was offered.

        Raises TypeError if ``size`` is not an integer, ValueError for one that is too large.
        ``SSL_CTX_set_recv_max_early_data(3)``
        """
        native.set_max(self, _size("size", size), True)

    def get_recv_max_early_data(self) -> int:
        """Return how much early data is taken, in bytes.

        ``SSL_CTX_get_recv_max_early_data(3)``
        """
        return native.get_max(self, True)

    def set_allow_early_data_callback(self, callback: AllowHook | None) -> None:
        """Ask ``callback(connection)`` whether early data of this client may be taken.

        It returns True or False; where it is refused the handshake goes on, and the client
        is told. Without a callback the answer is True, but for sessions that the program keeps
        itself and for pre-shared keys. Of a replay :meth:`Connection.client_random` is the same as
        the first time, and of no other hello. What it raises ends the handshake and comes out
        of the call that ran it. None removes it.

        Raises TypeError if ``callback`` cannot be called.
        ``SSL_CTX_set_allow_early_data_cb(3)``
        """
        native.set_allow_callback(self, hook("callback", callback))


class ConnectionEarlyData(native_connection.Connection):
    """Early data of one connection."""

    __slots__ = ()

    def get_max_early_data(self) -> int:
        """Return how much early data this server offers its client, in bytes.

        ``SSL_get_max_early_data(3)``
        """
        return native.connection_get_max(self, False)

    def get_recv_max_early_data(self) -> int:
        """Return how much early data this server takes, in bytes.

        ``SSL_get_recv_max_early_data(3)``
        """
        return native.connection_get_max(self, True)

    def set_allow_early_data_callback(self, callback: AllowHook | None) -> None:
        """Ask another callback on this connection; see the Context's.

        It stays when the connection is given another Context.

        Raises TypeError if ``callback`` cannot be called.
        ``SSL_set_allow_early_data_cb(3)``
        """
        native.set_allow_callback(self, hook("callback", callback))

    def write_early_data(self, data: Buffer) -> int:
        """Send ``data`` with a client's hello; return how many bytes were taken.

        A client's connection needs a session that allows it (:meth:`set_session`), or a key that
        does (:meth:`Session.from_psk`), and has not begun its handshake. It may be called again for
        more or for the rest; after WantWriteError with the same bytes, more behind them or not. It
        is followed by :meth:`do_handshake`. Then ask :meth:`get_early_data_status`: **what was
        rejected is lost**, and nobody sends it again but the program. **It can be replayed**, and
        then happens twice: see :meth:`Context.set_max_early_data`.

        A server that has read early data sends its answer so, between two calls of
        :meth:`read_early_data` or behind them, until its client has finished; each call takes a
        record at most. The answer comes with the server's own part of the handshake, and the
        client receives it behind :meth:`do_handshake` like any other. It **may answer a
        replay**, and is encrypted for the keys of who has first sent the data.

        Raises Error where neither session nor key allows it, for more than that allows, for a
        server that has read nothing or whose client has finished, or over an object with methods of
        its own, and nothing is sent then; TypeError for what has no bytes, and what :meth:`send`
        raises.
        ``SSL_write_early_data(3)``
        """
        return native.write(self, octets("data", data))

    def read_early_data(self, size: int) -> bytes:
        """Receive a client's early data, at most ``size`` bytes; b"" when there is no more.

        For servers, instead of :meth:`do_handshake`, until it returns b"". A server that does
        not call it refuses such data; one that has begun must read all of it, and until then
        every operation but :meth:`write_early_data`, for an answer, raises an Error. What was
        received **may be a replay**, and is from a client that has resumed a session and not
        finished its handshake.

        Raises TypeError if ``size`` is not an integer, ValueError if it is not positive, Error
        if the rules of verification are no longer those of the session, and what :meth:`recv`
        raises.
        ``SSL_read_early_data(3)``
        """
        if integer("size", size) <= 0:
            raise ValueError("size must be positive")
        return native.read(self, size)

    def get_early_data_status(self) -> Status:
        """Return what became of early data: ``"not sent"``, ``"rejected"`` or ``"accepted"``.

        It is final after the handshake. What was rejected the server has not had.

        ``SSL_get_early_data_status(3)``
        """
        return _STATUS[native.get_status(self)]

    def export_keying_material_early(self, label: bytes, size: int, context: bytes = b"") -> bytes:
        """Derive ``size`` bytes that only both ends know from the keys of early data.

        Raises Error where there is no early data, TypeError for arguments of another kind,
        ValueError unless ``size`` is from 1 to 65535.
        ``SSL_export_keying_material_early(3)``
        """
        if not 0 < integer("size", size) < 2**16:
            raise ValueError("size must be from 1 to 65535")
        return native.export(self, octets("label", label), size, octets("context", context))
