"""The forms of certificates and keys in files, and the bytes to load them from."""

from __future__ import annotations

from OpenSSL._native.common.constants import FILETYPE_ASN1, FILETYPE_PEM, FILETYPE_TEXT

__all__ = ["FILETYPE_ASN1", "FILETYPE_PEM", "FILETYPE_TEXT", "content", "form", "is_pem"]


def is_pem(filetype: object) -> bool:
    """Return whether ``filetype`` is PEM or, otherwise, ASN.1; ValueError if neither."""
    if filetype == FILETYPE_PEM:
        return True
    if filetype == FILETYPE_ASN1:
        return False
    raise ValueError("type argument must be FILETYPE_PEM or FILETYPE_ASN1")


def form(filetype: int) -> int:
    """Return ``filetype`` if it is any that can be dumped; ValueError otherwise."""
    if filetype in (FILETYPE_PEM, FILETYPE_ASN1, FILETYPE_TEXT):
        return filetype
    raise ValueError("type argument must be FILETYPE_PEM, FILETYPE_ASN1, or FILETYPE_TEXT")


def content(buffer: object) -> bytes:
    """Return what a file holds as bytes; text must be ASCII, as PEM is.

    Raises UnicodeEncodeError (a ValueError) for other text, TypeError for what
    is neither text nor a bytes-like object.
    """
    if isinstance(buffer, bytes):
        return buffer
    if isinstance(buffer, str):
        return buffer.encode("ascii")
    if isinstance(buffer, (bytearray, memoryview)):
        return bytes(buffer)
    raise TypeError(f"buffer must be bytes or str, not {type(buffer).__name__}")
