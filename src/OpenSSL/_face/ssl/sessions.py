"""Sessions: keeping what a handshake agreed on, and using it again."""

from __future__ import annotations

from OpenSSL._face.common.arguments import integer, octets, spelled, text_to_bytes, without_nul
from OpenSSL._face.common.showing import shown
from OpenSSL._native.common import owners
from OpenSSL._native.ssl import psk
from OpenSSL._native.ssl import session_fields as fields
from OpenSSL._native.ssl import sessions as native
from OpenSSL._native.ssl.connection import Connection
from OpenSSL._native.ssl.context import Context

TYPE_CHECKING = False
if TYPE_CHECKING:
    from OpenSSL._face.crypto.certificates import X509

__all__ = ["ConnectionSessions", "ContextSessions", "Session"]


def as_bytes(name: str, value: bytes) -> bytes:
    if not isinstance(value, (bytes, bytearray, memoryview)):
        raise TypeError(f"{name} must be a byte string, not {type(value).__name__}")
    return bytes(value)


def _host(name: str | bytes) -> bytes:
    return without_nul("hostname", spelled("hostname", name))


def _bound(name: str, value: bytes) -> bytes:
    if not 0 < len(value) < 256:
        raise ValueError(f"{name} must have 1 to 255 bytes, not {len(value)}")
    return value


