"""Where systems keep the certificates that they trust, for builds that are not the system's."""

from __future__ import annotations

import os
import sys
import warnings

from OpenSSL._face.common.folders import holds_hashes
from OpenSSL._native.common import library
from OpenSSL._native.crypto import shared_stores
from OpenSSL._native.ssl import trust as native

TYPE_CHECKING = False
if TYPE_CHECKING:
    from OpenSSL._face.ssl.trust import ContextTrust

__all__ = ["trust_platform"]

#: Files of PEM certificates.
FILES = (
    b"/etc/ssl/certs/ca-certificates.crt",  # Debian, Ubuntu, Alpine, Arch, Gentoo, NixOS
    b"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  # Fedora, RHEL 7 and later
    b"/etc/pki/tls/certs/ca-bundle.crt",  # Fedora, RHEL 6
    b"/var/lib/ca-certificates/ca-bundle.pem",  # SUSE
    b"/etc/ssl/ca-bundle.pem",  # SUSE, the previous place
    b"/etc/ssl/cert.pem",  # macOS, OpenBSD, Alpine
    b"/usr/local/etc/ssl/cert.pem",  # FreeBSD, by a package
    b"/usr/local/share/certs/ca-root-nss.crt",  # FreeBSD, DragonFly
    b"/etc/openssl/certs/ca-certificates.crt",  # NetBSD
)
#: Folders prepared with ``openssl rehash``.
FOLDERS = (
    b"/etc/ssl/certs",  # Debian, SUSE, FreeBSD
    b"/etc/pki/tls/certs",  # Fedora
    b"/etc/openssl/certs",  # NetBSD
)


def _is_filled(file: bytes) -> bool:
    try:
        return os.stat(file).st_size > 0
    except (OSError, ValueError):
        return False


def trust_platform(context: ContextTrust) -> None:
    """Trust the platform's certificates, and say where there are none."""
    file, folders, named = shared_stores.platform_places()
    native.set_default_verify_paths(context)
    separator = os.fsencode(os.pathsep)
    if _is_filled(file) or any(map(holds_hashes, folders.split(separator))):
        return
    if not named and library.is_bundled() and _trust_elsewhere(context):
        return
    looked = [file, *folders.split(separator)]
    if not named and library.is_bundled():
        looked += [place for place in (*FILES, *FOLDERS) if place not in looked]
    told = ", ".join(os.fsdecode(place) for place in looked if place)
    warnings.warn(
        "the platform's certificates were not found, so nobody is trusted by them; looked for: "
        f"{told} (SSL_CERT_FILE and SSL_CERT_DIR name others)",
        RuntimeWarning,
        stacklevel=3,
    )


def _trust_elsewhere(context: ContextTrust) -> bool:
    """Trust what this system keeps for its own OpenSSL; tell whether there is any."""
    if sys.platform == "win32":
        return _trust_windows(context)
    for file in FILES:
        if _is_filled(file):
            native.load_verify_locations(context, file, None)
            return True
    for folder in FOLDERS:
        if holds_hashes(folder):
            native.load_verify_locations(context, None, folder)
            return True
    return False


if sys.platform == "win32":

    def _trust_windows(context: ContextTrust) -> bool:
        """Trust the stores of Windows, as the standard library does."""
        from _ssl import enum_certificates

        from OpenSSL._native.crypto import certificates, stores

        store = None
        for name in ("CA", "ROOT"):
            for data, kind, purposes in enum_certificates(name):
                # True, or the purposes it is meant for: servers among them?
                if kind != "x509_asn" or not (purposes is True or "1.3.6.1.5.5.7.3.1" in purposes):
                    continue
                store = store or native.get_cert_store(context)
                stores.add_certificate(store, certificates.load(data, False))
        return store is not None
