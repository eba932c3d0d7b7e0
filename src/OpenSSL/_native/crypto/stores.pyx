"""``X509Store`` owns a reference to an X509_STORE: what a verification trusts."""

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libcrypto as c
cimport OpenSSL._native.crypto.certificates as certificates
from OpenSSL._native.common.owners cimport Owner, wrap
from OpenSSL._native.common.rules cimport store_changed

cdef extern from "compat.h" nogil:
    void X509_STORE_free(c.X509_STORE* store)
    int X509_STORE_add_cert(c.X509_STORE* store, c.X509* certificate)
    c.X509_CHAIN* X509_STORE_get1_all_certs(c.X509_STORE* store)
    c.X509_VERIFY_PARAM* X509_STORE_get0_param(c.X509_STORE* store)
    int X509_STORE_lock(c.X509_STORE* store)
    int X509_STORE_unlock(c.X509_STORE* store)
    int X509_STORE_set_flags(c.X509_STORE* store, unsigned long flags)

cdef void free(void* handle) noexcept nogil:
    X509_STORE_free(<c.X509_STORE*>handle)


cdef class X509Store(Owner):
    """The owner of a store of trusted certificates."""

    def __init__(self):
        if self.begins():
            self.begin(c.X509_STORE_new(), "a store")

    def __dealloc__(self):
        free(self.handle)

    cdef c.X509_STORE* held(self) except NULL:
        return <c.X509_STORE*>self.some("X509Store")


cdef object wrap_store(c.X509_STORE* taken):
    return wrap(X509Store, taken, free)


# OpenSSL locks the store's list of certificates itself (X509_STORE_add_cert), but not its
# parameters (X509_STORE_set_flags, 3.0 to 4.0).

def add_certificate(X509Store store not None, certificates.X509 certificate not None) -> None:
    cdef c.X509_STORE* trusting = store.held()
    cdef c.X509* handle
    cdef int good
    store_changed(trusting)     # takes the memory for it, before there is something to note
    errors.clear()
    handle = certificate.share()
    good = X509_STORE_add_cert(trusting, handle)
    certificates.release_certificate(handle)
    if good != 1:
        errors.fail_crypto("the certificate cannot be trusted")
    store_changed(trusting)


# One store may have several objects (get_cert_store), so it is its own lock that keeps two threads
# from changing these words at once; who begins to verify reads them as they are.

cdef int hold(c.X509_STORE* store) except -1:
    errors.clear()
    if X509_STORE_lock(store) != 1:
        errors.fail_crypto("the store cannot be locked")
    return 0


def set_flags(X509Store store not None, unsigned long flags) -> None:
    cdef c.X509_STORE* handle = store.held()
    cdef int good
    hold(handle)
    good = X509_STORE_set_flags(handle, flags)
    X509_STORE_unlock(handle)
    if good != 1:
        errors.fail_crypto("the flags cannot be set")


def set_time(X509Store store not None, long long seconds) -> None:
    """Verify as if it were ``seconds`` after the start of 1970."""
    cdef c.X509_STORE* handle = store.held()
    hold(handle)
    # Not by X509_STORE_set1_param, which leaves a time that was set before (3.0 to 4.0).
    c.X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(handle), seconds)
    X509_STORE_unlock(handle)


cdef c.X509_CHAIN* all_certificates(c.X509_STORE* store) except NULL:
    """The certificates that have been loaded, each with a reference of its own."""
    cdef c.X509_CHAIN* chain
    errors.clear()
    chain = X509_STORE_get1_all_certs(store)
    if chain == NULL:
        errors.fail_crypto("the certificates cannot be listed")
    return chain


def get_certificates(X509Store store not None) -> list[X509]:
    cdef c.X509_CHAIN* chain = all_certificates(store.held())
    try:
        return certificates.wrap_chain(chain)
    finally:
        certificates.release_chain(chain)


def count(X509Store store not None) -> int:
    """How many certificates and lists of revoked ones have been loaded."""
    cdef int number = c.brisk_store_size(store.held())
    if number < 0:
        errors.fail_crypto("the certificates cannot be counted")
    return number


def load_locations(X509Store store not None, bytes file, bytes directory) -> None:
    """Trust what a PEM file holds, and look for more in a hashed directory."""
    cdef c.X509_STORE* handle = store.held()
    cdef const char* from_file = NULL if file is None else <const char*>file
    cdef const char* from_directory = NULL if directory is None else <const char*>directory
    cdef int good
    store_changed(handle, from_directory)
    errors.clear()
    with nogil:
        good = c.X509_STORE_load_locations(handle, from_file, from_directory)
    store_changed(handle)
    if good != 1:
        errors.fail_crypto("neither a file nor a directory was given")
