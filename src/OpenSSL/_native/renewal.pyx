"""Renewal lets a Context in use have another certificate and key at one moment.

Theory.  A certificate and its key are given in two calls, and after the first libssl has
dropped the old key: connections made in between could not shake hands.  So once a Context
has connections, a certificate without its key waits here, in an SSL of its own, which has
all of libssl's rules about what replaces what; the pair goes to the Context when it
is whole.
"""

cimport OpenSSL._native.errors as errors
cimport OpenSSL._native.libcrypto as c
cimport OpenSSL._native.libssl as s
from OpenSSL._native.context cimport Context


cdef class Renewal:
    def __cinit__(self):
        self.handle = NULL
        self.waiting = set()

    def __dealloc__(self):
        if self.handle != NULL:
            s.SSL_free(self.handle)
            self.handle = NULL

    cdef int put_in_force(self, Context context) except -1:
        """Give the Context the pair that was completed last."""
        cdef c.X509_CHAIN* chain = NULL
        errors.clear()
        if s.SSL_get0_chain_certs(self.handle, &chain) != 1 or s.SSL_CTX_use_cert_and_key(
                context.handle, s.SSL_get_certificate(self.handle),
                s.SSL_get_privatekey(self.handle), chain, 1) != 1:
            errors.fail_ssl("the certificate and its key cannot be used")
        return 0


cdef Renewal begin(Context context):
    cdef Renewal renewal
    if not context.in_use:
        return None
    if context.renewal is None and s.SSL_CTX_get0_privatekey(context.handle) == NULL:
        return None     # it can present nothing as it is
    renewal = under_way(context)
    if renewal is None:
        renewal = Renewal.__new__(Renewal)
        errors.clear()
        renewal.handle = s.SSL_new(context.handle)
        if renewal.handle == NULL:
            errors.fail_ssl("SSL_new failed")
    return renewal


cdef Renewal under_way(Context context):
    return <Renewal?>context.renewal if context.renewal is not None else None


cdef int finish(Renewal renewal, Context context) except -1:
    """Put into force what is whole, after a certificate or a key came; else go on waiting."""
    cdef c.X509* certificate
    cdef c.EVP_PKEY* key
    cdef const char* told
    if renewal is None:
        return 0
    certificate = s.SSL_get_certificate(renewal.handle)
    key = s.SSL_get_privatekey(renewal.handle)
    # A key may have come for which there is no certificate: it waits too.
    told = c.EVP_PKEY_get0_type_name(
        key if certificate == NULL else c.X509_get0_pubkey(certificate))
    kind = b"" if told == NULL else <bytes>told
    if certificate == NULL or key == NULL:
        renewal.waiting.add(kind)
        context.renewal = renewal
        return 0
    renewal.put_in_force(context)
    renewal.waiting.discard(kind)
    context.renewal = renewal if renewal.waiting else None
    return 0
