"""``X509StoreContext``: verifying a certificate outside any connection."""

from __future__ import annotations

from OpenSSL._exceptions import X509StoreContextError
from OpenSSL._face.common.arguments import integer
from OpenSSL._face.common.showing import shown
from OpenSSL._face.crypto.certificates import X509
from OpenSSL._face.crypto.stores import X509Store
from OpenSSL._native.crypto import verification as native

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["X509StoreContext", "X509StoreContextError", "X509_verify_cert_error_string"]


class X509StoreContext:
    """One certificate to be verified, with those that may lead to a trusted one.

    ``chain`` are certificates that are not trusted but may be part of the way.
    Raises TypeError when one of them is not an X509.
    """

    __module__ = "OpenSSL.crypto"

    def __init__(
        self, store: X509Store, certificate: X509, chain: Sequence[X509] | None = None
    ) -> None:
        self._store = store
        self._cert = certificate
        self._chain = () if chain is None else tuple(chain)
        for one in self._chain:
            if not isinstance(one, X509):
                raise TypeError("One of the elements is not an X509 instance")

    def __repr__(self) -> str:
        return shown(self, lambda: [f"for {self._cert!r}"])

    def _run(self) -> list[X509]:
        code, depth, words, certificate, chain = native.verify(self._store, self._cert, self._chain)
        if code:
            raise _explained(X509StoreContextError(words, [code, depth, words], certificate))
        return chain

    def set_store(self, store: X509Store) -> None:
        """Use another store from now on.

        ``X509_STORE_CTX_init(3)``
        """
        self._store = store

    def verify_certificate(self) -> None:
        """Verify the certificate; may be called again.

        Raises X509StoreContextError, which says what is wrong with which
        certificate.

        ``X509_verify_cert(3)``
        """
        self._run()

    def get_verified_chain(self) -> list[X509]:
        """Verify, and return the chain from the certificate to the trusted one.

        Raises as :meth:`verify_certificate` does.

        ``X509_STORE_CTX_get0_chain(3)``
        """
        return self._run()


def _explained(error: X509StoreContextError) -> X509StoreContextError:
    """The same error, with notes on which certificate it is about and what may be done."""
    code, depth, _ = error.errors
    try:
        if error.certificate is not None:
            subject = error.certificate.get_subject().oneline().decode("ascii")
            error.add_note(f"the certificate at depth {depth} is that of {subject}")
        from OpenSSL._advice import about_verification  # slow to load

        if advice := about_verification(code):
            error.add_note(advice)
    except Exception:  # noqa: BLE001 - without memory, or where the interpreter ends, none
        pass
    return error


def X509_verify_cert_error_string(code: int) -> str:
    """What an ``X509_V_*`` number means, in OpenSSL's words.

    Raises TypeError if ``code`` is not an integer.

    ``X509_verify_cert_error_string(3)``
    """
    return native.error_string(integer("code", code))
