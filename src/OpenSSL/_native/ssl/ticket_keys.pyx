"""Keys for session tickets that the program chose, so that several servers share them.

Theory.  libssl asks for a key in the middle of a handshake, by name for a ticket that
came back and without one for a ticket to be made.  ``ticket_ring.h`` answers from a ring
that the Context keeps; no Python runs.  libssl asks the Context a connection was made
with, whichever a hook chose later (tls_decrypt_ticket, 3.0 to 4.0), so the
Channel leads there.

Servers that share the keys may have other rules.  A session's stamp (``stamps``) tells by which
its client was let in, and a ticket with another is passed over.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from libc.string cimport memcpy, memset

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libcrypto as c
from OpenSSL._native.common.libssl cimport SSL, SSL_CTX, SSL_version, TLS1_3_VERSION
from OpenSSL._native.ssl.channel cimport Channel
from OpenSSL._native.ssl.context cimport Context
from OpenSSL._native.ssl.stamps cimport channel_of
from OpenSSL._native.ssl.ticket_ring cimport (
    EVP_CIPHER_CTX, EVP_MAC_CTX, brisk_ticket_key, brisk_ticket_key_for, brisk_ticket_keys_drop,
    brisk_ticket_ring, brisk_ticket_ring_open, brisk_ticket_ring_replace,
)

cdef extern from "compat.h" nogil:
    ctypedef int (*ticket_key_hook "brisk_ticket_key_hook")(
        SSL*, unsigned char*, unsigned char*, EVP_CIPHER_CTX*, EVP_MAC_CTX*, int) noexcept
    long SSL_CTX_set_tlsext_ticket_key_evp_cb(SSL_CTX* context, ticket_key_hook hook)

cdef enum:
    TAKEN = 1               # what libssl is told of a ticket that came back
    TAKEN_AND_RENEWED = 2
    NAME = 16       # bytes of a key's name
    SHORT = 48      # a name and two secrets of 16 bytes, for AES-128-CBC
    LONG = 80       # a name and two secrets of 32 bytes, for AES-256-CBC


cdef int on_ticket_key(
    SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
    EVP_MAC_CTX* mac, int encrypt,
) noexcept nogil:
    cdef Channel* channel = channel_of(ssl)
    cdef int answer
    if channel == NULL or channel.tickets == NULL:
        return -1
    answer = brisk_ticket_key_for(
        <brisk_ticket_ring*>channel.tickets, name, iv, cipher, mac, encrypt != 0)
    if answer == TAKEN and encrypt == 0 and SSL_version(ssl) == TLS1_3_VERSION:
        # Clients use a ticket once (RFC 8446, C.4), so libssl's own keys give another one
        # (tls_decrypt_ticket, 3.0 to 4.0).
        return TAKEN_AND_RENEWED
    return answer


cdef int unpack(brisk_ticket_key* key, bytes given) except -1:
    """Read a key as OpenSSL, nginx and HAProxy write it.

    The longer form has the authenticating secret first (SSL_CTX_set_tlsext_ticket_keys),
    the shorter one the encrypting secret (nginx and HAProxy, after OpenSSL 1.0).
    """
    cdef const char* data = PyBytes_AS_STRING(given)
    cdef size_t size
    if PyBytes_GET_SIZE(given) != SHORT and PyBytes_GET_SIZE(given) != LONG:
        raise ValueError(
            f"a ticket key has {SHORT} or {LONG} bytes, not {PyBytes_GET_SIZE(given)}")
    size = (PyBytes_GET_SIZE(given) - NAME) // 2
    key.size = <unsigned char>size
    memcpy(key.name, data, NAME)
    if size == 16:
        memcpy(key.aes, data + NAME, size)
        memcpy(key.hmac, data + NAME + size, size)
    else:
        memcpy(key.hmac, data + NAME, size)
        memcpy(key.aes, data + NAME + size, size)
    return 0


cdef brisk_ticket_key* pack(list given) except? NULL:
    cdef size_t count = len(given)
    cdef size_t at = 0
    cdef brisk_ticket_key* keys
    if count == 0:
        return NULL
    keys = <brisk_ticket_key*>c.OPENSSL_malloc(count * sizeof(brisk_ticket_key))
    if keys == NULL:
        raise MemoryError()
    memset(keys, 0, count * sizeof(brisk_ticket_key))
    try:
        for each in given:
            unpack(&keys[at], each)
            at += 1
    except BaseException:
        brisk_ticket_keys_drop(keys, count)
        raise
    return keys


def set_ticket_keys(Context context not None, list given: list[bytes] | None) -> None:
    """`given`: bytes objects, the first one encrypts; None for libssl's own key."""
    cdef brisk_ticket_key* keys = NULL
    cdef size_t count = 0
    cdef ticket_key_hook hook = on_ticket_key
    context.change()
    try:
        if given is None:
            hook = NULL
        else:
            keys = pack(given)
            count = len(given)
        errors.clear()
        if not brisk_ticket_ring_open(&context.tickets) or not brisk_ticket_ring_replace(
                &context.tickets, keys, count):
            errors.fail_ssl("there is no memory for the ticket keys")
        keys = NULL
        if SSL_CTX_set_tlsext_ticket_key_evp_cb(context.handle, hook) != 1:
            errors.fail_ssl("SSL_CTX_set_tlsext_ticket_key_evp_cb failed")
    finally:
        context.leave()
        if keys != NULL:
            brisk_ticket_keys_drop(keys, count)
