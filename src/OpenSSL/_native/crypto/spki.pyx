"""Netscape's signed public keys (SPKAC): an EVP_PKEY with proof of possession."""

cimport cython

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libcrypto as c
cimport OpenSSL._native.crypto.algorithms as algorithms
cimport OpenSSL._native.crypto.keys as keys
from OpenSSL._native.common.hooks cimport Asking, begin_asking
from OpenSSL._native.common.owners cimport Owner

cdef extern from "compat.h" nogil:
    c.NETSCAPE_SPKI* NETSCAPE_SPKI_new()
    void NETSCAPE_SPKI_free(c.NETSCAPE_SPKI* request)
    int NETSCAPE_SPKI_sign(c.NETSCAPE_SPKI* request, c.EVP_PKEY* key, const c.EVP_MD* digest)
    int NETSCAPE_SPKI_verify(c.NETSCAPE_SPKI* request, c.EVP_PKEY* key)
    char* NETSCAPE_SPKI_b64_encode(c.NETSCAPE_SPKI* request)
    c.EVP_PKEY* NETSCAPE_SPKI_get_pubkey(c.NETSCAPE_SPKI* request)
    int NETSCAPE_SPKI_set_pubkey(c.NETSCAPE_SPKI* request, c.EVP_PKEY* key)


cdef void free(void* handle) noexcept nogil:
    NETSCAPE_SPKI_free(<c.NETSCAPE_SPKI*>handle)


cdef class NetscapeSPKI(Owner):
    """The owner of a signed public key."""

    def __init__(self):
        if self.begins():
            self.begin(NETSCAPE_SPKI_new(), "a signed public key")

    def __dealloc__(self):
        free(self.handle)

    cdef c.NETSCAPE_SPKI* held(self) except NULL:
        return <c.NETSCAPE_SPKI*>self.some("NetscapeSPKI")


@cython.critical_section
def sign(NetscapeSPKI spki not None, keys.PKey key not None, digest: str | bytes | None) -> None:
    cdef c.NETSCAPE_SPKI* handle = spki.held()
    cdef const c.EVP_MD* kind = NULL if digest is None else algorithms.find_digest(digest)
    cdef c.EVP_PKEY* shared = key.share()
    cdef Asking asking
    cdef int size
    errors.clear()
    asking = begin_asking()
    size = NETSCAPE_SPKI_sign(handle, shared, kind)
    keys.release_key(shared)
    asking.end()
    if size <= 0:
        errors.fail_crypto("this key cannot sign in this way")


@cython.critical_section
def verify(NetscapeSPKI spki not None, keys.PKey key not None) -> bool:
    cdef c.NETSCAPE_SPKI* handle = spki.held()
    cdef c.EVP_PKEY* shared = key.share_public()
    cdef int good
    errors.clear()
    good = NETSCAPE_SPKI_verify(handle, shared)
    keys.release_key(shared)
    if good <= 0:
        errors.fail_crypto("the signature does not match")
    return True


@cython.critical_section
def encode(NetscapeSPKI spki not None) -> bytes:
    cdef char* text
    errors.clear()
    text = NETSCAPE_SPKI_b64_encode(spki.held())
    if text == NULL:
        errors.fail_crypto("the signed public key is not complete")
    try:
        return <bytes>text
    finally:
        c.OPENSSL_free(text)


@cython.critical_section
def get_pubkey(NetscapeSPKI spki not None) -> Any:
    cdef c.EVP_PKEY* key
    errors.clear()
    key = NETSCAPE_SPKI_get_pubkey(spki.held())
    if key == NULL:
        errors.fail_crypto("there is no public key")
    return keys.wrap_public_key(key)


@cython.critical_section
def set_pubkey(NetscapeSPKI spki not None, keys.PKey key not None) -> None:
    cdef c.NETSCAPE_SPKI* handle = spki.held()
    cdef c.EVP_PKEY* shared = key.share_public()
    cdef int good
    errors.clear()
    good = NETSCAPE_SPKI_set_pubkey(handle, shared)
    keys.release_key(shared)
    if good != 1:
        errors.fail_crypto("the key cannot be used here")
