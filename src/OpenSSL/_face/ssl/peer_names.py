"""The names a peer must have: hosts, addresses, e-mail, and that there must be one."""

from __future__ import annotations

from OpenSSL._face.common.arguments import integer
from OpenSSL._face.common.hosts import address_bytes, host_bytes, is_dotted, name_bytes
from OpenSSL._native.ssl import connection as native_connection
from OpenSSL._native.ssl import context as native_context
from OpenSSL._native.ssl import peer_names as native

__all__ = ["ConnectionPeerNames", "ContextPeerNames"]


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
    """The names that the peer may have."""

    __slots__ = ()

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

        Where a host was set as well, the certificate has to be for both.

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
        The subject's e-mail address counts where no alternative name is one; with OpenSSL 4.0
        only where :meth:`set_hostflags` allows the subject, or no host was set.

        Raises ValueError for what is empty, too long or not ASCII.
        ``X509_VERIFY_PARAM_set1_email(3)``
        """
        native.set_email(self, name_bytes("address", address))
