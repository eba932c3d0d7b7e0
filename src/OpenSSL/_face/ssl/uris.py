"""Certificates and keys by URI: in files, tokens, or wherever a provider of OpenSSL finds them."""

from __future__ import annotations

from OpenSSL._exceptions import CryptoError
from OpenSSL._face.common.arguments import without_nul
from OpenSSL._face.ssl.pairs import in_order
from OpenSSL._native.common.passphrases import Passphrase
from OpenSSL._native.crypto import uris as native
from OpenSSL._native.ssl import connection as native_connection
from OpenSSL._native.ssl import context as native_context
from OpenSSL._native.ssl import pairs as native_pairs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from OpenSSL._face.crypto.certificates import X509
    from OpenSSL._face.crypto.keys import PKey
    from OpenSSL._face.ssl.pairs import Password

__all__ = ["ConnectionUris", "ContextUris", "found_at"]


def _phrase(target: Any, password: Password | None) -> Passphrase | None:
    if password is not None:
        return Passphrase(password.encode() if isinstance(password, str) else password)
    return (
        native_pairs.passphrase_of(target) if isinstance(target, native_context.Context) else None
    )


def _spelled(name: str, uri: str) -> bytes:
    if not isinstance(uri, str):
        raise TypeError(f"{name} must be text, not {type(uri).__name__}")
    return without_nul(name, uri.encode())


def _failure(words: str | CryptoError, *uris: bytes) -> CryptoError:
    from OpenSSL._face.common.contents import of_uris  # loaded when it is needed

    return of_uris(words, *uris)


def _load(uri: bytes, phrase: Passphrase | None) -> Any:
    try:
        return native.load(uri, phrase)
    except CryptoError as error:
        _failure(error, uri)
        raise


def found_at(uri: str, password: Password | None = None) -> tuple[list[PKey], list[X509]]:
    """Return the private keys that a URI names, and the certificates, in their order.

    Raises Error if it cannot be loaded; TypeError if it is not text, ValueError for a NUL
    character.
    ``OSSL_STORE_open_ex(3)``
    """
    keys, certificates = _load(_spelled("uri", uri), _phrase(None, password))
    return keys, certificates


def _use(target: Any, uri: str, key_uri: str | None, password: Password | None) -> None:
    place = _spelled("uri", uri)
    key_place = place if key_uri is None else _spelled("key_uri", key_uri)
    keys, chain = _load(place, _phrase(target, password))
    if not chain:
        raise _failure("there is no certificate at this URI", place)
    if key_place != place:
        keys, _ = _load(key_place, _phrase(target, password))
    # A token may hold several of both.
    for leaf in chain:
        for key in keys:
            if native.fits(leaf, key):
                others = [each for each in chain if each is not leaf]
                native_pairs.use(target, leaf, key, in_order(leaf, others))
                return
    if not keys:
        raise _failure("there is no private key at this URI", key_place)
    raise _failure("no private key at this URI belongs to a certificate", place, key_place)


class ContextUris(native_context.Context):
    """The half of :class:`OpenSSL.SSL.Context` that loads what URIs name."""

    __slots__ = ()

    def use_certificate_uri(
        self, uri: str, key_uri: str | None = None, password: Password | None = None
    ) -> None:
        """Present a certificate with its key and its chain, wherever a URI says they are.

        ``uri`` leads to the certificates, as ``"file:/etc/ssl/server.pem"`` or
        ``"pkcs11:token=brisk;object=server"``, and ``key_uri`` to the private key; without one
        it is where the certificates are. OpenSSL itself knows ``file:``, its providers know the
        others. The first certificate that a key there belongs to is presented, the others are
        its chain. ``password`` is a passphrase or PIN: text, bytes, or a function that is
        asked for it, as for ``crypto.load_privatekey``; without one the callback of
        :meth:`Context.set_passwd_cb` is asked. OpenSSL itself never prompts.

        Raises Error, and changes nothing, if a URI cannot be loaded, there is no pair, or it is
        too weak; TypeError if it is not text, ValueError for a NUL character.
        ``OSSL_STORE_open_ex(3)``, ``SSL_CTX_use_cert_and_key(3)``
        """
        _use(self, uri, key_uri, password)


class ConnectionUris(native_connection.Connection):
    """The same for one connection."""

    __slots__ = ()

    def use_certificate_uri(
        self, uri: str, key_uri: str | None = None, password: Password | None = None
    ) -> None:
        """Present what a URI names on this connection only; see the Context's method.

        Without ``password`` nobody is asked for one.

        Raises what :meth:`Context.use_certificate_uri` raises.
        ``OSSL_STORE_open_ex(3)``, ``SSL_use_cert_and_key(3)``
        """
        _use(self, uri, key_uri, password)
