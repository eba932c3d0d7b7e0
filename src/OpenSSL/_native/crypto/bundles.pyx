"""Certificates and lists of revoked ones out of bytes, read whole before any is believed."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libcrypto as c
cimport OpenSSL._native.common.memory as memory
cimport OpenSSL._native.common.passphrases as passphrases
from OpenSSL._native.crypto.certificates cimport wrap_certificate
from OpenSSL._native.crypto.revocation cimport free_list, read_list
from OpenSSL._native.crypto.stores cimport X509Store

from OpenSSL._native.crypto import revocation
from OpenSSL._native.crypto import stores

cdef extern from "compat.h" nogil:
    c.X509* PEM_read_bio_X509_AUX(c.BIO* bio, c.X509** into, c.pem_password_cb* hook, void* data)
    c.X509* d2i_X509(c.X509** into, const unsigned char** data, long size)
    int i2d_X509_CRL(const c.X509_CRL* crl, unsigned char** out)
    c.X509_CRL* d2i_X509_CRL(c.X509_CRL** into, const unsigned char** data, long size)


cdef class Bundle:
    cdef int add_to(self, X509Store store) except -1:
        for each in self.certificates:
            stores.add_certificate(store, each)
        for each in self.revocations:
            revocation.add_to_store(store, each)
        return 0


cdef Bundle read_bundle(bytes data):
    """What the bytes hold, in PEM or one after the other in DER; Error for anything else."""
    cdef Bundle bundle = Bundle.__new__(Bundle)
    bundle.certificates = []
    bundle.revocations = []
    if b"-----BEGIN " in data:
        read_texts(bundle, data)
    else:
        read_binaries(bundle, data)
    return bundle


cdef int read_texts(Bundle bundle, bytes data) except -1:
    cdef memory.Memory source = memory.reading(data)
    cdef c.X509* certificate
    cdef c.X509_CRL* revoked
    while True:
        errors.clear()
        # With what is said about its trust; without a hook it is asked for at the
        # terminal (PEM_def_callback, 3.0 to 4.0).
        certificate = PEM_read_bio_X509_AUX(
            source.bio, NULL, passphrases.on_passphrase, NULL)
        if certificate == NULL:
            break
        bundle.certificates.append(wrap_certificate(certificate))
    if not errors.take_no_start_line():
        errors.fail_crypto("not a certificate")
    source = memory.reading(data)
    while True:
        errors.clear()
        revoked = read_list(source)
        if revoked == NULL:
            break
        take_list(bundle, revoked)
    if not errors.take_no_start_line() or not (bundle.certificates or bundle.revocations):
        errors.fail_crypto("neither a certificate nor a revocation list")
    return 0


cdef int read_binaries(Bundle bundle, bytes data) except -1:
    cdef const unsigned char* start = <const unsigned char*>PyBytes_AS_STRING(data)
    cdef const unsigned char* end = start + PyBytes_GET_SIZE(data)
    cdef const unsigned char* at = start
    cdef c.X509* certificate
    cdef c.X509_CRL* revoked
    if at == end:
        errors.clear()
        errors.fail_crypto("neither a certificate nor a revocation list")
    while at < end:
        errors.clear()
        start = at
        certificate = d2i_X509(NULL, &at, end - start)
        if certificate != NULL:
            bundle.certificates.append(wrap_certificate(certificate))
            continue
        errors.clear()
        at = start
        revoked = d2i_X509_CRL(NULL, &at, end - start)
        if revoked == NULL:
            errors.fail_crypto("neither a certificate nor a revocation list")
        take_list(bundle, revoked)
    return 0


cdef int take_list(Bundle bundle, c.X509_CRL* taken) except -1:
    """Keep a list as bytes: a store decodes it for itself."""
    cdef unsigned char* encoded = NULL
    cdef int size
    errors.clear()
    size = i2d_X509_CRL(taken, &encoded)
    free_list(taken)
    if size <= 0:
        errors.fail_crypto("the revocation list cannot be copied")
    try:
        bundle.revocations.append(PyBytes_FromStringAndSize(<const char*>encoded, size))
    finally:
        c.OPENSSL_free(encoded)
    return 0


def load(X509Store store not None, bytes data not None) -> None:
    """Let a store know everything that the bytes hold, or nothing."""
    store.held()
    read_bundle(data).add_to(store)
