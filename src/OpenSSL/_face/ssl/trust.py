"""Whom to believe: authorities, verification and the names a peer must have."""

from __future__ import annotations

from OpenSSL._face.common.arguments import hook, integer, named, path_bytes, text_to_bytes
from OpenSSL._face.common.hosts import address_bytes, host_bytes, is_dotted
from OpenSSL._face.crypto.certificates import certificate
from OpenSSL._face.crypto.names import X509Name
from OpenSSL._native.common import constants
from OpenSSL._native.ssl import connection as native_connection
from OpenSSL._native.ssl import context as native_context
from OpenSSL._native.ssl import trust as native

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Sequence
    from typing import TypeAlias

    from cryptography.x509 import Certificate

    from OpenSSL._face.crypto.certificates import X509
    from OpenSSL._face.crypto.stores import X509Store
    from OpenSSL._face.ssl.connection import Connection
    from OpenSSL._types import Path

    VerifyHook: TypeAlias = Callable[[Connection, X509, int, int, int], bool]

__all__ = ["ConnectionTrust", "ContextTrust"]

_EVERY_MODE = (
    constants.VERIFY_PEER
    | constants.VERIFY_FAIL_IF_NO_PEER_CERT
    | constants.VERIFY_CLIENT_ONCE
    | constants.VERIFY_POST_HANDSHAKE
)


class ContextTrust(native_context.Context):
    """The half of :class:`OpenSSL.SSL.Context` that knows whom to believe."""

    __slots__ = ()

    def load_verify_locations(self, cafile: Path | None, capath: Path | None = None) -> None:
        """Trust the PEM certificates of a file, of a folder, or of both.

        ``capath`` is a folder prepared with ``openssl rehash``; it is looked into
        when a chain is checked.  Either may be None.

        Revocation lists in either are known as well; they count once
        ``X509StoreFlags.CRL_CHECK`` is among the flags (:meth:`set_verify_flags`).

        Raises Error if the file cannot be read, holds neither, or if both are None.
        ``SSL_CTX_load_verify_locations(3)``
        """
        file = None if cafile is None else path_bytes(cafile)
        folder = None if capath is None else path_bytes(capath)
        named(file, native.load_verify_locations, self, file, folder)

    def set_default_verify_paths(self) -> None:
        """Trust the platform's certificates: those the linked OpenSSL looks for.

        The environment variables ``SSL_CERT_FILE`` and ``SSL_CERT_DIR`` name others.  A
        build that carries its own OpenSSL, as wheels do, looks where the systems it knows
        keep theirs, in the stores of Windows too.

        Where there are none, nobody is trusted, and a RuntimeWarning says so.
        ``SSL_CTX_set_default_verify_paths(3)``
        """
        # Loaded when it is needed.
        from OpenSSL._face.ssl.places import trust_platform

        trust_platform(self)

    def get_cert_store(self) -> X509Store | None:
        """The store of trusted certificates; what is added to it is trusted.

        The store stays valid after the Context is gone.
        ``SSL_CTX_get_cert_store(3)``
        """
        store: X509Store | None = native.get_cert_store(self)
        return store

    def add_client_ca(self, certificate_authority: X509 | Certificate) -> None:
        """Name one more authority to clients that are asked for a certificate.

        Trusts nobody: see :meth:`load_verify_locations`.

        Raises TypeError if it is not a certificate, ValueError if the names would have more than
        64 512 bytes in all: no handshake has room for them.
        ``SSL_CTX_add_client_CA(3)``
        """
        native.add_client_ca(self, certificate(certificate_authority))

    def load_client_ca(self, cafile: str | bytes | os.PathLike[str]) -> None:
        """Name the authorities of a PEM file to clients, in place of those named before.

        Trusts nobody: see :meth:`load_verify_locations`. The path is bytes or an
        ``os.PathLike``; text works too, with a DeprecationWarning, as in pyOpenSSL.

        Raises Error if the file cannot be read or holds no certificate, ValueError if the names
        have more than 64 512 bytes in all.
        ``PEM_read_bio_X509(3)``, ``SSL_CTX_set_client_CA_list(3)``
        """
        if isinstance(cafile, str):
            cafile = text_to_bytes("cafile", cafile)
        path = path_bytes(cafile)
        named(path, native.load_client_ca, self, path)

    def set_client_ca_list(self, certificate_authorities: Sequence[X509Name]) -> None:
        """Name these authorities to clients, in place of those named before.

        Raises TypeError unless it is a sequence of X509Name, ValueError if they have more than
        64 512 bytes in all; the list in force is kept then.
        ``SSL_CTX_set_client_CA_list(3)``
        """
        native.set_client_ca_list(self, list(_names(certificate_authorities)))

    def set_verify(self, mode: int, callback: VerifyHook | None = None) -> None:
        """Choose whether and how connections made from now on verify their peer.

        ``mode`` is ``VERIFY_NONE`` or ``VERIFY_PEER``, the latter possibly with
        ``VERIFY_FAIL_IF_NO_PEER_CERT`` and ``VERIFY_CLIENT_ONCE``.  With
        ``VERIFY_POST_HANDSHAKE`` a server asks nobody over TLS 1.3, and lets everybody in,
        until :meth:`Connection.verify_client_post_handshake` is called.  ``callback`` is
        asked for every certificate of the chain: ``callback(connection, x509,
        error_number, depth, ok)``; True goes on, as if there were no error, False
        ends the handshake, and so does an exception, which comes out of the call
        that was shaking hands.  Without one, OpenSSL decides.  A peer that agrees on an
        anonymous cipher (``aNULL``, at security level 0 only) has no certificate to
        verify, and nobody is asked.

        Raises TypeError if ``mode`` is not an integer or ``callback`` cannot be called,
        ValueError for bits that no ``VERIFY_`` constant has.
        ``SSL_CTX_set_verify(3)``
        """
        native.set_verify(self, _mode(mode), hook("callback", callback))

    def get_verify_mode(self) -> int:
        """The mode given to :meth:`set_verify`.

        ``SSL_CTX_get_verify_mode(3)``
        """
        return native.get_verify_mode(self)

    def set_verify_depth(self, depth: int) -> None:
        """Accept at most ``depth`` certificates between the peer's and the trusted one.

        Raises TypeError if ``depth`` is not an integer.
        ``SSL_CTX_set_verify_depth(3)``
        """
        native.set_verify_depth(self, integer("depth", depth))

    def get_verify_depth(self) -> int:
        """The depth given to :meth:`set_verify_depth`; -1 when none was.

        ``SSL_CTX_get_verify_depth(3)``
        """
        return native.get_verify_depth(self)


