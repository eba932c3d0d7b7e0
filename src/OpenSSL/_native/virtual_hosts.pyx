"""Virtual hosts: whether what was agreed on before the name was known suits the host.

Theory.  The version and a session are chosen before a server-name hook can say whose
Context it is.  What that Context forbids must not pass because it came too early: then
the handshake fails.
"""

from libc.stdint cimport uint64_t
from libc.string cimport strcmp

cimport OpenSSL._native.libssl as s
from OpenSSL._native.carrier cimport Carrier

from OpenSSL._exceptions import Error


cdef uint64_t forbidding(long version) noexcept nogil:
    """The option that forbids a version; 0 where there is none."""
    if version == s.TLS1_3_VERSION:
        return s.SSL_OP_NO_TLSv1_3
    if version == s.TLS1_2_VERSION:
        return s.SSL_OP_NO_TLSv1_2
    if version == s.TLS1_1_VERSION:
        return s.SSL_OP_NO_TLSv1_1
    if version == s.TLS1_VERSION:
        return s.SSL_OP_NO_TLSv1
    if version == s.DTLS1_2_VERSION:
        return s.SSL_OP_NO_DTLSv1_2
    return s.SSL_OP_NO_DTLSv1 if version == s.DTLS1_VERSION else 0


cdef bint version_fits(s.SSL* ssl) noexcept nogil:
    """Whether the Context a hook may have chosen offers the version already agreed on."""
    cdef s.SSL_CTX* context = s.SSL_get_SSL_CTX(ssl)
    cdef long version = s.SSL_version(ssl)
    cdef long lowest = s.SSL_CTX_get_min_proto_version(context)
    cdef long highest = s.SSL_CTX_get_max_proto_version(context)
    if s.SSL_CTX_get_options(context) & forbidding(version):
        return False
    if s.SSL_is_dtls(ssl):
        # DTLS counts downwards.
        return (lowest == 0 or version <= lowest) and (highest == 0 or version >= highest)
    return (lowest == 0 or version >= lowest) and (highest == 0 or version <= highest)


cdef bint session_fits(s.SSL* ssl) noexcept:
    """Whether a resumed session may stand for the certificate that is asked for here.

    libssl finds the session before anybody knows which host is wanted; so one that
    an open host has given out would open a strict one.
    """
    cdef int mode = s.SSL_get_verify_mode(ssl)
    cdef s.SSL_SESSION* session = s.SSL_get_session(ssl)
    cdef const char* asked
    cdef const char* made_for
    if not mode & s.SSL_VERIFY_PEER or not s.SSL_session_reused(ssl) or session == NULL:
        return True
    if mode & s.SSL_VERIFY_FAIL_IF_NO_PEER_CERT and s.SSL_SESSION_get0_peer(session) == NULL:
        return False
    asked = s.SSL_get_servername(ssl, s.TLSEXT_NAMETYPE_host_name)
    made_for = s.SSL_SESSION_get0_hostname(session)
    if asked == NULL or made_for == NULL:
        return asked == made_for
    return strcmp(asked, made_for) == 0


cdef bint host_fits(s.SSL* ssl, int* alert, Carrier carrier) noexcept:
    """Whether what is agreed on already suits the host that a hook has chosen."""
    if not version_fits(ssl):
        alert[0] = s.SSL_AD_PROTOCOL_VERSION
        return False
    if session_fits(ssl):
        return True
    alert[0] = s.SSL_AD_HANDSHAKE_FAILURE
    try:
        raise Error([("SSL routines", "", "the session was made for another virtual host")])
    except BaseException as error:
        carrier.keep(error)
    return False
