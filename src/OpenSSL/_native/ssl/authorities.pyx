"""Whom a Context believes, from elsewhere than files: a store, bytes, a URI."""

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libcrypto as c
cimport OpenSSL._native.common.libssl as s
from OpenSSL._native.common.rules cimport store_changed
from OpenSSL._native.crypto.bundles cimport Bundle, read_bundle
from OpenSSL._native.crypto.stores cimport X509Store
from OpenSSL._native.ssl.context cimport OWN, Context
from OpenSSL._native.ssl.trust cimport borrowed_store, keep_store_alive, own_store

cdef extern from "compat.h" nogil:
    int SSL_CTX_load_verify_store(s.SSL_CTX* context, const char* uri)
    c.OSSL_STORE_CTX* OSSL_STORE_open(const char* uri, void* prompt, void* prompt_data,
        void* after, void* after_data)


def set_cert_store(Context context not None, X509Store store not None) -> None:
    cdef c.X509_STORE* handle = store.held()
    context.change()
    try:
        errors.clear()
        keep_store_alive(context, borrowed_store(context))
        s.SSL_CTX_set1_cert_store(context.handle, handle)
        context.trust = OWN
        context.anchors = None
    finally:
        context.leave()


def load_verify_data(Context context not None, bytes data not None) -> None:
    cdef Bundle bundle = read_bundle(data)
    context.change()
    try:
        own_store(context)
        bundle.add_to(borrowed_store(context))
    finally:
        context.leave()


cdef int check_source(bytes uri) except -1:
    """Raise unless there is such a place.

    libssl looks when it verifies, and says nothing then (cache_objects in
    crypto/x509/by_store.c, 3.0 to 4.0).
    """
    cdef const char* place = uri
    cdef c.OSSL_STORE_CTX* source
    cdef int good = 1
    with nogil:
        errors.clear()
        source = OSSL_STORE_open(place, NULL, NULL, NULL, NULL)
        if source != NULL:
            good = c.OSSL_STORE_close(source)
    if source == NULL or good != 1:
        errors.fail_ssl("there are no certificates to be loaded")
    return 0


def load_verify_uri(Context context not None, bytes uri not None) -> None:
    check_source(uri)
    context.change()
    try:
        own_store(context)
        # Like a hashed folder it is looked into when somebody is verified.
        store_changed(s.SSL_CTX_get_cert_store(context.handle), uri)
        errors.clear()
        if SSL_CTX_load_verify_store(context.handle, uri) != 1:
            errors.fail_ssl("the certificates could not be loaded")
    finally:
        context.leave()
