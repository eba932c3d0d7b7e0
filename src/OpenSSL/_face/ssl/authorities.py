"""Whom a Context believes, from elsewhere than files: a store, bytes, a URI."""

from __future__ import annotations

from OpenSSL._face.common.arguments import without_nul
from OpenSSL._face.common.filetypes import content
from OpenSSL._face.crypto.stores import X509Store
from OpenSSL._native.ssl import authorities as native
from OpenSSL._native.ssl import context as native_context

TYPE_CHECKING = False
if TYPE_CHECKING:
    from OpenSSL._types import Buffer

__all__ = ["ContextAuthorities"]


class ContextAuthorities(native_context.Context):
    """More ways to tell a Context whom to believe."""

    __slots__ = ()

    def set_cert_store(self, store: X509Store) -> None:
        """Trust what ``store`` trusts, and nothing that was loaded before.

        The store is shared, not copied: it may belong to several Contexts, and what is
        added to it later is trusted by all of them. Its flags and its time are in force too.

        Raises TypeError if it is not an X509Store.
        ``SSL_CTX_set1_cert_store(3)``
        """
        if not isinstance(store, X509Store):
            raise TypeError("store must be an X509Store")
        native.set_cert_store(self, store)

    def load_verify_data(self, data: str | Buffer) -> None:
        """Trust the certificates in ``data``, and know the revocation lists in it.

        ``data`` is PEM, in ASCII where it is text, or DER, one piece after the other. Lists
        count once ``X509StoreFlags.CRL_CHECK`` is among the flags (:meth:`set_verify_flags`).
        PEM files, with lists in them as well, are for :meth:`load_verify_locations`.

        Raises Error if anything in it is malformed or there is nothing in it, TypeError for
        what is neither text nor bytes. Then nothing is changed.
        ``X509_STORE_add_cert(3)``, ``X509_STORE_add_crl(3)``
        """
        native.load_verify_data(self, content(data))

    def load_verify_uri(self, uri: str) -> None:
        """Trust the certificates at ``uri``: ``file:/etc/ssl/ca.pem``, or a provider's own.

        They are looked for when a chain is verified, by whatever loads such URIs:
        ``org.openssl.winstore:`` are Windows' own, from OpenSSL 3.2 on.

        Raises Error if nothing can be loaded from there, TypeError if it is not text,
        ValueError for a NUL character.
        ``SSL_CTX_load_verify_store(3)``
        """
        if not isinstance(uri, str):
            raise TypeError("uri must be text")
        native.load_verify_uri(self, without_nul("uri", uri.encode()))
