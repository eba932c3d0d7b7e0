"""What a file of keys or certificates holds, in words; loaded where it is not what was wanted."""

from __future__ import annotations

import os
import stat

from OpenSSL._exceptions import CryptoError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from OpenSSL._details import ErrorDetail

__all__ = ["of_content", "of_file", "of_uris", "told"]

#: How much of a file is looked at.
_ENOUGH = 1 << 16
#: The reasons of OpenSSL that mean: this is not what was wanted.
_NOT_WANTED = frozenset(
    (
        *("no start line", "bad end line", "bad base64 decode", "unsupported", "decode error"),
        *("no certificate or crl found", "wrong tag", "not enough data", "header too long"),
        *("bad object header", "too long", "nested asn1 error", "short header"),
    )
)
#: What PEM calls them, and people.
_LABELS = {
    "CERTIFICATE": "certificate",
    "TRUSTED CERTIFICATE": "trusted certificate",
    "X509 CERTIFICATE": "certificate",
    "CERTIFICATE REQUEST": "certificate request",
    "NEW CERTIFICATE REQUEST": "certificate request",
    "X509 CRL": "revocation list",
    "PRIVATE KEY": "private key",
    "RSA PRIVATE KEY": "private key",
    "EC PRIVATE KEY": "private key",
    "DSA PRIVATE KEY": "private key",
    "ENCRYPTED PRIVATE KEY": "encrypted private key",
    "OPENSSH PRIVATE KEY": "private key of OpenSSH, which `ssh-keygen -p -m PKCS8` converts",
    "PUBLIC KEY": "public key",
    "RSA PUBLIC KEY": "public key",
    "DH PARAMETERS": "set of Diffie-Hellman parameters",
    "X9.42 DH PARAMETERS": "set of Diffie-Hellman parameters",
    "EC PARAMETERS": "set of curve parameters, without a key",
    "PKCS7": "PKCS #7 message",
    "CMS": "CMS message",
}


def _labels(data: bytes) -> list[str]:
    begin, end = b"-----BEGIN ", b"-----"
    found = []
    for part in data.split(begin)[1:]:
        label, closed, _ = part.partition(end)
        if closed and len(label) < 60 and b"\n" not in label:
            found.append(label.decode("ascii", "replace"))
    return found


def _der(data: bytes) -> str:
    """Say what the beginning of DER looks like: a sequence, and what stands first in it."""
    length = data[1] & 0x7F if data[1] & 0x80 else 0
    inner = data[2 + length :]
    if inner.startswith(b"\x02\x01\x03"):
        return "a PKCS #12 archive (load_pkcs12)"
    if inner.startswith((b"\x02\x01\x00", b"\x02\x01\x01")):
        return "a private key in DER (FILETYPE_ASN1)"
    if inner.startswith(b"\x06\x09*\x86H\x86\xf7\x0d\x01\x07"):
        return "a PKCS #7 message in DER"
    return "DER, not PEM (FILETYPE_ASN1)"


def told(data: bytes) -> str:
    """Say what ``data`` is, as far as a look tells; "" where it tells nothing."""
    if not data.strip():
        return "nothing at all" if not data else "nothing but white space"
    labels = _labels(data)
    if labels:
        each = dict.fromkeys(_LABELS.get(label, label) for label in labels)
        return "PEM: " + ", ".join(each)
    if data[0] == 0x30 and len(data) > 4:
        return _der(data)
    if len(data) < 1024 and b"\n" not in data.strip() and data.isascii():
        return "one line of text, as the name of a file would be"
    return "neither PEM nor DER"


def _is_unwanted(errors: tuple[ErrorDetail, ...]) -> bool:
    # No entry: OpenSSL found no fault, and what it found was not enough for us.  Below a wrong
    # passphrase decoders complain as well.
    return not errors or (
        any(each.reason in _NOT_WANTED for each in errors)
        and not any("pass" in each.reason or each.reason == "bad decrypt" for each in errors)
    )


def _beginning(name: str) -> bytes | None:
    """Return what a regular file begins with: anything else may block, or be used up."""
    try:
        # Who opens a pipe and lets go of it has its writer fail.
        if not stat.S_ISREG(os.stat(name).st_mode):
            return None
        with open(name, "rb") as file:
            return file.read(_ENOUGH)
    except (OSError, ValueError):
        return None


def of_content(data: bytes, errors: tuple[ErrorDetail, ...]) -> str:
    """Say what ``data`` holds where these errors mean that it is not what was wanted."""
    return f"what was given holds {told(data)}" if _is_unwanted(errors) else ""


def of_file(name: str, errors: tuple[ErrorDetail, ...]) -> str:
    """Say which file these errors are about, and what it holds instead of what was wanted."""
    # Where a file cannot be opened, OpenSSL has said so (BIO_new_file, 3.0 to 4.0).
    if "-----BEGIN " in name or any(name in each.data for each in errors):
        return ""
    words = f"a folder: {name}" if os.path.isdir(name) else f"the file: {name}"
    data = _beginning(name) if _is_unwanted(errors) else None
    return words if data is None else f"{words}, which holds {told(data)}"


def _shown(uri: bytes) -> str:
    # A PIN in it is not for logs.
    before, found, _ = uri.partition(b"pin-value=")
    return repr((before + found + (b"..." if found else b"")).decode("utf-8", "replace"))


def of_uris(words: str | CryptoError, *uris: bytes) -> CryptoError:
    """Make the error about URIs that hold nothing of use, or say of one which they were."""
    error = CryptoError(words) if isinstance(words, str) else words
    for uri in dict.fromkeys(uris):
        error.add_note(f"the URI: {_shown(uri)}")
    # Where OpenSSL has complained, it has said of what.
    if not error.errors and any(uri.startswith(b"pkcs11:") for uri in uris):
        error.add_note(
            "does it name one object (token=, object=, id=) of the right kind (type=private, "
            "type=cert)? Where a PIN is wrong or missing a provider may say no more than this"
        )
    return error
