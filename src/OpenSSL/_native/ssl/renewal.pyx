"""Renewal lets a Context in use have another certificate and key at one moment.

Theory.  A certificate and its key are given in two calls, and after the first libssl has
dropped the old key (ssl_set_cert, 3.0 to 4.0): connections made in between could not shake hands.
So once a Context has connections, a certificate without its key waits here, in an SSL of its own,
which has all of libssl's rules about what replaces what; the pair goes to the Context when it is
whole, and its chain with it: what was given meanwhile, what its file had, or what fits of the
chain that was in force.  A pair that comes whole ends the waiting for one of its kind.
"""

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libcrypto as c
cimport OpenSSL._native.common.libssl as s
from OpenSSL._native.crypto.certificates cimport (
    X509, new_chain, release_chain, wrap_certificate, wrap_chain,
)
from OpenSSL._native.ssl.context cimport Context

cdef extern from "compat.h" nogil:
    c.EVP_PKEY* SSL_get_privatekey(const s.SSL* ssl)
    long SSL_get0_chain_certs(s.SSL* ssl, c.X509_CHAIN** chain)
    int X509_check_issued(c.X509* issuer, c.X509* subject)
    int X509_cmp(const c.X509* one, const c.X509* other)


cdef class Renewal:
    def __cinit__(self):
        self.handle = NULL
        self.waiting = set()
        self.chains = {}
        self.whole = set()

    def __dealloc__(self):
        if self.handle != NULL:
            s.SSL_free(self.handle)
            self.handle = NULL

    cdef int put_in_force(self, Context context, bytes kind) except -1:
        """Give the Context the pair that was completed last, and its chain."""
        cdef c.X509_CHAIN* chain = whole_chain(context, self.chain_of(context, kind))
        cdef int result
        errors.clear()
        result = s.SSL_CTX_use_cert_and_key(
            context.handle, s.SSL_get_certificate(self.handle),
            SSL_get_privatekey(self.handle), chain, 1)
        if chain != NULL:
            release_chain(chain)
        if result != 1:
            errors.fail_ssl("the certificate and its key cannot be used")
        self.forget(kind)
        return 0

    cdef int forget(self, bytes kind) except -1:
        self.waiting.discard(kind)
        self.chains.pop(kind, None)
        self.whole.discard(kind)
        return 0

    cdef list chain_of(self, Context context, bytes kind):
        """What is to be sent behind the new certificate."""
        cdef c.X509_CHAIN* chain = NULL
        if kind in self.chains:
            return self.chains[kind]
        SSL_get0_chain_certs(self.handle, &chain)
        own = wrap_chain(chain)
        if own and kind in self.whole:
            return own
        # Of those that are there, the ones that lead to its root: others' do not help.
        if c.X509_up_ref(s.SSL_get_certificate(self.handle)) != 1:
            errors.fail_ssl("the certificate cannot be shared")
        return path_from(
            wrap_certificate(s.SSL_get_certificate(self.handle)), own + extra_chain(context))


cdef list extra_chain(Context context):
    cdef c.X509_CHAIN* chain = NULL
    s.SSL_CTX_get_extra_chain_certs_only(context.handle, &chain)
    return wrap_chain(chain)


cdef c.X509_CHAIN* whole_chain(Context context, list found) except? NULL:
    """What a pair that comes into force is given, so that nothing else is sent behind it."""
    cdef c.X509_CHAIN* chain
    if found or not extra_chain(context):
        return new_chain(found)
    # None: else libssl would send what others have (ssl_add_cert_chain, 3.0 to 4.0).
    chain = c.sk_X509_new_null()
    if chain == NULL:
        errors.fail_crypto("no memory for a chain")
    return chain


cdef c.X509_CHAIN* chain_behind(Context context, X509 certificate, list given) except? NULL:
    """The chain of a pair that comes whole: what was given with it, or fits of what is there."""
    cdef c.X509_CHAIN* own = NULL
    if given or not context.in_use:
        return new_chain(given)
    s.SSL_CTX_get0_chain_certs(context.handle, &own)
    return whole_chain(
        context, path_from(certificate, wrap_chain(own) + extra_chain(context)))


