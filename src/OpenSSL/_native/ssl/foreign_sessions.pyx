"""Foreign sessions: sessions that other programs on libssl gave out, and ours that they take.

Theory.  Other programs know nothing of stamps: where ours lies they have a name of their own,
which libssl compares (SSL_CTX_set_session_id_context(3)).  A server that judges nobody, by no
certificate and no key, lets in whoever comes, and a session of anybody can be believed so far,
if it brings nothing along that a full handshake would not give.  ``stands_for_nothing`` says
whether that is so; ``stamps`` asks for it, in the one place where a ticket comes back and in
the one where it is made.  It is for a Context that shares a name (``set_session_id``), and for
tickets only: a cache is looked into without asking.

A full handshake would choose among the ciphers of now, and show the client a certificate.  So a
session with another cipher is not taken, nor one for another host than is asked for now, nor
for one that the certificate is not for: somebody on the way could have led the client here.
Up to TLS 1.2 the cipher is the session's, and what its key exchange was like is not told, so
it must be one with ECDHE, and authenticated encryption; TLS 1.3 exchanges keys again.
"""

from libc.string cimport memchr, memcmp, strlen

cimport OpenSSL._native.common.libcrypto as c
cimport OpenSSL._native.common.libssl as s
from OpenSSL._native.common.rules cimport Common

cdef extern from "compat.h" nogil:
    int TLSEXT_TYPE_server_name
    int NID_kx_ecdhe
    int NID_auth_rsa
    int NID_auth_ecdsa
    unsigned int X509_CHECK_FLAG_NEVER_CHECK_SUBJECT
    unsigned int X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS

cdef enum:
    LONGEST_NAME = 255      # what libssl takes: TLSEXT_MAXLEN_host_name
    MOST_LEVEL = 2          # of security; what higher ones ask of a key exchange is more than usual


# ---- the name, and the host

cdef bint has_shared_name(const Common* common, const s.SSL_SESSION* session) noexcept nogil:
    cdef unsigned int size = 0
    cdef const unsigned char* name = s.SSL_SESSION_get0_id_context(session, &size)
    return (common.shared_size != 0 and size == common.shared_size
            and memcmp(name, common.shared, size) == 0)


cdef bint read_name(s.SSL* ssl, const char** name, size_t* size) noexcept nogil:
    """The host that is asked for, NULL for none; False when it is malformed."""
    cdef const unsigned char* data = NULL
    cdef size_t length = 0
    name[0] = NULL
    size[0] = 0
    if s.SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &data, &length) != 1:
        return True
    # A list of two bytes' length; in it a zero byte for a host, two of length, the name.
    if length < 5 or <size_t>(data[0] << 8 | data[1]) != length - 2 or data[2] != 0:
        return False
    size[0] = <size_t>(data[3] << 8 | data[4])
    if size[0] != length - 5 or size[0] > LONGEST_NAME or memchr(data + 5, 0, size[0]) != NULL:
        return False
    name[0] = <const char*>data + 5
    return True


cdef char small(char letter) noexcept nogil:
    return letter + 32 if c'A' <= letter <= c'Z' else letter


cdef bint shows_host(s.SSL* ssl, const char* name) noexcept nogil:
    cdef c.X509* own = s.SSL_get_certificate(ssl)
    return name != NULL and own != NULL and c.X509_check_host(
        own, name, strlen(name),
        X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, NULL) == 1


cdef bint is_for_asked_host(s.SSL* ssl, const s.SSL_SESSION* session) noexcept nogil:
    cdef const char* wanted = NULL
    cdef size_t size = 0
    cdef size_t at
    cdef const char* known = s.SSL_SESSION_get0_hostname(session)
    # Who asks for no host cannot be shown to the right one.
    if known == NULL or not read_name(ssl, &wanted, &size) or wanted == NULL or (
            strlen(known) != size):
        return False
    for at in range(size):
        if small(known[at]) != small(wanted[at]):
            return False
    return shows_host(ssl, known)


# ---- what a session brings along

cdef bint is_listed(s.SSL* ssl, const s.SSL_CIPHER* cipher) noexcept nogil:
    cdef s.SSL_CIPHER_LIST* ciphers = s.SSL_get_ciphers(ssl)
    cdef int at
    for at in range(s.sk_SSL_CIPHER_num(ciphers)):
        if s.sk_SSL_CIPHER_value(ciphers, at) == cipher:
            return True
    return False


cdef bint may_be_chosen(s.SSL* ssl, const s.SSL_CIPHER* cipher) noexcept nogil:
    """Whether TLS 1.2 could choose the cipher now.

    libssl does not look when it resumes (tls_early_post_process_client_hello, 3.0 to 4.0).
    """
    cdef int kind = s.SSL_CIPHER_get_auth_nid(cipher)
    return (s.SSL_CIPHER_get_kx_nid(cipher) == NID_kx_ecdhe
            # Not a key that was shared beforehand, nor nobody at all.
            and (kind == NID_auth_rsa or kind == NID_auth_ecdsa)
            and s.SSL_CIPHER_is_aead(cipher) == 1 and s.SSL_CIPHER_get_bits(cipher, NULL) >= 128
            and is_listed(ssl, cipher))


cdef bint stands_for_nothing(s.SSL* ssl, s.SSL_SESSION* session) noexcept nogil:
    cdef const s.SSL_CIPHER* cipher = s.SSL_SESSION_get0_cipher(session)
    cdef int version = s.SSL_version(ssl)
    if (not s.SSL_is_server(ssl) or s.SSL_get_verify_mode(ssl) & s.SSL_VERIFY_PEER
            or s.SSL_get_security_level(ssl) > MOST_LEVEL
            or s.SSL_SESSION_get_protocol_version(session) != version
            or s.SSL_SESSION_get0_peer(session) != NULL
            or s.brisk_session_raw_key(session) != NULL or cipher == NULL):
        return False
    if version == s.TLS1_3_VERSION:
        return True     # it chooses a cipher again
    return version == s.TLS1_2_VERSION and may_be_chosen(ssl, cipher)
