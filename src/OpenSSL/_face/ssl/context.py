"""The Context that people see: every topic's half of it, put together."""

from __future__ import annotations

from OpenSSL._face.common.arguments import integer
from OpenSSL._face.common.showing import shown
from OpenSSL._face.ssl.authorities import ContextAuthorities
from OpenSSL._face.ssl.authority_names import ContextAuthorityNames
from OpenSSL._face.ssl.cert_verify import ContextCertVerify
from OpenSSL._face.ssl.certificate_choice import ContextCertificateChoice
from OpenSSL._face.ssl.client_hello import ContextClientHello
from OpenSSL._face.ssl.compression import CertCompression, ContextCompression
from OpenSSL._face.ssl.configuration import Configuration
from OpenSSL._face.ssl.credentials import ContextCredentials
from OpenSSL._face.ssl.custom_extensions import ContextCustomExtensions
from OpenSSL._face.ssl.dane import ContextDane
from OpenSSL._face.ssl.datagram import ContextDatagram
from OpenSSL._face.ssl.early_data import ContextEarlyData
from OpenSSL._face.ssl.ech import ContextEch
from OpenSSL._face.ssl.negotiation import ContextNegotiation
from OpenSSL._face.ssl.observers import ContextObservers
from OpenSSL._face.ssl.pairs import ContextPairs
from OpenSSL._face.ssl.parameters import Parameters
from OpenSSL._face.ssl.peer_names import ContextPeerNames
from OpenSSL._face.ssl.psk import ContextPsk
from OpenSSL._face.ssl.raw_public_keys import CertTypes
from OpenSSL._face.ssl.records import Records
from OpenSSL._face.ssl.security import ContextSecurity
from OpenSSL._face.ssl.security_callback import ContextSecurityCallback
from OpenSSL._face.ssl.session_cache import ContextSessionCache
from OpenSSL._face.ssl.sessions import ContextSessions
from OpenSSL._face.ssl.settings import ContextSettings
from OpenSSL._face.ssl.stapling import ContextStapling
from OpenSSL._face.ssl.ticket_keys import ContextTicketKeys
from OpenSSL._face.ssl.tickets import ContextTickets
from OpenSSL._face.ssl.transparency import ContextTransparency
from OpenSSL._face.ssl.trust import ContextTrust
from OpenSSL._face.ssl.uris import ContextUris
from OpenSSL._native.common import constants
from OpenSSL._native.ssl.context import method_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from OpenSSL._bridge import SSLContext

__all__ = ["Context"]

#: What others ask of an ``ssl.SSLContext`` first.
_OF_SSL = frozenset({
    "check_hostname", "load_cert_chain", "load_default_certs", "options", "set_alpn_protocols",
    "set_ciphers", "verify_flags", "verify_mode", "wrap_bio", "wrap_socket",
})  # fmt: skip

#: What is set on an ``ssl.SSLContext``, and how it is done here.
_SET_OF_SSL = {
    "hostname_checks_common_name": "Connection.set_hostflags",
    "keylog_filename": "set_keylog_callback",
    "maximum_version": "set_max_proto_version",
    "minimum_version": "set_min_proto_version",
    "num_tickets": "set_num_tickets",
    "options": "set_options",
    "post_handshake_auth": "set_post_handshake_auth",
    "sni_callback": "set_tlsext_servername_callback",
    "verify_flags": "set_verify_flags",
    "verify_mode": "set_verify",
}


class Context(
    ContextCredentials,
    ContextPairs,
    ContextUris,
    CertCompression,
    ContextCompression,
    ContextCertificateChoice,
    ContextPsk,
    ContextEarlyData,
    ContextTrust,
    ContextAuthorityNames,
    ContextCertVerify,
    ContextAuthorities,
    ContextPeerNames,
    Parameters,
    ContextDane,
    CertTypes,
    ContextTransparency,
    ContextObservers,
    ContextStapling,
    ContextSettings,
    ContextNegotiation,
    ContextClientHello,
    ContextEch,
    ContextCustomExtensions,
    ContextSecurity,
    ContextSecurityCallback,
    Records,
    Configuration,
    ContextSessions,
    ContextSessionCache,
    ContextTickets,
    ContextTicketKeys,
    ContextDatagram,
):
    """What connections have in common; each takes its settings over when it is made."""

    __module__ = "OpenSSL.SSL"

    def __init__(self, method: int) -> None:
        """Make a Context for one of the ``*_METHOD`` constants.

        Raises TypeError if ``method`` is not an integer, ValueError if there is no
        such protocol, Error if the library was built without it.
        ``SSL_CTX_new(3)``
        """
        super().__init__(integer("method", method))

    def __repr__(self) -> str:
        return shown(self, self._told)

    def _told(self) -> list[str]:
        method = method_of(self)
        methods = (each for each in constants.__all__ if each.endswith("_METHOD"))
        told = [next(each for each in methods if getattr(constants, each) == method)]
        if (certificate := self.get_certificate()) is not None:
            told.append(f"certificate of {certificate.get_subject().oneline().decode('ascii')}")
        mode = self.get_verify_mode()
        names = ("VERIFY_PEER", "VERIFY_FAIL_IF_NO_PEER_CERT")
        said = [each for each in names if getattr(constants, each) & mode]
        return [*told, "|".join(said) or "VERIFY_NONE"]

    if not TYPE_CHECKING:  # to which every attribute would be there

        def __getattr__(self, name: str) -> Any:
            try:
                # What a property of a subclass has raised comes once more, as it was.
                return object.__getattribute__(self, name)
            except AttributeError as error:
                if name in _OF_SSL and error.name == name:
                    hint = "for what wants an ssl.SSLContext there is as_ssl_context()"
                    error.args = (f"{error}; {hint}",)
                raise

        def __setattr__(self, name: str, value: Any) -> None:
            # A rule that is no rule here would be kept in silence, and hold nobody back.
            if name in _SET_OF_SSL and not hasattr(getattr(type(self), name, None), "__set__"):
                raise AttributeError(
                    f"{type(self).__name__!r} object has no attribute {name!r} to set: here it is "
                    f"{_SET_OF_SSL[name]}; an ssl.SSLContext comes from as_ssl_context()",
                    name=name,
                    obj=self,
                )
            super().__setattr__(name, value)

    @property
    def _context(self) -> Context:
        return self

    def as_ssl_context(self) -> SSLContext:
        """Return an ``ssl.SSLContext`` for everything that asks for one, on either side.

        It is a real subclass, and speaks TLS by this Context: what is set on one is set on
        both. Its ``context`` is this one, and sockets and objects that it wraps have a
        ``connection``. Where a client verifies (``VERIFY_PEER``) it has to be told the
        host's name, and the certificate has to be for it, unless ``check_hostname`` is
        switched off. Elsewhere than on a Context of ``TLS_CLIENT_METHOD``, ``verify_mode`` is
        ``CERT_REQUIRED`` only where ``VERIFY_FAIL_IF_NO_PEER_CERT`` is set as well. A Context
        that serves is given a name for its sessions, unless ``set_session_id`` gave it one.

        Raises ValueError for a Context of DTLS.
        ``SSL_new(3)``
        """
        from OpenSSL._bridge.contexts import bridged

        return bridged(self)

    def get_app_data(self) -> Any:
        """The object given to :meth:`set_app_data`, or None."""
        return super().get_app_data()

    def set_app_data(self, data: Any) -> None:
        """Keep ``data`` with this Context; it is the program's own."""
        super().set_app_data(data)