class Session(native.Session):
    """What two ends agreed on, kept so that a later connection starts faster.

    Comes from :meth:`Connection.get_session` and goes into
    :meth:`Connection.set_session` of any number of connections with the same
    Context, in any thread. :meth:`from_psk` makes one of a pre-shared key, for the callbacks for
    such keys. One that is made by calling the class is empty: asking it
    anything raises ValueError.

    ``SSL_SESSION_new(3)``
    """

    __module__ = "OpenSSL.SSL"
    __slots__ = ()

    def __init__(self) -> None:
        super().__init__()

    def __repr__(self) -> str:
        return shown(self, self._told)

    def _told(self) -> list[str]:
        told = [f"version {self.get_protocol_version():#x}", str(self.get_cipher_name())]
        return [*told, "resumable" if self.is_resumable() else "not resumable"]

    @property
    def _session(self) -> Session:
        return self

    @staticmethod
    def from_bytes(data: bytes, context: Context, key: bytes = b"") -> Session:
        """Read a session that :meth:`to_bytes` wrote, for connections of ``context``.

        It is offered where the rules of verification are those it was made by, as
        any session is, and ``key`` is what :meth:`to_bytes` was given; else, and where
        another program has written the bytes, the handshake is a full one. Anyone who can
        write the bytes, and knows the ``key``, can pass for the peer: without a ``key``
        take them only from a place that is as safe as a private key's. Raises TypeError
        for wrong types and :class:`Error` when the bytes are not exactly one session.

        ``d2i_SSL_SESSION(3)``
        """
        if not isinstance(context, Context):
            raise TypeError(f"context must be a Context instance, not {type(context).__name__}")
        return native.from_bytes(  # type: ignore[return-value]
            as_bytes("data", data), context, as_bytes("key", key)
        )

    @staticmethod
    def from_psk(
        key: bytes,
        cipher: str = "TLS_AES_128_GCM_SHA256",
        *,
        max_early_data: int = 0,
        alpn: bytes | None = None,
        hostname: str | bytes | None = None,
    ) -> Session:
        """Make a session of a key that both sides know beforehand, for TLS 1.3.

        It is what :meth:`Context.set_psk_use_session_callback` and
        :meth:`Context.set_psk_find_session_callback` may return where a key and a cipher do not
        say enough: with ``max_early_data``, in bytes, a client may send early data by the key, and
        a server take it. ``alpn`` is the protocol that this data is for, and ``hostname`` the
        server name: where another one is chosen or asked for, or another cipher, the data is
        refused and the handshake goes on.

        It stands for its key alone. No other method takes it: it cannot be resumed, kept in a
        cache, or pass for one whose peer was verified. Two may be equal: early data by a key can be
        replayed for as long as the key is known, so a server takes none without
        :meth:`Context.set_allow_early_data_callback`.

        Raises TypeError for wrong types, ValueError for a key that is not 1 to 512 bytes, for a
        cipher that TLS 1.3 has not, a protocol that is not 1 to 255 bytes and a host name that is
        empty, longer than 255 bytes or has a NUL byte, and OverflowError for a size that is
        negative or has more than 32 bits.

        ``SSL_SESSION_set1_master_key(3)``
        """
        if not isinstance(cipher, str):
            raise TypeError(f"cipher must be text, not {type(cipher).__name__}")
        return psk.make_session(  # type: ignore[return-value]
            octets("key", key),
            cipher,
            integer("max_early_data", max_early_data),
            None if alpn is None else _bound("alpn", as_bytes("alpn", alpn)),
            None if hostname is None else _bound("hostname", _host(hostname)),
        )

    def to_bytes(self, key: bytes = b"") -> bytes:
        """Write the session, keys and peer certificate included, as DER bytes.

        ``key``: a secret of the program's own, by which :meth:`from_bytes` will know that
        nobody has changed the bytes. It does not encrypt them. Raises TypeError if it is
        not a byte string.

        ``i2d_SSL_SESSION(3)``
        """
        return native.to_bytes(self, as_bytes("key", key))

    def get_id(self) -> bytes:
        """Return the session's id, at most 32 bytes; empty where a ticket does its work.

        ``SSL_SESSION_get_id(3)``
        """
        return native.get_id(self)

    def get_time(self) -> int:
        """Return when the session was made, in seconds since 1970.

        ``SSL_SESSION_get_time(3)``
        """
        return native.get_time(self)

    def get_timeout(self) -> int:
        """Return for how many seconds after :meth:`get_time` the session may be used.

        ``SSL_SESSION_get_timeout(3)``
        """
        return native.get_timeout(self)

    def set_time(self, seconds: int) -> None:
        """Say when the session was made, in seconds since 1970.

        Raises TypeError if it is not an integer and ValueError for a negative number.

        ``SSL_SESSION_set_time(3)``
        """
        fields.set_time(self, integer("seconds", seconds))

    def set_timeout(self, seconds: int) -> None:
        """Say for how many seconds after :meth:`get_time` the session may be used.

        A server takes no ticket for longer than the ticket itself says. Raises TypeError if
        it is not an integer and ValueError for a negative number.

        ``SSL_SESSION_set_timeout(3)``
        """
        fields.set_timeout(self, integer("seconds", seconds))

    def has_ticket(self) -> bool:
        """Return whether the session holds a ticket for the server.

        ``SSL_SESSION_has_ticket(3)``
        """
        return native.has_ticket(self)

    def get_ticket_lifetime_hint(self) -> int:
        """Return for how many seconds the server promised to honour the ticket.

        ``SSL_SESSION_get_ticket_lifetime_hint(3)``
        """
        return native.get_ticket_lifetime_hint(self)

    def is_resumable(self) -> bool:
        """Return whether a connection can be resumed with this session.

        A TLS 1.3 client has to read from the connection first: the server's
        ticket comes after the handshake.

        ``SSL_SESSION_is_resumable(3)``
        """
        return native.is_resumable(self)

    def get_protocol_version(self) -> int:
        """Return the protocol version, for instance ``TLS1_3_VERSION``.

        ``SSL_SESSION_get_protocol_version(3)``
        """
        return native.get_protocol_version(self)

    def get_cipher_name(self) -> str | None:
        """Return OpenSSL's name of the cipher that was agreed on, or None.

        ``SSL_SESSION_get0_cipher(3)``
        """
        return fields.get_cipher_name(self)

    def get_peer_certificate(self) -> X509 | None:
        """Return the peer's certificate, or None where there is none.

        ``SSL_SESSION_get0_peer(3)``
        """
        return fields.get_peer_certificate(self)  # type: ignore[return-value]

    def get_hostname(self) -> bytes | None:
        """Return the server name that was asked for and accepted, or None.

        Up to TLS 1.2 a server's session has it whether a callback was there to accept it or not.
        ``SSL_SESSION_get0_hostname(3)``
        """
        return fields.get_hostname(self)

    def get_alpn_selected(self) -> bytes:
        """Return the protocol that was chosen by ALPN; empty for none.

        ``SSL_SESSION_get0_alpn_selected(3)``
        """
        return fields.get_alpn_selected(self)

    def get_id_context(self) -> bytes:
        """Return the digest of the rules that the session was made by, 32 bytes.

        It stands where OpenSSL keeps the session id context, and is made of that too:
        :meth:`Context.set_session_id`.

        ``SSL_SESSION_get0_id_context(3)``
        """
        return fields.get_id_context(self)

    def get_ticket(self) -> bytes:
        """Return the server's ticket as it came; empty where there is none.

        ``SSL_SESSION_get0_ticket(3)``
        """
        return fields.get_ticket(self)

    def get_master_key(self) -> bytes:
        """Return the secret that the session stands on: anyone who has it can pass for an end.

        ``SSL_SESSION_get_master_key(3)``
        """
        return fields.get_master_key(self)

    def get_max_early_data(self) -> int:
        """Return how many bytes of early data the server takes; 0 for none.

        ``SSL_SESSION_get_max_early_data(3)``
        """
        return fields.get_max_early_data(self)

    def get_max_fragment_length(self) -> int:
        """Return the maximum fragment length that was agreed on, in bytes; 0 for none.

        ``SSL_SESSION_get_max_fragment_length(3)``
        """
        return fields.get_max_fragment_length(self)

    def get_ticket_appdata(self) -> bytes:
        """Return what the program keeps in the session; empty for nothing.

        ``SSL_SESSION_get0_ticket_appdata(3)``
        """
        return fields.get_ticket_appdata(self)

    def set_ticket_appdata(self, data: bytes) -> None:
        """Keep at most 16 KiB with the session, wherever it goes from now on.

        Into the tickets of clients comes what
        :meth:`Context.set_session_ticket_callback` says. Raises TypeError if it is not a
        byte string and ValueError if it is too long.

        ``SSL_SESSION_set1_ticket_appdata(3)``
        """
        fields.set_ticket_appdata(self, as_bytes("data", data))