cdef int came_whole(Context context, c.X509* certificate, c.EVP_PKEY* key) except -1:
    """After a pair came into force by itself: nothing of its kind is waited for any more."""
    cdef Renewal renewal = under_way(context)
    if renewal is None:
        return 0
    kind = kind_of(c.X509_get0_pubkey(certificate))
    errors.clear()
    if s.SSL_use_cert_and_key(renewal.handle, certificate, key, NULL, 1) != 1:
        context.renewal = None
        errors.fail_ssl("the certificate and its key cannot be used")
    renewal.forget(kind)
    if not renewal.waiting:
        context.renewal = None
    return 0


cdef bytes kind_of(c.EVP_PKEY* key):
    cdef const char* told = c.EVP_PKEY_get0_type_name(key)
    return b"" if told == NULL else <bytes>told


cdef bint issued(X509 issuer, X509 subject) except -1:
    return X509_check_issued(issuer.held(), subject.held()) == c.X509_V_OK


cdef list path_from(X509 certificate, list pool):
    """The issuers of a certificate, one after the other, as far as they are in the pool."""
    cdef list path = []
    cdef X509 each
    while not issued(certificate, certificate):
        for each in pool:
            if each not in path and issued(each, certificate):
                path.append(each)
                certificate = each
                break
        else:
            break
    return path


cdef bint add_to_what_waits(Context context, X509 certificate) except -1:
    cdef Renewal renewal = under_way(context)
    if renewal is None or renewal.latest not in renewal.waiting:
        return False
    if certificate is None:
        renewal.chains[renewal.latest] = []
    else:
        renewal.chains.setdefault(renewal.latest, []).append(certificate)
    return True


cdef bint is_among(list certificates, X509 certificate) noexcept:
    cdef X509 each
    for each in certificates:
        if X509_cmp(each.held(), certificate.held()) == 0:
            return True
    return False


cdef bint is_sent(Context context, X509 certificate) except -1:
    cdef c.X509_CHAIN* chain = NULL
    if not context.in_use:
        return False
    errors.clear()
    s.SSL_CTX_get0_chain_certs(context.handle, &chain)
    return is_among(wrap_chain(chain), certificate)


cdef bint add_to_chain(Context context, X509 certificate) except -1:
    cdef c.X509_CHAIN* chain = NULL
    if add_to_what_waits(context, certificate):
        return True
    if not context.in_use:
        return False
    errors.clear()
    s.SSL_CTX_get0_chain_certs(context.handle, &chain)
    if is_among(wrap_chain(chain) if chain != NULL else extra_chain(context), certificate):
        return True
    if chain == NULL:
        return False    # one for all kinds of certificates
    if s.SSL_CTX_add1_chain_cert(context.handle, certificate.held()) != 1:
        errors.fail_ssl("the certificate cannot be added to the chain")
    return True


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


cdef int finish(Renewal renewal, Context context, Came came) except -1:
    """Put into force what is whole, after a certificate or a key came; else go on waiting."""
    cdef c.X509* certificate
    cdef c.EVP_PKEY* key
    if renewal is None:
        return 0
    certificate = s.SSL_get_certificate(renewal.handle)
    key = SSL_get_privatekey(renewal.handle)
    # A key may have come for which there is no certificate: it waits too.
    kind = kind_of(key if certificate == NULL else c.X509_get0_pubkey(certificate))
    if came != KEY:
        renewal.latest = kind
        renewal.chains.pop(kind, None)
        renewal.whole.discard(kind)
        if came == WITH_CHAIN:
            renewal.whole.add(kind)
    if certificate == NULL or key == NULL:
        renewal.waiting.add(kind)
        context.renewal = renewal
        return 0
    renewal.put_in_force(context, kind)
    context.renewal = renewal if renewal.waiting else None
    return 0
