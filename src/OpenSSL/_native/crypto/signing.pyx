"""Signing data with a key, and verifying with the key of a certificate."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libcrypto as c
cimport OpenSSL._native.crypto.algorithms as algorithms
cimport OpenSSL._native.crypto.certificates as certificates
cimport OpenSSL._native.crypto.keys as keys
from OpenSSL._native.common.hooks cimport Asking, begin_asking

cdef extern from "compat.h" nogil:
    c.EVP_MD_CTX* EVP_MD_CTX_new()
    void EVP_MD_CTX_free(c.EVP_MD_CTX* context)
    int EVP_DigestSignInit(c.EVP_MD_CTX* context, c.EVP_PKEY_CTX** key_context,
        const c.EVP_MD* kind, void* engine, c.EVP_PKEY* key)
    int EVP_DigestSign(c.EVP_MD_CTX* context, unsigned char* signature, size_t* length,
        const unsigned char* data, size_t size)
    int EVP_DigestVerifyInit(c.EVP_MD_CTX* context, c.EVP_PKEY_CTX** key_context,
        const c.EVP_MD* kind, void* engine, c.EVP_PKEY* key)
    int EVP_DigestVerify(c.EVP_MD_CTX* context, const unsigned char* signature, size_t length,
        const unsigned char* data, size_t size)


cdef class Work:
    """An EVP_MD_CTX that frees itself."""

    cdef c.EVP_MD_CTX* handle

    def __cinit__(self):
        self.handle = NULL

    def __dealloc__(self):
        EVP_MD_CTX_free(self.handle)


cdef Work start():
    cdef Work work = Work.__new__(Work)
    errors.clear()
    work.handle = EVP_MD_CTX_new()
    if work.handle == NULL:
        errors.fail_crypto("no memory for a signature")
    return work


def sign(keys.PKey key not None, bytes data not None, digest: str | bytes | None) -> bytes:
    """The signature; ``digest`` is None for keys that bring their own."""
    cdef const c.EVP_MD* kind = NULL if digest is None else algorithms.find_digest(digest)
    cdef Work work = start()
    cdef const unsigned char* text = <const unsigned char*>PyBytes_AS_STRING(data)
    cdef size_t length = 0
    cdef size_t size = PyBytes_GET_SIZE(data)
    cdef c.EVP_PKEY* shared = key.share()
    cdef bytes signature
    cdef unsigned char* out
    cdef Asking asking
    cdef int good
    errors.clear()
    # From here on the context holds a reference to the key of its own.
    good = EVP_DigestSignInit(work.handle, NULL, kind, NULL, shared)
    keys.release_key(shared)
    if good != 1 or EVP_DigestSign(work.handle, NULL, &length, text, size) != 1:
        errors.fail_crypto("this key cannot sign in this way")
    signature = PyBytes_FromStringAndSize(NULL, length)
    out = <unsigned char*>PyBytes_AS_STRING(signature)
    asking = begin_asking()
    with nogil:
        good = EVP_DigestSign(work.handle, out, &length, text, size)
    asking.end()
    if good != 1:
        errors.fail_crypto("this key cannot sign in this way")
    return signature[:length]


def verify(
    certificates.X509 certificate not None,
    bytes signature not None,
    bytes data not None,
    digest: str | bytes | None,
) -> None:
    """Raise unless the certificate's key made the signature."""
    cdef const c.EVP_MD* kind = NULL if digest is None else algorithms.find_digest(digest)
    cdef keys.PKey key = certificates.public_key(certificate)
    cdef Work work = start()
    cdef const unsigned char* text = <const unsigned char*>PyBytes_AS_STRING(data)
    cdef const unsigned char* given = <const unsigned char*>PyBytes_AS_STRING(signature)
    cdef size_t size = PyBytes_GET_SIZE(data)
    cdef size_t length = PyBytes_GET_SIZE(signature)
    cdef int good
    errors.clear()
    if EVP_DigestVerifyInit(work.handle, NULL, kind, NULL, key.held()) != 1:
        errors.fail_crypto("this key cannot verify in this way")
    with nogil:
        good = EVP_DigestVerify(work.handle, given, length, text, size)
    if good != 1:
        errors.fail_crypto("the signature does not match")
