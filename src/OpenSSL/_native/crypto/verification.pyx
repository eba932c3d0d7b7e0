"""Verifying a certificate against a store, outside any connection."""

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libcrypto as c
cimport OpenSSL._native.crypto.certificates as certificates
cimport OpenSSL._native.crypto.stores as stores

cdef extern from "compat.h" nogil:
    c.X509_STORE_CTX* X509_STORE_CTX_new()
    void X509_STORE_CTX_free(c.X509_STORE_CTX* context)
    int X509_STORE_CTX_init(c.X509_STORE_CTX* context, c.X509_STORE* store, c.X509* certificate,
        c.X509_CHAIN* untrusted)
    c.X509_CHAIN* X509_STORE_CTX_get0_chain(const c.X509_STORE_CTX* context)


cdef class Run:
    """One verification; owns its X509_STORE_CTX and what is lent to that."""

    cdef c.X509_STORE_CTX* handle
    cdef c.X509* subject
    cdef c.X509_CHAIN* untrusted

    def __cinit__(self):
        self.handle = NULL
        self.subject = NULL
        self.untrusted = NULL

    def __dealloc__(self):
        X509_STORE_CTX_free(self.handle)
        certificates.release_certificate(self.subject)
        certificates.release_chain(self.untrusted)


def verify(
    stores.X509Store store not None,
    certificates.X509 certificate not None,
    chain not None: Sequence[X509],
) -> tuple[int, int, str, Any, list[Any]]:
    """Return ``(0, 0, "", None, verified chain)`` or the failure.

    A failure is ``(code, depth, words, certificate or None, [])``.
    """
    cdef Run run = Run.__new__(Run)
    cdef c.X509_STORE* trusted = store.held()
    cdef int good, code
    run.subject = certificate.share()
    run.untrusted = certificates.new_chain(chain)
    errors.clear()
    run.handle = X509_STORE_CTX_new()
    if run.handle == NULL:
        errors.fail_crypto("no memory for a verification")
    if X509_STORE_CTX_init(run.handle, trusted, run.subject, run.untrusted) != 1:
        errors.fail_crypto("the verification cannot start")
    with nogil:
        good = c.X509_verify_cert(run.handle)
    if good > 0:
        errors.clear()
        return 0, 0, "", None, certificates.wrap_chain(X509_STORE_CTX_get0_chain(run.handle))
    code = c.X509_STORE_CTX_get_error(run.handle)
    if code == c.X509_V_OK:
        errors.fail_crypto("the verification could not be carried out")
    errors.clear()
    words = error_string(code)
    depth = c.X509_STORE_CTX_get_error_depth(run.handle)
    return code, depth, words, culprit(run), []


def error_string(long code) -> str:
    """What an ``X509_V_*`` number means, in OpenSSL's words."""
    return (<bytes>c.X509_verify_cert_error_string(code)).decode("utf-8", "replace")


cdef object culprit(Run run):
    cdef c.X509* current = c.X509_STORE_CTX_get_current_cert(run.handle)
    if current == NULL or c.X509_up_ref(current) != 1:
        return None
    return certificates.wrap_certificate(current)
