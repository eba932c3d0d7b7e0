"""DANE: records of DNS (TLSA) that say which certificate a server has."""

from __future__ import annotations

from OpenSSL._face.common.arguments import integer, octets
from OpenSSL._face.common.hosts import host_bytes, is_dotted
from OpenSSL._native.ssl import connection as native_connection
from OpenSSL._native.ssl import context as native_context
from OpenSSL._native.ssl import dane as native

TYPE_CHECKING = False
if TYPE_CHECKING:
    from OpenSSL._face.crypto.certificates import X509
    from OpenSSL._face.crypto.keys import PKey
    from OpenSSL._types import Buffer

__all__ = ["ConnectionDane", "ContextDane"]


def _octet(name: str, value: object) -> int:
    number = integer(name, value)
    if not 0 <= number <= 255:
        raise ValueError(f"{name} must be from 0 to 255")
    return number


class ContextDane(native_context.Context):
    """Whether connections may be judged by records of DNS."""

    __slots__ = ()

    def dane_enable(self) -> None:
        """Let connections of this Context be judged by TLSA records.

        Each of them says so for itself: :meth:`Connection.dane_enable`.

        ``SSL_CTX_dane_enable(3)``
        """
        native.context_enable(self)

    def dane_mtype_set(self, digest: str | None, mtype: int, order: int) -> None:
        """Let the number ``mtype`` of a record stand for a digest, by its name.

        1 and 2 are SHA-256 and SHA-512 unless told otherwise. A digest of a higher
        ``order`` is preferred. With None the number is not used any more.

        Raises ValueError for a digest that OpenSSL does not know and for numbers that are not
        from 0 to 255, Error for 0, which stands for the whole content.
        ``SSL_CTX_dane_mtype_set(3)``
        """
        native.set_mtype(self, digest, _octet("mtype", mtype), _octet("order", order))

    def dane_set_flags(self, flags: int) -> int:
        """Add flags for connections made from now on; return those in force.

        There is one: ``DANE_FLAG_NO_DANE_EE_NAMECHECKS``, 1. A certificate that a record
        names itself (usage 3) need not be for the host then.

        Raises TypeError if ``flags`` is not an integer.
        ``SSL_CTX_dane_set_flags(3)``
        """
        return native.context_change_flags(self, integer("flags", flags), True)

    def dane_clear_flags(self, flags: int) -> int:
        """Take flags away again; return those in force.

        ``SSL_CTX_dane_clear_flags(3)``
        """
        return native.context_change_flags(self, integer("flags", flags), False)


class ConnectionDane(native_connection.Connection):
    """A connection that is judged by records of DNS."""

    __slots__ = ()

    def dane_enable(self, basedomain: str | bytes) -> None:
        """Judge the peer by TLSA records, to be added, of the host ``basedomain``.

        That is the name of the records, without port and protocol. It is also the name that
        is sent to the server, unless another was set, and the host whose certificate it has
        to be. Where there are several, after an alias for one, :meth:`add_host` adds others.
        The records have to come by DNSSEC: anyone who can forge them can be the server.

        ``VERIFY_PEER`` has to be set as well. The connection resumes no session.

        Raises Error unless the Context's ``dane_enable`` was called before the connection was
        made, for a second call, and after ``set_context``; ValueError for a bad name.
        ``SSL_dane_enable(3)``
        """
        spelled, address = host_bytes("basedomain", basedomain)
        if address or is_dotted(spelled):
            raise ValueError("basedomain must be a host name, without dots at its ends")
        native.enable(self, spelled)

    def dane_set_flags(self, flags: int) -> int:
        """Add flags for this connection; return those in force. See the Context's.

        ``SSL_dane_set_flags(3)``
        """
        return native.change_flags(self, integer("flags", flags), True)

    def dane_clear_flags(self, flags: int) -> int:
        """Take flags away again; return those in force.

        ``SSL_dane_clear_flags(3)``
        """
        return native.change_flags(self, integer("flags", flags), False)

    def add_tlsa(self, usage: int, selector: int, mtype: int, data: Buffer) -> bool:
        """Accept the peer if it fits this record; return False for one that cannot be used.

        The arguments are the fields of a TLSA record (RFC 6698), ``data`` in bytes. One of
        the records has to fit. One that is malformed, or has numbers that OpenSSL does not
        know, does not count: where none does, the peer is verified as if there were no DANE.

        Raises Error before :meth:`dane_enable`, ValueError for numbers that are not from 0 to
        255, TypeError if ``data`` is not bytes.
        ``SSL_dane_tlsa_add(3)``
        """
        return native.add_tlsa(
            self,
            _octet("usage", usage),
            _octet("selector", selector),
            _octet("mtype", mtype),
            octets("data", data),
        )

    def get_dane_authority(self) -> tuple[int, X509 | None, PKey | None] | None:
        """What matched a record: its depth in the chain, and the certificate or key of it.

        The certificate is there where one of the chain matched, the key where the record
        itself held it. None where no record was needed, or none has matched.

        ``SSL_get0_dane_authority(3)``
        """
        return native.get_authority(self)

    def get_dane_tlsa(self) -> tuple[int, int, int, bytes] | None:
        """The record that matched: usage, selector, mtype and data; or None.

        ``SSL_get0_dane_tlsa(3)``
        """
        return native.get_tlsa(self)
