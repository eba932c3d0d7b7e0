"""Certificates and keys of a bridged context, and whom it trusts."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from OpenSSL import _exceptions as ours
from OpenSSL._bridge.certificates import der, described
from OpenSSL._bridge.errors import failure, load_failure
from OpenSSL._face.common.arguments import named, path_bytes
from OpenSSL._native.common.constants import FILETYPE_PEM
from OpenSSL._native.crypto import certificates, descriptions, stores
from OpenSSL._native.ssl import credentials, trust

if TYPE_CHECKING:
    from OpenSSL._face.ssl.context import Context
    from OpenSSL._types import PassphraseHook

__all__ = ["Credentials"]

#: What the lengths of C can hold.
LONGEST = 0x7FFFFFFF


def _path(what: str, value: Any) -> bytes:
    try:
        return path_bytes(os.fspath(value))
    except TypeError:
        raise TypeError(f"{what} should be a valid filesystem path") from None


def _password_bytes(value: Any, complaint: str) -> bytes:
    if isinstance(value, str):
        value = value.encode()
    elif not isinstance(value, (bytes, bytearray)):
        raise TypeError(complaint)
    if len(value) > LONGEST:
        raise ValueError(f"password cannot be longer than {LONGEST} bytes")
    return bytes(value)


def asker(password: Any) -> PassphraseHook | None:
    """Return the callback for a password, or for a function that knows it."""
    if password is None:
        return None
    known = None
    if not callable(password):
        known = _password_bytes(password, "password should be a string or callable")

    def ask(size: int, verify: bool, data: object) -> bytes:
        given = known
        if given is None:
            given = _password_bytes(password(), "password callback must return a string")
        if len(given) > size:
            raise ValueError(f"password cannot be longer than {size} bytes")
        return given

    return ask


def _der_end(data: bytes, start: int) -> int:
    """Return where the DER element that begins at ``start`` ends; -1 where there is none."""
    if len(data) < start + 2 or data[start] != 0x30:
        return -1
    size, at = data[start + 1], start + 2
    if size & 0x80:
        count = size & 0x7F
        size, at = int.from_bytes(data[at : at + count], "big"), at + count
        if not 1 <= count <= 4:
            return -1
    return at + size if at + size <= len(data) else -1


def _from_der(data: bytes) -> list[Any]:
    found: list[Any] = []
    at = 0
    while at < len(data):
        end = _der_end(data, at)
        if end < 0:
            if not found:
                raise failure("not enough data: cadata does not contain a certificate")
            # Something follows that is not a certificate: as far as OpenSSL can tell, the end.
            certificates.load(data[at:], False)
        found.append(certificates.load(data[at:end], False))
        at = end
    return found


def read_authorities(cadata: Any) -> list[Any]:
    """Return the certificates in PEM text, or in DER bytes one behind the other."""
    if isinstance(cadata, str):
        try:
            text = cadata.encode("ascii")
        except UnicodeEncodeError:
            text = None
        if text is not None:
            if not text:
                raise ValueError("Empty certificate data")
            if b"-----BEGIN" not in text:
                raise failure("no start line: cadata does not contain a certificate")
            return certificates.load_all(text)
    else:
        try:
            view = memoryview(cadata)
        except TypeError:
            view = None
        if view is not None:
            if not view.contiguous or view.ndim > 1:
                raise TypeError("cadata should be a contiguous buffer with a single dimension")
            if not view.nbytes:
                raise ValueError("Empty certificate data")
            return _from_der(bytes(view))
    raise TypeError("cadata should be an ASCII string or a bytes-like object")


class Credentials:
    """The half of a bridged context that has certificates."""

    context: Context

    def load_cert_chain(self, certfile: Any, keyfile: Any = None, password: Any = None) -> None:
        """Present the certificate and chain of a PEM file, and prove it with its key."""
        certificate = _path("certfile", certfile)
        key = certificate if keyfile is None else _path("keyfile", keyfile)
        ask = asker(password)
        try:
            load = credentials.use_certificate_chain_file
            named(certificate, load, self.context, certificate, ask)
            named(key, credentials.use_privatekey_file, self.context, key, FILETYPE_PEM, ask)
            self.context.check_privatekey()
        except ours.Error as error:
            raise load_failure(error) from error

    def load_verify_locations(
        self, cafile: Any = None, capath: Any = None, cadata: Any = None
    ) -> None:
        """Trust the certificates of a file, of a folder, or given as text or bytes."""
        if cafile is None and capath is None and cadata is None:
            raise TypeError("cafile, capath and cadata cannot be all omitted")
        file = None if cafile is None else _path("cafile", cafile)
        folder = None if capath is None else _path("capath", capath)
        try:
            if cadata is not None:
                self._trust(read_authorities(cadata))
            if file is not None or folder is not None:
                named(file, trust.load_verify_locations, self.context, file, folder)
        except (ours.Error, ours.CryptoError) as error:
            raise load_failure(error) from error

    def _trust(self, authorities: list[Any]) -> None:
        store = self.context.get_cert_store()
        if store is None:
            raise failure("the context has no store of certificates")
        for one in authorities:
            stores.add_certificate(store, one)

    def set_default_verify_paths(self) -> None:
        """Trust the platform's certificates."""
        try:
            self.context.set_default_verify_paths()
        except ours.Error as error:
            raise load_failure(error) from error

    def cert_store_stats(self) -> dict[str, int]:
        """Return how many certificates, authorities among them, and revocation lists are loaded."""
        store = trust.look_at_store(self.context)
        loaded = stores.get_certificates(store)
        return {
            "x509": len(loaded),
            "crl": max(stores.count(store) - len(loaded), 0),
            "x509_ca": sum(map(descriptions.is_authority, loaded)),
        }

    def get_ca_certs(self, binary_form: bool = False) -> list[Any]:
        """Return the authorities that are loaded, as dictionaries or DER bytes."""
        loaded = stores.get_certificates(trust.look_at_store(self.context))
        tell: Any = der if binary_form else described
        return [tell(one) for one in loaded if descriptions.is_authority(one)]