def _mode(mode: object) -> int:
    number = integer("mode", mode)
    # All bits at once, as in -1, would have a server of TLS 1.3 ask nobody.
    if not 0 <= number <= _EVERY_MODE:
        raise ValueError(f"mode {number} has bits that no VERIFY_ constant has")
    return number


def _names(authorities: Sequence[X509Name]) -> list[X509Name]:
    names = list(authorities)
    for name in names:
        if not isinstance(name, X509Name):
            raise TypeError(f"client CAs must be X509Name objects, not {type(name).__name__}")
    return names


class ConnectionTrust(native_connection.Connection):
    """The half of :class:`OpenSSL.SSL.Connection` that knows whom to believe."""

    __slots__ = ()

    def set_client_ca_list(self, certificate_authorities: Sequence[X509Name]) -> None:
        """Name these authorities to this client, in place of the Context's.

        Raises TypeError unless it is a sequence of X509Name, ValueError if they have more than
        64 512 bytes in all.
        ``SSL_set_client_CA_list(3)``
        """
        native.set_client_ca_list(self, list(_names(certificate_authorities)))

    def set_verify(self, mode: int, callback: VerifyHook | None = None) -> None:
        """Choose for this connection alone; see :meth:`Context.set_verify`.

        Stays in force when :meth:`set_context` gives another Context.

        Raises TypeError if ``mode`` is not an integer or ``callback`` cannot be called,
        ValueError for bits that no ``VERIFY_`` constant has.
        ``SSL_set_verify(3)``
        """
        native.connection_set_verify(self, _mode(mode), hook("callback", callback))

    def get_verify_mode(self) -> int:
        """The mode in force on this connection.

        ``SSL_get_verify_mode(3)``
        """
        return native.connection_get_verify_mode(self)

    def verify_client_post_handshake(self) -> None:
        """Ask the client for its certificate now, over TLS 1.3.

        For a server, after the handshake. The request goes out with what is sent next, or
        with :meth:`do_handshake`; the certificate comes with what is read after that, and
        the client is judged as in a handshake.

        Raises Error if the client has not offered it
        (:meth:`Context.set_post_handshake_auth`), if ``VERIFY_PEER`` is not set, or before
        the handshake.
        ``SSL_verify_client_post_handshake(3)``
        """
        native.verify_client_post_handshake(self)

    def set_host(self, name: str | bytes) -> None:
        """Accept the peer only if its certificate is for the host ``name``.

        Names are compared as RFC 9525 has it, and :mod:`ssl`: with the alternative names
        only, never with a common name, and a wildcard stands for the whole of the first
        label. :meth:`set_hostflags` has other ways. An IPv4 or IPv6 address is taken for
        one, not for a DNS name. Checked inside the handshake, where ``VERIFY_PEER`` is set.
        Not the name that is sent: that is :meth:`set_tlsext_host_name`.

        Raises ValueError for a name that is empty, too long or not ASCII, that has a NUL
        byte or a space, that begins or ends with a dot, and for an address that is not in its
        usual spelling, such as ``010.0.0.1``.
        ``SSL_set1_host(3)``
        """
        spelled, address = host_bytes("name", name)
        native.set_host(self, spelled, address, is_dotted(spelled))

    def set_ip_asc(self, address: str | bytes) -> None:
        """Accept the peer only if its certificate is for this IPv4 or IPv6 address.

        Raises Error if it is not an address, or one with leading zeros.
        ``X509_VERIFY_PARAM_set1_ip_asc(3)``
        """
        native.set_ip_asc(self, address_bytes("address", address))

    def set_hostflags(self, flags: int) -> None:
        """Choose how :meth:`set_host` matches: ``X509_CHECK_FLAG_*`` numbers, joined by ``|``.

        Without it :meth:`set_host` sets ``X509_CHECK_FLAG_NEVER_CHECK_SUBJECT`` and
        ``X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS``. 0 stands for OpenSSL's own ways: common
        names count where a certificate has no DNS names, and a wildcard may stand for a part
        of a label. After it :meth:`set_host` also takes a name that begins with a dot, for
        every host below it, or ends with one.

        Raises TypeError if ``flags`` is not an integer.
        ``SSL_set_hostflags(3)``
        """
        native.set_hostflags(self, integer("flags", flags))

    def get_peername(self) -> str | None:
        """The name in the peer's certificate that matched :meth:`set_host`, or None.

        ``SSL_get0_peername(3)``
        """
        return native.get_peername(self)
