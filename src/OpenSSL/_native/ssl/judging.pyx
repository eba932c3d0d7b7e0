"""Judging: a peer's certificates are verified by libssl's rules, or by the program's word.

Theory.  libssl hands the whole verification to us, and without a hook it is handed back.
A hook's word stands for all that libssl would have looked at: chain, times, purposes,
revocation.  Three things it does not stand for.  The names that were asked for are compared
here, for libssl does that in the middle of what is replaced.  Records of DANE would be passed
over in silence, and so would timestamps of logs, for which libssl wants the chain that it has
verified; with either the peer is refused.  What a hook decides cannot be compared with
anything later, so no session stands for it (``comparable`` in ``stamps``).

There is no "not yet" here: a server of libssl would take it for a yes.
"""

cimport OpenSSL._native.common.libcrypto as c
cimport OpenSSL._native.common.libssl as s
from OpenSSL._native.common.hooks cimport ON_CERT_VERIFY, Carrier, Scope, enter_hook, leave_hook
from OpenSSL._native.crypto.certificates cimport wrap_chain
from OpenSSL._native.ssl.channel cimport Channel
from OpenSSL._native.ssl.naming cimport misnamed
from OpenSSL._native.ssl.stamps cimport ASKED_CHAIN, PLEDGED, channel_of, note_verified
from OpenSSL._native.ssl.trampolines cimport carrier_of, truth

from OpenSSL._exceptions import Error


cdef int on_chain(c.X509_STORE_CTX* chain, void* unused) noexcept nogil:
    cdef s.SSL* ssl = <s.SSL*>c.X509_STORE_CTX_get_ex_data(
        chain, s.SSL_get_ex_data_X509_STORE_CTX_idx())
    cdef Channel* channel = channel_of(ssl)
    if channel != NULL:
        note_verified(ssl, channel)
        if channel.hooked & ASKED_CHAIN:
            return on_judge(ssl, channel, chain)
    return c.X509_verify_cert(chain) > 0


cdef bint ask(s.SSL* ssl, Channel* channel, c.X509_STORE_CTX* chain, Carrier carrier) except -1:
    if c.X509_STORE_CTX_get0_cert(chain) == NULL:
        raise Error([("SSL routines", "", "the peer has a key and no certificate to be verified")])
    if channel.hooked & PLEDGED or not s.SSL_is_server(ssl) and s.SSL_ct_is_enabled(ssl):
        raise Error([(
            "SSL routines", "",
            "DANE and certificate transparency need libssl's own verification, and a "
            "certificate verify callback replaces it")])
    return truth(
        carrier.hooks.get(ON_CERT_VERIFY)(
            carrier, wrap_chain(c.X509_STORE_CTX_get0_untrusted(chain))),
        "a certificate verify callback")


cdef int on_judge(s.SSL* ssl, Channel* channel, c.X509_STORE_CTX* chain) noexcept with gil:
    cdef Scope scope
    cdef bint good = False
    cdef int code = c.X509_V_ERR_APPLICATION_VERIFICATION
    cdef Carrier carrier = carrier_of(ssl)
    c.X509_STORE_CTX_set_error(chain, code)     # a "no" is never reported as X509_V_OK
    if carrier is None or not channel.hooked & ASKED_CHAIN:
        return 0
    if not enter_hook(&scope, carrier):
        return 0
    try:
        good = ask(ssl, channel, chain, carrier)
    except BaseException as error:
        carrier.keep(error)
        carrier.spoil()     # without VERIFY_PEER libssl does not care for the answer
        good = False
    leave_hook(&scope, carrier)
    if good:
        code = misnamed(ssl, c.X509_STORE_CTX_get0_cert(chain), channel.addressed)
    c.X509_STORE_CTX_set_error(chain, code)
    return code == c.X509_V_OK
