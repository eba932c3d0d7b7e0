"""More about the names a peer must have: several, e-mail, and that there must be one."""

from __future__ import annotations

from OpenSSL._face.common.hosts import host_bytes, is_dotted, name_bytes
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
