"""Our exceptions in the words and classes of the ``ssl`` module."""

from __future__ import annotations

import os
import ssl
from collections.abc import Sequence
from typing import Any

from OpenSSL import _exceptions as ours

__all__ = ["LIBRARIES", "failure", "load_failure", "made", "reason_name", "translated"]

#: OpenSSL's numbers of its parts that anything here can fail in.
LIBRARIES = {
    2: "SYS",
    3: "BN",
    4: "RSA",
    5: "DH",
    6: "EVP",
    7: "BUF",
    8: "OBJ",
    9: "PEM",
    10: "DSA",
    11: "X509",
    13: "ASN1",
    14: "CONF",
    15: "CRYPTO",
    16: "EC",
    20: "SSL",
    32: "BIO",
    33: "PKCS7",
    34: "X509V3",
    35: "PKCS12",
    36: "RAND",
    37: "DSO",
    38: "ENGINE",
    39: "OCSP",
    44: "OSSL_STORE",
    50: "CT",
    57: "PROV",
    60: "OSSL_DECODER",
}
SYS, SSL = 2, 20
#: Reasons whose names are not what their words say; all others' are.
ODD_NAMES = {
    (6, 142): "EXPECTING_A_EC_KEY",
    (6, 162): "PARTIALLY_OVERLAPPING",
    (SSL, 158): "AT_LEAST_TLS_1_2_NEEDED_IN_SUITEB_MODE",
    (SSL, 330): "NO_GOST_CERTIFICATE_SENT_BY_PEER",
    (SSL, 358): "MISSING_SRP_PARAM",
    (SSL, 361): "SRP_A_CALC",
    (SSL, 380): "ILLEGAL_SUITEB_DIGEST",
}
#: What libssl says, and this package in its place where libssl would say it too late.
OURS_TOO = {"application data after close notify", "bad write retry", "protocol is shutdown"}
#: Verify results for which the name that was wanted is told.
NAME_MISMATCH = {62: "Hostname", 64: "IP address"}

_WORDS = str.maketrans(" -/.", "____", "()'")
_SIMPLE = {
    ours.WantReadError: (
        ssl.SSLWantReadError,
        ssl.SSL_ERROR_WANT_READ,
        "The operation did not complete (read)",
    ),
    ours.WantWriteError: (
        ssl.SSLWantWriteError,
        ssl.SSL_ERROR_WANT_WRITE,
        "The operation did not complete (write)",
    ),
    ours.WantX509LookupError: (
        ssl.SSLError,
        ssl.SSL_ERROR_WANT_X509_LOOKUP,
        "The operation did not complete (X509 lookup)",
    ),
    ours.ZeroReturnError: (
        ssl.SSLZeroReturnError,
        ssl.SSL_ERROR_ZERO_RETURN,
        "TLS/SSL connection has been closed (EOF)",
    ),
}


def reason_name(library: int, reason: int, words: str) -> str | None:
    """Return the name of a reason, as ``CERTIFICATE_VERIFY_FAILED``."""
    odd = ODD_NAMES.get((library, reason))
    if odd is not None or not words or words.startswith("alert number"):
        return odd
    # The words have changed (ssl_err.c, 3.5 and 4.0), and programs know the names.
    for newer in ("ssl/tls alert ", "tls alert "):
        if words.startswith(newer):
            words = "sslv3 alert " + words[len(newer) :]
            break
    return words.translate(_WORDS).upper()


def made(
    kind: type[ssl.SSLError], number: int, words: str, library: str | None, reason: str | None
) -> Any:
    """Return an exception of ``ssl`` with all that the module gives it."""
    if library is not None and reason is not None:
        words = f"[{library}: {reason}] {words}"
    elif library is not None:
        words = f"[{library}] {words}"
    error = kind(number, words)
    error.library = library  # type: ignore[assignment]  # None where OpenSSL had no say
    error.reason = reason  # type: ignore[assignment]
    return error


def failure(words: str) -> ssl.SSLError:
    """Return an SSLError that OpenSSL has no part in."""
    return made(ssl.SSLError, 0, words, None, None)  # type: ignore[no-any-return]


def _last(error: Any) -> tuple[str | None, str | None, str]:
    """Return library, reason and words of what OpenSSL complained about last."""
    if error.errors:
        entry = error.errors[-1]
        return (
            LIBRARIES.get(entry.library_code),
            reason_name(entry.library_code, entry.reason_code, entry.reason),
            entry.reason or "unknown error",
        )
    triples: Sequence[Any] = error.args[0] if error.args else ()
    words = triples[-1][2] if isinstance(triples, list) and triples else str(error)
    if words in OURS_TOO:
        return "SSL", reason_name(SSL, 0, words), words
    return None, None, words


def _unverified(error: ours.Error, name: str | None) -> ssl.SSLCertVerificationError:
    kind = NAME_MISMATCH.get(error.verify_code or 0)
    if kind is None:
        message = error.verify_message or ""
    else:
        message = f"{kind} mismatch, certificate is not valid for '{name}'."
    new = made(
        ssl.SSLCertVerificationError,
        ssl.SSL_ERROR_SSL,
        f"certificate verify failed: {message}",
        "SSL",
        "CERTIFICATE_VERIFY_FAILED",
    )
    new.verify_code = error.verify_code
    new.verify_message = message
    return new  # type: ignore[no-any-return]


def _system(error: ours.SysCallError) -> OSError:
    number = error.args[0] if error.args else -1
    if type(number) is int and number > 0:
        return OSError(number, os.strerror(number))
    return made(  # type: ignore[no-any-return]
        ssl.SSLEOFError,
        ssl.SSL_ERROR_EOF,
        "EOF occurred in violation of protocol",
        "SSL",
        "UNEXPECTED_EOF_WHILE_READING",
    )


def translated(error: ours.Error, name: str | None = None) -> OSError:
    """Return what ``ssl`` raises in the place of ``error``; ``name`` is the host wanted."""
    simple = _SIMPLE.get(type(error))
    if simple is not None:
        return made(*simple, None, None)  # type: ignore[no-any-return]
    if isinstance(error, ours.SysCallError):
        return _system(error)
    if error.verify_code:
        new: Any = _unverified(error, name)
    else:
        library, reason, words = _last(error)
        new = made(ssl.SSLError, ssl.SSL_ERROR_SSL, words, library, reason)
    # What only this package knows stays to be asked.
    new.alert, new.alert_sent = error.alert, error.alert_sent
    return _explained(new, error)  # type: ignore[no-any-return]


def load_failure(error: Any) -> OSError:
    """Return what ``ssl`` raises where a file or certificate could not be loaded."""
    for entry in error.errors:
        if entry.library_code == SYS and entry.reason_code:
            system = OSError(entry.reason_code, os.strerror(entry.reason_code))
            return _explained(system, error)  # type: ignore[no-any-return]
    library, reason, words = _last(error)
    number = error.errors[-1].reason_code if error.errors else ssl.SSL_ERROR_SSL
    new = made(ssl.SSLError, number, words, library, reason)
    return _explained(new, error)  # type: ignore[no-any-return]


def _explained(new: Any, error: BaseException) -> Any:
    """Return ``new`` with the notes of ``error``, where this Python's exceptions have notes."""
    if hasattr(new, "add_note"):
        for note in getattr(error, "__notes__", ()):
            new.add_note(note)
    return new
