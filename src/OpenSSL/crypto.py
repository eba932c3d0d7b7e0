"""Certificates, keys and names: what TLS stands on."""

from OpenSSL._exceptions import CryptoError as Error
from OpenSSL._exceptions import X509StoreContextError
from OpenSSL._face.certificates import (
    X509,
    dump_certificate,
    load_certificate,
    load_certificates,
)
from OpenSSL._face.curves import EllipticCurve as _EllipticCurve
from OpenSSL._face.curves import get_elliptic_curve, get_elliptic_curves
from OpenSSL._face.filetypes import FILETYPE_ASN1, FILETYPE_PEM, FILETYPE_TEXT
from OpenSSL._face.keys import (
    TYPE_DH,
    TYPE_DSA,
    TYPE_EC,
    TYPE_RSA,
    PKey,
    dump_privatekey,
    dump_publickey,
    load_privatekey,
    load_publickey,
)
from OpenSSL._face.names import X509Name
from OpenSSL._face.stores import X509Store, X509StoreFlags
from OpenSSL._face.verification import X509StoreContext

__all__ = [
    "FILETYPE_ASN1",
    "FILETYPE_PEM",
    "FILETYPE_TEXT",
    "TYPE_DH",
    "TYPE_DSA",
    "TYPE_EC",
    "TYPE_RSA",
    "X509",
    "Error",
    "PKey",
    "X509Name",
    "X509Store",
    "X509StoreContext",
    "X509StoreContextError",
    "X509StoreFlags",
    "dump_certificate",
    "dump_privatekey",
    "dump_publickey",
    "get_elliptic_curve",
    "get_elliptic_curves",
    "load_certificate",
    "load_certificates",
    "load_privatekey",
    "load_publickey",
]
