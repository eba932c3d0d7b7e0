"""About the linked OpenSSL: version, build, directories, optional features."""

from __future__ import annotations

from OpenSSL._native.common import library as native

__all__ = ["OpenSSL_version", "SSLeay_version", "features", "is_bundled", "linked_version_number"]


def OpenSSL_version(type: int) -> bytes:
    """Tell one thing about the linked library, in its own words.

    ``type`` is ``OPENSSL_VERSION``, ``OPENSSL_CFLAGS``, ``OPENSSL_BUILT_ON``,
    ``OPENSSL_PLATFORM``, ``OPENSSL_DIR`` or another of that family; a number
    OpenSSL does not know gives ``b"not available"``.

    Raises TypeError when ``type`` is not an integer.

    ``OpenSSL_version(3)``
    """
    if not isinstance(type, int):
        raise TypeError("type must be an integer")
    return native.version_text(type)


#: The name this function had before OpenSSL 1.1.
SSLeay_version = OpenSSL_version


def linked_version_number() -> int:
    """The version of the library in use, ``0xMNN00PP0``.

    ``OPENSSL_VERSION_NUMBER`` is that of the headers of the build; the two
    differ after the system's library was updated.

    ``OpenSSL_version_num(3)``
    """
    return native.version_number()


def is_bundled() -> bool:
    """Whether this build carries an OpenSSL of its own, as wheels do.

    Updates of the system's library do not reach it then: a newer wheel does.

    ``OpenSSL_version(3)``
    """
    return native.is_bundled()


def features() -> dict[str, bool]:
    """Which optional features this build with the linked library has.

    The keys are short names such as ``"tls1_3"``, ``"dtls"``, ``"ktls"`` or
    ``"ech"``. False means that the build left the feature out or that the
    library is older than it.

    ``OpenSSL_version_num(3)``
    """
    return native.features()
