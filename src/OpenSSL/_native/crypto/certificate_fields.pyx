"""Fields of a certificate: versions, numbers, times, keys, and its signature."""

cimport cython

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libcrypto as c
cimport OpenSSL._native.crypto.algorithms as algorithms
cimport OpenSSL._native.crypto.asn1 as asn1
cimport OpenSSL._native.crypto.keys as keys
cimport OpenSSL._native.crypto.names as names
from OpenSSL._native.common.hooks cimport Asking, begin_asking
from OpenSSL._native.crypto.certificates cimport X509, public_key, release_certificate, stale

cdef extern from "compat.h" nogil:
    void X509_ALGOR_get0(const c.ASN1_OBJECT** kind, int* type, const void** value,
        const c.X509_ALGOR* algorithm)
    int X509_set_version(c.X509* certificate, long version)
    int X509_set_serialNumber(c.X509* certificate, c.ASN1_INTEGER* serial)
    int X509_set1_notBefore(c.X509* certificate, const c.ASN1_TIME* time)
    int X509_set1_notAfter(c.X509* certificate, const c.ASN1_TIME* time)
    int X509_set_pubkey(c.X509* certificate, c.EVP_PKEY* key)
    const c.X509_ALGOR* X509_get0_tbs_sigalg(const c.X509* certificate)
    int X509_sign(c.X509* certificate, c.EVP_PKEY* key, const c.EVP_MD* digest)
    int X509_get_ext_count(const c.X509* certificate)


@cython.critical_section
def get_version(X509 certificate not None) -> int:
    return c.X509_get_version(certificate.held())


@cython.critical_section
def set_version(X509 certificate not None, long version) -> None:
    certificate.own()
    errors.clear()
    if X509_set_version(certificate.held(), version) != 1:
        errors.fail_crypto("no such version of certificates")
    stale(certificate.held())


@cython.critical_section
def get_serial(X509 certificate not None) -> int:
    return asn1.integer_value(c.X509_get0_serialNumber(certificate.held()))


@cython.critical_section
def set_serial(X509 certificate not None, serial not None: int) -> None:
    cdef c.ASN1_INTEGER* number = asn1.new_integer(serial)
    cdef int good
    try:
        certificate.own()
        errors.clear()
        good = X509_set_serialNumber(certificate.held(), number)
    finally:
        c.ASN1_INTEGER_free(number)
    if good != 1:
        errors.fail_crypto("the serial number cannot be set")
    stale(certificate.held())


@cython.critical_section
def get_boundary(X509 certificate not None, bint end) -> bytes | None:
    """The time as text, or None."""
    return asn1.time_text(boundary(certificate, end))


@cython.critical_section
def get_boundary_seconds(X509 certificate not None, bint end) -> int | None:
    """The time in seconds since 1970, or None."""
    return asn1.time_seconds(boundary(certificate, end))


cdef const c.ASN1_TIME* boundary(X509 certificate, bint end) except? NULL:
    if end:
        return c.X509_get0_notAfter(certificate.held())
    return c.X509_get0_notBefore(certificate.held())


@cython.critical_section
def set_boundary(X509 certificate not None, bint end, when: bytes | int) -> None:
    """Set a time from its text (bytes), or from seconds counted from now (int)."""
    cdef c.ASN1_TIME* time
    cdef int good
    if isinstance(when, int):
        time = asn1.new_time_from_now(when)
    else:
        time = asn1.new_time(when)
    try:
        certificate.own()
        errors.clear()
        if end:
            good = X509_set1_notAfter(certificate.held(), time)
        else:
            good = X509_set1_notBefore(certificate.held(), time)
    finally:
        c.ASN1_TIME_free(time)
    if good != 1:
        errors.fail_crypto("the time cannot be set")
    stale(certificate.held())


def get_pubkey(X509 certificate not None) -> Any:
    return public_key(certificate)


@cython.critical_section
def set_pubkey(X509 certificate not None, keys.PKey key not None) -> None:
    cdef c.EVP_PKEY* shared = key.share_public()
    cdef int good
    try:
        certificate.own()
        errors.clear()
        good = X509_set_pubkey(certificate.held(), shared)
    finally:
        keys.release_key(shared)
    if good != 1:
        errors.fail_crypto("the key cannot be put into a certificate")
    stale(certificate.held())


@cython.critical_section
def get_signature_algorithm(X509 certificate not None) -> bytes | None:
    """OpenSSL's long name, or None when it does not know the algorithm."""
    cdef const c.ASN1_OBJECT* kind = NULL
    cdef int nid
    X509_ALGOR_get0(&kind, NULL, NULL, X509_get0_tbs_sigalg(certificate.held()))
    nid = c.OBJ_obj2nid(kind)
    return None if nid == c.NID_undef else <bytes>c.OBJ_nid2ln(nid)


@cython.critical_section
def get_extension_count(X509 certificate not None) -> int:
    return X509_get_ext_count(certificate.held())


@cython.critical_section
def get_subject_hash(X509 certificate not None) -> int:
    return names.hash_of(c.X509_get_subject_name(certificate.held()))


@cython.critical_section
def sign(X509 certificate not None, keys.PKey key not None, digest: str | bytes | None) -> None:
    """Sign with ``key``; ``digest`` is None for keys that bring their own."""
    cdef const c.EVP_MD* kind = NULL
    cdef c.EVP_PKEY* shared
    cdef c.X509* signed
    cdef Asking asking
    cdef int size
    if digest is not None:
        kind = algorithms.find_digest(digest)
    shared = key.share()
    try:
        certificate.own()
        signed = certificate.share()    # a function that signs may change the object
        errors.clear()
        asking = begin_asking()
        size = X509_sign(signed, shared, kind)
        release_certificate(signed)
        asking.end()
    finally:
        keys.release_key(shared)
    if size <= 0:
        errors.fail_crypto("the certificate cannot be signed with this key")
