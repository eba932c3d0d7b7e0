"""More about the names a peer must have: several, e-mail, and that there must be one."""

from __future__ import annotations

from OpenSSL._face.arguments import integer
from OpenSSL._face.hosts import address_bytes, host_bytes, is_dotted, name_bytes
from OpenSSL._native import certificates as native_certificates
from OpenSSL._native import connection as native_connection
from OpenSSL._native import context as native_context
from OpenSSL._native import peer_names as native

__all__ = ["CertificatePeerNames", "ConnectionPeerNames", "ContextPeerNames"]


class ContextPeerNames(native_context.Context):
    """Whether clients have to say whom they want."""

    __slots__ = ()

    @property
    def check_hostname(self) -> bool:
        """Whether a client that verifies must be told whom it wants; off unless it is set.

        A client connection made afterwards that has ``VERIFY_PEER`` raises Error, before
        anything is sent, unless it was given a name by :meth:`Connection.set_host`,
        ``add_host``, ``set_ip_asc`` or ``set_email``. Servers are not concerned.

        ``SSL_get0_param(3)``
        """
        return native.get_check_hostname(self)

    @check_hostname.setter
    def check_hostname(self, wanted: bool) -> None:
        native.set_check_hostname(self, bool(wanted))


class ConnectionPeerNames(native_connection.Connection):
    """More names that the peer may have."""

    __slots__ = ()

    def add_host(self, name: str | bytes) -> None:
        """Accept the peer also if its certificate is for the host ``name``.

        The names of :meth:`set_host` and of every ``add_host`` are alternatives, one of which
        has to match; :meth:`get_peername` says which has. Names are compared as
        :meth:`set_host` has it.

        Raises ValueError for what :meth:`set_host` refuses, and for an IP address, which
        OpenSSL knows only one of and asks for besides the names.
        ``SSL_add1_host(3)``
        """
        spelled, address = host_bytes("name", name)
        if address:
            raise ValueError("name must not be an IP address: call set_ip_asc")
        native.add_host(self, spelled, is_dotted(spelled))

    def set_email(self, address: str | bytes) -> None:
        """Accept the peer only if its certificate is for this e-mail address.

        Where a host or an IP address was set as well, the certificate has to be for both.
        The subject's e-mail address counts where no alternative name is one.

        Raises ValueError for what is empty, too long or not ASCII.
        ``X509_VERIFY_PARAM_set1_email(3)``
        """
        native.set_email(self, name_bytes("address", address))


class CertificatePeerNames(native_certificates.X509):
    """Whom a certificate is for."""

    __slots__ = ()

    def check_host(self, name: str | bytes, flags: int | None = None) -> bool:
        """Whether the certificate is for the host ``name``, or IP address.

        It is compared as :meth:`OpenSSL.SSL.Connection.set_host` does; ``flags`` are those
        of ``set_hostflags``. Nothing else about the certificate is looked at: whether it can
        be trusted is for :class:`X509StoreContext`.

        Raises ValueError for what ``set_host`` refuses, TypeError if ``flags`` is not an
        integer.

        X509_check_host(3)
        """
        spelled, address = host_bytes("name", name)
        if address:
            return native.check_address(self, spelled)
        if flags is None and is_dotted(spelled):
            raise ValueError("name must not begin or end with a dot")
        return native.check_host(self, spelled, None if flags is None else integer("flags", flags))

    def check_ip(self, address: str | bytes) -> bool:
        """Whether the certificate is for this IPv4 or IPv6 address.

        Raises ValueError if it is not an address, or not in its usual spelling.

        X509_check_ip_asc(3)
        """
        spelled = address_bytes("address", address)
        if not spelled:
            raise ValueError("address must be an IP address in its usual spelling")
        return native.check_address(self, spelled)

    def check_email(self, address: str | bytes) -> bool:
        """Whether the certificate is for this e-mail address.

        The subject's counts where no alternative name is one.

        Raises ValueError for what is empty, too long or not ASCII.

        X509_check_email(3)
        """
        return native.check_email(self, name_bytes("address", address))
