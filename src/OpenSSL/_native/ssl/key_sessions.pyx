"""Sessions of keys that both sides know beforehand: TLS 1.3 takes such a key for a session.

Theory.  libssl wants a session with the key as its secret, a cipher whose digest the key is
for, and what early data is bound to (SSL_CTX_set_psk_use_session_callback(3)).  It stands for its
key and nothing else.  It has a note that says so (``note_key``), by which it is never offered,
taken from a ticket or a cache, or believed to have a certificate; it has no stamp, until libssl
is given a copy (``session_for``).  A ``Session`` that a program makes of a key (``psk``) is told
from all others by ``by_key``: only the callbacks for keys take it.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libssl as s
from OpenSSL._native.common.rules cimport RULES
from OpenSSL._native.ssl.notes cimport note_key
from OpenSSL._native.ssl.stamps cimport channel_of

cdef extern from "compat.h" nogil:
    s.SSL_SESSION* SSL_SESSION_new()
    int SSL_SESSION_set1_master_key(s.SSL_SESSION* session, const unsigned char* key, size_t size)
    int SSL_SESSION_set_cipher(s.SSL_SESSION* session, const s.SSL_CIPHER* cipher)
    int SSL_SESSION_set_protocol_version(s.SSL_SESSION* session, int version)

cdef enum:
    LONGEST_KEY = 512       # bytes: TLS13_MAX_RESUMPTION_PSK_LENGTH, and PSK_MAX_PSK_LEN

# Ciphers of TLS 1.3 by name: the number on the wire.
cdef dict CIPHERS = {
    "TLS_AES_128_GCM_SHA256": b"\x13\x01",
    "TLS_AES_256_GCM_SHA384": b"\x13\x02",
    "TLS_CHACHA20_POLY1305_SHA256": b"\x13\x03",
    "TLS_AES_128_CCM_SHA256": b"\x13\x04",
    "TLS_AES_128_CCM_8_SHA256": b"\x13\x05",
}


cdef bytes checked_key(object key, size_t room):
    if not isinstance(key, bytes):
        raise TypeError(f"a pre-shared key must be bytes, not {type(key).__name__}")
    if not 0 < <size_t>PyBytes_GET_SIZE(key) <= room:
        raise ValueError(f"a pre-shared key has 1 to {room} bytes, not {PyBytes_GET_SIZE(key)}")
    return key


cdef const s.SSL_CIPHER* find_cipher(object cipher) except NULL:
    """The cipher of TLS 1.3 that a key is for.

    libssl looks one up for an SSL only (SSL_CIPHER_find(3)), and there may be none yet.  It does so
    too when it reads a session (d2i_SSL_SESSION, 3.0 to 4.0), and its ciphers are constants.
    """
    cdef const s.SSL_CIPHER* found = NULL
    cdef s.SSL_SESSION* read
    cdef const unsigned char* start
    cdef bytes text
    number = CIPHERS.get("TLS_AES_128_GCM_SHA256" if cipher is None else cipher)
    if number is None:
        raise ValueError(f"the cipher of a key must be one of {', '.join(CIPHERS)}")
    # A sequence of version 1, TLS 1.3, the cipher, and neither an id nor a secret.
    text = b"\x30\x0f\x02\x01\x01\x02\x02\x03\x04\x04\x02" + number + b"\x04\0\x04\0"
    start = <const unsigned char*>PyBytes_AS_STRING(text)
    errors.clear()
    read = s.d2i_SSL_SESSION(NULL, &start, <long>PyBytes_GET_SIZE(text))
    if read != NULL:
        found = s.SSL_SESSION_get0_cipher(read)
        s.SSL_SESSION_free(read)
    if found == NULL:
        errors.clear()
        raise ValueError(f"OpenSSL has no cipher {cipher}")
    return found


cdef s.SSL_SESSION* new_session(object key, object cipher) except NULL:
    cdef bytes secret = checked_key(key, LONGEST_KEY)
    cdef const s.SSL_CIPHER* found = find_cipher(cipher)
    cdef s.SSL_SESSION* made
    errors.clear()
    made = SSL_SESSION_new()
    if made == NULL:
        errors.fail_ssl("SSL_SESSION_new failed")
    if (SSL_SESSION_set1_master_key(
            made, <const unsigned char*>PyBytes_AS_STRING(secret), PyBytes_GET_SIZE(secret)) != 1
            or SSL_SESSION_set_cipher(made, found) != 1
            or SSL_SESSION_set_protocol_version(made, s.TLS1_3_VERSION) != 1
            or not note_key(made)):
        s.SSL_SESSION_free(made)
        errors.fail_ssl("no session can be made of the key")
    return made


# ---- those that a program has made

cdef ready_copier copy_ready = NULL


cdef void set_copier(ready_copier copier) noexcept:
    global copy_ready
    copy_ready = copier


cdef s.SSL_SESSION* session_for(s.SSL* ssl, object key, object cipher) except NULL:
    cdef s.SSL_SESSION* made
    if isinstance(key, bytes):
        made = new_session(key, cipher)
    elif copy_ready == NULL or cipher is not None:
        raise TypeError(f"a pre-shared key must be bytes, not {type(key).__name__}")
    else:
        made = copy_ready(key)
    # A client compares the stamp with its own.
    if s.SSL_SESSION_set1_id_context(made, channel_of(ssl).rules, RULES) != 1:
        s.SSL_SESSION_free(made)
        errors.fail_ssl("no session can be made of the key")
    return made