class ContextSessions(Context):
    """The session cache of a Context."""

    __slots__ = ()
    #: Whether `set_session_id` has been called.
    _sessions_named: bool = False

    def set_session_cache_mode(self, mode: int) -> int:
        """Say which sessions the cache keeps, ``SESS_CACHE_*`` joined with ``|``.

        Returns the previous mode. Raises TypeError if ``mode`` is not an int.

        ``SSL_CTX_set_session_cache_mode(3)``
        """
        return native.set_cache_mode(self, integer("mode", mode))

    def get_session_cache_mode(self) -> int:
        """Return the mode of the session cache.

        ``SSL_CTX_get_session_cache_mode(3)``
        """
        return native.get_cache_mode(self)

    def set_timeout(self, timeout: int) -> int:
        """Let new sessions be used for ``timeout`` seconds; returns the previous number.

        Raises TypeError if ``timeout`` is not an int and ValueError for a negative number.

        ``SSL_CTX_set_timeout(3)``
        """
        return native.set_cache_timeout(self, integer("timeout", timeout))

    def get_timeout(self) -> int:
        """Return for how many seconds new sessions may be used; 300 unless set.

        ``SSL_CTX_get_timeout(3)``
        """
        return native.get_cache_timeout(self)

    def set_session_id(self, buf: bytes, *, shared: bool = False) -> None:
        """Name the application whose sessions these are, in at most 32 bytes.

        A server that asks for client certificates has to set one before it can
        resume sessions.

        With ``shared`` it is the name by which other programs on libssl know theirs (nginx,
        HAProxy; see ``OpenSSL.fleet.key_files``), whose ticket keys the Context has
        (:meth:`set_ticket_keys`). As long as it asks nobody for a certificate or a key, their
        tickets are resumed by TLS 1.2 and 1.3, for the host they were made for and without
        early data, and its own tickets bear the name too, except where it takes early data.

        Raises TypeError if ``buf`` is no byte string, ValueError if it is empty and ``shared``,
        and :class:`Error` for more than 32 bytes.

        ``SSL_CTX_set_session_id_context(3)``
        """
        name = text_to_bytes("buf", buf)
        if shared and not name:
            raise ValueError("a name that is shared must not be empty")
        native.set_id_context(self, name, bool(shared))
        self._sessions_named = True

    def set_num_tickets(self, count: int) -> None:
        """Let a server send ``count`` tickets after each full handshake of TLS 1.3.

        2 unless set. Raises TypeError if it is not an integer and OverflowError for a
        negative number.

        ``SSL_CTX_set_num_tickets(3)``
        """
        native.set_num_tickets(self, integer("count", count))

    def get_num_tickets(self) -> int:
        """Return how many tickets a server sends after a full handshake of TLS 1.3.

        ``SSL_CTX_get_num_tickets(3)``
        """
        return native.get_num_tickets(self)

    def get_session_stats(self) -> dict[str, int]:
        """Return the cache's counters under the names OpenSSL gives them.

        ``number`` is how many sessions are in the cache now; ``hits``, ``misses``,
        ``timeouts`` and ``cache_full`` count what became of attempts to resume.

        ``SSL_CTX_sess_number(3)``
        """
        return native.get_cache_numbers(self)


class ConnectionSessions(Connection):
    """The session of a Connection."""

    __slots__ = ()

    def get_session(self) -> Session | None:
        """Return a copy of the session in use, or None when there is none yet.

        It stays usable however the connection ends.

        ``SSL_get_session(3)``
        """
        return native.get_session(self)  # type: ignore[return-value]

    def set_session(self, session: Session) -> None:
        """Offer to resume ``session`` in the coming handshake.

        Where ``VERIFY_PEER`` is set it is offered only if its peer was verified with
        success and has a certificate for the names asked for, see
        :meth:`Connection.set_host`; else the handshake is a full one.

        Raises TypeError if it is not a Session, ValueError for an empty one, one of a pre-shared
        key or one of another Context, and :class:`Error` once the handshake has begun.

        ``SSL_set_session(3)``
        """
        if not isinstance(session, Session):
            raise TypeError(f"session must be a Session instance, not {type(session).__name__}")
        native.set_session(self, session)

    def session_reused(self) -> bool:
        """Return whether the handshake resumed a session.

        ``SSL_session_reused(3)``
        """
        return native.session_reused(self)


owners.set_face(native.Session, Session)
