"""What a connection that moves takes over from the other Context, and what of its own it keeps.

Theory.  What SSL_new has copied, libssl leaves as it was (SSL_set_SSL_CTX, 3.0 to 4.0): groups,
sizes of records, kinds of certificates; and it does not tell what a Context has there.  So that
is noted when it is set.  What libssl keeps beside the certificate goes with it: signature
algorithms, the security level, stores of authorities.  So what was set on the connection itself
is set once more.
"""

from libc.stdint cimport uint64_t

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libcrypto as c
cimport OpenSSL._native.common.libssl as s
from OpenSSL._native.crypto.keys cimport PKey, release_key
from OpenSSL._native.crypto.stores cimport X509Store

cdef extern from "compat.h" nogil:
    uint64_t BRISK_LAX_OPTIONS
    uint64_t SSL_OP_NO_ANTI_REPLAY
    int SSL_set0_tmp_dh_pkey(s.SSL* ssl, c.EVP_PKEY* parameters)
    long SSL_set1_groups_list(s.SSL* ssl, const char* groups)
    const char* brisk_default_groups()
    long SSL_set1_sigalgs_list(s.SSL* ssl, const char* algorithms)

cdef enum:
    MOST = 16384        # that a record carries: SSL3_RT_MAX_PLAIN_LENGTH

# Names of notes.
cdef str OPTIONS = "options"
cdef str OWN_TRUST = "own trust"
cdef str OWN_CHAINS = "own chains"
cdef str OWN_PARAMETERS = "own parameters"


cdef int taken(long result) except -1:
    if result != 1:
        errors.fail_ssl("a setting of the other Context was refused")
    return 0


cdef bint concerned(str name, dict own, dict before, dict after) except -1:
    """Whether the two Contexts may differ in it, and the connection has none of its own."""
    return (own is None or name not in own) and (name in before or name in after)


cdef int adopt_groups(s.SSL* ssl, dict own, dict before, dict after) except -1:
    if concerned("groups", own, before, after):
        groups = after.get("groups", <bytes>brisk_default_groups())
        taken(SSL_set1_groups_list(ssl, <bytes>groups))
    return 0


cdef int adopt_types(s.SSL* ssl, dict own, dict before, dict after) except -1:
    """What either side may show, a certificate or a key."""
    cdef bytes kinds
    if concerned("client cert type", own, before, after):
        kinds = after.get("client cert type", b"")
        taken(s.SSL_set1_client_cert_type(
            ssl, <const unsigned char*>kinds if kinds else NULL, len(kinds)))
    if concerned("server cert type", own, before, after):
        kinds = after.get("server cert type", b"")
        taken(s.SSL_set1_server_cert_type(
            ssl, <const unsigned char*>kinds if kinds else NULL, len(kinds)))
    return 0


cdef unsigned int most_of(dict own, dict context) except? 0:
    if own is not None and "most" in own:
        return own["most"]
    return context.get("most", MOST)


cdef int adopt_sizes(s.SSL* ssl, dict own, dict before, dict after) except -1:
    """How records are cut and filled up."""
    cdef long most, split
    if concerned("padding", own, before, after):
        taken(s.SSL_set_block_padding(ssl, <size_t>after.get("padding", 0)))
    if (concerned("most", own, before, after) or concerned("split", own, before, after)):
        most = most_of(own, after)
        split = (own or {}).get("split", after.get("split", most))
        taken(s.SSL_set_max_send_fragment(ssl, most))
        taken(s.SSL_set_split_send_fragment(ssl, split if split < most else most))
    return 0


cdef int adopt_options(
    s.SSL* ssl, dict own, uint64_t before, uint64_t after, bint asks_once,
) except -1:
    """What either Context forbids stays so; what only the one that was left allows does not."""
    # A hook that looks for replays itself stays, and libssl's own way would refuse everything.
    cdef uint64_t kept = SSL_OP_NO_ANTI_REPLAY if asks_once else 0
    cdef uint64_t given = 0
    cdef uint64_t taken_away = 0
    if own is not None and OPTIONS in own:
        given, taken_away = own[OPTIONS]
    s.SSL_clear_options(ssl, before & ~after & ~given & ~kept & BRISK_LAX_OPTIONS)
    s.SSL_set_options(ssl, after & ~taken_away)
    return 0


cdef int put_parameters(s.SSL* ssl, PKey parameters) except -1:
    cdef c.EVP_PKEY* shared = parameters.share()
    errors.clear()
    if SSL_set0_tmp_dh_pkey(ssl, shared) != 1:
        release_key(shared)
        errors.fail_ssl("OpenSSL refused these DH parameters")
    return 0


cdef int keep_own(s.SSL* ssl, dict own) except -1:
    """Set again what has gone with the certificate of the Context that was left."""
    cdef const char* hint
    cdef bytes kinds
    if own is None:
        return 0
    if OWN_TRUST in own:
        taken(s.SSL_set1_verify_cert_store(ssl, (<X509Store?>own[OWN_TRUST]).held()))
    if OWN_CHAINS in own:
        taken(s.SSL_set1_chain_cert_store(ssl, (<X509Store?>own[OWN_CHAINS]).held()))
    if "signature algorithms" in own:
        taken(SSL_set1_sigalgs_list(ssl, <bytes>own["signature algorithms"]))
    if "client signature algorithms" in own:
        taken(s.SSL_set1_client_sigalgs_list(ssl, <bytes>own["client signature algorithms"]))
    if "client certificate types" in own:
        kinds = own["client certificate types"]
        taken(s.SSL_set1_client_certificate_types(ssl, kinds, len(kinds)))
    if "ciphers" in own:
        taken(s.SSL_set_cipher_list(ssl, <bytes>own["ciphers"]))
    if "security level" in own:     # after the ciphers, which may name another
        s.SSL_set_security_level(ssl, own["security level"])
    if OWN_PARAMETERS in own:       # after the level, which some are too small for
        put_parameters(ssl, own[OWN_PARAMETERS])
    if "key hint" in own:
        hint = <bytes>own["key hint"]
        taken(s.SSL_use_psk_identity_hint(ssl, NULL if hint[0] == 0 else hint))
    return 0
