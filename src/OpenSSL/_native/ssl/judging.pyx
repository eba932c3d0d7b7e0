"""Judging: a peer's certificates are verified by libssl's rules, or by the program's word.

Theory.  libssl hands the whole verification to us (ssl_verify_cert_chain, 3.0;
ssl_verify_internal, 3.5 and 4.0), and without a hook it is handed back.
A hook's word stands for all that libssl would have looked at: chain, times, purposes,
revocation.  Three things it does not stand for.  The names that were asked for are compared
here, for libssl does that in the middle of what is replaced.  Records of DANE would be passed
over in silence, and so would timestamps of logs, for which libssl wants the chain that it has
verified; with either the peer is refused.  What a hook decides cannot be compared with
anything later, so no session stands for it (``comparable`` in ``stamps``).

A raw key is good where a record of DANE has it or the program expects it, and never else; no
other callback is asked about it.  Where keys are expected, or certificates are not to be shown
at all, a peer that does not comply is refused whatever the mode is: libssl would only note it
(tls_post_process_server_rpk, 3.5 and 4.0).

A client's hook may say "not yet", as those of ``pausing`` do.  The answer is a yes then, with a
mark beside it: libssl looks at the mark before it looks at anything else, and asks again in the
next call (``tls_post_process_server_certificate``, 3.0 and later).  A server has no such place:
it would see the yes and not the mark, so there a hook that says "not yet" has failed.
"""

from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.string cimport memchr

cimport OpenSSL._native.common.libcrypto as c
cimport OpenSSL._native.common.libssl as s
from OpenSSL._native.common.hooks cimport ON_CERT_VERIFY, Carrier, Scope, enter_hook, leave_hook
from OpenSSL._native.crypto.certificates cimport wrap_chain
from OpenSSL._native.ssl.callbacks cimport carrier_of, chosen_code, truth
from OpenSSL._native.ssl.channel cimport Channel
from OpenSSL._native.ssl.naming cimport misnamed, took_names
from OpenSSL._native.ssl.stamps cimport (
    ASKED_CHAIN, EXPECTED, PLEDGED, channel_of, note_verified,
)

from OpenSSL._exceptions import Error, WantX509LookupError

cdef extern from "openssl/ssl.h" nogil:
    int SSL_set_retry_verify(s.SSL* ssl)

cdef extern from "compat.h" nogil:
    int BRISK_V_ERR_RPK_UNTRUSTED
    c.EVP_PKEY* brisk_raw_key(c.X509_STORE_CTX* chain)
    int brisk_verify_unasked(c.X509_STORE_CTX* chain)
    c.X509* X509_STORE_CTX_get0_cert(const c.X509_STORE_CTX* context)
    c.X509_CHAIN* X509_STORE_CTX_get0_untrusted(const c.X509_STORE_CTX* context)

cdef enum:
    # What a hook says.
    NOT_YET = -1
    NO = 0
    YES = 1

cdef enum:
    CERTIFICATE = 0     # among the types of what may be shown; see raw_public_keys


cdef int on_chain(c.X509_STORE_CTX* chain, void* unused) noexcept nogil:
    cdef s.SSL* ssl = <s.SSL*>c.X509_STORE_CTX_get_ex_data(
        chain, s.SSL_get_ex_data_X509_STORE_CTX_idx())
    cdef Channel* channel = channel_of(ssl)
    cdef bint raw = brisk_raw_key(chain) != NULL
    cdef int good
    if channel == NULL:
        return not raw and c.X509_verify_cert(chain) > 0
    note_verified(ssl, channel)
    if not took_names(channel, chain):
        return 0
    if channel.hooked & ASKED_CHAIN:
        good = on_judge(ssl, channel, chain)
        if good == NOT_YET:
            return SSL_set_retry_verify(ssl)    # the last to change what libssl waits for
    elif raw:
        good = brisk_verify_unasked(chain) > 0
    else:
        good = c.X509_verify_cert(chain) > 0
    if channel.hooked & EXPECTED or not raw and wants_raw(ssl):
        return on_compare(ssl, channel, chain, good)
    return good


cdef bint wants_raw(s.SSL* ssl) noexcept nogil:
    """Whether the peer may show a raw key and nothing else, and was not yet held to that."""
    cdef unsigned char* kinds = NULL
    cdef size_t size = 0
    cdef int found = (
        s.SSL_get0_client_cert_type(ssl, &kinds, &size) if s.SSL_is_server(ssl)
        else s.SSL_get0_server_cert_type(ssl, &kinds, &size))
    return found == 1 and kinds != NULL and size > 0 and memchr(kinds, CERTIFICATE, size) == NULL


