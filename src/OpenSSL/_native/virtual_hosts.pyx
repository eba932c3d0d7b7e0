"""Virtual hosts: whether what was agreed on before the name was known suits the host.

Theory.  The version and a session are chosen before a hook can say whose Context it is,
by the server's name or by a protocol.  What that Context forbids must not pass because it
came too early: then the handshake fails.  It is judged while the Contexts are held still,
so without Python; the words come afterwards.
"""

from libc.stdint cimport uint64_t
from libc.string cimport memcmp, strcmp

cimport OpenSSL._native.libcrypto as c
cimport OpenSSL._native.libssl as s

from OpenSSL._native.naming cimport email_fits

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


cdef bint session_fits(s.SSL* ssl) noexcept nogil:
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


cdef bint certificate_fits(s.SSL* ssl) noexcept nogil:
    """Whether a server resumes no session without a certificate where one is required.

    libssl asks nobody then; and what is required may have changed since.
    """
    cdef int mode = s.SSL_get_verify_mode(ssl)
    cdef int required = s.SSL_VERIFY_PEER | s.SSL_VERIFY_FAIL_IF_NO_PEER_CERT
    cdef s.SSL_SESSION* session
    if mode & required != required or not s.SSL_is_server(ssl) or not s.SSL_session_reused(ssl):
        return True
    if mode & s.SSL_VERIFY_POST_HANDSHAKE and s.SSL_version(ssl) == s.TLS1_3_VERSION:
        return True     # it is asked for later
    session = s.SSL_get_session(ssl)
    return session != NULL and s.SSL_SESSION_get0_peer(session) != NULL


cdef Fit host_fits(s.SSL* ssl) noexcept nogil:
    """Whether what is agreed on already suits the host that a hook has chosen."""
    if not version_fits(ssl):
        return OTHER_VERSION
    return FITS if session_fits(ssl) else OTHER_SESSION


cdef Fit choice_fits(s.SSL* ssl, const unsigned char* protocol, size_t size) noexcept nogil:
    """The same where the host was chosen by a protocol: its sessions are its own."""
    cdef const unsigned char* made_for = NULL
    cdef size_t length = 0
    cdef Fit fit = host_fits(ssl)
    if fit != FITS or not s.SSL_get_verify_mode(ssl) & s.SSL_VERIFY_PEER or (
            not s.SSL_session_reused(ssl)):
        return fit
    s.SSL_SESSION_get0_alpn_selected(s.SSL_get_session(ssl), &made_for, &length)
    if length == size and (size == 0 or memcmp(made_for, protocol, size) == 0):
        return FITS
    return OTHER_SESSION


cdef bint offer_fits(s.SSL* ssl, bint addressed) noexcept nogil:
    """Whether a client may offer the session it was given.

    When it is resumed libssl verifies nothing and compares no names: what was verified
    then must do for what is asked for now.
    """
    cdef c.X509_VERIFY_PARAM* asked = s.SSL_get0_param(ssl)
    cdef c.X509* peer
    cdef char* name = c.X509_VERIFY_PARAM_get0_host(asked, 0)
    cdef int index = 0
    cdef bint fits
    if not s.SSL_get_verify_mode(ssl) & s.SSL_VERIFY_PEER:
        return True
    if s.SSL_get_verify_result(ssl) != c.X509_V_OK:     # the session's own, until there is another
        return False
    peer = s.SSL_SESSION_get0_peer(s.SSL_get_session(ssl))
    if peer == NULL or not email_fits(ssl, peer):
        return False
    if name != NULL:
        while c.X509_check_host(
                peer, name, 0, c.X509_VERIFY_PARAM_get_hostflags(asked), NULL) != 1:
            index += 1
            name = c.X509_VERIFY_PARAM_get0_host(asked, index)
            if name == NULL:
                return False
    name = c.X509_VERIFY_PARAM_get1_ip_asc(asked)
    if name == NULL:
        return not addressed    # without memory it is NULL too
    fits = c.X509_check_ip_asc(peer, name, 0) == 1
    c.OPENSSL_free(name)
    return fits


cdef int refuse_host(Fit fit) except -1:
    """Raise what a Fit other than FITS means."""
    if fit == OTHER_VERSION:
        raise Error([("SSL routines", "", "this virtual host does not offer this version")])
    if fit == NO_CERTIFICATE:
        raise Error([(
            "SSL routines", "", "the session was made without the certificate that is required")])
    raise Error([("SSL routines", "", "the session was made for another virtual host")])
