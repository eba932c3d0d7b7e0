"""Whom a certificate is for: a host, an address, an e-mail address."""

from __future__ import annotations

from OpenSSL._face.common.arguments import integer
from OpenSSL._face.common.hosts import address_bytes, host_bytes, is_dotted, name_bytes
from OpenSSL._native.crypto import certificate_names as native
from OpenSSL._native.crypto import certificates as native_certificates

__all__ = ["CertificateNames"]


class CertificateNames(native_certificates.X509):
    """Whom a certificate is for."""

    __slots__ = ()

    def check_host(self, name: str | bytes, flags: int | None = None) -> bool:
        """Whether the certificate is for the host ``name``, or IP address.

        It is compared as :meth:`OpenSSL.SSL.Connection.set_host` does; ``flags`` are those
        of ``set_hostflags``. Nothing else about the certificate is looked at: whether it can
        be trusted is for :class:`X509StoreContext`.

        Raises ValueError for what ``set_host`` refuses, TypeError if ``flags`` is not an
        integer.

        ``X509_check_host(3)``
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

        ``X509_check_ip_asc(3)``
        """
        spelled = address_bytes("address", address)
        if not spelled:
            raise ValueError("address must be an IP address in its usual spelling")
        return native.check_address(self, spelled)

    def check_email(self, address: str | bytes) -> bool:
        """Whether the certificate is for this e-mail address.

        The subject's counts where no alternative name is one.

        Raises ValueError for what is empty, too long or not ASCII.

        ``X509_check_email(3)``
        """
        return native.check_email(self, name_bytes("address", address))