cdef bytes key_of(c.X509_STORE_CTX* chain):
    cdef c.EVP_PKEY* key = brisk_raw_key(chain)
    cdef unsigned char* der = NULL
    cdef int size
    if key == NULL:
        key = c.X509_get0_pubkey(X509_STORE_CTX_get0_cert(chain))
    size = -1 if key == NULL else c.i2d_PUBKEY(key, &der)
    if size <= 0:
        raise Error([("SSL routines", "", "the peer's key cannot be read")])
    try:
        return PyBytes_FromStringAndSize(<const char*>der, size)
    finally:
        c.OPENSSL_free(der)


cdef int compare(s.SSL* ssl, Channel* channel, c.X509_STORE_CTX* chain, Carrier carrier) except -1:
    if brisk_raw_key(chain) == NULL and wants_raw(ssl):
        raise Error([(
            "SSL routines", "", "the peer has shown a certificate, and may show only a raw key")])
    if channel.hooked & EXPECTED and not carrier.expects(key_of(chain)):
        raise Error([("SSL routines", "", "the peer has another key than those expected")])
    return 0


cdef int on_compare(
    s.SSL* ssl, Channel* channel, c.X509_STORE_CTX* chain, bint good,
) noexcept with gil:
    cdef Scope scope
    cdef Carrier carrier = carrier_of(ssl)
    cdef int code = c.X509_STORE_CTX_get_error(chain)
    cdef bint complies = False
    if good or code == c.X509_V_OK:
        c.X509_STORE_CTX_set_error(chain, c.X509_V_ERR_APPLICATION_VERIFICATION)
    if carrier is None:
        return 0
    if not enter_hook(&scope, carrier):
        return 0
    try:
        compare(ssl, channel, chain, carrier)
        complies = True
    except BaseException as error:
        carrier.keep(error)
        # Without VERIFY_PEER the answer is not looked at (SSL_CTX_set_verify(3)).
        carrier.spoil()
    leave_hook(&scope, carrier)
    if complies and not good and code == BRISK_V_ERR_RPK_UNTRUSTED and (
            not channel.hooked & PLEDGED and channel.hooked & EXPECTED):
        good = True     # nothing but that was missing
        code = c.X509_V_OK
    if complies and good:
        c.X509_STORE_CTX_set_error(chain, code)
    return complies and good


cdef int ask(s.SSL* ssl, Channel* channel, c.X509_STORE_CTX* chain, Carrier carrier) except -2:
    if X509_STORE_CTX_get0_cert(chain) == NULL:
        raise Error([("SSL routines", "", "the peer has a key and no certificate to be verified")])
    if channel.hooked & PLEDGED or not s.SSL_is_server(ssl) and s.SSL_ct_is_enabled(ssl):
        raise Error([(
            "SSL routines", "",
            "DANE and certificate transparency need libssl's own verification, and a "
            "certificate verify callback replaces it")])
    try:
        answer = carrier.hooks.get(ON_CERT_VERIFY)(
            carrier, wrap_chain(X509_STORE_CTX_get0_untrusted(chain)))
    except WantX509LookupError:
        if s.SSL_is_server(ssl):
            raise
        return NOT_YET
    return truth(answer, "a certificate verify callback")


cdef int on_judge(s.SSL* ssl, Channel* channel, c.X509_STORE_CTX* chain) noexcept with gil:
    cdef Scope scope
    cdef int good = NO
    cdef int code = c.X509_V_ERR_APPLICATION_VERIFICATION
    cdef Carrier carrier = carrier_of(ssl)
    c.X509_STORE_CTX_set_error(chain, code)     # a "no" is never reported as X509_V_OK
    if carrier is None or not channel.hooked & ASKED_CHAIN:
        return 0
    if not enter_hook(&scope, carrier):
        return 0
    try:
        good = ask(ssl, channel, chain, carrier)
        if good == YES:
            # Before libssl's queue is back: what is not named leaves an entry, which libssl
            # would take for a failure wherever it stops next.
            code = misnamed(ssl, X509_STORE_CTX_get0_cert(chain), channel.addressed)
    except BaseException as error:
        carrier.keep(error)
        # Without VERIFY_PEER the answer is not looked at (SSL_CTX_set_verify(3)).
        carrier.spoil()
        code = chosen_code(error, c.X509_V_ERR_APPLICATION_VERIFICATION)
        good = NO
    leave_hook(&scope, carrier)
    if good == NOT_YET:
        return NOT_YET
    c.X509_STORE_CTX_set_error(chain, code)
    return code == c.X509_V_OK
