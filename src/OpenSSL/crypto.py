"""Certificates, keys, names, requests and revocation lists: what TLS stands on."""

from OpenSSL._exceptions import CryptoError as Error
from OpenSSL._exceptions import OCSPError, X509StoreContextError
from OpenSSL._face.crypto.certificates import (
    X509,
    dump_certificate,
    load_certificate,
    load_certificates,
)
from OpenSSL._face.crypto.curves import EllipticCurve, get_elliptic_curve, get_elliptic_curves
from OpenSSL._face.crypto.extensions import X509Extension
from OpenSSL._face.crypto.keys import (
    PKey,
    dump_privatekey,
    dump_publickey,
    load_privatekey,
    load_publickey,
)
from OpenSSL._face.crypto.names import X509Name
from OpenSSL._face.crypto.ocsp import (
    OCSPAnswer,
    OCSPResponse,
    must_staple,
    ocsp_request,
    ocsp_urls,
)
from OpenSSL._face.crypto.pkcs7 import PKCS7, load_pkcs7_data
from OpenSSL._face.crypto.pkcs12 import PKCS12, load_pkcs12
from OpenSSL._face.crypto.requests import (
    X509Req,
    dump_certificate_request,
    load_certificate_request,
)
from OpenSSL._face.crypto.revocation import CRL, Revoked, dump_crl, load_crl
from OpenSSL._face.crypto.signers import SigningAlgorithm
from OpenSSL._face.crypto.signing import sign, verify
from OpenSSL._face.crypto.spki import NetscapeSPKI
from OpenSSL._face.crypto.staples import StapleFile
from OpenSSL._face.crypto.stores import X509Store
from OpenSSL._face.crypto.verification import X509_verify_cert_error_string, X509StoreContext
from OpenSSL._native.common.constants import (
    FILETYPE_ASN1,
    FILETYPE_PEM,
    FILETYPE_TEXT,
    TYPE_DH,
    TYPE_DSA,
    TYPE_EC,
    TYPE_RSA,
    X509StoreFlags,
)

# Under this name programs know it.
_EllipticCurve = EllipticCurve
del EllipticCurve

# What the classes were called when they were types of C.
CRLType = CRL
NetscapeSPKIType = NetscapeSPKI
PKCS12Type = PKCS12
PKCS7Type = PKCS7
PKeyType = PKey
X509ExtensionType = X509Extension
X509NameType = X509Name
X509ReqType = X509Req
X509StoreType = X509Store
X509Type = X509

__all__ = [
    "CRL",
    "FILETYPE_ASN1",
    "FILETYPE_PEM",
    "FILETYPE_TEXT",
    "PKCS7",
    "PKCS12",
    "TYPE_DH",
    "TYPE_DSA",
    "TYPE_EC",
    "TYPE_RSA",
    "X509",
    "CRLType",
    "Error",
    "NetscapeSPKI",
    "NetscapeSPKIType",
    "OCSPAnswer",
    "OCSPError",
    "OCSPResponse",
    "PKCS7Type",
    "PKCS12Type",
    "PKey",
    "PKeyType",
    "Revoked",
    "SigningAlgorithm",
    "StapleFile",
    "X509Extension",
    "X509ExtensionType",
    "X509Name",
    "X509NameType",
    "X509Req",
    "X509ReqType",
    "X509Store",
    "X509StoreContext",
    "X509StoreContextError",
    "X509StoreFlags",
    "X509StoreType",
    "X509Type",
    "X509_verify_cert_error_string",
    "dump_certificate",
    "dump_certificate_request",
    "dump_crl",
    "dump_privatekey",
    "dump_publickey",
    "get_elliptic_curve",
    "get_elliptic_curves",
    "load_certificate",
    "load_certificate_request",
    "load_certificates",
    "load_crl",
    "load_pkcs7_data",
    "load_pkcs12",
    "load_privatekey",
    "load_publickey",
    "must_staple",
    "ocsp_request",
    "ocsp_urls",
    "sign",
    "verify",
]

TYPE_CHECKING = False
# Type checkers must go on refusing names that do not exist.
if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        if name.startswith("_") and not name.startswith("__"):
            from OpenSSL._cffi_names.private_names import private

            return private(__name__, name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name)
